// SPDX-License-Identifier: Apache-2.0
// Every step that a hub's life takes with its store's files fails once: each
// write, sync, truncation and growing of the log's index, in commits, in the
// copying of the log, in scrubbing and in backups. Then the story is told
// again and ends as if nothing had been.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <string>

#include "tests/harness/runs.h"
#include "tests/unit/server/hub/story.h"

namespace waystation::hub {
namespace {

using storage::sqlite::FileAnswer;
using storage::sqlite::FileHooks;
using storage::sqlite::FileStep;
using Kind = FileStep::Kind;

struct Fault {
  const char* name;
  Kind kind;
  FileAnswer answer;
};

// The nth step of its kind, counted from the hub's first start.
class FailNth final : public FileHooks {
 public:
  FailNth(const Fault& fault, int n) : fault_(fault), left_(n) {}
  FileAnswer Before(const FileStep& step) override {
    if (step.kind != fault_.kind || resting_ || --left_ != 0) {
      return FileAnswer::kPass;
    }
    return fault_.answer;
  }
  bool has_failed() const { return left_ <= 0; }
  // From now on nothing fails.
  void Rest() { resting_ = true; }

 private:
  const Fault& fault_;
  std::atomic<int> left_;
  std::atomic<bool> resting_ = false;
};

class EveryFault : public testing::TestWithParam<Fault> {};

// What a caller may be told of a medium.
bool IsNamed(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
}

bool IsServing(TestHub& test) {
  const auto status = test.hub().GetHubStatus();
  return status.ok() && status->ready();
}

// Tells the story to its end, with the fault on its way.
void TellThrough(FailNth& fault) {
  const World world(harness::ScratchRoot());
  const Told told(world);
  StoryMedium medium(&fault);
  TestHub test(StorySetup(world, medium));
  for (int attempt = 0;; ++attempt) {
    // At most: the start fails, then what it left half done.
    ASSERT_LT(attempt, 3);
    absl::Status status = test.TryStart();
    if (status.ok()) {
      if (attempt > 0) {
        ExpectStandsBy(test, told);
        ExpectBackupsAreLogged(test);
      }
      status = TellStory(test, medium, told);
      // A full disk is met by one call and no other.
      if (!status.ok() && IsServing(test)) {
        EXPECT_TRUE(fault.has_failed()) << status;
        EXPECT_TRUE(IsNamed(status)) << status;
        status = TellStory(test, medium, told);
      }
    }
    if (status.ok()) break;
    EXPECT_TRUE(fault.has_failed()) << status;
    EXPECT_TRUE(IsNamed(status)) << status;
    test.Stop();
  }
  fault.Rest();
  ExpectStandsBy(test, told);
  ExpectEndsWell(test, medium, told);
  EXPECT_EQ(told.steps(), kStorySteps);
}

TEST_P(EveryFault, IsMetByAnErrorAndLosesNothing) {
  for (int n = 1;; ++n) {
    SCOPED_TRACE(n);
    FailNth fault(GetParam(), n);
    TellThrough(fault);
    if (HasFailure()) return;
    if (!fault.has_failed()) {
      std::printf("%d of them\n", n - 1);
      EXPECT_GE(n, 2) << "the story has no such step";
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Of, EveryFault,
    testing::Values(
        Fault{"FailingWrite", Kind::kWrite, FileAnswer::kFail},
        Fault{"TornWrite", Kind::kWrite, FileAnswer::kTear},
        Fault{"FullDisk", Kind::kWrite, FileAnswer::kNoSpace},
        Fault{"FailingSync", Kind::kSync, FileAnswer::kFail},
        Fault{"FailingTruncation", Kind::kTruncate, FileAnswer::kFail},
        Fault{"FailingMap", Kind::kMap, FileAnswer::kFail},
        Fault{"FullDiskForTheIndex", Kind::kMap, FileAnswer::kNoSpace}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace waystation::hub
