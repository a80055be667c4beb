// SPDX-License-Identifier: Apache-2.0
#include "proto/language/error_text.h"

#include <cstdint>
#include <vector>

#include "proto/errors/rule.h"
#include "proto/language/language.h"

namespace waystation::language {

std::string SayRule(std::string_view rule) {
  return errors::RuleIn(Current(), rule);
}

std::string SayViolation(const errors::FieldViolation& violation) {
  const std::string field = SayRule(violation.field);
  if (violation.rule.empty()) return field;
  return field + Say(": ") + SayRule(violation.rule);
}

std::string Describe(const absl::Status& status) {
  std::string text(errors::ReasonRowOf(status).text.In(Current()));
  const std::vector<errors::FieldViolation> violations =
      errors::ViolationsOf(status);
  if (violations.size() > 1) {
    for (const errors::FieldViolation& violation : violations) {
      text += "\n  " + SayViolation(violation);
    }
    return text;
  }
  std::string details;
  const auto metadata = errors::MetadataOf(status);
  if (!violations.empty()) {
    details = SayViolation(violations.front());
  } else if (const auto rule = metadata.find("rule"); rule != metadata.end()) {
    details = SayRule(rule->second);
  } else if (const auto decision = metadata.find("decision");
             decision != metadata.end()) {
    details = Say("decision $0", decision->second);
  } else if (const auto clerk = metadata.find("claimed_by");
             clerk != metadata.end()) {
    const auto until = metadata.find("claimed_until");
    details = until == metadata.end()
                  ? clerk->second
                  : Say("$0, until $1", clerk->second, until->second);
  } else if (const auto changed = metadata.find("changed");
             changed != metadata.end()) {
    details = changed->second;
  } else if (const auto by = metadata.find("by"); by != metadata.end()) {
    details = by->second;
  } else if (errors::ReasonOf(status).empty()) {
    // What gRPC says of a hub that does not answer is worth showing.
    details = SayRule(std::string(status.message()));
  }
  return details.empty() ? text : Say("$0 ($1)", text, details);
}

std::string Advice(const absl::Status& status) {
  std::string text(errors::ReasonRowOf(status).advice.In(Current()));
  if (const absl::Duration wait = errors::RetryAfter(status);
      wait > absl::ZeroDuration()) {
    if (!text.empty()) text += "\n";
    text += Say("Try again in $0.", SayDuration(wait));
  }
  return text;
}

std::string SayDuration(absl::Duration duration) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  const std::int64_t seconds =
      absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1)));
  const auto up = [](std::int64_t value, std::int64_t unit) {
    return (value + unit - 1) / unit;
  };
  if (seconds < kMinute) return Say("$0 s", seconds);
  // Rounding up may fill the larger unit.
  const std::int64_t minutes = up(seconds, kMinute);
  if (minutes < 60) return Say("$0 min", minutes);
  // Nobody plans by "1 day".
  if (minutes < 48 * 60) {
    return minutes % 60 == 0 ? Say("$0 h", minutes / 60)
                             : Say("$0 h $1 min", minutes / 60, minutes % 60);
  }
  const std::int64_t hours = up(seconds, kHour);
  return hours % 24 == 0 ? Say("$0 days", hours / 24)
                         : Say("$0 days $1 h", hours / 24, hours % 24);
}

}  // namespace waystation::language
