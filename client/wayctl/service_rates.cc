// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/service_rates.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "proto/directory/place.h"

namespace waystation::wayctl {
namespace {

using config::v1::CountyResidents;
using config::v1::Residents;
using report::v1::CardCoverage;
using report::v1::CardCoverageRow;
using report::v1::FairnessReport;
using report::v1::FairnessRow;
using Request = v1::GetServiceReportRequest;
using Response = v1::GetServiceReportResponse;
using Values = std::vector<std::string>;

using Counties = std::map<std::string, const CountyResidents*>;

Counties CountiesOf(const Residents& residents, std::string_view division) {
  Counties counties;
  for (const CountyResidents& county : residents.counties()) {
    if (division.empty() || directory::LiesIn(county.division(), division)) {
      counties[county.division()] = &county;
    }
  }
  return counties;
}

void SetRate(std::uint64_t numerator, std::uint64_t denominator,
             v1::NoticeRate* rate) {
  rate->set_numerator(numerator);
  rate->set_denominator(denominator);
  if (denominator > 0) {
    rate->set_value(static_cast<double>(numerator) /
                    static_cast<double>(denominator));
  }
}

void SetResidents(const Residents& residents, std::size_t counties,
                  std::size_t without, report::v1::ResidentsUsed* used) {
  used->set_version(residents.version());
  used->set_source(residents.source());
  *used->mutable_as_of() = residents.as_of();
  used->set_counties(static_cast<std::int32_t>(counties));
  used->set_counties_without(static_cast<std::int32_t>(without));
}

// Times and residents behind one row of fairness.
struct Delivered {
  std::uint64_t locals = 0;
  std::uint64_t migrants = 0;
  std::uint32_t locals_left_out = 0;
  std::uint32_t migrants_left_out = 0;
  std::set<const CountyResidents*> counties = {};

  void Add(const v1::ServiceReportRow& row, const CountyResidents* county) {
    locals += row.locals().delivered();
    migrants += row.migrants().delivered();
    locals_left_out += row.locals().delivered_left_out();
    migrants_left_out += row.migrants().delivered_left_out();
    counties.insert(county);
  }

  void Write(const Values& values, FairnessRow* row) const {
    row->mutable_values()->Assign(values.begin(), values.end());
    std::uint64_t local_residents = 0;
    std::uint64_t migrant_residents = 0;
    for (const CountyResidents* const county : counties) {
      local_residents += county->locals();
      migrant_residents += county->migrants();
    }
    SetRate(locals, local_residents, row->mutable_locals());
    SetRate(migrants, migrant_residents, row->mutable_migrants());
    row->set_locals_left_out(locals_left_out);
    row->set_migrants_left_out(migrants_left_out);
    if (locals_left_out == 0 && migrants_left_out == 0 && locals > 0 &&
        row->migrants().has_value() && row->locals().has_value()) {
      row->set_ratio(row->migrants().value() / row->locals().value());
    }
  }
};

// Where the county stands among the values of a row.
int CountyAt(const Response& response) {
  const auto at = std::ranges::find(response.groups(), Request::GROUP_COUNTY);
  return static_cast<int>(at - response.groups().begin());
}

std::string PlaceOf(Request::Group group, const std::string& county) {
  switch (group) {
    case Request::GROUP_PROVINCE:
      return county.substr(0, 2);
    case Request::GROUP_CITY:
      return county.substr(0, 4);
    default:
      return county;
  }
}

}  // namespace

ServiceGroups WithCounty(const ServiceGroups& groups) {
  ServiceGroups all = groups;
  if (std::ranges::find(all, Request::GROUP_COUNTY) == all.end()) {
    all.push_back(Request::GROUP_COUNTY);
  }
  return all;
}

FairnessReport FairnessOf(const Response& response, const ServiceGroups& groups,
                          const Residents& residents,
                          std::string_view division) {
  const Counties counties = CountiesOf(residents, division);
  const int county_at = CountyAt(response);
  std::map<Values, Delivered> rows;
  Delivered total;
  std::set<std::string> without;
  for (const v1::ServiceReportRow& row : response.rows()) {
    const std::string& division_of = row.values(county_at);
    const auto county = counties.find(division_of);
    if (county == counties.end()) {
      if (division.empty() || directory::LiesIn(division_of, division)) {
        without.insert(division_of);
      }
      continue;
    }
    // What was added for the county alone stands last.
    const Values values(
        row.values().begin(),
        row.values().begin() + static_cast<std::ptrdiff_t>(groups.size()));
    rows[values].Add(row, county->second);
    total.Add(row, county->second);
  }
  FairnessReport report;
  SetResidents(residents, counties.size(), without.size(),
               report.mutable_residents());
  for (const auto& [values, delivered] : rows) {
    delivered.Write(values, report.add_rows());
  }
  total.Write({}, report.mutable_total());
  for (const Request::Group group : groups) report.add_groups(group);
  *report.mutable_as_of_time() = response.as_of_time();
  report.set_least_shown(response.least_shown());
  report.set_with_health(response.with_health());
  return report;
}

CardCoverage CoverageOf(const Response& response, const ServiceGroups& groups,
                        const Residents& residents, std::string_view division) {
  const Counties counties = CountiesOf(residents, division);
  const int county_at = CountyAt(response);
  CardCoverage report;
  std::map<std::string, const v1::CardReportRow*> counted;
  std::set<std::string> without;
  for (const v1::CardReportRow& row : response.cards()) {
    const std::string& county = row.values(county_at);
    if (counties.contains(county)) {
      counted[county] = &row;
      if (report.oldest_month().empty() ||
          row.oldest_month() < report.oldest_month()) {
        report.set_oldest_month(row.oldest_month());
      }
      report.set_newest_month(
          std::max(report.newest_month(), row.newest_month()));
    } else if (division.empty() || directory::LiesIn(county, division)) {
      without.insert(county);
    }
  }
  struct Held {
    std::uint64_t holders = 0;
    std::uint64_t migrants = 0;
    std::uint32_t left_out = 0;
    std::uint32_t not_counted = 0;

    void Write(const Values& values, CardCoverageRow* row) const {
      row->mutable_values()->Assign(values.begin(), values.end());
      SetRate(holders, migrants, row->mutable_coverage());
      row->set_left_out(left_out);
      row->set_not_counted(not_counted);
    }
  };
  std::map<Values, Held> rows;
  Held total;
  for (const auto& [code, county] : counties) {
    Values values;
    for (const Request::Group group : groups) {
      values.push_back(PlaceOf(group, code));
    }
    const auto row = counted.find(code);
    for (Held* const held : {&rows[values], &total}) {
      held->migrants += county->migrants();
      if (row == counted.end()) {
        ++held->not_counted;
      } else {
        held->holders += row->second->holders();
        held->left_out += row->second->left_out();
      }
    }
  }
  SetResidents(residents, counties.size(), without.size(),
               report.mutable_residents());
  if (!groups.empty()) {
    for (const auto& [values, held] : rows) {
      held.Write(values, report.add_rows());
    }
  }
  total.Write({}, report.mutable_total());
  for (const Request::Group group : groups) report.add_groups(group);
  *report.mutable_as_of_time() = response.as_of_time();
  report.set_least_shown(response.least_shown());
  return report;
}

}  // namespace waystation::wayctl
