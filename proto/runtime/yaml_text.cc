// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/yaml_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <numeric>
#include <vector>

#include "absl/time/time.h"
#include "waystation/v1/person.pb.h"

namespace waystation::runtime {
namespace {

namespace pb = google::protobuf;

// "FieldKind" -> "FIELD_KIND_", as every enum value of ours begins.
std::string EnumPrefix(const pb::EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (std::isupper(static_cast<unsigned char>(c)) && !prefix.empty()) {
      prefix += '_';
    }
    prefix += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return prefix + "_";
}

bool IsUnspecified(const pb::EnumValueDescriptor& value) {
  return value.number() == 0 && value.name().ends_with("_UNSPECIFIED");
}

// A number of exactly `digits` digits; nullopt for anything else.
std::optional<int> Digits(std::string_view text, std::size_t digits) {
  int value = 0;
  if (text.size() != digits) return std::nullopt;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

int DaysOf(int year, int month) {
  constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

std::optional<std::string> ReadDate(std::string_view text, v1::Date& date) {
  const std::string rule = "a date is wanted, such as 2024-05-01 or 2024";
  const auto year = Digits(text.substr(0, 4), 4);
  if (!year || *year == 0) return rule;
  date.set_year(*year);
  if (text.size() == 4) return std::nullopt;
  if (text.size() != 7 && text.size() != 10) return rule;
  const auto month = Digits(text.substr(5, 2), 2);
  if (text[4] != '-' || !month || *month < 1 || *month > 12) return rule;
  date.set_month(*month);
  if (text.size() == 7) return std::nullopt;
  const auto day = Digits(text.substr(8, 2), 2);
  if (text[7] != '-' || !day) return rule;
  if (*day < 1 || *day > DaysOf(*year, *month)) return "there is no such day";
  date.set_day(*day);
  return std::nullopt;
}

std::optional<std::string> WriteDate(const v1::Date& date) {
  if (date.calendar() != v1::Date::CALENDAR_UNSPECIFIED || date.leap_month() ||
      date.year() < 1 || date.year() > 9999) {
    return std::nullopt;
  }
  // No day without a month, and none that the calendar lacks.
  const int month = date.month();
  const int days = month < 1 || month > 12 ? 0 : DaysOf(date.year(), month);
  if ((days == 0 && month != 0) || date.day() < 0 || date.day() > days) {
    return std::nullopt;
  }
  std::array<char, 48> text{};
  const char* const form = date.day() != 0     ? "%04d-%02d-%02d"
                           : date.month() != 0 ? "%04d-%02d"
                                               : "%04d";
  std::snprintf(text.data(), text.size(), form, date.year(), date.month(),
                date.day());
  return std::string(text.data());
}

std::optional<std::string> ReadDuration(std::string_view text,
                                        pb::Duration& duration) {
  absl::Duration value;
  if (!absl::ParseDuration(std::string(text), &value) ||
      value == absl::InfiniteDuration() || value == -absl::InfiniteDuration()) {
    return "a duration is wanted, such as 30s, 5m or 1h30m";
  }
  duration.set_seconds(absl::IDivDuration(value, absl::Seconds(1), &value));
  duration.set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(value)));
  return std::nullopt;
}

std::optional<std::string> ReadTime(std::string_view text,
                                    pb::Timestamp& timestamp) {
  absl::Time value;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, std::string(text), &value, &error)) {
    return "a time is wanted, such as 2024-05-01T08:00:00+08:00";
  }
  const std::int64_t seconds = absl::ToUnixSeconds(value);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int>(
      absl::ToInt64Nanoseconds(value - absl::FromUnixSeconds(seconds))));
  return std::nullopt;
}

}  // namespace

std::string ShortEnumName(const pb::EnumValueDescriptor& value) {
  const std::string prefix = EnumPrefix(*value.type());
  std::string name = value.name();
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return name;
}

const pb::EnumValueDescriptor* FindEnumValue(const pb::EnumDescriptor& type,
                                             std::string_view name) {
  for (int i = 0; i < type.value_count(); ++i) {
    const pb::EnumValueDescriptor& value = *type.value(i);
    if (IsUnspecified(value)) continue;
    if (name == value.name() || name == ShortEnumName(value)) return &value;
  }
  return nullptr;
}

std::string EnumChoices(const pb::EnumDescriptor& type) {
  std::string choices = "one of ";
  for (int i = 0, n = 0; i < type.value_count(); ++i) {
    if (IsUnspecified(*type.value(i))) continue;
    if (n++ > 0) choices += ", ";
    choices += ShortEnumName(*type.value(i));
  }
  return choices;
}

bool IsScalarMessage(const pb::Message& message) {
  const pb::Descriptor* const type = message.GetDescriptor();
  return type == pb::Duration::descriptor() ||
         type == pb::Timestamp::descriptor() || type == v1::Date::descriptor();
}

std::optional<std::string> ReadScalarMessage(std::string_view text,
                                             pb::Message& message) {
  if (auto* date = dynamic_cast<v1::Date*>(&message)) {
    return ReadDate(text, *date);
  }
  if (auto* duration = dynamic_cast<pb::Duration*>(&message)) {
    return ReadDuration(text, *duration);
  }
  return ReadTime(text, dynamic_cast<pb::Timestamp&>(message));
}

std::optional<std::string> WriteScalarMessage(const pb::Message& message) {
  if (const auto* date = dynamic_cast<const v1::Date*>(&message)) {
    return WriteDate(*date);
  }
  if (const auto* duration = dynamic_cast<const pb::Duration*>(&message)) {
    return absl::FormatDuration(absl::Seconds(duration->seconds()) +
                                absl::Nanoseconds(duration->nanos()));
  }
  if (const auto* time = dynamic_cast<const pb::Timestamp*>(&message)) {
    return absl::FormatTime(absl::RFC3339_full,
                            absl::FromUnixSeconds(time->seconds()) +
                                absl::Nanoseconds(time->nanos()),
                            absl::UTCTimeZone());
  }
  return std::nullopt;
}

std::optional<std::size_t> FirstNotUtf8(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return static_cast<unsigned char>(at < text.size() ? text[at] : 0);
  };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = byte(i);
    const std::size_t more = lead < 0x80   ? 0
                             : lead < 0xC2 ? 4
                             : lead < 0xE0 ? 1
                             : lead < 0xF0 ? 2
                             : lead < 0xF5 ? 3
                                           : 4;
    if (more == 4) return i;
    for (std::size_t j = 1; j <= more; ++j) {
      if (byte(i + j) >> 6 != 2) return i;
    }
    // Overlong forms, surrogates, and what lies beyond U+10FFFF.
    const unsigned next = byte(i + 1);
    if ((lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F) ||
        (lead == 0xF0 && next < 0x90) || (lead == 0xF4 && next > 0x8F)) {
      return i;
    }
    i += more + 1;
  }
  return std::nullopt;
}

int EditDistance(std::string_view a, std::string_view b) {
  std::vector<int> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    int diagonal = std::exchange(row[0], row[0] + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const int replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace waystation::runtime
