// SPDX-License-Identifier: Apache-2.0
// Moves a hub's store to another place, where no hub runs: a city that outgrew
// its machine, a site that has a database.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_MIGRATE_H_
#define WAYSTATION_SERVER_WAYSTATIOND_MIGRATE_H_

#include <string>

#include "absl/status/status.h"

namespace waystation::waystationd {

struct Migration {
  std::string config_file;
  // As StorePlace::Parse reads it; empty: the configuration's.
  std::string from;
  std::string to;
};

// Copies every row as it stands, holds what arrived against what left, and then
// marks the source as moved and lets hubs onto the target, in this order: at no
// moment would a hub start on both. Whatever ends it in between, as kill -9
// does, it can be run again, and begins anew. Nothing but that mark is written
// to the source.
//
// STORE_IN_USE: a hub runs on one of the two. STORE_DAMAGED: the source has
// damaged rows, which are printed. FOLDER_NOT_EMPTY: the target is not.
// STORE_MOVED: the source has been moved to another place, or a hub has gone on
// there since.
absl::Status MigrateStore(const Migration& migration);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_MIGRATE_H_
