// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/lunar.h"

#include <cstddef>
#include <string_view>
#include <vector>

#include "proto/codes/ascii.h"
#include "proto/codes/data.h"

namespace waystation::codes {
namespace {

constexpr int kFirstYear = 1900;

std::vector<LunarYear> Load() {
  std::vector<LunarYear> years;
  for (const auto& row : data::Rows(data::kLunarYears)) {
    const std::string_view day = row[1];
    LunarYear year;
    year.new_year = std::chrono::year(ToInt(day.substr(0, 4))) /
                    ToInt(day.substr(5, 2)) / ToInt(day.substr(8, 2));
    year.leap = static_cast<std::uint8_t>(ToInt(row[2]));
    year.months = static_cast<std::uint8_t>(row[3].size());
    for (std::size_t i = 0; i < row[3].size(); ++i) {
      if (row[3][i] == 'L') {
        year.long_months =
            static_cast<std::uint16_t>(year.long_months | (1u << i));
      }
    }
    years.push_back(year);
  }
  return years;
}

// The place of a month in its year, from 0; -1 where there is none.
int Place(const LunarYear& year, int month, bool leap) {
  if (month < 1 || month > 12 || (leap && year.leap != month)) return -1;
  const bool after_leap = year.leap != 0 && month > year.leap;
  return month - 1 + (after_leap || leap ? 1 : 0);
}

int DaysAt(const LunarYear& year, int place) {
  return (year.long_months >> place) & 1 ? 30 : 29;
}

}  // namespace

const LunarYear* FindLunarYear(int year) {
  static const auto& years = *new std::vector<LunarYear>(Load());
  const int index = year - kFirstYear;
  if (index < 0 || index >= static_cast<int>(years.size())) return nullptr;
  return &years[static_cast<std::size_t>(index)];
}

int DaysOfLunarMonth(const LunarYear& year, int month, bool leap) {
  const int place = Place(year, month, leap);
  return place < 0 ? 0 : DaysAt(year, place);
}

std::optional<std::chrono::sys_days> LunarDay(int year, int month, bool leap,
                                              int day) {
  const LunarYear* found = FindLunarYear(year);
  if (found == nullptr) return std::nullopt;
  if (day < 1 || day > DaysOfLunarMonth(*found, month, leap)) {
    return std::nullopt;
  }
  int offset = day - 1;
  for (int i = Place(*found, month, leap) - 1; i >= 0; --i) {
    offset += DaysAt(*found, i);
  }
  return found->new_year + std::chrono::days(offset);
}

}  // namespace waystation::codes
