// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/phonetic.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace waystation::codes {
namespace {

struct Ending {
  std::string_view from;
  std::string_view to;
};

constexpr Ending kBeginnings[] = {{"mac", "mcc"}, {"kn", "nn"}, {"k", "c"},
                                  {"ph", "ff"},   {"pf", "ff"}, {"sch", "sss"}};
constexpr Ending kEnds[] = {{"ee", "y"}, {"ie", "y"}, {"dt", "d"}, {"rt", "d"},
                            {"rd", "d"}, {"nt", "d"}, {"nd", "d"}};

bool IsVowel(char c) {
  return std::string_view("aeiou").find(c) != std::string_view::npos;
}

void ReplaceBeginning(std::string& word) {
  for (const auto& [from, to] : kBeginnings) {
    if (word.starts_with(from)) {
      word.replace(0, from.size(), to);
      return;
    }
  }
}

void ReplaceEnd(std::string& word) {
  for (const auto& [from, to] : kEnds) {
    if (word.size() > from.size() && word.ends_with(from)) {
      word.replace(word.size() - from.size(), from.size(), to);
      return;
    }
  }
}

// What stands for the letters from `i` on, as many as the answer is long. The
// letter before counts as it was coded.
std::string_view Transcode(std::string_view word, std::size_t i, char before) {
  const std::string_view rest = word.substr(i);
  const char next = rest.size() > 1 ? rest[1] : ' ';
  switch (rest[0]) {
    case 'e':
      return next == 'v' ? "af" : "a";
    case 'a':
    case 'i':
    case 'o':
    case 'u':
      return "a";
    case 'y':
      return rest.size() > 1 ? "a" : "y";
    case 'q':
      return "g";
    case 'z':
      return "s";
    case 'm':
      return "n";
    case 'k':
      return next == 'n' ? "n" : "c";
    case 's':
      return rest.starts_with("sch") ? "sss" : "s";
    case 'p':
      return next == 'h' ? "ff" : "p";
    case 'h':
      if (!IsVowel(before) || !IsVowel(next)) break;
      return "h";
    case 'w':
      if (IsVowel(before)) break;
      return "w";
    default:
      return rest.substr(0, 1);
  }
  // As the letter before, which the code does not repeat.
  return "";
}

}  // namespace

std::string PhoneticKey(std::string_view word) {
  std::string letters;
  std::ranges::copy_if(word, std::back_inserter(letters),
                       [](char c) { return c >= 'a' && c <= 'z'; });
  if (letters.empty()) return letters;
  ReplaceBeginning(letters);
  ReplaceEnd(letters);
  std::string key(1, letters[0]);
  // Of the letter before, as it was coded.
  char before = letters[0];
  for (std::size_t i = 1; i < letters.size();) {
    const std::string_view coded = Transcode(letters, i, before);
    for (const char c : coded) {
      if (key.back() != c) key.push_back(c);
    }
    if (!coded.empty()) before = coded.back();
    i += std::max<std::size_t>(coded.size(), 1);
  }
  if (key.size() > 1 && key.back() == 's') key.pop_back();
  if (key.size() > 2 && key.ends_with("ay")) {
    key.replace(key.size() - 2, 2, "y");
  }
  if (key.size() > 1 && key.back() == 'a') key.pop_back();
  return key;
}

}  // namespace waystation::codes
