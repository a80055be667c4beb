// SPDX-License-Identifier: Apache-2.0
// Files of deploy/ as they were when the program was built.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_DEFAULT_FILES_H_
#define WAYSTATION_SERVER_WAYSTATIOND_DEFAULT_FILES_H_

#include <span>

namespace waystation::waystationd {

struct DefaultFile {
  const char* file_name;
  const char* yaml;
};

// agreements/, and agreements/notices/.
std::span<const DefaultFile> DefaultAgreements();
// calendars/.
std::span<const DefaultFile> DefaultCalendars();
// deadlines/default.yaml, alone.
std::span<const DefaultFile> DefaultDeadlines();

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_DEFAULT_FILES_H_
