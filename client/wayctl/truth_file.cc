// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/truth_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

#include "client/wayctl/csv_reader.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/codes/text.h"
#include "proto/errors/error.h"

namespace waystation::wayctl {
namespace {

constexpr std::array<std::string_view, 3> kColumns = {"agency", "record_key",
                                                      "person"};

absl::Status Usage(std::string rule) {
  return errors::Error("USAGE", {.field = "--truth", .rule = std::move(rule)});
}

class Reader {
 public:
  explicit Reader(std::vector<std::string> heading)
      : heading_(std::move(heading)) {}

  // USAGE where a column is missing.
  absl::Status FindColumns() {
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      const auto found = std::ranges::find(heading_, kColumns[i]);
      if (found == heading_.end()) {
        return Usage(Say("a heading with the columns $0", Joined(kColumns)));
      }
      places_[i] = static_cast<std::size_t>(found - heading_.begin());
    }
    return absl::OkStatus();
  }

  void Take(CsvRow row) {
    if (row.is_broken) {
      return Refuse(row, row.cells.size() - 1, Say("quotes that are closed"));
    }
    if (row.cells.size() != heading_.size()) {
      return Refuse(row, std::min(row.cells.size(), heading_.size()),
                    Say("as many cells as the heading has"));
    }
    std::array<std::string, kColumns.size()> cells;
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      cells[i] = std::string(codes::Trim(row.cells[places_[i]]));
      if (cells[i].empty()) return Refuse(row, places_[i], Say("is missing"));
    }
    auto& [agency, record_key, person] = cells;
    // No agency's id holds a line's end.
    const auto [line, is_new] =
        lines_.try_emplace(agency + "\n" + record_key, row.line);
    if (!is_new) {
      return Refuse(row, places_[1],
                    Say("is named in line $0 already", line->second));
    }
    const std::uint64_t number =
        people_.try_emplace(std::move(person), people_.size()).first->second;
    truth_.rows.push_back({.agency = std::move(agency),
                           .record_key = std::move(record_key),
                           .person = number});
  }

  Truth Finish() {
    truth_.people = people_.size();
    return std::move(truth_);
  }

 private:
  void Refuse(const CsvRow& row, std::size_t place, std::string rule) {
    truth_.defects.push_back(
        {.line = row.line,
         .column = place + 1,
         .name = place < heading_.size() ? heading_[place] : std::string(),
         .rule = std::move(rule)});
  }

  const std::vector<std::string> heading_;
  std::array<std::size_t, kColumns.size()> places_{};
  Truth truth_;
  // Where each record was named first.
  std::unordered_map<std::string, std::size_t> lines_;
  std::unordered_map<std::string, std::uint64_t> people_;
};

}  // namespace

absl::StatusOr<Truth> ReadTruth(std::string_view text) {
  text = WithoutMark(text);
  if (!codes::IsUtf8(text)) return Usage(Say("text in UTF-8"));
  CsvReader rows(text);
  std::optional<CsvRow> heading = rows.Next();
  Reader reader(heading.has_value() ? std::move(heading->cells)
                                    : std::vector<std::string>());
  if (auto status = reader.FindColumns(); !status.ok()) return status;
  while (std::optional<CsvRow> row = rows.Next()) {
    if (!row->IsBlank()) reader.Take(*std::move(row));
  }
  return reader.Finish();
}

}  // namespace waystation::wayctl
