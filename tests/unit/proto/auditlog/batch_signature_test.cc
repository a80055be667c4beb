// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/batch_signature.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "proto/auditlog/merkle.h"

namespace waystation::auditlog {
namespace {

using Object = google::protobuf::Map<std::string, google::protobuf::Value>;
using ::testing::HasSubstr;

// Vectors shared with other languages; frame_signature.py checks them too.
google::protobuf::Struct ReadVectors() {
  std::ifstream file(WAYSTATION_SOURCE_DIR
                     "/proto/testvectors/frame_signature.json");
  std::ostringstream text;
  text << file.rdbuf();
  google::protobuf::Struct vectors;
  EXPECT_TRUE(
      google::protobuf::util::JsonStringToMessage(text.str(), &vectors).ok());
  return vectors;
}

std::string Text(const Object& object, const char* name) {
  return object.at(name).string_value();
}

std::string Bytes(const Object& object, const char* name) {
  return absl::HexStringToBytes(Text(object, name));
}

TEST(FrameSignature, SharedVectors) {
  const auto vectors = ReadVectors();
  const auto& list = vectors.fields().at("vectors").list_value();
  ASSERT_GE(list.values_size(), 10);
  for (const auto& value : list.values()) {
    const Object& vector = value.struct_value().fields();
    SCOPED_TRACE(Text(vector, "description"));
    std::vector<Hash> hashes;
    for (const auto& row : vector.at("updates").list_value().values()) {
      const Object& update = row.struct_value().fields();
      hashes.push_back(*ParseHash(Bytes(update, "hash")));
      if (update.at("bytes").has_null_value()) continue;  // Erased.
      const std::string salt = Bytes(update, "salt");
      const std::string bytes = Bytes(update, "bytes");
      const SaltedUpdate salted{salt, bytes};
      EXPECT_EQ(*UpdateHashes({&salted, 1}), std::vector{hashes.back()});
    }
    EXPECT_EQ(ToHex(TreeRoot(hashes)), Text(vector, "root"));
    const std::string agency = Text(vector, "agency");
    const std::string key_id = Text(vector, "key_id");
    EXPECT_EQ(*FrameStatement(agency, key_id, hashes),
              Text(vector, "statement"));
    const auto key = Ed25519PublicKey::FromRaw(Bytes(vector, "public_key"));
    const absl::Status verdict =
        VerifyFrame(agency, key_id, hashes, Bytes(vector, "signature"), *key);
    if (vector.at("valid").bool_value()) {
      EXPECT_TRUE(verdict.ok()) << verdict;
      const auto signer = Ed25519PrivateKey::FromSeed(Bytes(vector, "seed"));
      EXPECT_EQ(ToHex(*SignFrame(agency, key_id, hashes, *signer)),
                Text(vector, "signature"));
    } else {
      EXPECT_TRUE(absl::IsUnauthenticated(verdict)) << verdict;
    }
  }
}

TEST(FrameSignature, CoversEveryPart) {
  const auto key = Ed25519PrivateKey::FromSeed(std::string(32, 'k'));
  const std::vector<Hash> hashes = {Sha256("a"), Sha256("b"), Sha256("c")};
  const std::string signature = *SignFrame("labor.341200", "k1", hashes, *key);
  const auto verify = [&](std::string_view agency, std::string_view key_id,
                          std::vector<Hash> updates) {
    return VerifyFrame(agency, key_id, updates, signature, key->public_key());
  };
  EXPECT_TRUE(verify("labor.341200", "k1", hashes).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(verify("labor.341201", "k1", hashes)));
  EXPECT_TRUE(absl::IsUnauthenticated(verify("labor.341200", "k2", hashes)));
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::vector<Hash> changed = hashes;
    changed[i][0] ^= 1;
    EXPECT_TRUE(absl::IsUnauthenticated(verify("labor.341200", "k1", changed)));
    changed = hashes;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_TRUE(absl::IsUnauthenticated(verify("labor.341200", "k1", changed)));
    changed = hashes;
    changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(i),
                   Sha256("d"));
    EXPECT_TRUE(absl::IsUnauthenticated(verify("labor.341200", "k1", changed)));
  }
  const auto other = Ed25519PrivateKey::FromSeed(std::string(32, 'o'));
  EXPECT_TRUE(absl::IsUnauthenticated(VerifyFrame(
      "labor.341200", "k1", hashes, signature, other->public_key())));
}

TEST(FrameStatement, RefusesWhatCouldBeReadTwoWays) {
  const std::vector<Hash> hashes = {Sha256("a")};
  const std::string longest(128, 'x');
  EXPECT_TRUE(FrameStatement(longest, longest, hashes).ok());
  for (const std::string& wrong :
       {std::string(), std::string("labor\n341200"), std::string("labor 34"),
        std::string("劳动"), std::string("a\0b", 3), longest + "x"}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(FrameStatement(wrong, "k1", hashes).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(
        FrameStatement("labor.341200", wrong, hashes).status()));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(
      FrameStatement("labor.341200", "k1", {}).status()));
}

TEST(UpdateHashes, RefusesSaltsOfAnotherLength) {
  const std::string salt(kSaltSize, 's');
  for (const std::string& wrong : {std::string(), salt.substr(1), salt + "s"}) {
    const SaltedUpdate updates[] = {{salt, "a"}, {wrong, "b"}};
    const absl::Status status = UpdateHashes(updates).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(status.ToString(), HasSubstr("update 1"));
  }
}

}  // namespace
}  // namespace waystation::auditlog
