// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/notice_terms.h"

#include <string>
#include <utility>
#include <vector>

#include "proto/calendar/check_calendar.h"
#include "proto/calendar/check_deadlines.h"
#include "proto/runtime/yaml.h"
#include "server/waystationd/default_files.h"
#include "waystation/config/v1/calendar.pb.h"

namespace waystation::waystationd {
namespace {

using runtime::YamlPlaces;

absl::Status Problems(const YamlPlaces& places,
                      const std::vector<errors::FieldViolation>& found) {
  if (found.empty()) return absl::OkStatus();
  std::vector<runtime::YamlProblem> problems;
  problems.reserve(found.size());
  for (const errors::FieldViolation& violation : found) {
    problems.push_back({violation.field, violation.rule});
  }
  return runtime::ConfigInvalid(places, problems);
}

absl::Status Add(const YamlPlaces& places, const config::v1::Calendar& file,
                 std::vector<calendar::WorkingCalendar>& calendars) {
  if (auto wrong = Problems(places, calendar::CheckCalendar(file));
      !wrong.ok()) {
    return wrong;
  }
  for (const calendar::WorkingCalendar& other : calendars) {
    if (other.id() == file.id()) {
      return runtime::ConfigInvalid(
          places, {{.path = "id", .rule = "another calendar has that id"}});
    }
  }
  calendars.emplace_back(file);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<hub::NoticeTerms> LoadNoticeTerms(
    const config::v1::NoticeConfig& config) {
  std::vector<calendar::WorkingCalendar> calendars;
  config::v1::Calendar file;
  if (config.calendars().empty()) {
    for (const DefaultFile& known : DefaultCalendars()) {
      const auto places = runtime::ReadYaml(known.yaml, known.file_name, file);
      if (!places.ok()) return places.status();
      if (auto added = Add(*places, file, calendars); !added.ok()) return added;
    }
  }
  for (const std::string& path : config.calendars()) {
    const auto places = runtime::LoadYaml(path, file);
    if (!places.ok()) return places.status();
    if (auto added = Add(*places, file, calendars); !added.ok()) return added;
  }
  hub::NoticeTerms terms{.calendars = calendar::Calendars(std::move(calendars)),
                         .deadlines = {}};
  const DefaultFile& known = DefaultDeadlines().front();
  const auto places =
      config.deadlines().empty()
          ? runtime::ReadYaml(known.yaml, known.file_name, terms.deadlines)
          : runtime::LoadYaml(config.deadlines(), terms.deadlines);
  if (!places.ok()) return places.status();
  if (auto wrong = Problems(
          *places, calendar::CheckDeadlines(terms.deadlines, &terms.calendars));
      !wrong.ok()) {
    return wrong;
  }
  if (config.least_shown() > 0) terms.least_shown = config.least_shown();
  return terms;
}

}  // namespace waystation::waystationd
