// SPDX-License-Identifier: Apache-2.0
// Takes an export: every row is read, compared with what was last said of it,
// and what changed goes into the outbox; what cannot be taken goes to the
// quarantine. A file is read twice, first for its record keys alone.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SCANNER_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SCANNER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/framework/outbox/state.h"
#include "adapters/framework/quarantine/quarantine.h"
#include "adapters/framework/setup.h"

namespace waystation::report::v1 {
class FileReport;
}

namespace waystation::adapters {

struct ScanOptions {
  // Nothing is written, neither the outbox nor the quarantine.
  bool dry_run = false;
  // Reads the numbers of generated people.
  bool demo_numbers = false;
  bool progress = false;
  std::function<absl::Time()> clock;
  // Ends a scan with CANCELLED; what was committed stands.
  const std::atomic<bool>* stop = nullptr;
};

// The file as the file system describes it now; nullopt if it is gone.
std::optional<FileId> IdentifyFile(const std::string& path);

// Whether this very file was taken before.
absl::StatusOr<bool> WasTaken(State& state, const SourceSetup& source,
                              const std::string& path);

// Takes the file at `path`. A file that cannot be read is told in the report's
// `refused`, as is one that changed meanwhile; an error means that this state
// folder cannot go on. With `replay` the file is that of the replay, and what
// still cannot be taken is kept there.
absl::StatusOr<report::v1::FileReport> Scan(
    State& state, Quarantine& quarantine, const SourceSetup& source,
    const std::string& path, const ScanOptions& options,
    Quarantine::Replay* replay = nullptr);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SCANNER_H_
