// SPDX-License-Identifier: Apache-2.0
// Who is who, as the hub keeps it: candidates, rulings on pairs, handles, and
// what an agency learns of its own records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <map>
#include <string>

#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

v1::GetCandidateResponse OnlyCandidate(TestHub& test) {
  const auto list = test.hub().ListCandidates(OfficeCaller(), {});
  EXPECT_TRUE(list.ok());
  EXPECT_THAT(list->candidates(), SizeIs(1));
  if (list->candidates_size() != 1) return {};
  v1::GetCandidateRequest request;
  request.set_id(list->candidates(0).id());
  const auto shown = Await<v1::GetCandidateResponse>([&](auto done) {
    test.hub().GetCandidate(OfficeCaller(), request, std::move(done));
  });
  EXPECT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->candidate().etag(), list->candidates(0).etag());
  EXPECT_EQ(shown->candidate().why(), list->candidates(0).why());
  return *shown;
}

absl::StatusOr<v1::DecideResponse> Rule(TestHub& test,
                                        const v1::Candidate& candidate,
                                        v1::Decision::Kind kind) {
  v1::DecideRequest request;
  request.set_subject(candidate.id());
  request.set_etag(candidate.etag());
  request.set_kind(kind);
  request.set_reason("both came to the counter");
  return test.Decide(request);
}

uint64_t Persons(TestHub& test) { return test.hub().GetHubStatus()->persons(); }

TEST(Linking, JoinsBySoundNumberAndName) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kHealthSuzhou,
              Say("H1", 1).Core(DemoNumber("341202", "19900307", 43), "王芳",
                                1990, 3, 7));
  EXPECT_EQ(Persons(test), 2U);
}

TEST(Linking, OpensACandidateWhereTheNameContradicts) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kPoliceSuzhou, Say("B1", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));
  EXPECT_EQ(Persons(test), 2U);
  const v1::GetCandidateResponse candidate = OnlyCandidate(test);
  EXPECT_EQ(candidate.candidate().why(), "NAME_CONTRADICTS");
  EXPECT_EQ(candidate.record_a().name().full(), "王芳") << "it is in question";
  EXPECT_EQ(candidate.record_a().identifiers(0).number().substr(4, 10),
            "**********");
}

TEST(Linking, CandidateSaysWhatSpeaksForAndAgainst) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kPoliceSuzhou, Say("B1", 1).Core(kNumber, "赵铁柱", 1990, 7, 3));
  const v1::GetCandidateResponse candidate = OnlyCandidate(test);
  EXPECT_EQ(candidate.rules_version(), "default");
  std::map<std::string, std::string> levels;
  double sum = 0;
  for (const v1::Contribution& one : candidate.contributions()) {
    levels[one.field()] = one.level();
    sum += one.weight();
  }
  EXPECT_EQ(levels, (std::map<std::string, std::string>{
                        {"number", "same"},
                        {"name", "differs"},
                        {"birth_date", "swapped"},
                        {"sex", "missing"},
                        {"phone", "missing"},
                        {"household", "missing"},
                        {"address", "missing"},
                    }));
  EXPECT_DOUBLE_EQ(candidate.score(), sum);
  EXPECT_GT(candidate.contributions(0).weight(), 0);
  EXPECT_LT(candidate.contributions(1).weight(), 0);
}

// Rows by which a record is found.
std::string IndexRows(TestHub& test) {
  test.Stop();
  sqlite3* database = nullptr;
  std::string rows;
  for (const auto& entry :
       std::filesystem::directory_iterator(test.folder() / "store")) {
    if (entry.path().extension() != ".db") continue;
    EXPECT_EQ(sqlite3_open(entry.path().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(
                  database, "SELECT count(*) FROM identifier",
                  [](void* to, int, char** values, char**) {
                    *static_cast<std::string*>(to) = values[0];
                    return 0;
                  },
                  &rows, nullptr),
              SQLITE_OK);
    sqlite3_close(database);
  }
  EXPECT_TRUE(test.TryStart().ok());
  return rows;
}

TEST(Linking, WhatIsTakenBackLeavesNoRowToFindItBy) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kPoliceFuyang, Say("A2", 1).Core(kNumber, "王芳", 1990, 3, 7));
  EXPECT_EQ(IndexRows(test), "2");
  // Another number, then none, then nothing at all.
  test.Submit(kPoliceFuyang,
              Say("A1", 2).Core(DemoNumber("341202", "19900307", 43), "王芳",
                                1990, 3, 7));
  EXPECT_EQ(IndexRows(test), "2");
  test.Submit(
      kPoliceFuyang,
      Say("A2", 2).Retract(v1::RecordRetraction::REASON_ERASURE_REQUESTED));
  EXPECT_EQ(IndexRows(test), "1");
  test.Submit(kPoliceFuyang,
              Say("A1", 3).Retract(v1::RecordRetraction::REASON_MOVED_OUT));
  EXPECT_EQ(IndexRows(test), "0");
  EXPECT_EQ(test.hub().CheckStore()->findings_size(), 0);
}

TEST(Linking, SameMergesAndUndoSplits) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kPoliceSuzhou, Say("B1", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));
  const auto candidate = OnlyCandidate(test).candidate();
  const auto ruled = Rule(test, candidate, v1::Decision::KIND_SAME);
  ASSERT_TRUE(ruled.ok()) << ruled.status();
  EXPECT_EQ(Persons(test), 1U);
  EXPECT_THAT(test.hub().ListCandidates(OfficeCaller(), {})->candidates(),
              IsEmpty());
  EXPECT_EQ(errors::ReasonOf(
                Rule(test, candidate, v1::Decision::KIND_DIFFERENT).status()),
            "DECISION_STANDS");
  ASSERT_TRUE(test.Undo(ruled->decision().number()).ok());
  EXPECT_EQ(Persons(test), 2U);
  OnlyCandidate(test);
  EXPECT_EQ(errors::ReasonOf(test.Undo(ruled->decision().number()).status()),
            "DECISION_UNDONE");
}

TEST(Linking, DifferentIsRememberedUntilWhatWasComparedChanges) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kPoliceSuzhou, Say("B1", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));
  ASSERT_TRUE(
      Rule(test, OnlyCandidate(test).candidate(), v1::Decision::KIND_DIFFERENT)
          .ok());
  test.Submit(kPoliceSuzhou, Say("B1", 2).Lives("320505"));
  EXPECT_THAT(test.hub().ListCandidates(OfficeCaller(), {})->candidates(),
              IsEmpty());
  test.Submit(kPoliceSuzhou, Say("B1", 3).Name("王芳"));
  EXPECT_EQ(Persons(test), 2U) << "the ruling stays in force";
  EXPECT_EQ(OnlyCandidate(test).candidate().why(), "KEPT_APART");
  v1::GetDecisionRequest request;
  request.set_number(1);
  EXPECT_EQ(test.hub().GetDecision(OfficeCaller(), request)->decision().state(),
            v1::Decision::STATE_REOPENED);
  ASSERT_TRUE(
      Rule(test, OnlyCandidate(test).candidate(), v1::Decision::KIND_SAME)
          .ok());
  EXPECT_EQ(Persons(test), 1U);
}

TEST(Linking, RulingThatContradictsAStandingOneIsRefused) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kPoliceSuzhou, Say("B1", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "欧阳建国", 1990, 3, 7));
  // Three names on one number: pairs are ruled on one by one.
  const auto list = test.hub().ListCandidates(OfficeCaller(), {});
  ASSERT_THAT(list->candidates(), SizeIs(3));
  ASSERT_TRUE(Rule(test, list->candidates(0), v1::Decision::KIND_SAME).ok());
  const auto left = test.hub().ListCandidates(OfficeCaller(), {});
  for (const v1::Candidate& candidate : left->candidates()) {
    const auto ruled = Rule(test, candidate, v1::Decision::KIND_DIFFERENT);
    ASSERT_TRUE(ruled.ok()) << ruled.status();
    break;
  }
  EXPECT_EQ(Persons(test), 2U);
}

TEST(Linking, AgencyIsToldWhenItsOwnRecordsMerge) {
  TestHub test;
  const auto one =
      test.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  const auto two = test.Submit(
      kLaborSuzhou, Say("S2", 1).Core(DemoNumber("341202", "19900307", 43),
                                      "王芳", 1990, 3, 7));
  EXPECT_NE(one.handle(), two.handle());
  const auto now = test.Submit(kLaborSuzhou, Say("S2", 2).Number(kNumber));
  EXPECT_EQ(now.handle(), one.handle());
  const auto page = test.Pull(kLaborSuzhou);
  ASSERT_TRUE(page.ok());
  ASSERT_THAT(page->entries(), SizeIs(1));
  EXPECT_EQ(page->entries(0).kind(), v1::CHANGE_KIND_MERGED);
  EXPECT_THAT(page->entries(0).view().record_keys(), ElementsAre("S1", "S2"));

  // The handle that was given before still names the person.
  v1::GetPersonRequest request;
  request.set_handle(two.handle());
  request.set_purpose(v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER);
  const auto person = Await<v1::GetPersonResponse>([&](auto done) {
    test.hub().GetPerson(AgencyCaller(kLaborSuzhou), request, std::move(done));
  });
  ASSERT_TRUE(person.ok()) << person.status();
  EXPECT_EQ(person->view().handle(), one.handle());

  test.Submit(kLaborSuzhou,
              Say("S2", 3).Number(DemoNumber("341202", "19900307", 43)));
  const auto after = test.Pull(kLaborSuzhou, page->last_token());
  ASSERT_THAT(after->entries(), SizeIs(testing::Ge(1)));
  EXPECT_EQ(after->entries(0).kind(), v1::CHANGE_KIND_SPLIT);
}

TEST(Linking, KeepsTwoRecordsOfAnAgencyApartThatSaysItHasOneOfEach) {
  TestHub test;
  v1::PutAgencyRequest put;
  put.mutable_agency()->set_id(std::string(kLaborSuzhou));
  put.mutable_agency()->set_sector("labor");
  put.mutable_agency()->set_jurisdiction("3205");
  put.mutable_agency()->set_unsigned_frames(true);
  put.mutable_agency()->set_unique_keys(true);
  const auto call = [&] {
    return Await<v1::PutAgencyResponse>([&](auto done) {
      test.hub().PutAgency(OperatorCaller(), put, std::move(done));
    });
  };
  ASSERT_TRUE(call().ok());
  const auto one =
      test.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  const auto two =
      test.Submit(kLaborSuzhou, Say("S2", 1).Core(kNumber, "王芳", 1990, 3, 7));
  EXPECT_EQ(Persons(test), 2U);
  EXPECT_NE(one.handle(), two.handle());
  EXPECT_EQ(OnlyCandidate(test).candidate().why(), "KEPT_APART");
  ASSERT_TRUE(
      Rule(test, OnlyCandidate(test).candidate(), v1::Decision::KIND_SAME)
          .ok());
  EXPECT_EQ(Persons(test), 1U);
  EXPECT_EQ(
      test.Submit(kLaborSuzhou, Say("S2", 2).Sex(v1::SEX_FEMALE)).handle(),
      one.handle());
  // What was joined under one word is not left to the other.
  put.mutable_agency()->set_unique_keys(false);
  EXPECT_EQ(errors::ReasonOf(call().status()), "AGENCY_INVALID");
}

TEST(Linking, LinksAcrossSectorsTellNobodyThatTwoOfItsRecordsAreOne) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kPoliceSuzhou, Say("B1", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));
  ASSERT_TRUE(
      Rule(test, OnlyCandidate(test).candidate(), v1::Decision::KIND_SAME)
          .ok());
  // The police's two are one by a ruling, which joins labor's two as well.
  const auto one =
      test.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  const auto two = test.Submit(
      kLaborSuzhou, Say("S2", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));
  EXPECT_EQ(Persons(test), 1U);
  EXPECT_NE(one.handle(), two.handle());
  const auto records = test.hub().ListRecords(AgencyCaller(kLaborSuzhou), {});
  ASSERT_THAT(records->records(), SizeIs(2));
  EXPECT_EQ(records->records(0).handle(), one.handle());
  EXPECT_EQ(records->records(1).handle(), two.handle());
  const auto person =
      test.GetPerson(kLaborSuzhou, "S1", v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER);
  ASSERT_TRUE(person.ok()) << person.status();
  EXPECT_THAT(person->view().record_keys(), ElementsAre("S1"));
  const auto page = test.Pull(kLaborSuzhou);
  for (const v1::MailboxEntry& entry : page->entries()) {
    EXPECT_NE(entry.kind(), v1::CHANGE_KIND_MERGED);
  }
}

}  // namespace
}  // namespace waystation::hub
