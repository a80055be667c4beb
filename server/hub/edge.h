// SPDX-License-Identifier: Apache-2.0
// What two records scored against each other: from the domain into a row, and
// back.
#ifndef WAYSTATION_SERVER_HUB_EDGE_H_
#define WAYSTATION_SERVER_HUB_EDGE_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "server/domain/score.h"
#include "server/hub/seal.h"
#include "server/storage/store.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {

// With nothing left out that made it.
store::v1::StoredEdge StoredEdgeOf(const domain::Weighed& weighed,
                                   std::string_view rules_version);

// `data_key` is that of the record with the larger uid.
storage::EdgeRow SealEdge(Sealer& sealer, const storage::EdgeKey& key,
                          const DataKey& data_key,
                          const store::v1::StoredEdge& edge);
// DATA_LOSS where the row does not belong where it stands.
absl::StatusOr<store::v1::StoredEdge> OpenEdge(const storage::EdgeRow& row,
                                               const DataKey& data_key);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_EDGE_H_
