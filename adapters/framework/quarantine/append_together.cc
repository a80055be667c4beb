// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/quarantine/append_together.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "waystation/store/v1/adapter_state.pb.h"

namespace waystation::adapters {
namespace {

using store::v1::AppendJournal;

constexpr std::size_t kMostJournal = std::size_t{1} << 30;
constexpr std::int64_t kNoFile = -1;

std::int64_t SizeOf(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_size : kNoFile;
}

absl::Status Append(const std::string& path, std::string_view bytes) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return runtime::NotWritten(path, errno);
  absl::Status status;
  while (!bytes.empty() && status.ok()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      status = runtime::NotWritten(path, errno);
    }
  }
  if (status.ok() && fsync(file) != 0)
    status = runtime::NotWritten(path, errno);
  close(file);
  return status;
}

// Whether all that stands behind `before` is the beginning of `appended`.
bool IsBeginning(const std::string& path, std::int64_t before,
                 std::string_view appended) {
  const std::int64_t size = SizeOf(path);
  if (size < before ||
      size - before > static_cast<std::int64_t>(appended.size())) {
    return false;
  }
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  std::string tail(static_cast<std::size_t>(size - before), '\0');
  const ssize_t got = pread(file, tail.data(), tail.size(), before);
  close(file);
  return got == static_cast<ssize_t>(tail.size()) && appended.starts_with(tail);
}

absl::Status TakeBack(const AppendJournal::Part& part) {
  if (SizeOf(part.path()) == kNoFile) return absl::OkStatus();
  const bool was_there = part.size_before() != kNoFile;
  const std::int64_t before = was_there ? part.size_before() : 0;
  if (!IsBeginning(part.path(), before, part.appended())) {
    return absl::OkStatus();
  }
  const int done = was_there ? truncate(part.path().c_str(), before)
                             : unlink(part.path().c_str());
  return done == 0 ? absl::OkStatus() : runtime::NotWritten(part.path(), errno);
}

// A journal that came back after a power cut would take back too much.
absl::Status Forget(const std::string& journal) {
  if (unlink(journal.c_str()) != 0) return runtime::NotWritten(journal, errno);
  return runtime::SyncFolder(journal);
}

}  // namespace

absl::Status AppendTogether(const std::string& journal,
                            std::span<const Appendix> parts) {
  AppendJournal plan;
  for (const Appendix& part : parts) {
    auto& added = *plan.add_parts();
    added.set_path(part.path);
    added.set_size_before(SizeOf(part.path));
    added.set_appended(part.bytes);
  }
  if (auto written =
          runtime::ReplaceFile(journal, plan.SerializeAsString(), 0600);
      !written.ok()) {
    return written;
  }
  for (const Appendix& part : parts) {
    if (auto appended = Append(part.path, part.bytes); !appended.ok()) {
      UndoAppend(journal).IgnoreError();
      return appended;
    }
  }
  return Forget(journal);
}

absl::Status UndoAppend(const std::string& journal) {
  if (!std::filesystem::exists(journal)) return absl::OkStatus();
  const auto bytes = runtime::ReadFile(journal, kMostJournal);
  if (!bytes.ok()) return bytes.status();
  AppendJournal plan;
  if (!plan.ParseFromString(*bytes)) {
    return errors::Error("STATE_DAMAGED", {.field = journal});
  }
  for (const AppendJournal::Part& part : plan.parts()) {
    if (auto undone = TakeBack(part); !undone.ok()) return undone;
  }
  return Forget(journal);
}

}  // namespace waystation::adapters
