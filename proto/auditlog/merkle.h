// SPDX-License-Identifier: Apache-2.0
// Merkle trees as RFC 6962 section 2 defines them: growing one (Frontier),
// whole small ones (TreeRoot) and checking proofs. Nothing here reads or keeps
// the log; tiles.h does.
//
//     MTH({})     = SHA-256()
//     MTH({d})    = LeafHash(d)
//     MTH(D[0:n]) = NodeHash(MTH(D[0:k]), MTH(D[k:n])),
//                   k the largest power of two below n
#ifndef PROTO_AUDITLOG_MERKLE_H_
#define PROTO_AUDITLOG_MERKLE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/hash.h"

namespace waystation::auditlog {

// The nodes that a verifier needs, from the leaf's side up (RFC 6962 order).
using Proof = std::vector<Hash>;

// The right edge of a growing tree: the roots of its perfect subtrees, which
// is all that is needed to append and to know the root. A value: copy it,
// append to the copy, and keep the copy once the commit holds.
class Frontier {
 public:
  // The empty tree.
  Frontier() = default;

  // Appends one leaf by its leaf hash. One node is hashed on average.
  void Append(const Hash& leaf) {
    Append(leaf, [](std::uint32_t, const Hash&) {});
  }

  // The same, and calls completed(height, root) for each perfect subtree of
  // 2^height leaves that this leaf completes, itself at height 0 first.
  template <typename Completed>
  void Append(const Hash& leaf, Completed completed) {
    completed(std::uint32_t{0}, leaf);
    roots_.push_back(leaf);
    std::uint32_t height = 0;
    for (std::uint64_t odd = size_; (odd & 1) != 0; odd >>= 1) {
      const Hash right = roots_.back();
      roots_.pop_back();
      roots_.back() = NodeHash(roots_.back(), right);
      completed(++height, roots_.back());
    }
    ++size_;
  }

  std::uint64_t size() const { return size_; }

  // The root of the tree so far; SHA-256 of nothing when it is empty.
  Hash Root() const;

  // The size as 8 bytes, most significant first, then the roots of the perfect
  // subtrees, largest first, 32 bytes each.
  std::string Serialize() const;

  // The inverse. INVALID_ARGUMENT when the length does not fit the size.
  static absl::StatusOr<Frontier> Parse(std::string_view bytes);

  // The roots of the perfect subtrees, largest first: one for each bit set in
  // size(). FromRoots is the inverse; INVALID_ARGUMENT for another number.
  std::span<const Hash> roots() const { return roots_; }
  static absl::StatusOr<Frontier> FromRoots(std::uint64_t size,
                                            std::vector<Hash> roots);

  friend bool operator==(const Frontier&, const Frontier&) = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> roots_;  // Largest subtree first.
};

// MTH over `entries`, each entry being the 32 bytes of one hash: the leaf hash
// of entry h is LeafHash(AsBytes(h)). This is the tree under a signed frame
// (entries are the salted hashes of its updates, in order) and under an audit
// event (the salted hashes of its details).
Hash TreeRoot(std::span<const Hash> entries);

// The proof that entries[index] is under TreeRoot(entries). To check it:
// VerifyInclusion(LeafHash(AsBytes(entry)), index, size, proof, root).
// OUT_OF_RANGE when there is no such entry.
absl::StatusOr<Proof> TreeInclusionProof(std::span<const Hash> entries,
                                         std::uint64_t index);

// OK when `proof` shows that the entry with leaf hash `leaf` stands at `index`
// in the tree of `size` entries with this root (RFC 9162 section 2.1.3.2).
// OUT_OF_RANGE when index >= size; DATA_LOSS when the proof does not hold.
absl::Status VerifyInclusion(const Hash& leaf, std::uint64_t index,
                             std::uint64_t size, std::span<const Hash> proof,
                             const Hash& root);

// OK when `proof` shows that the tree of `new_size` entries begins with the
// tree of `old_size` entries (RFC 9162 section 2.1.4.2). Between equal sizes,
// and from size 0, the proof is empty; the roots must still be right.
// OUT_OF_RANGE when old_size > new_size; DATA_LOSS when it does not hold.
absl::Status VerifyConsistency(std::uint64_t old_size, std::uint64_t new_size,
                               std::span<const Hash> proof,
                               const Hash& old_root, const Hash& new_root);

// The two roots to which a consistency proof leads by itself, so that a proof
// which leads to the signed later root tells which earlier root that one
// commits to. nullopt for a proof of the wrong length, and where the proof
// takes the earlier root for granted: when old_size is 0, new_size or a power
// of two.
struct ConsistentRoots {
  Hash old_root;
  Hash new_root;
};
std::optional<ConsistentRoots> RootsOfConsistency(std::uint64_t old_size,
                                                  std::uint64_t new_size,
                                                  std::span<const Hash> proof);

}  // namespace waystation::auditlog

#endif  // PROTO_AUDITLOG_MERKLE_H_
