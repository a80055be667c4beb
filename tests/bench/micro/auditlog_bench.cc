// SPDX-License-Identifier: Apache-2.0
// What does the audit log cost beside the store? Goals: append at most 3 us of
// CPU an event, verify 500,000 events a second, an inclusion proof in a log of
// ten million events in at most 1 ms.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/auditlog/batch_signature.h"
#include "proto/auditlog/tiles.h"

namespace waystation::auditlog {
namespace {

constexpr std::size_t kEventSize = 200;

// An event of kEventSize bytes, another one for each number.
std::string Event(std::uint64_t number) {
  std::string event(kEventSize, 'e');
  event.replace(0, 8, reinterpret_cast<const char*>(&number), 8);
  return event;
}

// One group of `range` events: leaf hashes, frontier, tile rows as bytes.
void Append(benchmark::State& state) {
  TreeAppender log;
  std::vector<std::string> events;
  events.reserve(static_cast<std::size_t>(state.range(0)));
  for (int i = 0; i < state.range(0); ++i) {
    events.push_back(Event(static_cast<std::uint64_t>(i)));
  }
  std::vector<Hash> leaves;
  for (auto _ : state) {
    leaves.clear();
    for (const std::string& event : events) leaves.push_back(LeafHash(event));
    for (const Tile& tile : log.Append(leaves)) {
      benchmark::DoNotOptimize(TileBytes(tile.hashes));
    }
    benchmark::DoNotOptimize(log.frontier().Serialize());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Append)->Arg(1)->Arg(16)->Arg(256);

// Every event hashed, the root computed: what `audit verify` does for each.
void Verify(benchmark::State& state) {
  std::vector<std::string> events;
  for (std::uint64_t i = 0; i < 100'000; ++i) events.push_back(Event(i));
  for (auto _ : state) {
    Frontier tree;
    for (const std::string& event : events) tree.Append(LeafHash(event));
    benchmark::DoNotOptimize(tree.Root());
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(events.size()));
}
BENCHMARK(Verify)->Unit(benchmark::kMillisecond);

// Tiles as bytes, parsed at each read, as a store gives them.
class TileRows final : public TileReader {
 public:
  explicit TileRows(std::uint64_t size) {
    TreeAppender log;
    std::vector<Hash> leaves(kTileWidth);
    while (log.size() < size) {
      const std::uint64_t first = log.size();
      leaves.resize(std::min<std::uint64_t>(kTileWidth, size - first));
      for (std::size_t i = 0; i < leaves.size(); ++i) {
        leaves[i] = {};
        leaves[i][0] = static_cast<std::uint8_t>(first >> 8);
        leaves[i][1] = static_cast<std::uint8_t>(i);
      }
      Keep(log.Append(leaves));
    }
    Keep(log.UnfinishedTiles());
    root_ = log.Root();
  }

  absl::StatusOr<std::vector<Hash>> ReadTile(std::uint32_t level,
                                             std::uint64_t index,
                                             std::uint32_t) const override {
    const auto row = rows_.find(index << 8 | level);
    if (row == rows_.end()) return absl::NotFoundError("no such tile");
    return ParseTile(row->second);
  }

  const Hash& root() const { return root_; }

 private:
  void Keep(const std::vector<Tile>& tiles) {
    for (const Tile& tile : tiles) {
      rows_[tile.index << 8 | tile.level] = TileBytes(tile.hashes);
    }
  }

  std::unordered_map<std::uint64_t, std::string> rows_;
  Hash root_;
};

constexpr std::uint64_t kTenMillion = 10'000'000;

const TileRows& TenMillion() {
  static const TileRows rows(kTenMillion);
  return rows;
}

void InclusionProofAtTenMillion(benchmark::State& state) {
  const TileRows& rows = TenMillion();
  std::uint64_t index = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(BuildInclusionProof(index, kTenMillion, rows));
    index = (index + 7'654'321) % kTenMillion;
  }
}
BENCHMARK(InclusionProofAtTenMillion)->Unit(benchmark::kMicrosecond);

void ConsistencyProofAtTenMillion(benchmark::State& state) {
  const TileRows& rows = TenMillion();
  std::uint64_t old_size = 1;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        BuildConsistencyProof(old_size, kTenMillion, rows));
    old_size = (old_size + 7'654'321) % kTenMillion + 1;
  }
}
BENCHMARK(ConsistencyProofAtTenMillion)->Unit(benchmark::kMicrosecond);

// A frame of 256 updates of 600 bytes: hashes, root, one signature.
void VerifyFrameOf256(benchmark::State& state) {
  const std::string salt(kSaltSize, 's');
  std::vector<std::string> updates;
  for (std::uint64_t i = 0; i < 256; ++i)
    updates.push_back(std::string(600, 'u'));
  std::vector<SaltedUpdate> frame;
  frame.reserve(updates.size());
  for (const std::string& update : updates) frame.push_back({salt, update});
  const auto key = Ed25519PrivateKey::FromSeed(std::string(32, 'k'));
  const std::string signature =
      *SignFrame("labor.341200", "k1", *UpdateHashes(frame), *key);
  for (auto _ : state) {
    benchmark::DoNotOptimize(VerifyFrame("labor.341200", "k1",
                                         *UpdateHashes(frame), signature,
                                         key->public_key()));
  }
  state.SetItemsProcessed(state.iterations() * 256);
}
BENCHMARK(VerifyFrameOf256)->Unit(benchmark::kMicrosecond);

void Sign(benchmark::State& state) {
  const auto key = Ed25519PrivateKey::FromSeed(std::string(32, 'k'));
  for (auto _ : state) benchmark::DoNotOptimize(key->Sign("message"));
}
BENCHMARK(Sign)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace waystation::auditlog

BENCHMARK_MAIN();
