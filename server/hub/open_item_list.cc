// SPDX-License-Identifier: Apache-2.0
#include "server/hub/open_item_list.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "proto/errors/error.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/page_size.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::OpenItem;

constexpr size_t kChunk = 1000;

std::string ListOf(OpenItem::Kind kind) {
  return kind == OpenItem::Kind::kConflict ? "conflicts" : "candidates";
}

// What of an item says where the list goes on.
std::string PositionOf(const OpenItem& item) {
  std::string position;
  for (const uint64_t number : {static_cast<uint64_t>(item.opened_time), item.a,
                                item.b, uint64_t{item.attribute}}) {
    position.append(NumberPart(number).view());
  }
  position.append(AsBytes(item.entry));
  return position;
}

uint64_t NumberAt(std::string_view bytes, size_t at) {
  uint64_t number = 0;
  for (const char c : bytes.substr(at, 8)) {
    number = number << 8 | static_cast<uint8_t>(c);
  }
  return number;
}

std::optional<OpenItem> ItemAt(OpenItem::Kind kind, std::string_view position) {
  if (position.size() != 48) return std::nullopt;
  OpenItem item;
  item.kind = kind;
  item.opened_time = static_cast<int64_t>(NumberAt(position, 0));
  item.a = NumberAt(position, 8);
  item.b = NumberAt(position, 16);
  item.attribute = static_cast<uint32_t>(NumberAt(position, 24));
  std::copy_n(position.begin() + 32, item.entry.size(), item.entry.begin());
  return item;
}

// Calls `visit` with each item after `after` until it returns false.
absl::Status ForEachItem(const storage::Store& store, OpenItem::Kind kind,
                         std::optional<OpenItem> after,
                         const std::function<bool(const OpenItem&)>& visit) {
  for (;;) {
    const auto items = store.ListOpenItems(kind, after, kChunk);
    if (!items.ok()) return StoreError(items.status());
    for (const OpenItem& item : *items) {
      if (!visit(item)) return absl::OkStatus();
    }
    if (items->size() < kChunk) return absl::OkStatus();
    after = items->back();
  }
}

}  // namespace

absl::StatusOr<OpenItemPage> ListItems(
    Core& core, OpenItem::Kind kind, int32_t page_size,
    const std::string& page_token,
    const std::function<bool(const OpenItem&)>& wanted) {
  const auto size = PageSize(page_size, {.usual = 100, .most = 500});
  if (!size.ok()) return size.status();
  std::optional<OpenItem> after;
  if (!page_token.empty()) {
    const auto position = core.tokens.Decode(ListOf(kind), page_token);
    if (!position.ok()) return position.status();
    after = ItemAt(kind, *position);
    if (!after.has_value()) {
      return errors::Error("PAGE_TOKEN_INVALID", {.field = "page_token"});
    }
  }
  OpenItemPage page;
  bool more = false;
  auto status = ForEachItem(core.store, kind, after, [&](const OpenItem& item) {
    if (wanted && !wanted(item)) return true;
    more = page.items.size() == *size;
    if (!more) page.items.push_back(item);
    return !more;
  });
  if (!status.ok()) return status;
  if (more) {
    page.next_page_token =
        core.tokens.Encode(ListOf(kind), PositionOf(page.items.back()));
  }
  if (!wanted) {
    const auto counts = core.store.Count();
    if (!counts.ok()) return StoreError(counts.status());
    page.total = kind == OpenItem::Kind::kConflict ? counts->open_conflicts
                                                   : counts->open_candidates;
    return page;
  }
  status =
      ForEachItem(core.store, kind, std::nullopt, [&](const OpenItem& item) {
        page.total += wanted(item) ? 1 : 0;
        return true;
      });
  if (!status.ok()) return status;
  return page;
}

}  // namespace waystation::hub
