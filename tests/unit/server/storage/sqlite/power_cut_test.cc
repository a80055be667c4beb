// SPDX-License-Identifier: Apache-2.0
// What was acknowledged outlasts a power cut at any moment. Stories of a store
// are recorded, and from each many folders are made as a cut may leave them
// (power.h). Twenty thousand by default; WAYSTATION_ROUNDS says otherwise, and
// WAYSTATION_SEED repeats a run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/rows/checksum.h"
#include "server/storage/sqlite/log_end.h"
#include "server/storage/sqlite/newest_mark.h"
#include "server/storage/sqlite/session.h"
#include "server/storage/sqlite/vfs.h"
#include "tests/harness/runs.h"
#include "tests/unit/server/storage/sqlite/power.h"
#include "tests/unit/server/storage/sqlite/store_story.h"
#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

constexpr size_t kStates = 20'000;
constexpr size_t kStatesOfOneStory = 1'000;

struct Story {
  Recorder run;
  std::vector<Told> told;
};

// One is lived; which, is up to chance.
void Record(std::mt19937_64& chance, Story& story) {
  const TemporaryFolder folder;
  Options options = OptionsFor(folder.path(), &story.run);
  // From copied after each group to never.
  constexpr size_t kLogPages[] = {1, 12, 40, 100'000};
  options.log_bytes = kLogPages[chance() % 4] * 4096;
  const std::unique_ptr<Store> store = Take(OpenSqlite(options));
  ASSERT_NE(store, nullptr);
  story.run.FolderSynced();
  LiveStory(*store, chance, [&](const Told& told) {
    story.told.push_back(told);
    story.told.back().moment = story.run.size();
  });
}

// Looks at what cuts leave. SQLite makes whole again what it finds, for each of
// them, and the mark of the newest group is held against that; what it makes is
// one of few databases, of which each is looked at once, by the store.
class Examiner {
 public:
  void Examine(const Files& files, const Told& told) {
    if (told.is_erased) {
      for (const auto& [name, content] : files) {
        EXPECT_EQ(content.find(kErased), std::string::npos) << name;
      }
    }
    const auto [found, is_new] = outcomes_.try_emplace(Recovered(files));
    if (is_new) found->second = OpenedByStore(files);
    ExpectHolds(found->second, told);
    if (testing::Test::HasFailure()) Keep(files);
  }

 private:
  // Of the database, once the log is in it. With the mark it would be another
  // one for nearly every cut.
  uint64_t Recovered(const Files& files) const {
    const TemporaryFolder folder;
    WriteFiles(files, folder.path());
    const std::string path = folder.File("waystation.db");
    if (!files.contains("waystation.db")) return 0;
    {
      const std::unique_ptr<Session> session =
          Take(Session::Open({.database = path,
                              .vfs = layer_.name(),
                              .key = key_,
                              .cache_bytes = size_t{1} << 20}));
      ExpectNoAlarm(folder.path(), *session);
      EXPECT_EQ(sqlite3_wal_checkpoint_v2(session->connection->handle(),
                                          nullptr, SQLITE_CHECKPOINT_TRUNCATE,
                                          nullptr, nullptr),
                SQLITE_OK);
      session->connection->CopyLogOnClose();  // So that no log remains.
    }
    Files recovered = ReadFiles(folder.path());
    recovered.erase("newest");
    return Fingerprint(recovered);
  }

  // That a store which is whole does not count as damaged.
  void ExpectNoAlarm(const std::string& folder, Session& session) const {
    const absl::StatusOr<LogIndex> log = LogIndex::Of(*session.connection);
    ASSERT_TRUE(log.ok()) << log.status();
    const std::string header = Take(ReadLogHeader(*session.connection));
    const std::unique_ptr<NewestMark> mark =
        Take(NewestMark::Open(folder, key_, nullptr));
    if (!mark->found().has_value()) return;
    EXPECT_EQ(mark->VerifyLog(header, log->End()), absl::OkStatus());
    // There may be no table yet.
    if (mark->found()->group == 0) return;
    EXPECT_EQ(mark->VerifyGroups(Take(session.groups.Load())),
              absl::OkStatus());
  }

  static StoryHeld OpenedByStore(const Files& files) {
    const TemporaryFolder folder;
    WriteFiles(files, folder.path());
    const std::unique_ptr<Store> store =
        Take(OpenSqlite(OptionsFor(folder.path())));
    return store == nullptr ? StoryHeld() : LookAt(*store);
  }

  // So that somebody can look.
  static void Keep(const Files& files) {
    const std::filesystem::path kept =
        harness::ScratchRoot() / ("waystation-cut." + std::to_string(getpid()));
    std::filesystem::create_directory(kept);
    WriteFiles(files, kept);
    ADD_FAILURE() << "what the cut left is in " << kept;
  }

  const FileLayer layer_{nullptr};
  const ChecksumKey key_ = DeriveChecksumKey(OptionsFor("").checksum_key);
  std::map<uint64_t, StoryHeld> outcomes_;
};

// Makes up to so many folders of the story, all different, and looks at them.
// How many there were.
size_t CutStory(const Story& story, size_t states, std::mt19937_64& chance) {
  const size_t steps = story.run.steps().size();
  std::vector<size_t> moments(states + states / 4);
  for (size_t& moment : moments) moment = chance() % (steps + 1);
  std::sort(moments.begin(), moments.end());
  Disk disk(story.run);
  Examiner examiner;
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (const size_t moment : moments) {
    disk.AdvanceTo(moment);
    const Files files = disk.Cut(chance);
    Told told;
    for (const Told& one : story.told) {
      if (one.moment <= moment) told = one;
    }
    if (!seen.emplace(told.group, Fingerprint(files)).second) continue;
    SCOPED_TRACE("cut before step " + std::to_string(moment) + " of " +
                 std::to_string(steps));
    examiner.Examine(files, told);
    if (testing::Test::HasFailure() || seen.size() == states) break;
  }
  return seen.size();
}

TEST(PowerCut, LosesNothingThatWasAcknowledged) {
  SCOPED_TRACE(harness::SeedWords());
  const size_t states = harness::Rounds(kStates);
  size_t seen = 0;
  for (size_t number = 0; seen < states; ++number) {
    SCOPED_TRACE("story " + std::to_string(number));
    std::mt19937_64 chance(harness::Seed() * 1'000'003 + number);
    Story story;
    Record(chance, story);
    if (HasFailure()) return;
    seen += CutStory(story, std::min(kStatesOfOneStory, states), chance);
    if (HasFailure()) return;
  }
  std::printf("%zu states\n", seen);
}

}  // namespace
}  // namespace waystation::storage::sqlite
