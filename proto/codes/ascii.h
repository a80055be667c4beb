// SPDX-License-Identifier: Apache-2.0
// Small things over std::string_view, which Debian's Abseil does not take.
// Private to this folder.

#ifndef WAYSTATION_PROTO_CODES_ASCII_H_
#define WAYSTATION_PROTO_CODES_ASCII_H_

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

namespace waystation::codes {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// At least one character, and digits all.
constexpr bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

// The value of digits; precondition: IsDigits, nine of them at most.
constexpr int ToInt(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

constexpr char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr char ToUpper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

inline std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLower(c);
  return lower;
}

inline std::string Join(std::initializer_list<std::string_view> parts) {
  std::string joined;
  for (const std::string_view part : parts) joined.append(part);
  return joined;
}

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_ASCII_H_
