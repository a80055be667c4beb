// SPDX-License-Identifier: Apache-2.0
#include "server/backup/archive.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include "proto/errors/error.h"
#include "proto/runtime/file.h"

namespace waystation::backup {
namespace {

constexpr std::string_view kMagic = "waystation-backup 1\n";
constexpr size_t kMostPiece = size_t{1} << 20;
constexpr size_t kSeal = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr size_t kBegin = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr size_t kMostHead = size_t{64} << 10;
static_assert(sizeof(ArchiveKey) ==
              crypto_secretstream_xchacha20poly1305_KEYBYTES);

unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string Length(size_t size) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>((size >> shift) & 0xff));
  }
  return bytes;
}

absl::Status NotRead(const std::string& path) {
  return errors::Error(
      "FILE_MISSING",
      {.field = path, .rule = std::generic_category().message(errno)});
}

// Wipes itself.
class Stream {
 public:
  Stream() = default;
  ~Stream() { sodium_memzero(&state_, sizeof state_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  crypto_secretstream_xchacha20poly1305_state* get() { return &state_; }

 private:
  crypto_secretstream_xchacha20poly1305_state state_{};
};

class Hasher {
 public:
  Hasher() { crypto_hash_sha256_init(&state_); }
  void Add(std::string_view bytes) {
    crypto_hash_sha256_update(&state_, Bytes(bytes), bytes.size());
  }
  auditlog::Hash Take() {
    auditlog::Hash hash;
    crypto_hash_sha256_final(&state_, hash.data());
    return hash;
  }

 private:
  crypto_hash_sha256_state state_{};
};

class Writer final : public ArchiveWriter {
 public:
  Writer(std::string path, runtime::Descriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}

  absl::Status Begin(const store::v1::BackupHead& head, const ArchiveKey& key) {
    head_ = head.SerializeAsString();
    std::string begin(kBegin, '\0');
    crypto_secretstream_xchacha20poly1305_init_push(stream_.get(), Bytes(begin),
                                                    key.data());
    return Write(std::string(kMagic) + Length(head_.size()) + head_ + begin);
  }

  absl::Status Append(std::string_view piece) override {
    return Push(piece, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
  }

  absl::StatusOr<auditlog::Hash> Finish(
      const store::v1::BackupTail& tail) override {
    if (absl::Status status =
            Push(tail.SerializeAsString(),
                 crypto_secretstream_xchacha20poly1305_TAG_FINAL);
        !status.ok()) {
      return status;
    }
    if (::fsync(file_.get()) != 0) return runtime::NotWritten(path_, errno);
    return hasher_.Take();
  }

 private:
  absl::Status Push(std::string_view bytes, unsigned char tag) {
    std::string sealed(bytes.size() + kSeal, '\0');
    crypto_secretstream_xchacha20poly1305_push(
        stream_.get(), Bytes(sealed), nullptr, Bytes(bytes), bytes.size(),
        Bytes(std::string_view(head_)), head_.size(), tag);
    head_.clear();  // Authenticated once.
    if (absl::Status status = Write(Length(sealed.size())); !status.ok()) {
      return status;
    }
    return Write(sealed);
  }

  absl::Status Write(std::string_view bytes) {
    hasher_.Add(bytes);
    return runtime::WriteAll(file_, path_, bytes);
  }

  const std::string path_;
  const runtime::Descriptor file_;
  Stream stream_;
  Hasher hasher_;
  std::string head_;
};

class Reader final : public ArchiveReader {
 public:
  Reader(std::string path, runtime::Descriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}

  absl::Status Begin() {
    struct stat state {};
    if (::fstat(file_.get(), &state) != 0) return Damaged("it has no size");
    file_bytes_ = static_cast<uint64_t>(state.st_size);
    const absl::StatusOr<std::string> magic = Read(kMagic.size());
    if (!magic.ok() || *magic != kMagic) {
      return Damaged("it does not begin as a backup does");
    }
    absl::StatusOr<std::string> head = ReadSized(kMostHead);
    if (!head.ok()) return head.status();
    head_bytes_ = *std::move(head);
    if (!head_.ParseFromString(head_bytes_)) return Damaged("its head");
    absl::StatusOr<std::string> begin = Read(kBegin);
    if (!begin.ok()) return begin.status();
    begin_ = *std::move(begin);
    return absl::OkStatus();
  }

  const store::v1::BackupHead& head() const override { return head_; }
  uint64_t file_bytes() const override { return file_bytes_; }

  absl::Status Unlock(const ArchiveKey& key) override {
    if (crypto_secretstream_xchacha20poly1305_init_pull(
            stream_.get(), Bytes(std::string_view(begin_)), key.data()) != 0) {
      return Damaged("its beginning");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Next() override {
    const uint64_t at = at_;
    absl::StatusOr<std::string> sealed = ReadSized(kMostPiece + kSeal);
    if (!sealed.ok()) return sealed.status();
    std::string piece(sealed->size() < kSeal ? 0 : sealed->size() - kSeal,
                      '\0');
    unsigned char tag = 0;
    if (sealed->size() < kSeal ||
        crypto_secretstream_xchacha20poly1305_pull(
            stream_.get(), Bytes(piece), nullptr, &tag,
            Bytes(std::string_view(*sealed)), sealed->size(),
            Bytes(std::string_view(head_bytes_)), head_bytes_.size()) != 0) {
      return Damaged("changed in the piece at byte " + std::to_string(at));
    }
    head_bytes_.clear();
    if (tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
      if (piece.empty()) return Damaged("an empty piece");
      return piece;
    }
    if (!tail_.ParseFromString(piece)) return Damaged("its tail");
    if (at_ != file_bytes_) {
      return Damaged("it goes on after its end, at byte " +
                     std::to_string(at_));
    }
    hash_ = hasher_.Take();
    return std::string();
  }

  const store::v1::BackupTail& tail() const override { return tail_; }
  const auditlog::Hash& hash() const override { return hash_; }

 private:
  absl::Status Damaged(const std::string& rule) const {
    return errors::Error("BACKUP_DAMAGED", {.field = path_, .rule = rule});
  }

  absl::StatusOr<std::string> Read(size_t size) {
    std::string bytes(size, '\0');
    size_t got = 0;
    while (got < size) {
      const ssize_t n = ::read(file_.get(), bytes.data() + got, size - got);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return NotRead(path_);
      if (n == 0) {
        return Damaged("it is cut at byte " + std::to_string(at_ + got));
      }
      got += static_cast<size_t>(n);
    }
    at_ += size;
    hasher_.Add(bytes);
    return bytes;
  }

  absl::StatusOr<std::string> ReadSized(size_t most) {
    const uint64_t at = at_;
    const absl::StatusOr<std::string> length = Read(4);
    if (!length.ok()) return length.status();
    size_t size = 0;
    for (const char byte : *length) {
      size = size << 8 | static_cast<unsigned char>(byte);
    }
    if (size > most) {
      return Damaged("a length that cannot be at byte " + std::to_string(at));
    }
    return Read(size);
  }

  const std::string path_;
  const runtime::Descriptor file_;
  uint64_t file_bytes_ = 0;
  uint64_t at_ = 0;
  store::v1::BackupHead head_;
  std::string head_bytes_;
  std::string begin_;
  Stream stream_;
  Hasher hasher_;
  store::v1::BackupTail tail_;
  auditlog::Hash hash_{};
};

}  // namespace

ArchiveKey NewArchiveKey() {
  ArchiveKey key;
  crypto_secretstream_xchacha20poly1305_keygen(key.data());
  return key;
}

absl::StatusOr<std::unique_ptr<ArchiveWriter>> ArchiveWriter::Create(
    const std::string& path, const store::v1::BackupHead& head,
    const ArchiveKey& key) {
  runtime::Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.ok()) {
    return errno == EEXIST ? errors::Error("EXISTS_ALREADY", {.rule = path})
                           : runtime::NotWritten(path, errno);
  }
  auto writer = std::make_unique<Writer>(path, std::move(file));
  if (absl::Status begun = writer->Begin(head, key); !begun.ok()) return begun;
  return writer;
}

absl::StatusOr<std::unique_ptr<ArchiveReader>> ArchiveReader::Open(
    const std::string& path) {
  runtime::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return NotRead(path);
  auto reader = std::make_unique<Reader>(path, std::move(file));
  if (absl::Status begun = reader->Begin(); !begun.ok()) return begun;
  return reader;
}

}  // namespace waystation::backup
