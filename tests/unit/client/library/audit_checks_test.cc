// SPDX-License-Identifier: Apache-2.0
#include "waystation/audit_checks.h"

#include <gtest/gtest.h>

#include <functional>

#include "proto/errors/error.h"
#include "tests/unit/client/support/certificates.h"
#include "tests/unit/client/support/test_log.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::client {
namespace {

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

}  // namespace
}  // namespace waystation::client
