// SPDX-License-Identifier: Apache-2.0
// What must hold before one care provider hands over to another (design 4): who
// they are, what goes along in the clear, whose consent there is and whom it
// names. What is handed over is sealed, and looked at by the two alone. Pure.
#ifndef WAYSTATION_SERVER_DOMAIN_HAND_OVER_H_
#define WAYSTATION_SERVER_DOMAIN_HAND_OVER_H_

#include <optional>
#include <string_view>

#include "proto/codes/date.h"
#include "server/domain/notice.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::domain {

// Of a notice, what is sealed all together since lists of notices read it
// along; and in characters.
inline constexpr int kMostAttachments = 4;
inline constexpr std::size_t kMostSealedBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kMostConsentReference = 64;

// Whether attachments and consent are whole in themselves, and stand where they
// may: with KIND_HAND_OVER, which has both, and with no other kind.
NoticeFault CheckAttachments(const v1::SendNoticeRequest& request);

// CARE_PROVIDERS_ONLY unless both care for persons themselves.
NoticeFault CheckProviders(const v1::Agency& sender,
                           const v1::Agency& recipient);

// Whether the consent is to this hand-over: CONSENT_OTHER_RECIPIENT;
// CONSENT_MISSING for one of a time to come, or by a child under 14 itself, or
// by somebody whose age the record does not tell. `now` in microseconds since
// 1970 UTC.
NoticeFault CheckConsent(const v1::HandOverConsent& consent,
                         std::string_view recipient,
                         const ::waystation::store::v1::StoredRecord& record,
                         std::int64_t now);

// Takes what was sealed out of the notice, as when it is closed: who has it has
// it, and the hub has no need of it.
void DropAttachments(NoticeCase& notice);

// Whether the person had the record erased.
bool IsErased(const ::waystation::store::v1::StoredRecord& record);
// Takes out all that was handed over, the consent included, as when the record
// is erased. Whether there was anything.
bool ForgetHandOver(NoticeCase& notice);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_HAND_OVER_H_
