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
#include <fstream>
#include <functional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "adapters/framework/quarantine/append_together.h"
#include "adapters/framework/quarantine/sheet.h"
#include "proto/runtime/file.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;
namespace pb_json = google::protobuf::util;
using report::v1::QuarantinedRow;
using report::v1::RowFinding;

constexpr std::size_t kMostBytes = std::size_t{1} << 30;
constexpr std::size_t kSheetDigits = 8;
// Fills up the half character that a file in UTF-16 ends with, so that the rows
// behind it stay readable. Together they are none, so that nobody takes the row
// before somebody has mended it.
constexpr char kHalfSurrogate = '\xD8';

void ReadFindings(const std::string& path,
                  const std::function<void(QuarantinedRow)>& take) {
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    QuarantinedRow row;
    if (pb_json::JsonStringToMessage(line, &row).ok()) take(std::move(row));
  }
}

std::string ToLine(const QuarantinedRow& row) {
  std::string json;
  pb_json::JsonPrintOptions print;
  print.preserve_proto_field_names = true;
  (void)pb_json::MessageToJsonString(row, &json, print);
  json.push_back('\n');
  return json;
}

// Whether a row with such a finding says nothing by itself: an open quote would
// take the rows behind it, and of a row that was too long there is a part.
bool IsStuck(const RowFinding& finding) {
  return finding.reason() == "ROW_QUOTE" || finding.reason() == "ROW_TOO_LONG";
}

// The first bytes of a file; fewer if it is shorter.
std::string ReadFront(const std::string& path, std::size_t size) {
  std::ifstream file(path, std::ios::binary);
  std::string front(size, '\0');
  file.read(front.data(), static_cast<std::streamsize>(size));
  front.resize(static_cast<std::size_t>(file.gcount()));
  return front;
}

// Whether the file's last line has its end; true of an empty file.
bool IsEnded(const std::string& path, std::string_view line_end) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg();
  const auto length = static_cast<std::streamoff>(line_end.size());
  if (size <= 0) return true;
  if (size < length) return false;
  std::string last(line_end.size(), '\0');
  file.seekg(size - length);
  file.read(last.data(), length);
  return last == line_end;
}

}  // namespace

Quarantine::Quarantine(Options options)
    : options_(std::move(options)), hash_(options_.hash_key) {}

Quarantine::~Quarantine() = default;

std::string Quarantine::rows_path() const {
  return options_.folder + "/" + options_.source + options_.extension;
}

std::string Quarantine::findings_path() const {
  return FindingsOf(rows_path());
}

std::string Quarantine::JournalPath() const {
  return options_.folder + "/." + options_.source + ".journal";
}

std::string Quarantine::FindingsOf(const std::string& sheet) const {
  return sheet.substr(0, sheet.size() - options_.extension.size()) +
         ".findings.jsonl";
}

std::vector<std::string> Quarantine::Sheets() const {
  std::vector<std::string> sheets;
  std::error_code error;
  for (fs::directory_iterator at(options_.folder, error), end;
       !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    if (!name.starts_with(options_.source) ||
        !name.ends_with(options_.extension)) {
      continue;
    }
    // What stands between: nothing, or a point and the sheet's digits.
    const std::string between = name.substr(
        options_.source.size(),
        name.size() - options_.source.size() - options_.extension.size());
    if (between.empty() ||
        (between.starts_with('.') && between.size() == 1 + kSheetDigits)) {
      sheets.push_back(options_.folder + "/" + name);
    }
  }
  std::sort(sheets.begin(), sheets.end(), [](const auto& a, const auto& b) {
    return std::pair(a.size(), a) < std::pair(b.size(), b);
  });
  return sheets;
}

// --- taking and adding ---

Quarantine::Hold::Hold(Quarantine& quarantine, int lock)
    : quarantine_(&quarantine), lock_(lock) {
  quarantine_->held_ = true;
}

Quarantine::Hold::Hold(Hold&& other) noexcept
    : quarantine_(std::exchange(other.quarantine_, nullptr)),
      lock_(std::exchange(other.lock_, -1)) {}

Quarantine::Hold::~Hold() {
  if (quarantine_ == nullptr) return;
  quarantine_->held_ = false;
  quarantine_->known_.clear();
  close(lock_);
}

absl::StatusOr<Quarantine::Hold> Quarantine::Take() {
  std::error_code error;
  fs::create_directories(options_.folder, error);
  if (error) return runtime::NotWritten(options_.folder, error.value());
  const std::string path = options_.folder + "/.lock";
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return runtime::NotWritten(path, errno);
  while (flock(lock, LOCK_EX) != 0 && errno == EINTR) {
  }
  Hold hold(*this, lock);
  if (auto undone = UndoAppend(JournalPath()); !undone.ok()) return undone;
  return hold;
}

void Quarantine::Add(std::string_view header, std::string_view row,
                     const std::vector<RowFinding>& findings, absl::Time time) {
  std::string bytes(row);
  if (options_.dialect.charset == Charset::kUtf16Le && bytes.size() % 2 != 0) {
    bytes.push_back(kHalfSurrogate);
  }
  pending_bytes_ += bytes.size();
  const std::uint64_t fingerprint = hash_(bytes);
  pending_[std::string(header)].push_back(
      {std::move(bytes), fingerprint, findings, time});
}

absl::Status Quarantine::Flush() {
  if (pending_.empty()) return absl::OkStatus();
  if (!held_) {
    const auto hold = Take();
    return hold.ok() ? Flush() : hold.status();
  }
  while (!pending_.empty()) {
    const auto first = pending_.begin();
    if (auto flushed = FlushSheet(first->first, first->second); !flushed.ok()) {
      return flushed;
    }
    pending_.erase(first);
  }
  pending_bytes_ = 0;
  return absl::OkStatus();
}

absl::Status Quarantine::FlushSheet(std::string_view header,
                                    const std::vector<Pending>& pending) {
  const std::string sheet = SheetFor(header);
  const bool is_new = ReadFront(sheet, 1).empty();
  if (is_new) {
    // Findings of a sheet that somebody deleted or emptied are of nothing.
    unlink(FindingsOf(sheet).c_str());
    known_.erase(sheet);
  }
  auto known = known_.find(sheet);
  if (known == known_.end()) {
    auto read = ReadKnown(sheet);
    if (!read.ok()) return read.status();
    known = known_.emplace(sheet, *std::move(read)).first;
  }
  const Charset charset = options_.dialect.charset;
  const std::string line_end = LineEnd(charset);
  Appendix rows{sheet, ""};
  Appendix lines{FindingsOf(sheet), ""};
  if (!IsEnded(sheet, line_end)) rows.bytes = line_end;  // As editors leave it.
  if (!IsEnded(lines.path, "\n")) lines.bytes.push_back('\n');
  std::uint64_t number = known->second.rows;
  std::vector<std::uint64_t> fresh;
  for (const Pending& row : pending) {
    bool added = false;
    for (const RowFinding& finding : row.findings) {
      const std::uint64_t hash = HashFinding(row.fingerprint, finding);
      if (!known->second.findings.insert(hash).second) continue;
      fresh.push_back(hash);
      if (!std::exchange(added, true)) ++number;
      lines.bytes.append(
          ToLine(Describe(finding, number, row.fingerprint, row.time)));
    }
    if (added)
      rows.bytes.append(row.row).append(LineEndBehind(charset, row.row));
  }
  if (fresh.empty()) return absl::OkStatus();
  if (is_new) rows.bytes.insert(0, HeadOf(charset, header, rows.bytes));
  const Appendix parts[] = {std::move(rows), std::move(lines)};
  if (auto appended = AppendTogether(JournalPath(), parts); !appended.ok()) {
    for (const std::uint64_t hash : fresh) known->second.findings.erase(hash);
    return appended;
  }
  known->second.rows = number;
  return absl::OkStatus();
}

// The sheet with this header; one that is not there yet if none has it.
std::string Quarantine::SheetFor(std::string_view header) {
  for (const std::string& sheet : Sheets()) {
    if (!options_.has_header || HasHead(options_.dialect.charset, header,
                                        ReadFront(sheet, header.size() + 8))) {
      return sheet;
    }
  }
  if (!fs::exists(rows_path())) return rows_path();
  return absl::StrCat(
      options_.folder, "/", options_.source, ".",
      absl::StrFormat("%08x", static_cast<std::uint32_t>(hash_(header))),
      options_.extension);
}

absl::StatusOr<Quarantine::Known> Quarantine::ReadKnown(
    const std::string& sheet) {
  Known known;
  ReadFindings(FindingsOf(sheet), [&](const QuarantinedRow& row) {
    known.rows = std::max(known.rows, row.row());
    known.findings.insert(HashFinding(row.fingerprint(), row.finding()));
  });
  return known;
}

std::uint64_t Quarantine::HashFinding(std::uint64_t fingerprint,
                                      const RowFinding& finding) {
  return hash_(
      absl::StrCat(fingerprint, " ", finding.reason(), " ", finding.column()));
}

QuarantinedRow Quarantine::Describe(const RowFinding& finding,
                                    std::uint64_t row,
                                    std::uint64_t fingerprint,
                                    absl::Time time) const {
  QuarantinedRow out;
  out.set_source(options_.source);
  out.set_row(row);
  *out.mutable_finding() = finding;
  out.mutable_time()->set_seconds(absl::ToUnixSeconds(time));
  out.set_fingerprint(fingerprint);
  return out;
}

absl::StatusOr<std::vector<QuarantinedRow>> Quarantine::List() const {
  std::vector<QuarantinedRow> rows;
  for (const std::string& sheet : Sheets()) {
    ReadFindings(FindingsOf(sheet),
                 [&](QuarantinedRow row) { rows.push_back(std::move(row)); });
  }
  return rows;
}

// --- replaying ---

absl::StatusOr<std::unique_ptr<Quarantine::Replay>> Quarantine::BeginReplay(
    const std::string& sheet, absl::Time now) {
  auto hold = Take();
  if (!hold.ok()) return hold.status();
  auto replay =
      std::unique_ptr<Replay>(new Replay(*this, *std::move(hold), sheet));
  if (auto prepared = replay->Prepare(now); !prepared.ok()) return prepared;
  return replay;
}

Quarantine::Replay::Replay(Quarantine& quarantine, Hold hold, std::string sheet)
    : quarantine_(quarantine),
      hold_(std::move(hold)),
      sheet_(std::move(sheet)) {}

Quarantine::Replay::~Replay() {
  if (!path_.empty()) unlink(path_.c_str());
}

absl::Status Quarantine::Replay::Prepare(absl::Time now) {
  ReadFindings(quarantine_.FindingsOf(sheet_),
               [&](QuarantinedRow row) { before_.push_back(std::move(row)); });
  std::sort(before_.begin(), before_.end(), [](const auto& a, const auto& b) {
    return std::pair(a.fingerprint(), a.row()) <
           std::pair(b.fingerprint(), b.row());
  });
  const auto bytes = runtime::ReadFile(sheet_, kMostBytes);
  if (!bytes.ok()) return bytes.status();

  const Options& options = quarantine_.options_;
  SheetReader reader(options.dialect, *bytes);
  header_ = reader.TakeHead(options.has_header);
  std::string to_read;
  // The number of the row that is met next where nobody has touched the sheet.
  std::uint64_t next = 1;
  while (!reader.at_end()) {
    const auto line = reader.Line();
    const auto place = PlaceOf(line.row, next);
    const auto whole = reader.Row();
    const auto whole_place = whole ? PlaceOf(whole->row, next) : std::nullopt;
    // A line that is stuck may stand within a row of several lines besides.
    const bool is_whole = whole_place && (!place || *whole_place < *place);
    const SheetReader::Piece& piece = is_whole ? *whole : line;
    if (is_whole || place) next = (is_whole ? *whole_place : *place).row + 1;
    std::vector<RowFinding> found = FindingsOf(piece.row);
    if (std::any_of(found.begin(), found.end(), IsStuck)) {
      Keep(piece.row, std::move(found), now);
    } else {
      to_read.append(piece.line);
    }
    reader.Skip(piece);
  }
  path_ = sheet_ + ".replay";
  return runtime::ReplaceFile(path_, WithHead(to_read), 0600);
}

std::optional<Quarantine::Replay::Place> Quarantine::Replay::PlaceOf(
    std::string_view row, std::uint64_t next) const {
  const std::uint64_t fingerprint = quarantine_.hash_(row);
  const auto find = [&](std::uint64_t from) {
    return std::lower_bound(before_.begin(), before_.end(),
                            std::pair(fingerprint, from),
                            [](const QuarantinedRow& a, const auto& b) {
                              return std::pair(a.fingerprint(), a.row()) < b;
                            });
  };
  const auto is_here = [&](auto at) {
    return at != before_.end() && at->fingerprint() == fingerprint;
  };
  if (const auto at = find(next); is_here(at)) return Place{false, at->row()};
  if (const auto at = find(0); is_here(at)) return Place{true, at->row()};
  return std::nullopt;
}

// Of a sheet without a header line the first row may be another one now.
std::string Quarantine::Replay::WithHead(std::string_view rows) const {
  return absl::StrCat(
      header_.empty() ? MarkBefore(quarantine_.options_.dialect.charset, rows)
                      : header_,
      std::string(rows));
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

std::uint64_t Quarantine::Replay::waiting() const {
  std::set<std::uint64_t> rows;
  for (const QuarantinedRow& row : before_) rows.insert(row.row());
  return rows.size();
}

void Quarantine::Replay::Keep(std::string_view row,
                              std::vector<RowFinding> findings,
                              absl::Time time) {
  ++kept_;
  const std::vector<RowFinding> before = FindingsOf(row);
  for (RowFinding& finding : findings) {
    const auto same =
        std::find_if(before.begin(), before.end(), [&](const auto& other) {
          return other.reason() == finding.reason() &&
                 other.column() == finding.column();
        });
    if (same != before.end()) finding = *same;
    kept_findings_.append(ToLine(
        quarantine_.Describe(finding, kept_, quarantine_.hash_(row), time)));
  }
  kept_rows_.append(row).append(
      LineEndBehind(quarantine_.options_.dialect.charset, row));
}

// The findings go first: rows without them are read once more, findings without
// their rows would keep such rows out.
absl::Status Quarantine::Replay::Finish() {
  const std::string findings = quarantine_.FindingsOf(sheet_);
  if (kept_ == 0) {
    unlink(findings.c_str());
    unlink(sheet_.c_str());
    return runtime::SyncFolder(sheet_);
  }
  if (auto written = runtime::ReplaceFile(findings, kept_findings_, 0600);
      !written.ok()) {
    return written;
  }
  return runtime::ReplaceFile(sheet_, WithHead(kept_rows_), 0600);
}

}  // namespace waystation::adapters
