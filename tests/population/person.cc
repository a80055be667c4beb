// SPDX-License-Identifier: Apache-2.0
#include "tests/population/person.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"
#include "tests/population/births.h"
#include "tests/population/kin.h"

namespace waystation::population {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

// Per ten thousand people.
constexpr unsigned kSharedNumber = 25;
constexpr unsigned kMinorityName = 100;
constexpr unsigned kRareName = 100;
constexpr unsigned kOneGivenCharacter = 1500;
// Of those who live with their kin.
constexpr unsigned kOnePhone = 5000;

// What the number says, before anyone shares it.
struct Identity {
  Birth birth;
  Sex sex = Sex::kMale;
  const Place* origin = nullptr;
  const Place* residence = nullptr;
  const County* county = nullptr;
  std::string number;
};

const Place& PickPlace(const std::vector<Place>& first,
                       const std::vector<Place>& second, Random& random) {
  return random.PickWeighted(first.empty() ? second : first);
}

Identity DrawIdentity(const World& world, std::uint64_t index) {
  // Kin come from one county and live in one city.
  Random random = Stream(world.seed, KinOf(world, index).head, Purpose::kPlace);
  Identity identity;
  identity.birth = BirthOf(world, index);
  identity.sex = identity.birth.sex();
  // Of a hundred, 55 are known at both ends, 20 at the origin alone and 25 in
  // the city alone.
  const std::uint64_t kind = random.Below(100);
  const bool at_origin = kind < 75 || world.exporting_residences.empty();
  const bool in_city =
      kind < 55 || kind >= 75 || world.exporting_origins.empty();
  identity.origin =
      at_origin
          ? &PickPlace(world.exporting_origins, world.other_origins, random)
          : &PickPlace(world.other_origins, world.exporting_origins, random);
  identity.residence = in_city ? &PickPlace(world.exporting_residences,
                                            world.other_residences, random)
                               : &PickPlace(world.other_residences,
                                            world.exporting_residences, random);
  identity.county = &random.Pick(identity.origin->counties);
  // Cards of people born before 1980 often hold the code of their time.
  const auto& dead = identity.county->dead_codes;
  const bool old_code = identity.birth.date.year() < year(1980) &&
                        !dead.empty() && random.Chance(5000);
  identity.number =
      CitizenNumber(old_code ? dead.front() : identity.county->code,
                    identity.birth.date, identity.birth.sequence);
  return identity;
}

const County& CountyOf(const Place& place, const std::string& code) {
  return *std::find_if(
      place.counties.begin(), place.counties.end(),
      [&](const County& county) { return county.code == code; });
}

// 颍州区 to 吴中区; the sequences are such that no slot holds.
Identity StoryIdentity(const World& world) {
  Identity identity;
  identity.birth = {year(1988) / 3 / 16, 992};
  identity.sex = Sex::kFemale;
  const auto place = [](const std::vector<Place>& places,
                        const std::string& division) {
    return &*std::find_if(places.begin(), places.end(), [&](const Place& one) {
      return one.division == division;
    });
  };
  identity.origin = place(world.exporting_origins, "341200");
  identity.residence = place(world.exporting_residences, "320500");
  identity.county = &CountyOf(*identity.origin, "341202");
  identity.number = CitizenNumber("341202", identity.birth.date, 992);
  return identity;
}

Identity ManOfTheStory(const World& world, Date birth, int sequence) {
  Identity identity = StoryIdentity(world);
  identity.birth = {birth, sequence};
  identity.sex = Sex::kMale;
  identity.number = CitizenNumber("341202", birth, sequence);
  return identity;
}

Identity IdentityOf(const World& world, std::uint64_t index) {
  if (!IsTold(world, index)) return DrawIdentity(world, index);
  return index == kStoryWorker ? StoryIdentity(world)
         : index == kBrokenRowNeighbour
             ? ManOfTheStory(world, year(1991) / 11 / 5, 991)
             : ManOfTheStory(world, year(1979) / 5 / 20, 993);
}

bool DrawsSharedNumber(const World& world, std::uint64_t index) {
  return index >= kFirstDrawn &&
         Stream(world.seed, index, Purpose::kShared).Chance(kSharedNumber) &&
         KinOf(world, index).kind == Kind::kNone;
}

// The second of two people who hold one number. Never three in a row.
bool SharesNumber(const World& world, std::uint64_t index) {
  return DrawsSharedNumber(world, index) && index > kFirstDrawn &&
         !DrawsSharedNumber(world, index - 1) &&
         KinOf(world, index - 1).kind == Kind::kNone;
}

Name DrawMinorityName(const Data& data, Sex sex, Random& random) {
  std::string text =
      random.Pick(sex == Sex::kMale ? data.minority_men : data.minority_women);
  // Now and then father's father as well: names of 25 characters exist.
  const int fathers = random.Chance(1000) ? 4 : 1;
  for (int i = 0; i < fathers; ++i) {
    text += "·" + random.Pick(data.minority_men);
  }
  return {.characters = Characters(text), .surname_size = 0, .has_rare = false};
}

Name NameOf(std::vector<std::string> characters, std::size_t surname_size) {
  return {.characters = std::move(characters),
          .surname_size = surname_size,
          .has_rare = false};
}

// One of those that very many have.
Name DrawCommonName(const Data& data, Sex sex, Random& random) {
  const CommonName& common = random.PickWeighted(
      sex == Sex::kMale ? data.common_men : data.common_women);
  if (common.has_surname) return NameOf(common.characters, 1);
  const Surname& surname = random.PickWeighted(data.surnames);
  Name name = NameOf(surname.characters, surname.characters.size());
  name.characters.insert(name.characters.end(), common.characters.begin(),
                         common.characters.end());
  return name;
}

Name DrawPlainName(const Data& data, Sex sex, Random& random) {
  if (random.Chance(sex == Sex::kMale ? data.common_men_rate
                                      : data.common_women_rate)) {
    return DrawCommonName(data, sex, random);
  }
  const Surname& surname = random.PickWeighted(data.surnames);
  const auto& given = sex == Sex::kMale ? data.given_men : data.given_women;
  Name name = NameOf(surname.characters, surname.characters.size());
  if (!random.Chance(kOneGivenCharacter)) {
    name.characters.push_back(
        random.Pick(random.Chance(3000) ? data.given_first : given));
  }
  std::string last = random.Pick(given);
  while (last == name.characters.back()) last = random.Pick(given);
  name.characters.push_back(last);
  return name;
}

// As drawn for one who is nobody's kin.
Name DrawOwnName(const World& world, Sex sex, std::uint64_t index,
                 bool is_twin) {
  Random random = Stream(world.seed, index, Purpose::kName);
  const Data& data = world.data;
  // Whoever shares a number has a plain name, which surely contradicts; and
  // twins' differ in a character that each charset has.
  const bool plain = is_twin || DrawsSharedNumber(world, index) ||
                     DrawsSharedNumber(world, index + 1);
  if (!plain && random.Chance(kMinorityName)) {
    return DrawMinorityName(data, sex, random);
  }
  Name name = DrawPlainName(data, sex, random);
  if (!plain && random.Chance(kRareName)) {
    name.characters.back() =
        random.Pick(sex == Sex::kMale ? data.rare_men : data.rare_women);
    name.has_rare = true;
  }
  return name;
}

// With another character of the given name, of which there is at least one.
Name WithAnotherCharacter(const Data& data, Name name, Sex sex,
                          Random& random) {
  const auto& given = sex == Sex::kMale ? data.given_men : data.given_women;
  const std::size_t last = name.characters.size() - 1;
  const std::size_t at = random.Chance(5000) ? last : name.surname_size;
  const std::string was = name.characters[at];
  while (name.characters[at] == was) name.characters[at] = random.Pick(given);
  return name;
}

// What a family hands on: the surname to parents and children, and now and then
// all of it from father to son. Everybody else has a name of one's own.
Name DrawNameInFamily(const World& world, const Birth& birth,
                      std::uint64_t index, const Kin& kin) {
  Name name = DrawOwnName(world, birth.sex(), index, false);
  if (kin.head == index) return name;
  const Birth of_head = BirthOf(world, kin.head);
  const Name heads = DrawOwnName(world, of_head.sex(), kin.head, false);
  if (heads.minority() || name.minority()) return name;
  const FatherAndSon passed = FatherAndSonOf(world, kin.head);
  if (passed.other == index && passed.name == PassedOn::kSame) return heads;
  if (passed.other == index && passed.name == PassedOn::kNear) {
    name = heads;
    Random random = Stream(world.seed, index, Purpose::kName, 2);
    const auto& given = world.data.given_men;
    const std::string was = name.characters.back();
    while (name.characters.back() == was) {
      name.characters.back() = random.Pick(given);
    }
    name.has_rare = false;
    return name;
  }
  if (IsAGenerationApart(birth, of_head)) {
    std::vector<std::string> characters(
        heads.characters.begin(),
        heads.characters.begin() +
            static_cast<std::ptrdiff_t>(heads.surname_size));
    characters.insert(characters.end(),
                      name.characters.begin() +
                          static_cast<std::ptrdiff_t>(name.surname_size),
                      name.characters.end());
    name.characters = std::move(characters);
    name.surname_size = heads.surname_size;
  }
  return name;
}

Name DrawName(const World& world, std::uint64_t index) {
  const Birth birth = BirthOf(world, index);
  const Kin kin = KinOf(world, index);
  switch (kin.kind) {
    case Kind::kNone:
      break;
    case Kind::kTwin: {
      const Name heads = DrawOwnName(world, birth.sex(), kin.head, true);
      if (kin.head == index) return heads;
      Random random = Stream(world.seed, index, Purpose::kName, 2);
      return WithAnotherCharacter(world.data, heads, birth.sex(), random);
    }
    case Kind::kFamily:
      return DrawNameInFamily(world, birth, index, kin);
    case Kind::kNamesake: {
      Random random = Stream(world.seed, kin.head, Purpose::kName, 2);
      return DrawCommonName(world.data, birth.sex(), random);
    }
  }
  return DrawOwnName(world, birth.sex(), index, false);
}

// No character of one sounds like any of the other.
bool Contradict(const Data& data, const Name& a, const Name& b) {
  const auto reading = [&](const std::string& character) {
    const auto found = data.readings.find(character);
    return found == data.readings.end() ? character : found->second;
  };
  for (const std::string& one : a.characters) {
    for (const std::string& other : b.characters) {
      if (one == other || reading(one) == reading(other)) return false;
    }
  }
  return true;
}

Name DrawContradictingName(const World& world, Sex sex, std::uint64_t index,
                           const Name& other) {
  Random random = Stream(world.seed, index, Purpose::kName, 1);
  Name name = DrawPlainName(world.data, sex, random);
  while (!Contradict(world.data, name, other)) {
    name = DrawPlainName(world.data, sex, random);
  }
  return name;
}

std::string DrawEducation(Random& random) {
  struct Level {
    const char* code;
    std::uint64_t weight;
  };
  static const std::vector<Level> kLevels = {{"81", 10}, {"71", 42}, {"61", 18},
                                             {"41", 8},  {"44", 5},  {"47", 4},
                                             {"31", 9},  {"21", 4}};
  return random.PickWeighted(kLevels).code;
}

Date DaysBefore(sys_days when, int at_least, int at_most, Random& random) {
  return Date(when - days(random.Between(at_least, at_most)));
}

void DrawLife(const World& world, const Kin& kin, Person& person) {
  // Who lives together came together.
  Random random =
      Stream(world.seed, kin.under_one_roof() ? kin.head : person.index,
             Purpose::kLife);
  const County* const county = person.household.county;
  person.household = DrawHome(world, *person.origin, random);
  person.household.county = county;
  person.household.address = county->path + random.Pick(world.data.towns) +
                             random.Pick(world.data.villages) +
                             absl::StrFormat("%d号", random.Between(1, 180));
  person.home = DrawHome(world, *person.residence, random);
  person.phone = DrawPhone(random);
  person.education = DrawEducation(random);
  person.arrived = DaysBefore(kExportDays[0], 40, 4000, random);
  if (!kin.under_one_roof() || kin.head == person.index) return;
  Random own = Stream(world.seed, person.index, Purpose::kLife);
  if (!own.Chance(kOnePhone)) person.phone = DrawPhone(own);
  person.education = DrawEducation(own);
}

std::vector<std::string> KindsOf(const World& world, const Person& person,
                                 const Kin& kin) {
  std::vector<std::string> kinds;
  if (kin.kind == Kind::kTwin) kinds.emplace_back("twin");
  if (kin.kind == Kind::kFamily) {
    kinds.emplace_back("family");
    const FatherAndSon passed = FatherAndSonOf(world, kin.head);
    if (passed.name != PassedOn::kNone && !person.name.minority() &&
        (person.index == kin.head || person.index == passed.other)) {
      kinds.emplace_back("father_and_son");
    }
  }
  if (kin.kind == Kind::kNamesake) kinds.emplace_back("namesake");
  if (world.data.IsCommon(person.name.Text())) {
    kinds.emplace_back("common_name");
  }
  return kinds;
}

void DrawWork(const World& world, Person& person) {
  Random random = Stream(world.seed, person.index, Purpose::kWork);
  person.job.employer = DrawEmployer(world, *person.residence, random);
  person.job.since =
      Date(std::min(sys_days(person.arrived) + days(random.Between(3, 400)),
                    kExportDays[0] - days(10)));
  person.former_job.employer = DrawEmployer(world, *person.origin, random);
  person.former_job.since =
      DaysBefore(sys_days(person.arrived), 200, 2500, random);
  if (random.Chance(3000)) {
    person.filed_address = DrawHome(world, *person.residence, random).address;
  }
}

Date SomeDay(int first_year, int last_year, Random& random) {
  return year(random.Between(first_year, last_year)) /
         static_cast<unsigned>(random.Between(1, 12)) /
         static_cast<unsigned>(random.Between(1, 28));
}

// Some 400 employers a place; all that is known of one follows from its number,
// so that every worker's row says the same.
constexpr std::uint64_t kEmployers = 400;

Employer EmployerOf(const World& world, const Place& place,
                    std::uint64_t serial) {
  Random own =
      Stream(world.seed, serial, Purpose::kWork, std::stoull(place.division));
  const County& county = own.Pick(place.counties);
  Employer employer;
  employer.serial = serial;
  employer.county = county.code;
  employer.uscc = EnterpriseCode(county.code, serial);
  employer.number = place.division + absl::StrFormat("%06d", serial);
  employer.name = place.name + own.Pick(world.data.employer_words) +
                  own.Pick(world.data.employer_trades) +
                  own.Pick(world.data.employer_forms);
  employer.phone = DrawPhone(own);
  employer.founded = SomeDay(2003, 2024, own);
  return employer;
}

// Since 1 October 2015 a business has one code and no other number.
bool HasRegistration(Date since) { return since < year(2015) / 10 / 1; }

Business BusinessOf(const Employer& employer) {
  Business business;
  business.uscc = employer.uscc;
  business.title = employer.name;
  business.since = employer.founded;
  if (HasRegistration(business.since)) {
    business.registration = EnterpriseNumber(employer.county, employer.serial);
  }
  // Of the enterprise, so that whoever stands behind it says the same.
  business.state = employer.serial % 40 == 7    ? '4'
                   : employer.serial % 100 == 3 ? '2'
                                                : '1';
  return business;
}

// One's own stall or workshop, for most.
Business DrawBusiness(const World& world, const Person& person,
                      const Place& place, sys_days from, sys_days to,
                      Random& random) {
  if (random.Chance(1200)) {
    return BusinessOf(DrawEmployer(world, place, random));
  }
  const County& county = random.Pick(place.counties);
  Business business;
  business.uscc = ProprietorCode(county.code, person.index);
  // Long names hold province and town, and are cut in narrow columns.
  business.title =
      (random.Chance(1500) ? county.path + random.Pick(world.data.towns)
                           : county.name) +
      random.Pick(world.data.employer_words) + random.Pick(world.data.shops);
  business.since =
      Date(from + days(random.Between(
                      0, std::max(static_cast<int>((to - from).count()), 0))));
  if (HasRegistration(business.since)) {
    business.registration = ProprietorNumber(county.code, person.index);
  }
  business.state = random.Chance(500) ? '4' : random.Chance(100) ? '2' : '1';
  return business;
}

void DrawBusinesses(const World& world, Person& person) {
  Random random = Stream(world.seed, person.index, Purpose::kBusiness);
  const sys_days arrived = sys_days(person.arrived);
  person.business =
      DrawBusiness(world, person, *person.residence, arrived + days(20),
                   kExportDays[0] - days(15), random);
  person.former_business =
      DrawBusiness(world, person, *person.origin, arrived - days(3000),
                   arrived - days(30), random);
}

// What the story says of its people instead.
void TellStory(const World& world, Person& person) {
  const Place& city = *person.residence;
  person.household.county = &CountyOf(*person.origin, "341202");
  person.home.county = &CountyOf(city, "320506");
  // Hers and his are known to the village.
  person.home.town = "005";
  person.home.village = "011";
  // She works for him.
  constexpr std::uint64_t kTheirEnterprise = 118;
  person.job.employer = EmployerOf(world, city, kTheirEnterprise);
  person.business = BusinessOf(person.job.employer);
  if (person.index == kStoryWorker) {
    person.name.characters = {"阮", "春", "禾"};
    person.household.address =
        person.household.county->path + "柳林镇石桥村27号";
    person.home.address =
        person.home.county->path + "丰收路18号荷塘公寓3幢502室";
    person.filed_address =
        CountyOf(city, "320505").path + "金桥路66号集体宿舍2幢318室";
    person.arrived = year(2026) / 3 / 4;
    person.job.since = year(2026) / 3 / 10;
    person.former_job.since = year(2019) / 6 / 3;
    person.education = "61";
  } else if (person.index == kStoryEmployer) {
    person.name.characters = {"季", "松", "岩"};
    person.household.address =
        person.household.county->path + "柳林镇石桥村9号";
    person.home.address =
        person.home.county->path + "金桥路12号荷塘公寓9幢201室";
    person.filed_address.clear();
    person.arrived = year(2002) / 2 / 20;
    person.job.since = person.business.since;
  } else {
    person.name.characters = {"苗", "守", "田"};
    person.household.address =
        person.household.county->path + "柳林镇石桥村31号";
    person.home.address =
        person.home.county->path + "丰收路18号荷塘公寓1幢106室";
    person.filed_address.clear();
    person.arrived = year(2026) / 3 / 3;
  }
  person.name.surname_size = 1;
  person.name.has_rare = false;
}

}  // namespace

std::string Name::Text() const {
  std::string text;
  for (const std::string& character : characters) text += character;
  return text;
}

Home DrawHome(const World& world, const Place& place, Random& random) {
  Home home;
  home.county = &random.Pick(place.counties);
  home.town = absl::StrFormat("%03d", random.Between(1, 20));
  home.village = absl::StrFormat("%03d", random.Between(1, 30));
  home.address = home.county->path + random.Pick(world.data.roads) +
                 absl::StrFormat("%d号", random.Between(1, 299)) +
                 random.Pick(world.data.estates) +
                 absl::StrFormat("%d幢%d%02d室", random.Between(1, 30),
                                 random.Between(1, 18), random.Between(1, 6));
  return home;
}

std::string DrawPhone(Random& random) {
  // 140 is not given to people's telephones.
  return absl::StrFormat("140%08d", random.Below(100'000'000));
}

Employer DrawEmployer(const World& world, const Place& place, Random& random) {
  return EmployerOf(world, place, random.Below(kEmployers));
}

bool IsTold(const World& world, std::uint64_t index) {
  return world.has_story && index < kStoryPeople;
}

std::string PersonId(std::uint64_t index) {
  return absl::StrFormat("P%08d", index + 1);
}

Person MakePerson(const World& world, std::uint64_t index) {
  Person person;
  person.index = index;
  person.id = PersonId(index);
  const bool shares_number = SharesNumber(world, index);
  if (shares_number) {
    person.same_number_as = index - 1;
  } else if (index + 1 < world.people && SharesNumber(world, index + 1)) {
    person.same_number_as = index + 1;
  }
  const Identity own = IdentityOf(world, index);
  person.origin = own.origin;
  person.residence = own.residence;
  person.household.county = own.county;
  person.sex = own.sex;
  person.birth = own.birth.date;
  person.number = own.number;
  if (shares_number) {
    const Identity first = DrawIdentity(world, index - 1);
    person.sex = first.sex;
    person.birth = first.birth.date;
    person.number = first.number;
    person.name = DrawContradictingName(world, person.sex, index,
                                        DrawName(world, index - 1));
  } else if (IsTold(world, index)) {
    person.name = DrawOwnName(world, person.sex, index, false);
  } else {
    person.name = DrawName(world, index);
  }
  const Kin kin = KinOf(world, index);
  DrawLife(world, kin, person);
  DrawWork(world, person);
  DrawBusinesses(world, person);
  if (IsTold(world, index)) TellStory(world, person);
  person.kinds = KindsOf(world, person, kin);
  if (kin.kind != Kind::kNone) person.kin = PersonId(kin.head);
  return person;
}

}  // namespace waystation::population
