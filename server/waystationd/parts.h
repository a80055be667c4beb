// SPDX-License-Identifier: Apache-2.0
// What a hub stands on, put together from its configuration.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_PARTS_H_
#define WAYSTATION_SERVER_WAYSTATIOND_PARTS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/ed25519.h"
#include "server/backup/journal.h"
#include "server/backup/shelf.h"
#include "server/hub/hub.h"
#include "server/hub/keys.h"
#include "server/service/ca.h"
#include "server/storage/store.h"
#include "server/waystationd/config.h"

namespace waystation::waystationd {

// Later ones borrow earlier ones.
struct Parts {
  Config config;
  std::optional<hub::Keys> keys;
  std::optional<auditlog::Ed25519PrivateKey> log_key;
  std::optional<service::Authority> authority;
  // Both, or none.
  std::unique_ptr<backup::Shelf> shelf;
  std::unique_ptr<backup::Journal> journal;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<hub::Hub> hub;
};

// What certificates are signed with; nullopt where the configuration has none.
absl::StatusOr<std::optional<service::Authority>> LoadAuthority(
    const config::v1::HubConfig& config);

// All that comes before the store.
absl::Status LoadParts(Parts& parts);

// The hub on parts.store. Fills parts.hub.
absl::Status StartHub(Parts& parts, std::optional<hub::Restored> restored = {});

// Random bytes of the system.
void FillRandom(void* buffer, std::size_t size);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_PARTS_H_
