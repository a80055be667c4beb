// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_UNIT_SERVER_BACKUP_TEMP_FOLDER_H_
#define TESTS_UNIT_SERVER_BACKUP_TEMP_FOLDER_H_

#include <cstdlib>
#include <filesystem>
#include <string>

namespace waystation::backup {

// An empty folder, gone with all that is in it when it goes.
class TempFolder {
 public:
  TempFolder() {
    // mkdtemp puts letters of its own in the place of the six.
    std::string path =
        std::filesystem::temp_directory_path() / "waystation.XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) std::abort();
    path_ = path;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::filesystem::path operator/(const std::filesystem::path& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace waystation::backup

#endif  // TESTS_UNIT_SERVER_BACKUP_TEMP_FOLDER_H_
