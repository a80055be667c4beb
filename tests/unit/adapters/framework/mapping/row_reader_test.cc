// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/row_reader.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "adapters/framework/mapping/update_writer.h"
#include "adapters/labor/sector.h"
#include "adapters/public_security/sector.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::adapters {
namespace {

using google::protobuf::TextFormat;
using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr AttributeBits kAll = ~AttributeBits{0};

codes::Date Today() {
  return std::chrono::year(2026) / std::chrono::month(3) / std::chrono::day(1);
}

std::string In(Charset charset, std::string_view text) {
  std::string bytes;
  EXPECT_EQ(Encode(charset, text, bytes), std::nullopt) << text;
  return bytes;
}

// Rows of one sector's default mapping.
class Fixture {
 public:
  explicit Fixture(const Sector& sector) {
    auto mapping =
        Mapping::Load(std::string(WAYSTATION_SOURCE_DIR) + "/adapters/" +
                          std::string(sector.name) + "/mapping.yaml",
                      sector);
    EXPECT_TRUE(mapping.ok()) << mapping.status();
    mapping_ = *std::move(mapping);
    charset_ = mapping_->table().dialect.charset;
    reader_ = std::make_unique<RowReader>(
        *mapping_, charset_,
        ReadingOptions{Today(), codes::CitizenNumberProfile::kDemo});
  }

  // Columns that are not named are empty.
  const ReadRow& Read(const std::map<std::string, std::string>& columns) {
    bytes_.clear();
    for (const std::string& column : mapping_->columns()) {
      const auto found = columns.find(column);
      bytes_.push_back(found == columns.end() ? "" : found->second);
    }
    row_.fields.assign(bytes_.begin(), bytes_.end());
    return reader_->Read(row_);
  }
  const ReadRow& ReadText(std::map<std::string, std::string> columns) {
    for (auto& [column, text] : columns) text = In(charset_, text);
    return Read(columns);
  }

 private:
  std::unique_ptr<const Mapping> mapping_;
  Charset charset_;
  std::unique_ptr<RowReader> reader_;
  std::vector<std::string> bytes_;
  Row row_;
};

v1::Update Written(const ReadRow& row, AttributeBits attributes = kAll) {
  v1::Update update;
  EXPECT_TRUE(update.ParseFromString(WriteUpdate(row, 7, attributes)));
  return update;
}

void ExpectUpdate(const v1::Update& update, const std::string& text) {
  v1::Update want;
  ASSERT_TRUE(TextFormat::ParseFromString(text, &want));
  std::string difference;
  MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(want, update)) << difference;
}

std::vector<std::string> Findings(const ReadRow& row) {
  std::vector<std::string> out;
  for (const ValueFinding& finding : row.findings) {
    out.push_back(std::string(finding.column) + " " +
                  std::string(finding.reason.empty()
                                  ? codes::GradeName(finding.grade)
                                  : finding.reason));
  }
  return out;
}

TEST(RowReader, ReadsARowOfPublicSecurity) {
  Fixture fixture(PublicSecurity());
  const ReadRow& row = fixture.ReadText({{"RYBH", "R320500000000001"},
                                         {"XM", "张三"},
                                         {"SFZH", "041202199003070411"},
                                         {"XB", "男"},
                                         {"CSRQ", "1990-03-07"},
                                         {"XL", "21"},
                                         {"JZSY", "01"},
                                         {"DDBDRQ", "2025-01-05"},
                                         {"NJZQX", "2026-12-31"},
                                         {"HJDXZQH", "341202"},
                                         {"XZDXZQH", "320505010"},
                                         {"XJZDZZ", "越溪街道1号"},
                                         {"LXFS_SJ", "+86 138 1234 5678"},
                                         {"ZHXGSJ", "2025-02-01 10:00:00"}});
  EXPECT_FALSE(row.defect);
  ExpectUpdate(Written(row), R"pb(
    record_key: "R320500000000001"
    revision: 7
    claims {
      identifiers { kind: KIND_CITIZEN_NUMBER number: "041202199003070411" }
      name { full: "张三" }
      sex { value: SEX_MALE }
      birth_date { date { year: 1990 month: 3 day: 7 } }
      household_registration { division: "341202" }
      residence {
        division: "320505010"
        address: "越溪街道1号"
        since { year: 2025 month: 1 day: 5 }
        planned_until { year: 2026 month: 12 day: 31 }
      }
      movement {
        arrived { year: 2025 month: 1 day: 5 }
        reason: REASON_WORK
      }
      education { level { value: "21" list: "GB4658:2006" } }
      contact { phones: "13812345678" }
    }
    mask {
      paths: "identifiers"
      paths: "name"
      paths: "sex"
      paths: "birth_date"
      paths: "household_registration"
      paths: "residence"
      paths: "residence_permit"
      paths: "movement"
      paths: "education"
      paths: "contact"
    }
    times { recorded_time { seconds: 1738375200 } }
    evidence: EVIDENCE_DOCUMENT_SEEN
    details {
      attribute: "sex"
      given { column: "XB" bytes: "男" }
    }
    details {
      attribute: "residence"
      times { valid_from { year: 2025 month: 1 day: 5 } }
      evidence: EVIDENCE_DECLARED
    }
    details {
      attribute: "movement"
      times { valid_from { year: 2025 month: 1 day: 5 } }
      evidence: EVIDENCE_DECLARED
      given { column: "JZSY" bytes: "01" }
    }
    details { attribute: "education" evidence: EVIDENCE_DECLARED }
    details {
      attribute: "contact"
      evidence: EVIDENCE_DECLARED
      given { column: "LXFS_SJ" bytes: "+86 138 1234 5678" }
    }
  )pb");
}

TEST(RowReader, ReadsARowOfLabor) {
  Fixture fixture(Labor());
  const ReadRow& row = fixture.ReadText({{"AAC001", "3205000000000001"},
                                         {"AAC002", "041202199003070411"},
                                         {"AAC003", "张三"},
                                         {"AAC011", "51"},
                                         {"AAE140", "110"},
                                         {"AAC031", "1"},
                                         {"AAE030", "20250201"},
                                         {"AAB004", "某公司"}});
  v1::Update update =
      Written(row, AttributeBit(v1::Person::kEducationFieldNumber) |
                       AttributeBit(v1::Person::kSocialInsuranceFieldNumber));
  ExpectUpdate(update, R"pb(
    record_key: "3205000000000001"
    revision: 7
    claims {
      education { level { value: "47" list: "GB4658:2006" } }
      social_insurance {
        schemes {
          scheme: SCHEME_PENSION_EMPLOYEE
          state: STATE_INSURED
          since { year: 2025 month: 2 day: 1 }
        }
      }
    }
    mask { paths: "education" paths: "social_insurance" }
    evidence: EVIDENCE_THIRD_PARTY
    details {
      attribute: "education"
      given { column: "AAC011" bytes: "51" }
    }
    details {
      attribute: "social_insurance"
      times { valid_from { year: 2025 month: 2 day: 1 } }
      evidence: EVIDENCE_DOCUMENT_SEEN
      given { column: "AAE140" bytes: "110" }
      given { column: "AAC031" bytes: "1" }
    }
  )pb");
}

TEST(RowReader, LeavesOutWhatItCannotReadAndSaysSo) {
  const struct {
    std::string_view name;
    std::string column;
    std::string text;
    std::vector<std::string> findings;
  } cases[] = {
      {"impossible date", "CSRQ", "1990-02-30", {"CSRQ DATE_IMPOSSIBLE"}},
      {"no date", "CSRQ", "hello", {"CSRQ VALUE_FORMAT"}},
      {"unknown sex", "XB", "7", {"XB CODE_UNKNOWN"}},
      {"unknown reason", "JZSY", "77", {"JZSY CODE_UNKNOWN"}},
      {"code of another version", "XL", "51", {"XL CODE_UNKNOWN"}},
      {"no time", "ZHXGSJ", "soon", {"ZHXGSJ TIME_INVALID"}},
      {"control character", "XJZDZZ", "a\x01z", {"XJZDZZ VALUE_UNREADABLE"}},
  };
  Fixture fixture(PublicSecurity());
  for (const auto& [name, column, text, findings] : cases) {
    SCOPED_TRACE(name);
    const ReadRow& row =
        fixture.ReadText({{"RYBH", "1"}, {"XM", "张三"}, {column, text}});
    EXPECT_FALSE(row.defect);
    EXPECT_EQ(Findings(row), findings);
    EXPECT_TRUE(Written(row).claims().has_name());
  }
}

TEST(RowReader, DoesNotTakeBackWhatItCannotRead) {
  Fixture fixture(PublicSecurity());
  const ReadRow& row = fixture.ReadText(
      {{"RYBH", "1"}, {"CSRQ", "1990-02-30"}, {"XB", ""}, {"XM", "张三"}});
  std::map<int, ReadClaim::State> states;
  for (const ReadClaim& claim : row.claims) {
    states[claim.attribute] = claim.state;
  }
  EXPECT_EQ(states[v1::Person::kBirthDateFieldNumber], ReadClaim::State::kLost);
  EXPECT_EQ(states[v1::Person::kSexFieldNumber], ReadClaim::State::kAbsent);
  EXPECT_EQ(states[v1::Person::kNameFieldNumber], ReadClaim::State::kHeld);
}

TEST(RowReader, KeepsTheRestOfAnAttribute) {
  Fixture fixture(PublicSecurity());
  const ReadRow& row = fixture.ReadText(
      {{"RYBH", "1"}, {"XZDXZQH", "320505"}, {"NJZQX", "2026-02-30"}});
  EXPECT_THAT(Findings(row), ElementsAre("NJZQX DATE_IMPOSSIBLE"));
  const v1::Update update = Written(row);
  EXPECT_EQ(update.claims().residence().division(), "320505");
  EXPECT_FALSE(update.claims().residence().has_planned_until());
}

TEST(RowReader, GradesWithoutRefusing) {
  Fixture fixture(PublicSecurity());
  const ReadRow& zeros =
      fixture.ReadText({{"RYBH", "1"}, {"SFZH", "000000000000000000"}});
  EXPECT_THAT(Findings(zeros), ElementsAre("SFZH PLACEHOLDER"));
  EXPECT_EQ(Written(zeros).claims().identifiers(0).number(),
            "000000000000000000");
  const ReadRow& nobody =
      fixture.ReadText({{"RYBH", "1"}, {"LXFS_SJ", "无"}, {"XM", "张三"}});
  EXPECT_THAT(Findings(nobody), ElementsAre("LXFS_SJ PLACEHOLDER"));
  EXPECT_FALSE(Written(nobody).claims().has_contact());
}

TEST(RowReader, ConstantsAloneClaimNothing) {
  Fixture fixture(PublicSecurity());
  const ReadRow& row = fixture.ReadText({{"RYBH", "1"}, {"XM", "张三"}});
  EXPECT_THAT(Written(row).claims().identifiers(), IsEmpty());
}

TEST(RowReader, TellsTheKindOfDocumentByTheNumber) {
  Fixture fixture(PublicSecurity());
  const ReadRow& row =
      fixture.ReadText({{"RYBH", "1"}, {"SFZH", "830000199201300022"}});
  EXPECT_EQ(Written(row).claims().identifiers(0).kind(),
            v1::Identifier::KIND_HMT_RESIDENCE_PERMIT);
}

TEST(RowReader, KeepsTheBytesOfARareSpelling) {
  Fixture fixture(PublicSecurity());
  const ReadRow& row =
      fixture.Read({{"RYBH", "1"}, {"XM", "\xD5\xC5\xFE\x51"}});
  const v1::Update update = Written(row);
  EXPECT_EQ(update.claims().name().full(), "张\U00020087");
  ASSERT_EQ(update.details_size(), 1);
  EXPECT_EQ(update.details(0).given(0).bytes(), "\xD5\xC5\xFE\x51");
  EXPECT_EQ(update.details(0).given(0).charset(), "gb18030");
}

TEST(RowReader, RefusesRows) {
  Fixture fixture(PublicSecurity());
  const struct {
    std::map<std::string, std::string> columns;
    Defect want;
  } cases[] = {
      {{{"RYBH", "1"}, {"XM", "\xD5"}}, {"ROW_CHARSET", "XM"}},
      {{{"XM", "a"}}, {"RECORD_KEY_INVALID", "RYBH"}},
      {{{"RYBH", std::string(129, '1')}}, {"RECORD_KEY_INVALID", "RYBH"}},
      {{{"RYBH", "a\tb"}}, {"RECORD_KEY_INVALID", "RYBH"}},
      {{{"RYBH", "041202199003070411"}}, {"RECORD_KEY_PERSONAL", "RYBH"}},
      {{{"RYBH", "1"}, {"CSRQ", "2012-03-02"}}, {"MINOR_WITHOUT_GUARDIAN", ""}},
  };
  for (const auto& [columns, want] : cases) {
    SCOPED_TRACE(want.reason);
    const ReadRow& row = fixture.Read(columns);
    ASSERT_TRUE(row.defect);
    EXPECT_EQ(*row.defect, want);
  }
  EXPECT_FALSE(fixture.Read({{"RYBH", "1"}, {"CSRQ", "2012-03-01"}}).defect);
}

TEST(RowReader, IsNotMisledByTheRowBefore) {
  Fixture fixture(PublicSecurity());
  fixture.ReadText({{"RYBH", "1"},
                    {"XM", "张三"},
                    {"CSRQ", "2015-03-01"},
                    {"ZHXGSJ", "2025-02-01"}});
  const ReadRow& row = fixture.ReadText({{"RYBH", "2"}, {"XM", "李四"}});
  EXPECT_FALSE(row.defect);
  const v1::Update update = Written(row);
  EXPECT_EQ(update.record_key(), "2");
  EXPECT_EQ(update.claims().name().full(), "李四");
  EXPECT_FALSE(update.claims().has_birth_date());
  EXPECT_FALSE(update.has_times());
}

TEST(WriteUpdate, ClaimsAndTakesBackOnlyWhatIsAskedFor) {
  Fixture fixture(PublicSecurity());
  const ReadRow& row = fixture.ReadText({{"RYBH", "1"}, {"XM", "张三"}});
  const v1::Update update =
      Written(row, AttributeBit(v1::Person::kSexFieldNumber));
  EXPECT_FALSE(update.claims().has_name());
  EXPECT_THAT(update.mask().paths(), ElementsAre("sex"));
}

// A time of entry to come would make every later row look older.
TEST(RowReader, TakesNoTimeOfEntryThatLiesAhead) {
  Fixture fixture(PublicSecurity());
  EXPECT_TRUE(fixture
                  .ReadText({{"RYBH", "1"},
                             {"XM", "张三"},
                             {"ZHXGSJ", "2026-03-02 23:59:59"}})
                  .recorded_time);
  const ReadRow& row = fixture.ReadText(
      {{"RYBH", "1"}, {"XM", "张三"}, {"ZHXGSJ", "2062-03-01 08:00:00"}});
  EXPECT_FALSE(row.recorded_time);
  EXPECT_THAT(Findings(row), ElementsAre("ZHXGSJ TIME_INVALID"));
}

TEST(RowReader, TakesNoValueThatWasMisread) {
  Fixture fixture(PublicSecurity());
  const ReadRow& row = fixture.ReadText(
      {{"RYBH", "1"}, {"XM", "ÕÅÈý"}, {"XJZDZZ", "锟斤拷路7号"}, {"XB", "1"}});
  EXPECT_FALSE(row.defect);
  EXPECT_THAT(Findings(row),
              ElementsAre("XM VALUE_UNREADABLE", "XJZDZZ VALUE_UNREADABLE"));
  const v1::Update update = Written(row);
  EXPECT_FALSE(update.claims().has_name());
  EXPECT_FALSE(update.claims().has_residence());
  EXPECT_TRUE(update.claims().has_sex());
}

}  // namespace
}  // namespace waystation::adapters
