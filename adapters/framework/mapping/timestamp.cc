// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/timestamp.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/time/civil_time.h"

namespace waystation::adapters {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The runs of digits in `text`, at most seven of at most four digits, where
// nothing but the usual separators stands between them.
struct Numbers {
  std::array<int, 7> values{};
  std::size_t count = 0;
};

std::optional<Numbers> SplitNumbers(std::string_view text) {
  Numbers numbers;
  std::size_t i = 0;
  while (i < text.size()) {
    if (numbers.count == numbers.values.size()) return std::nullopt;
    int value = 0;
    const std::size_t begin = i;
    for (; i < text.size() && IsDigit(text[i]); ++i) {
      if (i - begin == 9) return std::nullopt;
      value = value * 10 + (text[i] - '0');
    }
    if (i == begin) return std::nullopt;
    numbers.values[numbers.count++] = value;
    if (i < text.size()) {
      constexpr std::string_view kSeparators = "-/.: T";
      if (kSeparators.find(text[i]) == std::string_view::npos) {
        return std::nullopt;
      }
      ++i;
    }
  }
  return numbers;
}

// "20260301123305" as its parts.
std::optional<Numbers> CutNumbers(std::string_view text) {
  if (text.size() != 8 && text.size() != 12 && text.size() != 14) {
    return std::nullopt;
  }
  Numbers numbers;
  std::size_t at = 0;
  for (const std::size_t size : {4U, 2U, 2U, 2U, 2U, 2U}) {
    if (at == text.size()) break;
    int value = 0;
    for (const char c : text.substr(at, size)) {
      if (!IsDigit(c)) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    numbers.values[numbers.count++] = value;
    at += size;
  }
  return numbers;
}

// Takes the zone off the end of a moment that names its own, as those of ISO
// 8601 may: "Z", "+08:00".
std::optional<absl::Duration> TakeZone(std::string_view& text) {
  constexpr std::size_t kOffsetSize = 6;
  if (text.ends_with('Z')) {
    text.remove_suffix(1);
    return absl::ZeroDuration();
  }
  if (text.size() <= kOffsetSize) return std::nullopt;
  const auto offset = ParseUtcOffset(text.substr(text.size() - kOffsetSize));
  if (offset) text.remove_suffix(kOffsetSize);
  return offset;
}

}  // namespace

std::optional<absl::Time> ParseTimestamp(std::string_view text,
                                         absl::Duration offset) {
  offset = TakeZone(text).value_or(offset);
  std::optional<Numbers> numbers = CutNumbers(text);
  if (!numbers) numbers = SplitNumbers(text);
  if (!numbers || numbers->count < 3) return std::nullopt;
  const auto& v = numbers->values;
  const absl::CivilSecond moment(v[0], v[1], v[2], v[3], v[4], v[5]);
  // A civil time normalises what does not exist: then the parts differ.
  if (v[0] < 1900 || v[0] > 9999 || moment.month() != v[1] ||
      moment.day() != v[2] || moment.hour() != v[3] ||
      moment.minute() != v[4] || moment.second() != v[5]) {
    return std::nullopt;
  }
  return absl::FromCivil(moment, absl::UTCTimeZone()) - offset;
}

std::optional<absl::Duration> ParseUtcOffset(std::string_view text) {
  if (text.empty()) return absl::Hours(8);
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') ||
      text[3] != ':') {
    return std::nullopt;
  }
  for (const std::size_t i : {1U, 2U, 4U, 5U}) {
    if (!IsDigit(text[i])) return std::nullopt;
  }
  const int hours = (text[1] - '0') * 10 + (text[2] - '0');
  const int minutes = (text[4] - '0') * 10 + (text[5] - '0');
  if (hours > 14 || minutes > 59) return std::nullopt;
  const absl::Duration size = absl::Hours(hours) + absl::Minutes(minutes);
  return text[0] == '-' ? -size : size;
}

}  // namespace waystation::adapters
