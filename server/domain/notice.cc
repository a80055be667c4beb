// SPDX-License-Identifier: Apache-2.0
#include "server/domain/notice.h"

#include <algorithm>
#include <set>

#include "google/protobuf/util/time_util.h"
#include "proto/calendar/china_time.h"
#include "proto/calendar/deadline.h"
#include "proto/codes/text.h"
#include "server/domain/hand_over.h"

namespace waystation::domain {
namespace {

using google::protobuf::util::TimeUtil;
using v1::Notice;
using Event = v1::Notice::Event;

v1::Violation StepWrong(std::string_view rule) {
  return Fault("step", "NOTICE_STEP_WRONG", rule);
}

NoticeFault CheckWords(std::string_view field, std::string_view text,
                       bool required = false) {
  if (required && text.empty()) return Fault(field, "FIELD_MISSING");
  if (text.size() > kMostNoticeText && codes::Length(text) > kMostNoticeText) {
    return Fault(field, "VALUE_TOO_LONG", "at most 500 characters");
  }
  return std::nullopt;
}

NoticeFault CheckReason(std::string_view reason) {
  if (reason.empty()) return Fault("reason", "REASON_MISSING");
  return CheckWords("reason", reason);
}

bool IsDone(Notice::State state) {
  return state == Notice::STATE_ANSWERED || state == Notice::STATE_CLOSED;
}

// The recipient's steps end with its answer.
NoticeFault MayAct(const NoticeActor& recipient, const Notice& notice) {
  if (recipient.agency != notice.to()) {
    return StepWrong("a step of the agency with which it is");
  }
  if (IsDone(notice.state())) return StepWrong("before it is answered");
  return std::nullopt;
}

Event& AddEvent(Event::Kind kind, const NoticeActor& actor,
                NoticeCase& notice) {
  Event& event = *notice.stored.add_history();
  event.set_kind(kind);
  *event.mutable_time() = TimeUtil::MicrosecondsToTimestamp(actor.now);
  event.set_agency(std::string(actor.agency));
  return event;
}

void AddReason(const NoticeActor& actor, std::string_view reason,
               NoticeCase& notice) {
  if (reason.empty()) return;
  v1::NoticeReason& kept = *notice.text.add_reasons();
  kept.set_event(notice.stored.history_size() - 1);
  kept.set_actor(std::string(actor.path));
  kept.set_reason(std::string(reason));
}

void SetDue(std::optional<std::int64_t> due_time, Event& event,
            Notice& notice) {
  if (!due_time.has_value()) {
    notice.clear_due_time();
    return;
  }
  *notice.mutable_due_time() = TimeUtil::MicrosecondsToTimestamp(*due_time);
  *event.mutable_due_time() = notice.due_time();
}

bool FitsKind(Notice::Kind kind, Notice::Result result) {
  switch (kind) {
    case Notice::KIND_RESIDENCE:
      return result == Notice::RESULT_FOUND ||
             result == Notice::RESULT_NOT_FOUND ||
             result == Notice::RESULT_NOT_OURS;
    case Notice::KIND_VERIFICATION:
      return result == Notice::RESULT_FOUND ||
             result == Notice::RESULT_PARTIAL ||
             result == Notice::RESULT_NOT_FOUND ||
             result == Notice::RESULT_NOT_OURS;
    case Notice::KIND_CORRECTION:
      return result == Notice::RESULT_UPHELD ||
             result == Notice::RESULT_REJECTED ||
             result == Notice::RESULT_NOT_FOUND ||
             result == Notice::RESULT_NOT_OURS;
    case Notice::KIND_SERVICE:
      return result == Notice::RESULT_NOT_OURS;
    case Notice::KIND_HAND_OVER:
      return result == Notice::RESULT_TAKEN_UP ||
             result == Notice::RESULT_NOT_OURS;
    default:
      return false;
  }
}

NoticeFault CheckFields(const Notice& notice, const v1::NoticeAnswer& answer) {
  const bool wanted = notice.kind() == Notice::KIND_VERIFICATION &&
                      (answer.result() == Notice::RESULT_FOUND ||
                       answer.result() == Notice::RESULT_PARTIAL);
  std::set<std::string_view> asked;
  if (wanted)
    asked.insert(notice.attributes().begin(), notice.attributes().end());
  for (const v1::FieldAnswer& field : answer.fields()) {
    if (!v1::FieldAnswer::Answer_IsValid(field.answer()) ||
        field.answer() == v1::FieldAnswer::ANSWER_UNSPECIFIED) {
      return Fault("answer.fields", "INVALID_REQUEST",
                   "match, differs or unknown");
    }
    if (asked.erase(field.attribute()) == 0) {
      return Fault("answer.fields", "INVALID_REQUEST",
                   "each attribute of the notice once, and no other");
    }
  }
  if (!asked.empty()) {
    return Fault("answer.fields", "INVALID_REQUEST",
                 "each attribute of the notice once, and no other");
  }
  return std::nullopt;
}

NoticeFault CheckAnswer(const Notice& notice, const v1::NoticeAnswer& answer) {
  if (answer.result() == Notice::RESULT_UNSPECIFIED) {
    return Fault("answer.result", "FIELD_MISSING");
  }
  if (!FitsKind(notice.kind(), answer.result())) {
    return Fault("answer.result", "INVALID_REQUEST",
                 "a result of the notice's kind");
  }
  if (!v1::Evidence_IsValid(answer.evidence())) {
    return Fault("answer.evidence", "INVALID_REQUEST",
                 "one of the closed list");
  }
  if (auto fault = CheckFields(notice, answer)) return fault;
  const bool explains = answer.result() == Notice::RESULT_REJECTED ||
                        answer.result() == Notice::RESULT_NOT_OURS;
  return CheckWords("answer.note", answer.note(), explains);
}

void PutAnswer(const NoticeActor& recipient, const v1::NoticeAnswer& answer,
               NoticeCase& notice) {
  Notice& head = *notice.stored.mutable_notice();
  head.set_result(answer.result());
  *head.mutable_answered_time() =
      TimeUtil::MicrosecondsToTimestamp(recipient.now);
  *notice.text.mutable_answer() = answer;
}

// As deadlines files name them.
std::string_view NameOf(Notice::Kind kind) {
  switch (kind) {
    case Notice::KIND_RESIDENCE:
      return "residence_notice";
    case Notice::KIND_VERIFICATION:
      return "verification_request";
    case Notice::KIND_SERVICE:
      return "service_notice";
    case Notice::KIND_CORRECTION:
      return "correction_request";
    case Notice::KIND_HAND_OVER:
      return "hand_over";
    default:
      return {};
  }
}

// Whom it has been with.
bool WasWith(std::string_view agency, const NoticeCase& notice) {
  return std::ranges::any_of(notice.stored.history(), [&](const Event& event) {
    return event.to() == agency;
  });
}

AttributeSet SetOf(const auto& names) {
  AttributeSet attributes = 0;
  for (const std::string& name : names) {
    if (const AttributeInfo* attribute = FindAttribute(name)) {
      attributes |= attribute->bit();
    }
  }
  return attributes;
}

}  // namespace

v1::Violation Fault(std::string_view field, std::string_view reason,
                    std::string_view rule) {
  v1::Violation fault;
  fault.set_field(std::string(field));
  fault.set_reason(std::string(reason));
  fault.set_rule(std::string(rule));
  return fault;
}

NoticeFault CheckSend(const v1::SendNoticeRequest& request) {
  if (request.kind() == Notice::KIND_UNSPECIFIED) {
    return Fault("kind", "FIELD_MISSING");
  }
  if (!Notice::Kind_IsValid(request.kind())) {
    return Fault("kind", "INVALID_REQUEST", "one of the closed list");
  }
  if (request.purpose() == v1::PURPOSE_UNSPECIFIED) {
    return Fault("purpose", "PURPOSE_MISSING");
  }
  if (!v1::Purpose_IsValid(request.purpose())) {
    return Fault("purpose", "INVALID_REQUEST", "one of the closed list");
  }
  if (request.record_key().empty()) {
    return Fault("record_key", "FIELD_MISSING");
  }
  if (request.recipient_case() == v1::SendNoticeRequest::RECIPIENT_NOT_SET) {
    return Fault("recipient", "FIELD_MISSING");
  }
  if (request.attributes().empty()) {
    return Fault("attributes", "FIELD_MISSING");
  }
  std::set<std::string_view> seen;
  for (const std::string& name : request.attributes()) {
    if (FindAttribute(name) == nullptr) {
      return Fault("attributes", "ATTRIBUTE_UNKNOWN", "a field of Person");
    }
    if (!seen.insert(name).second) {
      return Fault("attributes", "INVALID_REQUEST", "each attribute once");
    }
  }
  if (request.urgent() && request.kind() != Notice::KIND_VERIFICATION) {
    return Fault("urgent", "INVALID_REQUEST", "for a verification alone");
  }
  if (auto fault = CheckWords("text", request.text(),
                              request.kind() == Notice::KIND_CORRECTION)) {
    return fault;
  }
  return CheckAttachments(request);
}

AttributeSet AttributesOf(const v1::SendNoticeRequest& request) {
  return SetOf(request.attributes());
}

AttributeSet AttributesOf(const v1::Notice& notice) {
  return SetOf(notice.attributes());
}

NoticeCase Send(const v1::SendNoticeRequest& request, const NoticeActor& sender,
                const NoticeTerm& term) {
  NoticeCase sent;
  Notice& head = *sent.stored.mutable_notice();
  head.set_kind(request.kind());
  head.set_state(Notice::STATE_SENT);
  head.set_purpose(request.purpose());
  head.set_from(std::string(sender.agency));
  head.set_to(std::string(term.agency));
  *head.mutable_attributes() = request.attributes();
  head.set_urgent(request.urgent());
  *head.mutable_sent_time() = TimeUtil::MicrosecondsToTimestamp(sender.now);
  Event& event = AddEvent(Event::KIND_SENT, sender, sent);
  event.set_to(std::string(term.agency));
  SetDue(term.due_time, event, head);
  sent.text.set_text(request.text());
  for (const v1::SealedAttachment& attachment : request.attachments()) {
    head.add_attachment_sizes(static_cast<int>(attachment.sealed().size()));
    *sent.text.add_attachments() = attachment;
  }
  if (request.has_consent()) *sent.text.mutable_consent() = request.consent();
  return sent;
}

bool Deliver(const NoticeActor& recipient, NoticeCase& notice) {
  Notice& head = *notice.stored.mutable_notice();
  if (head.state() != Notice::STATE_SENT || recipient.agency != head.to()) {
    return false;
  }
  head.set_state(Notice::STATE_DELIVERED);
  AddEvent(Event::KIND_DELIVERED, recipient, notice);
  return true;
}

NoticeFault Accept(const NoticeActor& recipient, NoticeCase& notice) {
  Notice& head = *notice.stored.mutable_notice();
  if (auto fault = MayAct(recipient, head)) return fault;
  if (head.state() == Notice::STATE_ACCEPTED) {
    return StepWrong("it is accepted already");
  }
  head.set_state(Notice::STATE_ACCEPTED);
  AddEvent(Event::KIND_ACCEPTED, recipient, notice);
  if (head.kind() != Notice::KIND_SERVICE) return std::nullopt;
  v1::NoticeAnswer answer;
  answer.set_result(Notice::RESULT_TAKEN_UP);
  PutAnswer(recipient, answer, notice);
  head.set_state(Notice::STATE_CLOSED);
  AddEvent(Event::KIND_CLOSED, recipient, notice);
  return std::nullopt;
}

NoticeFault Answer(const NoticeActor& recipient, const v1::NoticeAnswer& answer,
                   NoticeCase& notice) {
  Notice& head = *notice.stored.mutable_notice();
  if (auto fault = MayAct(recipient, head)) return fault;
  if (auto fault = CheckAnswer(head, answer)) return fault;
  if (head.state() != Notice::STATE_ACCEPTED) {
    AddEvent(Event::KIND_ACCEPTED, recipient, notice);
  }
  PutAnswer(recipient, answer, notice);
  head.set_state(Notice::STATE_ANSWERED);
  AddEvent(Event::KIND_ANSWERED, recipient, notice);
  return std::nullopt;
}

NoticeFault CheckReroute(const NoticeActor& recipient, std::string_view agency,
                         std::string_view reason, const NoticeCase& notice) {
  const Notice& head = notice.stored.notice();
  if (auto fault = MayAct(recipient, head)) return fault;
  if (head.kind() == Notice::KIND_HAND_OVER) {
    return StepWrong("the consent names its recipient: answer NOT_OURS");
  }
  if (auto fault = CheckReason(reason)) return fault;
  if (head.hops() >= kMostHops) {
    return StepWrong("passed on three times at most: answer NOT_OURS");
  }
  if (agency == head.from() || WasWith(agency, notice)) {
    return Fault("recipient", "NOTICE_STEP_WRONG",
                 "not to its sender, nor to whom it has been with");
  }
  return std::nullopt;
}

NoticeFault Reroute(const NoticeActor& recipient, const NoticeTerm& term,
                    std::string_view reason, NoticeCase& notice) {
  if (auto fault = CheckReroute(recipient, term.agency, reason, notice)) {
    return fault;
  }
  Notice& head = *notice.stored.mutable_notice();
  head.set_state(Notice::STATE_SENT);
  head.set_to(std::string(term.agency));
  head.set_hops(head.hops() + 1);
  head.clear_prompted_time();
  notice.stored.set_extended(false);
  Event& event = AddEvent(Event::KIND_REROUTED, recipient, notice);
  event.set_to(std::string(term.agency));
  SetDue(term.due_time, event, head);
  AddReason(recipient, reason, notice);
  return std::nullopt;
}

NoticeFault CheckExtend(const NoticeActor& recipient, std::string_view reason,
                        const NoticeCase& notice) {
  const Notice& head = notice.stored.notice();
  if (auto fault = MayAct(recipient, head)) return fault;
  if (auto fault = CheckReason(reason)) return fault;
  if (!head.has_due_time() || notice.stored.extended() ||
      IsOverdue(head, recipient.now)) {
    return StepWrong("once, and before the deadline");
  }
  return std::nullopt;
}

NoticeFault Extend(const NoticeActor& recipient,
                   std::optional<std::int64_t> due_time,
                   std::string_view reason, NoticeCase& notice) {
  if (auto fault = CheckExtend(recipient, reason, notice)) return fault;
  notice.stored.set_extended(true);
  Event& event = AddEvent(Event::KIND_EXTENDED, recipient, notice);
  SetDue(due_time, event, *notice.stored.mutable_notice());
  AddReason(recipient, reason, notice);
  return std::nullopt;
}

NoticeFault Close(const NoticeActor& sender, std::string_view reason,
                  NoticeCase& notice) {
  Notice& head = *notice.stored.mutable_notice();
  if (sender.agency != head.from()) return StepWrong("a step of its sender");
  if (head.state() == Notice::STATE_CLOSED) {
    return StepWrong("it is closed already");
  }
  const bool answered = head.state() == Notice::STATE_ANSWERED;
  if (!answered || !reason.empty()) {
    if (auto fault = CheckReason(reason)) return fault;
  }
  head.set_state(Notice::STATE_CLOSED);
  head.set_withdrawn(!answered);
  AddEvent(answered ? Event::KIND_CLOSED : Event::KIND_WITHDRAWN, sender,
           notice);
  AddReason(sender, reason, notice);
  DropAttachments(notice);
  return std::nullopt;
}

NoticeFault Prompt(const NoticeActor& superior, std::string_view reason,
                   NoticeCase& notice) {
  Notice& head = *notice.stored.mutable_notice();
  if (!IsOpen(head) || !IsOverdue(head, superior.now)) {
    return StepWrong("while it is overdue");
  }
  if (auto fault = CheckWords("reason", reason)) return fault;
  if (head.has_prompted_time() &&
      calendar::DayOf(TimeUtil::TimestampToMicroseconds(
          head.prompted_time())) >= calendar::DayOf(superior.now)) {
    return StepWrong("once a day");
  }
  *head.mutable_prompted_time() =
      TimeUtil::MicrosecondsToTimestamp(superior.now);
  AddEvent(Event::KIND_PROMPTED, superior, notice);
  AddReason(superior, reason, notice);
  return std::nullopt;
}

const config::v1::Deadline* DeadlineOf(const config::v1::Deadlines& deadlines,
                                       Notice::Kind kind, bool urgent) {
  namespace config = ::waystation::config::v1;
  const config::DeadlineProfile* profile = calendar::FindProfile(
      deadlines, NameOf(kind),
      kind == Notice::KIND_SERVICE ? config::DEADLINE_ACT_ACCEPT
                                   : config::DEADLINE_ACT_ANSWER,
      urgent ? config::DEADLINE_URGENCY_URGENT
             : config::DEADLINE_URGENCY_ORDINARY);
  return profile == nullptr ? nullptr : &profile->deadline();
}

std::string_view WaitsFor(const v1::Notice& notice) {
  switch (notice.state()) {
    case Notice::STATE_ANSWERED:
      return notice.from();
    case Notice::STATE_CLOSED:
      return {};
    default:
      return notice.to();
  }
}

bool IsOverdue(const v1::Notice& notice, std::int64_t now) {
  if (!notice.has_due_time() || notice.withdrawn()) return false;
  const std::int64_t due = TimeUtil::TimestampToMicroseconds(notice.due_time());
  return notice.has_answered_time()
             ? TimeUtil::TimestampToMicroseconds(notice.answered_time()) >= due
             : now >= due;
}

bool IsOpen(const v1::Notice& notice) { return !IsDone(notice.state()); }

}  // namespace waystation::domain
