// SPDX-License-Identifier: Apache-2.0
// Rulings on values: previews, repeats, etags, reopening, and who is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

class Decisions : public testing::Test {
 protected:
  Decisions() {
    test_.Submit(kPoliceFuyang, Say("A", 1).Core(kNumber, "王芳", 1990, 3, 7));
    test_.Submit(kPoliceSuzhou, Say("B", 1).Core(kNumber, "王芳", 1990, 7, 3));
    test_.Submit(kLaborSuzhou,
                 Say("S", 1).Number(kNumber).Name("王芳").Born(1990, 1, 1));
    Acknowledge(kLaborSuzhou);
    conflict_ = *test_.OnlyConflict();
  }

  void Acknowledge(std::string_view agency) {
    v1::AcknowledgeRequest request;
    request.set_page_token(test_.Pull(agency)->last_token());
    ASSERT_TRUE(test_.hub().Acknowledge(AgencyCaller(agency), request).ok());
  }

  std::string ClaimOf(std::string_view agency) const {
    for (const v1::ValueGroup& group : conflict_.groups()) {
      for (const v1::ClaimView& claim : group.claims()) {
        if (claim.agency() == agency) return claim.id();
      }
    }
    return {};
  }

  v1::DecideRequest Request(std::string_view agency) const {
    v1::DecideRequest request;
    request.set_subject(conflict_.conflict().id());
    request.set_etag(conflict_.conflict().etag());
    request.set_kind(v1::Decision::KIND_CHOOSE_CLAIM);
    request.set_claim(ClaimOf(agency));
    request.set_reason("paper file seen");
    return request;
  }

  v1::Decision::State StateOf(uint64_t number) {
    v1::GetDecisionRequest request;
    request.set_number(number);
    return test_.hub().GetDecision(OfficeCaller(), request)->decision().state();
  }

  TestHub test_;
  v1::GetConflictResponse conflict_;
};

TEST_F(Decisions, PreviewSaysTheSameAndWritesTheLookAlone) {
  v1::DecideRequest request = Request(kPoliceSuzhou);
  request.set_validate_only(true);
  const size_t leaves = test_.Events().size();
  const auto preview = test_.Decide(request);
  ASSERT_TRUE(preview.ok()) << preview.status();
  const std::vector<v1::LoggedEvent> events = test_.Events();
  ASSERT_THAT(events, SizeIs(leaves + 1));
  const v1::AuditEvent& look = events.back().event();
  EXPECT_EQ(look.kind(), v1::AuditEvent::KIND_OFFICE_READ);
  EXPECT_EQ(look.act(), "decision.preview");
  EXPECT_THAT(look.attributes(), ElementsAre("birth_date"));
  EXPECT_TRUE(test_.OnlyConflict().ok());
  request.set_validate_only(false);
  const auto decided = test_.Decide(request);
  ASSERT_TRUE(decided.ok());
  EXPECT_EQ(preview->effect().SerializeAsString(),
            decided->effect().SerializeAsString());
  EXPECT_THAT(decided->effect().recipients(),
              testing::IsSupersetOf({std::string(kLaborSuzhou)}));
  EXPECT_EQ(decided->effect().status_before(), v1::STATUS_CONFLICT);
}

// Whoever counts decisions from 1 on would else read values without a trace.
TEST_F(Decisions, PreviewOfAnUndoIsALookToo) {
  ASSERT_TRUE(test_.Decide(Request(kPoliceSuzhou)).ok());
  v1::UndoDecisionRequest request;
  request.set_number(1);
  request.set_reason("looked again");
  request.set_validate_only(true);
  const size_t leaves = test_.Events().size();
  const auto preview = Await<v1::UndoDecisionResponse>([&](auto done) {
    test_.hub().UndoDecision(OfficeCaller(), request, std::move(done));
  });
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_TRUE(preview->effect().before().has_birth_date());
  const std::vector<v1::LoggedEvent> events = test_.Events();
  ASSERT_THAT(events, SizeIs(leaves + 1));
  EXPECT_EQ(events.back().event().kind(), v1::AuditEvent::KIND_OFFICE_READ);
  EXPECT_EQ(events.back().event().act(), "decision.undo_preview");
  EXPECT_THAT(events.back().event().attributes(), ElementsAre("birth_date"));
  EXPECT_EQ(StateOf(1), v1::Decision::STATE_STANDING);
}

TEST_F(Decisions, ReachWhoMayKnow) {
  ASSERT_TRUE(test_.Decide(Request(kPoliceSuzhou)).ok());
  const auto page = test_.Pull(kLaborSuzhou);
  ASSERT_THAT(page->entries(), SizeIs(1));
  EXPECT_THAT(page->entries(0).attributes(), ElementsAre("birth_date"));
  EXPECT_EQ(page->entries(0).view().person().birth_date().date().month(), 7);
}

TEST_F(Decisions, RepeatedRequestAnswersAsTheFirstDid) {
  v1::DecideRequest request = Request(kPoliceSuzhou);
  request.set_request_id("7f0c");
  const auto first = test_.Decide(request);
  ASSERT_TRUE(first.ok());
  const auto again = test_.Decide(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  request.set_claim(ClaimOf(kPoliceFuyang));
  EXPECT_EQ(ReasonOf(test_.Decide(request).status()), "REQUEST_ID_REUSED");

  v1::UndoDecisionRequest undo;
  undo.set_number(1);
  undo.set_reason("looked again");
  undo.set_request_id("8a11");
  const auto call = [&] {
    return Await<v1::UndoDecisionResponse>([&](auto done) {
      test_.hub().UndoDecision(OfficeCaller(), undo, std::move(done));
    });
  };
  const auto undone = call();
  ASSERT_TRUE(undone.ok());
  const auto undone_again = call();
  ASSERT_TRUE(undone_again.ok()) << undone_again.status();
  EXPECT_EQ(undone->effect().SerializeAsString(),
            undone_again->effect().SerializeAsString());
}

TEST_F(Decisions, RefuseWhatWasNotSeen) {
  const struct {
    std::string_view name;
    std::function<void(v1::DecideRequest&)> spoil;
    std::string reason;
  } cases[] = {
      {"no etag", [](auto& r) { r.clear_etag(); }, "ETAG_MISSING"},
      {"another etag", [](auto& r) { r.set_etag("x"); }, "CHANGED_MEANWHILE"},
      {"no reason", [](auto& r) { r.clear_reason(); }, "REASON_MISSING"},
      {"a reason beyond measure",
       [](auto& r) { r.set_reason(std::string(2'001, 'x')); },
       "VALUE_TOO_LONG"},
      {"a request id beyond measure",
       [](auto& r) { r.set_request_id(std::string(129, 'x')); },
       "VALUE_TOO_LONG"},
      {"a reason with a number",
       [](auto& r) { r.set_reason("card " + kNumber + " was seen"); },
       "REASON_PERSONAL"},
      {"no kind", [](auto& r) { r.clear_kind(); }, "FIELD_MISSING"},
      {"kind of a pair", [](auto& r) { r.set_kind(v1::Decision::KIND_SAME); },
       "DECISION_KIND_WRONG"},
      {"another claim", [](auto& r) { r.set_claim("l-x"); }, "CLAIM_NOT_THERE"},
      {"no such conflict", [](auto& r) { r.set_subject("c-x"); },
       "NOT_AVAILABLE"},
  };
  for (const auto& [name, spoil, reason] : cases) {
    SCOPED_TRACE(name);
    v1::DecideRequest request = Request(kPoliceFuyang);
    spoil(request);
    EXPECT_EQ(ReasonOf(test_.Decide(request).status()), reason);
  }
  test_.Submit(kPoliceSuzhou, Say("B", 2).Born(1990, 7, 4));
  EXPECT_EQ(ReasonOf(test_.Decide(Request(kPoliceFuyang)).status()),
            "CHANGED_MEANWHILE");
}

TEST_F(Decisions, OneStandsPerSubject) {
  ASSERT_TRUE(test_.Decide(Request(kPoliceSuzhou)).ok());
  EXPECT_EQ(ReasonOf(test_.Decide(Request(kPoliceFuyang)).status()),
            "DECISION_STANDS");
}

TEST_F(Decisions, EqualClaimLeavesThemNewOneReopensThem) {
  ASSERT_TRUE(test_.Decide(Request(kPoliceSuzhou)).ok());
  test_.Submit(kHealthSuzhou, Say("H", 1).Core(kNumber, "王芳", 1990, 7, 3));
  EXPECT_EQ(StateOf(1), v1::Decision::STATE_STANDING);
  EXPECT_THAT(test_.hub().ListConflicts(OfficeCaller(), {})->conflicts(),
              IsEmpty());
  test_.Submit(kPoliceFuyang, Say("A", 2).Born(1991, 3, 7));
  EXPECT_EQ(StateOf(1), v1::Decision::STATE_REOPENED);
  const auto reopened = test_.OnlyConflict();
  ASSERT_TRUE(reopened.ok()) << reopened.status();
  EXPECT_TRUE(reopened->conflict().reopened());
  EXPECT_EQ(reopened->conflict().id(), conflict_.conflict().id());
  EXPECT_THAT(reopened->earlier_decisions(), ElementsAre(1));
  int fresh = 0;
  for (const v1::ValueGroup& group : reopened->groups()) {
    fresh += group.is_new() ? 1 : 0;
  }
  EXPECT_EQ(fresh, 1);
  // What is new goes away again: the ruling stands as before.
  test_.Submit(kPoliceFuyang, Say("A", 3).Born(1990, 3, 7));
  EXPECT_EQ(StateOf(1), v1::Decision::STATE_STANDING);
}

TEST_F(Decisions, AreListedBySubject) {
  ASSERT_TRUE(test_.Decide(Request(kPoliceSuzhou)).ok());
  v1::ListDecisionsRequest request;
  request.set_subject(conflict_.conflict().id());
  const auto list = test_.hub().ListDecisions(OfficeCaller(), request);
  ASSERT_TRUE(list.ok());
  EXPECT_THAT(list->decisions(), SizeIs(1));
  EXPECT_THAT(test_.hub().ListDecisions(OfficeCaller(), {})->decisions(),
              SizeIs(1));
}

TEST_F(Decisions, SurviveARestart) {
  ASSERT_TRUE(test_.Decide(Request(kPoliceSuzhou)).ok());
  test_.Restart();
  EXPECT_EQ(StateOf(1), v1::Decision::STATE_STANDING);
  const auto person =
      test_.GetPerson(kPoliceFuyang, "A", v1::PURPOSE_RESIDENCE_REGISTRATION);
  ASSERT_TRUE(person.ok());
  EXPECT_EQ(person->view().person().birth_date().date().month(), 7);
  EXPECT_EQ(test_.hub().CheckStore()->findings_size(), 0);
}

TEST_F(Decisions, ListsConflictsByAttributeAndAgency) {
  test_.Submit(kPoliceFuyang, Say("A", 2).Sex(v1::SEX_FEMALE));
  test_.Submit(kPoliceSuzhou, Say("B", 2).Sex(v1::SEX_MALE));
  v1::ListConflictsRequest request;
  request.set_attribute("sex");
  const auto by_attribute = test_.hub().ListConflicts(OfficeCaller(), request);
  EXPECT_THAT(by_attribute->conflicts(), SizeIs(1));
  EXPECT_EQ(by_attribute->total_size(), 1U);
  request.Clear();
  request.set_agency(std::string(kLaborSuzhou));
  EXPECT_EQ(test_.hub().ListConflicts(OfficeCaller(), request)->total_size(),
            1U);
  request.Clear();
  request.set_page_size(1);
  const auto first = test_.hub().ListConflicts(OfficeCaller(), request);
  EXPECT_EQ(first->total_size(), 2U);
  request.set_page_token(first->next_page_token());
  const auto second = test_.hub().ListConflicts(OfficeCaller(), request);
  EXPECT_THAT(second->conflicts(), SizeIs(1));
  EXPECT_NE(first->conflicts(0).id(), second->conflicts(0).id());
  EXPECT_EQ(second->next_page_token(), "");
}

}  // namespace
}  // namespace waystation::hub
