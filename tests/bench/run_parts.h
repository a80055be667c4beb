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

// The most memory that this process has had, in megabytes.
double PeakMegabytes();

// A folder of people: one that was made before, or, if empty, a fresh one that
// goes with this.
class Folder {
 public:
  explicit Folder(const std::string& made);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool is_mine_ = false;
};

// The exports of Fuyang and Suzhou, all four sectors.
void WritePopulation(const std::filesystem::path& folder, std::uint64_t people,
                     std::uint64_t seed);

// Both: the population in `folder`, made there if none is named.
class Population {
 public:
  Population(const std::string& folder, std::uint64_t people,
             std::uint64_t seed)
      : folder_(folder) {
    if (folder.empty()) WritePopulation(path(), people, seed);
  }

  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  Folder folder_;
};

}  // namespace waystation::bench

#endif  // TESTS_BENCH_RUN_PARTS_H_
