// SPDX-License-Identifier: Apache-2.0
// Sectors that bring a mapping file and nothing else.
#include "adapters/other_sectors/other_sectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "adapters/framework/mapping/mapping.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "tests/unit/adapters/support/mapped_file.h"

namespace waystation::adapters {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

absl::StatusOr<std::unique_ptr<const Mapping>> MappingOf(
    std::string_view sector, std::string_view column) {
  const std::string yaml =
      absl::StrCat("sector: ", std::string(sector),
                   "\ntable: {charset: gbk}\nrecord_key: FWBH\n"
                   "attributes:\n"
                   "  - attribute: name\n"
                   "    fields: [{field: full, column: \"",
                   std::string(column), "\"}]\n");
  config::v1::Mapping config;
  const auto places = runtime::ReadYaml(yaml, "m.yaml", config);
  EXPECT_TRUE(places.ok()) << places.status();
  return Mapping::Compile(config, *places, sector,
                          FindOtherSector(sector)->denials);
}

TEST(OtherSectors, AreKnownByName) {
  for (const std::string_view name : {"education", "housing", "transport",
                                      "agriculture", "womens_federation"}) {
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
    const auto mapping = MappingOf("housing", column);
    EXPECT_EQ(errors::ReasonOf(mapping.status()), "COLUMN_DENIED") << column;
    const auto violations = errors::ViolationsOf(mapping.status());
    ASSERT_EQ(violations.size(), 1U) << column;
    EXPECT_THAT(violations[0].field, HasSubstr("m.yaml:6:"));
    EXPECT_THAT(violations[0].rule, HasSubstr("a tenant"));
  }
  for (const std::string_view column :
       {"QLRXM", "权利人", "FWZL", "房屋坐落", "XQMC", "DZ", "TYPE"}) {
    EXPECT_TRUE(MappingOf("housing", column).ok()) << column;
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
  const auto mapping = MappingOf("housing", "QLRXM");
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  const MappedFile file = ReadMapped(
      **mapping, "FWBH,QLRXM,CZRXM,CZRSFZH\nF1,a,b,041202199003070411\n",
      ".csv");
  ASSERT_EQ(file.rows.size(), 1U);
  EXPECT_EQ(file.rows[0].update.claims().name().full(), "a");
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
  const auto mapping = Mapping::Compile(config, *places, "transport", {});
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
