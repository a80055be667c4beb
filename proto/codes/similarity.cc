// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/similarity.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace waystation::codes {
namespace {

constexpr double kPrefixBonus = 0.1;
constexpr std::size_t kPrefix = 4;

}  // namespace

double JaroWinkler(std::u32string_view a, std::u32string_view b) {
  // Which of two equal letters is matched depends on where one begins to look.
  if (std::pair(a.size(), a) > std::pair(b.size(), b)) std::swap(a, b);
  if (b.empty()) return 1;
  if (a.empty()) return 0;
  const std::size_t window = std::max<std::size_t>(b.size() / 2, 1) - 1;
  std::vector<bool> taken(b.size(), false);
  std::u32string_view::size_type matches = 0;
  std::vector<char32_t> of_a;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::size_t from = i > window ? i - window : 0;
    const std::size_t until = std::min(b.size(), i + window + 1);
    for (std::size_t j = from; j < until; ++j) {
      if (taken[j] || a[i] != b[j]) continue;
      taken[j] = true;
      of_a.push_back(a[i]);
      ++matches;
      break;
    }
  }
  if (matches == 0) return 0;
  std::size_t out_of_order = 0;
  for (std::size_t j = 0, k = 0; j < b.size(); ++j) {
    if (!taken[j]) continue;
    out_of_order += b[j] != of_a[k++] ? 1 : 0;
  }
  const auto m = static_cast<double>(matches);
  const double jaro =
      (m / static_cast<double>(a.size()) + m / static_cast<double>(b.size()) +
       (m - static_cast<double>(out_of_order / 2)) / m) /
      3;
  const std::size_t most = std::min({kPrefix, a.size(), b.size()});
  std::size_t prefix = 0;
  while (prefix < most && a[prefix] == b[prefix]) ++prefix;
  return jaro + static_cast<double>(prefix) * kPrefixBonus * (1 - jaro);
}

std::size_t EditDistance(std::u32string_view a, std::u32string_view b,
                         std::size_t most) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > most) return most + 1;
  // Three rows of the table, of the prefix of `b` against all prefixes of `a`.
  const std::size_t width = a.size() + 1;
  std::vector<std::size_t> before(width);
  std::vector<std::size_t> last(width);
  std::vector<std::size_t> row(width);
  for (std::size_t i = 0; i < width; ++i) last[i] = i;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    row[0] = j;
    for (std::size_t i = 1; i < width; ++i) {
      const std::size_t exchanged =
          last[i - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u);
      row[i] = std::min({exchanged, last[i] + 1, row[i - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[i] = std::min(row[i], before[i - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return std::min(last.back(), most + 1);
}

}  // namespace waystation::codes
