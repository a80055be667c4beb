// SPDX-License-Identifier: Apache-2.0
// Errors that a caller can act on: an absl::Status whose payloads are the
// details of google.rpc, under their type URLs.
//
//   ErrorInfo   reason, domain "waystation", metadata     always
//   BadRequest  field and rule of each violation          if a field is at
//   fault RetryInfo   when to come again                        if that helps
//
// Field and rule, never the value.
#ifndef WAYSTATION_PROTO_ERRORS_ERROR_H_
#define WAYSTATION_PROTO_ERRORS_ERROR_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "proto/errors/reason.h"

namespace waystation::errors {

inline constexpr std::string_view kDomain = "waystation";

// One field at fault.
struct FieldViolation {
  // Path from the request, such as "agreement.grants[2].form".
  std::string field = {};
  // The rule that it breaks, such as "GB 32100-2015" or "at most 128 bytes".
  std::string rule = {};

  bool operator==(const FieldViolation&) const = default;
};

struct Details {
  // The field at fault and the rule, where there is one. The rule alone may
  // stand without a field, such as which certificate rule was broken.
  std::string field = {};
  std::string rule = {};
  // Further fields at fault.
  std::vector<FieldViolation> violations = {};
  // When to come again; zero leaves it open.
  absl::Duration retry_after = {};
  // Anything else that helps and is no personal value, such as a file name.
  std::map<std::string, std::string> metadata = {};
};

// An error with a reason of the table, which gives code and text. A name that
// the table lacks is a mistake of ours and gives INTERNAL (a test looks for
// such names in the whole tree).
absl::Status Error(std::string_view reason, const Details& details = {});

// Name of the status's reason; empty for OK and for a status without one.
std::string ReasonOf(const absl::Status& status);

// The same as a row of the table; for a status without a reason, the general
// reason of its code. Never nullptr; `status` must not be OK.
const Reason& ReasonRowOf(const absl::Status& status);

// Fields at fault, in the order in which they were named.
std::vector<FieldViolation> ViolationsOf(const absl::Status& status);

// The metadata beside the reason; the rule stands under "rule".
std::map<std::string, std::string> MetadataOf(const absl::Status& status);

// When to come again; zero if the status does not say.
absl::Duration RetryAfter(const absl::Status& status);

}  // namespace waystation::errors

#endif  // WAYSTATION_PROTO_ERRORS_ERROR_H_
