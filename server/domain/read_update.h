// SPDX-License-Identifier: Apache-2.0
// From what an agency sent to normalised, graded claims. Reading refuses only
// what cannot be read; everything else is kept and graded (design 4).
#ifndef WAYSTATION_SERVER_DOMAIN_READ_UPDATE_H_
#define WAYSTATION_SERVER_DOMAIN_READ_UPDATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/auditlog/hash.h"
#include "proto/codes/citizen_number.h"
#include "server/domain/attributes.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/claim.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::domain {

namespace store = ::waystation::store::v1;

struct ReadOptions {
  // When the update came in, microseconds since 1970 UTC. Ages and dates in
  // the future are counted from it, in China Standard Time.
  std::int64_t received_time = 0;
  // kDemo accepts the numbers of generated people.
  codes::CitizenNumberProfile profile = codes::CitizenNumberProfile::kReal;
};

// One update, read. Ready to be applied to the record that it names.
struct ReadUpdate {
  std::string record_key;
  std::uint64_t revision = 0;
  // SHA-256 over the update in one spelling (deterministic serialisation, mask
  // sorted): equal for two updates that say the same in the same words.
  auditlog::Hash content{};
  // One per masked attribute, ascending: a claim or a retraction. Entries of a
  // set are sorted by their key, equal ones named once. Empty when the whole
  // record is retracted.
  std::vector<store::StoredClaim> claims;
  std::optional<v1::RecordRetraction::Reason> retraction;
  std::optional<v1::GuardianEvidence> guardian;
  std::int64_t received_time = 0;
  // What is not GRADE_OK, by path from Update: for the answer to the agency,
  // the first 64 of many.
  std::vector<v1::GradedField> grades;

  // The attributes that it claims or retracts.
  AttributeSet attributes() const;
};

struct ReadResult {
  // Meaningless if there are violations.
  ReadUpdate update;
  // Why it is refused: path, reason, rule, never the value; the first 64 of
  // many. Reasons:
  // UPDATE_UNREADABLE, UNKNOWN_FIELDS, RECORD_KEY_INVALID, RECORD_KEY_PERSONAL,
  // REVISION_MISSING, NOTHING_CLAIMED, ATTRIBUTE_UNKNOWN,
  // RETRACTION_WITH_CLAIMS, RETRACTION_REASON_MISSING, DETAIL_WITHOUT_CLAIM,
  // CLAIM_NOT_NAMED, VALUE_UNREADABLE, VALUE_TOO_LONG, TOO_MANY_ENTRIES,
  // ENTRY_TWICE, DATE_IMPOSSIBLE, TIME_INVALID, CODE_UNKNOWN,
  // HEALTH_SERVICE_REFUSED, MINOR_WITHOUT_GUARDIAN.
  std::vector<v1::Violation> violations;

  bool ok() const { return violations.empty(); }
};

// Reads a serialised v1.Update. Pure and thread-safe.
ReadResult Read(std::string_view serialised, const ReadOptions& options);

// As above for a parsed message, which it consumes.
ReadResult Read(v1::Update update, const ReadOptions& options);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_READ_UPDATE_H_
