// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/run_parts.h"

#include <errno.h>
#include <sys/resource.h>
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

double PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

Folder::Folder(const std::string& made) : path_(made), is_mine_(made.empty()) {
  if (!is_mine_) return;
  path_ = fs::temp_directory_path() /
          (std::string("waystation_") + program_invocation_short_name + "_" +
           std::to_string(::getpid()));
  fs::create_directories(path_);
}

Folder::~Folder() {
  if (is_mine_) fs::remove_all(path_);
}

void WritePopulation(const fs::path& folder, std::uint64_t people,
                     std::uint64_t seed) {
  const fs::path programs =
      fs::canonical("/proc/self/exe").parent_path().parent_path() / "bin";
  const std::string command = (programs / "waystation-population").string() +
                              " --people " + std::to_string(people) +
                              " --seed " + std::to_string(seed) +
                              " --places 341200,320500 --sectors "
                              "public_security,labor,health,commerce --out " +
                              folder.string();
  if (std::system(command.c_str()) != 0) Die("cannot make a population");
}

}  // namespace waystation::bench
