// SPDX-License-Identifier: Apache-2.0
// Sets that grow together (union-find), and records found by uid. Used by
// linking alone.
#ifndef WAYSTATION_SERVER_DOMAIN_DISJOINT_SETS_H_
#define WAYSTATION_SERVER_DOMAIN_DISJOINT_SETS_H_

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "server/domain/ids.h"

namespace waystation::domain {

// Elements 0 to n-1, each in a set of its own at first.
class DisjointSets {
 public:
  DisjointSets() = default;
  explicit DisjointSets(std::size_t n) : parent_(n) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }

  // The element that stands for the set of `i`.
  std::size_t Find(std::size_t i) {
    while (parent_[i] != i) {
      parent_[i] = parent_[parent_[i]];
      i = parent_[i];
    }
    return i;
  }

  // The smaller of the two that stood for the sets stands for both.
  void Join(std::size_t i, std::size_t j) {
    i = Find(i);
    j = Find(j);
    if (i > j) std::swap(i, j);
    parent_[j] = i;
  }

 private:
  std::vector<std::size_t> parent_;
};

// Positions in a list by uid.
class UidIndex {
 public:
  // `uid_of` gives the uid of an element.
  template <typename List, typename UidOf>
  UidIndex(const List& list, UidOf uid_of) {
    places_.reserve(std::size(list));
    for (const auto& element : list) {
      places_.emplace_back(uid_of(element), places_.size());
    }
    std::ranges::sort(places_);
  }

  std::optional<std::size_t> Find(Uid uid) const {
    const auto place =
        std::ranges::lower_bound(places_, std::pair(uid, std::size_t{0}));
    if (place == places_.end() || place->first != uid) return std::nullopt;
    return place->second;
  }

 private:
  std::vector<std::pair<Uid, std::size_t>> places_;
};

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_DISJOINT_SETS_H_
