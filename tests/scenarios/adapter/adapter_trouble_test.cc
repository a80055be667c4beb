// SPDX-License-Identifier: Apache-2.0
// Rows, files, keys and mappings that are not as they should be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "adapters/framework/adapter.h"
#include "adapters/public_security/sector.h"
#include "tests/scenarios/adapter/world.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace waystation::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kPolice[] = "public_security.320500";

TEST(AdapterTrouble, BrokenRowIsMendedAndReplayed) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  WriteAll(folder + "/in/1.csv",
           ToGb(PoliceHeader() + PoliceRow({.key = "A"})) + "B,\xD5\n" +
               ToGb(PoliceRow({.key = "C"})));
  const Ran once = world.Adapter(kPolice, "once");
  EXPECT_EQ(once.exit_code, 3) << once.out;
  EXPECT_THAT(world.RecordKeys(kPolice), ElementsAre("A", "C"));

  const Ran list = world.Adapter(kPolice, "quarantine list");
  EXPECT_EQ(list.exit_code, 3);
  EXPECT_THAT(list.out, AllOf(HasSubstr("1.csv:3"), HasSubstr("ROW_COLUMNS")));
  const std::string quarantine = folder + "/state/quarantine/ldrk.csv";
  EXPECT_EQ(ReadAll(quarantine), ToGb(PoliceHeader()) + "B,\xD5\n");

  // As it is, it stays.
  EXPECT_EQ(world.Adapter(kPolice, "quarantine replay").exit_code, 3);
  WriteAll(quarantine, PoliceFile({{.key = "B"}}));
  const Ran replay = world.Adapter(kPolice, "quarantine replay");
  EXPECT_EQ(replay.exit_code, 0) << replay.out;
  EXPECT_THAT(replay.out, HasSubstr("1 rows left the quarantine, 0 stay"));
  EXPECT_THAT(world.RecordKeys(kPolice), ElementsAre("A", "B", "C"));
  EXPECT_EQ(world.Adapter(kPolice, "quarantine list").exit_code, 0);
}

TEST(AdapterTrouble, WhatTheHubRefusesGoesToQuarantineToo) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  const std::string endless(std::size_t{60'000}, 'x');
  WriteAll(folder + "/in/1.csv",
           PoliceFile(
               {{.key = "A"}, {.key = "B", .address = endless}, {.key = "C"}}));
  const Ran once = world.Adapter(kPolice, "once");
  EXPECT_EQ(once.exit_code, 3);
  EXPECT_THAT(once.out,
              AllOf(HasSubstr("1 rejected"), HasSubstr("1.csv:3 XJZDZZ"),
                    HasSubstr("VALUE_TOO_LONG")));
  EXPECT_THAT(world.RecordKeys(kPolice), ElementsAre("A", "C"));
  // Only what may be sent: the column that was dropped is empty.
  const std::string kept =
      FromGb(ReadAll(folder + "/state/quarantine/ldrk.csv"));
  EXPECT_THAT(kept, AllOf(HasSubstr("\nB,张三,,"), HasSubstr(endless)));

  WriteAll(folder + "/state/quarantine/ldrk.csv",
           PoliceFile({{.key = "B", .address = "一号"}}));
  EXPECT_EQ(world.Adapter(kPolice, "quarantine replay").exit_code, 0);
  EXPECT_THAT(world.RecordKeys(kPolice), ElementsAre("A", "B", "C"));
}

TEST(AdapterTrouble, FilesThatCannotBeReadHarmNoOthers) {
  World world;
  world.StartHub();
  const std::string in = world.Agency(kPolice) + "/in/";
  WriteAll(in + "1.csv", "");
  WriteAll(in + "2.csv", "RYBH,XM\n1,a\n");
  WriteAll(in + "3.csv", PoliceHeader() +
                             PoliceRow({.key = "U", .name = "欧阳修远"}) +
                             PoliceRow({.key = "V", .name = "司马相如"}));
  WriteAll(in + "4.csv", PoliceHeader());
  const std::string whole = PoliceFile({{.key = "A"}, {.key = "B"}});
  WriteAll(in + "5.csv", whole.substr(0, whole.find("\nB,") + 4));
  const Ran once = world.Adapter(kPolice, "once");
  EXPECT_EQ(once.exit_code, 3);
  EXPECT_THAT(
      once.out,
      AllOf(HasSubstr("1.csv: refused: FILE_EMPTY"),
            HasSubstr("2.csv: refused: COLUMN_MISSING"), HasSubstr("SFZH"),
            HasSubstr("3.csv: refused: FILE_CHARSET"), HasSubstr("UTF-8"),
            HasSubstr("4.csv:1"), HasSubstr("FILE_WITHOUT_ROWS"),
            HasSubstr("5.csv:3"), HasSubstr("ROW_COLUMNS")));
  EXPECT_THAT(world.RecordKeys(kPolice), ElementsAre("A"));
}

TEST(AdapterTrouble, DeniedColumnsAndWrongKeysEndBeforeAnything) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  WriteAll(folder + "/in/1.csv", PoliceFile({{.key = "A"}}));
  std::string mapping = ReadAll(std::string(WAYSTATION_SOURCE_DIR) +
                                "/adapters/public_security/mapping.yaml");
  const std::size_t at = mapping.find("column: BM");
  ASSERT_NE(at, std::string::npos);
  mapping.replace(at, 10, "column: HYZK");
  WriteAll(folder + "/mapping.yaml", mapping);
  std::string config = ReadAll(folder + "/adapter.yaml");
  const std::string original = config;
  for (std::size_t from = 0;
       (from = config.find("mapping: /", from)) != std::string::npos;) {
    const std::size_t end = config.find_first_of(",}", from);
    config.replace(from, end - from, "mapping: mapping.yaml");
    from += 10;
  }
  WriteAll(folder + "/adapter.yaml", config);
  const Ran denied = world.Adapter(kPolice, "once");
  EXPECT_EQ(denied.exit_code, 2);
  EXPECT_THAT(denied.out,
              AllOf(HasSubstr("COLUMN_DENIED"), HasSubstr("mapping.yaml:"),
                    HasSubstr("HYZK"), HasSubstr("Women's Rights")));
  EXPECT_THAT(world.RecordKeys(kPolice), IsEmpty());
  EXPECT_FALSE(fs::exists(folder + "/state"));
  WriteAll(folder + "/adapter.yaml", original);

  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 0);
  const std::string key = folder + "/state/key";
  chmod(key.c_str(), 0644);
  EXPECT_THAT(world.Adapter(kPolice, "once").out, HasSubstr("KEY_FILE_MODE"));
  fs::rename(key, key + ".away");
  const Ran missing = world.Adapter(kPolice, "once");
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.out, HasSubstr("KEY_FILE_MISSING"));
}

TEST(AdapterTrouble, CertificateOfAnotherAgencySendsNothing) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  WriteAll(folder + "/in/1.csv", PoliceFile({{.key = "A"}}));
  std::string config = ReadAll(folder + "/adapter.yaml");
  for (const char* ending : {".pem", ".key"}) {
    const std::string name = std::string(kPolice) + ending;
    config.replace(config.find(name), name.size(),
                   std::string("labor.320500") + ending);
  }
  WriteAll(folder + "/adapter.yaml", config);
  const Ran once = world.Adapter(kPolice, "once");
  EXPECT_EQ(once.exit_code, 2);
  EXPECT_THAT(once.out, HasSubstr("agency/labor.320500"));
  EXPECT_THAT(world.RecordKeys("labor.320500"), IsEmpty());
}

// A state folder that was lost while its clock is behind: the hub holds later
// revisions than the new folder gives.
TEST(AdapterTrouble, LostStateCatchesUpWithTheHub) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  WriteAll(folder + "/in/1.csv",
           PoliceFile({{.key = "A", .phone = "13812345678"}}));
  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 0);
  fs::remove_all(folder + "/state");
  WriteAll(folder + "/in/1.csv",
           PoliceFile({{.key = "A", .phone = "13912345678"}}));
  const auto once = [&] {
    auto setup = adapters::LoadSetup(folder + "/adapter.yaml",
                                     adapters::PublicSecurity());
    EXPECT_TRUE(setup.ok()) << setup.status();
    auto adapter = adapters::Adapter::Open(
        *std::move(setup),
        {.patience = absl::Seconds(20),
         .clock = [] { return absl::Now() - absl::Hours(24 * 365); }},
        /*read_only=*/false);
    EXPECT_TRUE(adapter.ok()) << adapter.status();
    report::v1::RunReport report;
    const absl::Status done = (*adapter)->Once(report);
    EXPECT_TRUE(done.ok()) << done;
    return report;
  };
  const auto behind = once();
  EXPECT_EQ(behind.delivery().stale(), 1U);
  ASSERT_EQ(behind.delivery().findings_size(), 1);
  EXPECT_EQ(behind.delivery().findings(0).reason(), "STATE_BEHIND");
  const auto caught_up = once();
  EXPECT_EQ(caught_up.delivery().applied(), 1U);
  EXPECT_EQ(once().files_size(), 0);
}

TEST(AdapterTrouble, OutboxCanBePausedAndDropped) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  WriteAll(folder + "/in/1.csv", PoliceFile({{.key = "A"}, {.key = "B"}}));
  EXPECT_EQ(world.Adapter(kPolice, "outbox pause").exit_code, 0);
  const Ran paused = world.Adapter(kPolice, "once");
  EXPECT_EQ(paused.exit_code, 3);
  EXPECT_THAT(paused.out, HasSubstr("OUTBOX_PAUSED"));
  EXPECT_THAT(world.RecordKeys(kPolice), IsEmpty());
  EXPECT_THAT(world.Adapter(kPolice, "outbox list").out,
              HasSubstr("2 updates wait"));
  EXPECT_EQ(world.Adapter(kPolice, "outbox drop").exit_code, 2);
  EXPECT_THAT(world.Adapter(kPolice, "outbox drop --reason mistake").out,
              HasSubstr("0 updates wait"));
  EXPECT_EQ(world.Adapter(kPolice, "outbox resume").exit_code, 0);
  // The rows are still there and are taken again.
  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 0);
  EXPECT_THAT(world.RecordKeys(kPolice), ElementsAre("A", "B"));
}

}  // namespace
}  // namespace waystation::scenarios
