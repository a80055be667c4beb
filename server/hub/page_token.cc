// SPDX-License-Identifier: Apache-2.0
#include "server/hub/page_token.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "proto/errors/error.h"

namespace waystation::hub {
namespace {

// A token of bare base64url may begin with "-", which a command line reads as
// an option.
constexpr std::string_view kToken = "t-";

absl::Status Invalid() {
  return errors::Error("PAGE_TOKEN_INVALID", {.field = "page_token"});
}

}  // namespace

PageTokens::PageTokens(const SecretKey& handle_key)
    : hash_(DeriveKey(handle_key, "waystation page token list")),
      key_(DeriveKey(handle_key, "waystation page token")) {}

Place PageTokens::PlaceOf(std::string_view list) const {
  const storage::KeyHash hash = hash_.Of({list});
  Place place{.table = Place::Table::kToken};
  for (size_t i = 0; i < 8; ++i) {
    place.first = place.first << 8 | hash[i];
    place.second = place.second << 8 | hash[8 + i];
  }
  return place;
}

std::string PageTokens::Encode(std::string_view list,
                               std::string_view position) const {
  const storage::KeyHash hash = hash_.Of({list, position});
  Nonce nonce;
  std::copy_n(hash.begin(), nonce.size(), nonce.begin());
  const std::string sealed =
      Sealer::SealWith(nonce, key_, PlaceOf(list), position);
  return std::string(kToken) + absl::WebSafeBase64Escape(sealed);
}

std::string PageTokens::Encode(std::string_view list, uint64_t position) const {
  return Encode(list, NumberPart(position).view());
}

absl::StatusOr<std::string> PageTokens::Decode(std::string_view list,
                                               std::string_view token) const {
  std::string sealed;
  if (!token.starts_with(kToken)) return Invalid();
  token.remove_prefix(kToken.size());
  if (!absl::WebSafeBase64Unescape({token.data(), token.size()}, &sealed))
    return Invalid();
  absl::StatusOr<std::string> position =
      Sealer::Open(key_, PlaceOf(list), sealed);
  if (!position.ok()) return Invalid();
  return position;
}

absl::StatusOr<uint64_t> PageTokens::DecodeNumber(
    std::string_view list, std::string_view token) const {
  if (token.empty()) return 0;
  const absl::StatusOr<std::string> position = Decode(list, token);
  if (!position.ok()) return position.status();
  if (position->size() != 8) return Invalid();
  uint64_t number = 0;
  for (const char c : *position) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

}  // namespace waystation::hub
