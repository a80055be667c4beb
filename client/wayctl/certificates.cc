// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/certificates.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <memory>

#include "client/wayctl/language.h"
#include "proto/errors/error.h"

namespace waystation::wayctl {
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
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

struct FreedText {
  void operator()(char* text) const { OPENSSL_free(text); }
};

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio, &data));
  return {data, size};
}

std::string NameText(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(
      bio.get(), name, 0,
      XN_FLAG_RFC2253 & ~static_cast<unsigned>(ASN1_STRFLGS_ESC_MSB));
  return Contents(bio.get());
}

std::string SerialText(X509* certificate) {
  const Number serial(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  const std::unique_ptr<char, FreedText> hex(BN_bn2hex(serial.get()));
  std::string text = hex.get();
  std::ranges::transform(text, text.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return text;
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string KeyText(X509* certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return {};
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return "Ed25519";
    case EVP_PKEY_RSA:
      return "RSA " + std::to_string(EVP_PKEY_get_bits(key));
    case EVP_PKEY_EC: {
      char group[64] = {};
      std::size_t size = 0;
      EVP_PKEY_get_group_name(key, group, sizeof group, &size);
      const std::string_view name(group, size);
      return name == "prime256v1" ? "EC P-256" : "EC " + std::string(name);
    }
    default:
      return OBJ_nid2ln(EVP_PKEY_get_base_id(key));
  }
}

void AddNames(X509* certificate, report::v1::CertificateReport& report) {
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get());
       ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI && name->type != GEN_DNS) continue;
    const ASN1_IA5STRING* value = name->d.ia5;
    std::string text(
        reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
        static_cast<std::size_t>(ASN1_STRING_length(value)));
    *(name->type == GEN_URI ? report.add_uris() : report.add_dns_names()) =
        std::move(text);
  }
}

// What the hub refuses (design 17).
void AddProblems(absl::Time now, report::v1::CertificateReport& report) {
  const auto add = [&](std::string text) {
    report.add_problems(std::move(text));
  };
  if (absl::FromUnixSeconds(report.not_after().seconds()) < now) {
    add(Say("It has expired."));
  }
  if (absl::FromUnixSeconds(report.not_before().seconds()) > now) {
    add(Say("It is not valid yet."));
  }
  if (report.is_authority()) {
    add(Say("It is an authority's, not a holder's."));
  }
  if (report.uris_size() != 1 || !report.uris(0).starts_with("spiffe://")) {
    add(Say("It must hold exactly one URI name, of spiffe://."));
  }
}

}  // namespace

absl::StatusOr<report::v1::CertificateReport> Inspect(std::string_view pem,
                                                      absl::Time now) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Certificate certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    const bool is_request =
        pem.find("BEGIN CERTIFICATE REQUEST") != std::string_view::npos;
    return errors::Error("CERTIFICATE_FILE_INVALID",
                         {.rule = is_request ? "it is a request, not signed yet"
                                             : "it holds no PEM certificate"});
  }
  report::v1::CertificateReport report;
  report.set_serial(SerialText(certificate.get()));
  report.set_subject(NameText(X509_get_subject_name(certificate.get())));
  report.set_issuer(NameText(X509_get_issuer_name(certificate.get())));
  AddNames(certificate.get(), report);
  report.mutable_not_before()->set_seconds(
      absl::ToUnixSeconds(TimeOf(X509_get0_notBefore(certificate.get()))));
  report.mutable_not_after()->set_seconds(
      absl::ToUnixSeconds(TimeOf(X509_get0_notAfter(certificate.get()))));
  report.set_key(KeyText(certificate.get()));
  report.set_is_authority(X509_check_ca(certificate.get()) == 1);
  AddProblems(now, report);
  return report;
}

}  // namespace waystation::wayctl
