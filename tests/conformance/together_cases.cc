// SPDX-License-Identifier: Apache-2.0
// Several stores on one medium, as several hubs have them: what one commits is
// found by the other, nothing is lost between them, and the log is one.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/contents.h"
#include "tests/conformance/store_suite.h"

namespace waystation::conformance {

using storage::Batch;
using storage::Committed;
using storage::ForeignCommits;
using storage::PersonId;
using storage::RecordRow;
using storage::Store;
using storage::Uid;
using testing::ElementsAre;
using testing::IsEmpty;

using enum absl::StatusCode;

bool Together::OpenTwo() {
  Close();
  store_ = Take(OpenSharedInTime(medium()));
  absl::StatusOr<std::unique_ptr<Store>> second =
      medium().OpenShared(Medium::kShortPatience);
  if (!store_->is_shared()) {
    EXPECT_THAT(second, HasCode(kFailedPrecondition));
    return false;
  }
  second_ = Take(std::move(second));
  return second_ != nullptr;
}

void Together::Settle(Store& store) {
  EXPECT_EQ(store.TakeTurn(), absl::OkStatus());
  store.EndTurn();
}

namespace {

// A batch that was read from `store` now.
Batch BatchOf(const Store& store, const std::string& event) {
  static std::atomic<uint64_t> numbers = 0;
  const uint64_t number = ++numbers;
  Batch batch;
  // Of no other process.
  batch.id = HashOf((static_cast<uint64_t>(::getpid()) << 32) + number);
  batch.reads.group = store.NewestGroup();
  batch.leaves.push_back({.event = absl::StrCat(event, " ", number)});
  return batch;
}

void Add(Batch& batch, Uid uid, const storage::KeyHash& key, PersonId person) {
  batch.records.push_back({.uid = uid,
                           .agency = 1,
                           .key = key,
                           .wrapped_key = "key",
                           .sealed = Seal("0")});
  batch.memberships.push_back({.uid = uid, .person = person});
}

RecordRow Load(const Store& store, Uid uid) {
  return Take(store.LoadByUid({&uid, 1})).front().value();
}

TEST_P(Together, AreRefusedBesideOneThatIsAlone) {
  EXPECT_THAT(medium().OpenShared(Medium::kShortPatience),
              HasCode(kFailedPrecondition));
  CommitSomething();
  if (!OpenTwo()) return;
  EXPECT_THAT(medium().Open(), HasCode(kFailedPrecondition));
  EXPECT_EQ(b().NewestGroup(), 1);
  second_.reset();
  EXPECT_THAT(medium().Open(), HasCode(kFailedPrecondition));
  Reopen();
  EXPECT_FALSE(store().is_shared());
  CommitSomething();
}

TEST_P(Together, FindWhatTheOtherWrote) {
  if (!OpenTwo()) return;
  Fill();  // By a().
  Settle(b());
  EXPECT_TRUE(Take(ReadContents(b())) == Take(ReadContents(a())));
  // Positions and leaves go on where the other one's end.
  Batch batch = BatchOf(b(), "b");
  const Uid uid = 1;
  batch.mailbox = {{.agency = 1, .uid = uid, .attributes = 2}};
  const uint64_t last = Take(b().GetMailbox(1)).last;
  const uint64_t size = Take(b().LoadFrontier()).size();
  // Asked before, since a() may hear of it at once.
  const uint64_t newest = a().NewestGroup();
  const Committed committed = Take(b().Commit(batch));
  EXPECT_EQ(committed.group, newest + 1);
  EXPECT_EQ(committed.first_leaf, size);
  CommitSomething();  // By a(), whether it was told or not.
  EXPECT_EQ(a().NewestGroup(), committed.group + 1);
  EXPECT_EQ(Take(a().GetMailbox(1)).last, last + 1);
  EXPECT_EQ(Take(a().ReadMailbox(1, last, 9)).size(), 1);
  Settle(b());
  EXPECT_TRUE(Take(ReadContents(b())) == Take(ReadContents(a())));
  EXPECT_THAT(Take(b().Check(Unseal)), IsEmpty());
}

TEST_P(Together, SmallWritesAreSeenByTheOther) {
  if (!OpenTwo()) return;
  Batch batch = BatchOf(a(), "a");
  Add(batch, Take(a().ReserveUids(1)), HashOf(1), batch.records.size() + 1);
  batch.memberships.front().person = batch.records.front().uid;
  batch.mailbox.assign(9, {.agency = 1, .uid = batch.records.front().uid});
  Take(a().Commit(batch));
  // Though nothing was heard yet.
  EXPECT_EQ(b().AcknowledgeMailbox(1, 7, 70), absl::OkStatus());
  EXPECT_EQ(b().AcknowledgeMailbox(1, 10, 70).code(), kOutOfRange);
  EXPECT_EQ(Take(a().GetMailbox(1)).acknowledged, 7);
  EXPECT_EQ(a().AcknowledgeMailbox(1, 5, 71), absl::OkStatus());
  EXPECT_EQ(Take(b().GetMailbox(1)).acknowledged, 7);
  EXPECT_EQ(Take(b().GetMailbox(1)).acknowledged_time, 70);
  Take(a().Commit(BatchOf(a(), "a")));
  EXPECT_EQ(b().PutCheckpoint({2, "note", 5}), absl::OkStatus());
  EXPECT_EQ(b().PutCheckpoint({3, "note", 5}).code(), kInvalidArgument);
  EXPECT_EQ(Take(a().NewestCheckpoint())->size, 2);
  EXPECT_EQ(a().PutCosignature({2, "somebody", 1, "signs"}), absl::OkStatus());
  EXPECT_EQ(Take(b().LargestCosigned("somebody")), 2);
}

TEST_P(Together, AreAbortedWhereTheOtherMovedSomething) {
  if (!OpenTwo()) return;
  Batch first = BatchOf(a(), "a");
  const Uid uid = Take(a().ReserveUids(1));
  Add(first, uid, HashOf(1), uid);
  Take(a().Commit(first));
  Settle(b());
  const struct {
    const char* name;
    std::function<void(Batch&)> read;
    std::function<void(Batch&)> write;
  } cases[] = {
      {"a record",
       [&](Batch& mine) {
         mine.reads.versions = {{uid, Load(b(), uid).version}};
       },
       [&](Batch& theirs) { theirs.records = {Load(a(), uid)}; }},
      {"twins",
       [&](Batch& mine) {
         mine.reads.identifiers = {{HashOf(7), {}}};
       },
       [&](Batch& theirs) {
         theirs.identifiers_added = {{HashOf(7), 1, uid}};
       }},
      {"a person",
       [&](Batch& mine) {
         mine.reads.persons = {{uid, {uid}}};
       },
       [&](Batch& theirs) {
         const Uid more = Take(a().ReserveUids(1));
         Add(theirs, more, HashOf(more), uid);
       }},
      {"a decision", [](Batch&) {},
       [&](Batch& theirs) {
         theirs.decisions = {{.number = 1, .uids = {uid}, .sealed = "x"}};
       }},
      {"the place of a leaf",
       [&](Batch& mine) {
         mine.reads.log_size = Take(b().LoadFrontier()).size();
       },
       [](Batch&) {}},
  };
  for (const auto& [name, read, write] : cases) {
    SCOPED_TRACE(name);
    Settle(b());
    Batch mine = BatchOf(b(), "b");
    read(mine);
    Settle(a());
    Batch theirs = BatchOf(a(), "a");
    write(theirs);
    Take(a().Commit(theirs));
    EXPECT_THAT(b().Commit(mine), HasCode(kAborted));
    // Read again, it holds.
    mine = BatchOf(b(), "b");
    const uint64_t newest = a().NewestGroup();
    EXPECT_EQ(Take(b().Commit(mine)).group, newest + 1);
  }
  EXPECT_THAT(Take(a().Check(Unseal)), IsEmpty());
}

TEST_P(Together, HoldWhereTheOtherWroteSomethingElse) {
  if (!OpenTwo()) return;
  Batch mine = BatchOf(b(), "b");
  mine.reads.identifiers = {{HashOf(7), {}}};
  const Uid mine_uid = Take(b().ReserveUids(1));
  Add(mine, mine_uid, HashOf(mine_uid), mine_uid);
  mine.identifiers_added = {{HashOf(7), 1, mine_uid}};
  Batch theirs = BatchOf(a(), "a");
  const Uid uid = Take(a().ReserveUids(1));
  Add(theirs, uid, HashOf(uid), uid);
  theirs.identifiers_added = {{HashOf(8), 1, uid}};
  Take(a().Commit(theirs));
  EXPECT_EQ(Take(b().Commit(mine)).first_leaf, 1);
}

TEST_P(Together, KnowWhatTheOtherCommitted) {
  if (!OpenTwo()) return;
  const Batch batch = BatchOf(a(), "a");
  const Committed first = Take(a().Commit(batch));
  Take(a().Commit(BatchOf(a(), "a")));
  for (const bool in_turn : {false, true}) {
    if (in_turn) {
      EXPECT_EQ(b().TakeTurn(), absl::OkStatus());
    }
    const Committed again = Take(b().Commit(batch));
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(again.group, first.group);
    EXPECT_EQ(again.first_leaf, first.first_leaf);
  }
  // Whose turn has ended.
  EXPECT_EQ(Take(a().Commit(BatchOf(a(), "a"))).group, 3);
}

TEST_P(Together, ATurnKeepsOthersOut) {
  if (!OpenTwo()) return;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(a().TakeTurn(), absl::OkStatus());
    std::thread other([&] { Take(b().Commit(BatchOf(b(), "b"))); });
    // Whatever it is that must not have moved.
    Batch mine = BatchOf(a(), "a");
    mine.reads.log_size = Take(a().LoadFrontier()).size();
    ::usleep(2000);
    // Small writes go on meanwhile, and are not undone with the turn.
    const Uid uid = Take(a().ReserveUids(100'000));
    if (i % 2 == 0) {
      EXPECT_EQ(Take(a().Commit(mine)).first_leaf, *mine.reads.log_size);
    } else {
      a().EndTurn();
    }
    other.join();
    EXPECT_GT(Take(b().ReserveUids(100'000)), uid);
  }
}

TEST_P(Together, GiveOutUidsOnce) {
  if (!OpenTwo()) return;
  std::mutex mutex;
  std::set<Uid> all;
  constexpr uint64_t kEach = 7000;
  const auto reserve = [&](Store& store) {
    Uid last = 0;
    for (int i = 0; i < 12; ++i) {
      const Uid first = Take(store.ReserveUids(kEach));
      EXPECT_GT(first, last);
      last = first + kEach - 1;
      const std::lock_guard lock(mutex);
      for (Uid uid = first; uid <= last; ++uid) {
        EXPECT_TRUE(all.insert(uid).second);
      }
    }
  };
  std::thread other([&] { reserve(b()); });
  reserve(a());
  other.join();
  EXPECT_EQ(all.size(), 24 * kEach);
}

// What others commit, as it is heard of.
class Ear {
 public:
  explicit Ear(Store& store) : store_(store) {
    store.OnForeignCommits([this](const ForeignCommits& commits) {
      const std::lock_guard lock(mutex_);
      EXPECT_GT(commits.group, group_);
      group_ = commits.group;
      for (const auto agency : commits.told) ++told_[agency];
      changed_.notify_all();
    });
  }
  ~Ear() { store_.OnForeignCommits(nullptr); }
  // False: not within a minute.
  bool HearsOf(uint64_t group) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1),
                             [&] { return group_ >= group; });
  }
  std::map<storage::AgencyNumber, int> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

 private:
  Store& store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t group_ = 0;
  std::map<storage::AgencyNumber, int> told_;
};

TEST_P(Together, HearOfEachOther) {
  if (!OpenTwo()) return;
  Ear hears_a(b());
  Ear hears_b(a());
  Batch batch = BatchOf(a(), "a");
  const Uid uid = Take(a().ReserveUids(1));
  Add(batch, uid, HashOf(uid), uid);
  batch.mailbox = {{.agency = 4, .uid = uid}, {.agency = 2, .uid = uid}};
  Take(a().Commit(batch));
  ASSERT_TRUE(hears_a.HearsOf(1));
  EXPECT_THAT(hears_a.told(),
              ElementsAre(testing::Pair(2, 1), testing::Pair(4, 1)));
  EXPECT_EQ(b().NewestGroup(), 1);
  EXPECT_EQ(Take(b().GetMailbox(4)).last, 1);
  batch = BatchOf(b(), "b");
  batch.mailbox = {{.agency = 3, .uid = uid}};
  Take(b().Commit(batch));
  ASSERT_TRUE(hears_b.HearsOf(2));
  // Of the own ones nothing was heard.
  EXPECT_THAT(hears_b.told(), ElementsAre(testing::Pair(3, 1)));
  // Also where it is found out by committing.
  for (int i = 0; i < 50; ++i) {
    batch = BatchOf(a(), "a");
    batch.mailbox = {{.agency = 5, .uid = uid}};
    Take(a().Commit(batch));
    Take(b().Commit(BatchOf(b(), "b")));
  }
  ASSERT_TRUE(hears_a.HearsOf(101));
  EXPECT_GE(hears_a.told()[5], 1);
}

TEST_P(Together, OneOfThemHasTheUpkeep) {
  if (!OpenTwo()) return;
  const auto until = [](const auto& holds) {
    for (int tries = 0; tries < 1200 && !holds(); ++tries) ::usleep(50'000);
    return holds();
  };
  EXPECT_TRUE(until([&] { return a().HasUpkeep() != b().HasUpkeep(); }));
  std::unique_ptr<Store>& has = a().HasUpkeep() ? store_ : second_;
  std::unique_ptr<Store>& other = a().HasUpkeep() ? second_ : store_;
  EXPECT_FALSE(other->HasUpkeep());
  has.reset();
  EXPECT_TRUE(until([&] { return other->HasUpkeep(); }));
}

TEST_P(Together, AreMadeAtTheSameInstant) {
  Close();
  for (int round = 0; round < 3; ++round) {
    medium_ = GetParam()();
    std::vector<std::thread> threads;
    std::atomic<int> opened = 0;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        const auto store = OpenSharedInTime(medium());
        ASSERT_TRUE(store.ok()) << store.status();
        EXPECT_GT(Take((*store)->ReserveUids(1)), 0);
        ++opened;
      });
      if (!medium().is_server()) break;
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(opened, medium().is_server() ? 3 : 1);
  }
  Reopen();
}

// --- histories ---

// What one of several hubs does: reads, computes, commits; and again where that
// was overtaken. Uses a turn where it has lost.
class Worker {
 public:
  Worker(Store& store, std::vector<Uid> uids, unsigned seed)
      : store_(store), uids_(std::move(uids)), random_(seed) {}

  struct Done {
    uint64_t leaf = 0;
    std::string event;
  };

  void Run(int groups) {
    for (int i = 0; i < groups; ++i) {
      random_() % 4 == 0 ? AddSomebody() : Raise();
    }
  }
  const std::vector<Done>& done() const { return done_; }
  // How often each record was raised.
  const std::map<Uid, int>& raised() const { return raised_; }
  int aborted() const { return aborted_; }

 private:
  // `plan` makes the batch of what it reads. Done once it is committed.
  void Commit(const std::function<void(Batch&)>& plan) {
    for (;;) {
      Batch batch = BatchOf(store_, absl::StrCat("by ", random_() % 100));
      plan(batch);
      batch.mailbox.push_back({.agency = 2, .uid = uids_.front()});
      const auto committed = store_.Commit(batch);
      if (committed.ok()) {
        done_.push_back({committed->first_leaf, batch.leaves.front().event});
        return;
      }
      ASSERT_THAT(committed, HasCode(kAborted));
      ++aborted_;
      if (random_() % 2 == 0) {
        ASSERT_EQ(store_.TakeTurn(), absl::OkStatus());
      }
    }
  }

  void Raise() {
    const Uid uid = uids_[random_() % uids_.size()];
    Commit([&](Batch& batch) {
      RecordRow record = Load(store_, uid);
      batch.reads.versions = {{uid, record.version}};
      int count = 0;
      EXPECT_TRUE(absl::SimpleAtoi(
          record.sealed.substr(0, record.sealed.size() - 16), &count));
      record.sealed = Seal(absl::StrCat(count + 1));
      batch.records = {record};
    });
    ++raised_[uid];
  }

  // Who shares a number is one person, whoever added whom first.
  void AddSomebody() {
    const Uid uid = Take(store_.ReserveUids(1));
    const storage::KeyHash number = HashOf(random_() % 12);
    Commit([&](Batch& batch) {
      const auto holders = Take(store_.LookUpIdentifiers({&number, 1})).front();
      batch.reads.identifiers = {{number, holders}};
      batch.reads.records = {{HashOf(uid + 1000), 0}};
      PersonId person = uid;
      if (!holders.empty()) {
        person = Take(store_.PersonsOf({holders.data(), 1})).front().value();
        const auto members = Take(store_.MembersOf({&person, 1})).front();
        batch.reads.persons = {{person, members}};
        // A person is named by its smallest record.
        if (uid < person) {
          for (const Uid member : members) {
            batch.memberships.push_back({.uid = member, .person = uid});
          }
          batch.reads.persons.push_back({uid, {}});
          person = uid;
        }
      }
      Add(batch, uid, HashOf(uid + 1000), person);
      batch.identifiers_added = {{number, 1, uid}};
    });
  }

  Store& store_;
  const std::vector<Uid> uids_;
  std::minstd_rand random_;
  std::vector<Done> done_;
  std::map<Uid, int> raised_;
  int aborted_ = 0;
};

TEST_P(Together, RandomHistoriesMakeOneLogAndLoseNothing) {
  if (!OpenTwo()) return;
  Batch batch = BatchOf(a(), "first");
  std::vector<Uid> uids;
  for (int i = 0; i < 5; ++i) {
    uids.push_back(Take(a().ReserveUids(1)));
    Add(batch, uids.back(), HashOf(uids.back() + 1000), uids.back());
  }
  Take(a().Commit(batch));
  constexpr int kGroups = 150;
  Worker one(a(), uids, 1);
  Worker two(b(), uids, 2);
  std::thread other([&] { two.Run(kGroups); });
  one.Run(kGroups);
  other.join();
  // They did get in each other's way.
  EXPECT_GT(one.aborted() + two.aborted(), 0);

  Settle(a());
  Settle(b());
  EXPECT_TRUE(Take(ReadContents(b())) == Take(ReadContents(a())));
  EXPECT_THAT(Take(a().Check(Unseal)), IsEmpty());
  // Each raise of each is there.
  for (const Uid uid : uids) {
    int raised = 0;
    for (const Worker* worker : {&one, &two}) {
      const auto found = worker->raised().find(uid);
      if (found != worker->raised().end()) raised += found->second;
    }
    EXPECT_EQ(Load(a(), uid).sealed, Seal(absl::StrCat(raised)));
    EXPECT_EQ(Load(a(), uid).version, 1 + raised);
  }
  // Who shares a number is one person: no twin was missed.
  for (uint64_t i = 0; i < 12; ++i) {
    const storage::KeyHash number = HashOf(i);
    const auto holders = Take(a().LookUpIdentifiers({&number, 1})).front();
    std::set<PersonId> persons;
    for (const auto& person : Take(a().PersonsOf(holders))) {
      persons.insert(person.value());
    }
    EXPECT_LE(persons.size(), 1) << i;
  }
  // Each was told where its leaf stands, and there it stands; nothing else
  // does.
  const auto leaves = Take(a().ReadLeaves(0, 10'000, false));
  EXPECT_EQ(leaves.size(), 1 + 2 * kGroups);
  for (const Worker* worker : {&one, &two}) {
    for (const Worker::Done& done : worker->done()) {
      EXPECT_EQ(leaves[done.leaf].event, done.event);
    }
  }
  // And the mailbox has no gap.
  EXPECT_EQ(Take(a().ReadMailbox(2, 0, 10'000)).size(), 2 * kGroups);
}

// --- what becomes of the other ---

// Runs `work` on a store of its own in another process; `tell` and Wait pass
// numbers on.
class Elsewhere {
 public:
  using Work =
      std::function<bool(Store&, const std::function<void(uint64_t)>&)>;
  Elsewhere(Medium& medium, const Work& work,
            absl::Duration patience = Medium::kShortPatience) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    process_ = ::fork();
    if (process_ == 0) {
      ::close(ends[0]);
      const auto store = OpenSharedInTime(medium, patience);
      const auto tell = [&](uint64_t number) {
        if (::write(ends[1], &number, sizeof(number)) != sizeof(number)) {
          ::_exit(3);
        }
      };
      if (!store.ok()) ::_exit(2);
      ::_exit(work(**store, tell) ? 0 : 1);
    }
    ::close(ends[1]);
    told_ = ends[0];
  }
  ~Elsewhere() {
    Kill();
    ::close(told_);
  }
  // What it told next; 0: nothing more.
  uint64_t Next() {
    uint64_t number = 0;
    return ::read(told_, &number, sizeof(number)) == sizeof(number) ? number
                                                                    : 0;
  }
  void WaitUntilStopped() {
    int status = 0;
    EXPECT_EQ(::waitpid(process_, &status, WUNTRACED), process_);
    EXPECT_TRUE(WIFSTOPPED(status));
  }
  void GoOn() { EXPECT_EQ(::kill(process_, SIGCONT), 0); }
  // What it came to.
  int Wait() {
    int status = 0;
    EXPECT_EQ(::waitpid(process_, &status, 0), process_);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void Kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    (void)Wait();
  }

 private:
  pid_t process_ = -1;
  int told_ = -1;
};

TEST_P(Together, OneThatIsKilledLeavesWholeGroups) {
  if (!OpenTwo()) return;
  second_.reset();
  Batch batch = BatchOf(a(), "a");
  const Uid uid = Take(a().ReserveUids(1));
  Add(batch, uid, HashOf(uid), uid);
  Take(a().Commit(batch));
  std::minstd_rand random(3);
  uint64_t own = 1;
  uint64_t theirs = 0;
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(round);
    // Raises the record without end.
    Elsewhere other(medium(), [uid](Store& store, const auto& tell) {
      for (uint64_t count = 1;; ++count) {
        if (!store.TakeTurn().ok()) return false;
        Batch mine = BatchOf(store, absl::StrCat("other ", ::getpid()));
        mine.records = {Load(store, uid)};
        mine.reads.log_size = store.LoadFrontier()->size();
        mine.mailbox.assign(70, {.agency = 1, .uid = uid});
        if (!store.Commit(mine).ok()) return false;
        tell(count);
      }
    });
    uint64_t told = 0;
    for (auto left = 1 + random() % 6; left > 0; --left) told = other.Next();
    ASSERT_GT(told, 0);
    // Beside it.
    for (auto left = random() % 4; left > 0; --left, ++own) {
      Take(a().Commit(BatchOf(a(), "a")));
    }
    ::usleep(static_cast<useconds_t>(random() % 4000));
    other.Kill();
    while (const uint64_t next = other.Next()) told = next;
    // At once: nothing of it is left to wait for.
    Take(a().Commit(BatchOf(a(), "a")));
    ++own;
    const uint64_t raised = Load(a(), uid).version - 1 - theirs;
    EXPECT_GE(raised, told);
    EXPECT_LE(raised, told + 1);
    theirs += raised;
    EXPECT_EQ(a().NewestGroup(), own + theirs);
    EXPECT_EQ(Take(a().LoadFrontier()).size(), own + theirs);
    EXPECT_EQ(Take(a().GetMailbox(1)).last, theirs * 70);
  }
  EXPECT_THAT(Take(a().Check(Unseal)), IsEmpty());
}

TEST_P(Together, OneThatStandsStillLosesItsTurn) {
  if (!OpenTwo()) return;
  second_.reset();
  Elsewhere other(medium(), [](Store& store, const auto& tell) {
    if (!store.TakeTurn().ok()) return false;
    const Batch mine = BatchOf(store, "late");
    tell(1);
    ::raise(SIGSTOP);
    // Neither this nor anything else.
    return absl::IsUnavailable(store.Commit(mine).status()) &&
           absl::IsUnavailable(store.TakeTurn());
  });
  ASSERT_EQ(other.Next(), 1);
  other.WaitUntilStopped();
  EXPECT_EQ(Take(a().Commit(BatchOf(a(), "a"))).group, 1);
  other.GoOn();
  EXPECT_EQ(other.Wait(), 0);
  EXPECT_EQ(Take(a().Commit(BatchOf(a(), "a"))).group, 2);
}

TEST_P(Together, OneThatStoodStillLearnsAll) {
  if (!OpenTwo()) return;
  second_.reset();
  constexpr int kGroups = 1100;  // More than the store remembers.
  // It may stand still while it looks for what others wrote, in a transaction.
  constexpr absl::Duration kPatience = absl::Minutes(5);
  Elsewhere other(
      medium(),
      [](Store& store, const auto& tell) {
        tell(1);
        ::raise(SIGSTOP);
        if (!store.TakeTurn().ok()) return false;
        Batch mine = BatchOf(store, "late");
        mine.reads.log_size = store.LoadFrontier()->size();
        const auto committed = store.Commit(mine);
        return committed.ok() && committed->group == kGroups + 1 &&
               committed->first_leaf == kGroups &&
               store.GetMailbox(6)->last == kGroups;
      },
      kPatience);
  ASSERT_EQ(other.Next(), 1);
  other.WaitUntilStopped();
  Batch batch = BatchOf(a(), "a");
  const Uid uid = Take(a().ReserveUids(1));
  Add(batch, uid, HashOf(uid), uid);
  for (int i = 0; i < kGroups; ++i) {
    batch.mailbox = {{.agency = 6, .uid = uid}};
    Take(a().Commit(batch));
    batch = BatchOf(a(), "a");
  }
  other.GoOn();
  EXPECT_EQ(other.Wait(), 0);
  Take(a().Commit(BatchOf(a(), "a")));
  EXPECT_THAT(Take(a().Check(Unseal)), IsEmpty());
}

}  // namespace
}  // namespace waystation::conformance
