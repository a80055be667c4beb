// SPDX-License-Identifier: Apache-2.0
// The agency's own certificate: when it ends, and a new one in its place. The
// hub signs it for whoever holds the one before, so nobody's hands are needed
// while there is one that holds.
#include <algorithm>
#include <utility>

#include "adapters/framework/adapter.h"
#include "adapters/framework/status_words.h"
#include "proto/errors/error.h"
#include "proto/runtime/key_pair.h"
#include "proto/runtime/log.h"
#include "waystation/certificate.h"
#include "waystation/connection.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace waystation::adapters {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
// One that ends sooner is worth a line.
constexpr absl::Duration kEndsSoon = absl::Hours(30 * 24);
constexpr absl::Duration kBetweenWarnings = kDay;
constexpr absl::Duration kBetweenTries = absl::Hours(1);

std::string DayOf(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone());
}

std::string EndOf(const report::v1::OwnCertificateReport& report) {
  return DayOf(absl::FromUnixSeconds(report.not_after().seconds()));
}

void Describe(const client::Certificate& certificate, absl::Time now,
              report::v1::OwnCertificateReport& report) {
  report.set_identity(certificate.identity);
  report.set_serial(certificate.serial);
  report.mutable_not_before()->set_seconds(
      absl::ToUnixSeconds(certificate.not_before));
  report.mutable_not_after()->set_seconds(
      absl::ToUnixSeconds(certificate.not_after));
  report.set_ends_soon(certificate.not_after - now < kEndsSoon);
}

// How long before its end a certificate is renewed by itself. One that has just
// been signed never is: the next would be as old, and the one after it.
absl::Duration RenewedWithin(const report::v1::OwnCertificateReport& report,
                             const config::v1::AdapterConfig& config) {
  const absl::Duration life = absl::Seconds(report.not_after().seconds() -
                                            report.not_before().seconds());
  return std::min(kDay * config.renew_days(), life / 2);
}

}  // namespace

absl::StatusOr<report::v1::OwnCertificateReport>
Adapter::DescribeCertificate() {
  const auto files = client::ToOptions(setup_.config.hub(), setup_.folder);
  const auto held = client::ReadCertificateFile(files.certificate_file);
  if (!held.ok()) return held.status();
  report::v1::OwnCertificateReport report;
  Describe(*held, options_.clock(), report);
  report.set_certificate_file(files.certificate_file);
  report.set_key_file(files.key_file);
  return report;
}

absl::StatusOr<report::v1::OwnCertificateReport> Adapter::RenewCertificate(
    std::optional<absl::Duration> within) {
  auto report = DescribeCertificate();
  if (!report.ok()) return report;
  const absl::Duration left =
      absl::FromUnixSeconds(report->not_after().seconds()) - options_.clock();
  if (within && left > *within) {
    report->set_not_due(true);
    return report;
  }
  const auto connection = Connect();
  if (!connection.ok()) return connection.status();
  const auto renewed = client::RenewCertificate(**connection);
  if (!renewed.ok()) return renewed.status();
  if (absl::Status replaced = runtime::ReplaceKeyPair(
          report->certificate_file(), report->key_file(),
          {.certificate_pem = renewed->chain_pem, .key_pem = renewed->key_pem});
      !replaced.ok()) {
    return replaced;
  }
  Describe(renewed->says, options_.clock(), *report);
  report->set_renewed(true);
  // Whoever connects next does it with the new one.
  const std::lock_guard lock(connection_mutex_);
  if (connection_ != nullptr) connection_->Cancel();
  return report;
}

report::v1::OwnCertificateReport Adapter::RenewWhenDue() {
  auto held = DescribeCertificate();
  if (!held.ok()) return {};
  const absl::Time now = options_.clock();
  const absl::Time end = absl::FromUnixSeconds(held->not_after().seconds());
  const absl::Duration within = RenewedWithin(*held, setup_.config);
  // One that has ended renews nothing; `once` and `run` say so elsewhere.
  if (end - now > within || end <= now || now < next_renewal_) {
    return *std::move(held);
  }
  next_renewal_ = now + kBetweenTries;
  auto renewed = RenewCertificate(within);
  if (renewed.ok()) return *std::move(renewed);
  held->set_not_renewed_because(ReasonName(renewed.status()));
  held->set_detail(DetailOf(renewed.status()));
  return *std::move(held);
}

void Adapter::LookAtCertificate(const runtime::Log& log) {
  const report::v1::OwnCertificateReport report = RenewWhenDue();
  if (report.renewed()) {
    log.info("the certificate was renewed: the new one ends on {}",
             EndOf(report));
    return;
  }
  if (!report.not_renewed_because().empty() && !stop_) {
    log.warn("the certificate was not renewed and ends on {}: {} {}",
             EndOf(report), report.not_renewed_because(), report.detail());
    return;
  }
  const absl::Time now = options_.clock();
  if (!report.ends_soon() || setup_.config.renew_days() > 0 ||
      now < next_warning_) {
    return;
  }
  next_warning_ = now + kBetweenWarnings;
  log.warn("the certificate ends on {}: renew it (cert renew)", EndOf(report));
}

void Adapter::TakeUpRenewed(const runtime::Log& log) {
  const auto options = client::ToOptions(setup_.config.hub(), setup_.folder);
  const auto held = client::ReadCertificateFile(options.certificate_file);
  const std::lock_guard lock(connection_mutex_);
  if (!held.ok() || connection_ == nullptr || connection_->cancelled() ||
      held->serial == connection_->certificate_serial()) {
    return;
  }
  // Its key may still be on the way, where they are replaced by hand.
  auto fresh = client::Connection::Open(options);
  if (!fresh.ok() || (*fresh)->agency() != connection_->agency()) return;
  connection_->Cancel();
  connection_ = *std::move(fresh);
  if (stop_) connection_->Cancel();
  log.info("a new certificate is there, which ends on {}",
           DayOf(held->not_after));
}

}  // namespace waystation::adapters
