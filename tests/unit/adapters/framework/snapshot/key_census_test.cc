// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/snapshot/key_census.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "proto/errors/error.h"

namespace waystation::adapters {
namespace {

// Keys stand for their own hashes, so that the parts are filled as wanted.
std::uint64_t Hash(std::uint64_t key) { return key * 0x9E3779B97F4A7C15U; }

// Which rows are told to be repetitions.
std::vector<bool> Census(const std::vector<std::uint64_t>& keys,
                         std::size_t in_memory) {
  KeyCensus census(testing::TempDir(), in_memory);
  for (const std::uint64_t key : keys) {
    EXPECT_TRUE(census.Add(Hash(key)).ok());
  }
  auto repeated = census.Finish();
  EXPECT_TRUE(repeated.ok()) << repeated.status();
  std::vector<bool> out;
  for (const std::uint64_t key : keys) {
    out.push_back(repeated->IsRepetition(Hash(key), std::to_string(key)));
  }
  return out;
}

TEST(KeyCensus, FindsLaterRowsOfAKey) {
  const std::vector<bool> want = {false, false, true, false, true, true};
  const std::vector<std::uint64_t> keys = {1, 2, 1, 3, 1, 2};
  EXPECT_EQ(Census(keys, 1000), want);
  EXPECT_EQ(Census(keys, 1), want);
}

RC_GTEST_PROP(KeyCensus, SaysTheSameOnDiskAsInMemory, ()) {
  const auto keys = *rc::gen::container<std::vector<std::uint64_t>>(
      rc::gen::inRange<std::uint64_t>(0, 50));
  std::vector<bool> want;
  std::set<std::uint64_t> seen;
  for (const std::uint64_t key : keys) want.push_back(!seen.insert(key).second);
  RC_ASSERT(Census(keys, 1'000'000) == want);
  RC_ASSERT(Census(keys, 7) == want);
}

TEST(KeyCensus, SpillsManyKeysIntoAllParts) {
  std::vector<std::uint64_t> keys;
  for (std::uint64_t i = 0; i < 300'000; ++i) keys.push_back(i);
  keys.push_back(17);
  const std::vector<bool> found = Census(keys, 10'000);
  EXPECT_TRUE(found.back());
  EXPECT_EQ(std::count(found.begin(), found.end(), true), 1);
}

TEST(KeyCensus, TwoKeysOfOneHashAreTwoKeys) {
  KeyCensus census(testing::TempDir());
  ASSERT_TRUE(census.Add(5).ok());
  ASSERT_TRUE(census.Add(5).ok());
  auto repeated = census.Finish();
  ASSERT_TRUE(repeated.ok());
  EXPECT_FALSE(repeated->IsRepetition(5, "a"));
  EXPECT_FALSE(repeated->IsRepetition(5, "b"));
  EXPECT_TRUE(repeated->IsRepetition(5, "a"));
}

TEST(KeyCensus, RefusesAColumnThatIsNoKey) {
  KeyCensus census(testing::TempDir(), 1000);
  for (std::uint64_t i = 0; i < 2 * KeyCensus::kMostRepeated + 10; ++i) {
    ASSERT_TRUE(census.Add(Hash(i / 2)).ok());
  }
  EXPECT_EQ(errors::ReasonOf(census.Finish().status()), "KEYS_NOT_UNIQUE");
}

}  // namespace
}  // namespace waystation::adapters
