// SPDX-License-Identifier: Apache-2.0
// Care providers: FHIR Bundles in, CSV out, and JSON that is not as it should
// be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/scenarios/adapter/world.h"

namespace waystation::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kHealth[] = "health.320500";
constexpr char kOrigin[] = "health.341200";
constexpr char kPolice[] = "public_security.320500";
constexpr char kCommerce[] = "commerce.320500";

struct Patient {
  std::string id;
  std::string name = "张三";
  std::string number = "041202199003070411";
  std::string phone = "13812345678";
  std::string birth = "1990-03-07";
  std::string more = "";  // members
};

std::string PatientOf(const Patient& p) {
  return absl::StrCat(
      R"({"resourceType":"Patient","id":")", p.id,
      R"(","meta":{"lastUpdated":"2026-02-01T08:00:00+08:00"},)",
      R"("identifier":[{"system":"urn:oid:2.16.156.10011.1.3","value":")",
      p.number, R"("}],"name":[{"use":"official","text":")", p.name,
      R"("}],"telecom":[{"system":"phone","value":")", p.phone,
      R"("}],"gender":"male","birthDate":")", p.birth,
      R"(","address":[{"text":"诊所填的秘密巷3号","district":"320506001"}],)",
      R"("maritalStatus":{"text":"M"},"multipleBirthInteger":2)", p.more, "}");
}

std::string Entry(const std::string& resource) {
  return R"({"resource":)" + resource + "}";
}

std::string Bundle(const std::vector<std::string>& resources) {
  std::string text =
      R"({"resourceType":"Bundle","type":"collection","entry":[)";
  for (std::size_t i = 0; i < resources.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "\n" : ",\n", Entry(resources[i]));
  }
  return text + "\n]}\n";
}

TEST(AdapterHealth, TheDeskLearnsTheTownAndNothingLeavesHealth) {
  World world;
  world.StartHub();
  // Another clinic, the police and a register know the same person.
  for (const char* agency : {kPolice, kCommerce}) world.Agency(agency);
  WriteAll(world.Agency(kOrigin) + "/in/1.csv",
           "档案编号,姓名,性别,出生日期,身份证号,联系电话,现住址,行政区划,"
           "婚姻状况,孕情,更新时间\nF1,张三,男,1990-03-07,041202199003070411,"
           ",,341202,已婚,不详,2026-02-01 08:00:00\n");
  EXPECT_EQ(world.Adapter(kOrigin, "once").exit_code, 0);
  WriteAll(world.Agency(kPolice) + "/in/1.csv",
           PoliceFile({{.key = "P1",
                        .division = "320505010001",
                        .address = "越溪街道7号",
                        .arrived = "2026-01-05"}}));
  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 0);
  const std::string police = world.Delivered(kPolice);
  WriteAll(world.Agency(kHealth) + "/in/1.json",
           Bundle({PatientOf({.id = "H1"})}));
  const Ran once = world.Adapter(kHealth, "once");
  EXPECT_EQ(once.exit_code, 0) << once.out;
  EXPECT_EQ(world.Adapter(kHealth, "once").exit_code, 0);
  // To the town of nine digits, in a table for the desk's own system.
  EXPECT_THAT(
      world.Delivered(kHealth),
      AllOf(HasSubstr("id,change,attributes,"), HasSubstr("H1,1,"),
            HasSubstr(",320505010,"), HasSubstr(kPolice),
            Not(HasSubstr("320505010001")), Not(HasSubstr("越溪街道"))));
  // Nothing of it reaches the police or a register, not even that something
  // changed.
  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 0);
  EXPECT_EQ(world.Delivered(kPolice), police);
  EXPECT_EQ(world.Adapter(kCommerce, "once").exit_code, 0);
  EXPECT_EQ(world.Delivered(kCommerce), "");
}

TEST(AdapterHealth, BundlesThatCannotBeReadHarmNoOthers) {
  World world;
  world.StartHub();
  const std::string in = world.Agency(kHealth) + "/in/";
  const std::string good = Bundle({PatientOf({.id = "A"})});
  WriteAll(in + "01.json", "");
  WriteAll(in + "02.json", "id,name\n1,a\n");
  WriteAll(in + "03.json", PatientOf({.id = "X"}));
  WriteAll(in + "04.json", good.substr(0, good.size() - 40));
  WriteAll(in + "05.json", good.substr(0, good.size() - 4));
  WriteAll(in + "06.json", std::string(3'000'000, '\0'));
  WriteAll(in + "07.json",
           ToGb(Bundle({PatientOf({.id = "X", .name = "欧阳修远"})})));
  WriteAll(in + "08.json", Bundle({}));
  WriteAll(in + "09.json", std::string(1'000'000, '['));
  WriteAll(in + "10.json",
           absl::StrReplaceAll(good, {{"\"gender\"", "\"gen\n"}}));
  WriteAll(in + "11.json", good);
  const Ran once = world.Adapter(kHealth, "once");
  EXPECT_EQ(once.exit_code, 3);
  EXPECT_THAT(
      once.out,
      AllOf(HasSubstr("01.json: refused: FILE_EMPTY"),
            ContainsRegex("02.json: refused: JSON_BROKEN.*\\(1:1\\)"),
            HasSubstr("03.json: refused: FHIR_NO_BUNDLE"),
            ContainsRegex("04.json: refused: JSON_BROKEN.*\\(2:[0-9]+\\)"),
            ContainsRegex("05.json: refused: JSON_BROKEN.*\\(2:[0-9]+\\)"),
            ContainsRegex("06.json: refused: JSON_BROKEN.*\\(1:1\\)"),
            ContainsRegex("07.json: refused: FILE_CHARSET.*gb18030"),
            ContainsRegex("08.json:1 +FILE_WITHOUT_ROWS"),
            ContainsRegex("09.json: refused: JSON_BROKEN.*\\(1:1\\)"),
            ContainsRegex("10.json: refused: JSON_BROKEN.*\\(2:[0-9]+\\)")));
  EXPECT_THAT(once.out, HasSubstr("11.json: 1 rows, 1 changed"));
  EXPECT_THAT(world.RecordKeys(kHealth), ElementsAre("A"));
}

TEST(AdapterHealth, AWrongPatientIsMendedAsALineAndReplayed) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kHealth);
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  WriteAll(folder + "/in/1.json",
           Bundle({PatientOf({.id = "A"}),
                   PatientOf({.id = "B", .name = R"(张\ud87e)"}),
                   R"({"resourceType":"Observation","valueString":"孕检"})",
                   PatientOf({.id = "C", .more = R"(,"gender":"female")"}),
                   PatientOf({.id = "D", .more = R"(,"extension":)" + deep}),
                   PatientOf({.id = "E", .name = "\xE5\xBC"}),
                   PatientOf({.id = "F", .more = R"(,"a" 1)"}),
                   PatientOf({.id = "A", .name = "李四"}),
                   PatientOf({.id = "G", .number = "000000000000000000"}),
                   PatientOf({.id = "H", .birth = "1990-02-30"})}));
  const Ran once = world.Adapter(kHealth, "once");
  EXPECT_EQ(once.exit_code, 3);
  EXPECT_THAT(
      once.out,
      AllOf(
          HasSubstr("9 rows, 3 changed, 0 unchanged, 6 rejected, 1 incomplete"),
          ContainsRegex("Observation +1 rows +RESOURCE_NOT_READ"),
          ContainsRegex("1.json:2 +JSON_SURROGATE"),
          ContainsRegex("1.json:4 gender +JSON_KEY_TWICE"),
          ContainsRegex("1.json:5 +JSON_DEPTH"),
          ContainsRegex("1.json:6 name.text +ROW_CHARSET"),
          ContainsRegex("1.json:7 +JSON_SYNTAX"),
          ContainsRegex("1.json:8 id +ROW_KEY_TWICE")));
  EXPECT_THAT(once.out, AllOf(ContainsRegex("graded PLACEHOLDER"),
                              ContainsRegex("1.json:10 birthDate +DATE_IMP"),
                              Not(HasSubstr("张三"))));
  EXPECT_THAT(world.RecordKeys(kHealth), ElementsAre("A", "G", "H"));

  const std::string sheet = folder + "/state/quarantine/patient.ndjson";
  const std::string kept = ReadAll(sheet);
  EXPECT_THAT(kept, AllOf(HasSubstr(R"("id":"B")"), Not(HasSubstr("孕检"))));
  EXPECT_EQ(world.Adapter(kHealth, "quarantine replay").exit_code, 3);
  EXPECT_EQ(ReadAll(sheet), kept);
  WriteAll(sheet, absl::StrReplaceAll(kept, {{"\\ud87e", "三"},
                                             {R"(,"gender":"female")", ""},
                                             {R"(,"extension":)" + deep, ""},
                                             {"\xE5\xBC\"", "张三\""},
                                             {R"(,"a" 1)", ""},
                                             {R"("id":"A")", R"("id":"I")"},
                                             {"1990-02-30", "1990-03-07"}}));
  const Ran replay = world.Adapter(kHealth, "quarantine replay");
  EXPECT_EQ(replay.exit_code, 0) << replay.out;
  EXPECT_THAT(replay.out, HasSubstr("7 rows left the quarantine, 0 stay"));
  EXPECT_THAT(world.RecordKeys(kHealth),
              ElementsAre("A", "B", "C", "D", "E", "F", "G", "H", "I"));
}

TEST(AdapterHealth, WhatTheHubRefusesWaitsWithoutWhatIsDropped) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kHealth);
  const std::string endless(std::size_t{60'000}, 'x');
  const std::string address = "诊所填的秘密巷3号";
  WriteAll(folder + "/in/1.json",
           Bundle({PatientOf({.id = "A"}),
                   absl::StrReplaceAll(PatientOf({.id = "B"}),
                                       {{address, endless}})}));
  const Ran once = world.Adapter(kHealth, "once");
  EXPECT_EQ(once.exit_code, 3);
  EXPECT_THAT(once.out, ContainsRegex("1.json:2 address.text +VALUE_TOO_LONG"));
  EXPECT_THAT(world.RecordKeys(kHealth), ElementsAre("A"));
  const std::string sheet = folder + "/state/quarantine/patient.ndjson";
  const std::string kept = ReadAll(sheet);
  EXPECT_THAT(kept, AllOf(HasSubstr(R"("id":"B")"), HasSubstr(endless),
                          Not(HasSubstr("maritalStatus")),
                          Not(HasSubstr("multipleBirth"))));
  WriteAll(sheet, absl::StrReplaceAll(kept, {{endless, address}}));
  EXPECT_EQ(world.Adapter(kHealth, "quarantine replay").exit_code, 0);
  EXPECT_THAT(world.RecordKeys(kHealth), ElementsAre("A", "B"));
}

TEST(AdapterHealth, ReadsLinesOfResourcesToo) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kHealth);
  WriteAll(folder + "/in/1.ndjson",
           PatientOf({.id = "A"}) + "\n" + R"({"resourceType":"Group"})" +
               "\n{\"resourceType\":\n" + PatientOf({.id = "B"}));
  const Ran once = world.Adapter(kHealth, "once");
  EXPECT_EQ(once.exit_code, 3);
  EXPECT_THAT(once.out, ContainsRegex("1.ndjson:3 +FHIR_RESOURCE"));
  EXPECT_THAT(world.RecordKeys(kHealth), ElementsAre("A", "B"));
}

TEST(AdapterHealth, CheckListsWhatIsDroppedAndWhy) {
  World world;  // no hub
  const std::string folder = world.Agency(kHealth);
  WriteAll(folder + "/in/1.json",
           Bundle({PatientOf({.id = "A"}), R"({"resourceType":"Condition"})",
                   R"({"resourceType":"Observation"})",
                   R"({"resourceType":"Observation"})"}));
  const Ran check = world.Adapter(kHealth, "check");
  EXPECT_EQ(check.exit_code, 0);
  EXPECT_THAT(
      check.out,
      AllOf(ContainsRegex("birthDate +birth_date.date"),
            ContainsRegex("maritalStatus +dropped: denied: marital state: "),
            ContainsRegex("multipleBirthInteger +dropped: denied: pregnancy"),
            ContainsRegex("Observation +2 rows +RESOURCE_NOT_READ"),
            ContainsRegex("Condition +1 rows +RESOURCE_NOT_READ"),
            HasSubstr("1 rows, 1 changed")));
  EXPECT_FALSE(fs::exists(folder + "/state"));
}

// A sector without a folder of its own brings its mapping.
TEST(AdapterHousing, AMappingThatReadsATenantIsRefused) {
  World world;
  const std::string folder = world.folder() + "/housing";
  fs::create_directories(folder + "/in");
  WriteAll(folder + "/adapter.yaml",
           "agency: housing.320500\nstate: state\n"
           "hub: {hubs: [\"127.0.0.1:1\"]}\n"
           "sources: [{name: fw, files: in/*.csv, mapping: mapping.yaml}]\n");
  WriteAll(folder + "/in/1.csv",
           ToGb("FWBH,QLRXM,CZRXM,CZRSFZH\nF1,张三,李四,041202199003070411\n"));
  const auto check = [&](const std::string& column) {
    WriteAll(folder + "/mapping.yaml",
             "sector: housing\ntable: {charset: gb18030}\nrecord_key: FWBH\n"
             "attributes:\n  - attribute: name\n"
             "    fields: [{field: full, column: " +
                 column + "}]\n");
    return RunCommand(absl::StrCat(WAYSTATION_BIN_DIR,
                                   "/waystation-adapter housing --lang en "
                                   "--config ",
                                   folder, "/adapter.yaml check"));
  };
  const Ran denied = check("CZRXM");
  EXPECT_EQ(denied.exit_code, 2);
  EXPECT_THAT(denied.out,
              AllOf(HasSubstr("COLUMN_DENIED"),
                    ContainsRegex("mapping.yaml:6:[0-9]+: column CZRXM holds a "
                                  "tenant: PIPL")));
  // Nor may an owner's name be read: a housing agency sends dwellings.
  const Ran owner = check("QLRXM");
  EXPECT_EQ(owner.exit_code, 2);
  EXPECT_THAT(owner.out,
              AllOf(HasSubstr("COLUMN_DENIED"),
                    ContainsRegex("mapping.yaml:6:[0-9]+: field name.full "
                                  "holds what is no dwelling: PIPL")));
}

// As large as WAYSTATION_LARGE_FILE_MB says, 300 MiB unless told. What care
// providers export around their patients is most of it.
TEST(AdapterHealth, ABundleOfAnySizeIsReadInConstantMemory) {
  const char* asked = std::getenv("WAYSTATION_LARGE_FILE_MB");
  const std::uint64_t most = asked == nullptr ? 300 : std::stoull(asked);
  const std::string filler =
      absl::StrCat(R"(,{"resource":{"resourceType":"Observation","note":")",
                   std::string(100'000, 'n'), "\"}}\n");
  const auto peak = [&](std::uint64_t megabytes) {
    World world;
    int patients = 0;
    {
      std::ofstream file(world.Agency(kHealth) + "/in/1.json",
                         std::ios::binary);
      file << R"({"resourceType":"Bundle","entry":[)"
           << Entry(PatientOf({.id = "first", .number = ""}));
      for (std::uint64_t bytes = 0; bytes < megabytes << 20; ++patients) {
        const std::string entry =
            "," + Entry(PatientOf({.id = std::to_string(100'000'000 + patients),
                                   .number = ""}));
        file << entry << filler;
        bytes += entry.size() + filler.size();
      }
      file << "]}";
    }
    const std::string command =
        world.AdapterCommand(kHealth, "--quiet --patience 0 ");
    EXPECT_THAT(RunCommand(command + "check").out,
                HasSubstr(absl::StrCat(patients + 1, " rows, ", patients + 1,
                                       " changed")));
    const Measured ran = RunMeasured(command + "once");
    // There is no hub, and so no certificate.
    EXPECT_EQ(ran.exit_code, 6);
    return ran.peak_kib;
  };
  const long small = peak(2);
  const long large = peak(most);
  EXPECT_LT(large - small, 16 << 10);
}

TEST(AdapterHealth, LargeBundlesTakeNoMoreMemoryThanSmallOnes) {
  const auto peak = [](int patients) {
    World world;
    {
      std::ofstream file(world.Agency(kHealth) + "/in/1.json",
                         std::ios::binary);
      file << R"({"resourceType":"Bundle","entry":[)";
      for (int i = 0; i < patients; ++i) {
        // Some that cannot be read are among them.
        file << (i == 0 ? "" : ",\n")
             << Entry(PatientOf({.id = std::to_string(100'000'000 + i),
                                 .name = i % 20 == 0 ? R"(\ud87e)" : "张三",
                                 .number = ""}));
      }
      file << "]}";
    }
    const Measured ran =
        RunMeasured(world.AdapterCommand(kHealth, "--quiet --patience 0 once"));
    // There is no hub, and so no certificate.
    EXPECT_EQ(ran.exit_code, 6);
    return ran.peak_kib;
  };
  const long small = peak(2'000);
  const long large = peak(100'000);
  EXPECT_LT(large - small, 30 << 10);
}

}  // namespace
}  // namespace waystation::scenarios
