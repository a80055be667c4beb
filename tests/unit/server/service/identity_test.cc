// SPDX-License-Identifier: Apache-2.0
#include "server/service/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "proto/errors/error.h"
#include "tests/unit/server/service/certificates.h"

namespace waystation::service {
namespace {

using hub::Caller;
using hub::Role;

TEST(ParsePath, KnowsTheRoles) {
  const struct {
    std::string_view path;
    Role role;
    std::string_view agency;
    std::string_view name;
  } cases[] = {
      {"agency/labor.320500", Role::kAgency, "labor.320500", ""},
      {"agency/public_security.34", Role::kAgency, "public_security.34", ""},
      {"agency/health.320505010", Role::kAgency, "health.320505010", ""},
      {"agency/labor.320500/clerk/li", Role::kClerk, "labor.320500", "li"},
      {"office/reconciliation", Role::kOffice, "", "reconciliation"},
      {"office/reconciliation-2", Role::kOffice, "", "reconciliation-2"},
      {"operator/wang.wei_2", Role::kOperator, "", "wang.wei_2"},
      {"auditor/a", Role::kAuditor, "", "a"},
  };
  for (const auto& [path, role, agency, name] : cases) {
    SCOPED_TRACE(path);
    const auto caller = ParsePath(path);
    ASSERT_TRUE(caller.has_value());
    EXPECT_EQ(caller->role, role);
    EXPECT_EQ(caller->agency, agency);
    EXPECT_EQ(caller->name, name);
    EXPECT_EQ(caller->path, path);
  }
}

TEST(ParsePath, RefusesAnyOtherSpelling) {
  for (const std::string path :
       {"",
        "/",
        "agency",
        "agency/",
        "agency/labor",
        "agency/labor.",
        "agency/.320500",
        "agency/labor.32050",
        "agency/labor.32050x",
        "agency/labor.3205001234567",
        "agency/Labor.320500",
        "Agency/labor.320500",
        "agency/labor.320500/",
        "agency//labor.320500",
        "/agency/labor.320500",
        "agency/labor.320500/clerk",
        "agency/labor.320500/clerk/",
        "agency/labor.320500/clerk/Li",
        "agency/labor.320500/clerk/li/x",
        "agency/labor.320500/boss/li",
        "agency/labor.320500/../health.320500",
        "agency/..",
        "agency/../office",
        "agency/labor%2e320500",
        "agency/labor.320500%00",
        "agency/劳动.320500",
        "office/",
        "office/..",
        "office/.",
        "office/a..b",
        "office/-a",
        "office/a.",
        "office/a b",
        "office/a/b",
        "office/a?x=1",
        "office/a#b",
        "operator/ROOT",
        "auditor",
        "auditor/",
        "landlord/x",
        "hub",
        "office/"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_EQ(ParsePath(path), std::nullopt) << path;
  }
  EXPECT_EQ(ParsePath(std::string_view("office/a\0b", 10)), std::nullopt);
}

class CallersTest : public testing::Test {
 protected:
  // As the transport does: the identity only if there is exactly one URI.
  static Peer PeerWith(const KeyPair& leaf, const std::string& chain = "") {
    Peer peer{.spiffe_id = "",
              .certificate_pem = leaf.certificate_pem,
              .chain_pem = leaf.certificate_pem + chain};
    const auto facts = ReadCertificate(leaf.certificate_pem);
    if (facts.ok() && facts->uris.size() == 1 &&
        facts->uris[0].starts_with("spiffe://")) {
      peer.spiffe_id = facts->uris[0];
    }
    return peer;
  }

  absl::StatusOr<Identified> Identify(const KeyPair& leaf) {
    return callers_.Identify(PeerWith(leaf));
  }
  std::string RuleFor(const std::string& names) {
    return Refusal(clients_.Issue({.names = names}));
  }
  // "REASON rule", or "" for a caller that is accepted.
  std::string Refusal(const KeyPair& leaf) {
    const absl::Status status = Identify(leaf).status();
    if (status.ok()) return "";
    const auto metadata = errors::MetadataOf(status);
    const auto rule = metadata.find("rule");
    return errors::ReasonOf(status) +
           (rule == metadata.end() ? "" : " " + rule->second);
  }

  const TestAuthority clients_{"clients"};
  const TestAuthority auditors_{"auditors"};
  absl::Time now_ = absl::Now();
  std::set<std::string, std::less<>> revoked_;
  std::set<std::string, std::less<>> registered_ = {"labor.320500"};
  Callers callers_{{.trust_domain = "test.example",
                    .clock = [this] { return now_; },
                    .is_revoked =
                        [this](std::string_view serial) {
                          return revoked_.contains(serial);
                        },
                    .is_registered =
                        [this](std::string_view agency) {
                          return registered_.contains(agency);
                        }},
                   *Authorities::FromPem(clients_.pem()),
                   *Authorities::FromPem(auditors_.pem())};
};

TEST_F(CallersTest, KnowsWhoCalls) {
  const KeyPair leaf = clients_.Client("agency/labor.320500/clerk/li");
  for (int i = 0; i < 2; ++i) {
    const auto who = Identify(leaf);
    ASSERT_TRUE(who.ok()) << who.status();
    EXPECT_EQ(who->caller.role, Role::kClerk);
    EXPECT_EQ(who->caller.agency, "labor.320500");
    EXPECT_EQ(who->caller.name, "li");
    EXPECT_EQ(who->caller.path, "agency/labor.320500/clerk/li");
    EXPECT_EQ(who->caller.serial,
              ReadCertificate(leaf.certificate_pem)->serial);
    EXPECT_EQ(who->caller.serial.size(), 32U);
  }
  EXPECT_EQ(Refusal(auditors_.Client("auditor/chen")), "");
}

TEST_F(CallersTest, RefusesOddNames) {
  const std::string one_uri =
      "NO_IDENTITY exactly one URI name, which is a SPIFFE identity";
  const std::string grammar =
      "NO_IDENTITY agency/<id>, agency/<id>/clerk/<name>, office/<name>, "
      "operator/<name> or auditor/<name>, in lower case";
  const struct {
    std::string names;
    std::string refusal;
  } cases[] = {
      {"", one_uri},
      {"DNS:labor.example", one_uri},
      {"URI:https://test.example/agency/labor.320500", one_uri},
      {"URI:spiffe://test.example/agency/labor.320500,"
       "URI:spiffe://test.example/operator/wang",
       one_uri},
      {"URI:spiffe://test.example/agency/labor.320500,"
       "URI:https://test.example/",
       one_uri},
      {"URI:spiffe://other.example/agency/labor.320500",
       "NO_IDENTITY trust domain test.example"},
      {"URI:spiffe://test.example.evil/agency/labor.320500",
       "NO_IDENTITY trust domain test.example"},
      {"URI:spiffe://TEST.example/agency/labor.320500",
       "NO_IDENTITY trust domain test.example"},
      {"URI:spiffe://test.example/Agency/labor.320500", grammar},
      {"URI:spiffe://test.example/agency/../operator/wang", grammar},
      {"URI:spiffe://test.example/agency/labor.320500/", grammar},
      {"URI:spiffe://test.example/agency/labor%2E320500", grammar},
      {"URI:spiffe://test.example//operator/wang", grammar},
      {"URI:spiffe://test.example/landlord/zhao", grammar},
      {"DNS:labor.example,URI:spiffe://test.example/agency/labor.320500", ""},
  };
  for (const auto& [names, refusal] : cases) {
    EXPECT_EQ(RuleFor(names), refusal) << names;
  }
}

TEST_F(CallersTest, RefusesAnAuthorityAsCaller) {
  EXPECT_EQ(Refusal(clients_.Issue(
                {.names = "URI:spiffe://test.example/operator/wang",
                 .is_authority = true})),
            "NO_IDENTITY a leaf certificate (basicConstraints CA:FALSE)");
}

TEST_F(CallersTest, KeepsAuditorsApart) {
  EXPECT_EQ(Refusal(clients_.Client("auditor/chen")),
            "NO_IDENTITY an auditor's certificate of the auditors' authority");
  for (const std::string path :
       {"agency/labor.320500", "operator/wang", "agency/labor.320500/clerk/li",
        "office/reconciliation"}) {
    EXPECT_EQ(Refusal(auditors_.Client(path)),
              "NO_IDENTITY a certificate of the clients' authority")
        << path;
  }
  // An auditors' authority that the clients' one has signed is still theirs.
  const TestAuthority below("auditors below", &clients_);
  callers_.SetAuthorities(*Authorities::FromPem(clients_.pem()),
                          *Authorities::FromPem(below.pem()));
  EXPECT_EQ(
      errors::ReasonOf(
          callers_.Identify(PeerWith(below.Client("operator/x"), below.pem()))
              .status()),
      "NO_IDENTITY");
}

TEST_F(CallersTest, RefusesStrangers) {
  const TestAuthority strangers("strangers");
  EXPECT_EQ(Refusal(strangers.Client("agency/labor.320500")),
            "NO_IDENTITY a certificate of the clients' authority");
  // A name proves nothing: same subject, another key.
  const TestAuthority namesake("clients");
  EXPECT_EQ(Refusal(namesake.Client("operator/wang")),
            "NO_IDENTITY a certificate of the clients' authority");
  EXPECT_EQ(Refusal({"", ""}), "NO_IDENTITY a client certificate");
  // The hub's own kind of certificate is no caller's.
  EXPECT_EQ(Refusal(clients_.Issue(
                {.names = "URI:spiffe://test.example/operator/wang",
                 .usage = "serverAuth"})),
            "NO_IDENTITY a certificate of the clients' authority");
}

TEST_F(CallersTest, TimeRunsOutWhileConnected) {
  const KeyPair leaf = clients_.Client("agency/labor.320500");
  EXPECT_EQ(Refusal(leaf), "");
  now_ += absl::Hours(25);
  EXPECT_EQ(Refusal(leaf), "NO_IDENTITY a certificate in force");
  now_ -= absl::Hours(27);
  EXPECT_EQ(Refusal(clients_.Client("operator/wang")),
            "NO_IDENTITY a certificate in force");
}

TEST_F(CallersTest, AsksTheDenyListForEachCall) {
  const KeyPair leaf = clients_.Client("agency/labor.320500");
  EXPECT_EQ(Refusal(leaf), "");
  revoked_.insert(ReadCertificate(leaf.certificate_pem)->serial);
  EXPECT_EQ(Refusal(leaf), "CERTIFICATE_REVOKED");
}

TEST_F(CallersTest, KnowsRegisteredAgenciesOnly) {
  const KeyPair agency = clients_.Client("agency/labor.340100");
  const KeyPair clerk = clients_.Client("agency/labor.340100/clerk/li");
  EXPECT_EQ(Refusal(agency), "AGENCY_NOT_REGISTERED");
  EXPECT_EQ(Refusal(clerk), "AGENCY_NOT_REGISTERED");
  registered_.insert("labor.340100");
  EXPECT_EQ(Refusal(agency), "");
  EXPECT_EQ(Refusal(clerk), "");
}

TEST_F(CallersTest, ChangedAuthoritiesHoldAtOnce) {
  const KeyPair leaf = clients_.Client("agency/labor.320500");
  EXPECT_EQ(Refusal(leaf), "");
  const TestAuthority others("others");
  callers_.SetAuthorities(*Authorities::FromPem(others.pem()),
                          *Authorities::FromPem(auditors_.pem()));
  EXPECT_EQ(Refusal(leaf),
            "NO_IDENTITY a certificate of the clients' authority");
  EXPECT_EQ(Refusal(others.Client("agency/labor.320500")), "");
}

TEST(Authorities, HoldAuthoritiesOnly) {
  const TestAuthority a("a");
  const TestAuthority b("b");
  EXPECT_EQ(Authorities::FromPem(a.pem() + b.pem())->pems().size(), 2U);
  for (const std::string& pem :
       {std::string(), std::string("nonsense"),
        a.Client("operator/x").certificate_pem,
        a.pem() + a.Client("operator/x").certificate_pem}) {
    EXPECT_EQ(errors::ReasonOf(Authorities::FromPem(pem).status()),
              "CERTIFICATE_FILE_INVALID");
  }
}

}  // namespace
}  // namespace waystation::service
