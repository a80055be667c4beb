// SPDX-License-Identifier: Apache-2.0
#include "server/domain/blocking.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"

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

}  // namespace

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
  const std::u32string& characters = record.name.folded();
  if (!characters.empty() && record.birth_date &&
      IsWholeDate(*record.birth_date)) {
    const codes::PartialDate& date = *record.birth_date;
    const std::string day =
        absl::StrCat(date.year, "-", date.month, "-", date.day, " ");
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
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace waystation::domain
