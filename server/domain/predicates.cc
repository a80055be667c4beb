// SPDX-License-Identifier: Apache-2.0
#include "server/domain/predicates.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "google/protobuf/message.h"
#include "server/domain/dates.h"
#include "waystation/v1/person.pb.h"

namespace waystation::domain {
namespace {

namespace v1 = ::waystation::v1;
using Answer = v1::PredicateAnswer::Answer;
using google::protobuf::Message;

constexpr Answer YesIf(bool yes) {
  return yes ? v1::PredicateAnswer::ANSWER_YES : v1::PredicateAnswer::ANSWER_NO;
}

// A permit without an end says nothing of today.
Answer PermitValid(const Message& value, codes::Date day) {
  const auto& permit = static_cast<const v1::ResidencePermit&>(value);
  if (!permit.has_valid_until()) return v1::PredicateAnswer::ANSWER_UNSPECIFIED;
  const auto until = DaysOf(ToPartial(permit.valid_until()));
  if (!until) return v1::PredicateAnswer::ANSWER_UNSPECIFIED;
  const std::chrono::sys_days today{day};
  if (permit.has_valid_from()) {
    const auto from = DaysOf(ToPartial(permit.valid_from()));
    if (!from) return v1::PredicateAnswer::ANSWER_UNSPECIFIED;
    if (today < from->first) return v1::PredicateAnswer::ANSWER_NO;
  }
  return YesIf(today <= until->last);
}

Answer Insured(const Message& value, codes::Date) {
  const auto& insurance = static_cast<const v1::SocialInsurance&>(value);
  if (insurance.schemes().empty()) {
    return v1::PredicateAnswer::ANSWER_UNSPECIFIED;
  }
  return YesIf(std::ranges::any_of(insurance.schemes(), [](const auto& scheme) {
    return scheme.state() == v1::SocialInsurance::STATE_INSURED;
  }));
}

struct Known {
  std::string_view name;
  Answer (*answer)(const Message&, codes::Date);
};

constexpr auto kKnown = std::to_array<Known>({
    {"insured", Insured},
    {"permit_valid", PermitValid},
});

const Known* Find(std::string_view predicate) {
  const auto place = std::ranges::find(kKnown, predicate, &Known::name);
  return place == kKnown.end() ? nullptr : &*place;
}

}  // namespace

bool IsPredicateKnown(std::string_view predicate) {
  return Find(predicate) != nullptr;
}

Answer AnswerPredicate(std::string_view predicate, const Message& value,
                       codes::Date day) {
  const Known* known = Find(predicate);
  return known == nullptr ? v1::PredicateAnswer::ANSWER_UNSPECIFIED
                          : known->answer(value, day);
}

}  // namespace waystation::domain
