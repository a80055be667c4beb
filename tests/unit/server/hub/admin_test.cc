// SPDX-License-Identifier: Apache-2.0
// Agencies, agreements and certificates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::IsEmpty;
using testing::SizeIs;

absl::StatusOr<v1::PutAgencyResponse> Put(TestHub& test,
                                          const v1::Agency& agency,
                                          bool validate_only = false) {
  v1::PutAgencyRequest request;
  *request.mutable_agency() = agency;
  request.set_validate_only(validate_only);
  return Await<v1::PutAgencyResponse>([&](auto done) {
    test.hub().PutAgency(OperatorCaller(), request, std::move(done));
  });
}

v1::Agency Education() {
  v1::Agency agency;
  agency.set_id("education.320500");
  agency.set_sector("education");
  agency.set_jurisdiction("3205");
  return agency;
}

absl::StatusOr<v1::AgreementStatus> Apply(TestHub& test,
                                          const v1::Agreement& agreement) {
  v1::ApplyAgreementRequest request;
  *request.mutable_agreement() = agreement;
  const auto answer = Await<v1::ApplyAgreementResponse>([&](auto done) {
    test.hub().ApplyAgreement(OperatorCaller(), request, std::move(done));
  });
  if (!answer.ok()) return answer.status();
  return answer->agreement();
}

v1::Agreement Held(TestHub& test, const std::string& id) {
  const auto list = test.hub().ListAgreements(OperatorCaller(), {});
  for (const v1::AgreementStatus& status : list->agreements()) {
    if (status.agreement().id() == id) return status.agreement();
  }
  return {};
}

TEST(Admin, AgencyIsPutReplacedAndRepeated) {
  TestHub test;
  const size_t leaves = test.Events().size();
  ASSERT_TRUE(Put(test, Education(), true).ok());
  EXPECT_THAT(test.Events(), SizeIs(leaves));
  ASSERT_TRUE(Put(test, Education()).ok());
  ASSERT_TRUE(Put(test, Education()).ok());
  EXPECT_THAT(test.Events(), SizeIs(leaves + 1)) << "the same is no change";
  v1::Agency other = Education();
  other.set_name_en("Education Bureau");
  ASSERT_TRUE(Put(test, other).ok());
  test.Restart();
  const auto list = test.hub().ListAgencies(OperatorCaller(), {});
  EXPECT_THAT(list->agencies(), SizeIs(7));
}

TEST(Admin, AgencyIsChecked) {
  TestHub test;
  const struct {
    std::string_view name;
    std::function<void(v1::Agency&)> spoil;
    std::string field;
  } cases[] = {
      {"no division", [](auto& a) { a.set_id("education"); }, "agency.id"},
      {"odd case", [](auto& a) { a.set_id("Education.320500"); }, "agency.id"},
      {"another sector", [](auto& a) { a.set_sector("labor"); },
       "agency.sector"},
      {"no digits", [](auto& a) { a.set_jurisdiction("suzhou"); },
       "agency.jurisdiction"},
      {"a short key",
       [](auto& a) {
         a.add_signing_keys()->set_key_id("k");
         a.mutable_signing_keys(0)->set_public_key("short");
       },
       "agency.signing_keys[0].public_key"},
      {"a time beyond measure",
       [](auto& a) {
         v1::SigningKey& key = *a.add_signing_keys();
         key.set_key_id("k");
         key.set_public_key(
             auditlog::Ed25519PrivateKey::Generate()->public_key().raw());
         key.mutable_valid_until()->set_seconds(
             std::numeric_limits<int64_t>::max());
       },
       "agency.signing_keys[0].valid_until"},
  };
  for (const auto& [name, spoil, field] : cases) {
    SCOPED_TRACE(name);
    v1::Agency agency = Education();
    spoil(agency);
    const auto refused = Put(test, agency);
    EXPECT_EQ(ReasonOf(refused.status()), "AGENCY_INVALID");
    EXPECT_EQ(errors::ViolationsOf(refused.status())[0].field, field);
  }
}

TEST(Admin, AgreementOverTheCeilingIsRefusedWithEachGrant) {
  TestHub test;
  v1::Agreement agreement = Held(test, "public-security");
  agreement.set_id("too-much");
  for (const char* sector : {"labor", "health"}) {
    v1::Grant& grant = *agreement.add_grants();
    grant.set_source_sector(sector);
    grant.set_attribute("residence");
    grant.set_form(v1::FORM_VALUE);
  }
  const auto refused = Apply(test, agreement);
  EXPECT_EQ(ReasonOf(refused.status()), "OVER_CEILING");
  const auto violations = errors::ViolationsOf(refused.status());
  ASSERT_THAT(violations, SizeIs(2));
  EXPECT_EQ(violations[0].rule, "never from labor to public_security");
  EXPECT_EQ(violations[1].rule, "never from health to public_security");
  EXPECT_EQ(Held(test, "too-much").id(), "");
}

TEST(Admin, AgreementChangesUnderAHigherVersionOnly) {
  TestHub test;
  v1::Agreement agreement = Held(test, "labor");
  EXPECT_TRUE(Apply(test, agreement).ok()) << "the same is no change";
  agreement.set_retention_days(30);
  EXPECT_EQ(ReasonOf(Apply(test, agreement).status()), "AGREEMENT_VERSION");
  agreement.set_version(2);
  EXPECT_EQ(Apply(test, agreement)->state(), v1::AgreementStatus::STATE_ACTIVE);
  agreement.set_version(3);
  agreement.mutable_valid_from()->set_year(2030);
  EXPECT_EQ(Apply(test, agreement)->state(),
            v1::AgreementStatus::STATE_PENDING);
  test.SetTime(
      absl::FromCivil(absl::CivilDay(2035, 6, 1), absl::UTCTimeZone()));
  const auto list = test.hub().ListAgreements(AuditorCaller(), {});
  for (const v1::AgreementStatus& status : list->agreements()) {
    EXPECT_EQ(status.state(), v1::AgreementStatus::STATE_EXPIRED);
  }
}

TEST(Admin, RevokedAgreementStaysRevoked) {
  TestHub test;
  const v1::Agreement agreement = Held(test, "labor");
  v1::RevokeAgreementRequest request;
  request.set_id("labor");
  const auto revoke = [&] {
    return Await<v1::RevokeAgreementResponse>([&](auto done) {
      test.hub().RevokeAgreement(OperatorCaller(), request, std::move(done));
    });
  };
  EXPECT_EQ(ReasonOf(revoke().status()), "REASON_MISSING");
  request.set_reason("of " + DemoNumber("341202", "19900307", 41));
  EXPECT_EQ(ReasonOf(revoke().status()), "REASON_PERSONAL");
  request.set_reason("ended");
  const auto revoked = revoke();
  ASSERT_TRUE(revoked.ok());
  EXPECT_EQ(revoked->agreement().revoked_by(), "operator/op");
  EXPECT_TRUE(revoke().ok());
  EXPECT_EQ(ReasonOf(Apply(test, agreement).status()), "AGREEMENT_REVOKED");
}

TEST(Admin, AgencySeesWhatConcernsIt) {
  TestHub test;
  const auto agencies =
      test.hub().ListAgencies(AgencyCaller(kHealthSuzhou), {});
  ASSERT_THAT(agencies->agencies(), SizeIs(1));
  EXPECT_EQ(agencies->agencies(0).agency().id(), kHealthSuzhou);
  const auto list = test.hub().ListAgreements(AgencyCaller(kHealthSuzhou), {});
  for (const v1::AgreementStatus& status : list->agreements()) {
    EXPECT_EQ(status.agreement().recipient_sector(), "health");
  }
  EXPECT_EQ(ReasonOf(test.hub().ListAgencies(OfficeCaller(), {}).status()),
            "WRONG_ROLE");
}

TEST(Admin, ShowsWhoHasFallenSilent) {
  TestHub test;
  test.Submit(kLaborFuyang, Say("K", 1).Works("厂"));
  test.Advance(absl::Hours(50));
  test.Submit(kPoliceFuyang, Say("K", 1).Name("王芳"));
  test.Restart();
  const auto list = test.hub().ListAgencies(OperatorCaller(), {});
  for (const v1::AgencyStatus& status : list->agencies()) {
    const int64_t age = absl::ToInt64Hours(
        test.Now() -
        absl::FromUnixSeconds(status.last_update_time().seconds()));
    if (status.agency().id() == kLaborFuyang) {
      EXPECT_EQ(age, 50);
      EXPECT_EQ(status.records(), 1U);
    } else if (status.agency().id() == kPoliceFuyang) {
      EXPECT_EQ(age, 0);
    } else {
      EXPECT_FALSE(status.has_last_update_time());
    }
  }
}

TEST(Admin, CertificatesAreListedAndDenied) {
  TestHub test;
  v1::CertificateStatus certificate;
  certificate.set_serial("0a1b");
  certificate.set_identity("agency/" + std::string(kLaborFuyang));
  const auto put = [&](std::string_view act) {
    return Await<v1::CertificateStatus>([&](auto done) {
      test.hub().PutCertificate(OperatorCaller(), act, certificate,
                                std::move(done));
    });
  };
  ASSERT_TRUE(put("certificate.sign").ok());
  EXPECT_FALSE(test.hub().IsRevoked("0a1b"));
  certificate.set_revoked(true);
  ASSERT_TRUE(put("certificate.revoke").ok());
  EXPECT_TRUE(test.hub().IsRevoked("0a1b"));
  test.Restart();
  EXPECT_TRUE(test.hub().IsRevoked("0a1b"));
  EXPECT_THAT(test.hub()
                  .ListCertificates(AgencyCaller(kLaborFuyang), {})
                  ->certificates(),
              SizeIs(1));
  EXPECT_THAT(test.hub()
                  .ListCertificates(AgencyCaller(kPoliceFuyang), {})
                  ->certificates(),
              IsEmpty());
  const auto events = test.hub().ListEvents(AgencyCaller(kLaborFuyang), {});
  EXPECT_EQ(events->events().rbegin()->event().act(), "certificate.revoke");
}

class Renewal : public testing::Test {
 protected:
  Renewal() {
    certificate_.set_identity(caller_.path);
    certificate_.set_renews(caller_.serial);
    certificate_.mutable_not_after()->set_seconds(
        absl::ToUnixSeconds(test_.Now() + absl::Hours(24 * 90)));
  }

  // A reason; empty when it was renewed under that serial.
  std::string Renew(const std::string& serial, bool dry_run = false) {
    certificate_.set_serial(serial);
    return errors::ReasonOf(Await<v1::CertificateStatus>([&](auto done) {
                              test_.hub().RenewCertificate(
                                  caller_, certificate_, dry_run,
                                  std::move(done));
                            }).status());
  }
  absl::Status Revoke(const std::string& serial) {
    v1::CertificateStatus status = certificate_;
    status.set_serial(serial);
    status.set_revoked(true);
    return Await<v1::CertificateStatus>([&](auto done) {
             test_.hub().PutCertificate(OperatorCaller(), "certificate.revoke",
                                        status, std::move(done));
           })
        .status();
  }
  int Listed() {
    return test_.hub().ListCertificates(caller_, {})->certificates_size();
  }

  TestHub test_;
  Caller caller_ = AgencyCaller(kLaborFuyang);
  v1::CertificateStatus certificate_;
};

TEST_F(Renewal, IsTheCallersOwnAndInTheLog) {
  EXPECT_EQ(Renew("aa", /*dry_run=*/true), "");
  EXPECT_EQ(Listed(), 0);
  EXPECT_EQ(Renew("aa"), "");
  EXPECT_EQ(Listed(), 1);
  const auto events = test_.hub().ListEvents(caller_, {});
  const v1::AuditEvent& event = events->events().rbegin()->event();
  EXPECT_EQ(event.act(), "certificate.renew");
  EXPECT_EQ(event.actor(), caller_.path);
  EXPECT_EQ(event.object(), "aa");

  certificate_.set_identity("agency/" + std::string(kPoliceFuyang));
  EXPECT_EQ(Renew("bb"), "NOT_ALLOWED");
  certificate_.set_identity(caller_.path);
  certificate_.set_renews("0f");
  EXPECT_EQ(Renew("bb"), "NOT_ALLOWED") << "of a certificate it did not show";
  EXPECT_EQ(Listed(), 1);
  caller_ = AuditorCaller();
  EXPECT_EQ(Renew("bb"), "WRONG_ROLE");
}

TEST_F(Renewal, EndsWithTheRevocationOfTheCertificate) {
  ASSERT_TRUE(Revoke(caller_.serial).ok());
  EXPECT_EQ(Renew("aa"), "CERTIFICATE_REVOKED");
}

TEST_F(Renewal, IsBounded) {
  for (int i = 0; i < Hub::kMostRenewed; ++i) {
    ASSERT_EQ(Renew("a" + std::to_string(i)), "");
  }
  EXPECT_EQ(Renew("bb", /*dry_run=*/true), "TOO_MANY_CERTIFICATES");
  EXPECT_EQ(Renew("bb"), "TOO_MANY_CERTIFICATES");
  ASSERT_TRUE(Revoke("a0").ok());
  EXPECT_EQ(Renew("bb"), "");
  EXPECT_EQ(Renew("cc"), "TOO_MANY_CERTIFICATES");
  // Nobody else's place is taken, and what has ended takes none.
  caller_ = AgencyCaller(kPoliceFuyang);
  certificate_.set_identity(caller_.path);
  certificate_.set_renews(caller_.serial);
  certificate_.mutable_not_after()->set_seconds(1);
  for (int i = 0; i <= Hub::kMostRenewed; ++i) {
    EXPECT_EQ(Renew("d" + std::to_string(i)), "");
  }
}

}  // namespace
}  // namespace waystation::hub
