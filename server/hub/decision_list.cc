// SPDX-License-Identifier: Apache-2.0
#include "server/hub/decision_list.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "proto/errors/error.h"
#include "server/hub/office_view.h"
#include "server/hub/page_size.h"
#include "server/hub/person_reader.h"
#include "server/hub/reviewer.h"
#include "server/hub/store_error.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::hub {
namespace {

bool StillHolds(Core& core, const Person& person,
                const LoadedDecision& decision) {
  if (!decision.IsValueDecision()) {
    const storage::Uid uids[] = {decision.stored.uids(0),
                                 decision.stored.uids(1)};
    const auto persons = ReadPersons(core, uids);
    if (!persons.ok() || (*persons)[0] == nullptr || (*persons)[1] == nullptr) {
      return false;
    }
    const PairRulings& rulings = (*persons)[0]->rulings;
    const auto latest =
        rulings.by_pair().find(domain::Pair::Of(uids[0], uids[1]));
    const RecordPtr a = (*persons)[0]->Find(uids[0]);
    const RecordPtr b = (*persons)[1]->Find(uids[1]);
    return latest != rulings.by_pair().end() &&
           latest->second->number == decision.number &&
           Holds(core.hashes, core.rules().linking(), decision, *a, *b);
  }
  const auto* attribute =
      domain::FindAttribute(static_cast<int>(decision.stored.attribute()));
  if (attribute == nullptr) return false;
  const auto resolution =
      ResolveEntry(core, *person.side, *attribute,
                   core.hashes.Entry(decision.stored.attribute(),
                                     decision.stored.entry_key()),
                   core.Today());
  // Where all claims agree by now, nothing reopens it.
  return resolution.has_value() &&
         std::ranges::find(resolution->reopened, decision.number) ==
             resolution->reopened.end();
}

// The place was written down before the leaf was: another hub may have come
// between.
bool StandsThere(const Core& core, const v1::Decision& decision) {
  const auto leaves = core.store.ReadLeaves(decision.leaf().index(), 1, false);
  v1::AuditEvent event;
  return leaves.ok() && leaves->size() == 1 &&
         event.ParseFromString(leaves->front().event) &&
         event.kind() == v1::AuditEvent::KIND_DECISION &&
         event.object() == std::to_string(decision.number());
}

absl::StatusOr<v1::Decision> Show(Core& core, const storage::DecisionRow& row) {
  const auto decision = OpenDecision(core.sealer, row);
  if (!decision.ok()) return StoreError(decision.status());
  v1::Decision shown = (*decision)->stored.decision();
  if (shown.has_leaf() && !StandsThere(core, shown)) shown.clear_leaf();
  if (!row.active || (*decision)->stored.uids().empty()) return shown;
  const auto person = ReadPerson(core, (*decision)->stored.uids(0));
  if (!person.ok()) return person.status();
  if (*person == nullptr || !StillHolds(core, **person, **decision)) {
    shown.set_state(v1::Decision::STATE_REOPENED);
  }
  return shown;
}

// Whether the decision rules on what a conflict's or pair's id names.
class Subject {
 public:
  static absl::StatusOr<Subject> Parse(Core& core, const std::string& id) {
    Subject subject;
    subject.conflict_ = core.subjects.DecodeConflict(id);
    subject.pair_ = core.subjects.DecodePair(id);
    if (!subject.conflict_ && !subject.pair_) {
      return errors::Error("NOT_AVAILABLE", {.field = "subject"});
    }
    const storage::Uid uid =
        subject.conflict_ ? subject.conflict_->uid : subject.pair_->a;
    const auto person = ReadPerson(core, uid);
    if (!person.ok()) return person.status();
    if (*person == nullptr) return errors::Error("NOT_AVAILABLE");
    subject.members_ = (*person)->side->members;
    return subject;
  }

  const std::vector<storage::Uid>& members() const { return members_; }

  bool IsRuledBy(const Core& core, const LoadedDecision& decision) const {
    const store::v1::StoredDecision& stored = decision.stored;
    if (conflict_) {
      return stored.attribute() == conflict_->attribute &&
             core.hashes.Entry(stored.attribute(), stored.entry_key()) ==
                 conflict_->entry;
    }
    return !decision.IsValueDecision() && stored.uids_size() == 2 &&
           domain::Pair::Of(stored.uids(0), stored.uids(1)) ==
               domain::Pair::Of(pair_->a, pair_->b);
  }

 private:
  std::optional<SubjectCodec::Conflict> conflict_;
  std::optional<storage::OpenItemKey> pair_;
  std::vector<storage::Uid> members_;
};

}  // namespace

absl::StatusOr<v1::ListDecisionsResponse> ListDecisions(
    Core& core, const Caller& caller, const v1::ListDecisionsRequest& request) {
  const auto reviewer = Reviewer::Of(*core.registry.Get(), caller);
  if (!reviewer.ok()) return reviewer.status();
  const auto size = PageSize(request.page_size(), {.usual = 100, .most = 500});
  if (!size.ok()) return size.status();
  const std::string list = "decisions " + request.subject();
  const auto after = core.tokens.DecodeNumber(list, request.page_token());
  if (!after.ok()) return after.status();
  std::vector<storage::DecisionRow> rows;
  // As many as there is room for, and one that says that there are more.
  const auto take = [&](std::vector<storage::DecisionRow>& read,
                        const Subject* subject) -> absl::Status {
    for (storage::DecisionRow& row : read) {
      if (rows.size() > *size) break;
      const auto decision = OpenDecision(core.sealer, row);
      if (!decision.ok()) return StoreError(decision.status());
      if (row.number > *after &&
          reviewer->Sees((*decision)->stored.decision()) &&
          (subject == nullptr || subject->IsRuledBy(core, **decision))) {
        rows.push_back(std::move(row));
      }
    }
    return absl::OkStatus();
  };
  if (request.subject().empty()) {
    for (uint64_t last = *after; rows.size() <= *size;) {
      auto all = core.store.ListDecisions(last, *size + 1);
      if (!all.ok()) return StoreError(all.status());
      if (all->empty()) break;
      last = all->back().number;
      if (auto status = take(*all, nullptr); !status.ok()) return status;
    }
  } else {
    const auto subject = Subject::Parse(core, request.subject());
    if (!subject.ok()) return subject.status();
    auto bearing = core.store.DecisionsOf(subject->members());
    if (!bearing.ok()) return StoreError(bearing.status());
    if (auto status = take(*bearing, &*subject); !status.ok()) return status;
  }
  v1::ListDecisionsResponse response;
  for (const storage::DecisionRow& row : rows) {
    if (response.decisions_size() == static_cast<int>(*size)) {
      response.set_next_page_token(
          core.tokens.Encode(list, response.decisions().rbegin()->number()));
      break;
    }
    const auto shown = Show(core, row);
    if (!shown.ok()) return shown.status();
    *response.add_decisions() = *shown;
  }
  return response;
}

absl::StatusOr<v1::GetDecisionResponse> GetDecision(
    Core& core, const Caller& caller, const v1::GetDecisionRequest& request) {
  const auto reviewer = Reviewer::Of(*core.registry.Get(), caller);
  if (!reviewer.ok()) return reviewer.status();
  const auto row = core.store.GetDecision(request.number());
  if (!row.ok()) return StoreError(row.status());
  if (!row->has_value()) {
    return errors::Error("NOT_AVAILABLE", {.field = "number"});
  }
  const auto shown = Show(core, **row);
  if (!shown.ok()) return shown.status();
  if (!reviewer->Sees(*shown)) {
    return errors::Error("NOT_AVAILABLE", {.field = "number"});
  }
  v1::GetDecisionResponse response;
  *response.mutable_decision() = *shown;
  return response;
}

}  // namespace waystation::hub
