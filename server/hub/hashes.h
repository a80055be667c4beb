// SPDX-License-Identifier: Apache-2.0
// The keyed hashes of the hub, each under a key of its own: what the store
// looks rows up by, and what stands for a state that must be recognised.
#ifndef WAYSTATION_SERVER_HUB_HASHES_H_
#define WAYSTATION_SERVER_HUB_HASHES_H_

#include <cstdint>
#include <string_view>

#include "server/hub/keyed_hash.h"
#include "server/hub/keys.h"
#include "server/storage/store.h"

namespace waystation::hub {

// Immutable, thread-safe.
class Hashes {
 public:
  explicit Hashes(const Keys& keys)
      : epoch_(keys.index_epoch()),
        record_key_(DeriveKey(keys.index_key(), "waystation record key")),
        identifier_(DeriveKey(keys.index_key(), "waystation identifier")),
        business_(DeriveKey(keys.index_key(), "waystation business")),
        block_(DeriveKey(keys.index_key(), "waystation block")),
        entry_(DeriveKey(keys.handle_key(), "waystation entry")),
        claim_(DeriveKey(keys.handle_key(), "waystation claim")),
        etag_(DeriveKey(keys.handle_key(), "waystation etag")),
        request_(DeriveKey(keys.handle_key(), "waystation request")),
        holder_code_(DeriveKey(keys.handle_key(), "waystation holder code")),
        grouped_(DeriveKey(keys.handle_key(), "waystation grouped")) {}

  // Epoch of the four that change when the index key is rotated.
  uint32_t epoch() const { return epoch_; }
  storage::KeyHash RecordKey(std::string_view agency,
                             std::string_view record_key) const {
    return record_key_.Of({agency, record_key});
  }
  storage::KeyHash Identifier(std::string_view identifier) const {
    return identifier_.Of({identifier});
  }
  // Of the number of a business, as records name it in that attribute.
  storage::KeyHash Business(uint32_t attribute, std::string_view number) const {
    return business_.Of({NumberPart(attribute).view(), number});
  }

  // Of a key that records are held against each other by.
  storage::KeyHash Block(uint32_t block, std::string_view value) const {
    return block_.Of({NumberPart(block).view(), value});
  }

  // Of the key of an entry of a set; zeros for a single attribute.
  storage::KeyHash Entry(uint32_t attribute, std::string_view entry_key) const {
    if (entry_key.empty()) return {};
    return entry_.Of({NumberPart(attribute).view(), entry_key});
  }
  // Names one claim.
  storage::KeyHash Claim(storage::Uid uid, uint32_t attribute,
                         uint64_t revision, std::string_view entry_key) const {
    return claim_.Of({NumberPart(uid).view(), NumberPart(attribute).view(),
                      NumberPart(revision).view(), entry_key});
  }
  storage::KeyHash Etag(std::string_view state) const {
    return etag_.Of({state});
  }
  // Of the id that a caller gave its request.
  storage::KeyHash Request(std::string_view caller,
                           std::string_view request_id) const {
    return request_.Of({caller, request_id});
  }
  // Of a one-time code, and of what may be asked with it.
  storage::KeyHash HolderCode(std::string_view characters, uint64_t kind,
                              uint64_t scheme) const {
    return holder_code_.Of(
        {characters, NumberPart(kind).view(), NumberPart(scheme).view()});
  }
  // Stands for a person within one caller's grouping; never 0.
  uint64_t Grouped(std::string_view caller, std::string_view grouping_id,
                   storage::PersonId person) const {
    const storage::KeyHash hash =
        grouped_.Of({caller, grouping_id, NumberPart(person).view()});
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof(number); ++i) number = number << 8 | hash[i];
    return number == 0 ? 1 : number;
  }

 private:
  uint32_t epoch_;
  KeyedHash record_key_;
  KeyedHash identifier_;
  KeyedHash business_;
  KeyedHash block_;
  KeyedHash entry_;
  KeyedHash claim_;
  KeyedHash etag_;
  KeyedHash request_;
  KeyedHash holder_code_;
  KeyedHash grouped_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_HASHES_H_
