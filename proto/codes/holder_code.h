// SPDX-License-Identifier: Apache-2.0
// One-time codes that persons are given to read aloud or copy:
//
//     code  := group "-" group "-" group        "7K3M-9QXW-2F8D"
//     group := character{4}                     Crockford's base 32
//
// Eleven characters are random, the last checks them: over GF(2^5) the twelve,
// each times a power of x that rises from the last to the first, add up to
// zero. Since these powers are all different, one wrong character and two that
// were swapped are always noticed.
#ifndef WAYSTATION_PROTO_CODES_HOLDER_CODE_H_
#define WAYSTATION_PROTO_CODES_HOLDER_CODE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waystation::codes {

// Of which the code holds the first 55 bits.
inline constexpr std::size_t kHolderCodeBytes = 7;

// As it is shown, of random bytes.
std::string WriteHolderCode(
    const std::array<std::uint8_t, kHolderCodeBytes>& random);

// The twelve characters as they stand in the code that was written, whatever
// their case and width, with spaces and dashes anywhere, O for 0, I and L
// for 1. nullopt for what was never written.
std::optional<std::string> ReadHolderCode(std::string_view typed);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_HOLDER_CODE_H_
