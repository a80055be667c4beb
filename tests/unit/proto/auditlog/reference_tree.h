// SPDX-License-Identifier: Apache-2.0
// RFC 6962 section 2.1 written as the text has it: what the fast code is
// compared with.
#ifndef TESTS_UNIT_PROTO_AUDITLOG_REFERENCE_TREE_H_
#define TESTS_UNIT_PROTO_AUDITLOG_REFERENCE_TREE_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/auditlog/hash.h"
#include "proto/auditlog/merkle.h"

namespace waystation::auditlog::reference {

// The leaf hashes of entries "0", "1", ...
inline std::vector<Hash> Leaves(std::size_t count) {
  std::vector<Hash> leaves;
  leaves.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    leaves.push_back(LeafHash(std::to_string(i)));
  }
  return leaves;
}

// Trees over the first n leaves of a list, for any n. D[begin:end] has one root
// in all of them, so roots are computed once.
class Trees {
 public:
  explicit Trees(std::vector<Hash> leaves) : leaves_(std::move(leaves)) {}

  const std::vector<Hash>& leaves() const { return leaves_; }

  Hash Root(std::size_t size) { return Root(0, size); }

  // MTH(D[begin:end])
  Hash Root(std::size_t begin, std::size_t end) {
    if (begin == end) return Sha256("");
    if (end - begin == 1) return leaves_[begin];
    const auto known = roots_.find({begin, end});
    if (known != roots_.end()) return known->second;
    const std::size_t middle = begin + Split(end - begin);
    const Hash root = NodeHash(Root(begin, middle), Root(middle, end));
    return roots_[{begin, end}] = root;
  }

  // PATH(index, D[size])
  Proof Path(std::size_t index, std::size_t size) {
    return Path(index, 0, size);
  }

  // PROOF(old_size, D[size]); empty from the empty tree.
  Proof Consistency(std::size_t old_size, std::size_t size) {
    return old_size == 0 ? Proof{} : SubProof(old_size, 0, size, true);
  }

 private:
  // The largest power of two below `count`.
  static std::size_t Split(std::size_t count) {
    std::size_t split = 1;
    while (split * 2 < count) split *= 2;
    return split;
  }

  Proof Path(std::size_t index, std::size_t begin, std::size_t end) {
    if (end - begin <= 1) return {};
    const std::size_t middle = begin + Split(end - begin);
    Proof path;
    if (index < middle) {
      path = Path(index, begin, middle);
      path.push_back(Root(middle, end));
    } else {
      path = Path(index, middle, end);
      path.push_back(Root(begin, middle));
    }
    return path;
  }

  // SUBPROOF(m - begin, D[begin:end], whole)
  Proof SubProof(std::size_t m, std::size_t begin, std::size_t end,
                 bool whole) {
    if (m == end) return whole ? Proof{} : Proof{Root(begin, end)};
    const std::size_t middle = begin + Split(end - begin);
    Proof proof;
    if (m <= middle) {
      proof = SubProof(m, begin, middle, whole);
      proof.push_back(Root(middle, end));
    } else {
      proof = SubProof(m, middle, end, false);
      proof.push_back(Root(begin, middle));
    }
    return proof;
  }

  std::vector<Hash> leaves_;
  std::map<std::pair<std::size_t, std::size_t>, Hash> roots_;
};

// The root over one list.
inline Hash Root(std::vector<Hash> leaves) {
  const std::size_t size = leaves.size();
  return Trees(std::move(leaves)).Root(size);
}

}  // namespace waystation::auditlog::reference

#endif  // TESTS_UNIT_PROTO_AUDITLOG_REFERENCE_TREE_H_
