// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/storage/sqlite/store_story.h"

#include <gtest/gtest.h>

#include <vector>

#include "proto/auditlog/merkle.h"
#include "proto/auditlog/tiles.h"
#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

constexpr uint64_t kErasedIn = 2;
constexpr uint64_t kErasedBy = 5;

std::string NoteOf(uint64_t size) {
  return "note over " + std::to_string(size);
}

Batch StoryBatch(uint64_t group) {
  Batch batch = BatchOf(group);
  if (group == kErasedIn) batch.leaves[1].details[0].sealed = kErased;
  if (group == kErasedBy) {
    batch.details.push_back({(kErasedIn - 1) * kLeaves + 1, 0, {}});
  }
  return batch;
}

auditlog::Frontier LogAfter(uint64_t groups) {
  auditlog::TreeAppender tree;
  for (uint64_t group = 1; group <= groups; ++group) {
    std::vector<auditlog::Hash> hashes;
    for (const LeafRow& leaf : StoryBatch(group).leaves) {
      hashes.push_back(auditlog::LeafHash(leaf.event));
    }
    tree.Append(hashes);
  }
  return tree.frontier();
}

}  // namespace

void LiveStory(Store& store, std::mt19937_64& chance,
               const std::function<void(const Told&)>& tell) {
  ASSERT_EQ(Prepare(store), absl::OkStatus());
  Told told;
  const uint64_t groups = 10 + chance() % 10;
  for (uint64_t group = 1; group <= groups; ++group) {
    ASSERT_EQ(store.Commit(StoryBatch(group)).status(), absl::OkStatus());
    told.group = group;
    tell(told);
    if (group == 1 || chance() % 3 == 0) {
      const uint64_t size = group * kLeaves;
      ASSERT_EQ(store.PutCheckpoint({size, NoteOf(size), 1}), absl::OkStatus());
      told.checkpoint = size;
      tell(told);
    }
    if (group == 2 || chance() % 4 == 0) {
      ASSERT_EQ(store.AcknowledgeMailbox(1, group, 1), absl::OkStatus());
      told.read = group;
      tell(told);
    }
    if (group == kErasedBy || chance() % 8 == 0) {
      ASSERT_EQ(store.Scrub(), absl::OkStatus());
      told.is_erased = group >= kErasedBy;
      tell(told);
    }
  }
}

Batch NextBatch(const Store& store) {
  return StoryBatch(store.NewestGroup() + 1);
}

StoryHeld LookAt(const Store& store) {
  ExpectWholeGroups(store);
  const auto checkpoint = Take(store.NewestCheckpoint());
  const StoryHeld held{.group = store.NewestGroup(),
                       .checkpoint = checkpoint ? checkpoint->size : 0,
                       .read = Take(store.GetMailbox(1)).acknowledged};
  EXPECT_EQ(Take(store.LoadFrontier()), LogAfter(held.group));
  EXPECT_LE(held.checkpoint, held.group * kLeaves);
  if (checkpoint.has_value()) {
    EXPECT_EQ(checkpoint->note, NoteOf(held.checkpoint));
  }
  return held;
}

void ExpectHolds(const StoryHeld& held, const Told& told) {
  EXPECT_GE(held.group, told.group);
  EXPECT_LE(held.group, told.group + 1);
  EXPECT_GE(held.checkpoint, told.checkpoint);
  EXPECT_GE(held.read, told.read);
}

}  // namespace waystation::storage::sqlite
