// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/holder_code.h"

#include "proto/codes/ascii.h"
#include "proto/codes/text.h"

namespace waystation::codes {
namespace {

// crockford.com/base32.html
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kCharacters = 12;
constexpr std::size_t kGroup = 4;

// Times x in GF(2^5) modulo x^5 + x^2 + 1, whose powers of x are all 31 of it.
constexpr unsigned TimesX(unsigned element) {
  const unsigned shifted = element << 1;
  return (shifted & 0x20) != 0 ? shifted ^ 0x25 : shifted;
}

// 0 for a code with its check character.
constexpr unsigned Sum(std::string_view characters) {
  unsigned sum = 0;
  for (const char c : characters) {
    sum = TimesX(sum) ^ static_cast<unsigned>(kAlphabet.find(c));
  }
  return sum;
}

constexpr char AsWritten(char typed) {
  const char c = ToUpper(typed);
  if (c == 'O') return '0';
  return c == 'I' || c == 'L' ? '1' : c;
}

// Dashes that keyboards and printers make of "-", and characters that are not
// there for the eye, have been dropped.
std::string WithoutDashes(std::string_view typed) {
  std::string text = FoldWidth(typed);
  for (const std::string_view dash : {"‐", "‑", "–", "—", "−"}) {
    for (auto at = text.find(dash); at != std::string::npos;
         at = text.find(dash, at)) {
      text.erase(at, dash.size());
    }
  }
  std::erase_if(text, [](char c) { return c == '-' || c == ' ' || c == '\t'; });
  return text;
}

}  // namespace

std::string WriteHolderCode(
    const std::array<std::uint8_t, kHolderCodeBytes>& random) {
  std::uint64_t bits = 0;
  for (const std::uint8_t byte : random) bits = bits << 8 | byte;
  bits >>= 1;  // 55 of 56.
  std::string characters;
  for (std::size_t i = kCharacters - 1; i-- > 0;) {
    characters.push_back(kAlphabet[bits >> (5 * i) & 31]);
  }
  characters.push_back(kAlphabet[TimesX(Sum(characters))]);
  std::string code;
  for (std::size_t i = 0; i < kCharacters; i += kGroup) {
    if (i > 0) code.push_back('-');
    code.append(characters, i, kGroup);
  }
  return code;
}

std::optional<std::string> ReadHolderCode(std::string_view typed) {
  // As long as the longest with a dash of three bytes and a space behind each.
  if (typed.size() > kCharacters * 8 || !IsUtf8(typed)) return std::nullopt;
  std::string characters = WithoutDashes(typed);
  if (characters.size() != kCharacters) return std::nullopt;
  for (char& c : characters) {
    c = AsWritten(c);
    if (kAlphabet.find(c) == std::string_view::npos) return std::nullopt;
  }
  if (Sum(characters) != 0) return std::nullopt;
  return characters;
}

}  // namespace waystation::codes
