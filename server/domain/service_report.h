// SPDX-License-Identifier: Apache-2.0
// Sums over what providers counted, so that nobody is found in them.
//
// A number under `least` is left out where it was counted: of one provider, one
// service, one county, one month, one group of residents. Every figure that is
// shown is a sum of numbers that are not, so no way of asking, by whatever
// groups and periods, and no subtraction of one answer from another, of one's
// own numbers from a sum included, tells of a number that was left out. With a
// small number of deliveries or refusals goes the number of offers beside it,
// which would be their sum. Price: a sum is at least so much, and says how many
// numbers are not in it.
#ifndef WAYSTATION_SERVER_DOMAIN_SERVICE_REPORT_H_
#define WAYSTATION_SERVER_DOMAIN_SERVICE_REPORT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/service_check.h"
#include "waystation/v1/directory_service.pb.h"

namespace waystation::domain {

// What one provider counted of one month. Borrowed.
struct CountedMonth {
  std::string_view provider;
  Month month;
  const v1::ServiceMonth* counted = nullptr;
};

struct ServiceReportTerms {
  std::vector<v1::GetServiceReportRequest::Group> groups = {};
  // Empty: all.
  std::string service = {};
  // 0: nothing is left out.
  std::uint32_t least = 0;
  // Without it, nothing of the class health is in any sum.
  bool with_health = false;
};

inline constexpr int kMostServiceRows = 5'000;

// Into `rows` and `cards`, ordered by value. False if there were more than
// kMostServiceRows of either.
bool CountServices(std::span<const CountedMonth> months,
                   const ServiceReportTerms& terms,
                   v1::GetServiceReportResponse& response);

// How figures are counted, to be shown where they are.
std::vector<v1::NoticeConvention> ServiceConventions();

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_SERVICE_REPORT_H_
