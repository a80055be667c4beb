// SPDX-License-Identifier: Apache-2.0
// The clerks' work queue: what it lists, that two clerks never collide, that
// claims end, and where an UNSURE goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/hub/review_claims.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using google::protobuf::util::TimeUtil;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Queue : public testing::Test {
 protected:
  // One side of a pair that looks like no other pair.
  static Say Side(const std::string& key, uint64_t revision,
                  std::string_view name, int sequence) {
    const int year = 1940 + sequence / 2;
    return Say(key + std::to_string(sequence), revision)
        .Core(DemoNumber("341202", std::to_string(year) + "0307", sequence),
              name, year, 3, 7);
  }

  // A pair whose names contradict.
  void AddPair(int sequence) {
    test_.Submit(kPoliceFuyang, Side("A", 1, "王芳", sequence));
    test_.Submit(kLaborSuzhou, Side("S", 1, "赵铁柱", sequence));
    test_.Advance(absl::Hours(1));
  }

  void AddConflict() {
    const std::string number = DemoNumber("341202", "19900307", 901);
    test_.Submit(kPoliceFuyang, Say("C1", 1).Core(number, "李娜", 1990, 3, 7));
    test_.Submit(kPoliceSuzhou, Say("C2", 1).Core(number, "李娜", 1990, 7, 3));
    test_.Advance(absl::Hours(1));
  }

  v1::ListReviewItemsResponse List(const v1::ReviewFilter& filter = {},
                                   int page_size = 0,
                                   const std::string& token = {}) {
    v1::ListReviewItemsRequest request;
    *request.mutable_filter() = filter;
    request.set_page_size(page_size);
    request.set_page_token(token);
    auto list = test_.hub().ListReviewItems(OfficeCaller(), request);
    EXPECT_TRUE(list.ok()) << list.status();
    return list.ok() ? *list : v1::ListReviewItemsResponse();
  }

  std::vector<std::string> Ids(const v1::ReviewFilter& filter = {}) {
    std::vector<std::string> ids;
    const v1::ListReviewItemsResponse list = List(filter);
    for (const v1::ReviewItem& item : list.items()) {
      ids.push_back(item.id());
    }
    return ids;
  }

  v1::NextReviewItemResponse Next(const Caller& caller,
                                  const std::string& token = {}) {
    v1::NextReviewItemRequest request;
    request.set_page_token(token);
    auto next = test_.hub().NextReviewItem(caller, request);
    EXPECT_TRUE(next.ok()) << next.status();
    return next.ok() ? *next : v1::NextReviewItemResponse();
  }

  absl::StatusOr<v1::ClaimReviewItemResponse> Claim(const Caller& caller,
                                                    const std::string& id) {
    v1::ClaimReviewItemRequest request;
    request.set_id(id);
    return test_.hub().ClaimReviewItem(caller, request);
  }

  absl::Status Release(const Caller& caller, const std::string& id) {
    v1::ReleaseReviewItemRequest request;
    request.set_id(id);
    return test_.hub().ReleaseReviewItem(caller, request).status();
  }

  absl::StatusOr<v1::DecideResponse> Decide(const Caller& caller,
                                            const v1::ReviewItem& item,
                                            v1::Decision::Kind kind,
                                            bool validate_only = false) {
    v1::DecideRequest request;
    request.set_subject(item.id());
    request.set_etag(item.etag());
    request.set_kind(kind);
    request.set_reason("both cards were seen");
    request.set_validate_only(validate_only);
    return Await<v1::DecideResponse>([&](auto done) {
      test_.hub().Decide(caller, request, std::move(done));
    });
  }

  absl::StatusOr<v1::UndoDecisionResponse> Undo(const Caller& caller,
                                                uint64_t number) {
    v1::UndoDecisionRequest request;
    request.set_number(number);
    request.set_reason("read again");
    return Await<v1::UndoDecisionResponse>([&](auto done) {
      test_.hub().UndoDecision(caller, request, std::move(done));
    });
  }

  TestHub test_;
  const Caller li_ = OfficeClerk("li");
  const Caller wang_ = OfficeClerk("wang");
};

TEST_F(Queue, ListsBothKindsOldestFirstWithoutValues) {
  AddPair(41);
  AddConflict();
  AddPair(43);
  const v1::ListReviewItemsResponse list = List();
  ASSERT_THAT(list.items(), SizeIs(3));
  EXPECT_EQ(list.total_size(), 3U);
  const v1::ReviewItem& pair = list.items(0);
  EXPECT_EQ(pair.kind(), v1::ReviewItem::KIND_CANDIDATE);
  EXPECT_EQ(pair.why(), "NAME_CONTRADICTS");
  EXPECT_THAT(pair.agencies(), ElementsAre(kLaborSuzhou, kPoliceFuyang));
  EXPECT_TRUE(pair.has_score());
  EXPECT_TRUE(pair.claimed_by().empty());
  const v1::ReviewItem& conflict = list.items(1);
  EXPECT_EQ(conflict.kind(), v1::ReviewItem::KIND_CONFLICT);
  EXPECT_EQ(conflict.attribute(), "birth_date");
  EXPECT_FALSE(conflict.has_score());

  // The ids, etags and scores are those that the single calls have.
  v1::GetCandidateRequest request;
  request.set_id(pair.id());
  const auto shown = Await<v1::GetCandidateResponse>([&](auto done) {
    test_.hub().GetCandidate(li_, request, std::move(done));
  });
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->candidate().etag(), pair.etag());
  EXPECT_EQ(shown->score(), pair.score());
  EXPECT_EQ(test_.OnlyConflict()->conflict().etag(), conflict.etag());
  for (const std::string_view value : {"王芳", "赵铁柱", "李娜", "19600307"}) {
    EXPECT_THAT(list.SerializeAsString(),
                testing::Not(testing::HasSubstr(std::string(value))));
  }
}

TEST_F(Queue, PagesGoOnWhereTheyEndedAcrossKindsAndEqualTimes) {
  std::set<std::string> all;
  for (int sequence = 41; sequence < 47; sequence += 2) AddPair(sequence);
  AddConflict();
  // Several of one moment: times in the log never run back.
  test_.Advance(-absl::Hours(4));
  for (int sequence = 51; sequence < 57; sequence += 2) AddPair(sequence);
  for (const std::string& id : Ids()) all.insert(id);
  ASSERT_THAT(all, SizeIs(7));
  for (const int size : {1, 2, 3, 6, 7}) {
    std::vector<std::string> paged;
    std::string token;
    do {
      const v1::ListReviewItemsResponse page = List({}, size, token);
      EXPECT_LE(page.items_size(), size);
      for (const v1::ReviewItem& item : page.items()) {
        paged.push_back(item.id());
      }
      token = page.next_page_token();
    } while (!token.empty());
    EXPECT_EQ(paged, Ids()) << size;
  }
  v1::ListReviewItemsRequest request;
  request.set_page_token(List({}, 1).next_page_token());
  request.mutable_filter()->set_attribute("birth_date");
  EXPECT_EQ(ReasonOf(test_.hub().ListReviewItems(li_, request).status()),
            "PAGE_TOKEN_INVALID")
      << "a token of another filter";
}

TEST_F(Queue, FacetsNarrow) {
  const absl::Time start = test_.Now();
  AddPair(41);
  AddConflict();
  const std::vector<std::string> all = Ids();
  ASSERT_THAT(all, SizeIs(2));
  const std::string& pair = all[0];
  const std::string& conflict = all[1];
  const double score = List().items(0).score();
  const struct {
    std::string_view name;
    std::function<void(v1::ReviewFilter&)> set;
    std::vector<std::string> want;
  } cases[] = {
      {"kind",
       [](auto& f) { f.set_kind(v1::ReviewItem::KIND_CONFLICT); },
       {conflict}},
      {"why", [](auto& f) { f.set_why("NAME_CONTRADICTS"); }, {pair}},
      {"another why", [](auto& f) { f.set_why("WITHDRAWN"); }, {}},
      {"attribute", [](auto& f) { f.set_attribute("birth_date"); }, {conflict}},
      {"agency",
       [](auto& f) { f.set_agency(std::string(kLaborSuzhou)); },
       {pair}},
      {"both have it",
       [](auto& f) { f.set_agency(std::string(kPoliceFuyang)); },
       {pair, conflict}},
      {"unknown agency", [](auto& f) { f.set_agency("labor.999999"); }, {}},
      {"division", [](auto& f) { f.set_division("3412"); }, {pair, conflict}},
      {"division of nobody", [](auto& f) { f.set_division("11"); }, {}},
      {"agency of another division",
       [](auto& f) {
         f.set_agency(std::string(kLaborSuzhou));
         f.set_division("34");
       },
       {}},
      {"score from here", [&](auto& f) { f.set_score_from(score); }, {pair}},
      {"score above", [&](auto& f) { f.set_score_from(score + 0.1); }, {}},
      {"score to here", [&](auto& f) { f.set_score_to(score); }, {pair}},
      {"score below", [&](auto& f) { f.set_score_to(score - 0.1); }, {}},
      {"older",
       [&](auto& f) {
         *f.mutable_opened_before() = TimeUtil::SecondsToTimestamp(
             absl::ToUnixSeconds(start + absl::Minutes(30)));
       },
       {pair}},
      {"newer",
       [&](auto& f) {
         *f.mutable_opened_since() = TimeUtil::SecondsToTimestamp(
             absl::ToUnixSeconds(start + absl::Minutes(30)));
       },
       {conflict}},
  };
  for (const auto& [name, set, want] : cases) {
    SCOPED_TRACE(name);
    v1::ReviewFilter filter;
    set(filter);
    EXPECT_EQ(Ids(filter), want);
    const v1::ListReviewItemsResponse list = List(filter);
    if (list.has_total_size()) {
      EXPECT_EQ(list.total_size(), want.size());
    }
  }
  ASSERT_TRUE(Claim(li_, pair).ok());
  v1::ReviewFilter free;
  free.set_free_only(true);
  EXPECT_EQ(Ids(free), std::vector<std::string>{conflict});

  v1::ListReviewItemsRequest request;
  request.mutable_filter()->set_why("NOT_A_REASON");
  EXPECT_EQ(ReasonOf(test_.hub().ListReviewItems(li_, request).status()),
            "INVALID_REQUEST");
  request.mutable_filter()->set_why("");
  request.mutable_filter()->set_division("3x");
  EXPECT_EQ(ReasonOf(test_.hub().ListReviewItems(li_, request).status()),
            "INVALID_REQUEST");
}

TEST_F(Queue, GivesEachClerkAnotherItem) {
  AddPair(41);
  AddPair(43);
  const v1::ReviewItem first = Next(li_).item();
  EXPECT_EQ(first.id(), Ids()[0]);
  EXPECT_EQ(first.claimed_by(), li_.path);
  const v1::ReviewItem second = Next(wang_).item();
  EXPECT_EQ(second.id(), Ids()[1]);
  EXPECT_EQ(Next(li_).item().id(), first.id()) << "goes on where it stopped";
  EXPECT_FALSE(Next(OfficeClerk("zhao")).has_item());
  EXPECT_EQ(List().items(1).claimed_by(), wang_.path);
}

TEST_F(Queue, NoTwoClerksGetOneItemHoweverTheyHurry) {
  constexpr int kPairs = 12;
  for (int i = 0; i < kPairs; ++i) AddPair(41 + 2 * i);
  constexpr int kClerks = 4;
  std::vector<std::vector<std::string>> got(kClerks);
  std::vector<std::thread> threads;
  for (int clerk = 0; clerk < kClerks; ++clerk) {
    threads.emplace_back([&, clerk] {
      const Caller caller = OfficeClerk("c" + std::to_string(clerk));
      std::string token;
      for (;;) {
        v1::NextReviewItemRequest request;
        request.set_page_token(token);
        const auto next = test_.hub().NextReviewItem(caller, request);
        if (!next.ok() || !next->has_item()) return;
        got[static_cast<size_t>(clerk)].push_back(next->item().id());
        token = next->page_token();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> all;
  for (const auto& ids : got) all.insert(all.end(), ids.begin(), ids.end());
  EXPECT_THAT(all, SizeIs(kPairs));
  EXPECT_THAT(std::set<std::string>(all.begin(), all.end()), SizeIs(kPairs));
}

TEST_F(Queue, AClaimKeepsOthersOutUntilItsTimeIsOver) {
  AddPair(41);
  const v1::ReviewItem item = Next(li_).item();
  const absl::Status refused = Claim(wang_, item.id()).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(refused), "REVIEW_CLAIMED");
  EXPECT_EQ(errors::MetadataOf(refused).at("claimed_by"), li_.path);
  EXPECT_EQ(errors::MetadataOf(refused).at("claimed_until"),
            TimeUtil::ToString(
                TimeUtil::SecondsToTimestamp(item.claimed_until().seconds())));
  EXPECT_EQ(ReasonOf(Release(wang_, item.id())), "REVIEW_CLAIMED");
  for (const bool validate_only : {true, false}) {
    EXPECT_EQ(
        ReasonOf(Decide(wang_, item, v1::Decision::KIND_SAME, validate_only)
                     .status()),
        "REVIEW_CLAIMED");
  }
  test_.Advance(kReviewClaimTime - absl::Seconds(1));
  EXPECT_EQ(ReasonOf(Claim(wang_, item.id()).status()), "REVIEW_CLAIMED");
  test_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Claim(wang_, item.id()).ok());
  EXPECT_EQ(ReasonOf(Decide(li_, item, v1::Decision::KIND_SAME).status()),
            "REVIEW_CLAIMED")
      << "who let it lapse is the other one now";
}

TEST_F(Queue, ARenewedClaimGoesOn) {
  AddPair(41);
  const std::string id = Next(li_).item().id();
  test_.Advance(absl::Minutes(10));
  ASSERT_TRUE(Claim(li_, id).ok());
  test_.Advance(absl::Minutes(10));
  EXPECT_EQ(ReasonOf(Claim(wang_, id).status()), "REVIEW_CLAIMED");
}

TEST_F(Queue, WhatIsReleasedIsFreeAtOnce) {
  AddPair(41);
  const std::string id = Next(li_).item().id();
  EXPECT_TRUE(Release(li_, id).ok());
  EXPECT_TRUE(Release(li_, id).ok()) << "again changes nothing";
  EXPECT_EQ(Next(wang_).item().id(), id);
}

TEST_F(Queue, ADecisionEndsTheClaim) {
  AddPair(41);
  const v1::ReviewItem item = Next(li_).item();
  const auto decided = Decide(li_, item, v1::Decision::KIND_DIFFERENT);
  ASSERT_TRUE(decided.ok()) << decided.status();
  EXPECT_THAT(Ids(), IsEmpty());
  ASSERT_TRUE(Undo(li_, decided->decision().number()).ok());
  EXPECT_EQ(Next(wang_).item().id(), item.id());
}

TEST_F(Queue, ClaimsOutliveARestart) {
  AddPair(41);
  AddPair(43);
  const std::string id = Next(li_).item().id();
  test_.Restart();
  EXPECT_EQ(ReasonOf(Claim(wang_, id).status()), "REVIEW_CLAIMED");
  EXPECT_NE(Next(wang_).item().id(), id);
  EXPECT_EQ(Next(li_).item().id(), id);
}

TEST_F(Queue, PassingOnLooksBehindAnItem) {
  AddPair(41);
  AddPair(43);
  const v1::NextReviewItemResponse first = Next(li_);
  ASSERT_TRUE(Release(li_, first.item().id()).ok());
  const v1::NextReviewItemResponse second = Next(li_, first.page_token());
  EXPECT_EQ(second.item().id(), Ids()[1]);
  EXPECT_FALSE(Next(li_, second.page_token()).has_item());
  EXPECT_EQ(Next(wang_).item().id(), first.item().id());
}

TEST_F(Queue, UnsureGoesToAnotherClerkAndRulesNothing) {
  AddPair(41);
  const v1::ReviewItem item = Next(li_).item();
  const uint64_t persons = test_.hub().GetHubStatus()->persons();
  const auto unsure = Decide(li_, item, v1::Decision::KIND_UNSURE);
  ASSERT_TRUE(unsure.ok()) << unsure.status();
  EXPECT_EQ(unsure->decision().kind(), v1::Decision::KIND_UNSURE);
  EXPECT_FALSE(unsure->effect().has_before());
  EXPECT_EQ(test_.hub().GetHubStatus()->persons(), persons);
  EXPECT_FALSE(Next(li_).has_item()) << "li said so already";
  const v1::ReviewItem again = Next(wang_).item();
  EXPECT_EQ(again.id(), item.id());
  EXPECT_THAT(again.unsure(), ElementsAre(unsure->decision().number()));

  // Why li was unsure is for wang to read.
  v1::ListDecisionsRequest request;
  request.set_subject(item.id());
  const auto history = test_.hub().ListDecisions(wang_, request);
  ASSERT_TRUE(history.ok()) << history.status();
  ASSERT_THAT(history->decisions(), SizeIs(1));
  EXPECT_EQ(history->decisions(0).reason(), "both cards were seen");
  EXPECT_EQ(history->decisions(0).decided_by(), li_.path);

  EXPECT_TRUE(Decide(wang_, again, v1::Decision::KIND_SAME).ok());
  EXPECT_EQ(test_.hub().GetHubStatus()->persons(), persons - 1);
}

TEST_F(Queue, UnsureOfAConflictLeavesItOpen) {
  AddConflict();
  const v1::ReviewItem item = Next(li_).item();
  const auto unsure = Decide(li_, item, v1::Decision::KIND_UNSURE);
  ASSERT_TRUE(unsure.ok()) << unsure.status();
  EXPECT_EQ(unsure->decision().attribute(), "birth_date");
  EXPECT_FALSE(Next(li_).has_item());
  const v1::ReviewItem again = Next(wang_).item();
  EXPECT_THAT(again.unsure(), ElementsAre(unsure->decision().number()));
  EXPECT_EQ(again.etag(), item.etag()) << "an UNSURE is nothing to decide on";
}

TEST_F(Queue, UnsureEndsWhenTheItemChangesOrIsTakenBack) {
  AddPair(41);
  auto unsure = Decide(li_, Next(li_).item(), v1::Decision::KIND_UNSURE);
  ASSERT_TRUE(unsure.ok()) << unsure.status();
  test_.Restart();
  EXPECT_FALSE(Next(li_).has_item());
  ASSERT_TRUE(Undo(li_, unsure->decision().number()).ok());
  const v1::ReviewItem item = Next(li_).item();
  EXPECT_THAT(item.unsure(), IsEmpty());
  EXPECT_EQ(ReasonOf(Undo(li_, unsure->decision().number()).status()),
            "DECISION_UNDONE");

  unsure = Decide(li_, item, v1::Decision::KIND_UNSURE);
  ASSERT_TRUE(unsure.ok()) << unsure.status();
  test_.Submit(kLaborSuzhou, Side("S", 2, "赵铁杆", 41));
  const v1::ReviewItem changed = Next(li_).item();
  EXPECT_EQ(changed.id(), item.id());
  EXPECT_NE(changed.etag(), item.etag());
  EXPECT_THAT(changed.unsure(), IsEmpty());
}

TEST_F(Queue, ARepeatedUnsureIsTheSameOne) {
  AddPair(41);
  const v1::ReviewItem item = Next(li_).item();
  v1::DecideRequest request;
  request.set_subject(item.id());
  request.set_etag(item.etag());
  request.set_kind(v1::Decision::KIND_UNSURE);
  request.set_reason("no card was seen");
  request.set_request_id("once");
  std::set<uint64_t> numbers;
  for (int i = 0; i < 2; ++i) {
    const auto unsure = Await<v1::DecideResponse>(
        [&](auto done) { test_.hub().Decide(li_, request, std::move(done)); });
    ASSERT_TRUE(unsure.ok()) << unsure.status();
    numbers.insert(unsure->decision().number());
  }
  EXPECT_THAT(numbers, SizeIs(1));
}

TEST_F(Queue, ClaimsAreInTheLog) {
  AddPair(41);
  const std::string id = Next(li_).item().id();
  ASSERT_TRUE(Release(li_, id).ok());
  const size_t leaves = test_.Events().size();
  ASSERT_TRUE(Release(li_, id).ok());
  const std::vector<v1::LoggedEvent> events = test_.Events();
  EXPECT_THAT(events, SizeIs(leaves)) << "nothing happened";
  std::vector<std::string> acts;
  for (const v1::LoggedEvent& event : events) {
    if (event.event().kind() != v1::AuditEvent::KIND_REVIEW) continue;
    acts.push_back(event.event().act());
    EXPECT_EQ(event.event().actor(), li_.path);
    EXPECT_EQ(event.event().object(), id);
  }
  EXPECT_THAT(acts, ElementsAre("review.claim", "review.release"));
}

TEST_F(Queue, WhatIsNotOpenCannotBeClaimed) {
  AddPair(41);
  const v1::ReviewItem item = Next(li_).item();
  ASSERT_TRUE(Decide(li_, item, v1::Decision::KIND_SAME).ok());
  for (const std::string& id :
       {item.id(), std::string("nonsense"), "k-" + std::string(26, 'a')}) {
    EXPECT_EQ(ReasonOf(Claim(li_, id).status()), "NOT_AVAILABLE") << id;
  }
}

TEST_F(Queue, OneClerkDoesNotClaimTheWholeQueue) {
  for (size_t i = 0; i <= kMostReviewClaims; ++i) {
    AddPair(41 + 2 * static_cast<int>(i));
  }
  const std::vector<std::string> ids = Ids();
  ASSERT_THAT(ids, SizeIs(kMostReviewClaims + 1));
  for (size_t i = 0; i < kMostReviewClaims; ++i) {
    ASSERT_TRUE(Claim(li_, ids[i]).ok()) << i;
  }
  EXPECT_EQ(ReasonOf(Claim(li_, ids.back()).status()), "LIMIT_REACHED");
  EXPECT_TRUE(Claim(li_, ids.front()).ok()) << "what is held can be prolonged";
}

TEST_F(Queue, IsForTheReconciliationOffice) {
  for (const Caller& caller :
       {AgencyCaller(kPoliceFuyang), OperatorCaller(), AuditorCaller()}) {
    EXPECT_EQ(ReasonOf(test_.hub().ListReviewItems(caller, {}).status()),
              "WRONG_ROLE");
    EXPECT_EQ(ReasonOf(test_.hub().NextReviewItem(caller, {}).status()),
              "WRONG_ROLE");
    EXPECT_EQ(ReasonOf(Claim(caller, "k-").status()), "WRONG_ROLE");
    EXPECT_EQ(ReasonOf(Release(caller, "k-")), "WRONG_ROLE");
  }
}

}  // namespace
}  // namespace waystation::hub
