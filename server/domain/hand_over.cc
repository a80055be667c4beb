// SPDX-License-Identifier: Apache-2.0
#include "server/domain/hand_over.h"

#include <algorithm>
#include <string>

#include "google/protobuf/util/time_util.h"
#include "proto/codes/citizen_number.h"
#include "server/domain/apply.h"
#include "server/domain/dates.h"

namespace waystation::domain {
namespace {

using google::protobuf::util::TimeUtil;
using v1::HandOverConsent;
using v1::Notice;

constexpr std::string_view kHealth = "health";
// What tells the recipient whom it is about; all else is in the payload.
constexpr AttributeSet kCore = BitOf(kName) | BitOf(kSex) | BitOf(kBirthDate);

// No words, so that nobody's name gets in.
bool IsReference(std::string_view text) {
  return !text.empty() && text.size() <= kMostConsentReference &&
         std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                  (c >= 'a' && c <= 'z') || c == '-' || c == '/' || c == '.' ||
                  c == '_';
         });
}

NoticeFault CheckWhole(const HandOverConsent& consent) {
  if (consent.giver() == HandOverConsent::GIVER_UNSPECIFIED ||
      !HandOverConsent::Giver_IsValid(consent.giver())) {
    return Fault("consent.giver", "CONSENT_MISSING",
                 "by the person or its guardian");
  }
  if (consent.form() == HandOverConsent::FORM_UNSPECIFIED ||
      !HandOverConsent::Form_IsValid(consent.form())) {
    return Fault("consent.form", "CONSENT_MISSING",
                 "signed, on paper or electronically, or before a witness");
  }
  if (!IsReference(consent.reference())) {
    return Fault("consent.reference", "CONSENT_MISSING",
                 "1 to 64 letters, digits and . - _ /, and no personal value");
  }
  if (consent.recipient().empty()) {
    return Fault("consent.recipient", "CONSENT_MISSING",
                 "a consent names who may have it");
  }
  if (!consent.has_given_time()) {
    return Fault("consent.given_time", "CONSENT_MISSING",
                 "a consent has the day on which it was given");
  }
  return std::nullopt;
}

// Whether the person may be under 14 on that day, by what its record claims of
// it; nullopt: that tells nothing of its age.
std::optional<bool> IsMinor(const ::waystation::store::v1::StoredRecord& record,
                            codes::Date today) {
  std::optional<bool> minor;
  const auto consider = [&](const codes::PartialDate& birth) {
    const auto days = DaysOf(birth);
    // A day to come is a mistake.
    if (!days || days->first > std::chrono::sys_days{today}) return;
    minor = minor.value_or(false) || MayBeMinor(birth, today);
  };
  for (const ::waystation::store::v1::StoredClaim& claim : record.claims()) {
    if (claim.retracted() || claim.grade() == v1::GRADE_PLACEHOLDER) continue;
    if (claim.attribute() == static_cast<std::uint32_t>(kBirthDate)) {
      consider(ToPartial(claim.value().birth_date().date()));
    }
    for (const v1::Identifier& identifier : claim.value().identifiers()) {
      if (identifier.kind() != v1::Identifier::KIND_CITIZEN_NUMBER) continue;
      const codes::CitizenNumber number =
          codes::ReadCitizenNumber(identifier.number(), today);
      if (number.birth_date && number.grade != codes::Grade::kPlaceholder) {
        consider(*number.birth_date);
      }
    }
  }
  return minor;
}

}  // namespace

NoticeFault CheckAttachments(const v1::SendNoticeRequest& request) {
  if (request.kind() != Notice::KIND_HAND_OVER) {
    if (!request.attachments().empty()) {
      return Fault("attachments", "INVALID_REQUEST", "for a hand-over alone");
    }
    if (request.has_consent()) {
      return Fault("consent", "INVALID_REQUEST", "for a hand-over alone");
    }
    return std::nullopt;
  }
  if ((AttributesOf(request) & ~kCore) != 0) {
    return Fault("attributes", "INVALID_REQUEST",
                 "name, sex and birth date at most");
  }
  // The hub can read it.
  if (!request.text().empty()) {
    return Fault("text", "INVALID_REQUEST", "what is to be said goes sealed");
  }
  if (request.attachments().empty()) {
    return Fault("attachments", "FIELD_MISSING");
  }
  if (request.attachments_size() > kMostAttachments) {
    return Fault("attachments", "VALUE_TOO_LONG", "at most 4");
  }
  std::size_t bytes = 0;
  for (const v1::SealedAttachment& attachment : request.attachments()) {
    if (attachment.type() == v1::SealedAttachment::TYPE_UNSPECIFIED ||
        !v1::SealedAttachment::Type_IsValid(attachment.type())) {
      return Fault("attachments.type", "INVALID_REQUEST",
                   "one of the closed list");
    }
    if (attachment.sealed().empty() && !request.validate_only()) {
      return Fault("attachments.sealed", "FIELD_MISSING");
    }
    bytes += attachment.sealed().size();
  }
  if (bytes > kMostSealedBytes) {
    return Fault("attachments", "VALUE_TOO_LONG", "at most 64 KiB together");
  }
  if (!request.has_consent()) return Fault("consent", "CONSENT_MISSING");
  return CheckWhole(request.consent());
}

NoticeFault CheckProviders(const v1::Agency& sender,
                           const v1::Agency& recipient) {
  const auto cares = [](const v1::Agency& agency) {
    return agency.sector() == kHealth && agency.care_provider();
  };
  if (!cares(sender)) {
    return Fault("kind", "CARE_PROVIDERS_ONLY", "its sender is none");
  }
  if (!cares(recipient)) {
    return Fault("recipient", "CARE_PROVIDERS_ONLY", "its recipient is none");
  }
  return std::nullopt;
}

NoticeFault CheckConsent(const HandOverConsent& consent,
                         std::string_view recipient,
                         const ::waystation::store::v1::StoredRecord& record,
                         std::int64_t now) {
  if (consent.recipient() != recipient) {
    return Fault("consent.recipient", "CONSENT_OTHER_RECIPIENT");
  }
  if (TimeUtil::TimestampToMicroseconds(consent.given_time()) > now) {
    return Fault("consent.given_time", "CONSENT_MISSING",
                 "not of a day to come");
  }
  if (consent.giver() == HandOverConsent::GIVER_GUARDIAN) return std::nullopt;
  const std::optional<bool> minor = IsMinor(record, DayOf(now));
  if (!minor.has_value()) {
    return Fault("consent.giver", "CONSENT_MISSING",
                 "by a guardian where the record tells no age");
  }
  if (*minor) {
    return Fault("consent.giver", "CONSENT_MISSING",
                 "by a guardian for a child under 14: PIPL art. 31");
  }
  return std::nullopt;
}

void DropAttachments(NoticeCase& notice) {
  for (v1::SealedAttachment& attachment : *notice.text.mutable_attachments()) {
    attachment.clear_sealed();
  }
}

bool IsErased(const ::waystation::store::v1::StoredRecord& record) {
  return record.retraction_reason() ==
             v1::RecordRetraction::REASON_ERASURE_REQUESTED &&
         !HasClaims(record);
}

bool ForgetHandOver(NoticeCase& notice) {
  const bool any =
      !notice.text.attachments().empty() || notice.text.has_consent();
  notice.text.clear_attachments();
  notice.text.clear_consent();
  return any;
}

}  // namespace waystation::domain
