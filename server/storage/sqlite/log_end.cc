// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/log_end.h"

#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

namespace waystation::storage::sqlite {
namespace {

// The index as SQLite's walformat.html has it.
constexpr int kRegion = 32 << 10;
constexpr size_t kPagesAt = 16;
constexpr size_t kSaltsAt = 32;

// The header of the log: what it is, version, size of a page, how many logs
// there were before it, salts, and a checksum of all that, with numbers whose
// most significant byte comes first.
constexpr size_t kHeader = 32;
constexpr size_t kNumberAt = 12;
constexpr size_t kIdAt = 16;
constexpr size_t kSumAt = 24;
// Of a log whose checksums add the words of a machine like ours.
constexpr uint32_t kMagic = 0x377f0682;
static_assert(std::endian::native == std::endian::little);

uint32_t WordAt(std::string_view bytes, size_t at) {
  uint32_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof(word));
  return word;
}

uint32_t NumberAt(std::string_view bytes, size_t at) {
  return __builtin_bswap32(WordAt(bytes, at));
}

bool FitsItsSum(std::string_view header) {
  uint32_t first = 0;
  uint32_t second = 0;
  for (size_t at = 0; at < kSumAt; at += 8) {
    first += WordAt(header, at) + second;
    second += WordAt(header, at + 4) + first;
  }
  return NumberAt(header, kSumAt) == first &&
         NumberAt(header, kSumAt + 4) == second;
}

}  // namespace

absl::StatusOr<std::string> ReadLogHeader(Connection& connection) {
  sqlite3_file* file = nullptr;
  sqlite3_int64 size = 0;
  if (sqlite3_file_control(connection.handle(), "main",
                           SQLITE_FCNTL_JOURNAL_POINTER, &file) != SQLITE_OK ||
      file->pMethods == nullptr ||
      file->pMethods->xFileSize(file, &size) != SQLITE_OK) {
    return absl::UnavailableError("reading the size of the log");
  }
  std::string header;
  if (size < static_cast<sqlite3_int64>(kHeader)) return header;
  header.resize(kHeader);
  if (file->pMethods->xRead(file, header.data(), kHeader, 0) != SQLITE_OK) {
    return absl::UnavailableError("reading the header of the log");
  }
  return header;
}

bool IsHeaderOf(const LogId& id, std::string_view header) {
  return header.size() == kHeader && NumberAt(header, 0) == kMagic &&
         std::memcmp(header.data() + kIdAt, id.data(), id.size()) == 0 &&
         FitsItsSum(header);
}

bool WasHeaderOf(const LogId& id, std::string_view header) {
  std::string was(header);
  for (size_t bit = 0; bit < header.size() * 8; ++bit) {
    const auto mask = static_cast<char>(1 << bit % 8);
    was[bit / 8] ^= mask;
    if (IsHeaderOf(id, was)) {
      // The next log has the next number, and its first half is no more.
      return NumberAt(header, kNumberAt) != NumberAt(was, kNumberAt) + 1;
    }
    was[bit / 8] ^= mask;
  }
  return false;
}

absl::StatusOr<LogIndex> LogIndex::Of(Connection& connection) {
  if (absl::Status status =
          connection.Ask("SELECT count(*) FROM sqlite_schema").status();
      !status.ok()) {
    return status;
  }
  sqlite3_file* file = nullptr;
  volatile void* header = nullptr;
  if (sqlite3_file_control(connection.handle(), "main",
                           SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
      file->pMethods->xShmMap(file, 0, kRegion, /*extend=*/0, &header) !=
          SQLITE_OK ||
      header == nullptr) {
    return absl::UnavailableError("the log has no index");
  }
  return LogIndex(header);
}

LogEnd LogIndex::End() const {
  const auto* const bytes = static_cast<const volatile uint8_t*>(header_);
  LogEnd end;
  std::copy_n(bytes + kSaltsAt, end.id.size(), end.id.begin());
  // In the machine's own order of bytes, as all of the index.
  std::array<uint8_t, 4> pages{};
  std::copy_n(bytes + kPagesAt, pages.size(), pages.begin());
  uint32_t count = 0;
  std::memcpy(&count, pages.data(), pages.size());
  end.pages = count;
  return end;
}

}  // namespace waystation::storage::sqlite
