// SPDX-License-Identifier: Apache-2.0
// An adapter's configuration, checked, with its mappings compiled.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SETUP_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SETUP_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/framework/mapping/mapping.h"
#include "adapters/framework/mapping/sector.h"
#include "adapters/framework/notices/spool.h"
#include "adapters/framework/witness/witness.h"
#include "waystation/config/v1/adapter.pb.h"

namespace waystation::adapters {

struct SourceSetup {
  std::string name;
  // A path whose last part may hold '*' and '?'.
  std::string files;
  std::shared_ptr<const Mapping> mapping;
  // Of its quarantine.
  std::string extension;
};

struct MailboxSetup {
  std::string folder;
  std::shared_ptr<const Mapping> mapping;
  int purpose = 0;  // a v1::Purpose
};

struct Setup {
  config::v1::AdapterConfig config;
  // The configuration file; its paths begin at its folder.
  std::string path;
  std::string folder;
  std::string state;
  std::vector<SourceSetup> sources;
  std::optional<MailboxSetup> mailbox;
  std::optional<WitnessSetup> witness;
  std::optional<SpoolSetup> notices;
  absl::Duration poll;

  std::string quarantine() const { return state + "/quarantine"; }
};

// CONFIG_INVALID with every place that is wrong, FILE_MISSING, or what a
// mapping's Load says.
absl::StatusOr<Setup> LoadSetup(const std::string& path, const Sector& sector);

// The files that a source's pattern names now, in the order of their names.
// Empty when its folder is missing.
std::vector<std::string> FilesOf(const SourceSetup& source);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SETUP_H_
