// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_APPEND_TOGETHER_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_APPEND_TOGETHER_H_

#include <span>
#include <string>

#include "absl/status/status.h"

namespace waystation::adapters {

struct Appendix {
  std::string path;
  std::string bytes;
};

// Appends to files that belong together, so that each has all of its bytes or
// none, whatever ends the process. Durable when it returns. LOCAL_DISK_FULL,
// FILE_NOT_WRITTEN: then no file has changed. Files are made with mode 0600.
//
// `journal` is the path of a file that exists only meanwhile: a serialised
// store::v1::AppendJournal.
absl::Status AppendTogether(const std::string& journal,
                            std::span<const Appendix> parts);

// Takes back what a process that ended within AppendTogether began. A file that
// somebody changed since stays as it is. Nothing happens without a journal.
absl::Status UndoAppend(const std::string& journal);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_APPEND_TOGETHER_H_
