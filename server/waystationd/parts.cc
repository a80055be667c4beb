// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/parts.h"

#include <sys/random.h>

#include <utility>

#include "absl/time/clock.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"

namespace waystation::waystationd {
namespace {

absl::StatusOr<auditlog::Ed25519PrivateKey> LoadLogKey(
    const std::string& path) {
  const auto pem = runtime::ReadSecretFile(path);
  if (!pem.ok()) return pem.status();
  auto key = auditlog::Ed25519PrivateKey::FromPem(*pem);
  if (key.ok()) return key;
  return errors::Error("KEY_FILE_INVALID",
                       {.field = path, .rule = "an Ed25519 key, PKCS #8 PEM"});
}

absl::Status OpenBackups(Parts& parts) {
  if (!parts.config.hub.has_backup()) return absl::OkStatus();
  const config::v1::BackupConfig& config = parts.config.hub.backup();
  auto shelf =
      backup::Shelf::Open({.folder = config.folder(),
                           .keys = config.keys(),
                           .keep = absl::Hours(24) * config.keep_days()});
  if (!shelf.ok()) return shelf.status();
  parts.shelf = *std::move(shelf);
  auto journal = backup::Journal::Open(config.journal());
  if (!journal.ok()) return journal.status();
  parts.journal = *std::move(journal);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<service::Authority>> LoadAuthority(
    const config::v1::HubConfig& config) {
  if (!config.has_authority()) return std::nullopt;
  const auto certificate = runtime::ReadFile(config.authority().certificate());
  if (!certificate.ok()) return certificate.status();
  const auto key = runtime::ReadSecretFile(config.authority().key());
  if (!key.ok()) return key.status();
  auto authority = service::Authority::FromPem(*certificate, *key);
  if (authority.ok()) return *std::move(authority);
  return errors::Error(
      "CERTIFICATE_FILE_INVALID",
      {.field = config.authority().certificate(),
       .rule = errors::MetadataOf(authority.status())["rule"]});
}

void FillRandom(void* buffer, std::size_t size) {
  auto* bytes = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t got = getrandom(bytes, size, 0);
    if (got < 0) continue;  // Interrupted; nothing else can happen.
    bytes += got;
    size -= static_cast<std::size_t>(got);
  }
}

absl::Status LoadParts(Parts& parts) {
  const config::v1::HubConfig& config = parts.config.hub;
  auto keys = hub::Keys::Load(config.key_file());
  if (!keys.ok()) return keys.status();
  parts.keys = *std::move(keys);
  auto log_key = LoadLogKey(config.log_key_file());
  if (!log_key.ok()) return log_key.status();
  parts.log_key = *std::move(log_key);
  auto authority = LoadAuthority(config);
  if (!authority.ok()) return authority.status();
  parts.authority = *std::move(authority);
  return OpenBackups(parts);
}

absl::Status StartHub(Parts& parts, std::optional<hub::Restored> restored) {
  const config::v1::HubConfig& config = parts.config.hub;
  hub::BackupParts backups;
  if (parts.shelf != nullptr) {
    backups = {.shelf = parts.shelf.get(),
               .journal = parts.journal.get(),
               .rebuild = [keys = *parts.keys, place = parts.config.store](
                              backup::ArchiveReader& archive,
                              const std::string& folder) {
                 return RebuildStore(archive, CheckingPlace(place, folder),
                                     keys);
               }};
  }
  auto hub = hub::Hub::Start({.store = *parts.store,
                              .keys = *parts.keys,
                              .log_key = *parts.log_key,
                              .clock = [] { return absl::Now(); },
                              .random = FillRandom,
                              .backups = std::move(backups)},
                             {.log_origin = config.log_origin(),
                              .rules = parts.config.rules,
                              .limits = config.limits(),
                              .second_person = config.second_person(),
                              .ceiling = parts.config.ceiling,
                              .services = parts.config.services,
                              .demo_numbers = config.demo_numbers(),
                              .version = WAYSTATION_VERSION,
                              .store = parts.config.store.kind_name(),
                              .restored = std::move(restored),
                              .notice_terms = parts.config.notice_terms});
  if (!hub.ok()) return hub.status();
  parts.hub = *std::move(hub);
  return absl::OkStatus();
}

}  // namespace waystation::waystationd
