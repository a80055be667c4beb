// SPDX-License-Identifier: Apache-2.0
#include "server/domain/meaning.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>

#include "google/protobuf/message.h"
#include "server/domain/dates.h"
#include "tests/unit/server/domain/fixtures.h"

namespace waystation::domain {
namespace {

using google::protobuf::Message;

enum Standing { kSame, kFiner, kCoarser, kCompatible, kIncompatible };

Standing StandingOf(const AttributeInfo& attribute, const Message& a,
                    const Message& b) {
  const bool finer = Refines(attribute, a, b);
  const bool coarser = Refines(attribute, b, a);
  if (finer && coarser) return kSame;
  if (finer) return kFiner;
  if (coarser) return kCoarser;
  return Compatible(attribute, a, b) ? kCompatible : kIncompatible;
}

// Relate says at once what the others say one by one.
void ExpectRelation(const AttributeInfo& attribute, const Message& a,
                    const Message& b) {
  const Relation relation = Relate(attribute, a, b);
  EXPECT_EQ(relation.refines, Refines(attribute, a, b));
  EXPECT_EQ(relation.refined, Refines(attribute, b, a));
  EXPECT_EQ(relation.compatible, Compatible(attribute, a, b));
  EXPECT_EQ(relation.same_meaning(), SameMeaning(attribute, a, b));
  const Relation turned = Relate(attribute, b, a);
  EXPECT_EQ(turned.refines, relation.Turned().refines);
  EXPECT_EQ(turned.refined, relation.Turned().refined);
  EXPECT_EQ(turned.compatible, relation.Turned().compatible);
}

TEST(Meaning, OfTwoValues) {
  const struct {
    std::string_view attribute, a, b;
    Standing want;
  } cases[] = {
      // names
      {"name", "name{full:'张伟'}", "name{full:'张伟'}", kSame},
      {"name", "name{full:'张伟'}", "name{full:'张▀'}", kFiner},
      {"name", "name{full:'钟山'}", "name{full:'鍾山'}", kFiner},
      {"name", "name{full:'张伟'}", "name{full:'王伟'}", kIncompatible},
      {"name", "name{full:'张伟' former:'张小'}", "name{full:'张伟'}", kSame},
      // divisions: finer, dead with one successor, elsewhere
      {"residence", "residence{division:'320505010'}",
       "residence{division:'320505'}", kFiner},
      {"residence", "residence{division:'320500'}",
       "residence{division:'320505'}", kCoarser},
      {"residence", "residence{division:'320584'}",
       "residence{division:'320509'}", kSame},
      {"residence", "residence{division:'320505'}",
       "residence{division:'341202'}", kIncompatible},
      // an absent part is refined by any; each side may say more
      {"residence", "residence{division:'320505' address:'东环路1号'}",
       "residence{division:'320505'}", kFiner},
      {"residence", "residence{division:'320505' address:'东环路1号'}",
       "residence{division:'320505010'}", kCompatible},
      {"residence", "residence{division:'320505' address:'东环路1号'}",
       "residence{division:'320505' address:'东环路 １号'}", kSame},
      {"residence", "residence{division:'320505' address:'东环路1号'}",
       "residence{division:'320505' address:'东环路2号'}", kIncompatible},
      // details ride along
      {"residence", "residence{division:'320505' since{year:2025}}",
       "residence{division:'320505' since{year:2024}}", kSame},
      // dates
      {"birth_date", "birth_date{date{year:1990 month:3 day:7}}",
       "birth_date{date{year:1990 month:3}}", kFiner},
      {"birth_date", "birth_date{date{year:1990}}",
       "birth_date{date{year:1990 month:3}}", kCoarser},
      {"birth_date", "birth_date{date{year:1990 month:3 day:7}}",
       "birth_date{date{year:1990 month:3 day:8}}", kIncompatible},
      // 1990-03-07 was the eleventh of the second month
      {"birth_date", "birth_date{date{year:1990 month:3 day:7}}",
       "birth_date{date{year:1990 month:2 day:11 calendar:CALENDAR_LUNAR}}",
       kSame},
      {"birth_date", "birth_date{date{year:1990 month:3 day:7}}",
       "birth_date{date{year:1990 month:2 calendar:CALENDAR_LUNAR}}", kFiner},
      {"birth_date", "birth_date{date{year:1990 month:1 day:20}}",
       "birth_date{date{year:1990 calendar:CALENDAR_LUNAR}}", kIncompatible},
      {"birth_date", "birth_date{date{year:1990 month:2 day:30}}",
       "birth_date{date{year:1990 month:2}}", kFiner},
      // what was not stated contradicts nothing
      {"sex", "sex{value:SEX_FEMALE}", "sex{value:SEX_NOT_STATED}", kFiner},
      {"sex", "sex{value:SEX_FEMALE}", "sex{value:SEX_MALE}", kIncompatible},
      // codes of two versions of one list
      {"education", "education{level{value:'21' list:'GB4658:2006'}}",
       "education{level{value:'20' list:'GB4658:2006'}}", kFiner},
      {"education", "education{level{value:'21' list:'GB4658:2006'}}",
       "education{level{value:'31' list:'GB4658:2006'}}", kIncompatible},
      {"education", "education{level{value:'50' list:'GB4658:1984'}}",
       "education{level{value:'50' list:'GB4658:2006'}}", kIncompatible},
      // sets inside a value: more of them says more
      {"contact", "contact{phones:'13912345678' phones:'051265211234'}",
       "contact{phones:'051265211234'}", kFiner},
      {"contact", "contact{phones:'13912345678'}",
       "contact{phones:'13912345679'}", kIncompatible},
      {"social_insurance",
       "social_insurance{schemes{scheme:SCHEME_PENSION_EMPLOYEE "
       "state:STATE_INSURED since{year:2020}}}",
       "social_insurance{schemes{scheme:SCHEME_PENSION_EMPLOYEE "
       "state:STATE_INSURED}}",
       kSame},
      {"social_insurance",
       "social_insurance{schemes{scheme:SCHEME_PENSION_EMPLOYEE "
       "state:STATE_INSURED}}",
       "social_insurance{schemes{scheme:SCHEME_PENSION_EMPLOYEE "
       "state:STATE_ENDED}}",
       kIncompatible},
      {"employment", "employment{employer:'苏州 ＡＢ 厂'}",
       "employment{employer:'苏州ab厂'}", kSame},
  };
  for (const auto& [name, a, b, want] : cases) {
    SCOPED_TRACE(std::string(a) + " / " + std::string(b));
    const AttributeInfo& attribute = *FindAttribute(name);
    const v1::Person x = PersonOf(a);
    const v1::Person y = PersonOf(b);
    ExpectRelation(attribute, *ValueOf(attribute, x), *ValueOf(attribute, y));
    EXPECT_EQ(
        StandingOf(attribute, *ValueOf(attribute, x), *ValueOf(attribute, y)),
        want);
  }
}

TEST(Meaning, NamesTheEntriesOfASet) {
  const AttributeInfo& business = *FindAttribute("business");
  const v1::Person person = PersonOf(
      "business{number:'A' role:ROLE_OPERATOR title:'x'}"
      "business{number:'A' role:ROLE_OPERATOR title:'y'}"
      "business{number:'A' role:ROLE_SHAREHOLDER}");
  const auto key = [&](int entry) {
    return EntryKey(business, *ValueOf(business, person, entry));
  };
  EXPECT_EQ(EntryCount(business, person), 3);
  EXPECT_EQ(key(0), key(1));
  EXPECT_NE(key(0), key(2));
  const v1::Person named = PersonOf("name{full:'张伟'}");
  EXPECT_EQ(EntryKey(GetAttribute(kName), *ValueOf(GetAttribute(kName), named)),
            "");
  EXPECT_EQ(ValueOf(business, named), nullptr);
  EXPECT_EQ(ValueOf(business, person, 3), nullptr);
}

TEST(Meaning, CutsToPartial) {
  const struct {
    std::string_view attribute, value;
    int digits;
    std::string_view want;  // empty: nothing is left
  } cases[] = {
      {"residence",
       "residence{division:'320505010003' address:'东环路1号' dwelling:'D1' "
       "since{year:2025 month:3 day:1} until{year:2026} "
       "planned_until{year:2027}}",
       6,
       "residence{division:'320505' since{year:2025 month:3 day:1} "
       "until{year:2026}}"},
      {"residence", "residence{division:'320505010003'}", 9,
       "residence{division:'320505010'}"},
      {"residence", "residence{division:'320505'}", 9,
       "residence{division:'320505'}"},
      {"residence", "residence{division:'320505010'}", 4,
       "residence{division:'320500'}"},
      {"residence", "residence{address:'东环路1号'}", 6, ""},
      {"birth_date", "birth_date{date{year:1990 month:3 day:7}}", 0,
       "birth_date{date{year:1990}}"},
      {"movement",
       "movement{left_origin{year:2025 month:2} arrived{year:2025 month:3} "
       "returned{year:2026} reason:REASON_WORK state:STATE_LEFT}",
       0, "movement{left_origin{year:2025 month:2} returned{year:2026}}"},
      {"movement", "movement{arrived{year:2025 month:3}}", 0, ""},
      {"name", "name{full:'张伟'}", 6, ""},
      {"household_registration",
       "household_registration{division:'341202' kind:KIND_AGRICULTURAL "
       "address:'阜阳'}",
       6, "household_registration{division:'341202'}"},
  };
  for (const auto& [name, given, digits, want] : cases) {
    SCOPED_TRACE(given);
    const AttributeInfo& attribute = *FindAttribute(name);
    const v1::Person person = PersonOf(given);
    const Message& whole = *ValueOf(attribute, person);
    const std::unique_ptr<Message> cut(whole.New());
    cut->CopyFrom(whole);
    EXPECT_EQ(CutToPartial(attribute, digits, *cut), !want.empty());
    if (want.empty()) continue;
    const v1::Person wanted = PersonOf(want);
    EXPECT_TRUE(Identical(attribute, *cut, *ValueOf(attribute, wanted)))
        << cut->ShortDebugString();
    EXPECT_TRUE(Refines(attribute, whole, *cut));
    const std::unique_ptr<Message> again(cut->New());
    again->CopyFrom(*cut);
    CutToPartial(attribute, digits, *again);
    EXPECT_TRUE(Identical(attribute, *cut, *again));
  }
}

rc::Gen<codes::PartialDate> AnyDate() {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange(1988, 1992), rc::gen::inRange(0, 4),
                     rc::gen::element(0, 1, 2, 15, 28, 29, 30, 31),
                     rc::gen::arbitrary<bool>(), rc::gen::arbitrary<bool>()),
      [](const auto& parts) {
        const auto& [year, month, day, lunar, leap] = parts;
        codes::PartialDate date;
        date.year = static_cast<std::int16_t>(year);
        date.month = static_cast<std::uint8_t>(month);
        date.day = static_cast<std::uint8_t>(month == 0 ? 0 : day);
        date.lunar = lunar;
        date.leap_month = lunar && leap && month != 0;
        return date;
      });
}

}  // namespace
}  // namespace waystation::domain

namespace rc {
template <>
struct Arbitrary<waystation::codes::PartialDate> {
  static Gen<waystation::codes::PartialDate> arbitrary() {
    return waystation::domain::AnyDate();
  }
};
}  // namespace rc

namespace waystation::domain {
namespace {

RC_GTEST_PROP(Meaning, DatesAreInAPreorder,
              (codes::PartialDate a, codes::PartialDate b,
               codes::PartialDate c)) {
  RC_ASSERT(DateRefines(a, a));
  if (DateRefines(a, b) && DateRefines(b, c)) RC_ASSERT(DateRefines(a, c));
}

// Refinement of whole values, over values that meet often.
RC_GTEST_PROP(Meaning, ValuesAreInAPreorder, ()) {
  const AttributeInfo& attribute = *FindAttribute("residence");
  const auto any = [] {
    const auto division = *rc::gen::element<std::string>(
        "", "320505", "320505010", "320500", "320584", "320509", "341202");
    const auto address = *rc::gen::element<std::string>("", "东环路1号", "x");
    v1::Person person;
    person.mutable_residence()->set_division(division);
    person.mutable_residence()->set_address(address);
    return person;
  };
  const v1::Person a = any();
  const v1::Person b = any();
  const v1::Person c = any();
  const auto refines = [&](const v1::Person& x, const v1::Person& y) {
    return Refines(attribute, *ValueOf(attribute, x), *ValueOf(attribute, y));
  };
  RC_ASSERT(refines(a, a));
  if (refines(a, b) && refines(b, c)) RC_ASSERT(refines(a, c));
  if (refines(a, b) || refines(b, a)) {
    RC_ASSERT(
        Compatible(attribute, *ValueOf(attribute, a), *ValueOf(attribute, b)));
  }
}

}  // namespace
}  // namespace waystation::domain
