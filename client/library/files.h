// SPDX-License-Identifier: Apache-2.0
// Whole files, read at once and written so that a crash leaves the old one or
// the new one.
#ifndef CLIENT_LIBRARY_FILES_H_
#define CLIENT_LIBRARY_FILES_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace waystation::client {

// FILE_MISSING (NOT_FOUND) names the path.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

// Writes beside, makes durable, and renames.
absl::Status WriteWholeFile(const std::string& path, std::string_view bytes);

// Writes in place, durable with the next SyncFolder: for one file of many that
// count only once a last one is written.
absl::Status WriteNewFile(const std::string& path, std::string_view bytes);

// Makes everything on the folder's file system durable.
void SyncFolder(const std::string& path);

}  // namespace waystation::client

#endif  // CLIENT_LIBRARY_FILES_H_
