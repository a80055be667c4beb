// SPDX-License-Identifier: Apache-2.0
// What a status says, for reports and log lines.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_STATUS_WORDS_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_STATUS_WORDS_H_

#include <string>

#include "absl/status/status.h"

namespace waystation::adapters {

std::string ReasonName(const absl::Status& status);

// What it says besides its reason: fields, rules, causes.
std::string DetailOf(const absl::Status& status);

// Both, and when to come again, for the log.
std::string Described(const absl::Status& status);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_STATUS_WORDS_H_
