// SPDX-License-Identifier: Apache-2.0
// Two hubs on one database are one to whoever calls: each serves every agency,
// what one was told the other knows, and nothing that both do comes to less, or
// to more, than if one had done it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/codes/holder_code.h"
#include "proto/errors/error.h"
#include "server/storage/postgres/postgres_store.h"
#include "tests/harness/postgres/server.h"
#include "tests/unit/server/hub/fixtures.h"
#include "tests/unit/server/hub/notices.h"
#include "tests/unit/server/hub/stock.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using test::PostgresServer;

std::string NumberOf(int person) {
  return DemoNumber("341202", "19900307", person + 1);
}
std::string KeyOf(int person) { return "K" + std::to_string(person); }
Say Core(int person, uint64_t revision = 1) {
  return Say(KeyOf(person), revision)
      .Core(NumberOf(person), "王芳", 1990, 3, 7);
}

class TwoHubs : public testing::Test {
 protected:
  TwoHubs()
      : world_(testing::TempDir()),
        other_(testing::TempDir(), world_),
        database_(PostgresServer::Get().MakeDatabase()),
        a_(SetupOf(world_)),
        b_(SetupOf(other_)) {
    for (TestHub* const hub : {&a_, &b_}) {
      const absl::Status started = hub->TryStart();
      EXPECT_TRUE(started.ok()) << started;
      if (hub == &a_) a_.Prepare();
    }
  }
  ~TwoHubs() override {
    for (TestHub* const hub : {&a_, &b_}) {
      EXPECT_EQ(hub->hub().CheckStore()->findings_size(), 0);
      hub->Stop();
    }
    PostgresServer::Get().DropDatabase(database_);
  }

  TestHub::Setup SetupOf(const World& world) {
    TestHub::Setup setup;
    setup.world = &world;
    setup.notice_terms = Terms();
    // So that both ways to plan are gone.
    setup.shared_group = 4;
    setup.open = [this](const Keys& keys) {
      storage::postgres::Options options;
      options.target = PostgresServer::Get().TargetOf(database_);
      options.is_shared = true;
      options.patience = absl::Seconds(30);
      options.checksum_key = keys.checksum_key();
      return storage::postgres::OpenPostgres(options);
    };
    return setup;
  }

  // Both at once.
  static void Together(const std::function<void()>& one,
                       const std::function<void()>& two) {
    std::thread other(two);
    one();
    other.join();
  }

  const World world_;
  const World other_;
  const std::string database_;
  TestHub a_;
  TestHub b_;
};

TEST_F(TwoHubs, KnowWhatTheOtherWasTold) {
  a_.Submit(kPoliceSuzhou, Core(1).Lives("320505", "Lake Road"));
  EXPECT_EQ(b_.Submit(kLaborSuzhou, Core(1)).outcome(),
            v1::UpdateResult::OUTCOME_APPLIED);
  // Of agencies and agreements that b has only heard of.
  for (TestHub* const hub : {&a_, &b_}) {
    const auto person =
        hub->GetPerson(kLaborSuzhou, KeyOf(1), PurposeOf(kLaborSuzhou));
    ASSERT_TRUE(person.ok()) << person.status();
  }
  // A repetition is one, wherever it comes.
  EXPECT_EQ(
      b_.Submit(kPoliceSuzhou, Core(1).Lives("320505", "Lake Road")).outcome(),
      v1::UpdateResult::OUTCOME_UNCHANGED);
  EXPECT_EQ(a_.store().Count()->persons, 1);
  EXPECT_EQ(Difference(StockOf(a_), StockOf(b_)), "");
}

TEST_F(TwoHubs, FindTwinsThatCameToBothAtOnce) {
  constexpr int kPersons = 60;
  const auto add = [](TestHub& hub, std::string_view agency) {
    for (int person = 0; person < kPersons; ++person) {
      EXPECT_EQ(hub.Submit(agency, Core(person)).outcome(),
                v1::UpdateResult::OUTCOME_APPLIED);
    }
  };
  Together([&] { add(a_, kPoliceSuzhou); }, [&] { add(b_, kLaborSuzhou); });
  a_.Submit(kHealthSuzhou, Core(0));  // And each has heard of all.
  EXPECT_EQ(a_.store().Count()->records, 2 * kPersons + 1);
  EXPECT_EQ(a_.store().Count()->persons, kPersons);
  b_.Submit(kHealthSuzhou, Core(1));
  EXPECT_EQ(Difference(StockOf(a_), StockOf(b_)), "");
  // Nobody planned in vain.
  EXPECT_EQ(a_.hub().GetStatistics().commit_conflicts +
                b_.hub().GetStatistics().commit_conflicts,
            0);
}

TEST_F(TwoHubs, LoseNoUpdateOfOneRecord) {
  constexpr uint64_t kRevisions = 60;
  std::mutex mutex;
  std::map<uint64_t, std::string> leaves;
  // Each says something else of it, in frames that also say it of others.
  const auto say = [&](TestHub& hub, bool lives) {
    for (uint64_t revision = 1; revision <= kRevisions; ++revision) {
      std::vector<Say> updates;
      for (int person = 0; person < 5; ++person) {
        Say one(KeyOf(person), 2 * revision + (lives ? 1 : 0));
        if (lives) {
          one.Lives("320505", "Road " + std::to_string(revision));
        } else {
          one.Phone("138" + std::to_string(10'000'000 + revision));
        }
        updates.push_back(one);
      }
      const auto answer = hub.Submit(kPoliceSuzhou, updates);
      ASSERT_TRUE(answer.ok()) << answer.status();
      for (const v1::UpdateResult& result : answer->results()) {
        EXPECT_EQ(result.outcome(), v1::UpdateResult::OUTCOME_APPLIED);
      }
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(leaves.emplace(answer->leaf().index(), "update").second);
    }
  };
  Together([&] { say(a_, true); }, [&] { say(b_, false); });
  EXPECT_EQ(leaves.size(), 2 * kRevisions);
  // Each leaf that was told is an update's, and there are no others.
  size_t updates = 0;
  for (const v1::LoggedEvent& event : b_.Events()) {
    const bool is_update = event.event().kind() == v1::AuditEvent::KIND_UPDATES;
    EXPECT_EQ(is_update, leaves.contains(event.index())) << event.index();
    updates += is_update ? 1 : 0;
  }
  EXPECT_EQ(updates, 2 * kRevisions);
  // What each said last stands.
  for (TestHub* const hub : {&a_, &b_}) {
    for (const bool lives : {true, false}) {
      Say again(KeyOf(0), 2 * kRevisions + (lives ? 1 : 0));
      if (lives) {
        again.Lives("320505", "Road " + std::to_string(kRevisions));
      } else {
        again.Phone("138" + std::to_string(10'000'000 + kRevisions));
      }
      EXPECT_EQ(hub->Submit(kPoliceSuzhou, again).outcome(),
                v1::UpdateResult::OUTCOME_UNCHANGED);
    }
  }
}

TEST_F(TwoHubs, HonourNoAgreementThatWasRevokedAtTheOther) {
  a_.Submit(kPoliceSuzhou, Core(1));
  b_.Submit(kLaborSuzhou, Core(1));
  std::atomic<bool> revoked = false;
  std::atomic<int> answered = 0;
  Together(
      [&] {
        while (answered < 20) std::this_thread::yield();
        EXPECT_EQ(a_.Revoke("labor"), absl::OkStatus());
        revoked = true;
      },
      [&] {
        for (int after = 0; after < 20;) {
          const bool begins_after = revoked;
          const auto person =
              b_.GetPerson(kLaborSuzhou, KeyOf(1), PurposeOf(kLaborSuzhou));
          if (begins_after) {
            ++after;
            EXPECT_EQ(errors::ReasonOf(person.status()), "NOT_AVAILABLE");
          } else if (person.ok()) {
            ++answered;
          }
        }
      });
  // Nor does the log tell of one.
  bool is_over = false;
  int reads = 0;
  for (const v1::LoggedEvent& event : b_.Events()) {
    is_over = is_over || event.event().act() == "agreement.revoke";
    if (event.event().kind() != v1::AuditEvent::KIND_READ) continue;
    EXPECT_FALSE(is_over) << event.ShortDebugString();
    ++reads;
  }
  EXPECT_TRUE(is_over);
  EXPECT_EQ(reads, answered);
}

TEST_F(TwoHubs, CountWrongCodesTogether) {
  const auto guess = [](TestHub& hub, uint64_t first) {
    int wrong = 0;
    for (uint64_t number = first; number < first + 60; ++number) {
      std::array<uint8_t, codes::kHolderCodeBytes> bytes{};
      bytes[0] = static_cast<uint8_t>(number);
      v1::VerifyRequest request;
      request.set_code(codes::WriteHolderCode(bytes));
      request.set_kind(v1::Certificate::KIND_RESIDENCE_PERMIT);
      request.set_purpose(v1::PURPOSE_EMPLOYMENT_SERVICE);
      const auto answer = Await<v1::VerifyResponse>([&](auto done) {
        hub.hub().Verify(AgencyCaller(kLaborSuzhou), request, std::move(done));
      });
      const std::string reason = errors::ReasonOf(answer.status());
      EXPECT_THAT(reason,
                  testing::AnyOf("CODE_NOT_VALID", "TOO_MANY_WRONG_CODES"));
      wrong += reason == "CODE_NOT_VALID" ? 1 : 0;
    }
    return wrong;
  };
  int by_a = 0;
  int by_b = 0;
  Together([&] { by_a = guess(a_, 1); }, [&] { by_b = guess(b_, 101); });
  EXPECT_EQ(by_a + by_b, 50);
  EXPECT_GT(by_a, 0);
  EXPECT_GT(by_b, 0);
}

TEST_F(TwoHubs, SpendABudgetTogether) {
  v1::Agreement agreement = DefaultAgreement("labor");
  agreement.set_version(2);
  agreement.mutable_budget()->set_persons_per_day(5);
  EXPECT_EQ(a_.Apply(agreement), absl::OkStatus());
  for (int person = 0; person < 10; ++person) {
    a_.Submit(kPoliceSuzhou, Core(person));
    a_.Submit(kLaborSuzhou, Core(person));
  }
  std::set<int> told;
  for (int person = 0; person < 10; ++person) {
    TestHub& hub = person % 2 == 0 ? a_ : b_;
    // What the other one told, this one has heard of when it writes.
    hub.Submit(kHealthSuzhou, Core(100 + person));
    if (hub.GetPerson(kLaborSuzhou, KeyOf(person), PurposeOf(kLaborSuzhou))
            .ok()) {
      told.insert(person);
    }
  }
  EXPECT_EQ(told.size(), 5U);
  // Of whom it was told already, it may be told again, by either.
  EXPECT_TRUE(
      b_.GetPerson(kLaborSuzhou, KeyOf(0), PurposeOf(kLaborSuzhou)).ok());
}

TEST_F(TwoHubs, ShareOneTimeThoughTheirClocksDiffer) {
  a_.Advance(absl::Minutes(1));
  for (int person = 0; person < 10; ++person) {
    (person % 2 == 0 ? a_ : b_).Submit(kPoliceSuzhou, Core(person));
    if (person == 5) b_.Advance(absl::Minutes(3));
  }
  int64_t latest = 0;
  for (const v1::LoggedEvent& event : a_.Events()) {
    const int64_t time =
        TimeUtil::TimestampToMicroseconds(event.event().time());
    EXPECT_GE(time, latest);
    latest = time;
  }
}

// Reads a mailbox at one hub, as it is told to.
class Watching {
 public:
  Watching(TestHub& hub, std::string_view agency)
      : hub_(hub), caller_(AgencyCaller(agency)) {
    request_.set_purpose(PurposeOf(agency));
    v1::WatchRequest watch;
    watch.set_purpose(request_.purpose());
    watch_ = hub.hub().WatchMailbox(
        caller_, watch,
        {.wake =
             [this] {
               const std::lock_guard lock(mutex_);
               is_woken_ = true;
               changed_.notify_all();
             },
         .take =
             [this](v1::PullResponse response) {
               const std::lock_guard lock(mutex_);
               taken_.push_back(std::move(*response.mutable_page()));
               changed_.notify_all();
             }});
  }

  // Reads until so many different records were told of; each page begins where
  // the one before it ended, or is left aside.
  void ReadUntil(size_t records) {
    while (records_.size() < records) {
      Pull();
      if (records_.size() >= records) return;
      watch_->StandBy(request_.page_token());
      std::vector<v1::MailboxPage> pages;
      {
        std::unique_lock lock(mutex_);
        ASSERT_TRUE(changed_.wait_for(lock, std::chrono::minutes(2), [&] {
          return is_woken_ || !taken_.empty();
        })) << records_.size();
        is_woken_ = false;
        pages = std::exchange(taken_, {});
      }
      for (const v1::MailboxPage& page : pages) {
        if (page.first_token() == request_.page_token()) Take(page);
      }
    }
  }
  int pushed() const { return pushed_; }

 private:
  void Pull() {
    for (bool at_end = false; !at_end;) {
      watch_->Look();
      const auto response = Await<v1::PullResponse>([&](auto done) {
        hub_.hub().Pull(caller_, request_, std::move(done));
      });
      ASSERT_TRUE(response.ok()) << response.status();
      at_end = response->page().at_end();
      Take(response->page());
      --pushed_;
    }
  }
  void Take(const v1::MailboxPage& page) {
    ++pushed_;
    request_.set_page_token(page.last_token());
    for (const auto& entry : page.entries()) {
      for (const std::string& key : entry.view().record_keys())
        records_.insert(key);
    }
  }

  TestHub& hub_;
  const Caller caller_;
  v1::PullRequest request_;
  std::set<std::string> records_;
  int pushed_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_woken_ = false;
  std::vector<v1::MailboxPage> taken_;
  std::shared_ptr<MailboxWatch> watch_;
};

TEST_F(TwoHubs, TellWatchersOfWhatTheOtherWasTold) {
  constexpr int kPersons = 40;
  for (int person = 0; person < kPersons; ++person) {
    a_.Submit(kLaborSuzhou, Core(person));
  }
  const auto move = [](TestHub& hub, int from) {
    for (int person = from; person < kPersons; person += 2) {
      hub.Submit(kLaborFuyang,
                 Core(person).Works("电子厂" + std::to_string(person)));
    }
  };
  Watching at_a(a_, kLaborSuzhou);
  Watching at_b(b_, kLaborSuzhou);
  std::thread reads_a([&] { at_a.ReadUntil(kPersons); });
  std::thread reads_b([&] { at_b.ReadUntil(kPersons); });
  Together([&] { move(a_, 0); }, [&] { move(b_, 1); });
  reads_a.join();
  reads_b.join();
}

TEST_F(TwoHubs, TellWhoWatchesNoticesOfWhatTheOtherWasTold) {
  ASSERT_EQ(a_.Apply(NoticeAgreement()), absl::OkStatus());
  a_.Submit(kPoliceSuzhou, Say("S", 1)
                               .Core(kNumber, "王芳", 1990, 3, 7)
                               .Lives("320505001", "狮山路7号"));
  const auto send = [](TestHub& hub) {
    const auto sent = Await<v1::SendNoticeResponse>([&](auto done) {
      hub.hub().SendNotice(AgencyCaller(kPoliceSuzhou), NoticeRequest(),
                           std::move(done));
    });
    EXPECT_TRUE(sent.ok()) << sent.status();
    return sent->notice().id();
  };
  NoticeWatcher fuyang(b_.hub(), kPoliceFuyang);
  EXPECT_THAT(fuyang.Await().notices(), testing::IsEmpty());
  std::set<std::string> sent;
  std::set<std::string> told;
  const auto hear = [&](NoticeWatcher& watcher) {
    while (told != sent) {
      const v1::WatchNoticesResponse news = watcher.Await();
      for (const v1::Notice& head : news.notices()) {
        told.insert(head.id());
      }
    }
  };
  for (TestHub* const hub : {&a_, &b_, &b_, &a_}) {
    sent.insert(send(*hub));
    hear(fuyang);
  }
  // Both at once, and whoever watches goes on at the other.
  std::string one;
  std::string two;
  Together([&] { one = send(a_); }, [&] { two = send(b_); });
  sent.insert({one, two});
  NoticeWatcher again(a_.hub(), kPoliceFuyang, fuyang.token());
  hear(again);
}

TEST_F(TwoHubs, TakeOverWhereTheOtherWas) {
  a_.Submit(kPoliceSuzhou, Core(1));
  b_.Stop();
  a_.Submit(kLaborSuzhou, Core(2));
  ASSERT_EQ(b_.TryStart(), absl::OkStatus());
  a_.Stop();
  EXPECT_EQ(b_.Submit(kLaborSuzhou, Core(1)).outcome(),
            v1::UpdateResult::OUTCOME_APPLIED);
  const auto checkpoint = b_.hub().GetCheckpoint(AuditorCaller(), {});
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
  ASSERT_EQ(a_.TryStart(), absl::OkStatus());
  EXPECT_EQ(a_.store().Count()->persons, 2);
}

TEST_F(TwoHubs, RefuseOneThatKeepsTheStoreOtherwise) {
  b_.Stop();
  config::v1::Rules rules;
  rules.set_version("another");
  b_.UseRules(rules);
  const absl::Status refused = b_.TryStart();
  EXPECT_EQ(errors::ReasonOf(refused), "CONFIG_INVALID") << refused;
  b_.UseRules({});
  EXPECT_EQ(b_.TryStart(), absl::OkStatus());
}

}  // namespace
}  // namespace waystation::hub
