// SPDX-License-Identifier: Apache-2.0
// One hub on SQLite and one on PostgreSQL live the same long history, and are
// alike in all that they answer: records, persons, standing values, what waits
// for a clerk, mailboxes, and the log, entry by entry.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/postgres/postgres_store.h"
#include "tests/harness/postgres/server.h"
#include "tests/unit/server/hub/fixtures.h"
#include "tests/unit/server/hub/stock.h"

namespace waystation::hub {
namespace {

using test::PostgresServer;

const std::vector<std::string> kAgencies = {
    std::string(kPoliceFuyang), std::string(kPoliceSuzhou),
    std::string(kLaborFuyang), std::string(kLaborSuzhou),
    std::string(kHealthSuzhou)};
const std::vector<std::string> kNames = {"王芳", "王方", "赵铁柱", "欧阳建国"};
const std::vector<std::string> kPhones = {"13805580001", "13805580002",
                                          "13805580003"};

// What happens next, the same whichever hub is asked.
class History {
 public:
  explicit History(TestHub& test, unsigned seed) : test_(test), random_(seed) {}

  void GoOn() {
    test_.Advance(absl::Minutes(7));
    const size_t what = Any(20);
    if (what < 15) {
      Submit();
    } else if (what == 15) {
      RulePair();
    } else if (what == 16) {
      ChooseClaim();
    } else if (what == 17) {
      Undo();
    } else if (what == 18) {
      const std::string& agency = kAgencies[Any(kAgencies.size())];
      const auto page = test_.Pull(agency, token_of_[agency], 3);
      ASSERT_TRUE(page.ok()) << page.status();
      if (!page->entries().empty()) token_of_[agency] = page->last_token();
    } else {
      test_.Restart();
    }
  }

 private:
  size_t Any(size_t count) { return random_() % count; }

  // So few people, keys and values that they meet.
  void Submit() {
    const std::string& agency = kAgencies[Any(kAgencies.size())];
    const std::string key = "K" + std::to_string(Any(8));
    Say say(key, ++revision_);
    const size_t person = Any(4);
    if (Any(12) == 0) {
      say.Retract(v1::RecordRetraction::REASON_ENTERED_IN_ERROR);
      test_.Submit(agency, say);
      return;
    }
    if (Any(3) != 0) say.Name(kNames[Any(10) == 0 ? Any(4) : person]);
    if (Any(3) != 0) say.Born(1990, 3, static_cast<int>(1 + person % 3));
    if (Any(4) == 0) {
      say.Number(
          DemoNumber("341202", "19900307", 41 + 2 * static_cast<int>(person)));
    }
    if (Any(4) == 0) say.Phone(kPhones[Any(kPhones.size())]);
    if (Any(4) == 0) say.Lives("320505", "Lake Road");
    if (Any(6) == 0) say.TakeBack("contact");
    say.Recorded(test_.Now());
    test_.Submit(agency, say);
  }

  void RulePair() {
    const auto list = test_.hub().ListCandidates(OfficeCaller(), {});
    ASSERT_TRUE(list.ok()) << list.status();
    if (list->candidates().empty()) return;
    const v1::Candidate& candidate = list->candidates(
        static_cast<int>(Any(static_cast<size_t>(list->candidates_size()))));
    v1::DecideRequest ruling;
    ruling.set_subject(candidate.id());
    ruling.set_etag(candidate.etag());
    ruling.set_kind(Any(2) == 0 ? v1::Decision::KIND_SAME
                                : v1::Decision::KIND_DIFFERENT);
    ruling.set_reason("both came to the counter");
    Count(test_.Decide(ruling).ok());
  }

  void ChooseClaim() {
    const auto list = test_.hub().ListConflicts(OfficeCaller(), {});
    ASSERT_TRUE(list.ok()) << list.status();
    if (list->conflicts().empty()) return;
    v1::GetConflictRequest look;
    look.set_id(list->conflicts(0).id());
    const auto conflict = Await<v1::GetConflictResponse>([&](auto done) {
      test_.hub().GetConflict(OfficeCaller(), look, std::move(done));
    });
    ASSERT_TRUE(conflict.ok()) << conflict.status();
    const auto& group = conflict->groups(
        static_cast<int>(Any(static_cast<size_t>(conflict->groups_size()))));
    Count(test_.Choose(*conflict, group.claims(0).agency()).ok());
  }

  void Undo() {
    if (decisions_ == 0) return;
    (void)test_.Undo(1 + Any(decisions_));
  }

  void Count(bool decided) { decisions_ += decided ? 1 : 0; }

  TestHub& test_;
  std::mt19937 random_;
  uint64_t revision_ = 0;
  size_t decisions_ = 0;
  std::map<std::string, std::string> token_of_;
};

// What the log says, but for what its salts are in.
std::vector<std::string> WordsOf(std::vector<v1::LoggedEvent> events) {
  std::vector<std::string> words;
  for (v1::LoggedEvent& event : events) {
    event.mutable_event()->clear_details_root();
    words.push_back(event.ShortDebugString());
  }
  return words;
}

TEST(Stores, AreAlikeOverALongHistory) {
  const World world(testing::TempDir());
  const World other(testing::TempDir(), world);
  const std::string database = PostgresServer::Get().MakeDatabase();
  TestHub on_sqlite({.world = &world});
  TestHub on_postgres(
      {.world = &other, .open = [&](const Keys& keys) {
         return storage::postgres::OpenPostgres(
             {.target = PostgresServer::Get().TargetOf(database),
              .wait = absl::Seconds(30),
              .checksum_key = keys.checksum_key()});
       }});
  for (TestHub* const test : {&on_sqlite, &on_postgres}) {
    const absl::Status started = test->TryStart();
    ASSERT_TRUE(started.ok()) << started;
    test->Prepare();
    History history(*test, 7);
    for (int i = 0; i < 400; ++i) history.GoOn();
  }
  const Stock stock = StockOf(on_sqlite);
  EXPECT_GT(stock.records.size(), 20u);
  EXPECT_FALSE(stock.candidates.empty());
  EXPECT_FALSE(stock.conflicts.empty());
  EXPECT_EQ(Difference(StockOf(on_postgres), stock), "");
  EXPECT_EQ(MailboxesOf(on_postgres), MailboxesOf(on_sqlite));
  EXPECT_EQ(WordsOf(on_postgres.Events()), WordsOf(on_sqlite.Events()));
  for (TestHub* const test : {&on_sqlite, &on_postgres}) {
    EXPECT_EQ(test->hub().CheckStore()->findings_size(), 0);
  }
}

}  // namespace
}  // namespace waystation::hub
