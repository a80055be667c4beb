// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/adapters/support/dbf_bytes.h"

#include <utility>

namespace waystation::adapters {
namespace {

void AppendNumber(std::uint64_t number, std::size_t size, std::string& out) {
  for (std::size_t i = 0; i < size; ++i) {
    out.push_back(static_cast<char>(number >> (8 * i)));
  }
}

std::string Filled(std::string text, std::size_t width, char with) {
  text.resize(width, with);
  return text;
}

}  // namespace

DbfBytes::DbfBytes(std::vector<DbfColumn> columns)
    : columns_(std::move(columns)) {
  for (const DbfColumn& column : columns_) record_size_ += column.width;
}

DbfBytes& DbfBytes::Add(const std::vector<std::string>& values, char mark) {
  records_.push_back(mark);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    records_.append(
        Filled(i < values.size() ? values[i] : "", columns_[i].width, ' '));
  }
  ++count_;
  return *this;
}

std::string DbfBytes::Bytes() const {
  std::string out = "\x03\x7E\x0B\x1A";  // dBase III, 2026-11-26
  AppendNumber(count_, 4, out);
  AppendNumber(header_size(), 2, out);
  AppendNumber(record_size_, 2, out);
  out.resize(32, '\0');
  for (const DbfColumn& column : columns_) {
    out.append(Filled(column.name, 11, '\0')).push_back(column.type);
    out.append(4, '\0').push_back(static_cast<char>(column.width));
    out.append(15, '\0');
  }
  out.push_back('\x0D');
  return out.append(records_).append("\x1A");
}

std::string WithNumber(std::string bytes, std::size_t at, std::size_t size,
                       std::uint64_t number) {
  std::string spelled;
  AppendNumber(number, size, spelled);
  return bytes.replace(at, size, spelled);
}

}  // namespace waystation::adapters
