// SPDX-License-Identifier: Apache-2.0
// How well records are linked, as the hub counts it, and which records are one
// person for whoever holds that against a truth.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kGrouping = "grouping-of-a-test";

class Linkage : public testing::Test {
 protected:
  explicit Linkage(TestHub::Setup setup = {}) : test_(std::move(setup)) {}

  // Two records of one number, whose names contradict each other or agree.
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

  absl::StatusOr<v1::GroupRecordsResponse> Group(
      const std::vector<std::pair<std::string_view, std::string_view>>& records,
      const Caller& caller = OfficeCaller(),
      std::string_view grouping = kGrouping) {
    v1::GroupRecordsRequest request;
    request.set_grouping_id(std::string(grouping));
    for (const auto& [agency, key] : records) {
      v1::RecordReference& record = *request.add_records();
      record.set_agency(std::string(agency));
      record.set_record_key(std::string(key));
    }
    return test_.hub().GroupRecords(caller, request);
  }

  v1::GetLinkageReportResponse Report() {
    auto report = test_.hub().GetLinkageReport(OperatorCaller());
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : v1::GetLinkageReportResponse();
  }

  std::vector<v1::Candidate> Candidates() {
    const auto list = test_.hub().ListCandidates(OfficeCaller(), {});
    EXPECT_TRUE(list.ok());
    return {list->candidates().begin(), list->candidates().end()};
  }

  v1::Decision Rule(const Caller& caller, const v1::Candidate& candidate,
                    v1::Decision::Kind kind) {
    v1::DecideRequest request;
    request.set_subject(candidate.id());
    request.set_etag(candidate.etag());
    request.set_kind(kind);
    request.set_reason("both cards were seen");
    auto decided = Await<v1::DecideResponse>([&](auto done) {
      test_.hub().Decide(caller, request, std::move(done));
    });
    EXPECT_TRUE(decided.ok()) << decided.status();
    return decided.ok() ? decided->decision() : v1::Decision();
  }

  void Settle(const Caller& caller, uint64_t number,
              v1::SettleProposalRequest::Answer answer) {
    v1::SettleProposalRequest request;
    request.set_number(number);
    request.set_answer(answer);
    request.set_reason("looked at again");
    const auto settled = Await<v1::SettleProposalResponse>([&](auto done) {
      test_.hub().SettleProposal(caller, request, std::move(done));
    });
    EXPECT_TRUE(settled.ok()) << settled.status();
  }

  TestHub test_;
};

TEST_F(Linkage, GroupsRecordsAsPersonsHaveThem) {
  AddTwo(1, /*agree=*/true);
  AddTwo(2, /*agree=*/false);
  test_.Submit(kHealthSuzhou, Say("H3", 1).Name("李娜").Born(1990, 3, 7));
  test_.Submit(
      kHealthSuzhou,
      Say("H3", 2).Retract(v1::RecordRetraction::REASON_ENTERED_IN_ERROR));
  const auto answer = Group({{kPoliceFuyang, "A1"},
                             {kLaborSuzhou, "S1"},
                             {kPoliceFuyang, "A2"},
                             {kLaborSuzhou, "S2"},
                             {kHealthSuzhou, "H3"},
                             {kLaborSuzhou, "A1"},
                             {"nobody.000000", "A1"},
                             {kPoliceFuyang, "A1"}});
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_THAT(answer->groups(), SizeIs(8));
  const auto number = [&](int i) { return answer->groups(i).number(); };
  EXPECT_NE(number(0), 0U);
  EXPECT_EQ(number(0), number(1));
  EXPECT_EQ(number(0), number(7));
  EXPECT_THAT(answer->groups(0).candidates(), IsEmpty());
  EXPECT_NE(number(2), number(0));
  EXPECT_NE(number(2), number(3));
  EXPECT_THAT(answer->groups(2).candidates(), ElementsAre(number(3)));
  EXPECT_THAT(answer->groups(3).candidates(), ElementsAre(number(2)));
  // Taken back, another agency's key, nobody's.
  for (const int i : {4, 5, 6}) EXPECT_EQ(number(i), 0U) << i;
  EXPECT_EQ(answer->rules_version(), Report().rules_version());

  const std::vector<v1::AuditEvent> acts = ActsOf(test_, "record.group");
  ASSERT_THAT(acts, SizeIs(1));
  EXPECT_EQ(acts[0].kind(), v1::AuditEvent::KIND_OFFICE_READ);
  EXPECT_EQ(acts[0].actor(), OfficeCaller().path);
  EXPECT_EQ(acts[0].count(), 8U);
}

TEST_F(Linkage, NumbersMeanNothingOutsideOfTheGrouping) {
  AddTwo(1, true);
  const auto number = [&](const Caller& caller, std::string_view grouping) {
    const auto answer = Group({{kPoliceFuyang, "A1"}}, caller, grouping);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? answer->groups(0).number() : 0;
  };
  const auto first = number(OfficeCaller(), kGrouping);
  EXPECT_EQ(number(OfficeCaller(), kGrouping), first);
  EXPECT_NE(number(OfficeCaller(), "grouping-of-another"), first);
  EXPECT_NE(number(OfficeClerk("li"), kGrouping), first);
  // Still the same after a start.
  test_.Restart();
  EXPECT_EQ(number(OfficeCaller(), kGrouping), first);
}

TEST_F(Linkage, RefusesWhatNamesNoRecords) {
  const std::vector<std::pair<std::string_view, std::string_view>> one = {
      {kPoliceFuyang, "A1"}};
  const struct {
    std::string_view name;
    std::vector<std::pair<std::string_view, std::string_view>> records;
    std::string grouping;
    std::string_view reason;
    std::string_view field;
  } cases[] = {
      {"no records", {}, std::string(kGrouping), "INVALID_REQUEST", "records"},
      {"too many", std::vector(1001, one.front()), std::string(kGrouping),
       "INVALID_REQUEST", "records"},
      {"no agency",
       {one.front(), {"", "A1"}},
       std::string(kGrouping),
       "FIELD_MISSING",
       "records[1].agency"},
      {"no key",
       {{kPoliceFuyang, ""}},
       std::string(kGrouping),
       "FIELD_MISSING",
       "records[0].record_key"},
      {"no grouping", one, "", "INVALID_REQUEST", "grouping_id"},
      {"a short one", one, "123456789012345", "INVALID_REQUEST", "grouping_id"},
      {"a long one", one, std::string(65, 'a'), "INVALID_REQUEST",
       "grouping_id"},
      {"words", one, "grouping of words", "INVALID_REQUEST", "grouping_id"},
  };
  for (const auto& [name, records, grouping, reason, field] : cases) {
    SCOPED_TRACE(name);
    const auto answer = Group(records, OfficeCaller(), grouping);
    EXPECT_EQ(ReasonOf(answer.status()), reason);
    const auto violations = errors::ViolationsOf(answer.status());
    ASSERT_THAT(violations, SizeIs(1));
    EXPECT_EQ(violations[0].field, field);
  }
  EXPECT_THAT(ActsOf(test_, "record.group"), IsEmpty());
}

TEST_F(Linkage, OnlyTheOfficeGroupsAndOperatorsAndAuditorsMaySeeCounts) {
  Caller subject_office = OfficeCaller();
  subject_office.name = "subject";
  subject_office.path = "office/subject";
  const struct {
    Caller caller;
    bool may_group;
    bool may_report;
  } cases[] = {{OfficeCaller(), true, true},
               {OfficeClerk("li"), true, true},
               {OperatorCaller(), false, true},
               {AuditorCaller(), false, true},
               {subject_office, false, false},
               {AgencyCaller(kLaborSuzhou), false, false}};
  for (const auto& [caller, may_group, may_report] : cases) {
    SCOPED_TRACE(caller.path);
    const auto grouped = Group({{kPoliceFuyang, "A1"}}, caller);
    EXPECT_EQ(ReasonOf(grouped.status()), may_group ? "" : "WRONG_ROLE");
    const auto report = test_.hub().GetLinkageReport(caller);
    EXPECT_EQ(ReasonOf(report.status()), may_report ? "" : "WRONG_ROLE");
  }
}

TEST_F(Linkage, CountsJoinsCandidatesAndRulings) {
  for (const int sequence : {1, 2}) AddTwo(sequence, true);
  for (const int sequence : {3, 4, 5, 6, 7}) AddTwo(sequence, false);
  v1::GetLinkageReportResponse report = Report();
  EXPECT_EQ(report.records(), 14U);
  EXPECT_EQ(report.persons(), 12U);
  EXPECT_EQ(report.joins_by_rules(), 2U);
  EXPECT_EQ(report.joins_by_decision(), 0U);
  EXPECT_EQ(report.candidates_open(), 5U);
  EXPECT_FALSE(report.candidates_same().has_value());
  EXPECT_LT(report.lower(), report.upper());

  const std::vector<v1::Candidate> open = Candidates();
  ASSERT_THAT(open, SizeIs(5));
  Rule(OfficeCaller(), open[0], v1::Decision::KIND_SAME);
  Rule(OfficeCaller(), open[1], v1::Decision::KIND_SAME);
  Rule(OfficeCaller(), open[2], v1::Decision::KIND_DIFFERENT);
  Rule(OfficeCaller(), open[3], v1::Decision::KIND_UNSURE);
  const uint64_t taken_back =
      Rule(OfficeCaller(), open[4], v1::Decision::KIND_SAME).number();
  ASSERT_TRUE(test_.Undo(taken_back).ok());
  report = Report();
  EXPECT_EQ(report.persons(), 10U);
  EXPECT_EQ(report.joins_by_rules(), 2U);
  EXPECT_EQ(report.joins_by_decision(), 2U);
  EXPECT_EQ(report.candidates_open(), 2U);
  EXPECT_EQ(report.rulings().same(), 2U);
  EXPECT_EQ(report.rulings().different(), 1U);
  EXPECT_EQ(report.rulings().unsure(), 1U);
  EXPECT_EQ(report.rulings().undone(), 1U);
  EXPECT_EQ(report.candidates_same().hits(), 2U);
  EXPECT_EQ(report.candidates_same().all(), 3U);
  EXPECT_NEAR(report.candidates_same().value(), 2.0 / 3, 1e-9);
  EXPECT_LT(report.candidates_same().low(), 2.0 / 3);
  EXPECT_GT(report.candidates_same().high(), 2.0 / 3);
}

class LinkageWithTwo : public Linkage {
 protected:
  static TestHub::Setup TwoPersons() {
    TestHub::Setup setup;
    setup.second_person.add_rulings(config::v1::SecondPerson::RULING_SAME);
    return setup;
  }
  LinkageWithTwo() : Linkage(TwoPersons()) {}
};

// What was proposed and never stood is no ruling.
TEST_F(LinkageWithTwo, CountsOfProposalsWhatBecameOfThem) {
  for (const int sequence : {1, 2, 3, 4}) AddTwo(sequence, false);
  const std::vector<v1::Candidate> open = Candidates();
  ASSERT_THAT(open, SizeIs(4));
  const Caller li = OfficeClerk("li");
  const Caller wang = OfficeClerk("wang");
  std::vector<uint64_t> numbers;
  for (const v1::Candidate& candidate : open) {
    numbers.push_back(Rule(li, candidate, v1::Decision::KIND_SAME).number());
  }
  Settle(wang, numbers[0], v1::SettleProposalRequest::ANSWER_APPROVE);
  Settle(wang, numbers[1], v1::SettleProposalRequest::ANSWER_REFUSE);
  Settle(li, numbers[2], v1::SettleProposalRequest::ANSWER_WITHDRAW);
  const v1::GetLinkageReportResponse report = Report();
  EXPECT_EQ(report.rulings().same(), 1U);
  EXPECT_EQ(report.rulings().refused(), 1U);
  EXPECT_EQ(report.rulings().withdrawn(), 1U);
  EXPECT_EQ(report.rulings().proposed(), 1U);
  EXPECT_EQ(report.joins_by_decision(), 1U);
  EXPECT_EQ(report.candidates_same().all(), 1U);
}

}  // namespace
}  // namespace waystation::hub
