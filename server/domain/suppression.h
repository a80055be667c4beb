// SPDX-License-Identifier: Apache-2.0
// Which rows of a table are left out so that nobody is found in it.
//
// A row of few cases is left out. What the rows left out come to is still
// known, being the total less what is shown, so a second one goes with it where
// it would say how many the first one has. Nor may a reader who knows these
// lines find a count by asking which tables give this one: rows left out come
// to different counts, and nothing tells which of them has which.
#ifndef WAYSTATION_SERVER_DOMAIN_SUPPRESSION_H_
#define WAYSTATION_SERVER_DOMAIN_SUPPRESSION_H_

#include <cstdint>
#include <span>
#include <vector>

namespace waystation::domain {

struct Suppression {
  // Of each row, whether it is left out.
  std::vector<bool> rows;
  bool total = false;
  bool operator==(const Suppression&) const = default;
};

// `counts` are the cases of each row, none 0, and the total is their sum; or
// the total alone stands in one row, and goes if that goes. Left out are all
// rows under `least` and then the smallest others (those of one count together)
// until they are at least two, come to `least` or more and are not all of one
// count. Where no row is left to add, the total is left out.
Suppression Suppress(std::span<const std::uint64_t> counts,
                     std::uint64_t least);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_SUPPRESSION_H_
