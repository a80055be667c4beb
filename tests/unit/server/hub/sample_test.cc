// SPDX-License-Identifier: Apache-2.0
// Pairs that are drawn at random for clerks to rule on: which, how each ends,
// and what the hub then says of how well records are linked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proto/errors/error.h"
#include "server/hub/review_claims.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Sample : public testing::Test {
 protected:
  explicit Sample(TestHub::Setup setup = {}) : test_(std::move(setup)) {}

  // Two records of one number: one person, or a candidate where the names
  // contradict each other.
  void AddTwo(int sequence, bool agree) {
    const int year = 1940 + sequence;
    const std::string number =
        DemoNumber("341202", std::to_string(year) + "0307", sequence);
    const std::string digits = std::to_string(sequence);
    test_.Submit(kPoliceFuyang,
                 Say("A" + digits, 1).Core(number, "王芳", year, 3, 7));
    test_.Submit(kLaborSuzhou,
                 Say("S" + digits, 1)
                     .Core(number, agree ? "王芳" : "赵铁柱", year, 3, 7));
  }
  // Two records of one name and year that nothing else brings together.
  void AddBelow() {
    test_.Submit(kPoliceFuyang,
                 Say("A90", 1).Name("欧阳建华").Born(1931, 3, 7));
    test_.Submit(kLaborSuzhou,
                 Say("S90", 1).Name("欧阳建华").Born(1931, 11, 25));
  }

  absl::StatusOr<v1::LinkageSample> Draw(
      v1::DrawReviewSampleRequest request = {},
      const Caller& caller = OfficeCaller()) {
    auto drawn = test_.hub().DrawReviewSample(caller, request);
    if (!drawn.ok()) return drawn.status();
    return drawn->sample();
  }
  static v1::DrawReviewSampleRequest Seeded(uint64_t seed, int pairs = 0) {
    v1::DrawReviewSampleRequest request;
    request.set_seed(seed);
    request.set_pairs(pairs);
    return request;
  }

  v1::GetLinkageReportResponse Report() {
    auto report = test_.hub().GetLinkageReport(OfficeCaller());
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : v1::GetLinkageReportResponse();
  }
  v1::LinkageStratum Stratum(v1::LinkageBand band) {
    const v1::GetLinkageReportResponse report = Report();
    for (const v1::LinkageStratum& stratum : report.sample().strata()) {
      if (stratum.band() == band) return stratum;
    }
    return {};
  }

  std::vector<v1::ReviewItem> Items(
      v1::ReviewItem::Kind kind = v1::ReviewItem::KIND_SAMPLE,
      const Caller& caller = OfficeCaller()) {
    v1::ListReviewItemsRequest request;
    request.mutable_filter()->set_kind(kind);
    const auto list = test_.hub().ListReviewItems(caller, request);
    EXPECT_TRUE(list.ok()) << list.status();
    if (!list.ok()) return {};
    EXPECT_EQ(list->total_size(), static_cast<uint64_t>(list->items_size()));
    return {list->items().begin(), list->items().end()};
  }
  std::set<std::string> Ids() {
    std::set<std::string> ids;
    for (const v1::ReviewItem& item : Items()) ids.insert(item.id());
    return ids;
  }

  absl::StatusOr<v1::DecideResponse> Rule(const Caller& caller,
                                          const v1::ReviewItem& item,
                                          v1::Decision::Kind kind) {
    v1::DecideRequest request;
    request.set_subject(item.id());
    request.set_etag(item.etag());
    request.set_kind(kind);
    request.set_reason("both cards were seen");
    return Await<v1::DecideResponse>([&](auto done) {
      test_.hub().Decide(caller, request, std::move(done));
    });
  }
  absl::Status Claim(const Caller& caller, const v1::ReviewItem& item) {
    v1::ClaimReviewItemRequest request;
    request.set_id(item.id());
    return test_.hub().ClaimReviewItem(caller, request).status();
  }
  absl::StatusOr<v1::SettleProposalResponse> Settle(
      const Caller& caller, uint64_t number,
      v1::SettleProposalRequest::Answer answer) {
    v1::SettleProposalRequest request;
    request.set_number(number);
    request.set_answer(answer);
    request.set_reason("looked at again");
    return Await<v1::SettleProposalResponse>([&](auto done) {
      test_.hub().SettleProposal(caller, request, std::move(done));
    });
  }
  uint64_t Persons() { return test_.hub().GetHubStatus()->persons(); }

  TestHub test_;
  const Caller li_ = OfficeClerk("li");
  const Caller wang_ = OfficeClerk("wang");
};

TEST_F(Sample, DrawsPairsOfEachBandAndShowsThemBlind) {
  for (const int sequence : {1, 2, 3}) AddTwo(sequence, true);
  for (const int sequence : {4, 5}) AddTwo(sequence, false);
  AddBelow();
  v1::DrawReviewSampleRequest request = Seeded(7);
  request.set_width(30);
  const auto sample = Draw(request);
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_EQ(sample->number(), 1U);
  EXPECT_EQ(sample->seed(), 7U);
  EXPECT_EQ(sample->drawn_by(), OfficeCaller().path);
  EXPECT_EQ(sample->rules_version(), Report().rules_version());
  EXPECT_EQ(sample->records_looked_at(), 12U);
  EXPECT_EQ(sample->records(), 12U);
  std::map<v1::LinkageBand, uint64_t> drawn;
  for (const v1::LinkageStratum& stratum : sample->strata()) {
    // All records were looked at: nothing of it is estimated.
    EXPECT_EQ(stratum.pairs(), static_cast<double>(stratum.drawn()));
    EXPECT_EQ(stratum.pairs_low(), stratum.pairs_high());
    EXPECT_EQ(stratum.waiting(), stratum.drawn());
    if (stratum.drawn() != 0) drawn[stratum.band()] = stratum.drawn();
  }
  EXPECT_EQ(drawn, (std::map<v1::LinkageBand, uint64_t>{
                       {v1::LINKAGE_BAND_NUMBER, 3},
                       {v1::LINKAGE_BAND_CANDIDATE, 2},
                       {v1::LINKAGE_BAND_JUST_BELOW, 1}}));

  const std::vector<v1::ReviewItem> items = Items();
  ASSERT_THAT(items, SizeIs(6));
  for (const v1::ReviewItem& item : items) {
    EXPECT_EQ(item.why(), "DRAWN_AT_RANDOM");
    EXPECT_FALSE(item.has_score());
    EXPECT_THAT(item.agencies(), ElementsAre(kLaborSuzhou, kPoliceFuyang));
    v1::GetCandidateRequest shown_request;
    shown_request.set_id(item.id());
    const auto shown = Await<v1::GetCandidateResponse>([&](auto done) {
      test_.hub().GetCandidate(li_, shown_request, std::move(done));
    });
    ASSERT_TRUE(shown.ok()) << shown.status();
    EXPECT_EQ(shown->candidate().etag(), item.etag());
    EXPECT_FALSE(shown->record_a().name().full().empty());
    EXPECT_THAT(shown->contributions(), IsEmpty());
    EXPECT_EQ(shown->score(), 0);
  }
  // They are no candidates, and nobody who asks for scores is given them.
  EXPECT_EQ(test_.hub().GetHubStatus()->open_candidates(), 2U);
  v1::ListReviewItemsRequest scored;
  scored.mutable_filter()->set_score_from(-1'000);
  EXPECT_THAT(test_.hub().ListReviewItems(li_, scored)->items(), SizeIs(2));

  const std::vector<v1::AuditEvent> acts = ActsOf(test_, "review.sample");
  ASSERT_THAT(acts, SizeIs(1));
  EXPECT_EQ(acts[0].kind(), v1::AuditEvent::KIND_REVIEW);
  EXPECT_EQ(acts[0].object(), "sample 1 seed 7");
  EXPECT_EQ(acts[0].count(), 6U);
}

TEST_F(Sample, TheSameSeedDrawsTheSame) {
  for (int sequence = 1; sequence <= 12; ++sequence) AddTwo(sequence, true);
  ASSERT_TRUE(Draw(Seeded(7, 4)).ok());
  const std::set<std::string> first = Ids();
  EXPECT_THAT(first, SizeIs(4));
  ASSERT_TRUE(Draw(Seeded(8, 4)).ok());
  EXPECT_NE(Ids(), first);
  ASSERT_TRUE(Draw(Seeded(7, 4)).ok());
  EXPECT_EQ(Ids(), first);
  // Without one the hub draws another each time.
  const auto one = Draw(Seeded(0, 4));
  const auto other = Draw(Seeded(0, 4));
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE(one->seed(), other->seed());
}

TEST_F(Sample, OfSomeRecordsItSaysHowManyPairsThereMayBe) {
  for (int sequence = 1; sequence <= 20; ++sequence) AddTwo(sequence, true);
  v1::DrawReviewSampleRequest request = Seeded(3);
  request.set_records(15);
  const auto sample = Draw(request);
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_EQ(sample->records_looked_at(), 15U);
  const v1::LinkageStratum& numbers = sample->strata(0);
  EXPECT_LE(numbers.drawn(), 15U);
  EXPECT_GE(numbers.pairs_low(), static_cast<double>(numbers.drawn()));
  EXPECT_LT(numbers.pairs_low(), numbers.pairs_high());
}

TEST_F(Sample, ARepeatedRequestAnswersAsTheFirst) {
  for (const int sequence : {1, 2, 3}) AddTwo(sequence, true);
  v1::DrawReviewSampleRequest request = Seeded(0, 2);
  request.set_request_id("once");
  const auto first = Draw(request);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = Draw(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->number(), 1U);
  EXPECT_EQ(again->seed(), first->seed());
  EXPECT_THAT(ActsOf(test_, "review.sample"), SizeIs(1));
  // Of another clerk it is another request.
  EXPECT_EQ(Draw(request, li_)->number(), 2U);
  request.set_pairs(3);
  EXPECT_EQ(ReasonOf(Draw(request).status()), "REQUEST_ID_REUSED");
}

TEST_F(Sample, RefusesWhatCannotBeDrawn) {
  const auto with = [](auto change) {
    v1::DrawReviewSampleRequest request;
    change(request);
    return request;
  };
  const struct {
    v1::DrawReviewSampleRequest request;
    std::string_view field;
  } cases[] = {
      {with([](auto& r) { r.set_pairs(-1); }), "pairs"},
      {with([](auto& r) { r.set_pairs(2001); }), "pairs"},
      {with([](auto& r) { r.set_records(100'001); }), "records"},
      {with([](auto& r) { r.set_width(0.5); }), "width"},
      {with([](auto& r) {
         r.set_width(std::numeric_limits<double>::quiet_NaN());
       }),
       "width"},
  };
  for (const auto& [request, field] : cases) {
    SCOPED_TRACE(field);
    const auto status = Draw(request).status();
    EXPECT_EQ(ReasonOf(status), "INVALID_REQUEST");
    EXPECT_EQ(errors::ViolationsOf(status).at(0).field, field);
  }
  for (const Caller& caller :
       {OperatorCaller(), AuditorCaller(), AgencyCaller(kLaborSuzhou)}) {
    EXPECT_EQ(ReasonOf(Draw({}, caller).status()), "WRONG_ROLE");
  }
  // Of no records none is drawn.
  const auto empty = Draw();
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_THAT(Items(), IsEmpty());
}

TEST_F(Sample, AFalseLinkThatIsFoundIsParted) {
  for (const int sequence : {1, 2}) AddTwo(sequence, true);
  ASSERT_TRUE(Draw(Seeded(1)).ok());
  const std::vector<v1::ReviewItem> items = Items();
  ASSERT_THAT(items, SizeIs(2));
  EXPECT_EQ(Persons(), 2U);
  ASSERT_TRUE(Rule(li_, items[0], v1::Decision::KIND_DIFFERENT).ok());
  EXPECT_EQ(Persons(), 3U);
  ASSERT_TRUE(Rule(li_, items[1], v1::Decision::KIND_SAME).ok());
  EXPECT_EQ(Persons(), 3U);
  EXPECT_THAT(Items(), IsEmpty());
  const v1::LinkageStratum numbers = Stratum(v1::LINKAGE_BAND_NUMBER);
  EXPECT_EQ(numbers.same(), 1U);
  EXPECT_EQ(numbers.different(), 1U);
  EXPECT_EQ(numbers.waiting(), 0U);
  // That the two were one person, the rules said themselves.
  EXPECT_EQ(Report().joins_by_rules(), 1U);
  EXPECT_EQ(Report().joins_by_decision(), 0U);
  const auto again = Rule(wang_, items[0], v1::Decision::KIND_SAME);
  EXPECT_EQ(ReasonOf(again.status()), "DECISION_STANDS");
}

TEST_F(Sample, ARulingOnTheCandidateEndsItsPair) {
  AddTwo(1, false);
  ASSERT_TRUE(Draw(Seeded(1)).ok());
  ASSERT_THAT(Items(), SizeIs(1));
  const auto candidates = Items(v1::ReviewItem::KIND_CANDIDATE);
  ASSERT_THAT(candidates, SizeIs(1));
  ASSERT_TRUE(Rule(li_, candidates[0], v1::Decision::KIND_SAME).ok());
  EXPECT_THAT(Items(), IsEmpty());
  EXPECT_EQ(Stratum(v1::LINKAGE_BAND_CANDIDATE).same(), 1U);
  EXPECT_EQ(Report().joins_by_decision(), 1U);
}

TEST_F(Sample, AnAnswerEndsTheCandidateToo) {
  AddTwo(1, false);
  ASSERT_TRUE(Draw(Seeded(1)).ok());
  ASSERT_TRUE(Rule(li_, Items().at(0), v1::Decision::KIND_DIFFERENT).ok());
  EXPECT_THAT(Items(), IsEmpty());
  EXPECT_THAT(Items(v1::ReviewItem::KIND_CANDIDATE), IsEmpty());
  // It was no ruling on what the queue of the candidates showed.
  EXPECT_EQ(Report().candidates_same().all(), 0U);
}

TEST_F(Sample, AnAnswerThatIsUndoneIsAskedForAgain) {
  AddTwo(1, true);
  ASSERT_TRUE(Draw(Seeded(1)).ok());
  const auto ruled = Rule(li_, Items().at(0), v1::Decision::KIND_DIFFERENT);
  ASSERT_TRUE(ruled.ok()) << ruled.status();
  EXPECT_EQ(Persons(), 2U);
  ASSERT_TRUE(test_.Undo(ruled->decision().number()).ok());
  EXPECT_EQ(Persons(), 1U);
  ASSERT_THAT(Items(), SizeIs(1));
  EXPECT_EQ(Stratum(v1::LINKAGE_BAND_NUMBER).waiting(), 1U);
  EXPECT_TRUE(Rule(wang_, Items()[0], v1::Decision::KIND_SAME).ok());
  EXPECT_EQ(Stratum(v1::LINKAGE_BAND_NUMBER).same(), 1U);
}

TEST_F(Sample, APairEndsWithOneOfItsRecords) {
  for (const int sequence : {1, 2}) AddTwo(sequence, true);
  ASSERT_TRUE(Draw(Seeded(1)).ok());
  ASSERT_THAT(Items(), SizeIs(2));
  // Also by a hub that has started since.
  test_.Restart();
  test_.Submit(
      kLaborSuzhou,
      Say("S1", 2).Retract(v1::RecordRetraction::REASON_ENTERED_IN_ERROR));
  ASSERT_THAT(Items(), SizeIs(1));
  test_.Submit(
      kPoliceFuyang,
      Say("A2", 2).Retract(v1::RecordRetraction::REASON_ERASURE_REQUESTED));
  EXPECT_THAT(Items(), IsEmpty());
  EXPECT_EQ(Stratum(v1::LINKAGE_BAND_NUMBER).gone(), 2U);
}

TEST_F(Sample, WhatChangedMustBeSeenBeforeItIsAnswered) {
  AddTwo(1, true);
  ASSERT_TRUE(Draw(Seeded(1)).ok());
  const v1::ReviewItem before = Items().at(0);
  test_.Submit(kLaborSuzhou, Say("S1", 2).Born(1941, 7, 3));
  ASSERT_THAT(Items(), SizeIs(1));
  const v1::ReviewItem after = Items()[0];
  EXPECT_EQ(after.id(), before.id());
  EXPECT_NE(after.etag(), before.etag());
  EXPECT_EQ(ReasonOf(Rule(li_, before, v1::Decision::KIND_SAME).status()),
            "CHANGED_MEANWHILE");
  EXPECT_TRUE(Rule(li_, after, v1::Decision::KIND_SAME).ok());
}

TEST_F(Sample, OfTwoClerksOneAnswers) {
  AddTwo(1, false);
  ASSERT_TRUE(Draw(Seeded(1)).ok());
  const v1::ReviewItem item = Items().at(0);
  const v1::ReviewItem candidate = Items(v1::ReviewItem::KIND_CANDIDATE).at(0);
  ASSERT_TRUE(Claim(li_, item).ok());
  EXPECT_EQ(ReasonOf(Claim(wang_, item)), "REVIEW_CLAIMED");
  EXPECT_EQ(ReasonOf(Rule(wang_, item, v1::Decision::KIND_SAME).status()),
            "REVIEW_CLAIMED");
  // Nor as the candidate that the pair is, too.
  EXPECT_EQ(ReasonOf(Rule(wang_, candidate, v1::Decision::KIND_SAME).status()),
            "REVIEW_CLAIMED");
  ASSERT_TRUE(Rule(li_, item, v1::Decision::KIND_SAME).ok());
  EXPECT_EQ(ReasonOf(Rule(wang_, item, v1::Decision::KIND_DIFFERENT).status()),
            "DECISION_STANDS");
}

TEST_F(Sample, WhoIsUnsureLeavesItToOthers) {
  AddTwo(1, true);
  ASSERT_TRUE(Draw(Seeded(1)).ok());
  const auto next = [&](const Caller& caller) {
    const auto item = test_.hub().NextReviewItem(caller, {});
    EXPECT_TRUE(item.ok()) << item.status();
    return item.ok() ? item->item() : v1::ReviewItem();
  };
  const v1::ReviewItem item = next(li_);
  EXPECT_EQ(item.kind(), v1::ReviewItem::KIND_SAMPLE);
  ASSERT_TRUE(Rule(li_, item, v1::Decision::KIND_UNSURE).ok());
  EXPECT_EQ(next(li_).id(), "");
  EXPECT_EQ(Stratum(v1::LINKAGE_BAND_NUMBER).unsure(), 1U);
  const v1::ReviewItem others = next(wang_);
  EXPECT_EQ(others.id(), item.id());
  EXPECT_THAT(others.unsure(), SizeIs(1));
  ASSERT_TRUE(Rule(wang_, others, v1::Decision::KIND_SAME).ok());
  EXPECT_EQ(Stratum(v1::LINKAGE_BAND_NUMBER).unsure(), 0U);
  EXPECT_EQ(Stratum(v1::LINKAGE_BAND_NUMBER).same(), 1U);
}

TEST_F(Sample, AnotherDrawTakesThePlaceOfWhatWasLeftOpen) {
  for (const int sequence : {1, 2, 3}) AddTwo(sequence, true);
  ASSERT_TRUE(Draw(Seeded(1)).ok());
  ASSERT_THAT(Items(), SizeIs(3));
  ASSERT_TRUE(Rule(li_, Items()[0], v1::Decision::KIND_SAME).ok());
  const auto second = Draw(Seeded(2, 1));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->number(), 2U);
  EXPECT_THAT(Items(), SizeIs(1));
  // What somebody has ruled on is not what the rules say.
  EXPECT_EQ(second->strata(0).pairs(), 2);
}

TEST_F(Sample, TellsWhereTheSiteStands) {
  EXPECT_EQ(Report().precision().why(), "NO_SAMPLE");
  EXPECT_EQ(Report().recall().why(), "NO_SAMPLE");
  for (int sequence = 1; sequence <= 10; ++sequence) AddTwo(sequence, true);
  for (int sequence = 11; sequence <= 14; ++sequence) AddTwo(sequence, false);
  AddBelow();
  v1::DrawReviewSampleRequest request = Seeded(5);
  request.set_width(30);
  ASSERT_TRUE(Draw(request).ok());
  EXPECT_EQ(Report().precision().why(), "TOO_FEW_ANSWERS");
  // One of ten links is wrong, three of four candidates are one human being,
  // and so are the two that nobody was asked about.
  int numbers = 0;
  int candidates = 0;
  const auto open = Items(v1::ReviewItem::KIND_CANDIDATE);
  std::set<std::string> doubted;
  for (const v1::ReviewItem& one : open) doubted.insert(one.etag());
  for (const v1::ReviewItem& item : Items()) {
    v1::GetCandidateRequest get;
    get.set_id(item.id());
    const auto shown = Await<v1::GetCandidateResponse>([&](auto done) {
      test_.hub().GetCandidate(li_, get, std::move(done));
    });
    ASSERT_TRUE(shown.ok());
    bool same = true;
    if (doubted.contains(item.etag())) {
      same = ++candidates > 1;
    } else if (shown->record_a().identifiers_size() > 0) {
      same = ++numbers > 1;
    }
    ASSERT_TRUE(
        Rule(li_, item,
             same ? v1::Decision::KIND_SAME : v1::Decision::KIND_DIFFERENT)
            .ok());
  }
  EXPECT_EQ(numbers, 10);
  EXPECT_EQ(candidates, 4);
  const v1::GetLinkageReportResponse report = Report();
  // All pairs were answered: nothing is in doubt.
  EXPECT_DOUBLE_EQ(report.precision().value(), 0.9);
  EXPECT_DOUBLE_EQ(report.precision().low(), 0.9);
  EXPECT_DOUBLE_EQ(report.precision().high(), 0.9);
  EXPECT_NEAR(report.recall().value(), 12.0 / 13, 1e-9);
  EXPECT_NEAR(report.recall().low(), 12.0 / 13, 1e-9);
  EXPECT_EQ(report.precision().why(), "");
  // The pair below became one person by a decision, as three candidates did.
  EXPECT_EQ(report.joins_by_decision(), 4U);

  config::v1::Rules other;
  other.set_version("other");
  test_.UseRules(other);
  test_.Restart();
  EXPECT_EQ(Report().precision().why(), "RULES_CHANGED");
  EXPECT_EQ(Report().recall().why(), "RULES_CHANGED");
  EXPECT_EQ(Report().sample().number(), 1U);
}

class SampleWithTwo : public Sample {
 protected:
  static TestHub::Setup TwoPersons() {
    TestHub::Setup setup;
    setup.second_person.add_rulings(config::v1::SecondPerson::RULING_SAME);
    setup.second_person.add_rulings(config::v1::SecondPerson::RULING_DIFFERENT);
    return setup;
  }
  SampleWithTwo() : Sample(TwoPersons()) {}
};

TEST_F(SampleWithTwo, AnAnswerWaitsForASecondPerson) {
  AddTwo(1, false);
  ASSERT_TRUE(Draw(Seeded(1)).ok());
  const v1::ReviewItem item = Items().at(0);
  const v1::ReviewItem candidate = Items(v1::ReviewItem::KIND_CANDIDATE).at(0);
  const auto proposed = Rule(li_, item, v1::Decision::KIND_DIFFERENT);
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  const uint64_t number = proposed->decision().number();
  // Meanwhile neither the pair nor its candidate is anybody's to answer.
  EXPECT_THAT(Items(), IsEmpty());
  EXPECT_THAT(Items(v1::ReviewItem::KIND_CANDIDATE), IsEmpty());
  EXPECT_EQ(ReasonOf(Rule(wang_, candidate, v1::Decision::KIND_SAME).status()),
            "DECISION_PROPOSED");
  EXPECT_EQ(Stratum(v1::LINKAGE_BAND_CANDIDATE).waiting(), 1U);
  const auto waiting = Items(v1::ReviewItem::KIND_PROPOSAL, wang_);
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].subject(), item.id());
  const auto approved =
      Settle(wang_, number, v1::SettleProposalRequest::ANSWER_APPROVE);
  ASSERT_TRUE(approved.ok()) << approved.status();
  EXPECT_THAT(Items(), IsEmpty());
  EXPECT_THAT(Items(v1::ReviewItem::KIND_CANDIDATE), IsEmpty());
  EXPECT_EQ(Stratum(v1::LINKAGE_BAND_CANDIDATE).different(), 1U);
}

TEST_F(SampleWithTwo, WhatIsRefusedIsAskedForAgain) {
  AddTwo(1, true);
  ASSERT_TRUE(Draw(Seeded(1)).ok());
  const auto proposed = Rule(li_, Items().at(0), v1::Decision::KIND_DIFFERENT);
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  EXPECT_THAT(Items(), IsEmpty());
  ASSERT_TRUE(Settle(wang_, proposed->decision().number(),
                     v1::SettleProposalRequest::ANSWER_REFUSE)
                  .ok());
  EXPECT_THAT(Items(), SizeIs(1));
  EXPECT_EQ(Stratum(v1::LINKAGE_BAND_NUMBER).waiting(), 1U);
  EXPECT_EQ(Persons(), 1U);
}

}  // namespace
}  // namespace waystation::hub
