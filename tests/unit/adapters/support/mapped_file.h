// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_UNIT_ADAPTERS_SUPPORT_MAPPED_FILE_H_
#define TESTS_UNIT_ADAPTERS_SUPPORT_MAPPED_FILE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "adapters/framework/mapping/mapping.h"
#include "adapters/framework/mapping/sector.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::adapters {

// A mapping that lies in the sector's folder.
std::shared_ptr<const Mapping> LoadMapping(
    const Sector& sector, const std::string& name = "mapping.yaml");

// What a row of an export becomes.
struct MappedRow {
  // "REASON column"; empty for a row that is sent.
  std::string defect;
  // Revision 1, all attributes.
  v1::Update update;
  // "column REASON" or "column GRADE".
  std::vector<std::string> findings;
};

struct MappedFile {
  absl::Status status;
  std::vector<MappedRow> rows;
  // "column: use" or "column: REASON because" once the file was read.
  std::vector<std::string> columns;
  // "REASON name: count".
  std::vector<std::string> passed_over;
};

// Reads a file of `bytes`, whose name ends in `ending`, as an adapter would.
// The day is 2026-03-01, and numbers of generated people are sound.
MappedFile ReadMapped(const Mapping& mapping, std::string_view bytes,
                      std::string_view ending);

// Fails the test unless `update` is what the text format says, apart from its
// revision.
void ExpectUpdate(const v1::Update& update, const std::string& text);

}  // namespace waystation::adapters

#endif  // TESTS_UNIT_ADAPTERS_SUPPORT_MAPPED_FILE_H_
