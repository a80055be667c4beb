// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/renew.h"

#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/runtime/key_pair.h"
#include "server/service/ca.h"
#include "server/service/certificate.h"
#include "server/waystationd/config.h"
#include "server/waystationd/issued.h"
#include "server/waystationd/parts.h"

namespace waystation::waystationd {
namespace {

absl::StatusOr<std::vector<std::string>> HostsOf(const std::string& path) {
  const auto pem = runtime::ReadFile(path);
  if (!pem.ok()) return pem.status();
  auto facts = service::ReadCertificate(*pem);
  if (!facts.ok()) {
    return errors::Error(
        "CERTIFICATE_FILE_INVALID",
        {.field = path, .rule = errors::MetadataOf(facts.status())["rule"]});
  }
  return std::move(facts->hosts);
}

}  // namespace

absl::StatusOr<absl::Time> RenewHubCertificate(const HubRenewal& renewal,
                                               absl::Time now) {
  const auto config = LoadConfig(renewal.config_file);
  if (!config.ok()) return config.status();
  const auto authority = LoadAuthority(config->hub);
  if (!authority.ok()) return authority.status();
  if (!authority->has_value()) return errors::Error("NO_AUTHORITY");
  const config::v1::TlsConfig& tls = config->hub.tls();
  std::vector<std::string> hosts = renewal.hosts;
  if (hosts.empty()) {
    auto held = HostsOf(tls.certificate());
    if (!held.ok()) return held.status();
    hosts = *std::move(held);
  }
  const std::string key = service::NewKeyPem();
  const auto request = service::NewRequestPem(key, "waystationd");
  if (!request.ok()) return request.status();
  const auto issued =
      (*authority)
          ->SignHub(*request, hosts,
                    renewal.days == 0 ? service::kMostDays : renewal.days, now);
  if (!issued.ok()) return issued.status();
  // Recorded before it is used.
  if (const std::string& file = config->hub.authority().issued();
      !file.empty()) {
    if (absl::Status noted = AppendIssued(file, issued->chain_pem);
        !noted.ok()) {
      return noted;
    }
  }
  if (absl::Status replaced = runtime::ReplaceKeyPair(
          tls.certificate(), tls.key(),
          {.certificate_pem = issued->chain_pem, .key_pem = key});
      !replaced.ok()) {
    return replaced;
  }
  return issued->not_after;
}

}  // namespace waystation::waystationd
