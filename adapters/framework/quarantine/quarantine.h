// SPDX-License-Identifier: Apache-2.0
// Rows that could not be taken, or not whole, as they stood in the export, so
// that they can be mended with the tools that the agency has and taken after
// all. Rows of one header stand on one sheet, which is two files:
//
//     <source>.<ext>            header row*      bytes as they came
//     <source>.findings.jsonl   finding*         one JSON object a line:
//                               waystation.report.v1.QuarantinedRow, no values
//
// Rows under another header begin a sheet of their own, <source>.<8 hexadecimal
// digits>.<ext>. Rows are mended in place and replayed; those that can be taken
// then leave the sheet, the others stay.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_QUARANTINE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_QUARANTINE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/framework/snapshot/keyed_hash.h"
#include "adapters/framework/sources/split.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace waystation::adapters {

// Of one source. Not thread-safe; other processes are kept out while rows are
// written or replayed.
class Quarantine {
 public:
  struct Options {
    std::string folder;
    std::string source;
    std::string extension;  // ".csv"
    // Of the sheets.
    Dialect dialect = {};
    bool has_header = true;
    std::string hash_key;  // 16 bytes
  };

  // Reads and makes nothing yet.
  explicit Quarantine(Options options);
  ~Quarantine();
  Quarantine(const Quarantine&) = delete;
  Quarantine& operator=(const Quarantine&) = delete;

  // Keeps other processes out until the Hold dies; waits for one that is in.
  // Whoever holds a quarantine and the state's transaction takes the quarantine
  // first.
  class Hold;
  absl::StatusOr<Hold> Take();

  // Notes a row that stands as `row` in the export under `header` (both without
  // line ends, in original bytes). A row that waits already with the same
  // finding is not added again.
  void Add(std::string_view header, std::string_view row,
           const std::vector<report::v1::RowFinding>& findings,
           absl::Time time);

  // Makes what was added durable, all of it or nothing. LOCAL_DISK_FULL,
  // FILE_NOT_WRITTEN: it is still to be written.
  absl::Status Flush();

  // Of the rows that wait for Flush.
  std::size_t pending_bytes() const { return pending_bytes_; }

  // What waits, in the order of the sheets.
  absl::StatusOr<std::vector<report::v1::QuarantinedRow>> List() const;

  // The files with rows, in the order of their names.
  std::vector<std::string> Sheets() const;

  // Where the first header's rows and findings stand.
  std::string rows_path() const;
  std::string findings_path() const;

  // Takes the rows of a sheet out to be read again. Those whose quotes nobody
  // has mended stay where they are, since beside other rows they could close
  // each other, and so do those that were too long, of which a part is here.
  // Precondition: nothing waits for Flush, and nobody holds it.
  class Replay;
  absl::StatusOr<std::unique_ptr<Replay>> BeginReplay(const std::string& sheet,
                                                      absl::Time now);

 private:
  struct Pending {
    std::string row;
    std::uint64_t fingerprint = 0;
    std::vector<report::v1::RowFinding> findings;
    absl::Time time;
  };
  // What is known of a sheet's rows.
  struct Known {
    std::uint64_t rows = 0;
    // Of fingerprint, reason and column.
    absl::flat_hash_set<std::uint64_t> findings;
  };

  std::string JournalPath() const;
  std::string FindingsOf(const std::string& sheet) const;
  std::string SheetFor(std::string_view header);
  absl::StatusOr<Known> ReadKnown(const std::string& sheet);
  absl::Status FlushSheet(std::string_view header,
                          const std::vector<Pending>& pending);
  std::uint64_t HashFinding(std::uint64_t fingerprint,
                            const report::v1::RowFinding& finding);
  report::v1::QuarantinedRow Describe(const report::v1::RowFinding& finding,
                                      std::uint64_t row,
                                      std::uint64_t fingerprint,
                                      absl::Time time) const;

  Options options_;
  KeyedHash hash_;
  bool held_ = false;
  std::map<std::string, Known> known_;  // by sheet, while held
  std::map<std::string, std::vector<Pending>, std::less<>> pending_;
  std::size_t pending_bytes_ = 0;
};

class Quarantine::Hold {
 public:
  Hold(Hold&& other) noexcept;
  Hold& operator=(Hold&&) = delete;
  ~Hold();

 private:
  friend class Quarantine;
  Hold(Quarantine& quarantine, int lock);
  Quarantine* quarantine_;
  int lock_;
};

// One replay. Nothing has changed until Finish.
class Quarantine::Replay {
 public:
  ~Replay();

  // The rows to read, as an export of the source.
  const std::string& path() const { return path_; }

  // What was found of the row when it came to the quarantine, if its bytes are
  // still the same; empty for one that was mended.
  std::vector<report::v1::RowFinding> FindingsOf(std::string_view row);

  // The row stays, with these findings. One that nobody touched stays with the
  // places where it was found.
  void Keep(std::string_view row, std::vector<report::v1::RowFinding> findings,
            absl::Time time);

  // Leaves in the quarantine what was kept and what was stuck.
  absl::Status Finish();

  // Rows that stay, so far.
  std::uint64_t kept() const { return kept_; }

  // Rows of which there are findings.
  std::uint64_t waiting() const;

 private:
  friend class Quarantine;
  Replay(Quarantine& quarantine, Hold hold, std::string sheet);
  absl::Status Prepare(absl::Time now);

  // Where a row was put on the sheet, those from `next` on before the others.
  struct Place {
    bool is_behind = false;
    std::uint64_t row = 0;
    auto operator<=>(const Place&) const = default;
  };
  std::optional<Place> PlaceOf(std::string_view row, std::uint64_t next) const;
  std::string WithHead(std::string_view rows) const;

  Quarantine& quarantine_;
  Hold hold_;
  std::string sheet_;
  std::string path_;
  std::string header_;
  std::uint64_t kept_ = 0;
  // By fingerprint and row.
  std::vector<report::v1::QuarantinedRow> before_;
  std::string kept_rows_;
  std::string kept_findings_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_QUARANTINE_H_
