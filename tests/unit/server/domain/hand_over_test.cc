// SPDX-License-Identifier: Apache-2.0
#include "server/domain/hand_over.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "google/protobuf/util/time_util.h"

namespace waystation::domain {
namespace {

using google::protobuf::util::TimeUtil;
using v1::HandOverConsent;
using v1::Notice;

// 2026-11-28.
constexpr std::int64_t kNow = 1'795'838'400'000'000;

v1::SendNoticeRequest Request() {
  v1::SendNoticeRequest request;
  request.set_kind(Notice::KIND_HAND_OVER);
  request.set_purpose(v1::PURPOSE_PUBLIC_HEALTH_SERVICE);
  request.set_record_key("P");
  request.set_agency("health.341200");
  request.add_attributes("name");
  v1::SealedAttachment& attachment = *request.add_attachments();
  attachment.set_type(v1::SealedAttachment::TYPE_VACCINATION_HISTORY);
  attachment.set_sealed("sealed");
  HandOverConsent& consent = *request.mutable_consent();
  consent.set_giver(HandOverConsent::GIVER_PERSON);
  consent.set_form(HandOverConsent::FORM_WITNESSED);
  consent.set_reference("C-2026/17");
  consent.set_recipient("health.341200");
  *consent.mutable_given_time() = TimeUtil::MicrosecondsToTimestamp(kNow);
  return request;
}

std::string Of(const NoticeFault& fault) {
  return fault.has_value() ? fault->field() + " " + fault->reason() : "";
}

TEST(HandOver, IsWholeInItself) {
  EXPECT_EQ(Of(CheckSend(Request())), "");
  const struct {
    const char* want;
    std::function<void(v1::SendNoticeRequest&)> change;
  } cases[] = {
      {"attachments FIELD_MISSING", [](auto& r) { r.clear_attachments(); }},
      {"attachments VALUE_TOO_LONG",
       [](auto& r) {
         for (int i = 0; i < 4; ++i) *r.add_attachments() = r.attachments(0);
       }},
      {"attachments VALUE_TOO_LONG",
       [](auto& r) {
         r.mutable_attachments(0)->set_sealed(
             std::string(kMostSealedBytes + 1, 'x'));
       }},
      {"attachments.type INVALID_REQUEST",
       [](auto& r) { r.mutable_attachments(0)->clear_type(); }},
      {"attachments.type INVALID_REQUEST",
       [](auto& r) {
         r.mutable_attachments(0)->set_type(
             static_cast<v1::SealedAttachment::Type>(3));
       }},
      {"attachments.sealed FIELD_MISSING",
       [](auto& r) { r.mutable_attachments(0)->clear_sealed(); }},
      {"",
       [](auto& r) {
         r.mutable_attachments(0)->clear_sealed();
         r.set_validate_only(true);
       }},
      {"attributes INVALID_REQUEST",
       [](auto& r) { r.add_attributes("contact"); }},
      {"text INVALID_REQUEST", [](auto& r) { r.set_text("BCG at birth"); }},
      {"consent CONSENT_MISSING", [](auto& r) { r.clear_consent(); }},
      {"consent.giver CONSENT_MISSING",
       [](auto& r) { r.mutable_consent()->clear_giver(); }},
      {"consent.form CONSENT_MISSING",
       [](auto& r) { r.mutable_consent()->clear_form(); }},
      {"consent.reference CONSENT_MISSING",
       [](auto& r) { r.mutable_consent()->clear_reference(); }},
      {"consent.reference CONSENT_MISSING",
       [](auto& r) { r.mutable_consent()->set_reference("王 芳"); }},
      {"consent.recipient CONSENT_MISSING",
       [](auto& r) { r.mutable_consent()->clear_recipient(); }},
      {"consent.given_time CONSENT_MISSING",
       [](auto& r) { r.mutable_consent()->clear_given_time(); }},
      // With another kind, nothing is sealed.
      {"attachments INVALID_REQUEST",
       [](auto& r) { r.set_kind(Notice::KIND_SERVICE); }},
      {"consent INVALID_REQUEST",
       [](auto& r) {
         r.set_kind(Notice::KIND_SERVICE);
         r.clear_attachments();
       }},
  };
  for (const auto& [want, change] : cases) {
    v1::SendNoticeRequest request = Request();
    change(request);
    EXPECT_EQ(Of(CheckSend(request)), want) << request.ShortDebugString();
  }
}

TEST(HandOver, IsBetweenCareProviders) {
  const auto agency = [](const char* sector, bool cares) {
    v1::Agency made;
    made.set_sector(sector);
    made.set_care_provider(cares);
    return made;
  };
  const v1::Agency clinic = agency("health", true);
  EXPECT_EQ(Of(CheckProviders(clinic, clinic)), "");
  for (const v1::Agency& other :
       {agency("health", false), agency("public_security", true),
        agency("labor", false), agency("", true)}) {
    EXPECT_EQ(Of(CheckProviders(clinic, other)),
              "recipient CARE_PROVIDERS_ONLY");
    EXPECT_EQ(Of(CheckProviders(other, clinic)), "kind CARE_PROVIDERS_ONLY");
  }
}

TEST(HandOver, RestsOnAConsentThatNamesItsRecipient) {
  const auto born = [](int year, int month, int day) {
    store::v1::StoredRecord record;
    store::v1::StoredClaim& claim = *record.add_claims();
    claim.set_attribute(static_cast<std::uint32_t>(kBirthDate));
    v1::Date& date =
        *claim.mutable_value()->mutable_birth_date()->mutable_date();
    date.set_year(year);
    date.set_month(month);
    date.set_day(day);
    return record;
  };
  const auto check = [](HandOverConsent::Giver giver, const auto& record,
                        const char* recipient = "health.341200",
                        std::int64_t now = kNow) {
    HandOverConsent consent = Request().consent();
    consent.set_giver(giver);
    return Of(CheckConsent(consent, recipient, record, now));
  };
  constexpr auto kPerson = HandOverConsent::GIVER_PERSON;
  constexpr auto kGuardian = HandOverConsent::GIVER_GUARDIAN;
  const auto adult = born(1990, 3, 7);
  const auto child = born(2026, 9, 1);
  EXPECT_EQ(check(kPerson, adult), "");
  EXPECT_EQ(check(kGuardian, adult), "");
  EXPECT_EQ(check(kGuardian, child), "");
  EXPECT_EQ(check(kPerson, child), "consent.giver CONSENT_MISSING");
  // Fourteen today, and tomorrow.
  EXPECT_EQ(check(kPerson, born(2012, 11, 28)), "");
  EXPECT_EQ(check(kPerson, born(2012, 11, 29)),
            "consent.giver CONSENT_MISSING");
  // Of an age that nobody knows.
  EXPECT_EQ(check(kPerson, store::v1::StoredRecord()),
            "consent.giver CONSENT_MISSING");
  EXPECT_EQ(check(kGuardian, store::v1::StoredRecord()), "");
  EXPECT_EQ(check(kPerson, born(2090, 1, 1)), "consent.giver CONSENT_MISSING");
  // A number tells it too, whatever else is said.
  auto numbered = adult;
  v1::Identifier& number =
      *numbered.add_claims()->mutable_value()->add_identifiers();
  number.set_kind(v1::Identifier::KIND_CITIZEN_NUMBER);
  number.set_number("034105202003070019");
  EXPECT_EQ(check(kPerson, numbered), "consent.giver CONSENT_MISSING");
  EXPECT_EQ(check(kPerson, adult, "health.340100"),
            "consent.recipient CONSENT_OTHER_RECIPIENT");
  EXPECT_EQ(check(kPerson, adult, "health.341200", kNow - 1),
            "consent.given_time CONSENT_MISSING");
}

TEST(HandOver, IsTakenUpAndNeverPassedOn) {
  const NoticeActor sender{.agency = "health.320500", .path = "a", .now = kNow};
  const NoticeActor recipient{
      .agency = "health.341200", .path = "b", .now = kNow};
  NoticeCase notice =
      Send(Request(), sender, {.agency = "health.341200", .due_time = {}});
  EXPECT_EQ(notice.stored.notice().attachment_sizes_size(), 1);
  EXPECT_EQ(notice.stored.notice().attachment_sizes(0), 6);
  // The head stands in the clear.
  EXPECT_EQ(notice.stored.SerializeAsString().find("sealed"),
            std::string::npos);
  EXPECT_EQ(Of(CheckReroute(recipient, "health.340100", "moved", notice)),
            "step NOTICE_STEP_WRONG");
  v1::NoticeAnswer answer;
  answer.set_result(Notice::RESULT_FOUND);
  EXPECT_EQ(Of(Answer(recipient, answer, notice)),
            "answer.result INVALID_REQUEST");
  answer.set_result(Notice::RESULT_TAKEN_UP);
  ASSERT_EQ(Of(Answer(recipient, answer, notice)), "");
  EXPECT_EQ(notice.text.attachments(0).sealed(), "sealed");
  ASSERT_EQ(Of(Close(sender, "", notice)), "");
  EXPECT_EQ(notice.text.attachments(0).sealed(), "");
}

}  // namespace
}  // namespace waystation::domain
