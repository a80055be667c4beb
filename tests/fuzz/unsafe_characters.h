// SPDX-License-Identifier: Apache-2.0
// The characters that no terminal and no log may be given, listed by hand from
// Unicode's files, so that a mistake of what cleans them does not agree with
// itself.
#ifndef TESTS_FUZZ_UNSAFE_CHARACTERS_H_
#define TESTS_FUZZ_UNSAFE_CHARACTERS_H_

#include <cstdint>
#include <string_view>

namespace waystation::fuzz {

inline bool IsUnsafe(std::uint32_t c) {
  constexpr struct {
    std::uint32_t first;
    std::uint32_t last;
  } kUnsafe[] = {
      {0x00, 0x1F},        // C0, ESC among them
      {0x7F, 0x9F},        // DEL and C1, CSI among them
      {0xAD, 0xAD},        // soft hyphen
      {0x61C, 0x61C},      // Arabic letter mark
      {0x180E, 0x180E},    // Mongolian vowel separator
      {0x200B, 0x200F},    // no width, joiners, marks of direction
      {0x2028, 0x202E},    // separators, embeddings, overrides
      {0x2060, 0x2064},    // word joiner, invisible operators
      {0x2066, 0x206F},    // isolates, deprecated controls
      {0xFEFF, 0xFEFF},    // byte order mark
      {0xFFF9, 0xFFFB},    // interlinear annotation
      {0xE0001, 0xE0001},  // language tag
      {0xE0020, 0xE007F},  // tags
  };
  for (const auto& [first, last] : kUnsafe) {
    if (c >= first && c <= last) return true;
  }
  return false;
}

// Whether one stands in `text`, which is UTF-8.
inline bool HoldsUnsafe(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::uint32_t lead = byte(i);
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                                           : 4;
    std::uint32_t code = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < text.size(); ++k) {
      code = code << 6 | (byte(i + k) & 0x3FU);
    }
    if (IsUnsafe(code)) return true;
    i += size;
  }
  return false;
}

}  // namespace waystation::fuzz

#endif  // TESTS_FUZZ_UNSAFE_CHARACTERS_H_
