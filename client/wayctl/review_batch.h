// SPDX-License-Identifier: Apache-2.0
// Decides many items at once, as a file says.
#ifndef CLIENT_WAYCTL_REVIEW_BATCH_H_
#define CLIENT_WAYCTL_REVIEW_BATCH_H_

#include <string>

#include "absl/status/status.h"
#include "client/wayctl/session.h"

namespace waystation::wayctl {

// Shows what each row of the file would do, asks once, and does what can be
// done. A row that fails is named by its line and harms no other; the run then
// ends with exit code 3. With `dry_run` it ends after the preview.
absl::Status DecideFile(Session& session, const std::string& path,
                        bool dry_run);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_REVIEW_BATCH_H_
