// SPDX-License-Identifier: Apache-2.0
// Reads a whole audit log, from a hub or from an exported folder, to verify it
// or to export it. docs/audit-export.md describes the folder.
#ifndef WAYSTATION_AUDIT_LOG_H_
#define WAYSTATION_AUDIT_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/note.h"
#include "waystation/audit_proof.h"

namespace waystation::report::v1 {
class AuditExport;
class AuditReport;
}  // namespace waystation::report::v1
namespace waystation::v1 {
class Agency;
}  // namespace waystation::v1

namespace waystation::client {

class Connection;

// Some entries of a log, one after another.
struct LogSpan {
  std::uint64_t first = 0;
  std::vector<std::string> leaves;
  // For each leaf the hashes of its details end to end, 32 bytes each.
  std::vector<std::string> details;
  // For each leaf its hash as the source states it; empty if it states none.
  std::vector<auditlog::Hash> hashes;
  // What is wrong with the source itself here, such as a file that is cut; the
  // entries end before it.
  std::string defect;
};

// A log read from its beginning. Not thread-safe.
class LogSource {
 public:
  virtual ~LogSource() = default;

  // The key that the log says is its own, for those who have no other.
  virtual absl::StatusOr<std::string> VerifierKey() = 0;

  // The agencies with their signing keys; empty if the source does not know.
  virtual absl::StatusOr<std::vector<v1::Agency>> Agencies() = 0;

  // Signed notes, oldest first; nullopt at the end.
  virtual absl::StatusOr<std::optional<std::string>> NextCheckpoint() = 0;

  // Goes to an entry; before the first Next only.
  virtual void StartAt(std::uint64_t index) = 0;

  // nullopt at the end.
  virtual absl::StatusOr<std::optional<LogSpan>> Next() = 0;

  // The first entry of [begin, end) that is not what the log's tree says, for a
  // source that does not state hashes with its entries; nullopt when it cannot
  // tell.
  virtual std::optional<std::uint64_t> FindBad(std::uint64_t /*begin*/,
                                               std::uint64_t /*end*/) {
    return std::nullopt;
  }
};

// Auditors alone may read all of a hub's log.
std::unique_ptr<LogSource> HubLog(Connection& connection);

// NOT_FOUND: the folder holds no export.
absl::StatusOr<std::unique_ptr<LogSource>> ExportedLog(
    const std::string& folder);

struct VerifyOptions {
  // What the caller was given out of band; the log's own word if absent.
  std::optional<auditlog::NoteVerifier> key = {};
  // Notes that were seen or kept elsewhere; the log must contain them.
  std::vector<std::string> known_checkpoints = {};
  // Check agencies' signatures over their frames too (slower).
  bool signatures = false;
  // Cosignatures that are checked, and how many of them a checkpoint must carry
  // for its entries to count as witnessed.
  Quorum quorum = {};
  // Called now and then.
  std::function<void(std::uint64_t entries)> on_progress = {};
};

// Reads everything and reports what is wrong: the first bad entry by index, or
// the first checkpoint that does not hold. An error means that it could not be
// read, not that it is wrong.
absl::StatusOr<report::v1::AuditReport> VerifyLog(LogSource& log,
                                                  const VerifyOptions& options);

// Writes the log to a folder, or what is new into a folder that holds an
// earlier export of it. FAILED_PRECONDITION: the folder holds something else.
// DATA_LOSS: what the folder holds is not the beginning of this log.
absl::StatusOr<report::v1::AuditExport> ExportLog(
    LogSource& log, const std::string& folder,
    const std::function<void(std::uint64_t entries)>& on_progress);

}  // namespace waystation::client

#endif  // WAYSTATION_AUDIT_LOG_H_
