// SPDX-License-Identifier: Apache-2.0
// HMAC-SHA256 (RFC 2104), cut to 16 bytes: the names under which the store
// finds rows that it must not be able to read.
#ifndef WAYSTATION_SERVER_HUB_KEYED_HASH_H_
#define WAYSTATION_SERVER_HUB_KEYED_HASH_H_

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "server/hub/keys.h"
#include "server/storage/store.h"

namespace waystation::hub {

// Immutable and thread-safe. The two blocks that depend on the key alone are
// hashed once.
class KeyedHash {
 public:
  explicit KeyedHash(const SecretKey& key);

  // Over the parts, each with its length in front, so that ("ab", "c") and
  // ("a", "bc") differ.
  storage::KeyHash Of(std::initializer_list<std::string_view> parts) const;

 private:
  // Eight words each: the state of SHA-256 after the inner and outer block.
  std::array<uint32_t, 8> inner_{};
  std::array<uint32_t, 8> outer_{};
};

// The bytes of a number, most significant first, as a part.
class NumberPart {
 public:
  explicit NumberPart(uint64_t number) {
    for (int i = 0; i < 8; ++i) {
      bytes_[static_cast<size_t>(i)] =
          static_cast<char>(number >> (56 - 8 * i));
    }
  }
  // Lives as long as the NumberPart.
  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::array<char, 8> bytes_{};
};

// The 16 bytes of a hash. The view lives as long as `hash`.
inline std::string_view AsBytes(const storage::KeyHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_KEYED_HASH_H_
