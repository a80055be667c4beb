// SPDX-License-Identifier: Apache-2.0
#include "server/domain/attributes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "google/protobuf/descriptor.h"
#include "server/domain/business.h"
#include "server/domain/predicates.h"
#include "waystation/v1/person.pb.h"

namespace waystation::domain {
namespace {

TEST(Attributes, AreTheFieldsOfPerson) {
  const auto& person = *v1::Person::descriptor();
  ASSERT_EQ(Attributes().size(),
            static_cast<std::size_t>(person.field_count()));
  int last = 0;
  for (const AttributeInfo& attribute : Attributes()) {
    SCOPED_TRACE(attribute.name);
    EXPECT_GT(attribute.number, last);
    last = attribute.number;
    EXPECT_EQ(attribute.field, person.FindFieldByNumber(attribute.number));
    EXPECT_EQ(FindAttribute(attribute.number), &attribute);
    EXPECT_EQ(FindAttribute(attribute.name), &attribute);
    EXPECT_NE(AllAttributes() & attribute.bit(), 0U);
  }
  EXPECT_EQ(FindAttribute("nobody"), nullptr);
  EXPECT_EQ(FindAttribute(0), nullptr);
  EXPECT_EQ(FindAttribute(63), nullptr);
  EXPECT_EQ(FindAttribute(-1), nullptr);
  EXPECT_EQ(FindAttribute(64), nullptr);
}

TEST(Attributes, SayAllThatTheCodeNeeds) {
  for (const AttributeInfo& attribute : Attributes()) {
    SCOPED_TRACE(attribute.name);
    EXPECT_NE(attribute.attribute_class, v1::ATTRIBUTE_CLASS_UNSPECIFIED);
    EXPECT_FALSE(attribute.rule.empty());
    EXPECT_GT(attribute.retention_days, 0);
    const bool has_key =
        std::ranges::any_of(attribute.fields, &FieldInfo::entry_key);
    EXPECT_EQ(has_key, attribute.is_set)
        << "the entries of a set, and nothing else, are named by a key";
    for (const PredicateInfo& predicate : attribute.predicates) {
      EXPECT_EQ(IsPredicateKnown(predicate.name), !predicate.about_business)
          << predicate.name;
      const BusinessPredicate* of_business =
          FindBusinessPredicate(predicate.name);
      EXPECT_EQ(of_business != nullptr, predicate.about_business)
          << predicate.name;
      if (of_business != nullptr) {
        EXPECT_EQ(of_business->attribute, attribute.number);
      }
      EXPECT_FALSE(predicate.question.empty());
    }
  }
}

// A sequence of places is a track (refusal 8 of D5.2).
TEST(Attributes, ForgetPlacesSoon) {
  for (const AttributeInfo& attribute : Attributes()) {
    if (attribute.attribute_class != v1::ATTRIBUTE_CLASS_LOCATION) continue;
    EXPECT_LE(attribute.retention_days, 30) << attribute.name;
  }
  EXPECT_EQ(FindAttribute("residence")->attribute_class,
            v1::ATTRIBUTE_CLASS_LOCATION);
  EXPECT_EQ(FindAttribute("movement")->attribute_class,
            v1::ATTRIBUTE_CLASS_LOCATION);
}

TEST(Attributes, AreWhatTheCodeCallsThem) {
  EXPECT_EQ(GetAttribute(kIdentifiers).name, "identifiers");
  EXPECT_EQ(GetAttribute(kName).name, "name");
  EXPECT_EQ(GetAttribute(kSex).name, "sex");
  EXPECT_EQ(GetAttribute(kBirthDate).name, "birth_date");
  EXPECT_EQ(GetAttribute(kEmployment).name, "employment");
  EXPECT_EQ(GetAttribute(kSocialInsurance).name, "social_insurance");
  EXPECT_EQ(GetAttribute(kBusiness).name, "business");
  EXPECT_EQ(GetAttribute(kHouseholdRegistration).name,
            "household_registration");
  EXPECT_EQ(GetAttribute(kResidence).name, "residence");
  EXPECT_EQ(GetAttribute(kContact).name, "contact");
  EXPECT_EQ(GetAttribute(kResidencePermit).name, "residence_permit");
  EXPECT_EQ(GetAttribute(kCertificates).name, "certificates");
  EXPECT_EQ(GetAttribute(kServiceCard).name, "service_card");
}

TEST(AttributeSet, ListsItsMembersInOrder) {
  const AttributeSet set = BitOf(kSex) | BitOf(kIdentifiers) | BitOf(17);
  EXPECT_EQ(AttributeNames(set),
            (std::vector<std::string>{"identifiers", "sex", "services"}));
  EXPECT_TRUE(AttributeNames(0).empty());
}

}  // namespace
}  // namespace waystation::domain
