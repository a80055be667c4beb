// SPDX-License-Identifier: Apache-2.0
// Fields of a message written one by one, so that parts which were serialised
// once can be joined without being parsed again.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_WIRE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_WIRE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace waystation::adapters::wire {

inline void AppendVarint(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

inline void AppendNumber(int field, std::uint64_t value, std::string& out) {
  AppendVarint(static_cast<std::uint64_t>(field) << 3, out);
  AppendVarint(value, out);
}

// A string, bytes or a serialised message.
inline void AppendBytes(int field, std::string_view bytes, std::string& out) {
  AppendVarint(static_cast<std::uint64_t>(field) << 3 | 2, out);
  AppendVarint(bytes.size(), out);
  out.append(bytes);
}

}  // namespace waystation::adapters::wire

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_WIRE_H_
