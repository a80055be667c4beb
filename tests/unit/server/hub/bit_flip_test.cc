// SPDX-License-Identifier: Apache-2.0
// One bit of a hub's folder flips while it is down: in the store, its
// write-ahead log, the journal, a backup or a backup's key. The hub refuses to
// start and says why, or its check or the call that meets it does, or all that
// was acknowledged reads as before. Never is something else told.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "server/hub/store_error.h"
#include "tests/harness/runs.h"
#include "tests/unit/server/hub/story.h"

namespace waystation::hub {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFlips = 250;
constexpr size_t kMostLeaves = 10'000;

// What was asked, and the answer; none where it was refused.
using Answers = std::map<std::string, std::string>;

// What the hub's own looking around says.
struct Checked {
  bool is_clean = true;
  std::string words;
};

template <typename Response>
void Check(const absl::StatusOr<Response>& answer, Checked& checked) {
  if (answer.ok() && answer->findings_size() == 0) return;
  checked.is_clean = false;
  absl::StrAppend(
      &checked.words, "\n",
      answer.ok() ? answer->ShortDebugString() : answer.status().ToString());
}

Checked CheckAll(TestHub& test, const std::vector<std::string>& backups) {
  Checked checked;
  Check(test.hub().CheckStore(), checked);
  for (const std::string& name : backups) {
    v1::VerifyBackupRequest request;
    request.set_name(name);
    Check(test.hub().VerifyBackup(request), checked);
  }
  return checked;
}

class Questions {
 public:
  template <typename Response>
  void Note(const std::string& question,
            const absl::StatusOr<Response>& answer) {
    if (answer.ok()) {
      answers_[question] = answer->ShortDebugString();
    } else {
      EXPECT_FALSE(errors::ReasonOf(answer.status()).empty())
          << question << ": " << answer.status();
    }
  }
  void Note(const std::string& question, std::string answer) {
    answers_[question] = std::move(answer);
  }
  Answers answers() && { return std::move(answers_); }

 private:
  Answers answers_;
};

// All that the hub tells of the story: of the log, its first `log_size`
// entries.
Answers Ask(TestHub& test, uint64_t log_size) {
  Questions questions;
  for (const auto& [agency, key] :
       {std::pair(kPoliceFuyang, "A"), std::pair(kPoliceSuzhou, "B"),
        std::pair(kLaborSuzhou, "L"), std::pair(kLaborSuzhou, "M"),
        std::pair(kLaborSuzhou, "F3")}) {
    v1::GetRecordRequest request;
    request.set_record_key(key);
    questions.Note(absl::StrCat("record ", key),
                   test.hub().GetRecord(AgencyCaller(agency), request));
  }
  for (const std::string_view agency : {kPoliceFuyang, kLaborSuzhou}) {
    auto page = test.Pull(agency);
    if (page.ok()) {
      // Each page has a leaf and a time of its own.
      page->clear_leaf();
      page->clear_as_of_time();
    }
    questions.Note("mailbox " + std::string(agency), page);
  }
  for (uint64_t index = 0; index < log_size; ++index) {
    const auto leaves =
        test.store().ReadLeaves(index, 1, /*with_details=*/false);
    if (leaves.ok() && !leaves->empty()) {
      questions.Note(absl::StrCat("leaf ", index), leaves->front().event);
    }
  }
  const auto checkpoints = test.store().ListCheckpoints(0, 100);
  for (const storage::CheckpointRow& row :
       checkpoints.value_or(std::vector<storage::CheckpointRow>())) {
    if (row.size <= log_size) {
      questions.Note(absl::StrCat("checkpoint ", row.size), row.note);
    }
  }
  questions.Note("agencies", test.hub().ListAgencies(OperatorCaller(), {}));
  questions.Note("agreements", test.hub().ListAgreements(OperatorCaller(), {}));
  questions.Note("decisions", test.hub().ListDecisions(OfficeCaller(), {}));
  return std::move(questions).answers();
}

// Tells the story, and ends as kill -9 would have it or in an orderly way.
void LeaveBehind(const World& world, bool is_killed) {
  const pid_t child = ::fork();
  if (child == 0) {
    bool is_told = false;
    {
      StoryMedium medium;
      TestHub test(StorySetup(world, medium));
      is_told = test.TryStart().ok() &&
                TellStory(test, medium, Told(world)).ok() &&
                !testing::Test::HasFailure();
      if (is_told && is_killed) ::kill(::getpid(), SIGKILL);
    }
    ::_exit(is_told ? 0 : 1);
  }
  int ended = 0;
  ASSERT_EQ(::waitpid(child, &ended, 0), child);
  if (is_killed) {
    ASSERT_TRUE(WIFSIGNALED(ended));
  } else {
    ASSERT_TRUE(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
  }
}

// All but what the next start makes anew, and what the test has noted there.
std::vector<fs::path> FilesOf(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.file_size() > 0 &&
        entry.path().filename() != "told" &&
        !entry.path().string().ends_with("-shm")) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

struct Flip {
  fs::path file;  // From the hub's folder.
  uint64_t byte = 0;
  int bit = 0;
  bool is_in_store() const { return *file.begin() == "store"; }
};

std::ostream& operator<<(std::ostream& to, const Flip& flip) {
  return to << "bit " << flip.bit << " of byte " << flip.byte << " in "
            << flip.file;
}

Flip FlipABit(const fs::path& folder, std::mt19937_64& chance) {
  const std::vector<fs::path> files = FilesOf(folder);
  const fs::path& file = files[chance() % files.size()];
  const Flip flip{.file = fs::relative(file, folder),
                  .byte = chance() % fs::file_size(file),
                  .bit = static_cast<int>(chance() % 8)};
  const auto at = static_cast<std::streamoff>(flip.byte);
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at);
  const int byte = stream.get();
  stream.seekp(at);
  stream.put(static_cast<char>(byte ^ (1 << flip.bit)));
  stream.close();
  EXPECT_TRUE(stream.good());
  return flip;
}

// That somebody who starts the hub is told what is wrong.
void ExpectIsNamed(const absl::Status& status) {
  const std::string reason(errors::ReasonOf(NamedStoreError(status)));
  EXPECT_NE(reason, "INTERNAL") << status;
  EXPECT_NE(reason, "") << status;
}

// What a folder without a flip tells.
struct Whole {
  std::vector<std::string> backups;  // That can be read.
  uint64_t log_size = 0;
  Answers answers;
  Answers restored;
};

class BitFlip : public testing::TestWithParam<bool> {};

// As long after the story as it lasts.
void WaitForTheStory(TestHub& test) { test.Advance(absl::Hours(24 * 31)); }

void Copy(const World& from, const World& to) {
  fs::copy(from.folder, to.folder, fs::copy_options::recursive);
}

Whole LookAtWhole(const World& world) {
  Whole whole;
  whole.backups = {Told(world).Of("backup").back()};
  const World copy(harness::ScratchRoot(), world);
  Copy(world, copy);
  StoryMedium medium;
  TestHub test(StorySetup(copy, medium));
  WaitForTheStory(test);
  EXPECT_EQ(test.TryStart(), absl::OkStatus());
  const Checked checked = CheckAll(test, whole.backups);
  EXPECT_TRUE(checked.is_clean) << checked.words;
  // But for the entry of this start.
  whole.log_size = test.store().ReadLeaves(0, kMostLeaves, false)->size() - 1;
  whole.answers = Ask(test, whole.log_size);
  EXPECT_GT(whole.answers.size(), whole.log_size + 10);
  EXPECT_EQ(test.TryRestore(whole.backups.front()), absl::OkStatus());
  whole.restored = Ask(test, 0);
  return whole;
}

// What is told is what was; what is not told was found.
void ExpectFoundOrHarmless(const Answers& answers, const Answers& want,
                           const Checked& checked) {
  for (const auto& [question, answer] : want) {
    const auto found = answers.find(question);
    if (found == answers.end()) {
      EXPECT_FALSE(checked.is_clean) << question << " is gone in silence";
    } else if (checked.is_clean) {
      EXPECT_EQ(found->second, answer) << question;
    }
  }
}

// Whether it was found.
bool Judge(const World& flipped, const Flip& flip, const Whole& whole) {
  StoryMedium medium;
  TestHub test(StorySetup(flipped, medium));
  WaitForTheStory(test);
  bool is_found = false;
  const absl::Status started = test.TryStart();
  if (started.ok()) {
    const Checked checked = CheckAll(test, whole.backups);
    ExpectFoundOrHarmless(Ask(test, whole.log_size), whole.answers, checked);
    is_found = !checked.is_clean;
  } else {
    ExpectIsNamed(started);
    is_found = true;
  }
  if (flip.is_in_store()) return is_found;
  // What a restore is made of.
  const absl::Status restored = test.TryRestore(whole.backups.front());
  if (restored.ok()) {
    const Answers answers = Ask(test, 0);
    for (const char* question : {"agencies", "agreements", "record M"}) {
      EXPECT_EQ(answers.at(question), whole.restored.at(question))
          << "restored";
    }
  } else {
    ExpectIsNamed(restored);
    is_found = true;
  }
  return is_found;
}

TEST_P(BitFlip, IsFoundOrHarmless) {
  SCOPED_TRACE(harness::SeedWords());
  const World world(harness::ScratchRoot());
  const bool is_killed = GetParam();
  ASSERT_NO_FATAL_FAILURE(LeaveBehind(world, is_killed));
  EXPECT_EQ(fs::exists(world.folder / "store" / "waystation.db-wal"),
            is_killed);
  const Whole whole = LookAtWhole(world);
  if (HasFailure()) return;
  std::mt19937_64 chance(harness::Seed() * 2 + (is_killed ? 1 : 0));
  const size_t flips = harness::Rounds(kFlips);
  size_t found = 0;
  for (size_t i = 0; i < flips; ++i) {
    const World flipped(harness::ScratchRoot(), world);
    Copy(world, flipped);
    const Flip flip = FlipABit(flipped.folder, chance);
    SCOPED_TRACE(testing::Message() << flip);
    if (Judge(flipped, flip, whole)) ++found;
    if (HasFailure()) return;
  }
  std::printf("%zu flips, %zu of them found\n", flips, found);
  EXPECT_GT(found, flips / 4);
}

INSTANTIATE_TEST_SUITE_P(InWhat, BitFlip, testing::Values(true, false),
                         [](const auto& info) {
                           return std::string(info.param ? "WasKilled"
                                                         : "WasStopped");
                         });

}  // namespace
}  // namespace waystation::hub
