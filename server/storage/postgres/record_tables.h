// SPDX-License-Identifier: Apache-2.0
// Records, the persons that they belong to, the identifiers that they hold and
// the edges between them, through one connection.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_RECORD_TABLES_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_RECORD_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/pipeline.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/findings.h"
#include "server/storage/store.h"

namespace waystation::storage::postgres {

// Used by one thread at a time, as its connection. Reads are the port's; writes
// are steps of a transaction that the caller holds.
class RecordTables {
 public:
  static std::span<const Statement* const> Statements();

  RecordTables(Connection& connection, const ChecksumKey& key)
      : connection_(connection), key_(key) {}

  absl::StatusOr<std::vector<std::optional<RecordRow>>> LoadByKey(
      std::span<const KeyHash> keys) const;
  absl::StatusOr<std::vector<std::optional<RecordRow>>> LoadByUid(
      std::span<const Uid> uids) const;
  absl::StatusOr<std::vector<std::optional<VectorRow>>> LoadVectors(
      std::span<const Uid> uids) const;
  absl::StatusOr<std::vector<std::vector<Uid>>> LookUpIdentifiers(
      std::span<const KeyHash> hashes, size_t limit) const;
  absl::StatusOr<std::vector<std::vector<EdgeRow>>> EdgesOf(
      std::span<const Uid> uids) const;
  absl::StatusOr<std::vector<EdgeRow>> ListEdges(EdgeKey after,
                                                 size_t limit) const;
  absl::StatusOr<std::vector<std::optional<PersonId>>> PersonsOf(
      std::span<const Uid> uids) const;
  absl::StatusOr<std::vector<std::vector<Uid>>> MembersOf(
      std::span<const PersonId> persons) const;
  absl::StatusOr<std::vector<RecordRow>> ListRecords(AgencyNumber agency,
                                                     Uid after,
                                                     size_t limit) const;

  // ABORTED unless every record, identifier, person and edge still is as it was
  // read. `reads` outlives the pipeline.
  void Verify(const ReadSet& reads, Pipeline& pipeline) const;

  // What the rows of a batch change in the store's counts, known once the
  // pipeline has run.
  struct Change {
    int64_t memberships = 0;
    int64_t persons = 0;
    int64_t identifiers = 0;
    int64_t edges = 0;
    std::map<AgencyNumber, uint64_t> new_records;
    // Some of those that were put were there, and stand as they were.
    bool has_held_identifiers = false;
    bool has_held_edges = false;
  };
  // Both outlive the pipeline. INVALID_ARGUMENT at once for an edge that does
  // not rise.
  absl::Status Put(const Batch& batch, Change& change,
                   Pipeline& pipeline) const;
  // The rest of it, once that pipeline has run.
  void PutHeld(const Batch& batch, const Change& change,
               Pipeline& pipeline) const;

  // Reads every row, in a transaction of the caller; what it finds is counted
  // for the caller to compare.
  struct Tally {
    uint64_t records = 0;
    uint64_t persons = 0;
    uint64_t identifiers = 0;
    uint64_t edges = 0;
    Uid highest_uid = 0;
    std::map<AgencyNumber, uint64_t> agencies;
  };
  Tally Check(
      const std::function<std::optional<Finding>(const RecordRow&)>& record,
      Findings& findings) const;

 private:
  void PutRecords(const Batch& batch, Change& change, Pipeline& pipeline) const;
  void PutMemberships(const Batch& batch, Change& change,
                      Pipeline& pipeline) const;
  void PutIdentifiers(const Batch& batch, Change& change,
                      Pipeline& pipeline) const;
  void PutEdges(const Batch& batch, Change& change, Pipeline& pipeline) const;
  // Columns of the rows that are put, and how many these are.
  int64_t AddedIdentifiers(const Batch& batch, Parameters& to) const;
  int64_t AddedEdges(const Batch& batch, Parameters& to) const;
  // INVALID_ARGUMENT if the batch names a record that nobody holds.
  static void CheckNamed(const Batch& batch, Pipeline& pipeline);

  absl::StatusOr<std::vector<std::optional<RecordRow>>> RecordsIn(
      const Result& result, size_t count) const;
  absl::StatusOr<std::vector<std::vector<Uid>>> HoldersIn(const Result& result,
                                                          size_t count) const;
  absl::StatusOr<std::vector<std::vector<Uid>>> MembersIn(const Result& result,
                                                          size_t count) const;
  absl::StatusOr<std::vector<std::vector<EdgeRow>>> EdgesIn(
      const Result& result, size_t count) const;

  Connection& connection_;
  const ChecksumKey& key_;
};

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_RECORD_TABLES_H_
