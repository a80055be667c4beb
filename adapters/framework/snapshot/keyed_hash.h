// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SNAPSHOT_KEYED_HASH_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SNAPSHOT_KEYED_HASH_H_

#include <cstdint>
#include <memory>
#include <string_view>

struct evp_mac_ctx_st;

namespace waystation::adapters {

// SipHash-2-4 under a key of this agency's own: what is kept to tell whether a
// value changed says nothing about the value to whoever lacks the key. Not
// thread-safe.
class KeyedHash {
 public:
  // Precondition: 16 bytes.
  explicit KeyedHash(std::string_view key);
  ~KeyedHash();

  std::uint64_t operator()(std::string_view bytes);

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SNAPSHOT_KEYED_HASH_H_
