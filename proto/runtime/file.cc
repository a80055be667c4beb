// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"

namespace waystation::runtime {
namespace {

std::string Cause(int error) { return std::generic_category().message(error); }

absl::Status Fail(std::string_view reason, const std::string& path,
                  const std::string& cause) {
  return errors::Error(reason, {.field = path, .rule = cause});
}

absl::StatusOr<std::string> ReadAll(const Descriptor& file,
                                    const std::string& path, std::size_t most) {
  std::string contents;
  std::array<char, 65536> part;
  for (;;) {
    const ssize_t n = read(file.get(), part.data(), part.size());
    if (n == 0) return contents;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Fail("FILE_MISSING", path, Cause(errno));
    contents.append(part.data(), static_cast<std::size_t>(n));
    if (contents.size() > most) {
      return Fail("FILE_MISSING", path,
                  "longer than " + std::to_string(most) + " bytes");
    }
  }
}

}  // namespace

Descriptor::~Descriptor() {
  if (ok()) close(fd_);
}

absl::Status WriteAll(const Descriptor& file, const std::string& path,
                      std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t n = write(file.get(), contents.data(), contents.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return NotWritten(path, errno);
    contents.remove_prefix(static_cast<std::size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status WriteDurably(const Descriptor& file, const std::string& path,
                          std::string_view contents) {
  if (absl::Status status = WriteAll(file, path, contents); !status.ok()) {
    return status;
  }
  if (fsync(file.get()) != 0) return NotWritten(path, errno);
  return absl::OkStatus();
}

absl::Status NotWritten(const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return Fail(full ? "LOCAL_DISK_FULL" : "FILE_NOT_WRITTEN", path,
              Cause(error));
}

absl::Status SyncFolder(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const Descriptor descriptor(
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.ok() || fsync(descriptor.get()) != 0) {
    return NotWritten(path, errno);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     std::size_t most) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return Fail("FILE_MISSING", path, Cause(errno));
  return ReadAll(file, path, most);
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return Fail("KEY_FILE_MISSING", path, Cause(errno));
  struct stat state {};
  if (fstat(file.get(), &state) != 0) {
    return Fail("KEY_FILE_MISSING", path, Cause(errno));
  }
  if ((state.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Fail("KEY_FILE_MODE", path, "mode 0600");
  }
  return ReadAll(file, path, 1 << 20);
}

absl::Status WriteNewFile(const std::string& path, std::string_view contents,
                          mode_t mode) {
  const Descriptor file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file.ok()) {
    return errno == EEXIST ? Fail("EXISTS_ALREADY", path, Cause(errno))
                           : NotWritten(path, errno);
  }
  WAYSTATION_FAILPOINT("file/created");
  if (absl::Status status = WriteDurably(file, path, contents); !status.ok()) {
    unlink(path.c_str());
    return status;
  }
  return SyncFolder(path);
}

absl::Status ReplaceFile(const std::string& path, std::string_view contents,
                         mode_t mode) {
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());
  if (absl::Status status = WriteNewFile(fresh, contents, mode); !status.ok()) {
    return status;
  }
  WAYSTATION_FAILPOINT("replace/written");
  if (rename(fresh.c_str(), path.c_str()) != 0) {
    absl::Status status = NotWritten(path, errno);
    unlink(fresh.c_str());
    return status;
  }
  WAYSTATION_FAILPOINT("replace/renamed");
  return SyncFolder(path);
}

std::string ResolvePath(const std::string& base, const std::string& path) {
  if (path.empty()) return path;
  if (path.starts_with("~/")) {
    const char* const home = std::getenv("HOME");
    if (home != nullptr) return std::string(home) + path.substr(1);
  }
  return (std::filesystem::path(base).parent_path() / path).lexically_normal();
}

}  // namespace waystation::runtime
