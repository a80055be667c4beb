// SPDX-License-Identifier: Apache-2.0
#include "server/storage/rows/moving.h"

#include <endian.h>

#include <cstring>

#include "proto/errors/error.h"

namespace waystation::storage {
namespace {

constexpr int32_t kNull = -1;

template <typename Number>
void Append(Number bytes, std::string& to) {
  to.append(reinterpret_cast<const char*>(&bytes), sizeof(bytes));
}

void AppendSize(int32_t size, std::string& to) {
  Append(htobe32(static_cast<uint32_t>(size)), to);
}

}  // namespace

RowWriter::RowWriter(const TableShape& table) {
  Append(htobe16(static_cast<uint16_t>(table.columns.size())), row_);
}

void RowWriter::AddNumber(int64_t number) {
  AppendSize(sizeof(number), row_);
  Append(htobe64(static_cast<uint64_t>(number)), row_);
}

void RowWriter::AddBytes(std::string_view bytes) {
  AppendSize(static_cast<int32_t>(bytes.size()), row_);
  row_.append(bytes);
}

void RowWriter::AddNull() { AppendSize(kNull, row_); }

RowReader::RowReader(const TableShape& table, std::string_view row)
    : rest_(row) {
  uint16_t count = 0;
  const std::string_view bytes = Take(sizeof(count));
  if (!ok_) return;
  std::memcpy(&count, bytes.data(), sizeof(count));
  ok_ = be16toh(count) == table.columns.size();
}

std::optional<std::string_view> RowReader::Bytes() {
  uint32_t size = 0;
  const std::string_view bytes = Take(sizeof(size));
  if (!ok_) return std::nullopt;
  std::memcpy(&size, bytes.data(), sizeof(size));
  size = be32toh(size);
  if (static_cast<int32_t>(size) == kNull) return std::nullopt;
  return Take(size);
}

std::optional<int64_t> RowReader::Number() {
  const auto bytes = Bytes();
  if (!ok_ || !bytes.has_value()) return std::nullopt;
  uint64_t number = 0;
  ok_ = bytes->size() == sizeof(number);
  if (!ok_) return std::nullopt;
  std::memcpy(&number, bytes->data(), sizeof(number));
  return static_cast<int64_t>(be64toh(number));
}

std::string_view RowReader::Take(size_t size) {
  ok_ = ok_ && size <= rest_.size();
  if (!ok_) return {};
  const std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

absl::Status Forbids(Note note, const std::string& text) {
  return note == Note::kMovingIn ? errors::Error("MOVE_UNFINISHED")
                                 : errors::Error("STORE_MOVED", {.rule = text});
}

}  // namespace waystation::storage
