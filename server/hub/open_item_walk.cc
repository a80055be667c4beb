// SPDX-License-Identifier: Apache-2.0
#include "server/hub/open_item_walk.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

#include "proto/errors/error.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::OpenItem;

constexpr size_t kChunk = 500;
// More than any uid of a store.
constexpr storage::Uid kBeyondUids = std::numeric_limits<int64_t>::max();

auto PlaceOf(const OpenItem& item) {
  return std::tie(item.opened_time, item.kind, item.a, item.b, item.attribute,
                  item.entry);
}

// What of an item says where the list goes on, and back.
std::string PositionOf(const OpenItem& item) {
  std::string position;
  for (const uint64_t number : {static_cast<uint64_t>(item.opened_time),
                                static_cast<uint64_t>(item.kind), item.a,
                                item.b, uint64_t{item.attribute}}) {
    position.append(NumberPart(number).view());
  }
  position.append(AsBytes(item.entry));
  return position;
}

std::optional<OpenItem> ItemAtPosition(std::string_view position) {
  OpenItem item;
  std::array<uint64_t, 5> numbers{};
  constexpr size_t kNumbers = 8 * numbers.size();
  if (position.size() != kNumbers + item.entry.size()) return std::nullopt;
  for (size_t i = 0; i < kNumbers; ++i) {
    numbers[i / 8] = numbers[i / 8] << 8 | static_cast<uint8_t>(position[i]);
  }
  item.opened_time = static_cast<int64_t>(numbers[0]);
  item.kind = static_cast<OpenItem::Kind>(numbers[1]);
  item.a = numbers[2];
  item.b = numbers[3];
  item.attribute = static_cast<uint32_t>(numbers[4]);
  std::copy_n(position.begin() + kNumbers, item.entry.size(),
              item.entry.begin());
  return item;
}

}  // namespace

bool StandsBefore(const OpenItem& one, const OpenItem& other) {
  return PlaceOf(one) < PlaceOf(other);
}

std::string TokenOf(const PageTokens& tokens, const std::string& list,
                    const OpenItem& item) {
  return tokens.Encode(list, PositionOf(item));
}

absl::StatusOr<std::optional<OpenItem>> ItemAtToken(const PageTokens& tokens,
                                                    const std::string& list,
                                                    const std::string& token) {
  if (token.empty()) return std::nullopt;
  const auto position = tokens.Decode(list, token);
  if (!position.ok()) return position.status();
  std::optional<OpenItem> item = ItemAtPosition(*position);
  if (!item.has_value()) {
    return errors::Error("PAGE_TOKEN_INVALID", {.field = "page_token"});
  }
  return item;
}

OpenItemWalk::OpenItemWalk(const storage::Store& store,
                           std::span<const OpenItem::Kind> kinds,
                           const std::optional<OpenItem>& after)
    : store_(store) {
  for (const OpenItem::Kind kind : kinds) {
    Lane& lane = lanes_.emplace_back(Lane{.kind = kind});
    if (!after.has_value()) continue;
    lane.after = *after;
    if (kind == after->kind) continue;
    // Of the same time, all of the kind that comes first have been passed, and
    // none of the other.
    lane.after = OpenItem{.kind = kind, .opened_time = after->opened_time};
    if (kind < after->kind) lane.after->a = kBeyondUids;
  }
}

absl::StatusOr<std::optional<OpenItem>> OpenItemWalk::Next() {
  Lane* first = nullptr;
  for (Lane& lane : lanes_) {
    if (auto status = Fill(lane); !status.ok()) return status;
    if (lane.next == lane.items.size()) continue;
    if (first == nullptr ||
        StandsBefore(lane.items[lane.next], first->items[first->next])) {
      first = &lane;
    }
  }
  if (first == nullptr) return std::nullopt;
  return first->items[first->next++];
}

absl::Status OpenItemWalk::Fill(Lane& lane) const {
  if (lane.next < lane.items.size() || lane.is_last) return absl::OkStatus();
  auto items = store_.ListOpenItems(lane.kind, lane.after, kChunk);
  if (!items.ok()) return StoreError(items.status());
  lane.items = *std::move(items);
  lane.next = 0;
  lane.is_last = lane.items.size() < kChunk;
  if (!lane.items.empty()) lane.after = lane.items.back();
  return absl::OkStatus();
}

}  // namespace waystation::hub
