// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/decoding/gb18030.h"

#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace waystation::adapters::gb18030 {
namespace {

constexpr std::size_t kLeads = 0xFE - 0x81 + 1;
constexpr std::size_t kTrails = 0xFF - 0x40;  // 7F stays unused
// Four-byte codes below this one are the rest of the basic plane; those from
// kFirstSupplementary on are the other planes, in order.
constexpr std::uint32_t kBasicCodes = 39420;           // 8431A439 + 1
constexpr std::uint32_t kFirstSupplementary = 189000;  // 90308130
constexpr std::uint32_t kSupplementaryCodes = 0x100000;

struct Replaced {
  std::uint16_t code;
  char32_t character;
};
constexpr Replaced kReplaced[] = {
    // GB 18030-2022.
    {0xA6D9, 0xFE10},
    {0xA6DA, 0xFE12},
    {0xA6DB, 0xFE11},
    {0xA6DC, 0xFE13},
    {0xA6DD, 0xFE14},
    {0xA6DE, 0xFE15},
    {0xA6DF, 0xFE16},
    {0xA6EC, 0xFE17},
    {0xA6ED, 0xFE18},
    {0xA6F3, 0xFE19},
    {0xFE59, 0x9FB4},
    {0xFE61, 0x9FB5},
    {0xFE66, 0x9FB6},
    {0xFE67, 0x9FB7},
    {0xFE6D, 0x9FB8},
    {0xFE7E, 0x9FB9},
    {0xFE90, 0x9FBA},
    {0xFEA0, 0x9FBB},
    // Two encodings, one character.
    {0xFE51, 0x20087},
    {0xFE52, 0x20089},
    {0xFE53, 0x200CC},
    {0xFE6C, 0x215D7},
    {0xFE76, 0x2298F},
    {0xFE91, 0x241FE},
    // WHATWG Encoding.
    {0xA3A0, 0x3000},
};
constexpr char32_t kEuro = 0x20AC;
constexpr std::string_view kEuroUtf8 = "\u20AC";

// One character as UTF-8, its bytes in the order of memory. The last byte of a
// character of three bytes or fewer is kRespelled where Encode writes other
// bytes than were read, else 0; those of four bytes are all such.
using Utf8 = std::array<char, 4>;
constexpr char kRespelled = 1;

Utf8 ToUtf8(char32_t character) {
  Utf8 out{};
  std::size_t size = 0;
  U8_APPEND_UNSAFE(out.data(), size, static_cast<UChar32>(character));
  return out;
}

std::size_t Utf8Size(const Utf8& utf8) {
  const auto lead = static_cast<std::uint8_t>(utf8[0]);
  return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

std::uint8_t Byte(char c) { return static_cast<std::uint8_t>(c); }

std::size_t TwoByteIndex(std::uint8_t lead, std::uint8_t trail) {
  return static_cast<std::size_t>(lead - 0x81) * kTrails + (trail - 0x40U);
}

// Position of a four-byte code in the order of its bytes. Precondition:
// CharacterSize says 4.
std::uint32_t Linear(std::string_view code) {
  return ((static_cast<std::uint32_t>(Byte(code[0]) - 0x81) * 10 +
           (Byte(code[1]) - 0x30U)) *
              126 +
          (Byte(code[2]) - 0x81U)) *
             10 +
         (Byte(code[3]) - 0x30U);
}

void AppendFourBytes(std::uint32_t linear, std::string& bytes) {
  char code[4];
  code[3] = static_cast<char>(0x30 + linear % 10);
  linear /= 10;
  code[2] = static_cast<char>(0x81 + linear % 126);
  linear /= 126;
  code[1] = static_cast<char>(0x30 + linear % 10);
  code[0] = static_cast<char>(0x81 + linear / 10);
  bytes.append(code, 4);
}

// What ICU makes of `bytes`, of which each character must be one code unit.
std::vector<UChar> AskIcu(const std::string& bytes, std::size_t characters) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(
      ucnv_open("gb18030", &error), &ucnv_close);
  std::vector<UChar> out(characters + 1);
  const std::int32_t written =
      U_FAILURE(error)
          ? -1
          : ucnv_toUChars(converter.get(), out.data(),
                          static_cast<std::int32_t>(out.size()), bytes.data(),
                          static_cast<std::int32_t>(bytes.size()), &error);
  if (U_FAILURE(error) || static_cast<std::size_t>(written) != characters) {
    // ICU's data is missing or another: nothing could be read rightly.
    std::fprintf(stderr, "ICU has no usable gb18030 table\n");
    std::abort();
  }
  out.resize(characters);
  return out;
}

struct Tables {
  // By TwoByteIndex.
  std::vector<Utf8> two_bytes;
  // By Linear, below kBasicCodes.
  std::vector<char16_t> four_bytes;
  // Of each character of the basic plane: its two-byte code, or 0.
  std::vector<std::uint16_t> two_byte_code;
  // Of the same: Linear of its four-byte code, where there is no other.
  std::vector<std::uint16_t> linear;

  Tables();
};

Tables::Tables()
    : two_bytes(kLeads * kTrails), two_byte_code(0x10000), linear(0x10000) {
  std::string codes;
  for (unsigned lead = 0x81; lead <= 0xFE; ++lead) {
    for (unsigned trail = 0x40; trail <= 0xFE; ++trail) {
      if (trail == 0x7F) continue;
      codes.push_back(static_cast<char>(lead));
      codes.push_back(static_cast<char>(trail));
    }
  }
  const std::vector<UChar> characters = AskIcu(codes, codes.size() / 2);
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const std::uint8_t lead = Byte(codes[2 * i]);
    const std::uint8_t trail = Byte(codes[2 * i + 1]);
    two_bytes[TwoByteIndex(lead, trail)] = ToUtf8(characters[i]);
    two_byte_code[characters[i]] =
        static_cast<std::uint16_t>(lead << 8 | trail);
  }
  std::string long_codes;
  for (std::uint32_t i = 0; i < kBasicCodes; ++i) {
    AppendFourBytes(i, long_codes);
  }
  const std::vector<UChar> rest = AskIcu(long_codes, kBasicCodes);
  four_bytes.assign(rest.begin(), rest.end());
  for (std::uint32_t i = 0; i < kBasicCodes; ++i) {
    linear[four_bytes[i]] = static_cast<std::uint16_t>(i);
  }
  for (const auto& [code, character] : kReplaced) {
    Utf8& utf8 = two_bytes[TwoByteIndex(static_cast<std::uint8_t>(code >> 8),
                                        static_cast<std::uint8_t>(code))];
    utf8 = ToUtf8(character);
    if (character == 0x3000) utf8[3] = kRespelled;
    if (character < 0x10000 && character != 0x3000) {
      two_byte_code[character] = code;
    }
  }
  // The euro sign, of which GBK writes the one byte 80.
  two_bytes[TwoByteIndex(0xA2, 0xE3)][3] = kRespelled;
}

const Tables& tables() {
  static const auto* const kTables = new Tables;
  return *kTables;
}

// The length of the run of ASCII at the front.
std::size_t AsciiPrefix(std::string_view bytes) {
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i, 8);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  while (i < bytes.size() && Byte(bytes[i]) < 0x80) ++i;
  return i;
}

// The four-byte code as a character; nullopt where none is assigned.
std::optional<char32_t> FourByteCharacter(const Tables& t,
                                          std::string_view code) {
  const std::uint32_t at = Linear(code);
  if (at < kBasicCodes) return t.four_bytes[at];
  if (at < kFirstSupplementary ||
      at >= kFirstSupplementary + kSupplementaryCodes) {
    return std::nullopt;
  }
  return 0x10000 + (at - kFirstSupplementary);
}

// The two-byte code that GBK has for a character beyond the basic plane, or 0.
std::uint16_t TwoByteExtB(char32_t character) {
  for (const auto& [code, replaced] : kReplaced) {
    if (replaced == character) return code;
  }
  return 0;
}

bool EncodeOne(const Tables& t, Width width, char32_t character,
               std::string& bytes) {
  std::uint16_t code = 0;
  if (width == Width::kTwo && character == kEuro) {
    bytes.push_back('\x80');
    return true;
  }
  if (character < 0x10000) {
    code = t.two_byte_code[character];
  } else if (width == Width::kTwo) {
    code = TwoByteExtB(character);
  }
  if (code != 0) {
    bytes.push_back(static_cast<char>(code >> 8));
    bytes.push_back(static_cast<char>(code & 0xFF));
    return true;
  }
  if (width == Width::kTwo) return false;
  AppendFourBytes(character < 0x10000
                      ? t.linear[character]
                      : kFirstSupplementary + (character - 0x10000),
                  bytes);
  return true;
}

}  // namespace

std::optional<std::size_t> Decode(std::string_view bytes, std::string& text) {
  bool respelled = false;
  return Decode(bytes, text, respelled);
}

std::optional<std::size_t> Decode(std::string_view bytes, std::string& text,
                                  bool& respelled) {
  const Tables& t = tables();
  const std::size_t before = text.size();
  // The most that a byte grows by is 80, to three. Four bytes are copied each
  // time, whatever their number.
  text.resize(before + 3 * bytes.size() + 4);
  char* out = text.data() + before;
  const auto fail = [&](std::size_t at) {
    text.resize(before);
    return std::optional<std::size_t>(at);
  };
  std::size_t i = 0;
  while (i < bytes.size()) {
    const std::uint8_t lead = Byte(bytes[i]);
    if (lead < 0x80) {
      const std::size_t run = AsciiPrefix(bytes.substr(i));
      std::memcpy(out, bytes.data() + i, run);
      out += run;
      i += run;
      continue;
    }
    if (lead == 0x80) {
      std::memcpy(out, kEuroUtf8.data(), kEuroUtf8.size());
      out += kEuroUtf8.size();
      ++i;
      respelled = true;
      continue;
    }
    const std::string_view rest = bytes.substr(i);
    switch (CharacterSize(rest)) {
      case 2: {
        const Utf8& utf8 = t.two_bytes[TwoByteIndex(lead, Byte(rest[1]))];
        std::memcpy(out, utf8.data(), 4);
        out += Utf8Size(utf8);
        respelled |= utf8[3] != 0;
        i += 2;
        break;
      }
      case 4: {
        const std::optional<char32_t> character = FourByteCharacter(t, rest);
        if (!character) return fail(i);
        // Some have a two-byte code, which is then written; GBK has no other.
        respelled = true;
        const Utf8 utf8 = ToUtf8(*character);
        std::memcpy(out, utf8.data(), 4);
        out += Utf8Size(utf8);
        i += 4;
        break;
      }
      default:
        return fail(i);
    }
  }
  text.resize(static_cast<std::size_t>(out - text.data()));
  return std::nullopt;
}

std::optional<char32_t> Encode(Width width, std::string_view text,
                               std::string& bytes) {
  const Tables& t = tables();
  const std::size_t before = bytes.size();
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t run = AsciiPrefix(text.substr(i));
    bytes.append(text.substr(i, run));
    i += run;
    if (i == text.size()) break;
    UChar32 character = 0;
    U8_NEXT_UNSAFE(text.data(), i, character);
    if (!EncodeOne(t, width, static_cast<char32_t>(character), bytes)) {
      bytes.resize(before);
      return static_cast<char32_t>(character);
    }
  }
  return std::nullopt;
}

}  // namespace waystation::adapters::gb18030
