// SPDX-License-Identifier: Apache-2.0
// dBase tables, whose headers lie. What passes our own look at the header goes
// through shapelib, with memory that it cannot overstep.
#include <array>

#include "adapters/commerce/sector.h"
#include "adapters/framework/sources/dbf_source.h"
#include "proto/codes/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/sources.h"

namespace waystation::fuzz {
namespace {

using adapters::Charset;
using adapters::Mapping;
using adapters::TableFormat;

// Odd choices read by the commerce mapping; of even ones the next two bits are
// the charset.
constexpr std::uint8_t kMapped = 1;

OpenFile OpenAs(const TableFormat& format) {
  return
      [&format](const std::string& path, const std::vector<std::string>& wanted)
          -> absl::StatusOr<std::unique_ptr<adapters::Source>> {
        return adapters::DbfSource::Open(path, format, wanted);
      };
}

// Whether a mapping would name it so: a sheet of the quarantine takes white
// space and labels off the names of its columns.
bool IsPlain(std::string_view column) {
  return codes::IsUtf8(column) && !codes::HasControl(column) &&
         codes::Trim(column) == column && column.find('`') == column.npos;
}

// The columns of text that stand once.
std::vector<std::string> WantedOf(std::string_view bytes,
                                  const TableFormat& format) {
  const MemoryFile file(bytes);
  auto source = adapters::DbfSource::Open(file.path(), format, {});
  if (!source.ok()) return {};
  std::vector<std::string> wanted;
  for (const std::string& column : (*source)->columns()) {
    if (wanted.size() == 4) break;
    if (IsPlain(column) &&
        adapters::DbfSource::Open(file.path(), format, {column}).ok()) {
      wanted.push_back(column);
    }
  }
  return wanted;
}

}  // namespace
}  // namespace waystation::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace waystation::fuzz;
  static const auto& mapping =
      *LoadMapping(waystation::adapters::Commerce(), "mapping.yaml").release();
  const Chosen input = TakeChoice(data, size);
  if ((input.choice & kMapped) != 0) {
    CheckMapped(input.bytes, mapping, OpenAs(mapping.table()));
    return 0;
  }
  constexpr std::array kCharsets = {Charset::kGbk, Charset::kGb18030,
                                    Charset::kUtf8, Charset::kGbk};
  TableFormat format;
  format.kind = waystation::adapters::FileKind::kDbf;
  format.dialect.charset = kCharsets[input.choice >> 1U & 3U];
  CheckSource(input.bytes, format, WantedOf(input.bytes, format),
              OpenAs(format));
  return 0;
}
