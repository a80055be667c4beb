// SPDX-License-Identifier: Apache-2.0
// CSV and delimited text, in each charset, through TableSource and, for files
// of the formats that mappings of ours name, all the way to updates.
#include <algorithm>
#include <array>

#include "adapters/framework/sources/open_source.h"
#include "adapters/health/sector.h"
#include "adapters/labor/sector.h"
#include "adapters/public_security/sector.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/sources.h"

namespace waystation::fuzz {
namespace {

using adapters::Charset;
using adapters::Mapping;
using adapters::TableFormat;

// Choices from here on are mappings, those before are bits: two of the charset,
// two of the delimiter, one of quotes, one of a header line.
constexpr std::uint8_t kMappings = 0x40;

TableFormat FormatOf(std::uint8_t choice) {
  constexpr std::array kCharsets = {Charset::kGb18030, Charset::kGbk,
                                    Charset::kUtf8, Charset::kUtf16Le};
  constexpr std::array kDelimiters = {',', '^', '|', '\t'};
  TableFormat format;
  format.dialect = {.charset = kCharsets[choice & 3U],
                    .delimiter = kDelimiters[choice >> 2U & 3U],
                    .quotes = (choice & 0x10U) == 0};
  if ((choice & 0x20U) != 0) format.columns = {"key", "name", "born"};
  return format;
}

OpenFile OpenAs(const TableFormat& format) {
  return [&format](const std::string& path,
                   const std::vector<std::string>& wanted) {
    return adapters::OpenSource(path, format, wanted);
  };
}

// The first and the last column, those that stand once.
std::vector<std::string> WantedOf(std::string_view bytes,
                                  const TableFormat& format) {
  const MemoryFile file(bytes);
  auto source = adapters::OpenSource(file.path(), format, {});
  if (!source.ok() || (*source)->columns().empty()) return {};
  std::vector<std::string> wanted = {(*source)->columns().back()};
  if ((*source)->columns().size() > 1) {
    wanted.push_back((*source)->columns().front());
  }
  // No mapping names a column that has no name.
  std::erase(wanted, "");
  // COLUMN_TWICE is an answer as well, and ends it.
  if (!adapters::OpenSource(file.path(), format, wanted).ok()) return {};
  return wanted;
}

// As far as they are delimited text.
const Mapping& MappingOf(std::uint8_t choice) {
  static const std::array mappings = {
      LoadMapping(adapters::PublicSecurity(), "mapping.yaml").release(),
      LoadMapping(adapters::Labor(), "mapping.yaml").release(),
      LoadMapping(adapters::Health(), "mapping_csv.yaml").release()};
  return *mappings[choice % mappings.size()];
}

}  // namespace
}  // namespace waystation::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace waystation::fuzz;
  const Chosen input = TakeChoice(data, size);
  if (input.choice < kMappings) {
    const TableFormat format = FormatOf(input.choice);
    CheckSource(input.bytes, format, WantedOf(input.bytes, format),
                OpenAs(format));
  } else {
    const Mapping& mapping = MappingOf(input.choice);
    CheckMapped(input.bytes, mapping, OpenAs(mapping.table()));
  }
  return 0;
}
