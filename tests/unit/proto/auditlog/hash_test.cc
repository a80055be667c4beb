// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace waystation::auditlog {
namespace {

TEST(Sha256, PublishedVectors) {  // FIPS 180-2 appendix B
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(
      ToHex(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(ToHex(Sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hash, PrefixesDivideLeavesNodesAndCommitments) {
  const std::string entry = "an entry";
  const Hash left = Sha256("left");
  const Hash right = Sha256("right");
  const std::string both =
      std::string(AsBytes(left)) + std::string(AsBytes(right));
  EXPECT_EQ(LeafHash(entry), Sha256(std::string(1, '\x00') + entry));
  EXPECT_EQ(NodeHash(left, right), Sha256(std::string(1, '\x01') + both));
  EXPECT_EQ(SaltedHash("0123456789abcdef", entry),
            Sha256("0123456789abcdef" + entry));
  EXPECT_NE(NodeHash(left, right), NodeHash(right, left));
  EXPECT_NE(NodeHash(left, right), LeafHash(both));
}

TEST(ParseHash, TakesThirtyTwoBytesOnly) {
  const Hash hash = Sha256("x");
  EXPECT_EQ(*ParseHash(AsBytes(hash)), hash);
  EXPECT_TRUE(
      absl::IsInvalidArgument(ParseHash(AsBytes(hash).substr(1)).status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(ParseHash(std::string(33, 'x')).status()));
}

TEST(Base64, HasOneFormOnly) {  // RFC 4648 section 10
  const struct {
    std::string_view bytes;
    std::string_view text;
  } cases[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"},
               {"\xfb\xff", "+/8="}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(ToBase64(bytes), text);
    EXPECT_EQ(*FromBase64(text), bytes);
  }
  for (const std::string_view wrong :
       {"Zg", "Zg=", "Zh==", "Zm9v\n", " Zm9v", "-_8=", "Zm9vYg==Zg==", "!",
        "Zg===", "Zm9v="}) {
    EXPECT_TRUE(absl::IsInvalidArgument(FromBase64(wrong).status())) << wrong;
  }
}

}  // namespace
}  // namespace waystation::auditlog
