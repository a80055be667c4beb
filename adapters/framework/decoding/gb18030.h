// SPDX-License-Identifier: Apache-2.0
// GB 18030, the encoding in which most agencies export.
//
//     character := [00-7F]
//                | [81-FE][40-7E 80-FE]             23,940 codes
//                | [81-FE][30-39][81-FE][30-39]     all of Unicode besides
//
// A trailing byte can look like ASCII ('^' and '|' are trailing bytes of
// hundreds of characters), so rows are split by CharacterSize and never byte by
// byte. Line ends, commas and quotes are safe: no trailing byte is below 30.
//
// The tables come from ICU once, at first use, with these rows replaced:
//   - A6D9-A6DF A6EC A6ED A6F3 are U+FE10-FE19, and FE59 FE61 FE66 FE67 FE6D
//     FE7E FE90 FEA0 are U+9FB4-9FBB, as in GB 18030-2022. Their code points of
//     the private use area still encode to the same bytes.
//   - FE51 FE52 FE53 FE6C FE76 FE91 are the characters of Ext B that their
//     four-byte codes name (U+20087 U+20089 U+200CC U+215D7 U+2298F U+241FE);
//     these encode to four bytes, in GBK to the two.
//   - 80 is the euro sign, which Windows writes so, and A3A0 the ideographic
//     space (WHATWG Encoding, index gb18030).
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_GB18030_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_GB18030_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waystation::adapters::gb18030 {

// Bytes of the character that `bytes` begins with. What begins no character is
// 1 byte, so that the next byte is looked at afresh. Precondition: not empty.
inline std::size_t CharacterSize(std::string_view bytes) {
  const auto at = [&](std::size_t i) {
    return static_cast<std::uint8_t>(bytes[i]);
  };
  const auto lead = [](std::uint8_t b) { return b >= 0x81 && b <= 0xFE; };
  const auto digit = [](std::uint8_t b) { return b >= 0x30 && b <= 0x39; };
  if (!lead(at(0)) || bytes.size() < 2) return 1;
  if (at(1) >= 0x40 && at(1) != 0x7F && at(1) != 0xFF) return 2;
  if (bytes.size() >= 4 && digit(at(1)) && lead(at(2)) && digit(at(3))) {
    return 4;
  }
  return 1;
}

// As adapters::Decode.
std::optional<std::size_t> Decode(std::string_view bytes, std::string& text);

// The same; sets `respelled` if Encode may spell the text in other bytes.
std::optional<std::size_t> Decode(std::string_view bytes, std::string& text,
                                  bool& respelled);

// At most how many bytes the reader of a character can take.
enum class Width : std::uint8_t { kTwo, kFour };

// As adapters::Encode.
std::optional<char32_t> Encode(Width width, std::string_view text,
                               std::string& bytes);

}  // namespace waystation::adapters::gb18030

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_GB18030_H_
