// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "adapters/commerce/sector.h"
#include "adapters/health/sector.h"
#include "adapters/labor/sector.h"
#include "adapters/public_security/sector.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"

namespace waystation::adapters {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

absl::StatusOr<std::unique_ptr<const Mapping>> Compile(std::string yaml) {
  config::v1::Mapping config;
  const auto places = runtime::ReadYaml(yaml, "m.yaml", config);
  if (!places.ok()) return places.status();
  return Mapping::Compile(config, *places, Labor());
}

constexpr std::string_view kHead =
    "sector: labor\n"
    "table: {charset: gbk, delimiter: \"^\", unquoted: true}\n"
    "record_key: AAC001\n";

// "place rule" of each violation.
std::vector<std::string> Problems(std::string_view rest) {
  const auto mapping = Compile(std::string(kHead).append(rest));
  std::vector<std::string> out;
  for (const auto& violation : errors::ViolationsOf(mapping.status())) {
    out.push_back(violation.field + " " + violation.rule);
  }
  return out;
}

TEST(Mapping, DefaultsOfTheSectorsCompile) {
  const std::string root = std::string(WAYSTATION_SOURCE_DIR) + "/adapters/";
  for (const Sector* sector :
       {&Labor(), &PublicSecurity(), &Health(), &Commerce()}) {
    const auto mapping = Mapping::Load(
        root + std::string(sector->name) + "/mapping.yaml", *sector);
    EXPECT_TRUE(mapping.ok()) << mapping.status();
  }
  EXPECT_TRUE(Mapping::Load(root + "health/mapping_csv.yaml", Health()).ok());
}

TEST(Mapping, TellsWhatBecomesOfEachColumn) {
  const auto mapping =
      Mapping::Load(std::string(WAYSTATION_SOURCE_DIR) +
                        "/adapters/public_security/mapping.yaml",
                    PublicSecurity());
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  const std::vector<std::string> columns = {
      "RYBH", "xm", "MZ", "FZ", "DDBDRQ", "GAJGDM", "SFSY", "SOMETHING"};
  std::vector<std::string> uses;
  for (const ColumnUse& use : (*mapping)->Explain(columns)) {
    uses.push_back(use.column + ": " +
                   (use.use.empty()
                        ? std::string(use.reason) + " " + use.because
                        : use.use));
  }
  EXPECT_THAT(
      uses,
      ElementsAre("RYBH: record key", "xm: name.full",
                  HasSubstr("MZ: COLUMN_DENIED ethnicity"),
                  HasSubstr("FZ: COLUMN_DENIED another person"),
                  "DDBDRQ: residence since, residence.since, movement since, "
                  "movement.arrived",
                  HasSubstr("GAJGDM: COLUMN_LISTED the agency is known by"),
                  HasSubstr("SFSY: COLUMN_DENIED fertility"),
                  "SOMETHING: COLUMN_NOT_MAPPED "));
  EXPECT_EQ((*mapping)->ColumnOf("claims.birth_date.date"), "CSRQ");
  EXPECT_EQ((*mapping)->ColumnOf("claims.identifiers[0].number"), "SFZH");
  EXPECT_EQ((*mapping)->ColumnOf("claims.residence.since.month"), "DDBDRQ");
  EXPECT_EQ((*mapping)->ColumnOf("record_key"), "RYBH");
  EXPECT_EQ((*mapping)->ColumnOf("claims.business"), "");
}

TEST(Mapping, RefusesDeniedColumnsHoweverTheyAreRead) {
  const struct {
    std::string_view rest;
    std::string_view column;
  } cases[] = {
      {"attributes: [{attribute: name, fields: [{field: full, column: "
       "AAC017}]}]\n",
       "AAC017"},
      {"attributes: [{attribute: name, valid_from: AMC020, fields: [{field: "
       "full, column: AAC003}]}]\n",
       "AMC020"},
      {"recorded_time: aac005\nattributes: [{attribute: name, fields: "
       "[{field: full, column: AAC003}]}]\n",
       "aac005"},
      {"attributes: [{attribute: name, fields: [{field: full, column: "
       "婚姻状况}]}]\n",
       "婚姻状况"},
  };
  for (const auto& [rest, column] : cases) {
    SCOPED_TRACE(rest);
    const auto mapping = Compile(std::string(kHead).append(rest));
    EXPECT_EQ(errors::ReasonOf(mapping.status()), "COLUMN_DENIED");
    EXPECT_THAT(Problems(rest), ElementsAre(HasSubstr(std::string(column))));
  }
}

TEST(Mapping, NamesEverythingThatIsWrong) {
  EXPECT_THAT(
      Problems("utc_offset: \"8\"\n"
               "attributes:\n"
               "  - {attribute: nmae, fields: [{field: full, column: A}]}\n"
               "  - {attribute: name, fields: [{field: ful, column: A}]}\n"
               "  - {attribute: name, fields: [{field: latin, constant: x}]}\n"
               "  - {attribute: residence, fields: [{field: since.year, "
               "column: A}]}\n"
               "  - {attribute: contact, fields: [{field: phones, column: "
               "AAC001}]}\n"
               "  - {attribute: education, fields: [{field: level, column: "
               "A}]}\n"
               "  - {attribute: movement, fields: [{field: reason, column: "
               "A}]}\n"
               "  - {attribute: sex, fields: [{field: value, column: A, "
               "code_map: none}]}\n"
               "drop: [{column: A}]\n"),
      UnorderedElementsAre(
          HasSubstr("m.yaml:4:"), HasSubstr("did you mean 'name'?"),
          HasSubstr("did you mean 'full'?"),
          HasSubstr("at least one field must come from a column"),
          HasSubstr("at least one field must come from a column"),
          HasSubstr("since has no fields"),
          HasSubstr("at least one field must come from a column"),
          HasSubstr("the record key must not be a personal value"),
          HasSubstr("the id of a code list and version"),
          HasSubstr("needs a code_map"), HasSubstr("no such code map"),
          HasSubstr("is read by an attribute")));
}

TEST(Mapping, PutsNamesAndTextsTogetherAndNothingElse) {
  EXPECT_THAT(
      Problems(
          "attributes:\n"
          "  - {attribute: name, fields: [{field: full, columns: [A, B]}]}\n"
          "  - {attribute: residence, fields: [{field: address, columns: "
          "[C, D, E]}]}\n"),
      IsEmpty());
  EXPECT_THAT(
      Problems("attributes:\n"
               "  - {attribute: name, fields: [{field: full, column: A, "
               "columns: [A, B]}]}\n"
               "  - {attribute: birth_date, fields: [{field: date, columns: "
               "[C, D]}]}\n"
               "  - {attribute: residence, fields: [{field: address, columns: "
               "[AAC001, E]}]}\n"),
      UnorderedElementsAre(
          HasSubstr("stands instead of a column or a constant"),
          HasSubstr("only names and texts are put together"),
          HasSubstr("the record key must not be a personal value")));
  EXPECT_THAT(Problems("attributes: [{attribute: name, fields: [{field: full, "
                       "columns: [AAC003, AAC017]}]}]\n"),
              ElementsAre(HasSubstr("AAC017")));
}

TEST(Mapping, ChecksTheTargetsOfCodeMaps) {
  EXPECT_THAT(
      Problems("attributes:\n"
               "  - {attribute: education, fields: [{field: level, column: A, "
               "list: \"GB4658:2006\", code_map: e}]}\n"
               "  - {attribute: sex, fields: [{field: value, column: B, "
               "code_map: s}]}\n"
               "code_maps:\n"
               "  - {name: e, entries: {\"1\": \"50\"}}\n"
               "  - {name: s, entries: {\"1\": man}}\n"),
      UnorderedElementsAre(HasSubstr("'50' is not in GB4658:2006"),
                           HasSubstr("'man': one of")));
}

TEST(Mapping, ChangesItsFingerprintWithItsMeaning) {
  const std::string yaml =
      std::string(kHead) +
      "attributes: [{attribute: name, fields: [{field: full, column: A}]}]\n";
  const auto one = Compile(yaml);
  const auto same = Compile("# a comment\n" + yaml);
  const auto other = Compile(yaml + "recorded_time: T\n");
  ASSERT_TRUE(one.ok() && same.ok() && other.ok());
  EXPECT_EQ((*one)->fingerprint(), (*same)->fingerprint());
  EXPECT_NE((*one)->fingerprint(), (*other)->fingerprint());
}

TEST(Mapping, RefusesDelimitersThatCannotBe) {
  for (const std::string_view delimiter : {"a", "1", "''", "\\\"", ",,"}) {
    const auto mapping = Compile(
        "sector: labor\nrecord_key: K\n"
        "table: {charset: gbk, delimiter: \"" +
        std::string(delimiter) +
        "\"}\n"
        "attributes: [{attribute: name, fields: [{field: full, column: A}]}]");
    EXPECT_EQ(errors::ReasonOf(mapping.status()), "CONFIG_INVALID")
        << delimiter;
  }
}

TEST(Mapping, TakesOfEachFormatWhatItHas) {
  const struct {
    std::string_view table;
    std::string_view column;
    std::string_view problem;  // empty: none
  } cases[] = {
      {"{format: dbf, charset: gbk}", "XM", ""},
      {"{format: dbf, charset: gbk, delimiter: \";\"}", "XM", ""},
      {"{format: dbf}", "XM", "one of gb18030"},
      {"{format: dbf, charset: utf16le}", "XM", "has no UTF-16"},
      {"{format: dbf, charset: gbk, unquoted: true}", "XM", "delimited text"},
      {"{format: dbf, charset: gbk, columns: [K, XM]}", "XM", "header line"},
      {"{format: fhir}", "name.text", ""},
      {"{format: fhir, charset: utf8}", "name[use=official].text", ""},
      {"{format: fhir, charset: gbk}", "name.text", "JSON is in utf8"},
      {"{format: fhir, charset: utf16le}", "name.text", "JSON is in utf8"},
      {"{format: fhir}", "nmae.text", "did you mean 'name'?"},
      {"{format: fhir}", "birthdate", "did you mean 'birthDate'?"},
      {"{format: fhir}", "diagnoses", "holds health"},
      {"{format: fhir}", "careTeam", "a Patient has no careTeam"},
      {"{format: fhir}", "name[use].text", "a path into a Patient"},
      {"{format: fhir}", "姓名", "a path into a Patient"},
      {"{format: xml, charset: utf8}", "XM", "one of"},
  };
  for (const auto& [table, column, problem] : cases) {
    SCOPED_TRACE(std::string(table) + " " + std::string(column));
    const auto mapping =
        Compile("sector: labor\nrecord_key: id\ntable: " + std::string(table) +
                "\nattributes: [{attribute: name, fields: [{field: full, "
                "column: \"" +
                std::string(column) + "\"}]}]\n");
    if (problem.empty()) {
      EXPECT_TRUE(mapping.ok()) << mapping.status();
      continue;
    }
    std::string said;
    for (const auto& violation : errors::ViolationsOf(mapping.status())) {
      said += violation.rule + "\n";
    }
    EXPECT_THAT(said, HasSubstr(std::string(problem)));
  }
}

TEST(Mapping, BelongsToItsSector) {
  const auto mapping = Compile(
      "sector: health\nrecord_key: K\ntable: {charset: gbk}\n"
      "attributes: [{attribute: name, fields: [{field: full, column: "
      "A}]}]");
  EXPECT_EQ(errors::ReasonOf(mapping.status()), "CONFIG_INVALID");
}

}  // namespace
}  // namespace waystation::adapters
