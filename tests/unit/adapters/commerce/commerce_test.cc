// SPDX-License-Identifier: Apache-2.0
// A register's dBase table through the sector's own mapping.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/commerce/sector.h"
#include "adapters/framework/decoding/charset.h"
#include "tests/unit/adapters/support/dbf_bytes.h"
#include "tests/unit/adapters/support/mapped_file.h"

namespace waystation::adapters {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Values = std::map<std::string, std::string>;

const std::vector<DbfColumn>& Columns() {
  static const auto* const kColumns = new std::vector<DbfColumn>{
      {"JYZJLH", 16}, {"XM", 16},       {"GMSFHM", 18}, {"XB", 1},
      {"MZ", 2},      {"CSRQ", 8},      {"HYZK", 2},    {"SYZK", 2},
      {"DH", 20},     {"TYSHXYDM", 18}, {"ZCH", 15},    {"ZTMC", 40},
      {"JYZT", 1},    {"CLRQ", 8, 'D'}, {"GXSJ", 14}};
  return *kColumns;
}

Values Zhang() {
  return {{"JYZJLH", "JY32050000000001"},
          {"XM", "张三"},
          {"GMSFHM", "041202199003070411"},
          {"XB", "1"},
          {"MZ", "05"},
          {"CSRQ", "19900307"},
          {"HYZK", "20"},
          {"SYZK", "1"},
          {"DH", "13812345678"},
          {"TYSHXYDM", "91350100M000100Y43"},
          {"ZCH", "110108000000016"},
          {"ZTMC", "恒润便利店"},
          {"JYZT", "1"},
          {"CLRQ", "20150305"},
          {"GXSJ", "20260201080000"}};
}

Values With(Values values, const Values& others) {
  for (const auto& [column, value] : others) values[column] = value;
  return values;
}

std::string Gbk(std::string_view text) {
  std::string bytes;
  EXPECT_EQ(Encode(Charset::kGbk, text, bytes), std::nullopt);
  return bytes;
}

std::string Table(const std::vector<Values>& records) {
  DbfBytes table(Columns());
  for (const Values& values : records) {
    std::vector<std::string> row;
    for (const DbfColumn& column : Columns()) {
      const auto found = values.find(column.name);
      row.push_back(found == values.end() ? "" : Gbk(found->second));
    }
    table.Add(row);
  }
  return table.Bytes();
}

class CommerceMapping : public testing::Test {
 protected:
  MappedFile Read(const std::vector<Values>& records) const {
    return ReadMapped(*mapping_, Table(records), ".dbf");
  }
  MappedRow ReadOne(const Values& changes) const {
    MappedFile file = Read({With(Zhang(), changes)});
    EXPECT_EQ(file.rows.size(), 1U);
    return file.rows.at(0);
  }
  const std::shared_ptr<const Mapping> mapping_ = LoadMapping(Commerce());
};

TEST_F(CommerceMapping, ReadsARecord) {
  const MappedRow row = ReadOne({});
  EXPECT_EQ(row.defect, "");
  EXPECT_THAT(row.findings, IsEmpty());
  ExpectUpdate(row.update, R"pb(
    record_key: "JY32050000000001"
    claims {
      identifiers { kind: KIND_CITIZEN_NUMBER number: "041202199003070411" }
      name { full: "张三" }
      sex { value: SEX_MALE }
      birth_date { date { year: 1990 month: 3 day: 7 } }
      business {
        number: "91350100M000100Y43"
        title: "恒润便利店"
        role: ROLE_OPERATOR
        state: STATE_OPEN
        since { year: 2015 month: 3 day: 5 }
      }
    }
    mask {
      paths: "identifiers"
      paths: "name"
      paths: "sex"
      paths: "birth_date"
      paths: "business"
    }
    times { recorded_time { seconds: 1769904000 } }
    evidence: EVIDENCE_DOCUMENT_SEEN
    details {
      attribute: "business"
      given { column: "JYZT" bytes: "1" }
    }
  )pb");
}

TEST_F(CommerceMapping, TakesTheNumberThatThereIs) {
  const struct {
    std::string_view name;
    Values changes;
    std::string_view number;
    std::vector<std::string> findings;
  } cases[] = {
      {"both", {}, "91350100M000100Y43", {}},
      {"of before", {{"TYSHXYDM", ""}}, "110108000000016", {}},
      {"of before in the other's column",
       {{"TYSHXYDM", "110108000000016"}, {"ZCH", ""}},
       "110108000000016",
       {}},
      {"of a generated business",
       {{"TYSHXYDM", "92041202MA1B2C3D8P"}},
       "92041202MA1B2C3D8P",
       {}},
      {"of a generated business, of before",
       {{"TYSHXYDM", ""}, {"ZCH", "041202600000017"}},
       "041202600000017",
       {}},
      {"of before 2007",
       {{"TYSHXYDM", ""}, {"ZCH", "3205022104567"}},
       "3205022104567",
       {"ZCH AMBIGUOUS"}},
      {"a wrong check character",
       {{"TYSHXYDM", "91350100M000100Y44"}},
       "91350100M000100Y44",
       {"TYSHXYDM CHECKSUM_FAIL"}},
      {"a wrong check digit",
       {{"TYSHXYDM", ""}, {"ZCH", "110108000000017"}},
       "110108000000017",
       {"ZCH CHECKSUM_FAIL"}},
      {"no code that can be read",
       {{"TYSHXYDM", "见附件"}},
       "110108000000016",
       {"TYSHXYDM VALUE_FORMAT"}},
  };
  for (const auto& [name, changes, number, findings] : cases) {
    SCOPED_TRACE(name);
    const MappedRow row = ReadOne(changes);
    ASSERT_EQ(row.update.claims().business_size(), 1);
    EXPECT_EQ(row.update.claims().business(0).number(), number);
    EXPECT_EQ(row.findings, findings);
  }
}

TEST_F(CommerceMapping, LeavesOutWhatCannotBeReadAndNamesIt) {
  const struct {
    std::string_view name;
    Values changes;
    std::vector<std::string> findings;
  } cases[] = {
      {"no such state", {{"JYZT", "8"}}, {"JYZT CODE_UNKNOWN"}},
      {"a state that says nothing", {{"JYZT", "6"}}, {}},
      {"18 zeros", {{"GMSFHM", "000000000000000000"}}, {"GMSFHM PLACEHOLDER"}},
      {"no such day", {{"CSRQ", "19900230"}}, {"CSRQ DATE_IMPOSSIBLE"}},
      {"no day at all", {{"CLRQ", "00000000"}}, {"CLRQ PLACEHOLDER"}},
      {"a name that was misread before",
       {{"XM", "锟斤拷"}},
       {"XM VALUE_UNREADABLE"}},
      {"a time that lies ahead",
       {{"GXSJ", "21990101000000"}},
       {"GXSJ TIME_INVALID"}},
  };
  for (const auto& [name, changes, findings] : cases) {
    SCOPED_TRACE(name);
    const MappedRow row = ReadOne(changes);
    EXPECT_EQ(row.defect, "");
    EXPECT_EQ(row.findings, findings);
  }
}

TEST_F(CommerceMapping, RefusesOnlyTheRecordThatIsBad) {
  std::string cut = Table({Zhang(), Zhang(), Zhang()});
  // The name of the second ends within its last character.
  const std::string name = Gbk("张三");
  const std::size_t second = cut.find(name, cut.find(name) + 1);
  cut[second + 3] = ' ';
  const MappedFile file = ReadMapped(*mapping_, cut, ".dbf");
  ASSERT_EQ(file.rows.size(), 3U);
  EXPECT_EQ(file.rows[0].defect, "");
  EXPECT_EQ(file.rows[1].defect, "ROW_CHARSET XM");
  EXPECT_EQ(file.rows[2].defect, "");
  EXPECT_EQ(ReadOne({{"JYZJLH", ""}}).defect, "RECORD_KEY_INVALID JYZJLH");
  EXPECT_EQ(ReadOne({{"CSRQ", "20200101"}, {"GMSFHM", ""}}).defect,
            "MINOR_WITHOUT_GUARDIAN ");
}

TEST_F(CommerceMapping, DropsWhatTheLawKeepsAtHomeAndSaysSo) {
  const MappedFile file = Read({Zhang()});
  EXPECT_THAT(file.columns,
              ElementsAre("JYZJLH: record key", "XM: name.full",
                          "GMSFHM: identifiers.number", "XB: sex.value",
                          HasSubstr("MZ: COLUMN_DENIED ethnicity"),
                          "CSRQ: birth_date.date",
                          HasSubstr("HYZK: COLUMN_DENIED marital state"),
                          HasSubstr("SYZK: COLUMN_DENIED childbearing"),
                          HasSubstr("DH: COLUMN_LISTED"),
                          "TYSHXYDM: business.number", "ZCH: business.number",
                          "ZTMC: business.title", "JYZT: business.state",
                          "CLRQ: business.since", "GXSJ: recorded time"));
}

TEST(CommerceDenials, Columns) {
  const struct {
    std::string_view column;
    std::string_view rule;  // how it begins
  } cases[] = {
      {"HYZK", "marital state"},       {"hyqk", "marital state"},
      {"MARISTATUS", "marital state"}, {"MARSTAT", "marital state"},
      {"SPOUSENAME", "marital state"}, {"SYZK", "childbearing"},
      {"SYQK", "childbearing"},        {"YZK", "childbearing"},
      {"CHILDNUM", "childbearing"},    {"CHILDREN", "childbearing"},
      {"HYZBH", "family planning"},    {"JSZMBH", "family planning"},
      {"NATION", "ethnicity"},         {"MZ", "ethnicity"},
      {"POLSTAND", "party"},           {"FAMMEMBER", "another person"},
      {"PENALTY", "penalties"},        {"BLACKLIST", "penalties"},
      {"行政处罚", "penalties"},       {"婚姻", "marital state"},
      {"PREGNANT", "fertility"},
  };
  for (const auto& [column, rule] : cases) {
    const Denial* denial = FindDenial(Commerce().denials, column);
    ASSERT_NE(denial, nullptr) << column;
    EXPECT_TRUE(denial->rule.starts_with(rule)) << column << denial->rule;
  }
  for (const DbfColumn& column : Columns()) {
    const bool denied =
        column.name == "MZ" || column.name == "HYZK" || column.name == "SYZK";
    EXPECT_EQ(FindDenial(Commerce().denials, column.name) != nullptr, denied)
        << column.name;
  }
}

}  // namespace
}  // namespace waystation::adapters
