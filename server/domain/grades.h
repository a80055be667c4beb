// SPDX-License-Identifier: Apache-2.0
// Grades as proto/codes gives them, and as the contract spells them.
#ifndef WAYSTATION_SERVER_DOMAIN_GRADES_H_
#define WAYSTATION_SERVER_DOMAIN_GRADES_H_

#include "proto/codes/grade.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::domain {

// By name. GRADE_UNSPECIFIED for the grades that no held value has: MISSING and
// UNREADABLE.
::waystation::v1::Grade ToMessage(codes::Grade grade);

// By name; OK for GRADE_UNSPECIFIED.
codes::Grade FromMessage(::waystation::v1::Grade grade);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_GRADES_H_
