// SPDX-License-Identifier: Apache-2.0
// Holders' codes as rows: hashed, sealed, and as the journal remembers those
// that are spent.
#ifndef WAYSTATION_SERVER_HUB_HOLDER_CODE_H_
#define WAYSTATION_SERVER_HUB_HOLDER_CODE_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/backup/journal.h"
#include "server/domain/verification.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/planning.h"
#include "server/hub/record.h"
#include "server/hub/seal.h"
#include "server/storage/store.h"

namespace waystation::hub {

inline constexpr std::string_view kSpentCodeObject = "spent-code";

// Of the twelve characters, and of what may be asked with them: with another
// kind in the question there is no such code.
storage::KeyHash HashOfCode(const Hashes& hashes, std::string_view characters,
                            const domain::VerifySubject& subject);

// Seals what the code is about beside its record.
void SealCode(Sealer& sealer, const store::v1::StoredHolderCode& code,
              const Record& record, storage::HolderCodeRow& row);
// DATA_LOSS for bytes that were not sealed for this row and record.
absl::StatusOr<store::v1::StoredHolderCode> OpenCode(
    const storage::HolderCodeRow& row, const Record& record);

// Whether somebody may still ask with it.
inline bool IsOpen(const storage::HolderCodeRow& row, int64_t now) {
  return !row.spent && now < row.expire_time;
}

// Ends those of `codes` that are open, as planning found them; how many.
int SpendCodes(const std::vector<storage::HolderCodeRow>& codes,
               Planning& planning);

// The spent ones of `rows`, for the journal.
std::vector<backup::Journal::Passing> SpentCodes(
    const std::vector<storage::HolderCodeRow>& rows);
// Those that the store knows to be spent and that have not expired.
absl::StatusOr<std::vector<backup::Journal::Passing>> ListSpentCodes(
    const storage::Store& store, int64_t now);

// Spends the code of a line of the journal, with a leaf, if the store holds it
// open. JOURNAL_DAMAGED for a line that cannot be read. Not to be called by the
// committer.
absl::Status SpendAgain(Core& core, const storage::ObjectRow& row,
                        Committer& committer);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_HOLDER_CODE_H_
