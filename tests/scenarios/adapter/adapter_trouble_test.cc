// SPDX-License-Identifier: Apache-2.0
// Rows, files, keys and mappings that are not as they should be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "adapters/framework/adapter.h"
#include "adapters/framework/decoding/charset.h"
#include "adapters/public_security/sector.h"
#include "tests/scenarios/adapter/world.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace waystation::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ContainsRegex;
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

TEST(AdapterTrouble, FilesInAnotherCharsetAreNamed) {
  World world;
  world.StartHub();
  const std::string in = world.Agency(kPolice) + "/in/";
  const std::string text = PoliceHeader() + PoliceRow({.key = "U"});
  WriteAll(in + "1.csv", "\xEF\xBB\xBF" + text);
  std::string utf16 = "\xFF\xFE";
  EXPECT_EQ(adapters::Encode(adapters::Charset::kUtf16Le, text, utf16),
            std::nullopt);
  WriteAll(in + "2.csv", utf16);
  WriteAll(in + "3.csv", utf16.substr(2));
  const std::string nul("\0", 1);
  WriteAll(in + "4.csv",
           PoliceFile({{.key = "A"}, {.key = "B" + nul}, {.key = "C"}}));
  // What a disk leaves that never got the file's blocks.
  WriteAll(in + "5.csv", std::string(3'000'000, '\0'));
  const Ran once = world.Adapter(kPolice, "once");
  EXPECT_EQ(once.exit_code, 3);
  EXPECT_THAT(once.out,
              AllOf(ContainsRegex("1.csv: refused: FILE_CHARSET.*UTF-8"),
                    ContainsRegex("2.csv: refused: FILE_CHARSET.*UTF-16LE"),
                    ContainsRegex("3.csv: refused: FILE_CHARSET.*UTF-16LE"),
                    ContainsRegex("4.csv:3 +ROW_NUL"),
                    HasSubstr("5.csv: refused: HEADER_UNREADABLE")));
  EXPECT_THAT(world.RecordKeys(kPolice), ElementsAre("A", "C"));
}

TEST(AdapterTrouble, ValuesThatCannotBeReadAreLeftOutAndNamed) {
  World world;
  world.StartHub();
  const std::string in = world.Agency(kPolice) + "/in/";
  WriteAll(in + "1.csv",
           PoliceFile({{.key = "zeros", .number = "000000000000000000"},
                       {.key = "spreadsheet", .number = "4.10722E+17"},
                       {.key = "wide",
                        .number = "０４１２０２１９９００３０７０４１１"},
                       {.key = "day", .birth = "1990-02-30"},
                       {.key = "misread", .name = "锟斤拷"},
                       {.key = "ahead", .modified = "2199-01-01 00:00:00"},
                       {.key = "twice", .name = "甲乙"},
                       {.key = "twice", .name = "丙丁"}}));
  const Ran once = world.Adapter(kPolice, "once");
  EXPECT_EQ(once.exit_code, 3);
  EXPECT_THAT(
      once.out,
      AllOf(HasSubstr("8 rows, 7 changed, 0 unchanged, 1 rejected"),
            ContainsRegex("SFZH +1 rows +graded PLACEHOLDER"),
            ContainsRegex("SFZH +1 rows +graded TRUNCATED"),
            ContainsRegex("1.csv:5 CSRQ +DATE_IMPOSSIBLE"),
            ContainsRegex("1.csv:6 XM +VALUE_UNREADABLE"),
            ContainsRegex("1.csv:7 ZHXGSJ +TIME_INVALID"),
            ContainsRegex("1.csv:9 RYBH +ROW_KEY_TWICE"),
            HasSubstr("sent: 7 applied"), Not(HasSubstr("0412021990"))));
  EXPECT_EQ(world.RecordKeys(kPolice).size(), 7U);
  // The one whose time of entry lay ahead can be corrected.
  WriteAll(in + "2.csv",
           PoliceFile({{.key = "ahead", .phone = "13812345678"}}));
  EXPECT_THAT(world.Adapter(kPolice, "once").out, HasSubstr("sent: 1 applied"));
}

TEST(AdapterTrouble, ColumnsMayComeAndGo) {
  World world;
  world.StartHub();
  const std::string in = world.Agency(kPolice) + "/in/";
  // One more, which nobody mapped, and all in another order.
  WriteAll(in + "1.csv", ToGb("NEU,SFZH,RYBH,XM,BM,XB,CSRQ,XL,JZSY,DDBDRQ,"
                              "NJZQX,CZHKSZDZZ,HJDXZQH,XZDXZQH,XJZDZZ,LXFS_SJ,"
                              "JZZBH,JZZYXQ,ZHXGSJ,ZXSJ\n"
                              "x,,A,张三,,1,1990-03-07,,,,,,,,,,,,,\n"));
  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 0);
  EXPECT_THAT(world.RecordKeys(kPolice), ElementsAre("A"));
  const Ran check = world.Adapter(kPolice, "check");
  EXPECT_THAT(check.out, ContainsRegex("NEU +dropped: No attribute"));
  // A broken row under the other order of columns has a sheet of its own.
  WriteAll(in + "2.csv",
           "SFZH,RYBH,XM,BM,XB,CSRQ,XL,JZSY,DDBDRQ,NJZQX,"
           "CZHKSZDZZ,HJDXZQH,XZDXZQH,XJZDZZ,LXFS_SJ,JZZBH,"
           "JZZYXQ,ZHXGSJ,ZXSJ\n,B,cut\n");
  WriteAll(in + "3.csv", ToGb(PoliceHeader()) + "C,cut\n");
  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 3);
  const Ran list = world.Adapter(kPolice, "quarantine list");
  EXPECT_THAT(list.out,
              AllOf(HasSubstr("2.csv:2"), HasSubstr("3.csv:2"),
                    HasSubstr("quarantine/ldrk.csv\n"),
                    ContainsRegex("quarantine/ldrk\\.[0-9a-f]+.csv")));
}

TEST(AdapterTrouble, TwoAdaptersOnOneStateAreRefused) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  Process running = world.StartAdapter(kPolice, {"run"});
  WriteAll(folder + "/in/1.csv",
           ToGb(PoliceHeader() + PoliceRow({.key = "A"}) + "B,cut\n"));
  WaitFor("the export", [&] { return world.RecordKeys(kPolice).size() == 1; });
  for (const char* command : {"once", "run"}) {
    const Ran second = world.Adapter(kPolice, command);
    EXPECT_EQ(second.exit_code, 5) << second.out;
    EXPECT_THAT(second.out, HasSubstr("ADAPTER_RUNNING"));
  }
  // What a clerk does beside it goes on.
  EXPECT_EQ(world.Adapter(kPolice, "check").exit_code, 3);
  EXPECT_EQ(world.Adapter(kPolice, "outbox list").exit_code, 0);
  EXPECT_EQ(world.Adapter(kPolice, "quarantine list").exit_code, 3);
  WriteAll(folder + "/state/quarantine/ldrk.csv", PoliceFile({{.key = "B"}}));
  EXPECT_EQ(world.Adapter(kPolice, "quarantine replay").exit_code, 0);
  EXPECT_THAT(world.RecordKeys(kPolice), ElementsAre("A", "B"));
  running.Signal(SIGTERM);
  EXPECT_EQ(running.Wait(), 0);
  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 0);
}

TEST(AdapterTrouble, RunReadsARefusedFileOnce) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  Process running = world.StartAdapter(kPolice, {"run"});
  WriteAll(folder + "/in/1.csv", "RYBH,XM\n1,a\n");
  const std::string log = folder + "/adapter.log";
  WaitFor("the refusal", [&] {
    return ReadAll(log).find("1.csv: refused") != std::string::npos;
  });
  // It takes two looks to take another one.
  WriteAll(folder + "/in/2.csv", PoliceFile({{.key = "A"}}));
  WaitFor("the next", [&] { return world.RecordKeys(kPolice).size() == 1; });
  running.Signal(SIGTERM);
  EXPECT_EQ(running.Wait(), 0);
  const std::string said = ReadAll(log);
  EXPECT_EQ(said.find("refused", said.find("refused") + 1), std::string::npos)
      << said;
}

TEST(AdapterTrouble, SpeaksChinese) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  WriteAll(folder + "/in/1.csv",
           ToGb(PoliceHeader() +
                PoliceRow({.key = "A", .number = "000000000000000000"}) +
                "B,cut\n"));
  const auto chinese = [&](const std::string& command) {
    return world.Adapter(kPolice, "--lang zh " + command).out;
  };
  EXPECT_THAT(chinese("check"),
              AllOf(HasSubstr("丢弃：禁止发送："), HasSubstr("婚姻状况"),
                    HasSubstr("记录主键"),
                    HasSubstr("评为 PLACEHOLDER: "
                              "占位值"),
                    HasSubstr("该行列数与表头不一致")));
  EXPECT_THAT(chinese("once"), HasSubstr("已发送：1 已采用"));
  EXPECT_THAT(chinese("quarantine list"), HasSubstr("请在文件中更正这些行"));
  EXPECT_THAT(chinese("outbox pause"), HasSubstr("发件箱已暂停"));
  EXPECT_THAT(chinese("--help"),
              AllOf(HasSubstr("用法: waystation-adapter public_security"),
                    HasSubstr("显示将发送、丢弃、拒绝的内容"),
                    HasSubstr("退出码：0 完成"), Not(HasSubstr("Print this"))));
  EXPECT_THAT(world.Adapter(kPolice, "--help").out,
              AllOf(HasSubstr("Usage: waystation-adapter public_security"),
                    HasSubstr("Show what would be sent, dropped and rejected"),
                    Not(HasSubstr("用法"))));
  WriteAll(folder + "/adapter.yaml", "agancy: x\n");
  EXPECT_THAT(chinese("once"), HasSubstr("adapter.yaml:1"));
}

TEST(AdapterTrouble, ConfigurationIsCheckedBeforeAnything) {
  World world;
  const std::string folder = world.Agency(kPolice);
  const std::string config = ReadAll(folder + "/adapter.yaml");
  std::string mapping = ReadAll(std::string(WAYSTATION_SOURCE_DIR) +
                                "/adapters/public_security/mapping.yaml");
  WriteAll(
      folder + "/mapping.yaml",
      absl::StrReplaceAll(
          mapping, {{"field: residence.division}", "field: residence.divison}"},
                    {"predicate: permit_valid", "predicate: permit_vald"}}));
  WriteAll(folder + "/adapter.yaml",
           absl::StrReplaceAll(
               config, {{absl::StrCat(WAYSTATION_SOURCE_DIR,
                                      "/adapters/public_security/mapping.yaml"),
                         "mapping.yaml"}}));
  const Ran bad = world.Adapter(kPolice, "check");
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.out, AllOf(HasSubstr("CONFIG_INVALID"),
                             ContainsRegex("mapping.yaml:[0-9]+:[0-9]+: .*"
                                           "residence.division"),
                             ContainsRegex("mapping.yaml:[0-9]+:[0-9]+: .*"
                                           "permit_valid")));
  WriteAll(folder + "/adapter.yaml", config + "colour: red\n");
  const Ran unknown = world.Adapter(kPolice, "check");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.out, ContainsRegex("adapter.yaml:[0-9]+:1: .*"));
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
  EXPECT_THAT(missing.out, HasSubstr("STATE_KEY_MISSING"));
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
  EXPECT_EQ(world.Adapter(kPolice, "outbox drop --reason ' '").exit_code, 2);
  EXPECT_THAT(
      world.Adapter(kPolice, "outbox drop --reason mistake").out,
      AllOf(HasSubstr("0 updates wait"), HasSubstr("2 updates: mistake")));
  EXPECT_EQ(world.Adapter(kPolice, "outbox resume").exit_code, 0);
  // The rows are still there and are taken again.
  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 0);
  EXPECT_THAT(world.RecordKeys(kPolice), ElementsAre("A", "B"));
}

}  // namespace
}  // namespace waystation::scenarios
