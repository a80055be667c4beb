// SPDX-License-Identifier: Apache-2.0
// Superseded claims are shredded after their attribute's retention time, and
// then lie in no file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "server/domain/attributes.h"
#include "server/hub/random_pool.h"
#include "server/hub/record.h"
#include "server/hub/seal.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using storage::sqlite::FileAnswer;
using storage::sqlite::FileStep;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kNumber = DemoNumber("341202", "19900307", 41);
constexpr uint32_t kResidence = 6;

class Medium final : public storage::sqlite::FileHooks {
 public:
  FileAnswer Before(const FileStep& step) override {
    if (!full || step.kind != FileStep::Kind::kWrite) return FileAnswer::kPass;
    refused = true;
    return FileAnswer::kNoSpace;
  }
  std::atomic<bool> full = false;
  std::atomic<bool> refused = false;
};

class Sweeping : public testing::Test {
 protected:
  // Index of the update's leaf.
  uint64_t Submit(const Say& update) {
    const auto answer = test_.Submit(kPoliceSuzhou, std::vector<Say>{update});
    EXPECT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->results(0).outcome(), v1::UpdateResult::OUTCOME_APPLIED);
    return answer->leaf().index();
  }

  storage::DetailRow DetailOf(uint64_t leaf) const {
    const auto leaves = test_.store().ReadLeaves(leaf, 1, true);
    EXPECT_TRUE(leaves.ok()) << leaves.status();
    return leaves->front().details.front();
  }

  std::shared_ptr<Record> RecordOf(storage::Uid uid) {
    const auto rows = test_.store().LoadByUid({&uid, 1});
    EXPECT_TRUE(rows.ok()) << rows.status();
    return *OpenRecord(sealer_, *rows->front());
  }

  // What is kept of the update beside its leaf.
  store::v1::SealedDetail KeptOf(uint64_t leaf) {
    const storage::DetailRow row = DetailOf(leaf);
    if (row.sealed.empty()) return {};
    const auto opened = OpenDetail(*RecordOf(row.uid), row);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *opened : store::v1::SealedDetail();
  }

  // Leaves that tell of claims shredded.
  std::vector<v1::AuditEvent> Shreds() {
    std::vector<v1::AuditEvent> shreds;
    for (const v1::LoggedEvent& logged : test_.Events()) {
      if (logged.event().act() == "claims.shred" &&
          logged.event().count() > 0) {
        shreds.push_back(logged.event());
      }
    }
    return shreds;
  }

  void AwaitShreds(size_t count) {
    while (Shreds().size() < count) std::this_thread::yield();
  }

  bool FilesHold(const std::string& bytes) const {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(test_.folder())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(file), {}};
      if (content.find(bytes) != std::string::npos) return true;
    }
    return false;
  }

  Medium medium_;
  TestHub test_{TestHub::Setup{.hooks = &medium_, .rules = {}}};
  RandomPool random_{[](void*, size_t) {}};
  Sealer sealer_{test_.keys(), random_};
};

TEST_F(Sweeping, ShredsAnAddressThirtyDaysAfterItWasLeft) {
  const uint64_t first = Submit(Say("B", 1)
                                    .Core(kNumber, "王芳", 1990, 3, 7)
                                    .Lives("320505", "观前街1号"));
  const uint64_t second = Submit(Say("B", 2).Lives("320506", "平江路2号"));
  const storage::DetailRow before = DetailOf(first);
  const storage::DetailRow standing = DetailOf(second);
  ASSERT_TRUE(FilesHold(before.sealed));
  const auto root = test_.store().ReadLeaves(first, 1, false)->front().event;

  test_.Advance(absl::Hours(24 * 31));
  AwaitShreds(1);
  const v1::AuditEvent shred = Shreds().front();
  EXPECT_EQ(shred.kind(), v1::AuditEvent::KIND_ADMINISTRATION);
  EXPECT_EQ(shred.actor(), "hub");
  EXPECT_EQ(shred.count(), 1U);
  EXPECT_THAT(shred.attributes(), ElementsAre("residence"));

  const store::v1::SealedDetail kept = KeptOf(first);
  v1::Update update;
  ASSERT_TRUE(update.ParseFromString(kept.content()));
  EXPECT_FALSE(update.claims().has_residence());
  EXPECT_EQ(update.claims().name().full(), "王芳") << "it still stands";
  EXPECT_THAT(kept.salt(), IsEmpty()) << "what is gone could be guessed";
  EXPECT_THAT(kept.shredded(), ElementsAre(kResidence));
  EXPECT_EQ(DetailOf(second), standing) << "the present address stays";
  // The log commits to what it committed to.
  EXPECT_EQ(DetailOf(first).hash, before.hash);
  EXPECT_EQ(test_.store().ReadLeaves(first, 1, false)->front().event, root);
  EXPECT_THAT(test_.hub().CheckStore()->findings(), IsEmpty());
  // The scrubbing follows.
  while (FilesHold(before.sealed)) std::this_thread::yield();
  EXPECT_TRUE(FilesHold(standing.sealed));

  // Once is enough.
  test_.Restart();
  test_.Advance(absl::Hours(24 * 2));
  const uint64_t third = Submit(Say("B", 3).Lives("320507"));
  test_.Advance(absl::Hours(24 * 32));
  AwaitShreds(2);
  EXPECT_THAT(Shreds(), SizeIs(2));
  EXPECT_THAT(DetailOf(second).sealed, IsEmpty());
  EXPECT_FALSE(DetailOf(third).sealed.empty());
}

TEST_F(Sweeping, ShredsWhatARetractionTookBack) {
  const uint64_t first = Submit(Say("B", 1).Name("王芳").Lives("320505"));
  Submit(Say("B", 2).Retract(v1::RecordRetraction::REASON_MOVED_OUT));
  test_.Advance(absl::Hours(24 * 31));
  AwaitShreds(1);
  v1::Update update;
  ASSERT_TRUE(update.ParseFromString(KeptOf(first).content()));
  EXPECT_FALSE(update.claims().has_residence());
  EXPECT_TRUE(update.claims().has_name()) << "names stay for three years";
  test_.Advance(absl::Hours(24 * 1'096));
  AwaitShreds(2);
  EXPECT_THAT(DetailOf(first).sealed, IsEmpty());
  EXPECT_THAT(test_.hub().CheckStore()->findings(), IsEmpty());
}

TEST_F(Sweeping, ShredsWhatCameTooLate) {
  Submit(Say("B", 3).Lives("320506"));
  const uint64_t late = Submit(Say("B", 2).Name("王芳").Lives("320505"));
  test_.Advance(absl::Hours(24 * 31));
  AwaitShreds(1);
  v1::Update update;
  ASSERT_TRUE(update.ParseFromString(KeptOf(late).content()));
  EXPECT_FALSE(update.claims().has_residence());
  EXPECT_TRUE(update.claims().has_name());
}

TEST_F(Sweeping, GoesOnAfterAFullDisk) {
  const uint64_t first = Submit(Say("B", 1).Lives("320505"));
  Submit(Say("B", 2).Lives("320506"));
  medium_.full = true;
  test_.Advance(absl::Hours(24 * 31));
  while (!medium_.refused) std::this_thread::yield();
  EXPECT_FALSE(DetailOf(first).sealed.empty());
  medium_.full = false;
  AwaitShreds(1);
  EXPECT_THAT(DetailOf(first).sealed, IsEmpty());
}

TEST_F(Sweeping, KeepsSoMuchOfOneRecordAndNoMore) {
  const uint64_t first = Submit(Say("B", 1).Name("王芳"));
  const uint64_t second = Submit(Say("B", 2).Lives("320505"));
  for (uint64_t revision = 3; revision <= 140; ++revision) {
    Submit(Say("B", revision).Lives(revision % 2 == 0 ? "320505" : "320506"));
  }
  EXPECT_THAT(DetailOf(second).sealed, IsEmpty());
  EXPECT_FALSE(DetailOf(first).sealed.empty()) << "it still names the person";
  EXPECT_EQ(RecordOf(DetailOf(first).uid)->stored.kept_size(), 128);
  EXPECT_THAT(test_.hub().CheckStore()->findings(), IsEmpty());
}

TEST_F(Sweeping, ShredsThePinsOfAnUndoneDecision) {
  test_.Submit(kPoliceFuyang, Say("A", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test_.Submit(kPoliceSuzhou, Say("B", 1).Core(kNumber, "王芳", 1990, 7, 3));
  const auto conflict = test_.OnlyConflict();
  ASSERT_TRUE(conflict.ok()) << conflict.status();
  ASSERT_TRUE(test_.Choose(*conflict, kPoliceSuzhou).ok());
  ASSERT_TRUE(test_.Undo(1).ok());
  ASSERT_TRUE(test_.Choose(*test_.OnlyConflict(), kPoliceFuyang).ok());
  const auto decision = [&](size_t place) {
    const auto rows = test_.store().ListDecisions(0, 10);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return (*OpenDecision(sealer_, rows->at(place)))->stored;
  };
  EXPECT_EQ(decision(0).seen_size(), 2);
  EXPECT_TRUE(decision(0).undo_effect().has_before());
  test_.Advance(absl::Hours(24 * 1'096));
  AwaitShreds(1);
  EXPECT_EQ(decision(0).seen_size(), 0);
  EXPECT_FALSE(decision(0).has_choice());
  EXPECT_FALSE(decision(0).effect().has_before());
  EXPECT_FALSE(decision(0).undo_effect().has_before());
  // The other one still rules, and so still knows what it saw.
  EXPECT_EQ(decision(1).seen_size(), 2);
  EXPECT_TRUE(decision(1).has_choice());
  EXPECT_FALSE(decision(1).effect().has_before());
  v1::GetDecisionRequest get;
  get.set_number(2);
  EXPECT_EQ(test_.hub().GetDecision(OfficeCaller(), get)->decision().state(),
            v1::Decision::STATE_STANDING);
}

}  // namespace
}  // namespace waystation::hub
