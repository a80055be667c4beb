// SPDX-License-Identifier: Apache-2.0
// What the log proves: with nothing but what it shows, and its key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "google/protobuf/util/time_util.h"
#include "proto/auditlog/batch_signature.h"
#include "proto/auditlog/merkle.h"
#include "proto/auditlog/note.h"
#include "proto/errors/error.h"
#include "server/hub/refusals.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using google::protobuf::util::TimeUtil;
using testing::SizeIs;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

Say Core(std::string_view key) {
  return Say(key, 1).Core(kNumber, "王芳", 1990, 3, 7);
}

TEST(Audit, AcknowledgedFrameIsProvedBySignedCheckpoint) {
  TestHub test;
  for (int i = 0; i < 300; ++i) {
    test.Submit(kLaborFuyang, Say("K" + std::to_string(i), 1).Works("厂"));
  }
  const auto answer = test.Submit(kPoliceFuyang, std::vector<Say>{Core("A")});
  ASSERT_TRUE(answer.ok());
  v1::GetInclusionProofRequest request;
  request.set_index(answer->leaf().index());
  const auto proof =
      test.hub().GetInclusionProof(AgencyCaller(kPoliceFuyang), request);
  ASSERT_TRUE(proof.ok()) << proof.status();
  const auto shown = test.hub().GetCheckpoint(AgencyCaller(kPoliceFuyang), {});
  const auto verifier = auditlog::NoteVerifier::Parse(shown->verifier_key());
  ASSERT_TRUE(verifier.ok());
  EXPECT_EQ(verifier->key(), test.log_key().public_key());
  const auto checkpoint =
      auditlog::OpenCheckpoint(proof->checkpoint(), *verifier);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->size, proof->tree_size());
  EXPECT_TRUE(auditlog::VerifyInclusion(auditlog::LeafHash(proof->leaf()),
                                        proof->index(), proof->tree_size(),
                                        ParseHashes(proof->path()),
                                        checkpoint->root)
                  .ok());
  v1::AuditEvent event;
  ASSERT_TRUE(event.ParseFromString(proof->leaf()));
  EXPECT_EQ(
      event.details_root(),
      auditlog::AsBytes(auditlog::TreeRoot(ParseHashes(proof->details()))));
}

TEST(Audit, IsFilteredByActAndObject) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("A"));
  v1::ListEventsRequest request;
  request.set_act("agency.put");
  const auto puts = test.hub().ListEvents(AuditorCaller(), request);
  ASSERT_TRUE(puts.ok());
  ASSERT_GT(puts->events_size(), 1);
  for (const v1::LoggedEvent& logged : puts->events()) {
    EXPECT_EQ(logged.event().act(), "agency.put");
  }
  request.set_object(std::string(kPoliceFuyang));
  const auto one = test.hub().ListEvents(AuditorCaller(), request);
  ASSERT_TRUE(one.ok());
  ASSERT_EQ(one->events_size(), 1);
  EXPECT_EQ(one->events(0).event().object(), kPoliceFuyang);
  request.set_act("agreement.apply");
  EXPECT_EQ(test.hub().ListEvents(AuditorCaller(), request)->events_size(), 0);
}

TEST(Audit, CheckpointsAreConsistent) {
  TestHub test;
  const auto first = test.hub().GetCheckpoint(AuditorCaller(), {});
  ASSERT_TRUE(first.ok());
  for (int i = 0; i < 50; ++i) {
    test.Submit(kLaborFuyang, Say("K" + std::to_string(i), 1).Works("厂"));
  }
  v1::GetCheckpointRequest later;
  later.set_at_least(test.hub().GetHubStatus()->log_size());
  const auto second = test.hub().GetCheckpoint(AuditorCaller(), later);
  ASSERT_TRUE(second.ok());
  const auto verifier = auditlog::NoteVerifier::Parse(first->verifier_key());
  const auto one = auditlog::OpenCheckpoint(first->checkpoint(), *verifier);
  const auto two = auditlog::OpenCheckpoint(second->checkpoint(), *verifier);
  ASSERT_TRUE(one.ok() && two.ok());
  ASSERT_LT(one->size, two->size);
  v1::GetConsistencyProofRequest request;
  request.set_first(one->size);
  request.set_second(two->size);
  const auto proof = test.hub().GetConsistencyProof(AuditorCaller(), request);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_EQ(proof->checkpoint(), second->checkpoint());
  EXPECT_TRUE(auditlog::VerifyConsistency(one->size, two->size,
                                          ParseHashes(proof->path()), one->root,
                                          two->root)
                  .ok());
  later.set_at_least(two->size + 1000);
  EXPECT_EQ(ReasonOf(test.hub().GetCheckpoint(AuditorCaller(), later).status()),
            "OUT_OF_RANGE");
  EXPECT_THAT(test.hub().ListCheckpoints(AuditorCaller(), {})->checkpoints(),
              SizeIs(2));
}

TEST(Audit, SignatureOfAFrameIsKeptAndChecked) {
  TestHub test;
  const auto key = *auditlog::Ed25519PrivateKey::Generate();
  v1::PutAgencyRequest put;
  v1::Agency& agency = *put.mutable_agency();
  agency.set_id(std::string(kLaborFuyang));
  agency.set_sector("labor");
  agency.set_jurisdiction("3412");
  v1::SigningKey& signing = *agency.add_signing_keys();
  signing.set_key_id("k1");
  signing.set_public_key(key.public_key().raw());
  ASSERT_TRUE(Await<v1::PutAgencyResponse>([&](auto done) {
                test.hub().PutAgency(OperatorCaller(), put, std::move(done));
              }).ok());

  const auto send = [&](const std::function<void(v1::Frame&)>& spoil) {
    v1::SubmitRecordsRequest request;
    v1::Frame& frame = *request.mutable_frame();
    std::vector<auditlog::Hash> hashes;
    for (const char* record : {"F1", "F2"}) {
      frame.add_updates(Core(record).bytes());
      frame.add_salts(std::string(16, record[1]));
      hashes.push_back(auditlog::SaltedHash(*frame.salts().rbegin(),
                                            *frame.updates().rbegin()));
    }
    frame.mutable_signature()->set_key_id("k1");
    frame.mutable_signature()->set_signature(
        *auditlog::SignFrame(kLaborFuyang, "k1", hashes, key));
    spoil(frame);
    return Await<v1::SubmitRecordsResponse>([&](auto done) {
      test.hub().SubmitFrame(AgencyCaller(kLaborFuyang), request,
                             std::move(done));
    });
  };
  const struct {
    std::string_view name;
    std::function<void(v1::Frame&)> spoil;
    std::string reason;
  } cases[] = {
      {"none", [](v1::Frame& f) { f.clear_signature(); }, "SIGNATURE_MISSING"},
      {"another key",
       [](v1::Frame& f) { f.mutable_signature()->set_key_id("k2"); },
       "SIGNING_KEY_UNKNOWN"},
      {"another update",
       [](v1::Frame& f) { f.set_updates(0, Core("F3").bytes()); },
       "SIGNATURE_INVALID"},
      {"another salt",
       [](v1::Frame& f) { f.set_salts(1, std::string(16, 'x')); },
       "SIGNATURE_INVALID"},
      {"a salt too few", [](v1::Frame& f) { f.mutable_salts()->RemoveLast(); },
       "SALTS_INVALID"},
      {"a short salt", [](v1::Frame& f) { f.set_salts(0, "short"); },
       "SALTS_INVALID"},
      {"empty", [](v1::Frame& f) { f.Clear(); }, "FRAME_EMPTY"},
      {"too many",
       [](v1::Frame& f) {
         for (int i = 0; i < 256; ++i) f.add_updates("x");
       },
       "FRAME_TOO_LARGE"},
      {"too long",
       [](v1::Frame& f) { f.set_updates(0, std::string(1 << 20, 'x')); },
       "FRAME_TOO_LARGE"},
  };
  for (const auto& [name, spoil, reason] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(ReasonOf(send(spoil).status()), reason);
  }
  const auto taken = send([](v1::Frame&) {});
  ASSERT_TRUE(taken.ok()) << taken.status();
  v1::GetInclusionProofRequest request;
  request.set_index(taken->leaf().index());
  const auto proof =
      test.hub().GetInclusionProof(AgencyCaller(kLaborFuyang), request);
  ASSERT_TRUE(proof.ok());
  v1::AuditEvent event;
  ASSERT_TRUE(event.ParseFromString(proof->leaf()));
  EXPECT_TRUE(auditlog::VerifyFrame(kLaborFuyang, event.signature().key_id(),
                                    ParseHashes(proof->details()),
                                    event.signature().signature(),
                                    key.public_key())
                  .ok());

  test.Restart();  // Draining writes what was counted.
  std::map<std::string, uint32_t> refused;
  for (const v1::LoggedEvent& logged : test.Events()) {
    if (logged.event().kind() != v1::AuditEvent::KIND_REFUSED) continue;
    EXPECT_EQ(logged.event().agency(), kLaborFuyang);
    refused[logged.event().reason()] += logged.event().count();
  }
  EXPECT_EQ(refused,
            (std::map<std::string, uint32_t>{{"SIGNATURE_MISSING", 1},
                                             {"SIGNING_KEY_UNKNOWN", 1},
                                             {"SIGNATURE_INVALID", 2}}));
}

TEST(Refusals, AreCountedOnWhereTheirLeafCouldNotBeWritten) {
  Refusals refusals;
  refusals.Count("agency/labor.320500", "RegistryService.GetPerson",
                 "NOT_AVAILABLE");
  const std::vector<v1::AuditEvent> lost = refusals.Take();
  ASSERT_THAT(lost, SizeIs(1));
  refusals.Count("agency/labor.320500", "RegistryService.GetPerson",
                 "NOT_AVAILABLE");
  refusals.PutBack(lost.front());
  const std::vector<v1::AuditEvent> again = refusals.Take();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again.front().count(), 2U);
  EXPECT_EQ(again.front().agency(), "labor.320500");
  EXPECT_THAT(refusals.Take(), testing::IsEmpty());
}

TEST(Audit, AgencyReadsWhatNamesItAndNothingElse) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("A"));
  const auto other = test.Submit(kLaborFuyang, std::vector<Say>{Core("F")});
  v1::ListEventsRequest request;
  const auto events =
      test.hub().ListEvents(AgencyCaller(kPoliceFuyang), request);
  ASSERT_TRUE(events.ok());
  EXPECT_THAT(events->events(), SizeIs(testing::Ge(2)));
  for (const v1::LoggedEvent& event : events->events()) {
    EXPECT_EQ(event.event().agency(), kPoliceFuyang);
  }
  v1::GetInclusionProofRequest proof;
  proof.set_index(other->leaf().index());
  const auto refused =
      test.hub().GetInclusionProof(AgencyCaller(kPoliceFuyang), proof);
  proof.set_index(1'000'000);
  const auto absent =
      test.hub().GetInclusionProof(AgencyCaller(kPoliceFuyang), proof);
  EXPECT_EQ(ReasonOf(refused.status()), "NOT_AVAILABLE");
  EXPECT_EQ(refused.status(), absent.status());
  // Past what the store can count there is nothing either, and no damage.
  proof.set_index(uint64_t{1} << 63);
  EXPECT_EQ(
      test.hub().GetInclusionProof(AgencyCaller(kPoliceFuyang), proof).status(),
      absent.status());
}

TEST(Audit, ListsUpAndDownInPagesWithFilters) {
  TestHub test;
  for (int i = 0; i < 25; ++i) {
    test.Submit(i % 2 == 0 ? kLaborFuyang : kPoliceFuyang,
                Say("K" + std::to_string(i), 1).Works("厂"));
  }
  for (const bool descending : {false, true}) {
    v1::ListEventsRequest request;
    request.set_page_size(4);
    request.set_kind(v1::AuditEvent::KIND_UPDATES);
    request.set_agency(std::string(kLaborFuyang));
    request.set_descending(descending);
    std::vector<uint64_t> indexes;
    do {
      const auto page = test.hub().ListEvents(AuditorCaller(), request);
      ASSERT_TRUE(page.ok()) << page.status();
      for (const v1::LoggedEvent& event : page->events()) {
        indexes.push_back(event.index());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    EXPECT_THAT(indexes, SizeIs(13));
    EXPECT_TRUE(descending ? std::ranges::is_sorted(indexes, std::greater())
                           : std::ranges::is_sorted(indexes));
  }
}

TEST(Audit, RefusesTimesBeyondMeasure) {
  TestHub test;
  v1::ListEventsRequest request;
  request.mutable_from_time()->set_seconds(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ReasonOf(test.hub().ListEvents(AuditorCaller(), request).status()),
            "INVALID_REQUEST");
}

TEST(Audit, EventsWithBytesFillPagesOfOneMessage) {
  TestHub test;
  for (int i = 0; i < 200; ++i) {
    std::vector<Say> frame;
    frame.reserve(257);
    for (int j = 0; j < 256; ++j) {
      frame.push_back(Say("K" + std::to_string(j), 1).Works("厂"));
    }
    frame.push_back(Say("K", static_cast<uint64_t>(i) + 1).Works("厂"));
    frame.erase(frame.begin());
    ASSERT_TRUE(test.Submit(kLaborFuyang, frame).ok());
  }
  v1::ListEventsRequest request;
  request.set_page_size(1000);
  request.set_with_bytes(true);
  uint64_t next = 0;
  int pages = 0;
  do {
    const auto page = test.hub().ListEvents(AuditorCaller(), request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->ByteSizeLong(), (size_t{1} << 20) + (32 << 10));
    for (const v1::LoggedEvent& event : page->events()) {
      EXPECT_EQ(event.index(), next++);
    }
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_GT(pages, 1);
  EXPECT_EQ(next, test.store().LoadFrontier()->size());
}

TEST(Audit, ClockThatJumpsBackNeverMakesTheLogRunBack) {
  TestHub test;
  test.Submit(kLaborFuyang, Say("K1", 1).Works("厂"));
  test.Advance(-absl::Hours(30));
  test.Submit(kLaborFuyang, Say("K1", 2).Works("公司"));
  test.Restart();
  test.Submit(kLaborFuyang, Say("K1", 3).Works("店"));
  int64_t latest = 0;
  for (const v1::LoggedEvent& event : test.Events()) {
    const int64_t time =
        TimeUtil::TimestampToMicroseconds(event.event().time());
    EXPECT_GE(time, latest);
    latest = time;
  }
  v1::GetRecordRequest request;
  request.set_record_key("K1");
  EXPECT_EQ(test.hub()
                .GetRecord(AgencyCaller(kLaborFuyang), request)
                ->claims(0)
                .value()
                .employment()
                .employer(),
            "店");
}

TEST(Audit, DrainSignsALastCheckpoint) {
  TestHub test;
  test.Submit(kLaborFuyang, Say("K1", 1).Works("厂"));
  test.hub().Drain();
  EXPECT_EQ(ReasonOf(test.Submit(kLaborFuyang,
                                 std::vector<Say>{Say("K2", 1).Works("厂")})
                         .status()),
            "DRAINING");
  const auto newest = test.store().NewestCheckpoint();
  ASSERT_TRUE(newest.ok() && newest->has_value());
  EXPECT_EQ((*newest)->size, test.store().LoadFrontier()->size());
}

TEST(Audit, DecisionsAndLooksOfTheOfficeStandInIt) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("A"));
  test.Submit(kPoliceSuzhou, Say("B", 1).Core(kNumber, "王芳", 1990, 7, 3));
  const auto conflict = test.OnlyConflict();
  ASSERT_TRUE(conflict.ok());
  EXPECT_EQ(conflict->person().name().full(), "王*");
  v1::GetConflictRequest reveal;
  reveal.set_id(conflict->conflict().id());
  reveal.add_reveal("name");
  const auto show = [&] {
    return Await<v1::GetConflictResponse>([&](auto done) {
      test.hub().GetConflict(OfficeCaller(), reveal, std::move(done));
    });
  };
  EXPECT_EQ(ReasonOf(show().status()), "REASON_MISSING");
  reveal.set_reason("to call the person");
  EXPECT_EQ(show()->person().name().full(), "王芳");
  ASSERT_TRUE(test.Choose(*conflict, kPoliceFuyang).ok());
  v1::GetDecisionRequest get;
  get.set_number(1);
  const auto decision = test.hub().GetDecision(OfficeCaller(), get);
  ASSERT_TRUE(decision.ok());
  ASSERT_TRUE(decision->decision().has_leaf());

  const std::vector<v1::LoggedEvent> events = test.Events();
  const v1::AuditEvent& last = events.back().event();
  EXPECT_EQ(events.back().index(), decision->decision().leaf().index());
  EXPECT_EQ(last.kind(), v1::AuditEvent::KIND_DECISION);
  EXPECT_EQ(last.actor(), "office/reconciliation");
  EXPECT_EQ(last.object(), "1");
  const v1::AuditEvent& look = events[events.size() - 2].event();
  EXPECT_EQ(look.kind(), v1::AuditEvent::KIND_OFFICE_READ);
  EXPECT_THAT(look.attributes(), testing::ElementsAre("name", "birth_date"));
}

}  // namespace
}  // namespace waystation::hub
