// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_TESTS_HARNESS_SCRATCH_FOLDER_H_
#define WAYSTATION_TESTS_HARNESS_SCRATCH_FOLDER_H_

#include <cstdlib>
#include <filesystem>
#include <string>

namespace waystation::harness {

// An empty folder of a test's own, gone with all that is in it when it goes.
class ScratchFolder {
 public:
  // Below `root`; runs.h has one that a sync costs nothing.
  explicit ScratchFolder(const std::filesystem::path& root =
                             std::filesystem::temp_directory_path()) {
    // mkdtemp puts letters of its own in the place of the six.
    std::string path = root / "waystation.XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) std::abort();
    path_ = path;
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace waystation::harness

#endif  // WAYSTATION_TESTS_HARNESS_SCRATCH_FOLDER_H_
