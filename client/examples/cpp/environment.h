// SPDX-License-Identifier: Apache-2.0
// Where the hub is and who calls, as the environment says it for the examples
// in all languages.
#ifndef WAYSTATION_EXAMPLES_ENVIRONMENT_H_
#define WAYSTATION_EXAMPLES_ENVIRONMENT_H_

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "proto/errors/error.h"
#include "waystation/connection.h"

inline std::string Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

// "labor.320500" as part of a variable's name.
inline std::string Upper(std::string agency) {
  std::ranges::transform(agency, agency.begin(), [](unsigned char c) {
    return c == '.' ? '_' : static_cast<char>(std::toupper(c));
  });
  return agency;
}

inline waystation::client::ConnectionOptions ConnectionOf(
    const std::string& agency) {
  const std::string prefix = "WAYSTATION_" + Upper(agency);
  return {.hubs = {Environment("WAYSTATION_HUB")},
          .ca_file = Environment("WAYSTATION_CA"),
          .certificate_file = Environment(prefix + "_CERT"),
          .key_file = Environment(prefix + "_KEY")};
}

inline int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", waystation::errors::ReasonOf(status).c_str(),
               std::string(status.message()).c_str());
  return 1;
}

#endif  // WAYSTATION_EXAMPLES_ENVIRONMENT_H_
