// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/merkle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "tests/unit/proto/auditlog/reference_tree.h"

namespace waystation::auditlog {
namespace {

Hash FromHex(std::string_view hex) {
  return *ParseHash(absl::HexStringToBytes({hex.data(), hex.size()}));
}

Proof FromHex(std::initializer_list<std::string_view> hexes) {
  Proof proof;
  for (const std::string_view hex : hexes) proof.push_back(FromHex(hex));
  return proof;
}

// The tree that the Certificate Transparency reference implementations publish
// for RFC 6962 and RFC 9162.
constexpr std::string_view kEntries[] = {"",
                                         "00",
                                         "10",
                                         "2021",
                                         "3031",
                                         "40414243",
                                         "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f"};
constexpr std::string_view kRoots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

Hash PublishedLeaf(std::size_t index) {
  const std::string_view hex = kEntries[index];
  return LeafHash(absl::HexStringToBytes({hex.data(), hex.size()}));
}

TEST(Frontier, PublishedRoots) {
  Frontier frontier;
  for (std::size_t size = 0; size <= 8; ++size) {
    EXPECT_EQ(frontier.size(), size);
    EXPECT_EQ(ToHex(frontier.Root()), kRoots[size]);
    if (size < 8) frontier.Append(PublishedLeaf(size));
  }
}

TEST(VerifyInclusion, PublishedProofs) {
  const struct {
    std::uint64_t index, size;
    Proof proof;
  } cases[] = {
      {0, 1, {}},
      {0, 8,
       FromHex(
           {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e"
            "4"})},
      {5, 8,
       FromHex(
           {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
            "7"})},
      {2, 3,
       FromHex({"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c1"
                "25"})}};
  for (const auto& [index, size, proof] : cases) {
    EXPECT_TRUE(VerifyInclusion(PublishedLeaf(index), index, size, proof,
                                FromHex(kRoots[size]))
                    .ok())
        << index << " of " << size;
  }
}

TEST(VerifyConsistency, PublishedProofs) {
  const struct {
    std::uint64_t old_size, new_size;
    Proof proof;
  } cases[] = {
      {1, 1, {}},
      {2, 5,
       FromHex(
           {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6"
            "b"})},
      {6, 7,
       FromHex(
           {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
            "7"})},
      {6, 8,
       FromHex(
           {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
            "7"})}};
  for (const auto& [old_size, new_size, proof] : cases) {
    EXPECT_TRUE(VerifyConsistency(old_size, new_size, proof,
                                  FromHex(kRoots[old_size]),
                                  FromHex(kRoots[new_size]))
                    .ok())
        << old_size << " to " << new_size;
  }
}

// Flipping all 256 bits of each hash is done up to this size. Above it one bit
// of one hash is, another one each time.
constexpr std::size_t kEveryBitUpTo = 33;

// Calls test() with one bit changed among `hashes`, for every bit or for the
// `turn`-th alone.
template <typename Test>
void ForFlippedBits(const std::vector<Hash*>& hashes, bool every_bit,
                    std::size_t turn, Test test) {
  const std::size_t bits = hashes.size() * kHashSize * 8;
  for (std::size_t i = 0; i < (every_bit ? bits : 1); ++i) {
    const std::size_t bit = (turn * 257 + i) % bits;
    std::uint8_t& byte = (*hashes[bit / 256])[bit % 256 / 8];
    byte = static_cast<std::uint8_t>(byte ^ (1 << bit % 8));
    test();
    byte = static_cast<std::uint8_t>(byte ^ (1 << bit % 8));
  }
}

TEST(VerifyInclusion, HoldsForEveryLeafAndNoOtherHash) {
  reference::Trees trees(reference::Leaves(300));
  std::size_t turn = 0;
  for (std::size_t size = 1; size <= 300; ++size) {
    Hash root = trees.Root(size);
    for (std::size_t index = 0; index < size; ++index) {
      Proof proof = trees.Path(index, size);
      Hash leaf = trees.leaves()[index];
      const auto verify = [&] {
        return VerifyInclusion(leaf, index, size, proof, root);
      };
      ASSERT_TRUE(verify().ok()) << index << " of " << size;
      const auto broken = [&] { ASSERT_TRUE(absl::IsDataLoss(verify())); };
      std::vector<Hash*> hashes = {&leaf, &root};
      for (Hash& hash : proof) hashes.push_back(&hash);
      ForFlippedBits(hashes, size <= kEveryBitUpTo, ++turn, broken);
      proof.push_back(root);
      broken();
      proof.resize(proof.size() - 1);
      if (!proof.empty()) {
        proof.pop_back();
        broken();
      }
    }
  }
}

TEST(VerifyInclusion, HoldsAtNoOtherPlace) {
  reference::Trees trees(reference::Leaves(64));
  const std::vector<Hash>& leaves = trees.leaves();
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    const Hash root = trees.Root(size);
    for (std::size_t index = 0; index < size; ++index) {
      const Proof proof = trees.Path(index, size);
      for (std::size_t other = 0; other < size; ++other) {
        EXPECT_EQ(VerifyInclusion(leaves[index], other, size, proof, root).ok(),
                  other == index);
      }
    }
    EXPECT_TRUE(
        absl::IsOutOfRange(VerifyInclusion(leaves[0], size, size, {}, root)));
  }
  EXPECT_TRUE(
      absl::IsOutOfRange(VerifyInclusion(leaves[0], 0, 0, {}, Sha256(""))));
}

TEST(VerifyConsistency, HoldsForEveryPairAndNoOtherHash) {
  reference::Trees trees(reference::Leaves(300));
  std::size_t turn = 0;
  for (std::size_t size = 0; size <= 300; ++size) {
    Hash new_root = trees.Root(size);
    for (std::size_t old_size = 0; old_size <= size; ++old_size) {
      Proof proof = trees.Consistency(old_size, size);
      Hash old_root = trees.Root(old_size);
      const auto verify = [&] {
        return VerifyConsistency(old_size, size, proof, old_root, new_root);
      };
      ASSERT_TRUE(verify().ok()) << old_size << " to " << size;
      const auto broken = [&] { ASSERT_TRUE(absl::IsDataLoss(verify())); };
      std::vector<Hash*> hashes = {&old_root};
      // From the empty tree a proof shows nothing of the later root.
      if (old_size != 0) hashes.push_back(&new_root);
      for (Hash& hash : proof) hashes.push_back(&hash);
      ForFlippedBits(hashes, size <= kEveryBitUpTo, ++turn, broken);
      proof.push_back(new_root);
      broken();
      proof.resize(proof.size() - 1);
      if (!proof.empty()) {
        proof.pop_back();
        broken();
        proof.clear();
        broken();
      }
    }
  }
}

TEST(VerifyConsistency, RefusesShrinkingAndForks) {
  reference::Trees trees(reference::Leaves(9));
  const Hash four = trees.Root(4);
  const Hash nine = trees.Root(9);
  EXPECT_TRUE(absl::IsOutOfRange(VerifyConsistency(9, 4, {}, nine, four)));
  EXPECT_TRUE(absl::IsDataLoss(VerifyConsistency(9, 9, {}, nine, four)));
  // A log that rewrote leaf 2 builds the best proof that it can.
  std::vector<Hash> leaves = trees.leaves();
  leaves[2] = LeafHash("rewritten");
  reference::Trees rewritten(leaves);
  EXPECT_TRUE(absl::IsDataLoss(VerifyConsistency(
      4, 9, rewritten.Consistency(4, 9), four, rewritten.Root(9))));
}

// A proof tells the earlier root by itself: that of the log which gave it,
// whatever another log of the same keys had.
TEST(RootsOfConsistency, AreThoseOfTheLogThatGaveTheProof) {
  reference::Trees trees(reference::Leaves(70));
  for (std::size_t size = 0; size <= 70; ++size) {
    for (std::size_t old_size = 0; old_size <= size; ++old_size) {
      const Proof proof = trees.Consistency(old_size, size);
      const auto roots = RootsOfConsistency(old_size, size, proof);
      const bool taken_for_granted =
          old_size == 0 || old_size == size || (old_size & (old_size - 1)) == 0;
      ASSERT_EQ(roots.has_value(), !taken_for_granted)
          << old_size << " to " << size;
      if (!roots.has_value()) continue;
      EXPECT_EQ(roots->old_root, trees.Root(old_size));
      EXPECT_EQ(roots->new_root, trees.Root(size));
      EXPECT_FALSE(RootsOfConsistency(old_size, size, {}).has_value());
      Proof longer = proof;
      longer.push_back(trees.Root(size));
      EXPECT_FALSE(RootsOfConsistency(old_size, size, longer).has_value());
    }
  }
  EXPECT_FALSE(RootsOfConsistency(9, 4, {}).has_value());
}

RC_GTEST_PROP(Frontier, EqualsTheWholeTree, ()) {
  const auto entries = *rc::gen::arbitrary<std::vector<std::string>>();
  std::vector<Hash> leaves;
  Frontier frontier;
  for (const std::string& entry : entries) {
    leaves.push_back(LeafHash(entry));
    frontier.Append(leaves.back());
  }
  RC_ASSERT(frontier.size() == leaves.size());
  RC_ASSERT(frontier.Root() == reference::Root(leaves));
  RC_ASSERT(*Frontier::Parse(frontier.Serialize()) == frontier);
}

TEST(Frontier, GoesOnWhereItWasSerialised) {
  reference::Trees trees(reference::Leaves(300));
  Frontier straight;
  for (std::size_t size = 0; size < 300; ++size) {
    Frontier again = *Frontier::Parse(straight.Serialize());
    straight.Append(trees.leaves()[size]);
    again.Append(trees.leaves()[size]);
    ASSERT_EQ(again, straight);
    ASSERT_EQ(again.Root(), trees.Root(size + 1));
  }
}

TEST(Frontier, SerialisedFormIsFixed) {
  Frontier frontier;
  for (std::size_t i = 0; i < 3; ++i) frontier.Append(PublishedLeaf(i));
  EXPECT_EQ(
      ToHex(frontier.Serialize()),
      "0000000000000003" + std::string(kRoots[2]) + ToHex(PublishedLeaf(2)));
}

TEST(Frontier, RefusesBytesThatDoNotFit) {
  Frontier frontier;
  for (std::size_t i = 0; i < 5; ++i) frontier.Append(PublishedLeaf(i));
  const std::string bytes = frontier.Serialize();
  for (const std::string& wrong :
       {std::string(), bytes.substr(0, 7), bytes.substr(0, 8),
        bytes.substr(0, bytes.size() - 1), bytes + "x",
        bytes + std::string(32, 'x'),
        std::string(8, '\xff') + bytes.substr(8)}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Frontier::Parse(wrong).status()));
  }
}

TEST(Tree, ProvesEachEntryOfAFrame) {
  for (std::size_t size = 1; size <= 70; ++size) {
    std::vector<Hash> entries;
    std::vector<Hash> leaves;
    for (std::size_t i = 0; i < size; ++i) {
      entries.push_back(SaltedHash("0123456789abcdef", std::to_string(i)));
      leaves.push_back(LeafHash(AsBytes(entries.back())));
    }
    const Hash root = TreeRoot(entries);
    reference::Trees trees(leaves);
    ASSERT_EQ(root, trees.Root(size));
    for (std::size_t index = 0; index < size; ++index) {
      const auto proof = TreeInclusionProof(entries, index);
      ASSERT_TRUE(proof.ok());
      ASSERT_EQ(*proof, trees.Path(index, size));
      ASSERT_TRUE(
          VerifyInclusion(leaves[index], index, size, *proof, root).ok());
    }
    EXPECT_TRUE(absl::IsOutOfRange(TreeInclusionProof(entries, size).status()));
  }
  EXPECT_EQ(TreeRoot({}), Sha256(""));
}

}  // namespace
}  // namespace waystation::auditlog
