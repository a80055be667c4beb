// SPDX-License-Identifier: Apache-2.0
#include "proto/quality/grouping.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <unordered_map>
#include <vector>

namespace waystation::quality {
namespace {

std::uint64_t PairsOf(std::uint64_t records) {
  return records * (records - 1) / 2;
}

using Sizes = std::unordered_map<std::uint64_t, std::uint64_t>;

}  // namespace

Grouped Judge(
    std::span<const std::uint64_t> truly,
    std::span<const std::uint64_t> persons,
    std::span<const std::pair<std::uint64_t, std::uint64_t>> candidates) {
  Sizes of_one;
  Sizes joined;
  // How many records of each human being a person has.
  std::unordered_map<std::uint64_t, std::map<std::uint64_t, std::uint64_t>>
      parts;
  for (std::size_t i = 0; i < truly.size(); ++i) {
    ++of_one[truly[i]];
    ++joined[persons[i]];
    ++parts[persons[i]][truly[i]];
  }
  Grouped grouped;
  for (const auto& [one, records] : of_one) {
    grouped.recall.all += PairsOf(records);
  }
  for (const auto& [person, members] : parts) {
    grouped.precision.all += PairsOf(joined.at(person));
    for (const auto& [one, records] : members) {
      grouped.recall.hits += PairsOf(records);
    }
    const bool is_exact =
        members.size() == 1 &&
        of_one.at(members.begin()->first) == joined.at(person);
    grouped.cluster_precision.hits += is_exact ? 1 : 0;
  }
  grouped.precision.hits = grouped.recall.hits;
  grouped.cluster_precision.all = parts.size();
  // Each person that is exactly one human being is that human being's only one.
  grouped.cluster_recall = {.hits = grouped.cluster_precision.hits,
                            .all = of_one.size()};
  grouped.seen = grouped.recall;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> asked;
  for (const auto& [a, b] : candidates) {
    if (a != b) asked.push_back(std::minmax(a, b));
  }
  std::ranges::sort(asked);
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  for (const auto& [a, b] : asked) {
    const auto one = parts.find(a);
    const auto other = parts.find(b);
    if (one == parts.end() || other == parts.end()) continue;
    for (const auto& [human, records] : one->second) {
      const auto there = other->second.find(human);
      if (there != other->second.end()) {
        grouped.seen.hits += records * there->second;
      }
    }
  }
  return grouped;
}

}  // namespace waystation::quality
