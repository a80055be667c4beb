// SPDX-License-Identifier: Apache-2.0
// What waits for a second person (design 7): rulings and undos that were
// proposed. A proposed ruling is a decision that is no input yet. Which ones
// wait stands in the store as one object, "proposals", written in the group
// that proposes or settles one.
#ifndef WAYSTATION_SERVER_HUB_PROPOSALS_H_
#define WAYSTATION_SERVER_HUB_PROPOSALS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/hub/core.h"
#include "server/storage/store.h"
#include "waystation/config/v1/hub.pb.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::hub {

inline constexpr std::string_view kProposalsObject = "proposals";

// What may wait at a time.
inline constexpr size_t kMostProposals = 1'000;

// Proposals take their turn among open items under a kind of their own, which
// no store holds: `a` is the decision's number.
inline constexpr auto kProposalKind = static_cast<storage::OpenItem::Kind>(3);

// "p-17", and back; nullopt for what is no such id.
std::string ProposalId(uint64_t number);
std::optional<uint64_t> ProposalNumber(std::string_view id);

// Whether the configuration wants a second person for it.
bool NeedsSecondPerson(const config::v1::SecondPerson& configured,
                       config::v1::SecondPerson::Ruling ruling);
bool NeedsSecondPerson(const config::v1::SecondPerson& configured,
                       v1::Decision::Kind kind);

// The open item that a conflict's or pair's id names as persons are now,
// open or not; nullopt if it names nothing that is held.
absl::StatusOr<std::optional<storage::OpenItemKey>> ItemKeyOf(
    const Core& core, const std::string& id);

class Proposals {
 public:
  using Proposal = store::v1::StoredProposals::Proposal;

  static absl::StatusOr<Proposals> Load(const storage::Store& store);

  const store::v1::StoredProposals& all() const { return stored_; }
  // nullptr where nothing of that decision waits.
  const Proposal* Find(uint64_t number) const;
  // The ruling that waits on an item, of a pair on either of its items; with
  // `or_undo` also an undo of one.
  // nullptr where there is none.
  absl::StatusOr<const Proposal*> FindOn(const Core& core,
                                         const storage::OpenItemKey& key,
                                         bool or_undo) const;

  // RESOURCE_EXHAUSTED (LIMIT_REACHED) where too many wait.
  absl::Status Add(Proposal proposal);
  void Remove(uint64_t number);
  storage::ObjectRow Row() const;

 private:
  store::v1::StoredProposals stored_;
};

// As an item of the queue.
storage::OpenItem ItemOf(const Proposals::Proposal& proposal);

// ABORTED (DECISION_PROPOSED) that names it.
absl::Status StillProposed(const Proposals::Proposal& proposal);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_PROPOSALS_H_
