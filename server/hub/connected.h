// SPDX-License-Identifier: Apache-2.0
// Sets of what is connected (union-find), while it is being found.
#ifndef WAYSTATION_SERVER_HUB_CONNECTED_H_
#define WAYSTATION_SERVER_HUB_CONNECTED_H_

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace waystation::hub {

class Connected {
 public:
  // A set of its own, unless it is known.
  void Add(uint64_t element) {
    if (!places_.emplace(element, elements_.size()).second) return;
    parents_.push_back(elements_.size());
    sizes_.push_back(1);
    elements_.push_back(element);
  }

  // Elements that are not known are ignored.
  void Join(uint64_t a, uint64_t b) {
    const auto place_a = places_.find(a);
    const auto place_b = places_.find(b);
    if (place_a == places_.end() || place_b == places_.end()) return;
    const size_t root_a = Root(place_a->second);
    const size_t root_b = Root(place_b->second);
    if (root_a == root_b) return;
    parents_[root_a] = root_b;
    sizes_[root_b] += sizes_[root_a];
  }

  // Of the set with this element; 0 if it is not known.
  size_t SizeOf(uint64_t element) {
    const auto place = places_.find(element);
    return place == places_.end() ? 0 : sizes_[Root(place->second)];
  }

  // Each ascending; in the order in which their first elements were added.
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
  // At the element that stands for the set.
  std::vector<size_t> sizes_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_CONNECTED_H_
