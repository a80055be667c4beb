// SPDX-License-Identifier: Apache-2.0
// What a third party makes of a proof, and of one in which one thing is wrong.
#include "waystation/audit_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "proto/auditlog/batch_signature.h"
#include "proto/auditlog/merkle.h"
#include "proto/errors/error.h"
#include "tests/unit/client/support/certificates.h"
#include "tests/unit/client/support/test_log.h"
#include "waystation/report/v1/audit_report.pb.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::client {
namespace {

using auditlog::NoteAlgorithm;
using auditlog::NoteSigner;
using errors::ReasonOf;
using report::v1::UpdateProof;
using report::v1::WitnessEvidence;
using ::testing::SizeIs;
using testing::TemporaryFolder;
using testing::TestLog;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

NoteSigner Witness(std::string_view agency, char seed) {
  return *NoteSigner::Create(
      agency, *auditlog::Ed25519PrivateKey::FromSeed(std::string(32, seed)),
      NoteAlgorithm::kCosignatureV1);
}

std::string WithCosignatures(const std::string& note,
                             std::initializer_list<NoteSigner> witnesses) {
  auditlog::Note parsed = *auditlog::ParseNote(note);
  for (const NoteSigner& witness : witnesses) {
    parsed.signatures.push_back(witness.Sign(parsed.text, kNow));
  }
  return auditlog::FormatNote(parsed);
}

// A frame of three updates among other entries, and the proof of the second.
class UpdateProofTest : public ::testing::Test {
 protected:
  UpdateProofTest() {
    const auto key = *auditlog::Ed25519PrivateKey::Generate();
    agency_key_ = key.public_key();
    for (int i = 0; i < 5; ++i) log_.AppendPlain();
    std::vector<auditlog::Hash> hashes;
    for (int i = 0; i < 3; ++i) {
      v1::Update update;
      update.set_record_key("K" + std::to_string(i));
      update.set_revision(7);
      update.mutable_claims()->mutable_name()->set_full("王芳");
      update.mutable_mask()->add_paths("name");
      updates_.push_back(update.SerializeAsString());
      hashes.push_back(auditlog::SaltedHash(Salt(i), updates_.back()));
    }
    v1::AuditEvent event;
    event.set_kind(v1::AuditEvent::KIND_UPDATES);
    event.set_agency("labor.320500");
    event.set_details_root(
        std::string(auditlog::AsBytes(auditlog::TreeRoot(hashes))));
    event.mutable_signature()->set_key_id("2026");
    event.mutable_signature()->set_signature(
        *auditlog::SignFrame("labor.320500", "2026", hashes, key));
    log_.leaves.push_back(event.SerializeAsString());
    log_.details.emplace_back();
    for (int i = 0; i < 4; ++i) log_.AppendPlain();
    log_.Sign();

    v1::GetUpdateProofResponse answer;
    answer.mutable_inclusion()->set_checkpoint(
        WithCosignatures(log_.checkpoints.back(), {labor_, police_}));
    answer.mutable_inclusion()->set_index(5);
    answer.mutable_inclusion()->set_leaf(log_.leaves[5]);
    for (const auditlog::Hash& hash : log_.Inclusion(5, 10)) {
      answer.mutable_inclusion()->add_path(
          std::string(auditlog::AsBytes(hash)));
    }
    for (const auditlog::Hash& hash : hashes) {
      answer.mutable_inclusion()->add_details(
          std::string(auditlog::AsBytes(hash)));
    }
    answer.set_detail(1);
    answer.set_salt(Salt(1));
    answer.set_update(updates_[1]);
    answer.mutable_signing_key()->set_key_id("2026");
    answer.mutable_signing_key()->set_public_key(agency_key_->raw());
    proof_ = ToUpdateProof(answer, log_.key().ToString());
  }

  static std::string Salt(int i) {
    return std::string(auditlog::kSaltSize, static_cast<char>('a' + i));
  }

  UpdateProofOptions Trusted() const {
    return {.log_key = log_.key(),
            .agency_key = agency_key_,
            .quorum = {.witnesses = {labor_.verifier(), police_.verifier()},
                       .least = 2}};
  }

  TestLog log_;
  const NoteSigner labor_ = Witness("labor.320500", 'l');
  const NoteSigner police_ = Witness("public_security.320500", 'p');
  std::optional<auditlog::Ed25519PublicKey> agency_key_;
  std::vector<std::string> updates_;
  UpdateProof proof_;
};

TEST_F(UpdateProofTest, HoldsWithTheKeysAlone) {
  const auto report = CheckUpdateProof(proof_, Trusted());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->findings_size(), 0) << report->DebugString();
  EXPECT_EQ(report->record_key(), "K1");
  EXPECT_EQ(report->revision(), 7U);
  EXPECT_THAT(report->attributes(), ::testing::ElementsAre("name"));
  EXPECT_EQ(report->agency(), "labor.320500");
  EXPECT_EQ(report->key_id(), "2026");
  EXPECT_EQ(report->updates(), 3U);
  EXPECT_EQ(report->tree_size(), 10U);
  EXPECT_FALSE(report->key_from_proof());
  ASSERT_THAT(report->cosigners(), SizeIs(2));
  EXPECT_EQ(report->cosigners(0).time().seconds(), 1'800'000'000);

  // By the proof's own word it says so.
  const auto trusting = CheckUpdateProof(proof_, {});
  EXPECT_EQ(trusting->findings_size(), 0);
  EXPECT_TRUE(trusting->key_from_proof());
  // Without what was told, the frame is still shown to be signed.
  proof_.clear_salt();
  proof_.clear_update();
  const auto untold = CheckUpdateProof(proof_, Trusted());
  EXPECT_EQ(untold->findings_size(), 0);
  EXPECT_EQ(untold->key_id(), "2026");
  EXPECT_EQ(untold->record_key(), "");
}

TEST_F(UpdateProofTest, OneThingWrongIsNamed) {
  const TestLog other;
  const auto flip = [](std::string& bytes) { bytes[bytes.size() / 2] ^= 1; };
  const struct {
    std::string_view name;
    std::function<void(UpdateProof&)> spoil;
    std::string reason;
  } cases[] = {
      {"another log's checkpoint",
       [&](auto& p) {
         p.set_checkpoint(other.checkpoints.empty() ? "none"
                                                    : other.checkpoints[0]);
       },
       "CHECKPOINT_NOT_SIGNED"},
      {"another root",
       [&](auto& p) {
         std::string& note = *p.mutable_checkpoint();
         note[note.find('\n', note.find('\n') + 1) + 3] ^= 1;
       },
       "CHECKPOINT_NOT_SIGNED"},
      {"another entry", [&](auto& p) { p.set_leaf(log_.leaves[4]); },
       "PROOF_FAILS"},
      {"another index", [](auto& p) { p.set_index(4); }, "PROOF_FAILS"},
      {"a shorter path", [](auto& p) { p.mutable_path()->RemoveLast(); },
       "PROOF_FAILS"},
      {"no hash in the path", [](auto& p) { p.set_path(0, "short"); },
       "PROOF_FAILS"},
      {"another detail", [&](auto& p) { flip(*p.mutable_details(2)); },
       "DETAILS_CHANGED"},
      {"a detail less", [](auto& p) { p.mutable_details()->RemoveLast(); },
       "DETAILS_CHANGED"},
      {"no such detail", [](auto& p) { p.set_detail(3); }, "DETAILS_CHANGED"},
      {"the update beside it", [](auto& p) { p.set_detail(0); },
       "DETAILS_CHANGED"},
      {"another salt", [&](auto& p) { flip(*p.mutable_salt()); },
       "DETAILS_CHANGED"},
      {"another update", [&](auto& p) { flip(*p.mutable_update()); },
       "DETAILS_CHANGED"},
      {"salt and update moved",
       [](auto& p) {
         p.mutable_update()->insert(0, 1, p.salt().back());
         p.mutable_salt()->pop_back();
       },
       "DETAILS_CHANGED"},
      {"one witness",
       [&](auto& p) {
         p.set_checkpoint(WithCosignatures(log_.checkpoints.back(), {labor_}));
       },
       "WITNESS_QUORUM"},
      {"one witness twice",
       [&](auto& p) {
         p.set_checkpoint(
             WithCosignatures(log_.checkpoints.back(), {labor_, labor_}));
       },
       "WITNESS_QUORUM"},
      {"a wrong cosignature",
       [&](auto& p) {
         auditlog::Note note = *auditlog::ParseNote(p.checkpoint());
         note.signatures.back().bytes[20] ^= 1;
         p.set_checkpoint(auditlog::FormatNote(note));
       },
       "COSIGNATURE_WRONG"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    UpdateProof spoilt = proof_;
    c.spoil(spoilt);
    const auto report = CheckUpdateProof(spoilt, Trusted());
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_GT(report->findings_size(), 0);
    EXPECT_EQ(report->findings(0).reason(), c.reason);
  }
  const auto stranger = *auditlog::Ed25519PrivateKey::Generate();
  UpdateProofOptions options = Trusted();
  options.agency_key = stranger.public_key();
  const auto unsigned_by = CheckUpdateProof(proof_, options);
  ASSERT_EQ(unsigned_by->findings_size(), 1);
  EXPECT_EQ(unsigned_by->findings(0).reason(), "FRAME_SIGNATURE_WRONG");
  EXPECT_EQ(unsigned_by->key_id(), "");

  proof_.set_format("something else");
  EXPECT_EQ(ReasonOf(CheckUpdateProof(proof_, Trusted()).status()),
            "CONFIG_INVALID");
}

// Two keys of one agency are one witness.
TEST(Quorum, CountsAgencies) {
  TestLog log;
  log.AppendPlain();
  log.Sign();
  const NoteSigner first = Witness("labor.320500", 'a');
  const NoteSigner second = Witness("labor.320500", 'b');
  const auto note = auditlog::ParseNote(
      WithCosignatures(log.checkpoints.back(), {first, second}));
  const auto cosigned = WhoCosigned(
      *note, {.witnesses = {first.verifier(), second.verifier()}, .least = 2});
  EXPECT_THAT(cosigned.by, SizeIs(1));
}

TEST(ReadWitnessKey, TakesAKeyOrAFileWithOne) {
  const TestLog log;
  const std::string text = Witness("labor.320500", 'a').verifier().ToString();
  const TemporaryFolder folder;
  testing::WriteFile(folder / "key", text + "\n");
  testing::WriteFile(folder / "log", log.key().ToString() + "\n");
  for (const std::string& given : {text, folder / "key"}) {
    EXPECT_EQ(ReadWitnessKey(given)->ToString(), text);
  }
  for (const std::string& given :
       {log.key().ToString(), folder / "log", folder / "none"}) {
    EXPECT_EQ(ReasonOf(ReadWitnessKey(given).status()), "CONFIG_INVALID");
  }
}

// Two logs of one key that share the first so many entries.
class EvidenceTest : public ::testing::Test {
 protected:
  WitnessEvidence Between(std::size_t first, std::size_t second,
                          bool forked = true) {
    while (log_.leaves.size() < first) log_.AppendPlain();
    log_.Sign();
    WitnessEvidence evidence;
    evidence.set_format(std::string(kEvidenceFormat));
    evidence.set_reason("LOG_FORKED");
    evidence.set_verifier_key(log_.key().ToString());
    evidence.set_seen(log_.checkpoints.back());
    if (forked) std::swap(log_.leaves[0], log_.leaves[1]);
    while (log_.leaves.size() < second) log_.AppendPlain();
    log_.Sign();
    evidence.set_shown(log_.checkpoints.back());
    for (const auditlog::Hash& hash : log_.Consistency(first, second)) {
      evidence.add_path(std::string(auditlog::AsBytes(hash)));
    }
    return evidence;
  }
  std::string Verdict(const WitnessEvidence& evidence) {
    const auto report = CheckEvidence(evidence, log_.key());
    EXPECT_TRUE(report.ok()) << report.status();
    return report->findings_size() == 0 ? "" : report->findings(0).reason();
  }

  TestLog log_;
};

TEST_F(EvidenceTest, APathToTheLaterRootConvictsByItself) {
  WitnessEvidence evidence = Between(11, 20);
  EXPECT_EQ(Verdict(evidence), "EVIDENCE_HOLDS");
  EXPECT_FALSE(CheckEvidence(evidence, log_.key())->key_from_evidence());
  EXPECT_TRUE(CheckEvidence(evidence, {})->key_from_evidence());
  // In whichever order they were seen.
  std::swap(*evidence.mutable_seen(), *evidence.mutable_shown());
  EXPECT_EQ(Verdict(evidence), "EVIDENCE_HOLDS");
  // Whoever holds such a file cannot make one up: without a path to the signed
  // root it decides nothing.
  evidence.mutable_path(0)->at(3) ^= 1;
  EXPECT_EQ(Verdict(evidence), "EVIDENCE_OPEN");
  evidence.clear_path();
  EXPECT_EQ(Verdict(evidence), "EVIDENCE_OPEN");
}

TEST_F(EvidenceTest, OneHistoryIsNoEvidence) {
  EXPECT_EQ(Verdict(Between(11, 20, /*forked=*/false)), "");
}

TEST_F(EvidenceTest, OneSizeWithTwoRootsConvicts) {
  EXPECT_EQ(Verdict(Between(11, 11)), "EVIDENCE_HOLDS");
}

TEST_F(EvidenceTest, WhatTheLogHasNotSignedIsNoEvidence) {
  const TestLog other;
  WitnessEvidence evidence = Between(11, 20);
  const auto report = CheckEvidence(evidence, other.key());
  ASSERT_EQ(report->findings_size(), 1);
  EXPECT_EQ(report->findings(0).reason(), "CHECKPOINT_NOT_SIGNED");
  evidence.set_shown("made up");
  EXPECT_EQ(Verdict(evidence), "CHECKPOINT_NOT_SIGNED");
  evidence.set_format("something else");
  EXPECT_EQ(ReasonOf(CheckEvidence(evidence, log_.key()).status()),
            "CONFIG_INVALID");
}

}  // namespace
}  // namespace waystation::client
