// SPDX-License-Identifier: Apache-2.0
#include "client/library/identity.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"

namespace waystation::client {
namespace {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

constexpr std::string_view kScheme = "spiffe://";

Bio Reader(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

absl::StatusOr<Certificate> ParseCertificate(std::string_view pem) {
  const Bio bio = Reader(pem);
  Certificate certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    return absl::InvalidArgumentError("it holds no PEM certificate");
  }
  return certificate;
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string SerialOf(X509* certificate) {
  const Number serial(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  char* const hex = BN_bn2hex(serial.get());
  std::string text = absl::AsciiStrToLower(hex);
  OPENSSL_free(hex);
  return text;
}

// The URI of the certificate, if it has one URI and that is of SPIFFE.
absl::StatusOr<std::string> SpiffeId(X509* certificate) {
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string id;
  int uris = 0;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get());
       ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    ++uris;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    id.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
              static_cast<std::size_t>(ASN1_STRING_length(uri)));
  }
  if (uris != 1 || !id.starts_with(kScheme)) {
    return absl::InvalidArgumentError(
        "the certificate must hold exactly one URI, of spiffe://");
  }
  return id;
}

}  // namespace

std::string_view Identity::agency() const {
  static constexpr std::string_view kPrefix = "agency/";
  if (!path.starts_with(kPrefix)) return {};
  const std::string_view rest = std::string_view(path).substr(kPrefix.size());
  return rest.substr(0, rest.find('/'));
}

absl::StatusOr<Identity> ReadIdentity(std::string_view certificate_pem) {
  const absl::StatusOr<Certificate> certificate =
      ParseCertificate(certificate_pem);
  if (!certificate.ok()) return certificate.status();
  const absl::StatusOr<std::string> id = SpiffeId(certificate->get());
  if (!id.ok()) return id.status();

  const std::string_view rest = std::string_view(*id).substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  if (slash == 0 || slash == std::string_view::npos ||
      slash + 1 == rest.size()) {
    return absl::InvalidArgumentError(
        "the certificate's SPIFFE URI has no trust domain or no path");
  }
  return Identity{.trust_domain = std::string(rest.substr(0, slash)),
                  .path = std::string(rest.substr(slash + 1)),
                  .serial = SerialOf(certificate->get()),
                  .not_before = ToTime(X509_get0_notBefore(certificate->get())),
                  .not_after = ToTime(X509_get0_notAfter(certificate->get()))};
}

absl::Status CheckKeyFits(std::string_view certificate_pem,
                          std::string_view key_pem) {
  const absl::StatusOr<Certificate> certificate =
      ParseCertificate(certificate_pem);
  if (!certificate.ok()) return certificate.status();
  const Bio bio = Reader(key_pem);
  const Key key(PEM_read_bio_PrivateKey(
      bio.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr));
  if (key == nullptr) {
    return absl::InvalidArgumentError("it holds no unencrypted PEM key");
  }
  if (X509_check_private_key(certificate->get(), key.get()) != 1) {
    return absl::FailedPreconditionError("the key is not the certificate's");
  }
  return absl::OkStatus();
}

}  // namespace waystation::client
