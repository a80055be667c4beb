// SPDX-License-Identifier: Apache-2.0
#include "tests/population/delimited.h"

#include <algorithm>
#include <string_view>

namespace waystation::population {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

}  // namespace

Delimited::Delimited(Options options)
    : options_(std::move(options)), encoder_(options_.charset) {}

std::string Delimited::Head(const Agency&, int, std::uint64_t) const {
  return (options_.byte_order_mark ? "\xEF\xBB\xBF" : "") +
         Line(options_.columns);
}

std::vector<std::string> Delimited::Rows(const Row& row, bool) const {
  const auto fields = options_.fields(row.record, row.content, row.key);
  return {row.damage == Damage::kNone ? Line(fields) : BrokenLine(fields, row)};
}

std::string Delimited::Line(const std::vector<std::string>& fields) const {
  std::string text;
  for (const std::string& field : fields) {
    if (!text.empty()) text += options_.delimiter;
    const bool quote =
        options_.quotes && field.find(options_.delimiter) != field.npos;
    text += quote ? '"' + field + '"' : field;
  }
  return encoder_.Encode(text) + std::string(kLineEnd);
}

std::string Delimited::BrokenLine(std::vector<std::string> fields,
                                  const Row& row) const {
  if (row.damage == Damage::kExtraColumn) {
    fields.emplace_back();
    return Line(fields);
  }
  // The row ends with the name, in whole or without its last byte.
  fields.erase(std::find(fields.begin(), fields.end(), row.record.name) + 1,
               fields.end());
  std::string line = Line(fields);
  if (row.damage == Damage::kCutInCharacter) {
    line.erase(line.size() - kLineEnd.size() - 1, 1);
  }
  return line;
}

}  // namespace waystation::population
