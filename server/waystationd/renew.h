// SPDX-License-Identifier: Apache-2.0
// A new certificate for the hub itself.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_RENEW_H_
#define WAYSTATION_SERVER_WAYSTATIOND_RENEW_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace waystation::waystationd {

struct HubRenewal {
  std::string config_file;
  // Names and addresses by which clients reach the hub; empty: those of the
  // certificate that is replaced.
  std::vector<std::string> hosts;
  // 1 to 825; 0 means 825.
  int days = 0;
};

// Replaces the hub's certificate and key by a new pair, which its own authority
// signs, whether a hub runs or not: one that does takes it up within a second.
// Returns when it ends. NO_AUTHORITY where the hub has none; else as
// Authority::SignHub and ReplaceKeyPair, and the old pair stands.
absl::StatusOr<absl::Time> RenewHubCertificate(const HubRenewal& renewal,
                                               absl::Time now);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_RENEW_H_
