// SPDX-License-Identifier: Apache-2.0
// AskAboutBusiness: what holds of a business, by its number, audited before it
// is told (design 8).
#ifndef WAYSTATION_SERVER_HUB_BUSINESS_QUESTIONS_H_
#define WAYSTATION_SERVER_HUB_BUSINESS_QUESTIONS_H_

#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/refusals.h"

namespace waystation::hub {

// All are borrowed. Thread-safe.
class BusinessQuestions {
 public:
  BusinessQuestions(Core& core, Committer& committer, Refusals& refusals)
      : core_(core), committer_(committer), refusals_(refusals) {}

  void Ask(const Caller& caller, const v1::AskAboutBusinessRequest& request,
           Hub::Callback<v1::AskAboutBusinessResponse> done);

 private:
  Core& core_;
  Committer& committer_;
  Refusals& refusals_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_BUSINESS_QUESTIONS_H_
