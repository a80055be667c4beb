// SPDX-License-Identifier: Apache-2.0
#include "server/domain/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <set>

#include "waystation/store/v1/stored.pb.h"

namespace waystation::domain {
namespace {

namespace store = ::waystation::store::v1;

v1::Person& Claimed(store::StoredRecord& record, AttributeNumber attribute,
                    v1::Grade grade = v1::GRADE_OK) {
  store::StoredClaim& claim = *record.add_claims();
  claim.set_attribute(static_cast<uint32_t>(attribute));
  claim.set_grade(grade);
  return *claim.mutable_value();
}

// What a table says of one record; empty is missing.
struct Row {
  std::string number = {};
  std::string name = {};
  std::string birth = {};  // YYYYMMDD, YYYY, or with an L before it: lunar
  std::string sex = {};    // m, f
  std::string phone = {};
  std::string household = {};
  std::string address = {};
  bool sound = true;  // the number's check character is right
};

MatchVector VectorOf(const Row& row) {
  store::StoredRecord record;
  // In the order of the attributes' numbers, as records hold them.
  if (!row.number.empty()) {
    v1::Person& person = Claimed(record, kIdentifiers);
    v1::Identifier& identifier = *person.add_identifiers();
    identifier.set_kind(v1::Identifier::KIND_CITIZEN_NUMBER);
    identifier.set_number(row.number);
    record.mutable_claims(0)->add_entry_grades(
        row.sound ? v1::GRADE_OK : v1::GRADE_CHECKSUM_FAIL);
  }
  if (!row.name.empty()) {
    Claimed(record, kName).mutable_name()->set_full(row.name);
  }
  if (!row.sex.empty()) {
    Claimed(record, kSex)
        .mutable_sex()
        ->set_value(row.sex == "m" ? v1::SEX_MALE : v1::SEX_FEMALE);
  }
  if (!row.birth.empty()) {
    const bool lunar = row.birth.front() == 'L';
    const std::string digits = row.birth.substr(lunar ? 1 : 0);
    v1::Date& date =
        *Claimed(record, kBirthDate).mutable_birth_date()->mutable_date();
    date.set_year(std::stoi(digits.substr(0, 4)));
    if (digits.size() == 8) {
      date.set_month(std::stoi(digits.substr(4, 2)));
      date.set_day(std::stoi(digits.substr(6, 2)));
    }
    if (lunar) date.set_calendar(v1::Date::CALENDAR_LUNAR);
  }
  if (!row.household.empty()) {
    Claimed(record, kHouseholdRegistration)
        .mutable_household_registration()
        ->set_division(row.household);
  }
  if (!row.address.empty()) {
    Claimed(record, kResidence).mutable_residence()->set_address(row.address);
  }
  if (!row.phone.empty()) {
    Claimed(record, kContact).mutable_contact()->add_phones(row.phone);
  }
  return MatchVectorOf(record);
}

std::string LevelOf(Field field, const Row& a, const Row& b) {
  const auto i = static_cast<size_t>(field);
  const Level level = Compare(VectorOf(a), VectorOf(b))[i];
  EXPECT_EQ(Compare(VectorOf(b), VectorOf(a))[i], level);
  return std::string(NameOf(level));
}

TEST(Score, TableOfLevelsIsWhole) {
  std::set<std::pair<std::string_view, std::string_view>> names;
  double m[kFields] = {};
  double u[kFields] = {};
  for (size_t i = 0; i < kLevels; ++i) {
    const LevelInfo& info = Levels()[i];
    EXPECT_TRUE(names.emplace(NameOf(info.field), info.name).second);
    EXPECT_EQ(FindLevel(NameOf(info.field), info.name), static_cast<Level>(i));
    EXPECT_GT(info.m, 0);
    EXPECT_GT(info.u, 0);
    m[static_cast<size_t>(info.field)] += info.m;
    u[static_cast<size_t>(info.field)] += info.u;
  }
  // They are shares of the same pairs.
  for (size_t i = 0; i < kFields; ++i) {
    EXPECT_LE(m[i], 1 + 1e-9) << i;
    EXPECT_LE(u[i], 1 + 1e-9) << i;
  }
  EXPECT_EQ(FindLevel("name", "same"), std::nullopt);
  EXPECT_EQ(NameOf(Level::kMissing), "missing");
}

TEST(Score, ComparesNames) {
  const struct {
    std::string a, b, level;
  } kTable[] = {
      {"曾国藩", "曾国藩", "exact"},
      {"曾国藩", "曾國藩", "variant"},
      {"▀国藩", "曾国藩", "variant"},
      {"曾国藩", "Zeng Guofan", "same_sound"},
      {"张伟", "章伟", "same_sound"},
      {"曾国藩", "曾国凡", "same_sound"},
      {"曾国藩", "曾藩", "one_edit"},
      {"王明", "黄明", "one_edit"},
      {"王建国", "黄建国", "one_edit"},
      {"王晓林", "王晓宁", "one_edit"},  // in/ing, n/l
      {"王建未", "王建末", "one_edit"},
      {"王建国", "王国建", "one_edit"},
      {"王建国", "王建军", "other_character"},
      {"王建国", "王爱国", "other_character"},
      {"王芳", "王丽", "differs"},
      {"张伟", "李娜", "differs"},
      {"买买提·吐尔逊", "买买提吐尔逊", "variant"},
      {"Margaret Thompson", "Margret Thomson", "similar"},
      {"Thompson Margaret", "Margaret Thompson", "reordered"},
      {"THOMPSON, Margaret", "Margaret Thompson", "reordered"},
      {"MARGARET THOMPSON", "Margaret Thompson", "variant"},
      {"José Núñez", "Jose Nunez", "variant"},
      {"Stephen Smith", "Steven Smyth", "same_sound"},
      {"Smyth Stephen", "Steven Smith", "same_sound"},
      {"Margaret Thompson", "Margret Thompson", "one_edit"},
      {"Thompson Maragret", "Margaret Thompson", "one_edit"},
      {"J Thompson", "John Thompson", "similar"},
      {"Mary Ann Lee", "Mary Lee", "similar"},
      {"Mary Lee", "Mary Walker", "part"},
      {"Mary Lee", "Lee", "part"},
      {"Margaretthompson", "Margaret Thompson", "variant"},
      {"M T", "Margaret Thompson", "similar"},
      {"M Walker", "Margaret Thompson", "differs"},
      {"Σωκράτης Νικολάου", "Νικολάου Σωκράτης", "reordered"},
      {"Margaret Thompson", "Peter Li", "differs"},
      {"", "张伟", "missing"},
      {"无名氏", "张伟", "missing"},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.a + " " + row.b);
    EXPECT_EQ(LevelOf(Field::kName, {.name = row.a}, {.name = row.b}),
              row.level);
  }
}

TEST(Score, ComparesBirthDates) {
  const struct {
    std::string a, b, level;
  } kTable[] = {
      {"19900307", "19900307", "exact"},
      {"19900101", "19900101", "first_of_january"},
      {"19900307", "19900703", "swapped"},
      {"19900225", "L19900201", "lunar"},
      {"19900307", "1990", "compatible"},
      {"1990", "1990", "compatible"},
      {"19900307", "19900308", "near"},
      {"19900307", "19800307", "near"},
      {"19900307", "19900318", "differs"},
      {"19900307", "1991", "differs"},
      {"19900307", "", "missing"},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.a + " " + row.b);
    EXPECT_EQ(LevelOf(Field::kBirthDate, {.birth = row.a}, {.birth = row.b}),
              row.level);
  }
}

TEST(Score, ComparesTheRest) {
  const struct {
    Field field;
    Row a, b;
    std::string level;
  } kTable[] = {
      {Field::kNumber,
       {.number = "041203199004307763"},
       {.number = "041203199004307763"},
       "same"},
      {Field::kNumber,
       {.number = "041203199004307763"},
       {.number = "041203199004307764", .sound = false},
       "near"},
      {Field::kNumber,
       {.number = "041203199004307763"},
       {.number = "041203199003407763", .sound = false},
       "near"},
      {Field::kNumber,
       {.number = "041203199004307763"},
       {.number = "041202198803169925"},
       "differs"},
      // A number that is wrong somewhere says nothing against.
      {Field::kNumber,
       {.number = "041203199004307763"},
       {.number = "041202198803169926", .sound = false},
       "missing"},
      {Field::kNumber, {.number = "041203199004307763"}, {}, "missing"},
      {Field::kSex, {.sex = "m"}, {.sex = "m"}, "same"},
      {Field::kSex, {.sex = "m"}, {.sex = "f"}, "differs"},
      {Field::kSex, {.sex = "m"}, {}, "missing"},
      {Field::kPhone,
       {.phone = "14002007421"},
       {.phone = "14002007421"},
       "same"},
      {Field::kPhone,
       {.phone = "14002007421"},
       {.phone = "14002007422"},
       "near"},
      {Field::kPhone,
       {.phone = "14002007421"},
       {.phone = "14002001427"},
       "differs"},
      {Field::kPhone,
       {.phone = "14002007421"},
       {.phone = "14002007433"},
       "differs"},
      // Of another country.
      {Field::kPhone,
       {.phone = "03 7012 3456 x2"},
       {.phone = "(03) 7012-3456 x2"},
       "same"},
      {Field::kPhone, {.phone = "x12"}, {.phone = "x12"}, "missing"},
      {Field::kHousehold,
       {.household = "341202001002"},
       {.household = "341202001"},
       "town"},
      {Field::kHousehold,
       {.household = "341202001"},
       {.household = "341202"},
       "county"},
      {Field::kHousehold,
       {.household = "341202"},
       {.household = "341203"},
       "prefecture"},
      {Field::kHousehold,
       {.household = "341202"},
       {.household = "320505"},
       "differs"},
      {Field::kHousehold,
       {.household = "341202"},
       {.household = "341200"},
       "missing"},
      // Wujiang has another number since 2012.
      {Field::kHousehold,
       {.household = "320584"},
       {.household = "320509"},
       "county"},
      {Field::kAddress,
       {.address = "苏州市吴中区丰收路18号 3幢502室"},
       {.address = "苏州市吴中区丰收路１８号3幢502室"},
       "same"},
      {Field::kAddress,
       {.address = "丰收路18号"},
       {.address = "丰收路19号"},
       "differs"},
      {Field::kAddress,
       {.address = "苏州市吴中区丰收路18号3幢502室"},
       {.address = "吴中区丰收路18号3幢502室"},
       "similar"},
      {Field::kAddress,
       {.address = "苏州市吴中区丰收路18号3幢502室"},
       {.address = "苏州市吴中区丰收路18号3幢503室"},
       "area"},
      {Field::kAddress,
       {.address = "12 Rosewood Street, Ashfield 2131"},
       {.address = "12 ROSEWOOD STREET ASHFIELD, 2131"},
       "same"},
      {Field::kAddress,
       {.address = "12 Rosewood Street, Ashfield 2131"},
       {.address = "12 Rosewod Street Ashfeild 2131"},
       "similar"},
      {Field::kAddress,
       {.address = "12 Rosewood Street, Ashfield 2131"},
       {.address = "4/90 Liverpool Road, Ashfield 2131"},
       "area"},
      {Field::kAddress,
       {.address = "12 Rosewood Street, Ashfield 2131"},
       {.address = "12 Rosewood Street, Burwood 2134"},
       "differs"},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.level + " of " + std::string(NameOf(row.field)));
    EXPECT_EQ(LevelOf(row.field, row.a, row.b), row.level);
  }
}

const Row kHer = {.number = "041202198803169925",
                  .name = "阮春禾",
                  .birth = "19880316",
                  .sex = "f",
                  .phone = "14002007421",
                  .household = "341202001",
                  .address = "丰收路18号"};

TEST(Score, IsTheSumOfWhatEachFieldSays) {
  const Weights weights;
  const Weighed same = Weigh(VectorOf(kHer), VectorOf(kHer), weights);
  double sum = 0;
  for (size_t i = 0; i < kFields; ++i) {
    const Contribution& one = same.contributions[i];
    EXPECT_EQ(one.field, static_cast<Field>(i));
    EXPECT_GT(one.bits, 0);
    sum += one.bits;
  }
  EXPECT_DOUBLE_EQ(same.score, sum);
  EXPECT_NEAR(same.contributions[1].bits, std::log2(0.80 / 2e-5), 1e-9);
}

TEST(Score, MissingSaysNothingAndContradictionsCountAgainst) {
  const Weights weights;
  const Weighed nothing = Weigh(VectorOf({}), VectorOf(kHer), weights);
  EXPECT_EQ(nothing.score, 0);
  const Row other = {.number = "041203199004307763",
                     .name = "季松岩",
                     .birth = "19790520",
                     .sex = "m",
                     .phone = "14002007490",
                     .household = "320505",
                     .address = "迎春路122号"};
  for (const Contribution& one :
       Weigh(VectorOf(kHer), VectorOf(other), weights).contributions) {
    EXPECT_LT(one.bits, 0) << NameOf(one.field);
  }
}

// Twins: all that they share but the birth date says that they live together.
TEST(Score, CountsAHouseholdOnceWhereNameOrBirthDateContradicts) {
  const Weights weights;
  const auto bits = [&](const Row& other, Field field) {
    return Weigh(VectorOf(kHer), VectorOf(other), weights)
        .contributions[static_cast<size_t>(field)]
        .bits;
  };
  Row other = kHer;
  other.number = "";
  EXPECT_GT(bits(other, Field::kAddress), 0);
  EXPECT_GT(bits(other, Field::kHousehold), 0);
  EXPECT_GT(bits(other, Field::kPhone), 0);
  for (int i = 0; i < 2; ++i) {
    other.name = i == 0 ? "阮秋实" : kHer.name;
    other.birth = i == 0 ? kHer.birth : "19620818";
    EXPECT_EQ(bits(other, Field::kAddress), 0);
    EXPECT_EQ(bits(other, Field::kHousehold), 0);
    EXPECT_EQ(bits(other, Field::kPhone), weights.BitsOf(Level::kPhoneSame));
  }
  // Without the phone the address says most; what contradicts counts.
  other.phone = "14002007490";
  EXPECT_EQ(bits(other, Field::kAddress), weights.BitsOf(Level::kAddressSame));
  EXPECT_EQ(bits(other, Field::kPhone), weights.BitsOf(Level::kPhoneDiffers));
}

TEST(Score, NameThatManyHaveSaysLess) {
  Weights weights;
  weights.SetNameShare("王伟", 0.0002);
  const auto name_bits = [&](const std::string& a, const std::string& b) {
    return Weigh(VectorOf({.name = a}), VectorOf({.name = b}), weights)
        .contributions[static_cast<size_t>(Field::kName)];
  };
  const Contribution common = name_bits("王伟", "王伟");
  EXPECT_EQ(common.share, 0.0002);
  EXPECT_NEAR(common.bits, std::log2(0.80 / 0.0002), 1e-9);
  EXPECT_LT(common.bits, name_bits("曾国藩", "曾国藩").bits);
  EXPECT_EQ(name_bits("曾国藩", "曾国藩").share, 0);
  // Written in another way it is as common, and never says more for that.
  EXPECT_EQ(name_bits("王伟", "王偉").share, 0.0002);
  EXPECT_LE(name_bits("王伟", "王偉").bits, common.bits);
  // A share never makes a name say more than an exact agreement does.
  weights.SetNameShare("曾国藩", 1e-9);
  EXPECT_NEAR(name_bits("曾国藩", "曾国藩").bits,
              weights.BitsOf(Level::kNameExact), 1e-9);
}

RC_GTEST_PROP(Score, IsSymmetric, ()) {
  const auto row = [] {
    return Row{.number = *rc::gen::element<std::string>(
                   "", "041202198803169925", "041202198803169926"),
               .name = *rc::gen::element<std::string>(
                   "", "阮春禾", "阮春和", "阮▀禾", "Ruan Chunhe", "阮禾",
                   "Ann Lee", "Lee Anne", "Lea Ann Lee", "Leeann", "A L"),
               .birth = *rc::gen::element<std::string>(
                   "", "19880316", "L19880129", "1988", "19880319"),
               .sex = *rc::gen::element<std::string>("", "m", "f"),
               .phone = *rc::gen::element<std::string>("", "14002007421",
                                                       "14002007422"),
               .household = *rc::gen::element<std::string>(
                   "", "341202", "341202001", "341200", "320584"),
               .address = *rc::gen::element<std::string>(
                   "", "丰收路18号3幢502室", "丰收路18号3幢503室",
                   "1 Elm Road 2131", "1 Elm Raod 2131", "9 Oak Lane 2131"),
               .sound = *rc::gen::arbitrary<bool>()};
  };
  const MatchVector a = VectorOf(row());
  const MatchVector b = VectorOf(row());
  const Weights weights;
  RC_ASSERT(Compare(a, b) == Compare(b, a));
  RC_ASSERT(Weigh(a, b, weights).score == Weigh(b, a, weights).score);
}

}  // namespace
}  // namespace waystation::domain
