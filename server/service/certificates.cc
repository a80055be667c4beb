// SPDX-License-Identifier: Apache-2.0
#include "server/service/certificates.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "proto/errors/error.h"
#include "server/hub/given_reason.h"

namespace waystation::service {
namespace {

constexpr std::size_t kLongestSerial = 40;  // RFC 5280: 20 bytes.

void SetTime(absl::Time time, google::protobuf::Timestamp& to) {
  to.set_seconds(absl::ToUnixSeconds(time));
}

bool IsSerial(std::string_view text) {
  return !text.empty() && text.size() <= kLongestSerial &&
         text.size() % 2 == 0 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// What is held of a serial; one without identity if nothing is.
absl::StatusOr<v1::CertificateStatus> Find(hub::Hub& hub,
                                           const hub::Caller& caller,
                                           const std::string& serial) {
  v1::ListCertificatesRequest request;
  do {
    auto page = hub.ListCertificates(caller, request);
    if (!page.ok()) return page.status();
    for (v1::CertificateStatus& held : *page->mutable_certificates()) {
      if (held.serial() == serial) return std::move(held);
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  v1::CertificateStatus unknown;
  unknown.set_serial(serial);
  return unknown;
}

}  // namespace

void SignCertificate(hub::Hub& hub, const Authority& authority,
                     std::string_view trust_domain, const hub::Caller& caller,
                     const v1::SignCertificateRequest& request, absl::Time now,
                     hub::Hub::Callback<v1::SignCertificateResponse> done) {
  const auto issued =
      authority.SignClient({.request_pem = request.certificate_request(),
                            .trust_domain = trust_domain,
                            .path = request.identity(),
                            .days = request.days()},
                           now);
  if (!issued.ok()) return done(issued.status());
  v1::SignCertificateResponse response;
  v1::CertificateStatus& status = *response.mutable_status();
  status.set_serial(issued->serial);
  status.set_identity(request.identity());
  SetTime(issued->not_before, *status.mutable_not_before());
  SetTime(issued->not_after, *status.mutable_not_after());
  if (request.validate_only()) {
    status.clear_serial();  // Another one is drawn when it is signed.
    return done(std::move(response));
  }
  response.set_certificate_chain(issued->chain_pem);
  hub.PutCertificate(caller, "certificate.sign", status,
                     [response = std::move(response), done = std::move(done)](
                         absl::StatusOr<v1::CertificateStatus> put) {
                       if (!put.ok()) return done(put.status());
                       v1::SignCertificateResponse answer = response;
                       *answer.mutable_status() = *std::move(put);
                       done(std::move(answer));
                     });
}

void RevokeCertificate(hub::Hub& hub, const hub::Caller& caller,
                       const v1::RevokeCertificateRequest& request,
                       absl::Time now,
                       hub::Hub::Callback<v1::RevokeCertificateResponse> done) {
  if (!IsSerial(request.serial())) {
    return done(errors::Error(
        "INVALID_REQUEST",
        {.field = "serial", .rule = "lower-case hexadecimal, whole bytes"}));
  }
  const std::chrono::year_month_day today(
      std::chrono::floor<std::chrono::days>(absl::ToChronoTime(now)));
  if (auto given = hub::CheckReason(request.reason(), today); !given.ok()) {
    return done(given);
  }
  auto status = Find(hub, caller, request.serial());
  if (!status.ok()) return done(status.status());
  const auto answer = [](v1::CertificateStatus put) {
    v1::RevokeCertificateResponse response;
    *response.mutable_status() = std::move(put);
    return response;
  };
  if (status->revoked()) return done(answer(*std::move(status)));
  status->set_revoked(true);
  status->set_revocation_reason(request.reason());
  SetTime(now, *status->mutable_revoked_time());
  if (request.validate_only()) return done(answer(*std::move(status)));
  hub.PutCertificate(caller, "certificate.revoke", *std::move(status),
                     [answer, done = std::move(done)](
                         absl::StatusOr<v1::CertificateStatus> put) {
                       if (!put.ok()) return done(put.status());
                       done(answer(*std::move(put)));
                     });
}

}  // namespace waystation::service
