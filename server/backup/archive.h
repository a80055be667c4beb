// SPDX-License-Identifier: Apache-2.0
// One backup: a copy of the store in one file, sealed under a key of its own,
// so that destroying the key makes it unreadable wherever copies of it lie.
//
//   archive := "waystation-backup 1\n" head begin piece* end
//   head    := length[4] serialised store.v1.BackupHead, in the clear
//   begin   := header[24] of libsodium's secretstream (XChaCha20-Poly1305)
//   piece   := length[4] sealed bytes of the store
//   end     := length[4] sealed store.v1.BackupTail, tagged as the last
//
// The first of these authenticates the head. Lengths are big-endian. A file
// that was cut, or whose pieces were changed, moved or left out, does not open
// to its end.
#ifndef WAYSTATION_SERVER_BACKUP_ARCHIVE_H_
#define WAYSTATION_SERVER_BACKUP_ARCHIVE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/hash.h"
#include "waystation/store/v1/backup.pb.h"

namespace waystation::backup {

using ArchiveKey = std::array<uint8_t, 32>;

// A fresh random key.
ArchiveKey NewArchiveKey();

// Not thread-safe.
class ArchiveWriter {
 public:
  // EXISTS_ALREADY rather than overwrite a file; LOCAL_DISK_FULL or
  // FILE_NOT_WRITTEN, here and below.
  static absl::StatusOr<std::unique_ptr<ArchiveWriter>> Create(
      const std::string& path, const store::v1::BackupHead& head,
      const ArchiveKey& key);
  virtual ~ArchiveWriter() = default;

  // At most 1 MiB.
  virtual absl::Status Append(std::string_view piece) = 0;
  // Durable when it returns; the file's SHA-256.
  virtual absl::StatusOr<auditlog::Hash> Finish(
      const store::v1::BackupTail& tail) = 0;
};

// Not thread-safe. BACKUP_DAMAGED names the file and what is wrong with it.
class ArchiveReader {
 public:
  // FILE_MISSING, or BACKUP_DAMAGED where it is no backup.
  static absl::StatusOr<std::unique_ptr<ArchiveReader>> Open(
      const std::string& path);
  virtual ~ArchiveReader() = default;

  // Not authenticated before the first piece has been read.
  virtual const store::v1::BackupHead& head() const = 0;
  virtual uint64_t file_bytes() const = 0;

  virtual absl::Status Unlock(const ArchiveKey& key) = 0;
  // The next piece; empty when the end has been reached. Once it has answered
  // an error, what came before it counts for nothing either.
  virtual absl::StatusOr<std::string> Next() = 0;
  // After the end: the tail, and the file's SHA-256.
  virtual const store::v1::BackupTail& tail() const = 0;
  virtual const auditlog::Hash& hash() const = 0;
};

}  // namespace waystation::backup

#endif  // WAYSTATION_SERVER_BACKUP_ARCHIVE_H_
