// SPDX-License-Identifier: Apache-2.0
// Certificates for tests, odd ones included: what the hub's own authority would
// never sign.
#ifndef WAYSTATION_TESTS_UNIT_SERVER_SERVICE_CERTIFICATES_H_
#define WAYSTATION_TESTS_UNIT_SERVER_SERVICE_CERTIFICATES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/service/openssl.h"

namespace waystation::service {

struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

struct LeafSpec {
  // "URI:spiffe://...", "DNS:localhost", comma-separated; empty means none.
  std::string names;
  bool is_authority = false;
  std::string usage = "clientAuth";
  absl::Time not_before = absl::Now() - absl::Hours(1);
  absl::Time not_after = absl::Now() + absl::Hours(24);
};

// A certificate authority that signs whatever it is asked to.
class TestAuthority {
 public:
  // Signed by itself, or by `parent`.
  explicit TestAuthority(const std::string& name,
                         const TestAuthority* parent = nullptr)
      : pair_(Issue({.names = "",
                     .is_authority = true,
                     .usage = "",
                     .not_after = absl::Now() + absl::Hours(100)},
                    name, parent)) {}

  KeyPair Issue(const LeafSpec& spec) const { return Issue(spec, "", this); }
  KeyPair Client(const std::string& path) const {
    return Issue({.names = "URI:spiffe://test.example/" + path});
  }
  const std::string& pem() const { return pair_.certificate_pem; }
  const KeyPair& pair() const { return pair_; }

 private:
  static void Extend(X509& certificate, X509& issuer, int nid,
                     const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
    const ExtensionPtr extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    X509_add_ext(&certificate, extension.get(), -1);
  }

  static KeyPair Issue(const LeafSpec& spec, const std::string& name,
                       const TestAuthority* issuer) {
    const KeyPtr key(EVP_EC_gen("P-256"));
    const CertificatePtr certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    const BnPtr serial(BN_new());
    BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
    BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get()));
    ASN1_TIME_set(X509_getm_notBefore(certificate.get()),
                  absl::ToTimeT(spec.not_before));
    ASN1_TIME_set(X509_getm_notAfter(certificate.get()),
                  absl::ToTimeT(spec.not_after));
    X509_set_pubkey(certificate.get(), key.get());
    if (!name.empty()) {
      X509_NAME_add_entry_by_txt(
          X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
          reinterpret_cast<const unsigned char*>(name.data()),
          static_cast<int>(name.size()), -1, 0);
    }
    CertificatePtr parent;
    KeyPtr parent_key;
    if (issuer != nullptr) {
      const BioPtr bio = ReaderOf(issuer->pair_.certificate_pem);
      parent = NextCertificate(*bio);
      parent_key = KeyFromPem(issuer->pair_.key_pem);
    }
    X509& signer = parent ? *parent : *certificate;
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(&signer));
    Extend(*certificate, signer, NID_basic_constraints,
           spec.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!spec.usage.empty()) {
      Extend(*certificate, signer, NID_ext_key_usage, spec.usage);
    }
    if (!spec.names.empty()) {
      Extend(*certificate, signer, NID_subject_alt_name, spec.names);
    }
    X509_sign(certificate.get(), parent_key ? parent_key.get() : key.get(),
              EVP_sha256());
    const BioPtr out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr,
                             nullptr);
    return {ToPem(*certificate), ContentsOf(*out)};
  }

  KeyPair pair_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_TESTS_UNIT_SERVER_SERVICE_CERTIFICATES_H_
