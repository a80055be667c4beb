// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/service_manager.h"

#include <systemd/sd-daemon.h>

#include <cstdint>

namespace waystation::runtime {

ServiceManager::ServiceManager() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(/*unset_environment=*/0, &microseconds) > 0) {
    alive_every_ = absl::Microseconds(microseconds) / 2;
  }
}

void ServiceManager::Ready() const { (void)sd_notify(0, "READY=1"); }
void ServiceManager::Stopping() const { (void)sd_notify(0, "STOPPING=1"); }
void ServiceManager::Alive() const { (void)sd_notify(0, "WATCHDOG=1"); }

}  // namespace waystation::runtime
