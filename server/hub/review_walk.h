// SPDX-License-Identifier: Apache-2.0
// Open conflicts and candidates as one list, oldest first.
#ifndef WAYSTATION_SERVER_HUB_REVIEW_WALK_H_
#define WAYSTATION_SERVER_HUB_REVIEW_WALK_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/store.h"

namespace waystation::hub {

// Older ones first; of one time conflicts first.
bool StandsBefore(const storage::OpenItem& one, const storage::OpenItem& other);

// What of an item says where the list goes on, and back: nullopt for what
// ReviewPosition does not write.
std::string ReviewPosition(const storage::OpenItem& item);
std::optional<storage::OpenItem> ItemAtPosition(std::string_view position);

// Used by one thread. The store is borrowed, and read a few hundred at a time.
class ReviewWalk {
 public:
  ReviewWalk(const storage::Store& store,
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

#endif  // WAYSTATION_SERVER_HUB_REVIEW_WALK_H_
