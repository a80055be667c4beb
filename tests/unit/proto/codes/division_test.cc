// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/division.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/proto/codes/csv.h"

namespace waystation::codes {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Division, ReadsAndGrades) {
  for (const Case& entry : Cases("division.csv")) {
    SCOPED_TRACE(entry.at("description") + ": " + entry.at("given"));
    const ReadDivision read = ParseDivision(entry.at("given"));
    EXPECT_EQ(read.code, entry.at("code"));
    EXPECT_EQ(GradeName(read.grade), entry.at("grade"));
  }
  EXPECT_EQ(ParseDivision("3205\xff\xff").grade, Grade::kUnreadable);
}

TEST(Division, KnowsWhatACodeWasInAYear) {
  for (const Case& entry : Cases("division_in_year.csv")) {
    SCOPED_TRACE(entry.at("code") + " in " + entry.at("year"));
    const Division* division =
        FindDivision(entry.at("code"), std::stoi(entry.at("year")));
    EXPECT_EQ(division == nullptr ? "" : std::string(division->name),
              entry.at("name"));
  }
}

TEST(Division, FollowsDeadCodesToTheirSuccessors) {
  for (const Case& entry : Cases("division_successors.csv")) {
    SCOPED_TRACE(entry.at("code"));
    std::string joined;
    for (const std::string_view code : Successors(entry.at("code"))) {
      if (!joined.empty()) joined.push_back(';');
      joined.append(code);
    }
    EXPECT_EQ(joined, entry.at("successors"));
  }
}

TEST(Division, RefinesByTerritory) {
  for (const Case& entry : Cases("division_refines.csv")) {
    EXPECT_EQ(DivisionRefines(entry.at("finer"), entry.at("coarser")),
              entry.at("refines") == "yes")
        << entry.at("finer") << " in " << entry.at("coarser");
  }
}

TEST(Division, TellsLevelParentAndPath) {
  EXPECT_EQ(LevelOf("320000"), DivisionLevel::kProvince);
  EXPECT_EQ(LevelOf("320500"), DivisionLevel::kPrefecture);
  EXPECT_EQ(LevelOf("320506"), DivisionLevel::kCounty);
  EXPECT_EQ(LevelOf("320506010"), DivisionLevel::kTown);
  EXPECT_EQ(LevelOf("320506010001"), DivisionLevel::kVillage);
  EXPECT_EQ(ParentDivision("320506010001"), "320506010");
  EXPECT_EQ(ParentDivision("320506010"), "320506");
  EXPECT_EQ(ParentDivision("320506"), "320500");
  EXPECT_EQ(ParentDivision("320500"), "320000");
  EXPECT_EQ(ParentDivision("320000"), "");
  EXPECT_EQ(DivisionPath("320506"), "江苏省苏州市吴中区");
  EXPECT_EQ(DivisionPath("320506010"), "江苏省苏州市吴中区");
  EXPECT_EQ(DivisionPath("110101"), "北京市东城区");
  EXPECT_EQ(DivisionPath("419001"), "河南省济源市");
  EXPECT_EQ(DivisionPath("320000"), "江苏省");
  EXPECT_EQ(DivisionPath("320584"), "江苏省苏州市吴江市");
  EXPECT_EQ(DivisionPath("329998"), "");
}

TEST(Division, IsFoundByLongerCodes) {
  ASSERT_NE(FindDivision("320506010001"), nullptr);
  EXPECT_EQ(FindDivision("320506010001")->code, "320506");
  EXPECT_EQ(FindDivision("329998"), nullptr);
  EXPECT_EQ(FindDivision("3205"), nullptr);
  EXPECT_EQ(FindDivision("32050x"), nullptr);
  EXPECT_EQ(FindDivision(""), nullptr);
  EXPECT_THAT(Successors("320584100"), ElementsAre("320509"));
  EXPECT_THAT(Successors("329998"), IsEmpty());
}

TEST(Division, KeepsItsHistoryInOrder) {
  std::vector<std::string> names;
  for (const Division& division : DivisionHistory("320803")) {
    names.emplace_back(division.name);
  }
  EXPECT_THAT(names, ElementsAre("楚州区", "淮安区"));
  EXPECT_THAT(DivisionHistory("329998"), IsEmpty());
}

TEST(Division, CurrentCodeOnlyWhereItIsCertain) {
  EXPECT_EQ(CurrentDivision("320584"), "320509");
  EXPECT_EQ(CurrentDivision("320509"), "320509");
  EXPECT_EQ(CurrentDivision("320586"), "320586");        // split in two
  EXPECT_EQ(CurrentDivision("320584100"), "320584100");  // a town of it
  EXPECT_EQ(CurrentDivision("329998"), "329998");
}

TEST(Division, JurisdictionFollowsTheCode) {
  EXPECT_TRUE(WithinJurisdiction("320584", "3205"));
  EXPECT_TRUE(WithinJurisdiction("320584", "320509"));
  EXPECT_TRUE(WithinJurisdiction("320584100", "320509"));
  EXPECT_TRUE(WithinJurisdiction("320506010001", "320506010"));
  EXPECT_TRUE(WithinJurisdiction("341402", "3401"));
  EXPECT_TRUE(WithinJurisdiction("320823", "3213"));
  EXPECT_FALSE(WithinJurisdiction("320823", "3208"));
  EXPECT_FALSE(WithinJurisdiction("320500", "320506"));
  EXPECT_FALSE(WithinJurisdiction("320506", "32050601"));
  EXPECT_TRUE(WithinJurisdiction("320506", "32"));
  EXPECT_TRUE(WithinJurisdiction("320506", ""));
}

// The file itself.

TEST(DivisionTable, HasTheWholeCountry) {
  std::set<std::string_view> provinces;
  int counties = 0;
  int jiangsu = 0;
  for (const Division& division : AllDivisions()) {
    if (!division.is_valid() || division.kind != DivisionKind::kStandard) {
      continue;
    }
    if (LevelOf(division.code) == DivisionLevel::kProvince) {
      provinces.insert(division.code);
    }
    const bool county = LevelOf(division.code) == DivisionLevel::kCounty;
    counties += county;
    jiangsu += county && division.code.starts_with("32");
  }
  EXPECT_EQ(provinces.size(), 34u);
  // 2,843 with those of the mainland, as the yearbook of 2022 counts them,
  // and those that came since.
  EXPECT_GE(counties, 2840);
  EXPECT_LE(counties, 2850);
  EXPECT_EQ(jiangsu, 95);
}

TEST(DivisionTable, IsSortedAndItsPeriodsDoNotOverlap) {
  const Division* before = nullptr;
  for (const Division& division : AllDivisions()) {
    SCOPED_TRACE(std::string(division.code));
    ASSERT_EQ(division.code.size(), 6u);
    EXPECT_FALSE(division.name.empty());
    EXPECT_LT(division.from, division.until);
    EXPECT_GE(division.from, 1980);
    if (before != nullptr) {
      EXPECT_LE(before->code, division.code);
      if (before->code == division.code) {
        EXPECT_LE(before->until, division.from);
      }
    }
    before = &division;
  }
}

TEST(DivisionTable, SuccessorsAreInTheTableAndChainsEnd) {
  for (const Division& division : AllDivisions()) {
    SCOPED_TRACE(std::string(division.code));
    if (division.is_valid()) {
      EXPECT_THAT(division.successors, IsEmpty());
      EXPECT_THAT(Successors(division.code), ElementsAre(division.code));
    }
    for (const std::string_view next : division.successors) {
      EXPECT_NE(FindDivision(next), nullptr) << next;
      EXPECT_NE(next, division.code);
    }
    for (const std::string_view code : Successors(division.code)) {
      EXPECT_TRUE(FindDivision(code)->is_valid()) << code;
    }
  }
}

TEST(DivisionTable, ThreeProvincesAreFollowedUpInFull) {
  for (const Division& division : AllDivisions()) {
    const std::string_view province = division.code.substr(0, 2);
    if (province != "32" && province != "34" && province != "41") continue;
    if (division.code.substr(2) == "9000") continue;  // a collective of none
    EXPECT_FALSE(Successors(division.code).empty()) << division.code;
  }
}

TEST(DivisionTable, CountiesLieInTheirPrefecturesAndProvinces) {
  for (const Division& division : AllDivisions()) {
    if (!division.is_valid()) continue;
    const std::string parent = ParentDivision(division.code);
    if (parent.empty() || FindDivision(parent) == nullptr) continue;
    EXPECT_TRUE(DivisionRefines(division.code, parent)) << division.code;
  }
}

rc::Gen<std::string> AnyCode() {
  // Towns too, and mostly of few prefectures, so that codes meet.
  return rc::gen::map(
      rc::gen::tuple(
          rc::gen::inRange<std::size_t>(0, AllDivisions().size()),
          rc::gen::element<std::string>("", "", "", "010", "100", "010001")),
      [](const std::tuple<std::size_t, std::string>& parts) {
        static const std::vector<std::string> near = [] {
          std::vector<std::string> codes;
          for (const Division& division : AllDivisions()) {
            if (division.code.starts_with("3205") ||
                division.code.starts_with("3208") ||
                division.code.starts_with("3213") ||
                division.code.starts_with("322") ||
                division.code.starts_with("3401") ||
                division.code.starts_with("3414") ||
                division.code.starts_with("3426") ||
                division.code == "320000" || division.code == "340000") {
              codes.emplace_back(division.code);
            }
          }
          return codes;
        }();
        const std::string& code = near[std::get<0>(parts) % near.size()];
        const bool county = LevelOf(code) == DivisionLevel::kCounty;
        return county ? code + std::get<1>(parts) : code;
      });
}

RC_GTEST_PROP(Division, RefinementIsReflexiveAndTransitive, ()) {
  const std::string a = *AnyCode();
  const std::string b = *AnyCode();
  const std::string c = *AnyCode();
  RC_ASSERT(DivisionRefines(a, a));
  if (DivisionRefines(a, b) && DivisionRefines(b, c)) {
    RC_ASSERT(DivisionRefines(a, c));
  }
}

// Codes in force that are no collections.
rc::Gen<std::string> AnyValidCode() {
  return rc::gen::suchThat(AnyCode(), [](const std::string& code) {
    const Division* division = FindDivision(code);
    return division->is_valid() && division->kind != DivisionKind::kCollective;
  });
}

RC_GTEST_PROP(Division, ValidCodesRefineOneAnotherByPrefixAlone, ()) {
  const std::string a = *AnyValidCode();
  const std::string b = *AnyValidCode();
  std::string prefix = b;
  while (prefix.size() > 2 && prefix.size() <= 6 && prefix.ends_with("00")) {
    prefix.resize(prefix.size() - 2);
  }
  RC_ASSERT(DivisionRefines(a, b) == a.starts_with(prefix));
}

RC_GTEST_PROP(Division, RefinementOfValidCodesIsAPartialOrder, ()) {
  const std::string a = *AnyValidCode();
  const std::string b = *AnyValidCode();
  if (DivisionRefines(a, b) && DivisionRefines(b, a)) RC_ASSERT(a == b);
}

RC_GTEST_PROP(Division, ReadingIsIdempotent, ()) {
  const auto given = *rc::gen::oneOf(
      rc::gen::arbitrary<std::string>(),
      rc::gen::container<std::string>(rc::gen::inRange('0', ':')), AnyCode());
  const ReadDivision once = ParseDivision(given);
  if (HasValue(once.grade) && once.grade != Grade::kPlaceholder) {
    RC_ASSERT(ParseDivision(once.code) == once);
  }
}

}  // namespace
}  // namespace waystation::codes
