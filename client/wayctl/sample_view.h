// SPDX-License-Identifier: Apache-2.0
// A sample of pairs on the screen: what was drawn, what was answered, and what
// follows from it.
#ifndef CLIENT_WAYCTL_SAMPLE_VIEW_H_
#define CLIENT_WAYCTL_SAMPLE_VIEW_H_

#include <string>

#include "client/wayctl/output.h"
#include "client/wayctl/surroundings.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {

// A share: six digits for people, nine for scripts.
Cell FractionCell(double value);

// Why an estimate has no value.
Cell WhyCell(const v1::LinkageEstimate& estimate);

// "0.9986 (0.9941 to 0.9997)", or why it cannot be said.
Cell EstimateCell(const v1::LinkageEstimate& estimate);

// Facts of the sample, and a table of its bands.
Sheet SampleSheet(const v1::LinkageSample& sample,
                  const Surroundings& surroundings);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_SAMPLE_VIEW_H_
