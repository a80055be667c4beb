// SPDX-License-Identifier: Apache-2.0
// What every store's rows have beside their columns: a keyed checksum, the name
// by which an error points at them, and lists that are packed into one column.
// Pure functions; whatever reads a row holds it to SumOf.
#ifndef WAYSTATION_SERVER_STORAGE_ROWS_ROWS_H_
#define WAYSTATION_SERVER_STORAGE_ROWS_ROWS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/packing.h"
#include "server/storage/store.h"

namespace waystation::storage {

// --- records ---

// A row of `record` where it stands, so that nothing large is copied only to be
// checked.
struct RecordView {
  RecordView() = default;
  // As it will be held.
  explicit RecordView(const RecordRow& row)
      : uid(row.uid),
        agency(row.agency),
        key(row.key),
        version(row.version + 1),
        received_time(row.received_time),
        retracted(row.retracted),
        wrapped_key(row.wrapped_key),
        sealed(row.sealed),
        vector(row.vector) {}

  RecordRow Row() const;
  VectorRow Vector() const;

  Uid uid = 0;
  AgencyNumber agency = 0;
  KeyHash key{};
  uint64_t version = 0;
  int64_t received_time = 0;
  bool retracted = false;
  std::string_view wrapped_key{};
  std::string_view sealed{};
  std::string_view vector{};
};

// A sealed value authenticates itself; its length and last bytes, where AES-GCM
// keeps its tag, tie the columns in clear to it. A record without a vector has
// the checksum of before there were any.
int64_t SumOf(const ChecksumKey& key, const RecordView& record);
int64_t SumOf(const ChecksumKey& key, const MembershipRow& membership);
int64_t SumOf(const ChecksumKey& key, const IdentifierRow& identifier);
int64_t SumOf(const ChecksumKey& key, const EdgeRow& edge);

std::string PlaceOf(const RecordView& record);
std::string PlaceOf(const MembershipRow& membership);
// The keyed hash tells nobody what was hashed.
std::string PlaceOf(const IdentifierRow& identifier);
std::string PlaceOf(const EdgeRow& edge);

// --- the clerks' table ---

inline OpenItemKey KeyOf(const OpenItem& item) {
  return {item.kind, item.a, item.b, item.attribute, item.entry};
}
inline uint64_t NumberOf(OpenItem::Kind kind) {
  return static_cast<uint64_t>(kind);
}

int64_t SumOf(const ChecksumKey& key, const OpenItem& item);
int64_t SumOf(const ChecksumKey& key, const DecisionRow& decision);
int64_t SumOf(const ChecksumKey& key, const ObjectRow& object);
// With the version in which it is held.
int64_t SumOf(const ChecksumKey& key, const NoticeRow& notice);
int64_t SumOf(const ChecksumKey& key, const HolderCodeRow& code);

std::string PlaceOf(const OpenItem& item);
std::string PlaceOf(const DecisionRow& decision);
std::string PlaceOf(const ObjectRow& object);
std::string PlaceOf(const NoticeRow& notice);
// The keyed hash tells nobody the code.
std::string PlaceOf(const HolderCodeRow& code);

template <typename Number>
std::string PackNumbers(const std::vector<Number>& numbers) {
  std::string bytes;
  for (const Number number : numbers) PackNumber(number, bytes);
  return bytes;
}

template <typename Number>
std::vector<Number> UnpackNumbers(std::string_view bytes) {
  std::vector<Number> numbers;
  for (Unpacker unpacker(bytes); unpacker;) {
    numbers.push_back(static_cast<Number>(unpacker.Number()));
  }
  return numbers;
}

// The one row that a look-up found, if it found one.
template <typename Row>
absl::StatusOr<std::optional<Row>> FirstOf(
    absl::StatusOr<std::vector<Row>> rows) {
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::nullopt;
  return std::move(rows->front());
}

// --- mailboxes ---

// A mailbox is kept in rows of up to kSegment entries, since two entries an
// update would cost as many rows; so few that a row stays within a quarter of a
// page, where SQLite keeps the largest rows of a table without rowid.
//
//     entries := entry{1..kSegment}       positions first, first + 1 ...
//     entry   := uid attributes kind      packed numbers
struct MailboxSegment {
  static constexpr size_t kSegment = 64;
  AgencyNumber agency = 0;
  uint64_t first = 0;
  std::string entries{};
};

// The entries in rows, from `first` on.
std::vector<MailboxSegment> PackEntries(
    AgencyNumber agency, uint64_t first,
    std::span<const MailboxRow* const> entries);
std::vector<MailboxRow> UnpackEntries(AgencyNumber agency, uint64_t first,
                                      std::string_view entries);

int64_t SumOfMailbox(const ChecksumKey& key, AgencyNumber agency,
                     uint64_t first, std::string_view entries);
int64_t SumOfReader(const ChecksumKey& key, AgencyNumber agency,
                    uint64_t position, int64_t time);
std::string PlaceOfMailbox(AgencyNumber agency, uint64_t first);

// --- the log ---

// details := (uid hash length sealed)*     uid and length are packed numbers
std::string PackDetails(const std::vector<DetailRow>& details);
std::vector<DetailRow> UnpackDetails(std::string_view bytes);

int64_t SumOfEvent(const ChecksumKey& key, uint64_t index,
                   std::string_view event);
int64_t SumOfDetails(const ChecksumKey& key, uint64_t index,
                     std::string_view details);
int64_t SumOfTile(const ChecksumKey& key, uint32_t level, uint64_t index,
                  std::string_view hashes);
int64_t SumOf(const ChecksumKey& key, const CheckpointRow& checkpoint);
int64_t SumOf(const ChecksumKey& key, const CosignatureRow& cosignature);

// Rows of tiles that a log of so many leaves has: full ones, and of the levels
// above the leaves the unfinished ones too.
uint64_t TilesOf(uint64_t leaves);

std::string PlaceOfLeaf(uint64_t index);
std::string PlaceOfTile(uint32_t level, uint64_t index);
std::string PlaceOf(const CheckpointRow& checkpoint);
std::string PlaceOf(const CosignatureRow& cosignature);

// --- the store itself ---

// A checksum of nothing, so that another key is noticed before any row is read.
int64_t KeyCheckOf(const ChecksumKey& key);
int64_t SumOfNextUid(const ChecksumKey& key, Uid next);

}  // namespace waystation::storage

#endif  // WAYSTATION_SERVER_STORAGE_ROWS_ROWS_H_
