// SPDX-License-Identifier: Apache-2.0
// What one agency may know of one person, and who is told of a change
// (design 8). A recipient sees Resolve over its own claims and those that
// agreements cover, cut to their form before they are resolved; statuses come
// from these alone.
//
// Decisions take part in a view only where their choice is among what the
// recipient may know (Ruling::kCovered): a ruling never brings a value, a flag
// or its own existence to an agency that may not know the value.
//
// A value that the office set is a claim of the office, and no agreement names
// the office. It is seen in the narrowest of the forms in which the recipient's
// agreements cover every claim that it was set over, in scope, and beside one
// of them; its own records' are covered as a matter of course.
//
// The scope of own records: an agency is told of others' claims only while one
// of its own records of the person claims number, name and birth date itself.
#ifndef WAYSTATION_SERVER_DOMAIN_DISCLOSURE_H_
#define WAYSTATION_SERVER_DOMAIN_DISCLOSURE_H_

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "proto/codes/date.h"
#include "server/domain/agreement.h"
#include "server/domain/claims.h"
#include "server/domain/resolve.h"
#include "server/domain/rules.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::domain {

// By which records an agency knows a person: one group of OwnGroups. The
// agency's other records of the same person are not among what it sees, since
// it may not know that they are one.
struct Viewer {
  const Recipient* recipient = nullptr;
  const Permissions* permissions = nullptr;
  // Ascending.
  std::span<const Uid> own;
  // An open notice is with it that is about the person: in scope, whatever
  // records of its own say. The claims are those of the notice's record alone.
  bool by_notice = false;
};

// What a view is computed from.
struct Context {
  const RuleBook* rules = nullptr;
  // Active value decisions on the person.
  Decisions decisions;
  // The day of the question.
  codes::Date as_of;
};

// What InScope looks at.
inline constexpr AttributeSet kScopeAttributes =
    BitOf(kIdentifiers) | BitOf(kName) | BitOf(kBirthDate);

// Whether one of the viewer's own records claims number, name and birth date,
// each with a value that could be read and is no placeholder; or an open notice
// does instead.
bool InScope(const Viewer& viewer, const PersonClaims& claims);

// All that the viewer may see, without handle; record_keys are those of `own`
// that still claim something, ascending. `wanted` limits the attributes.
// AttributeView of a claim known in part carries neither times nor grade.
v1::PersonView View(const Viewer& viewer, const PersonClaims& claims,
                    const Context& context,
                    AttributeSet wanted = ~AttributeSet{0});

// What a viewer's view shows to be in conflict of one attribute.
struct SeenConflicts {
  AttributeNumber attribute = 0;
  // Entries that are. Of their claims `value` is what the viewer may see, cut
  // where `full` is another: `full` is not for it.
  std::vector<Resolution> entries;
  // What cut values point to.
  std::vector<std::unique_ptr<google::protobuf::Message>> cuts;
};

// The conflicts that View shows of `attributes`, by rising attribute; those
// between claims of one record are left out, as they are everywhere. Valid as
// long as `claims`.
std::vector<SeenConflicts> ConflictsIn(const Viewer& viewer,
                                       const PersonClaims& claims,
                                       const Context& context,
                                       AttributeSet attributes);

// Whether `offered` (which sets `attribute` alone, one entry of a set) agrees
// with what stands among the others' claims that the viewer may match against:
// MATCH if what stands says all that was offered, DIFFERS if the two cannot
// both be true, else UNSPECIFIED. In a conflict an answer is given only where
// all sides give the same.
v1::MatchClaimResponse::Answer Match(const Viewer& viewer,
                                     const PersonClaims& claims,
                                     const Context& context,
                                     const AttributeInfo& attribute,
                                     const v1::Person& offered);

// What a change brings to one viewer.
struct Told {
  // Attributes whose view changed: in value (after the cut) or in being a
  // conflict or not. Empty: no entry goes to the mailbox.
  AttributeSet changed = 0;
  // Those of `changed` of which nothing is left to see.
  AttributeSet withdrawn = 0;
  bool operator==(const Told&) const = default;
};

// One side of a change.
struct Side {
  // nullptr where the viewer did not know the person (a first record).
  const PersonClaims* claims = nullptr;
  // The viewer's group on this side.
  Viewer viewer;
  Context context;
};

// Compares the viewer's own view before and after, for `attributes` (those that
// the updates changed; all, where the set of records changed). `submitted` are
// the uids of the viewer's own records that were updated in this change, with
// `said`, the attributes that they claimed or retracted: of these the viewer is
// told only if its view differs from what it said itself.
Told Compare(const Side& before, const Side& after, AttributeSet attributes,
             std::span<const Uid> submitted = {}, AttributeSet said = 0);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_DISCLOSURE_H_
