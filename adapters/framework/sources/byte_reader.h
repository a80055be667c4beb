// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_BYTE_READER_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adapters/framework/decoding/charset.h"

namespace waystation::adapters {

// A window that slides over a file of any size, in memory that does not grow
// with it. A file in UTF-16 is seen through utf16.h, so that it can be split
// like any other. A byte order mark is skipped. Not thread-safe.
class ByteReader {
 public:
  // FILE_MISSING when it cannot be read, FILE_CHARSET when it surely is in
  // another charset.
  static absl::StatusOr<ByteReader> Open(const std::string& path,
                                         Charset charset);

  ByteReader(ByteReader&& other) noexcept;
  ByteReader& operator=(ByteReader&&) = delete;
  ~ByteReader();

  // Makes at least `size` bytes visible, or all that are left. The old window
  // dies.
  absl::Status Fill(std::size_t size);

  std::string_view window() const {
    return std::string_view(buffer_).substr(begin_);
  }
  // Whether the window reaches the end of the file.
  bool at_end() const { return at_end_; }
  // Drops the first bytes of the window. The rest of it lives on.
  void Skip(std::size_t size) { begin_ += size; }

  // Bytes of the file, and those read so far.
  std::uint64_t file_size() const { return file_size_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  ByteReader(int file, std::uint64_t file_size, Charset charset);
  absl::Status ReadOnce();

  int file_;
  std::uint64_t file_size_;
  Charset charset_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::string pending_;  // UTF-16 that waits for its other half
  bool at_end_ = false;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_BYTE_READER_H_
