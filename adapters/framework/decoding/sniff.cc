// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/decoding/sniff.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "adapters/framework/decoding/gb18030.h"
#include "adapters/framework/decoding/utf8.h"

namespace waystation::adapters {
namespace {

std::uint8_t Byte(char c) { return static_cast<std::uint8_t>(c); }

// How the multi-byte characters of a text fare under one charset's rules.
struct Tally {
  std::size_t characters = 0;  // of more than one byte
  std::size_t errors = 0;
};

Tally TallyUtf8(std::string_view text) {
  Tally tally;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = utf8::CharacterSize(text.substr(i));
    // A head may end within a character.
    if (size == 0 && text.size() - i >= 4) ++tally.errors;
    if (size > 1) ++tally.characters;
    i += std::max<std::size_t>(size, 1);
  }
  return tally;
}

Tally TallyGb18030(std::string_view text) {
  Tally tally;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = gb18030::CharacterSize(text.substr(i));
    if (size == 1 && Byte(text[i]) > 0x80 && text.size() - i >= 4) {
      ++tally.errors;
    }
    if (size > 1) ++tally.characters;
    i += size;
  }
  return tally;
}

// UTF-16 without a mark: what is ASCII in it has NUL for every other byte.
bool LooksLikeUtf16(std::string_view head) {
  std::size_t low_nul = 0;
  std::size_t high_nul = 0;
  for (std::size_t i = 0; i + 1 < head.size(); i += 2) {
    low_nul += head[i] == '\0' ? 1 : 0;
    high_nul += head[i + 1] == '\0' ? 1 : 0;
  }
  return low_nul == 0 && high_nul > head.size() / 8;
}

constexpr std::size_t kEnoughCharacters = 8;

// Two of U+FFFD in UTF-8, read as GBK.
constexpr std::string_view kLost = "\u951F\u65A4\u62F7";

// The byte that Windows-1252 reads as the character, which is Latin-1 but for a
// few; nullopt for a character of neither.
std::optional<char> Windows1252Byte(char32_t character) {
  if (character < 0x100) return static_cast<char>(character);
  constexpr std::array<char16_t, 32> kFrom80 = {
      0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
      0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
      0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
  const auto found = std::find(kFrom80.begin(), kFrom80.end(), character);
  if (found == kFrom80.end()) return std::nullopt;
  return static_cast<char>(0x80 + (found - kFrom80.begin()));
}

// The bytes that were read as Windows-1252; nullopt where that cannot be.
std::optional<std::string> Windows1252Bytes(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = utf8::CharacterSize(text.substr(i));
    if (size == 0 || size > 3) return std::nullopt;
    char32_t character =
        Byte(text[i]) & (size == 1 ? 0x7FU : 0xFFU >> (size + 1));
    for (std::size_t k = 1; k < size; ++k) {
      character = character << 6 | (Byte(text[i + k]) & 0x3FU);
    }
    const auto byte = Windows1252Byte(character);
    if (!byte) return std::nullopt;
    bytes.push_back(*byte);
    i += size;
  }
  return bytes;
}

// Whether all that is not ASCII in it are the common characters of GB 2312, two
// at least.
bool IsCommonGb(std::string_view bytes) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (Byte(bytes[i]) < 0x80) continue;
    if (i + 1 == bytes.size() || Byte(bytes[i]) < 0xB0 ||
        Byte(bytes[i]) > 0xF7 || Byte(bytes[i + 1]) < 0xA1 ||
        Byte(bytes[i + 1]) == 0xFF) {
      return false;
    }
    ++characters;
    ++i;
  }
  return characters >= 2;
}

// Whether all that is not ASCII in it are characters of three bytes, two at
// least.
bool IsLongUtf8(std::string_view bytes) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t size = utf8::CharacterSize(bytes.substr(i));
    if (size != 1 && size != 3) return false;
    characters += size == 3 ? 1 : 0;
    i += size;
  }
  return characters >= 2;
}

}  // namespace

std::optional<ByteOrderMark> FindByteOrderMark(std::string_view head) {
  if (head.substr(0, 3) == "\xEF\xBB\xBF") {
    return ByteOrderMark{Charset::kUtf8, 3};
  }
  if (head.substr(0, 2) == "\xFF\xFE") {
    return ByteOrderMark{Charset::kUtf16Le, 2};
  }
  if (head.substr(0, 4) == "\x84\x31\x95\x33") {
    return ByteOrderMark{Charset::kGb18030, 4};
  }
  return std::nullopt;
}

std::optional<Charset> SurelyAnother(Charset declared, std::string_view head) {
  const bool declared_gb =
      declared == Charset::kGb18030 || declared == Charset::kGbk;
  if (const auto mark = FindByteOrderMark(head)) {
    const bool same = mark->charset == declared ||
                      (mark->charset == Charset::kGb18030 && declared_gb);
    return same ? std::nullopt : std::optional(mark->charset);
  }
  if (declared == Charset::kUtf16Le) {
    if (head.empty() || LooksLikeUtf16(head)) return std::nullopt;
  } else if (LooksLikeUtf16(head)) {
    return Charset::kUtf16Le;
  }
  const Tally utf8 = TallyUtf8(head);
  const Tally gb = TallyGb18030(head);
  if (declared_gb) {
    const bool other = utf8.characters >= kEnoughCharacters && utf8.errors == 0;
    return other ? std::optional(Charset::kUtf8) : std::nullopt;
  }
  if (declared == Charset::kUtf8) {
    const bool other = gb.characters >= kEnoughCharacters &&
                       gb.errors * 20 < gb.characters &&
                       utf8.errors * 4 > gb.characters;
    return other ? std::optional(Charset::kGb18030) : std::nullopt;
  }
  // Said to be UTF-16, and no NUL in sight: Chinese text alone may look so, but
  // the delimiters and line ends of a table never do.
  if (utf8.errors == 0) return Charset::kUtf8;
  return gb.errors == 0 ? std::optional(Charset::kGb18030) : std::nullopt;
}

bool LooksLikeUtf8(std::string_view row) {
  std::size_t long_characters = 0;
  for (std::size_t i = 0; i < row.size();) {
    const std::size_t size = utf8::CharacterSize(row.substr(i));
    if (size == 0) return false;
    if (size >= 3) ++long_characters;
    i += size;
  }
  return long_characters >= 4;
}

bool LooksMisread(std::string_view text) {
  // Chinese text, which is nearly all, has none of these bytes.
  const bool has_latin = text.find('\xC2') != std::string_view::npos ||
                         text.find('\xC3') != std::string_view::npos;
  if (has_latin) {
    const auto bytes = Windows1252Bytes(text);
    if (bytes && (IsCommonGb(*bytes) || IsLongUtf8(*bytes))) return true;
  }
  return text.find(kLost) != std::string_view::npos;
}

}  // namespace waystation::adapters
