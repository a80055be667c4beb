// SPDX-License-Identifier: Apache-2.0
// The stored form of the log's tree, and proofs from it. Layout and names are
// those of C2SP tlog-tiles (height 8), so that public tools can read an export:
//
//     tile(level, index) := hash{1..256}       32 bytes each, left to right
//     hash i of it       := the root over the 256^level leaves that begin at
//                           leaf (256 * index + i) * 256^level
//
// What a store writes. A leaf is one row of the log whatever happens, so the
// unfinished tile of level 0 is not stored: its hashes are LeafHash of the last
// `size % 256` leaf rows. A tile of level 0 becomes a row when it is full; a
// tile of a higher level is rewritten when a hash joins it, which is once for
// each full tile below. Appending k leaves therefore writes about k / 128 rows
// and 48 bytes a leaf, and nothing at all for most groups; and after a crash
// the edge comes back from at most 255 leaves and a tile a level.
//
// A stored tile may be wider than the one asked for, since hashes in a tile
// never change: the first `width` of a later row are the earlier row.
#ifndef PROTO_AUDITLOG_TILES_H_
#define PROTO_AUDITLOG_TILES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/merkle.h"

namespace waystation::auditlog {

inline constexpr std::uint32_t kTileHeight = 8;
inline constexpr std::uint32_t kTileWidth = 1 << kTileHeight;

// One row to write, or to replace, under (level, index).
struct Tile {
  std::uint32_t level = 0;
  std::uint64_t index = 0;
  std::vector<Hash> hashes;

  friend bool operator==(const Tile&, const Tile&) = default;
};

// The hashes of a tile end to end, as stored and exported.
std::string TileBytes(std::span<const Hash> hashes);

// The inverse. INVALID_ARGUMENT unless it is 1 to 256 whole hashes.
absl::StatusOr<std::vector<Hash>> ParseTile(std::string_view bytes);

// Where tlog-tiles puts it: "tile/0/x001/x234/067", with ".p/<width>" after it
// when the tile is not full.
std::string TilePath(std::uint32_t level, std::uint64_t index,
                     std::uint32_t width);

// Reads tiles back. One implementation a store, one for an exported folder.
class TileReader {
 public:
  virtual ~TileReader() = default;

  // The first `width` hashes (1 to 256) of the tile; more is allowed. For an
  // unfinished tile of level 0 these are the leaf hashes of leaves
  // [256 * index, 256 * index + width). NOT_FOUND when fewer are stored.
  virtual absl::StatusOr<std::vector<Hash>> ReadTile(
      std::uint32_t level, std::uint64_t index, std::uint32_t width) const = 0;
};

// Appends leaves and says which tile rows that writes. A value, like Frontier:
// append to a copy, commit, keep the copy.
class TreeAppender {
 public:
  // The empty log.
  TreeAppender() = default;

  // The edge of a log of `size` leaves, as after a restart. Whether it is the
  // right log is for the caller to see: compare frontier() with the stored one.
  static absl::StatusOr<TreeAppender> Load(std::uint64_t size,
                                           const TileReader& tiles);

  // Appends leaf hashes and returns the rows that the same transaction writes,
  // each (level, index) once, in its last form.
  std::vector<Tile> Append(std::span<const Hash> leaves);

  std::uint64_t size() const { return frontier_.size(); }
  Hash Root() const { return frontier_.Root(); }
  const Frontier& frontier() const { return frontier_; }

  // The unfinished tiles, level 0 included, for an export that is complete by
  // tlog-tiles' rules.
  std::vector<Tile> UnfinishedTiles() const;

 private:
  Frontier frontier_;
  std::vector<std::vector<Hash>> edge_;  // By level, each below kTileWidth.
};

// The root of the first `size` leaves.
absl::StatusOr<Hash> RootAt(std::uint64_t size, const TileReader& tiles);

// That leaf `index` is in the tree of the first `size` leaves. OUT_OF_RANGE
// when index >= size. Reads at most one tile a level and edge.
absl::StatusOr<Proof> BuildInclusionProof(std::uint64_t index,
                                          std::uint64_t size,
                                          const TileReader& tiles);

// That the tree of `new_size` leaves begins with the tree of `old_size`.
// OUT_OF_RANGE when old_size > new_size. Empty when old_size is 0 or equal.
absl::StatusOr<Proof> BuildConsistencyProof(std::uint64_t old_size,
                                            std::uint64_t new_size,
                                            const TileReader& tiles);

}  // namespace waystation::auditlog

#endif  // PROTO_AUDITLOG_TILES_H_
