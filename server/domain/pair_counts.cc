// SPDX-License-Identifier: Apache-2.0
#include "server/domain/pair_counts.h"

#include <algorithm>
#include <string_view>

#include "absl/container/flat_hash_set.h"

namespace waystation::domain {
namespace {

// Keys of numbers that identify come before those of Block.
constexpr std::uint64_t kNumberKind = 0;
constexpr std::size_t kKinds = kBlocks + 1;
// Between two questions whether to stop.
constexpr std::uint64_t kPairsBetween = 1 << 16;
constexpr std::uint64_t kBlocksBetween = 1 << 12;

bool Stops(const CountOptions& options) {
  return options.stop && options.stop();
}
// Of a key's 64 bits the upper eight say its kind.
constexpr int kKindShift = 56;

constexpr std::uint64_t Pack(const LevelsOfPair& levels) {
  std::uint64_t packed = 0;
  for (const Level level : levels) {
    packed = packed << 8 | static_cast<std::uint64_t>(level);
  }
  return packed;
}

constexpr LevelsOfPair Unpack(std::uint64_t packed) {
  LevelsOfPair levels{};
  for (std::size_t i = kFields; i-- > 0; packed >>= 8) {
    levels[i] = static_cast<Level>(packed & 0xFF);
  }
  return levels;
}

// FNV-1a: the same everywhere, so that a run can be repeated.
std::uint64_t KeyOf(std::uint64_t kind, std::string_view value) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : value) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  hash ^= hash >> 32;
  return kind << kKindShift | (hash & ((std::uint64_t{1} << kKindShift) - 1));
}

std::vector<std::uint64_t> KeysOf(const MatchVector& record) {
  std::vector<std::uint64_t> keys;
  for (const std::string& number : record.numbers) {
    keys.push_back(KeyOf(kNumberKind, number));
  }
  for (const BlockingKey& key : BlockingKeys(record)) {
    keys.push_back(KeyOf(static_cast<std::uint64_t>(key.block), key.value));
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// SplitMix64 (Steele, Lea and Flood 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  // Below `end`; what favours small numbers is below 2^-32.
  std::size_t Below(std::size_t end) {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return static_cast<std::size_t>((z ^ z >> 31) % end);
  }

 private:
  std::uint64_t state_;
};

// The keys of all records, and the records of each key.
class Blocks {
 public:
  explicit Blocks(std::span<const MatchVector> records) {
    begins_.reserve(records.size() + 1);
    for (const MatchVector& record : records) {
      begins_.push_back(keys_.size());
      for (const std::uint64_t key : KeysOf(record)) keys_.push_back(key);
    }
    begins_.push_back(keys_.size());
    members_.reserve(keys_.size());
    for (std::uint32_t i = 0; i < records.size(); ++i) {
      for (const std::uint64_t key : Of(i)) members_.emplace_back(key, i);
    }
    std::ranges::sort(members_);
  }

  // Calls `visit` with key and records of each block of 2 to `cap`, until
  // somebody stops it.
  template <typename Visit>
  void ForEach(const CountOptions& options, Visit visit) {
    const std::size_t cap = options.block_cap;
    std::uint64_t visited = 0;
    for (std::size_t begin = 0; begin < members_.size();) {
      if (++visited % kBlocksBetween == 0 && Stops(options)) return;
      std::size_t end = begin;
      while (end < members_.size() &&
             members_[end].first == members_[begin].first) {
        ++end;
      }
      if (end - begin > cap) {
        left_aside_.insert(members_[begin].first);
      } else if (end - begin > 1) {
        visit(members_[begin].first,
              std::span(members_).subspan(begin, end - begin));
      }
      begin = end;
    }
  }

  // Whether `key` is the first that the two share and that counts, of all kinds
  // and of its own: by which a pair is counted once.
  std::pair<bool, bool> IsFirst(std::uint64_t key, std::uint32_t a,
                                std::uint32_t b) const {
    bool of_all = true;
    auto i = Of(a).begin();
    auto j = Of(b).begin();
    // Both lists hold the key, so neither ends before it.
    while (*i != key || *j != key) {
      if (*i == *j) {
        if (!left_aside_.contains(*i)) {
          of_all = false;
          if (*i >> kKindShift == key >> kKindShift) return {false, false};
        }
        ++i;
        ++j;
      } else if (*i < *j) {
        ++i;
      } else {
        ++j;
      }
    }
    return {of_all, true};
  }

 private:
  std::span<const std::uint64_t> Of(std::uint32_t record) const {
    return std::span(keys_).subspan(begins_[record],
                                    begins_[record + 1] - begins_[record]);
  }

  std::vector<std::uint64_t> keys_;
  std::vector<std::size_t> begins_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> members_;
  absl::flat_hash_set<std::uint64_t> left_aside_;
};

void DrawPairs(std::span<const MatchVector> records,
               const CountOptions& options, LevelCounts& counts) {
  const std::size_t n = records.size();
  if (n < 2) return;
  const std::uint64_t all = std::uint64_t{n} * (n - 1) / 2;
  if (all <= options.random_pairs) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        counts.Add(Compare(records[i], records[j]));
      }
    }
    return;
  }
  Random random(options.seed);
  while (counts.pairs() < options.random_pairs) {
    if (counts.pairs() % kPairsBetween == 0 && Stops(options)) return;
    const std::size_t i = random.Below(n);
    const std::size_t j = random.Below(n);
    if (i != j) counts.Add(Compare(records[i], records[j]));
  }
}

}  // namespace

void LevelCounts::Add(const LevelsOfPair& levels, std::uint64_t times) {
  counts_[Pack(levels)] += times;
  pairs_ += times;
}

std::vector<LevelCounts::Row> LevelCounts::Rows(FieldSet fields) const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sorted;
  sorted.reserve(counts_.size());
  for (const auto& [packed, pairs] : counts_) {
    LevelsOfPair levels = Unpack(packed);
    for (std::size_t i = 0; i < kFields; ++i) {
      if ((fields & BitOf(static_cast<Field>(i))) == 0) {
        levels[i] = Level::kMissing;
      }
    }
    sorted.emplace_back(Pack(levels), pairs);
  }
  std::ranges::sort(sorted);
  std::vector<Row> rows;
  for (const auto& [packed, pairs] : sorted) {
    const LevelsOfPair levels = Unpack(packed);
    if (!rows.empty() && rows.back().levels == levels) {
      rows.back().pairs += pairs;
    } else {
      rows.push_back({levels, pairs});
    }
  }
  return rows;
}

PairCounts CountPairs(std::span<const MatchVector> records,
                      const CountOptions& options) {
  PairCounts counts;
  counts.all_pairs = static_cast<double>(records.size()) *
                     (static_cast<double>(records.size()) - 1) / 2;
  counts.sessions.resize(kKinds);
  // A citizen number spells birth date and sex (GB 11643-1999).
  counts.sessions[kNumberKind].given =
      BitOf(Field::kNumber) | BitOf(Field::kBirthDate) | BitOf(Field::kSex);
  for (std::size_t kind = 1; kind < kKinds; ++kind) {
    counts.sessions[kind].given = FieldsOf(static_cast<Block>(kind));
  }
  DrawPairs(records, options, counts.random);
  Blocks blocks(records);
  blocks.ForEach(options, [&](std::uint64_t key, auto members) {
    LevelCounts& session = counts.sessions[key >> kKindShift].counts;
    for (std::size_t i = 0; i < members.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const std::uint32_t a = members[i].second;
        const std::uint32_t b = members[j].second;
        const auto [of_all, of_kind] = blocks.IsFirst(key, a, b);
        if (!of_kind) continue;
        const LevelsOfPair levels = Compare(records[a], records[b]);
        session.Add(levels);
        if (of_all) counts.candidates.Add(levels);
      }
    }
  });
  return counts;
}

}  // namespace waystation::domain
