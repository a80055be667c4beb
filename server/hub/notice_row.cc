// SPDX-License-Identifier: Apache-2.0
#include "server/hub/notice_row.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

constexpr std::string_view kPrefix = "n-";
constexpr std::string_view kMark = "a notice";

Place PlaceOf(const storage::NoticeRow& row) {
  return {.table = Place::Table::kNotice,
          .first = row.number,
          .second = row.version};
}

absl::Status Unreadable(const storage::NoticeRow& row) {
  return errors::Error(
      "STORE_DAMAGED",
      {.metadata = {{"table", "notice"}, {"row", absl::StrCat(row.number)}}});
}

}  // namespace

NoticeNames::NoticeNames(const SecretKey& handle_key)
    : cipher_(DeriveKey(handle_key, "waystation notice")) {}

std::string NoticeNames::Encode(uint64_t number) const {
  Block block{};
  for (size_t i = 0; i < 8; ++i) {
    block[i] = static_cast<uint8_t>(number >> (8 * (7 - i)));
  }
  std::copy(kMark.begin(), kMark.end(), block.begin() + 8);
  return absl::StrCat(absl::string_view(kPrefix.data(), kPrefix.size()),
                      ToBase32(cipher_.Encrypt(block)));
}

std::optional<uint64_t> NoticeNames::Decode(std::string_view id) const {
  if (!id.starts_with(kPrefix)) return std::nullopt;
  const auto sealed = FromBase32(id.substr(kPrefix.size()));
  if (!sealed.has_value()) return std::nullopt;
  const Block block = cipher_.Decrypt(*sealed);
  if (!std::equal(kMark.begin(), kMark.end(), block.begin() + 8)) {
    return std::nullopt;
  }
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | block[i];
  return number;
}

absl::StatusOr<store::v1::StoredNotice> ParseNotice(
    const storage::NoticeRow& row) {
  store::v1::StoredNotice stored;
  if (auto parsed = ParseNotice(row, stored); !parsed.ok()) return parsed;
  return stored;
}

absl::Status ParseNotice(const storage::NoticeRow& row,
                         store::v1::StoredNotice& stored) {
  return stored.ParseFromString(row.bytes) ? absl::OkStatus() : Unreadable(row);
}

absl::StatusOr<domain::NoticeCase> OpenNotice(const storage::NoticeRow& row,
                                              const Record* record) {
  auto stored = ParseNotice(row);
  if (!stored.ok()) return stored.status();
  domain::NoticeCase notice{.stored = *std::move(stored), .text = {}};
  if (record == nullptr || row.sealed.empty()) return notice;
  const auto bytes = Sealer::Open(record->data_key, PlaceOf(row), row.sealed);
  if (!bytes.ok()) return bytes.status();
  if (!notice.text.ParseFromString(*bytes)) return Unreadable(row);
  return notice;
}

void SealNotice(Sealer& sealer, const domain::NoticeCase& notice,
                const Record* record, storage::NoticeRow& row) {
  const v1::Notice& head = notice.stored.notice();
  const std::string_view next = domain::WaitsFor(head);
  row.waits_for = next.empty()          ? 0
                  : next == head.from() ? row.sender
                                        : row.recipient;
  row.due_time = head.has_due_time()
                     ? TimeUtil::TimestampToMicroseconds(head.due_time())
                     : std::numeric_limits<int64_t>::max();
  row.bytes = notice.stored.SerializeAsString();
  row.sealed = record == nullptr ? std::string()
                                 : sealer.Seal(record->data_key, PlaceOf(row),
                                               notice.text.SerializeAsString());
}

std::string EtagOf(const storage::NoticeRow& row) {
  return absl::StrCat("v", row.version);
}

}  // namespace waystation::hub
