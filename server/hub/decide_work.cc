// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/meaning.h"
#include "server/domain/read_update.h"
#include "server/domain/resolve.h"
#include "server/hub/given_reason.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/office_view.h"
#include "server/hub/own_conflicts.h"
#include "server/hub/reviewer.h"
#include "server/hub/ruling_work.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

absl::Status Stands(uint64_t number) {
  return errors::Error("DECISION_STANDS",
                       {.metadata = {{"decision", std::to_string(number)}}});
}

std::string ActOf(v1::Decision::Kind kind) {
  switch (kind) {
    case v1::Decision::KIND_SAME:
      return "decision.same";
    case v1::Decision::KIND_DIFFERENT:
      return "decision.different";
    case v1::Decision::KIND_UNSURE:
      return "decision.unsure";
    case v1::Decision::KIND_SET_VALUE:
      return "decision.set_value";
    case v1::Decision::KIND_KEEP_OPEN:
      return "decision.keep_open";
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
      (request_.kind() == v1::Decision::KIND_CHOOSE_CLAIM &&
       decision.claim() != request_.claim()) ||
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
  proposes_ = NeedsSecondPerson(core_.options.second_person, request_.kind());
  if (auto status = CheckRequest(planning.today); !status.ok()) return status;
  const auto reviewer = Reviewer::Of(*planning.registry, caller_);
  if (!reviewer.ok()) return reviewer.status();
  const absl::StatusOr<bool> repeated = FindRepeat();
  if (!repeated.ok()) return repeated.status();
  repeated_ = *repeated;
  if (repeated_) return absl::OkStatus();

  if (const auto named = core_.subjects.DecodeConflict(request_.subject());
      named.has_value() && named->own) {
    return WhyNotDecided(core_, caller_, *named);
  }
  const auto subject = LoadSubject(planning, request_.subject());
  if (!subject.ok()) return subject.status();
  if (!reviewer->Sees(subject->key.kind, subject->agencies)) {
    return errors::Error("NOT_AVAILABLE", {.field = "subject"});
  }
  auto status = subject->is_pair() ? CheckPair(planning, *subject)
                                   : CheckConflict(*subject);
  if (!status.ok()) return status;
  status = CheckClaim(planning, subject->key);
  if (!status.ok()) return status;
  if (request_.etag() != ToBase32(subject->etag)) {
    return errors::Error("CHANGED_MEANWHILE", {.field = "etag"});
  }
  const auto number = core_.store.NextDecisionNumber();
  if (!number.ok()) return number.status();
  LoadedDecision& decision = Record(planning, *number);
  if (subject->is_pair()) {
    PinPair(*subject, decision);
  } else {
    status = PinConflict(planning, *subject, decision);
    if (!status.ok()) return status;
  }
  if (IsUnsure()) {
    // Kept as a decision, since it has a number, a reason and can be undone,
    // but it is no input: nothing is computed from it.
    decision.active = false;
    decision.stored.set_etag(std::string(AsBytes(subject->etag)));
  }
  return Propose(planning, *subject, decision);
}

absl::Status DecideWork::CheckConflict(const RulingSubject& subject) const {
  switch (request_.kind()) {
    case v1::Decision::KIND_CHOOSE_CLAIM:
    case v1::Decision::KIND_SET_VALUE:
    case v1::Decision::KIND_KEEP_OPEN:
    case v1::Decision::KIND_UNSURE:
      break;
    default:
      return errors::Error("DECISION_KIND_WRONG", {.field = "kind"});
  }
  const domain::Resolution& resolution = *subject.resolution;
  if (resolution.ruled_by != 0) return Stands(resolution.ruled_by);
  // Whoever finds the missing paper may rule on what was left open.
  if (request_.kind() == v1::Decision::KIND_KEEP_OPEN &&
      resolution.kept_open != 0) {
    return Stands(resolution.kept_open);
  }
  if (!resolution.is_conflict()) {
    return errors::Error("CHANGED_MEANWHILE", {.field = "etag"});
  }
  return absl::OkStatus();
}

absl::Status DecideWork::CheckPair(const Planning& planning,
                                   const RulingSubject& subject) const {
  if (request_.kind() != v1::Decision::KIND_SAME &&
      request_.kind() != v1::Decision::KIND_DIFFERENT && !IsUnsure()) {
    return errors::Error("DECISION_KIND_WRONG", {.field = "kind"});
  }
  if (planning.state.items().contains(subject.key)) return absl::OkStatus();
  const auto ruling =
      subject.rulings.by_pair().find({subject.key.a, subject.key.b});
  if (ruling == subject.rulings.by_pair().end()) {
    return errors::Error("NOT_AVAILABLE", {.field = "subject"});
  }
  return Stands(ruling->second->number);
}

absl::Status DecideWork::PinConflict(const Planning& planning,
                                     const RulingSubject& subject,
                                     LoadedDecision& decision) const {
  const domain::Resolution& resolution = *subject.resolution;
  const domain::AttributeInfo& attribute = *subject.attribute;
  store::v1::StoredDecision& stored = decision.stored;
  stored.mutable_decision()->set_attribute(attribute.name);
  switch (request_.kind()) {
    case v1::Decision::KIND_UNSURE:
      stored.set_attribute(subject.key.attribute);
      stored.set_entry_key(resolution.entry_key);
      stored.add_uids(subject.key.a);
      return absl::OkStatus();
    case v1::Decision::KIND_KEEP_OPEN:
      domain::PinKeptOpen(attribute, resolution, &stored);
      return absl::OkStatus();
    case v1::Decision::KIND_SET_VALUE: {
      auto claim = ReadGivenValue(planning, subject, decision.number);
      if (!claim.ok()) return claim.status();
      domain::PinValue(attribute, resolution, *claim, &stored);
      stored.mutable_office()->set_record_key(std::to_string(decision.number));
      const domain::Claim set = domain::OfficeClaim(attribute, stored);
      if (!domain::Settles(planning.rules->Of(attribute.number), resolution,
                           set, stored, planning.today)) {
        return errors::Error("VALUE_SETTLES_NOTHING", {.field = "value"});
      }
      stored.mutable_decision()->set_claim(
          ClaimId(core_.hashes, attribute.number, resolution, set));
      return absl::OkStatus();
    }
    default:
      break;
  }
  const auto chosen =
      std::ranges::find_if(resolution.claims, [&](const domain::Claim& claim) {
        return ClaimId(core_.hashes, attribute.number, resolution, claim) ==
               request_.claim();
      });
  if (chosen == resolution.claims.end()) {
    return errors::Error("CLAIM_NOT_THERE", {.field = "claim"});
  }
  stored.mutable_decision()->set_claim(request_.claim());
  domain::PinDecision(attribute, resolution,
                      static_cast<uint32_t>(chosen - resolution.claims.begin()),
                      &stored);
  return absl::OkStatus();
}

// As an update of an agency would be read.
absl::StatusOr<store::v1::StoredClaim> DecideWork::ReadGivenValue(
    const Planning& planning, const RulingSubject& subject,
    uint64_t number) const {
  const domain::AttributeInfo& attribute = *subject.attribute;
  v1::Update update;
  update.set_record_key("value");
  update.set_revision(number);
  *update.mutable_claims() = request_.value();
  update.mutable_mask()->add_paths(attribute.name);
  update.set_evidence(request_.evidence());
  *update.mutable_times()->mutable_recorded_time() =
      TimeUtil::MicrosecondsToTimestamp(planning.now);
  domain::ReadResult read =
      domain::Read(std::move(update),
                   {.received_time = planning.now, .profile = core_.Profile()});
  if (!read.ok()) {
    const v1::Violation& violation = read.violations.front();
    std::string field = violation.field();
    if (field.starts_with("claims")) field.replace(0, 6, "value");
    return errors::Error("INVALID_REQUEST",
                         {.field = std::move(field), .rule = violation.rule()});
  }
  store::v1::StoredClaim& claim = read.update.claims.front();
  if (claim.retracted()) {
    return errors::Error("FIELD_MISSING", {.field = "value." + attribute.name});
  }
  if (domain::EntryCount(attribute, claim.value()) != 1 ||
      (attribute.is_set &&
       domain::EntryKey(attribute,
                        *domain::ValueOf(attribute, claim.value(), 0)) !=
           subject.resolution->entry_key)) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "value." + attribute.name,
                          .rule = "the entry in question, and no other"});
  }
  return std::move(claim);
}

void DecideWork::PinPair(const RulingSubject& subject,
                         LoadedDecision& decision) const {
  for (const RecordPtr& record : {subject.a, subject.b}) {
    decision.stored.add_uids(record->uid);
    if (IsUnsure()) continue;
    *decision.stored.add_seen() = PinOf(record->stored);
    const storage::KeyHash rest = HashOfRest(core_.hashes, record->stored);
    decision.stored.add_seen_hashes(std::string(rest.begin(), rest.end()));
  }
}

// Where nothing waits on the subject already. A preview shows what an approval
// would do.
absl::Status DecideWork::Propose(Planning& planning,
                                 const RulingSubject& subject,
                                 LoadedDecision& decision) {
  auto proposals = Proposals::Load(core_.store);
  if (!proposals.ok()) return proposals.status();
  const auto waiting = proposals->FindOn(core_, subject.key, /*or_undo=*/false);
  if (!waiting.ok()) return waiting.status();
  if (*waiting != nullptr) return StillProposed(**waiting);
  if (!proposes_) return absl::OkStatus();
  decision.stored.mutable_decision()->set_state(v1::Decision::STATE_PROPOSED);
  if (planning.dry_run) return absl::OkStatus();
  decision.active = false;
  decision.stored.set_etag(std::string(AsBytes(subject.etag)));
  *decision.stored.mutable_seen_parts() = subject.parts;
  Proposals::Proposal proposal = ProposalOf(planning, decision);
  SetSeen(subject, proposal);
  auto status = proposals->Add(std::move(proposal));
  if (!status.ok()) return status;
  planning.batch.objects.push_back(proposals->Row());
  return absl::OkStatus();
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
  if (decision.active) {
    if (auto status = CheckPairStands(planning, decision); !status.ok()) {
      return status;
    }
    *response_.mutable_effect() = EffectOf(outcome, decision);
  }
  *response_.mutable_decision() = decision.stored.decision();
  if (planning.dry_run) {
    response_.mutable_decision()->clear_number();
    NotePreview(planning, "decision.preview", request_.subject(),
                request_.reason(), decision);
    return absl::OkStatus();
  }
  *decision.stored.mutable_effect() = response_.effect();
  AddLeaf(planning, v1::AuditEvent::KIND_DECISION,
          ActOf(request_.kind()) + (proposes_ ? ".propose" : ""), decision);
  *decision.stored.mutable_decision()->mutable_leaf() = ExpectedLeaf();
  EndClaim(planning);
  return absl::OkStatus();
}

void DecideWork::Answer(const storage::Committed* committed) {
  SetLeaf(committed, *response_.mutable_decision());
  HideEffect(response_);
  Tell([done = done_,
        response = std::move(response_)](const absl::Status& status) mutable {
    if (!status.ok()) return done(status);
    done(std::move(response));
  });
}

void DecideWork::Fail(const absl::Status& status) { done_(StoreError(status)); }

}  // namespace waystation::hub
