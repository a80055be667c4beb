// SPDX-License-Identifier: Apache-2.0
// The life of a notice (design 9, domain facts 2.8): who may take which step
// when, and what it makes of the notice. Pure; the hub stores what comes of it.
//
//     SENT -> DELIVERED -> ACCEPTED -> ANSWERED -> CLOSED
//       ^________|____________| rerouted, at most kMostHops times
//
// A step may leave out those before it: who answers has accepted. Each function
// changes the notice, or answers what is wrong with the step and has changed
// nothing.
#ifndef WAYSTATION_SERVER_DOMAIN_NOTICE_H_
#define WAYSTATION_SERVER_DOMAIN_NOTICE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/domain/attributes.h"
#include "waystation/config/v1/deadlines.pb.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/claim.pb.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::domain {

inline constexpr int kMostHops = 3;
inline constexpr std::size_t kMostNoticeText = 500;  // characters

// A notice with its words.
struct NoticeCase {
  store::v1::StoredNotice stored;
  v1::NoticeText text;
};

// Who takes a step, and when.
struct NoticeActor {
  // Id of the agency.
  std::string_view agency;
  // SPIFFE path of the clerk or system, kept beside reasons.
  std::string_view path;
  // Microseconds since 1970 UTC.
  std::int64_t now = 0;
};

// With whom a notice is from a step on, and until when.
struct NoticeTerm {
  std::string_view agency;
  // Microseconds since 1970 UTC; nullopt: at any time.
  std::optional<std::int64_t> due_time;
};

// What is wrong, by field of the request; nullopt: nothing.
using NoticeFault = std::optional<v1::Violation>;
v1::Violation Fault(std::string_view field, std::string_view reason,
                    std::string_view rule = {});

// Whether the request is whole in itself: kind, purpose, attributes, text.
NoticeFault CheckSend(const v1::SendNoticeRequest& request);
// Attributes that it names. Precondition: CheckSend finds nothing.
AttributeSet AttributesOf(const v1::SendNoticeRequest& request);
AttributeSet AttributesOf(const v1::Notice& notice);

// The notice as it is sent. Precondition: CheckSend finds nothing.
NoticeCase Send(const v1::SendNoticeRequest& request, const NoticeActor& sender,
                const NoticeTerm& term);

// The recipient has looked; changes nothing but once. Whether it did.
bool Deliver(const NoticeActor& recipient, NoticeCase& notice);
NoticeFault Accept(const NoticeActor& recipient, NoticeCase& notice);
NoticeFault Answer(const NoticeActor& recipient, const v1::NoticeAnswer& answer,
                   NoticeCase& notice);
NoticeFault Reroute(const NoticeActor& recipient, const NoticeTerm& term,
                    std::string_view reason, NoticeCase& notice);
NoticeFault Extend(const NoticeActor& recipient,
                   std::optional<std::int64_t> due_time,
                   std::string_view reason, NoticeCase& notice);
NoticeFault Close(const NoticeActor& sender, std::string_view reason,
                  NoticeCase& notice);

// Whoever it is escalated to asks for the answer. Precondition: it is escalated
// to `superior`.
NoticeFault Prompt(const NoticeActor& superior, std::string_view reason,
                   NoticeCase& notice);

// Whether Reroute to that agency would be wrong, whatever the deadline.
NoticeFault CheckReroute(const NoticeActor& recipient, std::string_view agency,
                         std::string_view reason, const NoticeCase& notice);
// The same for Extend.
NoticeFault CheckExtend(const NoticeActor& recipient, std::string_view reason,
                        const NoticeCase& notice);

// By when a notice of that kind is to be done: a KIND_SERVICE accepted, any
// other answered. nullptr: at any time. Stands as long as `deadlines` does.
const config::v1::Deadline* DeadlineOf(const config::v1::Deadlines& deadlines,
                                       v1::Notice::Kind kind, bool urgent);

// Whose step is next: the id of an agency, or nobody's.
std::string_view WaitsFor(const v1::Notice& notice);
// Answered too late, or not yet when it is.
bool IsOverdue(const v1::Notice& notice, std::int64_t now);
// Whom it is with has not done yet what there is a deadline for.
bool IsOpen(const v1::Notice& notice);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_NOTICE_H_
