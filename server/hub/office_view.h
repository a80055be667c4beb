// SPDX-License-Identifier: Apache-2.0
// How the reconciliation office sees claims: values of the attribute in
// question side by side; names and numbers around it masked until they are
// revealed with a reason.
#ifndef WAYSTATION_SERVER_HUB_OFFICE_VIEW_H_
#define WAYSTATION_SERVER_HUB_OFFICE_VIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/resolve.h"
#include "server/hub/core.h"
#include "server/hub/edge.h"
#include "server/hub/open_item_list.h"
#include "server/hub/person_reader.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::hub {

// An open conflict as lists have it, without values.
v1::Conflict ConflictOf(const Core& core, const Snapshot& registry,
                        const storage::OpenItem& item);

// The number of the attribute that a list is to be of; 0 where none is named.
// ATTRIBUTE_UNKNOWN.
absl::StatusOr<uint32_t> ListedAttribute(
    const v1::ListConflictsRequest& request);
v1::ListConflictsResponse ConflictsOf(const Core& core,
                                      const Snapshot& registry,
                                      const OpenItemPage& page);

// What a claim says, since when and on what, with `value` in place of its own;
// not whose it is.
v1::ClaimView ViewOf(const domain::AttributeInfo& attribute,
                     const domain::Claim& claim,
                     const google::protobuf::Message& value);

// Hides name and numbers, unless they are among `revealed`.
void Mask(domain::AttributeSet revealed, v1::Person& person);

// Names a claim in a decision.
std::string ClaimId(const Hashes& hashes, domain::AttributeNumber attribute,
                    const domain::Resolution& resolution,
                    const domain::Claim& claim);

// Of the entry that `entry` is the hash of; nullopt where nothing claims it.
std::optional<domain::Resolution> ResolveEntry(
    const Core& core, const PersonSide& side,
    const domain::AttributeInfo& attribute, const storage::KeyHash& entry,
    codes::Date as_of);

// The standing value alone.
v1::Person StandingValue(const domain::AttributeInfo& attribute,
                         const domain::Resolution& resolution);

// The values that disagree, each with its claims; the standing one first.
void AddGroups(const Core& core, const domain::AttributeInfo& attribute,
               const domain::Resolution& resolution,
               v1::GetConflictResponse& response);

// The person around a conflict: name and identifiers, masked unless they are
// among `revealed`, and whatever else is.
v1::Person PersonAround(Core& core, const PersonSide& side,
                        domain::AttributeSet revealed, codes::Date as_of);

// One record of a candidate: name, sex and birth date, which are in question,
// and its identifiers, masked unless revealed.
v1::Person RecordInQuestion(const Record& record,
                            domain::AttributeSet revealed);

// What speaks for the two being one human being, under the rules in force.
template <typename Response>
void AddContributions(const Core& core, const domain::Weighed& weighed,
                      Response& response) {
  store::v1::StoredEdge edge = StoredEdgeOf(weighed, core.rules().version());
  response.mutable_contributions()->Swap(edge.mutable_contributions());
  response.set_score(edge.score());
  response.set_rules_version(edge.rules_version());
}

// What each of `response.recipients` sees of the entry now, by its first
// records of the person.
void AddViews(const Core& core, const Person& person,
              const domain::AttributeInfo& attribute,
              const storage::KeyHash& entry, codes::Date as_of,
              v1::GetConflictResponse& response);

// Agencies that would be told if the attribute changed, ascending.
std::vector<std::string> RecipientsOf(const Person& person,
                                      const domain::AttributeInfo& attribute,
                                      codes::Date as_of);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OFFICE_VIEW_H_
