// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/edge_table.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::sqlite {
namespace {

// Behind one column of the caller's.
constexpr char kColumns[] = ", edge.a, edge.b, bytes, sum ";
constexpr int kSumColumn = 4;

EdgeRow EdgeOf(const Rows& rows) {
  return {.a = rows.Uint(1),
          .b = rows.Uint(2),
          .bytes = std::string(rows.Bytes(3))};
}

}  // namespace

EdgeTable::EdgeTable(Connection& connection, const ChecksumKey& key)
    : connection_(connection),
      key_(key),
      by_a_(connection, absl::StrCat("SELECT list.rowid", kColumns,
                                     "FROM uid_list(?) AS list CROSS JOIN edge "
                                     "ON edge.a = list.value")),
      by_b_(connection,
            absl::StrCat("SELECT list.rowid", kColumns,
                         "FROM uid_list(?) AS list CROSS JOIN edge "
                         "INDEXED BY edge_by_b ON edge.b = list.value")),
      list_(connection, absl::StrCat("SELECT 0", kColumns,
                                     "FROM edge WHERE (a, b) > (?, ?) "
                                     "ORDER BY a, b LIMIT ?")),
      insert_(connection,
              "INSERT OR IGNORE INTO edge (a, b, bytes, sum) "
              "VALUES (?, ?, ?, ?)"),
      update_(connection,
              "UPDATE edge SET bytes = ?, sum = ? WHERE a = ? AND b = ?"),
      remove_(connection, "DELETE FROM edge WHERE a = ? AND b = ?") {}

absl::StatusOr<EdgeRow> EdgeTable::Read(const Rows& rows) const {
  EdgeRow edge = EdgeOf(rows);
  if (rows.Int(kSumColumn) != SumOf(key_, edge)) return Damaged(PlaceOf(edge));
  return edge;
}

absl::StatusOr<std::vector<std::vector<EdgeRow>>> EdgeTable::Of(
    std::span<const Uid> uids) {
  std::vector<std::vector<EdgeRow>> edges(uids.size());
  // Those in which a record is the larger come first: the other is smaller.
  for (Statement* statement : {&by_b_, &by_a_}) {
    Rows rows(*statement, uids);
    while (rows.Next()) {
      absl::StatusOr<EdgeRow> edge = Read(rows);
      if (!edge.ok()) return edge.status();
      edges[rows.Uint(0)].push_back(*std::move(edge));
    }
    if (!rows.status().ok()) return rows.status();
  }
  return edges;
}

absl::StatusOr<std::vector<EdgeRow>> EdgeTable::List(EdgeKey after,
                                                     size_t limit) {
  std::vector<EdgeRow> edges;
  Rows rows(list_, after.a, after.b, limit);
  while (rows.Next()) {
    absl::StatusOr<EdgeRow> edge = Read(rows);
    if (!edge.ok()) return edge.status();
    edges.push_back(*std::move(edge));
  }
  if (!rows.status().ok()) return rows.status();
  return edges;
}

absl::Status EdgeTable::Verify(std::span<const ReadSet::Edges> reads) {
  std::vector<Uid> uids;
  uids.reserve(reads.size());
  for (const ReadSet::Edges& read : reads) uids.push_back(read.uid);
  const absl::StatusOr<std::vector<std::vector<EdgeRow>>> edges = Of(uids);
  if (!edges.ok()) return edges.status();
  for (size_t i = 0; i < reads.size(); ++i) {
    const auto other = [&](const EdgeRow& edge) {
      return edge.a == reads[i].uid ? edge.b : edge.a;
    };
    if (!std::ranges::equal((*edges)[i], reads[i].others, {}, other)) {
      return absl::AbortedError("an edge moved since it was read");
    }
  }
  return absl::OkStatus();
}

absl::Status EdgeTable::Put(const EdgeRow& edge, int64_t& change) {
  if (edge.a >= edge.b) {
    return absl::InvalidArgumentError(
        absl::StrCat(PlaceOf(edge), " does not rise"));
  }
  const int64_t sum = SumOf(key_, edge);
  if (absl::Status status = insert_.Run(edge.a, edge.b, edge.bytes, sum);
      !status.ok()) {
    return status;
  }
  if (sqlite3_changes(connection_.handle()) == 1) {
    ++change;
    return absl::OkStatus();
  }
  return update_.Run(edge.bytes, sum, edge.a, edge.b);
}

absl::Status EdgeTable::Remove(const EdgeKey& edge, int64_t& change) {
  if (absl::Status status = remove_.Run(edge.a, edge.b); !status.ok()) {
    return status;
  }
  change -= sqlite3_changes(connection_.handle());
  return absl::OkStatus();
}

uint64_t EdgeTable::Check(Findings& findings) {
  uint64_t count = 0;
  Statement all(connection_,
                absl::StrCat("SELECT 0", kColumns, "FROM edge ORDER BY a, b"));
  Rows rows(all);
  while (rows.Next()) {
    ++count;
    const EdgeRow edge = EdgeOf(rows);
    if (rows.Int(kSumColumn) != SumOf(key_, edge)) {
      findings.Add("edge", PlaceOf(edge), kBadChecksum);
    }
  }
  findings.Add("edge", rows.status());
  return count;
}

}  // namespace waystation::storage::sqlite
