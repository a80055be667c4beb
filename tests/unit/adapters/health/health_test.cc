// SPDX-License-Identifier: Apache-2.0
// A care provider's Bundle, lines of resources and table through the sector's
// own mappings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "adapters/health/sector.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "tests/unit/adapters/support/mapped_file.h"

namespace waystation::adapters {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kPatient = R"({
  "resourceType": "Patient", "id": "H320500-1",
  "meta": {"lastUpdated": "2026-02-01T08:00:00+08:00"},
  "extension": [
    {"url": "urn:oid:2.16.156.10011.2.3.3.3", "valueCode": "UG"},
    {"url": "urn:waystation:demo:pregnancy-status", "valueCode": "x"}],
  "identifier": [
    {"system": "urn:waystation:demo:mrn:320500", "value": "MR1"},
    {"use": "official", "system": "urn:oid:2.16.156.10011.1.3",
     "value": "041202199003070411"}],
  "active": true,
  "name": [{"use": "usual", "text": "小三"},
           {"use": "official", "text": "张三"}],
  "telecom": [{"system": "email", "value": "a@b.cn"},
              {"system": "phone", "value": "+86 138 1234 5678"}],
  "gender": "male", "birthDate": "1990-03-07",
  "address": [{"use": "home", "text": "越溪街道1号", "district": "320505010",
               "postalCode": "215000"}],
  "maritalStatus": {"coding": [{"code": "M"}]},
  "multipleBirthBoolean": false,
  "contact": [{"name": {"text": "李四"},
               "telecom": [{"system": "phone", "value": "13987654321"}]}],
  "generalPractitioner": [{"display": "全科门诊"}],
  "photo": [{"data": "x"}]})";

std::string BundleOf(std::string_view resource) {
  return absl::StrCat(R"({"resourceType":"Bundle","entry":[{"resource":)",
                      std::string(resource), "}]}");
}

class HealthMapping : public testing::Test {
 protected:
  MappedFile Read(std::string_view bundle) const {
    return ReadMapped(*mapping_, bundle, ".json");
  }
  // The Patient with some of its text replaced.
  MappedRow ReadOne(std::string_view from, std::string_view to) const {
    std::string patient(kPatient);
    const std::size_t at = patient.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    MappedFile file = Read(BundleOf(patient.replace(at, from.size(), to)));
    EXPECT_TRUE(file.status.ok()) << file.status;
    EXPECT_EQ(file.rows.size(), 1U);
    return file.rows.at(0);
  }
  const std::shared_ptr<const Mapping> mapping_ = LoadMapping(Health());
};

TEST_F(HealthMapping, ReadsAPatient) {
  const MappedRow row = ReadOne("x", "x");
  EXPECT_EQ(row.defect, "");
  EXPECT_THAT(row.findings, IsEmpty());
  ExpectUpdate(row.update, R"pb(
    record_key: "H320500-1"
    claims {
      identifiers { kind: KIND_CITIZEN_NUMBER number: "041202199003070411" }
      name { full: "张三" }
      sex { value: SEX_MALE }
      birth_date { date { year: 1990 month: 3 day: 7 } }
      residence { division: "320505010" address: "越溪街道1号" }
      contact { phones: "13812345678" }
    }
    mask {
      paths: "identifiers"
      paths: "name"
      paths: "sex"
      paths: "birth_date"
      paths: "residence"
      paths: "contact"
    }
    times { recorded_time { seconds: 1769904000 } }
    evidence: EVIDENCE_DOCUMENT_SEEN
    details {
      attribute: "sex"
      given { column: "gender" bytes: "male" }
    }
    details { attribute: "residence" evidence: EVIDENCE_DECLARED }
    details {
      attribute: "contact"
      evidence: EVIDENCE_DECLARED
      given { column: "telecom[system=phone].value" bytes: "+86 138 1234 5678" }
    }
  )pb");
}

TEST_F(HealthMapping, TakesTheNameThatThereIs) {
  const struct {
    std::string_view names;
    std::string_view name;
  } cases[] = {
      {R"([{"text":"张三"}])", "张三"},
      {R"([{"family":"张","given":["三"]}])", "张三"},
      {R"([{"use":"usual","text":"小三"},
           {"use":"official","family":"张","given":["三"]}])",
       "张三"},
      {R"([{"use":"official","family":"欧阳","text":"欧阳三"}])", "欧阳三"},
      {R"([{"use":"official","text":"阿卜杜拉·买买提"}])", "阿卜杜拉·买买提"},
      {R"([])", ""},
  };
  for (const auto& [names, name] : cases) {
    SCOPED_TRACE(names);
    const MappedRow row = ReadOne(R"([{"use": "usual", "text": "小三"},
           {"use": "official", "text": "张三"}])",
                                  names);
    EXPECT_EQ(row.update.claims().name().full(), name);
  }
}

TEST_F(HealthMapping, LeavesOutWhatCannotBeReadAndNamesIt) {
  const struct {
    std::string_view from;
    std::string_view to;
    std::vector<std::string> findings;
  } cases[] = {
      {"\"male\"", "\"F\"", {}},
      {"\"male\"", "\"unknown\"", {}},
      {"\"male\"", "\"mann\"", {"gender CODE_UNKNOWN"}},
      {"1990-03-07", "1990-03", {}},
      {"1990-03-07", "1990-02-30", {"birthDate DATE_IMPOSSIBLE"}},
      {"041202199003070411",
       "000000000000000000",
       {"identifier[system=urn:oid:2.16.156.10011.1.3].value PLACEHOLDER"}},
      {"320505010", "吴中区", {"address.district VALUE_FORMAT"}},
      {"2026-02-01T08:00:00+08:00",
       "yesterday",
       {"meta.lastUpdated TIME_INVALID"}},
      {"2026-02-01T08:00:00+08:00", "2026-02-01T00:00:00.123Z", {}},
  };
  for (const auto& [from, to, findings] : cases) {
    SCOPED_TRACE(to);
    const MappedRow row = ReadOne(from, to);
    EXPECT_EQ(row.defect, "");
    EXPECT_EQ(row.findings, findings);
  }
}

TEST_F(HealthMapping, RefusesThePatientThatIsWrong) {
  const struct {
    std::string_view from;
    std::string_view to;
    std::string_view defect;
  } cases[] = {
      {"张三", R"(\ud87e)", "JSON_SURROGATE "},
      {"张三", "\xE5\xBC", "ROW_CHARSET name[use=official].text"},
      {R"("gender": "male")", R"("gender": "male", "gender": "female")",
       "JSON_KEY_TWICE gender"},
      {R"("id": "H320500-1",)", "", "RECORD_KEY_INVALID id"},
      {R"("id": "H320500-1",)", R"("id": "041202199003070411",)",
       "RECORD_KEY_PERSONAL id"},
      {"1990-03-07", "2020-03-07", "MINOR_WITHOUT_GUARDIAN "},
  };
  for (const auto& [from, to, defect] : cases) {
    EXPECT_EQ(ReadOne(from, to).defect, defect) << to;
  }
}

TEST_F(HealthMapping, DropsWhatStaysWithTheProviderAndSaysSo) {
  const MappedFile file =
      Read(absl::StrCat(R"({"resourceType":"Bundle","entry":[{"resource":)",
                        std::string(kPatient),
                        R"(},{"resource":{"resourceType":"Observation"}},)",
                        R"({"resource":{"resourceType":"Condition"}},)",
                        R"({"resource":{"resourceType":"Observation"}}]})"));
  const std::vector<std::string> want = {
      "id: record key",
      "meta.lastUpdated: recorded time",
      "extension[url=urn:oid:2.16.156.10011.2.3.3.3]: COLUMN_DENIED ethnicity",
      "extension[url=urn:waystation:demo:pregnancy-status]: COLUMN_DENIED "
      "fertility",
      "identifier[system=urn:oid:2.16.156.10011.1.3].value: "
      "identifiers.number",
      "active: COLUMN_LISTED",
      "name.use: COLUMN_NOT_MAPPED",
      "name.text: name.full",
      "telecom[system=email].value: COLUMN_NOT_MAPPED",
      "telecom[system=phone].value: contact.phones",
      "gender: sex.value",
      "birthDate: birth_date.date",
      "address.text: residence.address",
      "address.district: residence.division",
      "address.postalCode: COLUMN_NOT_MAPPED",
      "maritalStatus: COLUMN_DENIED marital state",
      "multipleBirthBoolean: COLUMN_DENIED pregnancy and birth",
      "contact: COLUMN_DENIED another person",
      "generalPractitioner: COLUMN_DENIED medical treatment",
      "photo: COLUMN_DENIED biometrics"};
  for (const std::string& column : want) {
    EXPECT_THAT(file.columns, testing::Contains(testing::StartsWith(column)));
  }
  EXPECT_THAT(file.passed_over,
              ElementsAre("RESOURCE_NOT_READ Condition: 1",
                          "RESOURCE_NOT_READ Observation: 2"));
}

TEST(HealthTable, ReadsTheCardsOfOlderSystems) {
  const auto mapping = LoadMapping(Health(), "mapping_csv.yaml");
  const MappedFile file = ReadMapped(
      *mapping,
      "\xEF\xBB\xBF档案编号,姓名,性别,出生日期,身份证号,联系电话,现住址,"
      "行政区划"
      ",婚姻状况,孕情,更新时间\n"
      "D341200000000001,张三,男,1990-03-07,041202199003070411,13812345678,"
      "某村1号,341202,已婚,不详,2026-02-01 08:00:00\n",
      ".csv");
  ASSERT_TRUE(file.status.ok()) << file.status;
  ASSERT_EQ(file.rows.size(), 1U);
  EXPECT_THAT(file.rows[0].findings, IsEmpty());
  const auto& claims = file.rows[0].update.claims();
  EXPECT_EQ(claims.name().full(), "张三");
  EXPECT_EQ(claims.sex().value(), v1::SEX_MALE);
  EXPECT_EQ(claims.residence().division(), "341202");
  EXPECT_THAT(file.columns,
              testing::IsSupersetOf({HasSubstr("婚姻状况: COLUMN_DENIED"),
                                     HasSubstr("孕情: COLUMN_DENIED")}));
}

TEST(HealthDenials, Columns) {
  const struct {
    std::string_view column;
    std::string_view rule;  // how it begins
  } cases[] = {
      {"maritalStatus", "marital state"},
      {"maritalStatus.coding.code", "marital state"},
      {"multipleBirthBoolean", "pregnancy and birth"},
      {"multipleBirthInteger", "pregnancy and birth"},
      {"contact.name.text", "another person"},
      {"contact[relationship=N].telecom.value", "another person"},
      {"photo.url", "biometrics"},
      {"link.other.reference", "another person"},
      {"extension[url=urn:oid:2.16.156.10011.2.3.3.3].valueCode", "ethnicity"},
      {"extension[url=http://hl7.org/fhir/us/core/StructureDefinition/"
       "us-core-race].valueString",
       "ethnicity"},
      {"extension[url=http://x.cn/pregnancyStatus].valueCode", "fertility"},
      {"extension[url=http://hl7.org/fhir/StructureDefinition/"
       "patient-mothersMaidenName].valueString",
       "another person"},
      {"extension[url=http://hl7.org/fhir/StructureDefinition/"
       "patient-religion].valueString",
       "religion"},
      {"Observation.code.text", "medical treatment"},
      {"Condition.code.text", "medical treatment"},
      {"Immunization.vaccineCode", "medical treatment"},
      {"孕情", "fertility"},
      {"分娩日期", "pregnancy and birth"},
      {"出生医学证明编号", "pregnancy and birth"},
      {"birthCertificateNo", "pregnancy and birth"},
      {"末次月经", "pregnancy and birth"},
      {"产次", "pregnancy and birth"},
      {"诊断", "health"},
      {"既往病史", "medical treatment"},
      {"婚姻状况", "marital state"},
      {"母亲姓名", "another person"},
      {"HYZK", "marital state"},
  };
  for (const auto& [column, rule] : cases) {
    const Denial* denial = FindDenial(Health().denials, column);
    ASSERT_NE(denial, nullptr) << column;
    EXPECT_TRUE(denial->rule.starts_with(rule)) << column << denial->rule;
  }
  for (const std::string_view column :
       {"id", "birthDate", "出生日期", "gender", "name.text", "address.text",
        "telecom[system=phone].value", "联系电话", "现住址", "档案编号",
        "address.district", "meta.lastUpdated", "communication.language.text",
        "extension[url=urn:x:birthPlace].valueAddress.city"}) {
    EXPECT_EQ(FindDenial(Health().denials, column), nullptr) << column;
  }
}

// Each of the cases as the column of a mapping: refused with line and rule.
TEST(HealthDenials, MappingsThatReadThemAreRefused) {
  for (const std::string_view column :
       {"maritalStatus.coding.code", "multipleBirthInteger",
        "contact.name.text", "Observation.code.text",
        "extension[url=urn:pregnancy].valueCode"}) {
    config::v1::Mapping config;
    const auto places = runtime::ReadYaml(
        absl::StrCat("sector: health\ntable: {format: fhir}\nrecord_key: id\n"
                     "attributes: [{attribute: name, fields: [{field: full, "
                     "column: \"",
                     std::string(column), "\"}]}]\n"),
        "m.yaml", config);
    ASSERT_TRUE(places.ok());
    const absl::Status status =
        Mapping::Compile(config, *places, Health()).status();
    EXPECT_EQ(errors::ReasonOf(status), "COLUMN_DENIED") << column;
    ASSERT_EQ(errors::ViolationsOf(status).size(), 1U);
    EXPECT_THAT(errors::ViolationsOf(status)[0].field, HasSubstr("m.yaml:4:"));
  }
}

}  // namespace
}  // namespace waystation::adapters
