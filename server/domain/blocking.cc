// SPDX-License-Identifier: Apache-2.0
#include "server/domain/blocking.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "server/domain/address.h"

namespace waystation::domain {
namespace {

constexpr char32_t kUnmappedPoint = U'\u2580';
constexpr std::size_t kCountyDigits = 6;

// The letters of the reading in alphabetical order: Zeng Guofan and Guofan Zeng
// are one. Empty where a character has no reading.
std::string LettersOf(const codes::ComparableName& name) {
  if (name.folded().find(kUnmappedPoint) != std::u32string::npos) return "";
  std::string letters = name.sound();
  std::ranges::sort(letters);
  return letters;
}

// Births that were not known are put on the first of January.
bool IsWholeDate(const codes::PartialDate& date) {
  return date.precision() == codes::DatePrecision::kDay &&
         !(date.month == 1 && date.day == 1);
}

std::string DayOf(const codes::PartialDate& date) {
  return absl::StrCat(date.year, "-", date.month, "-", date.day, " ");
}

// Words of a name beyond these have no keys.
constexpr std::size_t kMostWords = 4;

void AddWords(const MatchVector& record, std::vector<BlockingKey>& keys) {
  const std::string postcode(PostcodeOf(record.address));
  const std::string house(HouseOf(record.address));
  const std::vector<codes::NameWord>& words = record.name.words();
  std::vector<std::string> sounds;
  for (std::size_t i = 0; i < std::min(words.size(), kMostWords); ++i) {
    if (words[i].letters.size() < 2) continue;  // an initial
    if (record.birth_date) {
      keys.push_back(
          {Block::kWordAndYear,
           absl::StrCat(words[i].sound, " ", record.birth_date->year)});
    }
    if (record.birth_date && IsWholeDate(*record.birth_date)) {
      keys.push_back(
          {Block::kWordAndDay,
           absl::StrCat(words[i].sound, " ", record.birth_date->month, "-",
                        record.birth_date->day)});
    }
    if (!postcode.empty()) {
      keys.push_back({Block::kWordAndPostcode,
                      absl::StrCat(words[i].sound, " ", postcode)});
    }
    if (!house.empty()) {
      keys.push_back(
          {Block::kWordAndHouse, absl::StrCat(words[i].sound, " ", house)});
    }
    sounds.push_back(words[i].sound);
  }
  if (sounds.size() > 1) {
    std::ranges::sort(sounds);
    std::string all;
    for (const std::string& sound : sounds) all += sound + " ";
    keys.push_back({Block::kWords, std::move(all)});
  }
  if (!postcode.empty() && record.birth_date &&
      IsWholeDate(*record.birth_date)) {
    keys.push_back(
        {Block::kDateAndPostcode, DayOf(*record.birth_date) + postcode});
  }
}

// The characters by which a name is looked for beside a birth date: of a Latin
// one in lower case, without accents.
std::u32string CharactersOf(const codes::ComparableName& name) {
  if (name.words().empty()) return name.folded();
  std::u32string letters;
  for (const codes::NameWord& word : name.words()) letters += word.letters;
  return letters;
}

}  // namespace

FieldSet FieldsOf(Block block) {
  switch (block) {
    case Block::kSoundAndYear:
    case Block::kDateAndFirst:
    case Block::kDateAndLast:
    case Block::kWordAndYear:
    case Block::kWordAndDay:
      return BitOf(Field::kName) | BitOf(Field::kBirthDate);
    case Block::kSoundAndCounty:
      return BitOf(Field::kName) | BitOf(Field::kHousehold);
    case Block::kWords:
      return BitOf(Field::kName);
    case Block::kPhone:
      return BitOf(Field::kPhone);
    case Block::kWordAndPostcode:
    case Block::kWordAndHouse:
      return BitOf(Field::kName) | BitOf(Field::kAddress);
    case Block::kDateAndPostcode:
      return BitOf(Field::kBirthDate) | BitOf(Field::kAddress);
  }
  return 0;
}

std::vector<BlockingKey> BlockingKeys(const MatchVector& record) {
  std::vector<BlockingKey> keys;
  const std::string letters = LettersOf(record.name);
  if (!letters.empty() && record.birth_date) {
    keys.push_back({Block::kSoundAndYear,
                    absl::StrCat(letters, " ", record.birth_date->year)});
  }
  if (!letters.empty() && record.household.size() >= kCountyDigits) {
    keys.push_back({Block::kSoundAndCounty,
                    absl::StrCat(letters, " ",
                                 record.household.substr(0, kCountyDigits))});
  }
  const std::u32string characters = CharactersOf(record.name);
  if (!characters.empty() && record.birth_date &&
      IsWholeDate(*record.birth_date)) {
    const std::string day = DayOf(*record.birth_date);
    const auto add = [&](Block block, char32_t character) {
      if (character == kUnmappedPoint) return;
      keys.push_back(
          {block, absl::StrCat(
                      day, absl::Hex(static_cast<std::uint32_t>(character)))});
    };
    add(Block::kDateAndFirst, characters.front());
    add(Block::kDateAndLast, characters.back());
  }
  for (const std::string& phone : record.phones) {
    keys.push_back({Block::kPhone, phone});
  }
  AddWords(record, keys);
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace waystation::domain
