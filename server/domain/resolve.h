// SPDX-License-Identifier: Apache-2.0
// Which claim stands (design 7). Pure: the same claims and decisions in any
// order and repetition give the same answer; now is never asked, and the time
// of receipt decides nothing.
#ifndef WAYSTATION_SERVER_DOMAIN_RESOLVE_H_
#define WAYSTATION_SERVER_DOMAIN_RESOLVE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "proto/codes/date.h"
#include "server/domain/claims.h"
#include "server/domain/rules.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::store::v1 {
class StoredClaim;
class StoredDecision;
}  // namespace waystation::store::v1

namespace waystation::domain {

// Why a value stands; ReasonOf gives the name in proto/errors.
enum class Why : std::uint8_t {
  kOnlyClaim = 1,          // ONLY_CLAIM
  kClaimsAgree = 2,        // CLAIMS_AGREE
  kBetterEvidence = 3,     // BETTER_EVIDENCE
  kHigherAuthority = 4,    // HIGHER_AUTHORITY
  kLaterValidTime = 5,     // LATER_VALID_TIME
  kLaterRecordedTime = 6,  // LATER_RECORDED_TIME
  kMoreSources = 7,        // MORE_SOURCES
  kDecided = 8,            // DECIDED
  kRulesExhausted = 9,     // RULES_EXHAUSTED
  kResultContested = 10,   // RESULT_CONTESTED
  kReopened = 11,          // DECISION_REOPENED
  kKeptOpen = 12,          // KEPT_OPEN
};

std::string_view ReasonOf(Why why);

// Indexes of claims.
using ClaimList = absl::InlinedVector<std::uint32_t, 4>;

// Claims that say the same, at their finest.
struct Group {
  // Index (into Resolution::claims) of the claim that shows the group's value.
  std::uint32_t shows = 0;
  // Indexes of the claims whose value is the group's.
  ClaimList members;
  // Members and the coarser claims that the value refines.
  ClaimList supporters;
  // A decision ruled on this entry without having seen it.
  bool is_new = false;
};

// How one entry of one attribute came to stand.
struct Resolution {
  // Empty for a single attribute.
  std::string entry_key;
  // Claims on this entry that count, by (agency, record key, entry).
  std::vector<Claim> claims;
  // The maximal values; the standing one first, the others by (agency, record
  // key) of what they show. One group, or several that are all compatible:
  // AGREED.
  std::vector<Group> groups;
  v1::Status status = v1::STATUS_UNSPECIFIED;
  Why why = Why::kOnlyClaim;
  // Numbers of decisions on this entry: the one that rules, if DECIDED, ...
  std::uint64_t ruled_by = 0;
  // ... and those that are inputs but hold no longer, ascending.
  std::vector<std::uint64_t> reopened;
  // The one by which a clerk left a conflict open and that still holds; else 0.
  std::uint64_t kept_open = 0;

  // The claim that stands; provisionally in a conflict.
  const Claim& standing() const { return claims[groups.front().shows]; }
  bool is_conflict() const { return status == v1::STATUS_CONFLICT; }
};

// What every side of a conflict answers; the default answer where they differ.
template <typename Answer, typename AnswerOf>
Answer Unanimous(const Resolution& resolution, AnswerOf answer_of) {
  const auto of_group = [&](const Group& group) {
    return answer_of(*resolution.claims[group.shows].value);
  };
  const Answer first = of_group(resolution.groups.front());
  if (!resolution.is_conflict()) return first;
  const bool unanimous = std::ranges::all_of(
      resolution.groups,
      [&](const Group& group) { return of_group(group) == first; });
  return unanimous ? first : Answer{};
}

// A decision as Resolve takes it: an active one, borrowed.
using Decisions =
    std::span<const ::waystation::store::v1::StoredDecision* const>;

// How decisions take part.
enum class Ruling : std::uint8_t {
  // The office sees the whole: a decision whose choice is gone, or that has not
  // seen a group, reopens the conflict; one that left it open says so.
  kWhole,
  // A recipient sees its covered claims only: a decision whose choice is not
  // among them does not exist for it, so that nothing shows that a ruling was
  // made on what it may not know. Nor does one that left the conflict open.
  kCovered,
};

// Resolves each entry that has a claim, by rising entry key. Claims that begin
// to be true after `as_of` do not count yet. Decisions of other attributes are
// ignored.
std::vector<Resolution> Resolve(const Rule& rule, std::span<const Claim> claims,
                                Decisions decisions, codes::Date as_of,
                                Ruling ruling = Ruling::kWhole);

// The first day after `as_of` on which a waiting claim begins to count, for a
// timed event; nullopt if none waits.
std::optional<codes::Date> NextChange(std::span<const Claim> claims,
                                      codes::Date as_of);

// A decision's pins, as the hub stores them: choice and every group's value.
// Precondition: `chosen` is a member of one of the groups.
void PinDecision(const AttributeInfo& attribute, const Resolution& resolution,
                 std::uint32_t chosen,
                 ::waystation::store::v1::StoredDecision* decision);

// Of a decision that leaves the conflict open: every group's value. It follows
// the record whose claim stands meanwhile.
void PinKeptOpen(const AttributeInfo& attribute, const Resolution& resolution,
                 ::waystation::store::v1::StoredDecision* decision);

// Of a decision that sets a value: as one that leaves it open, the value as its
// choice and as a claim of the office, and the claims that it is set over. The
// claim has everything but the office's name. Precondition: the claim is on the
// resolution's entry.
void PinValue(const AttributeInfo& attribute, const Resolution& resolution,
              const ::waystation::store::v1::StoredClaim& claim,
              ::waystation::store::v1::StoredDecision* decision);

// The claim of a decision that was pinned so; valid as long as it is.
Claim OfficeClaim(const AttributeInfo& attribute,
                  const ::waystation::store::v1::StoredDecision& decision);

// Whether that claim and its decision would settle the conflict. They do not
// where the value is coarser than two that contradict each other.
bool Settles(const Rule& rule, const Resolution& conflict, const Claim& claim,
             const ::waystation::store::v1::StoredDecision& decision,
             codes::Date as_of);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_RESOLVE_H_
