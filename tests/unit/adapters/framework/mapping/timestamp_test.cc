// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/timestamp.h"

#include <gtest/gtest.h>

#include <string>

namespace waystation::adapters {
namespace {

TEST(Timestamp, ReadsWhatSystemsWrite) {
  const struct {
    std::string_view text;
    std::string_view utc;  // empty: no moment
  } cases[] = {
      {"20260301123305", "2026-03-01T04:33:05"},
      {"2026-03-01 12:33:05", "2026-03-01T04:33:05"},
      {"2026/3/1 12:33", "2026-03-01T04:33:00"},
      {"2026-03-01T12:33:05.123", "2026-03-01T04:33:05"},
      {"202603011233", "2026-03-01T04:33:00"},
      {"20260301", "2026-02-28T16:00:00"},
      {"2026.3.1", "2026-02-28T16:00:00"},
      {"2026-03-01T12:33:05Z", "2026-03-01T12:33:05"},
      {"2026-03-01T12:33:05.123+08:00", "2026-03-01T04:33:05"},
      {"2026-03-01T12:33:05-03:30", "2026-03-01T16:03:05"},
      {"20260230", ""},
      {"2026-03-01T12:33:05+25:00", ""},
      {"2026-03-01T12:33:05ZZ", ""},
      {"+08:00", ""},
      {"Z", ""},
      {"2026-13-01", ""},
      {"2026-03-01 24:00:00", ""},
      {"2026-03", ""},
      {"2026", ""},
      {"yesterday", ""},
      {"", ""},
      {"2026-03-01 12:33:05+0800", ""},
      {"99999999999999", ""},
  };
  for (const auto& [text, utc] : cases) {
    SCOPED_TRACE(text);
    const auto time = ParseTimestamp(text, absl::Hours(8));
    ASSERT_EQ(time.has_value(), !utc.empty());
    if (time) {
      EXPECT_EQ(
          absl::FormatTime("%Y-%m-%dT%H:%M:%S", *time, absl::UTCTimeZone()),
          utc);
    }
  }
}

TEST(Timestamp, ReadsOffsets) {
  EXPECT_EQ(ParseUtcOffset(""), absl::Hours(8));
  EXPECT_EQ(ParseUtcOffset("+08:00"), absl::Hours(8));
  EXPECT_EQ(ParseUtcOffset("-03:30"), -absl::Minutes(210));
  EXPECT_EQ(ParseUtcOffset("8"), std::nullopt);
  EXPECT_EQ(ParseUtcOffset("+25:00"), std::nullopt);
  EXPECT_EQ(ParseUtcOffset("+0x:00"), std::nullopt);
}

}  // namespace
}  // namespace waystation::adapters
