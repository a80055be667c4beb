// SPDX-License-Identifier: Apache-2.0
// What tests with chance in them share: a seed that is told, so that a run can
// be repeated; how long they run; and where their files lie.
#ifndef WAYSTATION_TESTS_HARNESS_RUNS_H_
#define WAYSTATION_TESTS_HARNESS_RUNS_H_

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace waystation::harness {

inline uint64_t NumberOf(const char* variable, uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise
                                          : std::strtoull(text, nullptr, 10);
}

// WAYSTATION_SEED, or one of its own for each run of the program.
inline uint64_t Seed() {
  static const uint64_t seed =
      NumberOf("WAYSTATION_SEED", std::random_device()() % 1'000'000);
  return seed;
}

// For SCOPED_TRACE: how to repeat the run.
inline std::string SeedWords() {
  return "WAYSTATION_SEED=" + std::to_string(Seed());
}

// WAYSTATION_ROUNDS, or so many; a sanitizer makes each of them take ten times
// as long.
inline size_t Rounds(size_t otherwise) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  otherwise = (otherwise + 49) / 50;
#endif
  return static_cast<size_t>(NumberOf("WAYSTATION_ROUNDS", otherwise));
}

// Where files of tests lie that cut, fill or damage them by hand: memory, if
// there is such a folder, since a sync of a real disk would tell nothing and
// take most of the time.
inline std::filesystem::path ScratchRoot() {
  const char* const memory = "/dev/shm";
  return ::access(memory, W_OK | X_OK) == 0
             ? std::filesystem::path(memory)
             : std::filesystem::temp_directory_path();
}

}  // namespace waystation::harness

#endif  // WAYSTATION_TESTS_HARNESS_RUNS_H_
