// SPDX-License-Identifier: Apache-2.0
// What the hub stores, sealed: AES-256-GCM under a data key of the row's own,
// which is wrapped by a key-encryption key. Merge and split never re-encrypt,
// and destroying one wrapped key erases all that was sealed under it.
//
//     wrapped := kek_id[4] nonce[12] AES-256-GCM(kek, data_key)[32] tag[16]
//     sealed  := nonce[12] AES-256-GCM(data_key, bytes) tag[16]
//
// What is authenticated beside the bytes is the row's place, so that no row can
// be put in another's stead, nor an old one in its own:
//
//     place   := table[1] number[8] number[8]          most significant first
#ifndef WAYSTATION_SERVER_HUB_SEAL_H_
#define WAYSTATION_SERVER_HUB_SEAL_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/hub/keys.h"
#include "server/hub/random_pool.h"

namespace waystation::hub {

// Where sealed bytes stand. A record: its uid and version. A detail: the uid
// under whose data key it is sealed, and the first 8 bytes of its salted hash.
// A notice's words, under the data key of its record: its number and version.
// What a holder's code is about, under the data key of its record: the halves
// of the code's hash. A decision: its number. An edge: its two uids. A match
// vector: the uid of its record, and the version in which that got it. A
// wrapped key stands at (table, first, 0).
struct Place {
  enum class Table : uint8_t {
    kRecord = 1,
    kDetail = 2,
    kDecision = 3,
    kToken = 4,
    kEdge = 5,
    kVector = 6,
    kNotice = 7,
    kHolderCode = 8,
  };
  Table table = Table::kRecord;
  uint64_t first = 0;
  uint64_t second = 0;
};

using Nonce = std::array<uint8_t, 12>;

// A key for the sealing of one row and its details. Wiped when it dies.
class DataKey {
 public:
  DataKey() = default;
  explicit DataKey(const SecretKey& key) : key_(key) {}
  DataKey(const DataKey&) = default;
  DataKey& operator=(const DataKey&) = default;
  ~DataKey();

  const SecretKey& key() const { return key_; }

 private:
  SecretKey key_{};
};

// Thread-safe. Keeps one cipher context per thread, since making one costs more
// than sealing a record.
class Sealer {
 public:
  // Both are borrowed for life.
  Sealer(const Keys& keys, RandomPool& random);

  DataKey NewDataKey();
  // Under the newest key-encryption key, for the row at `place`.
  std::string Wrap(const DataKey& key, const Place& place);
  // DATA_LOSS (SEAL_BROKEN) unless `wrapped` was made for this very place;
  // FAILED_PRECONDITION (STORE_FOREIGN) for a key-encryption key that the key
  // file lacks.
  absl::StatusOr<DataKey> Unwrap(std::string_view wrapped,
                                 const Place& place) const;

  std::string Seal(const DataKey& key, const Place& place,
                   std::string_view bytes);
  // The same for what must come out alike each time. The caller never uses a
  // nonce twice for different bytes.
  static std::string SealWith(const Nonce& nonce, const DataKey& key,
                              const Place& place, std::string_view bytes);
  // DATA_LOSS (SEAL_BROKEN) unless sealed at this place under this key.
  static absl::StatusOr<std::string> Open(const DataKey& key,
                                          const Place& place,
                                          std::string_view sealed);

 private:
  std::map<uint32_t, DataKey> key_encryption_keys_;
  RandomPool& random_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_SEAL_H_
