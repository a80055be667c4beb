// SPDX-License-Identifier: Apache-2.0
// The queue of an agency's own clerks: what is asked about the agency's
// records, what a ruling of theirs does, and that nothing of others shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using config::v1::SecondPerson;
using errors::ReasonOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

SecondPerson Both() {
  SecondPerson both;
  both.add_rulings(SecondPerson::RULING_SAME);
  both.add_rulings(SecondPerson::RULING_UNDO);
  return both;
}

class OwnQueue : public testing::Test {
 protected:
  explicit OwnQueue(SecondPerson rulings = {})
      : test_({.second_person = std::move(rulings)}) {}

  // Two records of labor in Suzhou with one number and two names.
  void AddOwnPair() {
    test_.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "王芳", 1990, 3, 7));
    test_.Submit(kLaborSuzhou,
                 Say("S2", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));
  }

  std::vector<v1::ReviewItem> Items(const Caller& caller) {
    const auto list = test_.hub().ListReviewItems(caller, {});
    EXPECT_TRUE(list.ok()) << list.status();
    if (!list.ok()) return {};
    EXPECT_EQ(list->total_size(), static_cast<uint64_t>(list->items_size()));
    std::vector<v1::ReviewItem> items(list->items().begin(),
                                      list->items().end());
    // Two records that are one person's may have two names: own_conflicts_test.
    std::erase_if(items, [&](const v1::ReviewItem& item) {
      return caller.role == Role::kClerk &&
             item.kind() == v1::ReviewItem::KIND_CONFLICT;
    });
    return items;
  }
  v1::ReviewItem OnlyItem(const Caller& caller) {
    const std::vector<v1::ReviewItem> items = Items(caller);
    EXPECT_THAT(items, SizeIs(1));
    return items.empty() ? v1::ReviewItem() : items.front();
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
  absl::StatusOr<v1::SettleProposalResponse> Approve(const Caller& caller,
                                                     uint64_t number) {
    v1::SettleProposalRequest request;
    request.set_number(number);
    request.set_answer(v1::SettleProposalRequest::ANSWER_APPROVE);
    return Await<v1::SettleProposalResponse>([&](auto done) {
      test_.hub().SettleProposal(caller, request, std::move(done));
    });
  }
  absl::StatusOr<v1::GetCandidateResponse> Show(const Caller& caller,
                                                const std::string& id) {
    v1::GetCandidateRequest request;
    request.set_id(id);
    return Await<v1::GetCandidateResponse>([&](auto done) {
      test_.hub().GetCandidate(caller, request, std::move(done));
    });
  }
  absl::StatusOr<v1::ExplainPairResponse> Why(const Caller& caller,
                                              std::string_view agency_b,
                                              const std::string& a,
                                              const std::string& b) {
    v1::ExplainPairRequest request;
    request.mutable_record_a()->set_agency(std::string(kLaborSuzhou));
    request.mutable_record_a()->set_record_key(a);
    request.mutable_record_b()->set_agency(std::string(agency_b));
    request.mutable_record_b()->set_record_key(b);
    return Await<v1::ExplainPairResponse>([&](auto done) {
      test_.hub().ExplainPair(caller, request, std::move(done));
    });
  }
  absl::Status Release(const Caller& caller, const std::string& id) {
    v1::ReleaseReviewItemRequest request;
    request.set_id(id);
    return test_.hub().ReleaseReviewItem(caller, request).status();
  }
  std::vector<uint64_t> Decisions(const Caller& caller, int page_size = 0) {
    v1::ListDecisionsRequest request;
    request.set_page_size(page_size);
    std::vector<uint64_t> numbers;
    do {
      const auto page = test_.hub().ListDecisions(caller, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const v1::Decision& decision : page->decisions()) {
        numbers.push_back(decision.number());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return numbers;
  }

  uint64_t Persons() { return test_.hub().GetHubStatus()->persons(); }

  TestHub test_;
  const Caller li_ = ClerkOf(kLaborSuzhou, "li");
  const Caller wang_ = ClerkOf(kLaborSuzhou, "wang");
  const Caller other_ = ClerkOf(kPoliceSuzhou, "sun");
};

TEST_F(OwnQueue, HoldsPairsOfTheAgencysOwnRecordsAlone) {
  AddOwnPair();
  // A pair across agencies, and one of another agency.
  const std::string number = DemoNumber("341202", "19850101", 77);
  test_.Submit(kLaborSuzhou, Say("S3", 1).Core(number, "李娜", 1985, 1, 1));
  test_.Submit(kPoliceSuzhou, Say("P3", 1).Core(number, "孙强", 1985, 1, 1));
  test_.Submit(kPoliceSuzhou, Say("P4", 1).Core(number, "钱多多", 1985, 1, 1));

  const v1::ReviewItem item = OnlyItem(li_);
  EXPECT_EQ(item.kind(), v1::ReviewItem::KIND_CANDIDATE);
  EXPECT_EQ(item.why(), "NAME_CONTRADICTS");
  EXPECT_THAT(item.agencies(), ElementsAre(kLaborSuzhou));
  EXPECT_TRUE(item.has_score());
  EXPECT_THAT(OnlyItem(other_).agencies(), ElementsAre(kPoliceSuzhou));
  EXPECT_THAT(Items(ClerkOf(kLaborFuyang, "zhou")), IsEmpty());
  const auto candidates = test_.hub().ListCandidates(li_, {});
  ASSERT_TRUE(candidates.ok()) << candidates.status();
  ASSERT_THAT(candidates->candidates(), SizeIs(1));
  EXPECT_EQ(candidates->candidates(0).id(), item.id());
  EXPECT_EQ(candidates->total_size(), 1U);
  // The office is asked about all of them.
  EXPECT_GE(Items(OfficeCaller()).size(), 3U);

  v1::ListReviewItemsRequest request;
  request.mutable_filter()->set_agency(std::string(kPoliceSuzhou));
  EXPECT_THAT(test_.hub().ListReviewItems(li_, request)->items(), IsEmpty());
  request.mutable_filter()->Clear();
  request.mutable_filter()->set_kind(v1::ReviewItem::KIND_CANDIDATE);
  request.mutable_filter()->set_score_from(-1000);
  EXPECT_THAT(test_.hub().ListReviewItems(li_, request)->items(), SizeIs(1));
}

// What others hold joins the two, or speaks against it: nobody is told.
TEST_F(OwnQueue, AsksTheSameWhateverOthersHold) {
  const auto ask = [&] {
    const v1::ReviewItem item = OnlyItem(li_);
    const auto shown = Show(li_, item.id());
    EXPECT_TRUE(shown.ok()) << shown.status();
    return std::pair(item.SerializeAsString(), shown->SerializeAsString());
  };
  AddOwnPair();
  const auto alone = ask();
  test_.Submit(kCommerceSuzhou, Say("C1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test_.Submit(kHealthSuzhou, Say("H1", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));
  EXPECT_EQ(ask(), alone);
  const v1::ReviewItem across = OnlyItem(OfficeCaller());
  ASSERT_THAT(across.agencies(), ElementsAre(kCommerceSuzhou, kHealthSuzhou));
  ASSERT_TRUE(Decide(OfficeCaller(), across, v1::Decision::KIND_SAME).ok());
  EXPECT_EQ(Persons(), 1U);
  EXPECT_EQ(ask(), alone);
  EXPECT_FALSE(Why(li_, kLaborSuzhou, "S1", "S2")->joined());
  EXPECT_TRUE(Why(OfficeCaller(), kLaborSuzhou, "S1", "S2")->joined());
}

TEST_F(OwnQueue, RulesLikeTheOfficeWhichSeesItAndCanUndoIt) {
  AddOwnPair();
  test_.Submit(kPoliceSuzhou, Say("P1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  ASSERT_EQ(Persons(), 2U);
  const v1::ReviewItem item = OnlyItem(li_);
  const auto preview =
      Decide(li_, item, v1::Decision::KIND_SAME, /*validate_only=*/true);
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_FALSE(preview->has_effect());
  const auto ruled = Decide(li_, item, v1::Decision::KIND_SAME);
  ASSERT_TRUE(ruled.ok()) << ruled.status();
  // Who else is told, and so knows the person, does not show.
  EXPECT_FALSE(ruled->has_effect());
  EXPECT_EQ(Persons(), 1U);
  EXPECT_THAT(Items(li_), IsEmpty());
  EXPECT_THAT(Items(OfficeCaller()), IsEmpty());
  EXPECT_TRUE(Why(li_, kLaborSuzhou, "S1", "S2")->joined());
  EXPECT_THAT(ActsOf(test_, "decision.same"), SizeIs(1));

  EXPECT_THAT(Decisions(OfficeCaller()), ElementsAre(1));
  const auto undone = Undo(OfficeCaller(), 1);
  ASSERT_TRUE(undone.ok()) << undone.status();
  EXPECT_TRUE(undone->has_effect());
  EXPECT_EQ(Persons(), 2U);
  EXPECT_EQ(OnlyItem(li_).id(), item.id());
}

TEST_F(OwnQueue, AClerkUndoesWhatTheOwnAgencyRuledAndNothingElse) {
  AddOwnPair();
  ASSERT_TRUE(
      Decide(OfficeCaller(), OnlyItem(OfficeCaller()), v1::Decision::KIND_SAME)
          .ok());
  EXPECT_THAT(Items(li_), IsEmpty());
  EXPECT_THAT(Decisions(li_), IsEmpty());
  EXPECT_EQ(ReasonOf(Undo(li_, 1).status()), "NOT_AVAILABLE");
  v1::GetDecisionRequest get;
  get.set_number(1);
  EXPECT_EQ(ReasonOf(test_.hub().GetDecision(li_, get).status()),
            "NOT_AVAILABLE");
  ASSERT_TRUE(Undo(OfficeCaller(), 1).ok());

  ASSERT_TRUE(Decide(li_, OnlyItem(li_), v1::Decision::KIND_DIFFERENT).ok());
  EXPECT_THAT(Decisions(wang_), ElementsAre(2));
  EXPECT_THAT(Decisions(other_), IsEmpty());
  EXPECT_EQ(ReasonOf(Undo(other_, 2).status()), "NOT_AVAILABLE");
  ASSERT_TRUE(Undo(wang_, 2).ok());
  ASSERT_TRUE(Decide(wang_, OnlyItem(wang_), v1::Decision::KIND_UNSURE).ok());
  EXPECT_THAT(Decisions(li_, 1), ElementsAre(2, 3));
  EXPECT_THAT(Decisions(OfficeCaller(), 1), ElementsAre(1, 2, 3));
}

TEST_F(OwnQueue, OthersPairsAreNotAvailable) {
  AddOwnPair();
  const v1::ReviewItem own = OnlyItem(li_);
  const v1::ReviewItem offices = OnlyItem(OfficeCaller());
  for (const auto& [caller, item] :
       {std::pair(other_, own), std::pair(li_, offices),
        std::pair(other_, offices)}) {
    EXPECT_EQ(ReasonOf(Show(caller, item.id()).status()), "NOT_AVAILABLE");
    EXPECT_EQ(ReasonOf(Decide(caller, item, v1::Decision::KIND_SAME).status()),
              "NOT_AVAILABLE");
    v1::ClaimReviewItemRequest claim;
    claim.set_id(item.id());
    EXPECT_EQ(ReasonOf(test_.hub().ClaimReviewItem(caller, claim).status()),
              "NOT_AVAILABLE");
  }
  EXPECT_EQ(ReasonOf(Why(other_, kLaborSuzhou, "S1", "S2").status()),
            "NOT_AVAILABLE");
  test_.Submit(kPoliceSuzhou, Say("P1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  EXPECT_EQ(ReasonOf(Why(li_, kPoliceSuzhou, "S1", "P1").status()),
            "NOT_AVAILABLE");
  // Everything else is the office's.
  EXPECT_EQ(ReasonOf(test_.hub().DrawReviewSample(li_, {}).status()),
            "WRONG_ROLE");
  EXPECT_EQ(
      ReasonOf(
          test_.hub().ListReviewItems(AgencyCaller(kLaborSuzhou), {}).status()),
      "WRONG_ROLE");
  EXPECT_EQ(ReasonOf(test_.hub()
                         .ListReviewItems(ClerkOf("labor.999999", "li"), {})
                         .status()),
            "AGENCY_NOT_REGISTERED");
}

TEST_F(OwnQueue, ClerksOfOneAgencyTakeTurns) {
  AddOwnPair();
  const auto next = test_.hub().NextReviewItem(li_, {});
  ASSERT_TRUE(next.ok()) << next.status();
  const v1::ReviewItem item = next->item();
  EXPECT_EQ(item.claimed_by(), li_.path);
  EXPECT_FALSE(test_.hub().NextReviewItem(wang_, {})->has_item());
  EXPECT_EQ(ReasonOf(Decide(wang_, item, v1::Decision::KIND_SAME).status()),
            "REVIEW_CLAIMED");
  EXPECT_EQ(ReasonOf(Release(wang_, item.id())), "REVIEW_CLAIMED");
  // Who holds it is not another agency's to know.
  EXPECT_EQ(ReasonOf(Release(other_, item.id())), "NOT_AVAILABLE");
  ASSERT_TRUE(Release(li_, item.id()).ok());
  ASSERT_TRUE(Decide(wang_, item, v1::Decision::KIND_UNSURE).ok());
  // The office's unsure is another question's.
  EXPECT_THAT(OnlyItem(OfficeCaller()).unsure(), IsEmpty());
  EXPECT_THAT(OnlyItem(li_).unsure(), SizeIs(1));
  EXPECT_FALSE(test_.hub().NextReviewItem(wang_, {})->has_item());
  EXPECT_TRUE(test_.hub().NextReviewItem(li_, {})->has_item());
}

TEST_F(OwnQueue, LooksAreAuditedBeforeTheyAreShown) {
  AddOwnPair();
  const v1::ReviewItem item = OnlyItem(li_);
  const auto shown = Show(li_, item.id());
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->record_a().name().full(), "王芳");
  // To find the two in the agency's own system.
  EXPECT_EQ(shown->record_key_a(), "S1");
  EXPECT_EQ(shown->record_key_b(), "S2");
  EXPECT_NE(shown->record_a().identifiers(0).number(), kNumber);
  const std::vector<v1::AuditEvent> looks = ActsOf(test_, "candidate.show");
  ASSERT_THAT(looks, SizeIs(1));
  EXPECT_EQ(looks[0].actor(), li_.path);
  const auto offices = Show(OfficeCaller(), OnlyItem(OfficeCaller()).id());
  ASSERT_TRUE(offices.ok()) << offices.status();
  EXPECT_EQ(offices->record_key_a(), "");
}

// A number that is put right settles it on either side.
TEST_F(OwnQueue, FollowsTheAgencysCorrections) {
  AddOwnPair();
  test_.Submit(kLaborSuzhou,
               Say("S2", 2).Core(DemoNumber("341202", "19880808", 5), "赵铁柱",
                                 1988, 8, 8));
  EXPECT_THAT(Items(li_), IsEmpty());
  test_.Submit(kLaborSuzhou, Say("S2", 3).Core(kNumber, "赵铁柱", 1990, 3, 7));
  EXPECT_THAT(Items(li_), SizeIs(1));
  test_.Restart();
  test_.Submit(kLaborSuzhou, Say("S2", 4).Core(kNumber, "王芳", 1990, 3, 7));
  EXPECT_THAT(Items(li_), IsEmpty());
  EXPECT_EQ(Persons(), 1U);
}

class OwnProposals : public OwnQueue {
 protected:
  OwnProposals() : OwnQueue(Both()) {}
};

TEST_F(OwnProposals, WaitForASecondClerkOfTheAgencyOrTheOffice) {
  AddOwnPair();
  const auto proposed = Decide(li_, OnlyItem(li_), v1::Decision::KIND_SAME);
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  EXPECT_EQ(proposed->decision().state(), v1::Decision::STATE_PROPOSED);
  EXPECT_EQ(Persons(), 2U);
  EXPECT_THAT(Items(li_), IsEmpty());
  EXPECT_THAT(Items(other_), IsEmpty());
  EXPECT_EQ(OnlyItem(wang_).kind(), v1::ReviewItem::KIND_PROPOSAL);
  EXPECT_EQ(ReasonOf(Approve(li_, 1).status()), "OWN_PROPOSAL");
  EXPECT_EQ(ReasonOf(Approve(other_, 1).status()), "NOT_AVAILABLE");
  ASSERT_TRUE(Show(wang_, OnlyItem(wang_).subject()).ok());
  const auto approved = Approve(wang_, 1);
  ASSERT_TRUE(approved.ok()) << approved.status();
  EXPECT_FALSE(approved->has_effect());
  EXPECT_EQ(Persons(), 1U);

  // What the office proposes is the office's to settle.
  ASSERT_TRUE(Undo(OfficeCaller(), 1).ok());
  EXPECT_EQ(Persons(), 1U);
  EXPECT_THAT(Items(wang_), IsEmpty());
  EXPECT_EQ(ReasonOf(Approve(wang_, 1).status()), "NOT_AVAILABLE");
  Caller second = OfficeCaller();
  second.name = "reconciliation-zhao";
  second.path = "office/" + second.name;
  ASSERT_TRUE(Approve(second, 1).ok());
  EXPECT_EQ(Persons(), 2U);
}

}  // namespace
}  // namespace waystation::hub
