// SPDX-License-Identifier: Apache-2.0
// Sectors that bring a mapping file and nothing else.
#include "adapters/other_sectors/other_sectors.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "adapters/framework/mapping/mapping.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "tests/unit/adapters/support/mapped_file.h"
#include "waystation/v1/person.pb.h"

namespace waystation::adapters {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

absl::StatusOr<std::unique_ptr<const Mapping>> Compiled(
    std::string_view sector, const std::string& yaml) {
  config::v1::Mapping config;
  const auto places = runtime::ReadYaml(yaml, "m.yaml", config);
  EXPECT_TRUE(places.ok()) << places.status();
  return Mapping::Compile(config, *places, *FindOtherSector(sector));
}

// One that fills `field` of `attribute` from the column.
absl::StatusOr<std::unique_ptr<const Mapping>> MappingOf(
    std::string_view sector, std::string_view attribute, std::string_view field,
    std::string_view column) {
  return Compiled(sector,
                  absl::StrCat("sector: ", std::string(sector),
                               "\ntable: {charset: gbk}\nrecord_key: FWBH\n"
                               "attributes:\n  - attribute: ",
                               std::string(attribute),
                               "\n    fields: [{field: ", std::string(field),
                               ", column: \"", std::string(column), "\"}]\n"));
}

struct Refused {
  std::string_view sector;
  std::string_view column;
  // Part of the rule.
  std::string_view rule;
};

TEST(OtherSectors, AreKnownByName) {
  for (const std::string_view name :
       {"education", "housing", "transport", "agriculture", "finance",
        "civil_affairs", "womens_federation"}) {
    ASSERT_NE(FindOtherSector(name), nullptr) << name;
    EXPECT_EQ(FindOtherSector(name)->name, name);
  }
  for (const std::string_view name : {"health", "landlord", ""}) {
    EXPECT_EQ(FindOtherSector(name), nullptr) << name;
  }
}

// Domain facts 1.1: addresses of dwellings, and no list of who rents them.
TEST(OtherSectors, HousingRefusesTenantsByName) {
  for (const std::string_view column :
       {"TENANT_NAME", "tenantId", "RENTER",     "lessee_phone", "Occupant",
        "CZR",         "CZRXM",    "CZRSFZH",    "CZFXM",        "ZKXM",
        "ZHXM",        "FKXM",     "RZRXM",      "TZRXM",        "承租人",
        "承租方姓名",  "租客姓名", "租户身份证", "房客",         "实际入住人",
        "同住人姓名"}) {
    const auto mapping = MappingOf("housing", "residence", "address", column);
    EXPECT_EQ(errors::ReasonOf(mapping.status()), "COLUMN_DENIED") << column;
    const auto violations = errors::ViolationsOf(mapping.status());
    ASSERT_EQ(violations.size(), 1U) << column;
    EXPECT_THAT(violations[0].field, HasSubstr("m.yaml:6:"));
    EXPECT_THAT(violations[0].rule, HasSubstr("a tenant"));
  }
  for (const std::string_view column : {"FWZL", "房屋坐落", "XQMC", "DZ"}) {
    EXPECT_TRUE(MappingOf("housing", "residence", "address", column).ok())
        << column;
  }
}

// Whatever the column is called: of a dwelling, and of nobody who lives there.
TEST(OtherSectors, HousingFillsNothingButDwellings) {
  for (const std::string_view field : {"division", "address", "dwelling"}) {
    EXPECT_TRUE(MappingOf("housing", "residence", field, "C").ok()) << field;
  }
  const struct {
    std::string_view attribute, field;
  } others[] = {{"name", "full"},          {"identifiers", "number"},
                {"contact", "phones"},     {"residence", "since"},
                {"residence", "until"},    {"sex", "value"},
                {"birth_date", "date"},    {"residence", "planned_until"},
                {"employment", "employer"}};
  for (const auto& [attribute, field] : others) {
    const auto mapping = MappingOf("housing", attribute, field, "C");
    EXPECT_EQ(errors::ReasonOf(mapping.status()), "COLUMN_DENIED") << field;
    const auto violations = errors::ViolationsOf(mapping.status());
    ASSERT_EQ(violations.size(), 1U) << field;
    EXPECT_THAT(violations[0].field, HasSubstr("m.yaml:6:"));
    EXPECT_THAT(violations[0].rule, HasSubstr("addresses and dwellings only"));
  }
  // The day from which a claim is true would be the day of moving in.
  const auto mapping =
      Compiled("housing",
               "sector: housing\ntable: {charset: gbk}\nrecord_key: FWBH\n"
               "attributes:\n  - attribute: residence\n    valid_from: QSRQ\n"
               "    fields: [{field: address, column: DZ}]\n");
  EXPECT_EQ(errors::ReasonOf(mapping.status()), "COLUMN_DENIED");
}

// There is no mapping that finance could have.
TEST(OtherSectors, FinanceFillsNothing) {
  const auto& person = *v1::Person::descriptor();
  for (int i = 0; i < person.field_count(); ++i) {
    const auto& attribute = *person.field(i);
    // Its first field, but for a message that has fields of its own.
    const std::string path = attribute.name() == "social_insurance"
                                 ? "region"
                                 : attribute.message_type()->field(0)->name();
    const auto mapping = MappingOf("finance", attribute.name(), path, "AMOUNT");
    EXPECT_EQ(errors::ReasonOf(mapping.status()), "COLUMN_DENIED")
        << attribute.name();
    ASSERT_FALSE(errors::ViolationsOf(mapping.status()).empty());
    EXPECT_THAT(errors::ViolationsOf(mapping.status())[0].rule,
                HasSubstr("aggregates only"));
  }
  const auto empty = Compiled(
      "finance", "sector: finance\ntable: {charset: gbk}\nrecord_key: FWBH\n");
  EXPECT_EQ(errors::ReasonOf(empty.status()), "CONFIG_INVALID");
}

// Of each sector what its systems hold and the exchange must not.
TEST(OtherSectors, RefuseTheirOwnColumnsByName) {
  const Refused cases[] = {
      {"education", "父亲姓名", "another person"},
      {"education", "母亲联系电话", "another person"},
      {"education", "监护人姓名", "another person"},
      {"education", "监护人身份证件号", "another person"},
      {"education", "guardian_phone", "another person"},
      {"education", "JHRXM", "another person"},
      {"education", "是否留守儿童", "state of a family"},
      {"education", "SFLSET", "state of a family"},
      {"education", "是否单亲家庭", "state of a family"},
      {"education", "是否孤儿", "state of a family"},
      {"education", "家庭经济困难", "state of a family"},
      {"education", "是否贫困生", "labels"},
      {"education", "违纪处分", "penalties"},
      {"education", "残疾类型", "health"},
      {"education", "照片", "biometrics"},
      {"transport", "行驶轨迹", "movement history"},
      {"transport", "GPSWZ", "movement history"},
      {"transport", "经度", "movement history"},
      {"transport", "乘客姓名", "another person"},
      {"transport", "违章次数", "penalties"},
      {"transport", "累计记分", "penalties"},
      {"agriculture", "家庭成员", "state of a family"},
      {"agriculture", "承包方成员", "another person"},
      {"agriculture", "一卡通账号", "accounts"},
      {"agriculture", "建档立卡户", "labels"},
      {"civil_affairs", "家庭月收入", "state of a family"},
      {"civil_affairs", "收养登记号", "state of a family"},
      {"civil_affairs", "银行账号", "accounts"},
      {"civil_affairs", "致贫原因", "labels"},
      {"civil_affairs", "结婚登记日期", "marital state"},
      {"womens_federation", "是否家暴受害人", "in confidence"},
      {"womens_federation", "家庭暴力情况", "in confidence"},
      {"womens_federation", "诉求内容", "in confidence"},
      {"womens_federation", "两癌筛查结果", "in confidence"},
      {"womens_federation", "离异", "state of a family"},
      {"womens_federation", "孩子姓名", "state of a family"},
  };
  for (const auto& [sector, column, rule] : cases) {
    SCOPED_TRACE(std::string(sector) + " " + std::string(column));
    const auto mapping = MappingOf(sector, "name", "full", column);
    EXPECT_EQ(errors::ReasonOf(mapping.status()), "COLUMN_DENIED");
    const auto violations = errors::ViolationsOf(mapping.status());
    ASSERT_EQ(violations.size(), 1U);
    EXPECT_THAT(violations[0].rule, HasSubstr(std::string(rule)));
  }
}

// Codes of services are spelled in lower case, and tokens are not.
TEST(OtherSectors, AServiceKeepsItsSpelling) {
  const auto mapping = MappingOf("civil_affairs", "services", "code", "FW");
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  const MappedFile file =
      ReadMapped(**mapping, "FWBH,FW\nF1,social_aid.relief\n", ".csv");
  ASSERT_EQ(file.rows.size(), 1U);
  EXPECT_EQ(file.rows[0].update.claims().services(0).code(),
            "social_aid.relief");
}

// What a mapping says is nothing of the exchange's leaves no entry behind, and
// no word of what stood beside it.
TEST(OtherSectors, AServiceThatIsNoneIsNoEntry) {
  const auto mapping = Compiled(
      "civil_affairs",
      "sector: civil_affairs\ntable: {charset: gbk}\nrecord_key: FWBH\n"
      "attributes:\n"
      "  - attribute: services\n    fields:\n"
      "      - {field: code, column: FW, code_map: relief}\n"
      "      - {field: provider, column: JG}\n"
      "  - attribute: residence\n"
      "    fields: [{field: address, column: DZ}]\n"
      "code_maps:\n  - name: relief\n"
      "    entries: {LS: social_aid.relief, YL: \"\"}\n");
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  const MappedFile file =
      ReadMapped(**mapping, "FWBH,FW,JG,DZ\nF1,LS,P1,a\nF2,YL,P2,b\n", ".csv");
  ASSERT_EQ(file.rows.size(), 2U);
  EXPECT_EQ(file.rows[0].update.claims().services_size(), 1);
  EXPECT_EQ(file.rows[1].update.claims().services_size(), 0);
  EXPECT_EQ(file.rows[1].update.claims().residence().address(), "b");
  for (const auto& detail : file.rows[1].update.details()) {
    EXPECT_EQ(detail.ShortDebugString().find("P2"), std::string::npos);
  }
}

// The mapping that lies in the folder for each, and none for finance.
TEST(OtherSectors, BringMappings) {
  for (const Sector& sector : OtherSectors()) {
    SCOPED_TRACE(sector.name);
    const std::string path =
        absl::StrCat(WAYSTATION_SOURCE_DIR, "/adapters/other_sectors/",
                     std::string(sector.name), ".yaml");
    const auto mapping = Mapping::Load(path, sector);
    if (sector.name == "finance") {
      EXPECT_FALSE(std::filesystem::exists(path));
      continue;
    }
    EXPECT_TRUE(mapping.ok()) << mapping.status();
  }
}

TEST(OtherSectors, NobodySendsWhatTheExchangeMustNotHold) {
  for (const Sector& sector : OtherSectors()) {
    for (const std::string_view column :
         {"HYZK", "SFSY", "MZ", "婚姻状况", "孕情", "子女数", "is_pregnant",
          "健康状况", "黑名单", "处罚决定书"}) {
      EXPECT_NE(FindDenial(sector.denials, column), nullptr)
          << sector.name << " " << column;
    }
  }
}

TEST(OtherSectors, ATenantInAFileIsDroppedAndListed) {
  const auto mapping = MappingOf("housing", "residence", "address", "FWZL");
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  const MappedFile file = ReadMapped(
      **mapping, "FWBH,FWZL,CZRXM,CZRSFZH\nF1,a,b,041202199003070411\n",
      ".csv");
  ASSERT_EQ(file.rows.size(), 1U);
  EXPECT_EQ(file.rows[0].update.claims().residence().address(), "a");
  EXPECT_THAT(file.columns,
              Contains(StartsWith("CZRXM: COLUMN_DENIED a tenant")));
  EXPECT_THAT(file.columns,
              Contains(StartsWith("CZRSFZH: COLUMN_DENIED a tenant")));
}

// A plain table of a register abroad, with names and addresses in parts.
TEST(OtherSectors, APlainTableInLatinScriptNeedsNoCode) {
  constexpr std::string_view kYaml =
      "sector: transport\n"
      "table: {charset: utf8}\n"
      "record_key: rec_id\n"
      "attributes:\n"
      "  - attribute: name\n"
      "    fields: [{field: full, columns: [given_name, surname]}]\n"
      "  - attribute: birth_date\n"
      "    fields: [{field: date, column: date_of_birth}]\n"
      "  - attribute: residence\n"
      "    fields: [{field: address, columns: [street, suburb, postcode]}]\n"
      "  - attribute: contact\n"
      "    fields: [{field: phones, column: phone}]\n";
  config::v1::Mapping config;
  const auto places = runtime::ReadYaml(kYaml, "m.yaml", config);
  ASSERT_TRUE(places.ok()) << places.status();
  const auto mapping =
      Mapping::Compile(config, *places, *FindOtherSector("transport"));
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  const MappedFile file = ReadMapped(
      **mapping,
      "rec_id,given_name,surname,date_of_birth,street,suburb,postcode,phone\n"
      "R1,Ann, Lee ,19850307,12 Elm Road,Ashfield,2131,02 5550 1234\n"
      "R2,,Lee,,,Ashfield,,\n"
      "R3,,,,,,,\n",
      ".csv");
  ASSERT_EQ(file.rows.size(), 3U);
  const v1::Person& whole = file.rows[0].update.claims();
  EXPECT_EQ(whole.name().full(), "Ann Lee");
  EXPECT_EQ(whole.residence().address(), "12 Elm Road Ashfield 2131");
  // Each column as it was given, since none says what the field does.
  const auto& details = file.rows[0].update.details();
  std::string given;
  for (const auto& detail : details) {
    for (const auto& value : detail.given()) {
      given += value.column() + "=" + value.bytes() + ";";
    }
  }
  EXPECT_THAT(given, HasSubstr("given_name=Ann;surname= Lee ;"));
  EXPECT_THAT(given, HasSubstr("postcode=2131;"));
  EXPECT_EQ(file.rows[1].update.claims().name().full(), "Lee");
  EXPECT_EQ(file.rows[1].update.claims().residence().address(), "Ashfield");
  EXPECT_FALSE(file.rows[2].update.claims().has_name());
  EXPECT_FALSE(file.rows[2].update.claims().has_residence());
  EXPECT_THAT(file.columns, Contains("surname: name.full"));
}

}  // namespace
}  // namespace waystation::adapters
