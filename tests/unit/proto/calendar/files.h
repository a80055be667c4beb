// SPDX-License-Identifier: Apache-2.0
// Calendars and deadlines for tests: as shipped, or of a text.
#ifndef WAYSTATION_TESTS_UNIT_PROTO_CALENDAR_FILES_H_
#define WAYSTATION_TESTS_UNIT_PROTO_CALENDAR_FILES_H_

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "proto/calendar/working_calendar.h"
#include "proto/codes/date.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "waystation/config/v1/calendar.pb.h"
#include "waystation/config/v1/deadlines.pb.h"

namespace waystation::calendar {

template <typename Message>
Message Shipped(const std::string& path) {
  Message message;
  const auto places = runtime::LoadYaml(
      std::string(WAYSTATION_SOURCE_DIR) + "/deploy/" + path, message);
  EXPECT_TRUE(places.ok()) << places.status();
  return message;
}

inline config::v1::Calendar ShippedCalendar() {
  return Shipped<config::v1::Calendar>("calendars/cn.yaml");
}

// 2025-10-01.
inline codes::Date Day(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t size) {
    return std::stoi(std::string(text.substr(at, size)));
  };
  return std::chrono::year{number(0, 4)} /
         std::chrono::month{static_cast<unsigned>(number(5, 2))} /
         std::chrono::day{static_cast<unsigned>(number(8, 2))};
}

// `text` with the first `given` replaced, which must be there.
inline std::string Spoilt(std::string_view text, std::string_view given,
                          std::string_view instead) {
  const std::size_t at = text.find(given);
  EXPECT_NE(at, std::string_view::npos) << given;
  return std::string(text).replace(at, given.size(), instead);
}

// The day, or the reason and the year that is missing.
inline std::string Text(const absl::StatusOr<codes::Date>& day) {
  if (!day.ok()) {
    return errors::ReasonOf(day.status()) + " " +
           errors::MetadataOf(day.status())["year"];
  }
  return codes::FormatDate(codes::PartialDate::Of(*day));
}

}  // namespace waystation::calendar

#endif  // WAYSTATION_TESTS_UNIT_PROTO_CALENDAR_FILES_H_
