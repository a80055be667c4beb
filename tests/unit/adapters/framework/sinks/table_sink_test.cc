// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sinks/table_sink.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "adapters/framework/decoding/charset.h"
#include "adapters/framework/sinks/view_text.h"
#include "adapters/framework/sources/table_source.h"
#include "adapters/labor/sector.h"
#include "adapters/public_security/sector.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "waystation/v1/mailbox_service.pb.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::Pair;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);  // 2027-01-15

constexpr char kPage[] = R"pb(
  as_of_time { seconds: 1800000000 }
  entries {
    kind: CHANGE_KIND_CHANGED
    attributes: "residence"
    attributes: "birth_date"
    view {
      handle: "h"
      record_keys: "R1"
      record_keys: "R2"
      person {
        identifiers { kind: KIND_CITIZEN_NUMBER number: "041202199003070411" }
        identifiers { kind: KIND_PASSPORT number: "E1" }
        name { full: "张^\U00020087,\"三\"" }
        sex { value: SEX_FEMALE }
        birth_date { date { year: 1990 month: 3 day: 7 } }
        residence {
          division: "320505"
          since { year: 2025 month: 1 }
        }
        social_insurance {
          schemes { scheme: SCHEME_PENSION_EMPLOYEE state: STATE_INSURED }
          schemes { scheme: SCHEME_WORK_INJURY state: STATE_SUSPENDED }
        }
        education { level { value: "47" list: "GB4658:2006" } }
      }
      attributes {
        attribute: "birth_date"
        status: STATUS_CONFLICT
        source_agency: "public_security.341200"
      }
      attributes {
        attribute: "residence"
        status: STATUS_AGREED
        source_agency: "public_security.320500"
      }
      predicates { predicate: "permit_valid" answer: ANSWER_YES }
    }
  }
  entries {
    kind: CHANGE_KIND_WITHDRAWN
    view { record_keys: "R3" }
  }
)pb";

class TableSinkTest : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::shared_ptr<const Mapping> Default(const Sector& sector) {
    auto mapping =
        Mapping::Load(std::string(WAYSTATION_SOURCE_DIR) + "/adapters/" +
                          std::string(sector.name) + "/mapping.yaml",
                      sector);
    EXPECT_TRUE(mapping.ok()) << mapping.status();
    return *std::move(mapping);
  }

  static v1::MailboxPage Page() {
    v1::MailboxPage page;
    // Text format has no \U escape.
    std::string text = kPage;
    const auto at = text.find("\\U00020087");
    if (at != std::string::npos) text.replace(at, 10, "\U00020087");
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &page));
    return page;
  }

  // The table's rows as a source of the same layout reads them.
  std::vector<std::vector<std::string>> ReadBack(
      const std::string& path, const Mapping& mapping,
      std::vector<std::string> columns) {
    auto source = TableSource::Open(path, mapping.table(), std::move(columns));
    EXPECT_TRUE(source.ok()) << source.status();
    std::vector<std::vector<std::string>> rows;
    for (;;) {
      const auto row = (*source)->Next();
      if (!row.ok() || *row == nullptr) return rows;
      EXPECT_FALSE((*row)->defect);
      auto& fields = rows.emplace_back();
      for (const auto bytes : (*row)->fields) {
        std::string& text = fields.emplace_back();
        EXPECT_EQ(Decode((*source)->charset(), bytes, text), std::nullopt);
      }
    }
  }

  const std::string folder_ =
      testing::TempDir() + "/sink_" + std::to_string(getpid());
};

TEST_F(TableSinkTest, WritesWhatTheSystemImports) {
  const auto mapping = Default(PublicSecurity());
  auto sink = TableSink::Open(folder_, mapping);
  ASSERT_TRUE(sink.ok()) << sink.status();
  (*sink)->Add(Page());
  EXPECT_EQ((*sink)->pending(), 3U);
  const auto table = (*sink)->Write(7, kNow);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(fs::path(table->path).filename(), "ldrk_hz_20270115_000007.csv");
  EXPECT_EQ(table->changes, 2U);
  EXPECT_EQ(table->rows, 3U);
  EXPECT_TRUE(table->unwritable.empty());
  const auto rows =
      ReadBack(table->path, *mapping,
               {"RYBH", "BGLX", "BGSX", "XM", "SFZH", "XB", "CSRQ", "CSRQ_ZT",
                "XZDXZQH", "XZD_LY", "DDBDRQ", "ZXSJ", "SFSLJZZ", "ZHXGSJ"});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_THAT(rows[0],
              ElementsAre("R1", "1", "residence;birth_date",
                          "张^\U00020087,\"三\"", "041202199003070411", "2",
                          "1990-03-07", "3", "320505", "public_security.320500",
                          "2025-01", "", "1", "2027-01-15 16:00:00"));
  EXPECT_EQ(rows[1][0], "R2");
  EXPECT_THAT(rows[2], ElementsAre("R3", "4", "", "", "", "", "", "", "", "",
                                   "", "", "", "2027-01-15 16:00:00"));
}

TEST_F(TableSinkTest, ReplacesWhatTheCharsetLacksAndSaysSo) {
  const auto mapping = Default(Labor());
  auto sink = TableSink::Open(folder_, mapping);
  ASSERT_TRUE(sink.ok()) << sink.status();
  v1::MailboxPage page = Page();
  auto& name = *page.mutable_entries(0)->mutable_view()->mutable_person();
  name.mutable_name()->set_full("张\U0002CB4E^三\n");
  (*sink)->Add(page);
  const auto table = (*sink)->Write(1, kNow);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->unwritable, ElementsAre(Pair("AAC003", 2)));
  const auto rows =
      ReadBack(table->path, *mapping,
               {"AAC001", "AAC003", "AAC006", "AAE140", "AAC031", "AAC011"});
  EXPECT_THAT(rows[0], ElementsAre("R1", "张〓＾三 ", "19900307", "110;410",
                                   "1;2", "47"));
}

TEST_F(TableSinkTest, WritesNothingForNothing) {
  auto sink = TableSink::Open(folder_, Default(Labor()));
  ASSERT_TRUE(sink.ok());
  EXPECT_TRUE((*sink)->Write(1, kNow)->path.empty());
  v1::MailboxPage page = Page();
  for (auto& entry : *page.mutable_entries()) {
    entry.mutable_view()->clear_record_keys();
  }
  (*sink)->Add(page);
  const auto table = (*sink)->Write(1, kNow);
  ASSERT_TRUE(table.ok());
  EXPECT_TRUE(table->path.empty());
  EXPECT_EQ(table->changes, 2U);
}

TEST_F(TableSinkTest, BeginsAnewAfterEachTable) {
  auto sink = TableSink::Open(folder_, Default(Labor()));
  ASSERT_TRUE(sink.ok());
  (*sink)->Add(Page());
  const auto one = (*sink)->Write(1, kNow);
  (*sink)->Add(Page());
  const auto two = (*sink)->Write(2, kNow);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(fs::file_size(one->path), fs::file_size(two->path));
  EXPECT_EQ(two->rows, 3U);
}

// A file that a crash left half written has a name that nobody imports, and
// goes.
TEST_F(TableSinkTest, RemovesWhatACrashLeft) {
  fs::create_directories(folder_);
  std::ofstream(folder_ + "/ac01_hz_20270115_000001.txt.new") << "AAC001^BG";
  std::ofstream(folder_ + "/ac01_hz_20270115_000001.txt") << "whole\n";
  std::ofstream(folder_ + "/mine.txt.new") << "not ours";
  ASSERT_TRUE(TableSink::Open(folder_, Default(Labor())).ok());
  EXPECT_FALSE(fs::exists(folder_ + "/ac01_hz_20270115_000001.txt.new"));
  EXPECT_TRUE(fs::exists(folder_ + "/ac01_hz_20270115_000001.txt"));
  EXPECT_TRUE(fs::exists(folder_ + "/mine.txt.new"));
}

TEST_F(TableSinkTest, KeepsTheRowsWhenTheyCannotBeWritten) {
  auto sink = TableSink::Open(folder_, Default(Labor()));
  ASSERT_TRUE(sink.ok());
  (*sink)->Add(Page());
  fs::remove_all(folder_);
  EXPECT_FALSE((*sink)->Write(1, kNow).ok());
  fs::create_directories(folder_);
  const auto table = (*sink)->Write(2, kNow);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->rows, 3U);
}

TEST(ViewText, NamesEveryColumnThatIsWrong) {
  config::v1::Mapping config;
  const auto places = runtime::ReadYaml(
      "sector: labor\nrecord_key: K\ntable: {charset: gbk}\n"
      "attributes: [{attribute: name, fields: [{field: full, column: N}]}]\n"
      "export: {columns: [{column: A, fact: none}, {column: B, field: "
      "name.none}, {column: C, field: residence}, {column: D}, {column: E, "
      "field: sex.value, code_map: none}, {column: F, field: "
      "birth_date.date, date_format: DMY}]}\n",
      "m.yaml", config);
  ASSERT_TRUE(places.ok()) << places.status();
  const auto mapping = Mapping::Compile(config, *places, Labor());
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  const auto text = ViewText::Compile(**mapping);
  EXPECT_EQ(errors::ReasonOf(text.status()), "CONFIG_INVALID");
  std::vector<std::string> places_named;
  for (const auto& violation : errors::ViolationsOf(text.status())) {
    places_named.push_back(violation.field);
  }
  // Six columns, no prefix, no suffix, no column with the record key.
  EXPECT_EQ(places_named.size(), 9U);
  for (const std::string& place : places_named) {
    EXPECT_THAT(place, testing::StartsWith("m.yaml:5:"));
  }
}

class ViewTextRow : public testing::Test {
 protected:
  // The row of the first entry of `page` under an export of these columns.
  static std::vector<std::string> RowOf(const std::string& columns,
                                        const v1::MailboxPage& page) {
    config::v1::Mapping config;
    const auto places = runtime::ReadYaml(
        "sector: labor\nrecord_key: K\ntable: {charset: gbk}\n"
        "attributes: [{attribute: name, fields: [{field: full, column: N}]}]\n"
        "code_maps: [{name: scheme, entries: {\"11\": pension_employee, "
        "\"41\": work_injury}}]\n"
        "export: {file_prefix: a, file_suffix: .txt, columns: [{column: K, "
        "fact: record_key}, " +
            columns + "]}\n",
        "m.yaml", config);
    EXPECT_TRUE(places.ok()) << places.status();
    const auto mapping = Mapping::Compile(config, *places, Labor());
    EXPECT_TRUE(mapping.ok()) << mapping.status();
    const auto text = ViewText::Compile(**mapping);
    EXPECT_TRUE(text.ok()) << text.status();
    return text.ok() ? (*text)->Row(page.entries(0), "1", kNow)
                     : std::vector<std::string>{};
  }
};

TEST_F(ViewTextRow, EntriesOfTwoColumnsStandSideBySide) {
  v1::MailboxPage page;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(entries {
             view {
               person {
                 social_insurance {
                   schemes { scheme: SCHEME_PENSION_EMPLOYEE }
                   schemes { scheme: SCHEME_WORK_INJURY state: STATE_INSURED }
                 }
               }
             }
           })pb",
      &page));
  EXPECT_THAT(
      RowOf("{column: A, field: social_insurance.schemes.scheme, code_map: "
            "scheme}, {column: B, field: social_insurance.schemes.state}, "
            "{column: C, field: social_insurance.schemes.since}, {column: D, "
            "field: \"social_insurance.schemes[work_injury].state\"}",
            page),
      ElementsAre("1", "11;41", ";insured", "", "insured"));
}

TEST_F(ViewTextRow, WritesNoCodeOfAListThatTheSystemDoesNotKnow) {
  v1::MailboxPage page;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(entries {
             view {
               person {
                 education { level { value: "62" list: "GB4658:1984" } }
               }
             }
           })pb",
      &page));
  EXPECT_THAT(RowOf("{column: A, field: education.level, list: "
                    "\"GB4658:2006\"}, {column: B, field: education.level, "
                    "list: \"GB4658:1984\"}",
                    page),
              ElementsAre("1", "", "62"));
}

}  // namespace
}  // namespace waystation::adapters
