// SPDX-License-Identifier: Apache-2.0
#include "server/hub/business_questions.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/business.h"
#include "server/hub/leaf_work.h"
#include "server/hub/person_reader.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using Answer = v1::PredicateAnswer::Answer;

constexpr std::string_view kMethod = "RegistryService.AskAboutBusiness";

// Who is asked of one business, at most; the largest employers have more.
constexpr size_t kMostInsiders = 1000;
// Of so many at once: the first of an employer's workers usually tells.
constexpr size_t kAtOnce = 50;

// One question that may be asked.
struct Question {
  const domain::BusinessPredicate& predicate;
  std::string number;
  const domain::Permissions& permissions;
  codes::Date today;
};

absl::StatusOr<Answer> AnswerOf(Core& core, const Question& question) {
  const storage::KeyHash hash = core.hashes.Business(
      static_cast<uint32_t>(question.predicate.tie), question.number);
  const auto found = core.store.LookUpIdentifiers({&hash, 1});
  if (!found.ok()) return StoreError(found.status());
  const std::span<const storage::Uid> uids = found->front();
  const std::span<const storage::Uid> asked =
      uids.first(std::min(uids.size(), kMostInsiders));
  const bool first_yes_tells = question.predicate.name == "employer_insured";

  std::vector<std::shared_ptr<const Person>> persons;
  std::vector<domain::Insider> insiders;
  const auto ask = [&](std::span<const domain::Insider> some) {
    return domain::AnswerAboutBusiness(question.predicate, question.number,
                                       some, question.permissions, core.rules(),
                                       question.today);
  };
  Answer answer = v1::PredicateAnswer::ANSWER_UNSPECIFIED;
  for (size_t begin = 0; begin < asked.size(); begin += kAtOnce) {
    auto read = ReadPersons(
        core, asked.subspan(begin, std::min(kAtOnce, asked.size() - begin)));
    if (!read.ok()) return read.status();
    const size_t before = insiders.size();
    absl::flat_hash_set<const Person*> seen;
    for (std::shared_ptr<const Person>& person : *read) {
      if (person == nullptr || !seen.insert(person.get()).second) continue;
      insiders.push_back({.claims = &person->side->claims,
                          .decisions = person->side->decisions});
      persons.push_back(std::move(person));
    }
    if (!first_yes_tells) continue;
    // Each worker tells by himself, so that nobody is asked again with those
    // who come later.
    const Answer said = ask(std::span(insiders).subspan(before));
    if (said == v1::PredicateAnswer::ANSWER_YES) return said;
    if (said == v1::PredicateAnswer::ANSWER_NO) answer = said;
  }
  // Of the others nothing is known, so nothing is said.
  if (asked.size() < uids.size()) return Answer{};
  return first_yes_tells ? answer : ask(insiders);
}

}  // namespace

void BusinessQuestions::Ask(const Caller& caller,
                            const v1::AskAboutBusinessRequest& request,
                            Hub::Callback<v1::AskAboutBusinessResponse> done) {
  if (request.purpose() == v1::PURPOSE_UNSPECIFIED) {
    return done(errors::Error("PURPOSE_MISSING", {.field = "purpose"}));
  }
  const domain::BusinessPredicate* predicate =
      domain::FindBusinessPredicate(request.predicate());
  if (predicate == nullptr) {
    return done(errors::Error(
        "INVALID_REQUEST",
        {.field = "predicate", .rule = "one that is about a business"}));
  }
  auto number = domain::ReadBusinessNumber(request.number());
  if (!number.has_value()) {
    return done(errors::Error(
        "INVALID_REQUEST",
        {.field = "number", .rule = "GB 32100-2015 or GS 15-2006"}));
  }
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return done(errors::Error("AGENCY_NOT_REGISTERED"));
  const int64_t now = core_.clock.Now();
  const codes::Date today = domain::DayOf(now);
  const std::shared_ptr<const Access> access =
      registry->AccessOf(*agency, today, request.purpose());
  // It tells of no person, so that calls alone are counted.
  absl::Status refused = core_.budgets.Call({.agency = agency->number,
                                             .purpose = request.purpose(),
                                             .budget = access->budget,
                                             .now = now});
  if (refused.ok() &&
      !access->permissions.MayAsk(predicate->attribute, predicate->name)) {
    refused = errors::Error("NOT_AVAILABLE");
  }
  if (!refused.ok()) {
    refusals_.Count(caller.path, kMethod, errors::ReasonOf(refused));
    ++core_.counters.refusals;
    return done(refused);
  }
  const absl::StatusOr<Answer> answer =
      AnswerOf(core_, {.predicate = *predicate,
                       .number = *std::move(number),
                       .permissions = access->permissions,
                       .today = today});
  if (!answer.ok()) return done(answer.status());

  v1::AskAboutBusinessResponse response;
  response.set_answer(*answer);
  *response.mutable_as_of_time() = TimeUtil::MicrosecondsToTimestamp(now);
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_READ);
  event.set_actor(caller.path);
  event.set_agency(caller.agency);
  event.set_purpose(request.purpose());
  event.set_agreement(access->agreements);
  event.set_act(std::string(kMethod));
  event.set_object(std::string(predicate->name));
  event.add_attributes(domain::GetAttribute(predicate->attribute).name);
  auto leaf = std::make_unique<LeafWork>(
      std::move(event), std::vector<storage::DetailRow>(),
      AnswerRead(core_, std::move(response), std::move(done)));
  leaf->DecidedBy(registry);
  committer_.Submit(std::move(leaf));
}

}  // namespace waystation::hub
