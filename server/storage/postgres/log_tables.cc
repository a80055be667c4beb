// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/log_tables.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/postgres/limits.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::postgres {
namespace {

#define WAYSTATION_CHECKPOINT_COLUMNS "size, note, time, sum FROM checkpoint "
#define WAYSTATION_COSIGNATURE_COLUMNS \
  "size, witness, key, signature, sum FROM cosignature "

constexpr Statement kEvents{
    "leaf_events",
    "SELECT number, event_sum, event FROM leaf WHERE number >= $1::bigint "
    "ORDER BY number LIMIT $2::bigint"};
constexpr Statement kLeaves{
    "leaf_list",
    "SELECT number, event_sum, event, details_sum, details FROM leaf "
    "WHERE number >= $1::bigint ORDER BY number LIMIT $2::bigint"};
constexpr Statement kInsertLeaves{
    "leaf_insert",
    "INSERT INTO leaf (number, event_sum, details_sum, event, details) "
    "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], "
    "$4::bytea[], $5::bytea[])"};
constexpr Statement kUpdateDetails{
    "leaf_update",
    "UPDATE leaf SET details_sum = new.details_sum, details = new.details "
    "FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) "
    "AS new (number, details_sum, details) WHERE leaf.number = new.number"};
constexpr Statement kTile{"tile",
                          "SELECT level, number, hashes, sum FROM tile "
                          "WHERE level = $1::bigint AND number = $2::bigint"};
constexpr Statement kPutTiles{
    "tile_put",
    "INSERT INTO tile (level, number, hashes, sum) "
    "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], "
    "$4::bigint[]) ON CONFLICT (level, number) DO UPDATE "
    "SET hashes = excluded.hashes, sum = excluded.sum"};
constexpr Statement kListCheckpoints{
    "checkpoint_list",
    "SELECT " WAYSTATION_CHECKPOINT_COLUMNS
    "WHERE size > $1::bigint ORDER BY size LIMIT $2::bigint"};
constexpr Statement kNewestCheckpoint{"checkpoint_newest",
                                      "SELECT " WAYSTATION_CHECKPOINT_COLUMNS
                                      "ORDER BY size DESC LIMIT 1"};
constexpr Statement kPutCheckpoint{
    "checkpoint_put",
    "INSERT INTO checkpoint (size, note, time, sum) "
    "VALUES ($1::bigint, $2::bytea, $3::bigint, $4::bigint) "
    "ON CONFLICT (size) DO UPDATE SET note = excluded.note, "
    "time = excluded.time, sum = excluded.sum"};
constexpr Statement kListCosignatures{
    "cosignature_list", "SELECT " WAYSTATION_COSIGNATURE_COLUMNS
                        "WHERE size BETWEEN $1::bigint AND $2::bigint "
                        "ORDER BY size, witness, key"};
constexpr Statement kCosignedSizes{
    "cosignature_sizes",
    "SELECT DISTINCT size FROM cosignature WHERE size < $1::bigint "
    "ORDER BY size DESC LIMIT $2::bigint"};
constexpr Statement kLargestCosigned{
    "cosignature_largest",
    "SELECT size FROM cosignature WHERE witness = $1::bytea "
    "ORDER BY size DESC LIMIT 1"};
constexpr Statement kPutCosignature{
    "cosignature_put",
    "INSERT INTO cosignature (size, witness, key, signature, sum) "
    "SELECT $1::bigint, $2::bytea, $3::bigint, $4::bytea, $5::bigint "
    "WHERE EXISTS (SELECT FROM checkpoint WHERE size = $1::bigint) "
    "ON CONFLICT (size, witness, key) DO UPDATE "
    "SET signature = excluded.signature, sum = excluded.sum"};

constexpr const Statement* kStatements[] = {
    &kEvents,        &kLeaves,           &kInsertLeaves,    &kUpdateDetails,
    &kTile,          &kPutTiles,         &kListCheckpoints, &kNewestCheckpoint,
    &kPutCheckpoint, &kListCosignatures, &kCosignedSizes,   &kLargestCosigned,
    &kPutCosignature};

CheckpointRow CheckpointOf(const Result& result, int row) {
  return {result.Uint(row, 0), std::string(result.Bytes(row, 1)),
          result.Int(row, 2)};
}
constexpr int kCheckpointSum = 3;

CosignatureRow CosignatureOf(const Result& result, int row) {
  return {.size = result.Uint(row, 0),
          .witness = std::string(result.Bytes(row, 1)),
          .key = result.As(row, 2),
          .signature = std::string(result.Bytes(row, 3))};
}
constexpr int kCosignatureSum = 4;

// What a growing tree reads of the stored log.
class StoredTiles : public auditlog::TileReader {
 public:
  explicit StoredTiles(const LogTables& tables) : tables_(tables) {}
  absl::StatusOr<std::vector<auditlog::Hash>> ReadTile(
      uint32_t level, uint64_t index, uint32_t width) const override {
    return tables_.ReadTile(level, index, width);
  }

 private:
  const LogTables& tables_;
};

}  // namespace

std::span<const Statement* const> LogTables::Statements() {
  return kStatements;
}

// --- reading ---

absl::StatusOr<std::vector<LeafRow>> LogTables::LeavesIn(
    const Result& result, uint64_t first, bool with_details) const {
  std::vector<LeafRow> leaves;
  for (int row = 0; row < result.rows(); ++row) {
    LeafRow& leaf = leaves.emplace_back();
    leaf.index = result.Uint(row, 0);
    leaf.event = std::string(result.Bytes(row, 2));
    if (result.Int(row, 1) != SumOfEvent(key_, leaf.index, leaf.event) ||
        (with_details &&
         result.Int(row, 3) !=
             SumOfDetails(key_, leaf.index, result.Bytes(row, 4)))) {
      return Damaged(PlaceOfLeaf(leaf.index));
    }
    if (leaf.index != first + leaves.size() - 1) {
      return Damaged(PlaceOfLeaf(first + leaves.size() - 1), "it is missing");
    }
    if (with_details) leaf.details = UnpackDetails(result.Bytes(row, 4));
  }
  return leaves;
}

absl::StatusOr<std::vector<LeafRow>> LogTables::ReadLeaves(
    uint64_t first, size_t limit, bool with_details) const {
  const auto result = connection_.Run(with_details ? kLeaves : kEvents,
                                      Parameters(Within(first), Within(limit)));
  if (!result.ok()) return result.status();
  return LeavesIn(*result, first, with_details);
}

void LogTables::ReadEvents(uint64_t first, size_t limit,
                           std::vector<LeafRow>& leaves,
                           Pipeline& pipeline) const {
  pipeline.Add(kEvents, Parameters(Within(first), Within(limit)),
               [this, first, &leaves](const Result& result) -> absl::Status {
                 auto read = LeavesIn(result, first, /*with_details=*/false);
                 if (!read.ok()) return read.status();
                 leaves = *std::move(read);
                 return absl::OkStatus();
               });
}

absl::StatusOr<std::vector<auditlog::Hash>> LogTables::HashesIn(
    const Result& result) const {
  if (result.rows() == 0) return std::vector<auditlog::Hash>();
  const auto level = result.As(0, 0);
  const uint64_t index = result.Uint(0, 1);
  if (result.Int(0, 3) != SumOfTile(key_, level, index, result.Bytes(0, 2))) {
    return Damaged(PlaceOfTile(level, index));
  }
  return auditlog::ParseTile(result.Bytes(0, 2));
}

absl::StatusOr<std::vector<auditlog::Hash>> LogTables::ReadTile(
    uint32_t level, uint64_t index, uint32_t width) const {
  if (width == 0 || width > auditlog::kTileWidth) {
    return absl::InvalidArgumentError("a tile is 1 to 256 hashes wide");
  }
  const auto result = connection_.Run(kTile, Parameters(level, Within(index)));
  if (!result.ok()) return result.status();
  auto hashes = HashesIn(*result);
  if (!hashes.ok()) return hashes.status();
  // The unfinished tile of level 0 is the last leaves of the log.
  if (hashes->empty() && level == 0) {
    const auto leaves = ReadLeaves(index * auditlog::kTileWidth, width,
                                   /*with_details=*/false);
    if (!leaves.ok()) return leaves.status();
    for (const LeafRow& leaf : *leaves) {
      hashes->push_back(auditlog::LeafHash(leaf.event));
    }
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
    const Result& result) const {
  std::vector<CheckpointRow> checkpoints;
  for (int row = 0; row < result.rows(); ++row) {
    checkpoints.push_back(CheckpointOf(result, row));
    if (result.Int(row, kCheckpointSum) != SumOf(key_, checkpoints.back())) {
      return Damaged(PlaceOf(checkpoints.back()));
    }
  }
  return checkpoints;
}

absl::StatusOr<std::vector<CheckpointRow>> LogTables::ListCheckpoints(
    uint64_t after, size_t limit) const {
  const auto result = connection_.Run(kListCheckpoints,
                                      Parameters(Within(after), Within(limit)));
  if (!result.ok()) return result.status();
  return CheckpointsIn(*result);
}

absl::StatusOr<std::optional<CheckpointRow>> LogTables::NewestCheckpoint()
    const {
  const auto result = connection_.Run(kNewestCheckpoint);
  if (!result.ok()) return result.status();
  auto checkpoints = CheckpointsIn(*result);
  if (!checkpoints.ok()) return checkpoints.status();
  if (checkpoints->empty()) return std::nullopt;
  return std::move(checkpoints->front());
}

absl::StatusOr<std::vector<CosignatureRow>> LogTables::ListCosignatures(
    uint64_t first, uint64_t last) const {
  const auto result = connection_.Run(kListCosignatures,
                                      Parameters(Within(first), Within(last)));
  if (!result.ok()) return result.status();
  std::vector<CosignatureRow> cosignatures;
  for (int row = 0; row < result->rows(); ++row) {
    cosignatures.push_back(CosignatureOf(*result, row));
    if (result->Int(row, kCosignatureSum) != SumOf(key_, cosignatures.back())) {
      return Damaged(PlaceOf(cosignatures.back()));
    }
  }
  return cosignatures;
}

absl::StatusOr<std::vector<uint64_t>> LogTables::CosignedSizes(
    uint64_t before, size_t limit) const {
  const auto result = connection_.Run(
      kCosignedSizes, Parameters(Within(before), Within(limit)));
  if (!result.ok()) return result.status();
  std::vector<uint64_t> sizes;
  for (int row = 0; row < result->rows(); ++row) {
    sizes.push_back(result->Uint(row, 0));
  }
  return sizes;
}

absl::StatusOr<std::optional<uint64_t>> LogTables::LargestCosigned(
    std::string_view witness) const {
  const auto result = connection_.Run(kLargestCosigned, Parameters(witness));
  if (!result.ok()) return result.status();
  if (result->rows() == 0) return std::nullopt;
  return result->Uint(0, 0);
}

absl::StatusOr<auditlog::TreeAppender> LogTables::LoadTree(
    uint64_t size) const {
  return auditlog::TreeAppender::Load(size, StoredTiles(*this));
}

// --- writing ---

absl::Status LogTables::PutDetails(const Batch& batch,
                                   Pipeline& pipeline) const {
  std::map<uint64_t, LeafRow> leaves;
  for (const DetailPut& put : batch.details) {
    auto leaf = leaves.find(put.leaf);
    if (leaf == leaves.end()) {
      const auto read = ReadLeaves(put.leaf, 1, /*with_details=*/true);
      if (!read.ok()) return read.status();
      leaf = leaves.emplace(put.leaf, read->empty() ? LeafRow() : read->front())
                 .first;
    }
    if (put.detail >= leaf->second.details.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(PlaceOfLeaf(put.leaf), " has no detail ", put.detail));
    }
    leaf->second.details[put.detail].sealed = put.sealed;
  }
  if (leaves.empty()) return absl::OkStatus();
  std::vector<std::pair<uint64_t, std::string>> packed;
  for (const auto& [index, leaf] : leaves) {
    packed.emplace_back(index, PackDetails(leaf.details));
  }
  using Packed = std::pair<uint64_t, std::string>;
  pipeline.Add(kUpdateDetails,
               Parameters()
                   .AddNumbers(packed, &Packed::first)
                   .AddNumbers(packed,
                               [&](const Packed& one) {
                                 return SumOfDetails(key_, one.first,
                                                     one.second);
                               })
                   .AddBytes(packed, &Packed::second),
               [count = packed.size()](const Result& result) -> absl::Status {
                 return result.written() == static_cast<int64_t>(count)
                            ? absl::OkStatus()
                            : Damaged("leaf", "a row is missing");
               });
  return absl::OkStatus();
}

void LogTables::Append(uint64_t first, std::span<const LeafRow> leaves,
                       std::span<const auditlog::Tile> tiles,
                       Pipeline& pipeline) const {
  struct Packed {
    uint64_t index;
    const LeafRow* leaf;
    std::string details;
  };
  std::vector<Packed> packed;
  packed.reserve(leaves.size());
  for (const LeafRow& leaf : leaves) {
    packed.push_back({first + packed.size(), &leaf, PackDetails(leaf.details)});
  }
  pipeline.Add(
      kInsertLeaves,
      Parameters()
          .AddNumbers(packed, &Packed::index)
          .AddNumbers(packed,
                      [&](const Packed& one) {
                        return SumOfEvent(key_, one.index, one.leaf->event);
                      })
          .AddNumbers(packed,
                      [&](const Packed& one) {
                        return SumOfDetails(key_, one.index, one.details);
                      })
          .AddBytes(packed,
                    [](const Packed& one) -> const std::string& {
                      return one.leaf->event;
                    })
          .AddBytes(packed, &Packed::details));
  if (tiles.empty()) return;
  struct Hashes {
    const auditlog::Tile* tile;
    std::string bytes;
  };
  std::vector<Hashes> put;
  put.reserve(tiles.size());
  for (const auditlog::Tile& tile : tiles) {
    put.push_back({&tile, auditlog::TileBytes(tile.hashes)});
  }
  pipeline.Add(
      kPutTiles,
      Parameters()
          .AddNumbers(put, [](const Hashes& one) { return one.tile->level; })
          .AddNumbers(put, [](const Hashes& one) { return one.tile->index; })
          .AddBytes(put, &Hashes::bytes)
          .AddNumbers(put, [&](const Hashes& one) {
            return SumOfTile(key_, one.tile->level, one.tile->index, one.bytes);
          }));
}

absl::Status LogTables::Put(const CheckpointRow& checkpoint) const {
  return connection_
      .Run(kPutCheckpoint, Parameters(checkpoint.size, checkpoint.note,
                                      checkpoint.time, SumOf(key_, checkpoint)))
      .status();
}

absl::Status LogTables::Put(const CosignatureRow& cosignature) const {
  const auto result = connection_.Run(
      kPutCosignature,
      Parameters(Within(cosignature.size), cosignature.witness, cosignature.key,
                 cosignature.signature, SumOf(key_, cosignature)));
  if (!result.ok()) return result.status();
  return result->written() == 1
             ? absl::OkStatus()
             : absl::InvalidArgumentError("there is no such checkpoint");
}

// --- checking ---

void LogTables::Check(const auditlog::Frontier& frontier,
                      Findings& findings) const {
  const auditlog::TreeAppender tree = CheckLeaves(findings);
  if (tree.frontier() != frontier) {
    findings.Add("commit_group", "frontier",
                 "it is not that of the stored leaves");
  }
  CheckTiles(frontier.size(), findings);
  CheckCheckpoints(frontier.size(), findings);
}

void LogTables::CheckCheckpoints(uint64_t size, Findings& findings) const {
  findings.Add("checkpoint",
               connection_.Walk(
                   "SELECT " WAYSTATION_CHECKPOINT_COLUMNS "ORDER BY size",
                   [&](const Result& result, int row) {
                     const CheckpointRow held = CheckpointOf(result, row);
                     if (result.Int(row, kCheckpointSum) != SumOf(key_, held)) {
                       findings.Add("checkpoint", PlaceOf(held), kBadChecksum);
                     } else if (held.size > size) {
                       findings.Add("checkpoint", PlaceOf(held),
                                    "the log is not that long");
                     }
                   }));
  findings.Add(
      "cosignature",
      connection_.Walk(
          "SELECT " WAYSTATION_COSIGNATURE_COLUMNS
          "ORDER BY size, witness, key",
          [&](const Result& result, int row) {
            const CosignatureRow held = CosignatureOf(result, row);
            if (result.Int(row, kCosignatureSum) != SumOf(key_, held)) {
              findings.Add("cosignature", PlaceOf(held), kBadChecksum);
            }
          }));
}

auditlog::TreeAppender LogTables::CheckLeaves(Findings& findings) const {
  // A frame's details are up to a megabyte.
  constexpr int kAtATime = 64;
  auditlog::TreeAppender tree;
  findings.Add(
      "leaf",
      connection_.Walk(
          "SELECT number, event_sum, event, details_sum, details FROM leaf "
          "ORDER BY number",
          [&](const Result& result, int row) {
            const uint64_t index = result.Uint(row, 0);
            const std::string_view event = result.Bytes(row, 2);
            if (result.Int(row, 1) != SumOfEvent(key_, index, event) ||
                result.Int(row, 3) !=
                    SumOfDetails(key_, index, result.Bytes(row, 4))) {
              findings.Add("leaf", PlaceOfLeaf(index), kBadChecksum);
            } else if (index != tree.size()) {
              findings.Add("leaf", PlaceOfLeaf(tree.size()), "it is missing");
            }
            const auditlog::Hash hash = auditlog::LeafHash(event);
            for (const auditlog::Tile& tile : tree.Append({&hash, 1})) {
              // A tile above level 0 is complete, or final, when its log is.
              if (tile.hashes.size() == auditlog::kTileWidth) {
                CheckTile(tile, findings);
              }
            }
          },
          kAtATime));
  for (const auditlog::Tile& tile : tree.UnfinishedTiles()) {
    if (tile.level > 0) CheckTile(tile, findings);
  }
  return tree;
}

void LogTables::CheckTile(const auditlog::Tile& tile,
                          Findings& findings) const {
  const std::string place = PlaceOfTile(tile.level, tile.index);
  const auto result =
      connection_.Run(kTile, Parameters(tile.level, tile.index));
  if (!result.ok()) {
    findings.Add("tile", result.status());
    return;
  }
  const auto hashes = HashesIn(*result);
  if (!hashes.ok()) {
    findings.Add("tile", place, kBadChecksum);
  } else if (hashes->empty()) {
    findings.Add("tile", place, "it is missing");
  } else if (*hashes != tile.hashes) {
    findings.Add("tile", place, "it is not that of the stored leaves");
  }
}

// Those that the leaves ask for are there; there are no others.
void LogTables::CheckTiles(uint64_t size, Findings& findings) const {
  const uint64_t expected = TilesOf(size);
  findings.Add("tile", connection_.Walk("SELECT count(*) FROM tile",
                                        [&](const Result& result, int row) {
                                          if (result.Uint(row, 0) != expected) {
                                            findings.Add(
                                                "tile", "tile",
                                                "rows are missing or too many");
                                          }
                                        }));
}

#undef WAYSTATION_CHECKPOINT_COLUMNS
#undef WAYSTATION_COSIGNATURE_COLUMNS

}  // namespace waystation::storage::postgres
