// SPDX-License-Identifier: Apache-2.0
// What a clerk asks to see unmasked.
#ifndef WAYSTATION_SERVER_HUB_REVEAL_H_
#define WAYSTATION_SERVER_HUB_REVEAL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/repeated_field.h"
#include "proto/codes/date.h"
#include "server/domain/attributes.h"

namespace waystation::hub {

// Names of attributes as a set. ATTRIBUTE_UNKNOWN names no value; as
// CheckReason where something is revealed, or a reason is given.
absl::StatusOr<domain::AttributeSet> Revealed(
    const google::protobuf::RepeatedPtrField<std::string>& names,
    std::string_view reason, codes::Date today);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_REVEAL_H_
