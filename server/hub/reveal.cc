// SPDX-License-Identifier: Apache-2.0
#include "server/hub/reveal.h"

#include "proto/errors/error.h"
#include "server/hub/given_reason.h"

namespace waystation::hub {

absl::StatusOr<domain::AttributeSet> Revealed(
    const google::protobuf::RepeatedPtrField<std::string>& names,
    std::string_view reason, codes::Date today) {
  domain::AttributeSet revealed = 0;
  for (const std::string& name : names) {
    const domain::AttributeInfo* attribute = domain::FindAttribute(name);
    if (attribute == nullptr) {
      return errors::Error("ATTRIBUTE_UNKNOWN", {.field = "reveal"});
    }
    revealed |= attribute->bit();
  }
  if (revealed != 0 || !reason.empty()) {
    if (auto given = CheckReason(reason, today); !given.ok()) return given;
  }
  return revealed;
}

}  // namespace waystation::hub
