// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/service_rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace waystation::wayctl {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Request = v1::GetServiceReportRequest;

config::v1::Residents Suzhou() {
  config::v1::Residents residents;
  residents.set_version("trial");
  residents.set_source("made up");
  const struct {
    const char* division;
    std::uint64_t locals;
    std::uint64_t migrants;
  } counties[] = {
      {"320505", 4'000, 1'000}, {"320508", 2'000, 500}, {"321202", 900, 100}};
  for (const auto& [division, locals, migrants] : counties) {
    config::v1::CountyResidents& county = *residents.add_counties();
    county.set_division(division);
    county.set_locals(locals);
    county.set_migrants(migrants);
  }
  return residents;
}

v1::GetServiceReportResponse ByServiceAndCounty() {
  v1::GetServiceReportResponse response;
  response.add_groups(Request::GROUP_SERVICE);
  response.add_groups(Request::GROUP_COUNTY);
  return response;
}

// Of one service and county; what is left out is of migrants.
void AddRow(const std::string& service, const std::string& county,
            std::uint64_t locals, std::uint64_t migrants,
            std::uint32_t left_out, v1::GetServiceReportResponse& response) {
  v1::ServiceReportRow& row = *response.add_rows();
  row.add_values(service);
  row.add_values(county);
  row.mutable_locals()->set_delivered(locals);
  row.mutable_migrants()->set_delivered(migrants);
  row.mutable_migrants()->set_delivered_left_out(left_out);
}

void AddCards(const std::string& county, std::uint64_t holders,
              std::uint32_t left_out, const std::string& month,
              v1::GetServiceReportResponse& response) {
  v1::CardReportRow& row = *response.add_cards();
  row.add_values(county);
  row.set_holders(holders);
  row.set_left_out(left_out);
  row.set_oldest_month(month);
  row.set_newest_month(month);
}

TEST(WithCounty, AddsItOnce) {
  EXPECT_THAT(WithCounty({Request::GROUP_SERVICE}),
              ElementsAre(Request::GROUP_SERVICE, Request::GROUP_COUNTY));
  EXPECT_THAT(WithCounty({Request::GROUP_COUNTY, Request::GROUP_MONTH}),
              ElementsAre(Request::GROUP_COUNTY, Request::GROUP_MONTH));
}

TEST(FairnessOf, DividesByTheResidentsOfCountedCounties) {
  v1::GetServiceReportResponse response = ByServiceAndCounty();
  AddRow("training.a", "320505", 40, 20, 0, response);
  AddRow("training.a", "320508", 20, 10, 0, response);
  AddRow("training.b", "320508", 30, 10, 0, response);
  const auto report =
      FairnessOf(response, {Request::GROUP_SERVICE}, Suzhou(), "");
  ASSERT_THAT(report.rows(), SizeIs(2));
  EXPECT_THAT(report.rows(0).values(), ElementsAre("training.a"));
  EXPECT_EQ(report.rows(0).locals().numerator(), 60);
  EXPECT_EQ(report.rows(0).locals().denominator(), 6'000);
  EXPECT_EQ(report.rows(0).migrants().numerator(), 30);
  EXPECT_EQ(report.rows(0).migrants().denominator(), 1'500);
  EXPECT_DOUBLE_EQ(report.rows(0).ratio(), 2);
  // Nobody counted it elsewhere.
  EXPECT_EQ(report.rows(1).locals().denominator(), 2'000);
  // Each county once, whatever it counted.
  EXPECT_EQ(report.total().locals().numerator(), 90);
  EXPECT_EQ(report.total().locals().denominator(), 6'000);
  EXPECT_EQ(report.residents().counties(), 3);
  EXPECT_EQ(report.residents().counties_without(), 0);
}

TEST(FairnessOf, ComparesNothingThatIsAtLeastSoMuch) {
  v1::GetServiceReportResponse response = ByServiceAndCounty();
  AddRow("training.a", "320505", 40, 0, 2, response);
  const auto report =
      FairnessOf(response, {Request::GROUP_SERVICE}, Suzhou(), "");
  EXPECT_EQ(report.rows(0).migrants_left_out(), 2);
  EXPECT_FALSE(report.rows(0).has_ratio());
  EXPECT_FALSE(report.total().has_ratio());
}

TEST(FairnessOf, TakesNoNumberWithoutItsResidents) {
  v1::GetServiceReportResponse response = ByServiceAndCounty();
  AddRow("training.a", "320505", 40, 20, 0, response);
  AddRow("training.a", "320581", 4'000, 2'000, 0, response);
  const auto report =
      FairnessOf(response, {Request::GROUP_SERVICE}, Suzhou(), "");
  EXPECT_EQ(report.total().locals().numerator(), 40);
  EXPECT_EQ(report.residents().counties_without(), 1);
}

TEST(FairnessOf, KeepsToADivision) {
  v1::GetServiceReportResponse response = ByServiceAndCounty();
  AddRow("training.a", "320505", 40, 20, 0, response);
  AddRow("training.a", "321202", 9, 1, 0, response);
  const auto report =
      FairnessOf(response, {Request::GROUP_SERVICE}, Suzhou(), "3212");
  EXPECT_EQ(report.total().locals().numerator(), 9);
  EXPECT_EQ(report.total().locals().denominator(), 900);
  EXPECT_EQ(report.residents().counties(), 1);
  // What lies elsewhere is not missed.
  EXPECT_EQ(report.residents().counties_without(), 0);
}

TEST(CoverageOf, IsOfAllCountiesOfTheFile) {
  v1::GetServiceReportResponse response;
  response.add_groups(Request::GROUP_COUNTY);
  AddCards("320505", 850, 0, "2026-09", response);
  AddCards("321202", 0, 1, "2026-10", response);
  AddCards("320581", 77, 0, "2026-10", response);
  const auto report = CoverageOf(response, {Request::GROUP_CITY}, Suzhou(), "");
  ASSERT_THAT(report.rows(), SizeIs(2));
  EXPECT_THAT(report.rows(0).values(), ElementsAre("3205"));
  EXPECT_EQ(report.rows(0).coverage().numerator(), 850);
  EXPECT_EQ(report.rows(0).coverage().denominator(), 1'500);
  EXPECT_EQ(report.rows(0).not_counted(), 1);
  EXPECT_EQ(report.rows(1).coverage().numerator(), 0);
  EXPECT_EQ(report.rows(1).left_out(), 1);
  EXPECT_EQ(report.total().coverage().denominator(), 1'600);
  EXPECT_EQ(report.residents().counties_without(), 1);
  EXPECT_EQ(report.oldest_month(), "2026-09");
  EXPECT_EQ(report.newest_month(), "2026-10");
}

TEST(ServiceRateConventions, SayAllInBothLanguages) {
  for (const v1::NoticeConvention& convention : ServiceRateConventions()) {
    EXPECT_FALSE(convention.chinese().empty()) << convention.figure();
    EXPECT_FALSE(convention.english().empty()) << convention.figure();
  }
}

}  // namespace
}  // namespace waystation::wayctl
