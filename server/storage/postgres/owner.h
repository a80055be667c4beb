// SPDX-License-Identifier: Apache-2.0
// Who owns the store of a database, and whether its server is fit to keep it.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_OWNER_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_OWNER_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/storage/postgres/connection.h"

namespace waystation::storage::postgres {

// Takes the lock of the connection's schema for as long as the connection
// lives. STORE_IN_USE: another has it, and still has it after so long.
absl::Status Own(Connection& connection, absl::Duration wait);

// Takes part in it instead, as others may who do so; tables are made, or
// brought up to date, by one who is alone meanwhile. STORE_IN_USE: one has it
// alone, and still has it after so long. Other errors are those of Migrate.
absl::Status Join(Connection& connection, absl::Duration wait);

// CONFIG_INVALID: the server is set up to lose what it acknowledged, or takes
// no writes. What can be mended for this connection is.
absl::Status CheckServer(Connection& connection);
// Prepares a connection that writes to a store that is shared: it waits for
// others as long as it takes, and the server waits for it, within a
// transaction, so long. CONFIG_INVALID: a server that cannot.
absl::Status PrepareToShare(Connection& connection, absl::Duration patience);

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_OWNER_H_
