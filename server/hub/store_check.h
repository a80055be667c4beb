// SPDX-License-Identifier: Apache-2.0
// Whether what is stored is whole, in words for whoever runs the hub.
#ifndef WAYSTATION_SERVER_HUB_STORE_CHECK_H_
#define WAYSTATION_SERVER_HUB_STORE_CHECK_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/backup/archive.h"
#include "server/hub/seal.h"
#include "server/storage/store.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::hub {

namespace v1 = ::waystation::v1;

struct Checked {
  std::vector<v1::StoreFinding> findings;
  uint64_t rows = 0;
};

// Reads and unseals all of `store`, which was written with the sealer's keys.
absl::StatusOr<Checked> CheckAll(const Sealer& sealer,
                                 const storage::Store& store);

// The same for a store that was made of `archive`, and whether its log is the
// one that was copied. The archive has been read to its end.
absl::StatusOr<Checked> CheckBackup(const Sealer& sealer,
                                    const storage::Store& store,
                                    const backup::ArchiveReader& archive);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_STORE_CHECK_H_
