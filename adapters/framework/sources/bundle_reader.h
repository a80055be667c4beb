// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_BUNDLE_READER_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_BUNDLE_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adapters/framework/sources/byte_reader.h"
#include "adapters/framework/sources/json_scanner.h"

namespace waystation::adapters {

// One part of a file of JSON that is read by itself.
struct JsonPart {
  // From 1.
  std::uint64_t number = 0;
  // Lives until the next one is asked for.
  std::string_view bytes;
  // ROW_TOO_LONG, with the first kMaxRow bytes, or JSON_DEPTH; empty if it can
  // be read.
  std::string_view defect;
};

// The entries of a FHIR Bundle of any size, each as its bytes, in memory that
// does not grow. Not thread-safe.
class BundleReader {
 public:
  // As ByteReader::Open; FILE_EMPTY.
  static absl::StatusOr<BundleReader> Open(const std::string& path);

  // nullopt at the end. FHIR_NO_BUNDLE for another file, JSON_BROKEN with line
  // and byte where the Bundle itself breaks, JSON_KEY_TWICE for a second list
  // of entries.
  absl::StatusOr<std::optional<JsonPart>> Next();

  std::uint64_t bytes_read() const { return reader_.bytes_read(); }
  std::uint64_t file_size() const { return reader_.file_size(); }

 private:
  enum class At : std::uint8_t { kFront, kMembers, kEntries, kEnd };

  explicit BundleReader(ByteReader reader) : reader_(std::move(reader)) {}

  // The next byte that is no space, with what of its value fits behind it;
  // NUL at the end of the file.
  absl::StatusOr<char> Peek();
  void Take(std::size_t bytes);
  absl::Status TakeByte(char wanted);
  absl::StatusOr<std::string> TakeKey();
  absl::Status TakeMember();
  absl::Status TakeKind();
  // Reads the value to its end, whatever its size.
  absl::Status SkipValue(JsonScanner& scanner);
  absl::StatusOr<JsonPart> TakeEntry();
  absl::Status Broken() const;

  ByteReader reader_;
  At at_ = At::kFront;
  bool first_ = true;
  bool is_bundle_ = false;
  bool has_entries_ = false;
  std::uint64_t number_ = 0;
  // Of the window's front.
  std::uint64_t line_ = 1;
  std::uint64_t byte_ = 1;
  std::size_t to_take_ = 0;
  std::string overlong_;
};

// The lines of a file that are not blank, one resource each.
class ResourceLines {
 public:
  // As ByteReader::Open; FILE_EMPTY.
  static absl::StatusOr<ResourceLines> Open(const std::string& path);

  // nullopt at the end; its number is that of the line.
  absl::StatusOr<std::optional<JsonPart>> Next();

  std::uint64_t bytes_read() const { return reader_.bytes_read(); }
  std::uint64_t file_size() const { return reader_.file_size(); }

 private:
  explicit ResourceLines(ByteReader reader) : reader_(std::move(reader)) {}
  absl::Status SkipLine();

  ByteReader reader_;
  std::uint64_t line_ = 0;
  std::size_t to_skip_ = 0;
  std::string overlong_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_BUNDLE_READER_H_
