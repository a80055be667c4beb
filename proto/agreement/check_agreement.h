// SPDX-License-Identifier: Apache-2.0
// Whether an agreement may be applied: the hub holds it to this, and `wayctl
// agreement lint` says the same without a hub.
#ifndef WAYSTATION_PROTO_AGREEMENT_CHECK_AGREEMENT_H_
#define WAYSTATION_PROTO_AGREEMENT_CHECK_AGREEMENT_H_

#include <optional>
#include <string_view>
#include <vector>

#include "proto/agreement/ceiling.h"
#include "waystation/v1/agreement.pb.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::agreement {

// What is wrong with an agreement, by field path such as "grants[3].form";
// empty if nothing. `recipient_sector` is the sector of recipient_agency where
// the agreement names an agency (nullopt: no such agency). Reasons:
// NO_LEGAL_BASIS (statute, article or impact assessment is missing),
// OVER_CEILING, ATTRIBUTE_UNKNOWN, PURPOSE_MISSING, and AGREEMENT_INVALID with
// the rule that is broken.
std::vector<v1::Violation> CheckAgreement(
    const v1::Agreement& agreement, const Ceiling& ceiling,
    std::optional<std::string_view> recipient_sector = std::nullopt);

}  // namespace waystation::agreement

#endif  // WAYSTATION_PROTO_AGREEMENT_CHECK_AGREEMENT_H_
