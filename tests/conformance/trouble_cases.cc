// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <random>

#include "absl/strings/str_cat.h"
#include "tests/conformance/contents.h"
#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using storage::Batch;
using storage::Committed;
using storage::RecordRow;
using storage::Store;
using storage::Uid;
using testing::IsEmpty;

using enum absl::StatusCode;

TEST_P(Trouble, ASecondStoreIsRefused) {
  EXPECT_THAT(medium().Open(), HasCode(kFailedPrecondition));
  CommitSomething();  // The first one goes on.
  Reopen();
  CommitSomething();
}

TEST_P(Trouble, AFullDiskLosesNothing) {
  Fill();
  const Contents before = Take(ReadContents(store()));
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  // More than any file has room for.
  batch.records.back().sealed = Seal(std::string(2'000'000, 's'));
  medium().FillDisk(true);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(store().Commit(batch), HasCode(kResourceExhausted));
    if (!medium().is_server()) {
      EXPECT_EQ(store().AcknowledgeMailbox(1, 8, 80).code(),
                kResourceExhausted);
      EXPECT_EQ(store().PutCheckpoint({3, "note", 1}).code(),
                kResourceExhausted);
    }
    EXPECT_TRUE(Take(ReadContents(store())) == before);
  }
  medium().FillDisk(false);
  EXPECT_FALSE(Commit(batch).repeated);
  EXPECT_EQ(Held(uid).version, 1);
  EXPECT_TRUE(store().AcknowledgeMailbox(1, 8, 80).ok());
  Reopen();
  EXPECT_EQ(Held(uid).version, 1);
  EXPECT_THAT(Take(store().Check(Unseal)), IsEmpty());
}

// All of the port, by a store that has failed.
void ExpectNoAnswer(Store& store) {
  EXPECT_THAT(store.LoadByUid({}), HasCode(kUnavailable));
  EXPECT_THAT(store.LoadByKey({}), HasCode(kUnavailable));
  EXPECT_THAT(store.LoadVectors({}), HasCode(kUnavailable));
  EXPECT_THAT(store.LookUpIdentifiers({}), HasCode(kUnavailable));
  EXPECT_THAT(store.PersonsOf({}), HasCode(kUnavailable));
  EXPECT_THAT(store.MembersOf({}), HasCode(kUnavailable));
  EXPECT_THAT(store.LookAround({}, {}, true), HasCode(kUnavailable));
  EXPECT_THAT(store.ListRecords(1, 0, 1), HasCode(kUnavailable));
  EXPECT_THAT(store.ListOpenItems({}, {}, 1), HasCode(kUnavailable));
  EXPECT_THAT(store.GetOpenItem({}), HasCode(kUnavailable));
  EXPECT_THAT(store.OpenItemsOf({}), HasCode(kUnavailable));
  EXPECT_THAT(store.DecisionsOf({}), HasCode(kUnavailable));
  EXPECT_THAT(store.GetDecision(1), HasCode(kUnavailable));
  EXPECT_THAT(store.FindDecisionByRequest({}), HasCode(kUnavailable));
  EXPECT_THAT(store.ListDecisions(0, 1), HasCode(kUnavailable));
  EXPECT_THAT(store.NextDecisionNumber(), HasCode(kUnavailable));
  EXPECT_THAT(store.ListObjects("agency"), HasCode(kUnavailable));
  EXPECT_THAT(store.ReserveUids(1), HasCode(kUnavailable));
  EXPECT_THAT(store.Commit({}), HasCode(kUnavailable));
  EXPECT_EQ(store.AcknowledgeMailbox(1, 1, 1).code(), kUnavailable);
  EXPECT_THAT(store.ReadMailbox(1, 0, 1), HasCode(kUnavailable));
  EXPECT_THAT(store.GetMailbox(1), HasCode(kUnavailable));
  EXPECT_THAT(store.LoadFrontier(), HasCode(kUnavailable));
  EXPECT_THAT(store.ReadLeaves(0, 1, true), HasCode(kUnavailable));
  EXPECT_THAT(store.ReadTile(0, 0, 1), HasCode(kUnavailable));
  EXPECT_EQ(store.PutCheckpoint({}).code(), kUnavailable);
  EXPECT_THAT(store.ListCheckpoints(0, 1), HasCode(kUnavailable));
  EXPECT_THAT(store.NewestCheckpoint(), HasCode(kUnavailable));
  EXPECT_EQ(store.PutCosignature({}).code(), kUnavailable);
  EXPECT_THAT(store.ListCosignatures(0, 1), HasCode(kUnavailable));
  EXPECT_THAT(store.CosignedSizes(1, 1), HasCode(kUnavailable));
  EXPECT_THAT(store.LargestCosigned("somebody"), HasCode(kUnavailable));
  EXPECT_THAT(store.Count(), HasCode(kUnavailable));
  EXPECT_THAT(store.CountRecords(1), HasCode(kUnavailable));
  EXPECT_THAT(store.Check({}), HasCode(kUnavailable));
  EXPECT_EQ(store.Scrub().code(), kUnavailable);
}

TEST_P(Trouble, AFailingSyncEndsTheStore) {
  CommitSomething();
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  medium().FailSync(1);
  EXPECT_THAT(store().Commit(batch), HasCode(kUnavailable));
  ExpectNoAnswer(store());
  // Whole or not at all, and once in the end.
  Reopen();
  const bool is_there = store().NewestGroup() == 2;
  EXPECT_EQ(Take(store().Count()).records, is_there ? 1 : 0);
  EXPECT_EQ(Commit(batch).repeated, is_there);
  EXPECT_EQ(Held(uid).version, 1);
  EXPECT_EQ(store().NewestGroup(), 2);
  EXPECT_THAT(Take(store().Check(Unseal)), IsEmpty());
}

TEST_P(Trouble, AFailingSyncOfSmallWritesEndsTheStoreToo) {
  Fill();
  const std::function<absl::Status()> writes[] = {
      [&] { return store().AcknowledgeMailbox(2, 5, 1); },
      [&] {
        return store().PutCheckpoint({20, "note", 1});
      },
      [&] {
        return store().PutCosignature({10, "somebody", 1, "signs"});
      }};
  for (const auto& write : writes) {
    medium().FailSync(1);
    EXPECT_EQ(write().code(), kUnavailable);
    ExpectNoAnswer(store());
    Reopen();
    EXPECT_THAT(Take(store().Check(Unseal)), IsEmpty());
  }
}

TEST_P(Trouble, ScrubbedValuesAreInNoFile) {
  // Sizes that make rows move between pages, from small to longer than a page.
  std::minstd_rand random(1);
  const auto size = [&] { return 200 + random() % (random() % 8 + 1) * 500; };
  std::vector<Uid> uids;
  std::vector<storage::DetailPut> details;
  for (int group = 0; group < 20; ++group) {
    Batch batch = NewBatch();
    for (int i = 0; i < 40; ++i) {
      uids.push_back(AddRecord(batch));
      batch.records.back().wrapped_key =
          absl::StrCat("wrapped key to forget ", i, std::string(24, 'k'));
      batch.records.back().sealed = Seal(std::string(size(), 'f'));
    }
    batch.leaves.push_back(NewLeaf({1, 2}));
    batch.leaves.back().details[0].sealed = Seal(std::string(size(), 'g'));
    batch.leaves.back().details[1].sealed = Seal(std::string(size(), 'h'));
    details.push_back({Commit(batch).first_leaf + 1, 0, {}});
    batch = NewBatch();
    for (int i = 0; i < 60; ++i) {
      RecordRow record = Held(uids[random() % uids.size()]);
      if (!batch.records.empty() && batch.records.back().uid >= record.uid) {
        continue;
      }
      record.sealed = Seal(std::string(size(), 'f'));
      batch.records.push_back(record);
    }
    Commit(batch);
  }
  Batch erase = NewBatch();
  for (const Uid uid : uids) {
    RecordRow record = Held(uid);
    record.wrapped_key.clear();
    record.sealed.clear();
    erase.records.push_back(record);
  }
  erase.details = details;
  Commit(erase);
  ASSERT_TRUE(store().Scrub().ok());
  bool others_stay = false;
  for (const std::filesystem::path& file : medium().Files()) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(bytes.find("wrapped key to forget"), std::string::npos) << file;
    EXPECT_EQ(bytes.find("ffffffffffffffff"), std::string::npos) << file;
    EXPECT_EQ(bytes.find("gggggggggggggggg"), std::string::npos) << file;
    others_stay =
        others_stay || bytes.find("hhhhhhhhhhhhhhhh") != std::string::npos;
  }
  EXPECT_TRUE(others_stay);
  CommitSomething();
  EXPECT_THAT(Take(store().Check(Unseal)), IsEmpty());
}

// --- kill -9 ---

constexpr int kRecords = 5;
constexpr uint64_t kEntries = 70;  // A group: two rows of a mailbox.
constexpr uint64_t kLeaves = 3;

// The group's batch is the same whoever makes it, so that it can come again.
Batch BatchOfGroup(const Store& store, const std::vector<Uid>& uids,
                   uint64_t group) {
  Batch batch;
  batch.id = HashOf(group);
  batch.reads.group = store.NewestGroup();
  for (std::optional<RecordRow>& record : Take(store.LoadByUid(uids))) {
    record->received_time = static_cast<int64_t>(group);
    record->sealed = Seal(std::string(group * 37 % 900, 's'));
    batch.records.push_back(*record);
  }
  for (uint64_t i = 0; i < kEntries; ++i) {
    batch.mailbox.push_back({.agency = 1, .uid = uids[0], .attributes = group});
  }
  for (uint64_t i = 0; i < kLeaves; ++i) {
    batch.leaves.push_back({.event = absl::StrCat("group ", group, "/", i)});
    batch.leaves.back().details.push_back(
        {.uid = uids[0], .sealed = std::string(500, 'd')});
  }
  return batch;
}

// Commits groups without end and tells of each.
[[noreturn]] void RunUntilKilled(Medium& medium, const std::vector<Uid>& uids,
                                 int tell) {
  const absl::StatusOr<std::unique_ptr<Store>> store = OpenInTime(medium);
  if (!store.ok()) _exit(1);
  for (uint64_t group = (*store)->NewestGroup() + 1;; ++group) {
    if (!(*store)->Commit(BatchOfGroup(**store, uids, group)).ok()) _exit(1);
    if (::write(tell, &group, sizeof(group)) != sizeof(group)) _exit(1);
  }
}

// Kills a run after a few groups and a random time; the last group it told of.
uint64_t RunAndKill(Medium& medium, const std::vector<Uid>& uids,
                    std::minstd_rand& random) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    RunUntilKilled(medium, uids, ends[1]);
  }
  ::close(ends[1]);
  uint64_t told = 0;
  uint64_t group = 0;
  for (auto left = 1 + random() % 8; left > 0; --left) {
    if (::read(ends[0], &group, sizeof(group)) != sizeof(group)) break;
    told = group;
  }
  ::usleep(static_cast<useconds_t>(random() % 3000));
  ::kill(child, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  while (::read(ends[0], &group, sizeof(group)) == sizeof(group)) told = group;
  ::close(ends[0]);
  return told;
}

TEST_P(Trouble, AKilledStoreKeepsWholeGroups) {
  Batch batch = NewBatch();
  std::vector<Uid> uids;
  for (int i = 0; i < kRecords; ++i) uids.push_back(AddRecord(batch));
  Commit(batch);

  std::minstd_rand random(7);
  for (int round = 0; round < 50; ++round) {
    SCOPED_TRACE(round);
    Close();
    const uint64_t told = RunAndKill(medium(), uids, random);
    ASSERT_GT(told, 0);
    Reopen();
    const uint64_t newest = store().NewestGroup();
    EXPECT_GE(newest, told);
    EXPECT_LE(newest, told + 1);
    for (const Uid uid : uids) {
      EXPECT_EQ(Held(uid).version, newest);
      EXPECT_EQ(Held(uid).received_time, static_cast<int64_t>(newest));
    }
    EXPECT_EQ(Take(store().GetMailbox(1)).last, (newest - 1) * kEntries);
    EXPECT_EQ(Take(store().LoadFrontier()).size(), 1 + (newest - 1) * kLeaves);
    EXPECT_THAT(Take(store().Check(Unseal)), IsEmpty());
    // Whoever was not told repeats.
    EXPECT_EQ(Commit(BatchOfGroup(store(), uids, told + 1)).repeated,
              newest > told);
  }
}

}  // namespace
}  // namespace waystation::conformance
