// SPDX-License-Identifier: Apache-2.0
// What a source record says after an update (design 5). The revision is held
// per attribute, so the outcome is free of order: any permutation and
// repetition of the same updates leaves the same StoredRecord.
#ifndef WAYSTATION_SERVER_DOMAIN_APPLY_H_
#define WAYSTATION_SERVER_DOMAIN_APPLY_H_

#include <vector>

#include "server/domain/attributes.h"
#include "server/domain/read_update.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::domain {

struct Applied {
  // APPLIED: something of it is now held. UNCHANGED: this revision is held with
  // this content. STALE: all of it is older than what is held. REJECTED: this
  // revision is held with another content (REVISION_REUSED).
  v1::UpdateResult::Outcome outcome = v1::UpdateResult::OUTCOME_UNSPECIFIED;
  // Attributes of which Resolve may now see something else: value, grade,
  // times, evidence, or that there is a claim at all.
  AttributeSet changed = 0;
  // Set when REJECTED.
  std::vector<v1::Violation> violations;

  // Whether the record must be written. A record may change (its revisions)
  // while no attribute does.
  bool writes() const { return outcome == v1::UpdateResult::OUTCOME_APPLIED; }
};

// Applies `update` to `record`, which is a default message (with agency and
// record key set) for a record that is not held yet. The record is touched
// only if the outcome is APPLIED.
Applied Apply(const ReadUpdate& update, store::StoredRecord& record);

// Whether the record still claims anything.
bool HasClaims(const store::StoredRecord& record);

// The claim of one attribute; nullptr if there is none or it was taken back.
const store::StoredClaim* FindClaim(const store::StoredRecord& record,
                                    AttributeNumber attribute);
// The same, nullptr as well if its value is a placeholder or could not be read.
const store::StoredClaim* FindSound(const store::StoredRecord& record,
                                    AttributeNumber attribute);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_APPLY_H_
