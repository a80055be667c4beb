// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/config.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/directory/check_services.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/runtime/yaml.h"
#include "server/domain/rules.h"
#include "server/waystationd/notice_terms.h"
#include "waystation/config/v1/ceiling.pb.h"

namespace waystation::waystationd {
namespace {

constexpr int kMostConnections = 65'536;

using Problems = std::vector<runtime::YamlProblem>;

Problems Check(const config::v1::HubConfig& hub) {
  Problems problems;
  const auto check = [&](bool holds, const char* path, const char* rule) {
    if (!holds) problems.push_back({path, rule});
  };
  const auto need_file = [&](const std::string& value, const char* path) {
    check(!value.empty(), path, "a file must be named");
  };
  check(IsAddress(hub.listen()), "listen", "host:port is wanted");
  check(hub.http_listen().empty() || IsAddress(hub.http_listen()),
        "http_listen", "host:port is wanted");
  const std::optional<StorePlace> store = StorePlace::Parse(hub.store());
  check(store.has_value(), "store",
        "sqlite:<folder> or postgresql://... is wanted");
  check(!hub.share_store() || !store.has_value() ||
            store->kind == StorePlace::Kind::kPostgres,
        "share_store", "hubs share a store in a database only");
  need_file(hub.tls().certificate(), "tls.certificate");
  need_file(hub.tls().key(), "tls.key");
  need_file(hub.tls().client_authorities(), "tls.client_authorities");
  need_file(hub.tls().auditor_authorities(), "tls.auditor_authorities");
  need_file(hub.key_file(), "key_file");
  need_file(hub.log_key_file(), "log_key_file");
  check(IsLogOrigin(hub.log_origin()), "log_origin",
        "a name without spaces and plus signs is wanted");
  check(IsTrustDomain(hub.trust_domain()), "trust_domain",
        "lower-case letters, digits, dots and dashes are wanted");
  if (hub.has_authority()) {
    need_file(hub.authority().certificate(), "authority.certificate");
    need_file(hub.authority().key(), "authority.key");
  }
  if (hub.has_backup()) {
    need_file(hub.backup().folder(), "backup.folder");
    need_file(hub.backup().keys(), "backup.keys");
    need_file(hub.backup().journal(), "backup.journal");
    check(hub.backup().keep_days() >= 0 && hub.backup().keep_days() <= 3660,
          "backup.keep_days", "1 to 3660 days are wanted");
  }
  check(hub.limits().queued_updates() >= 0, "limits.queued_updates",
        "a number of updates is wanted");
  check(hub.limits().group_updates() >= 0, "limits.group_updates",
        "a number of updates is wanted");
  check(hub.limits().frames_in_flight() >= 0 &&
            hub.limits().frames_in_flight() <= 64,
        "limits.frames_in_flight", "1 to 64 frames are wanted");
  check(hub.limits().connections() >= 0 &&
            hub.limits().connections() <= kMostConnections,
        "limits.connections", "1 to 65,536 connections are wanted");
  check(hub.limits().connections_of_one() >= 0, "limits.connections_of_one",
        "a number of connections is wanted");
  check(hub.notices().least_shown() == 0 ||
            hub.notices().least_shown() >= hub::NoticeTerms().least_shown,
        "notices.least_shown", "10 cases or more are wanted");
  check(hub.limits().wrong_codes() >= 0, "limits.wrong_codes",
        "a number of codes is wanted");
  check(hub.log_level().empty() || runtime::LogLevelFromName(hub.log_level()),
        "log_level", "one of debug, info, warn, error is wanted");
  check(hub.log_format().empty() || hub.log_format() == "plain" ||
            hub.log_format() == "json",
        "log_format", "one of plain, json is wanted");
  return problems;
}

void ResolvePaths(const std::string& file, config::v1::HubConfig& hub) {
  std::vector<std::string*> paths = {
      hub.mutable_key_file(),
      hub.mutable_log_key_file(),
      hub.mutable_rules_file(),
      hub.mutable_ceiling_file(),
      hub.mutable_service_catalogue_file(),
      hub.mutable_service_points_file(),
      hub.mutable_tls()->mutable_certificate(),
      hub.mutable_tls()->mutable_key(),
      hub.mutable_tls()->mutable_client_authorities(),
      hub.mutable_tls()->mutable_auditor_authorities()};
  if (hub.has_authority()) {
    auto& authority = *hub.mutable_authority();
    paths.insert(paths.end(),
                 {authority.mutable_certificate(), authority.mutable_key(),
                  authority.mutable_issued()});
  }
  if (hub.has_backup()) {
    auto& backup = *hub.mutable_backup();
    paths.insert(paths.end(), {backup.mutable_folder(), backup.mutable_keys(),
                               backup.mutable_journal()});
  }
  if (hub.has_notices()) {
    auto& notices = *hub.mutable_notices();
    for (std::string& calendar : *notices.mutable_calendars()) {
      paths.push_back(&calendar);
    }
    paths.push_back(notices.mutable_deadlines());
  }
  for (std::string* const path : paths) {
    *path = runtime::ResolvePath(file, *path);
  }
}

absl::StatusOr<config::v1::Rules> LoadRules(const std::string& path) {
  config::v1::Rules rules;
  const auto places = runtime::LoadYaml(path, rules);
  if (!places.ok()) return places.status();
  Problems problems;
  for (const v1::Violation& violation : domain::CheckRules(rules)) {
    const errors::Reason* const reason = errors::FindReason(violation.reason());
    problems.push_back(
        {violation.field(), violation.rule().empty() && reason != nullptr
                                ? std::string(reason->text.english)
                                : violation.rule()});
  }
  if (!problems.empty()) return runtime::ConfigInvalid(*places, problems);
  return rules;
}

// Of a file with rows for sectors beyond the four, or of that of this release.
absl::StatusOr<agreement::Ceiling> LoadCeiling(const std::string& path) {
  config::v1::SectorCeiling rows;
  const auto places = path.empty()
                          ? runtime::ReadYaml(agreement::kDefaultSectorRows,
                                              "other_sectors.yaml", rows)
                          : runtime::LoadYaml(path, rows);
  if (!places.ok()) return places.status();
  Problems problems;
  for (const auto& [field, rule] : agreement::CheckSectorRows(rows)) {
    problems.push_back({field, rule});
  }
  if (!problems.empty()) return runtime::ConfigInvalid(*places, problems);
  return agreement::Ceiling(rows);
}

// Files of the directory of services, or those of this release.
template <typename Message, typename Check>
absl::Status LoadServices(const std::string& path, std::string_view shipped,
                          const char* shipped_name, Message& file,
                          Check check) {
  const auto places = path.empty()
                          ? runtime::ReadYaml(shipped, shipped_name, file)
                          : runtime::LoadYaml(path, file);
  if (!places.ok()) return places.status();
  Problems problems;
  for (const auto& [field, rule] : check(file)) {
    problems.push_back({field, rule});
  }
  if (problems.empty()) return absl::OkStatus();
  return runtime::ConfigInvalid(*places, problems);
}

absl::StatusOr<hub::ServiceFiles> LoadServiceFiles(
    const config::v1::HubConfig& hub) {
  hub::ServiceFiles files;
  absl::Status loaded = LoadServices(
      hub.service_catalogue_file(), directory::kDefaultCatalogue,
      "catalogue.yaml", files.catalogue, directory::CheckCatalogue);
  if (!loaded.ok()) return loaded;
  loaded =
      LoadServices(hub.service_points_file(), directory::kDefaultPoints,
                   "points.yaml", files.points, [&](const auto& points) {
                     return directory::CheckPoints(points, files.catalogue);
                   });
  if (!loaded.ok()) return loaded;
  return files;
}

}  // namespace

bool IsAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] =
      std::from_chars(text.data() + colon + 1, end, port);
  return error == std::errc() && rest == end;
}

bool IsTrustDomain(std::string_view name) {
  return !name.empty() && name.size() <= 253 && name.front() != '.' &&
         name.back() != '.' && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-';
         });
}

bool IsLogOrigin(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return c > ' ' && c <= '~' && c != '+';
  });
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  Config config;
  config::v1::HubConfig& hub = config.hub;
  const auto places = runtime::LoadYaml(path, hub);
  if (!places.ok()) return places.status();
  if (const Problems problems = Check(hub); !problems.empty()) {
    return runtime::ConfigInvalid(*places, problems);
  }
  ResolvePaths(path, hub);
  config.store = *StorePlace::Parse(hub.store());
  if (config.store.kind == StorePlace::Kind::kSqlite) {
    config.store.at = runtime::ResolvePath(path, config.store.at);
  }
  if (!hub.log_level().empty()) {
    config.log_level = *runtime::LogLevelFromName(hub.log_level());
  }
  config.log_json = hub.log_format() == "json";
  if (hub.has_backup() && hub.backup().keep_days() == 0) {
    hub.mutable_backup()->set_keep_days(30);
  }
  if (hub.limits().frames_in_flight() == 0) {
    hub.mutable_limits()->set_frames_in_flight(8);
  }
  if (hub.limits().connections() == 0) {
    hub.mutable_limits()->set_connections(1024);
  }
  if (hub.limits().connections_of_one() == 0) {
    hub.mutable_limits()->set_connections_of_one(64);
  }
  if (!hub.rules_file().empty()) {
    auto rules = LoadRules(hub.rules_file());
    if (!rules.ok()) return rules.status();
    config.rules = *std::move(rules);
  }
  auto ceiling = LoadCeiling(hub.ceiling_file());
  if (!ceiling.ok()) return ceiling.status();
  config.ceiling = *std::move(ceiling);
  auto services = LoadServiceFiles(hub);
  if (!services.ok()) return services.status();
  config.services = *std::move(services);
  auto terms = LoadNoticeTerms(hub.notices());
  if (!terms.ok()) return terms.status();
  config.notice_terms = *std::move(terms);
  return config;
}

}  // namespace waystation::waystationd
