// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/resolve.h"
#include "server/hub/given_reason.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/office_view.h"
#include "server/hub/open_conflicts.h"
#include "server/hub/ruling_work.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using storage::Uid;

absl::Status NotAvailable() {
  return errors::Error("NOT_AVAILABLE", {.field = "subject"});
}

std::string ActOf(v1::Decision::Kind kind) {
  switch (kind) {
    case v1::Decision::KIND_SAME:
      return "decision.same";
    case v1::Decision::KIND_DIFFERENT:
      return "decision.different";
    case v1::Decision::KIND_UNSURE:
      return "decision.unsure";
    default:
      return "decision.choose_claim";
  }
}

}  // namespace

DecideWork::DecideWork(Core& core, Committer& committer, Caller caller,
                       v1::DecideRequest request,
                       Hub::Callback<v1::DecideResponse> done)
    : RulingWork(core, committer, std::move(caller)),
      request_(std::move(request)),
      done_(std::move(done)) {}

absl::Status DecideWork::CheckRequest(codes::Date today) const {
  if (auto given = CheckReason(request_.reason(), today); !given.ok()) {
    return given;
  }
  if (auto status = CheckRequestId(request_.request_id()); !status.ok()) {
    return status;
  }
  if (request_.etag().empty()) {
    return errors::Error("ETAG_MISSING", {.field = "etag"});
  }
  if (request_.kind() == v1::Decision::KIND_UNSPECIFIED) {
    return errors::Error("FIELD_MISSING", {.field = "kind"});
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> DecideWork::FindRepeat() {
  if (request_.request_id().empty() || request_.validate_only()) return false;
  const auto row = core_.store.FindDecisionByRequest(
      core_.hashes.Request(caller_.path, request_.request_id()));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return false;
  const auto earlier = OpenDecision(core_.sealer, **row);
  if (!earlier.ok()) return earlier.status();
  const v1::Decision& decision = (*earlier)->stored.decision();
  if (decision.subject() != request_.subject() ||
      decision.kind() != request_.kind() ||
      decision.claim() != request_.claim() ||
      decision.reason() != request_.reason()) {
    return errors::Error("REQUEST_ID_REUSED", {.field = "request_id"});
  }
  *response_.mutable_decision() = decision;
  *response_.mutable_effect() = (*earlier)->stored.effect();
  return true;
}

absl::Status DecideWork::Begin(Planning& planning) {
  response_.Clear();
  planning.dry_run = request_.validate_only();
  if (auto status = CheckRequest(planning.today); !status.ok()) return status;
  const absl::StatusOr<bool> repeated = FindRepeat();
  if (!repeated.ok()) return repeated.status();
  repeated_ = *repeated;
  if (repeated_) return absl::OkStatus();
  if (const auto conflict = core_.subjects.DecodeConflict(request_.subject())) {
    return DecideValue(planning, *conflict);
  }
  if (const auto candidate =
          core_.subjects.DecodeCandidate(request_.subject())) {
    return DecidePair(planning, *candidate);
  }
  return NotAvailable();
}

absl::Status DecideWork::DecideValue(Planning& planning,
                                     const SubjectCodec::Conflict& subject) {
  if (auto status = Load(planning, {&subject.uid, 1}); !status.ok()) {
    return status;
  }
  const auto* attribute =
      domain::FindAttribute(static_cast<int>(subject.attribute));
  if (attribute == nullptr || planning.state.PersonOf(subject.uid) == 0) {
    return NotAvailable();
  }
  std::vector<RecordPtr> records;
  for (const Uid uid :
       planning.state.Members(planning.state.PersonOf(subject.uid))) {
    records.push_back(planning.state.Find(uid));
  }
  const auto side = MakeSide(*planning.registry, std::move(records),
                             planning.DecisionsBefore());
  const auto resolution =
      ResolveEntry(core_, *side, *attribute, subject.entry, planning.today);
  if (!resolution.has_value()) return NotAvailable();
  if (request_.kind() != v1::Decision::KIND_CHOOSE_CLAIM && !IsUnsure()) {
    return errors::Error("DECISION_KIND_WRONG", {.field = "kind"});
  }
  if (resolution->ruled_by != 0) {
    return errors::Error(
        "DECISION_STANDS",
        {.metadata = {{"decision", std::to_string(resolution->ruled_by)}}});
  }
  if (auto status =
          CheckClaim(planning, {.a = planning.state.PersonOf(subject.uid),
                                .attribute = subject.attribute,
                                .entry = subject.entry});
      !status.ok()) {
    return status;
  }
  const storage::KeyHash etag = ConflictEtag(core_.hashes, *resolution);
  if (request_.etag() != ToBase32(etag) || !resolution->is_conflict()) {
    return errors::Error("CHANGED_MEANWHILE", {.field = "etag"});
  }
  if (IsUnsure()) {
    const auto unsure = RecordUnsure(planning, etag);
    if (!unsure.ok()) return unsure.status();
    store::v1::StoredDecision& stored = (*unsure)->stored;
    stored.mutable_decision()->set_attribute(attribute->name);
    stored.set_attribute(subject.attribute);
    stored.set_entry_key(resolution->entry_key);
    stored.add_uids(subject.uid);
    return absl::OkStatus();
  }
  const auto chosen =
      std::ranges::find_if(resolution->claims, [&](const domain::Claim& claim) {
        return ClaimId(core_.hashes, attribute->number, *resolution, claim) ==
               request_.claim();
      });
  if (chosen == resolution->claims.end()) {
    return errors::Error("CLAIM_NOT_THERE", {.field = "claim"});
  }
  const auto number = core_.store.NextDecisionNumber();
  if (!number.ok()) return number.status();
  LoadedDecision& decision = Record(planning, *number);
  decision.stored.mutable_decision()->set_attribute(attribute->name);
  decision.stored.mutable_decision()->set_claim(request_.claim());
  domain::PinDecision(
      *attribute, *resolution,
      static_cast<uint32_t>(chosen - resolution->claims.begin()),
      &decision.stored);
  return absl::OkStatus();
}

absl::Status DecideWork::DecidePair(Planning& planning,
                                    const SubjectCodec::Candidate& subject) {
  const Uid pair[] = {subject.a, subject.b};
  if (auto status = Load(planning, pair); !status.ok()) return status;
  const RecordPtr a = planning.state.Find(subject.a);
  const RecordPtr b = planning.state.Find(subject.b);
  if (a == nullptr || b == nullptr) return NotAvailable();
  if (request_.kind() != v1::Decision::KIND_SAME &&
      request_.kind() != v1::Decision::KIND_DIFFERENT && !IsUnsure()) {
    return errors::Error("DECISION_KIND_WRONG", {.field = "kind"});
  }
  const PairRulings rulings(planning.DecisionsBefore());
  const auto item =
      planning.state.items().find({.kind = storage::OpenItem::Kind::kCandidate,
                                   .a = subject.a,
                                   .b = subject.b});
  if (item == planning.state.items().end()) {
    const auto ruling = rulings.by_pair().find({subject.a, subject.b});
    if (ruling == rulings.by_pair().end()) return NotAvailable();
    return errors::Error(
        "DECISION_STANDS",
        {.metadata = {{"decision", std::to_string(ruling->second->number)}}});
  }
  if (auto status = CheckClaim(planning, item->first); !status.ok()) {
    return status;
  }
  const storage::KeyHash etag = CandidateEtag(core_.hashes, *a, *b, rulings);
  if (request_.etag() != ToBase32(etag)) {
    return errors::Error("CHANGED_MEANWHILE", {.field = "etag"});
  }
  if (IsUnsure()) {
    const auto unsure = RecordUnsure(planning, etag);
    if (!unsure.ok()) return unsure.status();
    (*unsure)->stored.add_uids(subject.a);
    (*unsure)->stored.add_uids(subject.b);
    return absl::OkStatus();
  }
  const auto number = core_.store.NextDecisionNumber();
  if (!number.ok()) return number.status();
  LoadedDecision& decision = Record(planning, *number);
  for (const RecordPtr& record : {a, b}) {
    decision.stored.add_uids(record->uid);
    *decision.stored.add_seen() = PinOf(record->stored);
    const storage::KeyHash rest = HashOfRest(core_.hashes, record->stored);
    decision.stored.add_seen_hashes(std::string(rest.begin(), rest.end()));
  }
  return absl::OkStatus();
}

// Another clerk may be at work on it; the caller's own claim ends here.
absl::Status DecideWork::CheckClaim(const Planning& planning,
                                    const storage::OpenItemKey& key) {
  const auto claims = ReviewClaims::Load(core_.store, planning.now);
  if (!claims.ok()) return claims.status();
  if (auto status = claims->CheckFree(key, caller_.path); !status.ok()) {
    return status;
  }
  ReviewClaims rest = *claims;
  released_.reset();
  if (rest.Remove(key, caller_.path)) released_ = rest.RowOf(caller_.path);
  return absl::OkStatus();
}

// Kept as a decision, since it has a number, a reason and can be undone, but it
// is no input: nothing is computed from it.
absl::StatusOr<LoadedDecision*> DecideWork::RecordUnsure(
    Planning& planning, const storage::KeyHash& etag) {
  const auto number = core_.store.NextDecisionNumber();
  if (!number.ok()) return number.status();
  LoadedDecision& unsure = Record(planning, *number);
  unsure.active = false;
  unsure.stored.set_etag(std::string(AsBytes(etag)));
  return &unsure;
}

// What all kinds of decisions keep.
LoadedDecision& DecideWork::Record(Planning& planning, uint64_t number) {
  number_ = number;
  LoadedDecision& loaded = planning.AddDecision(number);
  if (!request_.request_id().empty()) {
    loaded.request = core_.hashes.Request(caller_.path, request_.request_id());
  }
  loaded.stored.set_request_id(request_.request_id());
  v1::Decision& decision = *loaded.stored.mutable_decision();
  decision.set_number(number);
  decision.set_kind(request_.kind());
  decision.set_state(v1::Decision::STATE_STANDING);
  decision.set_subject(request_.subject());
  decision.set_reason(request_.reason());
  decision.set_decided_by(caller_.path);
  *decision.mutable_decided_time() =
      TimeUtil::MicrosecondsToTimestamp(planning.now);
  return loaded;
}

absl::Status DecideWork::Conclude(const Outcome& outcome) {
  if (repeated_) return absl::OkStatus();
  Planning& planning = outcome.planning;
  LoadedDecision& decision = planning.EditDecision(number_);
  if (!decision.IsValueDecision() && !IsUnsure()) {
    const bool joined = planning.PersonOf(decision.stored.uids(0)) ==
                        planning.PersonOf(decision.stored.uids(1));
    if (joined != (request_.kind() == v1::Decision::KIND_SAME)) {
      return errors::Error("DECISION_CONTRADICTS", {.field = "kind"});
    }
  }
  if (!IsUnsure()) *response_.mutable_effect() = EffectOf(outcome, decision);
  *response_.mutable_decision() = decision.stored.decision();
  if (planning.dry_run) {
    response_.mutable_decision()->clear_number();
    NotePreview(planning, "decision.preview", request_.subject(),
                request_.reason(), decision);
    return absl::OkStatus();
  }
  *decision.stored.mutable_effect() = response_.effect();
  AddLeaf(planning, v1::AuditEvent::KIND_DECISION, ActOf(request_.kind()),
          decision);
  *decision.stored.mutable_decision()->mutable_leaf() = ExpectedLeaf();
  if (released_.has_value()) planning.batch.objects.push_back(*released_);
  return absl::OkStatus();
}

void DecideWork::Answer(const storage::Committed* committed) {
  SetLeaf(committed, *response_.mutable_decision());
  Tell([done = done_,
        response = std::move(response_)](const absl::Status& status) mutable {
    if (!status.ok()) return done(status);
    done(std::move(response));
  });
}

void DecideWork::Fail(const absl::Status& status) { done_(StoreError(status)); }

}  // namespace waystation::hub
