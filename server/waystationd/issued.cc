// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/issued.h"

#include <fstream>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "server/service/certificate.h"
#include "server/service/metrics.h"
#include "server/waystationd/wait.h"

namespace waystation::waystationd {
namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20;

absl::StatusOr<std::vector<service::CertificateFacts>> ReadAll(
    std::string_view pems) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";
  std::vector<service::CertificateFacts> all;
  for (std::size_t end = pems.find(kEnd); end != std::string_view::npos;
       end = pems.find(kEnd)) {
    auto facts = service::ReadCertificate(pems.substr(0, end + kEnd.size()));
    if (!facts.ok()) return facts.status();
    all.push_back(*std::move(facts));
    pems.remove_prefix(end + kEnd.size());
  }
  return all;
}

absl::StatusOr<std::set<std::string>> KnownSerials(hub::Hub& hub) {
  std::set<std::string> serials;
  v1::ListCertificatesRequest request;
  do {
    const auto page = hub.ListCertificates(service::HubItself(), request);
    if (!page.ok()) return page.status();
    for (const v1::CertificateStatus& known : page->certificates()) {
      serials.insert(known.serial());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return serials;
}

// Empty for one of another trust domain.
std::string IdentityOf(const service::CertificateFacts& facts,
                       const std::string& trust_domain) {
  if (facts.uris.empty() && !facts.hosts.empty()) return "hub";
  const std::string prefix = "spiffe://" + trust_domain + "/";
  return facts.uris.size() == 1 && facts.uris[0].starts_with(prefix)
             ? facts.uris[0].substr(prefix.size())
             : std::string();
}

}  // namespace

absl::Status AppendIssued(const std::string& file,
                          const std::string& certificate_pem) {
  std::ofstream record(file, std::ios::app);
  record << certificate_pem;
  record.close();
  return record ? absl::OkStatus()
                : errors::Error("FILE_NOT_WRITTEN", {.field = file});
}

absl::Status RecordIssued(const std::string& file,
                          const std::string& trust_domain, absl::Time now,
                          hub::Hub& hub) {
  const auto text = runtime::ReadFile(file, kMostBytes);
  if (!text.ok()) return text.status();
  const auto issued = ReadAll(*text);
  if (!issued.ok()) return issued.status();
  const auto known = KnownSerials(hub);
  if (!known.ok()) return known.status();
  for (const service::CertificateFacts& facts : *issued) {
    const std::string identity = IdentityOf(facts, trust_domain);
    if (identity.empty() || facts.not_after < now ||
        known->contains(facts.serial)) {
      continue;
    }
    v1::CertificateStatus status;
    status.set_serial(facts.serial);
    status.set_identity(identity);
    status.mutable_not_before()->set_seconds(
        absl::ToUnixSeconds(facts.not_before));
    status.mutable_not_after()->set_seconds(
        absl::ToUnixSeconds(facts.not_after));
    const auto put = Wait<v1::CertificateStatus>([&](auto done) {
      hub.PutCertificate(service::HubItself(), "certificate.sign",
                         std::move(status), std::move(done));
    });
    if (!put.ok()) return put.status();
  }
  return absl::OkStatus();
}

}  // namespace waystation::waystationd
