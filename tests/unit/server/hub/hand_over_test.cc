// SPDX-License-Identifier: Apache-2.0
// Hand-overs through the hub: to whom it lets them go, what it keeps of them,
// and what its log tells of the certificate that they were sealed for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "proto/sealed/envelope.h"
#include "proto/sealed/sealing_key.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using v1::Notice;
using Get = v1::GetNoticeRequest;
using Step = v1::StepNoticeRequest;

constexpr std::string_view kHealthFuyang = "health.341200";
const std::string kPayload = "a vaccination that the hub must never read";

class HandOver : public testing::Test {
 protected:
  HandOver() {
    PutClinic(kHealthSuzhou, suzhou_);
    PutClinic(kHealthFuyang, fuyang_);
    v1::Agreement agreement = DefaultAgreement("health");
    agreement.set_id("notices");
    agreement.set_scope(v1::SCOPE_OPEN_NOTICE);
    agreement.clear_grants();
    for (const char* attribute : {"name", "sex", "birth_date"}) {
      v1::Grant& grant = *agreement.add_grants();
      grant.set_source_sector("health");
      grant.set_attribute(attribute);
      grant.set_form(v1::FORM_VALUE);
    }
    EXPECT_EQ(test_.Apply(agreement), absl::OkStatus());
    test_.Submit(kHealthSuzhou,
                 Say("H", 1).Core(DemoNumber("341202", "19900307", 41), "王芳",
                                  1990, 3, 7));
  }

  v1::Agency Clinic(std::string_view id, const sealed::NewSealingKey& key) {
    v1::Agency agency;
    agency.set_id(std::string(id));
    agency.set_sector(std::string(id.substr(0, id.find('.'))));
    agency.set_jurisdiction(std::string(id.substr(id.find('.') + 1, 4)));
    agency.set_unsigned_unary(true);
    agency.set_unsigned_frames(true);
    agency.set_care_provider(true);
    agency.add_sealing_certificates(key.certificate_pem);
    return agency;
  }
  void PutClinic(std::string_view id, const sealed::NewSealingKey& key) {
    EXPECT_EQ(test_.Put(Clinic(id, key)), absl::OkStatus());
  }

  v1::SendNoticeRequest Request() const {
    v1::SendNoticeRequest request;
    request.set_kind(Notice::KIND_HAND_OVER);
    request.set_purpose(v1::PURPOSE_PUBLIC_HEALTH_SERVICE);
    request.set_record_key("H");
    request.set_agency(std::string(kHealthFuyang));
    request.add_attributes("name");
    request.add_attributes("birth_date");
    v1::HandOverConsent& consent = *request.mutable_consent();
    consent.set_giver(v1::HandOverConsent::GIVER_PERSON);
    consent.set_form(v1::HandOverConsent::FORM_SIGNED_PAPER);
    consent.set_reference("C-17");
    consent.set_recipient(std::string(kHealthFuyang));
    consent.mutable_given_time()->set_seconds(1'700'000'000);
    v1::SealedAttachment& attachment = *request.add_attachments();
    attachment.set_type(v1::SealedAttachment::TYPE_VACCINATION_HISTORY);
    attachment.set_sealed(SealedFor(fuyang_));
    return request;
  }
  std::string SealedFor(const sealed::NewSealingKey& key) const {
    const auto bytes = sealed::Seal(kPayload, sealed::Statement(),
                                    suzhou_.key_file, key.certificate_pem);
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return bytes.value_or("");
  }

  absl::StatusOr<v1::SendNoticeResponse> Send(
      const v1::SendNoticeRequest& request,
      std::string_view agency = kHealthSuzhou) {
    return Await<v1::SendNoticeResponse>([&](auto done) {
      test_.hub().SendNotice(AgencyCaller(agency), request, std::move(done));
    });
  }
  std::string Sent() {
    const auto sent = Send(Request());
    EXPECT_TRUE(sent.ok()) << sent.status();
    return sent.ok() ? sent->notice().id() : "";
  }
  absl::StatusOr<v1::GetNoticeResponse> See(
      std::string_view agency, const std::string& id,
      Get::Attachments attachments = Get::ATTACHMENTS_FOR_CARE) {
    Get request;
    request.set_id(id);
    request.set_attachments(attachments);
    return Await<v1::GetNoticeResponse>([&](auto done) {
      test_.hub().GetNotice(AgencyCaller(agency), request, std::move(done));
    });
  }
  absl::StatusOr<v1::StepNoticeResponse> Take(std::string_view agency,
                                              const std::string& id,
                                              Step step) {
    const auto notice = See(agency, id, Get::ATTACHMENTS_UNSPECIFIED);
    if (!notice.ok()) return notice.status();
    step.set_id(id);
    step.set_etag(notice->etag());
    return Await<v1::StepNoticeResponse>([&](auto done) {
      test_.hub().StepNotice(AgencyCaller(agency), step, std::move(done));
    });
  }
  template <typename Change>
  std::string Refused(Change change, std::string_view agency = kHealthSuzhou) {
    v1::SendNoticeRequest request = Request();
    change(request);
    return ReasonOf(Send(request, agency).status());
  }

  TestHub test_;
  const sealed::NewSealingKey suzhou_ =
      sealed::MakeSealingKey("health.320500", absl::Now());
  const sealed::NewSealingKey fuyang_ =
      sealed::MakeSealingKey("health.341200", absl::Now());
};

TEST_F(HandOver, GoesSealedAndIsOpenedThere) {
  v1::SendNoticeRequest preview = Request();
  preview.set_validate_only(true);
  preview.mutable_attachments(0)->clear_sealed();
  const auto planned = Send(preview);
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_EQ(planned->recipient_certificate(), fuyang_.certificate_pem);

  const auto sent = Send(Request());
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_THAT(sent->notice().attachment_sizes(), SizeIs(1));
  // A head says how much it is, and nothing of what.
  EXPECT_EQ(sent->notice().SerializeAsString().find("C-17"), std::string::npos);
  const std::string id = sent->notice().id();

  const auto seen = See(kHealthFuyang, id, Get::ATTACHMENTS_UNSPECIFIED);
  ASSERT_TRUE(seen.ok()) << seen.status();
  ASSERT_THAT(seen->text().attachments(), SizeIs(1));
  EXPECT_THAT(seen->text().attachments(0).sealed(), IsEmpty());
  EXPECT_EQ(seen->text().consent().reference(), "C-17");
  EXPECT_THAT(seen->sender_certificates(), IsEmpty());

  for (const auto& [agency, key] : {std::pair(kHealthFuyang, &fuyang_),
                                    std::pair(kHealthSuzhou, &suzhou_)}) {
    const auto got = See(agency, id);
    ASSERT_TRUE(got.ok()) << got.status();
    const std::vector<std::string> senders(got->sender_certificates().begin(),
                                           got->sender_certificates().end());
    EXPECT_THAT(senders, ElementsAre(suzhou_.certificate_pem));
    const auto opened = sealed::Open(got->text().attachments(0).sealed(),
                                     key->key_file, senders);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->payload, kPayload);
  }
}

TEST_F(HandOver, GoesFromCareProviderToCareProviderAlone) {
  for (const std::string_view other : {kPoliceFuyang, kLaborFuyang}) {
    const auto to_other = [&](auto& r) {
      r.set_agency(std::string(other));
      r.mutable_consent()->set_recipient(std::string(other));
    };
    EXPECT_EQ(Refused(to_other), "CARE_PROVIDERS_ONLY");
    test_.Submit(other, Say("H", 1).Core(DemoNumber("341202", "19900307", 41),
                                         "王芳", 1990, 3, 7));
    EXPECT_EQ(Refused([](auto&) {}, other), "CARE_PROVIDERS_ONLY");
  }
  // The administration of health is none; nor may what was one go on.
  const std::string id = Sent();
  v1::Agency office = Clinic(kHealthFuyang, fuyang_);
  office.set_care_provider(false);
  ASSERT_EQ(test_.Put(office), absl::OkStatus());
  EXPECT_EQ(Refused([](auto&) {}), "CARE_PROVIDERS_ONLY");
  EXPECT_EQ(ReasonOf(See(kHealthFuyang, id).status()), "CARE_PROVIDERS_ONLY");
  // No other sector can be marked as one.
  EXPECT_EQ(ReasonOf(test_.Put(Clinic(kPoliceFuyang, fuyang_))),
            "AGENCY_INVALID");
}

TEST_F(HandOver, NeedsItsConsent) {
  EXPECT_EQ(Refused([](auto& r) { r.clear_consent(); }), "CONSENT_MISSING");
  EXPECT_EQ(Refused([](auto& r) {
              r.mutable_consent()->set_recipient("health.340100");
            }),
            "CONSENT_OTHER_RECIPIENT");
  EXPECT_EQ(Refused([](auto& r) {
              r.mutable_consent()->set_reference(
                  DemoNumber("341202", "19900307", 41));
            }),
            "REASON_PERSONAL");
}

TEST_F(HandOver, IsNotTakenInTheClear) {
  const auto with = [](std::string bytes) {
    return [bytes = std::move(bytes)](auto& r) {
      r.mutable_attachments(0)->set_sealed(bytes);
    };
  };
  EXPECT_EQ(Refused(with(kPayload)), "PAYLOAD_NOT_SEALED");
  // For a key that is nobody's here, such as an operator's.
  const auto other = sealed::MakeSealingKey("health.341200", absl::Now());
  EXPECT_EQ(Refused(with(SealedFor(other))), "PAYLOAD_NOT_SEALED");
  EXPECT_EQ(Refused(with(SealedFor(suzhou_))), "PAYLOAD_NOT_SEALED");
  v1::Agency without = Clinic(kHealthFuyang, fuyang_);
  without.clear_sealing_certificates();
  ASSERT_EQ(test_.Put(without), absl::OkStatus());
  EXPECT_EQ(Refused([](auto&) {}), "SEALING_CERTIFICATE_MISSING");
}

TEST_F(HandOver, IsNobodyElsesToSee) {
  const std::string id = Sent();
  for (const std::string_view other :
       {kPoliceFuyang, kPoliceSuzhou, kLaborFuyang}) {
    EXPECT_EQ(ReasonOf(See(other, id).status()), "NOT_AVAILABLE");
  }
}

TEST_F(HandOver, IsNotPassedOn) {
  const std::string id = Sent();
  Step step;
  step.mutable_reroute()->set_agency("health.320500");
  step.mutable_reroute()->set_reason("lives elsewhere");
  EXPECT_EQ(ReasonOf(Take(kHealthFuyang, id, step).status()),
            "NOTICE_STEP_WRONG");
}

TEST_F(HandOver, IsGoneOnceItIsClosedOrTakenBack) {
  Step close;
  close.mutable_close()->set_reason("the consent was taken back");
  for (const bool answered : {false, true}) {
    const std::string id = Sent();
    if (answered) {
      Step answer;
      answer.mutable_answer()->mutable_answer()->set_result(
          Notice::RESULT_TAKEN_UP);
      ASSERT_TRUE(Take(kHealthFuyang, id, answer).ok());
    }
    ASSERT_TRUE(Take(kHealthSuzhou, id, close).ok());
    for (const std::string_view agency : {kHealthFuyang, kHealthSuzhou}) {
      const auto seen = See(agency, id);
      ASSERT_TRUE(seen.ok()) << seen.status();
      EXPECT_THAT(seen->text().attachments(0).sealed(), IsEmpty());
    }
  }
}

TEST_F(HandOver, IsErasedWithItsRecord) {
  const std::string id = Sent();
  test_.Submit(
      kHealthSuzhou,
      Say("H", 2).Retract(v1::RecordRetraction::REASON_ERASURE_REQUESTED));
  const auto seen = See(kHealthFuyang, id);
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(seen->text().attachments(), IsEmpty());
  EXPECT_FALSE(seen->text().has_consent());
}

TEST_F(HandOver, IsToldByTheLogWithTheCertificateItWasSealedFor) {
  const std::string id = Sent();
  ASSERT_TRUE(See(kHealthFuyang, id, Get::ATTACHMENTS_FOR_PERSON).ok());
  ASSERT_TRUE(See(kHealthFuyang, id).ok());
  std::vector<std::string> acts;
  for (const v1::LoggedEvent& logged : test_.Events()) {
    const v1::AuditEvent& event = logged.event();
    EXPECT_THAT(event.SerializeAsString(), Not(HasSubstr("C-17")));
    if (event.act() == "agency.put" && event.object() == kHealthFuyang) {
      EXPECT_THAT(event.sealing_certificates(),
                  ElementsAre(sealed::FingerprintOf(fuyang_.certificate_pem)));
    }
    if (event.object() != id) continue;
    acts.push_back(event.act());
    if (event.act() == "notice.send") {
      EXPECT_THAT(event.sealing_certificates(),
                  ElementsAre(sealed::FingerprintOf(fuyang_.certificate_pem)));
    }
  }
  EXPECT_THAT(acts, ElementsAre("notice.send", "notice.copy_for_person",
                                "notice.save_attachments"));
}

TEST_F(HandOver, IsOneHoweverOftenItIsSent) {
  v1::SendNoticeRequest request = Request();
  request.set_request_id("r-1");
  const auto first = Send(request);
  ASSERT_TRUE(first.ok());
  const auto again = Send(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(first->notice().id(), again->notice().id());
  *request.add_attachments() = request.attachments(0);
  EXPECT_EQ(ReasonOf(Send(request).status()), "REQUEST_ID_REUSED");
}

}  // namespace
}  // namespace waystation::hub
