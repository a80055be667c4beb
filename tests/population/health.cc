// SPDX-License-Identifier: Apache-2.0
// Health: the cards of an older system as CSV at the places of origin, FHIR in
// the cities. Marital state and pregnancy stand in both so that a test can show
// that they are dropped; what they say is nobody's, and pregnancy is always
// "not known".
#include "absl/strings/str_format.h"
#include "tests/population/defects.h"
#include "tests/population/delimited.h"
#include "tests/population/fhir.h"
#include "tests/population/format.h"
#include "tests/population/spelling.h"

namespace waystation::population {
namespace {

std::vector<std::string> RowOf(const Record& record, const Content& content,
                               const std::string& key) {
  const Person& person = *record.person;
  Random random = Stream(person.index, 5, Purpose::kLife, 7);
  return {
      key,
      record.name,
      person.sex == Sex::kMale ? "男" : "女",
      record.birth,
      record.number,
      content.phone,
      person.household.address,
      record.household_code,
      random.Chance(6000) ? "已婚" : "未婚",
      "不详",
      DashedTime(content.modified),
  };
}

void SpoilCard(Record& record, Random& random) {
  const auto& dead = record.person->household.county->dead_codes;
  if (dead.empty() || !random.Chance(2 * rates::kDeadDivision)) return;
  record.household_code = random.Pick(dead);
  record.defects.emplace_back("division_dead");
}

// Per ten thousand records.
struct PatientDefect {
  const char* name;
  unsigned rate;
};
constexpr PatientDefect kPatientDefects[] = {
    {"name_in_parts", 600},    {"name_usual_first", 300},
    {"phone_of_contact", 300}, {"phone_spaced", 300},
    {"gender_of_v2", 200},     {"district_missing", 300},
    {"address_missing", 150},  {"json_escaped", 1000},
};

void SpoilPatient(Record& record, Random& random) {
  for (const PatientDefect& defect : kPatientDefects) {
    if (random.Chance(defect.rate)) record.defects.emplace_back(defect.name);
  }
}

std::string CardKey(const Agency& agency, std::uint64_t serial) {
  return "D" + agency.place->division + absl::StrFormat("%09d", serial);
}

std::string PatientKey(const Agency& agency, std::uint64_t serial) {
  return "H" + agency.place->division + absl::StrFormat("-%08d", serial);
}

}  // namespace

const Format& HealthAtOrigin() {
  static const Delimited kLayout(
      {.charset = Charset::kUtf8,
       .byte_order_mark = true,
       .delimiter = ',',
       .quotes = true,
       .columns = {"档案编号", "姓名", "性别", "出生日期", "身份证号",
                   "联系电话", "现住址", "行政区划", "婚姻状况", "孕情",
                   "更新时间"},
       .fields = RowOf});
  static const Format kFormat = {
      .sector = "health",
      .in_cities = false,
      .file = "jmjkda.csv",
      .layout = &kLayout,
      .charset = Charset::kUtf8,
      .damages = TextDamages(),
      .spoil = SpoilCard,
      .key = CardKey,
  };
  return kFormat;
}

const Format& HealthInCity() {
  static const FhirBundle kLayout;
  static const Format kFormat = {
      .sector = "health",
      .at_origins = false,
      .file = "patients.json",
      .layout = &kLayout,
      .charset = Charset::kUtf8,
      .date_styles = false,
      .months_alone = true,
      .damages = {{Damage::kNoKey, "row_without_key", 8},
                  {Damage::kCutInCharacter, "row_cut_in_character", 8},
                  {Damage::kLoneSurrogate, "row_lone_surrogate", 8}},
      .spoil = SpoilPatient,
      .key = PatientKey,
  };
  return kFormat;
}

}  // namespace waystation::population
