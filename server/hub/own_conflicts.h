// SPDX-License-Identifier: Apache-2.0
// Conflicts that the view of one agency shows, as open items of its own clerks.
// They come of that view and of nothing else, so that no question tells more
// than the view does: what the agency may not see opens, changes and ends none.
#ifndef WAYSTATION_SERVER_HUB_OWN_CONFLICTS_H_
#define WAYSTATION_SERVER_HUB_OWN_CONFLICTS_H_

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "server/domain/disclosure.h"
#include "server/hub/affair.h"
#include "server/hub/caller.h"
#include "server/hub/names.h"
#include "server/hub/person_reader.h"
#include "server/hub/planning.h"
#include "server/hub/reviewer.h"

namespace waystation::hub {

// Records of one agency by which it knows a person of one side, ascending.
struct OwnGroup {
  const PersonSide* side = nullptr;
  std::vector<storage::Uid> own;
};
bool Overlap(const OwnGroup& a, const OwnGroup& b);

// Recomputes one agency's conflicts of `attributes` in an affair. Items of all
// members before are known to the planning.
void UpdateOwnConflicts(Planning& planning, const AgencyEntry& agency,
                        std::span<const OwnGroup> before,
                        std::span<const OwnGroup> after, const Outlook& outlook,
                        domain::AttributeSet attributes);

// One of them as it is now.
struct OwnConflict {
  std::shared_ptr<const Person> person;
  // The record by which it is named, and the agency's group around it.
  RecordPtr record;
  std::vector<storage::Uid> own;
  const domain::AttributeInfo* attribute = nullptr;
  // Of its claims `value` is what the agency may see.
  domain::Resolution resolution;
  // What it points to.
  std::vector<std::unique_ptr<google::protobuf::Message>> cuts;

  bool IsOwn(const domain::Claim& claim) const;
  // No other agency's claim takes part.
  bool IsAmongOwn() const;
  // The claim by which a group is shown: one of its own that says it, if there
  // is one, so that nothing of others shows through it.
  const domain::Claim& Shows(const domain::Group& group) const;
};

// nullopt where the record is not the agency's, or where what `permissions` let
// it see shows no conflict on the entry. Errors are ReadPerson's.
absl::StatusOr<std::optional<OwnConflict>> FindOwnConflict(
    Core& core, const AgencyEntry& agency,
    const domain::Permissions& permissions,
    const SubjectCodec::Conflict& named);

// Changes with what the agency sees of it, and with nothing else.
storage::KeyHash OwnConflictEtag(const Hashes& hashes,
                                 const domain::AttributeInfo& attribute,
                                 const domain::Resolution& resolution,
                                 std::span<const storage::Uid> own);

// Why a clerk cannot decide such a conflict: CONFLICT_IS_THE_OFFICES, or
// CORRECT_OWN_RECORD where the agency's records alone disagree; NOT_AVAILABLE
// where the caller may not know of it.
absl::Status WhyNotDecided(Core& core, const Caller& caller,
                           const SubjectCodec::Conflict& named);

// What of the items in the store an agency's clerk may be shown. They were
// computed under the agreements that were in force then: where those in force
// now show something else, each is looked at again.
class OwnConflictCheck {
 public:
  // Borrows the core. For one call.
  OwnConflictCheck(Core& core, const Reviewer& reviewer);

  // True of anything but an own conflict.
  absl::StatusOr<bool> MayShow(const storage::OpenItem& item) const;

 private:
  Core& core_;
  const std::shared_ptr<const Snapshot> registry_;
  // nullptr of the office.
  const AgencyEntry* agency_ = nullptr;
  std::shared_ptr<const Access> access_;
  bool is_current_ = true;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OWN_CONFLICTS_H_
