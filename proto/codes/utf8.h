// SPDX-License-Identifier: Apache-2.0
// Code points in and out of UTF-8. Private to this folder.

#ifndef WAYSTATION_PROTO_CODES_UTF8_H_
#define WAYSTATION_PROTO_CODES_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace waystation::codes {

inline constexpr char32_t kInvalid = 0xFFFFFFFF;

// The code point at `text[position]`, which moves past it; kInvalid, and one
// byte further, where the bytes are no code point. Precondition: position is
// inside.
inline char32_t NextCodePoint(std::string_view text, std::size_t& position) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const auto tail = [&](std::size_t i) {
    return i < text.size() && (byte(i) & 0xC0) == 0x80;
  };
  const std::size_t at = position++;
  const char32_t lead = byte(at);
  if (lead < 0x80) return lead;
  if (lead < 0xC2 || lead > 0xF4) return kInvalid;
  if (!tail(at + 1)) return kInvalid;
  if (lead < 0xE0) {
    position = at + 2;
    return ((lead & 0x1F) << 6) | (byte(at + 1) & 0x3Fu);
  }
  if (!tail(at + 2)) return kInvalid;
  if (lead < 0xF0) {
    const char32_t point = ((lead & 0x0F) << 12) |
                           ((byte(at + 1) & 0x3Fu) << 6) |
                           (byte(at + 2) & 0x3Fu);
    if (point < 0x800 || (point >= 0xD800 && point < 0xE000)) return kInvalid;
    position = at + 3;
    return point;
  }
  if (!tail(at + 3)) return kInvalid;
  const char32_t point = ((lead & 0x07) << 18) |
                         ((byte(at + 1) & 0x3Fu) << 12) |
                         ((byte(at + 2) & 0x3Fu) << 6) | (byte(at + 3) & 0x3Fu);
  if (point < 0x10000 || point > 0x10FFFF) return kInvalid;
  position = at + 4;
  return point;
}

inline void AppendCodePoint(std::string& out, char32_t point) {
  const auto put = [&](char32_t byte) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

// Chinese characters proper: the unified blocks and the compatibility ones.
constexpr bool IsHan(char32_t point) {
  return (point >= 0x4E00 && point <= 0x9FFF) ||
         (point >= 0x3400 && point <= 0x4DBF) ||
         (point >= 0x20000 && point <= 0x323AF) ||
         (point >= 0xF900 && point <= 0xFAFF) || point == 0x3007;
}

constexpr bool IsPrivateUse(char32_t point) {
  return (point >= 0xE000 && point <= 0xF8FF) ||
         (point >= 0xF0000 && point <= 0x10FFFD);
}

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_UTF8_H_
