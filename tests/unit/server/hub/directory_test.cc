// SPDX-License-Identifier: Apache-2.0
// The directory of services, through the hub: what everybody may see, what an
// agency may offer and count, and what of it nobody else learns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "proto/directory/check_services.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Request = v1::GetServiceReportRequest;

ServiceFiles Shipped() {
  ServiceFiles files;
  EXPECT_TRUE(runtime::ReadYaml(directory::kDefaultCatalogue, "catalogue.yaml",
                                files.catalogue)
                  .ok());
  EXPECT_TRUE(
      runtime::ReadYaml(directory::kDefaultPoints, "points.yaml", files.points)
          .ok());
  return files;
}

void SetDay(int year, int month, int day, v1::Date* date) {
  date->set_year(year);
  date->set_month(month);
  date->set_day(day);
}

v1::ServiceOffer Offer(const std::string& id, const std::string& service,
                       const std::string& division) {
  v1::ServiceOffer offer;
  offer.set_id(id);
  offer.set_service(service);
  offer.add_divisions(division);
  SetDay(2026, 11, 1, offer.mutable_since());
  SetDay(2026, 12, 31, offer.mutable_until());
  return offer;
}

v1::ServiceMonth MonthOf(const std::string& service,
                         const std::string& division, std::uint64_t locals,
                         std::uint64_t migrants) {
  v1::ServiceMonth month;
  month.set_year(2026);
  month.set_month(10);
  v1::ServiceCount& count = *month.add_counts();
  count.set_service(service);
  count.set_division(division);
  count.mutable_locals()->set_delivered(locals);
  count.mutable_migrants()->set_delivered(migrants);
  return month;
}

class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() : test_({.services = Shipped()}) {
    // Noon in China.
    test_.SetTime(
        absl::FromCivil(absl::CivilHour(2026, 11, 28, 4), absl::UTCTimeZone()));
  }

  absl::StatusOr<v1::PutOfferResponse> Put(const Caller& caller,
                                           const v1::ServiceOffer& offer,
                                           bool validate_only = false) {
    v1::PutOfferRequest request;
    *request.mutable_offer() = offer;
    request.set_validate_only(validate_only);
    return Await<v1::PutOfferResponse>([&](auto done) {
      test_.hub().PutOffer(caller, request, std::move(done));
    });
  }
  absl::StatusOr<v1::WithdrawOfferResponse> Withdraw(const Caller& caller,
                                                     const std::string& id) {
    v1::WithdrawOfferRequest request;
    request.set_id(id);
    return Await<v1::WithdrawOfferResponse>([&](auto done) {
      test_.hub().WithdrawOffer(caller, request, std::move(done));
    });
  }
  absl::StatusOr<v1::ReportServiceCountsResponse> Count(
      const Caller& caller, const v1::ServiceMonth& month) {
    v1::ReportServiceCountsRequest request;
    *request.mutable_month() = month;
    return Await<v1::ReportServiceCountsResponse>([&](auto done) {
      test_.hub().ReportServiceCounts(caller, request, std::move(done));
    });
  }
  // "agency/id" of those listed.
  std::vector<std::string> Offers(const std::string& division,
                                  const Caller& caller = OperatorCaller()) {
    v1::ListOffersRequest request;
    request.set_division(division);
    const auto listed = test_.hub().ListOffers(caller, request);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> ids;
    if (!listed.ok()) return ids;
    for (const v1::ServiceOffer& offer : listed->offers()) {
      ids.push_back(offer.agency() + "/" + offer.id());
    }
    return ids;
  }
  absl::StatusOr<v1::GetServiceReportResponse> Report(
      const Caller& caller, bool own = false,
      const std::vector<Request::Group>& groups = {Request::GROUP_SERVICE}) {
    Request request;
    request.set_from_year(2026);
    request.set_from_month(1);
    request.set_to_year(2026);
    request.set_to_month(11);
    for (const Request::Group group : groups) request.add_groups(group);
    request.set_own(own);
    return test_.hub().GetServiceReport(caller, request);
  }

  TestHub test_;
  const Caller labor_ = AgencyCaller(kLaborSuzhou);
  const Caller health_ = AgencyCaller(kHealthSuzhou);
  const Caller police_ = AgencyCaller(kPoliceSuzhou);
};

TEST_F(DirectoryTest, IsOpenToEveryRole) {
  for (const Caller& caller :
       {labor_, ClerkOf(kPoliceSuzhou, "li"), OfficeCaller(), OperatorCaller(),
        AuditorCaller()}) {
    const auto all = test_.hub().GetServiceCatalogue(caller, {});
    ASSERT_TRUE(all.ok()) << caller.path << all.status();
    EXPECT_GT(all->services_size(), 30);
    v1::GetServiceCatalogueRequest request;
    request.set_service_class("training");
    EXPECT_THAT(test_.hub().GetServiceCatalogue(caller, request)->services(),
                SizeIs(2));
  }
}

TEST_F(DirectoryTest, ListsPointsPageByPage) {
  v1::ListServicePointsRequest request;
  request.set_division("3201");
  request.set_page_size(2);
  std::vector<std::string> ids;
  do {
    const auto page = test_.hub().ListServicePoints(labor_, request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& point : page->points()) ids.push_back(point.id());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(ids, ElementsAre("nj_xuanwu_centre", "nj_xuanwu_station_2",
                               "nj_xuanwu_room_2_1", "nj_xuanwu_unit_2_1_7",
                               "nj_qinhuai_centre"));
}

TEST_F(DirectoryTest, FindsTheNearestPoint) {
  v1::GetNearestServicePointsRequest request;
  request.set_division("320102002002");
  request.set_service("health.vaccination");
  const auto found = test_.hub().GetNearestServicePoints(police_, request);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->level(), v1::GetNearestServicePointsResponse::LEVEL_STREET);
  EXPECT_EQ(found->division(), "320102002");
  ASSERT_THAT(found->points(), SizeIs(1));
  EXPECT_EQ(found->points(0).id(), "nj_xuanwu_station_2");
  request.set_division("32010");
  EXPECT_EQ(
      ReasonOf(test_.hub().GetNearestServicePoints(police_, request).status()),
      "INVALID_REQUEST");
}

TEST_F(DirectoryTest, PublishesChangesAndWithdraws) {
  const auto offer = Offer("welding", "training.vocational_course", "320505");
  const auto tried = Put(labor_, offer, /*validate_only=*/true);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_THAT(Offers(""), IsEmpty());
  const auto put = Put(ClerkOf(kLaborSuzhou, "li"), offer);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_FALSE(put->replaces());
  EXPECT_EQ(put->offer().agency(), kLaborSuzhou);
  // Everybody sees it, from above and from below.
  EXPECT_THAT(Offers("320505010003", police_),
              ElementsAre("labor.320500/welding"));
  EXPECT_THAT(Offers("32", OfficeCaller()),
              ElementsAre("labor.320500/welding"));
  EXPECT_THAT(Offers("320508"), IsEmpty());
  // Again, elsewhere.
  const auto moved =
      Put(labor_, Offer("welding", "training.vocational_course", "320508"));
  ASSERT_TRUE(moved.ok());
  EXPECT_TRUE(moved->replaces());
  EXPECT_THAT(Offers("320508"), ElementsAre("labor.320500/welding"));
  test_.Restart();
  EXPECT_THAT(Offers("320508"), ElementsAre("labor.320500/welding"));
  // Nobody else's.
  EXPECT_EQ(ReasonOf(Withdraw(health_, "welding").status()), "NOT_AVAILABLE");
  ASSERT_TRUE(Withdraw(labor_, "welding").ok());
  EXPECT_THAT(Offers(""), IsEmpty());
  EXPECT_EQ(ReasonOf(Withdraw(labor_, "welding").status()), "NOT_AVAILABLE");
  const auto puts = ActsOf(test_, "offer.put");
  ASSERT_THAT(puts, SizeIs(2));
  EXPECT_EQ(puts[0].object(), "welding training.vocational_course");
  EXPECT_THAT(ActsOf(test_, "offer.withdraw"), SizeIs(1));
}

// A field that the schema does not have would reach everybody.
TEST_F(DirectoryTest, CarriesNoWordsInUnknownFields) {
  auto offer = Offer("jobs", "employment.job_placement", "320505");
  offer.GetReflection()->MutableUnknownFields(&offer)->AddLengthDelimited(
      77, "for women of 15 to 49");
  const auto put = Put(labor_, offer);
  ASSERT_TRUE(put.ok()) << put.status();
  const auto listed = test_.hub().ListOffers(police_, {});
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->SerializeAsString().find("women"), std::string::npos);
  const auto rows = test_.store().ListObjects("service_offers");
  ASSERT_TRUE(rows.ok());
  for (const storage::ObjectRow& row : *rows) {
    EXPECT_EQ(row.bytes.find("women"), std::string::npos);
  }
}

TEST_F(DirectoryTest, EndsOffersWithTheirLastDay) {
  ASSERT_TRUE(
      Put(labor_, Offer("jobs", "employment.job_placement", "320500")).ok());
  // The last minute of the last day in China, and the first of the next.
  test_.SetTime(absl::FromCivil(absl::CivilMinute(2026, 12, 31, 15, 59),
                                absl::UTCTimeZone()));
  EXPECT_THAT(Offers(""), SizeIs(1));
  test_.Advance(absl::Minutes(1));
  EXPECT_THAT(Offers(""), IsEmpty());
}

TEST_F(DirectoryTest, RefusesWhatAnAgencyMayNotOffer) {
  const auto reason = [&](const Caller& caller, const v1::ServiceOffer& offer) {
    return ReasonOf(Put(caller, offer).status());
  };
  auto offer = Offer("a", "health.vaccination", "320505");
  EXPECT_EQ(reason(labor_, offer), "SERVICE_NOT_ALLOWED");
  EXPECT_EQ(reason(police_, offer), "SERVICE_NOT_ALLOWED");
  EXPECT_EQ(reason(OperatorCaller(), offer), "WRONG_ROLE");
  EXPECT_EQ(reason(OfficeCaller(), offer), "WRONG_ROLE");
  offer.set_divisions(0, "320102");
  EXPECT_EQ(reason(health_, offer), "NOT_IN_JURISDICTION");
  offer.set_divisions(0, "320505");
  offer.add_points("nj_xuanwu_room_2_1");
  EXPECT_EQ(reason(health_, offer), "INVALID_REQUEST");
  offer.set_points(0, "sz_huqiu_centre");
  EXPECT_EQ(Put(health_, offer, true).status(), absl::OkStatus());
  SetDay(2026, 11, 27, offer.mutable_until());
  EXPECT_EQ(reason(health_, offer), "INVALID_REQUEST");
  SetDay(2028, 12, 31, offer.mutable_until());
  EXPECT_EQ(reason(health_, offer), "INVALID_REQUEST");
  SetDay(2026, 12, 31, offer.mutable_until());
  offer.set_service("health.unheard_of");
  EXPECT_EQ(reason(health_, offer), "INVALID_REQUEST");
  offer.set_service("health.vaccination");
  offer.set_id("For women of 15 to 49");
  EXPECT_EQ(reason(health_, offer), "INVALID_REQUEST");
  EXPECT_THAT(Offers(""), IsEmpty());
}

TEST_F(DirectoryTest, CountsReplaceThoseOfTheSameMonth) {
  const auto first =
      Count(labor_, MonthOf("training.vocational_course", "320505", 40, 30));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(first->replaces());
  const auto second =
      Count(labor_, MonthOf("training.vocational_course", "320505", 50, 20));
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->replaces());
  const auto report = Report(police_);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_THAT(report->rows(), SizeIs(1));
  EXPECT_THAT(report->rows(0).values(),
              ElementsAre("training.vocational_course"));
  EXPECT_EQ(report->rows(0).locals().delivered(), 50);
  EXPECT_EQ(report->rows(0).migrants().delivered(), 20);
  EXPECT_EQ(report->providers(), 1);
  EXPECT_EQ(report->least_shown(), 10);
  EXPECT_THAT(ActsOf(test_, "service.count"), SizeIs(2));
  test_.Restart();
  EXPECT_EQ(Report(police_)->rows(0).locals().delivered(), 50);
}

TEST_F(DirectoryTest, ShowsSmallNumbersToTheirProviderAlone) {
  ASSERT_TRUE(
      Count(labor_, MonthOf("training.vocational_course", "320505", 9, 30))
          .ok());
  for (const Caller& caller :
       {police_, labor_, OfficeCaller(), AuditorCaller(), OperatorCaller()}) {
    const auto report = Report(caller);
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->rows(0).locals().delivered(), 0) << caller.path;
    EXPECT_EQ(report->rows(0).locals().delivered_left_out(), 1);
    EXPECT_EQ(report->rows(0).migrants().delivered(), 30);
  }
  const auto own = Report(labor_, /*own=*/true);
  ASSERT_TRUE(own.ok());
  EXPECT_EQ(own->rows(0).locals().delivered(), 9);
  EXPECT_THAT(Report(police_, /*own=*/true)->rows(), IsEmpty());
  EXPECT_EQ(ReasonOf(Report(OfficeCaller(), /*own=*/true).status()),
            "INVALID_REQUEST");
}

TEST_F(DirectoryTest, KeepsCountsOfHealthWithHealth) {
  ASSERT_TRUE(
      Count(health_, MonthOf("health.contraceptives", "320505", 500, 400))
          .ok());
  for (const Caller& caller :
       {police_, labor_, ClerkOf(kPoliceSuzhou, "li"), OperatorCaller()}) {
    const auto report = Report(caller);
    ASSERT_TRUE(report.ok());
    EXPECT_THAT(report->rows(), IsEmpty()) << caller.path;
    EXPECT_FALSE(report->with_health());
  }
  for (const Caller& caller : {health_, OfficeCaller(), AuditorCaller()}) {
    EXPECT_THAT(Report(caller)->rows(), SizeIs(1)) << caller.path;
  }
}

TEST_F(DirectoryTest, RefusesCountsThatAreNotTheProvidersOwn) {
  const auto reason = [&](const Caller& caller, const v1::ServiceMonth& month) {
    return ReasonOf(Count(caller, month).status());
  };
  EXPECT_EQ(reason(police_, MonthOf("health.vaccination", "320505", 1, 1)),
            "SERVICE_NOT_ALLOWED");
  EXPECT_EQ(reason(health_, MonthOf("health.vaccination", "320102", 1, 1)),
            "NOT_IN_JURISDICTION");
  // Finer than a county, or coarser.
  for (const char* division : {"320505010", "320500", "3205", "", "32050A"}) {
    EXPECT_EQ(reason(health_, MonthOf("health.vaccination", division, 1, 1)),
              "INVALID_REQUEST")
        << division;
  }
  auto month = MonthOf("health.vaccination", "320505", 1, 1);
  *month.add_counts() = month.counts(0);
  EXPECT_EQ(reason(health_, month), "INVALID_REQUEST");
  month.mutable_counts()->RemoveLast();
  month.set_month(12);
  EXPECT_EQ(reason(health_, month), "INVALID_REQUEST");
  month.set_month(11);
  EXPECT_EQ(Count(health_, month).status(), absl::OkStatus());
  month.mutable_counts(0)->mutable_locals()->set_offered(100'000'001);
  EXPECT_EQ(reason(health_, month), "INVALID_REQUEST");
  v1::CardCount& cards = *month.add_cards();
  cards.set_division("320505");
  cards.set_holders(40);
  month.clear_counts();
  EXPECT_EQ(Count(health_, month).status(), absl::OkStatus());
  EXPECT_EQ(reason(labor_, month), "SERVICE_NOT_ALLOWED");
  EXPECT_EQ(reason(OfficeCaller(), month), "WRONG_ROLE");
}

TEST_F(DirectoryTest, RefusesReportsThatAreNone) {
  Request request;
  const auto reason = [&] {
    return ReasonOf(test_.hub().GetServiceReport(police_, request).status());
  };
  EXPECT_EQ(reason(), "INVALID_REQUEST");
  request.set_from_year(2026);
  request.set_from_month(10);
  request.set_to_year(2026);
  request.set_to_month(9);
  EXPECT_EQ(reason(), "INVALID_REQUEST");
  request.set_to_year(2029);
  EXPECT_EQ(reason(), "INVALID_REQUEST");
  request.set_to_year(2026);
  request.set_to_month(10);
  EXPECT_EQ(test_.hub().GetServiceReport(police_, request).status(),
            absl::OkStatus());
  request.add_groups(Request::GROUP_COUNTY);
  request.add_groups(Request::GROUP_COUNTY);
  EXPECT_EQ(reason(), "INVALID_REQUEST");
  request.clear_groups();
  request.set_service("training.unheard_of");
  EXPECT_EQ(reason(), "INVALID_REQUEST");
}

}  // namespace
}  // namespace waystation::hub
