// SPDX-License-Identifier: Apache-2.0
// What may be handed over under which type.
#include "proto/sealed/payload.h"

#include <gtest/gtest.h>

#include "proto/errors/error.h"

namespace waystation::sealed {
namespace {

using Type = v1::SealedAttachment;

std::string Bundle(const std::string& entries) {
  return R"({"resourceType":"Bundle","type":"collection","entry":[)" + entries +
         "]}";
}
std::string Entry(const std::string& resource) {
  return R"({"resource":)" + resource + "}";
}

const std::string kChild = Entry(
    R"({"resourceType":"Patient","id":"p1","name":[{"family":"张","given":["小花"]}],
        "gender":"female","birthDate":"2026-09-01"})");
const std::string kDose = Entry(
    R"({"resourceType":"Immunization","status":"completed",
        "vaccineCode":{"text":"BCG"},"patient":{"reference":"Patient/p1"},
        "occurrenceDateTime":"2026-09-02"})");
const std::string kCheck = Entry(
    R"({"resourceType":"Observation","status":"final","code":{"text":"weight"},
        "subject":{"reference":"Patient/p1"},"valueQuantity":{"value":3.4}})");

std::string RuleOf(Type::Type type, const std::string& json) {
  const auto read = ReadPayload(type, json);
  if (read.ok()) return "";
  EXPECT_EQ(errors::ReasonOf(read.status()), "PAYLOAD_NOT_OF_TYPE");
  const auto found = errors::ViolationsOf(read.status());
  return found.empty() ? "?" : found.front().field + ": " + found.front().rule;
}

TEST(Payload, IsWhatItsTypeAllows) {
  const auto read =
      ReadPayload(Type::TYPE_VACCINATION_HISTORY, Bundle(kChild + "," + kDose));
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->patients.size(), 1U);
  EXPECT_EQ(read->patients[0].name, "张小花");
  EXPECT_EQ(read->patients[0].birth_date, "2026-09-01");
  // In any order, and by the entry's own address.
  EXPECT_EQ(
      RuleOf(Type::TYPE_VACCINATION_HISTORY, Bundle(kDose + "," + kChild)), "");
  EXPECT_EQ(RuleOf(Type::TYPE_MATERNAL_HAND_OVER,
                   Bundle(kChild + "," + kDose + "," + kCheck)),
            "");
}

TEST(Payload, IsNothingElse) {
  const auto with = [](const std::string& member) {
    std::string dose = kDose;
    return Bundle(kChild + "," + dose.insert(dose.rfind("}}"), "," + member));
  };
  const struct {
    const char* name;
    std::string json;
    std::string want;
  } cases[] = {
      {"not JSON", "{", "payload: JSON in UTF-8"},
      {"two values", Bundle(kChild) + "1", "payload: JSON in UTF-8"},
      {"no bundle", R"({"resourceType":"Patient"})",
       "resourceType: a FHIR R4 Bundle"},
      {"another type of bundle",
       R"({"resourceType":"Bundle","type":"message","entry":[]})",
       "type: collection"},
      {"nobody", Bundle(""), "entry: exactly one Patient"},
      {"nothing", Bundle(kChild), "entry: something to hand over"},
      {"an examination", Bundle(kChild + "," + kCheck),
       "entry[1].resource.resourceType: a resource of the payload's type"},
      {"two children", Bundle(kChild + "," + kChild + "," + kDose),
       "entry: exactly one Patient"},
      {"of another person",
       Bundle(kChild + "," +
              Entry(R"({"resourceType":"Immunization","status":"completed",
                "vaccineCode":{},"occurrenceString":"at birth",
                "patient":{"reference":"Patient/p2"}})")),
       "entry[1].resource.patient: a Patient of this Bundle"},
      {"without what R4 requires",
       Bundle(kChild + "," +
              Entry(R"({"resourceType":"Immunization","status":"completed",
                "patient":{"reference":"Patient/p1"}})")),
       "entry[1].resource.vaccineCode: an element that R4 requires"},
      {"an extension", with(R"("extension":[])"),
       "entry[1].resource.extension: an element that is handed over"},
      {"a picture deep inside",
       with(R"("performer":[{"actor":{"photo":"x"}}])"),
       "entry[1].resource.performer[0].actor.photo: an element that is handed "
       "over"},
      {"an element that is not listed", with(R"("fundingSource":{})"),
       "entry[1].resource.fundingSource: an element that is handed over"},
      {"a name that is a value", with(R"("320501199003070421":1)"),
       "entry[1].resource.?: an element that is handed over"},
      {"twice", with(R"("status":"not-done")"),
       "entry[1].resource.status: each element once"},
      {"marital state",
       Bundle(Entry(R"({"resourceType":"Patient","id":"p1",
                        "maritalStatus":{}})") +
              "," + kDose),
       "entry[0].resource.maritalStatus: an element that is handed over"},
  };
  for (const auto& [name, json, want] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(RuleOf(Type::TYPE_VACCINATION_HISTORY, json), want);
  }
  EXPECT_EQ(RuleOf(Type::TYPE_UNSPECIFIED, Bundle(kChild + "," + kDose)),
            "type: one of the closed list");
}

TEST(Payload, OfAnyDepthIsReadWithoutHarm) {
  const std::string deep = Bundle(kChild) + std::string(100'000, '[');
  EXPECT_NE(RuleOf(Type::TYPE_VACCINATION_HISTORY, deep), "");
  EXPECT_NE(RuleOf(Type::TYPE_VACCINATION_HISTORY,
                   R"({"entry":)" + std::string(20'000, '[') +
                       std::string(20'000, ']') + "}"),
            "");
}

}  // namespace
}  // namespace waystation::sealed
