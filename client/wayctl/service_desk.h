// SPDX-License-Identifier: Apache-2.0
// What a hub's directory of services has, and what an agency says there: its
// offers, and what it counted.
#ifndef CLIENT_WAYCTL_SERVICE_DESK_H_
#define CLIENT_WAYCTL_SERVICE_DESK_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/output.h"

namespace waystation::v1 {
class ServicePoint;
}  // namespace waystation::v1

namespace waystation::wayctl {

// Titles in the reader's language, by code.
using ServiceTitles = std::map<std::string, std::string>;

// Of the catalogue that the hub has.
absl::StatusOr<ServiceTitles> TitlesOfHub(Session& session);

// "title (code)"; the code alone where there is no title.
std::string ServiceText(const ServiceTitles& titles, const std::string& code);

// "2026-10".
std::string MonthText(int year, int month);

// A row of points, under the heads that PointTable has; of their services those
// that are `wanted`, all for an empty one.
Table PointTable();
std::vector<Cell> PointRow(const v1::ServicePoint& point,
                           const ServiceTitles& titles,
                           const std::string& wanted);

// Verbs over a hub: points, offers, offer, withdraw, count.
void AddServiceDesk(Commands& commands, CLI::App& noun);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_SERVICE_DESK_H_
