// SPDX-License-Identifier: Apache-2.0
// Questions about a business that name no person (design 8): asked by its
// number, answered from what stands of those who run it or work for it.
#ifndef WAYSTATION_SERVER_DOMAIN_BUSINESS_H_
#define WAYSTATION_SERVER_DOMAIN_BUSINESS_H_

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/codes/date.h"
#include "server/domain/agreement.h"
#include "server/domain/attributes.h"
#include "server/domain/claims.h"
#include "server/domain/read_update.h"
#include "server/domain/resolve.h"
#include "server/domain/rules.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::domain {

// A unified code (GB 32100-2015) or registration number (GS 15-2006) as records
// hold it; nullopt for what is neither, or fails its check.
std::optional<std::string> ReadBusinessNumber(std::string_view given);

// That a record names a business: as one that the person runs (kBusiness) or
// works for (kEmployment).
struct BusinessTie {
  AttributeNumber attribute = 0;
  std::string number;
  auto operator<=>(const BusinessTie&) const = default;
};

// Attributes that name businesses.
inline constexpr AttributeSet kBusinessAttributes =
    BitOf(kBusiness) | BitOf(kEmployment);

// The ties of one record whose numbers are sound, ascending: what the index of
// businesses holds.
std::vector<BusinessTie> BusinessTies(const store::StoredRecord& record);

// A predicate about a business.
struct BusinessPredicate {
  std::string_view name;
  // By which tie those who can answer it are found.
  AttributeNumber tie = 0;
  // On which attribute it is declared, and granted.
  AttributeNumber attribute = 0;
};

// nullptr for one that the code cannot answer. It can answer each that
// person.proto declares so; a test holds the two against each other.
const BusinessPredicate* FindBusinessPredicate(std::string_view name);

// Somebody who has a record with the predicate's tie to the business.
struct Insider {
  const PersonClaims* claims = nullptr;
  // Active value decisions on the person.
  Decisions decisions;
};

// What stands of the claims that `permissions` let be asked:
//   business_open: what the latest of the insiders' records says, by the time
//   at
//     which its agency entered it; unknown where two of one time differ.
//   employer_insured: YES if somebody who works there is insured; NO if of some
//     it is known that they are not, and of nobody that he or she is.
v1::PredicateAnswer::Answer AnswerAboutBusiness(
    const BusinessPredicate& predicate, std::string_view number,
    std::span<const Insider> insiders, const Permissions& permissions,
    const RuleBook& rules, codes::Date day);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_BUSINESS_H_
