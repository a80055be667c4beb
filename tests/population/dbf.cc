// SPDX-License-Identifier: Apache-2.0
#include "tests/population/dbf.h"

#include "tests/population/data.h"

namespace waystation::population {
namespace {

constexpr std::size_t kHeadSize = 32;
constexpr std::size_t kColumnSize = 32;
constexpr std::size_t kNameSize = 11;
constexpr char kColumnsEnd = '\x0D';
constexpr char kTableEnd = '\x1A';
// Byte 29: the charset. Systems at places of origin never set it.
constexpr std::size_t kLanguageAt = 29;
constexpr char kGbkLanguage = '\x4D';

void PutNumber(std::uint64_t number, std::size_t at, std::size_t size,
               std::string& bytes) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[at + i] = static_cast<char>(number >> (8 * i) & 0xFF);
  }
}

// Without its last character that has two bytes, but for the first of these.
std::string CutInCharacter(const std::string& bytes) {
  std::size_t lead = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const bool two = static_cast<unsigned char>(bytes[at]) >= 0x81;
    if (two) lead = at;
    at += two ? 2 : 1;
  }
  return bytes.substr(0, lead + 1);
}

}  // namespace

Dbf::Dbf(Options options)
    : options_(std::move(options)), encoder_(options_.charset) {}

std::string Dbf::Head(const Agency& agency, int batch,
                      std::uint64_t rows) const {
  std::string head(kHeadSize, '\0');
  const Date day(kExportDays[batch]);
  head[0] = '\x03';
  head[1] = static_cast<char>(static_cast<int>(day.year()) - 1900);
  head[2] = static_cast<char>(static_cast<unsigned>(day.month()));
  head[3] = static_cast<char>(static_cast<unsigned>(day.day()));
  std::size_t width = 1;
  for (const Column& column : options_.columns) width += column.width;
  PutNumber(rows, 4, 4, head);
  PutNumber(kHeadSize + kColumnSize * options_.columns.size() + 1, 8, 2, head);
  PutNumber(width, 10, 2, head);
  head[kLanguageAt] = agency.place->origin ? '\0' : kGbkLanguage;
  for (const Column& column : options_.columns) {
    std::string one = column.name;
    one.resize(kColumnSize, '\0');
    one[kNameSize] = column.type;
    PutNumber(column.width, 16, 1, one);
    head += one;
  }
  return head + kColumnsEnd;
}

std::vector<std::string> Dbf::Rows(const Row& row, bool) const {
  std::vector<std::string> lines;
  if (row.record.Has("row_deleted")) {
    lines.push_back(Line(
        options_.deleted_fields(row.record, row.content, row.key), '*', row));
  }
  lines.push_back(
      Line(options_.fields(row.record, row.content, row.key), ' ', row));
  return lines;
}

std::string Dbf::Tail() const { return {kTableEnd}; }

std::string Dbf::Line(const std::vector<std::string>& fields, char flag,
                      const Row& row) const {
  std::string line(1, flag);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool without_key = i == 0 && row.damage == Damage::kNoKey;
    line += Field(without_key ? "" : fields[i], options_.columns[i], row);
  }
  return line;
}

std::string Dbf::Field(const std::string& text, const Column& column,
                       const Row& row) const {
  const bool is_text = column.type == 'C';
  const bool named = text == row.record.name && !text.empty();
  std::string bytes;
  for (const std::string& character : Characters(text)) {
    const std::string encoded = encoder_.Encode(character);
    if (bytes.size() + encoded.size() > column.width) break;
    bytes += encoded;
  }
  if (named && row.damage == Damage::kCutInCharacter) {
    bytes = CutInCharacter(bytes);
  }
  if (named && row.record.Has("padded_left") &&
      bytes.size() + 2 <= column.width) {
    bytes.insert(0, "  ");
  }
  const bool nul = is_text && row.record.Has("padded_nul");
  bytes.resize(column.width, nul ? '\0' : ' ');
  return bytes;
}

}  // namespace waystation::population
