// SPDX-License-Identifier: Apache-2.0
// Numbers of organisations: USCC, organisation code, registration number.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "proto/codes/organisation_code.h"
#include "proto/codes/registration_number.h"
#include "proto/codes/uscc.h"
#include "tests/unit/proto/codes/csv.h"

namespace waystation::codes {
namespace {

TEST(Uscc, ReadsAndGrades) {
  for (const Case& entry : Cases("uscc.csv")) {
    SCOPED_TRACE(entry.at("description") + ": " + entry.at("given"));
    const Uscc read = ReadUscc(entry.at("given"));
    EXPECT_EQ(read.code, entry.at("code"));
    EXPECT_EQ(GradeName(read.grade), entry.at("grade"));
  }
  EXPECT_EQ(ReadUscc("9132\xff").grade, Grade::kUnreadable);
}

TEST(Uscc, HasParts) {
  const Uscc enterprise = ReadUscc("91350100M000100Y43");
  EXPECT_EQ(enterprise.authority(), "9");
  EXPECT_EQ(enterprise.category(), "1");
  EXPECT_EQ(enterprise.division(), "350100");
  EXPECT_EQ(enterprise.organisation_code(), "M000100Y4");
  EXPECT_FALSE(IsSoleProprietor(enterprise));
  EXPECT_TRUE(IsSoleProprietor({.code = "92350100M000100Y4X"}));
  EXPECT_EQ(Uscc{.code = "苏州"}.division(), "");
}

TEST(OrganisationCode, ReadsAndGrades) {
  for (const Case& entry : Cases("organisation_code.csv")) {
    SCOPED_TRACE(entry.at("description") + ": " + entry.at("given"));
    const OrganisationCode read = ReadOrganisationCode(entry.at("given"));
    EXPECT_EQ(read.code, entry.at("code"));
    EXPECT_EQ(GradeName(read.grade), entry.at("grade"));
  }
}

TEST(RegistrationNumber, ReadsAndGrades) {
  for (const Case& entry : Cases("registration_number.csv")) {
    SCOPED_TRACE(entry.at("description") + ": " + entry.at("given"));
    const RegistrationNumber read = ReadRegistrationNumber(entry.at("given"));
    EXPECT_EQ(read.number, entry.at("number"));
    EXPECT_EQ(GradeName(read.grade), entry.at("grade"));
    const std::string_view kind =
        read.kind == RegistrantKind::kDomesticEnterprise  ? "DOMESTIC"
        : read.kind == RegistrantKind::kForeignEnterprise ? "FOREIGN"
        : read.kind == RegistrantKind::kSoleProprietor    ? "SOLE_PROPRIETOR"
                                                          : "";
    EXPECT_EQ(kind, entry.at("kind"));
  }
  EXPECT_EQ(ReadRegistrationNumber("110108000000016").authority(), "110108");
  EXPECT_EQ(ReadRegistrationNumber("苏州").authority(), "");
}

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

RC_GTEST_PROP(Uscc, FindsEverySingleError, ()) {
  std::string code = *rc::gen::container<std::string>(
      17, rc::gen::elementOf(std::string(kAlphabet)));
  code.push_back(UsccCheckCharacter(code));
  const auto at = *rc::gen::inRange<std::size_t>(0, 17);
  std::string wrong = code;
  wrong[at] = *rc::gen::distinctFrom(rc::gen::elementOf(std::string(kAlphabet)),
                                     code[at]);
  RC_ASSERT(UsccCheckCharacter(wrong) != wrong[17]);
}

RC_GTEST_PROP(Uscc, FindsEveryAdjacentTransposition, ()) {
  std::string code = *rc::gen::container<std::string>(
      17, rc::gen::elementOf(std::string(kAlphabet)));
  code.push_back(UsccCheckCharacter(code));
  const auto at = *rc::gen::inRange<std::size_t>(0, 16);
  RC_PRE(code[at] != code[at + 1]);
  std::string wrong = code;
  std::swap(wrong[at], wrong[at + 1]);
  RC_ASSERT(UsccCheckCharacter(wrong) != wrong[17]);
}

RC_GTEST_PROP(RegistrationNumber, FindsEverySingleDigitError, ()) {
  std::string number =
      *rc::gen::container<std::string>(14, rc::gen::inRange('0', ':'));
  number.push_back(RegistrationNumberCheckDigit(number));
  const auto at = *rc::gen::inRange<std::size_t>(0, 14);
  std::string wrong = number;
  wrong[at] = *rc::gen::distinctFrom(rc::gen::inRange('0', ':'), number[at]);
  RC_ASSERT(RegistrationNumberCheckDigit(wrong) != wrong[14]);
}

RC_GTEST_PROP(Uscc, NormalisingIsIdempotent, ()) {
  const auto given = *rc::gen::oneOf(
      rc::gen::arbitrary<std::string>(),
      rc::gen::container<std::string>(
          rc::gen::elementOf(std::string("0129ABMXYabx- '.E+"))));
  RC_ASSERT(ReadUscc(ReadUscc(given).code).code == ReadUscc(given).code);
}

}  // namespace
}  // namespace waystation::codes
