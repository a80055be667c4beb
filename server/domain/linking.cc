// SPDX-License-Identifier: Apache-2.0
#include "server/domain/linking.h"

#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/codes/name.h"
#include "proto/codes/similarity.h"
#include "server/domain/dates.h"
#include "waystation/config/v1/rules.pb.h"

namespace waystation::domain {
namespace {

namespace config = ::waystation::config::v1;

constexpr int kLeastBlockCap = 2;
constexpr int kMostBlockCap = 4096;
// Edits between a word and what it was meant for.
constexpr std::size_t kSlips = 2;

// --- reading ---

Thresholds ThresholdsOf(const config::LinkThresholds& given) {
  Thresholds thresholds;
  if (given.has_upper()) thresholds.upper = given.upper();
  if (given.has_lower()) thresholds.lower = given.lower();
  if (given.has_margin()) thresholds.margin = given.margin();
  if (given.has_large_set()) {
    thresholds.large_set = static_cast<std::size_t>(given.large_set());
  }
  if (given.has_neighbourhood_limit()) {
    thresholds.neighbourhood_limit =
        static_cast<std::size_t>(given.neighbourhood_limit());
  }
  return thresholds;
}

std::optional<ValueKind> KindOf(config::NobodysValue::Kind kind) {
  switch (kind) {
    case config::NobodysValue::KIND_PHONE:
      return ValueKind::kPhone;
    case config::NobodysValue::KIND_NAME:
      return ValueKind::kName;
    case config::NobodysValue::KIND_ADDRESS:
      return ValueKind::kAddress;
    case config::NobodysValue::KIND_NUMBER:
      return ValueKind::kNumber;
    default:
      return std::nullopt;
  }
}

// The days that a date may be; nullopt where it is none.
std::optional<Days> DaysOfMessage(const v1::Date& date) {
  if (date.year() < 1 || date.year() > 9999 || date.month() < 0 ||
      date.month() > 12 || date.day() < 0 || date.day() > 31 ||
      (date.day() > 0 && date.month() == 0)) {
    return std::nullopt;
  }
  return DaysOf(ToPartial(date));
}

Days PeriodOf(const config::NobodysValue& value) {
  Days period{std::chrono::sys_days::min(), std::chrono::sys_days::max()};
  if (value.has_since()) {
    if (const auto days = DaysOfMessage(value.since())) {
      period.first = days->first;
    }
  }
  if (value.has_until()) {
    if (const auto days = DaysOfMessage(value.until())) {
      period.last = days->last;
    }
  }
  return period;
}

// --- checking ---

// What may stand there instead of `given`.
std::string OneOf(const std::vector<std::string_view>& known,
                  std::string_view given) {
  const auto points = [](std::string_view ascii) {
    return std::u32string(ascii.begin(), ascii.end());
  };
  std::string rule;
  std::size_t least = kSlips + 1;
  std::string_view nearest;
  for (const std::string_view name : known) {
    rule += rule.empty() ? "one of " : ", ";
    rule += name;
    const std::size_t edits =
        codes::EditDistance(points(given), points(name), kSlips);
    if (edits < least) {
      least = edits;
      nearest = name;
    }
  }
  if (!nearest.empty()) {
    rule += "; did you mean \"" + std::string(nearest) + "\"?";
  }
  return rule;
}

class Checker {
 public:
  std::vector<v1::Violation> Check(const config::Linking& linking) {
    for (int i = 0; i < linking.levels_size(); ++i) {
      path_ = absl::StrCat("linking.levels[", i, "].");
      CheckLevel(linking.levels(i));
    }
    for (int i = 0; i < linking.names_size(); ++i) {
      path_ = absl::StrCat("linking.names[", i, "].");
      CheckName(linking.names(i));
    }
    path_ = "linking.thresholds.";
    CheckThresholds(linking.thresholds());
    path_ = "linking.";
    if (linking.has_block_cap() && (linking.block_cap() < kLeastBlockCap ||
                                    linking.block_cap() > kMostBlockCap)) {
      Report("block_cap", absl::StrCat("a number from ", kLeastBlockCap, " to ",
                                       kMostBlockCap));
    }
    for (int i = 0; i < linking.block_list_size(); ++i) {
      path_ = absl::StrCat("linking.block_list[", i, "].");
      CheckValue(linking.block_list(i));
    }
    return std::move(violations_);
  }

 private:
  void CheckLevel(const config::LevelWeight& weight) {
    std::vector<std::string_view> fields;
    std::vector<std::string_view> levels;
    for (const LevelInfo& info : Levels()) {
      const std::string_view field = NameOf(info.field);
      if (fields.empty() || fields.back() != field) fields.push_back(field);
      if (field == weight.field()) levels.push_back(info.name);
    }
    const std::optional<Level> level =
        FindLevel(weight.field(), weight.level());
    if (levels.empty()) {
      Report("field", OneOf(fields, weight.field()));
    } else if (!level.has_value()) {
      Report("level", OneOf(levels, weight.level()));
    } else if (!levels_.insert(*level).second) {
      Report("level", "each level once");
    }
    CheckShare("m", weight.m());
    CheckShare("u", weight.u());
  }

  void CheckName(const config::NameShare& name) {
    const codes::ComparableName comparable(name.name());
    if (codes::ReadName(name.name()).text != name.name() ||
        comparable.is_nobody()) {
      Report("name", "a name of somebody");
    } else if (!names_.insert(comparable.folded()).second) {
      Report("name", "each name once");
    }
    CheckShare("share", name.share());
  }

  void CheckThresholds(const config::LinkThresholds& given) {
    const Thresholds thresholds = ThresholdsOf(given);
    if (!(thresholds.lower <= thresholds.upper)) {
      // Said of what the file sets.
      if (given.has_lower()) {
        Report("lower", absl::StrCat("not over the upper threshold, which is ",
                                     thresholds.upper));
      } else {
        Report("upper", absl::StrCat("not under the lower threshold, which is ",
                                     thresholds.lower));
      }
    }
    if (!(thresholds.margin >= 0)) Report("margin", "0 or more");
    if (given.has_large_set() && given.large_set() < 1) {
      Report("large_set", "a number from 1");
    }
    if (given.has_neighbourhood_limit() && given.neighbourhood_limit() < 1) {
      Report("neighbourhood_limit", "a number from 1");
    }
  }

  void CheckValue(const config::NobodysValue& value) {
    const std::optional<ValueKind> kind = KindOf(value.kind());
    if (!kind.has_value()) {
      Report("kind", OneOf({"phone", "name", "address", "number"}, ""));
    } else if (BlockList::Normalise(*kind, value.value()).empty()) {
      Report("value", *kind == ValueKind::kNumber
                          ? "18 digits and letters"
                          : "a name, phone or address that can be read");
    }
    const bool since_is_day =
        !value.has_since() || DaysOfMessage(value.since()).has_value();
    const bool until_is_day =
        !value.has_until() || DaysOfMessage(value.until()).has_value();
    if (!since_is_day) Report("since", "a day of the calendar");
    if (!until_is_day) Report("until", "a day of the calendar");
    const Days period = PeriodOf(value);
    if (since_is_day && until_is_day && period.first > period.last) {
      Report("since", "not after until");
    }
    if (value.reason().empty()) {
      Report("reason", "why it identifies nobody", "FIELD_MISSING");
    }
  }

  void CheckShare(std::string_view field, double share) {
    if (!(share > 0 && share < 1)) Report(field, "over 0 and under 1");
  }

  void Report(std::string_view field, std::string_view rule,
              std::string_view reason = "CONFIG_INVALID") {
    v1::Violation& violation = violations_.emplace_back();
    violation.set_field(path_ + std::string(field));
    violation.set_reason(std::string(reason));
    violation.set_rule(std::string(rule));
  }

  std::string path_;
  std::set<Level> levels_;
  std::set<std::u32string> names_;
  std::vector<v1::Violation> violations_;
};

}  // namespace

Linking ReadLinking(const config::Linking& given) {
  Linking linking;
  linking.thresholds = ThresholdsOf(given.thresholds());
  if (given.has_automatic()) linking.automatic = given.automatic();
  if (!linking.automatic) {
    linking.thresholds.upper = std::numeric_limits<double>::infinity();
  }
  if (given.has_block_cap()) {
    linking.block_cap = static_cast<std::size_t>(given.block_cap());
  }
  for (const config::LevelWeight& weight : given.levels()) {
    const std::optional<Level> level =
        FindLevel(weight.field(), weight.level());
    if (level) linking.weights.Set(*level, weight.m(), weight.u());
  }
  for (const config::NameShare& name : given.names()) {
    linking.weights.SetNameShare(name.name(), name.share());
  }
  for (const config::NobodysValue& value : given.block_list()) {
    if (const std::optional<ValueKind> kind = KindOf(value.kind())) {
      linking.block_list.Add(*kind, BlockList::Normalise(*kind, value.value()),
                             PeriodOf(value));
    }
  }
  return linking;
}

config::Linking WrittenOut(const config::Linking& given) {
  const Linking linking = ReadLinking(given);
  config::Linking all = given;
  all.set_automatic(linking.automatic);
  all.set_block_cap(static_cast<int>(linking.block_cap));
  const Thresholds thresholds = ThresholdsOf(given.thresholds());
  config::LinkThresholds& written = *all.mutable_thresholds();
  written.set_upper(thresholds.upper);
  written.set_lower(thresholds.lower);
  written.set_margin(thresholds.margin);
  written.set_large_set(static_cast<int>(thresholds.large_set));
  written.set_neighbourhood_limit(
      static_cast<int>(thresholds.neighbourhood_limit));
  all.clear_levels();
  std::size_t i = 0;
  for (const LevelInfo& info : Levels()) {
    config::LevelWeight& weight = *all.add_levels();
    weight.set_field(std::string(NameOf(info.field)));
    weight.set_level(std::string(info.name));
    weight.set_m(info.m);
    weight.set_u(info.u);
    for (const config::LevelWeight& one : given.levels()) {
      if (FindLevel(one.field(), one.level()) == static_cast<Level>(i)) {
        weight = one;
      }
    }
    ++i;
  }
  return all;
}

std::vector<v1::Violation> CheckLinking(const config::Linking& linking) {
  return Checker().Check(linking);
}

}  // namespace waystation::domain
