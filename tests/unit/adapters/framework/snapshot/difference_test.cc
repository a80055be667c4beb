// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/snapshot/difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace waystation::adapters {
namespace {

using State = ReadClaim::State;

constexpr int kName = 2;
constexpr int kSex = 3;

ReadClaim Claim(int attribute, State state, std::string value = "v") {
  ReadClaim claim;
  claim.attribute = attribute;
  claim.state = state;
  claim.value = std::move(value);
  return claim;
}

ReadRow RowOf(std::vector<ReadClaim> claims, std::int64_t recorded = 0) {
  ReadRow row;
  row.record_key = "1";
  row.claims = std::move(claims);
  if (recorded != 0) row.recorded_time = absl::FromUnixSeconds(recorded);
  return row;
}

class DifferenceTest : public testing::Test {
 protected:
  Difference Next(const ReadRow& row) {
    Difference difference = Compare(row, ++row_hash_, held_, hash_);
    if (!difference.older) held_ = difference.held;
    return difference;
  }

  KeyedHash hash_{"0123456789abcdef"};
  std::optional<HeldRow> held_;
  std::uint64_t row_hash_ = 0;
};

TEST_F(DifferenceTest, SaysAllOfANewRow) {
  const auto difference =
      Next(RowOf({Claim(kName, State::kHeld), Claim(kSex, State::kAbsent)}));
  EXPECT_EQ(difference.attributes, AttributeBit(kName));
}

TEST_F(DifferenceTest, SaysOnlyWhatChanged) {
  Next(RowOf({Claim(kName, State::kHeld, "a"), Claim(kSex, State::kHeld)}));
  const auto difference =
      Next(RowOf({Claim(kName, State::kHeld, "b"), Claim(kSex, State::kHeld)}));
  EXPECT_EQ(difference.attributes, AttributeBit(kName));
}

TEST_F(DifferenceTest, NoticesEveryPartOfAClaim) {
  const ReadClaim claim = Claim(kName, State::kHeld);
  Next(RowOf({claim}));
  for (auto change : {+[](ReadClaim& c) { c.value += "x"; },
                      +[](ReadClaim& c) { c.evidence = 3; },
                      +[](ReadClaim& c) { c.valid_from = "x"; },
                      +[](ReadClaim& c) { c.given = "x"; }}) {
    ReadClaim changed = claim;
    change(changed);
    EXPECT_TRUE(Compare(RowOf({changed}), 9, held_, hash_).sends());
  }
  EXPECT_FALSE(Compare(RowOf({claim}, 5), 9, held_, hash_).sends());
}

TEST_F(DifferenceTest, TakesBackWhatWentAndOnlyOnce) {
  Next(RowOf({Claim(kName, State::kHeld)}));
  EXPECT_EQ(Next(RowOf({Claim(kName, State::kAbsent)})).attributes,
            AttributeBit(kName));
  EXPECT_FALSE(Next(RowOf({Claim(kName, State::kAbsent)})).sends());
}

TEST_F(DifferenceTest, LeavesStandingWhatCannotBeRead) {
  Next(RowOf({Claim(kName, State::kHeld, "a")}));
  EXPECT_FALSE(Next(RowOf({Claim(kName, State::kLost)})).sends());
  EXPECT_FALSE(Next(RowOf({Claim(kName, State::kHeld, "a")})).sends());
}

TEST_F(DifferenceTest, SaysAgainWhatTheHubRefused) {
  Next(RowOf({Claim(kName, State::kHeld, "a")}));
  held_->attributes[0].hash = 0;
  EXPECT_TRUE(Next(RowOf({Claim(kName, State::kHeld, "a")})).sends());
  held_->attributes[0].hash = 0;
  EXPECT_TRUE(Next(RowOf({Claim(kName, State::kAbsent)})).sends());
}

TEST_F(DifferenceTest, DoesNotLetAnOlderRowOverwriteANewerOne) {
  Next(RowOf({Claim(kName, State::kHeld, "new")}, 200));
  const auto older = Next(RowOf({Claim(kName, State::kHeld, "old")}, 100));
  EXPECT_TRUE(older.older);
  EXPECT_FALSE(older.sends());
  EXPECT_TRUE(Next(RowOf({Claim(kName, State::kHeld, "same")}, 200)).sends());
  EXPECT_TRUE(Next(RowOf({Claim(kName, State::kHeld, "timeless")})).sends());
  // The time that is known stays known.
  EXPECT_TRUE(Next(RowOf({Claim(kName, State::kHeld, "old")}, 100)).older);
}

TEST_F(DifferenceTest, RetractsOnceAndClaimsAgainAfterwards) {
  Next(RowOf({Claim(kName, State::kHeld)}));
  ReadRow retraction = RowOf({Claim(kName, State::kHeld)});
  retraction.retraction = 2;
  EXPECT_TRUE(Next(retraction).retract);
  EXPECT_FALSE(Next(retraction).sends());
  EXPECT_EQ(Next(RowOf({Claim(kName, State::kHeld)})).attributes,
            AttributeBit(kName));
}

TEST(HashRow, TellsFieldsApart) {
  KeyedHash hash("0123456789abcdef");
  std::string scratch;
  const auto of = [&](std::vector<std::string_view> fields,
                      std::uint64_t mapping = 1) {
    Row row;
    row.fields = std::move(fields);
    return HashRow(row, mapping, hash, scratch);
  };
  EXPECT_EQ(of({"a", "b"}), of({"a", "b"}));
  EXPECT_NE(of({"a", "b"}), of({"ab", ""}));
  EXPECT_NE(of({"a", "b"}), of({"a", "b"}, 2));
  KeyedHash other("another key here");
  Row row;
  row.fields = {"a", "b"};
  EXPECT_NE(of({"a", "b"}), HashRow(row, 1, other, scratch));
}

RC_GTEST_PROP(
    EncodeAttributes, ReadsBack,
    (const std::vector<std::pair<std::uint8_t, std::uint64_t>>& all)) {
  std::vector<HeldAttribute> attributes;
  for (const auto& [number, value] : all) attributes.push_back({number, value});
  RC_ASSERT(DecodeAttributes(EncodeAttributes(attributes)) == attributes);
}

// The reference vector of the SipHash paper: key 00..0f, input 00..0e.
TEST(KeyedHash, IsSipHash) {
  std::string key;
  std::string input;
  for (char c = 0; c < 16; ++c) key.push_back(c);
  for (char c = 0; c < 15; ++c) input.push_back(c);
  KeyedHash hash(key);
  EXPECT_EQ(hash(input), 0xa129ca6149be45e5U);
  EXPECT_EQ(hash(input), 0xa129ca6149be45e5U);
}

}  // namespace
}  // namespace waystation::adapters
