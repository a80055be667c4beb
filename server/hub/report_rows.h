// SPDX-License-Identifier: Apache-2.0
// What reports of counts share: by what rows are told apart, and which of them
// are left out.
#ifndef WAYSTATION_SERVER_HUB_REPORT_ROWS_H_
#define WAYSTATION_SERVER_HUB_REPORT_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/repeated_field.h"
#include "proto/errors/error.h"
#include "server/domain/suppression.h"

namespace waystation::hub {

inline constexpr int kMostReportGroups = 4;
inline constexpr size_t kMostReportRows = 2000;

// `is_valid` is the enum's own.
inline absl::Status CheckReportGroups(
    const google::protobuf::RepeatedField<int>& groups, bool (*is_valid)(int)) {
  std::set<int> seen;
  for (const int group : groups) {
    if (!is_valid(group) || group == 0) {
      return errors::Error(
          "INVALID_REQUEST",
          {.field = "groups", .rule = "one of the closed list"});
    }
    if (!seen.insert(group).second || groups.size() > kMostReportGroups) {
      return errors::Error("INVALID_REQUEST",
                           {.field = "groups", .rule = "each once, at most 4"});
    }
  }
  return absl::OkStatus();
}

// " by kind,sender" of the groups of a `Request`, for its entry in the log;
// empty for none.
template <typename Request>
std::string ByGroups(const Request& request) {
  if (request.groups().empty()) return {};
  return absl::StrCat(
      " by ",
      absl::StrJoin(request.groups(), ",", [](std::string* out, int group) {
        const std::string& name =
            Request::Group_Name(static_cast<typename Request::Group>(group));
        out->append(absl::AsciiStrToLower(name.substr(sizeof("GROUP"))));
      }));
}

// Tallies by the values of their groups, and of all.
template <typename Tally>
struct ReportRows {
  std::map<std::vector<std::string>, Tally> rows;
  Tally total;

  // Puts them into `response`, each as RowOf gives it, without those that stand
  // for fewer than `least` of what `count` counts and what would tell of them;
  // 0: no row is left out.
  template <typename Response>
  void Show(uint32_t least, uint64_t Tally::*count, Response& response) const {
    std::vector<uint64_t> counts;
    for (const auto& [values, tally] : rows) counts.push_back(tally.*count);
    domain::Suppression suppression = domain::Suppress(counts, least);
    suppression.total =
        suppression.total || (total.*count > 0 && total.*count < least);
    size_t i = 0;
    for (const auto& [values, tally] : rows) {
      auto& row = *response.add_rows();
      if (suppression.rows[i++]) {
        row.set_suppressed(true);
      } else {
        row = RowOf(tally);
      }
      row.mutable_values()->Assign(values.begin(), values.end());
    }
    if (suppression.total) {
      response.mutable_total()->set_suppressed(true);
    } else {
      *response.mutable_total() = RowOf(total);
    }
  }
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_REPORT_ROWS_H_
