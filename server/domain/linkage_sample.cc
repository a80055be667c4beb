// SPDX-License-Identifier: Apache-2.0
#include "server/domain/linkage_sample.h"

#include <algorithm>
#include <cmath>

namespace waystation::domain {
namespace {

std::uint64_t Mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;

std::size_t PlaceOf(Band band) { return static_cast<std::size_t>(band) - 1; }

}  // namespace

std::optional<Band> BandOf(const PairStanding& pair,
                           const Thresholds& thresholds, double width) {
  if (pair.joined) {
    if (pair.shares_number) return Band::kNumber;
    if (pair.score >= thresholds.upper + width) return Band::kFarAbove;
    return pair.score >= thresholds.lower ? Band::kNearAbove : Band::kThrough;
  }
  if (pair.candidate) return Band::kCandidate;
  if (pair.shares_number || pair.score >= thresholds.lower) {
    return Band::kLeftAside;
  }
  if (pair.score >= thresholds.lower - width) return Band::kJustBelow;
  return std::nullopt;
}

std::uint64_t SeededNumbers::Next() { return Mixed(state_ += kStep); }

std::uint64_t SeededNumbers::Below(std::uint64_t size) {
  // What is over the largest multiple of `size` would favour small numbers.
  const std::uint64_t over = (~std::uint64_t{0} % size + 1) % size;
  for (;;) {
    const std::uint64_t number = Next();
    if (number <= ~std::uint64_t{0} - over) return number % size;
  }
}

// Fisher and Yates's shuffle, of which only the moved places are kept.
std::optional<std::uint64_t> Lottery::Draw() {
  if (drawn_ == size_) return std::nullopt;
  const auto at = [&](std::uint64_t place) {
    const auto moved = moved_.find(place);
    return moved == moved_.end() ? place : moved->second;
  };
  const std::uint64_t place = drawn_ + numbers_.Below(size_ - drawn_);
  const std::uint64_t number = at(place);
  moved_[place] = at(drawn_);
  moved_.erase(drawn_++);
  return number + 1;
}

void PairSample::Look(std::span<const std::pair<Pair, Band>> pairs) {
  ++looked_;
  std::array<double, kBands> counts{};
  for (const auto& [pair, band] : pairs) {
    Found& found = found_[PlaceOf(band)];
    counts[PlaceOf(band)] += 1;
    const std::uint64_t number =
        Mixed(Mixed(seed_ + pair.a * kStep) + pair.b * kStep);
    found.first.emplace(number, pair);
    if (found.first.size() > most_) found.first.erase(--found.first.end());
  }
  for (std::size_t i = 0; i < kBands; ++i) {
    found_[i].sum += counts[i];
    found_[i].squares += counts[i] * counts[i];
  }
}

// Each pair has two records by which it is found, hence the halves. Simple
// random sampling without replacement (Cochran, Sampling Techniques, 3rd
// edition, theorems 2.1 and 2.2).
BandSize PairSample::SizeOf(Band band, std::uint64_t all) const {
  if (looked_ == 0) return {};
  const Found& found = found_[PlaceOf(band)];
  const auto n = static_cast<double>(looked_);
  const auto total = static_cast<double>(all);
  BandSize size{.pairs = total * found.sum / n / 2};
  if (looked_ < 2 || looked_ >= all) return size;
  // No less than if each pair came about by chance, and one more than was
  // found: that some records are alike does not tell that all are.
  const double variance =
      std::max((found.sum + 1) / n,
               (found.squares - found.sum * found.sum / n) / (n - 1));
  size.error = total / 2 * std::sqrt((1 - n / total) * variance / n);
  return size;
}

std::array<std::vector<Pair>, kBands> PairSample::Draw() const {
  std::vector<std::size_t> there;
  for (const Found& found : found_) there.push_back(found.first.size());
  const std::vector<std::size_t> allotted = Allot(most_, there);
  std::array<std::vector<Pair>, kBands> drawn;
  for (std::size_t i = 0; i < kBands; ++i) {
    for (const auto& [number, pair] : found_[i].first) {
      if (drawn[i].size() == allotted[i]) break;
      drawn[i].push_back(pair);
    }
    std::ranges::sort(drawn[i]);
  }
  return drawn;
}

std::vector<std::size_t> Allot(std::size_t most,
                               std::span<const std::size_t> there) {
  std::vector<std::size_t> allotted(there.size(), 0);
  for (std::size_t left = most; left > 0;) {
    const std::size_t before = left;
    for (std::size_t i = 0; i < there.size() && left > 0; ++i) {
      if (allotted[i] == there[i]) continue;
      ++allotted[i];
      --left;
    }
    if (left == before) break;
  }
  return allotted;
}

}  // namespace waystation::domain
