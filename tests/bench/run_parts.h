// SPDX-License-Identifier: Apache-2.0
// What benchmarks over a generated population share.
#ifndef TESTS_BENCH_RUN_PARTS_H_
#define TESTS_BENCH_RUN_PARTS_H_

#include <cstdint>
#include <filesystem>
#include <string>

namespace waystation::bench {

// Of this process, all threads.
double CpuSeconds();

// Names the program.
[[noreturn]] void Die(const std::string& why);

// The exports of Fuyang and Suzhou, all four sectors.
class Population {
 public:
  // A folder that was made before; if empty, one is made and goes with this.
  Population(const std::string& folder, std::uint64_t people,
             std::uint64_t seed);
  ~Population();
  Population(const Population&) = delete;
  Population& operator=(const Population&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool is_made_ = false;
};

}  // namespace waystation::bench

#endif  // TESTS_BENCH_RUN_PARTS_H_
