// SPDX-License-Identifier: Apache-2.0
// Labour and social insurance: fields by the names of the standard schema
// (AC01 person, AB01 unit), '^' between them, GBK. Ethnicity (AAC005) and
// marital state (AAC017) stand in the file so that a test can show that they
// are refused by name.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "tests/population/defects.h"
#include "tests/population/delimited.h"
#include "tests/population/format.h"
#include "tests/population/spelling.h"

namespace waystation::population {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

// GB 4658-1984 where it differs from 2006.
std::string EducationOf1984(const std::string& code) {
  return code == "47" ? "51" : code == "44" ? "62" : code;
}

std::string DashlessOrEmpty(const std::optional<Date>& date) {
  return date ? Compact(*date) : "";
}

std::vector<std::string> RowOf(const Record& record, const Content& content,
                               const std::string& key) {
  const Person& person = *record.person;
  const Employer& employer = content.job.employer;
  const bool at_work = !content.job_until;
  // The worker of the story is employed in the city; her insurance is still to
  // be carried over from the place of origin.
  const bool insured =
      person.index != kStoryWorker || record.agency->place->origin;
  Random random = Stream(person.index, 2, Purpose::kLife, 7);
  const bool man = person.sex == Sex::kMale;
  // Scheme 110 (pension) for most, 310 (medical), 410 (work injury).
  static const std::vector<std::string> kSchemes = {"110", "110", "110", "310",
                                                    "410"};
  const std::string& scheme = random.Pick(kSchemes);
  const std::string& address =
      !content.filed_address.empty() ? content.filed_address
      : record.agency->place->origin ? person.household.address
                                     : content.home.address;
  return {
      key,
      record.number,
      record.name,
      record.Has("sex_in_words") ? (man ? "男性" : "女") : (man ? "1" : "2"),
      person.name.minority() ? "05" : "01",
      record.birth,
      Compact(person.former_job.since),
      record.Has("education_1984") ? EducationOf1984(content.education)
                                   : content.education,
      random.Chance(6000) ? "20" : "10",
      !insured  ? ""
      : at_work ? "1"
                : "2",
      employer.number,
      employer.uscc,
      employer.name,
      content.phone,
      address,
      Compact(content.job.since),
      DashlessOrEmpty(content.job_until),
      insured ? scheme : "",
      content.trained ? absl::StrFormat("PX%04d", person.index % 40) : "",
      DashlessOrEmpty(content.trained),
      CompactTime(content.modified),
  };
}

void Spoil(Record& record, Random& random) {
  const std::string& education = record.person->education;
  SpoilSex(record, random);
  if ((education == "44" || education == "47") &&
      random.Chance(rates::kEducation1984)) {
    record.defects.emplace_back("education_1984");
  }
}

std::string Key(const Agency& agency, std::uint64_t serial) {
  return agency.place->division + absl::StrFormat("%010d", serial);
}

}  // namespace

const Format& Labor() {
  static const Delimited kLayout(
      {.charset = Charset::kGbk,
       .delimiter = '^',
       .quotes = false,
       .columns = {"AAC001", "AAC002", "AAC003", "AAC004", "AAC005", "AAC006",
                   "AAC007", "AAC011", "AAC017", "AAC031", "AAB001", "AAB003",
                   "AAB004", "AAE005", "AAE006", "AAE030", "AAE031", "AAE140",
                   "ACC201", "ACC202", "AAE036"},
       .fields = RowOf});
  static const Format kFormat = {
      .sector = "labor",
      .file = "ac01.txt",
      .layout = &kLayout,
      .charset = Charset::kGbk,
      .compact_dates = true,
      .spreadsheet = true,
      .damages = TextDamages(),
      .spoil = Spoil,
      .key = Key,
  };
  return kFormat;
}

}  // namespace waystation::population
