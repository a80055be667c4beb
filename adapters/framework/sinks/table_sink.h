// SPDX-License-Identifier: Apache-2.0
// Puts what the mailbox brings where the agency's system imports it from: one
// table for each delivery, with the columns that the mapping's `export` names,
// in the charset and with the delimiter of the system's own exports.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SINKS_TABLE_SINK_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SINKS_TABLE_SINK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/framework/mapping/mapping.h"

namespace waystation::v1 {
class MailboxPage;
}

namespace waystation::adapters {

class ViewText;

struct WrittenTable {
  // Empty if the pages held nothing to write.
  std::string path;
  std::uint64_t changes = 0;
  std::uint64_t rows = 0;
  // By column: rows in which a character had to be replaced.
  std::vector<std::pair<std::string, std::uint64_t>> unwritable;
};

// Not thread-safe.
class TableSink {
 public:
  // As Check. Makes the folder, and removes what an earlier process began to
  // write and did not end. LOCAL_DISK_FULL, FILE_NOT_WRITTEN.
  static absl::StatusOr<std::unique_ptr<TableSink>> Open(
      const std::string& folder, std::shared_ptr<const Mapping> mapping);
  ~TableSink();

  // CONFIG_INVALID with the places of what is wrong in the mapping's `export`.
  static absl::Status Check(const Mapping& mapping);

  // Adds the rows of a page to the table that is being made.
  void Add(const v1::MailboxPage& page);

  // Rows added and not yet written.
  std::uint64_t pending() const { return table_.rows; }

  // Writes the table under a name that ends in `number`; the file appears whole
  // and is durable when this returns. Numbers must not be used twice, since an
  // import may have taken the earlier file away.
  absl::StatusOr<WrittenTable> Write(std::uint64_t number, absl::Time now);

 private:
  TableSink(std::string folder, std::shared_ptr<const Mapping> mapping);
  void RemoveLeftovers() const;
  void AppendRow(const std::vector<std::string>& fields);

  std::string folder_;
  std::shared_ptr<const Mapping> mapping_;
  std::unique_ptr<const ViewText> text_;
  std::vector<std::string> columns_;
  std::string bytes_;
  WrittenTable table_;
  std::vector<std::uint64_t> replaced_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SINKS_TABLE_SINK_H_
