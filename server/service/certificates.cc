// SPDX-License-Identifier: Apache-2.0
#include "server/service/certificates.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "proto/errors/error.h"
#include "server/hub/given_reason.h"
#include "server/service/certificate.h"

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

v1::CertificateStatus StatusOf(const IssuedCertificate& issued,
                               std::string_view identity) {
  v1::CertificateStatus status;
  status.set_serial(issued.serial);
  status.set_identity(std::string(identity));
  SetTime(issued.not_before, *status.mutable_not_before());
  SetTime(issued.not_after, *status.mutable_not_after());
  return status;
}

// How many days a certificate was issued for, those that were begun included.
int DaysOf(const CertificateFacts& facts) {
  const absl::Duration life = facts.not_after - facts.not_before - kClockSlack;
  const auto days = absl::ToInt64Hours(absl::Ceil(life, absl::Hours(24))) / 24;
  return static_cast<int>(std::clamp<std::int64_t>(days, 1, kMostDays));
}

// By serial.
using Certificates = std::map<std::string, v1::CertificateStatus>;

absl::StatusOr<Certificates> ListAll(hub::Hub& hub, const hub::Caller& caller) {
  Certificates all;
  v1::ListCertificatesRequest request;
  do {
    auto page = hub.ListCertificates(caller, request);
    if (!page.ok()) return page.status();
    for (v1::CertificateStatus& held : *page->mutable_certificates()) {
      std::string serial = held.serial();
      all.emplace(std::move(serial), std::move(held));
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return all;
}

// Whether it was got by renewing that of `serial`, perhaps by way of others.
bool Succeeds(const Certificates& all, const v1::CertificateStatus* status,
              const std::string& serial) {
  while (!status->renews().empty() && status->renews() != serial) {
    const auto before = all.find(status->renews());
    if (before == all.end()) return false;
    status = &before->second;
  }
  return !status->renews().empty();
}

void AddSuccessors(const Certificates& all, const std::string& serial,
                   absl::Time now, v1::RevokeCertificateResponse& response) {
  for (const auto& [other, status] : all) {
    if (!status.revoked() &&
        absl::FromUnixSeconds(status.not_after().seconds()) > now &&
        Succeeds(all, &status, serial)) {
      *response.add_successors() = status;
    }
  }
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
  status = StatusOf(*issued, request.identity());
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

void RenewCertificate(hub::Hub& hub, const Authority& authority,
                      std::string_view trust_domain, const hub::Caller& caller,
                      std::string_view certificate_pem,
                      const v1::RenewCertificateRequest& request,
                      absl::Time now,
                      hub::Hub::Callback<v1::RenewCertificateResponse> done) {
  const auto facts = ReadCertificate(certificate_pem);
  if (!facts.ok()) return done(facts.status());
  const auto issued =
      authority.SignClient({.request_pem = request.certificate_request(),
                            .trust_domain = trust_domain,
                            .path = caller.path,
                            .days = DaysOf(*facts),
                            .renews = certificate_pem},
                           now);
  if (!issued.ok()) return done(issued.status());
  v1::CertificateStatus status = StatusOf(*issued, caller.path);
  status.set_renews(caller.serial);
  const bool dry_run = request.validate_only();
  hub.RenewCertificate(
      caller, std::move(status), dry_run,
      [chain = issued->chain_pem, dry_run,
       done = std::move(done)](absl::StatusOr<v1::CertificateStatus> put) {
        if (!put.ok()) return done(put.status());
        v1::RenewCertificateResponse response;
        *response.mutable_status() = *std::move(put);
        if (dry_run) {
          // Another one is drawn when it is signed.
          response.mutable_status()->clear_serial();
        } else {
          response.set_certificate_chain(chain);
        }
        done(std::move(response));
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
  const auto all = ListAll(hub, caller);
  if (!all.ok()) return done(all.status());
  v1::RevokeCertificateResponse response;
  AddSuccessors(*all, request.serial(), now, response);
  v1::CertificateStatus& status = *response.mutable_status();
  if (const auto held = all->find(request.serial()); held != all->end()) {
    status = held->second;
  }
  if (status.revoked()) return done(std::move(response));
  status.set_serial(request.serial());
  status.set_revoked(true);
  status.set_revocation_reason(request.reason());
  SetTime(now, *status.mutable_revoked_time());
  if (request.validate_only()) return done(std::move(response));
  hub.PutCertificate(
      caller, "certificate.revoke", status,
      [&hub, caller, now, response = std::move(response),
       done = std::move(done)](absl::StatusOr<v1::CertificateStatus> put) {
        if (!put.ok()) return done(put.status());
        v1::RevokeCertificateResponse answer = response;
        *answer.mutable_status() = *std::move(put);
        // It may have been renewed a moment before; from now on it cannot be.
        if (const auto now_held = ListAll(hub, caller); now_held.ok()) {
          answer.clear_successors();
          AddSuccessors(*now_held, answer.status().serial(), now, answer);
        }
        done(std::move(answer));
      });
}

}  // namespace waystation::service
