// SPDX-License-Identifier: Apache-2.0
#include "server/domain/blocking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "server/domain/address.h"

namespace waystation::domain {
namespace {

using testing::IsEmpty;

struct Row {
  std::string name = {};
  std::optional<codes::PartialDate> birth = {};
  std::string household = {};
  std::vector<std::string> phones = {};
  std::string address = {};
};

codes::PartialDate Day(int year, int month, int day) {
  codes::PartialDate date;
  date.year = static_cast<std::int16_t>(year);
  date.month = static_cast<std::uint8_t>(month);
  date.day = static_cast<std::uint8_t>(day);
  return date;
}

std::vector<BlockingKey> KeysOf(const Row& row) {
  MatchVector record;
  if (!row.name.empty()) record.name = codes::ComparableName(row.name);
  record.birth_date = row.birth;
  record.household = row.household;
  record.phones.assign(row.phones.begin(), row.phones.end());
  record.address = FoldAddress(row.address);
  return BlockingKeys(record);
}

bool Meet(const Row& a, const Row& b) {
  std::vector<BlockingKey> shared;
  std::ranges::set_intersection(KeysOf(a), KeysOf(b),
                                std::back_inserter(shared));
  return !shared.empty();
}

const Row kPerson = {.name = "曾国藩",
                     .birth = Day(1985, 3, 7),
                     .household = "341202104",
                     .phones = {"14012345678"}};

struct Pair {
  const char* what;
  Row other;
};

class Spelling : public testing::TestWithParam<Pair> {};

// One thing wrong, and no number or phone to help.
TEST_P(Spelling, OfOnePersonMeets) {
  Row person = kPerson;
  person.phones.clear();
  EXPECT_TRUE(Meet(person, GetParam().other));
  EXPECT_TRUE(Meet(GetParam().other, person));
}

INSTANTIATE_TEST_SUITE_P(
    OneThingWrong, Spelling,
    testing::Values(
        Pair{"Traditional", {.name = "曾國藩", .birth = Day(1985, 3, 7)}},
        Pair{"Latin", {.name = "Zeng Guofan", .birth = Day(1985, 3, 7)}},
        Pair{"LatinTheOtherWayRound",
             {.name = "Guofan Zeng", .birth = Day(1985, 3, 7)}},
        Pair{"SameSound", {.name = "曾国番", .birth = Day(1985, 3, 7)}},
        Pair{"OtherGivenName", {.name = "曾国荣", .birth = Day(1985, 3, 7)}},
        Pair{"OtherSurname", {.name = "陈国藩", .birth = Day(1985, 3, 7)}},
        Pair{"MissingMiddle", {.name = "曾藩", .birth = Day(1985, 3, 7)}},
        Pair{"Transposed", {.name = "曾藩国", .birth = Day(1985, 3, 7)}},
        Pair{"Unmapped", {.name = "曾国▀", .birth = Day(1985, 3, 7)}},
        Pair{"Swapped", {.name = "曾国藩", .birth = Day(1985, 7, 3)}},
        Pair{"YearAlone", {.name = "曾国藩", .birth = Day(1985, 0, 0)}},
        Pair{"FirstOfJanuary", {.name = "曾国藩", .birth = Day(1985, 1, 1)}},
        Pair{"OtherYear",
             {.name = "曾国藩",
              .birth = Day(1958, 3, 7),
              .household = "341202"}},
        Pair{"NoDate", {.name = "曾国藩", .household = "341202"}}),
    [](const auto& info) { return std::string(info.param.what); });

const Row kAnn = {.name = "Ann Thompson",
                  .birth = Day(1985, 3, 7),
                  .address = "12 Elm Road, Ashfield 2131"};

class LatinSpelling : public testing::TestWithParam<Pair> {};

TEST_P(LatinSpelling, OfOnePersonMeets) {
  EXPECT_TRUE(Meet(kAnn, GetParam().other));
  EXPECT_TRUE(Meet(GetParam().other, kAnn));
}

INSTANTIATE_TEST_SUITE_P(
    OneOrTwoThingsWrong, LatinSpelling,
    testing::Values(
        Pair{"Capitals", {.name = "THOMPSON ANN", .birth = Day(1985, 3, 7)}},
        Pair{"Sound", {.name = "Anne Tompson", .birth = Day(1985, 3, 7)}},
        Pair{"OtherSurname", {.name = "Ann Walker", .birth = Day(1985, 7, 3)}},
        Pair{"NoDateOtherSurname",
             {.name = "Ann Walker", .address = "PO Box 9 Ashfield 2131"}},
        Pair{"OtherYearNickname",
             {.name = "Nan Tompson",
              .birth = Day(1958, 3, 7),
              .address = "2131"}},
        Pair{"NoDateOtherSurnameAndPostcode",
             {.name = "Ann Walker", .address = "12 Elmroad Ashfeild 2113"}},
        Pair{"OtherDateAndAddress",
             {.name = "Tompson, Anne",
              .birth = Day(1958, 9, 7),
              .address = "3 Oak Lane, Burwood 2134"}},
        Pair{"OtherName",
             {.name = "Ms Unknwn",
              .birth = Day(1985, 3, 7),
              .address = "Elm Rd 2131"}},
        Pair{"NameMissing",
             {.birth = Day(1985, 3, 7), .address = "Elm Rd 2131"}}),
    [](const auto& info) { return std::string(info.param.what); });

TEST(BlockingKeys, OfOtherLatinNamesDoNotMeet) {
  EXPECT_FALSE(Meet(kAnn, {.name = "Peter Walker",
                           .birth = Day(1985, 3, 8),
                           .address = "12 Elm Road, Ashfield 2131"}));
  // An initial is no word, a room no postcode.
  EXPECT_FALSE(Meet({.name = "A Lee", .birth = Day(1985, 3, 7)},
                    {.name = "A Walker", .birth = Day(1985, 7, 3)}));
  EXPECT_FALSE(Meet({.birth = Day(1985, 3, 7), .address = "丰收路18号1502"},
                    {.birth = Day(1985, 3, 7), .address = "迎春路2号1502"}));
}

TEST(BlockingKeys, PhonesMeetWhateverTheRestSays) {
  EXPECT_TRUE(Meet(kPerson, {.phones = {"14000000000", "14012345678"}}));
  EXPECT_FALSE(Meet(kPerson, {.phones = {"14000000000"}}));
}

TEST(BlockingKeys, OtherPeopleDoNotMeet) {
  // The same birth date, the same county, the same surname in another year.
  EXPECT_FALSE(Meet(
      kPerson,
      {.name = "王小明", .birth = Day(1985, 3, 7), .household = "341202"}));
  EXPECT_FALSE(Meet(kPerson, {.name = "曾小明", .birth = Day(1986, 3, 7)}));
}

// Of millions born on a day that stands for none, characters tell nothing.
TEST(BlockingKeys, TheFirstOfJanuaryIsNoDay) {
  EXPECT_FALSE(Meet({.name = "曾国藩", .birth = Day(1985, 1, 1)},
                    {.name = "曾小明", .birth = Day(1985, 1, 1)}));
}

TEST(BlockingKeys, NothingMeetsNothing) {
  EXPECT_THAT(KeysOf({}), IsEmpty());
  EXPECT_THAT(KeysOf({.name = "曾国藩"}), IsEmpty());
  EXPECT_THAT(KeysOf({.birth = Day(1985, 3, 7), .household = "341202"}),
              IsEmpty());
  EXPECT_THAT(KeysOf({.name = "▀▀", .birth = Day(1985, 3, 7)}), IsEmpty());
}

TEST(BlockingKeys, AreEachThereOnce) {
  const std::vector<BlockingKey> keys =
      KeysOf({.name = "曾国藩",
              .birth = Day(1985, 3, 7),
              .household = "341202",
              .phones = {"14012345678", "14012345678"}});
  EXPECT_EQ(keys.size(), 5);
  EXPECT_TRUE(std::ranges::is_sorted(keys));
  EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
}

}  // namespace
}  // namespace waystation::domain
