// SPDX-License-Identifier: Apache-2.0
// Configuration, mappings, agreements, rules, calendars and deadlines: read
// strictly, and what is read is written and read again as the same.
#include "proto/runtime/yaml.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>

#include <array>
#include <string>

#include "adapters/commerce/sector.h"
#include "adapters/framework/mapping/denial.h"
#include "adapters/framework/mapping/mapping.h"
#include "adapters/health/sector.h"
#include "adapters/labor/sector.h"
#include "adapters/public_security/sector.h"
#include "proto/agreement/check_agreement.h"
#include "proto/calendar/check_calendar.h"
#include "proto/calendar/check_deadlines.h"
#include "proto/calendar/deadline.h"
#include "proto/calendar/working_calendar.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "server/domain/agreement.h"
#include "server/domain/rules.h"
#include "tests/fuzz/fuzz.h"
#include "waystation/config/v1/adapter.pb.h"
#include "waystation/config/v1/calendar.pb.h"
#include "waystation/config/v1/client.pb.h"
#include "waystation/config/v1/deadlines.pb.h"
#include "waystation/config/v1/hub.pb.h"
#include "waystation/config/v1/rules.pb.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/agreement.pb.h"

namespace waystation::fuzz {
namespace {

namespace pb = google::protobuf;

constexpr std::string_view kFile = "fuzz.yaml";

void CheckInvalid(const absl::Status& status) {
  WAYSTATION_HOLDS(errors::ReasonOf(status) == "CONFIG_INVALID");
  const auto violations = errors::ViolationsOf(status);
  WAYSTATION_HOLDS(!violations.empty() && violations.size() <= 20);
  for (const auto& violation : violations) {
    WAYSTATION_HOLDS(violation.field.starts_with(kFile));
  }
}

// The message, and where its values stand; nullopt for text that is refused.
std::optional<runtime::YamlPlaces> Read(std::string_view text,
                                        pb::Message& message) {
  const auto places = runtime::ReadYaml(text, kFile, message);
  if (!places.ok()) {
    CheckInvalid(places.status());
    return std::nullopt;
  }
  const std::string written = runtime::WriteYaml(message);
  const std::unique_ptr<pb::Message> again(message.New());
  WAYSTATION_HOLDS(runtime::ReadYaml(written, kFile, *again).ok());
  WAYSTATION_HOLDS(pb::util::MessageDifferencer::Equivalent(*again, message));
  return *places;
}

// A mapping that compiles reads no column that its sector denies.
void CheckMapping(std::string_view text, const adapters::Sector& sector) {
  config::v1::Mapping config;
  const auto places = Read(text, config);
  if (!places) return;
  const auto mapping = adapters::Mapping::Compile(config, *places, sector);
  if (!mapping.ok()) {
    const std::string reason(errors::ReasonOf(mapping.status()));
    WAYSTATION_HOLDS(reason == "CONFIG_INVALID" || reason == "COLUMN_DENIED");
    return;
  }
  for (const std::string& column : (*mapping)->columns()) {
    WAYSTATION_HOLDS(adapters::FindDenial(sector.denials, column) == nullptr);
  }
  for (const adapters::ColumnUse& use :
       (*mapping)->Explain((*mapping)->columns())) {
    WAYSTATION_HOLDS(!use.use.empty());
  }
}

void CheckReasons(const std::vector<v1::Violation>& violations) {
  for (const v1::Violation& violation : violations) {
    WAYSTATION_HOLDS(errors::FindReason(violation.reason()) != nullptr);
  }
}

// An agreement that holds grants nothing over the ceiling.
void CheckAgreement(std::string_view text) {
  v1::Agreement agreement;
  if (!Read(text, agreement)) return;
  const auto violations =
      agreement::CheckAgreement(agreement, agreement::Ceiling());
  CheckReasons(violations);
  if (!violations.empty()) return;
  WAYSTATION_HOLDS(!agreement.legal_basis().statute().empty() &&
                   !agreement.impact_assessment().empty());
  const domain::Permissions permissions(
      {&agreement, 1}, {.agency = "", .sector = agreement.recipient_sector()},
      std::chrono::year(2026) / 3 / 1);
  // Nothing of health leaves health.
  if (agreement.recipient_sector() != "health") {
    WAYSTATION_HOLDS(permissions.Find("health") == nullptr);
  }
}

void CheckRules(std::string_view text) {
  config::v1::Rules rules;
  if (!Read(text, rules)) return;
  const auto violations = domain::CheckRules(rules);
  CheckReasons(violations);
  if (violations.empty()) (void)domain::RuleBook(rules);
}

// A calendar in which nothing is wrong counts onto working days of its years,
// or names the year that it lacks, wherever the counting begins.
void CheckCalendar(std::string_view text) {
  config::v1::Calendar file;
  if (!Read(text, file) || !calendar::CheckCalendar(file).empty()) return;
  const calendar::WorkingCalendar counted(file);
  for (const auto& [first, last] : counted.Covered()) {
    for (const int year : {first - 1, first, last}) {
      const codes::Date start = std::chrono::year{year} / 12 / 29;
      for (const int count : {1, 7, 300}) {
        const auto due = counted.After(start, count);
        if (!due.ok()) {
          WAYSTATION_HOLDS(errors::ReasonOf(due.status()) ==
                           "CALENDAR_YEAR_MISSING");
          continue;
        }
        WAYSTATION_HOLDS(counted.Covers(static_cast<int>(due->year())));
        WAYSTATION_HOLDS(*counted.IsWorkingDay(*due));
        WAYSTATION_HOLDS(*counted.CountBetween(start, *due) == count);
      }
    }
  }
}

// Deadlines in which nothing is wrong end after their event, with reminders in
// between.
void CheckDeadlines(std::string_view text) {
  config::v1::Deadlines file;
  if (!Read(text, file) || !calendar::CheckDeadlines(file, nullptr).empty()) {
    return;
  }
  constexpr std::int64_t kStart = 1'759'248'000'000'000;  // 2025-10-01 in China
  for (const config::v1::DeadlineProfile& profile : file.profiles()) {
    const auto due =
        calendar::DueOf(profile.deadline(), calendar::Calendars(), kStart);
    if (!due.ok()) {
      WAYSTATION_HOLDS(errors::ReasonOf(due.status()) == "CALENDAR_UNKNOWN");
      continue;
    }
    std::int64_t before = kStart;
    for (const std::int64_t reminder : due->reminders) {
      WAYSTATION_HOLDS(reminder > before);
      before = reminder;
    }
    WAYSTATION_HOLDS(due->until > before);
  }
}

template <typename Message>
void CheckMessage(std::string_view text) {
  Message message;
  (void)Read(text, message);
}

}  // namespace
}  // namespace waystation::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace waystation::fuzz;
  namespace adapters = waystation::adapters;
  namespace config = waystation::config::v1;
  const Chosen input = TakeChoice(data, size);
  switch (input.choice) {
    case 'a':
      CheckAgreement(input.bytes);
      break;
    case 'r':
      CheckRules(input.bytes);
      break;
    case 'h':
      CheckMessage<config::HubConfig>(input.bytes);
      break;
    case 'd':
      CheckMessage<config::AdapterConfig>(input.bytes);
      break;
    case 'c':
      CheckMessage<config::ClientConfig>(input.bytes);
      break;
    case 'k':
      CheckCalendar(input.bytes);
      break;
    case 'l':
      CheckDeadlines(input.bytes);
      break;
    case 'g':
      CheckMessage<waystation::v1::Agency>(input.bytes);
      break;
    default: {
      const std::array sectors = {&adapters::PublicSecurity(),
                                  &adapters::Labor(), &adapters::Health(),
                                  &adapters::Commerce()};
      CheckMapping(input.bytes, *sectors[input.choice % sectors.size()]);
    }
  }
  return 0;
}
