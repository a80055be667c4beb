// SPDX-License-Identifier: Apache-2.0
#include "server/domain/address.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "proto/codes/name.h"
#include "proto/codes/text.h"

namespace waystation::domain {
namespace {

constexpr std::size_t kLeastPostcode = 4;
// Letters of a street that tell it from others.
constexpr std::size_t kOfStreet = 4;
constexpr double kNearly = 0.8;
// With this byte and those above it characters from U+3000 on begin in UTF-8.
constexpr unsigned char kFirstOfEastAsia = 0xE3;

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Which pairs of neighbouring characters a text has, as bits of their hashes:
// of the hundred pairs of a long address few fall together.
class CharacterPairs {
 public:
  explicit CharacterPairs(std::string_view text) {
    std::uint32_t before = 0;
    std::uint32_t character = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const auto byte =
          i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
      // Bytes that go on with a character of UTF-8 begin with 10.
      if (i < text.size() && (byte & 0xC0) == 0x80) {
        character = character << 6 | (byte & 0x3F);
        continue;
      }
      if (i > 0) {
        Add(before, character);
        before = character;
      }
      character = byte;
    }
  }

  double Dice(const CharacterPairs& other) const {
    int common = 0;
    int all = 0;
    for (std::size_t i = 0; i < bits_.size(); ++i) {
      common += std::popcount(bits_[i] & other.bits_[i]);
      all += std::popcount(bits_[i]) + std::popcount(other.bits_[i]);
    }
    return all == 0 ? 0 : 2.0 * common / all;
  }

 private:
  void Add(std::uint32_t first, std::uint32_t second) {
    // Fibonacci hashing; the constants are 2^32 over the golden ratio and a
    // large prime.
    const std::uint32_t hash =
        (first * 2'654'435'769U) ^ (second * 2'246'822'519U);
    const std::uint32_t bit = (hash * 2'654'435'769U) >> 22;
    bits_[bit / 64] |= std::uint64_t{1} << bit % 64;
  }

  std::array<std::uint64_t, 16> bits_{};
};

bool HaveTheSameDigits(std::string_view a, std::string_view b) {
  auto i = std::ranges::find_if(a, IsDigit);
  auto j = std::ranges::find_if(b, IsDigit);
  while (i != a.end() && j != b.end() && *i == *j) {
    i = std::find_if(i + 1, a.end(), IsDigit);
    j = std::find_if(j + 1, b.end(), IsDigit);
  }
  return i == a.end() && j == b.end();
}

// Whether two texts are worth a closer look: of nearly the same length, and
// equal at the beginning and the end as far as two slips leave them so.
bool MayBeNear(std::string_view a, std::string_view b) {
  const std::size_t less = std::min(a.size(), b.size());
  const std::size_t more = std::max(a.size(), b.size());
  if (static_cast<double>(less) * 2 <
      kNearly * static_cast<double>(less + more)) {
    return false;
  }
  std::size_t begin = 0;
  while (begin < less && a[begin] == b[begin]) ++begin;
  std::size_t end = 0;
  while (begin + end < less && a[a.size() - 1 - end] == b[b.size() - 1 - end]) {
    ++end;
  }
  return (begin + end) * 5 >= less * 2;
}

}  // namespace

std::string FoldAddress(std::string_view address) {
  std::string folded;
  bool is_parted = false;
  for (const char c : codes::FoldVariants(codes::FoldWidth(address))) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isspace(byte) || absl::ascii_ispunct(byte)) {
      is_parted = true;
      continue;
    }
    if (is_parted && !folded.empty() && IsDigit(folded.back()) && IsDigit(c)) {
      folded.push_back('-');
    }
    is_parted = false;
    folded.push_back(absl::ascii_tolower(byte));
  }
  return folded;
}

std::string_view PostcodeOf(std::string_view folded) {
  std::size_t begin = folded.size();
  while (begin > 0 && IsDigit(folded[begin - 1])) --begin;
  const std::string_view digits = folded.substr(begin);
  const bool is_east_asian = std::ranges::any_of(folded, [](char c) {
    return static_cast<unsigned char>(c) >= kFirstOfEastAsia;
  });
  return digits.size() < kLeastPostcode || is_east_asian ? std::string_view()
                                                         : digits;
}

std::string_view HouseOf(std::string_view folded) {
  const auto* const street = std::ranges::find_if_not(
      folded, [](char c) { return IsDigit(c) || c == '-'; });
  const auto digits = static_cast<std::size_t>(street - folded.begin());
  if (digits == 0 || digits + kOfStreet > folded.size()) return {};
  const std::string_view letters = folded.substr(digits, kOfStreet);
  return std::ranges::all_of(letters, absl::ascii_isalpha)
             ? folded.substr(0, digits + kOfStreet)
             : std::string_view();
}

AddressAgreement CompareAddresses(std::string_view a, std::string_view b) {
  if (a == b) return AddressAgreement::kSame;
  if (MayBeNear(a, b) && CharacterPairs(a).Dice(CharacterPairs(b)) >= kNearly) {
    return HaveTheSameDigits(a, b) ? AddressAgreement::kSimilar
                                   : AddressAgreement::kArea;
  }
  const std::string_view postcode = PostcodeOf(a);
  return !postcode.empty() && postcode == PostcodeOf(b)
             ? AddressAgreement::kArea
             : AddressAgreement::kDiffers;
}

}  // namespace waystation::domain
