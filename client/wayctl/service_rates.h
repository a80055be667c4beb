// SPDX-License-Identifier: Apache-2.0
// Rates of services: what providers counted, as far as a hub shows it, of the
// residents that a file names. Pure.
//
// What the hub has left out of a sum is in no rate, so a rate with something
// left out is at least so much, and is compared with no other one.
#ifndef CLIENT_WAYCTL_SERVICE_RATES_H_
#define CLIENT_WAYCTL_SERVICE_RATES_H_

#include <string_view>
#include <vector>

#include "waystation/config/v1/services.pb.h"
#include "waystation/report/v1/service_report.pb.h"
#include "waystation/v1/directory_service.pb.h"

namespace waystation::wayctl {

using ServiceGroups = std::vector<v1::GetServiceReportRequest::Group>;

// The groups to ask a hub for, so that each number is of one county: these, and
// the county where it is not among them.
ServiceGroups WithCounty(const ServiceGroups& groups);

// `response` is grouped by WithCounty(groups). A row is of the residents of
// those counties alone that were counted for it: who serves one county is not
// held against the people of another. Counties that the file lacks, or that do
// not lie in `division` (empty: all), are in no figure. Without times and
// conventions of its own.
report::v1::FairnessReport FairnessOf(
    const v1::GetServiceReportResponse& response, const ServiceGroups& groups,
    const config::v1::Residents& residents, std::string_view division);

// `response` has one row for each county; `groups` are province, city,
// county. A row is of the migrants of all counties that the file has there,
// counted or not.
report::v1::CardCoverage CoverageOf(
    const v1::GetServiceReportResponse& response, const ServiceGroups& groups,
    const config::v1::Residents& residents, std::string_view division);

// How both are counted, beside what the hub says of what it sent.
std::vector<v1::NoticeConvention> ServiceRateConventions();

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_SERVICE_RATES_H_
