// SPDX-License-Identifier: Apache-2.0
// Whether what is stored is as it was written, where no hub runs
// (`wayctl hub check` asks one that does).
#ifndef WAYSTATION_SERVER_WAYSTATIOND_CHECK_H_
#define WAYSTATION_SERVER_WAYSTATIOND_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "server/hub/store_check.h"

namespace waystation::waystationd {

// Prints each finding on a line, then how much was read. STORE_DAMAGED if there
// is one.
absl::Status PrintChecked(const hub::Checked& checked);

// Reads and checks every row of the hub's store and changes none. STORE_DAMAGED
// when something was found, which is printed, or when it is too damaged to be
// opened, which the error tells. STORE_IN_USE while a hub runs on it,
// FILE_MISSING where there is no store.
absl::Status CheckOffline(const std::string& config_file);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_CHECK_H_
