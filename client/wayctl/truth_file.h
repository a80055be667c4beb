// SPDX-License-Identifier: Apache-2.0
// A file that says who is who: CSV with a heading, one line a record, such as
// the truth.csv of waystation-population.
//
//     agency,record_key,person
//     labor.320500,LD-0001,17
#ifndef CLIENT_WAYCTL_TRUTH_FILE_H_
#define CLIENT_WAYCTL_TRUTH_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace waystation::wayctl {

struct TruthRow {
  std::string agency;
  std::string record_key;
  // Counts from 0 in the order of the file: what the file calls somebody means
  // nothing here.
  std::uint64_t person = 0;
  bool operator==(const TruthRow&) const = default;
};

// A line that cannot be taken.
struct TruthDefect {
  // From 1.
  std::size_t line = 0;
  std::size_t column = 0;
  // The column's heading; empty of one that the heading does not have.
  std::string name;
  std::string rule;
  bool operator==(const TruthDefect&) const = default;
};

struct Truth {
  std::vector<TruthRow> rows;
  std::vector<TruthDefect> defects;
  // Different ones in `rows`.
  std::uint64_t people = 0;
};

// Columns may stand in any order, and others beside them. USAGE where the file
// as a whole is no such file.
absl::StatusOr<Truth> ReadTruth(std::string_view text);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_TRUTH_FILE_H_
