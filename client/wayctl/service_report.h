// SPDX-License-Identifier: Apache-2.0
// wayctl service report: what providers counted, as far as it may be shown.
#ifndef CLIENT_WAYCTL_SERVICE_REPORT_H_
#define CLIENT_WAYCTL_SERVICE_REPORT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/counted_report.h"
#include "client/wayctl/service_desk.h"
#include "waystation/v1/directory_service.pb.h"

namespace waystation::wayctl {

// --from and --to, "2026-10" each.
struct MonthsGiven {
  std::string from;
  std::string to;
};
void AddMonthOptions(CLI::App& verb, const std::string& otherwise,
                     MonthsGiven& months);

// Into the request; without a period, the `months` whole months before the one
// that it is in China. USAGE for what is no period.
absl::Status SetMonths(const MonthsGiven& given, absl::Time now, int months,
                       v1::GetServiceReportRequest& request);

// "2026-09" to "2026-10", for people.
Fact PeriodFact(const v1::GetServiceReportRequest& request);

// How CSV and people name a group, and people a value of it.
CountedReport::Group ServiceGroup(int group);
Cell ServiceGroupCell(int group, const std::string& value,
                      const ServiceTitles& titles);

void AddServiceReport(Commands& commands, CLI::App& noun);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_SERVICE_REPORT_H_
