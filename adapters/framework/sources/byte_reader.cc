// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/byte_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "adapters/framework/decoding/sniff.h"
#include "adapters/framework/decoding/utf16.h"
#include "proto/errors/error.h"

namespace waystation::adapters {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;
constexpr std::size_t kHead = std::size_t{64} << 10;

std::string ReadHead(int file) {
  std::string head(kHead, '\0');
  const ssize_t got = pread(file, head.data(), head.size(), 0);
  head.resize(static_cast<std::size_t>(got < 0 ? 0 : got));
  return head;
}

absl::Status CannotRead(const std::string& path, int error) {
  return errors::Error(
      "FILE_MISSING",
      {.field = path, .rule = std::generic_category().message(error)});
}

}  // namespace

absl::StatusOr<ByteReader> ByteReader::Open(const std::string& path,
                                            Charset charset) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return CannotRead(path, errno);
  struct stat status {};
  if (fstat(file, &status) != 0) {
    const int error = errno;
    close(file);
    return CannotRead(path, error);
  }
  if (!S_ISREG(status.st_mode)) {
    close(file);
    return CannotRead(path, EISDIR);
  }
  if (const auto other = SurelyAnother(charset, ReadHead(file))) {
    close(file);
    return errors::Error(
        "FILE_CHARSET",
        {.rule = std::string(CharsetName(charset)),
         .metadata = {{"file", path},
                      {"found", std::string(CharsetName(*other))}}});
  }
  ByteReader reader(file, static_cast<std::uint64_t>(status.st_size), charset);
  if (auto filled = reader.Fill(4); !filled.ok()) return filled;
  // A mark of UTF-16 reads as U+FEFF in the window.
  const std::string_view window = reader.window();
  if (const auto mark = FindByteOrderMark(window)) {
    const bool utf16 = charset == Charset::kUtf16Le;
    if (!utf16 || mark->charset == Charset::kUtf8) reader.Skip(mark->size);
  }
  return reader;
}

ByteReader::ByteReader(int file, std::uint64_t file_size, Charset charset)
    : file_(file), file_size_(file_size), charset_(charset) {}

ByteReader::ByteReader(ByteReader&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      file_size_(other.file_size_),
      charset_(other.charset_),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      pending_(std::move(other.pending_)),
      at_end_(other.at_end_),
      bytes_read_(other.bytes_read_) {}

ByteReader::~ByteReader() {
  if (file_ >= 0) close(file_);
}

absl::Status ByteReader::Fill(std::size_t size) {
  while (!at_end_ && window().size() < size) {
    if (auto read = ReadOnce(); !read.ok()) return read;
  }
  return absl::OkStatus();
}

absl::Status ByteReader::ReadOnce() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  std::string& target = charset_ == Charset::kUtf16Le ? pending_ : buffer_;
  const std::size_t before = target.size();
  target.resize(before + kChunk);
  ssize_t got = 0;
  do {
    got = read(file_, target.data() + before, kChunk);
  } while (got < 0 && errno == EINTR);
  target.resize(before + static_cast<std::size_t>(got < 0 ? 0 : got));
  if (got < 0) return CannotRead("", errno);
  bytes_read_ += static_cast<std::uint64_t>(got);
  at_end_ = got == 0;
  if (charset_ == Charset::kUtf16Le) {
    pending_.erase(0, utf16::ToBytes(pending_, at_end_, buffer_));
  }
  return absl::OkStatus();
}

}  // namespace waystation::adapters
