// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <functional>
#include <thread>

#include "tests/conformance/contents.h"
#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using storage::Batch;
using storage::Committed;
using storage::PersonId;
using storage::RecordRow;
using storage::Uid;
using testing::IsEmpty;

TEST_P(Commits, AreNumberedFromOne) {
  EXPECT_EQ(store().NewestGroup(), 0);
  Batch batch = NewBatch();
  batch.leaves.push_back(NewLeaf());
  const Committed first = Commit(batch);
  EXPECT_EQ(first.group, 1);
  EXPECT_EQ(first.first_leaf, 0);
  EXPECT_EQ(first.log_size, 2);
  EXPECT_FALSE(first.repeated);
  EXPECT_EQ(store().NewestGroup(), 1);
  const Committed second = CommitSomething();
  EXPECT_EQ(second.group, 2);
  EXPECT_EQ(second.first_leaf, 2);
  EXPECT_EQ(second.log_size, 3);
}

TEST_P(Commits, KeepEverythingOverReopening) {
  Fill();
  const Contents before = Take(ReadContents(store()));
  Reopen();
  EXPECT_TRUE(Take(ReadContents(store())) == before);
  EXPECT_THAT(Take(store().Check(Unseal)), IsEmpty());
}

TEST_P(Commits, AreKnownWhenTheyComeAgain) {
  Batch batch = NewBatch();
  AddRecord(batch);
  const Committed first = Commit(batch);
  CommitSomething();
  const Contents before = Take(ReadContents(store()));
  const auto again = [&] {
    const Committed repeated = Commit(batch);
    EXPECT_TRUE(repeated.repeated);
    EXPECT_EQ(repeated.group, first.group);
    EXPECT_EQ(repeated.first_leaf, first.first_leaf);
    EXPECT_EQ(repeated.log_size, first.log_size);
  };
  again();
  Reopen();
  again();
  EXPECT_TRUE(Take(ReadContents(store())) == before);
}

TEST_P(Commits, AreKnownForAThousandGroups) {
  const Batch batch = NewBatch();
  Commit(batch);
  for (int i = 0; i < 1000; ++i) CommitSomething();
  EXPECT_TRUE(Commit(batch).repeated);
  // And the memory has an end that the store survives.
  for (int i = 0; i < 100; ++i) CommitSomething();
  Reopen();
  EXPECT_THAT(Take(store().Check({})), IsEmpty());
}

// Reads, lets `meanwhile` commit, and commits what was read: nothing of that
// may have happened.
class Race {
 public:
  Race(storage::Store& store, Batch mine)
      : store_(store), mine_(std::move(mine)) {}
  void Lose() {
    const Contents before = Take(ReadContents(store_));
    EXPECT_THAT(store_.Commit(mine_), HasCode(absl::StatusCode::kAborted));
    EXPECT_TRUE(Take(ReadContents(store_)) == before);
  }

 private:
  storage::Store& store_;
  Batch mine_;
};

TEST_P(Commits, AreAbortedWhenARecordMoved) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  Commit(batch);
  Batch mine = NewBatch();
  mine.reads.records = {{HashOf(uid), 1}};
  AddRecord(mine);
  batch = NewBatch();
  batch.records = {Held(uid)};
  Commit(batch);
  Race(store(), mine).Lose();
  mine = NewBatch();
  mine.reads.group = 1;
  mine.reads.versions = {{uid, 1}};
  AddRecord(mine);
  Race(store(), mine).Lose();
}

TEST_P(Commits, AreAbortedWhenARecordIsNotThere) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  Batch mine = NewBatch();
  mine.reads.versions = {{uid, 1}, {uid + 1000, 1}};
  AddRecord(mine);
  Commit(batch);
  Race(store(), mine).Lose();
}

TEST_P(Commits, AreAbortedWhenARecordAppeared) {
  Batch mine = NewBatch();
  const Uid uid = AddRecord(mine, 2);
  mine.reads.records = {{HashOf(uid), 0}};
  Batch batch = NewBatch();
  AddRecord(batch);
  batch.records.front().key = HashOf(uid);
  Commit(batch);
  Race(store(), mine).Lose();
}

TEST_P(Commits, AreAbortedWhenAnEmptyIdentifierGotAHolder) {
  Batch mine = NewBatch();
  const Uid uid = AddRecord(mine);
  mine.reads.identifiers = {{HashOf(7), {}}};
  mine.identifiers_added = {{HashOf(7), 1, uid}};
  Batch batch = NewBatch();
  const Uid twin = AddRecord(batch);
  batch.identifiers_added = {{HashOf(7), 1, twin}};
  Commit(batch);
  Race(store(), mine).Lose();
}

TEST_P(Commits, AreAbortedWhenAnIdentifierLostAHolder) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch);
  batch.identifiers_added = {{HashOf(7), 1, a}, {HashOf(7), 1, b}};
  Commit(batch);
  Batch mine = NewBatch();
  mine.reads.identifiers = {{HashOf(7), {a, b}}};
  batch = NewBatch();
  batch.identifiers_removed = {{HashOf(7), 1, a}};
  Commit(batch);
  Race(store(), mine).Lose();
}

// Of what very many hold, the first count.
TEST_P(Commits, AreAbortedWhenTheFirstHoldersAreOthers) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch);
  const Uid c = AddRecord(batch);
  const Uid d = AddRecord(batch);
  for (const Uid uid : {b, c}) {
    batch.identifiers_added.push_back({HashOf(7), 1, uid});
  }
  Commit(batch);
  Batch mine = NewBatch();
  mine.reads.identifiers = {{HashOf(7), {b}, 1}};
  batch = NewBatch();
  batch.identifiers_added = {{HashOf(7), 1, d}};
  Commit(batch);
  EXPECT_FALSE(Commit(mine).repeated);
  mine = NewBatch();
  mine.reads.identifiers = {{HashOf(7), {b}, 1}};
  batch = NewBatch();
  batch.identifiers_added = {{HashOf(7), 1, a}};
  Commit(batch);
  Race(store(), mine).Lose();
}

TEST_P(Commits, AreAbortedWhenARecordGotOrLostAnEdge) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch);
  const Uid c = AddRecord(batch);
  batch.edges_put = {{a, b, "ab"}};
  Commit(batch);
  Batch mine = NewBatch();
  mine.reads.edges = {{a, {b}}, {c, {}}};
  batch = NewBatch();
  batch.edges_put = {{b, c, "bc"}};
  Commit(batch);
  Race(store(), mine).Lose();
  mine = NewBatch();
  mine.reads.edges = {{a, {b}}};
  batch = NewBatch();
  batch.edges_removed = {{a, b}};
  Commit(batch);
  Race(store(), mine).Lose();
}

TEST_P(Commits, AreAbortedWhenAPersonGotAMember) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  Commit(batch);
  Batch mine = NewBatch();
  mine.reads.persons = {{a, {a}}};
  batch = NewBatch();
  AddRecord(batch, 1, a);
  Commit(batch);
  Race(store(), mine).Lose();
}

TEST_P(Commits, AreAbortedWhenAPersonLostAMember) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch, 1, a);
  Commit(batch);
  Batch mine = NewBatch();
  mine.reads.persons = {{a, {a, b}}};
  batch = NewBatch();
  batch.memberships = {{b, b}};
  Commit(batch);
  Race(store(), mine).Lose();
}

TEST_P(Commits, AreAbortedWhenAnEmptyPersonGotAMember) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch, 1, a);
  Commit(batch);
  Batch mine = NewBatch();
  mine.reads.persons = {{b, {}}};
  batch = NewBatch();
  batch.memberships = {{b, b}};
  Commit(batch);
  Race(store(), mine).Lose();
}

TEST_P(Commits, AreAbortedWhenADecisionWasMadeOrUndone) {
  storage::DecisionRow decision{.number = 1, .uids = {5}, .sealed = "ruling"};
  for (const bool active : {true, false}) {
    const Batch mine = NewBatch();
    Batch batch = NewBatch();
    decision.active = active;
    batch.decisions = {decision};
    Commit(batch);
    CommitSomething();
    Race(store(), mine).Lose();
  }
}

TEST_P(Commits, AreAbortedWhenTheirLeavesStandElsewhere) {
  CommitSomething();
  Batch batch = NewBatch();
  batch.reads.log_size = 1;
  CommitSomething();
  EXPECT_THAT(store().Commit(batch), HasCode(absl::StatusCode::kAborted));
  batch.reads.log_size = 2;
  EXPECT_EQ(Commit(batch).first_leaf, 2);
}

TEST_P(Commits, AreAbortedWhenTheyWriteAnotherVersion) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  Commit(batch);
  for (const uint64_t version : {0, 2}) {
    Batch mine = NewBatch();
    RecordRow record = Held(uid);
    record.version = version;
    mine.records = {record};
    Race(store(), mine).Lose();
  }
}

TEST_P(Commits, HoldWhenOtherThingsMoved) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch);
  batch.identifiers_added = {{HashOf(7), 1, a}};
  batch.edges_put = {{a, b, "ab"}};
  Commit(batch);
  Batch mine = NewBatch();
  mine.reads.edges = {{a, {b}}, {b, {a}}, {a + 1000, {}}};
  mine.reads.records = {{HashOf(a), 1}, {HashOf(a + 1000), 0}};
  mine.reads.versions = {{a, 1}, {a, 1}};
  mine.reads.identifiers = {{HashOf(7), {a}}, {HashOf(8), {}}};
  mine.reads.persons = {{a, {a}}, {a + 1000, {}}};
  batch = NewBatch();
  batch.records = {Held(b)};
  batch.identifiers_added = {{HashOf(9), 1, b}};
  Commit(batch);
  EXPECT_EQ(Commit(mine).group, 3);
}

TEST_P(Commits, MayRepeatAnAbortedBatchAfterLoadingAgain) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  Commit(batch);
  Batch mine = NewBatch();
  mine.reads.records = {{HashOf(uid), 1}};
  mine.records = {Held(uid)};
  batch = NewBatch();
  batch.records = {Held(uid)};
  Commit(batch);
  EXPECT_THAT(store().Commit(mine), HasCode(absl::StatusCode::kAborted));
  mine.reads.group = store().NewestGroup();
  mine.reads.records = {{HashOf(uid), 2}};
  mine.records = {Held(uid)};
  EXPECT_FALSE(Commit(mine).repeated);
  EXPECT_EQ(Held(uid).version, 3);
}

TEST_P(Commits, RefuseWhatIsNotABatch) {
  Batch filled = NewBatch();
  const Uid held = AddRecord(filled);
  Commit(filled);
  const Uid nobody = NewUid();
  const struct {
    const char* name;
    std::function<void(Batch&)> spoil;
  } cases[] = {
      {"no leaf", [](Batch& batch) { batch.leaves.clear(); }},
      {"an id of zeros", [](Batch& batch) { batch.id = {}; }},
      {"a record without a person",
       [&](Batch& batch) {
         AddRecord(batch);
         batch.memberships.clear();
       }},
      {"a person of no record",
       [&](Batch& batch) {
         batch.memberships = {{nobody, nobody}};
       }},
      {"an identifier of no record",
       [&](Batch& batch) {
         batch.identifiers_added = {{HashOf(1), 1, nobody}};
       }},
      {"an edge of no record",
       [&](Batch& batch) {
         batch.edges_put = {{held, nobody, "edge"}};
       }},
      {"an edge that does not rise",
       [&](Batch& batch) {
         batch.edges_put = {{held, held, "edge"}};
       }},
      {"a detail that its leaf does not have",
       [](Batch& batch) {
         batch.details = {{0, 999, "x"}};
       }},
      {"a detail of no leaf",
       [](Batch& batch) {
         batch.details = {{999, 0, "x"}};
       }},
      {"the uid of another record",
       [&](Batch& batch) {
         AddRecord(batch);
         batch.records.front().uid = held;
         batch.memberships.front() = {held, held};
       }},
  };
  for (const auto& [name, spoil] : cases) {
    SCOPED_TRACE(name);
    const Contents before = Take(ReadContents(store()));
    Batch batch = NewBatch();
    spoil(batch);
    EXPECT_THAT(store().Commit(batch),
                HasCode(absl::StatusCode::kInvalidArgument));
    EXPECT_TRUE(Take(ReadContents(store())) == before);
  }
  CommitSomething();
  EXPECT_THAT(Take(store().Check(Unseal)), IsEmpty());
}

TEST_P(Commits, AreSeenWholeByReaders) {
  constexpr int kRecords = 8;
  constexpr int kGroups = 60;
  constexpr storage::AgencyNumber kAgency = 3;
  Batch batch = NewBatch();
  std::vector<Uid> uids;
  for (int i = 0; i < kRecords; ++i) uids.push_back(AddRecord(batch, kAgency));
  for (RecordRow& record : batch.records) record.received_time = 1;
  Commit(batch);

  std::atomic<bool> done = false;
  const auto read = [&] {
    int64_t newest = 0;
    while (!done.load()) {
      const auto records = Take(store().LoadByUid(uids));
      for (const std::optional<RecordRow>& record : records) {
        EXPECT_EQ(record->received_time, records.front()->received_time);
      }
      EXPECT_GE(records.front()->received_time, newest);
      newest = records.front()->received_time;
      // Even groups make one person of them, odd ones as many as they are.
      const Uid last[] = {uids.back()};
      const auto around = Take(store().LookAround({}, last, false));
      EXPECT_EQ(around.records.size(),
                around.records.back().received_time % 2 == 0 ? kRecords : 1);
      EXPECT_EQ(around.persons.front().uids.size(), around.records.size());
      // Each group adds three entries and two leaves.
      EXPECT_EQ(Take(store().ReadMailbox(kAgency, 0, 10'000)).size() % 3, 0);
      EXPECT_EQ(Take(store().ReadLeaves(1, 10'000, true)).size() % 2, 0);
    }
  };
  std::thread one(read);
  std::thread two(read);
  for (int64_t group = 2; group < kGroups; ++group) {
    batch = NewBatch();
    for (const Uid uid : uids) {
      batch.records.push_back(Held(uid));
      batch.records.back().received_time = group;
      batch.memberships.push_back(
          {.uid = uid, .person = group % 2 == 0 ? uids.front() : uid});
    }
    batch.mailbox.assign(3, {.agency = kAgency, .uid = uids.front()});
    batch.leaves.push_back(NewLeaf(uids));
    Commit(batch);
  }
  done = true;
  one.join();
  two.join();
}

}  // namespace
}  // namespace waystation::conformance
