// SPDX-License-Identifier: Apache-2.0
// Which clerk is at work on which open item, so that no two look at one. A
// claim ends by itself: who went home blocks nobody. Claims stand in the store
// as one object a clerk, "review_claims", so that a hub that starts again knows
// them.
#ifndef WAYSTATION_SERVER_HUB_REVIEW_CLAIMS_H_
#define WAYSTATION_SERVER_HUB_REVIEW_CLAIMS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/store.h"

namespace waystation::hub {

inline constexpr std::string_view kReviewClaimsObject = "review_claims";

// How long nobody else is let in, counted from the claim or its renewal.
inline constexpr absl::Duration kReviewClaimTime = absl::Minutes(15);

// What one clerk may hold at a time.
inline constexpr size_t kMostReviewClaims = 50;

class ReviewClaims {
 public:
  struct Claim {
    std::string clerk;
    // Microseconds since 1970 UTC.
    int64_t until = 0;
  };

  // As they stand in the store; those whose time is over at `now` are left out.
  static absl::StatusOr<ReviewClaims> Load(const storage::Store& store,
                                           int64_t now);

  // nullptr for an item that nobody holds.
  const Claim* Find(const storage::OpenItemKey& key) const;
  // ABORTED (REVIEW_CLAIMED) with who and until when, if another clerk holds
  // it.
  absl::Status CheckFree(const storage::OpenItemKey& key,
                         std::string_view clerk) const;
  std::vector<storage::OpenItemKey> HeldBy(std::string_view clerk) const;

  // RESOURCE_EXHAUSTED (LIMIT_REACHED) where the clerk holds too many others.
  // Precondition: nobody else holds it.
  absl::Status Put(const storage::OpenItemKey& key, std::string_view clerk,
                   int64_t until);
  // False if the clerk does not hold it.
  bool Remove(const storage::OpenItemKey& key, std::string_view clerk);

  // What is to be stored of one clerk's.
  storage::ObjectRow RowOf(std::string_view clerk) const;

 private:
  std::map<storage::OpenItemKey, Claim> claims_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_REVIEW_CLAIMS_H_
