// SPDX-License-Identifier: Apache-2.0
#include "proto/directory/check_services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "proto/directory/service_class.h"
#include "proto/runtime/yaml.h"
#include "waystation/config/v1/services.pb.h"

namespace waystation::directory {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

config::v1::ServiceCatalogue Shipped() {
  config::v1::ServiceCatalogue file;
  const auto read =
      runtime::ReadYaml(kDefaultCatalogue, "catalogue.yaml", file);
  EXPECT_TRUE(read.ok()) << read.status();
  return file;
}

config::v1::ServicePoints ShippedPoints() {
  config::v1::ServicePoints file;
  const auto read = runtime::ReadYaml(kDefaultPoints, "points.yaml", file);
  EXPECT_TRUE(read.ok()) << read.status();
  return file;
}

// "field: rule" of each.
std::vector<std::string> Texts(
    const std::vector<errors::FieldViolation>& violations) {
  std::vector<std::string> texts;
  for (const auto& [field, rule] : violations)
    texts.push_back(field + ": " + rule);
  return texts;
}

std::vector<std::string> Fields(
    const std::vector<errors::FieldViolation>& violations) {
  std::vector<std::string> fields;
  for (const auto& [field, rule] : violations) fields.push_back(field);
  return fields;
}

TEST(ShippedCatalogue, IsSound) {
  EXPECT_THAT(Texts(CheckCatalogue(Shipped())), IsEmpty());
  EXPECT_THAT(Texts(CheckPoints(ShippedPoints(), Shipped())), IsEmpty());
}

TEST(ShippedCatalogue, HoldsEachBundleOfTheSixCities) {
  std::set<std::string> sources;
  const config::v1::ServiceCatalogue shipped = Shipped();
  for (const auto& entry : shipped.services()) {
    sources.insert(entry.source_zh());
  }
  for (const char* bundle : {"六个一", "六项免费", "五免", "六到人", "八项待遇",
                             "服务卡", "社会妈妈"}) {
    EXPECT_THAT(sources, Contains(HasSubstr(bundle)));
  }
}

TEST(ShippedCatalogue, HasEachClass) {
  std::set<std::string> classes;
  const config::v1::ServiceCatalogue shipped = Shipped();
  for (const auto& entry : shipped.services()) {
    classes.insert(std::string(ServiceClassOf(entry.code())));
  }
  for (const std::string_view one : kServiceClasses) {
    EXPECT_THAT(classes, Contains(std::string(one)));
  }
  EXPECT_THAT(classes, Contains(std::string(kHealthServiceClass)));
}

config::v1::ServiceCatalogue With(
    const std::function<void(v1::CatalogueEntry&)>& change) {
  config::v1::ServiceCatalogue file;
  file.set_version("1");
  v1::CatalogueEntry& entry = *file.add_services();
  entry.set_code("training.welding");
  entry.set_title_zh("焊工培训");
  entry.set_title_en("Welding course");
  entry.add_sectors("labor");
  entry.set_source_zh("镇江");
  entry.set_source_en("Zhenjiang");
  change(entry);
  return file;
}

TEST(CheckCatalogue, TakesASoundOne) {
  EXPECT_THAT(Texts(CheckCatalogue(With([](auto&) {}))), IsEmpty());
}

TEST(CheckCatalogue, NamesWhatIsWrong) {
  const struct {
    const char* name;
    std::function<void(v1::CatalogueEntry&)> change;
    std::string field;
  } cases[] = {
      {"no class", [](auto& e) { e.set_code("welding"); }, "code"},
      {"another class", [](auto& e) { e.set_code("control.visit"); }, "code"},
      {"no name", [](auto& e) { e.set_code("training."); }, "code"},
      {"letters", [](auto& e) { e.set_code("training.Welding"); }, "code"},
      {"no title", [](auto& e) { e.clear_title_en(); }, "title_en"},
      {"two lines", [](auto& e) { e.set_title_zh("焊\n工"); }, "title_zh"},
      {"no source", [](auto& e) { e.clear_source_zh(); }, "source_zh"},
      {"nobody", [](auto& e) { e.clear_sectors(); }, "sectors"},
      {"empty sector", [](auto& e) { e.set_sectors(0, ""); }, "sectors[0]"},
      {"twice", [](auto& e) { e.add_sectors("labor"); }, "sectors[1]"},
      {"police", [](auto& e) { e.add_sectors("public_security"); },
       "sectors[1]"},
  };
  for (const auto& [name, change, field] : cases) {
    SCOPED_TRACE(name);
    EXPECT_THAT(Fields(CheckCatalogue(With(change))),
                Contains("services[0]." + field));
  }
}

TEST(CheckCatalogue, NamesACodeThatStandsTwice) {
  auto file = With([](auto&) {});
  *file.add_services() = file.services(0);
  EXPECT_THAT(Texts(CheckCatalogue(file)),
              ElementsAre("services[1].code: stands twice"));
}

// What the cities' lists held and must not come back (domain facts 1.4 to 1.7).
TEST(CheckCatalogue, RefusesDutiesPricesAndChecks) {
  for (const char* title :
       {"计划生育合同", "包保责任书", "专项保证金", "孕环情检查", "四项手术",
        "补救措施落实", "社会抚养费征收", "举报电话", "返乡妇检", "必须参加",
        "婚育证明查验", "环检", "引产"}) {
    SCOPED_TRACE(title);
    EXPECT_THAT(
        Texts(CheckCatalogue(With([&](auto& e) { e.set_title_zh(title); }))),
        Contains(HasSubstr("title_zh: a service is no duty")));
  }
  for (const char* title :
       {"Birth contract", "Guarantee bond", "Deposits", "A small fee", "Fines",
        "Compulsory check", "Abortion", "IUD check", "Sterilisation",
        "Remedial measures", "Operations"}) {
    SCOPED_TRACE(title);
    EXPECT_THAT(
        Texts(CheckCatalogue(With([&](auto& e) { e.set_title_en(title); }))),
        Contains(HasSubstr("title_en: a service is no duty")));
  }
  EXPECT_THAT(Texts(CheckCatalogue(With(
                  [](auto& e) { e.set_code("registration.birth_contract"); }))),
              Contains(HasSubstr("code: a service is no duty")));
}

TEST(CheckCatalogue, RefusesToSayForWhom) {
  for (const char* title :
       {"育龄妇女服务", "已婚人员课堂", "独生子女家庭帮扶", "二孩家庭走访"}) {
    SCOPED_TRACE(title);
    EXPECT_THAT(
        Texts(CheckCatalogue(With([&](auto& e) { e.set_title_zh(title); }))),
        Contains(HasSubstr("for whoever lives there")));
  }
  EXPECT_THAT(Texts(CheckCatalogue(With([](auto& e) {
                e.set_title_en("Course for unmarried people");
              }))),
              Contains(HasSubstr("for whoever lives there")));
}

// A code of another class could be held with a person.
TEST(CheckCatalogue, KeepsHealthAndFamilyInTheClassHealth) {
  for (const char* title : {"孕期保健", "产后访视", "生育保险", "避孕药具",
                            "预防接种", "婚前教育"}) {
    SCOPED_TRACE(title);
    EXPECT_THAT(
        Texts(CheckCatalogue(With([&](auto& e) { e.set_title_zh(title); }))),
        Contains(HasSubstr("is of the class health")));
    EXPECT_THAT(Texts(CheckCatalogue(With([&](auto& e) {
                  e.set_title_zh(title);
                  e.set_code("health.something");
                }))),
                IsEmpty());
  }
  EXPECT_THAT(Texts(CheckCatalogue(With([](auto& e) {
                e.set_code("social_aid.maternity_benefit");
              }))),
              Contains(HasSubstr("is of the class health")));
}

TEST(CheckCatalogue, LeavesHealthToWhoProvidesIt) {
  for (const char* sector : {"commerce", "womens_federation", "education"}) {
    EXPECT_THAT(Texts(CheckCatalogue(With([&](auto& e) {
                  e.set_code("health.check_up");
                  e.set_sectors(0, sector);
                }))),
                Contains(HasSubstr("sectors health and labor alone")));
  }
}

TEST(CheckCatalogue, IsNotMistakenByPartsOfWords) {
  for (const char* title : {"Finding a room", "Feeding advice",
                            "Refined metal work", "Muster roll"}) {
    EXPECT_THAT(
        Texts(CheckCatalogue(With([&](auto& e) { e.set_title_en(title); }))),
        IsEmpty())
        << title;
  }
}

TEST(Catalogue, HasNoPlaceForAPriceOrForWhom) {
  for (const auto* type :
       {v1::CatalogueEntry::descriptor(), v1::ServicePoint::descriptor()}) {
    for (int i = 0; i < type->field_count(); ++i) {
      const std::string& name = type->field(i)->name();
      for (const char* word :
           {"price", "fee", "cost", "sex", "gender", "age", "family",
            "audience", "target", "person", "text", "note"}) {
        EXPECT_NE(name, word) << type->full_name();
      }
    }
  }
  config::v1::ServiceCatalogue file;
  const auto read = runtime::ReadYaml(
      "version: a\nservices:\n  - code: training.x\n    fee: 5\n", "c.yaml",
      file);
  EXPECT_THAT(std::string(read.status().ToString()), Not(IsEmpty()));
  EXPECT_FALSE(read.ok());
}

TEST(CheckPoints, NamesWhatIsWrong) {
  const auto sound = ShippedPoints();
  const struct {
    const char* name;
    std::function<void(v1::ServicePoint&)> change;
    std::string field;
  } cases[] = {
      {"id", [](auto& p) { p.set_id("A B"); }, "id"},
      {"twice", [](auto& p) { p.set_id("nj_qinhuai_centre"); }, ""},
      {"kind", [](auto& p) { p.clear_kind(); }, "kind"},
      {"name", [](auto& p) { p.clear_name_zh(); }, "name_zh"},
      {"address", [](auto& p) { p.clear_address(); }, "address"},
      {"digits", [](auto& p) { p.set_division("32010"); }, "division"},
      {"letters", [](auto& p) { p.set_division("320102A02"); }, "division"},
      {"unknown", [](auto& p) { p.set_division("999999"); }, "division"},
      {"too fine", [](auto& p) { p.set_division("320102002001007001"); },
       "division"},
      {"none", [](auto& p) { p.clear_services(); }, "services"},
      {"no service", [](auto& p) { p.set_services(0, "health.x"); },
       "services[0]"},
      {"again", [](auto& p) { p.add_services(p.services(0)); }, "services[8]"},
  };
  for (const auto& [name, change, field] : cases) {
    SCOPED_TRACE(name);
    auto file = sound;
    change(*file.mutable_points(0));
    const auto found = Fields(CheckPoints(file, Shipped()));
    if (field.empty()) {
      EXPECT_THAT(found, ElementsAre("points[4].id"));
    } else {
      EXPECT_THAT(found, ElementsAre("points[0]." + field));
    }
  }
}

TEST(CheckResidents, NamesWhatIsWrong) {
  using config::v1::Residents;
  Residents sound;
  ASSERT_TRUE(runtime::ReadYaml("version: a\n"
                                "source: a yearbook\n"
                                "as_of: 2025-12-31\n"
                                "counties:\n"
                                "  - {division: '320505', locals: 5}\n"
                                "  - {division: '320508', migrants: 7}\n",
                                "residents.yaml", sound)
                  .ok());
  EXPECT_THAT(Texts(CheckResidents(sound)), IsEmpty());
  const struct {
    std::string name;
    std::function<void(Residents&)> change;
    std::string field;
  } cases[] = {
      {"version", [](auto& r) { r.clear_version(); }, "version"},
      {"nobody says so", [](auto& r) { r.clear_source(); }, "source"},
      {"no day", [](auto& r) { r.clear_as_of(); }, "as_of"},
      {"half a day", [](auto& r) { r.mutable_as_of()->clear_day(); }, "as_of"},
      {"no such day", [](auto& r) { r.mutable_as_of()->set_month(11); },
       "as_of"},
      {"none", [](auto& r) { r.clear_counties(); }, "counties"},
      {"a city", [](auto& r) { r.mutable_counties(1)->set_division("320500"); },
       "counties[1].division"},
      {"a street",
       [](auto& r) { r.mutable_counties(1)->set_division("320505010"); },
       "counties[1].division"},
      {"twice", [](auto& r) { r.mutable_counties(1)->set_division("320505"); },
       "counties[1].division"},
      {"too many",
       [](auto& r) { r.mutable_counties(1)->set_locals(100'000'001); },
       "counties[1].locals"},
      {"too many",
       [](auto& r) { r.mutable_counties(0)->set_migrants(100'000'001); },
       "counties[0].migrants"},
  };
  for (const auto& [name, change, field] : cases) {
    SCOPED_TRACE(name);
    Residents file = sound;
    change(file);
    EXPECT_THAT(Fields(CheckResidents(file)), ElementsAre(field));
  }
}

}  // namespace
}  // namespace waystation::directory
