// SPDX-License-Identifier: Apache-2.0
#include "tests/population/defects.h"

#include <algorithm>

#include "tests/population/spelling.h"

namespace waystation::population {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;

// ---- the number

std::string WithWrongCheck(const std::string& number, Random& random) {
  constexpr std::string_view kChecks = "0123456789X";
  char check = number.back();
  while (check == number.back()) check = kChecks[random.Below(11)];
  return number.substr(0, 17) + check;
}

// "4.12022E+16": a spreadsheet drops the leading zero and the last digits.
std::string AsSpreadsheet(const std::string& number) {
  std::string digits = number.substr(number.find_first_not_of('0'));
  const std::size_t exponent = digits.size() - 1;
  return digits.substr(0, 1) + "." + digits.substr(1, 5) + "E+" +
         std::to_string(exponent);
}

struct SpelledNumber {
  std::string text;
  bool strong;
  const char* defect;
};

SpelledNumber SpellNumber(const Person& person, const Format& format,
                          Random& random) {
  const std::string& number = person.number;
  const std::uint64_t draw = random.Below(10'000);
  std::uint64_t below = 0;
  const auto hits = [&](unsigned rate) { return draw < (below += rate); };
  if (hits(rates::kNumberWrongCheck)) {
    return {WithWrongCheck(number, random), false, "number_wrong_check"};
  }
  if (hits(rates::kNumberZeros)) {
    return {std::string(18, '0'), false, "number_zeros"};
  }
  if (hits(rates::kNumberTemporary)) {
    return {"000000" + Compact(person.birth) + "0000", false,
            "number_temporary"};
  }
  if (hits(rates::kNumberMissing)) return {"", false, "number_missing"};
  if (hits(format.long_numbers ? rates::kNumberFullWidth : 0)) {
    return {FullWidth(number), true, "number_full_width"};
  }
  if (hits(format.long_numbers ? rates::kNumberSpaced : 0)) {
    return {number.substr(0, 6) + " " + number.substr(6, 8) + " " +
                number.substr(14),
            true, "number_spaced"};
  }
  if (hits(format.spreadsheet ? rates::kNumberSpreadsheet : 0)) {
    return {AsSpreadsheet(number), false, "number_spreadsheet"};
  }
  if (hits(rates::kNumberFifteen) && person.birth.year() < year(1985)) {
    return {FifteenDigits(number), true, "number_15"};
  }
  if (number.ends_with('X') && random.Chance(rates::kNumberLowerX)) {
    return {number.substr(0, 17) + "x", true, "number_lower_x"};
  }
  return {number, true, nullptr};
}

// ---- the birth date

std::string SpellDate(Date date, bool compact) {
  return compact ? Compact(date) : Dashed(date);
}

// Another day that a clerk could have read or typed.
Date AnotherDay(Date date, Random& random) {
  const int shift = random.Pick(std::vector<int>{-30, -10, -3, -1, 1, 3, 9});
  return Date(sys_days(date) + days(shift));
}

struct SpelledDate {
  std::string text;
  std::string stated;  // A day, dashed; a month or year alone; or nothing
  const char* defect;
};

SpelledDate SpellBirth(Date birth, const Format& format, Random& random) {
  const std::uint64_t draw = random.Below(10'000);
  std::uint64_t below = 0;
  const auto hits = [&](unsigned rate) { return draw < (below += rate); };
  const auto stated = [&](Date date, const char* defect) {
    return SpelledDate{SpellDate(date, format.compact_dates),
                       date.ok() ? Dashed(date) : std::string(), defect};
  };
  if (hits(rates::kBirthLunar)) return stated(LunarDay(birth), "birth_lunar");
  if (hits(rates::kBirthSwapped)) {
    const auto d = static_cast<unsigned>(birth.day());
    const auto m = static_cast<unsigned>(birth.month());
    if (d <= 12 && d != m) {
      return stated(birth.year() / month(d) / day(m), "birth_swapped");
    }
    return stated(birth, nullptr);
  }
  if (hits(rates::kBirthYearOnly)) {
    const std::string text = std::to_string(static_cast<int>(birth.year()));
    return {text, text, "birth_year_only"};
  }
  if (hits(format.months_alone ? rates::kBirthMonthOnly : 0)) {
    const std::string text = Dashed(birth).substr(0, 7);
    return {text, text, "birth_month_only"};
  }
  if (hits(rates::kBirthImpossible)) {
    return stated(birth.year() / 2 / 30, "birth_impossible");
  }
  if (hits(rates::kBirthPlaceholder)) {
    return {SpellDate(year(1900) / 1 / 1, format.compact_dates), "",
            "birth_placeholder"};
  }
  if (hits(format.date_styles ? rates::kBirthFormat : 0)) {
    constexpr std::string (*kStyles[])(Date) = {Compact, Dashed,  Slashed,
                                                Dotted,  Chinese, Literary};
    return {kStyles[random.Below(6)](birth), Dashed(birth), nullptr};
  }
  return stated(birth, nullptr);
}

// ---- the name

struct SpelledName {
  std::vector<std::string> characters;
  bool differs;
  const char* defect;
};

// Each of these needs something of the name and is passed over without it.
using NameDefect = std::optional<SpelledName> (*)(const Data&, const Name&,
                                                  Random&);

std::optional<SpelledName> Homophone(const Data& data, const Name& name,
                                     Random& random) {
  SpelledName spelled{name.characters, true, "name_homophone"};
  const auto others = data.homophones.find(name.characters.back());
  if (others == data.homophones.end()) return std::nullopt;
  spelled.characters.back() = random.Pick(others->second);
  return spelled;
}

std::optional<SpelledName> Variant(const Data& data, const Name& name,
                                   Random&) {
  SpelledName spelled{name.characters, false, "name_variant"};
  for (std::string& character : spelled.characters) {
    const auto variant = data.variants.find(character);
    if (variant == data.variants.end()) continue;
    character = variant->second;
    return spelled;
  }
  return std::nullopt;
}

// Three characters or more: of two, half the name would be at stake.
std::optional<SpelledName> OtherCharacter(const Data& data, const Name& name,
                                          Random& random) {
  if (name.characters.size() < 3) return std::nullopt;
  SpelledName spelled{name.characters, true, "name_one_edit"};
  std::string& last = spelled.characters.back();
  while (last == name.characters.back()) last = random.Pick(data.given_first);
  return spelled;
}

std::optional<SpelledName> Lookalike(const Data& data, const Name& name,
                                     Random& random) {
  const auto others = data.lookalikes.find(name.characters.front());
  if (name.characters.size() < 3 || others == data.lookalikes.end()) {
    return std::nullopt;
  }
  SpelledName spelled{name.characters, true, "name_lookalike"};
  spelled.characters.front() = random.Pick(others->second);
  return spelled;
}

std::optional<SpelledName> MissingMiddle(const Data&, const Name& name,
                                         Random&) {
  if (name.characters.size() != 3) return std::nullopt;
  SpelledName spelled{name.characters, true, "name_missing_middle"};
  spelled.characters.erase(spelled.characters.begin() + 1);
  return spelled;
}

std::optional<SpelledName> Transposed(const Data&, const Name& name, Random&) {
  if (name.characters.size() != 3 || name.surname_size != 1) {
    return std::nullopt;
  }
  SpelledName spelled{name.characters, true, "name_transposed"};
  std::swap(spelled.characters[1], spelled.characters[2]);
  return spelled;
}

std::optional<SpelledName> Spaced(const Data&, const Name& name,
                                  Random& random) {
  SpelledName spelled{name.characters, false, "name_spaced"};
  spelled.characters.insert(spelled.characters.begin() + 1,
                            random.Chance(5000) ? " " : "\u3000");
  return spelled;
}

SpelledName SpoilName(const Data& data, const Name& name, Random& random) {
  constexpr NameDefect kDefects[] = {Homophone, Homophone,     Variant,
                                     Variant,   MissingMiddle, OtherCharacter,
                                     Lookalike, Transposed,    Spaced};
  for (;;) {  // Spaced never passes.
    const auto spelled =
        kDefects[random.Below(std::size(kDefects))](data, name, random);
    if (spelled) return *spelled;
  }
}

// One converter a charset; opening one for each record would cost more than
// the record.
const Encoder& CharsetOf(const Format& format) {
  static const Encoder kGb18030(Charset::kGb18030);
  static const Encoder kGbk(Charset::kGbk);
  static const Encoder kUtf8(Charset::kUtf8);
  return format.charset == Charset::kGb18030 ? kGb18030
         : format.charset == Charset::kGbk   ? kGbk
                                             : kUtf8;
}

// The signs in use for U+00B7, and none at all. Nobody's keyboard has all.
// Where names are cut they are of one width, so that equal names are cut alike.
SpelledName SpellSeparators(const Name& name, const Encoder& charset,
                            bool is_cut, Random& random) {
  static const std::vector<std::string> kSigns = {"",  ".", "。", "●",  "•",
                                                  "‧", "∙", "⋅",  "・", "ㆍ"};
  const auto fits = [&](const std::string& sign) {
    return is_cut ? charset.Has(sign) && charset.Encode(sign).size() == 2
                  : sign.empty() || charset.Has(sign);
  };
  std::string sign = random.Pick(kSigns);
  while (!fits(sign)) sign = random.Pick(kSigns);
  SpelledName spelled{name.characters, false, "name_separator"};
  for (std::string& character : spelled.characters) {
    if (character == "·") character = sign;
  }
  return spelled;
}

// What a system writes for a character that it has no code for.
std::string UnmappedSign(const Encoder& charset, Random& random) {
  if (charset.Has("▀")) return "▀";  // the rule of public security
  static const std::vector<std::string> kSigns = {"?", "?", "?", "□", "〓"};
  return random.Pick(kSigns);
}

SpelledName SpellName(const World& world, const Name& name,
                      const Format& format, bool spoil, Random& random) {
  const Encoder& charset = CharsetOf(format);
  if (name.minority()) {
    if (random.Chance(rates::kSeparator)) {
      return SpellSeparators(name, charset, format.name_bytes > 0, random);
    }
  } else if (name.has_rare) {
    SpelledName spelled{name.characters, false, "name_unmapped"};
    std::string& rare = spelled.characters.back();
    if (!charset.Has(rare) || random.Chance(rates::kRareUnmapped)) {
      rare = UnmappedSign(charset, random);
      return spelled;
    }
  } else if (spoil) {
    return SpoilName(world.data, name, random);
  }
  return {name.characters, false, nullptr};
}

// Leaves as many whole characters as the field has room for. Whether it cut off
// the end, without which a name contradicts the whole one.
bool CutName(const Format& format, std::string& name) {
  if (format.name_bytes == 0) return false;
  const Encoder& charset = CharsetOf(format);
  const std::vector<std::string> characters = Characters(name);
  std::size_t bytes = 0, kept = 0;
  while (kept < characters.size()) {
    bytes += charset.Encode(characters[kept]).size();
    if (bytes > format.name_bytes) break;
    ++kept;
  }
  if (kept == characters.size()) return false;
  // Without one of two equal characters it would pass for a slip of the hand.
  if (kept + 1 == characters.size() &&
      characters[kept - 1] == characters.back()) {
    --kept;
  }
  name.clear();
  for (std::size_t i = 0; i < kept; ++i) name += characters[i];
  return true;
}

void Note(const char* defect, Record& record) {
  if (defect != nullptr) record.defects.emplace_back(defect);
}

}  // namespace

void SpoilSex(Record& record, Random& random) {
  if (random.Chance(rates::kSexInWords)) Note("sex_in_words", record);
}

std::vector<DamageRate> TextDamages() {
  return {{Damage::kCut, "row_cut", 5},
          {Damage::kCutInCharacter, "row_cut_in_character", 3},
          {Damage::kExtraColumn, "row_extra_column", 4}};
}

void SpellCleanIdentity(const Format& format, Record& record) {
  record.number = record.person->number;
  record.strong = true;
  record.name = record.person->name.Text();
  record.birth = SpellDate(record.person->birth, format.compact_dates);
  record.birth_stated = Dashed(record.person->birth);
}

void SpellIdentity(const World& world, const Format& format, bool name_defect,
                   bool other_birth, Random& random, Record& record) {
  const Person& person = *record.person;
  const SpelledNumber number = SpellNumber(person, format, random);
  record.number = number.text;
  record.strong = number.strong;
  Note(number.defect, record);

  const SpelledName name =
      SpellName(world, person.name, format, name_defect, random);
  for (const std::string& character : name.characters) record.name += character;
  record.name_differs = name.differs;
  Note(name.defect, record);
  record.name_cut = CutName(format, record.name);
  if (record.name_cut) Note("name_cut", record);

  const Date birth =
      other_birth ? AnotherDay(person.birth, random) : person.birth;
  SpelledDate date = SpellBirth(birth, format, random);
  if (other_birth) {
    date = {SpellDate(birth, format.compact_dates), Dashed(birth),
            "birth_disagrees"};
  }
  record.birth = date.text;
  record.birth_stated = date.stated;
  Note(date.defect, record);
}

}  // namespace waystation::population
