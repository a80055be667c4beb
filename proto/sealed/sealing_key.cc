// SPDX-License-Identifier: Apache-2.0
#include "proto/sealed/sealing_key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "proto/errors/error.h"
#include "proto/sealed/openssl.h"

namespace waystation::sealed {
namespace {

constexpr int kYears = 5;
constexpr int kSerialBits = 127;

// For what fails only where memory is gone.
void Must(bool done) {
  if (!done) std::abort();
}

void AddExtension(X509& certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  Must(extension != nullptr &&
       X509_add_ext(&certificate, extension.get(), -1) == 1);
}

bool IsOnP256(EVP_PKEY& key) {
  std::array<char, 64> group{};
  size_t size = 0;
  return EVP_PKEY_is_a(&key, "EC") == 1 &&
         EVP_PKEY_get_group_name(&key, group.data(), group.size(), &size) ==
             1 &&
         std::string_view(group.data(), size) == "prime256v1";
}

}  // namespace

NewSealingKey MakeSealingKey(const std::string& agency, absl::Time now) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const CertificatePtr certificate(X509_new());
  Must(key != nullptr && certificate != nullptr);
  Must(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  const BnPtr serial(BN_new());
  // Its issuer and serial are how an envelope names it.
  Must(BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE,
               BN_RAND_BOTTOM_ANY) == 1);
  Must(BN_to_ASN1_INTEGER(serial.get(),
                          X509_get_serialNumber(certificate.get())) != nullptr);
  // No longer than a name may be (ub-common-name of RFC 5280).
  const std::string name = (agency + " sealing").substr(0, 64);
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  Must(X509_NAME_add_entry_by_txt(
           subject, "CN", MBSTRING_UTF8,
           reinterpret_cast<const unsigned char*>(name.data()),
           static_cast<int>(name.size()), -1, 0) == 1);
  Must(X509_set_issuer_name(certificate.get(), subject) == 1);
  Must(ASN1_TIME_set(X509_getm_notBefore(certificate.get()),
                     absl::ToTimeT(now - absl::Minutes(5))) != nullptr);
  Must(ASN1_TIME_set(X509_getm_notAfter(certificate.get()),
                     absl::ToTimeT(now + absl::Hours(24 * 365 * kYears))) !=
       nullptr);
  Must(X509_set_pubkey(certificate.get(), key.get()) == 1);
  AddExtension(*certificate, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(*certificate, NID_key_usage,
               "critical,digitalSignature,keyAgreement");
  AddExtension(*certificate, NID_subject_key_identifier, "hash");
  Must(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);

  NewSealingKey made;
  const BioPtr certificate_text = NewMemory();
  Must(PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1);
  made.certificate_pem = ContentsOf(*certificate_text);
  const BioPtr key_text = NewMemory();
  Must(PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr,
                                     nullptr, 0, nullptr, nullptr) == 1);
  made.key_file = made.certificate_pem + ContentsOf(*key_text);
  return made;
}

std::optional<std::string> WrongWithCertificate(std::string_view pem) {
  const ErrorsCleared cleared;
  constexpr std::size_t kMostBytes = 4096;
  if (pem.size() > kMostBytes) return "at most 4096 bytes";
  const CertificatePtr certificate = CertificateIn(pem);
  if (certificate == nullptr) return "a certificate in PEM";
  // A key file would be shown to everybody.
  if (pem.find("PRIVATE KEY") != std::string_view::npos) {
    return "the certificate alone, without its key";
  }
  EVP_PKEY* const key = X509_get0_pubkey(certificate.get());
  if (key == nullptr || !IsOnP256(*key)) return "a key of EC on P-256";
  constexpr std::uint32_t kBoth = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT;
  if ((X509_get_key_usage(certificate.get()) & kBoth) != kBoth) {
    return "a key that may sign and agree on keys";
  }
  // Who registers it has its key.
  if (X509_verify(certificate.get(), key) != 1) return "signed by its own key";
  return std::nullopt;
}

std::string FingerprintOf(std::string_view pem) {
  const ErrorsCleared cleared;
  const CertificatePtr certificate = CertificateIn(pem);
  if (certificate == nullptr) return {};
  std::array<unsigned char, 32> hash{};
  unsigned int size = 0;
  Must(X509_digest(certificate.get(), EVP_sha256(), hash.data(), &size) == 1);
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(hash.data()), hash.size()));
}

absl::StatusOr<std::string> CertificateOf(std::string_view key_file) {
  const ErrorsCleared cleared;
  const CertificatePtr certificate = CertificateIn(key_file);
  const KeyPtr key = KeyIn(key_file);
  if (certificate == nullptr || key == nullptr ||
      X509_check_private_key(certificate.get(), key.get()) != 1) {
    return errors::Error("KEY_FILE_INVALID");
  }
  const BioPtr text = NewMemory();
  Must(PEM_write_bio_X509(text.get(), certificate.get()) == 1);
  return ContentsOf(*text);
}

}  // namespace waystation::sealed
