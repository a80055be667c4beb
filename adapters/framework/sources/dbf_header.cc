// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/dbf_header.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "proto/errors/error.h"

namespace waystation::adapters {
namespace {

constexpr std::size_t kFrontSize = 32;
constexpr std::size_t kFieldSize = 32;
constexpr std::size_t kNameSize = 11;
constexpr char kHeaderEnd = 0x0D;

std::uint8_t Byte(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t Short(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(Byte(bytes, at) | Byte(bytes, at + 1) << 8);
}

std::uint32_t Long(std::string_view bytes, std::size_t at) {
  return Short(bytes, at) | std::uint32_t{Short(bytes, at + 2)} << 16;
}

absl::Status Wrong(std::string_view reason, std::string place,
                   std::string rule) {
  return errors::Error(reason,
                       {.field = std::move(place), .rule = std::move(rule)});
}

// dBase III and IV and FoxPro, with memo file or without. Later ones of dBase
// lay their fields out otherwise.
bool IsKnownVersion(std::uint8_t version) {
  switch (version) {
    case 0x03:
    case 0x83:
    case 0x8B:
    case 0x30:
    case 0x31:
    case 0x32:
    case 0xF5:
      return true;
    default:
      return false;
  }
}

bool IsPossibleWidth(const DbfField& field) {
  switch (field.type) {
    case 'D':
      return field.width == 8;
    case 'L':
      return field.width == 1;
    case 'N':
    case 'F':
      return field.width >= 1 && field.width <= 20;
    case 'M':
    case 'G':
    case 'P':
      return field.width == 10 || field.width == 4;
    default:
      return field.width >= 1;
  }
}

DbfField ReadField(std::string_view bytes) {
  return {.name = DbfFieldName(bytes.substr(0, kNameSize)),
          .type = bytes[kNameSize],
          .width = Byte(bytes, 16)};
}

absl::Status ReadFields(std::string_view head, DbfHeader& header) {
  std::size_t at = kFrontSize;
  for (; at < header.header_size && head[at] != kHeaderEnd; at += kFieldSize) {
    if (at + kFieldSize > header.header_size) break;
    DbfField field = ReadField(head.substr(at, kFieldSize));
    const std::size_t number = header.fields.size() + 1;
    if (field.name.empty() ||
        !absl::ascii_isalnum(static_cast<unsigned char>(field.type))) {
      return Wrong("DBF_FIELD", absl::StrCat("field ", number), "name, type");
    }
    if (!IsPossibleWidth(field)) {
      return Wrong("DBF_FIELD", absl::StrCat("field ", number),
                   absl::StrFormat("%c(%d)", field.type, field.width));
    }
    header.fields.push_back(std::move(field));
  }
  if (at >= header.header_size || head[at] != kHeaderEnd) {
    return Wrong("DBF_HEADER", absl::StrCat("byte ", at), "0D");
  }
  if (header.fields.empty()) return Wrong("DBF_HEADER", "byte 32", "0D");
  return absl::OkStatus();
}

absl::Status CheckWidths(const DbfHeader& header) {
  std::size_t size = 1;  // the mark
  for (const DbfField& field : header.fields) size += field.width;
  if (size == header.record_size) return absl::OkStatus();
  return Wrong("DBF_WIDTHS", "bytes 10-11",
               absl::StrCat(header.record_size, " != ", size));
}

absl::Status WrongCount(const DbfHeader& header, std::uint64_t file_size) {
  return Wrong(
      "DBF_COUNT", "bytes 4-7",
      absl::StrCat(header.records, " != ",
                   (file_size - header.header_size) / header.record_size));
}

}  // namespace

std::string DbfFieldName(std::string_view bytes) {
  bytes = bytes.substr(0, bytes.find('\0'));
  const std::size_t begin = bytes.find_first_not_of(' ');
  if (begin == std::string_view::npos) return "";
  return std::string(
      bytes.substr(begin, bytes.find_last_not_of(' ') + 1 - begin));
}

absl::StatusOr<DbfHeader> ReadDbfHeader(std::string_view head,
                                        std::uint64_t file_size) {
  if (!head.empty() && !IsKnownVersion(Byte(head, 0))) {
    return Wrong("DBF_VERSION", "byte 0",
                 absl::StrFormat("%02X", Byte(head, 0)));
  }
  if (head.size() < kFrontSize) {
    return Wrong("DBF_HEADER", "file size",
                 absl::StrCat(head.size(), " < ", kFrontSize));
  }
  for (const std::size_t locked : {14U, 15U}) {
    if (Byte(head, locked) == 1) {
      return Wrong("DBF_LOCKED", absl::StrCat("byte ", locked), "01");
    }
  }
  DbfHeader header{.records = Long(head, 4),
                   .header_size = Short(head, 8),
                   .record_size = Short(head, 10),
                   .code_page = Byte(head, 29),
                   .fields = {}};
  if (header.header_size > head.size() || header.header_size <= kFrontSize) {
    return Wrong("DBF_HEADER", "bytes 8-9",
                 absl::StrCat(header.header_size, ", file size ", file_size));
  }
  if (auto read = ReadFields(head, header); !read.ok()) return read;
  if (auto fit = CheckWidths(header); !fit.ok()) return fit;
  if (header.end() > file_size) return WrongCount(header, file_size);
  return header;
}

absl::Status CheckNothingUncounted(const DbfHeader& header,
                                   std::string_view behind,
                                   std::uint64_t file_size) {
  // What does not begin as a record is the end mark, or padding.
  const bool is_record = file_size - header.end() >= header.record_size &&
                         (behind.starts_with(' ') || behind.starts_with('*'));
  return is_record ? WrongCount(header, file_size) : absl::OkStatus();
}

}  // namespace waystation::adapters
