// SPDX-License-Identifier: Apache-2.0
// Certificates and signing keys that are not the agency's own: nothing is sent
// under them, and nothing of what waits is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "proto/auditlog/ed25519.h"
#include "tests/scenarios/adapter/world.h"
#include "tests/unit/client/support/certificates.h"

namespace waystation::scenarios {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kPolice[] = "public_security.320500";

class AdapterIdentity : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.StartHub();
    folder_ = world_.Agency(kPolice);
    config_ = ReadAll(folder_ + "/adapter.yaml");
    WriteAll(folder_ + "/in/1.csv", PoliceFile({{.key = "A"}, {.key = "B"}}));
  }

  // Lets the adapter use the certificate and key of another client.
  void UseClient(const std::string& name) {
    Replace({{std::string(kPolice) + ".pem", name + ".pem"},
             {std::string(kPolice) + ".key", name + ".key"}});
  }
  void Replace(
      const std::vector<std::pair<std::string, std::string>>& replacements) {
    WriteAll(folder_ + "/adapter.yaml",
             absl::StrReplaceAll(config_, replacements));
  }
  // Under a name of its own among the hub's clients.
  void MakeClient(const testing::TestAuthority& authority,
                  const std::string& name, absl::Duration lasts) {
    const auto issued = authority.Issue(
        {.spiffe_id =
             std::string("spiffe://waystation.example/agency/") + kPolice,
         .dns_name = "",
         .lasts = lasts});
    const std::string prefix = world_.folder() + "/hub/clients/" + name;
    testing::WriteFile(prefix + ".pem", issued.certificate_pem);
    testing::WriteFile(prefix + ".key", issued.key_pem);
  }

  // What waited is sent once all is right.
  void ExpectNothingLost() {
    EXPECT_THAT(world_.RecordKeys(kPolice), IsEmpty());
    WriteAll(folder_ + "/adapter.yaml", config_);
    const Ran once = world_.Adapter(kPolice, "once");
    EXPECT_EQ(once.exit_code, 0) << once.out;
    EXPECT_THAT(world_.RecordKeys(kPolice), ElementsAre("A", "B"));
  }

  World world_;
  std::string folder_;
  std::string config_;
};

TEST_F(AdapterIdentity, CertificateOfAnotherAgency) {
  UseClient("labor.320500");
  const Ran once = world_.Adapter(kPolice, "once");
  EXPECT_EQ(once.exit_code, 2);
  EXPECT_THAT(once.out, HasSubstr("agency/labor.320500"));
  EXPECT_THAT(world_.RecordKeys("labor.320500"), IsEmpty());
  ExpectNothingLost();
}

TEST_F(AdapterIdentity, CertificateOfAnotherRole) {
  UseClient("office");
  const Ran office = world_.Adapter(kPolice, "once");
  EXPECT_EQ(office.exit_code, 2);
  EXPECT_THAT(office.out, HasSubstr("office/reconciliation"));
  // A clerk of the very agency may look, and not submit.
  UseClient("clerk");
  const Ran clerk = world_.Adapter(kPolice, "once");
  EXPECT_EQ(clerk.exit_code, 4) << clerk.out;
  EXPECT_THAT(clerk.out, AllOf(HasSubstr("WRONG_ROLE"),
                               HasSubstr("2 updates wait in the outbox")));
  ExpectNothingLost();
}

TEST_F(AdapterIdentity, CertificateThatExpired) {
  const testing::TestAuthority authority;
  MakeClient(authority, "expired", absl::Seconds(-60));
  UseClient("expired");
  const Ran once = world_.Adapter(kPolice, "once");
  EXPECT_EQ(once.exit_code, 1) << once.out;
  EXPECT_THAT(once.out,
              AllOf(HasSubstr("CERTIFICATE_FILE_INVALID"),
                    HasSubstr("expired.pem"), HasSubstr("it expired on")));
  ExpectNothingLost();
}

TEST_F(AdapterIdentity, CertificateOfAnotherAuthority) {
  const testing::TestAuthority authority;
  MakeClient(authority, "foreign", absl::Hours(1));
  UseClient("foreign");
  const Ran once = world_.Adapter(kPolice, "--patience 1 once");
  EXPECT_EQ(once.exit_code, 7) << once.out;
  EXPECT_THAT(once.out, AllOf(HasSubstr("UNREACHABLE"),
                              HasSubstr("2 updates wait in the outbox")));
  ExpectNothingLost();
}

TEST_F(AdapterIdentity, HubOfAnotherAuthority) {
  const testing::TestAuthority authority;
  testing::WriteFile(folder_ + "/other_ca.pem", authority.certificate_pem());
  Replace({{"../hub/tls/ca.pem", "other_ca.pem"}});
  const Ran once = world_.Adapter(kPolice, "--patience 1 once");
  EXPECT_EQ(once.exit_code, 7) << once.out;
  ExpectNothingLost();
}

TEST_F(AdapterIdentity, SignatureOfAnotherKey) {
  const auto key = auditlog::Ed25519PrivateKey::Generate();
  ASSERT_TRUE(key.ok());
  ASSERT_TRUE(key->Store(folder_ + "/other.signing").ok());
  Replace({{std::string("../hub/clients/") + kPolice + ".signing",
            "other.signing"}});
  const Ran once = world_.Adapter(kPolice, "once");
  EXPECT_EQ(once.exit_code, 4) << once.out;
  EXPECT_THAT(once.out, AllOf(HasSubstr("SIGNATURE_INVALID"),
                              HasSubstr("2 updates wait in the outbox")));
  Replace({{"key_id: dev", "key_id: lost"}});
  const Ran unknown = world_.Adapter(kPolice, "once");
  EXPECT_EQ(unknown.exit_code, 4) << unknown.out;
  EXPECT_THAT(unknown.out, HasSubstr("SIGNING_KEY_UNKNOWN"));
  ExpectNothingLost();
}

// A record belongs to the agency of the certificate: the same key at another
// agency is another record.
TEST_F(AdapterIdentity, RecordKeyOfAnotherAgencyIsAnotherRecord) {
  EXPECT_EQ(world_.Adapter(kPolice, "once").exit_code, 0);
  constexpr char kOther[] = "public_security.341200";
  const std::string other = world_.Agency(kOther);
  WriteAll(other + "/in/1.csv",
           PoliceFile({{.key = "A", .name = "李四", .number = ""}}));
  EXPECT_EQ(world_.Adapter(kOther, "once").exit_code, 0);
  EXPECT_THAT(world_.RecordKeys(kOther), ElementsAre("A"));
  EXPECT_THAT(world_.RecordKeys(kPolice), ElementsAre("A", "B"));
  // And the first agency is told of nothing.
  const std::string before = world_.Delivered(kPolice);
  EXPECT_EQ(world_.Adapter(kPolice, "once").exit_code, 0);
  EXPECT_EQ(world_.Delivered(kPolice), before);
}

}  // namespace
}  // namespace waystation::scenarios
