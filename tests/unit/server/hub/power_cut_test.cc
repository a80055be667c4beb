// SPDX-License-Identifier: Apache-2.0
// What a hub has acknowledged outlasts a power cut at any write. A story is
// recorded, and from it folders are made as a cut may leave them: the store's
// files without what was not synced, or with any part of it (power.h), and
// beside them the journal and the backups as they were just then. The hub that
// starts there stands by all that was told, and the story, sent again by
// whoever got no answer, ends as if nothing had been. WAYSTATION_ROUNDS says
// how many cuts, WAYSTATION_SEED repeats a run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/harness/runs.h"
#include "tests/unit/server/hub/story.h"
#include "tests/unit/server/storage/sqlite/power.h"

namespace waystation::hub {
namespace {

namespace fs = std::filesystem;
using storage::sqlite::Disk;
using storage::sqlite::FileAnswer;
using storage::sqlite::FileHooks;
using storage::sqlite::Files;
using storage::sqlite::FileStep;
using storage::sqlite::Recorder;

constexpr size_t kCuts = 200;
constexpr char kStore[] = "store";

// All files of the hub but its store's, by path; what has been told is one.
Files ReadBeside(const fs::path& folder) {
  Files files;
  std::error_code gone;  // Another thread may be renaming.
  for (auto entry = fs::recursive_directory_iterator(folder, gone);
       entry != fs::recursive_directory_iterator(); entry.increment(gone)) {
    if (entry->path().filename() == kStore) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file(gone)) {
      std::ifstream file(entry->path(), std::ios::binary);
      files[fs::relative(entry->path(), folder)] = {
          std::istreambuf_iterator<char>(file), {}};
    }
  }
  return files;
}

// Records what the store does, and what lay beside it before each step.
class HubRecorder final : public FileHooks {
 public:
  explicit HubRecorder(fs::path folder) : folder_(std::move(folder)) {}

  FileAnswer Before(const FileStep& step) override {
    const std::lock_guard lock(mutex_);
    const size_t moment = run_.size();
    const FileAnswer answer = run_.Before(step);
    if (run_.size() > moment) Look(moment);
    return answer;
  }
  void Started() {
    const std::lock_guard lock(mutex_);
    run_.FolderSynced();
    started_ = run_.size();
  }
  void Ended() {
    const std::lock_guard lock(mutex_);
    Look(run_.size());
  }

  // Once the hub has ended. The first moment at which it served.
  size_t started() const { return started_; }
  const Recorder& run() const { return run_; }
  const Files& Beside(size_t moment) const {
    return std::prev(beside_.upper_bound(moment))->second;
  }

 private:
  void Look(size_t moment) {
    Files files = ReadBeside(folder_);
    if (beside_.empty() || files != beside_.rbegin()->second) {
      beside_[moment] = std::move(files);
    }
  }

  const fs::path folder_;
  std::mutex mutex_;
  Recorder run_;
  size_t started_ = 0;
  std::map<size_t, Files> beside_;
};

void Record(const World& world, HubRecorder& recorder) {
  StoryMedium medium(&recorder);
  TestHub test(StorySetup(world, medium));
  ASSERT_EQ(test.TryStart(), absl::OkStatus());
  recorder.Started();
  ASSERT_EQ(TellStory(test, medium, Told(world)), absl::OkStatus());
  recorder.Ended();
  test.Stop();
}

void WriteAll(const Files& files, const fs::path& folder) {
  for (const auto& [path, content] : files) {
    fs::create_directories((folder / path).parent_path());
    std::ofstream file(folder / path, std::ios::binary);
    file << content;
    file.close();
    ASSERT_TRUE(file.good()) << path;
    // Nobody else reads keys, or they are not taken.
    fs::permissions(folder / path,
                    fs::perms::owner_read | fs::perms::owner_write);
  }
}

void ExpectComesBack(const World& world) {
  const Told told(world);
  StoryMedium medium;
  TestHub test(StorySetup(world, medium));
  ASSERT_EQ(test.TryStart(), absl::OkStatus());
  ExpectStandsBy(test, told);
  ExpectBackupsAreLogged(test);
  ExpectEndsWell(test, medium, told);
  ExpectStandsBy(test, told);
  EXPECT_EQ(told.steps(), kStorySteps);
}

TEST(PowerCut, LosesNothingThatWasAcknowledged) {
  SCOPED_TRACE(harness::SeedWords());
  (void)UndisturbedOutcome();
  const World whole(harness::ScratchRoot());
  HubRecorder recorder(whole.folder);
  ASSERT_NO_FATAL_FAILURE(Record(whole, recorder));
  const size_t steps = recorder.run().steps().size();
  ASSERT_GT(steps, recorder.started() + 100);

  std::mt19937_64 chance(harness::Seed());
  // The folder is synced with the first step of a hub that serves.
  const size_t first = recorder.started() + 1;
  std::vector<size_t> moments(harness::Rounds(kCuts));
  for (size_t& moment : moments) {
    moment = first + chance() % (steps - first + 1);
  }
  std::ranges::sort(moments);
  Disk disk(recorder.run());
  for (const size_t moment : moments) {
    SCOPED_TRACE(testing::Message()
                 << "cut before step " << moment << " of " << steps);
    disk.AdvanceTo(moment);
    const World world(harness::ScratchRoot(), whole);
    WriteAll(recorder.Beside(moment), world.folder);
    fs::create_directories(world.folder / kStore);
    storage::sqlite::WriteFiles(disk.Cut(chance), world.folder / kStore);
    ExpectComesBack(world);
    if (HasFailure()) return;
  }
  std::printf("%zu cuts of %zu steps\n", moments.size(), steps);
}

}  // namespace
}  // namespace waystation::hub
