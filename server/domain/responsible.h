// SPDX-License-Identifier: Apache-2.0
// Which agency of a sector is responsible for a division: to whom a notice goes
// that names no agency (design 9).
//
// The tree of divisions is walked upwards, from community to town, county, city
// and province, and the first agency of the sector that is met is the one: of
// those that are competent for the division, the one whose jurisdiction lies
// within that of all others. A unit below the community (the grid of a
// community: 15 digits) is never responsible for a person; its community is.
//
// Codes die and move (GB/T 2260, proto/codes/division.h), in what senders wrote
// down as well as in what agencies are registered for, so both are read in
// today's numbering. A code that became several divisions is each of them:
// where these have different agencies, nobody but a human being can choose.
#ifndef WAYSTATION_SERVER_DOMAIN_RESPONSIBLE_H_
#define WAYSTATION_SERVER_DOMAIN_RESPONSIBLE_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace waystation::v1 {
class Agency;
}  // namespace waystation::v1

namespace waystation::domain {

struct Responsible {
  enum class Answer : std::uint8_t {
    // `agencies` holds the one.
    kFound,
    // No agency of the sector is competent for the division, up to the
    // province;
    // `agencies` is empty.
    kNobody,
    // `agencies` holds those that may be. The division became several that have
    // different agencies (one of them may have none at all, then a single
    // candidate is no answer either), or several are registered for the same
    // jurisdiction.
    kAmbiguous,
  };
  Answer answer = Answer::kNobody;
  // Ordered by id; they belong to the caller.
  std::vector<const v1::Agency*> agencies;

  bool operator==(const Responsible&) const = default;
};

// `division` is a code of 2, 4, 6, 9, 12 or 15 digits as somebody wrote it; for
// what is no code there is nobody. A code that no list knows, such as one that
// is newer than ours, is taken by its digits. `agencies` are those that are
// registered, in any order, of any sector; none is nullptr, no id is there
// twice. The answer does not depend on their order. Of several that are
// registered for the same territory, one under a code in force goes before
// those under codes that are not, and of these the one whose code was written.
//
// Who asks is not known here: the answer may be the asking agency itself.
// Looks at each agency once.
Responsible FindResponsible(std::string_view sector, std::string_view division,
                            std::span<const v1::Agency* const> agencies);

// To whom it is escalated what is overdue at `agency`: the next of its sector
// further up the tree, competent for the division above its jurisdiction.
// nullptr where there is nobody, or nobody can say which. `agencies` as above,
// of whom it may be one; the same holds for what comes back.
const v1::Agency* FindSuperior(const v1::Agency& agency,
                               std::span<const v1::Agency* const> agencies);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_RESPONSIBLE_H_
