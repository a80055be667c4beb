// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/run_parts.h"

#include <errno.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace waystation::bench {

namespace fs = std::filesystem;

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) / 1e9;
}

void Die(const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, why.c_str());
  std::exit(1);
}

Population::Population(const std::string& folder, std::uint64_t people,
                       std::uint64_t seed)
    : path_(folder), is_made_(folder.empty()) {
  if (!is_made_) return;
  const fs::path programs =
      fs::canonical("/proc/self/exe").parent_path().parent_path() / "bin";
  path_ = fs::temp_directory_path() /
          (std::string("waystation_") + program_invocation_short_name + "_" +
           std::to_string(::getpid()));
  const std::string command = (programs / "waystation-population").string() +
                              " --people " + std::to_string(people) +
                              " --seed " + std::to_string(seed) +
                              " --places 341200,320500 --sectors "
                              "public_security,labor,health,commerce --out " +
                              path_.string();
  if (std::system(command.c_str()) != 0) Die("cannot make a population");
}

Population::~Population() {
  if (is_made_) fs::remove_all(path_);
}

}  // namespace waystation::bench
