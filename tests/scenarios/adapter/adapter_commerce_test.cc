// SPDX-License-Identifier: Apache-2.0
// Registers of businesses: dBase tables in, CSV out, and tables that lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/scenarios/adapter/world.h"
#include "tests/unit/adapters/support/dbf_bytes.h"

namespace waystation::scenarios {
namespace {

namespace fs = std::filesystem;
using adapters::DbfBytes;
using adapters::WithNumber;
using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kOrigin[] = "commerce.341200";
constexpr char kResidence[] = "commerce.320500";
constexpr char kPolice[] = "public_security.320500";

struct Licence {
  std::string key;
  std::string name = "张三";
  std::string number = "041202199003070411";
  std::string code = "91350100M000100Y43";
  std::string title = "恒润便利店";
  std::string modified = "20260101080000";
};

DbfBytes Empty() {
  return DbfBytes({{"JYZJLH", 16},
                   {"XM", 16},
                   {"GMSFHM", 18},
                   {"XB", 1},
                   {"CSRQ", 8},
                   {"HYZK", 2},
                   {"DH", 20},
                   {"TYSHXYDM", 18},
                   {"ZCH", 15},
                   {"ZTMC", 40},
                   {"JYZT", 1},
                   {"CLRQ", 8, 'D'},
                   {"GXSJ", 14}});
}

void Add(DbfBytes& table, const Licence& licence, char mark = ' ') {
  table.Add({licence.key, ToGb(licence.name), licence.number, "1", "19900307",
             "20", "13812345678", licence.code, "110108000000016",
             ToGb(licence.title), "1", "20150305", licence.modified},
            mark);
}

std::string Table(const std::vector<Licence>& licences) {
  DbfBytes table = Empty();
  for (const Licence& licence : licences) Add(table, licence);
  return table.Bytes();
}

TEST(AdapterCommerce, ALicenceMovesWithItsHolder) {
  World world;
  world.StartHub();
  WriteAll(world.Agency(kPolice) + "/in/1.csv",
           PoliceFile({{.key = "P1", .address = "秘密路7号"}}));
  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 0);
  const std::string before = world.Delivered(kPolice);
  WriteAll(world.Agency(kOrigin) + "/in/1.dbf", Table({{.key = "F1"}}));
  EXPECT_EQ(world.Adapter(kOrigin, "once").exit_code, 0);
  WriteAll(world.Agency(kResidence) + "/in/1.dbf",
           Table({{.key = "S1", .code = "", .title = "佳和小吃店"}}));
  const Ran once = world.Adapter(kResidence, "once");
  EXPECT_EQ(once.exit_code, 0) << once.out;
  // The register of the city learns of the business at home, by a table with
  // the columns of its own; that of the origin of the one in the city.
  EXPECT_EQ(world.Adapter(kResidence, "once").exit_code, 0);
  EXPECT_THAT(world.Delivered(kResidence),
              AllOf(HasSubstr("JYZJLH,BGLX,"), HasSubstr("S1,1,"),
                    HasSubstr("91350100M000100Y43"), HasSubstr("恒润便利店"),
                    Not(HasSubstr("秘密路"))));
  EXPECT_EQ(world.Adapter(kOrigin, "once").exit_code, 0);
  EXPECT_THAT(world.Delivered(kOrigin),
              AllOf(HasSubstr("F1,1,"), HasSubstr("110108000000016"),
                    HasSubstr("佳和小吃店")));
  // Police learn nothing of it.
  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 0);
  EXPECT_EQ(world.Delivered(kPolice), before);
}

TEST(AdapterCommerce, TablesThatLieHarmNoOthers) {
  World world;
  world.StartHub();
  const std::string in = world.Agency(kResidence) + "/in/";
  const std::string good = Table({{.key = "A"}, {.key = "B"}});
  WriteAll(in + "01.dbf", "");
  WriteAll(in + "02.dbf", "JYZJLH,XM\nA,x\n");
  WriteAll(in + "03.dbf", WithNumber(good, 4, 4, 1'000'000'000));
  WriteAll(in + "04.dbf", WithNumber(good, 4, 4, 1));
  WriteAll(in + "05.dbf", WithNumber(good, 32 + 16, 1, 200));
  WriteAll(in + "06.dbf", WithNumber(good, 8, 2, 65'000));
  WriteAll(in + "07.dbf", WithNumber(good, 10, 2, 1));
  WriteAll(in + "08.dbf", good.substr(0, good.size() - 60));
  WriteAll(in + "09.dbf", DbfBytes({{"JYZJLH", 4}}).Add({"A"}).Bytes());
  WriteAll(in + "10.dbf", std::string(3'000'000, '\0'));
  WriteAll(in + "11.dbf", Empty().Bytes());
  DbfBytes utf8 = Empty();
  utf8.Add({"U", "欧阳修远"}).Add({"V", "司马相如"});
  WriteAll(in + "12.dbf", WithNumber(utf8.Bytes(), 29, 1, 0x4D));
  WriteAll(in + "13.dbf", WithNumber(good, 29, 1, 0x78));
  const Ran once = world.Adapter(kResidence, "once");
  EXPECT_EQ(once.exit_code, 3);
  EXPECT_THAT(
      once.out,
      AllOf(HasSubstr("01.dbf: refused: FILE_EMPTY"),
            ContainsRegex("02.dbf: refused: DBF_VERSION.*byte 0: 4A"),
            ContainsRegex("03.dbf: refused: DBF_COUNT.*1000000000 != 2"),
            ContainsRegex("04.dbf: refused: DBF_COUNT.*1 != 2"),
            ContainsRegex("05.dbf: refused: DBF_WIDTHS.*178 != 362"),
            ContainsRegex("06.dbf: refused: DBF_HEADER.*bytes 8-9: 65000"),
            ContainsRegex("07.dbf: refused: DBF_WIDTHS.*1 != 178"),
            ContainsRegex("08.dbf: refused: DBF_COUNT.*2 != 1"),
            ContainsRegex("09.dbf: refused: COLUMN_MISSING.*GMSFHM"),
            ContainsRegex("10.dbf: refused: DBF_VERSION")));
  EXPECT_THAT(once.out,
              AllOf(ContainsRegex("11.dbf:1 +FILE_WITHOUT_ROWS"),
                    ContainsRegex("12.dbf: refused: FILE_CHARSET.*UTF-8"),
                    ContainsRegex("13.dbf:1 +CODE_PAGE_DIFFERS"),
                    HasSubstr("13.dbf: 2 rows, 2 changed")));
  EXPECT_THAT(world.RecordKeys(kResidence), ElementsAre("A", "B"));
}

TEST(AdapterCommerce, ABadRecordIsMendedAsTextAndReplayed) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kResidence);
  DbfBytes table = Empty();
  Add(table, {.key = "A"});
  Add(table, {.key = "B", .modified = "2026"}, '?');
  Add(table, {.key = "C"}, '*');
  Add(table, {.key = "A", .title = "另一家"});
  Add(table, {.key = "D", .number = "000000000000000000"});
  std::string bytes = table.Bytes();
  // The name of the second record ends within a character.
  const std::string name = ToGb("张三");
  bytes[bytes.find(name, bytes.find(name) + 1) + 3] = ' ';
  WriteAll(folder + "/in/1.dbf", bytes);
  const Ran once = world.Adapter(kResidence, "once");
  EXPECT_EQ(once.exit_code, 3);
  EXPECT_THAT(once.out,
              AllOf(HasSubstr("4 rows, 2 changed, 0 unchanged, 2 rejected"),
                    ContainsRegex("1 rows +ROW_DELETED"),
                    ContainsRegex("1.dbf:2 +ROW_MARK"),
                    ContainsRegex("1.dbf:4 JYZJLH +ROW_KEY_TWICE"),
                    ContainsRegex("GMSFHM +1 rows +graded PLACEHOLDER"),
                    Not(HasSubstr("张三"))));
  EXPECT_THAT(world.RecordKeys(kResidence), ElementsAre("A", "D"));

  const std::string sheet = folder + "/state/quarantine/jyz.csv";
  const std::string kept = ReadAll(sheet);
  EXPECT_THAT(kept, AllOf(HasSubstr("JYZJLH,XM,GMSFHM,XB,CSRQ,HYZK,DH,"),
                          HasSubstr("\nB," + name.substr(0, 3) + ",0412")));
  EXPECT_EQ(world.Adapter(kResidence, "quarantine replay").exit_code, 3);
  EXPECT_EQ(ReadAll(sheet), kept);
  WriteAll(sheet, absl::StrReplaceAll(
                      kept, {{"\nB," + name.substr(0, 3), "\nB," + name},
                             {",2026\n", ",20260101080000\n"},
                             {"A," + name, "E," + name}}));
  const Ran replay = world.Adapter(kResidence, "quarantine replay");
  EXPECT_EQ(replay.exit_code, 0) << replay.out;
  EXPECT_THAT(world.RecordKeys(kResidence), ElementsAre("A", "B", "D", "E"));
}

TEST(AdapterCommerce, CheckListsWhatIsDroppedAndWhy) {
  World world;  // no hub
  const std::string folder = world.Agency(kResidence);
  WriteAll(folder + "/in/1.dbf", Table({{.key = "A"}}));
  const Ran check = world.Adapter(kResidence, "check");
  EXPECT_EQ(check.exit_code, 0);
  EXPECT_THAT(
      check.out,
      AllOf(ContainsRegex("TYSHXYDM +business.number"),
            ContainsRegex("HYZK +dropped: denied: marital state: Women's"),
            ContainsRegex("DH +dropped: the telephone of the business"),
            HasSubstr("1 rows, 1 changed")));
  EXPECT_FALSE(fs::exists(folder + "/state"));
}

TEST(AdapterCommerce, AMappingThatReadsMaritalStateIsRefused) {
  World world;
  const std::string folder = world.Agency(kResidence);
  const std::string theirs =
      std::string(WAYSTATION_SOURCE_DIR) + "/adapters/commerce/mapping.yaml";
  WriteAll(folder + "/mapping.yaml",
           absl::StrReplaceAll(ReadAll(theirs),
                               {{"column: XM}", "column: HYZK}"},
                                {"column: ZTMC}", "column: SYZK}"}}));
  WriteAll(folder + "/adapter.yaml",
           absl::StrReplaceAll(ReadAll(folder + "/adapter.yaml"),
                               {{theirs, "mapping.yaml"}}));
  const Ran check = world.Adapter(kResidence, "check");
  EXPECT_EQ(check.exit_code, 2);
  EXPECT_THAT(check.out,
              AllOf(HasSubstr("COLUMN_DENIED"),
                    ContainsRegex("mapping.yaml:[0-9]+:[0-9]+: column HYZK "
                                  "holds marital state"),
                    ContainsRegex("column SYZK holds childbearing")));
}

TEST(AdapterCommerce, LargeTablesTakeNoMoreMemoryThanSmallOnes) {
  const auto peak = [](int rows) {
    World world;
    {
      const DbfBytes table = Empty();
      std::string head =
          WithNumber(table.Bytes(), 4, 4, static_cast<std::uint64_t>(rows));
      head.pop_back();
      std::ofstream file(world.Agency(kResidence) + "/in/1.dbf",
                         std::ios::binary);
      file << head;
      std::string record = Table({{.key = "", .number = ""}});
      record = record.substr(head.size(), table.record_size());
      for (int i = 0; i < rows; ++i) {
        // Some that cannot be read are among them.
        record[0] = i % 20 == 0 ? 'x' : ' ';
        record.replace(1, 9, std::to_string(100'000'000 + i));
        file << record;
      }
    }
    const Measured ran = RunMeasured(
        world.AdapterCommand(kResidence, "--quiet --patience 0 once"));
    // There is no hub, and so no certificate.
    EXPECT_EQ(ran.exit_code, 6);
    return ran.peak_kib;
  };
  const long small = peak(2'000);
  const long large = peak(200'000);
  EXPECT_LT(large - small, 30 << 10);
}

}  // namespace
}  // namespace waystation::scenarios
