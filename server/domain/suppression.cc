// SPDX-License-Identifier: Apache-2.0
#include "server/domain/suppression.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace waystation::domain {

Suppression Suppress(std::span<const std::uint64_t> counts,
                     std::uint64_t least) {
  Suppression out{.rows = std::vector<bool>(counts.size()), .total = false};
  std::vector<std::size_t> rising(counts.size());
  std::iota(rising.begin(), rising.end(), 0);
  std::ranges::stable_sort(rising, {},
                           [&](std::size_t i) { return counts[i]; });
  std::uint64_t sum = 0;
  for (std::size_t taken = 0; taken < rising.size(); ++taken) {
    const std::uint64_t next = counts[rising[taken]];
    // Rows of one count go together: where they part, their order would tell.
    const bool safe = taken >= 2 && sum >= least &&
                      counts[rising[0]] != counts[rising[taken - 1]] &&
                      counts[rising[taken - 1]] != next;
    if (next >= least && (taken == 0 || safe)) return out;
    out.rows[rising[taken]] = true;
    sum += next;
  }
  out.total =
      !rising.empty() && (rising.size() < 2 || sum < least ||
                          counts[rising.front()] == counts[rising.back()]);
  return out;
}

}  // namespace waystation::domain
