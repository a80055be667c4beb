// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/certificates.h"

#include "client/library/openssl.h"
#include "client/wayctl/language.h"
#include "proto/errors/error.h"

namespace waystation::wayctl {
namespace {

using client::BioPtr;
using client::TimeOf;

std::string NameText(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(
      bio.get(), name, 0,
      XN_FLAG_RFC2253 & ~static_cast<unsigned>(ASN1_STRFLGS_ESC_MSB));
  return client::ContentsOf(*bio);
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

void AddNames(X509& certificate, report::v1::CertificateReport& report) {
  const client::NamesPtr names = client::NamesOf(certificate);
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get());
       ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI && name->type != GEN_DNS) continue;
    *(name->type == GEN_URI ? report.add_uris() : report.add_dns_names()) =
        client::TextOf(*name->d.ia5);
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
  const client::CertificatePtr certificate = client::CertificateIn(pem);
  if (certificate == nullptr) {
    const bool is_request =
        pem.find("BEGIN CERTIFICATE REQUEST") != std::string_view::npos;
    return errors::Error("CERTIFICATE_FILE_INVALID",
                         {.rule = is_request ? "it is a request, not signed yet"
                                             : "it holds no PEM certificate"});
  }
  report::v1::CertificateReport report;
  report.set_serial(client::SerialOf(*certificate));
  report.set_subject(NameText(X509_get_subject_name(certificate.get())));
  report.set_issuer(NameText(X509_get_issuer_name(certificate.get())));
  AddNames(*certificate, report);
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
