// SPDX-License-Identifier: Apache-2.0
// UTF-16LE as a stream of bytes that can be split like UTF-8, and back. What is
// ill-formed survives, so that a row that cannot be read goes to quarantine as
// it was:
//
//     lone surrogate  its three bytes by the rule of UTF-8 (ED A0 80 ...)
//     odd last byte   FF, byte
//
// None of these is UTF-8, so decoding finds them.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_UTF16_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_UTF16_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace waystation::adapters::utf16 {

// Appends the code units in `bytes` to `out` and returns how many bytes were
// taken. Fewer than all when the rest waits for more: half a code unit, or a
// high surrogate whose partner may follow; with `at_end` everything is taken.
std::size_t ToBytes(std::string_view bytes, bool at_end, std::string& out);

// The code units from which ToBytes made `text`.
std::string FromBytes(std::string_view text);

}  // namespace waystation::adapters::utf16

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_UTF16_H_
