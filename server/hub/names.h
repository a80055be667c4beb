// SPDX-License-Identifier: Apache-2.0
// The names under which the hub speaks of its rows to others. A uid never
// leaves the hub; what leaves is one AES-128 block, encrypted, as 26 characters
// of base32 (RFC 4648, lower case, no padding):
//
//     handle    := "p-" block(uid[8] "waystatn")        key: one per agency
//     conflict  := "c-" block(uid[6] attribute[2] "conflict")
//                       (block(entry[16] xor the block before))?
//                       or "ownconfl" of what an agency's own clerks see
//     candidate := "k-" block(uid[6] uid[6] "pair")   or "own2" of theirs
//     drawn     := "s-" block(uid[6] uid[6] "draw")     a pair of a sample
//
// The fixed text makes a guess that decodes as likely as 2^-64 (2^-32 for a
// pair, which is looked up besides).
#ifndef WAYSTATION_SERVER_HUB_NAMES_H_
#define WAYSTATION_SERVER_HUB_NAMES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/hub/keys.h"
#include "server/storage/store.h"

namespace waystation::hub {

using Block = std::array<uint8_t, 16>;

// One AES-128 key for single blocks that never repeat. Immutable, thread-safe.
class BlockCipher {
 public:
  explicit BlockCipher(const SecretKey& key);
  Block Encrypt(const Block& block) const;
  Block Decrypt(const Block& block) const;

 private:
  std::array<uint8_t, 16> key_{};
};

// The handles of one agency. "The person that holds this record": a handle
// stays valid through merge and split. Immutable, thread-safe.
class HandleCodec {
 public:
  HandleCodec(const SecretKey& handle_key, std::string_view agency);

  std::string Encode(storage::Uid uid) const;
  // nullopt for anything that Encode of this agency does not write, another
  // agency's handle included.
  std::optional<storage::Uid> Decode(std::string_view handle) const;

 private:
  BlockCipher cipher_;
};

// Names of what waits for a clerk. A conflict is named by a record of its
// person, so that its name stays valid when persons merge or split. Immutable,
// thread-safe.
class SubjectCodec {
 public:
  struct Conflict {
    storage::Uid uid = 0;
    uint32_t attribute = 0;
    // Zeros for a single attribute.
    storage::KeyHash entry{};
    // As the agency whose record that is sees it.
    bool own = false;
    bool operator==(const Conflict&) const = default;
  };
  struct Candidate {
    storage::Uid a = 0;
    storage::Uid b = 0;
    // As the agency that holds both is asked about it.
    bool own = false;

    storage::OpenItemKey key() const {
      return {.kind = own ? storage::OpenItem::Kind::kOwnCandidate
                          : storage::OpenItem::Kind::kCandidate,
              .a = a,
              .b = b};
    }
    bool operator==(const Candidate&) const = default;
  };

  explicit SubjectCodec(const SecretKey& handle_key);

  std::string Encode(const Conflict& conflict) const;
  std::string Encode(const Candidate& candidate) const;
  // Of an item as it is held.
  std::string Encode(const storage::OpenItemKey& key) const;
  // nullopt for anything that Encode does not write.
  std::optional<Conflict> DecodeConflict(std::string_view id) const;
  std::optional<Candidate> DecodeCandidate(std::string_view id) const;
  // Of a candidate, or of a pair that was drawn.
  std::optional<storage::OpenItemKey> DecodePair(std::string_view id) const;

 private:
  std::string EncodePair(storage::OpenItem::Kind kind, storage::Uid a,
                         storage::Uid b) const;

  BlockCipher cipher_;
};

// 16 bytes as 26 characters; Decode refuses stray bits in the last one, so that
// each block has one spelling.
std::string ToBase32(const Block& block);
std::optional<Block> FromBase32(std::string_view text);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_NAMES_H_
