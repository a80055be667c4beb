// SPDX-License-Identifier: Apache-2.0
// Public security: the page of the floating population, pinyin initials as
// column names, comma separated, GB18030. A third of the columns are such that
// the exchange must not hold them; they are filled so that a test can show that
// they are dropped.
#include "absl/strings/str_format.h"
#include "tests/population/defects.h"
#include "tests/population/delimited.h"
#include "tests/population/format.h"
#include "tests/population/spelling.h"

namespace waystation::population {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

// Filled in for nobody in particular: what no adapter may read.
struct Dropped {
  std::string ethnicity, marital, politics, landlord, landlord_number,
      certificate;
  std::string has_borne, sons, daughters, measures;
};

Dropped DrawDropped(const Record& record) {
  const Person& person = *record.person;
  Random random = Stream(person.index, 0, Purpose::kLife, 7);
  Dropped dropped;
  dropped.ethnicity = person.name.minority() ? "05" : "01";
  dropped.marital = random.Chance(6000) ? "20" : "10";
  dropped.politics = random.Chance(500) ? "01" : "13";
  // No person has this surname, and no number ends its division in 99.
  dropped.landlord = absl::StrFormat("仉房东%d", random.Below(1'000'000));
  dropped.landlord_number = CitizenNumber(
      "320599", Date(std::chrono::year(1960) / 1 / 1), random.Between(1, 999));
  dropped.certificate = absl::StrFormat("HYZM%010d", person.index);
  if (person.sex == Sex::kFemale) {
    dropped.has_borne = random.Chance(5000) ? "1" : "0";
    dropped.sons = std::to_string(random.Below(3));
    dropped.daughters = std::to_string(random.Below(3));
    dropped.measures = random.Chance(5000) ? "1" : "0";
  }
  return dropped;
}

// Reasons of stay: 01 work, 03 trade, 06 study, 09 with family, 99 other.
std::string ReasonOfStay(const Person& person) {
  static const std::vector<std::string> kReasons = {
      "01", "01", "01", "01", "01", "01", "03", "06", "09", "99"};
  Random random = Stream(person.index, 1, Purpose::kLife, 7);
  return random.Pick(kReasons);
}

// Six, nine or twelve digits, as far as the clerk knew.
std::string HomeCode(const Record& record, const Home& home) {
  if (!record.home_code.empty() && home.county == record.person->home.county) {
    return record.home_code;
  }
  const int known = (home.town[2] - '0') % 3;
  std::string code = home.county->code;
  if (known > 0) code += home.town;
  if (known > 1) code += home.village;
  return code;
}

// Endorsed every year; only the one of the story is good for as long as the
// story is told.
Date PermitEnd(const Person& person) {
  return person.index == kStoryEmployer ? Date(year(2034) / 12 / 31)
                                        : Date(kExportDays[0] + days(200));
}

std::string SexText(const Record& record) {
  const bool man = record.person->sex == Sex::kMale;
  if (record.Has("sex_in_words")) return man ? "男" : "女性";
  return man ? "1" : "2";
}

std::vector<std::string> RowOf(const Record& record, const Content& content,
                               const std::string& key) {
  const Person& person = *record.person;
  const bool in_city = !record.agency->place->origin;
  const Dropped dropped = DrawDropped(record);
  const sys_days arrived = sys_days(person.arrived);
  // A permit can be had after half a year (Decree 663 article 2), and is
  // endorsed every year.
  const bool permit =
      in_city && arrived + days(180) < kExportDays[0] && person.index % 3 != 0;
  return {
      key,
      record.name,
      "",  // BM
      record.number,
      SexText(record),
      dropped.ethnicity,
      record.birth,
      content.education,
      dropped.marital,
      dropped.politics,
      ReasonOfStay(person),
      in_city ? Dashed(person.arrived) : "",
      in_city ? Dashed(Date(kExportDays[0] + days(365))) : "",
      person.household.address,
      record.household_code,
      in_city ? HomeCode(record, content.home) : "",
      in_city ? content.home.address : "",
      content.phone,
      permit ? "1" : "0",
      permit ? "JZ" + record.agency->place->division + key.substr(7) : "",
      permit ? Dashed(PermitEnd(person)) : "",
      dropped.has_borne,
      dropped.sons,
      dropped.daughters,
      dropped.measures,
      dropped.certificate,
      in_city ? dropped.landlord : "",
      in_city ? dropped.landlord_number : "",
      DashedTime(content.modified),
      content.cancelled ? Dashed(*content.cancelled) : "",
      (in_city ? content.home.county : person.household.county)->code +
          "000000",
  };
}

void Spoil(Record& record, Random& random) {
  SpoilSex(record, random);
  const bool household = random.Chance(5000);
  const Person& person = *record.person;
  const County& county =
      household ? *person.household.county : *person.home.county;
  if (!county.dead_codes.empty() &&
      (household || !record.agency->place->origin) &&
      random.Chance(2 * rates::kDeadDivision)) {
    (household ? record.household_code : record.home_code) =
        random.Pick(county.dead_codes);
    record.defects.emplace_back("division_dead");
  }
}

std::string Key(const Agency& agency, std::uint64_t serial) {
  return "R" + agency.place->division + absl::StrFormat("%09d", serial);
}

}  // namespace

const Format& PublicSecurity() {
  static const Delimited kLayout(
      {.charset = Charset::kGb18030,
       .delimiter = ',',
       .quotes = true,
       .columns = {"RYBH",    "XM",     "BM",       "SFZH",      "XB",
                   "MZ",      "CSRQ",   "XL",       "HYZK",      "ZZMM",
                   "JZSY",    "DDBDRQ", "NJZQX",    "CZHKSZDZZ", "HJDXZQH",
                   "XZDXZQH", "XJZDZZ", "LXFS_SJ",  "SFSLJZZ",   "JZZBH",
                   "JZZYXQ",  "SFSY",   "SYZN_NAN", "SYZN_NV",   "SFCQJYCS",
                   "HYZMBH",  "FZ",     "FZ_SFZH",  "ZHXGSJ",    "ZXSJ",
                   "GAJGDM"},
       .fields = RowOf});
  static const Format kFormat = {
      .sector = "public_security",
      .file = "ldrk.csv",
      .layout = &kLayout,
      .charset = Charset::kGb18030,
      .damages = TextDamages(),
      .spoil = Spoil,
      .key = Key,
  };
  return kFormat;
}

}  // namespace waystation::population
