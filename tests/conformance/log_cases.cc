// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "proto/auditlog/tiles.h"
#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using auditlog::Hash;
using storage::Batch;
using storage::CheckpointRow;
using storage::CosignatureRow;
using storage::LeafRow;
using storage::Store;
using storage::Uid;
using testing::ElementsAre;
using testing::IsEmpty;

// The store as proofs read it.
class StoredTiles : public auditlog::TileReader {
 public:
  explicit StoredTiles(const Store& store) : store_(store) {}
  absl::StatusOr<std::vector<Hash>> ReadTile(uint32_t level, uint64_t index,
                                             uint32_t width) const override {
    return store_.ReadTile(level, index, width);
  }

 private:
  const Store& store_;
};

TEST_P(Log, NumbersLeavesWithoutGap) {
  std::vector<LeafRow> all;
  for (const size_t size : {1, 300, 2, 40}) {
    Batch batch = NewBatch();
    while (batch.leaves.size() < size) batch.leaves.push_back(NewLeaf({5, 6}));
    const storage::Committed committed = Commit(batch);
    EXPECT_EQ(committed.first_leaf, all.size());
    for (LeafRow leaf : batch.leaves) {
      leaf.index = all.size();
      all.push_back(leaf);
    }
    EXPECT_EQ(committed.log_size, all.size());
  }
  EXPECT_EQ(Take(store().ReadLeaves(0, 1000, true)), all);
  const std::vector<LeafRow> some = Take(store().ReadLeaves(299, 3, false));
  ASSERT_EQ(some.size(), 3);
  for (size_t i = 0; i < some.size(); ++i) {
    EXPECT_EQ(some[i].index, 299 + i);
    EXPECT_EQ(some[i].event, all[299 + i].event);
    EXPECT_THAT(some[i].details, IsEmpty());
  }
  EXPECT_THAT(Take(store().ReadLeaves(all.size(), 3, true)), IsEmpty());
}

TEST_P(Log, KeepsDetailsOfAFrame) {
  Batch batch = NewBatch();
  std::vector<Uid> uids;
  for (Uid uid = 0; uid < 256; ++uid) uids.push_back(uid << 20);
  batch.leaves.push_back(NewLeaf(uids));
  batch.leaves.back().details[3].sealed = Seal(std::string(3000, 'd'));
  batch.leaves.back().details[4].sealed.clear();  // Erased.
  Commit(batch);
  EXPECT_EQ(Take(store().ReadLeaves(1, 1, true)).front().details,
            batch.leaves.back().details);
}

TEST_P(Log, LetsGoOfWhatADetailHasSealed) {
  Batch batch = NewBatch();
  batch.leaves.push_back(NewLeaf({5, 6, 7}));
  Commit(batch);
  const auditlog::Frontier before = Take(store().LoadFrontier());
  const LeafRow held = Take(store().ReadLeaves(1, 1, true)).front();

  Batch shredding = NewBatch();
  shredding.details = {{1, 2, Seal("a rest")}, {1, 0, ""}};
  const LeafRow own = shredding.leaves.front();
  Commit(shredding);
  LeafRow want = held;
  want.details[0].sealed.clear();
  want.details[2].sealed = Seal("a rest");
  Reopen();
  EXPECT_EQ(Take(store().ReadLeaves(1, 1, true)).front(), want);
  auditlog::Frontier frontier = before;
  frontier.Append(auditlog::LeafHash(own.event));
  EXPECT_EQ(Take(store().LoadFrontier()), frontier)
      << "the log commits to hashes, which stay";
  EXPECT_THAT(Take(store().Check({})), IsEmpty());
}

TEST_P(Log, IsAMerkleTree) {
  // Until a tile of the second level is full and a third level begins.
  constexpr size_t kLeaves = 256 * 256 + 300;
  constexpr size_t kStep = 9'000;
  auditlog::Frontier frontier;
  std::vector<std::pair<uint64_t, Hash>> roots;
  while (frontier.size() < kLeaves) {
    Batch batch = NewBatch();
    while (batch.leaves.size() < std::min(kStep, kLeaves - frontier.size())) {
      batch.leaves.push_back(NewLeaf());
    }
    for (const LeafRow& leaf : batch.leaves) {
      frontier.Append(auditlog::LeafHash(leaf.event));
    }
    Commit(batch);
    EXPECT_EQ(Take(store().LoadFrontier()), frontier);
    roots.emplace_back(frontier.size(), frontier.Root());
  }
  Reopen();
  EXPECT_EQ(Take(store().LoadFrontier()), frontier);

  const StoredTiles tiles(store());
  for (const auto& [size, root] : roots) {
    EXPECT_EQ(Take(auditlog::RootAt(size, tiles)), root);
    const auditlog::Proof proof =
        Take(auditlog::BuildConsistencyProof(size, frontier.size(), tiles));
    EXPECT_TRUE(auditlog::VerifyConsistency(size, frontier.size(), proof, root,
                                            frontier.Root())
                    .ok());
  }
  for (const uint64_t index : {uint64_t{0}, uint64_t{255}, uint64_t{65'535},
                               uint64_t{65'536}, uint64_t{kLeaves - 1}}) {
    const auditlog::Proof proof =
        Take(auditlog::BuildInclusionProof(index, frontier.size(), tiles));
    const LeafRow leaf = Take(store().ReadLeaves(index, 1, false)).front();
    EXPECT_TRUE(auditlog::VerifyInclusion(auditlog::LeafHash(leaf.event), index,
                                          frontier.size(), proof,
                                          frontier.Root())
                    .ok());
  }
  EXPECT_THAT(Take(store().Check({})), IsEmpty());
}

TEST_P(Log, ShowsTilesAsWideAsAskedFor) {
  Batch batch = NewBatch();
  while (batch.leaves.size() < 600) batch.leaves.push_back(NewLeaf());
  Commit(batch);
  const auto hashes = [&](size_t first, size_t width) {
    std::vector<Hash> expected;
    for (size_t i = first; i < first + width; ++i) {
      expected.push_back(auditlog::LeafHash(batch.leaves[i].event));
    }
    return expected;
  };
  EXPECT_EQ(Take(store().ReadTile(0, 0, 256)), hashes(0, 256));
  EXPECT_EQ(Take(store().ReadTile(0, 1, 10)), hashes(256, 10));
  EXPECT_EQ(Take(store().ReadTile(0, 2, 88)), hashes(512, 88));  // The edge.
  EXPECT_EQ(Take(store().ReadTile(0, 2, 3)), hashes(512, 3));
  EXPECT_EQ(Take(store().ReadTile(1, 0, 2)).size(), 2);
  EXPECT_EQ(Take(store().ReadTile(1, 0, 1)).size(), 1);
  using enum absl::StatusCode;
  EXPECT_THAT(store().ReadTile(0, 2, 89), HasCode(kNotFound));
  EXPECT_THAT(store().ReadTile(0, 3, 1), HasCode(kNotFound));
  EXPECT_THAT(store().ReadTile(1, 0, 3), HasCode(kNotFound));
  EXPECT_THAT(store().ReadTile(2, 0, 1), HasCode(kNotFound));
}

TEST_P(Log, IsEmptyAtFirst) {
  EXPECT_EQ(store().NewestGroup(), 0);
  EXPECT_EQ(Take(store().LoadFrontier()), auditlog::Frontier());
  EXPECT_THAT(Take(store().ReadLeaves(0, 10, true)), IsEmpty());
  EXPECT_EQ(Take(store().NewestCheckpoint()), std::nullopt);
  EXPECT_THAT(Take(store().Check({})), IsEmpty());
}

TEST_P(Log, KeepsCheckpoints) {
  for (int i = 0; i < 5; ++i) CommitSomething();
  const CheckpointRow two{2, "note of two", 20};
  const CheckpointRow four{4, "note of four", 40};
  ASSERT_TRUE(store().PutCheckpoint(four).ok());
  ASSERT_TRUE(store().PutCheckpoint(two).ok());
  EXPECT_THAT(Take(store().ListCheckpoints(0, 10)), ElementsAre(two, four));
  EXPECT_THAT(Take(store().ListCheckpoints(0, 1)), ElementsAre(two));
  EXPECT_THAT(Take(store().ListCheckpoints(2, 10)), ElementsAre(four));
  EXPECT_EQ(Take(store().NewestCheckpoint()), four);
  const CheckpointRow again{4, "note of four, signed again", 41};
  ASSERT_TRUE(store().PutCheckpoint(again).ok());
  EXPECT_THAT(Take(store().ListCheckpoints(0, 10)), ElementsAre(two, again));
  EXPECT_EQ(store().PutCheckpoint({6, "too long", 60}).code(),
            absl::StatusCode::kInvalidArgument);
  Reopen();
  EXPECT_EQ(Take(store().NewestCheckpoint()), again);
}

TEST_P(Log, KeepsCosignatures) {
  for (int i = 0; i < 6; ++i) CommitSomething();
  const CosignatureRow labor{4, "labor.320500", 0x80000001, "of four"};
  EXPECT_EQ(store().PutCosignature(labor).code(),
            absl::StatusCode::kInvalidArgument);  // No such checkpoint yet.
  for (const uint64_t size : {2, 4, 6}) {
    ASSERT_TRUE(store().PutCheckpoint({size, "note", 5}).ok());
  }
  const CosignatureRow health{4, "health.320500", 7, "of four too"};
  const CosignatureRow second_key{4, "labor.320500", 5, "by another key"};
  const CosignatureRow earlier{2, "labor.320500", 5, "of two"};
  for (const CosignatureRow& row : {labor, health, second_key, earlier}) {
    ASSERT_TRUE(store().PutCosignature(row).ok());
  }
  EXPECT_THAT(Take(store().ListCosignatures(0, 10)),
              ElementsAre(earlier, health, second_key, labor));
  EXPECT_THAT(Take(store().ListCosignatures(3, 4)),
              ElementsAre(health, second_key, labor));
  EXPECT_THAT(Take(store().ListCosignatures(5, ~uint64_t{0})), IsEmpty());
  EXPECT_THAT(Take(store().CosignedSizes(~uint64_t{0}, 10)), ElementsAre(4, 2));
  EXPECT_THAT(Take(store().CosignedSizes(~uint64_t{0}, 1)), ElementsAre(4));
  EXPECT_THAT(Take(store().CosignedSizes(4, 10)), ElementsAre(2));
  EXPECT_EQ(Take(store().LargestCosigned("labor.320500")), 4);
  EXPECT_EQ(Take(store().LargestCosigned("labor.32050")), std::nullopt);

  // One key signs one checkpoint once; a later time takes its place.
  const CosignatureRow anew{4, "labor.320500", 5, "by another key, later"};
  ASSERT_TRUE(store().PutCosignature(anew).ok());
  // And a checkpoint that is put again keeps them.
  ASSERT_TRUE(store().PutCheckpoint({4, "note again", 6}).ok());
  Reopen();
  EXPECT_THAT(Take(store().ListCosignatures(0, 10)),
              ElementsAre(earlier, health, anew, labor));
  EXPECT_THAT(Take(store().Check({})), IsEmpty());
}

}  // namespace
}  // namespace waystation::conformance
