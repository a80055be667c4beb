// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/quarantine/quarantine.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "adapters/framework/decoding/utf16.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace waystation::adapters {
namespace {

namespace pb_json = google::protobuf::util;
using report::v1::QuarantinedRow;
using report::v1::RowFinding;

constexpr std::size_t kMostBytes = std::size_t{1} << 30;
constexpr std::string_view kUtf16Mark = "\xFF\xFE";

absl::Status WriteFailed(const std::string& path) {
  return errors::Error(errno == ENOSPC ? "DISK_FULL" : "FILE_NOT_WRITTEN",
                       {.field = path});
}

// Held by whoever changes the quarantine's files.
int Lock(const std::string& folder) {
  const int file =
      open((folder + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) flock(file, LOCK_EX);
  return file;
}

absl::StatusOr<std::string> ReadIfThere(const std::string& path) {
  if (!std::filesystem::exists(path)) return std::string();
  return runtime::ReadFile(path, kMostBytes);
}

// Appends durably. A file whose last line has no end, as editors leave them,
// gets one first.
absl::Status Append(const std::string& path, std::string_view bytes,
                    std::string_view line_end) {
  const int file =
      open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return WriteFailed(path);
  const off_t size = lseek(file, 0, SEEK_END);
  std::string last(line_end.size(), '\0');
  std::string out;
  if (size >= static_cast<off_t>(last.size()) &&
      pread(file, last.data(), last.size(),
            size - static_cast<off_t>(last.size())) ==
          static_cast<ssize_t>(last.size()) &&
      last != line_end) {
    out.append(line_end);
  }
  out.append(bytes);
  absl::Status status;
  for (std::string_view rest = out; !rest.empty() && status.ok();) {
    const ssize_t written = write(file, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      status = WriteFailed(path);
    }
  }
  if (status.ok() && fsync(file) != 0) status = WriteFailed(path);
  close(file);
  return status;
}

std::vector<QuarantinedRow> ParseFindings(std::string_view text) {
  std::vector<QuarantinedRow> out;
  while (!text.empty()) {
    const std::string line(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    // A line that a crash cut short says nothing.
    QuarantinedRow row;
    if (pb_json::JsonStringToMessage(line, &row).ok()) {
      out.push_back(std::move(row));
    }
  }
  return out;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Quarantine>> Quarantine::Open(Options options) {
  auto quarantine =
      std::unique_ptr<Quarantine>(new Quarantine(std::move(options)));
  if (auto read = quarantine->ReadFindings(); !read.ok()) return read;
  return quarantine;
}

Quarantine::Quarantine(Options options)
    : options_(std::move(options)),
      rows_path_(options_.folder + "/" + options_.source + options_.extension),
      findings_path_(options_.folder + "/" + options_.source +
                     ".findings.jsonl"),
      hash_(options_.hash_key) {}

Quarantine::~Quarantine() = default;

absl::Status Quarantine::ReadFindings() {
  row_count_ = 0;
  known_.clear();
  const auto text = ReadIfThere(findings_path_);
  if (!text.ok()) return text.status();
  for (const QuarantinedRow& row : ParseFindings(*text)) {
    row_count_ = std::max(row_count_, row.row());
    known_.emplace(row.fingerprint(), row.finding().reason(),
                   row.finding().column());
  }
  return absl::OkStatus();
}

std::string Quarantine::LineEnd() const {
  return options_.charset == Charset::kUtf16Le ? std::string("\n\0", 2) : "\n";
}

std::string Quarantine::FileHead(std::string_view header) const {
  std::string head;
  if (options_.charset == Charset::kUtf16Le) head.append(kUtf16Mark);
  if (!header.empty()) head.append(header).append(LineEnd());
  return head;
}

void Quarantine::Render(std::string_view row,
                        const std::vector<QuarantinedRow>& findings,
                        std::string& rows, std::string& lines) {
  rows.append(row).append(LineEnd());
  for (const QuarantinedRow& finding : findings) {
    std::string json;
    pb_json::JsonPrintOptions print;
    print.preserve_proto_field_names = true;
    (void)pb_json::MessageToJsonString(finding, &json, print);
    lines.append(json).push_back('\n');
  }
}

void Quarantine::Add(std::string_view header, std::string_view row,
                     const std::vector<RowFinding>& findings, absl::Time time) {
  const std::uint64_t fingerprint = hash_(row);
  std::vector<QuarantinedRow> fresh;
  for (const RowFinding& finding : findings) {
    if (!known_.emplace(fingerprint, finding.reason(), finding.column())
             .second) {
      continue;
    }
    QuarantinedRow& added = fresh.emplace_back();
    added.set_source(options_.source);
    added.set_row(row_count_ + 1);
    *added.mutable_finding() = finding;
    added.mutable_time()->set_seconds(absl::ToUnixSeconds(time));
    added.set_fingerprint(fingerprint);
  }
  if (fresh.empty()) return;
  ++row_count_;
  if (header_.empty()) header_ = header;
  Render(row, fresh, pending_rows_, pending_findings_);
}

absl::Status Quarantine::Flush() {
  if (pending_rows_.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(options_.folder, error);
  const int lock = Lock(options_.folder);
  std::string rows;
  if (!std::filesystem::exists(rows_path_)) rows = FileHead(header_);
  rows.append(pending_rows_);
  absl::Status status = Append(rows_path_, rows, LineEnd());
  if (status.ok()) status = Append(findings_path_, pending_findings_, "\n");
  close(lock);
  if (!status.ok()) return status;
  pending_rows_.clear();
  pending_findings_.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<QuarantinedRow>> Quarantine::List() const {
  const auto text = ReadIfThere(findings_path_);
  if (!text.ok()) return text.status();
  return ParseFindings(*text);
}

absl::StatusOr<std::unique_ptr<Quarantine::Replay>> Quarantine::BeginReplay(
    absl::Time now) {
  auto replay = std::unique_ptr<Replay>(new Replay(*this));
  if (!std::filesystem::exists(rows_path_)) return replay;
  replay->lock_ = Lock(options_.folder);
  auto findings = List();
  if (!findings.ok()) return findings.status();
  replay->before_ = *std::move(findings);
  std::sort(replay->before_.begin(), replay->before_.end(),
            [](const auto& a, const auto& b) {
              return a.fingerprint() < b.fingerprint();
            });
  const auto bytes = runtime::ReadFile(rows_path_, kMostBytes);
  if (!bytes.ok()) return bytes.status();

  const bool utf16 = options_.charset == Charset::kUtf16Le;
  std::string text;
  if (utf16) {
    utf16::ToBytes(*bytes, /*at_end=*/true, text);
  } else {
    text = *bytes;
  }
  // The header is the first line, unless the export has none.
  std::string rest_of_file;
  bool first = options_.has_header;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const std::string raw = utf16 ? utf16::FromBytes(line) : std::string(line);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (std::exchange(first, false)) {
      replay->header_ = raw + LineEnd();
      rest_of_file = replay->header_;
      continue;
    }
    const std::vector<RowFinding> found = replay->FindingsOf(raw);
    const bool stuck = std::any_of(
        found.begin(), found.end(),
        [](const RowFinding& f) { return f.reason() == "ROW_QUOTE"; });
    if (stuck) {
      replay->Keep(raw, found, now);
    } else {
      rest_of_file.append(raw).append(LineEnd());
    }
  }
  replay->path_ = rows_path_ + ".replay";
  if (auto written = runtime::ReplaceFile(replay->path_, rest_of_file, 0600);
      !written.ok()) {
    return written;
  }
  return replay;
}

Quarantine::Replay::~Replay() {
  if (!path_.empty()) unlink(path_.c_str());
  if (lock_ >= 0) close(lock_);
}

std::vector<RowFinding> Quarantine::Replay::FindingsOf(std::string_view row) {
  const std::uint64_t fingerprint = quarantine_.hash_(row);
  std::vector<RowFinding> out;
  auto at = std::lower_bound(before_.begin(), before_.end(), fingerprint,
                             [](const QuarantinedRow& a, std::uint64_t b) {
                               return a.fingerprint() < b;
                             });
  for (; at != before_.end() && at->fingerprint() == fingerprint; ++at) {
    out.push_back(at->finding());
  }
  return out;
}

void Quarantine::Replay::Keep(std::string_view row,
                              const std::vector<RowFinding>& findings,
                              absl::Time time) {
  ++kept_;
  std::vector<QuarantinedRow> kept;
  for (const RowFinding& finding : findings) {
    QuarantinedRow& added = kept.emplace_back();
    added.set_source(quarantine_.options_.source);
    added.set_row(kept_);
    *added.mutable_finding() = finding;
    added.mutable_time()->set_seconds(absl::ToUnixSeconds(time));
    added.set_fingerprint(quarantine_.hash_(row));
  }
  quarantine_.Render(row, kept, kept_rows_, kept_findings_);
}

absl::Status Quarantine::Replay::Finish() {
  if (path_.empty()) return absl::OkStatus();
  if (kept_ == 0) {
    unlink(quarantine_.rows_path_.c_str());
    unlink(quarantine_.findings_path_.c_str());
    return quarantine_.ReadFindings();
  }
  const std::string rows = header_ + kept_rows_;
  if (auto written = runtime::ReplaceFile(quarantine_.rows_path_, rows, 0600);
      !written.ok()) {
    return written;
  }
  if (auto written = runtime::ReplaceFile(quarantine_.findings_path_,
                                          kept_findings_, 0600);
      !written.ok()) {
    return written;
  }
  return quarantine_.ReadFindings();
}

}  // namespace waystation::adapters
