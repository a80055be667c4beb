// SPDX-License-Identifier: Apache-2.0
// What the hub does with cosignatures, and what it gives an agency to show
// others that one update is in the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

#include "proto/auditlog/batch_signature.h"
#include "proto/auditlog/merkle.h"
#include "proto/auditlog/note.h"
#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using auditlog::NoteAlgorithm;
using auditlog::NoteSigner;
using errors::ReasonOf;
using testing::IsEmpty;
using testing::SizeIs;

auditlog::Ed25519PrivateKey Key(char seed) {
  return *auditlog::Ed25519PrivateKey::FromSeed(std::string(32, seed));
}

NoteSigner WitnessOf(std::string_view agency, char seed) {
  return *NoteSigner::Create(agency, Key(seed), NoteAlgorithm::kCosignatureV1);
}

v1::SigningKey Registered(const std::string& id, char seed) {
  v1::SigningKey key;
  key.set_key_id(id);
  key.set_public_key(Key(seed).public_key().raw());
  return key;
}

v1::Agency Entry(TestHub& test, std::string_view id) {
  const auto list = test.hub().ListAgencies(OperatorCaller(), {});
  for (const v1::AgencyStatus& status : list->agencies()) {
    if (status.agency().id() == id) return status.agency();
  }
  return {};
}

absl::Status Put(TestHub& test, const v1::Agency& agency) {
  v1::PutAgencyRequest request;
  *request.mutable_agency() = agency;
  return Await<v1::PutAgencyResponse>([&](auto done) {
           test.hub().PutAgency(OperatorCaller(), request, std::move(done));
         })
      .status();
}

// Two agencies with a witness key each.
class Witnessed : public testing::Test {
 protected:
  Witnessed() {
    for (const auto& [agency, seed] :
         {std::pair(kLaborSuzhou, 'l'), std::pair(kPoliceSuzhou, 'p')}) {
      v1::Agency entry = Entry(test_, agency);
      *entry.add_witness_keys() = Registered("w", seed);
      EXPECT_TRUE(Put(test_, entry).ok());
    }
  }

  // Covers all that stands now.
  std::string Checkpoint() {
    v1::GetCheckpointRequest request;
    request.set_at_least(test_.hub().GetHubStatus()->log_size());
    return test_.hub().GetCheckpoint(AuditorCaller(), request)->checkpoint();
  }
  void Grow() {
    test_.Submit(kLaborFuyang,
                 Say("K" + std::to_string(++grown_), 1).Works("厂"));
  }
  // As a witness hands it in.
  static std::string Cosigned(const std::string& checkpoint,
                              const NoteSigner& witness, absl::Time time) {
    auditlog::Note note = *auditlog::ParseNote(checkpoint);
    note.signatures = {witness.Sign(note.text, time)};
    return auditlog::FormatNote(note);
  }
  absl::StatusOr<std::string> HandIn(std::string_view agency,
                                     const std::string& note) {
    v1::CosignRequest request;
    request.set_cosigned_checkpoint(note);
    const auto response = test_.hub().Cosign(AgencyCaller(agency), request);
    if (!response.ok()) return response.status();
    return response->checkpoint();
  }
  std::string LastOf(std::string_view agency) {
    return test_.hub().GetCheckpoint(AgencyCaller(agency), {})->last_cosigned();
  }

  TestHub test_;
  const NoteSigner labor_ = WitnessOf(kLaborSuzhou, 'l');
  const NoteSigner police_ = WitnessOf(kPoliceSuzhou, 'p');
  int grown_ = 0;
};

std::vector<std::string> Names(const std::string& note) {
  std::vector<std::string> names;
  const auditlog::Note parsed = *auditlog::ParseNote(note);
  for (const auditlog::NoteSignature& line : parsed.signatures) {
    names.push_back(line.name);
  }
  return names;
}

TEST_F(Witnessed, CosignaturesStandBesideTheCheckpointEverywhere) {
  const std::string plain = Checkpoint();
  EXPECT_THAT(LastOf(kLaborSuzhou), IsEmpty());
  const auto once = HandIn(kLaborSuzhou, Cosigned(plain, labor_, test_.Now()));
  ASSERT_TRUE(once.ok()) << once.status();
  const auto twice =
      HandIn(kPoliceSuzhou, Cosigned(*once, police_, test_.Now()));
  ASSERT_TRUE(twice.ok()) << twice.status();
  const std::vector<std::string> expected = {"test.example/log",
                                             std::string(kLaborSuzhou),
                                             std::string(kPoliceSuzhou)};
  EXPECT_EQ(Names(*twice), expected);
  const auditlog::Note note = *auditlog::ParseNote(*twice);
  EXPECT_EQ(note.text, auditlog::ParseNote(plain)->text);
  EXPECT_EQ(*labor_.verifier().CosignedAt(note),
            absl::FromUnixSeconds(absl::ToUnixSeconds(test_.Now())));
  EXPECT_TRUE(police_.verifier().Verify(note).ok());

  for (const bool restarted : {false, true}) {
    if (restarted) test_.Restart();
    EXPECT_EQ(LastOf(kLaborSuzhou), *twice);
    EXPECT_THAT(LastOf(kLaborFuyang), IsEmpty());
    EXPECT_THAT(test_.hub().ListCheckpoints(AuditorCaller(), {})->checkpoints(),
                testing::Contains(*twice));
    v1::GetInclusionProofRequest proof;
    proof.set_tree_size(auditlog::ParseCheckpoint(note.text)->size);
    EXPECT_EQ(
        test_.hub().GetInclusionProof(AuditorCaller(), proof)->checkpoint(),
        *twice);
  }
}

TEST_F(Witnessed, ACosignatureChangesNothingInTheLog) {
  const size_t before = test_.Events().size();
  const std::string plain = Checkpoint();
  ASSERT_TRUE(HandIn(kLaborSuzhou, Cosigned(plain, labor_, test_.Now())).ok());
  EXPECT_THAT(test_.Events(), SizeIs(before));
}

TEST_F(Witnessed, TheNewestWithEnoughWitnessesIsFound) {
  const auto newest = [&](uint32_t witnesses, uint64_t at_least = 0) {
    v1::GetCheckpointRequest request;
    request.set_witnesses(witnesses);
    request.set_at_least(at_least);
    return test_.hub().GetCheckpoint(AuditorCaller(), request);
  };
  EXPECT_EQ(ReasonOf(newest(1).status()), "COSIGNATURES_MISSING");
  const std::string first = Checkpoint();
  ASSERT_TRUE(HandIn(kLaborSuzhou, Cosigned(first, labor_, test_.Now())).ok());
  const auto both =
      HandIn(kPoliceSuzhou, Cosigned(first, police_, test_.Now()));
  Grow();
  const auto second =
      HandIn(kLaborSuzhou, Cosigned(Checkpoint(), labor_, test_.Now()));
  Grow();
  Checkpoint();
  EXPECT_EQ(newest(1)->checkpoint(), *second);
  EXPECT_EQ(newest(2)->checkpoint(), *both);
  EXPECT_EQ(ReasonOf(newest(3).status()), "COSIGNATURES_MISSING");
  const uint64_t size =
      auditlog::ParseCheckpoint(auditlog::ParseNote(*both)->text)->size;
  EXPECT_EQ(newest(2, size)->checkpoint(), *both);
  EXPECT_EQ(ReasonOf(newest(2, size + 1).status()), "COSIGNATURES_MISSING");
  EXPECT_EQ(LastOf(kPoliceSuzhou), *both);
  EXPECT_EQ(LastOf(kLaborSuzhou), *second);
}

TEST_F(Witnessed, WhatIsNotAWitnesssSignatureIsRefused) {
  const std::string plain = Checkpoint();
  const absl::Time now = test_.Now();
  const auto changed = [&](auto change) {
    auditlog::Note note = *auditlog::ParseNote(Cosigned(plain, labor_, now));
    change(note);
    return auditlog::FormatNote(note);
  };
  // What a hub with the same key and another history would have shown.
  auditlog::Checkpoint other =
      *auditlog::ParseCheckpoint(auditlog::ParseNote(plain)->text);
  other.root[0] ^= 1;
  const std::string forked = auditlog::SignCheckpoint(
      other, *NoteSigner::Create("test.example/log", test_.log_key()));
  other.size += 1000;
  const std::string longer = auditlog::SignCheckpoint(
      other, *NoteSigner::Create("test.example/log", test_.log_key()));
  const struct {
    std::string_view name;
    std::string_view agency;
    std::string note;
    std::string reason;
  } cases[] = {
      {"no note", kLaborSuzhou, "dear hub", "COSIGNATURE_WRONG"},
      {"no checkpoint", kLaborSuzhou,
       changed([](auto& note) { note.text = "dear hub\n"; }),
       "COSIGNATURE_WRONG"},
      {"no cosignature", kLaborSuzhou, plain, "WITNESS_UNKNOWN"},
      {"another's", kPoliceSuzhou, Cosigned(plain, labor_, now),
       "WITNESS_UNKNOWN"},
      {"a key that is not registered", kLaborSuzhou,
       Cosigned(plain, WitnessOf(kLaborSuzhou, 'x'), now), "WITNESS_UNKNOWN"},
      {"an agency without keys", kLaborFuyang,
       Cosigned(plain, WitnessOf(kLaborFuyang, 'l'), now), "WITNESS_UNKNOWN"},
      {"one bit", kLaborSuzhou,
       changed([](auto& note) { note.signatures[0].bytes[20] ^= 1; }),
       "COSIGNATURE_WRONG"},
      {"another time", kLaborSuzhou,
       changed([](auto& note) { note.signatures[0].bytes[7] ^= 1; }),
       "COSIGNATURE_WRONG"},
      {"cut", kLaborSuzhou,
       changed([](auto& note) { note.signatures[0].bytes.pop_back(); }),
       "COSIGNATURE_WRONG"},
      {"of tomorrow", kLaborSuzhou,
       Cosigned(plain, labor_, now + absl::Hours(24)), "COSIGNATURE_WRONG"},
      {"of another history", kLaborSuzhou, Cosigned(forked, labor_, now),
       "CHECKPOINT_UNKNOWN"},
      {"of a longer one", kLaborSuzhou, Cosigned(longer, labor_, now),
       "CHECKPOINT_UNKNOWN"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(ReasonOf(HandIn(c.agency, c.note).status()), c.reason);
  }
  EXPECT_EQ(Names(Checkpoint()), std::vector<std::string>{"test.example/log"});
  v1::CosignRequest request;
  request.set_cosigned_checkpoint(Cosigned(plain, labor_, now));
  for (const Caller& caller : {OperatorCaller(), AuditorCaller()}) {
    EXPECT_EQ(ReasonOf(test_.hub().Cosign(caller, request).status()),
              "WRONG_ROLE");
  }

  // Refusals leave their trace: somebody may have been shown another history.
  test_.Stop();
  ASSERT_TRUE(test_.TryStart().ok());
  std::map<std::string, int> refused;
  for (const v1::LoggedEvent& logged : test_.Events()) {
    if (logged.event().act() == "AuditService.Cosign") {
      ++refused[logged.event().reason()];
    }
  }
  EXPECT_EQ(refused["CHECKPOINT_UNKNOWN"], 1);
  EXPECT_GE(refused["WITNESS_UNKNOWN"], 1);
}

TEST_F(Witnessed, AKeyCountsWhileItIsInForce) {
  const std::string first = Checkpoint();
  ASSERT_TRUE(HandIn(kLaborSuzhou, Cosigned(first, labor_, test_.Now())).ok());
  // It ends: what it signed before stands, what it signs now does not.
  v1::Agency entry = Entry(test_, kLaborSuzhou);
  entry.mutable_witness_keys(0)->mutable_valid_until()->set_seconds(
      absl::ToUnixSeconds(test_.Now()) + 60);
  ASSERT_TRUE(Put(test_, entry).ok());
  test_.Advance(absl::Hours(1));
  Grow();
  EXPECT_EQ(
      ReasonOf(HandIn(kLaborSuzhou, Cosigned(Checkpoint(), labor_, test_.Now()))
                   .status()),
      "WITNESS_UNKNOWN");
  EXPECT_THAT(Names(LastOf(kLaborSuzhou)), SizeIs(2));
  // It turns out to have been stolen: nothing of it is shown any more.
  entry.clear_witness_keys();
  ASSERT_TRUE(Put(test_, entry).ok());
  EXPECT_THAT(Names(LastOf(kLaborSuzhou)), SizeIs(1));
}

TEST_F(Witnessed, RegistrationIsALeafAndKeysAreApart) {
  const size_t before = test_.Events().size();
  v1::Agency entry = Entry(test_, kHealthSuzhou);
  *entry.add_witness_keys() = Registered("2026", 'h');
  ASSERT_TRUE(Put(test_, entry).ok());
  ASSERT_THAT(test_.Events(), SizeIs(before + 1));
  EXPECT_EQ(test_.Events().back().event().act(), "agency.put");
  EXPECT_EQ(test_.Events().back().event().object(), kHealthSuzhou);

  const struct {
    std::string_view name;
    std::function<void(v1::Agency&)> spoil;
  } cases[] = {
      {"another agency's",
       [](auto& a) { *a.add_witness_keys() = Registered("x", 'l'); }},
      {"twice", [](auto& a) { *a.add_witness_keys() = Registered("x", 'h'); }},
      {"an id twice",
       [](auto& a) { *a.add_witness_keys() = Registered("2026", 'z'); }},
      {"also for frames",
       [](auto& a) { *a.add_signing_keys() = Registered("x", 'h'); }},
      {"another's for frames",
       [](auto& a) { *a.add_signing_keys() = Registered("x", 'l'); }},
      {"no key",
       [](auto& a) { a.mutable_witness_keys(0)->set_public_key("short"); }},
  };
  for (const auto& [name, spoil] : cases) {
    SCOPED_TRACE(name);
    v1::Agency spoilt = entry;
    spoil(spoilt);
    EXPECT_EQ(ReasonOf(Put(test_, spoilt)), "AGENCY_INVALID");
  }
}

// --- one update, for a third party ---

class UpdateProof : public Witnessed {
 protected:
  // Two updates in one frame that the agency has signed.
  uint64_t SubmitSigned(const std::vector<Say>& updates) {
    v1::Agency entry = Entry(test_, kLaborSuzhou);
    if (entry.signing_keys().empty()) {
      *entry.add_signing_keys() = Registered("k1", 's');
      EXPECT_TRUE(Put(test_, entry).ok());
    }
    v1::SubmitRecordsRequest request;
    v1::Frame& frame = *request.mutable_frame();
    std::vector<auditlog::Hash> hashes;
    for (const Say& update : updates) {
      frame.add_updates(update.bytes());
      frame.add_salts(std::string(16, static_cast<char>(hashes.size() + 1)));
      hashes.push_back(auditlog::SaltedHash(*frame.salts().rbegin(),
                                            *frame.updates().rbegin()));
    }
    frame.mutable_signature()->set_key_id("k1");
    frame.mutable_signature()->set_signature(
        *auditlog::SignFrame(kLaborSuzhou, "k1", hashes, Key('s')));
    const auto response = Await<v1::SubmitRecordsResponse>([&](auto done) {
      test_.hub().SubmitFrame(AgencyCaller(kLaborSuzhou), request,
                              std::move(done));
    });
    EXPECT_TRUE(response.ok()) << response.status();
    return response->leaf().index();
  }

  absl::StatusOr<v1::GetUpdateProofResponse> Ask(const Caller& caller,
                                                 std::string_view record_key,
                                                 uint64_t revision = 0,
                                                 uint32_t witnesses = 0) {
    v1::GetUpdateProofRequest request;
    request.set_record_key(std::string(record_key));
    request.set_revision(revision);
    request.set_witnesses(witnesses);
    return test_.hub().GetUpdateProof(caller, request);
  }
  absl::StatusOr<v1::GetUpdateProofResponse> Ask(const Caller& caller,
                                                 uint64_t index,
                                                 uint32_t detail) {
    v1::GetUpdateProofRequest request;
    request.set_index(index);
    request.set_detail(detail);
    return test_.hub().GetUpdateProof(caller, request);
  }
};

TEST_F(UpdateProof, HoldsWithNothingButTheKeys) {
  const Say second = Say("B", 1).Works("乙厂");
  const uint64_t leaf = SubmitSigned({Say("A", 1).Works("甲厂"), second});
  ASSERT_TRUE(
      HandIn(kPoliceSuzhou, Cosigned(Checkpoint(), police_, test_.Now())).ok());
  Grow();
  const auto proof = Ask(AgencyCaller(kLaborSuzhou), "B", 0, 1);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_EQ(proof->inclusion().index(), leaf);
  EXPECT_EQ(proof->detail(), 1u);
  EXPECT_EQ(proof->update(), second.bytes());
  EXPECT_EQ(
      proof->inclusion().details(1),
      auditlog::AsBytes(auditlog::SaltedHash(proof->salt(), proof->update())));
  const auto note = auditlog::ParseNote(proof->inclusion().checkpoint());
  EXPECT_TRUE(police_.verifier().Verify(*note).ok());
  const auto checkpoint = auditlog::ParseCheckpoint(note->text);
  EXPECT_EQ(checkpoint->size, proof->inclusion().tree_size());
  EXPECT_TRUE(auditlog::VerifyInclusion(
                  auditlog::LeafHash(proof->inclusion().leaf()), leaf,
                  checkpoint->size, ParseHashes(proof->inclusion().path()),
                  checkpoint->root)
                  .ok());
  v1::AuditEvent event;
  ASSERT_TRUE(event.ParseFromString(proof->inclusion().leaf()));
  EXPECT_EQ(proof->signing_key().key_id(), "k1");
  EXPECT_TRUE(auditlog::VerifyFrame(
                  kLaborSuzhou, "k1", ParseHashes(proof->inclusion().details()),
                  event.signature().signature(), Key('s').public_key())
                  .ok());
  // That too was told, and is in the log.
  const v1::AuditEvent told = test_.Events().back().event();
  EXPECT_EQ(told.act(), "AuditService.GetUpdateProof");
  EXPECT_EQ(told.object(), std::to_string(leaf));
  EXPECT_THAT(told.attributes(), testing::ElementsAre("employment"));
}

TEST_F(UpdateProof, ARevisionIsFoundAndTheNewestWithoutOne) {
  const uint64_t first = SubmitSigned({Say("A", 1).Works("甲厂")});
  const uint64_t second = SubmitSigned({Say("A", 2).Phone("13800000000")});
  const Caller labor = AgencyCaller(kLaborSuzhou);
  EXPECT_EQ(Ask(labor, "A")->inclusion().index(), second);
  EXPECT_EQ(Ask(labor, "A", 1)->inclusion().index(), first);
  EXPECT_EQ(ReasonOf(Ask(labor, "A", 3).status()), "NOT_AVAILABLE");
  EXPECT_EQ(Ask(labor, first, 0)->update(), Say("A", 1).Works("甲厂").bytes());
}

TEST_F(UpdateProof, IsForItsAgencyAndWithoutValuesForAuditors) {
  const uint64_t leaf = SubmitSigned({Say("A", 1).Works("甲厂")});
  const Caller other = AgencyCaller(kPoliceSuzhou);
  for (const auto& refused :
       {Ask(other, "A"), Ask(other, leaf, 0), Ask(other, 999'999, 0),
        Ask(other, uint64_t{0}, 0), Ask(AgencyCaller(kLaborSuzhou), "none"),
        Ask(AgencyCaller(kLaborSuzhou), uint64_t{0}, 0)}) {
    EXPECT_EQ(ReasonOf(refused.status()), "NOT_AVAILABLE");
  }
  EXPECT_EQ(ReasonOf(Ask(AgencyCaller(kLaborSuzhou), leaf, 1).status()),
            "OUT_OF_RANGE");
  EXPECT_EQ(ReasonOf(Ask(OperatorCaller(), leaf, 0).status()), "WRONG_ROLE");

  const size_t before = test_.Events().size();
  const auto shown = Ask(AuditorCaller(), leaf, 0);
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_THAT(shown->salt(), IsEmpty());
  EXPECT_THAT(shown->update(), IsEmpty());
  EXPECT_THAT(shown->inclusion().details(), SizeIs(1));
  EXPECT_THAT(test_.Events(), SizeIs(before));
  EXPECT_EQ(ReasonOf(Ask(AuditorCaller(), "A").status()), "INVALID_REQUEST");
  EXPECT_EQ(ReasonOf(Ask(AuditorCaller(), uint64_t{0}, 0).status()),
            "INVALID_REQUEST");
  EXPECT_EQ(ReasonOf(Ask(AuditorCaller(), 999'999, 0).status()),
            "OUT_OF_RANGE");
}

TEST_F(UpdateProof, OfWhatWasShreddedTheHashIsLeft) {
  const uint64_t leaf =
      SubmitSigned({Say("A", 1).Works("甲厂").Phone("13800000000")});
  SubmitSigned({Say("A", 2).Phone("13900000000")});
  const Caller labor = AgencyCaller(kLaborSuzhou);
  ASSERT_EQ(Ask(labor, leaf, 0)->salt().size(), 16u);
  // Half a year for phones; the sweep runs by itself.
  test_.Advance(absl::Hours(24 * 200));
  const auto is_shredded = [&] {
    const auto events = test_.Events();
    return std::ranges::any_of(events, [](const v1::LoggedEvent& logged) {
      return logged.event().act() == "claims.shred" &&
             logged.event().count() > 0;
    });
  };
  while (!is_shredded()) std::this_thread::yield();
  const auto proof = Ask(labor, leaf, 0);
  ASSERT_TRUE(proof.ok());
  EXPECT_THAT(proof->update(), IsEmpty());
  EXPECT_THAT(proof->salt(), IsEmpty());
  v1::AuditEvent event;
  ASSERT_TRUE(event.ParseFromString(proof->inclusion().leaf()));
  EXPECT_TRUE(auditlog::VerifyFrame(
                  kLaborSuzhou, "k1", ParseHashes(proof->inclusion().details()),
                  event.signature().signature(), Key('s').public_key())
                  .ok());
}

}  // namespace
}  // namespace waystation::hub
