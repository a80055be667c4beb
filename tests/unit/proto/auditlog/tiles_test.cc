// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/tiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "tests/unit/proto/auditlog/reference_tree.h"

namespace waystation::auditlog {
namespace {

// A store by the words of tiles.h: leaf rows, and the tile rows that an
// appender returned.
class MemoryLog final : public TileReader {
 public:
  void Append(std::span<const Hash> leaves) {
    leaves_.insert(leaves_.end(), leaves.begin(), leaves.end());
    for (Tile& tile : appender_.Append(leaves)) {
      ++rows_written_;
      rows_[{tile.level, tile.index}] = std::move(tile.hashes);
    }
  }

  absl::StatusOr<std::vector<Hash>> ReadTile(
      std::uint32_t level, std::uint64_t index,
      std::uint32_t width) const override {
    ++reads_;
    const auto row = rows_.find({level, index});
    if (row != rows_.end()) return row->second;
    const std::size_t begin = index * kTileWidth;
    if (level != 0 || begin + width > leaves_.size()) {
      return absl::NotFoundError("no such tile");
    }
    return std::vector<Hash>(
        leaves_.begin() + static_cast<std::ptrdiff_t>(begin),
        leaves_.begin() + static_cast<std::ptrdiff_t>(begin + width));
  }

  const TreeAppender& appender() const { return appender_; }
  const std::vector<Hash>& leaves() const { return leaves_; }
  auto& rows() { return rows_; }
  std::size_t rows_written() const { return rows_written_; }
  std::size_t reads() const { return reads_; }

 private:
  TreeAppender appender_;
  std::vector<Hash> leaves_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<Hash>> rows_;
  std::size_t rows_written_ = 0;
  mutable std::size_t reads_ = 0;
};

// 300 is past the first full tile, so that proofs mix both levels. Of large
// trees every fourth leaf is tried, another fourth in the next size.
TEST(Proofs, EqualTheDefinitionForEverySize) {
  reference::Trees trees(reference::Leaves(300));
  MemoryLog log;
  log.Append(trees.leaves());
  for (std::size_t size = 0; size <= 300; ++size) {
    ASSERT_EQ(*RootAt(size, log), trees.Root(size));
    const std::size_t step = size <= 40 ? 1 : 4;
    for (std::size_t index = size % step; index < size; index += step) {
      ASSERT_EQ(*BuildInclusionProof(index, size, log), trees.Path(index, size))
          << index << " of " << size;
      ASSERT_EQ(*BuildConsistencyProof(index + 1, size, log),
                trees.Consistency(index + 1, size))
          << index + 1 << " to " << size;
    }
    ASSERT_EQ(*BuildConsistencyProof(0, size, log), Proof());
    ASSERT_TRUE(
        absl::IsOutOfRange(BuildInclusionProof(size, size, log).status()));
    ASSERT_TRUE(absl::IsOutOfRange(
        BuildConsistencyProof(size + 1, size, log).status()));
  }
}

// Past 65,536 leaves a tile of level 1 is full and one of level 2 begins.
TEST(Proofs, HoldAcrossThreeLevels) {
  const std::size_t size = 2 * 65536 + 3 * 256 + 77;
  MemoryLog log;
  log.Append(reference::Leaves(size));
  const Hash root = log.appender().Root();
  ASSERT_EQ(*RootAt(size, log), root);
  for (const std::size_t index :
       {std::size_t{0}, std::size_t{255}, std::size_t{256}, std::size_t{65535},
        std::size_t{65536}, std::size_t{100000}, size - 78, size - 77,
        size - 1}) {
    const std::size_t before = log.reads();
    const auto proof = BuildInclusionProof(index, size, log);
    EXPECT_LE(log.reads() - before, 6u);
    EXPECT_TRUE(
        VerifyInclusion(log.leaves()[index], index, size, *proof, root).ok());
    const auto consistent = BuildConsistencyProof(index + 1, size, log);
    EXPECT_TRUE(VerifyConsistency(index + 1, size, *consistent,
                                  *RootAt(index + 1, log), root)
                    .ok());
  }
}

RC_GTEST_PROP(TreeAppender, RowsDoNotDependOnHowLeavesCame, ()) {
  const auto sizes =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange(0, 700));
  std::size_t total = 0;
  for (const std::size_t size : sizes) total += size;
  const std::vector<Hash> leaves = reference::Leaves(total);
  MemoryLog pieces;
  std::span<const Hash> rest = leaves;
  for (const std::size_t size : sizes) {
    pieces.Append(rest.first(size));
    rest = rest.subspan(size);
  }
  MemoryLog whole;
  whole.Append(leaves);
  RC_ASSERT(pieces.rows() == whole.rows());
  RC_ASSERT(pieces.appender().Root() == whole.appender().Root());
  RC_ASSERT(pieces.appender().Root() == reference::Root(leaves));
  RC_ASSERT(pieces.appender().UnfinishedTiles() ==
            whole.appender().UnfinishedTiles());
}

TEST(TreeAppender, ComesBackFromTheStoreAtAnySize) {
  const std::vector<Hash> leaves = reference::Leaves(800);
  MemoryLog log;
  for (const Hash& leaf : leaves) {
    const auto again = TreeAppender::Load(log.leaves().size(), log);
    ASSERT_TRUE(again.ok()) << again.status();
    ASSERT_EQ(again->frontier(), log.appender().frontier());
    ASSERT_EQ(again->UnfinishedTiles(), log.appender().UnfinishedTiles());
    log.Append({&leaf, 1});
  }
}

// After a crash the store may be asked for a size that it does not hold, or
// hold less than it should.
TEST(TreeAppender, SaysWhenTheStoreLacksATile) {
  MemoryLog log;
  log.Append(reference::Leaves(600));
  EXPECT_TRUE(absl::IsNotFound(TreeAppender::Load(601, log).status()));
  log.rows()[{1, 0}].pop_back();
  EXPECT_TRUE(absl::IsDataLoss(TreeAppender::Load(600, log).status()));
  EXPECT_TRUE(absl::IsDataLoss(RootAt(600, log).status()));
  log.rows().erase({1, 0});
  EXPECT_TRUE(absl::IsNotFound(TreeAppender::Load(600, log).status()));
  EXPECT_TRUE(absl::IsNotFound(BuildInclusionProof(3, 600, log).status()));
}

TEST(TreeAppender, WritesFewRows) {
  const std::size_t size = 65536 + 512;
  const std::vector<Hash> leaves = reference::Leaves(size);
  MemoryLog log;
  std::span<const Hash> rest = leaves;
  while (!rest.empty()) {  // Groups of four leaves.
    log.Append(rest.first(4));
    rest = rest.subspan(4);
  }
  // A full tile of level 0 and the tile above it for each 256 leaves, and one
  // of level 2 when a tile of level 1 became full.
  EXPECT_EQ(log.rows_written(), 2 * (size / 256) + 1);
}

TEST(TreeAppender, UnfinishedTilesCompleteAnExport) {
  const std::size_t size = 2 * 256 + 5;
  MemoryLog log;
  log.Append(reference::Leaves(size));
  const std::vector<Tile> tiles = log.appender().UnfinishedTiles();
  ASSERT_EQ(tiles.size(), 2u);
  EXPECT_EQ(tiles[0].level, 0u);
  EXPECT_EQ(tiles[0].index, 2u);
  EXPECT_EQ(tiles[0].hashes.size(), 5u);
  EXPECT_EQ(tiles[1].level, 1u);
  EXPECT_EQ(tiles[1].index, 0u);
  EXPECT_EQ(tiles[1].hashes.size(), 2u);
  EXPECT_EQ(tiles[1].hashes, log.rows().at({1, 0}));
  EXPECT_EQ(tiles[1].hashes[1], reference::Trees(log.leaves()).Root(256, 512));
}

// A changed bit in any stored tile changes the root that is computed from it.
TEST(RootAt, FindsAChangedTile) {
  const std::size_t size = 3 * 256 + 9;
  MemoryLog log;
  log.Append(reference::Leaves(size));
  const Hash root = *RootAt(size, log);
  log.rows().at({1, 0})[2][31] ^= 1;
  EXPECT_NE(*RootAt(size, log), root);
}

TEST(TilePath, FollowsTheSpecification) {
  EXPECT_EQ(TilePath(0, 0, 256), "tile/0/000");
  EXPECT_EQ(TilePath(0, 999, 256), "tile/0/999");
  EXPECT_EQ(TilePath(1, 1000, 256), "tile/1/x001/000");
  EXPECT_EQ(TilePath(0, 1234067, 256), "tile/0/x001/x234/067");
  EXPECT_EQ(TilePath(2, 273, 112), "tile/2/273.p/112");
}

TEST(ParseTile, IsTheInverseOfTileBytes) {
  const std::vector<Hash> leaves = reference::Leaves(256);
  for (const std::size_t width :
       {std::size_t{1}, std::size_t{100}, std::size_t{256}}) {
    const std::span tile(leaves.data(), width);
    const auto parsed = ParseTile(TileBytes(tile));
    EXPECT_TRUE(
        std::equal(parsed->begin(), parsed->end(), tile.begin(), tile.end()));
  }
  for (const std::string& wrong : {std::string(), std::string(31, 'x'),
                                   std::string(257 * kHashSize, 'x')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseTile(wrong).status()));
  }
}

}  // namespace
}  // namespace waystation::auditlog
