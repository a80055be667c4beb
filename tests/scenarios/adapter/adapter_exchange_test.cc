// SPDX-License-Identifier: Apache-2.0
// Files go in at one agency and come out at another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/scenarios/adapter/world.h"

namespace waystation::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kOrigin[] = "public_security.341200";
constexpr char kResidence[] = "public_security.320500";
constexpr char kLabor[] = "labor.320500";

Row AtHome() { return {.key = "R1"}; }
Row InTheCity() {
  return {.key = "S1",
          .division = "320505010",
          .address = "越溪街道秘密路7号",
          .arrived = "2026-05-01",
          .phone = "13812345678"};
}

TEST(AdapterExchange, OriginLearnsThatAResidenceBegan) {
  World world;
  world.StartHub();
  WriteAll(world.Agency(kOrigin) + "/in/1.csv", PoliceFile({AtHome()}));
  EXPECT_EQ(world.Adapter(kOrigin, "once").exit_code, 0);
  WriteAll(world.Agency(kResidence) + "/in/1.csv", PoliceFile({InTheCity()}));
  EXPECT_EQ(world.Adapter(kResidence, "once").exit_code, 0);
  EXPECT_EQ(world.Adapter(kOrigin, "once").exit_code, 0);
  // To the county, and nothing of the address or the phone.
  EXPECT_THAT(world.Delivered(kOrigin),
              AllOf(HasSubstr("R1,1,"), HasSubstr(",320505,"),
                    HasSubstr(kResidence), HasSubstr("2026-05-01"),
                    Not(HasSubstr("秘密路")), Not(HasSubstr("13812345678"))));
  // Nothing is told twice.
  const std::string before = world.Delivered(kOrigin);
  EXPECT_EQ(world.Adapter(kOrigin, "once").exit_code, 0);
  EXPECT_EQ(world.Delivered(kOrigin), before);
}

TEST(AdapterExchange, PoliceNeverLearnWhatAnEmployerFiled) {
  World world;
  world.StartHub();
  WriteAll(world.Agency(kResidence) + "/in/1.csv", PoliceFile({InTheCity()}));
  EXPECT_EQ(world.Adapter(kResidence, "once").exit_code, 0);
  const std::string before = world.Delivered(kResidence);
  const std::string header =
      "AAC001^AAC002^AAC003^AAC004^AAC005^AAC006^AAC011^AAC017^AAC031^AAB003^"
      "AAB004^AAE005^AAE006^AAE030^AAE031^AAE140^ACC201^ACC202^AAE036\n";
  WriteAll(world.Agency(kLabor) + "/in/1.txt",
           ToGb(header +
                "L1^041202199003070411^张三^1^01^19900307^61^20^1^^某某公司^^"
                "新地址大街9号^20260601^^110^^^20260602080000\n"));
  const Ran labor = world.Adapter(kLabor, "once");
  EXPECT_EQ(labor.exit_code, 0) << labor.out;
  EXPECT_EQ(world.Adapter(kResidence, "once").exit_code, 0);
  EXPECT_EQ(world.Delivered(kResidence), before);
  EXPECT_THAT(world.RecordKeys(kLabor), ElementsAre("L1"));
}

TEST(AdapterExchange, RunTakesWhatComesAndWatchesTheMailbox) {
  World world;
  world.StartHub();
  const std::string origin = world.Agency(kOrigin);
  const std::string residence = world.Agency(kResidence);
  Process watching = world.StartAdapter(kOrigin, {"run"});
  Process working = world.StartAdapter(kResidence, {"run"});
  WriteAll(origin + "/in/1.csv", PoliceFile({AtHome()}));
  WriteAll(residence + "/in/1.csv", PoliceFile({InTheCity()}));
  WaitFor("the origin's table", [&] {
    return world.Delivered(kOrigin).find(",320505,") != std::string::npos;
  });
  // A later export while both run.
  Row moved = InTheCity();
  moved.division = "320506";
  moved.modified = "2026-06-01 08:00:00";
  WriteAll(residence + "/in/2.csv", PoliceFile({moved}));
  WaitFor("the move", [&] {
    return world.Delivered(kOrigin).find(",320506,") != std::string::npos;
  });
  for (Process* process : {&watching, &working}) {
    process->Signal(SIGTERM);
    EXPECT_EQ(process->Wait(), 0);
  }
  const std::string log = ReadAll(residence + "/adapter.log");
  EXPECT_THAT(log, AllOf(HasSubstr("2.csv: 1 rows, 1 changed"),
                         Not(HasSubstr("张三")), Not(HasSubstr("0412021990"))));
}

TEST(AdapterExchange, CheckShowsEverythingAndWritesNothing) {
  World world;  // no hub
  const std::string folder = world.Agency(kResidence);
  WriteAll(folder + "/in/1.csv",
           ToGb(PoliceHeader() + PoliceRow(InTheCity()) + "S2,cut\n"));
  const Ran check = world.Adapter(kResidence, "check");
  EXPECT_EQ(check.exit_code, 3);
  EXPECT_THAT(check.out,
              AllOf(HasSubstr("SFZH          identifiers.number"),
                    HasSubstr("HYZK          dropped: denied: marital state"),
                    HasSubstr("SFSY          dropped: denied: fertility"),
                    HasSubstr("1.csv: 2 rows, 1 changed"), HasSubstr("1.csv:3"),
                    HasSubstr("ROW_COLUMNS"), Not(HasSubstr("张三"))));
  EXPECT_FALSE(fs::exists(folder + "/state"));
  const Ran json = world.Adapter(kResidence, "check -o json");
  EXPECT_THAT(json.out, HasSubstr("\"reason\": \"ROW_COLUMNS\""));
}

TEST(AdapterExchange, NothingPersonalLiesInTheState) {
  World world;
  const std::string folder = world.Agency(kResidence);
  WriteAll(folder + "/in/1.csv", PoliceFile({InTheCity()}));
  EXPECT_EQ(world.Adapter(kResidence, "--patience 0 once").exit_code, 6)
      << "the certificates are not there yet";
  world.StartHub();
  world.StopHub();
  EXPECT_EQ(world.Adapter(kResidence, "--patience 0.1 once").exit_code, 7);
  for (const auto& entry : fs::directory_iterator(folder + "/state")) {
    if (!entry.is_regular_file()) continue;
    const std::string bytes = ReadAll(entry.path());
    for (const std::string_view value : {"张三", "041202199003070411", "秘密路",
                                         "13812345678", "1990-03-07"}) {
      EXPECT_THAT(bytes, Not(HasSubstr(std::string(value)))) << entry.path();
      EXPECT_THAT(bytes, Not(HasSubstr(ToGb(value)))) << entry.path();
    }
  }
}

}  // namespace
}  // namespace waystation::scenarios
