// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_FUZZ_SOURCES_H_
#define TESTS_FUZZ_SOURCES_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/framework/mapping/mapping.h"
#include "adapters/framework/mapping/sector.h"
#include "adapters/framework/sources/format.h"
#include "adapters/framework/sources/source.h"

namespace waystation::fuzz {

using OpenFile =
    std::function<absl::StatusOr<std::unique_ptr<adapters::Source>>(
        const std::string& path, const std::vector<std::string>& wanted)>;

// One row as it was read.
struct KeptRow {
  std::uint64_t line = 0;
  std::string raw;
  // As the quarantine keeps it.
  std::string original;
  std::vector<std::string> fields;
  std::optional<adapters::Defect> defect;
  // As the outbox keeps it; empty if there is a defect.
  std::string wanted;
};

// Reads the file and holds it to what is promised of any source:
//
//   - a row has a defect of the table of reasons, or all wanted fields
//   - a row that was taken says the same when it is read again from what the
//     outbox keeps of it, which is its wanted columns alone
//   - a row that was not taken stands in the quarantine whole, and a replay
//     that mends nothing changes nothing
//
// The rows; empty where the file is refused.
std::vector<KeptRow> CheckSource(std::string_view bytes,
                                 const adapters::TableFormat& format,
                                 const std::vector<std::string>& wanted,
                                 const OpenFile& open);

// The same through a sector's mapping, with what the adapter makes of each row:
//
//   - the update can be read, and claims what the mapping names and no more
//   - it says the same without the columns that the mapping leaves out
void CheckMapped(std::string_view bytes, const adapters::Mapping& mapping,
                 const OpenFile& open);

// adapters/<sector>/<file>.
std::unique_ptr<const adapters::Mapping> LoadMapping(
    const adapters::Sector& sector, const std::string& file);

}  // namespace waystation::fuzz

#endif  // TESTS_FUZZ_SOURCES_H_
