// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/tiles.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace waystation::auditlog {
namespace {

// The root over `hashes`, a power of two of them and at most kTileWidth, which
// are roots of perfect subtrees of one height.
Hash FoldRoot(std::span<const Hash> hashes) {
  std::array<Hash, kTileWidth> row;
  std::copy(hashes.begin(), hashes.end(), row.begin());
  for (std::size_t width = hashes.size() / 2; width > 0; width /= 2) {
    for (std::size_t i = 0; i < width; ++i) {
      row[i] = NodeHash(row[2 * i], row[2 * i + 1]);
    }
  }
  return row[0];
}

// The hashes that stand at `level` in a log of `size` leaves.
std::uint64_t HashesAt(std::uint64_t size, std::uint32_t level) {
  const std::uint32_t height = level * kTileHeight;
  return height < 64 ? size >> height : 0;
}

absl::Status BadTile(std::uint32_t level, std::uint64_t index) {
  return absl::DataLossError(absl::StrCat("tile ", level, "/", index,
                                          " holds fewer hashes than its log"));
}

// Computes roots of ranges of one log, reading each tile once.
class Nodes {
 public:
  Nodes(std::uint64_t size, const TileReader& tiles)
      : size_(size), tiles_(tiles) {}

  // The root over leaves [begin, end): a range that RFC 6962 makes a subtree,
  // so begin is a multiple of the power of two that covers the range.
  absl::StatusOr<Hash> Range(std::uint64_t begin, std::uint64_t end) {
    // Left to right: the perfect subtrees of the range, then fold them from
    // the right as the definition does.
    std::vector<Hash> roots;
    while (begin < end) {
      const auto height =
          static_cast<std::uint32_t>(std::bit_width(end - begin)) - 1;
      const absl::StatusOr<Hash> root = Perfect(begin >> height, height);
      if (!root.ok()) return root.status();
      roots.push_back(*root);
      begin += std::uint64_t{1} << height;
    }
    Hash root = roots.back();
    for (auto left = roots.rbegin() + 1; left != roots.rend(); ++left) {
      root = NodeHash(*left, root);
    }
    return root;
  }

 private:
  // The root of the perfect subtree of 2^height leaves, the `position`-th one.
  absl::StatusOr<Hash> Perfect(std::uint64_t position, std::uint32_t height) {
    const std::uint32_t level = height / kTileHeight;
    const std::uint32_t above = height % kTileHeight;
    const std::uint64_t first = position << above;
    const std::uint64_t index = first >> kTileHeight;
    const absl::StatusOr<std::span<const Hash>> tile = ReadOnce(level, index);
    if (!tile.ok()) return tile.status();
    return FoldRoot(tile->subspan(first % kTileWidth, std::size_t{1} << above));
  }

  absl::StatusOr<std::span<const Hash>> ReadOnce(std::uint32_t level,
                                                 std::uint64_t index) {
    const auto found = read_.find({level, index});
    if (found != read_.end()) return found->second;
    const std::uint64_t width = std::min<std::uint64_t>(
        kTileWidth, HashesAt(size_, level) - index * kTileWidth);
    absl::StatusOr<std::vector<Hash>> hashes =
        tiles_.ReadTile(level, index, static_cast<std::uint32_t>(width));
    if (!hashes.ok()) return hashes.status();
    if (hashes->size() < width) return BadTile(level, index);
    return read_.emplace(std::pair(level, index), *std::move(hashes))
        .first->second;
  }

  std::uint64_t size_;
  const TileReader& tiles_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<Hash>> read_;
};

// The largest power of two below `size`, which is 2 or more.
std::uint64_t SplitPoint(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

}  // namespace

std::string TileBytes(std::span<const Hash> hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * kHashSize);
  for (const Hash& hash : hashes) bytes.append(AsBytes(hash));
  return bytes;
}

absl::StatusOr<std::vector<Hash>> ParseTile(std::string_view bytes) {
  if (bytes.empty() || bytes.size() % kHashSize != 0 ||
      bytes.size() > kTileWidth * kHashSize) {
    return absl::InvalidArgumentError("a tile is 1 to 256 hashes of 32 bytes");
  }
  std::vector<Hash> hashes;
  hashes.reserve(bytes.size() / kHashSize);
  for (; !bytes.empty(); bytes.remove_prefix(kHashSize)) {
    hashes.push_back(*ParseHash(bytes.substr(0, kHashSize)));
  }
  return hashes;
}

std::string TilePath(std::uint32_t level, std::uint64_t index,
                     std::uint32_t width) {
  std::string number = absl::StrFormat("%03d", index % 1000);
  while (index >= 1000) {
    index /= 1000;
    number = absl::StrFormat("x%03d/%s", index % 1000, number);
  }
  std::string path = absl::StrCat("tile/", level, "/", number);
  if (width < kTileWidth) absl::StrAppend(&path, ".p/", width);
  return path;
}

absl::StatusOr<TreeAppender> TreeAppender::Load(std::uint64_t size,
                                                const TileReader& tiles) {
  TreeAppender appender;
  for (std::uint32_t level = 0; HashesAt(size, level) > 0; ++level) {
    const std::uint64_t index = HashesAt(size, level) / kTileWidth;
    const std::size_t width = HashesAt(size, level) % kTileWidth;
    std::vector<Hash>& edge = appender.edge_.emplace_back();
    if (width == 0) continue;
    absl::StatusOr<std::vector<Hash>> hashes =
        tiles.ReadTile(level, index, static_cast<std::uint32_t>(width));
    if (!hashes.ok()) return hashes.status();
    if (hashes->size() < width) return BadTile(level, index);
    edge.assign(hashes->begin(),
                hashes->begin() + static_cast<std::ptrdiff_t>(width));
  }
  // The perfect subtrees of the log are those of its edge, largest first.
  std::vector<Hash> roots;
  for (auto edge = appender.edge_.rbegin(); edge != appender.edge_.rend();
       ++edge) {
    Frontier fold;
    for (const Hash& hash : *edge) fold.Append(hash);
    for (const Hash& root : fold.roots()) roots.push_back(root);
  }
  absl::StatusOr<Frontier> frontier =
      Frontier::FromRoots(size, std::move(roots));
  if (!frontier.ok()) return frontier.status();
  appender.frontier_ = *std::move(frontier);
  return appender;
}

std::vector<Tile> TreeAppender::Append(std::span<const Hash> leaves) {
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<Hash>> rows;
  for (const Hash& leaf : leaves) {
    const std::uint64_t position = frontier_.size();
    frontier_.Append(leaf, [&](std::uint32_t height, const Hash& root) {
      if (height % kTileHeight != 0) return;
      const std::uint32_t level = height / kTileHeight;
      if (edge_.size() <= level) edge_.resize(level + 1);
      std::vector<Hash>& edge = edge_[level];
      edge.push_back(root);
      const bool full = edge.size() == kTileWidth;
      const std::uint64_t index = position >> (height + kTileHeight);
      if (full) {
        rows[{level, index}] = std::exchange(edge, {});
      } else if (level > 0) {
        rows[{level, index}] = {};  // Filled below, once, in its last form.
      }
    });
  }
  std::vector<Tile> tiles;
  tiles.reserve(rows.size());
  for (auto& [id, hashes] : rows) {
    const auto& [level, index] = id;
    if (hashes.empty()) hashes = edge_[level];
    tiles.push_back({level, index, std::move(hashes)});
  }
  return tiles;
}

std::vector<Tile> TreeAppender::UnfinishedTiles() const {
  std::vector<Tile> tiles;
  for (std::uint32_t level = 0; level < edge_.size(); ++level) {
    if (edge_[level].empty()) continue;
    const std::uint64_t index = HashesAt(size(), level) / kTileWidth;
    tiles.push_back({level, index, edge_[level]});
  }
  return tiles;
}

absl::StatusOr<Hash> RootAt(std::uint64_t size, const TileReader& tiles) {
  if (size == 0) return Sha256("");
  return Nodes(size, tiles).Range(0, size);
}

absl::StatusOr<Proof> BuildInclusionProof(std::uint64_t index,
                                          std::uint64_t size,
                                          const TileReader& tiles) {
  if (index >= size) {
    return absl::OutOfRangeError("the index is not in the tree");
  }
  Nodes nodes(size, tiles);
  Proof proof;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {  // PATH(m, D[n]) of RFC 6962, from the root down.
    const std::uint64_t middle = begin + SplitPoint(end - begin);
    const bool goes_left = index < middle;
    absl::StatusOr<Hash> sibling =
        goes_left ? nodes.Range(middle, end) : nodes.Range(begin, middle);
    if (!sibling.ok()) return sibling.status();
    proof.push_back(*sibling);
    (goes_left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

absl::StatusOr<Proof> BuildConsistencyProof(std::uint64_t old_size,
                                            std::uint64_t new_size,
                                            const TileReader& tiles) {
  if (old_size > new_size) {
    return absl::OutOfRangeError("the later tree is the smaller one");
  }
  if (old_size == 0 || old_size == new_size) return Proof();
  Nodes nodes(new_size, tiles);
  Proof proof;
  std::uint64_t begin = 0;
  std::uint64_t end = new_size;
  while (end != old_size) {  // SUBPROOF(m, D[n], b) of RFC 6962.
    const std::uint64_t middle = begin + SplitPoint(end - begin);
    const bool goes_left = old_size <= middle;
    absl::StatusOr<Hash> sibling =
        goes_left ? nodes.Range(middle, end) : nodes.Range(begin, middle);
    if (!sibling.ok()) return sibling.status();
    proof.push_back(*sibling);
    (goes_left ? end : begin) = middle;
  }
  if (begin != 0) {  // The old tree's last subtree is unknown to its verifier.
    absl::StatusOr<Hash> last = nodes.Range(begin, end);
    if (!last.ok()) return last.status();
    proof.push_back(*last);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

}  // namespace waystation::auditlog
