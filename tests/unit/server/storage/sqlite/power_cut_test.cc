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
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/vfs.h"
#include "tests/harness/runs.h"
#include "tests/unit/server/storage/sqlite/power.h"
#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

constexpr size_t kStates = 20'000;
constexpr size_t kStatesOfOneStory = 1'000;

// In the details of an early leaf, until a later group takes it out.
constexpr char kErased[] = "this is to be erased";
constexpr uint64_t kErasedIn = 2;
constexpr uint64_t kErasedBy = 5;

// What has been told up to a moment.
struct Told {
  size_t moment = 0;
  uint64_t group = 0;
  // Leaves under the newest checkpoint.
  uint64_t checkpoint = 0;
  // Position up to which a mailbox has been read.
  uint64_t read = 0;
  bool is_erased = false;
};

struct Story {
  Recorder run;
  std::vector<Told> told;
  // After each group, from none on.
  std::vector<auditlog::Frontier> logs;
};

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

// Tells it; which one is up to chance.
void Tell(std::mt19937_64& chance, Story& story) {
  const TemporaryFolder folder;
  Options options = OptionsFor(folder.path(), &story.run);
  // From copied after each group to never.
  constexpr size_t kLogPages[] = {1, 12, 40, 100'000};
  options.log_bytes = kLogPages[chance() % 4] * 4096;
  const std::unique_ptr<Store> store = Take(OpenSqlite(options));
  ASSERT_NE(store, nullptr);
  story.run.FolderSynced();
  ASSERT_EQ(Prepare(*store), absl::OkStatus());
  story.logs.emplace_back();
  Told told;
  const auto tell = [&] {
    told.moment = story.run.size();
    story.told.push_back(told);
  };
  const uint64_t groups = 10 + chance() % 10;
  for (uint64_t group = 1; group <= groups; ++group) {
    ASSERT_EQ(store->Commit(StoryBatch(group)).status(), absl::OkStatus());
    story.logs.push_back(Take(store->LoadFrontier()));
    told.group = group;
    tell();
    if (chance() % 3 == 0) {
      const uint64_t size = story.logs.back().size();
      ASSERT_EQ(store->PutCheckpoint({size, NoteOf(size), 1}),
                absl::OkStatus());
      told.checkpoint = size;
      tell();
    }
    if (chance() % 4 == 0) {
      ASSERT_EQ(store->AcknowledgeMailbox(1, group, 1), absl::OkStatus());
      told.read = group;
      tell();
    }
    if (group == kErasedBy || chance() % 8 == 0) {
      ASSERT_EQ(store->Scrub(), absl::OkStatus());
      told.is_erased = group >= kErasedBy;
      tell();
    }
  }
}

// What a store has of the story.
struct Outcome {
  uint64_t group = 0;
  uint64_t checkpoint = 0;
  uint64_t read = 0;
};

// That it is whole, and the beginning of the story.
Outcome Look(const Store& store, const Story& story) {
  ExpectWholeGroups(store);
  const Outcome outcome{
      .group = store.NewestGroup(),
      .checkpoint =
          Take(store.NewestCheckpoint()).value_or(CheckpointRow()).size,
      .read = Take(store.GetMailbox(1)).acknowledged};
  EXPECT_LT(outcome.group, story.logs.size());
  if (outcome.group >= story.logs.size()) return outcome;
  EXPECT_EQ(Take(store.LoadFrontier()), story.logs[outcome.group]);
  EXPECT_LE(outcome.checkpoint, outcome.group * kLeaves);
  if (outcome.checkpoint > 0) {
    EXPECT_EQ(Take(store.NewestCheckpoint())->note, NoteOf(outcome.checkpoint));
  }
  return outcome;
}

// Looks at what cuts leave. SQLite makes whole again what it finds, for each of
// them; what it makes is one of few databases, of which each is looked at once,
// by the store.
class Examiner {
 public:
  explicit Examiner(const Story& story) : story_(story) {}

  void Examine(const Files& files, const Told& told) {
    if (told.is_erased) {
      for (const auto& [name, content] : files) {
        EXPECT_EQ(content.find(kErased), std::string::npos) << name;
      }
    }
    const auto [found, is_new] = outcomes_.try_emplace(Recovered(files));
    if (is_new) found->second = OpenedByStore(files);
    const Outcome& outcome = found->second;
    EXPECT_GE(outcome.group, told.group);
    EXPECT_LE(outcome.group, told.group + 1);
    EXPECT_GE(outcome.checkpoint, told.checkpoint);
    EXPECT_GE(outcome.read, told.read);
    if (testing::Test::HasFailure()) Keep(files);
  }

 private:
  // Of the database, once the log is in it.
  uint64_t Recovered(const Files& files) const {
    const TemporaryFolder folder;
    WriteFiles(files, folder.path());
    const std::string path = folder.File("waystation.db");
    if (!files.contains("waystation.db")) return 0;
    {
      const std::unique_ptr<Connection> connection =
          Take(Connection::Open(path, layer_.name(), SQLITE_OPEN_READWRITE));
      // The first look is what recovers.
      Take(connection->Ask("SELECT count(*) FROM sqlite_schema"));
      EXPECT_EQ(sqlite3_wal_checkpoint_v2(connection->handle(), nullptr,
                                          SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                                          nullptr),
                SQLITE_OK);
    }
    return Fingerprint(ReadFiles(folder.path()));
  }

  Outcome OpenedByStore(const Files& files) const {
    const TemporaryFolder folder;
    WriteFiles(files, folder.path());
    const std::unique_ptr<Store> store =
        Take(OpenSqlite(OptionsFor(folder.path())));
    return store == nullptr ? Outcome() : Look(*store, story_);
  }

  // So that somebody can look.
  static void Keep(const Files& files) {
    const std::filesystem::path kept =
        harness::ScratchRoot() / ("waystation-cut." + std::to_string(getpid()));
    std::filesystem::create_directory(kept);
    WriteFiles(files, kept);
    ADD_FAILURE() << "what the cut left is in " << kept;
  }

  const Story& story_;
  const FileLayer layer_{nullptr};
  std::map<uint64_t, Outcome> outcomes_;
};

// Makes up to so many folders of the story, all different, and looks at them.
// How many there were.
size_t CutStory(const Story& story, size_t states, std::mt19937_64& chance) {
  const size_t steps = story.run.steps().size();
  std::vector<size_t> moments(states + states / 4);
  for (size_t& moment : moments) moment = chance() % (steps + 1);
  std::sort(moments.begin(), moments.end());
  Disk disk(story.run);
  Examiner examiner(story);
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
    Tell(chance, story);
    if (HasFailure()) return;
    seen += CutStory(story, std::min(kStatesOfOneStory, states), chance);
    if (HasFailure()) return;
  }
  std::printf("%zu states\n", seen);
}

}  // namespace
}  // namespace waystation::storage::sqlite
