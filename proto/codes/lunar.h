// SPDX-License-Identifier: Apache-2.0
// The traditional calendar from data/lunar_years.tsv. Private to this folder.

#ifndef WAYSTATION_PROTO_CODES_LUNAR_H_
#define WAYSTATION_PROTO_CODES_LUNAR_H_

#include <chrono>
#include <cstdint>
#include <optional>

namespace waystation::codes {

struct LunarYear {
  std::chrono::sys_days new_year;
  std::uint8_t leap = 0;          // the month doubled, 0 for none
  std::uint8_t months = 0;        // 12 or 13
  std::uint16_t long_months = 0;  // bit i: the month in place i has 30 days
};

// nullptr outside 1900 to 2100.
const LunarYear* FindLunarYear(int year);

// The days of a month; 0 where the year has no such month.
int DaysOfLunarMonth(const LunarYear& year, int month, bool leap);

// The day; nullopt where it did not exist.
std::optional<std::chrono::sys_days> LunarDay(int year, int month, bool leap,
                                              int day);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_LUNAR_H_
