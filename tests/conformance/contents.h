// SPDX-License-Identifier: Apache-2.0
// Everything that a store shows through its port, to compare one with itself.
#ifndef WAYSTATION_TESTS_CONFORMANCE_CONTENTS_H_
#define WAYSTATION_TESTS_CONFORMANCE_CONTENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/auditlog/hash.h"
#include "server/storage/store.h"

namespace waystation::conformance {

struct Contents {
  uint64_t group = 0;
  storage::Counts counts;
  uint64_t next_decision = 0;
  std::vector<storage::RecordRow> records;
  std::vector<std::optional<storage::RecordRow>> records_by_uid;
  std::vector<std::optional<storage::RecordRow>> records_by_key;
  std::vector<std::optional<storage::VectorRow>> vectors;
  std::vector<uint64_t> records_of_agency;
  std::vector<std::optional<storage::PersonId>> persons;
  std::vector<std::vector<storage::Uid>> members;
  std::vector<std::vector<storage::Uid>> identifiers;
  std::vector<storage::EdgeRow> edges;
  std::vector<std::vector<storage::EdgeRow>> edges_of_records;
  std::vector<storage::OpenItem> items;
  std::vector<storage::OpenItem> items_of_records;
  std::vector<storage::DecisionRow> decisions;
  std::vector<storage::DecisionRow> decisions_of_records;
  std::vector<storage::ObjectRow> objects;
  std::vector<storage::NoticeRow> notices;
  uint64_t next_notice = 0;
  std::vector<storage::HolderCodeRow> codes;
  std::vector<storage::MailboxRow> mailbox;
  std::vector<uint64_t> mailbox_states;
  std::vector<storage::LeafRow> leaves;
  std::vector<auditlog::Hash> hashes;
  std::string frontier;
  std::vector<storage::CheckpointRow> checkpoints;
  std::vector<storage::CosignatureRow> cosignatures;
  std::vector<uint64_t> cosigned_sizes;
  bool operator==(const Contents&) const = default;
};

// All of it, for stores that hold no agency above kAgencies and no identifiers
// but HashOf(0 ... kHashes). Uids up to kUids are asked for whether a record
// has them or not. The first error ends it.
inline constexpr storage::AgencyNumber kAgencies = 6;
inline constexpr storage::Uid kUids = 300;
inline constexpr uint64_t kHashes = 300;
absl::StatusOr<Contents> ReadContents(const storage::Store& store);

}  // namespace waystation::conformance

#endif  // WAYSTATION_TESTS_CONFORMANCE_CONTENTS_H_
