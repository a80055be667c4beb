// SPDX-License-Identifier: Apache-2.0
// Whole exports of generated people: what the programs say names nobody, what
// comes again is not sent again, and a large file takes no more memory than a
// small one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/scenarios/adapter/world.h"

namespace waystation::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kAgencies[] = {
    "public_security.341200", "public_security.320500", "labor.341200",
    "labor.320500",           "health.341200",          "health.320500",
    "commerce.341200",        "commerce.320500"};

class AdapterPeople : public testing::Test {
 protected:
  void SetUp() override {
    people_ = world_.folder() + "/people";
    const Ran made = RunCommand(
        absl::StrCat(WAYSTATION_BIN_DIR,
                     "/waystation-population --people 300 --out ", people_));
    ASSERT_EQ(made.exit_code, 0) << made.out;
  }

  // Puts an agency's first export, or a later one, where its adapter looks.
  void Export(const std::string& agency, const std::string& round = "") {
    const std::string folder = absl::StrCat(people_, "/", round, "/", agency);
    for (const auto& entry : fs::directory_iterator(folder)) {
      fs::copy_file(entry.path(),
                    absl::StrCat(world_.Agency(agency), "/in/", round,
                                 entry.path().filename().string()));
    }
  }

  // Names, numbers, telephones and addresses of everybody.
  std::set<std::string> PersonalValues() const {
    std::ifstream file(people_ + "/truth_people.csv");
    std::string line;
    std::getline(file, line);
    const std::vector<std::string> columns = absl::StrSplit(line, ',');
    std::set<std::string> values;
    while (std::getline(file, line)) {
      const std::vector<std::string> fields = absl::StrSplit(line, ',');
      for (std::size_t i = 0; i < fields.size() && i < columns.size(); ++i) {
        const std::string& column = columns[i];
        const bool personal = column == "name" || column == "number" ||
                              column.find("phone") != std::string::npos ||
                              column.find("address") != std::string::npos;
        if (personal && fields[i].size() > 3) values.insert(fields[i]);
      }
    }
    return values;
  }

  World world_;
  std::string people_;
};

std::vector<std::string> FoundIn(const std::string& text,
                                 const std::set<std::string>& values) {
  std::vector<std::string> found;
  for (const std::string& value : values) {
    if (text.find(value) != std::string::npos) found.push_back(value);
  }
  return found;
}

TEST_F(AdapterPeople, NothingThatIsSaidNamesAnybody) {
  world_.StartHub();
  const std::set<std::string> values = PersonalValues();
  ASSERT_GT(values.size(), 900U);
  std::string said;
  for (const char* agency : kAgencies) {
    Export(agency);
    for (const char* command : {"check", "check -o json", "once", "once",
                                "quarantine list", "quarantine list -o json",
                                "--lang zh quarantine replay", "outbox list"}) {
      said += world_.Adapter(agency, command).out;
    }
    Process run = world_.StartAdapter(agency, {"run"});
    if (fs::exists(absl::StrCat(people_, "/changes-01/", agency))) {
      Export(agency, "changes-01");
      const std::string log = world_.Agency(agency) + "/adapter.log";
      WaitFor("the later export", [&] {
        return ReadAll(log).find("changes-01") != std::string::npos;
      });
    }
    run.Signal(SIGTERM);
    EXPECT_EQ(run.Wait(), 0);
    const std::string folder = world_.Agency(agency);
    said += ReadAll(folder + "/adapter.log");
    for (const auto& entry :
         fs::recursive_directory_iterator(folder + "/state")) {
      // Where rows stand as they came, and tables for the system, is no log.
      if (entry.path().string().find("findings") != std::string::npos) {
        said += ReadAll(entry.path());
      }
    }
  }
  world_.StopHub();
  said += ReadAll(world_.folder() + "/hub.log");
  EXPECT_GT(said.size(), 10'000U);
  EXPECT_THAT(FoundIn(said, values), IsEmpty());
}

TEST_F(AdapterPeople, WhatComesAgainIsNotSentAgain) {
  world_.StartHub();
  for (const char* agency : {"public_security.320500", "labor.320500",
                             "health.320500", "commerce.320500"}) {
    SCOPED_TRACE(agency);
    Export(agency);
    EXPECT_THAT(world_.Adapter(agency, "once").exit_code, AnyOf(Eq(0), Eq(3)));
    world_.Adapter(agency, "once");
    const std::string before = world_.Delivered(agency);
    const auto quarantined = world_.Adapter(agency, "quarantine list").out;
    // The same bytes under another name.
    for (const auto& entry :
         fs::directory_iterator(world_.Agency(agency) + "/in")) {
      fs::copy_file(entry.path(),
                    entry.path().parent_path() /
                        ("again" + entry.path().extension().string()));
      break;
    }
    const Ran again = world_.Adapter(agency, "once");
    EXPECT_THAT(again.out, AllOf(HasSubstr("again."), HasSubstr(" 0 changed")));
    EXPECT_EQ(again.out.find("sent:"), std::string::npos) << again.out;
    EXPECT_EQ(world_.Delivered(agency), before);
    EXPECT_EQ(world_.Adapter(agency, "quarantine list").out, quarantined);
  }
}

TEST(AdapterLarge, TakesNoMoreMemoryThanASmallFile) {
  const auto peak = [](int rows) {
    World world;
    constexpr char kPolice[] = "public_security.320500";
    {
      std::ofstream file(world.Agency(kPolice) + "/in/1.csv", std::ios::binary);
      file << ToGb(PoliceHeader());
      const std::string row = ToGb(PoliceRow({.key = "", .number = ""}));
      // Some that cannot be read are among them.
      for (int i = 0; i < rows; ++i) {
        file << 100'000'000 + i << (i % 20 == 0 ? ",cut\n" : row);
      }
    }
    const Measured ran =
        RunMeasured(world.AdapterCommand(kPolice, "--quiet --patience 0 once"));
    // There is no hub, and so no certificate.
    EXPECT_EQ(ran.exit_code, 6);
    EXPECT_GT(fs::file_size(world.Agency(kPolice) + "/state/state.db"),
              static_cast<std::uintmax_t>(rows));
    return ran.peak_kib;
  };
  const long small = peak(2'000);
  const long large = peak(300'000);
  EXPECT_LT(large - small, 30 << 10);
}

}  // namespace
}  // namespace waystation::scenarios
