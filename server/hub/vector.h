// SPDX-License-Identifier: Apache-2.0
// What a record is compared by: from the domain into a column of its row, and
// back.
//
//     vector := version[8] sealed        version: of the record that got it
#ifndef WAYSTATION_SERVER_HUB_VECTOR_H_
#define WAYSTATION_SERVER_HUB_VECTOR_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/domain/score.h"
#include "server/hub/record.h"
#include "server/hub/seal.h"
#include "server/storage/store.h"

namespace waystation::hub {

// For `record` as it will be stored next.
std::string SealVector(Sealer& sealer, const Record& record,
                       const domain::MatchVector& vector);
// DATA_LOSS where the bytes were changed, or belong to another record than
// `uid`, which has this data key.
absl::StatusOr<domain::MatchVector> OpenVector(storage::Uid uid,
                                               const DataKey& data_key,
                                               std::string_view bytes);

// A held record as others see it that are compared with it.
struct HeldVector {
  uint64_t version = 0;
  DataKey data_key;
  std::string bytes;
};
absl::StatusOr<HeldVector> UnwrapVector(const Sealer& sealer,
                                        storage::VectorRow row);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_VECTOR_H_
