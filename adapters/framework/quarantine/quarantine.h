// SPDX-License-Identifier: Apache-2.0
// Rows that could not be taken, or not whole, as they stood in the export, so
// that they can be mended with the tools that the agency has and taken after
// all. Per source two files:
//
//     <source>.<ext>            header row*      bytes as they came
//     <source>.findings.jsonl   finding*         one JSON object a line:
//                               waystation.report.v1.QuarantinedRow, no values
//
// Rows are mended in place and replayed; those that can be taken then leave the
// file, the others stay.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_QUARANTINE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_QUARANTINE_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/framework/decoding/charset.h"
#include "adapters/framework/snapshot/keyed_hash.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace waystation::adapters {

// Of one source. Not thread-safe; other processes are kept out while a method
// writes.
class Quarantine {
 public:
  struct Options {
    std::string folder;
    std::string source;
    std::string extension;  // ".csv"
    Charset charset = Charset::kGb18030;
    bool has_header = true;
    std::string hash_key;  // 16 bytes
  };

  // Reads what is known of earlier rows; makes nothing yet.
  static absl::StatusOr<std::unique_ptr<Quarantine>> Open(Options options);
  ~Quarantine();

  // Notes a row that stands as `row` in the export under `header` (both without
  // line ends, in original bytes). A row that waits already with the same
  // finding is not added again.
  void Add(std::string_view header, std::string_view row,
           const std::vector<report::v1::RowFinding>& findings,
           absl::Time time);

  // Makes what was added durable.
  absl::Status Flush();

  // What waits, in the order of the file.
  absl::StatusOr<std::vector<report::v1::QuarantinedRow>> List() const;

  const std::string& rows_path() const { return rows_path_; }
  const std::string& findings_path() const { return findings_path_; }

  // Takes the waiting rows out to be read again. Those whose quotes nobody has
  // mended stay where they are: beside other rows they could close each other.
  // Precondition: nothing waits for Flush.
  class Replay;
  absl::StatusOr<std::unique_ptr<Replay>> BeginReplay(absl::Time now);

 private:
  using Known = std::tuple<std::uint64_t, std::string, std::string>;

  explicit Quarantine(Options options);
  absl::Status ReadFindings();
  std::string LineEnd() const;
  std::string FileHead(std::string_view header) const;
  void Render(std::string_view row,
              const std::vector<report::v1::QuarantinedRow>& findings,
              std::string& rows, std::string& lines);

  Options options_;
  std::string rows_path_;
  std::string findings_path_;
  KeyedHash hash_;
  std::uint64_t row_count_ = 0;
  std::set<Known> known_;
  std::string header_;
  std::string pending_rows_;
  std::string pending_findings_;
};

// One replay. Nothing has changed until Finish.
class Quarantine::Replay {
 public:
  ~Replay();

  // The rows to read, as an export of the source; empty if there are none.
  const std::string& path() const { return path_; }

  // What was found of the row when it came to the quarantine, if its bytes are
  // still the same; empty for one that was mended.
  std::vector<report::v1::RowFinding> FindingsOf(std::string_view row);

  // The row stays, with these findings.
  void Keep(std::string_view row,
            const std::vector<report::v1::RowFinding>& findings,
            absl::Time time);

  // Leaves in the quarantine what was kept and what was stuck.
  absl::Status Finish();

  // Rows that stay, so far.
  std::uint64_t kept() const { return kept_; }

 private:
  friend class Quarantine;
  explicit Replay(Quarantine& quarantine) : quarantine_(quarantine) {}

  Quarantine& quarantine_;
  int lock_ = -1;
  std::string path_;
  std::string header_;
  std::uint64_t kept_ = 0;
  // By fingerprint.
  std::vector<report::v1::QuarantinedRow> before_;
  std::string kept_rows_;
  std::string kept_findings_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_QUARANTINE_H_
