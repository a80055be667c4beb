// SPDX-License-Identifier: Apache-2.0
// Notices, unsealed, and back into rows.
#ifndef WAYSTATION_SERVER_HUB_NOTICE_ROW_H_
#define WAYSTATION_SERVER_HUB_NOTICE_ROW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/domain/notice.h"
#include "server/hub/names.h"
#include "server/hub/record.h"
#include "server/hub/seal.h"
#include "server/storage/store.h"

namespace waystation::hub {

// Ids of notices: "n-" and one block, as names.h has handles, alike for both
// sides. Immutable, thread-safe.
//
//     notice := "n-" block(number[8] "a notice")
class NoticeNames {
 public:
  explicit NoticeNames(const SecretKey& handle_key);
  std::string Encode(uint64_t number) const;
  // nullopt for anything that Encode does not write.
  std::optional<uint64_t> Decode(std::string_view id) const;

 private:
  BlockCipher cipher_;
};

// DATA_LOSS for bytes that are no notice.
absl::StatusOr<store::v1::StoredNotice> ParseNotice(
    const storage::NoticeRow& row);
// The same into what held another before, for who reads many.
absl::Status ParseNotice(const storage::NoticeRow& row,
                         store::v1::StoredNotice& stored);

// With its words, which are sealed under the data key of `record`; nullptr:
// that has been erased, and the words with it.
absl::StatusOr<domain::NoticeCase> OpenNotice(const storage::NoticeRow& row,
                                              const Record* record);

// Puts the notice into its row, sealed for the version that the row has, and
// its deadline and turn. `record` as above; without it words are dropped.
void SealNotice(Sealer& sealer, const domain::NoticeCase& notice,
                const Record* record, storage::NoticeRow& row);

// Sent it, or has it now: nobody else knows of it.
inline bool IsParty(storage::AgencyNumber agency,
                    const storage::NoticeRow& row) {
  return row.sender == agency || row.recipient == agency;
}

// Names a version, so that nobody takes a step on what they did not see.
std::string EtagOf(const storage::NoticeRow& row);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_NOTICE_ROW_H_
