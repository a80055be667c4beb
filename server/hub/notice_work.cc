// SPDX-License-Identifier: Apache-2.0
#include "server/hub/notice_work.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_join.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/protobuf/util/time_util.h"
#include "proto/calendar/deadline.h"
#include "proto/codes/ascii.h"
#include "proto/errors/error.h"
#include "proto/sealed/envelope.h"
#include "proto/sealed/sealing_key.h"
#include "server/domain/apply.h"
#include "server/domain/hand_over.h"
#include "server/domain/responsible.h"
#include "server/hub/asking_anew.h"
#include "server/hub/fault.h"
#include "server/hub/given_reason.h"
#include "server/hub/leaf_work.h"
#include "server/hub/notice_heads.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using storage::NoticeRow;
using v1::Notice;

// By its form, whether or not a list knows it.
bool IsDivision(std::string_view code) {
  constexpr size_t kSizes[] = {2, 4, 6, 9, 12, 15};
  return std::ranges::find(kSizes, code.size()) != std::end(kSizes) &&
         codes::IsDigits(code);
}

v1::AuditEvent StepEvent(const Caller& caller, const Notice& notice,
                         const std::string& act) {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_NOTICE);
  event.set_actor(caller.path);
  event.set_agency(caller.agency == notice.to() ? notice.from() : notice.to());
  event.set_purpose(notice.purpose());
  event.set_act(act);
  event.set_object(notice.id());
  event.set_notice_kind(notice.kind());
  if (notice.has_due_time()) *event.mutable_due_time() = notice.due_time();
  return event;
}

std::vector<std::string> SealingCertificates(const AgencyEntry* agency) {
  if (agency == nullptr) return {};
  const auto& held = agency->agency.sealing_certificates();
  return {held.begin(), held.end()};
}

std::string ActOf(v1::StepNoticeRequest::StepCase step) {
  switch (step) {
    case v1::StepNoticeRequest::kAccept:
      return "notice.accept";
    case v1::StepNoticeRequest::kAnswer:
      return "notice.answer";
    case v1::StepNoticeRequest::kReroute:
      return "notice.reroute";
    case v1::StepNoticeRequest::kExtend:
      return "notice.extend";
    case v1::StepNoticeRequest::kPrompt:
      return "notice.prompt";
    default:
      return "notice.close";
  }
}

}  // namespace

// --- what they share ---

absl::StatusOr<NoticeWork::Loaded> NoticeWork::Load(Planning& planning,
                                                    std::string_view id) const {
  const absl::Status missing = errors::Error("NOT_AVAILABLE", {.field = "id"});
  const auto number = names_.Decode(id);
  if (!number.has_value()) return missing;
  const AgencyEntry* agency = planning.registry->Find(caller_.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  const auto row = planning.FindNotice(*number);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return missing;
  Loaded loaded{.row = **row, .notice = {}, .record = nullptr};
  if (!IsParty(agency->number, **row)) {
    const auto stored = ParseNotice(**row);
    if (!stored.ok()) return stored.status();
    NoticeHeads heads(core_.options.notice_terms, names_, *planning.registry,
                      planning.now);
    if (heads.EscalatedTo(**row, stored->notice()) != agency) return missing;
    loaded.by_superior = true;
  }
  const storage::Uid uid = loaded.row.uid;
  if (auto status = planning.LoadRecords({&uid, 1}); !status.ok()) {
    return status;
  }
  loaded.record = planning.Find(uid);
  auto notice = OpenNotice(loaded.row, loaded.record.get());
  if (!notice.ok()) return notice.status();
  loaded.notice = *std::move(notice);
  if (loaded.record != nullptr && domain::IsErased(loaded.record->stored)) {
    loaded.forgot = domain::ForgetHandOver(loaded.notice);
  }
  return loaded;
}

v1::Notice NoticeWork::HeadOf(const Planning& planning, const NoticeRow& row,
                              const store::v1::StoredNotice& stored,
                              storage::AgencyNumber viewer) const {
  NoticeHeads heads(core_.options.notice_terms, names_, *planning.registry,
                    planning.now);
  return heads.Head(row, stored, viewer);
}

template <typename Asked>
absl::StatusOr<const AgencyEntry*> NoticeWork::FindRecipient(
    const Planning& planning, const Asked& asked) {
  const Snapshot& registry = *planning.registry;
  switch (asked.recipient_case()) {
    case Asked::kAgency: {
      const AgencyEntry* agency = registry.Find(asked.agency());
      if (agency != nullptr) return agency;
      return errors::Error("NOBODY_RESPONSIBLE", {.field = "agency"});
    }
    case Asked::kResponsible: {
      if (!IsDivision(asked.responsible().division())) {
        return errors::Error("INVALID_REQUEST",
                             {.field = "responsible.division",
                              .rule = "2, 4, 6, 9, 12 or 15 digits"});
      }
      std::vector<const v1::Agency*> agencies;
      for (const auto& [id, entry] : registry.agencies()) {
        agencies.push_back(&entry.agency);
      }
      const domain::Responsible found =
          domain::FindResponsible(asked.responsible().sector(),
                                  asked.responsible().division(), agencies);
      if (found.answer == domain::Responsible::Answer::kFound) {
        return registry.Find(found.agencies.front()->id());
      }
      if (found.answer == domain::Responsible::Answer::kNobody) {
        return errors::Error("NOBODY_RESPONSIBLE", {.field = "responsible"});
      }
      const std::string candidates = absl::StrJoin(
          found.agencies, ", ", [](std::string* out, const v1::Agency* agency) {
            out->append(agency->id());
          });
      return errors::Error(
          "RESPONSIBLE_AMBIGUOUS",
          {.field = "responsible", .rule = "name one of " + candidates});
    }
    default:
      return errors::Error("FIELD_MISSING", {.field = "recipient"});
  }
}

absl::Status NoticeWork::CheckAgreed(const Planning& planning,
                                     const AgencyEntry& sender,
                                     const AgencyEntry& recipient,
                                     v1::Purpose purpose,
                                     domain::AttributeSet attributes) {
  const auto access = planning.registry->AccessOf(
      recipient, planning.today, purpose, v1::SCOPE_OPEN_NOTICE);
  const domain::AttributeSet over =
      attributes & ~access->permissions.Visible(sender.sector());
  if (over == 0) return absl::OkStatus();
  return errors::Error(
      "NOTICE_NOT_AGREED",
      {.field = "attributes",
       .rule = "not granted: " +
               absl::StrJoin(domain::AttributeNames(over), ", ")});
}

absl::StatusOr<std::optional<int64_t>> NoticeWork::DueTime(
    const Planning& planning, Notice::Kind kind, bool urgent,
    int64_t start) const {
  const NoticeTerms& terms = planning.core.options.notice_terms;
  const config::v1::Deadline* deadline =
      domain::DeadlineOf(terms.deadlines, kind, urgent);
  if (deadline == nullptr) return std::nullopt;
  const auto due = calendar::DueOf(*deadline, terms.calendars, start);
  if (!due.ok()) return due.status();
  return due->until;
}

void NoticeWork::AddLeaf(Planning& planning, v1::AuditEvent event,
                         const Record* record, domain::AttributeSet told,
                         const std::string& recipient) const {
  std::vector<storage::DetailRow> details;
  for (const std::string& name : domain::AttributeNames(told)) {
    event.add_attributes(name);
  }
  if (record != nullptr) {
    event.set_count(1);
    details.push_back(DisclosureDetail(core_, *record, told, recipient));
    SetDetailsRoot(details, event);
  }
  planning.AddLeaf(std::move(event), std::move(details));
}

// --- sending ---

SendNoticeWork::SendNoticeWork(Core& core, const NoticeNames& names,
                               Caller caller, v1::SendNoticeRequest request,
                               Hub::Callback<v1::SendNoticeResponse> done)
    : Answering(std::move(done), core, names, std::move(caller)),
      request_(std::move(request)),
      key_(core.hashes.RecordKey(caller_.agency, request_.record_key())) {
  if (!request_.request_id().empty() && !request_.validate_only()) {
    request_hash_ = core.hashes.Request(caller_.path, request_.request_id());
  }
}

void SendNoticeWork::AddKeys(std::vector<storage::KeyHash>& keys) const {
  keys.push_back(key_);
}

absl::StatusOr<bool> SendNoticeWork::FindRepeat(const Planning& planning,
                                                const AgencyEntry& agency,
                                                storage::Uid uid) {
  if (request_hash_ == storage::KeyHash{}) return false;
  std::optional<NoticeRow> row;
  if (const NoticeRow* sent = planning.FindSentNotice(request_hash_)) {
    row = *sent;
  } else {
    auto held = core_.store.FindNoticeByRequest(request_hash_);
    if (!held.ok()) return held.status();
    row = *std::move(held);
  }
  if (!row.has_value()) return false;
  const auto stored = ParseNotice(*row);
  if (!stored.ok()) return stored.status();
  const Notice& head = stored->notice();
  int attachment = 0;
  const bool same_size =
      head.attachment_sizes_size() == request_.attachments_size() &&
      std::ranges::all_of(head.attachment_sizes(), [&](int size) {
        return static_cast<size_t>(size) ==
               request_.attachments(attachment++).sealed().size();
      });
  if (row->uid != uid || !same_size || head.kind() != request_.kind() ||
      head.purpose() != request_.purpose() ||
      head.urgent() != request_.urgent() ||
      domain::AttributesOf(head) != domain::AttributesOf(request_)) {
    return errors::Error("REQUEST_ID_REUSED", {.field = "request_id"});
  }
  *response_.mutable_notice() = HeadOf(planning, *row, *stored, agency.number);
  return true;
}

absl::Status SendNoticeWork::CheckHandOver(const Planning& planning,
                                           const AgencyEntry& sender,
                                           const AgencyEntry& recipient) {
  if (auto fault = domain::CheckProviders(sender.agency, recipient.agency)) {
    return ErrorOf(*fault);
  }
  if (auto fault = domain::CheckConsent(request_.consent(), recipient.id(),
                                        record_->stored, planning.now)) {
    return ErrorOf(*fault);
  }
  if (auto given = CheckReason(request_.consent().reference(), planning.today);
      !given.ok()) {
    return given;
  }
  const auto theirs = SealingCertificates(&recipient);
  if (theirs.empty()) {
    return errors::Error("SEALING_CERTIFICATE_MISSING", {.field = "recipient"});
  }
  if (request_.validate_only()) {
    response_.set_recipient_certificate(theirs.front());
  }
  sealed_for_ = sealed::FingerprintOf(theirs.front());
  const auto own = SealingCertificates(&sender);
  for (const v1::SealedAttachment& attachment : request_.attachments()) {
    if (attachment.sealed().empty()) continue;  // a preview
    // For the first, or what the log says would not be what was done.
    if (auto status =
            sealed::CheckSealed(attachment.sealed(), {theirs.data(), 1}, own);
        !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status SendNoticeWork::Begin(Planning& planning) {
  response_.Clear();
  writes_ = false;
  planning.dry_run = planning.dry_run || request_.validate_only();
  const AgencyEntry* agency = planning.registry->Find(caller_.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  record_ = planning.Find(planning.FindKey(key_));
  if (record_ == nullptr || !domain::HasClaims(record_->stored)) {
    return errors::Error("NOT_AVAILABLE", {.field = "record_key"});
  }
  const auto repeated = FindRepeat(planning, *agency, record_->uid);
  if (!repeated.ok()) return repeated.status();
  if (*repeated) return absl::OkStatus();

  const auto recipient = FindRecipient(planning, request_);
  if (!recipient.ok()) return recipient.status();
  if (*recipient == agency) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "recipient", .rule = "another agency"});
  }
  if (request_.kind() == Notice::KIND_HAND_OVER) {
    if (auto status = CheckHandOver(planning, *agency, **recipient);
        !status.ok()) {
      return status;
    }
  }
  if (auto agreed =
          CheckAgreed(planning, *agency, **recipient, request_.purpose(),
                      domain::AttributesOf(request_));
      !agreed.ok()) {
    return agreed;
  }
  const auto due =
      DueTime(planning, request_.kind(), request_.urgent(), planning.now);
  if (!due.ok()) return due.status();
  const domain::NoticeCase sent =
      domain::Send(request_, ActorAt(planning),
                   {.agency = (*recipient)->id(), .due_time = *due});
  if (request_.validate_only()) {
    *response_.mutable_notice() = sent.stored.notice();
    return absl::OkStatus();
  }
  const auto number = planning.NextNotice();
  if (!number.ok()) return number.status();
  NoticeRow& row = planning.AddNotice(*number);
  row.sender = agency->number;
  row.recipient = (*recipient)->number;
  row.uid = record_->uid;
  row.request = request_hash_;
  SealNotice(core_.sealer, sent, record_.get(), row);
  *response_.mutable_notice() =
      HeadOf(planning, row, sent.stored, agency->number);
  writes_ = true;
  return absl::OkStatus();
}

absl::Status SendNoticeWork::Conclude(const Outcome& outcome) {
  if (!writes_) return absl::OkStatus();
  const Notice& notice = response_.notice();
  v1::AuditEvent event = StepEvent(caller_, notice, "notice.send");
  if (!sealed_for_.empty()) event.add_sealing_certificates(sealed_for_);
  AddLeaf(outcome.planning, std::move(event), record_.get(), 0, notice.to());
  return absl::OkStatus();
}

// --- looking ---

GetNoticeWork::GetNoticeWork(Core& core, const NoticeNames& names,
                             Caller caller, v1::GetNoticeRequest request,
                             std::optional<Seen> seen,
                             Hub::Callback<v1::GetNoticeResponse> done)
    : Answering(std::move(done), core, names, std::move(caller)),
      request_(std::move(request)),
      seen_(std::move(seen)) {}

absl::Status GetNoticeWork::GiveAttachments(const Planning& planning) {
  v1::NoticeText& text = *response_.mutable_text();
  if (request_.attachments() == v1::GetNoticeRequest::ATTACHMENTS_UNSPECIFIED) {
    for (v1::SealedAttachment& attachment : *text.mutable_attachments()) {
      attachment.clear_sealed();
    }
    return absl::OkStatus();
  }
  const Notice& head = response_.notice();
  const AgencyEntry* sender = planning.registry->Find(head.from());
  const AgencyEntry* recipient = planning.registry->Find(head.to());
  if (sender == nullptr || recipient == nullptr) {
    return errors::Error("AGENCY_NOT_REGISTERED");
  }
  // It may have ceased to be one since.
  if (!text.attachments().empty()) {
    if (auto fault =
            domain::CheckProviders(sender->agency, recipient->agency)) {
      return ErrorOf(*fault);
    }
  }
  for (const std::string& certificate : SealingCertificates(sender)) {
    response_.add_sender_certificates(certificate);
  }
  for (const std::string& certificate : SealingCertificates(recipient)) {
    response_.add_recipient_certificates(certificate);
  }
  return absl::OkStatus();
}

absl::Status GetNoticeWork::Begin(Planning& planning) {
  response_.Clear();
  if (seen_.has_value()) {
    if (auto stands = StillDecided(*seen_->registry, planning); !stands.ok()) {
      return stands;
    }
  }
  auto loaded = Load(planning, request_.id());
  if (!loaded.ok()) return loaded.status();
  record_ = loaded->record;
  NoticeRow row = loaded->row;
  const AgencyEntry* agency = planning.registry->Find(caller_.agency);
  moved_ = domain::Deliver(ActorAt(planning), loaded->notice);
  if (moved_ || loaded->forgot) {
    NoticeRow& edited = planning.EditNotice(row);
    SealNotice(core_.sealer, loaded->notice, record_.get(), edited);
    row = edited;
  }
  *response_.mutable_notice() =
      HeadOf(planning, row, loaded->notice.stored, agency->number);
  *response_.mutable_history() = loaded->notice.stored.history();
  response_.set_etag(EtagOf(row));
  *response_.mutable_as_of_time() =
      TimeUtil::MicrosecondsToTimestamp(planning.now);
  if (loaded->by_superior) {
    // Nothing of the record is told.
    record_ = nullptr;
    return absl::OkStatus();
  }
  *response_.mutable_text() = std::move(loaded->notice.text);
  if (auto given = GiveAttachments(planning); !given.ok()) return given;
  if (row.sender == agency->number && record_ != nullptr) {
    response_.set_record_key(record_->stored.record_key());
  }
  // It may have gone elsewhere, or been closed, since the view was computed.
  if (seen_.has_value() && row.recipient == agency->number &&
      response_.notice().state() != Notice::STATE_CLOSED) {
    *response_.mutable_about() = seen_->about;
  }
  return absl::OkStatus();
}

absl::Status GetNoticeWork::Conclude(const Outcome& outcome) {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_READ);
  event.set_actor(caller_.path);
  event.set_agency(caller_.agency);
  event.set_purpose(response_.notice().purpose());
  event.set_act(
      request_.attachments() == v1::GetNoticeRequest::ATTACHMENTS_FOR_PERSON
          ? "notice.copy_for_person"
      : request_.attachments() == v1::GetNoticeRequest::ATTACHMENTS_FOR_CARE
          ? "notice.save_attachments"
          : "NoticeService.GetNotice");
  event.set_object(response_.notice().id());
  // Who watches reads the log for what changed.
  if (moved_) event.set_notice_kind(response_.notice().kind());
  if (response_.has_about()) event.set_agreement(seen_->agreements);
  AddLeaf(outcome.planning, std::move(event), record_.get(),
          response_.has_about() ? seen_->told : 0, caller_.agency);
  return absl::OkStatus();
}

void GetNoticeWork::Answer(const storage::Committed* committed) {
  ++core_.counters.reads_answered;
  Answering::Answer(committed);
}

// --- steps ---

StepNoticeWork::StepNoticeWork(Core& core, const NoticeNames& names,
                               Caller caller, v1::StepNoticeRequest request,
                               Hub::Callback<v1::StepNoticeResponse> done)
    : Answering(std::move(done), core, names, std::move(caller)),
      request_(std::move(request)) {}

absl::Status StepNoticeWork::Begin(Planning& planning) {
  response_.Clear();
  planning.dry_run = planning.dry_run || request_.validate_only();
  if (request_.etag().empty()) {
    return errors::Error("ETAG_MISSING", {.field = "etag"});
  }
  auto loaded = Load(planning, request_.id());
  if (!loaded.ok()) return loaded.status();
  if (request_.etag() != EtagOf(loaded->row)) {
    return errors::Error("CHANGED_MEANWHILE", {.field = "etag"});
  }
  record_ = loaded->record;
  const Notice& before = loaded->notice.stored.notice();
  other_side_ = caller_.agency == before.from() ? before.to() : before.from();
  if (auto status = Take(planning, *loaded); !status.ok()) return status;

  NoticeRow row = loaded->row;
  if (!request_.validate_only()) {
    NoticeRow& edited = planning.EditNotice(row);
    edited.recipient = loaded->row.recipient;
    SealNotice(core_.sealer, loaded->notice, record_.get(), edited);
    row = edited;
  }
  const AgencyEntry* agency = planning.registry->Find(caller_.agency);
  *response_.mutable_notice() =
      HeadOf(planning, row, loaded->notice.stored, agency->number);
  response_.set_etag(EtagOf(row));
  return absl::OkStatus();
}

// A row of `loaded` whose recipient is another is with that from now on.
absl::Status StepNoticeWork::Take(Planning& planning, Loaded& loaded) {
  const domain::NoticeActor actor = ActorAt(planning);
  domain::NoticeFault fault;
  switch (request_.step_case()) {
    case v1::StepNoticeRequest::kAccept:
      fault = domain::Accept(actor, loaded.notice);
      break;
    case v1::StepNoticeRequest::kAnswer:
      // Its words would have no key.
      if (record_ == nullptr) return errors::Error("NOTICE_WITHOUT_RECORD");
      fault = domain::Answer(actor, request_.answer().answer(), loaded.notice);
      break;
    case v1::StepNoticeRequest::kReroute:
      return Reroute(planning, loaded);
    case v1::StepNoticeRequest::kExtend:
      return Extend(planning, loaded);
    case v1::StepNoticeRequest::kClose:
      if (!request_.close().reason().empty()) {
        if (auto given = CheckReason(request_.close().reason(), planning.today);
            !given.ok()) {
          return given;
        }
      }
      fault = domain::Close(actor, request_.close().reason(), loaded.notice);
      break;
    case v1::StepNoticeRequest::kPrompt:
      return Prompt(planning, loaded);
    default:
      return errors::Error("FIELD_MISSING", {.field = "step"});
  }
  return fault.has_value() ? ErrorOf(*fault) : absl::OkStatus();
}

absl::Status StepNoticeWork::Reroute(Planning& planning, Loaded& loaded) {
  const v1::StepNoticeRequest::Reroute& step = request_.reroute();
  const domain::NoticeActor actor = ActorAt(planning);
  const Notice& head = loaded.notice.stored.notice();
  if (record_ == nullptr) return errors::Error("NOTICE_WITHOUT_RECORD");
  if (auto given = CheckReason(step.reason(), planning.today); !given.ok()) {
    return given;
  }
  const auto recipient = FindRecipient(planning, step);
  if (!recipient.ok()) return recipient.status();
  if (const auto fault = domain::CheckReroute(actor, (*recipient)->id(),
                                              step.reason(), loaded.notice)) {
    return ErrorOf(*fault);
  }
  const AgencyEntry* sender = planning.registry->Find(head.from());
  if (sender == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  if (auto agreed = CheckAgreed(planning, *sender, **recipient, head.purpose(),
                                domain::AttributesOf(head));
      !agreed.ok()) {
    return agreed;
  }
  const auto due = DueTime(planning, head.kind(), head.urgent(), planning.now);
  if (!due.ok()) return due.status();
  if (const auto fault = domain::Reroute(
          actor, {.agency = (*recipient)->id(), .due_time = *due},
          step.reason(), loaded.notice)) {
    return ErrorOf(*fault);
  }
  loaded.row.recipient = (*recipient)->number;
  other_side_ = (*recipient)->id();
  return absl::OkStatus();
}

absl::Status StepNoticeWork::Extend(Planning& planning, Loaded& loaded) {
  const std::string& reason = request_.extend().reason();
  const domain::NoticeActor actor = ActorAt(planning);
  const Notice& head = loaded.notice.stored.notice();
  if (auto given = CheckReason(reason, planning.today); !given.ok()) {
    return given;
  }
  if (const auto fault = domain::CheckExtend(actor, reason, loaded.notice)) {
    return ErrorOf(*fault);
  }
  // From the last day that it had.
  const int64_t last = TimeUtil::TimestampToMicroseconds(head.due_time()) - 1;
  const auto due = DueTime(planning, head.kind(), head.urgent(), last);
  if (!due.ok()) return due.status();
  const auto fault = domain::Extend(actor, *due, reason, loaded.notice);
  return fault.has_value() ? ErrorOf(*fault) : absl::OkStatus();
}

absl::Status StepNoticeWork::Prompt(Planning& planning, Loaded& loaded) {
  const std::string& reason = request_.prompt().reason();
  if (!reason.empty()) {
    if (auto given = CheckReason(reason, planning.today); !given.ok()) {
      return given;
    }
  }
  NoticeHeads heads(core_.options.notice_terms, names_, *planning.registry,
                    planning.now);
  const AgencyEntry* superior =
      heads.EscalatedTo(loaded.row, loaded.notice.stored.notice());
  if (superior == nullptr || superior->id() != caller_.agency) {
    return ErrorOf(domain::Fault("step", "NOTICE_STEP_WRONG",
                                 "of the agency to which it is escalated"));
  }
  // To whom it waits for, whichever of the two the caller may be besides.
  other_side_ = loaded.notice.stored.notice().to();
  const auto fault = domain::Prompt(ActorAt(planning), reason, loaded.notice);
  return fault.has_value() ? ErrorOf(*fault) : absl::OkStatus();
}

absl::Status StepNoticeWork::Conclude(const Outcome& outcome) {
  if (request_.validate_only()) return absl::OkStatus();
  v1::AuditEvent event =
      StepEvent(caller_, response_.notice(), ActOf(request_.step_case()));
  event.set_agency(other_side_);
  AddLeaf(outcome.planning, std::move(event), record_.get(), 0, other_side_);
  return absl::OkStatus();
}

}  // namespace waystation::hub
