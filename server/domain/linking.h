// SPDX-License-Identifier: Apache-2.0
// What the rules in force say of who is who: the defaults of score.h, link.h
// and blocking.h, replaced by what the rules file says under `linking`.
#ifndef WAYSTATION_SERVER_DOMAIN_LINKING_H_
#define WAYSTATION_SERVER_DOMAIN_LINKING_H_

#include <cstddef>
#include <vector>

#include "server/domain/block_list.h"
#include "server/domain/blocking.h"
#include "server/domain/link.h"
#include "server/domain/score.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::config::v1 {
class Linking;
}  // namespace waystation::config::v1

namespace waystation::domain {

// Immutable once it is read; thread-safe.
struct Linking {
  // As Partition takes them: without automatic links `upper` is infinite, so
  // that all over `lower` is a candidate.
  Thresholds thresholds;
  Weights weights;
  // A key that more records than this have tells nothing.
  std::size_t block_cap = kBlockCap;
  bool automatic = true;
  BlockList block_list;

  bool operator==(const Linking&) const = default;
};

// `linking` must have no violations; a default message gives the defaults.
Linking ReadLinking(const ::waystation::config::v1::Linking& linking);

// The same section with the defaults written out.
::waystation::config::v1::Linking WrittenOut(
    const ::waystation::config::v1::Linking& linking);

// What is wrong with the section, by field path from "linking": FIELD_MISSING,
// and CONFIG_INVALID with the rule that is broken. Empty if nothing.
std::vector<v1::Violation> CheckLinking(
    const ::waystation::config::v1::Linking& linking);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_LINKING_H_
