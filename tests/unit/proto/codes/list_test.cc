// SPDX-License-Identifier: Apache-2.0
// Grades, sex, code lists and education.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "proto/codes/code_list.h"
#include "proto/codes/education.h"
#include "proto/codes/grade.h"
#include "proto/codes/sex.h"

namespace waystation::codes {
namespace {

TEST(Grade, HasANameThatIsReadBack) {
  std::set<std::string_view> names;
  for (int i = 0; i < kGradeCount; ++i) {
    const auto grade = static_cast<Grade>(i);
    EXPECT_TRUE(names.insert(GradeName(grade)).second);
    EXPECT_EQ(GradeFromName(GradeName(grade)), grade);
  }
  EXPECT_EQ(GradeFromName("GOOD"), std::nullopt);
  EXPECT_EQ(GradeFromName(""), std::nullopt);
}

TEST(Grade, OnlySoundNumbersMayLink) {
  for (const Grade grade :
       {Grade::kOk, Grade::kOk15Upgraded, Grade::kDivisionOutOfTime,
        Grade::kBirthConflict, Grade::kSexConflict}) {
    EXPECT_TRUE(IsStrong(grade)) << GradeName(grade);
  }
  for (const Grade grade :
       {Grade::kAmbiguous, Grade::kUnmappedCharacter, Grade::kDivisionUnknown,
        Grade::kCodeUnknown, Grade::kChecksumFail, Grade::kDateFuture,
        Grade::kDateImpossible, Grade::kTruncated, Grade::kPlaceholder,
        Grade::kFormat, Grade::kMissing, Grade::kUnreadable}) {
    EXPECT_FALSE(IsStrong(grade)) << GradeName(grade);
  }
}

TEST(Grade, RejectsOnlyWhatIsNoText) {
  int rejected = 0;
  for (int i = 0; i < kGradeCount; ++i) {
    rejected += IsRejected(static_cast<Grade>(i));
  }
  EXPECT_EQ(rejected, 1);
  EXPECT_TRUE(IsRejected(Grade::kUnreadable));
  EXPECT_EQ(Worse(Grade::kOk, Grade::kChecksumFail), Grade::kChecksumFail);
  EXPECT_EQ(Worse(Grade::kPlaceholder, Grade::kOk), Grade::kPlaceholder);
}

TEST(Sex, ReadsTheStandardAndItsWords) {
  const struct {
    std::string_view given;
    std::optional<Sex> sex;
    Grade grade;
  } cases[] = {
      {"1", Sex::kMale, Grade::kOk},
      {"2", Sex::kFemale, Grade::kOk},
      {"0", Sex::kUnknown, Grade::kOk},
      {"9", Sex::kNotStated, Grade::kOk},
      {"01", Sex::kMale, Grade::kOk},
      {"男", Sex::kMale, Grade::kOk},
      {"女性", Sex::kFemale, Grade::kOk},
      {" 女 ", Sex::kFemale, Grade::kOk},
      {"m", Sex::kMale, Grade::kOk},
      {"FEMALE", Sex::kFemale, Grade::kOk},
      {"１", Sex::kMale, Grade::kOk},
      {"Ｆ", Sex::kFemale, Grade::kOk},
      {"未知", Sex::kUnknown, Grade::kOk},
      {"未说明的性别", Sex::kNotStated, Grade::kOk},
      {"3", std::nullopt, Grade::kCodeUnknown},
      {"先生", std::nullopt, Grade::kCodeUnknown},
      {"", std::nullopt, Grade::kMissing},
      {"\u3000", std::nullopt, Grade::kMissing},
      {"1\x01"
       "2",
       std::nullopt, Grade::kUnreadable},
      {"\xff", std::nullopt, Grade::kUnreadable},
  };
  for (const auto& [given, sex, grade] : cases) {
    const ReadSex read = ParseSex(given);
    EXPECT_EQ(read.sex, sex) << given;
    EXPECT_EQ(GradeName(read.grade), GradeName(grade)) << given;
  }
  for (const Sex sex :
       {Sex::kUnknown, Sex::kMale, Sex::kFemale, Sex::kNotStated}) {
    EXPECT_EQ(ParseSex(SexCode(sex)).sex, sex);
  }
}

TEST(Sex, ContradictsOnlyWhereBothAreKnown) {
  EXPECT_TRUE(Contradicts(Sex::kMale, Sex::kFemale));
  EXPECT_FALSE(Contradicts(Sex::kMale, Sex::kMale));
  EXPECT_FALSE(Contradicts(Sex::kMale, Sex::kUnknown));
  EXPECT_FALSE(Contradicts(Sex::kNotStated, Sex::kFemale));
}

TEST(CodeList, EveryListIsWellFormed) {
  std::set<std::string_view> ids;
  for (const CodeList& list : AllCodeLists()) {
    SCOPED_TRACE(std::string(list.id()));
    EXPECT_TRUE(ids.insert(list.id()).second);
    EXPECT_FALSE(list.id().empty());
    EXPECT_FALSE(list.standard().empty());
    EXPECT_EQ(FindCodeList(list.id()), &list);
    std::set<std::string_view> codes;
    for (const CodeEntry& entry : list.entries()) {
      EXPECT_TRUE(codes.insert(entry.code).second) << entry.code;
      EXPECT_FALSE(entry.chinese.empty()) << entry.code;
      EXPECT_FALSE(entry.english.empty()) << entry.code;
      if (!entry.parent.empty()) {
        EXPECT_NE(list.Find(entry.parent), nullptr) << entry.code;
      }
    }
  }
  for (const std::string_view id :
       {kSexList, kEducation1984, kEducation2006, kOccupation1999,
        kOccupation2015, kRegistrationState, kMovementReason, kHouseholdKind,
        kSocialInsuranceScheme, kInsuranceState, kBusinessState,
        kCertificateKind}) {
    EXPECT_NE(FindCodeList(id), nullptr) << id;
  }
  EXPECT_EQ(ids.size(), 12u);
  EXPECT_EQ(FindCodeList("GB4658:1999"), nullptr);
}

TEST(CodeList, ReadsCodesAndNames) {
  const CodeList& list = *FindCodeList(kEducation2006);
  const auto expect = [&](std::string_view given, std::string_view code,
                          Grade grade) {
    const ReadCode read = ParseCode(list, given);
    EXPECT_EQ(read.code, code) << given;
    EXPECT_EQ(GradeName(read.grade), GradeName(grade)) << given;
  };
  expect("21", "21", Grade::kOk);
  expect("２１", "21", Grade::kOk);
  expect(" 大学本科毕业 ", "21", Grade::kOk);
  expect("72", "72", Grade::kCodeUnknown);  // 1984
  expect("50", "50", Grade::kCodeUnknown);  // 1984
  expect("本科", "本科", Grade::kCodeUnknown);
  expect("不详", "", Grade::kPlaceholder);
  expect("", "", Grade::kMissing);
  expect("\xff", "", Grade::kUnreadable);
  // A name with full-width punctuation.
  EXPECT_EQ(ParseCode(*FindCodeList(kOccupation1999), "商业、服务业人员").code,
            "4");
}

TEST(CodeList, CarriesTheVersionInItsId) {
  const CodeEntry* old = FindCodeList(kEducation1984)->Find("50");
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(old->chinese, "技工学校");
  EXPECT_EQ(FindCodeList(kEducation2006)->Find("50"), nullptr);
  EXPECT_NE(FindCodeList(kOccupation1999)->Find("4")->chinese,
            FindCodeList(kOccupation2015)->Find("4")->chinese);
}

TEST(CodeList, RefinesAlongParents) {
  const CodeList& list = *FindCodeList(kEducation2006);
  EXPECT_TRUE(list.Refines("21", "20"));
  EXPECT_TRUE(list.Refines("21", "21"));
  EXPECT_FALSE(list.Refines("20", "21"));
  EXPECT_FALSE(list.Refines("21", "30"));
  EXPECT_FALSE(list.Refines("99", "99"));
}

TEST(Education, ComparesVersionsByLevel) {
  EXPECT_EQ(EducationLevelOf(kEducation2006, "21"),
            EducationLevel::kUndergraduate);
  EXPECT_EQ(EducationLevelOf(kEducation1984, "21"),
            EducationLevel::kUndergraduate);
  EXPECT_EQ(EducationLevelOf(kEducation1984, "62"),
            EducationLevel::kVocationalSecondary);
  EXPECT_EQ(EducationLevelOf(kEducation2006, "44"),
            EducationLevel::kVocationalSecondary);
  EXPECT_EQ(EducationLevelOf(kEducation1984, "90"),
            EducationLevel::kIlliterate);
  EXPECT_EQ(EducationLevelOf(kEducation2006, "90"), std::nullopt);
  EXPECT_EQ(EducationLevelOf(kEducation2006, "50"), std::nullopt);
  EXPECT_EQ(EducationLevelOf("GB4658:1999", "21"), std::nullopt);
  EXPECT_LT(EducationLevel::kPrimary, EducationLevel::kPostgraduate);

  EXPECT_TRUE(EducationRefines(kEducation2006, "21", kEducation2006, "20"));
  EXPECT_TRUE(EducationRefines(kEducation2006, "21", kEducation1984, "20"));
  EXPECT_TRUE(EducationRefines(kEducation1984, "71", kEducation2006, "70"));
  EXPECT_FALSE(EducationRefines(kEducation2006, "21", kEducation1984, "21"));
  EXPECT_FALSE(EducationRefines(kEducation1984, "90", kEducation2006, "90"));
  EXPECT_FALSE(EducationRefines(kEducation1984, "62", kEducation2006, "60"));
  EXPECT_TRUE(EducationRefines("other", "7", "other", "7"));
}

}  // namespace
}  // namespace waystation::codes
