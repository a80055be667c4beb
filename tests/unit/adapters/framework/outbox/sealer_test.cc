// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/outbox/sealer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "proto/errors/error.h"

namespace waystation::adapters {
namespace {

class SealerTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove(path_); }
  void TearDown() override { std::filesystem::remove(path_); }
  const std::string path_ =
      testing::TempDir() + "/sealer_key_" + std::to_string(getpid());
};

TEST_F(SealerTest, MakesAKeyThatOnlyItsOwnerReads) {
  EXPECT_EQ(errors::ReasonOf(Sealer::Open(path_, false).status()),
            "STATE_KEY_MISSING");
  ASSERT_TRUE(Sealer::Open(path_, true).ok());
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  chmod(path_.c_str(), 0640);
  EXPECT_EQ(errors::ReasonOf(Sealer::Open(path_, true).status()),
            "KEY_FILE_MODE");
}

TEST_F(SealerTest, OpensWhatItSealedAndNothingElse) {
  const auto sealer = Sealer::Open(path_, true);
  const auto again = Sealer::Open(path_, false);
  ASSERT_TRUE(sealer.ok() && again.ok());
  const std::string secret = "张三 041202199003070411";
  std::string sealed = sealer->Seal(secret);
  EXPECT_EQ(sealed.find("张三"), std::string::npos);
  EXPECT_NE(sealed, sealer->Seal(secret));
  EXPECT_EQ(*again->Unseal(sealed), secret);
  EXPECT_EQ(*sealer->Unseal(sealer->Seal("")), "");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string broken = sealed;
    broken[i] = static_cast<char>(broken[i] ^ 1);
    EXPECT_FALSE(sealer->Unseal(broken).ok()) << i;
  }
  EXPECT_FALSE(sealer->Unseal("short").ok());
  EXPECT_FALSE(Sealer::Transient().Unseal(sealed).ok());
}

TEST_F(SealerTest, RefusesAKeyFileWithSomethingElse) {
  std::ofstream(path_) << "not a key\n";
  chmod(path_.c_str(), 0600);
  EXPECT_EQ(errors::ReasonOf(Sealer::Open(path_, true).status()),
            "KEY_FILE_INVALID");
}

TEST_F(SealerTest, DerivesAKeyForEachPurpose) {
  const auto sealer = Sealer::Open(path_, true);
  ASSERT_TRUE(sealer.ok());
  EXPECT_EQ(sealer->Derive("a", 16), sealer->Derive("a", 16));
  EXPECT_NE(sealer->Derive("a", 16), sealer->Derive("b", 16));
  EXPECT_EQ(sealer->Derive("a", 16).size(), 16U);
}

}  // namespace
}  // namespace waystation::adapters
