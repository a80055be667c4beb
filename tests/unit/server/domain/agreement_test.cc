// SPDX-License-Identifier: Apache-2.0
#include "server/domain/agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/proto/agreement/sound.h"

namespace waystation::domain {
namespace {

using agreement::AgreementOf;
using agreement::Sound;

codes::Date Day(int year, unsigned month, unsigned day) {
  return {std::chrono::year{year}, std::chrono::month{month},
          std::chrono::day{day}};
}

TEST(Permissions, HoldFromTheFirstDayToTheLast) {
  const v1::Agreement agreement = Sound();
  EXPECT_FALSE(InForce(agreement, Day(2025, 12, 31)));
  EXPECT_TRUE(InForce(agreement, Day(2026, 1, 1)));
  EXPECT_TRUE(InForce(agreement, Day(2026, 12, 31)));
  EXPECT_FALSE(InForce(agreement, Day(2027, 1, 1)));
  const Recipient labor{"labor.320500", "labor"};
  const std::vector<v1::Agreement> all = {agreement};
  EXPECT_TRUE(Permissions(all, labor, Day(2027, 1, 1)).empty());
  EXPECT_FALSE(Permissions(all, labor, Day(2026, 6, 1)).empty());
}

TEST(Permissions, AreTheStrongestOfAll) {
  v1::Agreement weak = Sound();
  weak.mutable_grants(0)->set_form(v1::FORM_PARTIAL);
  v1::Agreement area = Sound();
  v1::Grant& grant = *area.mutable_grants(0);
  grant.set_attribute("residence");
  grant.set_form(v1::FORM_PARTIAL);
  grant.set_partial_digits(4);
  v1::Agreement county = area;
  county.mutable_grants(0)->set_partial_digits(6);
  const Recipient labor{"labor.320500", "labor"};
  const AttributeInfo& residence = *FindAttribute("residence");

  for (const auto& all :
       {std::vector<v1::Agreement>{weak, Sound(), area, county},
        std::vector<v1::Agreement>{county, area, Sound(), weak}}) {
    const Permissions permissions(all, labor, Day(2026, 6, 1));
    EXPECT_EQ(permissions.Of("public_security", kBirthDate).visible,
              v1::FORM_VALUE);
    EXPECT_TRUE(permissions.Of("public_security", kBirthDate).match);
    EXPECT_EQ(permissions.Of("public_security", residence.number).visible,
              v1::FORM_PARTIAL);
    EXPECT_EQ(permissions.Of("public_security", residence.number).digits, 6);
    EXPECT_FALSE(permissions.Of("public_security", residence.number).match);
    EXPECT_EQ(permissions.Of("health", kBirthDate), Permission());
    EXPECT_EQ(permissions.Of("public_security", kName), Permission());
    EXPECT_EQ(permissions.Visible(), BitOf(kBirthDate) | residence.bit());
    EXPECT_EQ(permissions.Visible("health"), 0U);
  }
}

TEST(Permissions, AreThoseOfTheRecipientAndThePurpose) {
  v1::Agreement own = Sound();
  own.clear_recipient_sector();
  own.set_recipient_agency("labor.341200");
  const std::vector<v1::Agreement> all = {own};
  const auto day = Day(2026, 6, 1);
  EXPECT_TRUE(Permissions(all, {"labor.320500", "labor"}, day).empty());
  EXPECT_FALSE(Permissions(all, {"labor.341200", "labor"}, day).empty());
  EXPECT_FALSE(Permissions(all, {"labor.341200", "labor"}, day,
                           v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER)
                   .empty());
  EXPECT_TRUE(Permissions(all, {"labor.341200", "labor"}, day,
                          v1::PURPOSE_EMPLOYMENT_SERVICE)
                  .empty());
}

// Whatever stands in a stored agreement, the ceiling is asked again.
TEST(Permissions, IgnoreGrantsOverTheCeiling) {
  v1::Agreement agreement = Sound();
  agreement.mutable_grants(0)->set_attribute("residence");
  const std::vector<v1::Agreement> all = {agreement};
  EXPECT_TRUE(
      Permissions(all, {"labor.320500", "labor"}, Day(2026, 6, 1)).empty());
  // As are those to an agency of another sector than they were checked for.
  v1::Agreement moved = Sound();
  moved.clear_recipient_sector();
  moved.set_recipient_agency("labor.320500");
  const std::vector<v1::Agreement> other = {moved};
  EXPECT_TRUE(
      Permissions(other, {"labor.320500", "housing"}, Day(2026, 6, 1)).empty());
}

}  // namespace
}  // namespace waystation::domain
