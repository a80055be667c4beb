// SPDX-License-Identifier: Apache-2.0
// The conflict desk: values that a clerk sets, which are claims of the office,
// and conflicts that a clerk leaves open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using errors::ViolationsOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr std::string_view kOffice = "office/reconciliation";
const std::string kNumber = DemoNumber("341202", "19900307", 41);

class Desk : public testing::Test {
 protected:
  explicit Desk(TestHub::Setup setup = {}) : test_(std::move(setup)) {
    test_.Submit(kPoliceFuyang, Say("A", 1).Core(kNumber, "王芳", 1990, 3, 7));
    test_.Submit(kPoliceSuzhou, Say("B", 1).Core(kNumber, "王芳", 1990, 7, 3));
    test_.Submit(kLaborSuzhou, Say("S", 1).Core(kNumber, "王芳", 1990, 7, 3));
    for (const auto agency : {kPoliceFuyang, kPoliceSuzhou, kLaborSuzhou}) {
      Empty(agency);
    }
    conflict_ = *test_.OnlyConflict();
  }

  std::vector<v1::MailboxEntry> Empty(std::string_view agency) {
    const auto page = test_.Pull(agency);
    EXPECT_TRUE(page.ok()) << page.status();
    v1::AcknowledgeRequest request;
    request.set_page_token(page->last_token());
    EXPECT_TRUE(test_.hub().Acknowledge(AgencyCaller(agency), request).ok());
    return {page->entries().begin(), page->entries().end()};
  }

  v1::DecideRequest Request(v1::Decision::Kind kind) const {
    v1::DecideRequest request;
    request.set_subject(conflict_.conflict().id());
    request.set_etag(conflict_.conflict().etag());
    request.set_kind(kind);
    request.set_reason("birth register was seen");
    return request;
  }

  v1::DecideRequest Born(int year, int month, int day) const {
    v1::DecideRequest request = Request(v1::Decision::KIND_SET_VALUE);
    auto& date = *request.mutable_value()->mutable_birth_date()->mutable_date();
    date.set_year(year);
    date.set_month(month);
    date.set_day(day);
    return request;
  }

  v1::GetConflictResponse Show(const std::string& id) {
    v1::GetConflictRequest request;
    request.set_id(id);
    const auto shown = Await<v1::GetConflictResponse>([&](auto done) {
      test_.hub().GetConflict(OfficeCaller(), request, std::move(done));
    });
    EXPECT_TRUE(shown.ok()) << shown.status();
    return shown.ok() ? *shown : v1::GetConflictResponse();
  }
  v1::GetConflictResponse Show() { return Show(conflict_.conflict().id()); }

  v1::PersonView See(std::string_view agency, const std::string& key) {
    const auto person = test_.GetPerson(agency, key, PurposeOf(agency));
    EXPECT_TRUE(person.ok()) << person.status();
    return person.ok() ? person->view() : v1::PersonView();
  }

  static v1::AttributeView Attribute(const v1::PersonView& view,
                                     std::string_view name) {
    for (const v1::AttributeView& one : view.attributes()) {
      if (one.attribute() == name) return one;
    }
    return {};
  }

  // Who claims what the conflict shows, with the number of a decision.
  static std::vector<std::string> Sources(
      const v1::GetConflictResponse& shown) {
    std::vector<std::string> sources;
    for (const v1::ValueGroup& group : shown.groups()) {
      for (const v1::ClaimView& claim : group.claims()) {
        sources.push_back(claim.agency());
      }
    }
    return sources;
  }

  v1::Decision::State StateOf(uint64_t number) {
    v1::GetDecisionRequest request;
    request.set_number(number);
    return test_.hub().GetDecision(OfficeCaller(), request)->decision().state();
  }

  bool IsNextForSomebody() {
    const auto next = test_.hub().NextReviewItem(OfficeCaller(), {});
    EXPECT_TRUE(next.ok()) << next.status();
    return next.ok() && next->has_item();
  }

  TestHub test_;
  v1::GetConflictResponse conflict_;
};

// --- a value that a clerk sets ---

TEST_F(Desk, AValueIsAClaimOfTheOfficeEverywhere) {
  const auto decided = test_.Decide(Born(1990, 5, 5));
  ASSERT_TRUE(decided.ok()) << decided.status();
  EXPECT_EQ(decided->effect().after().birth_date().date().month(), 5);
  EXPECT_THAT(decided->effect().recipients(), ElementsAre(kLaborSuzhou));
  EXPECT_THAT(test_.hub().ListConflicts(OfficeCaller(), {})->conflicts(),
              IsEmpty());

  const v1::GetConflictResponse shown = Show();
  EXPECT_EQ(shown.why(), "DECIDED");
  EXPECT_THAT(Sources(shown),
              UnorderedElementsAre(kOffice, kPoliceFuyang, kPoliceSuzhou,
                                   kLaborSuzhou));
  ASSERT_THAT(shown.groups(0).claims(), SizeIs(1));
  const v1::ClaimView& claim = shown.groups(0).claims(0);
  EXPECT_EQ(claim.agency(), kOffice);
  EXPECT_EQ(claim.revision(), 1U);
  EXPECT_EQ(claim.id(), decided->decision().claim());
  EXPECT_THAT(shown.conflict().agencies(),
              testing::Not(Contains(std::string(kOffice))));

  const v1::PersonView view = See(kLaborSuzhou, "S");
  EXPECT_EQ(view.person().birth_date().date().month(), 5);
  EXPECT_EQ(Attribute(view, "birth_date").source_agency(), kOffice);
  EXPECT_EQ(Attribute(view, "birth_date").status(), v1::STATUS_DECIDED);
  EXPECT_THAT(ActsOf(test_, "decision.set_value"), SizeIs(1));
  EXPECT_EQ(test_.hub().CheckStore()->findings_size(), 0);
}

// Police may not know that labor claims anything, and the clerk saw that.
TEST_F(Desk, AValueTellsNobodyOfClaimsThatAreNotTheirsToKnow) {
  ASSERT_TRUE(test_.Decide(Born(1990, 5, 5)).ok());
  for (const auto& [agency, key] :
       {std::pair(kPoliceFuyang, "A"), std::pair(kPoliceSuzhou, "B")}) {
    SCOPED_TRACE(agency);
    const v1::PersonView view = See(agency, key);
    EXPECT_NE(view.person().birth_date().date().month(), 5);
    EXPECT_EQ(Attribute(view, "birth_date").status(), v1::STATUS_CONFLICT);
    EXPECT_THAT(Empty(agency), IsEmpty());
  }
  EXPECT_THAT(Empty(kLaborSuzhou), SizeIs(1));
}

TEST_F(Desk, AValueIsSeenInTheNarrowestForm) {
  test_.Submit(kPoliceFuyang, Say("A", 2).Lives("320505", "新市路1号"));
  test_.Submit(kPoliceSuzhou, Say("B", 2).Lives("320506", "木渎镇9号"));
  v1::ListConflictsRequest list;
  list.set_attribute("residence");
  const auto open = test_.hub().ListConflicts(OfficeCaller(), list);
  ASSERT_THAT(open->conflicts(), SizeIs(1));
  v1::DecideRequest request = Request(v1::Decision::KIND_SET_VALUE);
  request.set_subject(open->conflicts(0).id());
  request.set_etag(open->conflicts(0).etag());
  auto& residence = *request.mutable_value()->mutable_residence();
  residence.set_division("320507");
  residence.set_address("黄埭镇3号");
  const auto decided = test_.Decide(request);
  ASSERT_TRUE(decided.ok()) << decided.status();
  // Police see each other's residences by six digits, labor does not.
  const v1::PersonView view = See(kPoliceFuyang, "A");
  EXPECT_EQ(view.person().residence().division(), "320507");
  EXPECT_EQ(view.person().residence().address(), "");
  EXPECT_EQ(Attribute(view, "residence").form(), v1::FORM_PARTIAL);
  EXPECT_EQ(Attribute(view, "residence").source_agency(), kOffice);
  EXPECT_FALSE(See(kLaborSuzhou, "S").person().has_residence());
  const v1::GetConflictResponse shown = Show(open->conflicts(0).id());
  EXPECT_THAT(shown.views(), testing::Not(IsEmpty()));
  for (const v1::RecipientView& seen : shown.views()) {
    EXPECT_EQ(seen.value().residence().division(), "320507") << seen.agency();
    EXPECT_EQ(seen.value().residence().address(), "");
  }
}

// A clinic's address is not for police, and nothing that rests on it is.
TEST_F(Desk, AValueThatRestsOnAClinicsClaimStaysWithTheOffice) {
  test_.Submit(kHealthSuzhou, Say("H", 1)
                                  .Core(kNumber, "王芳", 1990, 7, 3)
                                  .Lives("320507", "黄埭镇3号"));
  test_.Submit(kPoliceFuyang, Say("A", 2).Lives("320505", "新市路1号"));
  test_.Submit(kPoliceSuzhou, Say("B", 2).Lives("320506", "木渎镇9号"));
  for (const auto agency : {kPoliceFuyang, kPoliceSuzhou}) Empty(agency);
  const v1::PersonView before = See(kPoliceFuyang, "A");
  v1::ListConflictsRequest list;
  list.set_attribute("residence");
  const auto open = test_.hub().ListConflicts(OfficeCaller(), list);
  ASSERT_THAT(open->conflicts(), SizeIs(1));
  v1::DecideRequest request = Request(v1::Decision::KIND_SET_VALUE);
  request.set_subject(open->conflicts(0).id());
  request.set_etag(open->conflicts(0).etag());
  request.mutable_value()->mutable_residence()->set_division("320508");
  const auto decided = test_.Decide(request);
  ASSERT_TRUE(decided.ok()) << decided.status();
  EXPECT_EQ(See(kPoliceFuyang, "A").SerializeAsString(),
            before.SerializeAsString());
  for (const auto agency : {kPoliceFuyang, kPoliceSuzhou}) {
    EXPECT_THAT(Empty(agency), IsEmpty());
  }
}

TEST_F(Desk, SomethingNewReopensAValueAndSaysWhat) {
  ASSERT_TRUE(test_.Decide(Born(1990, 5, 5)).ok());
  test_.Submit(kPoliceFuyang, Say("A", 2).Born(1991, 3, 7));
  EXPECT_EQ(StateOf(1), v1::Decision::STATE_REOPENED);
  const auto reopened = test_.OnlyConflict();
  ASSERT_TRUE(reopened.ok()) << reopened.status();
  EXPECT_EQ(reopened->why(), "DECISION_REOPENED");
  EXPECT_THAT(reopened->earlier_decisions(), ElementsAre(1));
  for (const v1::ValueGroup& group : reopened->groups()) {
    EXPECT_EQ(group.is_new(), group.claims(0).agency() == kPoliceFuyang);
  }
  // The office's own claim can be taken again, or another one set.
  ASSERT_TRUE(test_.Choose(*reopened, kOffice).ok());
  EXPECT_EQ(See(kLaborSuzhou, "S").person().birth_date().date().month(), 5);
}

TEST_F(Desk, ALaterValueTakesThePlaceOfAnEarlierOneUntilItIsUndone) {
  ASSERT_TRUE(test_.Decide(Born(1990, 5, 5)).ok());
  test_.Submit(kPoliceFuyang, Say("A", 2).Born(1991, 3, 7));
  conflict_ = *test_.OnlyConflict();
  ASSERT_TRUE(test_.Decide(Born(1990, 6, 6)).ok());
  EXPECT_EQ(See(kLaborSuzhou, "S").person().birth_date().date().month(), 6);
  EXPECT_THAT(Sources(Show()),
              UnorderedElementsAre(kOffice, kPoliceFuyang, kPoliceSuzhou,
                                   kLaborSuzhou));
  ASSERT_TRUE(test_.Undo(2).ok());
  const auto reopened = test_.OnlyConflict();
  ASSERT_TRUE(reopened.ok()) << reopened.status();
  EXPECT_THAT(Sources(*reopened), Contains(kOffice));
}

TEST_F(Desk, UndoTakesTheClaimAwayWithTheDecision) {
  const v1::PersonView before = See(kLaborSuzhou, "S");
  ASSERT_TRUE(test_.Decide(Born(1990, 5, 5)).ok());
  ASSERT_TRUE(test_.Undo(1).ok());
  EXPECT_EQ(See(kLaborSuzhou, "S").SerializeAsString(),
            before.SerializeAsString());
  const auto again = test_.OnlyConflict();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(Sources(*again), testing::Not(Contains(kOffice)));
  EXPECT_EQ(again->conflict().etag(), conflict_.conflict().etag());
}

TEST_F(Desk, AValueSurvivesARestartAndTheErasureOfOneSource) {
  ASSERT_TRUE(test_.Decide(Born(1990, 5, 5)).ok());
  test_.Restart();
  EXPECT_EQ(See(kLaborSuzhou, "S").person().birth_date().date().month(), 5);
  test_.Submit(
      kPoliceFuyang,
      Say("A", 2).Retract(v1::RecordRetraction::REASON_ERASURE_REQUESTED));
  EXPECT_EQ(See(kLaborSuzhou, "S").person().birth_date().date().month(), 5);
  EXPECT_EQ(StateOf(1), v1::Decision::STATE_STANDING);
}

// The office registers nothing by itself.
TEST_F(Desk, AValueGoesWithTheLastClaimThatItWasSetOver) {
  ASSERT_TRUE(test_.Decide(Born(1990, 5, 5)).ok());
  test_.Submit(kHealthSuzhou, Say("H", 1).Core(kNumber, "王芳", 1992, 2, 2));
  for (const auto& [agency, key] :
       {std::pair(kPoliceFuyang, "A"), std::pair(kPoliceSuzhou, "B"),
        std::pair(kLaborSuzhou, "S")}) {
    test_.Submit(agency, Say(key, 2).TakeBack("birth_date"));
  }
  EXPECT_THAT(Sources(Show()), ElementsAre(kHealthSuzhou));
  EXPECT_EQ(See(kHealthSuzhou, "H").person().birth_date().date().month(), 2);
}

TEST_F(Desk, RefusesAValueAsItWouldAClaim) {
  using Request = v1::DecideRequest;
  const struct {
    std::string_view name;
    std::function<void(Request&)> spoil;
    std::string reason;
    std::string field;
  } cases[] = {
      {"nothing", [](Request& r) { r.clear_value(); }, "FIELD_MISSING",
       "value.birth_date"},
      {"another attribute",
       [](Request& r) { r.mutable_value()->mutable_name()->set_full("王方"); },
       "INVALID_REQUEST", "value.name"},
      {"no such day",
       [](Request& r) {
         r.mutable_value()->mutable_birth_date()->mutable_date()->set_day(32);
       },
       "INVALID_REQUEST", "value.birth_date.date"},
      {"a child, without its guardian",
       [](Request& r) {
         r.mutable_value()->mutable_birth_date()->mutable_date()->set_year(
             2020);
       },
       "INVALID_REQUEST", ""},
      {"coarser than what disagrees",
       [](Request& r) {
         auto& date = *r.mutable_value()->mutable_birth_date()->mutable_date();
         date.clear_month();
         date.clear_day();
       },
       "VALUE_SETTLES_NOTHING", "value"},
  };
  for (const auto& [name, spoil, reason, field] : cases) {
    SCOPED_TRACE(name);
    Request request = Born(1990, 5, 5);
    spoil(request);
    const absl::Status refused = test_.Decide(request).status();
    EXPECT_EQ(ReasonOf(refused), reason) << refused;
    if (field.empty()) continue;
    ASSERT_THAT(ViolationsOf(refused), testing::Not(IsEmpty()));
    EXPECT_EQ(ViolationsOf(refused).front().field, field);
  }
  EXPECT_EQ(test_.OnlyConflict()->conflict().etag(),
            conflict_.conflict().etag());
}

TEST_F(Desk, APreviewOfAValueWritesTheLookAlone) {
  v1::DecideRequest request = Born(1990, 5, 5);
  request.set_validate_only(true);
  const auto preview = test_.Decide(request);
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_EQ(preview->effect().after().birth_date().date().month(), 5);
  EXPECT_THAT(Sources(*test_.OnlyConflict()), testing::Not(Contains(kOffice)));
}

// --- left open ---

TEST_F(Desk, WhatIsLeftOpenLeavesTheQueueAndStaysAConflict) {
  ASSERT_TRUE(test_.Decide(Request(v1::Decision::KIND_KEEP_OPEN)).ok());
  EXPECT_FALSE(IsNextForSomebody());
  const auto open = test_.OnlyConflict();
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_EQ(open->why(), "KEPT_OPEN");
  EXPECT_EQ(open->kept_open(), 1U);
  EXPECT_FALSE(open->conflict().reopened());
  const auto list = test_.hub().ListReviewItems(OfficeCaller(), {});
  ASSERT_THAT(list->items(), SizeIs(1));
  EXPECT_EQ(list->items(0).why(), "KEPT_OPEN");
  conflict_ = *open;
  EXPECT_EQ(
      ReasonOf(test_.Decide(Request(v1::Decision::KIND_KEEP_OPEN)).status()),
      "DECISION_STANDS");
  test_.Restart();
  EXPECT_FALSE(IsNextForSomebody());
  // Agencies see a conflict, as before, and not that somebody looked at it.
  EXPECT_EQ(Attribute(See(kLaborSuzhou, "S"), "birth_date").reason(),
            "RULES_EXHAUSTED");
  EXPECT_THAT(Empty(kLaborSuzhou), IsEmpty());
}

TEST_F(Desk, SomethingNewBringsItBackAndAnEqualClaimDoesNot) {
  ASSERT_TRUE(test_.Decide(Request(v1::Decision::KIND_KEEP_OPEN)).ok());
  test_.Submit(kHealthSuzhou, Say("H", 1).Core(kNumber, "王芳", 1990, 7, 3));
  EXPECT_FALSE(IsNextForSomebody());
  test_.Submit(kPoliceFuyang, Say("A", 2).Born(1991, 3, 7));
  const auto reopened = test_.OnlyConflict();
  ASSERT_TRUE(reopened.ok()) << reopened.status();
  EXPECT_EQ(reopened->why(), "DECISION_REOPENED");
  EXPECT_TRUE(reopened->conflict().reopened());
  for (const v1::ValueGroup& group : reopened->groups()) {
    EXPECT_EQ(group.is_new(), group.claims(0).agency() == kPoliceFuyang);
  }
  EXPECT_EQ(StateOf(1), v1::Decision::STATE_REOPENED);
  EXPECT_TRUE(IsNextForSomebody());
}

TEST_F(Desk, UndoBringsItBackToo) {
  ASSERT_TRUE(test_.Decide(Request(v1::Decision::KIND_KEEP_OPEN)).ok());
  ASSERT_TRUE(test_.Undo(1).ok());
  EXPECT_TRUE(IsNextForSomebody());
  EXPECT_EQ(test_.OnlyConflict()->conflict().etag(),
            conflict_.conflict().etag());
}

TEST_F(Desk, WhatIsLeftOpenCanBeDecidedAtAnyTime) {
  ASSERT_TRUE(test_.Decide(Request(v1::Decision::KIND_KEEP_OPEN)).ok());
  conflict_ = *test_.OnlyConflict();
  ASSERT_TRUE(test_.Choose(conflict_, kPoliceSuzhou).ok());
  EXPECT_THAT(test_.hub().ListConflicts(OfficeCaller(), {})->conflicts(),
              IsEmpty());
  ASSERT_TRUE(test_.Undo(2).ok());
  EXPECT_EQ(test_.OnlyConflict()->why(), "KEPT_OPEN");
}

// --- a restore ---

class RestoredDesk : public Desk {
 protected:
  RestoredDesk() : Desk({.backups = true}) {}
};

TEST_F(RestoredDesk, HoldsWhatTheOfficeClaimedAndLeftOpen) {
  test_.Submit(kPoliceFuyang, Say("A", 2).Sex(v1::SEX_FEMALE));
  test_.Submit(kPoliceSuzhou, Say("B", 2).Sex(v1::SEX_MALE));
  ASSERT_TRUE(test_.Decide(Born(1990, 5, 5)).ok());
  conflict_ = *test_.OnlyConflict();
  ASSERT_TRUE(test_.Decide(Request(v1::Decision::KIND_KEEP_OPEN)).ok());
  const auto backup = test_.hub().CreateBackup(OperatorCaller());
  ASSERT_TRUE(backup.ok()) << backup.status();
  const absl::Status restored = test_.TryRestore(backup->backup().name());
  ASSERT_TRUE(restored.ok()) << restored;
  EXPECT_EQ(See(kLaborSuzhou, "S").person().birth_date().date().month(), 5);
  EXPECT_FALSE(IsNextForSomebody());
}

}  // namespace
}  // namespace waystation::hub
