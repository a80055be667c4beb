// SPDX-License-Identifier: Apache-2.0
// How often each agency asked about certificates on each day, and how many
// codes it named that were not valid: what bounds guessing, and what shows
// desks that ask unusually often. Kept in memory and written in the group of
// each question.
#ifndef WAYSTATION_SERVER_HUB_VERIFICATION_COUNTS_H_
#define WAYSTATION_SERVER_HUB_VERIFICATION_COUNTS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "proto/codes/date.h"
#include "server/domain/verification.h"
#include "server/storage/store.h"

namespace waystation::hub {

inline constexpr std::string_view kVerificationsObject = "verifications";

// Thread-safe.
class VerificationCounts {
 public:
  // Days that are reported at most, and that are kept for their averages.
  static constexpr int kMostReported = 92;
  static constexpr int kKeptDays = kMostReported + domain::kUsualDays;

  // What a question came to; UNSPECIFIED: its code was not valid.
  using Outcome = v1::VerifyResponse::Answer;

  // As the store holds them: what was added and is not written yet is
  // forgotten. STORE_DAMAGED for a row that cannot be read.
  absl::Status Load(const storage::Store& store);

  // One that was counted: to be given back where it did not come about.
  struct Counted {
    std::string agency;
    codes::Date day{};
    Outcome outcome{};
    // Of the Load before it.
    uint64_t load = 0;
  };
  Counted Add(const std::string& agency, codes::Date day, Outcome outcome);
  void TakeBack(const Counted& counted);

  int WrongCodes(const std::string& agency, codes::Date day) const;
  // By agency, each with its days by rising day.
  std::map<std::string, std::vector<domain::AskedOnDay>> All() const;

  // Rows of the agencies that changed since the last call.
  std::vector<storage::ObjectRow> TakeStale();

 private:
  int& CountOf(const std::string& agency, codes::Date day, Outcome outcome);

  mutable std::mutex mutex_;
  uint64_t loads_ = 0;
  std::map<std::string, std::map<std::chrono::sys_days, domain::AskedOnDay>>
      agencies_;
  std::set<std::string> stale_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_VERIFICATION_COUNTS_H_
