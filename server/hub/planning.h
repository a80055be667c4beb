// SPDX-License-Identifier: Apache-2.0
// One commit group while it is being planned: what was found, what changes, and
// the batch that grows out of it.
#ifndef WAYSTATION_SERVER_HUB_PLANNING_H_
#define WAYSTATION_SERVER_HUB_PLANNING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "proto/auditlog/hash.h"
#include "server/domain/claims.h"
#include "server/hub/change.h"
#include "server/hub/core.h"
#include "server/hub/memory.h"
#include "server/hub/registry.h"
#include "server/hub/state.h"
#include "server/storage/store.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::hub {

// Under which rules and on which day persons are looked at.
struct Outlook {
  const domain::RuleBook* rules = nullptr;
  codes::Date as_of;
  bool operator==(const Outlook&) const = default;
};

// What Relink looked at.
struct Relinked {
  // All that hangs together with what was to be looked at, ascending.
  std::vector<storage::Uid> records;
  // Sets of these that are over the rules' limit, so that scores join nobody.
  size_t over_limit = 0;
  // It is done already; a group is not linked twice.
  bool done = false;
};

// Used by one thread.
class Planning {
 public:
  // All are borrowed but `ahead`, what was read ahead.
  Planning(Core& core, Memory& memory, State ahead, const Change* in_flight);

  // The record as the group leaves it, to be changed; it must be known. What
  // was found is kept beside it. References hold until the next call.
  ChangedRecord& Edit(storage::Uid uid);
  // A record that nobody held. Precondition: memory.uids has one at hand.
  ChangedRecord& Add(const AgencyEntry& agency, const storage::KeyHash& key,
                     std::string_view record_key);
  // Forgets records that were edited and need no writing after all.
  void DropUnwritten();
  // The decision as the group leaves it; it must be known.
  LoadedDecision& EditDecision(uint64_t number);
  LoadedDecision& AddDecision(uint64_t number);

  // A notice as the group leaves it, with the version in which it is or will be
  // held; nullopt where there is none. Errors are the store's.
  absl::StatusOr<std::optional<storage::NoticeRow>> FindNotice(
      uint64_t number) const;
  // One of this caller's request, among those that the group has sent already.
  const storage::NoticeRow* FindSentNotice(
      const storage::KeyHash& request) const;
  // The number of the next that is sent.
  absl::StatusOr<uint64_t> NextNotice() const;
  // To be changed, its version being the one in which it will be held. The
  // reference holds until the next call.
  storage::NoticeRow& EditNotice(const storage::NoticeRow& found);
  storage::NoticeRow& AddNotice(uint64_t number);

  // Holders' codes as the group leaves them; spent ones stay. Errors are the
  // store's.
  absl::StatusOr<std::optional<storage::HolderCodeRow>> FindCode(
      const storage::KeyHash& hash) const;
  absl::StatusOr<std::vector<storage::HolderCodeRow>> CodesOf(
      storage::Uid uid) const;
  // One whose hash nobody has.
  void AddCode(storage::HolderCodeRow code);
  // Precondition: as it was found, and open.
  void SpendCode(const storage::HolderCodeRow& found);

  // Makes the persons of these records known, new records left aside.
  absl::Status LoadPersons(std::span<const storage::Uid> uids);

  // Makes records known, new ones left aside; not their persons.
  absl::Status LoadRecords(std::span<const storage::Uid> uids);

  // As the group leaves them. FindKey: 0 where there is none.
  storage::Uid FindKey(const storage::KeyHash& key) const;
  RecordPtr Find(storage::Uid uid) const;
  storage::PersonId PersonOf(storage::Uid uid) const;
  std::span<const storage::Uid> Members(storage::PersonId person) const;
  // Active decisions, by number: as found, and as the group leaves them.
  std::vector<DecisionPtr> DecisionsBefore() const;
  std::vector<DecisionPtr> DecisionsAfter() const;

  // What an agency may know today, for any purpose.
  const domain::Permissions& PermissionsOf(const AgencyEntry& agency);

  // Appends a leaf at this time; its place among the group's leaves.
  uint64_t AddLeaf(v1::AuditEvent event,
                   std::vector<storage::DetailRow> details);

  Core& core;
  Memory& memory;
  // In force, unless others are tried. Never nullptr.
  const domain::RuleBook* rules;
  const std::shared_ptr<const Snapshot> registry;
  // Time of the group, and its day.
  const int64_t now;
  const codes::Date today;
  // Index of the group's first leaf, unless another hub comes between.
  const uint64_t first_leaf;
  State state;
  Change change;
  storage::Batch batch;
  // Records whose persons must be looked at again though no record changed.
  std::vector<storage::Uid> touched;
  // An agency whose agreements let it see otherwise than when its records'
  // conflicts were looked at last, so that those of `touched` are looked at
  // anew; 0: none.
  storage::AgencyNumber reexamined = 0;
  // Records that are to be held against others as if nothing were known of how
  // they compare.
  std::vector<storage::Uid> rescored;
  // Set where the sides are to be looked at under other rules or on another day
  // than today's: a day that has come, rules that were changed. Several, where
  // it is not known what somebody was told last.
  std::vector<Outlook> outlooks_before;
  // What is held of how records compare was made by the block list of `rules`.
  bool vectors_stand = true;
  // What linking looked at: see Relinked.
  Relinked relinked;
  // Nothing of it is to be written.
  bool dry_run = false;
  // Something that is written says where leaves of the group stand.
  bool names_leaves = false;

 private:
  std::vector<storage::Uid> HeldOf(std::span<const storage::Uid> uids) const;

  absl::flat_hash_map<storage::AgencyNumber, std::shared_ptr<const Access>>
      access_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_PLANNING_H_
