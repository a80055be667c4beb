// SPDX-License-Identifier: Apache-2.0
#include "server/backup/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"
#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "proto/runtime/file.h"
#include "waystation/store/v1/backup.pb.h"

namespace waystation::backup {
namespace {

using google::protobuf::util::TimeUtil;

constexpr size_t kMostBytes = size_t{1} << 30;
constexpr size_t kLinesBetween = 1000;

absl::Time UntilOf(const store::v1::JournalEntry& entry) {
  if (!entry.has_expire_time()) return absl::InfiniteFuture();
  return absl::FromUnixMicros(
      TimeUtil::TimestampToMicroseconds(entry.expire_time()));
}

// Lines that no longer count are dropped when they are many.
bool AreMany(size_t lines, size_t counting) {
  return lines > kLinesBetween + 2 * counting;
}

// Of an entry that has none yet.
std::string SumOf(const store::v1::JournalEntry& entry) {
  return std::string(
      auditlog::AsBytes(auditlog::Sha256(entry.SerializeAsString())));
}

// nullopt for a line that is not whole, or not what was written.
std::optional<store::v1::JournalEntry> ReadLine(const std::string& line) {
  store::v1::JournalEntry entry;
  if (!google::protobuf::util::JsonStringToMessage(line, &entry).ok()) {
    return std::nullopt;
  }
  const std::string sum = std::exchange(*entry.mutable_sum(), "");
  if (!sum.empty() && sum != SumOf(entry)) return std::nullopt;
  return entry;
}

// `until` is the infinite future for what counts for good.
std::string LineOf(const storage::ObjectRow& row, absl::Time until,
                   absl::Time now) {
  store::v1::JournalEntry entry;
  *entry.mutable_time() =
      TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(now));
  if (until != absl::InfiniteFuture()) {
    *entry.mutable_expire_time() =
        TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(until));
  }
  entry.set_kind(row.kind);
  entry.set_id(row.id);
  entry.set_object(row.bytes);
  entry.set_sum(SumOf(entry));
  std::string line;
  // A message of text and bytes can always be written.
  (void)google::protobuf::util::MessageToJsonString(entry, &line);
  return line + "\n";
}

// Appends to the file, making it if need be; durable when it returns. What a
// full disk let in is taken back.
absl::Status AppendTo(const std::string& path, std::string_view text) {
  const runtime::Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file.ok()) return runtime::NotWritten(path, errno);
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  if (absl::Status status = runtime::WriteDurably(file, path, text);
      !status.ok()) {
    if (::ftruncate(file.get(), size) != 0) {
      // The next start drops a line that is not whole.
    }
    return status;
  }
  return size == 0 ? runtime::SyncFolder(path) : absl::OkStatus();
}

bool IsThere(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace

Journal::Journal(const std::string& folder)
    : objects_file_(absl::StrCat(folder, "/administration.jsonl")),
      checkpoint_file_(absl::StrCat(folder, "/checkpoint")) {}

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(
    const std::string& folder, absl::Time now) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return runtime::NotWritten(folder, errno);
  }
  std::unique_ptr<Journal> journal(new Journal(folder));
  if (absl::Status read = journal->Read(now); !read.ok()) return read;
  return journal;
}

absl::Status Journal::Read(absl::Time now) {
  const std::lock_guard lock(mutex_);
  if (IsThere(checkpoint_file_)) {
    absl::StatusOr<std::string> note = runtime::ReadFile(checkpoint_file_);
    if (!note.ok()) return note.status();
    checkpoint_ = *std::move(note);
  }
  if (!IsThere(objects_file_)) return absl::OkStatus();
  const absl::StatusOr<std::string> text =
      runtime::ReadFile(objects_file_, kMostBytes);
  if (!text.ok()) return text.status();
  size_t lines = 0;
  size_t whole = 0;
  while (whole < text->size()) {
    const size_t end = text->find('\n', whole);
    if (end == std::string::npos) break;
    ++lines;
    const std::optional<store::v1::JournalEntry> entry =
        ReadLine(text->substr(whole, end - whole));
    if (!entry.has_value()) {
      return errors::Error(
          "JOURNAL_DAMAGED",
          {.field = objects_file_, .rule = absl::StrCat("line ", lines)});
    }
    if (const absl::Time until = UntilOf(*entry); now < until) {
      objects_[{entry->kind(), entry->id()}] = {
          .object = entry->object(),
          .line = text->substr(whole, end + 1 - whole),
          .until = until};
    }
    whole = end + 1;
  }
  const bool has_rest = whole < text->size();
  // Where its end alone is missing or damaged, all that it says is there.
  for (size_t length : {text->size(), text->size() - 1}) {
    if (length <= whole) break;
    const std::string line = text->substr(whole, length - whole);
    if (const auto entry = ReadLine(line); entry.has_value()) {
      objects_[{entry->kind(), entry->id()}] = {.object = entry->object(),
                                                .line = line + "\n",
                                                .until = UntilOf(*entry)};
      break;
    }
  }
  lines_ = lines;
  if (!has_rest && !AreMany(lines_, objects_.size())) return absl::OkStatus();
  lines_ = objects_.size();
  return Rewrite();
}

absl::Status Journal::Rewrite() const {
  std::string text;
  for (const auto& [key, entry] : objects_) text += entry.line;
  return runtime::ReplaceFile(objects_file_, text, 0600);
}

std::vector<storage::ObjectRow> Journal::Objects() const {
  const std::lock_guard lock(mutex_);
  std::vector<storage::ObjectRow> rows;
  rows.reserve(objects_.size());
  for (const auto& [key, entry] : objects_) {
    rows.push_back(
        {.kind = key.first, .id = key.second, .bytes = entry.object});
  }
  return rows;
}

absl::Status Journal::Put(std::span<const storage::ObjectRow> rows,
                          absl::Time now) {
  std::vector<Dated> lasting;
  lasting.reserve(rows.size());
  for (const storage::ObjectRow& row : rows) {
    lasting.emplace_back(&row, absl::InfiniteFuture());
  }
  return Append(lasting, now);
}

absl::Status Journal::Put(std::span<const Passing> rows, absl::Time now) {
  std::vector<Dated> passing;
  passing.reserve(rows.size());
  for (const Passing& each : rows) {
    if (now < each.until) passing.emplace_back(&each.row, each.until);
  }
  return Append(passing, now);
}

absl::Status Journal::Append(std::span<const Dated> rows, absl::Time now) {
  const std::lock_guard lock(mutex_);
  std::string text;
  std::map<Key, Entry> fresh;
  for (const auto& [row, until] : rows) {
    const auto held = objects_.find({row->kind, row->id});
    if (held != objects_.end() && held->second.object == row->bytes) continue;
    Entry entry{
        .object = row->bytes, .line = LineOf(*row, until, now), .until = until};
    text += entry.line;
    fresh[{row->kind, row->id}] = std::move(entry);
  }
  if (text.empty()) return absl::OkStatus();
  if (absl::Status status = AppendTo(objects_file_, text); !status.ok()) {
    return status;
  }
  WAYSTATION_FAILPOINT("journal/appended");
  lines_ += fresh.size();
  for (auto& [key, entry] : fresh) objects_[key] = std::move(entry);
  Tidy(now);
  return absl::OkStatus();
}

void Journal::Tidy(absl::Time now) {
  if (lines_ < looked_at_ + kLinesBetween) return;
  std::erase_if(objects_,
                [&](const auto& each) { return each.second.until <= now; });
  // A file that is longer than it has to be is no worse for it.
  if (AreMany(lines_, objects_.size()) && Rewrite().ok()) {
    lines_ = objects_.size();
  }
  looked_at_ = lines_;
}

std::string Journal::checkpoint() const {
  const std::lock_guard lock(mutex_);
  return checkpoint_;
}

absl::Status Journal::PutCheckpoint(const std::string& note) {
  const std::lock_guard lock(mutex_);
  if (note == checkpoint_) return absl::OkStatus();
  if (absl::Status status = runtime::ReplaceFile(checkpoint_file_, note, 0600);
      !status.ok()) {
    return status;
  }
  checkpoint_ = note;
  return absl::OkStatus();
}

}  // namespace waystation::backup
