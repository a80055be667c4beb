// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/log_tables.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::sqlite {
namespace {

constexpr char kSelectEvents[] = "SELECT number, event_sum, event FROM leaf ";
constexpr char kSelectLeaves[] =
    "SELECT number, event_sum, event, details_sum, details FROM leaf ";
constexpr char kSelectCheckpoints[] =
    "SELECT size, note, time, sum FROM checkpoint ";
constexpr char kSelectCosignatures[] =
    "SELECT size, witness, key, signature, sum FROM cosignature ";

CheckpointRow CheckpointOf(const Rows& rows) {
  return {rows.Uint(0), std::string(rows.Bytes(1)), rows.Int(2)};
}

CosignatureRow CosignatureOf(const Rows& rows) {
  return {.size = rows.Uint(0),
          .witness = std::string(rows.Bytes(1)),
          .key = static_cast<uint32_t>(rows.Uint(2)),
          .signature = std::string(rows.Bytes(3))};
}

// SQLite's numbers are signed: a log never gets longer.
uint64_t Within(uint64_t size) {
  return std::min<uint64_t>(size, std::numeric_limits<int64_t>::max());
}

// What a growing tree reads of the stored log.
class StoredTiles : public auditlog::TileReader {
 public:
  explicit StoredTiles(LogTables& tables) : tables_(tables) {}
  absl::StatusOr<std::vector<auditlog::Hash>> ReadTile(
      uint32_t level, uint64_t index, uint32_t width) const override {
    return tables_.ReadTile(level, index, width);
  }

 private:
  LogTables& tables_;
};

}  // namespace

LogTables::LogTables(Connection& connection, const ChecksumKey& key)
    : connection_(connection),
      key_(key),
      events_(connection,
              absl::StrCat(kSelectEvents,
                           "WHERE number >= ? ORDER BY number LIMIT ?")),
      leaves_(connection,
              absl::StrCat(kSelectLeaves,
                           "WHERE number >= ? ORDER BY number LIMIT ?")),
      insert_leaf_(connection,
                   "INSERT INTO leaf (number, event_sum, details_sum, event, "
                   "details) VALUES (?, ?, ?, ?, ?)"),
      update_details_(connection,
                      "UPDATE leaf SET details_sum = ?, details = ? "
                      "WHERE number = ?"),
      tile_(connection,
            "SELECT level, number, hashes, sum FROM tile "
            "WHERE level = ? AND number = ?"),
      put_tile_(connection,
                "INSERT OR REPLACE INTO tile (level, number, hashes, sum) "
                "VALUES (?, ?, ?, ?)"),
      list_checkpoints_(connection,
                        absl::StrCat(kSelectCheckpoints,
                                     "WHERE size > ? ORDER BY size LIMIT ?")),
      newest_checkpoint_(
          connection,
          absl::StrCat(kSelectCheckpoints, "ORDER BY size DESC LIMIT 1")),
      put_checkpoint_(connection,
                      "INSERT INTO checkpoint (size, note, time, sum) "
                      "VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                      "note = excluded.note, time = excluded.time, "
                      "sum = excluded.sum"),
      has_checkpoint_(connection, "SELECT 1 FROM checkpoint WHERE size = ?"),
      list_cosignatures_(connection,
                         absl::StrCat(kSelectCosignatures,
                                      "WHERE size BETWEEN ? AND ? "
                                      "ORDER BY size, witness, key")),
      cosigned_sizes_(connection,
                      "SELECT DISTINCT size FROM cosignature WHERE size < ? "
                      "ORDER BY size DESC LIMIT ?"),
      largest_cosigned_(connection,
                        "SELECT size FROM cosignature WHERE witness = ? "
                        "ORDER BY size DESC LIMIT 1"),
      put_cosignature_(connection,
                       "INSERT OR REPLACE INTO cosignature (size, witness, "
                       "key, signature, sum) VALUES (?, ?, ?, ?, ?)") {}

// --- reading ---

absl::StatusOr<std::vector<LeafRow>> LogTables::ReadLeaves(uint64_t first,
                                                           size_t limit,
                                                           bool with_details) {
  std::vector<LeafRow> leaves;
  // SQLite's numbers are signed: a log never gets that long.
  if (first > std::numeric_limits<int64_t>::max()) return leaves;
  Rows rows(with_details ? leaves_ : events_, first, limit);
  while (rows.Next()) {
    LeafRow& leaf = leaves.emplace_back();
    leaf.index = rows.Uint(0);
    leaf.event = std::string(rows.Bytes(2));
    if (rows.Int(1) != SumOfEvent(key_, leaf.index, leaf.event)) {
      return Damaged(PlaceOfLeaf(leaf.index));
    }
    if (leaf.index != first + leaves.size() - 1) {
      return Damaged(PlaceOfLeaf(first + leaves.size() - 1), "it is missing");
    }
    if (!with_details) continue;
    if (rows.Int(3) != SumOfDetails(key_, leaf.index, rows.Bytes(4))) {
      return Damaged(PlaceOfLeaf(leaf.index));
    }
    leaf.details = UnpackDetails(rows.Bytes(4));
  }
  if (!rows.status().ok()) return rows.status();
  return leaves;
}

absl::StatusOr<std::vector<auditlog::Hash>> LogTables::HashesOf(
    const Rows& rows) const {
  const auto level = static_cast<uint32_t>(rows.Uint(0));
  if (rows.Int(3) != SumOfTile(key_, level, rows.Uint(1), rows.Bytes(2))) {
    return Damaged(PlaceOfTile(level, rows.Uint(1)));
  }
  return auditlog::ParseTile(rows.Bytes(2));
}

// The unfinished tile of level 0 is the last leaves of the log.
absl::StatusOr<std::vector<auditlog::Hash>> LogTables::LeafHashes(
    uint64_t first, uint32_t count) {
  const absl::StatusOr<std::vector<LeafRow>> leaves =
      ReadLeaves(first, count, /*with_details=*/false);
  if (!leaves.ok()) return leaves.status();
  std::vector<auditlog::Hash> hashes;
  hashes.reserve(leaves->size());
  for (const LeafRow& leaf : *leaves) {
    hashes.push_back(auditlog::LeafHash(leaf.event));
  }
  return hashes;
}

absl::StatusOr<std::vector<auditlog::Hash>> LogTables::ReadTile(
    uint32_t level, uint64_t index, uint32_t width) {
  if (width == 0 || width > auditlog::kTileWidth) {
    return absl::InvalidArgumentError("a tile is 1 to 256 hashes wide");
  }
  absl::StatusOr<std::vector<auditlog::Hash>> hashes =
      std::vector<auditlog::Hash>();
  {
    Rows rows(tile_, level, index);
    if (rows.Next()) hashes = HashesOf(rows);
    if (!rows.status().ok()) return rows.status();
  }
  if (!hashes.ok()) return hashes.status();
  if (hashes->empty() && level == 0) {
    hashes = LeafHashes(index * auditlog::kTileWidth, width);
    if (!hashes.ok()) return hashes.status();
  }
  if (hashes->size() < width) {
    const std::string missing =
        level == 0 ? PlaceOfLeaf(index * auditlog::kTileWidth + hashes->size())
                   : PlaceOfTile(level, index);
    return absl::NotFoundError(
        absl::StrCat(missing, ": the log is not that long"));
  }
  return hashes;
}

absl::StatusOr<std::vector<CheckpointRow>> LogTables::CheckpointsIn(
    Rows& rows) const {
  std::vector<CheckpointRow> checkpoints;
  while (rows.Next()) {
    CheckpointRow checkpoint = CheckpointOf(rows);
    if (rows.Int(3) != SumOf(key_, checkpoint))
      return Damaged(PlaceOf(checkpoint));
    checkpoints.push_back(std::move(checkpoint));
  }
  if (!rows.status().ok()) return rows.status();
  return checkpoints;
}

absl::StatusOr<std::vector<CheckpointRow>> LogTables::ListCheckpoints(
    uint64_t after, size_t limit) {
  if (after > std::numeric_limits<int64_t>::max()) {
    return std::vector<CheckpointRow>();
  }
  Rows rows(list_checkpoints_, after, limit);
  return CheckpointsIn(rows);
}

absl::StatusOr<std::optional<CheckpointRow>> LogTables::NewestCheckpoint() {
  Rows rows(newest_checkpoint_);
  absl::StatusOr<std::vector<CheckpointRow>> checkpoints = CheckpointsIn(rows);
  if (!checkpoints.ok()) return checkpoints.status();
  if (checkpoints->empty()) return std::nullopt;
  return std::move(checkpoints->front());
}

absl::StatusOr<bool> LogTables::HasCheckpoint(uint64_t size) {
  Rows rows(has_checkpoint_, Within(size));
  const bool has = rows.Next();
  if (!rows.status().ok()) return rows.status();
  return has;
}

absl::StatusOr<std::vector<CosignatureRow>> LogTables::ListCosignatures(
    uint64_t first, uint64_t last) {
  std::vector<CosignatureRow> cosignatures;
  Rows rows(list_cosignatures_, Within(first), Within(last));
  while (rows.Next()) {
    CosignatureRow cosignature = CosignatureOf(rows);
    if (rows.Int(4) != SumOf(key_, cosignature))
      return Damaged(PlaceOf(cosignature));
    cosignatures.push_back(std::move(cosignature));
  }
  if (!rows.status().ok()) return rows.status();
  return cosignatures;
}

absl::StatusOr<std::vector<uint64_t>> LogTables::CosignedSizes(uint64_t before,
                                                               size_t limit) {
  std::vector<uint64_t> sizes;
  Rows rows(cosigned_sizes_, Within(before), limit);
  while (rows.Next()) sizes.push_back(rows.Uint(0));
  if (!rows.status().ok()) return rows.status();
  return sizes;
}

absl::StatusOr<std::optional<uint64_t>> LogTables::LargestCosigned(
    std::string_view witness) {
  std::optional<uint64_t> size;
  Rows rows(largest_cosigned_, witness);
  if (rows.Next()) size = rows.Uint(0);
  if (!rows.status().ok()) return rows.status();
  return size;
}

absl::StatusOr<auditlog::TreeAppender> LogTables::LoadTree(uint64_t size) {
  return auditlog::TreeAppender::Load(size, StoredTiles(*this));
}

// --- writing ---

absl::Status LogTables::Append(uint64_t index, const LeafRow& leaf) {
  const std::string details = PackDetails(leaf.details);
  return insert_leaf_.Run(index, SumOfEvent(key_, index, leaf.event),
                          SumOfDetails(key_, index, details), leaf.event,
                          details);
}

absl::Status LogTables::Put(uint64_t index,
                            std::span<const DetailPut* const> details) {
  absl::StatusOr<std::vector<LeafRow>> leaves =
      ReadLeaves(index, 1, /*with_details=*/true);
  if (!leaves.ok()) return leaves.status();
  for (const DetailPut* detail : details) {
    if (leaves->empty() || detail->detail >= leaves->front().details.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(PlaceOfLeaf(index), " has no detail ", detail->detail));
    }
    leaves->front().details[detail->detail].sealed = detail->sealed;
  }
  const std::string packed = PackDetails(leaves->front().details);
  return update_details_.Run(SumOfDetails(key_, index, packed), packed, index);
}

absl::Status LogTables::Put(const auditlog::Tile& tile) {
  const std::string hashes = auditlog::TileBytes(tile.hashes);
  return put_tile_.Run(tile.level, tile.index, hashes,
                       SumOfTile(key_, tile.level, tile.index, hashes));
}

absl::Status LogTables::Put(const CheckpointRow& checkpoint) {
  return put_checkpoint_.Run(checkpoint.size, checkpoint.note, checkpoint.time,
                             SumOf(key_, checkpoint));
}

absl::Status LogTables::Put(const CosignatureRow& cosignature) {
  const std::string_view witness = cosignature.witness;
  const std::string_view signature = cosignature.signature;
  return put_cosignature_.Run(cosignature.size, witness, cosignature.key,
                              signature, SumOf(key_, cosignature));
}

// --- checking ---

void LogTables::Check(const auditlog::Frontier& frontier, Findings& findings) {
  const auditlog::TreeAppender tree = CheckLeaves(findings);
  if (tree.frontier() != frontier) {
    findings.Add("commit_group", "frontier",
                 "it is not that of the stored leaves");
  }
  CheckTiles(frontier.size(), findings);
  CheckCheckpoints(frontier.size(), findings);
}

void LogTables::CheckCheckpoints(uint64_t size, Findings& findings) {
  Statement all(connection_, absl::StrCat(kSelectCheckpoints, "ORDER BY size"));
  Rows rows(all);
  while (rows.Next()) {
    const CheckpointRow checkpoint = CheckpointOf(rows);
    if (rows.Int(3) != SumOf(key_, checkpoint)) {
      findings.Add("checkpoint", PlaceOf(checkpoint), kBadChecksum);
    } else if (checkpoint.size > size) {
      findings.Add("checkpoint", PlaceOf(checkpoint),
                   "the log is not that long");
    }
  }
  findings.Add("checkpoint", rows.status());

  Statement signatures(connection_, kSelectCosignatures);
  Rows lines(signatures);
  while (lines.Next()) {
    const CosignatureRow cosignature = CosignatureOf(lines);
    if (lines.Int(4) != SumOf(key_, cosignature)) {
      findings.Add("cosignature", PlaceOf(cosignature), kBadChecksum);
    }
  }
  findings.Add("cosignature", lines.status());
}

auditlog::TreeAppender LogTables::CheckLeaves(Findings& findings) {
  auditlog::TreeAppender tree;
  Statement all(connection_, absl::StrCat(kSelectLeaves, "ORDER BY number"));
  Rows rows(all);
  while (rows.Next()) {
    const uint64_t index = rows.Uint(0);
    if (rows.Int(1) != SumOfEvent(key_, index, rows.Bytes(2)) ||
        rows.Int(3) != SumOfDetails(key_, index, rows.Bytes(4))) {
      findings.Add("leaf", PlaceOfLeaf(index), kBadChecksum);
    } else if (index != tree.size()) {
      findings.Add("leaf", PlaceOfLeaf(tree.size()), "it is missing");
    }
    const auditlog::Hash hash = auditlog::LeafHash(rows.Bytes(2));
    for (const auditlog::Tile& tile : tree.Append({&hash, 1})) {
      // A tile above level 0 is complete, or final, when its log is.
      if (tile.hashes.size() == auditlog::kTileWidth) CheckTile(tile, findings);
    }
  }
  findings.Add("leaf", rows.status());
  for (const auditlog::Tile& tile : tree.UnfinishedTiles()) {
    if (tile.level > 0) CheckTile(tile, findings);
  }
  return tree;
}

void LogTables::CheckTile(const auditlog::Tile& tile, Findings& findings) {
  const std::string place = PlaceOfTile(tile.level, tile.index);
  Rows rows(tile_, tile.level, tile.index);
  if (!rows.Next()) {
    if (rows.status().ok()) findings.Add("tile", place, "it is missing");
    findings.Add("tile", rows.status());
    return;
  }
  const absl::StatusOr<std::vector<auditlog::Hash>> hashes = HashesOf(rows);
  if (!hashes.ok()) {
    findings.Add("tile", place, kBadChecksum);
  } else if (*hashes != tile.hashes) {
    findings.Add("tile", place, "it is not that of the stored leaves");
  }
}

// Those that the leaves ask for are there; there are no others.
void LogTables::CheckTiles(uint64_t size, Findings& findings) {
  Statement count(connection_, "SELECT count(*) FROM tile");
  Rows rows(count);
  if (rows.Next() && rows.Uint(0) != TilesOf(size)) {
    findings.Add("tile", "tile", "rows are missing or too many");
  }
  findings.Add("tile", rows.status());
}

}  // namespace waystation::storage::sqlite
