// SPDX-License-Identifier: Apache-2.0
#include "proto/calendar/china_time.h"

#include <chrono>

namespace waystation::calendar {
namespace {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

constexpr std::chrono::hours kAheadOfUtc{8};

}  // namespace

codes::Date DayOf(std::int64_t microseconds) {
  const Instant local{std::chrono::microseconds{microseconds} + kAheadOfUtc};
  return codes::Date{std::chrono::floor<std::chrono::days>(local)};
}

std::int64_t BeginOf(codes::Date day) {
  const Instant begin = std::chrono::sys_days{day} - kAheadOfUtc;
  return begin.time_since_epoch().count();
}

}  // namespace waystation::calendar
