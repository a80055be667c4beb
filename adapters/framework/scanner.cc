// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/scanner.h"

#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <compare>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "adapters/framework/mapping/row_reader.h"
#include "adapters/framework/progress.h"
#include "adapters/framework/snapshot/difference.h"
#include "adapters/framework/snapshot/key_census.h"
#include "adapters/framework/sources/open_source.h"
#include "proto/errors/error.h"
#include "waystation/report/v1/adapter_report.pb.h"
#include "waystation/store/v1/adapter_state.pb.h"

namespace waystation::adapters {
namespace {

using report::v1::FileReport;
using report::v1::RowFinding;

// What the hub takes in one frame (registry_service.proto), with room for the
// salts.
constexpr int kFrameUpdates = 256;
constexpr std::size_t kFrameBytes = 900'000;
constexpr std::size_t kMostUpdateBytes = std::size_t{256} << 10;
// A transaction ends after so many frames or rows, whichever comes first.
constexpr int kTransactionFrames = 8;
constexpr std::uint64_t kTransactionRows = 16'384;
// Or when this much waits for the quarantine.
constexpr std::size_t kPendingBytes = std::size_t{4} << 20;
// How often stop and progress are looked at.
constexpr std::uint64_t kLookRows = 1'024;
// Findings that a report holds with their places.
constexpr int kMostFindings = 100;
// Rows without some value that one file may put into the quarantine. They are
// sent all the same, and so many are a matter of the mapping.
constexpr std::uint64_t kMostIncomplete = 10'000;
// Rows below which a file is not judged by the share of bad ones.
constexpr std::uint64_t kFewRows = 1'000;

// The day in China, by which ages and future dates are counted.
codes::Date DayOf(absl::Time time) {
  const absl::CivilDay day =
      absl::ToCivilDay(time, absl::FixedTimeZone(8 * 60 * 60));
  return std::chrono::year(static_cast<int>(day.year())) /
         std::chrono::month(static_cast<unsigned>(day.month())) /
         std::chrono::day(static_cast<unsigned>(day.day()));
}

// Of one file.
class FileScan {
 public:
  FileScan(State& state, Quarantine& quarantine, const SourceSetup& source,
           const std::string& path, const ScanOptions& options,
           Quarantine::Replay* replay)
      : state_(state),
        quarantine_(quarantine),
        source_(source),
        mapping_(*source.mapping),
        path_(path),
        options_(options),
        replay_(replay),
        now_(options.clock()),
        reader_(mapping_, WorkingCharset(),
                {DayOf(now_), options.demo_numbers
                                  ? codes::CitizenNumberProfile::kDemo
                                  : codes::CitizenNumberProfile::kReal}),
        hash_(state.sealer().Derive("rows", 16)) {
    report_.set_source(source.name);
    report_.set_file(std::filesystem::path(path).filename());
    if (replay != nullptr) report_.set_file(source.name + source.extension);
    frame_.set_source(source.name);
    frame_.set_file(report_.file());
  }

  absl::StatusOr<FileReport> Run() {
    // The quarantine before the state's transactions, as whoever replays does.
    std::optional<Quarantine::Hold> hold;
    if (!options_.dry_run && replay_ == nullptr) {
      auto taken = quarantine_.Take();
      if (!taken.ok()) return taken.status();
      hold.emplace(*std::move(taken));
    }
    const auto number = state_.SourceNumber(source_.name);
    if (!number.ok()) return number.status();
    number_ = *number;
    const auto before = IdentifyFile(path_);
    if (!before) {
      return Refused(errors::Error("FILE_MISSING", {.field = path_}));
    }
    if (auto counted = CountKeys(); !counted.ok()) return Judge(counted);
    if (!IsStill(*before)) return Refused(errors::Error("FILE_CHANGED"));
    if (rows_ == 0) Note("", "FILE_WITHOUT_ROWS", 1, 1, false);
    // Of a replay most rows may well be as bad as they were.
    if (replay_ == nullptr && bad_rows_ > kFewRows && bad_rows_ > rows_ / 10) {
      return Refused(errors::Error("TOO_MANY_BAD_ROWS"));
    }
    if (auto taken = TakeRows(); !taken.ok()) return Judge(taken);
    if (!IsStill(*before)) return Refused(errors::Error("FILE_CHANGED"));
    if (options_.dry_run) return Finished();
    auto transaction = state_.Begin();
    if (!transaction.ok()) return transaction.status();
    if (replay_ == nullptr) {
      if (auto put = transaction->PutFile(number_, *before); !put.ok()) {
        return put;
      }
    }
    if (auto done = transaction->Commit(); !done.ok()) return done;
    return Finished();
  }

 private:
  // Whether the file is the one that was begun with.
  bool IsStill(const FileId& before) const {
    return IdentifyFile(path_) == before;
  }

  // Rows of a UTF-16 file are looked at as UTF-8.
  Charset WorkingCharset() const {
    const Charset charset = mapping_.table().dialect.charset;
    return charset == Charset::kUtf16Le ? Charset::kUtf8 : charset;
  }

  // What is wrong with the file is told; all else ends the scan.
  absl::StatusOr<FileReport> Judge(const absl::Status& status) {
    static const std::set<std::string, std::less<>> kOfTheFile = {
        "FILE_MISSING",      "FILE_EMPTY",     "FILE_CHARSET", "FILE_CHANGED",
        "HEADER_UNREADABLE", "COLUMN_MISSING", "COLUMN_TWICE", "COLUMN_TYPE",
        "KEYS_NOT_UNIQUE",   "DBF_VERSION",    "DBF_LOCKED",   "DBF_HEADER",
        "DBF_FIELD",         "DBF_WIDTHS",     "DBF_COUNT",    "JSON_BROKEN",
        "JSON_KEY_TWICE",    "FHIR_NO_BUNDLE"};
    if (!kOfTheFile.contains(errors::ReasonOf(status))) return status;
    return Refused(status);
  }

  FileReport Refused(const absl::Status& status) {
    report_.set_refused(std::string(errors::ReasonRowOf(status).name));
    std::vector<std::string> details;
    for (const auto& [field, rule] : errors::ViolationsOf(status)) {
      details.push_back(field.empty()  ? rule
                        : rule.empty() ? field
                                       : absl::StrCat(field, ": ", rule));
    }
    for (const auto& [key, value] : errors::MetadataOf(status)) {
      if (key == "found") details.push_back(value);
    }
    report_.set_detail(absl::StrJoin(details, ", "));
    return Finished();
  }

  FileReport Finished() {
    for (const auto& [what, rows] : counts_) {
      auto* count = report_.add_counts();
      count->set_column(what.column);
      count->set_reason(what.reason);
      count->set_graded(what.graded);
      count->set_rows(rows);
    }
    return std::move(report_);
  }

  absl::StatusOr<std::unique_ptr<Source>> OpenFile() {
    return replay_ == nullptr
               ? OpenSource(path_, mapping_.table(), mapping_.columns())
               : OpenSheet(path_, mapping_.table(), mapping_.columns());
  }

  absl::Status LookUp(const Source& source, Progress& progress) {
    if (options_.stop != nullptr && options_.stop->load()) {
      return absl::CancelledError("stopped");
    }
    progress.Show(source.bytes_read(), source.file_size(),
                  absl::StrCat(std::max(rows_, report_.rows()), " rows"));
    return absl::OkStatus();
  }

  // The first pass: which keys stand more than once, and how many rows cannot
  // be read at all.
  absl::Status CountKeys() {
    auto source = OpenFile();
    if (!source.ok()) return source.status();
    const std::string temporary =
        options_.dry_run ? std::filesystem::temp_directory_path().string()
                         : state_.folder();
    KeyCensus census(temporary);
    Progress progress("counting " + report_.file(), options_.progress);
    for (;; ++rows_) {
      if (rows_ % kLookRows == 0) {
        if (auto look = LookUp(**source, progress); !look.ok()) return look;
      }
      const auto row = (*source)->Next();
      if (!row.ok()) return row.status();
      if (*row == nullptr) break;
      if ((*row)->defect) {
        ++bad_rows_;
        continue;
      }
      const RowReader::Key key = reader_.ReadKey(**row);
      if (key.defect) continue;
      if (auto added = census.Add(hash_(key.text)); !added.ok()) return added;
    }
    Describe(**source);
    auto repeated = census.Finish();
    if (!repeated.ok()) return repeated.status();
    repeated_ = *std::move(repeated);
    return absl::OkStatus();
  }

  // What the file holds besides rows. Precondition: it was read to its end.
  void Describe(const Source& source) {
    for (const ColumnUse& use : mapping_.Explain(source.columns())) {
      auto* column = report_.add_columns();
      column->set_column(use.column);
      column->set_use(use.use);
      column->set_dropped_because(use.because);
      column->set_reason(std::string(use.reason));
    }
    for (const auto& [kind, rows] : source.passed_over()) {
      auto* passed = report_.add_passed_over();
      passed->set_reason(std::string(kind.reason));
      passed->set_name(kind.name);
      passed->set_rows(rows);
    }
    for (const std::string_view doubt : source.doubts()) {
      Note("", doubt, 1, 1, false);
    }
  }

  absl::Status TakeRows() {
    auto source = OpenFile();
    if (!source.ok()) return source.status();
    Progress progress("reading " + report_.file(), options_.progress);
    for (;;) {
      auto transaction = state_.Begin();
      if (!transaction.ok()) return transaction.status();
      frames_ = 0;
      bool more = true;
      for (std::uint64_t i = 0;
           i < kTransactionRows && more && frames_ < kTransactionFrames &&
           quarantine_.pending_bytes() < kPendingBytes;
           ++i) {
        if (i % kLookRows == 0) {
          if (auto look = LookUp(**source, progress); !look.ok()) return look;
        }
        const auto row = (*source)->Next();
        if (!row.ok()) return row.status();
        more = *row != nullptr;
        if (!more) break;
        report_.set_rows(report_.rows() + 1);
        if (auto taken = TakeRow(**source, **row, *transaction); !taken.ok()) {
          return taken;
        }
      }
      if (auto sent = SendFrame(*transaction); !sent.ok()) return sent;
      if (options_.dry_run) {
        if (!more) return absl::OkStatus();
        continue;
      }
      // First what cannot be sent, so that no row is lost between the two.
      if (auto kept = quarantine_.Flush(); !kept.ok()) return kept;
      if (auto done = transaction->Commit(); !done.ok()) return done;
      if (!more) return absl::OkStatus();
    }
  }

  absl::Status TakeRow(const Source& source, const Row& row,
                       State::Transaction& transaction) {
    if (row.defect) {
      Reject(source, row, *row.defect);
      return absl::OkStatus();
    }
    const RowReader::Key key = reader_.ReadKey(row);
    if (key.defect) {
      Reject(source, row, *key.defect);
      return absl::OkStatus();
    }
    if (repeated_.IsRepetition(hash_(key.text), key.text) ||
        IsUnmended("ROW_KEY_TWICE", source, row)) {
      Reject(
          source, row,
          Defect{"ROW_KEY_TWICE", mapping_.columns()[mapping_.record_key()]});
      return absl::OkStatus();
    }
    if (IsUnmended("ROW_MARK", source, row)) {
      Reject(source, row, Defect{"ROW_MARK", ""});
      return absl::OkStatus();
    }
    const std::uint64_t row_hash =
        HashRow(row, mapping_.fingerprint(), hash_, scratch_);
    const auto held = transaction.FindRow(number_, key.text);
    if (!held.ok()) return held.status();
    if (held->has_value() && (*held)->row == row_hash && replay_ == nullptr) {
      report_.set_unchanged(report_.unchanged() + 1);
      return absl::OkStatus();
    }
    const ReadRow& read = reader_.Read(row);
    if (read.defect) {
      Reject(source, row, *read.defect);
      return absl::OkStatus();
    }
    const Difference difference = Compare(read, row_hash, *held, hash_);
    if (difference.older) {
      report_.set_older(report_.older() + 1);
      Note("", "ROW_OLDER", row.line, 1, false);
      return absl::OkStatus();
    }
    NoteValues(source, row, read);
    if (!difference.sends()) {
      report_.set_unchanged(report_.unchanged() + 1);
    } else {
      const auto sent = Send(source, row, read, difference, transaction);
      if (!sent.ok() || !*sent) return sent.status();
    }
    if (options_.dry_run) return absl::OkStatus();
    return transaction.PutRow(number_, read.record_key, difference.held);
  }

  // Whether a row of a replay came to the quarantine for a reason that its own
  // bytes do not show, and is as it was.
  bool IsUnmended(std::string_view reason, const Source& source,
                  const Row& row) {
    if (replay_ == nullptr) return false;
    const auto before = replay_->FindingsOf(source.OriginalBytes(row.raw));
    return std::any_of(before.begin(), before.end(), [&](const auto& finding) {
      return finding.reason() == reason;
    });
  }

  // Puts the update into the outbox. False for one that no frame can take.
  absl::StatusOr<bool> Send(const Source& source, const Row& row,
                            const ReadRow& read, const Difference& difference,
                            State::Transaction& transaction) {
    std::uint64_t revision = 1;
    if (!options_.dry_run) {
      const auto next = transaction.NextRevision(read.record_key, now_);
      if (!next.ok()) return next.status();
      revision = *next;
    }
    std::string update = WriteUpdate(read, revision, difference.attributes);
    if (update.size() > kMostUpdateBytes) {
      Reject(source, row, Defect{"VALUE_TOO_LONG", ""});
      return false;
    }
    report_.set_changed(report_.changed() + 1);
    report_.set_claims(
        report_.claims() +
        static_cast<std::uint64_t>(std::popcount(difference.attributes)));
    if (options_.dry_run) return true;
    if (frame_.updates_size() >= kFrameUpdates ||
        frame_bytes_ + update.size() > kFrameBytes) {
      if (auto sent = SendFrame(transaction); !sent.ok()) return sent;
    }
    frame_bytes_ += update.size();
    frame_.set_header(std::string(source.header()));
    auto* added = frame_.add_updates();
    added->set_update(std::move(update));
    added->set_line(row.line);
    added->set_row(source.WantedBytes(row));
    return true;
  }

  absl::Status SendFrame(State::Transaction& transaction) {
    if (frame_.updates().empty()) return absl::OkStatus();
    if (auto added = transaction.AddFrame(frame_, now_); !added.ok()) {
      return added;
    }
    frame_.clear_updates();
    frame_bytes_ = 0;
    ++frames_;
    return absl::OkStatus();
  }

  RowFinding Finding(std::uint64_t line, std::string_view column,
                     std::string_view reason, bool rejected) const {
    RowFinding finding;
    finding.set_file(report_.file());
    finding.set_line(line);
    finding.set_column(std::string(column));
    finding.set_reason(std::string(reason));
    finding.set_row_rejected(rejected);
    return finding;
  }

  void Note(std::string_view column, std::string_view reason,
            std::uint64_t line, std::uint64_t rows, bool rejected) {
    counts_[{std::string(column), std::string(reason), false}] += rows;
    if (report_.findings_size() < kMostFindings) {
      *report_.add_findings() = Finding(line, column, reason, rejected);
    }
  }

  void Reject(const Source& source, const Row& row, const Defect& defect) {
    report_.set_rejected(report_.rejected() + 1);
    Note(defect.column, defect.reason, row.line, 1, true);
    Quarantined(source, row,
                {Finding(row.line, defect.column, defect.reason, true)});
  }

  void NoteValues(const Source& source, const Row& row, const ReadRow& read) {
    std::vector<RowFinding> lost;
    for (const ValueFinding& finding : read.findings) {
      if (finding.reason.empty()) {
        counts_[{std::string(finding.column),
                 std::string(codes::GradeName(finding.grade)), true}] += 1;
        continue;
      }
      Note(finding.column, finding.reason, row.line, 1, false);
      lost.push_back(Finding(row.line, finding.column, finding.reason, false));
    }
    if (lost.empty()) return;
    report_.set_incomplete(report_.incomplete() + 1);
    if (replay_ == nullptr && report_.incomplete() > kMostIncomplete) return;
    Quarantined(source, row, lost);
  }

  void Quarantined(const Source& source, const Row& row,
                   const std::vector<RowFinding>& findings) {
    if (options_.dry_run) return;
    const std::string bytes = source.OriginalBytes(row.raw);
    if (replay_ != nullptr) {
      replay_->Keep(bytes, findings, now_);
    } else {
      quarantine_.Add(source.header(), bytes, findings, now_);
    }
  }

  State& state_;
  Quarantine& quarantine_;
  const SourceSetup& source_;
  const Mapping& mapping_;
  const std::string& path_;
  const ScanOptions& options_;
  Quarantine::Replay* replay_;
  const absl::Time now_;
  RowReader reader_;
  KeyedHash hash_;

  FileReport report_;
  struct Counted {
    std::string column;
    std::string reason;
    bool graded = false;
    auto operator<=>(const Counted&) const = default;
  };
  std::map<Counted, std::uint64_t> counts_;
  std::int64_t number_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t bad_rows_ = 0;
  RepeatedKeys repeated_;
  store::v1::OutboxFrame frame_;
  std::size_t frame_bytes_ = 0;
  int frames_ = 0;
  std::string scratch_;
};

}  // namespace

std::optional<FileId> IdentifyFile(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileId{std::filesystem::path(path).filename(),
                static_cast<std::uint64_t>(status.st_size),
                std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 +
                    status.st_mtim.tv_nsec};
}

absl::StatusOr<bool> WasTaken(State& state, const SourceSetup& source,
                              const std::string& path) {
  const auto file = IdentifyFile(path);
  if (!file) return false;
  const auto number = state.SourceNumber(source.name);
  if (!number.ok()) return number.status();
  return state.HasFile(*number, *file);
}

absl::StatusOr<FileReport> Scan(State& state, Quarantine& quarantine,
                                const SourceSetup& source,
                                const std::string& path,
                                const ScanOptions& options,
                                Quarantine::Replay* replay) {
  return FileScan(state, quarantine, source, path, options, replay).Run();
}

}  // namespace waystation::adapters
