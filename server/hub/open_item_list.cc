// SPDX-License-Identifier: Apache-2.0
#include "server/hub/open_item_list.h"

#include <optional>

#include "server/hub/open_item_walk.h"
#include "server/hub/page_size.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::OpenItem;

std::string ListOf(OpenItem::Kind kind) {
  switch (kind) {
    case OpenItem::Kind::kConflict:
      return "conflicts";
    case OpenItem::Kind::kOwnConflict:
      return "own_conflicts";
    default:
      return "candidates";
  }
}

}  // namespace

absl::StatusOr<OpenItemPage> ListItems(
    Core& core, OpenItem::Kind kind, int32_t page_size,
    const std::string& page_token,
    const std::function<bool(const OpenItem&)>& wanted) {
  const auto size = PageSize(page_size, {.usual = 100, .most = 500});
  if (!size.ok()) return size.status();
  const auto after = ItemAtToken(core.tokens, ListOf(kind), page_token);
  if (!after.ok()) return after.status();
  OpenItemPage page;
  for (OpenItemWalk walk(core.store, {&kind, 1}, *after);;) {
    const auto item = walk.Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) break;
    if (wanted && !wanted(**item)) continue;
    if (page.items.size() == *size) {
      page.next_page_token =
          TokenOf(core.tokens, ListOf(kind), page.items.back());
      break;
    }
    page.items.push_back(**item);
  }
  if (!wanted) {
    const auto counts = core.store.Count();
    if (!counts.ok()) return StoreError(counts.status());
    page.total = kind == OpenItem::Kind::kConflict ? counts->open_conflicts
                                                   : counts->open_candidates;
    return page;
  }
  for (OpenItemWalk walk(core.store, {&kind, 1}, std::nullopt);;) {
    const auto item = walk.Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) break;
    page.total += wanted(**item) ? 1 : 0;
  }
  return page;
}

}  // namespace waystation::hub
