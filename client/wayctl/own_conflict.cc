// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/own_conflict.h"

#include <algorithm>

#include "client/wayctl/language.h"
#include "client/wayctl/values.h"

namespace waystation::wayctl {

std::vector<v1::ClaimView> ClaimsOf(const v1::ValueGroup& group) {
  std::vector<v1::ClaimView> claims(group.claims().begin(),
                                    group.claims().end());
  // A coarser claim of one's own stands beside what is hidden.
  if (claims.empty() || group.hidden()) claims.emplace_back();
  return claims;
}

bool IsOthers(const v1::GetConflictResponse& response,
              const v1::ClaimView& claim) {
  return response.own() && claim.record_key().empty();
}

std::vector<std::string> RemarksOn(const v1::ValueGroup& group) {
  std::vector<std::string> remarks;
  if (group.provisional()) remarks.push_back(Say("stands meanwhile"));
  if (group.is_new()) remarks.push_back(Say("new since the decision"));
  if (group.form() == v1::FORM_PARTIAL) remarks.push_back(Say("known in part"));
  if (group.match() != v1::MatchClaimResponse::ANSWER_UNSPECIFIED) {
    remarks.push_back(
        Say("held against others: $0", EnumOf(group.match()).shown));
  }
  return remarks;
}

std::string_view WhyNotDecided(const v1::GetConflictResponse& response) {
  const bool among_own =
      std::ranges::all_of(response.groups(), [&](const auto& group) {
        return !group.hidden() &&
               std::ranges::none_of(group.claims(), [&](const auto& claim) {
                 return IsOthers(response, claim);
               });
      });
  return among_own ? "CORRECT_OWN_RECORD" : "CONFLICT_IS_THE_OFFICES";
}

void AddRevealPurpose(CLI::App& verb, std::string& purpose) {
  verb.add_option("--purpose", purpose,
                  Say("At an agency, what others' values are seen for: $0",
                      Choices<v1::Purpose>()));
}

absl::Status SetRevealPurpose(const std::string& purpose,
                              v1::GetConflictRequest& request) {
  if (purpose.empty()) return absl::OkStatus();
  const auto value = EnumFrom<v1::Purpose>("--purpose", purpose);
  if (!value.ok()) return value.status();
  request.set_purpose(*value);
  return absl::OkStatus();
}

}  // namespace waystation::wayctl
