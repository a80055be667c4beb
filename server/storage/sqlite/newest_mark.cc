// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/newest_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "server/storage/rows/findings.h"

namespace waystation::storage::sqlite {
namespace {

struct Layout {
  uint64_t group = 0;
  BatchId batch{};
  LogId log{};
  uint64_t pages = 0;
  int64_t sum = 0;
};
static_assert(sizeof(Layout) == 48 &&
              std::endian::native == std::endian::little);

int64_t SumOf(const Layout& layout, const ChecksumKey& key) {
  return Checksum(key, Table::kNewestMark)
      .Add(layout.group)
      .Add(layout.batch)
      .Add(layout.log)
      .Add(layout.pages)
      .Finish();
}

}  // namespace

absl::StatusOr<std::unique_ptr<NewestMark>> NewestMark::Open(
    const std::string& folder, const ChecksumKey& key, FileHooks* hooks) {
  std::string path = absl::StrCat(folder, "/newest");
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.is_open()) return Failed("opening", path);
  std::unique_ptr<NewestMark> mark(
      new NewestMark(std::move(path), std::move(file), key, hooks));
  if (absl::Status status = mark->Read(); !status.ok()) return status;
  return mark;
}

absl::Status NewestMark::Read() {
  std::array<char, sizeof(Layout) + 1> bytes{};
  const ssize_t size = ::pread(file_.get(), bytes.data(), bytes.size(), 0);
  if (size < 0) return Failed("reading", path_);
  if (size == 0) return absl::OkStatus();
  Layout layout;
  std::memcpy(&layout, bytes.data(), sizeof(layout));
  if (size != sizeof(layout) || layout.sum != SumOf(layout, key_)) {
    is_damaged_ = true;
    return absl::OkStatus();
  }
  found_ = Mark{.group = layout.group,
                .batch = layout.batch,
                .log = {.id = layout.log, .pages = layout.pages}};
  return absl::OkStatus();
}

absl::Status NewestMark::VerifyLog(std::string_view header,
                                   const LogEnd& end) const {
  if (!found_.has_value() || found_->log.pages == 0) return absl::OkStatus();
  if (WasHeaderOf(found_->log.id, header)) {
    return Damaged("log header");
  }
  // A later log begins once all of this one is in the database.
  if (!IsHeaderOf(found_->log.id, header) || end.pages >= found_->log.pages) {
    return absl::OkStatus();
  }
  return Damaged(absl::StrCat("log page ", end.pages + 1),
                 absl::StrCat("the log ends before it, and up to page ",
                              found_->log.pages, " it was durable"));
}

absl::Status NewestMark::VerifyGroups(std::span<const GroupRow> groups) const {
  if (!found_.has_value() || found_->group == 0) return absl::OkStatus();
  const std::string place = absl::StrCat("commit_group ", found_->group);
  const uint64_t newest = groups.empty() ? 0 : groups.back().number;
  if (newest < found_->group) {
    return Damaged(
        place,
        absl::StrCat("it was durable, and the store ends with group ", newest));
  }
  // Groups have numbers without a gap.
  if (groups.front().number <= found_->group &&
      groups[found_->group - groups.front().number].batch != found_->batch) {
    return Damaged(place, "it is not the one that was durable");
  }
  return absl::OkStatus();
}

absl::Status NewestMark::Write(const Mark& mark) {
  Layout layout{.group = mark.group,
                .batch = mark.batch,
                .log = mark.log.id,
                .pages = mark.log.pages};
  layout.sum = SumOf(layout, key_);
  size_t size = sizeof(layout);
  if (hooks_ != nullptr) {
    const std::string_view bytes(reinterpret_cast<const char*>(&layout), size);
    switch (hooks_->Before({FileStep::Kind::kWrite, path_, 0,
                            static_cast<int64_t>(size), bytes})) {
      case FileAnswer::kPass:
        break;
      case FileAnswer::kLose:
        return absl::OkStatus();
      case FileAnswer::kTear:
        size /= 2;
        break;
      case FileAnswer::kNoSpace:
        errno = ENOSPC;
        return Failed("writing", path_);
      case FileAnswer::kFail:
        errno = EIO;
        return Failed("writing", path_);
    }
  }
  const ssize_t written = ::pwrite(file_.get(), &layout, size, 0);
  if (written == sizeof(layout)) return absl::OkStatus();
  if (written >= 0) errno = EIO;
  return Failed("writing", path_);
}

absl::Status NewestMark::Begin(const Mark& mark) {
  if (::ftruncate(file_.get(), sizeof(Layout)) != 0) {
    return Failed("truncating", path_);
  }
  if (absl::Status status = Write(mark); !status.ok()) return status;
  const FileAnswer answer =
      hooks_ == nullptr
          ? FileAnswer::kPass
          : hooks_->Before({FileStep::Kind::kSync, path_, 0, 0, {}});
  if (answer == FileAnswer::kLose) return absl::OkStatus();
  if (answer == FileAnswer::kPass && ::fdatasync(file_.get()) == 0) {
    return absl::OkStatus();
  }
  if (answer != FileAnswer::kPass) errno = EIO;
  return Failed("syncing", path_);
}

void NewestMark::Put(const Mark& mark) { (void)Write(mark); }

}  // namespace waystation::storage::sqlite
