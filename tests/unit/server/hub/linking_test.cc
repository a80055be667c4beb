// SPDX-License-Identifier: Apache-2.0
// Who is who, as the hub keeps it: candidates, rulings on pairs, handles, and
// what an agency learns of its own records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/rand.h>
#include <sqlite3.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proto/errors/error.h"
#include "server/hub/record.h"
#include "tests/unit/server/hub/fixtures.h"
#include "tests/unit/server/hub/stock.h"
#include "waystation/store/v1/stored.pb.h"

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
  // Each by its number, and by three keys of name and birth date.
  EXPECT_EQ(IndexRows(test), "8");
  // Another number, then none, then nothing at all.
  test.Submit(kPoliceFuyang,
              Say("A1", 2).Core(DemoNumber("341202", "19900307", 43), "王芳",
                                1990, 3, 7));
  EXPECT_EQ(IndexRows(test), "8");
  test.Submit(
      kPoliceFuyang,
      Say("A2", 2).Retract(v1::RecordRetraction::REASON_ERASURE_REQUESTED));
  EXPECT_EQ(IndexRows(test), "4");
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

// --- by scores ---

TEST(Scores, JoinWhatHasNoNumber) {
  TestHub test;
  test.Submit(kPoliceFuyang,
              Say("A1", 1).Core(kNumber, "欧阳建国", 1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("歐陽建国").Born(1990, 3, 7));
  EXPECT_EQ(Persons(test), 1U);
  EXPECT_THAT(test.hub().ListCandidates(OfficeCaller(), {})->candidates(),
              IsEmpty());
  // Somebody else of the same name.
  test.Submit(kHealthSuzhou, Say("H1", 1).Name("欧阳建国").Born(1972, 10, 1));
  EXPECT_EQ(Persons(test), 2U);
}

TEST(Scores, AskAClerkWhereTheySayTooLittle) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("王芳").Born(1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("王方").Born(1990, 3, 7));
  EXPECT_EQ(Persons(test), 2U);
  const v1::GetCandidateResponse candidate = OnlyCandidate(test);
  EXPECT_EQ(candidate.candidate().why(), "SCORE_BETWEEN_THRESHOLDS");
  EXPECT_GT(candidate.score(), 12);
  EXPECT_LT(candidate.score(), 24);
  ASSERT_TRUE(Rule(test, candidate.candidate(), v1::Decision::KIND_SAME).ok());
  EXPECT_EQ(Persons(test), 1U);
}

TEST(Scores, JoinNobodyWhereThatIsSwitchedOff) {
  config::v1::Rules rules;
  rules.set_version("by hand");
  rules.mutable_linking()->set_automatic(false);
  TestHub test({.rules = rules});
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("欧阳建国").Born(1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("欧阳建国").Born(1990, 3, 7));
  EXPECT_EQ(Persons(test), 2U);
  EXPECT_EQ(OnlyCandidate(test).candidate().why(), "SCORE_BETWEEN_THRESHOLDS");
}

// Late news: what was one person and is no longer goes to a clerk, and stays
// with one until somebody rules or nothing is left of it.
TEST(Scores, AskAClerkWhenACorrectionUndoesWhatTheyJoined) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("欧阳建国").Born(1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("欧阳建国").Born(1990, 3, 7));
  ASSERT_EQ(Persons(test), 1U);
  test.Submit(kLaborSuzhou, Say("S1", 2).Name("赵铁柱").Born(1985, 11, 30));
  EXPECT_EQ(Persons(test), 2U);
  EXPECT_EQ(OnlyCandidate(test).candidate().why(), "WITHDRAWN");
  test.Submit(kPoliceFuyang, Say("A1", 2).Name("歐陽建国"));
  const v1::Candidate still = OnlyCandidate(test).candidate();
  EXPECT_EQ(still.why(), "WITHDRAWN");
  const auto ruled = Rule(test, still, v1::Decision::KIND_SAME);
  ASSERT_TRUE(ruled.ok());
  EXPECT_EQ(Persons(test), 1U);
  ASSERT_TRUE(test.Undo(ruled->decision().number()).ok());
  EXPECT_EQ(Persons(test), 2U);
  EXPECT_EQ(OnlyCandidate(test).candidate().why(), "WITHDRAWN");
  test.Submit(kLaborSuzhou,
              Say("S1", 3).Retract(v1::RecordRetraction::REASON_MOVED_OUT));
  EXPECT_THAT(test.hub().ListCandidates(OfficeCaller(), {})->candidates(),
              IsEmpty());
}

// A key that many share tells nothing, whoever came first.
TEST(Scores, SayNothingInABlockThatIsTooLarge) {
  config::v1::Rules rules;
  rules.set_version("two of a key");
  rules.mutable_linking()->set_block_cap(2);
  TestHub test({.rules = rules});
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("欧阳建国").Born(1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("欧阳建国").Born(1990, 3, 7));
  ASSERT_EQ(Persons(test), 1U);
  test.Submit(kHealthSuzhou, Say("H1", 1).Name("欧阳建国").Born(1990, 3, 7));
  EXPECT_EQ(Persons(test), 3U);
  EXPECT_EQ(OnlyCandidate(test).candidate().why(), "WITHDRAWN");
  test.Submit(kHealthSuzhou,
              Say("H1", 2).Retract(v1::RecordRetraction::REASON_MOVED_OUT));
  EXPECT_EQ(Persons(test), 2U) << "one is left that claims nothing";
  EXPECT_THAT(test.hub().ListCandidates(OfficeCaller(), {})->candidates(),
              IsEmpty());
  // Another block that supports the pair is enough.
  test.Submit(kPoliceFuyang, Say("A1", 2).Phone("13805580001"));
  test.Submit(kLaborSuzhou, Say("S1", 2).Phone("13805580001"));
  test.Submit(kHealthSuzhou, Say("H1", 3).Name("欧阳建国").Born(1990, 3, 7));
  EXPECT_EQ(Persons(test), 2U);
}

TEST(Scores, BringBackADifferentWhenAPhoneIsNew) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("王芳").Born(1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("王方").Born(1990, 3, 7));
  ASSERT_TRUE(
      Rule(test, OnlyCandidate(test).candidate(), v1::Decision::KIND_DIFFERENT)
          .ok());
  EXPECT_THAT(test.hub().ListCandidates(OfficeCaller(), {})->candidates(),
              IsEmpty());
  test.Submit(kPoliceFuyang, Say("A1", 2).Phone("13805580001"));
  test.Submit(kLaborSuzhou, Say("S1", 2).Phone("13805580001"));
  EXPECT_EQ(Persons(test), 2U) << "the ruling stays in force";
  EXPECT_EQ(OnlyCandidate(test).candidate().why(), "KEPT_APART");
}

// An agency learns nothing of its own records from what others' say.
TEST(Scores, TellAnAgencyNothingOfItsOwnRecords) {
  TestHub test;
  const auto one =
      test.Submit(kLaborSuzhou, Say("S1", 1).Name("欧阳建国").Born(1990, 3, 7));
  const auto two =
      test.Submit(kLaborSuzhou, Say("S2", 1).Name("欧阳建国").Born(1990, 3, 7));
  EXPECT_EQ(Persons(test), 1U);
  EXPECT_NE(one.handle(), two.handle());
}

absl::StatusOr<v1::ExplainPairResponse> Explain(TestHub& test,
                                                std::string_view agency_a,
                                                const std::string& key_a,
                                                std::string_view agency_b,
                                                const std::string& key_b) {
  v1::ExplainPairRequest request;
  request.mutable_record_a()->set_agency(std::string(agency_a));
  request.mutable_record_a()->set_record_key(key_a);
  request.mutable_record_b()->set_agency(std::string(agency_b));
  request.mutable_record_b()->set_record_key(key_b);
  return Await<v1::ExplainPairResponse>([&](auto done) {
    test.hub().ExplainPair(OfficeCaller(), request, std::move(done));
  });
}

TEST(Scores, SayWhyOfEachPair) {
  TestHub test;
  test.Submit(kPoliceFuyang,
              Say("A1", 1).Core(kNumber, "欧阳建国", 1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("欧阳建国").Born(1990, 3, 7));
  test.Submit(kHealthSuzhou, Say("H1", 1).Name("欧阳建国").Born(1990, 4, 7));
  test.Submit(kLaborFuyang, Say("F1", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));

  const auto joined = Explain(test, kLaborSuzhou, "S1", kPoliceFuyang, "A1");
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_TRUE(joined->joined());
  EXPECT_FALSE(joined->shares_number());
  EXPECT_GT(joined->score(), joined->upper());
  EXPECT_EQ(joined->candidate(), "");
  EXPECT_EQ(joined->rules_version(), "default");
  EXPECT_THAT(joined->contributions(), SizeIs(7));

  const auto doubtful = Explain(test, kLaborFuyang, "F1", kPoliceFuyang, "A1");
  ASSERT_TRUE(doubtful.ok());
  EXPECT_FALSE(doubtful->joined());
  EXPECT_TRUE(doubtful->shares_number());
  EXPECT_EQ(doubtful->why(), "NAME_CONTRADICTS");
  const auto list = test.hub().ListCandidates(OfficeCaller(), {});
  for (const v1::Candidate& candidate : list->candidates()) {
    if (candidate.id() != doubtful->candidate()) continue;
    ASSERT_TRUE(Rule(test, candidate, v1::Decision::KIND_DIFFERENT).ok());
  }
  EXPECT_EQ(Explain(test, kPoliceFuyang, "A1", kLaborFuyang, "F1")->decision(),
            1u);

  const auto rejected = Explain(test, kHealthSuzhou, "H1", kLaborFuyang, "F1");
  ASSERT_TRUE(rejected.ok());
  EXPECT_FALSE(rejected->joined());
  EXPECT_LT(rejected->score(), rejected->lower());

  EXPECT_EQ(errors::ReasonOf(
                Explain(test, kLaborSuzhou, "S1", kLaborSuzhou, "S9").status()),
            "NOT_AVAILABLE");
  EXPECT_EQ(errors::ReasonOf(
                Explain(test, kLaborSuzhou, "S1", "nobody.1", "S1").status()),
            "NOT_AVAILABLE");
  EXPECT_EQ(errors::ReasonOf(
                Explain(test, kLaborSuzhou, "S1", kLaborSuzhou, "S1").status()),
            "INVALID_REQUEST");
  EXPECT_EQ(errors::ReasonOf(
                Explain(test, kLaborSuzhou, "", kLaborSuzhou, "S1").status()),
            "FIELD_MISSING");
  // Each answer names in the log whose records they were.
  const auto last = test.Events().back();
  EXPECT_EQ(last.event().act(), "pair.explain");
  EXPECT_EQ(last.event().count(), 2u);
}

TEST(Scores, AreMadeAnewUnderOtherRules) {
  config::v1::Rules rules;
  rules.set_version("strict");
  rules.mutable_linking()->mutable_thresholds()->set_upper(60);
  TestHub test({.rules = rules});
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("欧阳建国").Born(1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("欧阳建国").Born(1990, 3, 7));
  ASSERT_EQ(Persons(test), 2U);
  rules.set_version("default again");
  rules.clear_linking();
  test.UseRules(rules);
  test.Restart();
  while (ActsOf(test, "rules.reviewed").empty()) std::this_thread::yield();
  EXPECT_EQ(Persons(test), 1U);
  EXPECT_EQ(test.hub().GetHubStatus()->records_to_review(), 0u);
  EXPECT_EQ(test.hub().CheckStore()->findings_size(), 0);
  rules.set_version("strict again");
  rules.mutable_linking()->mutable_thresholds()->set_upper(60);
  test.UseRules(rules);
  test.Restart();
  while (ActsOf(test, "rules.reviewed").size() < 2) std::this_thread::yield();
  EXPECT_EQ(Persons(test), 2U);
  EXPECT_EQ(OnlyCandidate(test).candidate().why(), "SCORE_BETWEEN_THRESHOLDS");
}

// A hub that stops in the middle of a review goes on where it was.
TEST(Scores, AreMadeAnewOnceForEachRecord) {
  TestHub test;
  constexpr int kRecords = 1200;
  SubmitNamesakes(test, kRecords);
  config::v1::Rules rules;
  rules.set_version("strict");
  rules.mutable_linking()->mutable_thresholds()->set_upper(60);
  test.UseRules(rules);
  test.Restart();
  while (ActsOf(test, "rules.review").empty()) std::this_thread::yield();
  test.Restart();
  while (ActsOf(test, "rules.reviewed").empty()) std::this_thread::yield();
  uint32_t looked_at = 0;
  for (const v1::AuditEvent& event : ActsOf(test, "rules.review")) {
    looked_at += event.count();
  }
  EXPECT_EQ(looked_at, kRecords);
}

// Leaves the store as a release did that kept no vectors.
void ForgetVectors(TestHub& test) {
  test.Stop();
  auto store =
      storage::sqlite::OpenSqlite({.folder = test.folder() / "store",
                                   .checksum_key = test.keys().checksum_key()});
  ASSERT_TRUE(store.ok()) << store.status();
  RandomPool random([](void* out, size_t size) {
    RAND_bytes(static_cast<unsigned char*>(out), static_cast<int>(size));
  });
  Sealer sealer(test.keys(), random);
  storage::Batch batch;
  batch.id = {1};
  batch.reads.group = (*store)->NewestGroup();
  for (storage::AgencyNumber agency = 0; agency < 20; ++agency) {
    const auto rows = (*store)->ListRecords(agency, 0, 1000);
    ASSERT_TRUE(rows.ok()) << rows.status();
    for (const storage::RecordRow& row : *rows) {
      const auto record = OpenRecord(sealer, row);
      ASSERT_TRUE(record.ok()) << record.status();
      (*record)->vector.clear();
      ++(*record)->version;
      batch.records.push_back(SealRecord(sealer, **record, row.received_time));
    }
  }
  ASSERT_FALSE(batch.records.empty());
  const auto objects = (*store)->ListObjects("hub");
  ASSERT_TRUE(objects.ok()) << objects.status();
  for (storage::ObjectRow row : *objects) {
    store::v1::StoredIdentity identity;
    if (row.id != "identity" || !identity.ParseFromString(row.bytes)) continue;
    identity.set_index_version(1);
    row.bytes = identity.SerializeAsString();
    batch.objects.push_back(row);
  }
  ASSERT_EQ(batch.objects.size(), 1u);
  batch.leaves.push_back({.event = v1::AuditEvent().SerializeAsString()});
  ASSERT_TRUE((*store)->Commit(batch).ok());
}

// What a store of an earlier release lacks is filled in, and nobody is other
// than they were.
TEST(Scores, AreTakenAlongFromAStoreWithoutVectors) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("欧阳建国").Born(1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("欧阳建国").Born(1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S2", 1).Name("上官婉儿").Born(1980, 5, 9));
  ASSERT_EQ(Persons(test), 2U);
  ForgetVectors(test);
  ASSERT_TRUE(test.TryStart().ok());
  // Whether or not the others have been gone through yet.
  test.Submit(kPoliceFuyang, Say("A2", 1).Name("上官婉儿").Born(1980, 5, 9));
  EXPECT_EQ(Persons(test), 2U);
  while (ActsOf(test, "rules.reviewed").empty()) std::this_thread::yield();
  EXPECT_EQ(Persons(test), 2U);
  // Every record has its vector now.
  EXPECT_EQ(Difference(StockOf(test), ComputedAtOnce(test)), "");
  EXPECT_EQ(test.hub().CheckStore()->findings_size(), 0);
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
