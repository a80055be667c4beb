// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/fhir_resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace waystation::adapters {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Read(std::string_view json, const std::string& column) {
  FhirResource resource({column});
  if (const auto defect = resource.Read(json)) {
    return absl::StrCat(std::string(defect->reason), " ", defect->column);
  }
  return std::string(resource.values().at(0));
}

constexpr std::string_view kPatient = R"({
  "resourceType": "Patient", "id": "p1", "active": true,
  "identifier": [
    {"system": "urn:mrn", "value": "M1"},
    {"use": "official", "system": "urn:oid:1.3", "value": "041202199003070411"}],
  "name": [{"use": "usual", "text": "小张"},
           {"use": "official", "family": "张", "given": ["三", "丰"]}],
  "telecom": [{"system": "email", "value": "a@b"},
              {"system": "phone", "value": ""},
              {"system": "phone", "use": "mobile", "value": "138"}],
  "meta": {"lastUpdated": "2026-01-01T00:00:00Z"},
  "multipleBirthInteger": 2,
  "maritalStatus": {"coding": [{"code": "M"}]},
  "extension": [{"url": "urn:pregnancy", "valueCode": "x"},
                {"url": "没有标准的", "valueCode": "x"}],
  "contact": [{"name": {"text": "李四"}, "telecom": [{"system": "phone"}]}],
  "link": null, "photo": []})";

TEST(FhirResource, FindsTheFirstThatFits) {
  const struct {
    std::string_view column;
    std::string_view value;
  } cases[] = {
      {"id", "p1"},
      {"active", "true"},
      {"identifier[system=urn:oid:1.3].value", "041202199003070411"},
      {"identifier.value", "M1"},
      {"identifier[system=urn:none].value", ""},
      {"name.text", "小张"},
      {"name[use=official].text", ""},
      {"name[use=official].family", "张"},
      {"name[use=official].family+given", "张三丰"},
      {"name.family+given", "张三丰"},
      {"telecom[system=phone].value", "138"},
      {"telecom[system=phone][use=home].value", ""},
      {"meta.lastUpdated", "2026-01-01T00:00:00Z"},
      {"multipleBirthInteger", "2"},
      {"maritalStatus.coding.code", "M"},
      {"maritalStatus", ""},
      {"birthDate", ""},
      {"link.other", ""},
      {"id.value", ""},
  };
  for (const auto& [column, value] : cases) {
    EXPECT_EQ(Read(kPatient, std::string(column)), value) << column;
  }
  EXPECT_EQ(Read(R"({"name":{"family":"Smith","given":["John","B."]}})",
                 "name.family+given"),
            "Smith John B.");
  EXPECT_EQ(Read(R"({"name":{"text":"\u5f20\ud87e\udc00"}})", "name.text"),
            "张\U0002F800");
  EXPECT_EQ(Read(R"({"postalCode":0215000})", "postalCode"), "JSON_SYNTAX ");
  EXPECT_EQ(Read(R"({"n":123456789012345678901234567890})", "n"),
            "123456789012345678901234567890");
}

TEST(FhirResource, OneThatIsWrongIsNamed) {
  using namespace std::string_literals;
  const struct {
    std::string json;
    std::string_view want;
  } cases[] = {
      {R"({"name":[{"text":"a"}],"name":[]})", "JSON_KEY_TWICE name"},
      {R"({"name":[{"text":"a","text":"b"}]})", "JSON_KEY_TWICE name.text"},
      {R"({"name":[{"张三":1,"张三":2}]})", "JSON_KEY_TWICE name.?"},
      // A key that is spelled otherwise is the same key.
      {R"({"name":[{"text":"a","t\u0065xt":"b"}]})",
       "JSON_KEY_TWICE name.text"},
      {R"({"name":{"text":"\ud87e"}})", "JSON_SURROGATE "},
      {R"({"name":{"text":"\udc00"}})", "JSON_SURROGATE "},
      {R"({"name":{"text":"a\u0000b"}})", "ROW_NUL name.text"},
      {R"({"name":{"text":"a)"s + "\t" + R"(b"}})", "JSON_SYNTAX "},
      {R"({"name":{"text":"\x"}})", "JSON_SYNTAX "},
      {R"({"name":{"text":"\u12g4"}})", "JSON_SYNTAX "},
      {R"({"name":{"text":"a" "family":"b"}})", "JSON_SYNTAX "},
      {R"({"name":{"text":tru}})", "JSON_SYNTAX "},
      {R"({"name":{"text":"a",}})", "JSON_SYNTAX "},
      {R"({'name':1})", "JSON_SYNTAX "},
      {R"({"name":NaN})", "JSON_SYNTAX "},
      {R"({} {})", "JSON_SYNTAX "},
      {R"(["name"])", "JSON_SYNTAX "},
      {"", "JSON_SYNTAX "},
  };
  for (const auto& [json, want] : cases) {
    EXPECT_EQ(Read(json, "name.text"), want) << json;
  }
  std::string many = R"({"a0":0)";
  for (int i = 1; i < 100; ++i) absl::StrAppend(&many, ",\"a", i, "\":0");
  EXPECT_EQ(Read(many + "}", "a7"), "0");
  EXPECT_EQ(Read(many + R"(,"a50":1})", "a7"), "JSON_KEY_TWICE a50");
}

TEST(FhirResource, TheNextOneIsReadAfresh) {
  FhirResource resource({"name.text"});
  EXPECT_FALSE(resource.Read(R"({"name":{"text":"a"}})"));
  EXPECT_TRUE(resource.Read(R"({"name":)"));
  EXPECT_THAT(resource.values(), IsEmpty());
  EXPECT_FALSE(resource.Read(R"({"id":"1"})"));
  EXPECT_THAT(resource.values(), ElementsAre(""));
}

TEST(FhirResource, ListsWhatThePatientsHad) {
  FhirResource resource({"id", "identifier[system=urn:oid:1.3].value",
                         "name.text", "name.family+given",
                         "telecom[system=phone].value", "birthDate"});
  ASSERT_FALSE(resource.Read(kPatient));
  ASSERT_FALSE(resource.Read(R"({"id":"p2","gender":"male","李四":1})"));
  EXPECT_THAT(
      resource.SeenColumns(),
      ElementsAre("id", "active", "identifier[system=urn:mrn].system",
                  "identifier[system=urn:mrn].value",
                  "identifier[system=urn:oid:1.3].use",
                  "identifier[system=urn:oid:1.3].system",
                  "identifier[system=urn:oid:1.3].value", "name.use",
                  "name.text", "name.family+given",
                  "telecom[system=email].system", "telecom[system=email].value",
                  "telecom[system=phone].system", "telecom[system=phone].value",
                  "telecom[system=phone].use", "meta", "multipleBirthInteger",
                  "maritalStatus", "extension[url=urn:pregnancy]", "extension",
                  "contact", "link", "gender", "(others)"));
}

const std::vector<std::string>& Columns() {
  static const auto* const kColumns =
      new std::vector<std::string>{"id",
                                   "identifier[system=urn:oid:1.3].value",
                                   "name.text",
                                   "name[use=official].family+given",
                                   "telecom[system=phone].value",
                                   "meta.lastUpdated",
                                   "active"};
  return *kColumns;
}

TEST(FhirResource, WantedJsonHoldsNothingElse) {
  FhirResource resource(Columns());
  ASSERT_FALSE(resource.Read(kPatient));
  EXPECT_EQ(
      resource.WantedJson(),
      R"({"resourceType":"Patient","id":"p1","active":true,)"
      R"("identifier":[{"system":"urn:oid:1.3","value":"041202199003070411"}],)"
      R"("name":[{"text":"小张"},)"
      R"({"use":"official","family":"张","given":["三","丰"]}],)"
      R"("telecom":[{"system":"phone","value":""},)"
      R"({"system":"phone","value":"138"}],)"
      R"("meta":{"lastUpdated":"2026-01-01T00:00:00Z"}})");
}

// Any Patient, made of the elements that the columns look for.
rc::Gen<std::string> AnyPatient() {
  const auto text = rc::gen::elementOf(
      std::vector<std::string>{"\"\"", "\"x\"", "\"张\"", "true", "7", "null",
                               "{}", "[]", "[\"a\",\"b\"]", "\"\\\"\\n\""});
  const auto system = rc::gen::elementOf(std::vector<std::string>{
      "\"urn:oid:1.3\"", "\"urn:mrn\"", "\"phone\"", "\"official\"", "null"});
  const auto element = rc::gen::map(
      rc::gen::tuple(system, text, text, text), [](const auto& parts) {
        const auto& [by, one, two, three] = parts;
        return absl::StrCat("{\"system\":", by, ",\"use\":", by,
                            ",\"value\":", one, ",\"text\":", two,
                            ",\"family\":", three, ",\"given\":", one, "}");
      });
  const auto list = rc::gen::map(
      rc::gen::tuple(
          rc::gen::arbitrary<bool>(),
          rc::gen::nonEmpty(
              rc::gen::container<std::vector<std::string>>(element))),
      [](const auto& parts) {
        const auto& [single, elements] = parts;
        if (single) return elements.front();
        std::string out;
        for (const auto& one : elements) {
          absl::StrAppend(&out, out.empty() ? "" : ",", one);
        }
        return "[" + out + "]";
      });
  return rc::gen::map(
      rc::gen::tuple(text, list, list, list, text), [](const auto& parts) {
        const auto& [id, identifier, name, telecom, active] = parts;
        return absl::StrCat("{\"id\":", id, ",\"identifier\":", identifier,
                            ",\"name\":", name, ",\"telecom\":", telecom,
                            ",\"active\":", active, ",\"other\":", name, "}");
      });
}

RC_GTEST_PROP(FhirResource, WantedJsonSaysTheSame, ()) {
  FhirResource resource(Columns());
  RC_ASSERT_FALSE(resource.Read(*AnyPatient()));
  const std::vector<std::string> values(resource.values().begin(),
                                        resource.values().end());
  const std::string wanted = resource.WantedJson();
  RC_ASSERT(wanted.find("other") == std::string::npos);
  RC_ASSERT(wanted.find('\n') == std::string::npos);
  FhirResource again(Columns());
  RC_ASSERT_FALSE(again.Read(wanted));
  RC_ASSERT(std::vector<std::string>(again.values().begin(),
                                     again.values().end()) == values);
  RC_ASSERT(again.WantedJson() == wanted);
}

}  // namespace
}  // namespace waystation::adapters
