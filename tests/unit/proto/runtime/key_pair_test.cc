// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/key_pair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "proto/runtime/file.h"
#include "tests/harness/dying.h"
#include "tests/harness/scratch_folder.h"

namespace waystation::runtime {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;

KeyPair Numbered(int number) {
  return {.certificate_pem = "certificate " + std::to_string(number) + "\n",
          .key_pem = "key " + std::to_string(number) + "\n"};
}

class KeyPairTest : public testing::Test {
 protected:
  void SetUp() override { PutByHand(0); }

  // As whoever has no such function: two files.
  void PutByHand(int number) {
    for (const auto& [path, text, mode] :
         {std::tuple(certificate_, Numbered(number).certificate_pem, 0644),
          std::tuple(key_, Numbered(number).key_pem, 0600)}) {
      fs::remove(path);
      ASSERT_TRUE(WriteNewFile(path, text, static_cast<mode_t>(mode)).ok());
    }
  }

  absl::Status Replace(int number) {
    return ReplaceKeyPair(certificate_, key_, Numbered(number));
  }

  // The number of the pair that stands; -1 for the halves of two.
  int Standing() const {
    const auto certificate = ReadFile(certificate_);
    const auto key = ReadSecretFile(key_);
    EXPECT_TRUE(certificate.ok()) << certificate.status();
    EXPECT_TRUE(key.ok()) << key.status();
    for (int number = 0; number < 10 && certificate.ok() && key.ok();
         ++number) {
      const KeyPair pair = Numbered(number);
      if (*certificate == pair.certificate_pem && *key == pair.key_pem) {
        return number;
      }
    }
    return -1;
  }

  std::vector<std::string> Stored() const {
    std::vector<std::string> pairs;
    for (const auto& entry : fs::directory_iterator(key_ + ".pairs")) {
      const std::string name = entry.path().filename();
      if (name != "lock" && name != "current") pairs.push_back(name);
    }
    return pairs;
  }

  const harness::ScratchFolder folder_;
  std::string certificate_ = folder_ / "labor.pem";
  std::string key_ = folder_ / "labor.key";
};

TEST_F(KeyPairTest, IsReplacedAgainAndAgain) {
  for (int number = 1; number < 4; ++number) {
    SCOPED_TRACE(number);
    ASSERT_TRUE(Replace(number).ok());
    EXPECT_EQ(Standing(), number);
    EXPECT_EQ(Stored().size(), 1U) << "no old key lies about";
  }
}

TEST_F(KeyPairTest, MovesWithItsFolder) {
  ASSERT_TRUE(Replace(1).ok());
  const fs::path moved = folder_ / "elsewhere";
  fs::create_directory(moved);
  for (const char* name : {"labor.pem", "labor.key", "labor.key.pairs"}) {
    fs::rename(folder_ / name, moved / name);
  }
  certificate_ = moved / "labor.pem";
  key_ = moved / "labor.key";
  EXPECT_EQ(Standing(), 1);
}

TEST_F(KeyPairTest, MayLieInTwoFolders) {
  fs::create_directory(folder_ / "private");
  const std::string key = folder_ / "private/labor.key";
  fs::rename(key_, key);
  key_ = key;
  for (int number = 1; number < 3; ++number) {
    ASSERT_TRUE(Replace(number).ok());
    EXPECT_EQ(Standing(), number);
  }
}

TEST_F(KeyPairTest, MayBeOneFile) {
  const KeyPair old = Numbered(0);
  fs::remove(key_);
  ASSERT_TRUE(WriteNewFile(key_, old.certificate_pem + old.key_pem, 0600).ok());
  ASSERT_TRUE(ReplaceKeyPair(key_, key_, Numbered(1)).ok());
  EXPECT_EQ(*ReadSecretFile(key_), "certificate 1\nkey 1\n");
  EXPECT_FALSE(fs::exists(key_ + ".pairs"));
}

// An operator who hands a pair over by hand replaces names, not links' targets.
TEST_F(KeyPairTest, TakesUpWhatWasPutThereByHand) {
  ASSERT_TRUE(Replace(1).ok());
  PutByHand(2);
  EXPECT_EQ(Standing(), 2);
  ASSERT_TRUE(Replace(3).ok());
  EXPECT_EQ(Standing(), 3);
}

TEST_F(KeyPairTest, ChangesNothingWhereItCannot) {
  ASSERT_EQ(chmod(key_.c_str(), 0640), 0);
  EXPECT_EQ(errors::ReasonOf(Replace(1)), "KEY_FILE_MODE");
  ASSERT_EQ(chmod(key_.c_str(), 0600), 0);
  // A file is in the way of the folder.
  ASSERT_TRUE(WriteNewFile(key_ + ".pairs", "").ok());
  EXPECT_EQ(errors::ReasonOf(Replace(1)), "FILE_NOT_WRITTEN");
  EXPECT_EQ(Standing(), 0);
  fs::remove(certificate_);
  EXPECT_EQ(errors::ReasonOf(Replace(1)), "FILE_MISSING");
}

TEST_F(KeyPairTest, TwoAtOnceReplaceOneAfterTheOther) {
  std::vector<std::thread> threads;
  for (int number = 1; number < 9; ++number) {
    threads.emplace_back([this, number] { EXPECT_TRUE(Replace(number).ok()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(Standing(), 0);
  EXPECT_EQ(Stored().size(), 1U);
}

#ifdef WAYSTATION_FAILPOINTS
TEST_F(KeyPairTest, StandsWhereverItDies) {
  int deaths = 0;
  for (const bool linked : {false, true}) {
    for (const std::string& name : failpoint::Names()) {
      for (int nth = 1, ended = 1; ended != 0; ++nth) {
        SCOPED_TRACE(name + ", time " + std::to_string(nth));
        fs::remove_all(key_ + ".pairs");
        PutByHand(0);
        const int before = linked ? 1 : 0;
        if (linked) {
          ASSERT_TRUE(Replace(before).ok());
        }
        ended =
            harness::LiveAndDie(name, nth, [this] { return Replace(2).ok(); });
        if (ended != 0) ++deaths;
        EXPECT_THAT(Standing(),
                    ended == 0 ? testing::Matcher<int>(2) : AnyOf(before, 2));
        // Whoever comes next finds no rest of it in the way, and leaves none.
        ASSERT_TRUE(Replace(3).ok());
        EXPECT_EQ(Standing(), 3);
        EXPECT_EQ(Stored().size(), 1U);
      }
    }
  }
  // file/created in four places, each of the others once or twice.
  EXPECT_GE(deaths, 15) << "there is nothing to die at";
}
#endif

}  // namespace
}  // namespace waystation::runtime
