// SPDX-License-Identifier: Apache-2.0
// One item of the review queue on the screen: its sides beside each other, with
// a sign where they differ, so that nobody needs to see colours.
#ifndef CLIENT_WAYCTL_REVIEW_SCREEN_H_
#define CLIENT_WAYCTL_REVIEW_SCREEN_H_

#include "client/wayctl/output.h"
#include "client/wayctl/surroundings.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {

// The two records of a candidate or drawn pair. `blind` leaves out what they
// score.
Sheet PairScreen(const v1::ReviewItem& item,
                 const v1::GetCandidateResponse& shown, bool blind,
                 const Surroundings& surroundings);

// The values of a conflict, numbered from 1 as a clerk takes them.
Sheet ValuesScreen(const v1::ReviewItem& item,
                   const v1::GetConflictResponse& shown,
                   const Surroundings& surroundings);

// What another clerk proposed, and what it would change.
Sheet ProposalScreen(const v1::Decision& proposed,
                     const v1::DecisionEffect& effect);

// What speaks for which answer: of a pair the contributions, of a conflict the
// rule and, at the office, who would be told.
Sheet PairWhy(const v1::GetCandidateResponse& shown);
Sheet ValuesWhy(const v1::GetConflictResponse& shown);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_REVIEW_SCREEN_H_
