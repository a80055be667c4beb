// SPDX-License-Identifier: Apache-2.0
// The one table of reasons. A reason says why something was refused, why a
// claim stands, why a conflict is open or what a check found: one name for
// machines, one sentence and one piece of advice in each language for people.
//
// Names and numbers never change and are never used again: they stand in audit
// logs, in stored rows and in other people's scripts. To add a reason, add a
// row to reason.cc; nothing else.
#ifndef WAYSTATION_PROTO_ERRORS_REASON_H_
#define WAYSTATION_PROTO_ERRORS_REASON_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"

namespace waystation::errors {

// Exit codes of wayctl and the adapters (design 13).
enum class Exit : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  // Done, with findings: verification broken, differences, rejects.
  kFindings = 3,
  kNotAllowed = 4,
  // Changed or claimed by someone else.
  kChanged = 5,
  kNotFound = 6,
  // Unreachable; safe to retry.
  kUnreachable = 7,
};

enum class Language { kEnglish, kChinese };

struct Words {
  std::string_view english;
  std::string_view chinese;

  std::string_view In(Language language) const {
    return language == Language::kChinese ? chinese : english;
  }
};

struct Reason {
  // UPPER_SNAKE_CASE.
  std::string_view name;
  // Never 0.
  std::uint32_t number = 0;
  // OK for a reason that explains and does not refuse.
  absl::StatusCode code = absl::StatusCode::kOk;
  Exit exit = Exit::kDone;
  // What is so, as one sentence.
  Words text;
  // What to do about it; empty where there is nothing to do.
  Words advice;
};

// All reasons by rising number.
std::span<const Reason> Reasons();

// nullptr when the table has no such reason.
const Reason* FindReason(std::string_view name);
const Reason* FindReason(std::uint32_t number);

// The general reason of a canonical code, for a status that names none of its
// own, such as what gRPC says when nobody answers. Never nullptr; OK has none
// and answers INTERNAL.
const Reason& GeneralReason(absl::StatusCode code);

}  // namespace waystation::errors

#endif  // WAYSTATION_PROTO_ERRORS_REASON_H_
