// SPDX-License-Identifier: Apache-2.0
// Pages of open items, with filters.
#ifndef WAYSTATION_SERVER_HUB_OPEN_ITEM_LIST_H_
#define WAYSTATION_SERVER_HUB_OPEN_ITEM_LIST_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/hub/core.h"
#include "server/storage/store.h"

namespace waystation::hub {

struct OpenItemPage {
  std::vector<storage::OpenItem> items;
  std::string next_page_token;
  // That match, on all pages.
  uint64_t total = 0;
};

// Items of one kind, oldest first, that `wanted` holds for; nullptr wants all.
absl::StatusOr<OpenItemPage> ListItems(
    Core& core, storage::OpenItem::Kind kind, int32_t page_size,
    const std::string& page_token,
    const std::function<bool(const storage::OpenItem&)>& wanted);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OPEN_ITEM_LIST_H_
