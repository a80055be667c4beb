// SPDX-License-Identifier: Apache-2.0
#include "tests/population/record.h"

#include <algorithm>

#include "tests/population/defects.h"
#include "tests/population/format.h"
#include "tests/population/random.h"
#include "tests/population/spelling.h"

namespace waystation::population {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr std::string_view kPolice = "public_security";
constexpr std::string_view kLabor = "labor";
constexpr std::string_view kHealth = "health";
constexpr std::string_view kCommerce = "commerce";

// Per ten thousand people who live where the agency is.
struct Presence {
  std::string_view sector;
  unsigned at_origin, in_city;
};
constexpr Presence kPresence[] = {{kPolice, 9500, 9000},
                                  {kLabor, 5500, 6500},
                                  {kHealth, 4000, 5000},
                                  {kCommerce, 500, 1500}};
// Per ten thousand records of a city: not there before batch 1, or 2.
constexpr unsigned kSinceFirstChange = 400;
constexpr unsigned kSinceSecondChange = 300;

// Per ten thousand records and batch.
constexpr unsigned kMoves = 300;
constexpr unsigned kChangesPhone = 400;
constexpr unsigned kChangesEducation = 100;
constexpr unsigned kChangesJob = 200;
constexpr unsigned kEndsJob = 100;
constexpr unsigned kFilesAddress = 300;
constexpr unsigned kTrains = 200;
constexpr unsigned kCancelled = 50;
constexpr unsigned kClosesBusiness = 300;
constexpr unsigned kSentAgain = 200;
constexpr unsigned kOutOfOrder = 80;

std::uint64_t PartOf(const Agency& agency) {
  std::uint64_t part = std::stoull(agency.place->division) * 16;
  for (const std::string_view sector : Sectors()) {
    if (sector == agency.sector) break;
    ++part;
  }
  return part;
}

// Some second of working hours on one of the days [first, last).
sys_seconds Moment(sys_days first, sys_days last, Random& random) {
  const int span = static_cast<int>((last - first).count());
  return first + days(random.Between(0, std::max(span - 1, 0))) + hours(8) +
         seconds(random.Between(0, 10 * 3600 - 1));
}

// The batch in which the agency first has the person; nothing when never.
std::optional<int> DrawSince(const Agency& agency, Random& random) {
  const Presence& presence =
      *std::ranges::find(kPresence, agency.sector, &Presence::sector);
  if (agency.place->origin) {
    if (!random.Chance(presence.at_origin)) return std::nullopt;
    return 0;
  }
  if (!random.Chance(presence.in_city)) return std::nullopt;
  if (random.Chance(kSinceFirstChange)) return 1;
  if (random.Chance(kSinceSecondChange)) return 2;
  return 0;
}

// Who is where in the story: she moves before the first change, works and comes
// to the health centre before the second; her neighbour's row of the first
// change is broken; her employer has been in the city for long.
std::optional<int> StorySince(const Agency& agency, std::uint64_t index) {
  const bool police = agency.sector == kPolice;
  const bool origin = agency.place->origin;
  if (index == kStoryEmployer) {
    if (agency.sector == kHealth || (origin && !police)) return std::nullopt;
    return 0;
  }
  if (agency.sector == kCommerce) return std::nullopt;
  if (police) return origin ? 0 : 1;
  if (index != kStoryWorker) return std::nullopt;
  return origin ? 0 : 2;
}

bool IsAt(const Agency& agency, const Person& person) {
  return agency.place->division == person.origin->division ||
         agency.place->division == person.residence->division;
}

Content FirstContent(bool told, Record& record, Random& random) {
  const Person& person = *record.person;
  Content content;
  content.home = person.home;
  content.phone = person.phone;
  content.education = person.education;
  if (!told && record.agency->sector == kLabor &&
      random.Chance(rates::kSharedPhone)) {
    content.phone = person.job.employer.phone;
    record.defects.emplace_back("phone_shared");
  }
  if (record.agency->place->origin) {
    content.job = person.former_job;
    content.business = person.former_business;
    content.job_until = Date(sys_days(person.arrived) - days(12));
    content.modified = Moment(
        std::max(sys_days(*content.job_until), kExportDays[0] - days(1500)),
        kExportDays[0], random);
  } else {
    content.job = person.job;
    content.business = person.business;
    content.filed_address = person.filed_address;
    // Entered within days of the arrival, of being hired or of opening, or much
    // later.
    const std::string& sector = record.agency->sector;
    const sys_days began =
        sys_days(sector == kLabor      ? person.job.since
                 : sector == kCommerce ? person.business.since
                                       : person.arrived);
    const bool late = !told && random.Chance(rates::kEnteredLate);
    if (late) record.defects.emplace_back("entered_late");
    content.modified =
        late ? Moment(std::min(began + days(30), kExportDays[0] - days(1)),
                      kExportDays[0], random)
             : Moment(began, std::min(began + days(5), kExportDays[0]), random);
  }
  if (record.since > 0) {
    content.modified = Moment(kExportDays[record.since] - days(5),
                              kExportDays[record.since], random);
  }
  return content;
}

// Of an enterprise others may tell as well; it stays as it is.
bool IsProprietor(const Business& business) {
  return business.uscc.starts_with("92") && business.state == '1';
}

// Changes `content` as of `batch`; whether there is a row for it.
bool Change(const World& world, const Record& record, int batch,
            Content& content, Random& random) {
  const bool police = record.agency->sector == kPolice;
  const bool labor = record.agency->sector == kLabor;
  const bool health = record.agency->sector == kHealth;
  const bool commerce = record.agency->sector == kCommerce;
  const bool city = !record.agency->place->origin;
  const std::uint64_t draw = random.Below(10'000);
  std::uint64_t below = 0;
  const auto hits = [&](bool applies, unsigned rate) {
    return applies && draw < (below += rate);
  };
  const sys_days week = kExportDays[batch - 1];
  const auto on = [&](int after) { return Date(week + days(after)); };
  if (hits((police || health) && city, kMoves)) {
    content.home = DrawHome(world, *record.agency->place, random);
  } else if (hits(true, kChangesPhone)) {
    content.phone = DrawPhone(random);
  } else if (hits(police || labor, kChangesEducation)) {
    content.education = "31";
  } else if (hits(police && city, kCancelled)) {
    content.cancelled = on(2);
  } else if (hits(labor && city, kChangesJob)) {
    content.job = {DrawEmployer(world, *record.agency->place, random), on(1)};
  } else if (hits(labor && city, kEndsJob)) {
    content.job_until = on(1);
  } else if (hits(labor && city, kFilesAddress)) {
    content.filed_address =
        DrawHome(world, *record.agency->place, random).address;
  } else if (hits(labor, kTrains)) {
    content.trained = on(0);
  } else if (hits(commerce && IsProprietor(content.business),
                  kClosesBusiness)) {
    content.business.state = '4';
  } else {
    return false;
  }
  content.modified = Moment(week + days(1), kExportDays[batch], random);
  return true;
}

// An older state of the row that comes after the newer one.
Content Older(const Content& content, Random& random) {
  Content older = content;
  older.phone = DrawPhone(random);
  older.modified = content.modified - days(random.Between(20, 400));
  return older;
}

void FillRows(const World& world, Record& record) {
  const Person& person = *record.person;
  Random random = Stream(world.seed, person.index, Purpose::kChanges,
                         PartOf(*record.agency));
  const bool told = IsTold(world, person.index);
  Content content = FirstContent(told, record, random);
  if (told && record.since > 0) {
    content.modified = kExportDays[record.since] - days(4) + hours(10);
  }
  record.rows[static_cast<std::size_t>(record.since)] = content;
  // Nobody changes a row that was never read, and the story is told plainly.
  if (told || !record.accepted()) return;
  for (int batch = record.since + 1; batch < kBatches; ++batch) {
    auto& row = record.rows[static_cast<std::size_t>(batch)];
    if (Change(world, record, batch, content, random) ||
        random.Chance(kSentAgain)) {
      row = content;
    } else if (random.Chance(kOutOfOrder)) {
      row = Older(content, random);
      record.defects.emplace_back("row_out_of_order");
    }
  }
}

Damage DrawDamage(const Format& format, Record& record, Random& random) {
  const std::uint64_t draw = random.Below(10'000);
  std::uint64_t below = 0;
  for (const DamageRate& rate : format.damages) {
    if (draw >= (below += rate.per_ten_thousand)) continue;
    record.defects.emplace_back(rate.defect);
    return rate.damage;
  }
  return Damage::kNone;
}

void SpellStory(Record& record) {
  SpellCleanIdentity(FormatOf(*record.agency), record);
  if (record.agency->sector == kHealth && record.since > 0) {
    record.defects.emplace_back("address_missing");
  }
  if (record.agency->sector != kPolice || record.since == 0) return;
  if (record.person->index == kStoryWorker) {
    const Date other = Date(sys_days(record.person->birth) + days(3));
    record.birth = record.birth_stated = Dashed(other);
    record.defects.emplace_back("birth_disagrees");
  } else {
    record.damage = Damage::kCut;
    record.defects.emplace_back("row_cut");
  }
}

std::vector<Record> DrawPresence(const World& world, const Person& person) {
  const bool told = IsTold(world, person.index);
  std::vector<Record> records;
  for (const Agency& agency : world.agencies) {
    if (!IsAt(agency, person)) continue;
    // A stream for each: no agency's register depends on who else exports.
    Random random =
        Stream(world.seed, person.index, Purpose::kRecords, PartOf(agency));
    const std::optional<int> since =
        told ? StorySince(agency, person.index) : DrawSince(agency, random);
    if (!since) continue;
    records.emplace_back();
    records.back().person = &person;
    records.back().agency = &agency;
    records.back().since = *since;
  }
  if (records.empty()) {  // Somebody knows everybody.
    const auto agency =
        std::find_if(world.agencies.begin(), world.agencies.end(),
                     [&](const Agency& one) { return IsAt(one, person); });
    records.emplace_back();
    records.back().person = &person;
    records.back().agency = &*agency;
  }
  return records;
}

}  // namespace

bool Record::Has(std::string_view defect) const {
  return std::ranges::find(defects, defect) != defects.end();
}

std::vector<Record> MakeRecords(const World& world, const Person& person) {
  std::vector<Record> records = DrawPresence(world, person);
  const bool told = IsTold(world, person.index);
  Random whole = Stream(world.seed, person.index, Purpose::kDefects);
  // Whoever shares a number keeps a name that surely contradicts.
  const std::size_t wrong_name =
      !person.same_number_as && whole.Chance(rates::kName)
          ? whole.Below(records.size())
          : records.size();
  const auto police_records = std::count_if(
      records.begin(), records.end(),
      [](const Record& record) { return record.agency->sector == kPolice; });
  const bool disagrees =
      police_records > 1 && whole.Chance(rates::kBirthDisagrees);
  for (std::size_t i = 0; i < records.size(); ++i) {
    Record& record = records[i];
    if (told) {
      SpellStory(record);
    } else {
      const Format& format = FormatOf(*record.agency);
      const bool other_birth = disagrees && record.agency->sector == kPolice &&
                               !record.agency->place->origin;
      Random random = Stream(world.seed, person.index, Purpose::kDefects,
                             PartOf(*record.agency));
      SpellIdentity(world, format, i == wrong_name, other_birth, random,
                    record);
      format.spoil(record, random);
      record.damage = DrawDamage(format, record, random);
    }
    if (person.same_number_as) record.defects.emplace_back("number_shared");
    if (record.household_code.empty()) {
      record.household_code = person.household.county->code;
    }
    FillRows(world, record);
  }
  return records;
}

}  // namespace waystation::population
