// SPDX-License-Identifier: Apache-2.0
#include "client/library/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "proto/errors/error.h"

namespace waystation::client {
namespace {

absl::Status Failed(const std::string& path) {
  return errors::Error(
      "FILE_NOT_WRITTEN",
      {.field = path, .rule = std::generic_category().message(errno)});
}

absl::Status WriteAll(int file, std::string_view bytes,
                      const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed(path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status WriteFile(const std::string& path, std::string_view bytes,
                       bool durable) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return Failed(path);
  absl::Status written = WriteAll(file, bytes, path);
  if (written.ok() && durable && fsync(file) != 0) written = Failed(path);
  close(file);
  return written;
}

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return errors::Error("FILE_MISSING", {.rule = path});
  std::string text;
  std::string part(std::size_t{1} << 16, '\0');
  ssize_t size = 0;
  while ((size = read(file, part.data(), part.size())) != 0) {
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) break;
    text.append(part, 0, static_cast<std::size_t>(size));
  }
  close(file);
  if (size < 0) return errors::Error("FILE_MISSING", {.rule = path});
  return text;
}

absl::Status WriteWholeFile(const std::string& path, std::string_view bytes) {
  const std::string beside = path + ".new";
  const absl::Status written = WriteFile(beside, bytes, /*durable=*/true);
  if (!written.ok()) return written;
  if (std::rename(beside.c_str(), path.c_str()) != 0) return Failed(path);
  return absl::OkStatus();
}

absl::Status WriteNewFile(const std::string& path, std::string_view bytes) {
  return WriteFile(path, bytes, /*durable=*/false);
}

void SyncFolder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  syncfs(folder);
  close(folder);
}

}  // namespace waystation::client
