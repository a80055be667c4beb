// SPDX-License-Identifier: Apache-2.0
// Source records and decisions, unsealed, and back into rows.
#ifndef WAYSTATION_SERVER_HUB_RECORD_H_
#define WAYSTATION_SERVER_HUB_RECORD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/arena.h"
#include "server/domain/claims.h"
#include "server/hub/registry.h"
#include "server/hub/seal.h"
#include "server/storage/store.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {

// Immutable once shared; `stored` is what the agency says now. It lives in an
// arena of its own, since a group reads thousands and giving back each message
// one by one takes a tenth of all planning.
struct Record {
  Record() = default;
  Record(const Record& other)
      : uid(other.uid),
        agency(other.agency),
        key(other.key),
        version(other.version),
        wrapped_key(other.wrapped_key),
        data_key(other.data_key),
        vector(other.vector) {
    stored = other.stored;
  }
  Record& operator=(const Record&) = delete;

  storage::Uid uid = 0;
  storage::AgencyNumber agency = 0;
  storage::KeyHash key{};
  // As the store holds it; 0 for one that is not stored yet.
  uint64_t version = 0;
  std::string wrapped_key;
  DataKey data_key;
  // What it is compared by, as vector.h seals it; empty if an earlier release
  // wrote it.
  std::string vector;

 private:
  static google::protobuf::ArenaOptions Blocks() {
    google::protobuf::ArenaOptions options;
    options.start_block_size = 4096;  // Most records fit.
    return options;
  }
  google::protobuf::Arena arena_{Blocks()};

 public:
  store::v1::StoredRecord& stored =
      *google::protobuf::Arena::CreateMessage<store::v1::StoredRecord>(&arena_);
};

// Shared: a record stays readable in what was planned while a newer one takes
// its place.
using RecordPtr = std::shared_ptr<const Record>;

// DATA_LOSS where the row was changed since it was sealed or does not belong
// where it stands.
absl::StatusOr<std::shared_ptr<Record>> OpenRecord(const Sealer& sealer,
                                                   storage::RecordRow row);

// The data key of a held record.
absl::StatusOr<DataKey> UnwrapRecordKey(const Sealer& sealer, storage::Uid uid,
                                        std::string_view wrapped_key);

// The record as the domain sees it; valid as long as both are.
domain::RecordView ViewOf(const Snapshot& registry, const Record& record);

// A record without claims, under a fresh data key.
std::shared_ptr<Record> NewRecord(Sealer& sealer, storage::Uid uid,
                                  storage::AgencyNumber agency,
                                  const storage::KeyHash& key,
                                  std::string_view agency_id,
                                  std::string_view record_key);

// The row to write, of a record that has the version already which the store
// gives it; sealed for that.
storage::RecordRow SealRecord(Sealer& sealer, const Record& record,
                              int64_t received_time);

// What a leaf commits to: its salted hash, and salt and content sealed under
// the record's data key.
storage::DetailRow SealDetail(Sealer& sealer, const Record& record,
                              const auditlog::Hash& hash, std::string_view salt,
                              std::string_view content);
absl::StatusOr<store::v1::SealedDetail> OpenDetail(
    const Record& record, const storage::DetailRow& row);
// What is left of it, sealed in its place.
std::string SealRest(Sealer& sealer, const Record& record,
                     const auditlog::Hash& hash,
                     const store::v1::SealedDetail& rest);

struct LoadedDecision {
  uint64_t number = 0;
  bool active = true;
  std::string wrapped_key;
  DataKey data_key;
  storage::KeyHash request{};
  store::v1::StoredDecision stored;

  bool IsValueDecision() const { return stored.attribute() != 0; }
};
using DecisionPtr = std::shared_ptr<const LoadedDecision>;

absl::StatusOr<std::shared_ptr<LoadedDecision>> OpenDecision(
    const Sealer& sealer, const storage::DecisionRow& row);
// Wraps a fresh data key for a decision that has none yet.
storage::DecisionRow SealDecision(Sealer& sealer, LoadedDecision& decision);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RECORD_H_
