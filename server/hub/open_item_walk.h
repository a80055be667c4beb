// SPDX-License-Identifier: Apache-2.0
// Open items of one kind, or of several as one list, oldest first.
#ifndef WAYSTATION_SERVER_HUB_OPEN_ITEM_WALK_H_
#define WAYSTATION_SERVER_HUB_OPEN_ITEM_WALK_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/hub/page_token.h"
#include "server/storage/store.h"

namespace waystation::hub {

// Older ones first; of one time conflicts first.
bool StandsBefore(const storage::OpenItem& one, const storage::OpenItem& other);

// The token by which `list` goes on behind an item, and the item back: nullopt
// for no token, PAGE_TOKEN_INVALID for one that TokenOf did not write for it.
std::string TokenOf(const PageTokens& tokens, const std::string& list,
                    const storage::OpenItem& item);
absl::StatusOr<std::optional<storage::OpenItem>> ItemAtToken(
    const PageTokens& tokens, const std::string& list,
    const std::string& token);

// Used by one thread. The store is borrowed, and read a few hundred at a time.
class OpenItemWalk {
 public:
  OpenItemWalk(const storage::Store& store,
               std::span<const storage::OpenItem::Kind> kinds,
               const std::optional<storage::OpenItem>& after);

  // nullopt at the end.
  absl::StatusOr<std::optional<storage::OpenItem>> Next();

 private:
  // One kind.
  struct Lane {
    storage::OpenItem::Kind kind = storage::OpenItem::Kind::kConflict;
    std::optional<storage::OpenItem> after = std::nullopt;
    std::vector<storage::OpenItem> items = {};
    size_t next = 0;
    bool is_last = false;
  };
  absl::Status Fill(Lane& lane) const;

  const storage::Store& store_;
  std::vector<Lane> lanes_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OPEN_ITEM_WALK_H_
