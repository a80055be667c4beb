// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same with every compiler and library: splitmix64
// (Steele, Lea and Flood, 2014). The distributions of the standard library are
// not, so none is used.
#ifndef TESTS_POPULATION_RANDOM_H_
#define TESTS_POPULATION_RANDOM_H_

#include <cstdint>
#include <vector>

namespace waystation::population {

// The finaliser of splitmix64: a bijection that scatters.
constexpr std::uint64_t Scatter(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit constexpr Random(std::uint64_t state) : state_(state) {}

  constexpr std::uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15;
    return Scatter(state_);
  }

  // One of 0 to n - 1. The bias is below n / 2^64.
  constexpr std::uint64_t Below(std::uint64_t n) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>(static_cast<Wide>(Next()) * n >> 64);
  }

  // From `low` to `high`, both included.
  constexpr int Between(int low, int high) {
    return low +
           static_cast<int>(Below(static_cast<std::uint64_t>(high - low) + 1));
  }

  constexpr bool Chance(unsigned per_ten_thousand) {
    return Below(10'000) < per_ten_thousand;
  }

  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }

  // By the member `weight`.
  template <typename T>
  const T& PickWeighted(const std::vector<T>& from) {
    std::uint64_t total = 0;
    for (const T& one : from) total += one.weight;
    std::uint64_t at = Below(total);
    for (const T& one : from) {
      if (at < one.weight) return one;
      at -= one.weight;
    }
    return from.back();
  }

 private:
  std::uint64_t state_;
};

// What a draw is for. Each person has a stream of its own for each, so that a
// draw added to one moves no other.
enum class Purpose : std::uint64_t {
  kPlace = 1,
  kName,
  kShared,
  kLife,
  kWork,
  kRecords,
  kDefects,
  kChanges,
  kBusiness,
  kKin,
};

constexpr Random Stream(std::uint64_t seed, std::uint64_t person,
                        Purpose purpose, std::uint64_t part = 0) {
  std::uint64_t state = Scatter(seed + 0x9E3779B97F4A7C15);
  state = Scatter(state ^ person);
  state = Scatter(state ^ (static_cast<std::uint64_t>(purpose) << 32 | part));
  return Random(state);
}

// A bijection of 0 to size - 1, another one for each key: four Feistel rounds
// over the next even number of bits, walked until the result is in range.
constexpr std::uint64_t Permute(std::uint64_t key, std::uint64_t size,
                                std::uint64_t x) {
  int half = 1;
  while ((std::uint64_t{1} << 2 * half) < size) ++half;
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = x >> half;
    std::uint64_t right = x & mask;
    for (std::uint64_t round = 0; round < 4; ++round) {
      const std::uint64_t next =
          left ^ (Scatter(key ^ (round << 60) ^ right) & mask);
      left = right;
      right = next;
    }
    x = left << half | right;
  } while (x >= size);
  return x;
}

}  // namespace waystation::population

#endif  // TESTS_POPULATION_RANDOM_H_
