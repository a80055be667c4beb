// SPDX-License-Identifier: Apache-2.0
// Backups where no hub runs: for the hub's machine.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_BACKUP_H_
#define WAYSTATION_SERVER_WAYSTATIOND_BACKUP_H_

#include <string>

#include "absl/status/status.h"

namespace waystation::waystationd {

// Prints which there are, newest first.
absl::Status ListBackups(const std::string& config_file);

// Reads one from end to end, makes a store of it beside, checks and removes
// that. STORE_DAMAGED when something was found, which is printed.
absl::Status VerifyBackup(const std::string& config_file,
                          const std::string& name);

// Puts the store of a backup where the configuration wants the store: an empty
// folder, or none. The log goes on in a new epoch, whose first entry cites the
// newest checkpoint of the one before; what the journal knows is taken up, and
// what has come of age since is shredded. Until all of that is durable there is
// no store. STORE_IN_USE, FOLDER_NOT_EMPTY; see Shelf::Read.
absl::Status RestoreBackup(const std::string& config_file,
                           const std::string& name);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_BACKUP_H_
