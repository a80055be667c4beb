// SPDX-License-Identifier: Apache-2.0
#include "server/service/certificate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <utility>

#include "proto/errors/error.h"
#include "server/service/openssl.h"

namespace waystation::service {
namespace {

absl::Status Invalid(std::string rule) {
  return errors::Error("CERTIFICATE_FILE_INVALID", {.rule = std::move(rule)});
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string SerialOf(const X509& certificate) {
  const BnPtr number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  char* const hex = BN_bn2hex(number.get());
  std::string serial(hex);
  OPENSSL_free(hex);
  std::ranges::transform(serial, serial.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return serial;
}

std::string TextOf(const ASN1_STRING& text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&text)),
          static_cast<std::size_t>(ASN1_STRING_length(&text))};
}

// Empty for bytes that are no address.
std::string AddressOf(const ASN1_STRING& bytes) {
  const int family = ASN1_STRING_length(&bytes) == 4 ? AF_INET : AF_INET6;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family == AF_INET6 && ASN1_STRING_length(&bytes) != 16) return {};
  inet_ntop(family, ASN1_STRING_get0_data(&bytes), text.data(), text.size());
  return text.data();
}

void ReadNames(const X509& certificate, CertificateFacts& facts) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names.get(), i);
    if (name.type == GEN_URI) {
      facts.uris.push_back(TextOf(*name.d.uniformResourceIdentifier));
    } else if (name.type == GEN_DNS) {
      facts.hosts.push_back(TextOf(*name.d.dNSName));
    } else if (name.type == GEN_IPADD) {
      facts.hosts.push_back(AddressOf(*name.d.iPAddress));
    }
  }
}

}  // namespace

absl::StatusOr<CertificateFacts> ReadCertificate(std::string_view pem) {
  const BioPtr bio = ReaderOf(pem);
  const CertificatePtr certificate = NextCertificate(*bio);
  if (!certificate) return Invalid("a PEM certificate");
  CertificateFacts facts;
  ReadNames(*certificate, facts);
  // Any kind of authority, those of version 1 and by key usage included.
  facts.is_authority = X509_check_ca(certificate.get()) != 0;
  facts.serial = SerialOf(*certificate);
  facts.not_before = ToTime(X509_get0_notBefore(certificate.get()));
  facts.not_after = ToTime(X509_get0_notAfter(certificate.get()));
  return facts;
}

absl::Status CheckKeyFits(std::string_view pem, std::string_view key_pem) {
  const BioPtr bio = ReaderOf(pem);
  const CertificatePtr certificate = NextCertificate(*bio);
  if (!certificate) return Invalid("a PEM certificate");
  const KeyPtr key = KeyFromPem(key_pem);
  if (!key) return Invalid("a PEM private key without pass phrase");
  const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits ? absl::OkStatus()
              : Invalid("the private key belongs to another certificate");
}

absl::StatusOr<Authorities> Authorities::FromPem(std::string_view pem) {
  const std::shared_ptr<X509_STORE> store(X509_STORE_new(), X509_STORE_free);
  const BioPtr in = ReaderOf(pem);
  std::set<std::string> pems;
  while (const CertificatePtr certificate = NextCertificate(*in)) {
    if (X509_check_ca(certificate.get()) != 1) {
      return Invalid("every certificate of the file must be an authority");
    }
    X509_STORE_add_cert(store.get(), certificate.get());
    pems.insert(ToPem(*certificate));
  }
  if (pems.empty()) return Invalid("at least one PEM certificate");
  return Authorities(store, std::move(pems));
}

bool Authorities::VouchFor(std::string_view leaf_pem,
                           std::string_view chain_pem, absl::Time now) const {
  const BioPtr leaf_bio = ReaderOf(leaf_pem);
  const CertificatePtr leaf = NextCertificate(*leaf_bio);
  if (!leaf) return false;
  const std::unique_ptr<STACK_OF(X509), Freed<[](STACK_OF(X509) * stack) {
                          sk_X509_pop_free(stack, X509_free);
                        }>>
      others(sk_X509_new_null());
  const BioPtr chain_bio = ReaderOf(chain_pem);
  while (CertificatePtr certificate = NextCertificate(*chain_bio)) {
    sk_X509_push(others.get(), certificate.release());
  }
  const VerifyPtr verify(X509_STORE_CTX_new());
  X509_STORE_CTX_init(verify.get(), store_.get(), leaf.get(), others.get());
  X509_STORE_CTX_set_time(verify.get(), 0, absl::ToTimeT(now));
  // Whoever stands in the file is believed, signed by another or not.
  X509_STORE_CTX_set_flags(verify.get(), X509_V_FLAG_PARTIAL_CHAIN);
  X509_STORE_CTX_set_purpose(verify.get(), X509_PURPOSE_SSL_CLIENT);
  const bool vouched = X509_verify_cert(verify.get()) == 1;
  ERR_clear_error();
  return vouched;
}

}  // namespace waystation::service
