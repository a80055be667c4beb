// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_UNIT_ADAPTERS_SUPPORT_TEMP_FILE_H_
#define TESTS_UNIT_ADAPTERS_SUPPORT_TEMP_FILE_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace waystation::adapters {

// A file with that content, gone when it goes.
class TempFile {
 public:
  explicit TempFile(std::string_view content)
      : path_(absl::StrCat(testing::TempDir(), "/source_", getpid(), "_",
                           ++counter_)) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TempFile() { std::remove(path_.c_str()); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  static inline int counter_ = 0;
  std::string path_;
};

}  // namespace waystation::adapters

#endif  // TESTS_UNIT_ADAPTERS_SUPPORT_TEMP_FILE_H_
