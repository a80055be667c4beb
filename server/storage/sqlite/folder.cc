// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"

namespace waystation::storage::sqlite {
namespace {

constexpr int kPrivate = 0600;

}  // namespace

absl::Status Failed(const std::string& doing, const std::string& path) {
  const int error = errno;
  const std::string message =
      absl::StrCat(doing, " ", path, ": ", std::strerror(error));
  return error == ENOSPC || error == EDQUOT
             ? absl::ResourceExhaustedError(message)
             : absl::UnavailableError(message);
}

std::string DatabaseIn(const std::string& folder) {
  return absl::StrCat(folder, "/waystation.db");
}

File::~File() {
  if (is_open()) ::close(descriptor_);
}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

absl::StatusOr<std::unique_ptr<Folder>> Folder::Take(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Failed("making the data folder", path);
  }
  const std::string lock_path = absl::StrCat(path, "/lock");
  File lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivate));
  if (!lock.is_open()) return Failed("opening", lock_path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Failed("locking", lock_path);
    return errors::Error("STORE_IN_USE", {.rule = path});
  }
  std::unique_ptr<Folder> folder(new Folder(path, std::move(lock)));

  // SQLite gives the log the mode of the database, so make that first.
  const std::string database = folder->database();
  const File file(
      ::open(database.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivate));
  if (!file.is_open()) return Failed("opening", database);
  if (absl::Status status = folder->Sync(); !status.ok()) return status;
  return folder;
}

absl::Status Folder::Sync() {
  const File entries(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!entries.is_open() || ::fsync(entries.get()) != 0) {
    return Failed("syncing", path_);
  }
  return absl::OkStatus();
}

absl::Status Folder::ReserveIndex(int64_t pages) {
  // wal-index: 32 KiB for each 4096 pages of log (SQLite's walformat.html).
  constexpr int64_t kBlockPages = 4096;
  constexpr int64_t kBlockSize = int64_t{32} << 10;
  const std::string path = absl::StrCat(database(), "-shm");
  File index(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!index.is_open()) return Failed("opening", path);
  const int64_t size = (pages / kBlockPages + 1) * kBlockSize;
  // Kept open whatever happens now, see folder.h.
  index_ = std::move(index);
  if (const int error = ::posix_fallocate(index_.get(), 0, size); error != 0) {
    errno = error;
    return Failed("reserving space in", path);
  }
  return absl::OkStatus();
}

}  // namespace waystation::storage::sqlite
