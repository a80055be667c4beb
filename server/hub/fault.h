// SPDX-License-Identifier: Apache-2.0
// What the domain finds wrong with a request, as an error of the call.
#ifndef WAYSTATION_SERVER_HUB_FAULT_H_
#define WAYSTATION_SERVER_HUB_FAULT_H_

#include "absl/status/status.h"
#include "proto/errors/error.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::hub {

inline absl::Status ErrorOf(const waystation::v1::Violation& fault) {
  return errors::Error(fault.reason(),
                       {.field = fault.field(), .rule = fault.rule()});
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_FAULT_H_
