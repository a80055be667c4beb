// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/citizen_number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "tests/unit/proto/codes/csv.h"

namespace waystation::codes {
namespace {

constexpr Date kToday(std::chrono::year(2024), std::chrono::month(6),
                      std::chrono::day(1));

CitizenNumberProfile ProfileOf(const Case& entry) {
  return entry.at("profile") == "demo" ? CitizenNumberProfile::kDemo
                                       : CitizenNumberProfile::kReal;
}

TEST(CitizenNumber, ReadsAndGrades) {
  for (const Case& entry : Cases("citizen_number.csv")) {
    SCOPED_TRACE(entry.at("description"));
    const CitizenNumber read =
        ReadCitizenNumber(entry.at("given"), kToday, ProfileOf(entry));
    EXPECT_EQ(read.number, entry.at("number"));
    EXPECT_EQ(GradeName(read.grade), entry.at("grade"));
  }
}

TEST(CitizenNumber, CrossChecks) {
  for (const Case& entry : Cases("citizen_number_cross.csv")) {
    SCOPED_TRACE(entry.at("description"));
    const CitizenNumber read = ReadCitizenNumber(entry.at("given"), kToday,
                                                 CitizenNumberProfile::kDemo);
    const Sex sex = ParseSex(entry.at("sex")).sex.value_or(Sex::kUnknown);
    const ReadDate birth = ParseDate(entry.at("birth_date"), kToday);
    EXPECT_EQ(GradeName(CrossCheck(read, sex, birth.date)), entry.at("grade"));
  }
}

TEST(CitizenNumber, TellsBirthSexAndKind) {
  const CitizenNumber man = ReadCitizenNumber("04120219910307041X", kToday,
                                              CitizenNumberProfile::kDemo);
  EXPECT_EQ(man.division(), "041202");
  EXPECT_EQ(man.birth_date, (PartialDate{.year = 1991, .month = 3, .day = 7}));
  EXPECT_EQ(man.sex, Sex::kMale);
  EXPECT_EQ(man.kind, CitizenNumberKind::kDemo);

  const CitizenNumber permit = ReadCitizenNumber("810000199408230021", kToday);
  EXPECT_EQ(permit.kind, CitizenNumberKind::kResidentPermit);
  EXPECT_EQ(permit.sex, Sex::kFemale);
  EXPECT_EQ(ReadCitizenNumber("34052419800101001X", kToday).kind,
            CitizenNumberKind::kMainland);
  EXPECT_EQ(ReadCitizenNumber("931156189103070410", kToday).kind,
            CitizenNumberKind::kForeigner);

  const CitizenNumber none = ReadCitizenNumber("王小明", kToday);
  EXPECT_EQ(none.division(), "");
  EXPECT_EQ(none.birth_date, std::nullopt);
  EXPECT_EQ(none.sex, Sex::kUnknown);
}

TEST(CitizenNumber, RefusesWhatIsNoText) {
  for (const std::string_view given :
       {std::string_view("34120218910307041\xff"),
        std::string_view("341202\0918910307041", 17),
        std::string_view("341202\x01"
                         "18910307041"),
        std::string_view("\xed\xa0\x80"
                         "341202")}) {
    EXPECT_EQ(ReadCitizenNumber(given, kToday).grade, Grade::kUnreadable);
  }
}

TEST(CitizenNumber, IsFoundWithinText) {
  for (const char* text :
       {"11010519491231002X", "card 11010519491231002x was seen",
        "no=034105199003070424;", "人11010519491231002X件"}) {
    EXPECT_TRUE(HoldsCitizenNumber(text, kToday)) << text;
  }
  for (const char* text :
       {"", "card of 1990-03-07", "110105194912310021", "111010519491231002X",
        "0341051990030704242", "c-xec67qasct3kbsqrhvtdw5n4em"}) {
    EXPECT_FALSE(HoldsCitizenNumber(text, kToday)) << text;
  }
}

TEST(CitizenNumber, IsMasked) {
  EXPECT_EQ(MaskCitizenNumber("32050519900307041X"), "3205**********041X");
  EXPECT_EQ(MaskCitizenNumber("320505900307041"), "3205*******7041");
  EXPECT_EQ(MaskCitizenNumber("G12345678"), "*********");
  EXPECT_EQ(MaskCitizenNumber(""), "");
}

TEST(CitizenNumber, DemoDivisionsBeginWithZero) {
  EXPECT_EQ(DemoDivision("341202"), "041202");
  EXPECT_EQ(DemoDivision("341202010"), "041202010");
}

TEST(CitizenNumber, UpgradesFifteenDigitsOnly) {
  EXPECT_EQ(UpgradeCitizenNumber("610104620927690"), "610104196209276908");
  EXPECT_EQ(UpgradeCitizenNumber("320102000101997"), "320102180001019971");
  EXPECT_EQ(UpgradeCitizenNumber("34052419800101001X"), "34052419800101001X");
  for (const std::string_view other :
       {"", "61010462092769", "6101046209276900", "CHN310080010112",
        "3405241980010100XX"}) {
    EXPECT_EQ(UpgradeCitizenNumber(other), std::nullopt) << other;
  }
}

// 17 digits with their check character.
rc::Gen<std::string> AnyNumber() {
  return rc::gen::map(
      rc::gen::container<std::string>(17, rc::gen::inRange('0', ':')),
      [](std::string digits) {
        digits.push_back(CitizenNumberCheckCharacter(digits));
        return digits;
      });
}

bool Checks(const std::string& number) {
  return CitizenNumberCheckCharacter(number) == number[17];
}

RC_GTEST_PROP(CitizenNumber, FindsEverySingleDigitError, ()) {
  const std::string number = *AnyNumber();
  const auto at = *rc::gen::inRange<std::size_t>(0, 17);
  const char digit =
      *rc::gen::distinctFrom(rc::gen::inRange('0', ':'), number[at]);
  std::string wrong = number;
  wrong[at] = digit;
  RC_ASSERT(!Checks(wrong));
}

RC_GTEST_PROP(CitizenNumber, FindsEveryAdjacentTransposition, ()) {
  const std::string number = *AnyNumber();
  const auto at = *rc::gen::inRange<std::size_t>(0, 16);
  RC_PRE(number[at] != number[at + 1]);
  std::string wrong = number;
  std::swap(wrong[at], wrong[at + 1]);
  RC_ASSERT(!Checks(wrong));
}

RC_GTEST_PROP(CitizenNumber, FindsTheLastDigitAndTheCheckExchanged, ()) {
  const std::string number = *AnyNumber();
  RC_PRE(number[16] != number[17] && number[17] != 'X');
  std::string wrong = number;
  std::swap(wrong[16], wrong[17]);
  RC_ASSERT(!Checks(wrong));
}

RC_GTEST_PROP(CitizenNumber, UpgradeIsIdempotent, ()) {
  const auto digits =
      *rc::gen::container<std::string>(15, rc::gen::inRange('0', ':'));
  const auto once = UpgradeCitizenNumber(digits);
  RC_ASSERT(once.has_value());
  RC_ASSERT(once->size() == 18u);
  RC_ASSERT(Checks(*once));
  RC_ASSERT(UpgradeCitizenNumber(*once) == once);
}

RC_GTEST_PROP(CitizenNumber, NormalisingIsIdempotent, ()) {
  const auto given = *rc::gen::oneOf(
      rc::gen::arbitrary<std::string>(),
      rc::gen::container<std::string>(
          rc::gen::elementOf(std::string("0123456789xX*- '.E+/"))),
      AnyNumber(),
      rc::gen::container<std::string>(15, rc::gen::inRange('0', ':')));
  const CitizenNumber once = ReadCitizenNumber(given, kToday);
  RC_ASSERT(ReadCitizenNumber(once.number, kToday).number == once.number);
}

RC_GTEST_PROP(CitizenNumber, NeverShowsTheBirthDateMasked, ()) {
  const std::string number = *AnyNumber();
  const std::string masked = MaskCitizenNumber(number);
  RC_ASSERT(masked.size() == number.size());
  RC_ASSERT(masked.substr(4, 10) == "**********");
}

}  // namespace
}  // namespace waystation::codes
