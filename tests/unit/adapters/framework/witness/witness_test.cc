// SPDX-License-Identifier: Apache-2.0
// One look after another at a hub that may show what it likes.
#include "adapters/framework/witness/witness.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "proto/errors/error.h"
#include "tests/unit/client/support/certificates.h"
#include "tests/unit/client/support/fake_hub.h"
#include "tests/unit/client/support/test_log.h"
#include "waystation/audit_proof.h"
#include "waystation/connection.h"
#include "waystation/report/v1/audit_report.pb.h"
#include "waystation/services.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::adapters {
namespace {

using errors::ReasonOf;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using waystation::testing::FakeCall;
using waystation::testing::FakeHub;
using waystation::testing::TemporaryFolder;
using waystation::testing::TestLog;

constexpr std::string_view kAgency = "labor.320500";

auditlog::NoteSigner Signer(char seed) {
  return *auditlog::NoteSigner::Create(
      kAgency, *auditlog::Ed25519PrivateKey::FromSeed(std::string(32, seed)),
      auditlog::NoteAlgorithm::kCosignatureV1);
}

auditlog::Checkpoint HeadOf(const std::string& note) {
  return *auditlog::ParseCheckpoint(auditlog::ParseNote(note)->text);
}

// A hub that shows what the test's log says, and takes cosignatures.
class WitnessTest : public ::testing::Test {
 protected:
  WitnessTest() {
    hub_.On("AuditService/GetCheckpoint", [this](FakeCall& call) {
      v1::GetCheckpointRequest request;
      call.Read(request);
      const std::lock_guard lock(mutex_);
      if (!answer_.ok()) return answer_;
      const std::string& newest = log_.checkpoints.back();
      if (request.at_least() > HeadOf(newest).size && !forgetful_) {
        return errors::Error("OUT_OF_RANGE", {.field = "at_least"});
      }
      v1::GetCheckpointResponse response;
      response.set_checkpoint(newest);
      response.set_verifier_key(log_.key().ToString());
      response.set_last_cosigned(last_cosigned_);
      call.Write(response);
      return absl::OkStatus();
    });
    hub_.On("AuditService/GetConsistencyProof", [this](FakeCall& call) {
      v1::GetConsistencyProofRequest request;
      call.Read(request);
      const std::lock_guard lock(mutex_);
      if (!proof_answer_.ok()) return proof_answer_;
      proofs_.push_back(request.first());
      v1::GetConsistencyProofResponse response;
      response.set_first(request.first());
      response.set_second(request.second());
      for (const auto& hash :
           log_.Consistency(request.first(), request.second())) {
        response.add_path(std::string(auditlog::AsBytes(hash)));
      }
      call.Write(response);
      return absl::OkStatus();
    });
    hub_.On("AuditService/Cosign", [this](FakeCall& call) {
      v1::CosignRequest request;
      call.Read(request);
      const std::lock_guard lock(mutex_);
      // What is handed in was stored before.
      seen_when_cosigned_ = *memory_->LastSeen();
      if (!cosign_answer_.ok()) return cosign_answer_;
      cosigned_.push_back(request.cosigned_checkpoint());
      // As a hub shows it: with the log's signature in front.
      auditlog::Note note = *auditlog::ParseNote(log_.checkpoints.back());
      const auto handed = auditlog::ParseNote(request.cosigned_checkpoint());
      EXPECT_EQ(handed->text, note.text);
      note.signatures.push_back(handed->signatures.front());
      last_cosigned_ = auditlog::FormatNote(note);
      v1::CosignResponse response;
      response.set_checkpoint(last_cosigned_);
      call.Write(response);
      return absl::OkStatus();
    });
    hub_.Start();
    client::ConnectionOptions options;
    options.hubs = {hub_.address()};
    options.ca_file = hub_.folder() / "ca.pem";
    options.certificate_file = hub_.folder() / "client.pem";
    options.key_file = hub_.folder() / "client.key";
    options.deadline = absl::Seconds(2);
    connection_ = *client::Connection::Open(options);
    audit_.emplace(*connection_);
    setup_.emplace(WitnessSetup{.agency = std::string(kAgency),
                                .log = log_.key(),
                                .signer = Signer('w')});
    OpenState("state");
  }

  void OpenState(const std::string& name) {
    memory_.reset();
    state_ = *State::Open(folder_ / name, /*read_only=*/false);
    memory_.emplace(*state_, log_.key().ToString());
  }

  void Change(const std::function<void(TestLog&)>& change) {
    const std::lock_guard lock(mutex_);
    change(log_);
    log_.Sign();
  }
  void Grow(int entries) {
    Change([&](TestLog& log) {
      for (int i = 0; i < entries; ++i) log.AppendPlain();
    });
  }
  // The same keys, another history from entry 2 on, so many entries long.
  void Fork(std::size_t size) {
    Change([&](TestLog& log) {
      std::swap(log.leaves[2], log.leaves[3]);
      log.leaves.resize(std::min(size, log.leaves.size()));
      log.details.resize(log.leaves.size());
      while (log.leaves.size() < size) log.AppendPlain();
    });
  }

  absl::StatusOr<Look> TakeALook() {
    return Witness(*audit_, *setup_, *memory_, [this] { return now_; }).Take();
  }
  std::string Finding() {
    const absl::Status status = TakeALook().status();
    EXPECT_TRUE(IsWitnessFinding(status)) << status;
    return ReasonOf(status);
  }
  report::v1::WitnessEvidence OnlyEvidence() {
    EXPECT_THAT(memory_->Evidence(), SizeIs(1));
    report::v1::WitnessEvidence evidence;
    EXPECT_TRUE(
        google::protobuf::util::JsonStringToMessage(
            waystation::testing::ReadFile(memory_->Evidence().at(0)), &evidence)
            .ok());
    return evidence;
  }
  // What somebody with the log's key alone makes of it.
  std::string Verdict() {
    const auto report = client::CheckEvidence(OnlyEvidence(), log_.key());
    EXPECT_TRUE(report.ok()) << report.status();
    return report->findings_size() == 0 ? "" : report->findings(0).reason();
  }

  std::mutex mutex_;  // The hub's threads read what follows.
  TestLog log_;
  absl::Status answer_;
  absl::Status proof_answer_;
  absl::Status cosign_answer_;
  // Shows a smaller log without a word.
  bool forgetful_ = false;
  std::string last_cosigned_;
  std::vector<std::string> cosigned_;
  std::vector<std::uint64_t> proofs_;
  std::string seen_when_cosigned_;

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  TemporaryFolder folder_;
  std::unique_ptr<State> state_;
  std::optional<WitnessMemory> memory_;
  FakeHub hub_;
  std::unique_ptr<client::Connection> connection_;
  std::optional<client::Audit> audit_;
  std::optional<WitnessSetup> setup_;
};

TEST_F(WitnessTest, FollowsALogThatGrowsAndCosignsIt) {
  for (const int entries : {10, 25, 1}) {
    Grow(entries);
    const auto look = TakeALook();
    ASSERT_TRUE(look.ok()) << look.status();
    EXPECT_TRUE(look->advanced);
    EXPECT_TRUE(look->cosigned_now);
    EXPECT_EQ(*memory_->LastSeen(), log_.checkpoints.back());
    EXPECT_EQ(seen_when_cosigned_, log_.checkpoints.back());
  }
  EXPECT_THAT(proofs_, ::testing::Contains(10U));
  EXPECT_THAT(proofs_, ::testing::Contains(35U));
  ASSERT_THAT(cosigned_, SizeIs(3));
  EXPECT_EQ(*Signer('w').verifier().CosignedAt(
                *auditlog::ParseNote(cosigned_.back())),
            now_);
  // Nothing new: nothing to do.
  const auto again = TakeALook();
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->advanced);
  EXPECT_TRUE(again->cosigned);
  EXPECT_THAT(cosigned_, SizeIs(3));
}

TEST_F(WitnessTest, LooksWithoutAKeyToo) {
  setup_->signer.reset();
  Grow(10);
  ASSERT_TRUE(TakeALook().ok());
  EXPECT_THAT(cosigned_, IsEmpty());
  Fork(30);
  EXPECT_EQ(Finding(), "LOG_FORKED");
}

TEST_F(WitnessTest, ASecondHistoryIsKeptAsEvidence) {
  Grow(10);
  ASSERT_TRUE(TakeALook().ok());
  const std::string seen = *memory_->LastSeen();
  Fork(30);
  EXPECT_EQ(Finding(), "LOG_FORKED");
  EXPECT_EQ(*memory_->LastSeen(), seen);
  EXPECT_EQ(*memory_->HeldBecause(), "LOG_FORKED");
  EXPECT_THAT(cosigned_, SizeIs(1));
  const report::v1::WitnessEvidence evidence = OnlyEvidence();
  EXPECT_EQ(evidence.seen(), seen);
  EXPECT_EQ(evidence.shown(), log_.checkpoints.back());
  EXPECT_EQ(evidence.witness(), kAgency);
  EXPECT_EQ(evidence.verifier_key(), log_.key().ToString());
  EXPECT_EQ(Verdict(), "EVIDENCE_HOLDS");
  // The same again is the same evidence, whenever it is.
  now_ += absl::Hours(1);
  EXPECT_EQ(Finding(), "LOG_FORKED");
  EXPECT_THAT(memory_->Evidence(), SizeIs(1));
  // Another one is added, and none ever goes.
  Grow(1);
  EXPECT_EQ(Finding(), "LOG_FORKED");
  EXPECT_THAT(memory_->Evidence(), SizeIs(2));
  ASSERT_TRUE(memory_->Rule("the auditor ruled", now_).ok());
  EXPECT_THAT(*memory_->HeldBecause(), IsEmpty());
  EXPECT_THAT(memory_->Evidence(), SizeIs(2));
  ASSERT_THAT(*memory_->Rulings(), SizeIs(1));
  EXPECT_EQ(memory_->Rulings()->front().reason, "the auditor ruled");
  EXPECT_EQ(memory_->Rulings()->front().held_because, "LOG_FORKED");
  // And there is nothing to rule on twice.
  ASSERT_TRUE(memory_->Rule("again", now_ + absl::Hours(1)).ok());
  EXPECT_THAT(*memory_->Rulings(), SizeIs(1));
}

TEST_F(WitnessTest, TwoRootsOfOneSizeAreAContradiction) {
  Grow(10);
  ASSERT_TRUE(TakeALook().ok());
  Fork(10);
  EXPECT_EQ(Finding(), "LOG_FORKED");
  EXPECT_EQ(Verdict(), "EVIDENCE_HOLDS");
}

// The path takes the root of 8 entries for granted and says nothing of it.
TEST_F(WitnessTest, APowerOfTwoLeavesTheProofToTheOperator) {
  Grow(8);
  ASSERT_TRUE(TakeALook().ok());
  Fork(30);
  EXPECT_EQ(Finding(), "LOG_FORKED");
  EXPECT_EQ(Verdict(), "EVIDENCE_OPEN");
}

TEST_F(WitnessTest, AHubThatGivesNoProofIsAFinding) {
  Grow(10);
  ASSERT_TRUE(TakeALook().ok());
  Grow(1);
  proof_answer_ = errors::Error("OUT_OF_RANGE", {.field = "first"});
  EXPECT_EQ(Finding(), "LOG_FORKED");
  EXPECT_EQ(OnlyEvidence().answer(), "OUT_OF_RANGE");
  EXPECT_EQ(Verdict(), "EVIDENCE_OPEN");
}

TEST_F(WitnessTest, AShorterLogIsAFinding) {
  for (const bool forgetful : {false, true}) {
    SCOPED_TRACE(forgetful);
    OpenState(forgetful ? "one" : "two");
    {
      const std::lock_guard lock(mutex_);
      forgetful_ = forgetful;
      last_cosigned_.clear();
    }
    Change([](TestLog& log) {
      log.leaves.clear();
      log.details.clear();
      for (int i = 0; i < 10; ++i) log.AppendPlain();
    });
    ASSERT_TRUE(TakeALook().ok());
    Change([](TestLog& log) {
      log.leaves.resize(7);
      log.details.resize(7);
    });
    EXPECT_EQ(Finding(), "LOG_SHORTER");
    EXPECT_EQ(HeadOf(OnlyEvidence().shown()).size, 7U);
    EXPECT_EQ(HeadOf(OnlyEvidence().seen()).size, 10U);
  }
}

TEST_F(WitnessTest, AnotherKeyIsAFinding) {
  const TestLog other;
  setup_->log = other.key();
  Grow(10);
  EXPECT_EQ(Finding(), "LOG_KEY_DIFFERS");
  EXPECT_THAT(OnlyEvidence().seen(), IsEmpty());
  EXPECT_THAT(cosigned_, IsEmpty());
}

// Somebody has to say that the hub was restored; a hub could say it too, to be
// rid of its history.
TEST_F(WitnessTest, ARestoredLogWaitsForSomebodyToRule) {
  Grow(10);
  ASSERT_TRUE(TakeALook().ok());
  for (const std::size_t size : {8U, 30U}) {
    SCOPED_TRACE(size);
    Change([&](TestLog& log) {
      log.Restore(6, size == 8 ? "20261126T220501Z" : "20261127T080000Z");
      while (log.leaves.size() < size) log.AppendPlain();
    });
    EXPECT_EQ(Finding(), "LOG_RESTORED");
    EXPECT_EQ(*memory_->HeldBecause(), "LOG_RESTORED");
    report::v1::WitnessEvidence evidence;
    for (const std::string& path : memory_->Evidence()) {
      ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(
                      waystation::testing::ReadFile(path), &evidence)
                      .ok());
      const auto report = client::CheckEvidence(evidence, log_.key());
      ASSERT_EQ(report->findings_size(), 1);
      EXPECT_EQ(report->findings(0).reason(), "LOG_RESTORED");
    }
    ASSERT_TRUE(memory_->Rule("restored on Thursday", now_).ok());
    now_ += absl::Hours(1);
    const auto look = TakeALook();
    ASSERT_TRUE(look.ok()) << look.status();
    EXPECT_TRUE(look->cosigned_now);
    EXPECT_EQ(*memory_->LastSeen(), log_.checkpoints.back());
  }
  EXPECT_THAT(memory_->Evidence(), SizeIs(2));
  EXPECT_THAT(*memory_->Rulings(), SizeIs(2));
}

TEST_F(WitnessTest, EachLogHasAMemoryOfItsOwn) {
  Grow(10);
  ASSERT_TRUE(TakeALook().ok());
  Fork(30);
  EXPECT_EQ(Finding(), "LOG_FORKED");
  WitnessMemory other(*state_, "another.example/log+01234567+AQ==");
  EXPECT_THAT(*other.LastSeen(), IsEmpty());
  EXPECT_THAT(*other.HeldBecause(), IsEmpty());
  EXPECT_THAT(other.Evidence(), SizeIs(1));
}

TEST_F(WitnessTest, OneWithoutAStateKnowsItsOwnSignature) {
  Grow(20);
  ASSERT_TRUE(TakeALook().ok());
  OpenState("lost");
  // A hub that shows less than this witness has signed shows an older log.
  const std::string own = last_cosigned_;
  Change([](TestLog& log) {
    log.leaves.resize(10);
    log.details.resize(10);
  });
  EXPECT_EQ(Finding(), "LOG_SHORTER");
  EXPECT_EQ(OnlyEvidence().seen(), own);
  EXPECT_THAT(cosigned_, SizeIs(1));
  // And one that grew from another beginning has two histories.
  OpenState("lost again");
  Fork(40);
  EXPECT_EQ(Finding(), "LOG_FORKED");
  EXPECT_THAT(cosigned_, SizeIs(1));
}

TEST_F(WitnessTest, SomebodyElsesSignatureIsNoMemory) {
  Grow(20);
  ASSERT_TRUE(TakeALook().ok());
  OpenState("lost");
  setup_->signer = Signer('x');
  Change([](TestLog& log) {
    log.leaves.resize(10);
    log.details.resize(10);
  });
  EXPECT_TRUE(TakeALook().ok());
}

TEST_F(WitnessTest, OneWithAnOldStateDemandsAProofFromThere) {
  Grow(10);
  ASSERT_TRUE(TakeALook().ok());
  state_.reset();
  std::filesystem::copy(folder_ / "state", folder_ / "old",
                        std::filesystem::copy_options::recursive);
  OpenState("state");
  Grow(10);
  ASSERT_TRUE(TakeALook().ok());
  OpenState("old");
  Grow(10);
  {
    const std::lock_guard lock(mutex_);
    proofs_.clear();
  }
  const auto look = TakeALook();
  ASSERT_TRUE(look.ok()) << look.status();
  EXPECT_THAT(proofs_, ::testing::ElementsAre(10U, 20U));
  EXPECT_TRUE(look->cosigned_now);
}

// Killed between the two: the checkpoint is stored, the cosignature never left.
TEST_F(WitnessTest, WhatWasStoredAndNotHandedInIsHandedInLater) {
  Grow(10);
  {
    const std::lock_guard lock(mutex_);
    cosign_answer_ = errors::Error("WITNESS_UNKNOWN");
  }
  const auto refused = TakeALook();
  ASSERT_TRUE(refused.ok()) << "a refused cosignature stops nothing";
  EXPECT_EQ(ReasonOf(refused->not_cosigned), "WITNESS_UNKNOWN");
  EXPECT_EQ(*memory_->LastSeen(), log_.checkpoints.back());
  {
    const std::lock_guard lock(mutex_);
    cosign_answer_ = absl::OkStatus();
  }
  const auto look = TakeALook();
  ASSERT_TRUE(look.ok());
  EXPECT_FALSE(look->advanced);
  EXPECT_TRUE(look->cosigned_now);
}

TEST_F(WitnessTest, WhatCannotBeStoredIsNotSigned) {
  Grow(10);
  ASSERT_TRUE(TakeALook().ok());
  Grow(10);
  // Somebody else's step came between: comparing and storing are one.
  {
    const std::lock_guard lock(mutex_);
    proof_answer_ = absl::OkStatus();
  }
  const std::string last = *memory_->LastSeen();
  ASSERT_TRUE(memory_->Advance(last, log_.checkpoints.back()).ok());
  EXPECT_EQ(ReasonOf(memory_->Advance(last, "an older one")),
            "CHANGED_MEANWHILE");
  EXPECT_EQ(*memory_->LastSeen(), log_.checkpoints.back());
}

TEST_F(WitnessTest, AHubThatIsAwayProvesNothing) {
  Grow(10);
  ASSERT_TRUE(TakeALook().ok());
  hub_.Stop();
  const absl::Status away = TakeALook().status();
  EXPECT_FALSE(away.ok());
  EXPECT_FALSE(IsWitnessFinding(away)) << away;
  EXPECT_THAT(memory_->Evidence(), IsEmpty());
  EXPECT_THAT(*memory_->HeldBecause(), IsEmpty());
}

}  // namespace
}  // namespace waystation::adapters
