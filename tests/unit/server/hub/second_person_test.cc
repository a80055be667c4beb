// SPDX-License-Identifier: Apache-2.0
// Rulings that a second person has to approve: proposed, they change nothing;
// who asks cannot approve.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using config::v1::SecondPerson;
using errors::MetadataOf;
using errors::ReasonOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Answer = v1::SettleProposalRequest;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

SecondPerson All() {
  SecondPerson all;
  for (int ruling = SecondPerson::RULING_SAME;
       ruling <= SecondPerson::RULING_UNDO; ++ruling) {
    all.add_rulings(static_cast<SecondPerson::Ruling>(ruling));
  }
  return all;
}

class Second : public testing::Test {
 protected:
  explicit Second(SecondPerson rulings = All())
      : test_({.second_person = std::move(rulings)}) {}

  void AddConflict() {
    test_.Submit(kPoliceFuyang, Say("A", 1).Core(kNumber, "王芳", 1990, 3, 7));
    test_.Submit(kPoliceSuzhou, Say("B", 1).Core(kNumber, "王芳", 1990, 7, 3));
    test_.Submit(kLaborSuzhou, Say("S", 1).Number(kNumber).Name("王芳"));
    test_.Advance(absl::Hours(1));
  }
  void AddPair() {
    test_.Submit(kPoliceFuyang, Say("A", 1).Core(kNumber, "王芳", 1990, 3, 7));
    test_.Submit(kPoliceSuzhou,
                 Say("B", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));
    test_.Advance(absl::Hours(1));
  }

  std::vector<v1::ReviewItem> Items(const Caller& caller) {
    const auto list = test_.hub().ListReviewItems(caller, {});
    EXPECT_TRUE(list.ok()) << list.status();
    if (!list.ok()) return {};
    EXPECT_EQ(list->total_size(), static_cast<uint64_t>(list->items_size()));
    return {list->items().begin(), list->items().end()};
  }

  absl::StatusOr<v1::DecideResponse> Decide(const Caller& caller,
                                            v1::DecideRequest request) {
    return Await<v1::DecideResponse>([&](auto done) {
      test_.hub().Decide(caller, request, std::move(done));
    });
  }
  v1::DecideRequest RequestOn(const v1::ReviewItem& item,
                              v1::Decision::Kind kind) const {
    v1::DecideRequest request;
    request.set_subject(item.id());
    request.set_etag(item.etag());
    request.set_kind(kind);
    request.set_reason("both cards were seen");
    return request;
  }
  // The claim that does not stand meanwhile.
  v1::DecideRequest Choice() {
    const auto conflict = test_.OnlyConflict();
    EXPECT_TRUE(conflict.ok()) << conflict.status();
    v1::DecideRequest request;
    request.set_subject(conflict->conflict().id());
    request.set_etag(conflict->conflict().etag());
    request.set_kind(v1::Decision::KIND_CHOOSE_CLAIM);
    request.set_reason("paper file seen");
    for (const v1::ValueGroup& group : conflict->groups()) {
      for (const v1::ClaimView& claim : group.claims()) {
        if (claim.agency() == kPoliceFuyang) request.set_claim(claim.id());
      }
    }
    return request;
  }

  absl::StatusOr<v1::SettleProposalResponse> Settle(
      const Caller& caller, uint64_t number, Answer::Answer answer,
      bool validate_only = false) {
    v1::SettleProposalRequest request;
    request.set_number(number);
    request.set_answer(answer);
    if (answer != Answer::ANSWER_APPROVE) request.set_reason("not sure at all");
    request.set_validate_only(validate_only);
    return Await<v1::SettleProposalResponse>([&](auto done) {
      test_.hub().SettleProposal(caller, request, std::move(done));
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

  v1::Decision Get(uint64_t number) {
    v1::GetDecisionRequest request;
    request.set_number(number);
    const auto shown = test_.hub().GetDecision(OfficeCaller(), request);
    EXPECT_TRUE(shown.ok()) << shown.status();
    return shown.ok() ? shown->decision() : v1::Decision();
  }
  uint64_t Persons() { return test_.hub().GetHubStatus()->persons(); }
  int BirthMonth() {
    const auto person =
        test_.GetPerson(kPoliceFuyang, "A", v1::PURPOSE_RESIDENCE_REGISTRATION);
    EXPECT_TRUE(person.ok()) << person.status();
    return person.ok() ? person->view().person().birth_date().date().month()
                       : 0;
  }
  size_t Waiting(std::string_view agency) {
    return static_cast<size_t>(test_.Pull(agency)->entries_size());
  }

  TestHub test_;
  const Caller li_ = OfficeClerk("li");
  const Caller wang_ = OfficeClerk("wang");
  const Caller chen_ = OfficeClerk("chen");
};

TEST_F(Second, AProposalChangesNothingUntilAnotherClerkApproves) {
  AddPair();
  const v1::ReviewItem pair = Items(li_).front();
  const size_t waiting = Waiting(kPoliceFuyang);
  const auto proposed = Decide(li_, RequestOn(pair, v1::Decision::KIND_SAME));
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  EXPECT_EQ(proposed->decision().state(), v1::Decision::STATE_PROPOSED);
  EXPECT_FALSE(proposed->has_effect() &&
               proposed->effect().recipients_size() > 0);
  EXPECT_EQ(Persons(), 2U);
  EXPECT_EQ(Waiting(kPoliceFuyang), waiting);
  EXPECT_THAT(ActsOf(test_, "decision.same.propose"), SizeIs(1));

  const auto approved = Settle(wang_, 1, Answer::ANSWER_APPROVE);
  ASSERT_TRUE(approved.ok()) << approved.status();
  EXPECT_EQ(approved->decision().state(), v1::Decision::STATE_STANDING);
  EXPECT_EQ(approved->decision().decided_by(), li_.path);
  EXPECT_EQ(approved->decision().settled_by(), wang_.path);
  EXPECT_EQ(Persons(), 1U);
  EXPECT_THAT(ActsOf(test_, "decision.approve"), SizeIs(1));
  EXPECT_EQ(Get(1).state(), v1::Decision::STATE_STANDING);
  EXPECT_TRUE(Get(1).has_leaf());
  // One person with two names.
  ASSERT_THAT(Items(li_), SizeIs(1));
  EXPECT_EQ(Items(li_).front().kind(), v1::ReviewItem::KIND_CONFLICT);
  EXPECT_EQ(test_.hub().CheckStore()->findings_size(), 0);
}

TEST_F(Second, WaitsInTheQueueOfOthersOnly) {
  AddPair();
  const v1::ReviewItem pair = Items(li_).front();
  ASSERT_TRUE(Decide(li_, RequestOn(pair, v1::Decision::KIND_SAME)).ok());
  EXPECT_THAT(Items(li_), IsEmpty());
  EXPECT_FALSE(test_.hub().NextReviewItem(li_, {})->has_item());
  const auto next = test_.hub().NextReviewItem(wang_, {});
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->item().id(), "p-1");
  EXPECT_EQ(next->item().kind(), v1::ReviewItem::KIND_PROPOSAL);
  EXPECT_EQ(next->item().why(), "APPROVAL_NEEDED");
  EXPECT_EQ(next->item().subject(), pair.id());
  EXPECT_EQ(next->item().proposed(), 1U);
  EXPECT_THAT(next->item().agencies(),
              ElementsAre(kPoliceSuzhou, kPoliceFuyang));
  // It is Wang's now.
  EXPECT_FALSE(test_.hub().NextReviewItem(chen_, {})->has_item());
  EXPECT_EQ(ReasonOf(Settle(chen_, 1, Answer::ANSWER_APPROVE).status()),
            "REVIEW_CLAIMED");
  v1::ClaimReviewItemRequest claim;
  claim.set_id("p-1");
  EXPECT_EQ(ReasonOf(test_.hub().ClaimReviewItem(li_, claim).status()),
            "OWN_PROPOSAL");
  // Whoever reads on from it gets what stands behind it.
  v1::NextReviewItemRequest behind;
  behind.set_page_token(next->page_token());
  EXPECT_FALSE(test_.hub().NextReviewItem(wang_, behind)->has_item());
  ASSERT_TRUE(Settle(wang_, 1, Answer::ANSWER_REFUSE).ok());
  EXPECT_THAT(Items(li_), SizeIs(1));
  EXPECT_EQ(Items(li_).front().id(), pair.id());
  EXPECT_TRUE(test_.hub().NextReviewItem(chen_, {})->has_item());
}

TEST_F(Second, WhoAsksCannotApproveAndAloneCanWithdraw) {
  AddConflict();
  ASSERT_TRUE(Decide(li_, Choice()).ok());
  for (const auto answer : {Answer::ANSWER_APPROVE, Answer::ANSWER_REFUSE}) {
    const absl::Status refused = Settle(li_, 1, answer).status();
    EXPECT_EQ(ReasonOf(refused), "OWN_PROPOSAL");
    EXPECT_TRUE(absl::IsPermissionDenied(refused));
  }
  EXPECT_EQ(ReasonOf(Settle(wang_, 1, Answer::ANSWER_WITHDRAW).status()),
            "NOT_ALLOWED");
  EXPECT_EQ(ReasonOf(Undo(li_, 1).status()), "DECISION_PROPOSED");
  ASSERT_TRUE(Settle(li_, 1, Answer::ANSWER_WITHDRAW).ok());
  EXPECT_EQ(Get(1).state(), v1::Decision::STATE_WITHDRAWN);
  EXPECT_EQ(ReasonOf(Settle(wang_, 1, Answer::ANSWER_APPROVE).status()),
            "PROPOSAL_SETTLED");
  EXPECT_EQ(BirthMonth(), 7);
}

TEST_F(Second, NothingElseIsRuledOnWhatWaits) {
  AddConflict();
  ASSERT_TRUE(Decide(li_, Choice()).ok());
  for (const auto kind :
       {v1::Decision::KIND_CHOOSE_CLAIM, v1::Decision::KIND_KEEP_OPEN,
        v1::Decision::KIND_UNSURE}) {
    v1::DecideRequest request = Choice();
    request.set_kind(kind);
    const absl::Status refused = Decide(wang_, request).status();
    EXPECT_EQ(ReasonOf(refused), "DECISION_PROPOSED");
    EXPECT_EQ(MetadataOf(refused).at("decision"), "1");
  }
  EXPECT_EQ(test_.OnlyConflict()->proposed(), 1U);
}

TEST_F(Second, OfTwoWhoApproveAtOnceOneIsTold) {
  AddConflict();
  ASSERT_TRUE(Decide(li_, Choice()).ok());
  std::promise<absl::Status> wang;
  std::promise<absl::Status> chen;
  std::thread one([&] {
    wang.set_value(Settle(wang_, 1, Answer::ANSWER_APPROVE).status());
  });
  std::thread other([&] {
    chen.set_value(Settle(chen_, 1, Answer::ANSWER_APPROVE).status());
  });
  one.join();
  other.join();
  const absl::Status a = wang.get_future().get();
  const absl::Status b = chen.get_future().get();
  ASSERT_NE(a.ok(), b.ok());
  const absl::Status& late = a.ok() ? b : a;
  EXPECT_EQ(ReasonOf(late), "PROPOSAL_SETTLED");
  EXPECT_EQ(MetadataOf(late).at("by"), (a.ok() ? wang_ : chen_).path);
  EXPECT_EQ(BirthMonth(), 3);
  EXPECT_THAT(ActsOf(test_, "decision.approve"), SizeIs(1));
  // Who did can ask again, as one whose connection broke does.
  EXPECT_TRUE(Settle(a.ok() ? wang_ : chen_, 1, Answer::ANSWER_APPROVE).ok());
  EXPECT_THAT(ActsOf(test_, "decision.approve"), SizeIs(1));
}

TEST_F(Second, WhatChangedSinceIsNamedAndNothingStands) {
  AddConflict();
  ASSERT_TRUE(Decide(li_, Choice()).ok());
  test_.Submit(kPoliceFuyang, Say("A", 2).Born(1991, 3, 7));
  const absl::Status refused =
      Settle(wang_, 1, Answer::ANSWER_APPROVE).status();
  EXPECT_EQ(ReasonOf(refused), "CHANGED_MEANWHILE");
  EXPECT_EQ(MetadataOf(refused).at("changed"), kPoliceFuyang);
  EXPECT_EQ(Get(1).state(), v1::Decision::STATE_PROPOSED);
  ASSERT_TRUE(Settle(wang_, 1, Answer::ANSWER_REFUSE).ok());
  EXPECT_EQ(Get(1).state(), v1::Decision::STATE_REFUSED);
  EXPECT_EQ(Get(1).settled_reason(), "not sure at all");
  // A fresh proposal can stand.
  ASSERT_TRUE(Decide(li_, Choice()).ok());
  EXPECT_TRUE(Settle(wang_, 2, Answer::ANSWER_APPROVE).ok());
}

TEST_F(Second, APairThatChangedIsNamedToo) {
  AddPair();
  ASSERT_TRUE(
      Decide(li_, RequestOn(Items(li_).front(), v1::Decision::KIND_SAME)).ok());
  test_.Submit(kPoliceSuzhou, Say("B", 2).Sex(v1::SEX_MALE));
  const absl::Status refused =
      Settle(wang_, 1, Answer::ANSWER_APPROVE).status();
  EXPECT_EQ(ReasonOf(refused), "CHANGED_MEANWHILE");
  EXPECT_EQ(MetadataOf(refused).at("changed"), kPoliceSuzhou);
  EXPECT_EQ(Persons(), 2U);
}

TEST_F(Second, AnUndoWaitsAsWell) {
  AddConflict();
  ASSERT_TRUE(Decide(li_, Choice()).ok());
  ASSERT_TRUE(Settle(wang_, 1, Answer::ANSWER_APPROVE).ok());
  const auto proposed = Undo(wang_, 1);
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  EXPECT_EQ(proposed->decision().state(), v1::Decision::STATE_STANDING);
  EXPECT_EQ(proposed->decision().undo_proposal().proposed_by(), wang_.path);
  EXPECT_EQ(BirthMonth(), 3);
  EXPECT_THAT(Items(wang_), IsEmpty());
  ASSERT_THAT(Items(li_), SizeIs(1));
  EXPECT_EQ(ReasonOf(Undo(li_, 1).status()), "DECISION_PROPOSED");
  EXPECT_EQ(ReasonOf(Settle(wang_, 1, Answer::ANSWER_APPROVE).status()),
            "OWN_PROPOSAL");
  ASSERT_TRUE(Settle(li_, 1, Answer::ANSWER_REFUSE).ok());
  EXPECT_EQ(Get(1).state(), v1::Decision::STATE_STANDING);
  EXPECT_EQ(Get(1).undo_proposal().state(), v1::Decision::STATE_REFUSED);
  ASSERT_TRUE(Undo(wang_, 1).ok());
  const auto preview =
      Settle(li_, 1, Answer::ANSWER_APPROVE, /*validate_only=*/true);
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_TRUE(preview->effect().before().has_birth_date());
  EXPECT_EQ(BirthMonth(), 3);
  ASSERT_TRUE(Settle(li_, 1, Answer::ANSWER_APPROVE).ok());
  EXPECT_EQ(Get(1).state(), v1::Decision::STATE_UNDONE);
  EXPECT_EQ(Get(1).undone_by(), wang_.path);
  EXPECT_EQ(Get(1).undo_proposal().settled_by(), li_.path);
  EXPECT_EQ(BirthMonth(), 7);
  EXPECT_TRUE(test_.OnlyConflict().ok());
}

TEST_F(Second, WhatWaitsOutlivesARestart) {
  AddConflict();
  ASSERT_TRUE(Decide(li_, Choice()).ok());
  test_.Restart();
  EXPECT_THAT(Items(li_), IsEmpty());
  ASSERT_THAT(Items(wang_), SizeIs(1));
  EXPECT_EQ(ReasonOf(Settle(li_, 1, Answer::ANSWER_APPROVE).status()),
            "OWN_PROPOSAL");
  ASSERT_TRUE(Settle(wang_, 1, Answer::ANSWER_APPROVE).ok());
  test_.Restart();
  EXPECT_EQ(BirthMonth(), 3);
  EXPECT_THAT(Items(wang_), IsEmpty());
}

TEST_F(Second, AValueWaitsAndIsNobodysClaimMeanwhile) {
  AddConflict();
  v1::DecideRequest request = Choice();
  request.clear_claim();
  request.set_kind(v1::Decision::KIND_SET_VALUE);
  auto& date = *request.mutable_value()->mutable_birth_date()->mutable_date();
  date.set_year(1990);
  date.set_month(5);
  date.set_day(5);
  request.set_validate_only(true);
  const auto preview = Decide(li_, request);
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_EQ(preview->decision().state(), v1::Decision::STATE_PROPOSED);
  EXPECT_EQ(preview->effect().after().birth_date().date().month(), 5)
      << "what an approval would do";
  request.set_validate_only(false);
  ASSERT_TRUE(Decide(li_, request).ok());
  EXPECT_THAT(test_.OnlyConflict()->groups(), SizeIs(2));
  ASSERT_TRUE(Settle(wang_, 1, Answer::ANSWER_APPROVE).ok());
  EXPECT_EQ(BirthMonth(), 5);
}

TEST_F(Second, AsksForAnAnswerAndAReason) {
  AddConflict();
  ASSERT_TRUE(Decide(li_, Choice()).ok());
  EXPECT_EQ(ReasonOf(Settle(wang_, 1, Answer::ANSWER_UNSPECIFIED).status()),
            "FIELD_MISSING");
  EXPECT_EQ(ReasonOf(Settle(wang_, 7, Answer::ANSWER_APPROVE).status()),
            "NOT_AVAILABLE");
  v1::SettleProposalRequest request;
  request.set_number(1);
  request.set_answer(Answer::ANSWER_REFUSE);
  const auto refused = Await<v1::SettleProposalResponse>([&](auto done) {
    test_.hub().SettleProposal(wang_, request, std::move(done));
  });
  EXPECT_EQ(ReasonOf(refused.status()), "REASON_MISSING");
}

class SecondForValues : public Second {
 protected:
  static SecondPerson Values() {
    SecondPerson rulings;
    rulings.add_rulings(SecondPerson::RULING_SET_VALUE);
    return rulings;
  }
  SecondForValues() : Second(Values()) {}
};

TEST_F(SecondForValues, OtherRulingsStandByThemselves) {
  AddConflict();
  const auto decided = Decide(li_, Choice());
  ASSERT_TRUE(decided.ok()) << decided.status();
  EXPECT_EQ(decided->decision().state(), v1::Decision::STATE_STANDING);
  EXPECT_EQ(BirthMonth(), 3);
  ASSERT_TRUE(Undo(li_, 1).ok());
  EXPECT_EQ(BirthMonth(), 7);
  EXPECT_EQ(ReasonOf(Settle(wang_, 1, Answer::ANSWER_APPROVE).status()),
            "PROPOSAL_SETTLED");
}

}  // namespace
}  // namespace waystation::hub
