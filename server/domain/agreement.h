// SPDX-License-Identifier: Apache-2.0
// What the agreements in force let one agency know. Whether one may be applied
// is proto/agreement's, since wayctl must say the same.
#ifndef WAYSTATION_SERVER_DOMAIN_AGREEMENT_H_
#define WAYSTATION_SERVER_DOMAIN_AGREEMENT_H_

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/agreement/ceiling.h"
#include "proto/codes/date.h"
#include "server/domain/attributes.h"
#include "waystation/v1/agreement.pb.h"

namespace waystation::domain {

// Whether it holds on that day.
bool InForce(const v1::Agreement& agreement, codes::Date day);

// What one recipient may know of one source sector's claims on one attribute.
struct Permission {
  // VALUE, PARTIAL or unspecified: what may be seen.
  v1::Form visible = v1::FORM_UNSPECIFIED;
  // For PARTIAL of a division.
  int digits = 0;
  // A value may be offered for a match: granted, or VALUE.
  bool match = false;
  // Names that were granted, ascending.
  std::vector<std::string> predicates;
  // EXISTS was granted.
  bool exists = false;

  bool operator==(const Permission&) const = default;
};

struct Recipient {
  // Id of the agency, such as "labor.320500", and its sector.
  std::string agency;
  std::string sector;
  bool operator==(const Recipient&) const = default;
};

// All that one recipient may know under the agreements in force on one day.
// Immutable; built once per recipient, day and change of agreements, so that
// the commit path only looks up.
class Permissions {
 public:
  // Nothing.
  Permissions() = default;
  // Grants over the ceiling are left out, whoever wrote them. With `purpose`,
  // only agreements for that purpose count; and only those of `scope`. The
  // ceiling is the compiled one, unless a file says more of other sectors.
  Permissions(std::span<const v1::Agreement> agreements,
              const Recipient& recipient, codes::Date day,
              std::optional<v1::Purpose> purpose = std::nullopt,
              v1::Scope scope = v1::SCOPE_OWN_RECORDS,
              const agreement::Ceiling& ceiling = {});

  // The strongest that any agreement grants; a Permission without anything
  // where none does.
  const Permission& Of(std::string_view source_sector,
                       AttributeNumber attribute) const;

  // The same for all attributes of one sector, by number; nullptr where nothing
  // of it may be known.
  const std::array<Permission, 64>* Find(std::string_view source_sector) const;

  // Attributes of which something may be seen (VALUE or PARTIAL) from that
  // sector.
  AttributeSet Visible(std::string_view source_sector) const;
  // The same from any sector, and those with a predicate or MATCH.
  AttributeSet Visible() const { return visible_; }
  AttributeSet Matchable() const { return matchable_; }
  // Attributes that have a granted predicate.
  AttributeSet Answerable() const { return answerable_; }
  // Attributes of which EXISTS was granted, from any sector.
  AttributeSet Existing() const { return existing_; }
  bool empty() const { return sectors_.empty(); }
  // All that may be seen, as text: two that say the same show the same of every
  // person.
  std::string VisibleText() const;
  // Whether some sector's claims on it may be asked for the predicate.
  bool MayAsk(AttributeNumber attribute, std::string_view predicate) const;

 private:
  struct Sector {
    std::string name;
    AttributeSet visible = 0;
    std::array<Permission, 64> attributes;
  };
  std::vector<Sector> sectors_;
  AttributeSet visible_ = 0;
  AttributeSet matchable_ = 0;
  AttributeSet answerable_ = 0;
  AttributeSet existing_ = 0;
};

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_AGREEMENT_H_
