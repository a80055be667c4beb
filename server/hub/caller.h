// SPDX-License-Identifier: Apache-2.0
// Who calls, as the client certificate says and nothing else (design 8).
#ifndef WAYSTATION_SERVER_HUB_CALLER_H_
#define WAYSTATION_SERVER_HUB_CALLER_H_

#include <string>

namespace waystation::hub {

enum class Role { kAgency, kClerk, kOffice, kOperator, kAuditor };

struct Caller {
  Role role = Role::kAgency;
  // For agencies and their clerks, such as "labor.320500"; else empty.
  std::string agency;
  // Name of the clerk, office, operator or auditor; else empty.
  std::string name;
  // Path below the trust domain, such as "agency/labor.320500/clerk/li"; stands
  // in audit leaves as the actor.
  std::string path;
  // Serial of the certificate, lower-case hexadecimal.
  std::string serial;

  // The neutral office that settles conflicts: "office/reconciliation" or
  // "office/reconciliation-<name>".
  bool IsReconciliationOffice() const {
    return role == Role::kOffice &&
           (name == "reconciliation" || name.starts_with("reconciliation-"));
  }

  bool operator==(const Caller&) const = default;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_CALLER_H_
