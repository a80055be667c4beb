// SPDX-License-Identifier: Apache-2.0
// The header of a dBase table, held against itself and against the file before
// anything else reads it, since nothing keeps a header from lying.
//
//     table  := header record* [1A any*]
//     header := version[1] day[3] records[4] header_size[2] record_size[2]
//               any[2] transaction[1] encrypted[1] any[13] code_page[1] any[2]
//               field+ 0D any*              numbers are little-endian
//     field  := name[11] type[1] any[4] width[1] any[15]
//     record := mark[1] value*             as wide as their fields, no line end
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_DBF_HEADER_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_DBF_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace waystation::adapters {

// A header is never larger.
inline constexpr std::size_t kMaxDbfHeader = 0xFFFF;

struct DbfField {
  std::string name;  // as its bytes stand
  char type = 'C';
  std::uint8_t width = 0;

  // Whether its values stand in the record as text.
  bool is_text() const {
    return type == 'C' || type == 'N' || type == 'F' || type == 'D' ||
           type == 'L';
  }

  bool operator==(const DbfField&) const = default;
};

// The name in the 11 bytes of a field: up to the NUL, without spaces around it.
std::string DbfFieldName(std::string_view bytes);

struct DbfHeader {
  std::uint32_t records = 0;
  std::uint16_t header_size = 0;
  std::uint16_t record_size = 0;
  std::uint8_t code_page = 0;
  std::vector<DbfField> fields;

  // Where the record that `records` does not count would begin.
  std::uint64_t end() const {
    return header_size + std::uint64_t{records} * record_size;
  }
};

// The header at the front of a file of `file_size` bytes; `head` is its first
// kMaxDbfHeader bytes or all that there are. DBF_VERSION, DBF_LOCKED,
// DBF_HEADER, DBF_FIELD, DBF_WIDTHS, DBF_COUNT name the place.
absl::StatusOr<DbfHeader> ReadDbfHeader(std::string_view head,
                                        std::uint64_t file_size);

// DBF_COUNT where records follow that the header does not count. `behind` is
// what stands at the header's end().
absl::Status CheckNothingUncounted(const DbfHeader& header,
                                   std::string_view behind,
                                   std::uint64_t file_size);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_DBF_HEADER_H_
