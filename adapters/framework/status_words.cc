// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/status_words.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"

namespace waystation::adapters {

std::string ReasonName(const absl::Status& status) {
  return std::string(errors::ReasonRowOf(status).name);
}

std::string DetailOf(const absl::Status& status) {
  std::vector<std::string> parts;
  for (const auto& violation : errors::ViolationsOf(status)) {
    const bool both = !violation.field.empty() && !violation.rule.empty();
    parts.push_back(violation.field + (both ? ": " : "") + violation.rule);
  }
  for (const auto& [key, value] : errors::MetadataOf(status)) {
    if (parts.empty() || key != "rule") parts.push_back(value);
  }
  return absl::StrJoin(parts, ", ");
}

std::string Described(const absl::Status& status) {
  std::string detail = DetailOf(status);
  if (const absl::Duration wait = errors::RetryAfter(status);
      wait > absl::ZeroDuration()) {
    absl::StrAppend(&detail, detail.empty() ? "" : ", ",
                    language::SayDuration(wait));
  }
  return ReasonName(status) + (detail.empty() ? "" : " (" + detail + ")");
}

}  // namespace waystation::adapters
