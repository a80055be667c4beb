// SPDX-License-Identifier: Apache-2.0
// GetPerson, MatchClaim and LookUpPerson: what an agreement lets one agency
// know of one person, audited before it is told (design 8).
#ifndef WAYSTATION_SERVER_HUB_DISCLOSURE_H_
#define WAYSTATION_SERVER_HUB_DISCLOSURE_H_

#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/refusals.h"

namespace waystation::hub {

// All are borrowed. Thread-safe.
class Disclosure {
 public:
  Disclosure(Core& core, Committer& committer, Refusals& refusals)
      : core_(core), committer_(committer), refusals_(refusals) {}

  void GetPerson(const Caller& caller, const v1::GetPersonRequest& request,
                 Hub::Callback<v1::GetPersonResponse> done);
  void MatchClaim(const Caller& caller, const v1::MatchClaimRequest& request,
                  Hub::Callback<v1::MatchClaimResponse> done);
  void LookUpPerson(const Caller& caller,
                    const v1::LookUpPersonRequest& request,
                    Hub::Callback<v1::LookUpPersonResponse> done);

 private:
  Core& core_;
  Committer& committer_;
  Refusals& refusals_;
};

// Names of attributes as bits; unknown names are left aside.
domain::AttributeSet AttributesOf(const v1::PersonView& view);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_DISCLOSURE_H_
