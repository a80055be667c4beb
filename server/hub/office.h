// SPDX-License-Identifier: Apache-2.0
// What waits for the reconciliation office: lists without values, and single
// conflicts and candidates with theirs, audited before they are shown. Of
// candidates and pairs an agency's own clerk has what is about two of the
// agency's records, and says nothing of others.
#ifndef WAYSTATION_SERVER_HUB_OFFICE_H_
#define WAYSTATION_SERVER_HUB_OFFICE_H_

#include "absl/status/statusor.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"

namespace waystation::hub {

// All are borrowed. Thread-safe.
class Office {
 public:
  Office(Core& core, Committer& committer)
      : core_(core), committer_(committer) {}

  absl::StatusOr<v1::ListConflictsResponse> ListConflicts(
      const v1::ListConflictsRequest& request);
  void GetConflict(const Caller& caller, const v1::GetConflictRequest& request,
                   Hub::Callback<v1::GetConflictResponse> done);
  absl::StatusOr<v1::ListCandidatesResponse> ListCandidates(
      const Caller& caller, const v1::ListCandidatesRequest& request);
  void GetCandidate(const Caller& caller,
                    const v1::GetCandidateRequest& request,
                    Hub::Callback<v1::GetCandidateResponse> done);
  void ExplainPair(const Caller& caller, const v1::ExplainPairRequest& request,
                   Hub::Callback<v1::ExplainPairResponse> done);
  void ExplainPerson(const Caller& caller,
                     const v1::ExplainPersonRequest& request,
                     Hub::Callback<v1::ExplainPersonResponse> done);

 private:
  Core& core_;
  Committer& committer_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OFFICE_H_
