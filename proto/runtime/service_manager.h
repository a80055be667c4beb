// SPDX-License-Identifier: Apache-2.0
// What systemd wants to hear of a service that it started (sd_notify(3)): that
// it is ready, that it stops, that it is alive. Says nothing where nobody
// listens.
#ifndef WAYSTATION_PROTO_RUNTIME_SERVICE_MANAGER_H_
#define WAYSTATION_PROTO_RUNTIME_SERVICE_MANAGER_H_

#include "absl/time/time.h"

namespace waystation::runtime {

// Thread-safe.
class ServiceManager {
 public:
  // Reads from the environment who listens.
  ServiceManager();

  void Ready() const;
  void Stopping() const;
  void Alive() const;

  // How often Alive() shall be said: half of the time after which the service
  // is taken for dead. Infinite where nobody waits for it.
  absl::Duration alive_every() const { return alive_every_; }

 private:
  absl::Duration alive_every_ = absl::InfiniteDuration();
};

}  // namespace waystation::runtime

#endif  // WAYSTATION_PROTO_RUNTIME_SERVICE_MANAGER_H_
