// SPDX-License-Identifier: Apache-2.0
// CompareWords: word by word, from the surest agreement to the weakest.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "proto/codes/name.h"
#include "proto/codes/similarity.h"

namespace waystation::codes {
namespace {

using Words = std::vector<NameWord>;

// Words of a name beyond these are not looked at.
constexpr std::size_t kMostWords = 8;
// What a slip leaves of a shorter word may be another word.
constexpr std::size_t kLeastForASlip = 3;
constexpr double kAlike = 0.88;

enum Relation : std::uint8_t { kSame, kSound, kEdit, kAlikeOnly };
constexpr std::size_t kRelations = 4;

std::size_t FirstDifference(std::u32string_view a, std::u32string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

// Whether one letter more, less or other, or two neighbours the other way
// round, is all that parts two words that are not the same.
bool IsOneEditAway(std::u32string_view a, std::u32string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (a.size() < kLeastForASlip || b.size() - a.size() > 1) return false;
  const std::size_t at = FirstDifference(a, b);
  if (a.size() < b.size()) return a.substr(at) == b.substr(at + 1);
  if (a.substr(at + 1) == b.substr(at + 1)) return true;
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
         a.substr(at + 2) == b.substr(at + 2);
}

// One bit for each letter that is there, of several letters one.
std::uint32_t LettersOf(std::u32string_view word) {
  std::uint32_t letters = 0;
  for (const char32_t letter : word) letters |= 1U << (letter % 32);
  return letters;
}

bool AreAlike(std::u32string_view a, std::u32string_view b) {
  if (a.empty() || b.empty()) return false;
  if (a.size() == 1 || b.size() == 1) return a[0] == b[0];
  // Of words with that similarity, most letters are common.
  const std::uint32_t of_a = LettersOf(a);
  const std::uint32_t of_b = LettersOf(b);
  const int common = std::popcount(of_a & of_b);
  if (common * 2 < std::max(std::popcount(of_a), std::popcount(of_b))) {
    return false;
  }
  return JaroWinkler(a, b) >= kAlike;
}

bool Holds(Relation relation, const NameWord& a, const NameWord& b) {
  switch (relation) {
    case kSame:
      return a.letters == b.letters;
    case kSound:
      return a.sound == b.sound;
    case kEdit:
      return IsOneEditAway(a.letters, b.letters);
    case kAlikeOnly:
      return AreAlike(a.letters, b.letters);
  }
  return false;
}

bool ComesBefore(const Words& a, const Words& b) {
  return std::ranges::lexicographical_compare(a, b, {}, &NameWord::letters,
                                              &NameWord::letters);
}

}  // namespace

WordAgreement CompareWords(const ComparableName& first,
                           const ComparableName& second) {
  if (first.words().empty() || second.words().empty()) {
    return WordAgreement::kDiffers;
  }
  // Which of two equal words is taken depends on where one begins to look.
  const bool in_order = ComesBefore(first.words(), second.words());
  const Words& a = in_order ? first.words() : second.words();
  const Words& b = in_order ? second.words() : first.words();
  const std::size_t of_a = std::min(a.size(), kMostWords);
  const std::size_t of_b = std::min(b.size(), kMostWords);
  std::array<bool, kMostWords> a_taken{};
  std::array<bool, kMostWords> b_taken{};
  std::array<std::size_t, kRelations> found{};
  std::size_t all = 0;
  for (std::uint8_t relation = kSame; relation <= kAlikeOnly; ++relation) {
    for (std::size_t i = 0; i < of_a && all < of_b; ++i) {
      for (std::size_t j = 0; j < of_b && !a_taken[i]; ++j) {
        if (b_taken[j] || !Holds(static_cast<Relation>(relation), a[i], b[j])) {
          continue;
        }
        a_taken[i] = b_taken[j] = true;
        ++found[relation];
        ++all;
      }
    }
  }
  // Initials alone say nothing.
  if (found[kSame] + found[kSound] + found[kEdit] == 0) {
    return all == std::max(of_a, of_b) && all > 1 ? WordAgreement::kSimilar
                                                  : WordAgreement::kDiffers;
  }
  if (all < std::max(of_a, of_b)) {
    // A second given name that one of them lacks.
    return all == std::min(of_a, of_b) && all > 1 ? WordAgreement::kSimilar
                                                  : WordAgreement::kPart;
  }
  if (found[kSame] == all) return WordAgreement::kReordered;
  if (found[kSame] + found[kSound] == all) return WordAgreement::kSameSound;
  if (found[kSame] + 1 == all && found[kEdit] == 1) {
    return WordAgreement::kOneEdit;
  }
  return WordAgreement::kSimilar;
}

}  // namespace waystation::codes
