// SPDX-License-Identifier: Apache-2.0
#include "server/hub/disclosure.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/disclosure.h"
#include "server/domain/meaning.h"
#include "server/hub/offered.h"
#include "server/hub/reading.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

// What a caller offers for a match, normalised as a claim would be.
absl::StatusOr<v1::Person> ReadOne(Core& core,
                                   const domain::AttributeInfo& attribute,
                                   const v1::Person& offered) {
  if (domain::EntryCount(attribute, offered) == 1) {
    domain::ReadResult read = ReadOffered(core, attribute.bit(), offered);
    if (read.ok() && read.update.claims.size() == 1) {
      return std::move(*read.update.claims.front().mutable_value());
    }
  }
  return errors::Error(
      "INVALID_REQUEST",
      {.field = "offered",
       .rule = "sets the attribute alone, with one entry that can be read"});
}

}  // namespace

domain::AttributeSet AttributesOf(const v1::PersonView& view) {
  domain::AttributeSet attributes = 0;
  for (const v1::AttributeView& shown : view.attributes()) {
    const auto* attribute = domain::FindAttribute(shown.attribute());
    if (attribute != nullptr) attributes |= attribute->bit();
  }
  for (const std::string& name : view.existing()) {
    const auto* attribute = domain::FindAttribute(name);
    if (attribute != nullptr) attributes |= attribute->bit();
  }
  for (const v1::PredicateAnswer& answer : view.predicates()) {
    for (const domain::AttributeInfo& attribute : domain::Attributes()) {
      if (attribute.FindPredicate(answer.predicate()) != nullptr) {
        attributes |= attribute.bit();
      }
    }
  }
  return attributes;
}

void Disclosure::GetPerson(const Caller& caller,
                           const v1::GetPersonRequest& request,
                           Hub::Callback<v1::GetPersonResponse> done) {
  constexpr std::string_view kMethod = "RegistryService.GetPerson";
  const auto reading =
      Reading::Begin(core_, caller, request.purpose(), kMethod);
  if (!reading.ok()) return done(reading.status());
  if (auto spent = core_.budgets.Call(reading->purse()); !spent.ok()) {
    return Refuse(refusals_, committer_, *reading, std::nullopt, spent,
                  std::move(done));
  }
  const absl::StatusOr<std::optional<Found>> found = reading->Find(request);
  if (!found.ok()) return done(found.status());
  if (auto refused = reading->MayAsk(*found); !refused.ok()) {
    return Refuse(refusals_, committer_, *reading, *found, refused,
                  std::move(done));
  }
  // The view is computed either way, so that a refusal takes as long.
  const Look look = reading->LookAt(**found);
  v1::GetPersonResponse response;
  *response.mutable_view() =
      domain::View(look.viewer, (*found)->person->side->claims, look.context);
  if (auto refused = reading->Tell(**found); !refused.ok()) {
    return Refuse(refusals_, committer_, *reading, *found, refused,
                  std::move(done));
  }
  response.mutable_view()->set_handle(reading->HandleOf(**found));
  *response.mutable_as_of_time() =
      TimeUtil::MicrosecondsToTimestamp(reading->now());
  const domain::AttributeSet told = AttributesOf(response.view());
  committer_.Submit(
      reading->Leaf((*found)->record.get(), told,
                    AnswerRead(core_, std::move(response), std::move(done))));
}

void Disclosure::MatchClaim(const Caller& caller,
                            const v1::MatchClaimRequest& request,
                            Hub::Callback<v1::MatchClaimResponse> done) {
  constexpr std::string_view kMethod = "RegistryService.MatchClaim";
  const auto reading =
      Reading::Begin(core_, caller, request.purpose(), kMethod);
  if (!reading.ok()) return done(reading.status());
  if (auto spent = core_.budgets.Call(reading->purse()); !spent.ok()) {
    return Refuse(refusals_, committer_, *reading, std::nullopt, spent,
                  std::move(done));
  }
  const domain::AttributeInfo* attribute =
      domain::FindAttribute(request.attribute());
  if (attribute == nullptr) {
    return done(errors::Error("ATTRIBUTE_UNKNOWN", {.field = "attribute"}));
  }
  const absl::StatusOr<v1::Person> offered =
      ReadOne(core_, *attribute, request.offered());
  if (!offered.ok()) return done(offered.status());
  const absl::StatusOr<std::optional<Found>> found = reading->Find(request);
  if (!found.ok()) return done(found.status());
  if (auto refused = reading->MayAsk(*found); !refused.ok()) {
    return Refuse(refusals_, committer_, *reading, *found, refused,
                  std::move(done));
  }
  const Look look = reading->LookAt(**found);
  v1::MatchClaimResponse response;
  response.set_answer(domain::Match(look.viewer, (*found)->person->side->claims,
                                    look.context, *attribute, *offered));
  if (auto refused = reading->Tell(**found); !refused.ok()) {
    return Refuse(refusals_, committer_, *reading, *found, refused,
                  std::move(done));
  }
  *response.mutable_as_of_time() =
      TimeUtil::MicrosecondsToTimestamp(reading->now());
  committer_.Submit(
      reading->Leaf((*found)->record.get(), attribute->bit(),
                    AnswerRead(core_, std::move(response), std::move(done))));
}

}  // namespace waystation::hub
