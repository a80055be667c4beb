// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/split.h"

#include <algorithm>
#include <cstring>

#include "adapters/framework/decoding/gb18030.h"

namespace waystation::adapters {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// A delimiter from 40 on may be the trailing byte of a GB 18030 character.
bool NeedsCharacters(const Dialect& dialect) {
  return dialect.delimiter >= 0x40 && (dialect.charset == Charset::kGb18030 ||
                                       dialect.charset == Charset::kGbk);
}

std::size_t FindDelimiter(const Dialect& dialect, bool by_character,
                          std::string_view line, std::size_t from) {
  if (!by_character) return line.find(dialect.delimiter, from);
  while (from < line.size() && line[from] != dialect.delimiter) {
    from += gb18030::CharacterSize(line.substr(from));
  }
  return from < line.size() ? from : kNone;
}

Span MakeSpan(std::size_t begin, std::size_t end, bool doubled = false) {
  return {static_cast<std::uint32_t>(begin),
          static_cast<std::uint32_t>(end - begin), doubled};
}

void SplitPlain(const Dialect& dialect, std::string_view line,
                std::vector<Span>& fields) {
  const bool by_character = NeedsCharacters(dialect);
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = FindDelimiter(dialect, by_character, line, begin);
    fields.push_back(MakeSpan(begin, end == kNone ? line.size() : end));
    if (end == kNone) return;
    begin = end + 1;
  }
}

// The quote that closes the field whose text begins at `from`; kNone if none
// does in reach.
std::size_t FindClosingQuote(std::string_view text, std::size_t from,
                             bool& doubled) {
  const std::string_view reach = text.substr(0, from + kMaxQuoted);
  for (;;) {
    const std::size_t quote = reach.find('"', from);
    if (quote == kNone) return kNone;
    if (quote + 1 >= reach.size() || reach[quote + 1] != '"') return quote;
    doubled = true;
    from = quote + 2;
  }
}

// Where the line at `from` ends: its LF, the end of the file, or kNone.
std::size_t LineEnd(std::string_view text, std::size_t from, bool at_end) {
  const std::size_t end = text.find('\n', from);
  return end == kNone && at_end ? text.size() : end;
}

// Length of the row that ends at `end`, without a CR.
std::size_t WithoutCr(std::string_view text, std::size_t begin,
                      std::size_t end) {
  return end > begin && text[end - 1] == '\r' ? end - 1 : end;
}

void SetEnd(std::string_view text, std::size_t begin, std::size_t end,
            SplitRow& row) {
  row.size = WithoutCr(text, begin, end);
  row.size_with_end = std::min(end + 1, text.size());
}

SplitRow BadQuote(std::string_view text, bool at_end, std::size_t field) {
  SplitRow row;
  const std::size_t end = LineEnd(text, 0, at_end);
  if (end == kNone) return {.end = SplitRow::End::kTooLong};
  SetEnd(text, 0, end, row);
  row.end = SplitRow::End::kBadQuote;
  row.field = static_cast<std::uint32_t>(field);
  return row;
}

SplitRow SplitQuoted(const Dialect& dialect, std::string_view text, bool at_end,
                     std::vector<Span>& fields) {
  const bool by_character = NeedsCharacters(dialect);
  SplitRow row;
  std::size_t begin = 0;
  for (;;) {
    std::size_t after = 0;
    if (begin < text.size() && text[begin] == '"') {
      bool doubled = false;
      const std::size_t quote = FindClosingQuote(text, begin + 1, doubled);
      if (quote == kNone) return BadQuote(text, at_end, fields.size() + 1);
      fields.push_back(MakeSpan(begin + 1, quote, doubled));
      row.inner_lines += static_cast<std::uint32_t>(
          std::count(text.begin() + static_cast<std::ptrdiff_t>(begin),
                     text.begin() + static_cast<std::ptrdiff_t>(quote), '\n'));
      after = quote + 1;
    } else {
      const std::size_t line_end = LineEnd(text, begin, at_end);
      if (line_end == kNone) return {.end = SplitRow::End::kTooLong};
      const std::size_t end = WithoutCr(text, begin, line_end);
      after = std::min(
          FindDelimiter(dialect, by_character, text.substr(0, end), begin),
          end);
      fields.push_back(MakeSpan(begin, after));
    }
    if (after < text.size() && text[after] == dialect.delimiter) {
      begin = after + 1;
      continue;
    }
    const std::size_t end = LineEnd(text, after, at_end);
    if (end == kNone) return {.end = SplitRow::End::kTooLong};
    SetEnd(text, after, end, row);
    if (row.size != after) return BadQuote(text, at_end, fields.size());
    return row;
  }
}

}  // namespace

SplitRow Split(const Dialect& dialect, std::string_view text, bool at_end,
               std::vector<Span>& fields) {
  fields.clear();
  const std::size_t end = LineEnd(text, 0, at_end);
  if (end == kNone) return {.end = SplitRow::End::kTooLong};
  if (dialect.quotes && std::memchr(text.data(), '"', end) != nullptr) {
    return SplitQuoted(dialect, text, at_end, fields);
  }
  SplitRow row;
  SetEnd(text, 0, end, row);
  SplitPlain(dialect, text.substr(0, row.size), fields);
  return row;
}

std::string_view FieldBytes(std::string_view row, const Span& field,
                            std::string& scratch) {
  const std::string_view bytes = row.substr(field.begin, field.size);
  if (!field.doubled_quotes) return bytes;
  scratch.clear();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    scratch.push_back(bytes[i]);
    if (bytes[i] == '"') ++i;
  }
  return scratch;
}

void AppendField(const Dialect& dialect, std::string_view bytes,
                 std::string& row) {
  const bool must_quote = bytes.find_first_of(std::string{
                              dialect.delimiter, '"', '\n', '\r'}) != kNone;
  if (!dialect.quotes || !must_quote) {
    row.append(bytes);
    return;
  }
  row.push_back('"');
  for (const char byte : bytes) {
    row.push_back(byte);
    if (byte == '"') row.push_back('"');
  }
  row.push_back('"');
}

}  // namespace waystation::adapters
