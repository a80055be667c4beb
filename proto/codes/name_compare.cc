// SPDX-License-Identifier: Apache-2.0
// CompareNames: from the cheapest question to the dearest, first yes wins.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "proto/codes/name.h"
#include "proto/codes/name_tables.h"
#include "proto/codes/phonetic.h"
#include "proto/codes/utf8.h"

namespace waystation::codes {
namespace {

// The standard characters of a name, without separators and spaces.
std::u32string Folded(std::string_view name) {
  std::u32string points;
  points.reserve(name.size() / 3 + 1);
  for (std::size_t i = 0; i < name.size();) {
    const char32_t point = NextCodePoint(name, i);
    if (point == kSeparatorPoint || point == ' ') continue;
    points.push_back(StandardForm(point));
  }
  return points;
}

bool HasWildcard(std::u32string_view name) {
  return name.find(kUnmappedPoint) != std::u32string_view::npos;
}

// Whether the names can be one, where ▀ stands for one character, and a run of
// n for n/2 to n of them, since conversions leave one sign a byte or one a
// character. At least one character must be the same in both.
bool MatchesByWildcard(std::u32string_view a, std::u32string_view b) {
  const bool common = std::any_of(a.begin(), a.end(), [&](char32_t point) {
    return point != kUnmappedPoint && b.find(point) != b.npos;
  });
  if (!common) return false;
  // reach[i * width + j]: the first i of a and the first j of b can be one.
  const std::size_t width = b.size() + 1;
  std::vector<char> reach((a.size() + 1) * width, 0);
  reach[0] = 1;
  const auto run = [](std::u32string_view name, std::size_t at) {
    const std::size_t end = name.find_first_not_of(kUnmappedPoint, at);
    return (end == name.npos ? name.size() : end) - at;
  };
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (!reach[i * width + j]) continue;
      if (i < a.size() && j < b.size() && a[i] == b[j]) {
        reach[(i + 1) * width + j + 1] = 1;
      }
      if (const std::size_t n = i < a.size() ? run(a, i) : 0; n > 0) {
        for (std::size_t k = (n + 1) / 2; k <= n && j + k <= b.size(); ++k) {
          reach[(i + n) * width + j + k] = 1;
        }
      }
      if (const std::size_t n = j < b.size() ? run(b, j) : 0; n > 0) {
        for (std::size_t k = (n + 1) / 2; k <= n && i + k <= a.size(); ++k) {
          reach[(i + k) * width + j + n] = 1;
        }
      }
    }
  }
  return reach.back() != 0;
}

// A reading without word boundaries, with the two ways in which passports write
// ü made one: LYU and LV for 吕.
std::string Sound(std::string_view name) {
  const std::string spaced = Pinyin(name);
  std::string sound;
  for (std::size_t i = 0; i < spaced.size(); ++i) {
    const std::string_view rest = std::string_view(spaced).substr(i);
    const bool word = i == 0 || spaced[i - 1] == ' ';
    if (word && (rest.starts_with("lyu") || rest.starts_with("nyu"))) {
      sound.push_back(rest[0]);
      ++i;  // the y
    } else if (spaced[i] != ' ') {
      sound.push_back(spaced[i] == 'v' ? 'u' : spaced[i]);
    }
  }
  return sound;
}

// The words of a Latin reading.
std::vector<NameWord> WordsOf(std::string_view spaced) {
  std::vector<NameWord> words;
  while (!spaced.empty()) {
    const std::string_view word = spaced.substr(0, spaced.find(' '));
    spaced.remove_prefix(std::min(word.size() + 1, spaced.size()));
    if (word.empty()) continue;
    NameWord& added = words.emplace_back();
    for (std::size_t i = 0; i < word.size();) {
      added.letters.push_back(NextCodePoint(word, i));
    }
    added.sound = PhoneticKey(word);
    if (added.sound.empty()) added.sound = word;
  }
  return words;
}

std::string_view ReadingAt(std::u32string_view name, std::size_t i) {
  if (i == 0) {
    const std::string_view surname = SurnameReading(name[0]);
    if (!surname.empty()) return surname;
  }
  return ReadingOf(name[i]);
}

// The first place where two names of one length differ.
std::size_t FirstDifference(std::u32string_view a, std::u32string_view b) {
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
}

// Whether `shorter` is `longer` without one character that is neither the first
// nor the last.
bool LacksOneInside(std::u32string_view longer, std::u32string_view shorter) {
  if (longer.size() != shorter.size() + 1 || longer.size() < 3) return false;
  if (longer.back() != shorter.back()) return false;
  const std::size_t at = FirstDifference(shorter, longer);
  return at > 0 && at < shorter.size() &&
         longer.substr(at + 1) == shorter.substr(at);
}

bool IsOneEdit(std::u32string_view a, std::u32string_view b) {
  if (a.size() != b.size()) {
    return a.size() > b.size() ? LacksOneInside(a, b) : LacksOneInside(b, a);
  }
  const std::size_t at = FirstDifference(a, b);
  if (a.size() >= 3) {
    if (a.substr(at + 1) == b.substr(at + 1)) return true;  // exchanged
    return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
           a.substr(at + 2) == b.substr(at + 2);  // transposed
  }
  if (a.size() != 2 || a.substr(at + 1) != b.substr(at + 1)) return false;
  return LookAlike(a[at], b[at]) ||
         SoundAlike(ReadingAt(a, at), ReadingAt(b, at));
}

}  // namespace

ComparableName::ComparableName(std::string_view name) {
  if (IsNobody(name)) return;
  folded_ = Folded(name);
  if (folded_.find_first_not_of(kUnmappedPoint) == folded_.npos) {
    folded_.clear();  // Nothing but ▀ names nobody.
    return;
  }
  text_ = name;
  wildcard_ = HasWildcard(folded_);
  chinese_ = wildcard_ || std::ranges::any_of(folded_, [](char32_t point) {
               return !ReadingOf(point).empty();
             });
  sound_ = Sound(name);
  if (!chinese_) words_ = WordsOf(Pinyin(name));
}

ComparableName::ComparableName(std::string text, std::u32string folded,
                               std::string sound, std::vector<NameWord> words,
                               bool is_chinese)
    : text_(std::move(text)),
      folded_(std::move(folded)),
      sound_(std::move(sound)),
      words_(std::move(words)),
      chinese_(is_chinese),
      wildcard_(HasWildcard(folded_)) {}

NameAgreement CompareNames(const ComparableName& a, const ComparableName& b) {
  if (a.is_nobody() || b.is_nobody()) return NameAgreement::kMissing;
  if (a.wildcard_ || b.wildcard_) {
    return MatchesByWildcard(a.folded_, b.folded_)
               ? NameAgreement::kVariant
               : NameAgreement::kContradicts;
  }
  if (a.text_ == b.text_) return NameAgreement::kExact;
  if (a.folded_ == b.folded_) return NameAgreement::kVariant;
  if (!a.sound_.empty() && a.sound_ == b.sound_) {
    return NameAgreement::kSameSound;
  }
  if (IsOneEdit(a.folded_, b.folded_)) return NameAgreement::kOneEdit;
  return NameAgreement::kContradicts;
}

bool DifferInGivenCharacter(const ComparableName& a, const ComparableName& b) {
  if (!a.is_chinese() || !b.is_chinese()) return false;
  const std::u32string_view one = a.folded();
  const std::u32string_view other = b.folded();
  if (one.size() != other.size()) return false;
  const std::size_t at = FirstDifference(one, other);
  return at > 0 && at < one.size() &&
         one.substr(at + 1) == other.substr(at + 1) &&
         !LookAlike(one[at], other[at]) &&
         !SoundAlike(ReadingAt(one, at), ReadingAt(other, at));
}

NameAgreement CompareNames(std::string_view a, std::string_view b) {
  // What most pairs are, without any work.
  if (a == b && !HasUnmapped(a)) {
    return IsNobody(a) ? NameAgreement::kMissing : NameAgreement::kExact;
  }
  return CompareNames(ComparableName(a), ComparableName(b));
}

}  // namespace waystation::codes
