// SPDX-License-Identifier: Apache-2.0
// What speaks for and against two records being one person's, on the screen.
#ifndef WAYSTATION_CLIENT_WAYCTL_PAIR_VIEW_H_
#define WAYSTATION_CLIENT_WAYCTL_PAIR_VIEW_H_

#include "client/wayctl/output.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {

// Bits, with their sign.
Cell WeightCell(double weight);

// Field by field.
Table ContributionRows(
    const google::protobuf::RepeatedPtrField<v1::Contribution>& contributions);

}  // namespace waystation::wayctl

#endif  // WAYSTATION_CLIENT_WAYCTL_PAIR_VIEW_H_
