// SPDX-License-Identifier: Apache-2.0
// The parts that population_test.py cannot see from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/translit.h>
#include <unicode/unistr.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/population/data.h"
#include "tests/population/encoding.h"
#include "tests/population/fhir.h"
#include "tests/population/numbers.h"
#include "tests/population/random.h"
#include "tests/population/record.h"
#include "tests/population/spelling.h"
#include "tests/population/truth.h"

namespace waystation::population {
namespace {

using std::chrono::year;

Data TheData() {
  auto data = LoadData(WAYSTATION_SOURCE_DIR "/tests/population/data",
                       WAYSTATION_SOURCE_DIR "/proto/codes/data/divisions.tsv");
  EXPECT_TRUE(data.ok()) << data.status();
  return data.ok() ? *std::move(data) : Data();
}

TEST(Random, IsSplitmix64) {  // the published sequence for seed 0
  Random random(0);
  EXPECT_EQ(random.Next(), 0xE220A8397B1DCDAF);
  EXPECT_EQ(random.Next(), 0x6E789E6AA1B965F4);
  EXPECT_EQ(random.Next(), 0x06C45D188009454F);
}

TEST(Random, StreamsDiffer) {
  std::set<std::uint64_t> first;
  for (std::uint64_t person = 0; person < 100; ++person) {
    for (const Purpose purpose : {Purpose::kName, Purpose::kLife}) {
      for (std::uint64_t part = 0; part < 3; ++part) {
        first.insert(Stream(1, person, purpose, part).Next());
      }
    }
  }
  EXPECT_EQ(first.size(), 600u);
}

TEST(Permute, IsABijection) {
  for (const std::uint64_t size : {1u, 2u, 5u, 1000u, 4097u}) {
    std::set<std::uint64_t> image;
    for (std::uint64_t i = 0; i < size; ++i) {
      image.insert(Permute(7, size, i));
    }
    EXPECT_EQ(image.size(), size);
    EXPECT_LT(*image.rbegin(), size);
  }
}

TEST(Numbers, PublishedCheckCharacters) {  // GB 11643-1999
  EXPECT_EQ(CitizenCheck("11010519491231002"), 'X');
  EXPECT_EQ(CitizenCheck("44052418800101001"), '4');
  EXPECT_EQ(CitizenNumber("341202", year(1988) / 3 / 16, 992).substr(0, 17),
            "04120219880316992");
  EXPECT_EQ(FifteenDigits("041202198803169925"), "041202880316992");
}

// D3.12: a published number, and one that is nobody's. GB 32100-2015 has its
// check character in population_test.py.
TEST(Numbers, RegistrationNumbers) {  // GS 15-2006
  EXPECT_EQ(RegistrationCheck("11010800000001"), '6');
  EXPECT_EQ(RegistrationCheck("32050061200000"), '0');
  EXPECT_EQ(EnterpriseNumber("320506", 118).substr(0, 14), "02050600000118");
  EXPECT_EQ(ProprietorNumber("320506", 118).substr(0, 14), "02050660000118");
  EXPECT_TRUE(EnterpriseCode("320506", 118).starts_with("91020506MA000118"));
  EXPECT_TRUE(ProprietorCode("320506", 118).starts_with("92020506L0000118"));
  EXPECT_TRUE(
      ProprietorCode("320506", 12'345'678).starts_with("92020506N2345678"));
}

TEST(Json, EscapesWhatItMust) {
  EXPECT_EQ(JsonString("a\"b\\c\n", false), "\"a\\\"b\\\\c\\u000a\"");
  EXPECT_EQ(JsonString("李𬭎", false), "\"李𬭎\"");
  EXPECT_EQ(JsonString("李𬭎", true), "\"\\u674e\\ud872\\udf4e\"");
}

TEST(Spelling, WritesDates) {
  const Date date = year(1980) / 2 / 9;
  EXPECT_EQ(Compact(date), "19800209");
  EXPECT_EQ(Dashed(date), "1980-02-09");
  EXPECT_EQ(Slashed(date), "1980/2/9");
  EXPECT_EQ(Dotted(date), "1980.2.9");
  EXPECT_EQ(Chinese(date), "1980年2月9日");
  EXPECT_EQ(Literary(date), "一九八〇年二月九日");
  EXPECT_EQ(Literary(year(2006) / 12 / 31), "二〇〇六年十二月三十一日");
  EXPECT_EQ(Literary(year(1999) / 10 / 20), "一九九九年十月二十日");
  EXPECT_EQ(DashedTime(std::chrono::sys_days(date) + std::chrono::hours(9) +
                       std::chrono::seconds(61)),
            "1980-02-09 09:01:01");
  EXPECT_EQ(ZonedTime(std::chrono::sys_days(date) + std::chrono::hours(9)),
            "1980-02-09T09:00:00+08:00");
  EXPECT_EQ(FullWidth("04X"), "０４Ｘ");
}

// New year's days of the traditional calendar are well known.
TEST(Spelling, KnowsTheTraditionalCalendar) {
  EXPECT_EQ(LunarDay(year(1980) / 2 / 16), Date(year(1980) / 1 / 1));
  EXPECT_EQ(LunarDay(year(1980) / 3 / 25), Date(year(1980) / 2 / 9));
  EXPECT_EQ(LunarDay(year(2000) / 2 / 5), Date(year(2000) / 1 / 1));
  EXPECT_EQ(LunarDay(year(2000) / 2 / 4), Date(year(1999) / 12 / 29));
  EXPECT_EQ(LunarDay(year(1988) / 2 / 17), Date(year(1988) / 1 / 1));
}

// What a record says, in a table: whose it is, which date, whether another
// name.
struct Said {
  const char* sector;
  const char* birth;
  bool name_differs = false;
  bool name_cut = false;
  bool strong = true;
};
constexpr const char* kPolice = "public_security";

Expectation ExpectOf(const std::vector<Said>& all) {
  static const Person kPerson = [] {
    Person person;
    person.id = "P";
    return person;
  }();
  std::vector<Agency> agencies;
  agencies.reserve(all.size());
  std::vector<Record> records;
  for (const Said& said : all) {
    agencies.push_back(
        {.id = std::string(said.sector) + ".0", .sector = said.sector});
    Record& record = records.emplace_back();
    record.person = &kPerson;
    record.agency = &agencies.back();
    record.strong = said.strong;
    record.birth_stated = said.birth;
    record.name_differs = said.name_differs;
    record.name_cut = said.name_cut;
  }
  return Expect(records);
}

TEST(Truth, BirthConflicts) {
  const struct {
    const char* name;
    std::vector<Said> said;
    bool conflict;
  } cases[] = {
      {"two days of police",
       {{kPolice, "1986-02-04"}, {kPolice, "1986-02-05"}},
       true},
      {"one", {{kPolice, "1986-02-04"}, {kPolice, "1986-02-04"}}, false},
      {"police outrank",
       {{kPolice, "1986-02-04"}, {"labor", "1986-02-05"}},
       false},
      {"police outrank even who saw the card",
       {{kPolice, "1986-02-04"}, {"commerce", "1986-02-05"}},
       false},
      {"nobody outranks",
       {{"labor", "1986-02-04"}, {"labor", "1986-02-05"}},
       true},
      {"who saw the card before the employer's word",
       {{"labor", "1986-02-04"}, {"health", "1986-02-05"}},
       false},
      {"two who saw the card",
       {{"health", "1986-02-04"}, {"commerce", "1986-02-05"}},
       true},
      {"nothing stated", {{kPolice, ""}, {kPolice, "1986-02-04"}}, false},
      {"a year is refined",
       {{kPolice, "1986"}, {kPolice, "1986-02-04"}},
       false},
      {"a month is refined, and refines",
       {{kPolice, "1986"}, {"health", "1986-02"}, {"labor", "1986-02-04"}},
       false},
      {"another month is not",
       {{"health", "1986-03"}, {"health", "1986-02-04"}},
       true},
      {"another year is not",
       {{kPolice, "1986"}, {kPolice, "1985-12-26"}},
       true},
      {"a year behind labor's day",
       {{kPolice, "1986"}, {kPolice, "1985-12-26"}, {"labor", "1986-02-04"}},
       true},
      {"a year behind both of labor's days",
       {{kPolice, "1986"}, {"labor", "1986-02-05"}, {"labor", "1986-02-04"}},
       true},
  };
  for (const auto& [name, said, conflict] : cases) {
    EXPECT_EQ(ExpectOf(said).persons[0].birth_conflict[0], conflict) << name;
  }
}

TEST(Truth, NameConflicts) {
  const struct {
    const char* name;
    std::vector<Said> said;
    bool conflict;
  } cases[] = {
      {"two of police", {{kPolice, ""}, {kPolice, "", true}}, true},
      {"labor tips",
       {{kPolice, ""}, {kPolice, "", true}, {"labor", ""}},
       false},
      {"police outrank", {{kPolice, ""}, {"labor", "", true}}, false},
      {"nobody outranks", {{"labor", ""}, {"labor", "", true}}, true},
      {"commerce outranks", {{"labor", ""}, {"commerce", "", true}}, false},
      {"all say so", {{kPolice, "", true}, {"labor", "", true}}, false},
  };
  for (const auto& [name, said, conflict] : cases) {
    EXPECT_EQ(ExpectOf(said).persons[0].name_conflict[0], conflict) << name;
  }
}

TEST(Truth, CutNamesStandApart) {
  const Expectation expected =
      ExpectOf({{kPolice, "1986-02-04"},
                {"commerce", "1986-02-05", false, true},
                {"commerce", "1986-02-06", false, true}});
  EXPECT_THAT(expected.person_of, testing::ElementsAre(0, 1, 1));
  EXPECT_EQ(expected.PersonOf(2).id, "P/cut");
  EXPECT_TRUE(expected.persons[0].known[0]);
  EXPECT_FALSE(expected.persons[0].birth_conflict[0]);
  EXPECT_TRUE(expected.persons[1].birth_conflict[0]);
}

// What has no number counts once it is found to be hers.
TEST(Truth, TheWholeCountsWhatNumbersLeaveAlone) {
  const Expectation expected =
      ExpectOf({{kPolice, "1986-02-04"},
                {kPolice, "1986-02-05", false, false, false},
                {"commerce", "1986-02-06", false, true}});
  EXPECT_THAT(expected.person_of, testing::ElementsAre(0, 2, 1));
  EXPECT_FALSE(expected.persons[0].birth_conflict[0]);
  EXPECT_TRUE(expected.whole.known[0]);
  EXPECT_TRUE(expected.whole.birth_conflict[0]);
  EXPECT_FALSE(expected.whole.name_conflict[0]);
}

TEST(Encoder, KnowsWhatACharsetLacks) {
  const Encoder gbk(Charset::kGbk);
  const Encoder gb18030(Charset::kGb18030);
  for (const std::string character : {"张", "張", "·", "□", "〓"}) {
    EXPECT_TRUE(gbk.Has(character)) << character;
  }
  for (const std::string character : {"䶮", "㛃", "𬭎", "▀", "•"}) {
    EXPECT_FALSE(gbk.Has(character)) << character;
    EXPECT_TRUE(gb18030.Has(character)) << character;
  }
  EXPECT_EQ(gb18030.Encode("䶮㛃𬭎"),
            "\xFE\x9F\x82\x30\xB7\x31\x99\x33\xA9\x32");
  EXPECT_EQ(gbk.Encode("李䶮"), "\xC0\xEE?");
}

TEST(Data, PlacesHaveTheirCounties) {
  const Data data = TheData();
  ASSERT_EQ(data.places.size(), 9u);
  for (const Place& place : data.places) {
    EXPECT_GE(place.counties.size(), 5u) << place.division;
  }
  const Place& suzhou = data.places[3];
  ASSERT_EQ(suzhou.division, "320500");
  EXPECT_FALSE(suzhou.origin);
  EXPECT_EQ(suzhou.name, "苏州市");
  for (const County& county : suzhou.counties) {
    if (county.code != "320509") continue;
    EXPECT_EQ(county.path, "江苏省苏州市吴江区");
    EXPECT_THAT(county.dead_codes, testing::Contains("320584"));
  }
}

// A homophone must be one for everybody: the lists' readings are ICU's.
TEST(Data, ReadingsAreThoseOfIcu) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::Transliterator> latin(
      icu::Transliterator::createInstance("Han-Latin; Latin-ASCII",
                                          UTRANS_FORWARD, error));
  ASSERT_TRUE(U_SUCCESS(error));
  const Data data = TheData();
  for (const auto* list :
       {&data.given_men, &data.given_women, &data.given_first}) {
    for (const std::string& character : *list) {
      icu::UnicodeString text = icu::UnicodeString::fromUTF8(character);
      latin->transliterate(text);
      std::string reading;
      text.toUTF8String(reading);
      EXPECT_EQ(reading, data.readings.at(character)) << character;
    }
  }
}

TEST(Data, SaysWhatIsWrongWithATable) {
  EXPECT_TRUE(absl::IsNotFound(LoadData("nowhere", "nothing").status()));
}

}  // namespace
}  // namespace waystation::population
