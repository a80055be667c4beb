// SPDX-License-Identifier: Apache-2.0
#include "server/domain/service_report.h"

#include <algorithm>
#include <map>
#include <utility>

#include "proto/directory/service_class.h"

namespace waystation::domain {
namespace {

using Request = v1::GetServiceReportRequest;
using Values = std::vector<std::string>;

bool IsSmall(std::uint64_t number, std::uint32_t least) {
  return number > 0 && number < least;
}

void Add(const v1::ServiceTally& tally, std::uint32_t least,
         v1::ServiceSums& sums) {
  const bool delivered = IsSmall(tally.delivered(), least);
  const bool declined = IsSmall(tally.declined(), least);
  const bool offered = IsSmall(tally.offered(), least) ||
                       (tally.offered() > 0 && (delivered || declined));
  if (offered) {
    sums.set_offered_left_out(sums.offered_left_out() + 1);
  } else {
    sums.set_offered(sums.offered() + tally.offered());
  }
  if (delivered) {
    sums.set_delivered_left_out(sums.delivered_left_out() + 1);
  } else {
    sums.set_delivered(sums.delivered() + tally.delivered());
  }
  if (declined) {
    sums.set_declined_left_out(sums.declined_left_out() + 1);
  } else {
    sums.set_declined(sums.declined() + tally.declined());
  }
}

// `service` is empty for cards, which are of none.
std::string ValueOf(Request::Group group, const CountedMonth& of,
                    const std::string& service, const std::string& division) {
  switch (group) {
    case Request::GROUP_SERVICE:
      return service;
    case Request::GROUP_CLASS:
      return std::string(directory::ServiceClassOf(service));
    case Request::GROUP_PROVINCE:
      return division.substr(0, 2);
    case Request::GROUP_CITY:
      return division.substr(0, 4);
    case Request::GROUP_COUNTY:
      return division;
    case Request::GROUP_MONTH:
      return service.empty() ? std::string() : of.month.Text();
    default:
      return std::string(of.provider);
  }
}

Values ValuesOf(const ServiceReportTerms& terms, const CountedMonth& of,
                const std::string& service, const std::string& division) {
  Values values;
  for (const Request::Group group : terms.groups) {
    values.push_back(ValueOf(group, of, service, division));
  }
  return values;
}

bool Wants(const ServiceReportTerms& terms, const std::string& service) {
  if (!terms.service.empty() && service != terms.service) return false;
  return terms.with_health ||
         directory::ServiceClassOf(service) != directory::kHealthServiceClass;
}

}  // namespace

bool CountServices(std::span<const CountedMonth> months,
                   const ServiceReportTerms& terms,
                   v1::GetServiceReportResponse& response) {
  constexpr std::size_t kMost = kMostServiceRows;
  std::map<Values, v1::ServiceReportRow> rows;
  // A holder keeps the card: of each provider and county the newest month.
  std::map<std::pair<std::string_view, std::string_view>,
           std::pair<const CountedMonth*, const v1::CardCount*>>
      newest;
  for (const CountedMonth& of : months) {
    for (const v1::ServiceCount& count : of.counted->counts()) {
      if (!Wants(terms, count.service())) continue;
      v1::ServiceReportRow& row =
          rows[ValuesOf(terms, of, count.service(), count.division())];
      Add(count.locals(), terms.least, *row.mutable_locals());
      Add(count.migrants(), terms.least, *row.mutable_migrants());
      if (rows.size() > kMost) return false;
    }
    for (const v1::CardCount& cards : of.counted->cards()) {
      auto& held = newest[{of.provider, cards.division()}];
      if (held.first == nullptr || held.first->month < of.month) {
        held = {&of, &cards};
      }
    }
  }
  std::map<Values, v1::CardReportRow> card_rows;
  for (const auto& [key, held] : newest) {
    const auto& [of, cards] = held;
    v1::CardReportRow& row =
        card_rows[ValuesOf(terms, *of, "", cards->division())];
    if (IsSmall(cards->holders(), terms.least)) {
      row.set_left_out(row.left_out() + 1);
    } else {
      row.set_holders(row.holders() + cards->holders());
    }
    const std::string month = of->month.Text();
    if (row.oldest_month().empty() || month < row.oldest_month()) {
      row.set_oldest_month(month);
    }
    row.set_newest_month(std::max(row.newest_month(), month));
    if (card_rows.size() > kMost) return false;
  }
  const auto put = [](auto& from, auto& to) {
    for (auto& [values, row] : from) {
      row.mutable_values()->Assign(values.begin(), values.end());
      *to.Add() = std::move(row);
    }
  };
  put(rows, *response.mutable_rows());
  put(card_rows, *response.mutable_cards());
  return true;
}

}  // namespace waystation::domain
