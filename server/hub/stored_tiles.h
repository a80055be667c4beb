// SPDX-License-Identifier: Apache-2.0
// The log's tiles as the store holds them.
#ifndef WAYSTATION_SERVER_HUB_STORED_TILES_H_
#define WAYSTATION_SERVER_HUB_STORED_TILES_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/auditlog/tiles.h"
#include "server/storage/store.h"

namespace waystation::hub {

// The store is borrowed.
class StoredTiles final : public auditlog::TileReader {
 public:
  explicit StoredTiles(const storage::Store& store) : store_(store) {}
  absl::StatusOr<std::vector<auditlog::Hash>> ReadTile(
      uint32_t level, uint64_t index, uint32_t width) const override {
    return store_.ReadTile(level, index, width);
  }

 private:
  const storage::Store& store_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_STORED_TILES_H_
