// SPDX-License-Identifier: Apache-2.0
// Commit groups. The row of a group is written last in its transaction and says
// what every other table holds then; the last kRing rows stay, so that a batch
// that comes again is known by its id.
#ifndef WAYSTATION_SERVER_STORAGE_ROWS_GROUP_H_
#define WAYSTATION_SERVER_STORAGE_ROWS_GROUP_H_

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/merkle.h"
#include "proto/auditlog/tiles.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/findings.h"
#include "server/storage/store.h"

namespace waystation::storage {

using BatchId = std::array<uint8_t, 16>;

// Rows of the tables that are counted.
struct Tally {
  uint64_t records = 0;
  uint64_t persons = 0;
  uint64_t conflicts = 0;
  uint64_t candidates = 0;
  uint64_t identifiers = 0;
  uint64_t decisions = 0;
  uint64_t objects = 0;
  uint64_t edges = 0;
  uint64_t notices = 0;
  uint64_t codes = 0;
  bool operator==(const Tally&) const = default;
};

// A count and what a batch changes in it.
inline uint64_t Sum(uint64_t count, int64_t change) {
  return count + static_cast<uint64_t>(change);
}

// Positions base + 1 ... base + count of one mailbox.
struct MailboxShare {
  AgencyNumber agency = 0;
  uint64_t base = 0;
  uint64_t count = 0;
  bool operator==(const MailboxShare&) const = default;
};

struct GroupRow {
  // Groups that stay.
  static constexpr uint64_t kRing = 1024;

  uint64_t number = 0;
  BatchId batch{};
  uint64_t first_leaf = 0;
  // Over all leaves after the group.
  auditlog::Frontier frontier{};
  std::vector<MailboxShare> mailboxes{};
  // The group that wrote the newest decision.
  uint64_t decided = 0;
  Tally tally{};
};

std::string PackShares(const std::vector<MailboxShare>& shares);
std::vector<MailboxShare> UnpackShares(std::string_view bytes);

int64_t SumOf(const ChecksumKey& key, const GroupRow& group);
int64_t SumOfAgency(const ChecksumKey& key, AgencyNumber agency,
                    uint64_t records);
std::string PlaceOfGroup(uint64_t number);

// What Commit answers for it.
Committed AnswerFor(const GroupRow& group);

// What a store knows of itself without reading, as of the newest group. A
// cache: everything in it is read again from the tables at the next start.
struct State {
  GroupRow newest;
  auditlog::TreeAppender tree;
  std::map<AgencyNumber, uint64_t> agencies;
  std::map<AgencyNumber, Store::MailboxState> mailboxes;
  // The batches of the groups that stay.
  absl::flat_hash_map<BatchId, Committed> recent;
  // Ids of those batches by group, for leaving.
  std::array<BatchId, GroupRow::kRing> ring{};
};

// What one more group changes.
struct Advance {
  GroupRow group;
  auditlog::TreeAppender tree;
  std::map<AgencyNumber, uint64_t> agencies;
};

// What others have committed since: groups by rising number without a gap, and
// what stands after the last of them.
struct Progress {
  std::vector<GroupRow> groups;
  auditlog::TreeAppender tree;
  std::map<AgencyNumber, uint64_t> agencies;
};

// The group that the batch makes on top of the newest, before its rows are
// written.
Advance NextGroup(const State& state, const Batch& batch);

// Whether anything was written since the batch was read, so that its read set
// is to be verified. ABORTED where that alone tells that it moved,
// INVALID_ARGUMENT for what is no batch.
absl::StatusOr<bool> MayHaveMoved(const State& state, const Batch& batch);

// Whether the notice may be written where so many are held: ABORTED where
// another took its number, INVALID_ARGUMENT where it would leave a gap.
absl::Status FollowsNotices(const NoticeRow& notice, uint64_t held);

// Takes in the tree that the stored leaves make; DATA_LOSS where it is not the
// newest group's.
absl::Status TakeTree(absl::StatusOr<auditlog::TreeAppender> tree,
                      State& state);

// Adds a group to the batches that are known.
void Remember(const GroupRow& group, State& state);

// The state after the group, or groups.
void Apply(Advance advance, State& state);
void Apply(Progress progress, State& state);

// The newest group says how far each mailbox goes; the last entries themselves
// must be there.
absl::Status CompareMailboxes(std::span<const GroupRow> groups,
                              const State& state);

// Finds each table with other rows than the newest group tells of.
void CompareTally(const Tally& counted, const Tally& told, Findings& findings);

// How far each mailbox goes, by the groups that stay.
std::map<AgencyNumber, uint64_t> NewestEntries(
    std::span<const GroupRow> groups);

}  // namespace waystation::storage

#endif  // WAYSTATION_SERVER_STORAGE_ROWS_GROUP_H_
