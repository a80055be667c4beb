// SPDX-License-Identifier: Apache-2.0
// Who watches a mailbox and has read it to its end gets what comes next with
// the change itself; whoever does not is woken, and nobody misses anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/storage/sqlite/vfs.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::string NumberOf(int person) {
  return DemoNumber("341202", "19900307", person + 1);
}
std::string KeyOf(int person) { return "K" + std::to_string(person); }
Say Core(int person, uint64_t revision = 1) {
  return Say(KeyOf(person), revision)
      .Core(NumberOf(person), "王芳", 1990, 3, 7);
}
// What Suzhou's labor agency is told of.
Say Job(int person, uint64_t revision) {
  return Core(person, revision).Works("阜阳电子厂" + std::to_string(revision));
}

class FullDisk final : public storage::sqlite::FileHooks {
 public:
  storage::sqlite::FileAnswer Before(
      const storage::sqlite::FileStep& step) override {
    return is_full && step.kind == storage::sqlite::FileStep::Kind::kWrite
               ? storage::sqlite::FileAnswer::kNoSpace
               : storage::sqlite::FileAnswer::kPass;
  }
  std::atomic<bool> is_full = false;
};

// Holds up whoever waits for the disk.
class HeldSync final : public storage::sqlite::FileHooks {
 public:
  storage::sqlite::FileAnswer Before(
      const storage::sqlite::FileStep& step) override {
    if (step.kind == storage::sqlite::FileStep::Kind::kSync) {
      std::unique_lock lock(mutex_);
      if (is_holding_) {
        is_held_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return !is_holding_; });
      }
    }
    return storage::sqlite::FileAnswer::kPass;
  }
  void Hold() {
    const std::lock_guard lock(mutex_);
    is_holding_ = true;
  }
  void WaitUntilHeld() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_held_; });
  }
  void LetGo() {
    const std::lock_guard lock(mutex_);
    is_holding_ = false;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_holding_ = false;
  bool is_held_ = false;
};

// Reads as an agency's stream does, but one step at a time.
class Watching {
 public:
  Watching(TestHub& test, std::string_view agency,
           v1::Purpose purpose = v1::PURPOSE_UNSPECIFIED)
      : test_(test), caller_(AgencyCaller(agency)) {
    request_.set_purpose(purpose == v1::PURPOSE_UNSPECIFIED ? PurposeOf(agency)
                                                            : purpose);
    v1::WatchRequest watch;
    watch.set_purpose(request_.purpose());
    watch_ = test.hub().WatchMailbox(
        caller_, watch,
        {.wake =
             [this] {
               const std::lock_guard lock(mutex_);
               ++woken_;
               changed_.notify_all();
             },
         .take =
             [this](v1::PullResponse response) {
               const std::lock_guard lock(mutex_);
               taken_.push_back(std::move(*response.mutable_page()));
               changed_.notify_all();
             }});
  }

  // Reads one page; the tokens of pages follow each other.
  v1::MailboxPage Pull() {
    watch_->Look();
    const auto response = Await<v1::PullResponse>([&](auto done) {
      test_.hub().Pull(caller_, request_, std::move(done));
    });
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    request_.set_page_token(response->page().last_token());
    return response->page();
  }
  bool StandBy() { return watch_->StandBy(request_.page_token()); }
  // Until it stands by; how many entries there were.
  int ReadToTheEnd() {
    int entries = 0;
    do {
      v1::MailboxPage page;
      do {
        page = Pull();
        entries += page.entries_size();
      } while (!page.at_end());
    } while (!StandBy());
    return entries;
  }

  // Pages that came by themselves, each following the one before. One that does
  // not, since it was read meanwhile, is left aside, and it reads on.
  std::vector<v1::MailboxPage> Taken() {
    std::vector<v1::MailboxPage> follow;
    const std::lock_guard lock(mutex_);
    for (v1::MailboxPage& page : std::exchange(taken_, {})) {
      if (page.first_token() != request_.page_token()) {
        ++woken_;
        continue;
      }
      request_.set_page_token(page.last_token());
      follow.push_back(std::move(page));
    }
    return follow;
  }
  int TimesWoken() {
    const std::lock_guard lock(mutex_);
    return std::exchange(woken_, 0);
  }
  void WaitForPages(size_t pages) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return taken_.size() >= pages; });
  }
  // And takes note of it.
  void WaitToBeWoken() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return woken_ > 0; });
    woken_ = 0;
  }
  void Acknowledge() {
    v1::AcknowledgeRequest request;
    request.set_page_token(request_.page_token());
    EXPECT_TRUE(test_.hub().Acknowledge(caller_, request).ok());
  }

 private:
  TestHub& test_;
  const Caller caller_;
  v1::PullRequest request_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int woken_ = 0;
  std::vector<v1::MailboxPage> taken_;
  std::shared_ptr<MailboxWatch> watch_;
};

// Both labor agencies know the first people.
void MeetBoth(TestHub& test, int people) {
  for (int person = 0; person < people; ++person) {
    test.Submit(kLaborSuzhou, Core(person));
    test.Submit(kLaborFuyang, Core(person));
  }
}

TEST(Watch, APageComesWithTheChangeThatItTellsOf) {
  TestHub test;
  MeetBoth(test, 1);
  Watching watching(test, kLaborSuzhou);
  watching.ReadToTheEnd();
  watching.TimesWoken();
  const uint64_t groups = test.hub().GetStatistics().commit_groups;
  const size_t events = test.Events().size();

  test.Submit(kLaborFuyang, Job(0, 2));
  watching.WaitForPages(1);
  EXPECT_EQ(watching.TimesWoken(), 0);
  EXPECT_EQ(test.hub().GetStatistics().commit_groups, groups + 1);
  const auto logged = test.Events();
  ASSERT_THAT(logged, SizeIs(events + 2));
  const v1::AuditEvent& leaf = logged.back().event();
  EXPECT_EQ(leaf.kind(), v1::AuditEvent::KIND_PAGE);
  EXPECT_EQ(leaf.actor(), AgencyCaller(kLaborSuzhou).path);
  EXPECT_EQ(leaf.agency(), kLaborSuzhou);
  EXPECT_EQ(leaf.count(), 1);
  EXPECT_FALSE(leaf.details_root().empty());

  const auto pages = watching.Taken();
  ASSERT_THAT(pages, SizeIs(1));
  EXPECT_EQ(pages[0].leaf().index(), logged.back().index());
  EXPECT_TRUE(pages[0].at_end());
  // Nothing is left, and what came is what a pull would have brought.
  EXPECT_THAT(watching.Pull().entries(), IsEmpty());
  const auto pulled = test.Pull(kLaborSuzhou, pages[0].first_token());
  ASSERT_TRUE(pulled.ok()) << pulled.status();
  ASSERT_THAT(pulled->entries(), SizeIs(1));
  EXPECT_EQ(pages[0].entries(0).SerializeAsString(),
            pulled->entries(0).SerializeAsString());
  EXPECT_EQ(pages[0].last_token(), pulled->last_token());
  watching.Acknowledge();
  EXPECT_EQ(test.hub().GetMailbox(AgencyCaller(kLaborSuzhou))->waiting(), 0);
}

TEST(Watch, WhoHasNewsOrIsAwayIsWokenAndPulls) {
  TestHub test;
  MeetBoth(test, 1);
  Watching watching(test, kLaborSuzhou);
  watching.Pull();
  watching.TimesWoken();
  // Not standing by yet.
  test.Submit(kLaborFuyang, Job(0, 2));
  watching.WaitToBeWoken();
  EXPECT_FALSE(watching.StandBy());
  EXPECT_EQ(watching.ReadToTheEnd(), 1);
  EXPECT_THAT(watching.Taken(), IsEmpty());
  EXPECT_EQ(watching.TimesWoken(), 0);
}

TEST(Watch, WhoDoesNotSayThatItHasRoomGetsAFewPagesAndIsWoken) {
  constexpr size_t kFew = 4;
  TestHub test;
  MeetBoth(test, 1);
  Watching watching(test, kLaborSuzhou);
  watching.ReadToTheEnd();
  watching.TimesWoken();
  uint64_t revision = 2;
  for (size_t i = 0; i < kFew; ++i)
    test.Submit(kLaborFuyang, Job(0, revision++));
  watching.WaitForPages(kFew);
  EXPECT_EQ(watching.TimesWoken(), 0);
  test.Submit(kLaborFuyang, Job(0, revision++));
  watching.WaitToBeWoken();
  EXPECT_THAT(watching.Taken(), SizeIs(kFew)) << "each follows the one before";
  EXPECT_FALSE(watching.StandBy());
  EXPECT_EQ(watching.ReadToTheEnd(), 1);
  test.Submit(kLaborFuyang, Job(0, revision++));
  watching.WaitForPages(1);
  EXPECT_THAT(watching.Taken(), SizeIs(1));
}

TEST(Watch, WhoMayKnowNothingForItsPurposeIsGivenNoPage) {
  TestHub test;
  MeetBoth(test, 1);
  Watching watching(test, kLaborSuzhou, v1::PURPOSE_RESIDENCE_REGISTRATION);
  EXPECT_EQ(watching.ReadToTheEnd(), 0);
  watching.TimesWoken();
  const size_t events = test.Events().size();
  test.Submit(kLaborFuyang, Job(0, 2));
  watching.WaitToBeWoken();
  EXPECT_THAT(watching.Taken(), IsEmpty());
  EXPECT_EQ(watching.ReadToTheEnd(), 0);
  EXPECT_THAT(test.Events(), SizeIs(events + 1)) << "the update's leaf alone";
}

TEST(Watch, EachWatcherOfAMailboxGetsItsOwnPage) {
  TestHub test;
  MeetBoth(test, 1);
  Watching one(test, kLaborSuzhou);
  Watching other(test, kLaborSuzhou);
  one.ReadToTheEnd();
  other.ReadToTheEnd();
  const size_t events = test.Events().size();
  test.Submit(kLaborFuyang, Job(0, 2));
  one.WaitForPages(1);
  other.WaitForPages(1);
  const auto first = one.Taken();
  const auto second = other.Taken();
  ASSERT_THAT(first, SizeIs(1));
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_NE(first[0].leaf().index(), second[0].leaf().index());
  EXPECT_THAT(test.Events(), SizeIs(events + 3));
}

TEST(Watch, ABudgetThatIsSpentIsNotOverdrawnByWhatComesByItself) {
  TestHub test;
  MeetBoth(test, 2);
  Watching watching(test, kLaborSuzhou);
  watching.ReadToTheEnd();
  watching.Acknowledge();
  test.Advance(absl::Hours(24));
  v1::Agreement agreement = DefaultAgreement("labor");
  agreement.set_version(agreement.version() + 1);
  agreement.mutable_budget()->set_persons_per_day(1);
  ASSERT_EQ(test.Apply(agreement), absl::OkStatus());
  watching.ReadToTheEnd();
  watching.TimesWoken();
  test.Submit(kLaborFuyang, Job(0, 2));
  watching.WaitForPages(1);
  EXPECT_THAT(watching.Taken(), SizeIs(1));
  ASSERT_TRUE(watching.StandBy());
  test.Submit(kLaborFuyang, Job(1, 2));
  watching.WaitToBeWoken();
  EXPECT_THAT(watching.Taken(), IsEmpty());
}

TEST(Watch, APageThatItHasNoRoomForIsNoCall) {
  TestHub test;
  MeetBoth(test, 1);
  Watching watching(test, kLaborSuzhou);
  watching.ReadToTheEnd();
  test.Advance(absl::Minutes(1));
  v1::Agreement agreement = DefaultAgreement("labor");
  agreement.set_version(agreement.version() + 1);
  // Four pages that come by themselves, and one that is pulled.
  agreement.mutable_budget()->set_calls_per_minute(5);
  ASSERT_EQ(test.Apply(agreement), absl::OkStatus());
  watching.TimesWoken();
  ASSERT_TRUE(watching.StandBy());
  uint64_t revision = 2;
  for (int i = 0; i < 4; ++i) test.Submit(kLaborFuyang, Job(0, revision++));
  watching.WaitForPages(4);
  test.Submit(kLaborFuyang, Job(0, revision++));
  watching.WaitToBeWoken();
  EXPECT_THAT(watching.Taken(), SizeIs(4));
  EXPECT_THAT(watching.Pull().entries(), SizeIs(1));
}

TEST(Watch, AGroupThatDoesNotComeAboutBreaksNoPromise) {
  FullDisk disk;
  TestHub test({.hooks = &disk});
  MeetBoth(test, 1);
  Watching watching(test, kLaborSuzhou);
  watching.ReadToTheEnd();
  watching.TimesWoken();
  disk.is_full = true;
  EXPECT_FALSE(test.Submit(kLaborFuyang, std::vector<Say>{Job(0, 2)}).ok());
  disk.is_full = false;
  // It is told to look, and finds nothing.
  watching.WaitToBeWoken();
  EXPECT_THAT(watching.Taken(), IsEmpty());
  EXPECT_EQ(watching.ReadToTheEnd(), 0);
  test.Submit(kLaborFuyang, Job(0, 2));
  watching.WaitForPages(1);
  EXPECT_THAT(watching.Taken(), SizeIs(1));
}

// It stands by when one group has been planned without it and is about to be
// written, and the next is planned on top: that one may not promise it a page,
// or what the first put in would be passed over.
TEST(Watch, WhatIsJustBeingWrittenIsNotPassedOver) {
  HeldSync disk;
  std::atomic<int> plans_until_it_stands = 0;
  Watching* watching = nullptr;
  TestHub test({.hooks = &disk,
                .shared_group = 1,
                .group_updates = 1,
                .tick = absl::Hours(1),
                .on_clock = [&] {
                  if (plans_until_it_stands > 0 &&
                      --plans_until_it_stands == 0) {
                    EXPECT_TRUE(watching->StandBy());
                  }
                }});
  MeetBoth(test, 2);
  Watching reader(test, kLaborSuzhou);
  watching = &reader;
  reader.ReadToTheEnd();
  EXPECT_THAT(reader.Pull().entries(), IsEmpty());
  reader.TimesWoken();

  disk.Hold();
  std::vector<std::thread> writers;
  const auto queue = [&](std::string_view agency, const Say& update) {
    writers.emplace_back(
        [&test, agency, update] { test.Submit(agency, update); });
  };
  // One that tells nobody is on its way to the disk while two wait.
  queue(kPoliceFuyang, Say("P", 1).Name("李娜"));
  disk.WaitUntilHeld();
  queue(kLaborFuyang, Job(0, 2));
  queue(kLaborFuyang, Job(1, 2));
  while (test.hub().GetStatistics().queued_updates < 2) {
    std::this_thread::yield();
  }
  plans_until_it_stands = 2;
  disk.LetGo();
  for (std::thread& writer : writers) writer.join();
  reader.WaitToBeWoken();
  EXPECT_THAT(reader.Taken(), IsEmpty());
  EXPECT_EQ(reader.ReadToTheEnd(), 2);
}

// Several write at once, groups are planned on top of each other, and whatever
// way a change comes, each page follows the one before it and none is missing.
TEST(Watch, NothingIsSkippedWhileManyWrite) {
  constexpr int kWriters = 4;
  constexpr int kPeople = 40;
  for (const size_t shared_group : {size_t{1}, size_t{3}, size_t{256}}) {
    SCOPED_TRACE(shared_group);
    TestHub test({.shared_group = shared_group, .group_updates = 3});
    MeetBoth(test, kWriters * kPeople);
    Watching watching(test, kLaborSuzhou);
    watching.ReadToTheEnd();
    std::atomic<int> writing = kWriters;
    std::vector<std::thread> writers;
    writers.reserve(kWriters);
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&, writer] {
        for (int i = 0; i < kPeople; ++i) {
          test.Submit(kLaborFuyang, Job(writer * kPeople + i, 2));
        }
        --writing;
      });
    }
    // Each person gets a job once: whoever is missing was skipped.
    std::set<std::string> told;
    const auto note = [&](const v1::MailboxPage& page) {
      for (const v1::MailboxEntry& entry : page.entries()) {
        told.insert(entry.view().handle());
      }
    };
    const auto read_on = [&] {
      do {
        v1::MailboxPage page;
        do {
          page = watching.Pull();
          note(page);
        } while (!page.at_end());
      } while (!watching.StandBy());
    };
    while (writing > 0) {
      const auto pages = watching.Taken();
      for (const v1::MailboxPage& page : pages) note(page);
      if (watching.TimesWoken() > 0 ||
          (!pages.empty() && !watching.StandBy())) {
        read_on();
      }
    }
    for (std::thread& writer : writers) writer.join();
    read_on();
    EXPECT_THAT(told, SizeIs(kWriters * kPeople));
  }
}

}  // namespace
}  // namespace waystation::hub
