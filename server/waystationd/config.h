// SPDX-License-Identifier: Apache-2.0
// The configuration file, read, checked and resolved.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_CONFIG_H_
#define WAYSTATION_SERVER_WAYSTATIOND_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "proto/agreement/ceiling.h"
#include "proto/runtime/log.h"
#include "server/hub/hub.h"
#include "server/hub/service_files.h"
#include "server/waystationd/stores.h"
#include "waystation/config/v1/hub.pb.h"
#include "waystation/config/v1/rules.pb.h"

namespace waystation::waystationd {

struct Config {
  // Paths are absolute or relative to the working folder; limits are set.
  config::v1::HubConfig hub;
  // Empty without a rules file.
  config::v1::Rules rules;
  hub::NoticeTerms notice_terms;
  agreement::Ceiling ceiling;
  hub::ServiceFiles services;
  StorePlace store;
  runtime::LogLevel log_level = runtime::LogLevel::kInfo;
  bool log_json = false;
};

// CONFIG_INVALID names every place that is wrong, in the files that it names
// too.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// Whether it is "host:port".
bool IsAddress(std::string_view text);
// Whether a name may be a trust domain: lower-case letters, digits, dots and
// dashes.
bool IsTrustDomain(std::string_view name);
// Whether a name may be a log's origin: no spaces, no plus sign.
bool IsLogOrigin(std::string_view name);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_CONFIG_H_
