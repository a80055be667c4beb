// SPDX-License-Identifier: Apache-2.0
// Trouble underneath: full disks, failing media, foreign stores, damaged rows,
// days that come and rules that change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <set>
#include <thread>

#include "proto/errors/error.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/queue.h"
#include "server/hub/work.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using storage::sqlite::FileAnswer;
using storage::sqlite::FileStep;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSubsetOf;
using testing::SizeIs;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

Say Core(std::string_view key) {
  return Say(key, 1).Core(kNumber, "王芳", 1990, 3, 7);
}

// A medium that is full, or fails at syncs, while it is told to.
class Medium final : public storage::sqlite::FileHooks {
 public:
  FileAnswer Before(const FileStep& step) override {
    if (full && step.kind == FileStep::Kind::kWrite) {
      ++refused;
      return FileAnswer::kNoSpace;
    }
    if (step.kind == FileStep::Kind::kSync && syncs_until_full > 0 &&
        --syncs_until_full == 0) {
      full = true;
    }
    if (broken && step.kind == FileStep::Kind::kSync) return FileAnswer::kFail;
    return FileAnswer::kPass;
  }
  std::atomic<bool> full = false;
  std::atomic<bool> broken = false;
  // 0: none; the disk is full behind the last of them.
  std::atomic<int> syncs_until_full = 0;
  std::atomic<int> refused = 0;
};

TEST(Faults, FullDiskRefusesAndGoesOnWhenItIsFreed) {
  Medium medium;
  TestHub test({.hooks = &medium, .rules = {}});
  test.Submit(kPoliceFuyang, Core("A"));
  medium.full = true;
  const auto refused =
      test.Submit(kPoliceFuyang, std::vector<Say>{Say("A", 2).Name("王方")});
  EXPECT_EQ(ReasonOf(refused.status()), "DISK_FULL");
  EXPECT_EQ(ReasonOf(test.GetPerson(kPoliceFuyang, "A",
                                    v1::PURPOSE_RESIDENCE_REGISTRATION)
                         .status()),
            "DISK_FULL")
      << "nothing is told without its leaf";
  medium.full = false;
  EXPECT_EQ(test.Submit(kPoliceFuyang, Say("A", 2).Name("王方")).outcome(),
            v1::UpdateResult::OUTCOME_APPLIED);
  EXPECT_TRUE(
      test.GetPerson(kPoliceFuyang, "A", v1::PURPOSE_RESIDENCE_REGISTRATION)
          .ok());
  EXPECT_EQ(test.hub().CheckStore()->findings_size(), 0);
}

TEST(Faults, FailingSyncAnswersNothingAndStops) {
  Medium medium;
  TestHub test({.hooks = &medium, .rules = {}});
  test.Submit(kPoliceFuyang, Core("A"));
  std::promise<absl::Status> failed;
  test.hub().OnFailure(
      [&](const absl::Status& status) { failed.set_value(status); });
  medium.broken = true;
  const auto unknown =
      test.Submit(kPoliceFuyang, std::vector<Say>{Say("A", 2).Name("王方")});
  EXPECT_EQ(ReasonOf(unknown.status()), "STORE_FAILED");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(failed.get_future().get().code(), absl::StatusCode::kUnavailable);
  medium.broken = false;
  EXPECT_EQ(
      ReasonOf(
          test.Submit(kPoliceFuyang, std::vector<Say>{Core("A")}).status()),
      "STORE_FAILED");
  EXPECT_FALSE(test.hub().GetHubStatus()->ready());
  test.Restart();
  const auto again =
      test.Submit(kPoliceFuyang, std::vector<Say>{Say("A", 2).Name("王方")});
  ASSERT_TRUE(again.ok()) << "resubmission is safe: " << again.status();
  EXPECT_NE(again->results(0).outcome(), v1::UpdateResult::OUTCOME_REJECTED);
  EXPECT_EQ(test.hub().CheckStore()->findings_size(), 0);
}

TEST(Faults, ForeignStoresAreRefused) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("A"));
  test.Stop();
  test.UseOrigin("other.example/log");
  EXPECT_EQ(ReasonOf(test.TryStart()), "STORE_FOREIGN");
  test.Stop();
  test.UseOrigin("test.example/log");
  const Keys right = test.keys();
  test.UseKeys(Keys::Generate());
  EXPECT_FALSE(test.TryStart().ok());
  test.Stop();
  test.UseKeys(right);
  EXPECT_TRUE(test.TryStart().ok());
}

// Overwrites what the record with this uid has sealed.
void Damage(const TestHub& test, const std::string& uid) {
  std::filesystem::path file;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(test.folder())) {
    std::string header(16, '\0');
    std::ifstream(entry.path(), std::ios::binary).read(header.data(), 16);
    if (header.starts_with("SQLite format 3")) file = entry.path();
  }
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(
          database,
          (std::string("UPDATE record SET sealed = zeroblob(length(sealed)) ") +
           "WHERE uid = (" + uid + ")")
              .c_str(),
          nullptr, nullptr, nullptr),
      SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

TEST(Faults, DamagedRowHarmsOnlyItself) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("A"));
  test.Submit(kPoliceFuyang, Say("B", 1).Name("李娜"));
  test.Stop();
  Damage(test, "SELECT min(uid) FROM record");
  ASSERT_TRUE(test.TryStart().ok());
  // Both travel at once, so that they may meet in one group.
  std::vector<std::future<absl::StatusOr<v1::SubmitRecordsResponse>>> answers;
  for (const char* key : {"A", "B"}) {
    answers.push_back(std::async(std::launch::async, [&test, key] {
      return test.Submit(kPoliceFuyang,
                         std::vector<Say>{Say(key, 2).Lives("320505")});
    }));
  }
  EXPECT_EQ(ReasonOf(answers[0].get().status()), "STORE_DAMAGED");
  const auto other = answers[1].get();
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(other->results(0).outcome(), v1::UpdateResult::OUTCOME_APPLIED);
  const auto checked = test.hub().CheckStore();
  ASSERT_EQ(checked->findings_size(), 1);
  EXPECT_EQ(checked->findings(0).reason(), "ROW_DAMAGED");
  EXPECT_EQ(checked->findings(0).detail(), "the checksum does not fit");
  EXPECT_TRUE(checked->findings(0).place().starts_with("record "));
}

TEST(Faults, TheQueueIsBoundedInUpdatesAndInBytes) {
  class Waiting final : public Work {
   public:
    Waiting(size_t size, size_t bytes) : size_(size), bytes_(bytes) {}
    size_t size() const override { return size_; }
    size_t bytes() const override { return bytes_; }
    absl::Status Conclude(const Outcome&) override { return absl::OkStatus(); }
    void Answer(const storage::Committed*) override {}
    void Fail(const absl::Status&) override {}

   private:
    const size_t size_;
    const size_t bytes_;
  };
  WorkQueue queue(10, 100);
  const auto add = [&](size_t size, size_t bytes) {
    std::unique_ptr<Work> work = std::make_unique<Waiting>(size, bytes);
    return queue.Add(work);
  };
  using enum WorkQueue::Put;
  EXPECT_EQ(add(20, 200), kTaken) << "an empty queue takes whatever comes";
  EXPECT_EQ(add(1, 0), kFull);
  EXPECT_THAT(*queue.Take(100), SizeIs(1));
  EXPECT_EQ(add(1, 60), kTaken);
  EXPECT_EQ(add(1, 60), kFull);
  EXPECT_EQ(add(1, 40), kTaken);
  EXPECT_THAT(*queue.Take(1), SizeIs(1));
  EXPECT_EQ(add(1, 60), kTaken);
  EXPECT_EQ(add(9, 0), kFull);
  EXPECT_EQ(add(8, 0), kTaken);
}

TEST(Faults, ManyWritersAtOnceGetAnswersOfTheirOwn) {
  TestHub test;
  constexpr int kWriters = 8;
  constexpr int kEach = 40;
  std::vector<std::thread> writers;
  writers.reserve(kWriters);
  std::atomic<int> applied = 0;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kEach; ++i) {
        // All write to the same few people, each its own revisions.
        const auto result =
            test.Submit(writer % 2 == 0 ? kPoliceFuyang : kLaborFuyang,
                        Say("K" + std::to_string(i % 3),
                            static_cast<uint64_t>(writer * kEach + i + 1))
                            .Core(kNumber, "王芳", 1990, 3, 7)
                            .Works("厂" + std::to_string(i)));
        if (result.outcome() == v1::UpdateResult::OUTCOME_APPLIED) ++applied;
      }
    });
  }
  std::thread reader([&] {
    for (int i = 0; i < 50; ++i) {
      (void)test.GetPerson(kLaborFuyang, "K0",
                           v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER);
      (void)test.Pull(kLaborFuyang);
    }
  });
  for (std::thread& writer : writers) writer.join();
  reader.join();
  EXPECT_GT(applied, 6);
  EXPECT_EQ(test.hub().GetHubStatus()->persons(), 1U);
  EXPECT_EQ(test.hub().CheckStore()->findings_size(), 0);
}

// A story of frames that are all under way at once, of which some fail.
class Flood {
 public:
  explicit Flood(TestHub& test) : test_(test) {}

  // `frames` frames, each a later revision of the same three records.
  void Send(int frames) {
    for (int i = 0; i < frames; ++i) {
      ++revision_;
      v1::SubmitRecordsRequest request;
      for (const char* key : {"A", "B", "C"}) {
        request.mutable_frame()->add_updates(
            Say(key, revision_)
                .Core(kNumber, "王芳", 1990, 3, 7)
                .Works("厂" + std::to_string(revision_))
                .bytes());
      }
      auto promise = std::make_shared<
          std::promise<absl::StatusOr<v1::SubmitRecordsResponse>>>();
      answers_.emplace_back(revision_, promise->get_future());
      test_.hub().SubmitFrame(AgencyCaller(kPoliceFuyang), request,
                              [promise, token = token_](auto answer) {
                                promise->set_value(std::move(answer));
                              });
    }
  }

  // Waits; the highest revision that was acknowledged, and what the rest was
  // told.
  struct Told {
    uint64_t acknowledged = 0;
    std::set<std::string> reasons;
  };
  Told Finish() {
    Told told;
    for (auto& [revision, future] : std::exchange(answers_, {})) {
      const auto answer = future.get();
      if (answer.ok()) {
        told.acknowledged = revision;
      } else {
        told.reasons.emplace(ReasonOf(answer.status()));
      }
    }
    return told;
  }

  // Callbacks that the hub still holds.
  long held() const { return token_.use_count() - 1; }

 private:
  using Answer = std::future<absl::StatusOr<v1::SubmitRecordsResponse>>;
  TestHub& test_;
  uint64_t revision_ = 0;
  std::vector<std::pair<uint64_t, Answer>> answers_;
  std::shared_ptr<int> token_ = std::make_shared<int>();
};

uint64_t RevisionOf(TestHub& test, const std::string& key) {
  v1::GetRecordRequest request;
  request.set_record_key(key);
  const auto record =
      test.hub().GetRecord(AgencyCaller(kPoliceFuyang), request);
  EXPECT_TRUE(record.ok()) << record.status();
  return record.ok() ? record->record().revision() : 0;
}

TEST(Faults, GroupsPlannedOnTopOfEachOtherEndAsOneByOne) {
  for (const size_t shared_group : {size_t{1}, size_t{7}, size_t{256}}) {
    TestHub test({.shared_group = shared_group});
    Flood flood(test);
    flood.Send(300);
    const Flood::Told told = flood.Finish();
    EXPECT_THAT(told.reasons, IsEmpty());
    EXPECT_EQ(told.acknowledged, 300U);
    for (const char* key : {"A", "B", "C"})
      EXPECT_EQ(RevisionOf(test, key), 300U);
    EXPECT_EQ(test.hub().GetHubStatus()->persons(), 1U);
    EXPECT_EQ(test.hub().CheckStore()->findings_size(), 0);
    test.Stop();
    EXPECT_EQ(flood.held(), 0) << "who was answered is let go";
  }
}

TEST(Faults, FullDiskUnderGroupsThatStandOnEachOther) {
  for (int syncs = 1; syncs < 12; ++syncs) {
    Medium medium;
    TestHub test({.hooks = &medium, .shared_group = 1});
    Flood flood(test);
    flood.Send(1);
    ASSERT_EQ(flood.Finish().acknowledged, 1U);
    medium.syncs_until_full = syncs;
    flood.Send(100);
    const Flood::Told told = flood.Finish();
    EXPECT_THAT(told.reasons, IsSubsetOf({"DISK_FULL"}));
    medium.syncs_until_full = 0;
    medium.full = false;
    EXPECT_EQ(RevisionOf(test, "B"), told.acknowledged);
    flood.Send(20);
    EXPECT_THAT(flood.Finish().reasons, IsEmpty());
    EXPECT_EQ(RevisionOf(test, "B"), 121U);
    EXPECT_EQ(test.hub().CheckStore()->findings_size(), 0);
  }
}

TEST(Faults, FailingSyncUnderGroupsThatStandOnEachOther) {
  Medium medium;
  TestHub test({.hooks = &medium, .shared_group = 1});
  Flood flood(test);
  flood.Send(50);
  const uint64_t before = flood.Finish().acknowledged;
  flood.Send(50);
  medium.broken = true;
  flood.Send(50);
  const Flood::Told told = flood.Finish();
  EXPECT_THAT(told.reasons, ElementsAre("STORE_FAILED"));
  medium.broken = false;
  test.Restart();
  // What was acknowledged is there; what was not may be.
  EXPECT_GE(RevisionOf(test, "C"), std::max(before, told.acknowledged));
  EXPECT_EQ(test.hub().CheckStore()->findings_size(), 0);
}

TEST(Faults, DamagedRowAmongGroupsThatStandOnEachOther) {
  TestHub test({.shared_group = 1});
  test.Submit(kPoliceFuyang, Core("A"));
  test.Submit(kPoliceSuzhou, Say("Z", 1).Name("李娜"));
  test.Stop();
  Damage(test, "SELECT max(uid) FROM record");
  ASSERT_TRUE(test.TryStart().ok());
  std::vector<std::future<absl::StatusOr<v1::SubmitRecordsResponse>>> answers;
  Flood flood(test);
  flood.Send(40);
  answers.push_back(std::async(std::launch::async, [&test] {
    return test.Submit(kPoliceSuzhou,
                       std::vector<Say>{Say("Z", 2).Lives("320505")});
  }));
  flood.Send(40);
  EXPECT_EQ(ReasonOf(answers[0].get().status()), "STORE_DAMAGED");
  EXPECT_THAT(flood.Finish().reasons, IsEmpty());
  EXPECT_EQ(RevisionOf(test, "A"), 80U);
}

// Writes a leaf, when it may: its group is planned until then.
class Held final : public Work {
 public:
  explicit Held(std::shared_future<void> may_go) : may_go_(std::move(may_go)) {}
  absl::Status Conclude(const Outcome& outcome) override {
    outcome.planning.AddLeaf({}, {});
    may_go_.wait();
    return absl::OkStatus();
  }
  void Answer(const storage::Committed*) override {}
  void Fail(const absl::Status& status) override { ADD_FAILURE() << status; }

 private:
  const std::shared_future<void> may_go_;
};

// Wants a group of its own; lets the other go once it is read ahead for, and
// tells as of which group its planning sees the store, and which is newest.
class Alone final : public Work {
 public:
  using Groups = std::pair<uint64_t, uint64_t>;
  Alone(const storage::Store& store, std::promise<void>& go,
        std::promise<Groups>& seen)
      : store_(store), go_(go), seen_(seen) {}
  bool alone() const override { return true; }
  void AddKeys(std::vector<storage::KeyHash>&) const override {
    if (!std::exchange(is_read_ahead_, true)) go_.set_value();
  }
  absl::Status Begin(Planning& planning) override {
    seen_.set_value({planning.state.TakeReads().group, store_.NewestGroup()});
    return absl::OkStatus();
  }
  absl::Status Conclude(const Outcome&) override { return absl::OkStatus(); }
  void Answer(const storage::Committed*) override {}
  void Fail(const absl::Status& status) override { ADD_FAILURE() << status; }

 private:
  const storage::Store& store_;
  std::promise<void>& go_;
  std::promise<Groups>& seen_;
  mutable bool is_read_ahead_ = false;
};

TEST(Faults, WhatWantsToBeAloneSeesWhatCameBefore) {
  const std::filesystem::path folder = testing::TempDir() + "waystation-alone";
  std::filesystem::remove_all(folder);
  const Keys keys = Keys::Generate();
  const auto log_key = auditlog::Ed25519PrivateKey::Generate();
  auto store = storage::sqlite::OpenSqlite(
      {.folder = folder, .checksum_key = keys.checksum_key()});
  ASSERT_TRUE(store.ok()) << store.status();
  Options options;
  options.shared_group = 1;
  hub::Core core({.store = **store,
                  .keys = keys,
                  .log_key = *log_key,
                  .clock = absl::Now,
                  .random =
                      [](void* out, size_t size) {
                        std::fill_n(static_cast<char*>(out), size, '\1');
                      }},
                 options);
  Committer committer(
      core, [](const Group&, const storage::Committed&) {},
      [](const InStep::Heard&) {});
  ASSERT_TRUE(committer.Start(0).ok());
  std::promise<void> go;
  std::promise<Alone::Groups> seen;
  committer.Submit(std::make_unique<Held>(go.get_future().share()));
  committer.Submit(std::make_unique<Alone>(**store, go, seen));
  const auto [group, newest] = seen.get_future().get();
  EXPECT_EQ(newest, 1U);
  EXPECT_EQ(group, newest);
  committer.Drain();
  std::filesystem::remove_all(folder);
}

TEST(Review, ClaimThatBeginsLaterIsToldOnItsDay) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("A"));
  test.Submit(kPoliceSuzhou, Core("B"));
  v1::AcknowledgeRequest acknowledge;
  acknowledge.set_page_token(test.Pull(kPoliceFuyang)->last_token());
  ASSERT_TRUE(
      test.hub().Acknowledge(AgencyCaller(kPoliceFuyang), acknowledge).ok());
  test.Submit(kPoliceSuzhou, Say("B", 2).Lives("320506").ValidFrom(2026, 6, 1));
  EXPECT_THAT(test.Pull(kPoliceFuyang)->entries(), IsEmpty());
  const auto person = [&] {
    return test
        .GetPerson(kPoliceFuyang, "A", v1::PURPOSE_RESIDENCE_REGISTRATION)
        ->view()
        .person()
        .residence()
        .division();
  };
  EXPECT_NE(person(), "320506");
  std::promise<void> woken;
  std::atomic<bool> once = false;
  const MailboxReader reader{.wake =
                                 [&] {
                                   if (!once.exchange(true)) woken.set_value();
                                 },
                             .take = nullptr};
  const Caller police = AgencyCaller(kPoliceFuyang);
  const auto watch = test.hub().WatchMailbox(police, {}, reader);
  test.Restart();
  const auto watch_after = test.hub().WatchMailbox(police, {}, reader);
  test.SetTime(absl::FromCivil(absl::CivilDay(2026, 6, 1),
                               absl::FixedTimeZone(8 * 3600)) +
               absl::Minutes(1));
  woken.get_future().get();
  const auto page = test.Pull(kPoliceFuyang);
  ASSERT_THAT(page->entries(), SizeIs(1));
  EXPECT_EQ(page->entries(0).view().person().residence().division(), "320506");
}

TEST(Review, ChangedRulesAreGoneThroughAtStart) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("A"));
  test.Submit(kPoliceSuzhou, Say("B", 1).Core(kNumber, "王芳", 1990, 7, 3));
  ASSERT_TRUE(test.OnlyConflict().ok());
  config::v1::Rules rules;
  rules.set_version("later wins");
  config::v1::ResolutionRule& rule = *rules.add_resolution();
  rule.set_attribute("birth_date");
  rule.add_criteria(v1::CRITERION_LATER_RECORDED_TIME);
  test.Submit(
      kPoliceFuyang,
      Say("A", 2).Born(1990, 3, 7).Recorded(test.Now() - absl::Hours(48)));
  test.Submit(
      kPoliceSuzhou,
      Say("B", 2).Born(1990, 7, 3).Recorded(test.Now() - absl::Hours(24)));
  ASSERT_TRUE(test.OnlyConflict().ok());
  test.UseRules(rules);
  test.Restart();
  // The review runs behind; its last act says that it is through.
  const auto is_through = [&] {
    return std::ranges::any_of(test.Events(), [](const auto& logged) {
      return logged.event().act() == "rules.reviewed";
    });
  };
  while (!is_through()) std::this_thread::yield();
  EXPECT_THAT(test.hub().ListConflicts(OfficeCaller(), {})->conflicts(),
              IsEmpty());
  const auto page = test.Pull(kPoliceFuyang);
  ASSERT_THAT(page->entries(), SizeIs(1));
  EXPECT_EQ(page->entries(0).view().person().birth_date().date().month(), 7);
}

// A disk that is full for a while must not leave half the stock unreviewed.
TEST(Review, OfRulesGoesOnAfterAFullDisk) {
  Medium medium;
  TestHub test({.hooks = &medium, .rules = {}});
  test.Submit(kPoliceFuyang, Core("A"));
  test.Submit(kPoliceSuzhou, Say("B", 1).Core(kNumber, "王芳", 1990, 7, 3));
  const auto is_through = [&](const std::string& version) {
    return std::ranges::any_of(test.Events(), [&](const auto& logged) {
      return logged.event().act() == "rules.reviewed" &&
             logged.event().object() == version;
    });
  };
  bool met = false;
  // The disk fills up behind the first, second ... sync of a start, until that
  // falls between the start and the end of the review.
  for (int syncs = 1; !met; ++syncs) {
    config::v1::Rules rules;
    rules.set_version("rules " + std::to_string(syncs));
    config::v1::ResolutionRule& rule = *rules.add_resolution();
    rule.set_attribute("birth_date");
    rule.add_criteria(v1::CRITERION_LATER_RECORDED_TIME);
    test.UseRules(rules);
    test.Stop();
    medium.refused = 0;
    medium.syncs_until_full = syncs;
    const absl::Status started = test.TryStart();
    if (started.ok()) {
      while (medium.refused == 0 && !is_through(rules.version())) {
        std::this_thread::yield();
      }
      met = medium.refused > 0 && !is_through(rules.version());
    }
    medium.syncs_until_full = 0;
    medium.full = false;
    if (!started.ok()) continue;
    while (!is_through(rules.version())) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace waystation::hub
