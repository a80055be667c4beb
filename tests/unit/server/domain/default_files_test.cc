// SPDX-License-Identifier: Apache-2.0
// The files under deploy/ say what the program says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <tuple>
#include <vector>

#include "proto/agreement/check_agreement.h"
#include "proto/runtime/yaml.h"
#include "server/domain/agreement.h"
#include "server/domain/rules.h"
#include "waystation/config/v1/ceiling.pb.h"
#include "waystation/config/v1/rules.pb.h"

namespace waystation::domain {
namespace {

using ::testing::IsEmpty;

const std::filesystem::path kDeploy =
    std::filesystem::path(WAYSTATION_SOURCE_DIR) / "deploy";

TEST(DefaultRules, AreTheDefaultsOfTheAttributes) {
  config::v1::Rules rules;
  const auto places = runtime::LoadYaml(kDeploy / "rules/default.yaml", rules);
  ASSERT_TRUE(places.ok()) << places.status();
  EXPECT_THAT(CheckRules(rules), IsEmpty());
  EXPECT_EQ(rules.resolution_size(), static_cast<int>(Attributes().size()));
  const RuleBook written(rules);
  const RuleBook compiled;
  EXPECT_EQ(written.version(), compiled.version());
  for (const AttributeInfo& attribute : Attributes()) {
    SCOPED_TRACE(attribute.name);
    const Rule& want = compiled.Of(attribute.number);
    const Rule& got = written.Of(attribute.number);
    EXPECT_EQ(got.criteria, want.criteria);
    EXPECT_EQ(got.owners, want.owners);
    EXPECT_TRUE(got.contests.empty());
  }
  EXPECT_EQ(rules.linking().levels_size(), static_cast<int>(kLevels));
  EXPECT_EQ(written.linking(), compiled.linking());
  // And so does what the hub writes out of them.
  EXPECT_EQ(WrittenOut(rules).SerializeAsString(),
            WrittenOut(config::v1::Rules()).SerializeAsString());
  EXPECT_EQ(RuleBook(WrittenOut(config::v1::Rules())).linking(),
            compiled.linking());
}

using Row =
    std::tuple<std::string, std::string, std::string, int, int, std::string>;

config::v1::SectorCeiling SectorRows() {
  config::v1::SectorCeiling rows;
  const auto places =
      runtime::LoadYaml(kDeploy / "ceiling/other_sectors.yaml", rows);
  EXPECT_TRUE(places.ok()) << places.status();
  return rows;
}

// Each with an id of its own, and nothing wrong with it.
std::vector<v1::Agreement> AgreementsIn(const std::filesystem::path& folder) {
  std::vector<v1::Agreement> agreements;
  std::set<std::string> ids;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.is_directory()) continue;
    SCOPED_TRACE(file.path().filename());
    v1::Agreement& agreement = agreements.emplace_back();
    const auto places = runtime::LoadYaml(file.path(), agreement);
    EXPECT_TRUE(places.ok()) << places.status();
    EXPECT_THAT(
        agreement::CheckAgreement(agreement, agreement::Ceiling(SectorRows())),
        IsEmpty());
    EXPECT_TRUE(ids.insert(agreement.id()).second);
  }
  return agreements;
}

// The default set is the part of the ceiling that is marked, for the four
// sectors that it names.
TEST(DefaultAgreements, AreTheMarkedPartOfTheCeiling) {
  std::set<Row> want;
  for (const agreement::CeilingRow& row : agreement::CompiledRows()) {
    if (row.is_default && row.to != agreement::kOtherSector) {
      want.emplace(row.from, row.to, row.attribute, row.form, row.digits,
                   row.predicate);
    }
  }
  std::set<Row> got;
  for (const v1::Agreement& agreement : AgreementsIn(kDeploy / "agreements")) {
    for (const v1::Grant& grant : agreement.grants()) {
      got.emplace(grant.source_sector(), agreement.recipient_sector(),
                  grant.attribute(), grant.form(), grant.partial_digits(),
                  grant.predicate());
    }
  }
  EXPECT_EQ(got, want);
}

// An example for each sector that the file lets know something, with all of it.
TEST(DefaultAgreements, OfOtherSectorsAreTheRowsOfTheFile) {
  std::set<Row> want;
  const config::v1::SectorCeiling rows = SectorRows();
  for (const config::v1::SectorRow& row : rows.rows()) {
    for (const std::string& attribute : row.attributes()) {
      want.emplace(row.from(), row.to(), attribute, row.form(), 0,
                   row.predicate());
    }
  }
  std::set<Row> got;
  for (const v1::Agreement& agreement :
       AgreementsIn(kDeploy / "agreements/other_sectors")) {
    for (const v1::Grant& grant : agreement.grants()) {
      got.emplace(grant.source_sector(), agreement.recipient_sector(),
                  grant.attribute(), grant.form(), grant.partial_digits(),
                  grant.predicate());
    }
  }
  EXPECT_EQ(got, want);
}

TEST(DefaultAgreements, OnNoticesStayUnderTheCeiling) {
  const auto agreements = AgreementsIn(kDeploy / "agreements/notices");
  EXPECT_EQ(agreements.size(), 4U);
  for (const v1::Agreement& agreement : agreements) {
    SCOPED_TRACE(agreement.id());
    EXPECT_EQ(agreement.scope(), v1::SCOPE_OPEN_NOTICE);
    // A case is one sector's: it goes from place to place.
    for (const v1::Grant& grant : agreement.grants()) {
      EXPECT_EQ(grant.source_sector(), agreement.recipient_sector());
    }
  }
}

}  // namespace
}  // namespace waystation::domain
