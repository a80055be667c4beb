// SPDX-License-Identifier: Apache-2.0
// Sets of what is connected (union-find).
#ifndef WAYSTATION_SERVER_HUB_CONNECTED_H_
#define WAYSTATION_SERVER_HUB_CONNECTED_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace waystation::hub {

class Connected {
 public:
  explicit Connected(std::span<const uint64_t> elements)
      : elements_(elements.begin(), elements.end()) {
    parents_.reserve(elements_.size());
    for (size_t i = 0; i < elements_.size(); ++i) {
      places_.emplace(elements_[i], i);
      parents_.push_back(i);
    }
  }

  // Elements that are not of the set are ignored.
  void Join(uint64_t a, uint64_t b) {
    const auto place_a = places_.find(a);
    const auto place_b = places_.find(b);
    if (place_a == places_.end() || place_b == places_.end()) return;
    parents_[Root(place_a->second)] = Root(place_b->second);
  }

  // Each ascending; in the order of their first elements in `elements`.
  std::vector<std::vector<uint64_t>> Sets() {
    std::vector<std::vector<uint64_t>> sets;
    std::vector<size_t> set_of_root(elements_.size(), elements_.size());
    for (size_t i = 0; i < elements_.size(); ++i) {
      size_t& set = set_of_root[Root(i)];
      if (set == elements_.size()) {
        set = sets.size();
        sets.emplace_back();
      }
      sets[set].push_back(elements_[i]);
    }
    for (std::vector<uint64_t>& set : sets) std::ranges::sort(set);
    return sets;
  }

 private:
  size_t Root(size_t i) {
    while (parents_[i] != i) i = parents_[i] = parents_[parents_[i]];
    return i;
  }

  std::vector<uint64_t> elements_;
  absl::flat_hash_map<uint64_t, size_t> places_;
  std::vector<size_t> parents_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_CONNECTED_H_
