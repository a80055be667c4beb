// SPDX-License-Identifier: Apache-2.0
// The conflicts in the queue of an agency's own clerks: those that the agency's
// view shows, and nothing that tells more than it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

class OwnConflicts : public testing::Test {
 protected:
  // Two stations of the police say two birth dates; labor says what one does.
  void AddConflict() {
    test_.Submit(kPoliceFuyang, Say("A", 1).Core(kNumber, "王芳", 1990, 3, 7));
    test_.Submit(kPoliceSuzhou, Say("B", 1).Core(kNumber, "王芳", 1990, 7, 3));
    test_.Submit(kLaborSuzhou, Say("S", 1).Core(kNumber, "王芳", 1990, 7, 3));
  }
  // Two records of labor that are one person, with two birth dates.
  void AddOwnConflict() {
    test_.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "王芳", 1990, 3, 7));
    test_.Submit(kLaborSuzhou, Say("S2", 1).Core(kNumber, "王芳", 1990, 7, 3));
  }

  std::vector<v1::ReviewItem> Items(const Caller& caller) {
    const auto list = test_.hub().ListReviewItems(caller, {});
    EXPECT_TRUE(list.ok()) << list.status();
    if (!list.ok()) return {};
    EXPECT_EQ(list->total_size(), static_cast<uint64_t>(list->items_size()));
    const auto conflicts = test_.hub().ListConflicts(caller, {});
    EXPECT_TRUE(conflicts.ok()) << conflicts.status();
    EXPECT_EQ(conflicts->conflicts_size(), list->items_size());
    EXPECT_EQ(conflicts->total_size(), list->total_size());
    return {list->items().begin(), list->items().end()};
  }
  v1::ReviewItem OnlyItem(const Caller& caller) {
    const std::vector<v1::ReviewItem> items = Items(caller);
    EXPECT_THAT(items, SizeIs(1));
    return items.empty() ? v1::ReviewItem() : items.front();
  }
  absl::StatusOr<v1::GetConflictResponse> Get(
      const Caller& caller, const std::string& id,
      const std::vector<std::string>& reveal = {},
      const std::string& reason = {}, v1::Purpose purpose = {}) {
    v1::GetConflictRequest request;
    request.set_id(id);
    request.mutable_reveal()->Assign(reveal.begin(), reveal.end());
    request.set_reason(reason);
    request.set_purpose(purpose);
    return Await<v1::GetConflictResponse>([&](auto done) {
      test_.hub().GetConflict(caller, request, std::move(done));
    });
  }
  absl::StatusOr<v1::GetConflictResponse> Reveal(
      const Caller& caller, const std::string& id,
      v1::Purpose purpose = v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER) {
    return Get(caller, id, {"birth_date"}, "the card was seen", purpose);
  }
  std::string Show(const Caller& caller) {
    const v1::ReviewItem item = OnlyItem(caller);
    const auto shown = Get(caller, item.id());
    EXPECT_TRUE(shown.ok()) << shown.status();
    return item.SerializeAsString() +
           (shown.ok() ? shown->SerializeAsString() : std::string());
  }
  absl::Status Decide(const Caller& caller, const v1::ReviewItem& item,
                      v1::Decision::Kind kind) {
    v1::DecideRequest request;
    request.set_subject(item.id());
    request.set_etag(item.etag());
    request.set_kind(kind);
    request.set_reason("the card was seen");
    return Await<v1::DecideResponse>([&](auto done) {
             test_.hub().Decide(caller, request, std::move(done));
           })
        .status();
  }
  static int MonthOf(const v1::Person& value) {
    return value.birth_date().date().month();
  }

  void Revoke(const std::string& id) {
    ASSERT_EQ(test_.Revoke(id), absl::OkStatus());
  }
  void Apply(const v1::Agreement& agreement) {
    ASSERT_EQ(test_.Apply(agreement), absl::OkStatus());
  }
  // What a review of the hub's own brings about.
  bool HasItemsSoon(const Caller& caller, size_t count) {
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
      const auto list = test_.hub().ListReviewItems(caller, {});
      if (list.ok() && list->items_size() == static_cast<int>(count)) {
        return true;
      }
      std::this_thread::yield();
    }
    return false;
  }

  TestHub test_{{.tick = absl::Milliseconds(20)}};
  const Caller li_ = ClerkOf(kLaborSuzhou, "li");
  const Caller wang_ = ClerkOf(kLaborSuzhou, "wang");
  const Caller sun_ = ClerkOf(kPoliceSuzhou, "sun");
};

TEST_F(OwnConflicts, AreThoseThatTheAgencysViewShows) {
  AddConflict();
  // Trade may not see what the police say, and health holds nothing of it.
  test_.Submit(kCommerceSuzhou, Say("C", 1).Core(kNumber, "王芳", 1990, 3, 7));
  const v1::ReviewItem item = OnlyItem(li_);
  EXPECT_EQ(item.kind(), v1::ReviewItem::KIND_CONFLICT);
  EXPECT_EQ(item.attribute(), "birth_date");
  EXPECT_THAT(item.agencies(), ElementsAre(kLaborSuzhou));
  EXPECT_FALSE(item.has_score());
  EXPECT_THAT(OnlyItem(sun_).agencies(), ElementsAre(kPoliceSuzhou));
  EXPECT_NE(OnlyItem(sun_).id(), item.id());
  EXPECT_THAT(Items(ClerkOf(kCommerceSuzhou, "qian")), IsEmpty());
  EXPECT_THAT(Items(ClerkOf(kHealthSuzhou, "zhou")), IsEmpty());
  EXPECT_THAT(Items(ClerkOf(kLaborFuyang, "wu")), IsEmpty());

  v1::ListConflictsRequest request;
  request.set_attribute("name");
  EXPECT_EQ(test_.hub().ListConflicts(li_, request)->conflicts_size(), 0);
  request.set_attribute("birth_date");
  EXPECT_EQ(test_.hub().ListConflicts(li_, request)->conflicts_size(), 1);
  // Who takes part besides is nothing to ask about.
  request.set_agency(std::string(kPoliceFuyang));
  EXPECT_EQ(test_.hub().ListConflicts(li_, request)->conflicts_size(), 0);
  v1::ListReviewItemsRequest filtered;
  filtered.mutable_filter()->set_kind(v1::ReviewItem::KIND_CANDIDATE);
  EXPECT_EQ(test_.hub().ListReviewItems(li_, filtered)->items_size(), 0);
}

TEST_F(OwnConflicts, ShowTheAgencysClaimsAndThatOthersDiffer) {
  AddConflict();
  const auto shown = Get(li_, OnlyItem(li_).id());
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_TRUE(shown->own());
  EXPECT_THAT(shown->record_keys(), ElementsAre("S"));
  ASSERT_THAT(shown->groups(), SizeIs(2));
  EXPECT_TRUE(shown->groups(0).provisional());
  for (const v1::ValueGroup& group : shown->groups()) {
    if (group.hidden()) {
      EXPECT_FALSE(group.has_value());
      EXPECT_THAT(group.claims(), IsEmpty());
      continue;
    }
    EXPECT_EQ(MonthOf(group.value()), 7);
    // The police say so as well, which is not told.
    ASSERT_THAT(group.claims(), SizeIs(1));
    EXPECT_EQ(group.claims(0).record_key(), "S");
    EXPECT_EQ(group.claims(0).agency(), kLaborSuzhou);
    EXPECT_TRUE(group.claims(0).has_received_time());
  }
  EXPECT_NE(shown->groups(0).hidden(), shown->groups(1).hidden());
  EXPECT_NE(shown->person().identifiers(0).number(), kNumber);
  EXPECT_THAT(shown->recipients(), IsEmpty());
  EXPECT_THAT(shown->views(), IsEmpty());
  EXPECT_EQ(shown->DebugString().find("public_security"), std::string::npos);
  const std::vector<v1::AuditEvent> looks = ActsOf(test_, "conflict.show");
  ASSERT_THAT(looks, SizeIs(1));
  EXPECT_EQ(looks[0].actor(), li_.path);

  const auto named = Get(li_, OnlyItem(li_).id(), {"name"}, "to write to her");
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(named->person().name().full(), "王芳");
  EXPECT_EQ(named->groups(0).hidden(), shown->groups(0).hidden());
}

TEST_F(OwnConflicts, TellWhatOthersSayAsAReadForAPurpose) {
  AddConflict();
  const v1::ReviewItem item = OnlyItem(li_);
  EXPECT_EQ(ReasonOf(Get(li_, item.id(), {"birth_date"}).status()),
            "REASON_MISSING");
  EXPECT_EQ(ReasonOf(Reveal(li_, item.id(), v1::PURPOSE_UNSPECIFIED).status()),
            "PURPOSE_MISSING");
  // No agreement of labor's is for it.
  EXPECT_EQ(
      ReasonOf(Reveal(li_, item.id(), v1::PURPOSE_BUSINESS_SERVICE).status()),
      "NOT_AVAILABLE");
  constexpr std::string_view kMethod = "ReconciliationService.GetConflict";
  EXPECT_THAT(ActsOf(test_, kMethod), SizeIs(1));  // The refusal.
  const auto told = Reveal(li_, item.id());
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->conflict().etag(), item.etag());
  ASSERT_THAT(told->groups(), SizeIs(2));
  const auto view =
      test_.GetPerson(kLaborSuzhou, "S", v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER);
  ASSERT_TRUE(view.ok()) << view.status();
  std::string standing;
  for (const v1::AttributeView& one : view->view().attributes()) {
    if (one.attribute() == "birth_date") standing = one.source_agency();
  }
  // Nobody is named but whom the view names.
  for (const v1::ValueGroup& group : told->groups()) {
    EXPECT_FALSE(group.hidden());
    for (const v1::ClaimView& claim : group.claims()) {
      if (!claim.record_key().empty() || claim.agency().empty()) continue;
      EXPECT_EQ(claim.agency(), standing);
    }
    if (group.form() == v1::FORM_VALUE && MonthOf(group.value()) == 7) {
      // Of the two stations one says so and one does not.
      EXPECT_EQ(group.match(), v1::MatchClaimResponse::ANSWER_UNSPECIFIED);
    }
  }
  EXPECT_EQ(MonthOf(told->groups(0).value()) + MonthOf(told->groups(1).value()),
            10);
  const std::vector<v1::AuditEvent> reads = ActsOf(test_, kMethod);
  ASSERT_THAT(reads, SizeIs(2));
  EXPECT_EQ(reads[1].kind(), v1::AuditEvent::KIND_READ);
  EXPECT_EQ(reads[1].agency(), kLaborSuzhou);
  EXPECT_EQ(reads[1].agreement(), "labor@1");
  EXPECT_EQ(reads[1].object(), item.id());
  EXPECT_EQ(reads[1].purpose(), v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER);
}

TEST_F(OwnConflicts, AreNotDecidedAtTheAgency) {
  AddConflict();
  const v1::ReviewItem item = OnlyItem(li_);
  for (const auto kind :
       {v1::Decision::KIND_CHOOSE_CLAIM, v1::Decision::KIND_SET_VALUE,
        v1::Decision::KIND_KEEP_OPEN, v1::Decision::KIND_UNSURE}) {
    EXPECT_EQ(ReasonOf(Decide(li_, item, kind)), "CONFLICT_IS_THE_OFFICES");
  }
  EXPECT_EQ(ReasonOf(Decide(sun_, item, v1::Decision::KIND_KEEP_OPEN)),
            "NOT_AVAILABLE");
  EXPECT_EQ(ReasonOf(Decide(OfficeCaller(), item, v1::Decision::KIND_UNSURE)),
            "NOT_AVAILABLE");
  // What the office decides of it ends it.
  ASSERT_TRUE(test_.Choose(*test_.OnlyConflict(), kPoliceSuzhou).ok());
  EXPECT_THAT(Items(li_), IsEmpty());
  EXPECT_EQ(ReasonOf(Get(li_, item.id()).status()), "NOT_AVAILABLE");
  ASSERT_TRUE(test_.Undo(1).ok());
  EXPECT_EQ(OnlyItem(li_).id(), item.id());
}

TEST_F(OwnConflicts, AmongOwnRecordsAreCorrectedThere) {
  AddOwnConflict();
  const v1::ReviewItem item = OnlyItem(li_);
  EXPECT_EQ(ReasonOf(Decide(li_, item, v1::Decision::KIND_CHOOSE_CLAIM)),
            "CORRECT_OWN_RECORD");
  const auto shown = Get(li_, item.id(), {"birth_date"}, "the card was seen");
  ASSERT_TRUE(shown.ok()) << "no agreement is needed: " << shown.status();
  EXPECT_THAT(shown->record_keys(), ElementsAre("S1", "S2"));
  ASSERT_THAT(shown->groups(), SizeIs(2));
  EXPECT_EQ(
      MonthOf(shown->groups(0).value()) + MonthOf(shown->groups(1).value()),
      10);
  test_.Submit(kLaborSuzhou, Say("S2", 2).Core(kNumber, "王芳", 1990, 3, 7));
  EXPECT_THAT(Items(li_), IsEmpty());
}

TEST_F(OwnConflicts, OthersAreNotAvailable) {
  AddConflict();
  const v1::ReviewItem own = OnlyItem(li_);
  const v1::ReviewItem offices = OnlyItem(OfficeCaller());
  for (const auto& [caller, item] :
       {std::pair(sun_, own), std::pair(li_, offices),
        std::pair(OfficeCaller(), own)}) {
    EXPECT_EQ(ReasonOf(Get(caller, item.id()).status()), "NOT_AVAILABLE");
    v1::ClaimReviewItemRequest claim;
    claim.set_id(item.id());
    EXPECT_EQ(ReasonOf(test_.hub().ClaimReviewItem(caller, claim).status()),
              "NOT_AVAILABLE");
  }
  EXPECT_EQ(
      ReasonOf(
          test_.hub().ListConflicts(AgencyCaller(kLaborSuzhou), {}).status()),
      "WRONG_ROLE");
  EXPECT_EQ(ReasonOf(test_.hub()
                         .ListConflicts(ClerkOf("labor.999999", "li"), {})
                         .status()),
            "AGENCY_NOT_REGISTERED");
}

TEST_F(OwnConflicts, ClerksTakeTurnsAndPassThemOn) {
  AddConflict();
  const auto next = test_.hub().NextReviewItem(li_, {});
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->item().claimed_by(), li_.path);
  EXPECT_FALSE(test_.hub().NextReviewItem(wang_, {})->has_item());
  EXPECT_TRUE(test_.hub().NextReviewItem(sun_, {})->has_item());
  v1::NextReviewItemRequest behind;
  behind.set_page_token(next->page_token());
  EXPECT_FALSE(test_.hub().NextReviewItem(li_, behind)->has_item());
  v1::ReleaseReviewItemRequest release;
  release.set_id(next->item().id());
  EXPECT_EQ(ReasonOf(test_.hub().ReleaseReviewItem(sun_, release).status()),
            "NOT_AVAILABLE");
  ASSERT_TRUE(test_.hub().ReleaseReviewItem(li_, release).ok());
  EXPECT_TRUE(test_.hub().NextReviewItem(wang_, {})->has_item());
}

// Not a byte of what an agency is asked, or shown, changes with what it may not
// know.
TEST_F(OwnConflicts, AreTheSameWhateverTheAgencyMayNotKnow) {
  AddConflict();
  const std::string before = Show(sun_);
  test_.Submit(kLaborSuzhou, Say("S", 2).Core(kNumber, "王芳", 1990, 3, 7));
  EXPECT_EQ(Show(sun_), before);
  test_.Submit(kHealthSuzhou, Say("H", 1).Core(kNumber, "王芳", 1991, 1, 1));
  test_.Submit(kCommerceSuzhou, Say("C", 1).Core(kNumber, "王芳", 1990, 9, 9));
  EXPECT_EQ(Show(sun_), before);
  // One more station that says what one of the two says.
  test_.Submit(kPoliceFuyang, Say("A2", 1).Core(kNumber, "王芳", 1990, 3, 7));
  EXPECT_EQ(Show(sun_), before);
  test_.Submit(kLaborSuzhou,
               Say("S", 3).Retract(v1::RecordRetraction::REASON_MOVED_OUT));
  EXPECT_EQ(Show(sun_), before);
}

// Of a place that is known to six digits the rest may change.
TEST_F(OwnConflicts, TellOfAPartNoMoreThanThePart) {
  test_.Submit(kPoliceFuyang, Say("A", 1)
                                  .Core(kNumber, "王芳", 1990, 3, 7)
                                  .Lives("320505010")
                                  .ValidFrom(2022, 1, 1));
  test_.Submit(kPoliceSuzhou, Say("B", 1)
                                  .Core(kNumber, "王芳", 1990, 3, 7)
                                  .Lives("320506")
                                  .ValidFrom(2022, 1, 1));
  EXPECT_EQ(OnlyItem(sun_).attribute(), "residence");
  const std::string before = Show(sun_);
  test_.Submit(kPoliceFuyang, Say("A", 2)
                                  .Core(kNumber, "王芳", 1990, 3, 7)
                                  .Lives("320505011")
                                  .ValidFrom(2022, 1, 1));
  EXPECT_EQ(Show(sun_), before);
}

TEST_F(OwnConflicts, FollowTheAgreements) {
  AddConflict();
  AddOwnConflict();
  const v1::ReviewItem item = OnlyItem(li_);
  Revoke("labor");
  // Labor's own records disagree, too, and it need be told by nobody.
  test_.Submit(kLaborFuyang, Say("F", 1).Core(kNumber, "王芳", 1990, 3, 7));
  EXPECT_THAT(Items(ClerkOf(kLaborFuyang, "wu")), IsEmpty());
  EXPECT_EQ(OnlyItem(li_).id(), item.id());
  EXPECT_EQ(ReasonOf(Decide(li_, item, v1::Decision::KIND_KEEP_OPEN)),
            "CORRECT_OWN_RECORD");
}

TEST_F(OwnConflicts, HideAtOnceWhatIsRevokedAndComeBack) {
  AddConflict();
  const v1::ReviewItem item = OnlyItem(li_);
  Revoke("labor");
  EXPECT_THAT(Items(li_), IsEmpty());
  EXPECT_EQ(ReasonOf(Get(li_, item.id()).status()), "NOT_AVAILABLE");
  EXPECT_THAT(Items(sun_), SizeIs(1));
  v1::Agreement again = DefaultAgreement("labor");
  again.set_id("labor-again");
  Apply(again);
  EXPECT_TRUE(HasItemsSoon(li_, 1));
  EXPECT_EQ(OnlyItem(li_).id(), item.id());
  // From tomorrow on, and not a day before.
  Revoke("labor-again");
  EXPECT_TRUE(HasItemsSoon(li_, 0));
  test_.SetTime(absl::FromCivil(absl::CivilSecond(2030, 5, 1, 4, 0, 0),
                                absl::UTCTimeZone()));
  again.set_id("labor-from-tomorrow");
  again.mutable_valid_from()->set_year(2030);
  again.mutable_valid_from()->set_month(5);
  again.mutable_valid_from()->set_day(2);
  Apply(again);
  EXPECT_THAT(Items(li_), IsEmpty());
  test_.Advance(absl::Hours(24));
  EXPECT_TRUE(HasItemsSoon(li_, 1));
}

// More than are gone through in one group, and a stop on the way.
TEST_F(OwnConflicts, ComeBackPageByPage) {
  constexpr int kPersons = 300;
  for (const auto& [agency, month] :
       {std::pair(kPoliceFuyang, 3), std::pair(kPoliceSuzhou, 7),
        std::pair(kLaborSuzhou, 7)}) {
    std::vector<Say> updates;
    for (int i = 0; i < kPersons; ++i) {
      const int year = 1940 + i % 60;
      updates.push_back(
          Say("R" + std::to_string(i), 1)
              .Core(
                  DemoNumber("341202", std::to_string(year) + "0307", 100 + i),
                  "王芳", year, month, 7));
      if (updates.size() == 150 || i + 1 == kPersons) {
        ASSERT_TRUE(test_.Submit(agency, updates).ok());
        updates.clear();
      }
    }
  }
  const auto count = [&] {
    return test_.hub().ListConflicts(li_, {})->total_size();
  };
  EXPECT_EQ(count(), kPersons);
  Revoke("labor");
  EXPECT_EQ(count(), 0U);
  v1::Agreement again = DefaultAgreement("labor");
  again.set_id("labor-again");
  Apply(again);
  test_.Restart();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (count() < kPersons && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  EXPECT_EQ(count(), kPersons);
}

TEST_F(OwnConflicts, AreThereAfterAStart) {
  AddConflict();
  const std::string before = Show(li_);
  test_.Restart();
  EXPECT_EQ(Show(li_), before);
  EXPECT_THAT(ActsOf(test_, "agreement.review"), IsEmpty());
  test_.Submit(kPoliceFuyang, Say("A", 2).Core(kNumber, "王芳", 1990, 7, 3));
  EXPECT_THAT(Items(li_), IsEmpty());
  EXPECT_THAT(Items(sun_), IsEmpty());
}

// A store of a release that knew none of them is brought in line, once.
TEST_F(OwnConflicts, ComeToAStoreThatHasNone) {
  AddConflict();
  const std::string id = OnlyItem(li_).id();
  test_.Stop();
  sqlite3* database = nullptr;
  const std::string file = test_.folder() / "store" / "waystation.db";
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database,
                         "DELETE FROM open_item WHERE kind = 6;"
                         "DELETE FROM object WHERE "
                         "CAST(kind AS TEXT) = 'access_review'",
                         nullptr, nullptr, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
  test_.Restart();
  EXPECT_TRUE(HasItemsSoon(li_, 1));
  EXPECT_TRUE(HasItemsSoon(sun_, 1));
  EXPECT_EQ(OnlyItem(li_).id(), id);
  const size_t reviews = ActsOf(test_, "agreement.review").size();
  EXPECT_GE(reviews, 2U);
  test_.Restart();
  EXPECT_THAT(ActsOf(test_, "agreement.review"), SizeIs(reviews));
}

}  // namespace
}  // namespace waystation::hub
