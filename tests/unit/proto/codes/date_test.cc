// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/date.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "tests/unit/proto/codes/csv.h"

namespace waystation::codes {
namespace {

constexpr Date kToday(std::chrono::year(2024), std::chrono::month(6),
                      std::chrono::day(1));

PartialDate Day(int year, int month, int day) {
  return {.year = static_cast<std::int16_t>(year),
          .month = static_cast<std::uint8_t>(month),
          .day = static_cast<std::uint8_t>(day)};
}

PartialDate Lunar(int year, int month, int day, bool leap = false) {
  PartialDate date = Day(year, month, day);
  date.lunar = true;
  date.leap_month = leap;
  return date;
}

TEST(Date, ReadsEveryShape) {
  for (const Case& entry : Cases("date.csv")) {
    SCOPED_TRACE(entry.at("description") + ": " + entry.at("given"));
    const ReadDate read = ParseDate(entry.at("given"), kToday);
    EXPECT_EQ(read.date ? FormatDate(*read.date) : "", entry.at("date"));
    EXPECT_EQ(GradeName(read.grade), entry.at("grade"));
  }
}

TEST(Date, ConvertsLunarDays) {
  for (const Case& entry : Cases("lunar.csv")) {
    SCOPED_TRACE(entry.at("lunar"));
    const ReadDate read = ParseDate(
        entry.at("lunar"), Date(std::chrono::year(2200), std::chrono::month(1),
                                std::chrono::day(1)));
    ASSERT_TRUE(read.date);
    const auto solar = ToSolar(*read.date);
    EXPECT_EQ(solar ? FormatDate(PartialDate::Of(*solar)) : "",
              entry.at("solar"));
  }
}

TEST(Date, LunarYearsJoinWithoutGap) {
  for (int year = 1900; year < 2100; ++year) {
    const auto new_year = ToSolar(Lunar(year + 1, 1, 1));
    ASSERT_TRUE(new_year) << year;
    auto last = ToSolar(Lunar(year, 12, 30));
    if (!last) last = ToSolar(Lunar(year, 12, 29));
    ASSERT_TRUE(last) << year;
    EXPECT_EQ(std::chrono::sys_days(*last) + std::chrono::days(1),
              std::chrono::sys_days(*new_year))
        << year;
  }
}

TEST(Date, RefusesWhatIsNoText) {
  EXPECT_EQ(ParseDate("1980-02-\xff", kToday).grade, Grade::kUnreadable);
  EXPECT_EQ(ParseDate(std::string_view("1980\0001-01", 9), kToday).grade,
            Grade::kUnreadable);
}

TEST(Date, RefinesByPrecisionWithinOneCalendar) {
  EXPECT_TRUE(Refines(Day(1980, 2, 9), Day(1980, 2, 9)));
  EXPECT_TRUE(Refines(Day(1980, 2, 9), Day(1980, 2, 0)));
  EXPECT_TRUE(Refines(Day(1980, 2, 9), Day(1980, 0, 0)));
  EXPECT_TRUE(Refines(Day(1980, 2, 0), Day(1980, 0, 0)));
  EXPECT_FALSE(Refines(Day(1980, 0, 0), Day(1980, 2, 0)));
  EXPECT_FALSE(Refines(Day(1980, 2, 9), Day(1980, 3, 0)));
  EXPECT_FALSE(Refines(Day(1981, 2, 9), Day(1980, 0, 0)));
  EXPECT_FALSE(Refines(Lunar(1980, 2, 9), Day(1980, 2, 0)));
  EXPECT_FALSE(Refines(Lunar(1990, 5, 1, true), Lunar(1990, 5, 0)));
  EXPECT_TRUE(Refines(Lunar(1990, 5, 1, true), Lunar(1990, 0, 0)));
}

TEST(Date, Compares) {
  const struct {
    std::string_view name;
    std::optional<PartialDate> a;
    std::optional<PartialDate> b;
    DateAgreement want;
  } cases[] = {
      {"same day", Day(1980, 3, 25), Day(1980, 3, 25), DateAgreement::kExact},
      {"year only", Day(1980, 3, 25), Day(1980, 0, 0),
       DateAgreement::kCompatible},
      {"two equal years", Day(1980, 0, 0), Day(1980, 0, 0),
       DateAgreement::kCompatible},
      {"other year", Day(1980, 3, 25), Day(1981, 0, 0),
       DateAgreement::kContradicts},
      {"day and month exchanged", Day(1980, 3, 12), Day(1980, 12, 3),
       DateAgreement::kSwapped},
      {"lunar, marked", Day(1980, 3, 25), Lunar(1980, 2, 9),
       DateAgreement::kLunar},
      {"lunar, entered as solar", Day(1980, 3, 25), Day(1980, 2, 9),
       DateAgreement::kLunar},
      {"lunar mark lost", Lunar(1980, 2, 9), Day(1980, 2, 9),
       DateAgreement::kLunar},
      {"leap month, entered as solar", Day(1990, 6, 23), Day(1990, 5, 1),
       DateAgreement::kLunar},
      {"same lunar day", Lunar(1980, 2, 9), Lunar(1980, 2, 9),
       DateAgreement::kExact},
      {"lunar new year falls into the next year", Day(1981, 1, 28),
       Lunar(1980, 12, 23), DateAgreement::kLunar},
      {"lunar year beside a solar day", Day(1981, 1, 28), Lunar(1980, 0, 0),
       DateAgreement::kCompatible},
      {"other day", Day(1980, 3, 25), Day(1980, 3, 26),
       DateAgreement::kContradicts},
      {"missing", Day(1980, 3, 25), std::nullopt, DateAgreement::kMissing},
      {"both missing", std::nullopt, std::nullopt, DateAgreement::kMissing},
  };
  for (const auto& [name, a, b, want] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(CompareDates(a, b), want);
    EXPECT_EQ(CompareDates(b, a), want);
  }
}

TEST(Date, OnlyWholeDaysArePositiveEvidence) {
  EXPECT_TRUE(Agrees(DateAgreement::kExact));
  EXPECT_TRUE(Agrees(DateAgreement::kLunar));
  EXPECT_TRUE(Agrees(DateAgreement::kSwapped));
  EXPECT_FALSE(Agrees(DateAgreement::kCompatible));
  EXPECT_FALSE(Agrees(DateAgreement::kContradicts));
  EXPECT_FALSE(Agrees(DateAgreement::kMissing));
}

rc::Gen<PartialDate> AnyDate() {
  return rc::gen::suchThat(
      rc::gen::map(
          rc::gen::tuple(rc::gen::inRange(1978, 1983), rc::gen::inRange(0, 13),
                         rc::gen::inRange(0, 32), rc::gen::arbitrary<bool>()),
          [](const std::tuple<int, int, int, bool>& parts) {
            auto [year, month, day, lunar] = parts;
            PartialDate date = Day(year, month, month == 0 ? 0 : day);
            date.lunar = lunar;
            return date;
          }),
      IsPossible);
}

RC_GTEST_PROP(Date, IsReadBackFromItsText, ()) {
  const PartialDate date = *AnyDate();
  RC_ASSERT(ParseDate(FormatDate(date), kToday).date == date);
}

RC_GTEST_PROP(Date, RefinementIsAPartialOrder, ()) {
  const PartialDate a = *AnyDate();
  const PartialDate b = *AnyDate();
  const PartialDate c = *AnyDate();
  RC_ASSERT(Refines(a, a));
  if (Refines(a, b) && Refines(b, a)) RC_ASSERT(a == b);
  if (Refines(a, b) && Refines(b, c)) RC_ASSERT(Refines(a, c));
}

RC_GTEST_PROP(Date, ComparisonIsSymmetric, ()) {
  const PartialDate a = *AnyDate();
  const PartialDate b = *AnyDate();
  RC_ASSERT(CompareDates(a, b) == CompareDates(b, a));
}

RC_GTEST_PROP(Date, ReadsAnythingWithoutHarm, ()) {
  const auto given =
      *rc::gen::oneOf(rc::gen::arbitrary<std::string>(),
                      rc::gen::container<std::string>(
                          rc::gen::elementOf(std::string("0123456789-/. :T"))));
  const ReadDate read = ParseDate(given, kToday);
  if (read.date) RC_ASSERT(IsPossible(*read.date));
}

}  // namespace
}  // namespace waystation::codes
