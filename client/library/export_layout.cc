// SPDX-License-Identifier: Apache-2.0
#include "client/library/export_layout.h"

#include <optional>

#include "client/library/proof_fails.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/tiles.h"

namespace waystation::client {
namespace {

constexpr int kLengthBytes = 2;
constexpr int kCountBytes = 4;
constexpr std::size_t kMaxEntry = 0xFFFF;

void AppendNumber(std::uint64_t number, int bytes, std::string& text) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>(number >> shift));
  }
}

// Takes a number of `bytes` bytes off the front; nullopt when it is cut.
std::optional<std::uint64_t> TakeNumber(int bytes, std::string_view& text) {
  if (text.size() < static_cast<std::size_t>(bytes)) return std::nullopt;
  std::uint64_t number = 0;
  for (int i = 0; i < bytes; ++i) {
    number = number << 8 |
             static_cast<std::uint8_t>(text[static_cast<std::size_t>(i)]);
  }
  text.remove_prefix(static_cast<std::size_t>(bytes));
  return number;
}

std::vector<std::string> ParseBundle(std::string_view bundle,
                                     std::uint32_t width, int number_bytes,
                                     std::size_t unit) {
  std::vector<std::string> items;
  items.reserve(width);
  while (items.size() < width) {
    const auto number = TakeNumber(number_bytes, bundle);
    if (!number || bundle.size() / unit < *number) break;
    const std::size_t size = *number * unit;
    items.emplace_back(bundle.substr(0, size));
    bundle.remove_prefix(size);
  }
  return items;
}

}  // namespace

std::string BundlePath(std::string_view kind, std::uint64_t index,
                       std::uint32_t width) {
  static constexpr std::string_view kLevelZero = "tile/0/";
  std::string path("tile/");
  path.append(kind).append("/");
  return path.append(auditlog::TilePath(0, index, width), kLevelZero.size());
}

absl::StatusOr<std::string> FormatEntries(std::span<const std::string> leaves) {
  std::string bundle;
  for (const std::string& leaf : leaves) {
    if (leaf.size() > kMaxEntry) {
      return ProofFails("an entry is over 65,535 bytes");
    }
    AppendNumber(leaf.size(), kLengthBytes, bundle);
    bundle.append(leaf);
  }
  return bundle;
}

std::string FormatDetails(std::span<const std::string> details) {
  std::string bundle;
  for (const std::string& hashes : details) {
    AppendNumber(hashes.size() / auditlog::kHashSize, kCountBytes, bundle);
    bundle.append(hashes);
  }
  return bundle;
}

std::vector<std::string> ParseEntries(std::string_view bundle,
                                      std::uint32_t width) {
  return ParseBundle(bundle, width, kLengthBytes, 1);
}

std::vector<std::string> ParseDetails(std::string_view bundle,
                                      std::uint32_t width) {
  return ParseBundle(bundle, width, kCountBytes, auditlog::kHashSize);
}

}  // namespace waystation::client
