// SPDX-License-Identifier: Apache-2.0
// What the domain gives as a reason stands in the one table.
#include <gtest/gtest.h>

#include "proto/errors/reason.h"
#include "server/domain/link.h"
#include "server/domain/resolve.h"

namespace waystation::domain {
namespace {

TEST(Reasons, OfWhatStandsAreInTheTable) {
  for (auto why = static_cast<int>(Why::kOnlyClaim);
       why <= static_cast<int>(Why::kReopened); ++why) {
    const std::string_view name = ReasonOf(static_cast<Why>(why));
    EXPECT_NE(errors::FindReason(name), nullptr) << why << " " << name;
  }
}

TEST(Reasons, OfDoubtAreInTheTable) {
  for (auto doubt = static_cast<int>(Doubt::kNameContradicts);
       doubt <= static_cast<int>(Doubt::kTooMany); ++doubt) {
    const std::string_view name = ReasonOf(static_cast<Doubt>(doubt));
    EXPECT_NE(errors::FindReason(name), nullptr) << doubt << " " << name;
  }
}

}  // namespace
}  // namespace waystation::domain
