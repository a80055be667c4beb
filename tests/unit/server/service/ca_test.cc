// SPDX-License-Identifier: Apache-2.0
#include "server/service/ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/time/clock.h"
#include "proto/errors/error.h"
#include "server/service/certificate.h"
#include "server/service/openssl.h"

namespace waystation::service {
namespace {

using testing::ElementsAre;

std::string RequestBy(const KeyPtr& key) {
  const RequestPtr request(X509_REQ_new());
  X509_REQ_set_pubkey(request.get(), key.get());
  X509_REQ_sign(request.get(), key.get(),
                EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519
                    ? nullptr
                    : EVP_sha256());
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(out.get(), request.get());
  return ContentsOf(*out);
}

class AuthorityTest : public testing::Test {
 protected:
  absl::StatusOr<IssuedCertificate> Sign(const std::string& path,
                                         int days = 0) {
    return authority_.SignClient({.request_pem = request_,
                                  .trust_domain = "test.example",
                                  .path = path,
                                  .days = days},
                                 now_);
  }
  std::string Refusal(const std::string& path, int days = 0) {
    return errors::ReasonOf(Sign(path, days).status());
  }

  const absl::Time now_ =
      absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  std::string key_pem_;
  const Authority authority_ = Authority::Create("test", now_, key_pem_);
  const std::string leaf_key_ = NewKeyPem();
  std::string request_ = *NewRequestPem(leaf_key_, "ignored");
};

TEST_F(AuthorityTest, SignsOneIdentityAndNothingElse) {
  const auto issued = Sign("agency/labor.320500");
  ASSERT_TRUE(issued.ok()) << issued.status();
  const auto facts = ReadCertificate(issued->chain_pem);
  ASSERT_TRUE(facts.ok());
  EXPECT_THAT(facts->uris,
              ElementsAre("spiffe://test.example/agency/labor.320500"));
  EXPECT_FALSE(facts->is_authority);
  EXPECT_EQ(facts->serial, issued->serial);
  EXPECT_EQ(issued->serial.size(), 32U);
  EXPECT_EQ(facts->not_after, now_ + absl::Hours(24 * 90));
  EXPECT_LE(facts->not_before, now_);
  EXPECT_TRUE(CheckKeyFits(issued->chain_pem, leaf_key_).ok());
  const auto authorities = Authorities::FromPem(authority_.pem());
  EXPECT_TRUE(authorities->VouchFor(issued->chain_pem, "", now_));

  const BioPtr bio = ReaderOf(issued->chain_pem);
  const CertificatePtr leaf = NextCertificate(*bio);
  EXPECT_EQ(X509_NAME_entry_count(X509_get_subject_name(leaf.get())), 0)
      << "the request's subject is not copied";
  EXPECT_EQ(X509_get_extended_key_usage(leaf.get()),
            static_cast<std::uint32_t>(XKU_SSL_CLIENT));
  EXPECT_EQ(X509_get_key_usage(leaf.get()),
            static_cast<std::uint32_t>(KU_DIGITAL_SIGNATURE));
}

TEST_F(AuthorityTest, SerialsAreRandom) {
  std::set<std::string> serials;
  for (int i = 0; i < 20; ++i) serials.insert(Sign("operator/wang")->serial);
  EXPECT_EQ(serials.size(), 20U);
}

TEST_F(AuthorityTest, SignsKnownIdentitiesOnly) {
  for (const std::string path :
       {"agency/labor.320500/clerk/li", "office/subject", "operator/wang"}) {
    EXPECT_EQ(Refusal(path), "") << path;
  }
  for (const std::string path :
       {"auditor/chen", "agency/Labor.320500", "agency/..", "", "root",
        "operator/a,URI:spiffe://test.example/auditor/b"}) {
    EXPECT_EQ(Refusal(path), "IDENTITY_INVALID") << path;
  }
  EXPECT_TRUE(authority_
                  .SignClient({.request_pem = request_,
                               .trust_domain = "test.example",
                               .path = "auditor/chen",
                               .auditors = true},
                              now_)
                  .ok());
  EXPECT_EQ(errors::ReasonOf(authority_
                                 .SignClient({.request_pem = request_,
                                              .trust_domain = "test.example",
                                              .path = "operator/wang",
                                              .auditors = true},
                                             now_)
                                 .status()),
            "IDENTITY_INVALID");
}

// A request as `openssl req` makes one.
std::string RequestFor(const std::vector<std::pair<int, std::string>>& subject,
                       const std::string& names) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const RequestPtr request(X509_REQ_new());
  for (const auto& [kind, value] : subject) {
    X509_NAME_add_entry_by_NID(
        X509_REQ_get_subject_name(request.get()), kind, MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>(value.data()),
        static_cast<int>(value.size()), -1, 0);
  }
  if (!names.empty()) {
    STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
    sk_X509_EXTENSION_push(
        extensions, X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                        names.c_str()));
    X509_REQ_add_extensions(request.get(), extensions);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  }
  X509_REQ_set_pubkey(request.get(), key.get());
  X509_REQ_sign(request.get(), key.get(), EVP_sha256());
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(out.get(), request.get());
  return ContentsOf(*out);
}

TEST_F(AuthorityTest, RenewsWhatTheRequestNames) {
  const std::string old = Sign("agency/labor.320500")->chain_pem;
  const std::string mine = "agency/labor.320500";
  const std::string uri = "URI:spiffe://test.example/" + mine;
  const struct {
    std::string_view what;
    std::vector<std::pair<int, std::string>> subject;
    std::string names;
    bool renews;
  } cases[] = {
      {"its name", {{NID_commonName, mine}}, "", true},
      {"and its URI", {{NID_commonName, mine}}, uri, true},
      {"nothing", {}, "", false},
      {"its URI alone", {}, uri, false},
      {"another", {{NID_commonName, "agency/labor.341200"}}, "", false},
      {"another's URI", {{NID_commonName, mine}}, uri + "1", false},
      {"two URIs", {{NID_commonName, mine}}, uri + "," + uri + "1", false},
      {"a host", {{NID_commonName, mine}}, "DNS:hub.example", false},
      {"two names", {{NID_commonName, mine}, {NID_commonName, "a"}}, "", false},
      {"an office", {{NID_organizationName, mine}}, "", false},
      {"more than a name",
       {{NID_commonName, mine}, {NID_countryName, "CN"}},
       "",
       false},
  };
  for (const auto& [what, subject, names, renews] : cases) {
    SCOPED_TRACE(what);
    const std::string request = RequestFor(subject, names);
    const auto issued = authority_.SignClient({.request_pem = request,
                                               .trust_domain = "test.example",
                                               .path = mine,
                                               .renews = old},
                                              now_);
    EXPECT_EQ(errors::ReasonOf(issued.status()),
              renews ? "" : "CERTIFICATE_NAME_DIFFERS");
  }
}

TEST_F(AuthorityTest, SignsForAtMost825Days) {
  EXPECT_EQ(Sign("operator/wang", 825)->not_after,
            now_ + absl::Hours(24 * 825));
  EXPECT_EQ(Sign("operator/wang", 1)->not_after, now_ + absl::Hours(24));
  EXPECT_EQ(Refusal("operator/wang", 826), "DAYS_INVALID");
  EXPECT_EQ(Refusal("operator/wang", -1), "DAYS_INVALID");
}

TEST_F(AuthorityTest, NeverOutlastsItself) {
  std::string key;
  const Authority old =
      Authority::Create("old", now_ - absl::Hours(24 * 3640), key);
  const auto issued = old.SignClient({.request_pem = request_,
                                      .trust_domain = "test.example",
                                      .path = "operator/wang"},
                                     now_);
  EXPECT_EQ(issued->not_after, ReadCertificate(old.pem())->not_after);
}

TEST_F(AuthorityTest, RefusesWeakKeys) {
  const struct {
    std::string name;
    KeyPtr key;
    bool strong;
  } cases[] = {
      {"P-256", KeyPtr(EVP_EC_gen("P-256")), true},
      {"P-384", KeyPtr(EVP_EC_gen("P-384")), true},
      {"Ed25519", KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")), true},
      {"RSA-3072", KeyPtr(EVP_RSA_gen(3072)), true},
      {"RSA-2048", KeyPtr(EVP_RSA_gen(2048)), false},
      {"P-224", KeyPtr(EVP_EC_gen("P-224")), false},
      {"secp256k1", KeyPtr(EVP_EC_gen("secp256k1")), false},
  };
  for (const auto& [name, key, strong] : cases) {
    SCOPED_TRACE(name);
    request_ = RequestBy(key);
    EXPECT_EQ(Refusal("operator/wang"), strong ? "" : "CERTIFICATE_KEY_WEAK");
  }
}

TEST_F(AuthorityTest, RefusesWhatIsNoRequest) {
  const std::string good = request_;
  std::string forged = good;
  // Another byte inside the base64 text: the request's own signature breaks.
  char& c = forged[forged.size() / 2];
  c = c == 'A' ? 'B' : 'A';
  for (const std::string& pem :
       {std::string(), std::string("x"), authority_.pem(), leaf_key_, forged,
        std::string(100'000, 'A')}) {
    request_ = pem;
    EXPECT_EQ(Refusal("operator/wang"), "CERTIFICATE_REQUEST_UNREADABLE");
  }
}

TEST_F(AuthorityTest, SignsForHubs) {
  const auto issued = authority_.SignHub(
      request_, {"localhost", "127.0.0.1", "::1"}, 365, now_);
  ASSERT_TRUE(issued.ok()) << issued.status();
  const BioPtr bio = ReaderOf(issued->chain_pem);
  const CertificatePtr leaf = NextCertificate(*bio);
  EXPECT_EQ(X509_check_host(leaf.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "::1", 0), 1);
  EXPECT_EQ(X509_get_extended_key_usage(leaf.get()),
            static_cast<std::uint32_t>(XKU_SSL_SERVER));
  EXPECT_TRUE(ReadCertificate(issued->chain_pem)->uris.empty());
  for (const std::string host : {"", "a,URI:spiffe://test.example/operator/x",
                                 "a b", "a:b:c:not-an-address"}) {
    EXPECT_EQ(errors::ReasonOf(
                  authority_.SignHub(request_, {host}, 365, now_).status()),
              "INVALID_REQUEST")
        << host;
  }
}

TEST_F(AuthorityTest, IsReadBackFromItsFiles) {
  const auto again = Authority::FromPem(authority_.pem(), key_pem_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->pem(), authority_.pem());
  const auto leaf = Sign("operator/wang");
  EXPECT_EQ(
      errors::ReasonOf(Authority::FromPem(leaf->chain_pem, leaf_key_).status()),
      "CERTIFICATE_FILE_INVALID");
  EXPECT_EQ(errors::ReasonOf(
                Authority::FromPem(authority_.pem(), leaf_key_).status()),
            "CERTIFICATE_FILE_INVALID");
}

}  // namespace
}  // namespace waystation::service
