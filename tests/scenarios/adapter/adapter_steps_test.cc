// SPDX-License-Identifier: Apache-2.0
// An adapter that ends at any step of its work, or finds its disk full there:
// the next run goes on, everything arrives, and no file holds half a row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/scenarios/adapter/world.h"

namespace waystation::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::ContainsRegex;
using testing::Eq;
using testing::HasSubstr;

constexpr char kOrigin[] = "public_security.341200";
constexpr char kResidence[] = "public_security.320500";
// Where the person moves to, round after round.
constexpr const char* kCounties[] = {"320505", "320506", "320507", "320508"};

class AdapterSteps : public testing::Test {
 protected:
  void SetUp() override {
    world_.StartHub();
    origin_ = world_.Agency(kOrigin);
    residence_ = world_.Agency(kResidence);
    WriteAll(origin_ + "/in/0.csv", PoliceFile({{.key = "R1"}}));
    ASSERT_EQ(world_.Adapter(kOrigin, "once").exit_code, 0);
  }

  // Gives the adapter of the origin something to do in each part of its work:
  // rows to send, a row that cannot be read, and a change that its mailbox
  // brings.
  void Prepare() {
    const std::string n = std::to_string(++round_);
    county_ = kCounties[round_ % std::size(kCounties)];
    WriteAll(absl::StrCat(residence_, "/in/", n, ".csv"),
             PoliceFile(
                 {{.key = "S1",
                   .division = county_,
                   .arrived = "2026-05-01",
                   .modified = absl::StrCat("2026-05-01 00:", Two(round_ / 60),
                                            ":", Two(round_ % 60))}}));
    ASSERT_EQ(world_.Adapter(kResidence, "once").exit_code, 0);
    keys_.push_back("R" + Three(round_));
    WriteAll(absl::StrCat(origin_, "/in/", n, ".csv"),
             ToGb(absl::StrCat(PoliceHeader(), PoliceRow({.key = "R1"}),
                               PoliceRow({.key = keys_.back(), .number = ""}),
                               BrokenRow(round_))));
  }

  static std::string Two(int n) { return absl::StrCat(n / 10, n % 10); }
  static std::string Three(int n) {
    return absl::StrCat(n / 100, Two(n % 100));
  }
  static std::string BrokenRow(int round) {
    return absl::StrCat("B", Three(round), ",cut\n");
  }

  // Runs `once` with a fault at a step.
  Ran Faulty(const std::string& fault) const {
    return RunCommand(
        absl::StrCat("LD_PRELOAD=", WAYSTATION_BIN_DIR,
                     "/../tests/libadapter_step_faults.so ",
                     "WAYSTATION_FAULT_FOLDER=", origin_, "/ ", fault, " exec ",
                     world_.AdapterCommand(kOrigin, "--quiet once")));
  }

  // How many steps one run takes.
  int CountSteps() {
    Prepare();
    const std::string file = world_.folder() + "/steps";
    const Ran ran = Faulty("WAYSTATION_COUNT_FILE=" + file);
    EXPECT_EQ(ran.exit_code, 3) << ran.out;
    int steps = 0;
    EXPECT_TRUE(
        absl::SimpleAtoi(absl::StripAsciiWhitespace(ReadAll(file)), &steps));
    return steps;
  }

  // What the next run makes of it.
  void ExpectEverythingThere() {
    const Ran once = world_.Adapter(kOrigin, "once");
    EXPECT_THAT(once.exit_code, AnyOf(Eq(0), Eq(3))) << once.out;
    std::vector<std::string> keys = keys_;
    keys.push_back("R1");
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(world_.RecordKeys(kOrigin), keys);
    std::string quarantine = PoliceHeader();
    for (int i = 1; i <= round_; ++i) quarantine += BrokenRow(i);
    EXPECT_EQ(ReadAll(origin_ + "/state/quarantine/ldrk.csv"), quarantine);
    ExpectWholeTables();
  }

  void ExpectNothingLeftToDo() {
    EXPECT_THAT(world_.Adapter(kOrigin, "once").out, HasSubstr("nothing new"));
    EXPECT_THAT(world_.Adapter(kOrigin, "outbox list").out,
                HasSubstr("0 updates wait"));
    const std::string list = world_.Adapter(kOrigin, "quarantine list").out;
    for (int i = 1; i <= round_; ++i) {
      EXPECT_THAT(list, ContainsRegex(absl::StrCat("#", i, " +rejected +", i,
                                                   ".csv:4 +ROW_COLUMNS")));
    }
  }

  // Each table has whole rows only, and the latest says where the person is.
  void ExpectWholeTables() {
    std::string last;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(origin_ + "/out")) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      EXPECT_EQ(file.extension(), ".csv");
      const std::string text = FromGb(ReadAll(file));
      ASSERT_TRUE(text.ends_with('\n')) << file;
      const std::vector<std::string> lines =
          absl::StrSplit(absl::StripSuffix(text, "\n"), '\n');
      for (const std::string& line : lines) {
        EXPECT_EQ(std::count(line.begin(), line.end(), ','), 14) << line;
        if (line.starts_with("R1,")) last = line;
      }
    }
    EXPECT_THAT(last, HasSubstr(absl::StrCat(",", county_, ",")));
  }

  World world_;
  std::string origin_;
  std::string residence_;
  int round_ = 0;
  std::string county_;
  std::vector<std::string> keys_;
};

TEST_F(AdapterSteps, KilledAtAnyStepGoesOn) {
  constexpr int kRounds = 30;
  const int steps = CountSteps();
  ASSERT_GT(steps, kRounds);
  for (int i = 0; i < kRounds && !HasFailure(); ++i) {
    const int step = 1 + i * steps / kRounds;
    SCOPED_TRACE(absl::StrCat("step ", step, " of ", steps));
    Prepare();
    const Ran killed = Faulty(absl::StrCat("WAYSTATION_KILL_AT=", step));
    EXPECT_EQ(killed.exit_code, -SIGKILL) << killed.out;
    ExpectEverythingThere();
  }
  ExpectNothingLeftToDo();
}

TEST_F(AdapterSteps, FullDiskIsSaidAndCostsNothing) {
  constexpr int kRounds = 12;
  const int steps = CountSteps();
  for (int i = 0; i < kRounds && !HasFailure(); ++i) {
    const int step = 1 + i * steps / kRounds;
    SCOPED_TRACE(absl::StrCat("full from step ", step, " of ", steps));
    Prepare();
    const Ran full = Faulty(absl::StrCat("WAYSTATION_FULL_FROM=", step));
    EXPECT_THAT(full.exit_code, AnyOf(Eq(1), Eq(3))) << full.out;
    if (full.exit_code == 1) {
      EXPECT_THAT(full.out, HasSubstr("LOCAL_DISK_FULL"));
    }
    ExpectEverythingThere();
  }
  ExpectNothingLeftToDo();
}

}  // namespace
}  // namespace waystation::scenarios
