// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "server/storage/sqlite/folder.h"
#include "server/storage/sqlite/sqlite_store.h"

namespace waystation::storage::sqlite {
namespace {

constexpr int kPiece = 256 << 10;

}  // namespace

absl::Status ReadDatabase(Connection& connection,
                          const std::function<bool(std::string_view)>& take) {
  sqlite3_file* file = nullptr;
  sqlite3_int64 size = 0;
  if (sqlite3_file_control(connection.handle(), "main",
                           SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
      file->pMethods->xFileSize(file, &size) != SQLITE_OK) {
    return absl::UnavailableError("reading the size of the database");
  }
  std::string piece;
  for (sqlite3_int64 at = 0; at < size;) {
    piece.resize(
        static_cast<size_t>(std::min<sqlite3_int64>(kPiece, size - at)));
    if (file->pMethods->xRead(file, piece.data(),
                              static_cast<int>(piece.size()),
                              at) != SQLITE_OK) {
      return absl::UnavailableError(
          absl::StrCat("reading the database at ", at));
    }
    if (!take(piece)) return absl::OkStatus();
    at += static_cast<sqlite3_int64>(piece.size());
  }
  return absl::OkStatus();
}

absl::Status RestoreSqlite(
    const std::string& folder,
    const std::function<absl::StatusOr<std::string>()>& next) {
  if (::mkdir(folder.c_str(), 0700) != 0) {
    return errno == EEXIST ? errors::Error("FOLDER_NOT_EMPTY", {.rule = folder})
                           : Failed("making", folder);
  }
  const std::string path = DatabaseIn(folder);
  const File file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.is_open()) return Failed("making", path);
  WAYSTATION_FAILPOINT("rebuild/begun");
  for (;;) {
    const absl::StatusOr<std::string> piece = next();
    if (!piece.ok()) return piece.status();
    if (piece->empty()) break;
    std::string_view rest = *piece;
    while (!rest.empty()) {
      const ssize_t written = ::write(file.get(), rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Failed("writing", path);
      rest.remove_prefix(static_cast<size_t>(written));
    }
    WAYSTATION_FAILPOINT("rebuild/piece");
  }
  if (::fsync(file.get()) != 0) return Failed("syncing", path);
  const File entries(
      ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!entries.is_open() || ::fsync(entries.get()) != 0) {
    return Failed("syncing", folder);
  }
  WAYSTATION_FAILPOINT("rebuild/ended");
  return absl::OkStatus();
}

}  // namespace waystation::storage::sqlite
