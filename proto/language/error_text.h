// SPDX-License-Identifier: Apache-2.0
// An error as people read it: what is so, where, which rule, and what to do.
#ifndef WAYSTATION_PROTO_LANGUAGE_ERROR_TEXT_H_
#define WAYSTATION_PROTO_LANGUAGE_ERROR_TEXT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "proto/errors/error.h"

namespace waystation::language {

// A rule, or another detail of an error, in the language of use.
std::string SayRule(std::string_view rule);

// "agreement.grants[2].form: at most PARTIAL".
std::string SayViolation(const errors::FieldViolation& violation);

// The reason in the language of use, then what is named beside it: fields,
// rules, files; one a line where there are several.
std::string Describe(const absl::Status& status);

// What to do about it, and when to come again if the error says so. Empty where
// there is nothing to do.
std::string Advice(const absl::Status& status);

// "3 h 20 min": two units at most, rounded up.
std::string SayDuration(absl::Duration duration);

}  // namespace waystation::language

#endif  // WAYSTATION_PROTO_LANGUAGE_ERROR_TEXT_H_
