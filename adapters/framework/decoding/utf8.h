// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_UTF8_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waystation::adapters::utf8 {

// Bytes of the character that `text` begins with, or 0 where none does: strict
// by RFC 3629. Precondition: not empty.
inline std::size_t CharacterSize(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
  };
  const std::uint8_t lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xC2 && lead < 0xE0   ? 2
                           : lead >= 0xE0 && lead < 0xF0 ? 3
                           : lead >= 0xF0 && lead < 0xF5 ? 4
                                                         : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong =
      (lead == 0xE0 && at(1) < 0xA0) || (lead == 0xF0 && at(1) < 0x90);
  const bool surrogate = lead == 0xED && at(1) >= 0xA0;
  const bool beyond = lead == 0xF4 && at(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : size;
}

}  // namespace waystation::adapters::utf8

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_UTF8_H_
