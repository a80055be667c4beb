// SPDX-License-Identifier: Apache-2.0
// Whole small files: configuration, certificates, keys; and what all who handle
// files by their descriptors need.
#ifndef WAYSTATION_PROTO_RUNTIME_FILE_H_
#define WAYSTATION_PROTO_RUNTIME_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace waystation::runtime {

// Owns a file descriptor, if it has one.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  bool ok() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// Writes on where the descriptor stands; `path` is its name in a NotWritten.
absl::Status WriteAll(const Descriptor& file, const std::string& path,
                      std::string_view contents);
// The same, and durable when it returns.
absl::Status WriteDurably(const Descriptor& file, const std::string& path,
                          std::string_view contents);

// FILE_MISSING, with name and cause, when it cannot be read or is longer than
// `most` bytes.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     std::size_t most = 1 << 20);

// A file that holds a secret: KEY_FILE_MISSING when it cannot be read,
// KEY_FILE_MODE when group or others may read or write it.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

// Writes a new file, durable when it returns. EXISTS_ALREADY rather than
// overwrite one; else as NotWritten.
absl::Status WriteNewFile(const std::string& path, std::string_view contents,
                          mode_t mode = 0644);

// Replaces a file in one step: readers see the old contents or the new.
absl::Status ReplaceFile(const std::string& path, std::string_view contents,
                         mode_t mode = 0644);

// LOCAL_DISK_FULL or FILE_NOT_WRITTEN, with name and cause; `error` is errno's.
absl::Status NotWritten(const std::string& path, int error);

// Makes durable that a name came to or went from the folder of `path`.
absl::Status SyncFolder(const std::string& path);

// `path` if absolute, else below the folder of `base`; "~/" is the home folder.
// Empty stays empty.
std::string ResolvePath(const std::string& base, const std::string& path);

}  // namespace waystation::runtime

#endif  // WAYSTATION_PROTO_RUNTIME_FILE_H_
