// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/merkle.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace waystation::auditlog {
namespace {

constexpr std::size_t kSizeBytes = 8;

absl::Status Broken(const char* what) { return absl::DataLossError(what); }

// The largest power of two below `size`, which is 2 or more.
std::size_t SplitPoint(std::size_t size) { return std::bit_floor(size - 1); }

Hash SubtreeRoot(std::span<const Hash> entries) {
  Frontier tree;
  for (const Hash& entry : entries) tree.Append(LeafHash(AsBytes(entry)));
  return tree.Root();
}

// RFC 9162 section 2.1.4.2, with its names: from the node that both trees share
// up to their roots.
absl::StatusOr<ConsistentRoots> Follow(std::uint64_t old_size,
                                       std::uint64_t new_size,
                                       const Hash& shared,
                                       std::span<const Hash> proof) {
  std::uint64_t fn = old_size - 1;
  std::uint64_t sn = new_size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  Hash fr = shared;
  Hash sr = shared;
  for (const Hash& c : proof) {
    if (sn == 0) return Broken("the consistency proof is too long");
    if ((fn & 1) != 0 || fn == sn) {
      fr = NodeHash(c, fr);
      sr = NodeHash(c, sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = NodeHash(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return Broken("the consistency proof is too short");
  return ConsistentRoots{.old_root = fr, .new_root = sr};
}

}  // namespace

Hash Frontier::Root() const {
  if (roots_.empty()) return Sha256("");
  Hash root = roots_.back();
  for (auto left = roots_.rbegin() + 1; left != roots_.rend(); ++left) {
    root = NodeHash(*left, root);
  }
  return root;
}

std::string Frontier::Serialize() const {
  std::string bytes;
  bytes.reserve(kSizeBytes + roots_.size() * kHashSize);
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(size_ >> shift));
  }
  for (const Hash& root : roots_) bytes.append(AsBytes(root));
  return bytes;
}

absl::StatusOr<Frontier> Frontier::Parse(std::string_view bytes) {
  if (bytes.size() < kSizeBytes || bytes.size() % kHashSize != kSizeBytes) {
    return absl::InvalidArgumentError(
        "a frontier is a size of 8 bytes and whole hashes");
  }
  std::uint64_t size = 0;
  for (const char byte : bytes.substr(0, kSizeBytes)) {
    size = size << 8 | static_cast<std::uint8_t>(byte);
  }
  std::vector<Hash> roots;
  for (bytes.remove_prefix(kSizeBytes); !bytes.empty();
       bytes.remove_prefix(kHashSize)) {
    roots.push_back(*ParseHash(bytes.substr(0, kHashSize)));
  }
  return FromRoots(size, std::move(roots));
}

absl::StatusOr<Frontier> Frontier::FromRoots(std::uint64_t size,
                                             std::vector<Hash> roots) {
  if (roots.size() != static_cast<std::size_t>(std::popcount(size))) {
    return absl::InvalidArgumentError("a frontier's roots do not fit its size");
  }
  Frontier frontier;
  frontier.size_ = size;
  frontier.roots_ = std::move(roots);
  return frontier;
}

Hash TreeRoot(std::span<const Hash> entries) { return SubtreeRoot(entries); }

absl::StatusOr<Proof> TreeInclusionProof(std::span<const Hash> entries,
                                         std::uint64_t index) {
  if (index >= entries.size()) {
    return absl::OutOfRangeError("there is no such entry");
  }
  Proof proof;
  while (entries.size() > 1) {
    const std::size_t split = SplitPoint(entries.size());
    const auto left = entries.first(split);
    const auto right = entries.subspan(split);
    const bool goes_left = index < split;
    proof.push_back(SubtreeRoot(goes_left ? right : left));
    entries = goes_left ? left : right;
    if (!goes_left) index -= split;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

absl::Status VerifyInclusion(const Hash& leaf, std::uint64_t index,
                             std::uint64_t size, std::span<const Hash> proof,
                             const Hash& root) {
  if (index >= size) {
    return absl::OutOfRangeError("the index is not in the tree");
  }
  // RFC 9162 section 2.1.3.2, with its names.
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Hash r = leaf;
  for (const Hash& p : proof) {
    if (sn == 0) return Broken("the inclusion proof is too long");
    if ((fn & 1) != 0 || fn == sn) {
      r = NodeHash(p, r);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      r = NodeHash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return Broken("the inclusion proof is too short");
  if (r != root) return Broken("the inclusion proof leads to another root");
  return absl::OkStatus();
}

absl::Status VerifyConsistency(std::uint64_t old_size, std::uint64_t new_size,
                               std::span<const Hash> proof,
                               const Hash& old_root, const Hash& new_root) {
  if (old_size > new_size) {
    return absl::OutOfRangeError("the later tree is the smaller one");
  }
  if (old_size == 0 && old_root != Sha256("")) {
    return Broken("the root of the empty tree is wrong");
  }
  if (old_size == 0 || old_size == new_size) {
    if (!proof.empty()) return Broken("the consistency proof is too long");
    if (old_size == new_size && old_root != new_root) {
      return Broken("two roots of one size differ");
    }
    return absl::OkStatus();
  }
  const bool old_is_perfect = std::has_single_bit(old_size);
  if (!old_is_perfect && proof.empty()) {
    return Broken("the consistency proof is too short");
  }
  const absl::StatusOr<ConsistentRoots> roots =
      Follow(old_size, new_size, old_is_perfect ? old_root : proof.front(),
             proof.subspan(old_is_perfect ? 0 : 1));
  if (!roots.ok()) return roots.status();
  if (roots->old_root != old_root) {
    return Broken("the proof leads to another earlier root");
  }
  if (roots->new_root != new_root) {
    return Broken("the proof leads to another later root");
  }
  return absl::OkStatus();
}

std::optional<ConsistentRoots> RootsOfConsistency(std::uint64_t old_size,
                                                  std::uint64_t new_size,
                                                  std::span<const Hash> proof) {
  if (old_size == 0 || old_size >= new_size || proof.empty() ||
      std::has_single_bit(old_size)) {
    return std::nullopt;
  }
  const absl::StatusOr<ConsistentRoots> roots =
      Follow(old_size, new_size, proof.front(), proof.subspan(1));
  if (!roots.ok()) return std::nullopt;
  return *roots;
}

}  // namespace waystation::auditlog
