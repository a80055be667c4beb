// SPDX-License-Identifier: Apache-2.0
// Rows that are not what the store wrote: one of them in an error, all of them
// in the findings of a check.
#ifndef WAYSTATION_SERVER_STORAGE_ROWS_FINDINGS_H_
#define WAYSTATION_SERVER_STORAGE_ROWS_FINDINGS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/storage/store.h"

namespace waystation::storage {

inline constexpr char kBadChecksum[] = "the checksum does not fit";

// DATA_LOSS that names the row: `place` is table and row.
inline absl::Status Damaged(const std::string& place,
                            const std::string& reason = kBadChecksum) {
  return absl::DataLossError(absl::StrCat(place, ": ", reason));
}

// The first finding of each table, and how many more it has.
class Findings {
 public:
  void Add(const std::string& table, std::string place, std::string reason) {
    auto [entry, is_first] = tables_.try_emplace(table);
    if (is_first) {
      entry->second = {.place = std::move(place),
                       .reason = std::move(reason),
                       .table = table};
    } else {
      ++entry->second.more;
    }
  }
  // A status that ended the reading of a table; OK adds nothing.
  void Add(const std::string& table, const absl::Status& status) {
    if (!status.ok()) {
      Add(table, table, std::string(status.message()));
    }
  }

  std::vector<Finding> Take() && {
    std::vector<Finding> findings;
    for (auto& [table, first] : tables_) findings.push_back(std::move(first));
    return findings;
  }

 private:
  std::map<std::string, Finding> tables_;
};

}  // namespace waystation::storage

#endif  // WAYSTATION_SERVER_STORAGE_ROWS_FINDINGS_H_
