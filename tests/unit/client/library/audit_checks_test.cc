// SPDX-License-Identifier: Apache-2.0
#include "waystation/audit_checks.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>

#include "proto/errors/error.h"
#include "tests/unit/client/support/certificates.h"
#include "tests/unit/client/support/fake_hub.h"
#include "tests/unit/client/support/test_log.h"
#include "waystation/connection.h"
#include "waystation/services.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::client {
namespace {

using testing::FakeCall;
using testing::FakeHub;
using testing::TemporaryFolder;
using testing::TestLog;

v1::GetInclusionProofResponse InclusionOf(const TestLog& log,
                                          std::uint64_t index) {
  v1::GetInclusionProofResponse proof;
  proof.set_index(index);
  proof.set_tree_size(log.leaves.size());
  for (const auto& hash : log.Inclusion(index, log.leaves.size())) {
    proof.add_path(std::string(auditlog::AsBytes(hash)));
  }
  proof.set_leaf(log.leaves[index]);
  for (std::size_t at = 0; at < log.details[index].size(); at += 32) {
    proof.add_details(log.details[index].substr(at, 32));
  }
  proof.set_checkpoint(log.checkpoints.back());
  return proof;
}

TEST(CheckInclusion, HoldsForWhatIsThereAndForNothingElse) {
  TestLog log;
  for (int i = 0; i < 20; ++i) log.AppendPlain();
  log.AppendFrame(5);
  log.Sign();
  const TestLog other;
  const struct {
    const char* name;
    std::function<void(v1::GetInclusionProofResponse&)> change;
    bool holds;
  } cases[] = {
      {"as it is", [](auto&) {}, true},
      {"another leaf", [&](auto& proof) { proof.set_leaf(log.leaves[3]); },
       false},
      {"another index", [](auto& proof) { proof.set_index(19); }, false},
      {"another size", [](auto& proof) { proof.set_tree_size(22); }, false},
      {"a shorter path",
       [](auto& proof) { proof.mutable_path()->RemoveLast(); }, false},
      {"no hash in the path", [](auto& proof) { proof.set_path(0, "short"); },
       false},
      {"another detail",
       [](auto& proof) { proof.set_details(2, std::string(32, 'x')); }, false},
      {"a detail less",
       [](auto& proof) { proof.mutable_details()->RemoveLast(); }, false},
      {"no signature", [](auto& proof) { proof.set_checkpoint("not a note"); },
       false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    v1::GetInclusionProofResponse proof = InclusionOf(log, 20);
    c.change(proof);
    const auto checkpoint = CheckInclusion(proof, log.key());
    EXPECT_EQ(checkpoint.ok(), c.holds) << checkpoint.status();
    if (!c.holds) {
      EXPECT_EQ(errors::ReasonOf(checkpoint.status()), "PROOF_FAILS");
    }
  }
  EXPECT_FALSE(CheckInclusion(InclusionOf(log, 20), other.key()).ok());
}

TEST(ReadLogKey, TakesAKeyOrAFileWithOne) {
  const TestLog log;
  const std::string text = log.key().ToString();
  const TemporaryFolder folder;
  testing::WriteFile(folder / "key", text + "\n");
  for (const std::string& given : {text, folder / "key"}) {
    const auto key = ReadLogKey(given);
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(key->ToString(), text);
  }
  testing::WriteFile(folder / "letter", "dear\n");
  EXPECT_EQ(errors::ReasonOf(ReadLogKey(folder / "letter").status()),
            "CONFIG_INVALID");
  EXPECT_EQ(errors::ReasonOf(ReadLogKey(folder / "none").status()),
            "CONFIG_INVALID");
}

// A hub that shows the log's checkpoints and proofs.
class WitnessTest : public ::testing::Test {
 protected:
  WitnessTest() {
    hub_.On("AuditService/GetCheckpoint", [this](FakeCall& call) {
      const std::lock_guard lock(mutex_);
      v1::GetCheckpointResponse response;
      response.set_checkpoint(log_->checkpoints.back());
      response.set_verifier_key(log_->key().ToString());
      call.Write(response);
      return absl::OkStatus();
    });
    hub_.On("AuditService/GetConsistencyProof", [this](FakeCall& call) {
      v1::GetConsistencyProofRequest request;
      call.Read(request);
      const std::lock_guard lock(mutex_);
      v1::GetConsistencyProofResponse response;
      response.set_first(request.first());
      response.set_second(request.second());
      for (const auto& hash :
           log_->Consistency(request.first(), request.second())) {
        response.add_path(std::string(auditlog::AsBytes(hash)));
      }
      response.set_checkpoint(log_->checkpoints.back());
      call.Write(response);
      return absl::OkStatus();
    });
    hub_.Start();
    ConnectionOptions options;
    options.hubs = {hub_.address()};
    options.ca_file = hub_.folder() / "ca.pem";
    options.certificate_file = hub_.folder() / "client.pem";
    options.key_file = hub_.folder() / "client.key";
    connection_ = *Connection::Open(options);
  }

  void Change(const std::function<void(TestLog&)>& change) {
    const std::lock_guard lock(mutex_);
    change(*log_);
    log_->Sign();
  }

  void Grow(int entries) {
    Change([&](TestLog& log) {
      for (int i = 0; i < entries; ++i) log.AppendPlain();
    });
  }

  std::mutex mutex_;  // The hub's threads read the log.
  std::unique_ptr<TestLog> log_ = std::make_unique<TestLog>();
  TemporaryFolder folder_;
  FakeHub hub_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(WitnessTest, FollowsALogThatGrows) {
  const Audit audit(*connection_);
  Grow(10);
  auto witness = Witness::Open(folder_ / "seen", log_->key());
  ASSERT_TRUE(witness.ok());
  EXPECT_TRUE(witness->last_note().empty());
  EXPECT_TRUE(witness->Advance(audit).ok());
  Grow(25);
  ASSERT_TRUE(witness->Advance(audit).ok());
  EXPECT_TRUE(witness->Advance(audit).ok()) << "nothing new is fine";
  // What was seen outlives the process.
  auto again = Witness::Open(folder_ / "seen", log_->key());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->last_note(), log_->checkpoints.back());
  Grow(1);
  EXPECT_TRUE(again->Advance(audit).ok());
}

TEST_F(WitnessTest, RefusesASecondHistoryAndKeepsTheEvidence) {
  const Audit audit(*connection_);
  Grow(10);
  auto witness = Witness::Open(folder_ / "seen", log_->key());
  ASSERT_TRUE(witness->Advance(audit).ok());
  const std::string seen = witness->last_note();
  Change([](TestLog& log) { log.leaves[2] = log.leaves[3]; });
  Grow(10);
  EXPECT_EQ(errors::ReasonOf(witness->Advance(audit).status()), "PROOF_FAILS");
  EXPECT_EQ(testing::ReadFile(folder_ / "seen"), seen);
  EXPECT_EQ(testing::ReadFile(folder_ / "seen.rejected"),
            log_->checkpoints.back());
}

TEST_F(WitnessTest, RefusesALogThatBecameShorter) {
  const Audit audit(*connection_);
  Grow(10);
  auto witness = Witness::Open(folder_ / "seen", log_->key());
  ASSERT_TRUE(witness->Advance(audit).ok());
  Change([](TestLog& log) { log.leaves.resize(5); });
  EXPECT_EQ(errors::ReasonOf(witness->Advance(audit).status()), "PROOF_FAILS");
}

TEST_F(WitnessTest, RefusesAFileOfAnotherLog) {
  const TestLog other;
  Grow(10);
  auto witness = Witness::Open(folder_ / "seen", log_->key());
  ASSERT_TRUE(witness->Advance(Audit(*connection_)).ok());
  EXPECT_EQ(
      errors::ReasonOf(Witness::Open(folder_ / "seen", other.key()).status()),
      "PROOF_FAILS");
}

}  // namespace
}  // namespace waystation::client
