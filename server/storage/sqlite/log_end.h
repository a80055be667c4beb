// SPDX-License-Identifier: Apache-2.0
// Where the write-ahead log of a database ends. SQLite takes a log up to the
// last commit whose pages all fit their checksums, and counts what comes later,
// or a log whose header does not fit, as what a power cut left.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_LOG_END_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_LOG_END_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/storage/sqlite/connection.h"

namespace waystation::storage::sqlite {

// The salts that a log has in its header and in each of its pages: others each
// time when it begins anew.
using LogId = std::array<uint8_t, 8>;

struct LogEnd {
  LogId id{};
  uint64_t pages = 0;
};

// The header as it lies in the file of a log that was looked at; empty where
// there is none, or no whole one.
absl::StatusOr<std::string> ReadLogHeader(Connection& connection);

// That it begins the log `id`, and is whole.
bool IsHeaderOf(const LogId& id, std::string_view header);
// That it was such a one, before one bit of it flipped. Not where half a header
// of the next log looks the same: a write that failed may have left that.
bool WasHeaderOf(const LogId& id, std::string_view header);

// Looks at the index that the connections of a database share.
class LogIndex {
 public:
  // What a log that was left behind is worth is found out by the first read.
  static absl::StatusOr<LogIndex> Of(Connection& connection);

  // As of the newest commit. While the connection is open, and nobody writes.
  LogEnd End() const;

 private:
  explicit LogIndex(const volatile void* header) : header_(header) {}
  const volatile void* header_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_LOG_END_H_
