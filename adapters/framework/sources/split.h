// SPDX-License-Identifier: Apache-2.0
// Where rows and fields begin and end. Pure.
//
//     CSV (RFC 4180)                      delimited text
//     row    := field ("," field)* end    row   := field (delimiter field)* end
//     field  := '"' (any | '""')* '"'     field := any but delimiter and LF
//             | any but ',' and LF
//     end    := CR? LF | end of file
//
// A quote within an unquoted field is a character like any other, since
// exporters write such; a quoted field may hold line ends and delimiters.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SPLIT_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SPLIT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/framework/decoding/charset.h"

namespace waystation::adapters {

struct Dialect {
  Charset charset = Charset::kGb18030;
  // ASCII, no digit, no letter, no quote, no line end.
  char delimiter = ',';
  // Whether fields may be quoted.
  bool quotes = true;
};

// One field as it stands in the row.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
  // Quotes around it are left out already; doubled ones inside are not.
  bool doubled_quotes = false;
};

struct SplitRow {
  enum class End : std::uint8_t {
    kRow,
    // A quoted field is not closed, or text follows its closing quote.
    kBadQuote,
    // `text` holds no row end, and more would follow.
    kTooLong,
  };
  End end = End::kRow;
  // Bytes of the row without and with its line end. For a bad row: of its
  // first line, so that one stray quote does not swallow the rows behind it.
  std::size_t size = 0;
  std::size_t size_with_end = 0;
  // Line ends within the row.
  std::uint32_t inner_lines = 0;
  // 1-based number of the field at fault, for a bad row.
  std::uint32_t field = 0;
};

// Splits the row at the front of `text`, which is not empty, and writes its
// fields to `fields` (emptied before). `at_end`: nothing follows `text`. A
// quoted field may take kMaxQuoted bytes.
SplitRow Split(const Dialect& dialect, std::string_view text, bool at_end,
               std::vector<Span>& fields);

inline constexpr std::size_t kMaxQuoted = std::size_t{64} << 10;

// The field's own bytes: doubled quotes made single, in `scratch` if need be.
std::string_view FieldBytes(std::string_view row, const Span& field,
                            std::string& scratch);

// Appends one field as Split reads it back.
void AppendField(const Dialect& dialect, std::string_view bytes,
                 std::string& row);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SPLIT_H_
