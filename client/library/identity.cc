// SPDX-License-Identifier: Apache-2.0
#include "client/library/identity.h"

#include "absl/status/status.h"
#include "client/library/openssl.h"

namespace waystation::client {
namespace {

constexpr std::string_view kScheme = "spiffe://";

absl::StatusOr<CertificatePtr> ParseCertificate(std::string_view pem) {
  CertificatePtr certificate = CertificateIn(pem);
  if (certificate == nullptr) {
    return absl::InvalidArgumentError("it holds no PEM certificate");
  }
  return certificate;
}

// The URI of the certificate, if it has one URI and that is of SPIFFE.
absl::StatusOr<std::string> SpiffeId(X509& certificate) {
  const NamesPtr names = NamesOf(certificate);
  std::string id;
  int uris = 0;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get());
       ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    ++uris;
    id = TextOf(*name->d.uniformResourceIdentifier);
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
  const absl::StatusOr<CertificatePtr> certificate =
      ParseCertificate(certificate_pem);
  if (!certificate.ok()) return certificate.status();
  const absl::StatusOr<std::string> id = SpiffeId(**certificate);
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
                  .serial = SerialOf(**certificate),
                  .not_before = TimeOf(X509_get0_notBefore(certificate->get())),
                  .not_after = TimeOf(X509_get0_notAfter(certificate->get()))};
}

absl::Status CheckKeyFits(std::string_view certificate_pem,
                          std::string_view key_pem) {
  const absl::StatusOr<CertificatePtr> certificate =
      ParseCertificate(certificate_pem);
  if (!certificate.ok()) return certificate.status();
  const BioPtr bio = ReaderOf(key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(
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
