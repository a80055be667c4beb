// SPDX-License-Identifier: Apache-2.0
// The files of deploy/agreements as they were when the program was built.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_DEFAULT_AGREEMENTS_H_
#define WAYSTATION_SERVER_WAYSTATIOND_DEFAULT_AGREEMENTS_H_

#include <span>

namespace waystation::waystationd {

struct DefaultAgreement {
  const char* file_name;
  const char* yaml;
};

std::span<const DefaultAgreement> DefaultAgreements();

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_DEFAULT_AGREEMENTS_H_
