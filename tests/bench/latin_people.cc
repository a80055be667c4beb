// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/latin_people.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace waystation::bench {
namespace {

enum Column : std::size_t {
  kGiven,
  kSurname,
  kBirth,
  kStreet,
  kSuburb,
  kPostcode,
  kPhone,
};
constexpr std::size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;

constexpr std::string_view kGivenNames[] = {
    "james",    "olivia",    "jack",     "emily",     "thomas",    "sophie",
    "joshua",   "jessica",   "william",  "chloe",     "lachlan",   "emma",
    "benjamin", "sarah",     "daniel",   "isabella",  "matthew",   "hannah",
    "ethan",    "georgia",   "samuel",   "caitlin",   "alexander", "grace",
    "nicholas", "charlotte", "harrison", "ella",      "liam",      "mia",
    "jordan",   "ruby",      "connor",   "zoe",       "oscar",     "amelia",
    "patrick",  "lucy",      "mitchell", "holly",     "isaac",     "madison",
    "dylan",    "abigail",   "cameron",  "alexandra", "jacob",     "bethany",
    "riley",    "lauren",    "hugo",     "imogen",    "declan",    "phoebe",
    "angus",    "tahlia",    "finn",     "keira",     "callum",    "bridget",
    "jasper",   "eloise",    "marcus",   "freya",     "felix",     "annabel",
    "stephen",  "rosie",     "philip",   "bianca",    "adrian",    "tessa",
    "gareth",   "miranda",   "leonard",  "harriet",   "edmund",    "vivian",
    "rupert",   "lorna",     "clement",  "maeve",     "ambrose",   "thora",
    "casper",   "odette",    "lionel",   "ingrid",    "barnaby",   "saskia",
    "tobias",   "linnea",    "magnus",   "petra",     "evander",   "zara",
    "quentin",  "noelle"};
constexpr std::string_view kBeginnings[] = {
    "ash",  "black", "brad",  "camp",  "clay",  "dun",   "east",  "fair",
    "gold", "green", "hamp",  "hart",  "kings", "lang",  "lock",  "mar",
    "mill", "nor",   "oak",   "pen",   "quin",  "red",   "roth",  "sand",
    "shel", "stan",  "thorn", "under", "wal",   "white", "wood",  "york",
    "mac",  "van",   "fitz",  "delan", "kers",  "hol",   "brook", "carl"};
constexpr std::string_view kEndings[] = {
    "by",   "croft", "dale", "den",   "field", "ford",  "gate", "ham",  "hurst",
    "ley",  "low",   "man",  "mere",  "more",  "ridge", "sen",  "son",  "stead",
    "ston", "ter",   "ton",  "ville", "well",  "wick",  "wood", "worth"};
constexpr std::string_view kStreets[] = {
    "street", "road", "place", "crescent", "avenue", "circuit", "close"};

class Maker {
 public:
  Maker(const std::filesystem::path& folder, std::uint64_t seed)
      : random_(seed),
        table_(folder / "register" / "people.csv"),
        truth_(folder / "truth.csv") {
    table_ << "rec_id,given_name,surname,date_of_birth,street_address,suburb,"
              "postcode,phone\n";
    truth_ << "export,record_key,person,,,,,,,,defects,kinds\n";
  }

  void Make(std::uint64_t people) {
    std::vector<std::pair<std::string, std::uint64_t>> rows;
    Row family;
    std::uint64_t left_of_family = 0;
    for (std::uint64_t person = 1; person <= people; ++person) {
      if (left_of_family == 0) {
        family = MakeFamily();
        given_.clear();
        left_of_family = 1 + Below(4);
      }
      --left_of_family;
      const Row row = MakePerson(family);
      rows.emplace_back(Line(row), person);
      // Half of them are there once, some up to four times.
      for (double chance = 0.5; Share() < chance; chance *= 0.6) {
        rows.emplace_back(Line(Modified(row)), person);
        if (chance < 0.15) break;
      }
    }
    std::ranges::shuffle(rows, random_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string key = absl::StrFormat("R%08d", i + 1);
      table_ << key << ',' << rows[i].first << '\n';
      truth_ << "register," << key << ",P" << rows[i].second << ",,,,,,,,,\n";
    }
  }

 private:
  std::size_t Below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }
  double Share() {
    return std::uniform_real_distribution<double>(0, 1)(random_);
  }
  // Few are frequent: of many, the k-th has a share that falls with k + `flat`.
  std::size_t Frequent(std::size_t end, double flat) {
    const double most = (static_cast<double>(end) + flat) / flat;
    return std::min(end - 1, static_cast<std::size_t>(
                                 flat * std::pow(most, Share()) - flat));
  }
  template <typename Words>
  std::string OneOf(const Words& words) {
    return std::string(words[Below(std::size(words))]);
  }
  std::string Compound(std::size_t which) {
    const std::size_t endings = std::size(kEndings);
    // Spread, so that the frequent ones are no neighbours.
    which = which * 389 % (std::size(kBeginnings) * endings);
    return absl::StrCat(std::string(kBeginnings[which / endings]),
                        std::string(kEndings[which % endings]));
  }
  std::string AnyCompound() {
    return Compound(Frequent(std::size(kBeginnings) * std::size(kEndings), 10));
  }

  Row MakeFamily() {
    Row family;
    family[kSurname] = AnyCompound();
    family[kStreet] =
        absl::StrCat(1 + Below(250), " ", AnyCompound(), " ", OneOf(kStreets));
    const std::size_t suburb = Frequent(700, 50);
    family[kSuburb] =
        absl::StrCat(Compound(suburb + 31), suburb % 3 == 0 ? " heights" : "");
    // Some share a postcode.
    family[kPostcode] = std::to_string(2000 + suburb / 2 * 7 % 2900);
    family[kPhone] = MakePhone();
    return family;
  }

  std::string MakePhone() {
    return absl::StrFormat("0%d %04d %04d", 2 + Below(7), 5550 + Below(10),
                           Below(10'000));
  }

  Row MakePerson(const Row& family) {
    Row row = family;
    // No two of a family have one name.
    do {
      row[kGiven] = kGivenNames[Frequent(std::size(kGivenNames), 10)];
    } while (!given_.insert(row[kGiven]).second);
    // In a fifth of all families somebody has another name.
    if (Share() < 0.1) row[kSurname] = AnyCompound();
    if (Share() < 0.5) row[kPhone] = MakePhone();
    if (Share() < 0.15) row[kPhone].clear();
    row[kBirth] = absl::StrFormat("%04d%02d%02d", 1930 + Below(80),
                                  1 + Below(12), 1 + Below(28));
    return row;
  }

  // --- what goes wrong ---

  Row Modified(Row row) {
    std::array<int, kColumns> times{};
    const std::size_t modifications = 1 + Below(4);
    if (Share() < 0.05) std::swap(row[kGiven], row[kSurname]);
    for (std::size_t i = 0; i < modifications; ++i) {
      // Names and streets most, as typed by hand.
      static constexpr Column kWeighted[] = {
          kGiven,  kGiven,  kSurname, kSurname,  kStreet, kStreet,
          kSuburb, kSuburb, kBirth,   kPostcode, kPhone,  kPhone};
      const Column column = kWeighted[Below(std::size(kWeighted))];
      if (times[column]++ < 2) Modify(column, row[column]);
    }
    return row;
  }

  void Modify(Column column, std::string& value) {
    if (value.empty()) return;
    const double kind = Share();
    if (kind < 0.12) {
      value.clear();
    } else if (column == kBirth && kind < 0.3) {
      value = value.substr(0, 4) + value.substr(6, 2) + value.substr(4, 2);
    } else if (column == kGiven && kind < 0.2) {
      value = value.substr(0, 1);
    } else if (column <= kSurname && kind < 0.4) {
      Mishear(value);
    } else {
      Mistype(value);
    }
  }

  // As it sounds.
  void Mishear(std::string& word) {
    static constexpr std::pair<std::string_view, std::string_view> kSounds[] = {
        {"ph", "f"}, {"ck", "k"}, {"c", "k"},  {"ie", "y"},
        {"y", "i"},  {"ll", "l"}, {"gh", "g"}, {"s", "z"},
        {"au", "o"}, {"ea", "e"}, {"oo", "u"}, {"th", "t"}};
    const std::size_t begin = Below(std::size(kSounds));
    for (std::size_t i = 0; i < std::size(kSounds); ++i) {
      const auto& [from, to] = kSounds[(begin + i) % std::size(kSounds)];
      const std::size_t at = word.find(from);
      if (at == word.npos) continue;
      word.replace(at, from.size(), to);
      return;
    }
    Mistype(word);
  }

  char Neighbour(char c) {
    if (c >= '0' && c <= '9') return static_cast<char>('0' + Below(10));
    static constexpr std::string_view kRows[] = {"qwertyuiop", "asdfghjkl",
                                                 "zxcvbnm"};
    for (const std::string_view row : kRows) {
      const std::size_t at = row.find(c);
      if (at == row.npos) continue;
      if (at == 0) return row[1];
      if (at + 1 == row.size()) return row[at - 1];
      return row[Share() < 0.5 ? at - 1 : at + 1];
    }
    return c;
  }

  void Mistype(std::string& value) {
    const std::size_t at = Below(value.size());
    switch (Below(4)) {
      case 0:
        value[at] = Neighbour(value[at]);
        break;
      case 1:
        if (value.size() > 2) value.erase(at, 1);
        break;
      case 2:
        value.insert(at, 1, Neighbour(value[at]));
        break;
      default:
        if (at + 1 < value.size()) std::swap(value[at], value[at + 1]);
    }
  }

  static std::string Line(const Row& row) {
    std::string line;
    for (const std::string& value : row) {
      if (&value != row.data()) line += ',';
      line += value;
    }
    return line;
  }

  std::mt19937_64 random_;
  // Names of the family at hand.
  std::set<std::string> given_;
  std::ofstream table_;
  std::ofstream truth_;
};

constexpr std::string_view kMapping = R"(sector: transport
version: latin
table: {charset: utf8}
record_key: rec_id
attributes:
  - attribute: name
    fields: [{field: full, columns: [given_name, surname]}]
  - attribute: birth_date
    fields: [{field: date, column: date_of_birth}]
  - attribute: residence
    fields: [{field: address, columns: [street_address, suburb, postcode]}]
  - attribute: contact
    fields: [{field: phones, column: phone}]
)";

}  // namespace

void WriteLatinPeople(const std::filesystem::path& folder, std::uint64_t people,
                      std::uint64_t seed) {
  std::filesystem::create_directories(folder / "register");
  std::ofstream(folder / "mapping.yaml") << kMapping;
  Maker(folder, seed).Make(people);
}

}  // namespace waystation::bench
