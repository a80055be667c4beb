// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/linkage_quality.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <unordered_map>

#include "absl/container/flat_hash_map.h"
#include "proto/quality/grouping.h"
#include "server/domain/blocking.h"
#include "server/domain/disjoint_sets.h"
#include "tests/bench/run_parts.h"

namespace waystation::bench {
namespace {

using domain::Uid;

bool HasNumber(const Entry& entry) {
  return !entry.features.identifiers.empty();
}

}  // namespace

Compared CompareAll(const std::vector<Entry>& entries,
                    const domain::Weights& weights, std::size_t cap,
                    double lower, int rounds) {
  Compared compared;
  double before = CpuSeconds();
  std::vector<std::pair<std::uint64_t, std::uint32_t>> keys;
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    for (const domain::BlockingKey& key :
         domain::BlockingKeys(entries[i].vector)) {
      keys.emplace_back(absl::HashOf(key.block, key.value), i);
    }
  }
  std::ranges::sort(keys);
  std::vector<std::uint64_t> pairs;
  for (std::size_t begin = 0; begin < keys.size();) {
    std::size_t end = begin;
    while (end < keys.size() && keys[end].first == keys[begin].first) ++end;
    const std::size_t size = end - begin;
    ++compared.blocks;
    compared.largest = std::max<std::uint64_t>(compared.largest, size);
    if (size > cap) {
      ++compared.over_cap;
    } else {
      for (std::size_t i = begin; i < end; ++i) {
        for (std::size_t j = i + 1; j < end; ++j) {
          pairs.push_back(std::uint64_t{keys[i].second} << 32 | keys[j].second);
        }
      }
    }
    begin = end;
  }
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  compared.block_seconds = CpuSeconds() - before;
  compared.pairs = pairs.size();
  for (const std::uint64_t pair : pairs) {
    compared.true_pairs +=
        entries[pair >> 32].person == entries[pair & 0xFFFFFFFF].person ? 1 : 0;
  }
  for (int round = 0; round < rounds; ++round) {
    compared.edges.clear();
    before = CpuSeconds();
    for (const std::uint64_t pair : pairs) {
      const auto i = static_cast<std::uint32_t>(pair >> 32);
      const auto j = static_cast<std::uint32_t>(pair);
      const domain::Weighed weighed =
          domain::Weigh(entries[i].vector, entries[j].vector, weights);
      const double score = weighed.score;
      // As in the hub: records that share a number are judged by it.
      if (score >= lower && !weighed.shares_number()) {
        compared.edges.push_back({.a = i + 1,
                                  .b = j + 1,
                                  .score = score,
                                  .kind = domain::Edge::Kind::kScored});
      }
    }
    const double seconds = CpuSeconds() - before;
    compared.score_seconds =
        round == 0 ? seconds : std::min(compared.score_seconds, seconds);
  }
  return compared;
}

Linked Link(const std::vector<Entry>& entries,
            const std::vector<domain::Edge>& edges,
            const domain::Thresholds& thresholds) {
  domain::DisjointSets near(entries.size());
  std::unordered_map<std::string_view, std::size_t> holder;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    for (const std::string& number : entries[i].features.identifiers) {
      const auto [place, added] = holder.try_emplace(number, i);
      if (!added) near.Join(place->second, i);
    }
  }
  for (const domain::Edge& edge : edges) near.Join(edge.a - 1, edge.b - 1);
  std::vector<std::vector<std::size_t>> members(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    members[near.Find(i)].push_back(i);
  }
  std::vector<std::vector<domain::Edge>> edges_of(entries.size());
  for (const domain::Edge& edge : edges) {
    edges_of[near.Find(edge.a - 1)].push_back(edge);
  }
  Linked linked;
  linked.person_of.resize(entries.size());
  for (std::size_t set = 0; set < members.size(); ++set) {
    if (members[set].empty()) continue;
    std::vector<domain::LinkFeatures> features;
    for (const std::size_t i : members[set]) {
      features.push_back(entries[i].features);
    }
    const domain::Partitioned partitioned =
        domain::Partition({.records = features,
                           .scored = edges_of[set],
                           .must = {},
                           .cannot = {},
                           .thresholds = thresholds});
    for (const std::vector<Uid>& person : partitioned.persons) {
      for (const Uid uid : person) {
        linked.person_of[uid - 1] = static_cast<std::uint32_t>(person.front());
      }
    }
    for (const domain::Candidate& candidate : partitioned.candidates) {
      const std::uint32_t a = linked.person_of[candidate.pair.a - 1];
      const std::uint32_t b = linked.person_of[candidate.pair.b - 1];
      linked.candidates.emplace(std::min(a, b), std::max(a, b));
      ++linked.doubts[candidate.doubt];
    }
    if (!partitioned.over_limit.empty()) ++linked.over_limit;
  }
  return linked;
}

void Print(const char* what, const Share& share) {
  const auto [low, high] = share.interval();
  std::printf("  %-44s %9.6f  (%ju of %ju; 95 %% within %.6f and %.6f)\n", what,
              share.value(), static_cast<std::uintmax_t>(share.hits),
              static_cast<std::uintmax_t>(share.all), low, high);
}

Report Judge(const std::vector<Entry>& entries, const Linked& linked) {
  Report report;
  const auto count = [&](std::size_t i, std::size_t j, auto apply) {
    const Entry& a = entries[i];
    const Entry& b = entries[j];
    if (!HasNumber(a) || !HasNumber(b)) apply(report.without_number);
    const auto [first, second] = std::minmax(a.sector, b.sector);
    apply(report.by_sectors[first + " / " + second]);
    std::set<std::string> defects(a.defects.begin(), a.defects.end());
    defects.insert(b.defects.begin(), b.defects.end());
    for (const std::string& defect : defects) apply(report.by_defect[defect]);
    std::set<std::string> kinds(a.kinds.begin(), a.kinds.end());
    kinds.insert(b.kinds.begin(), b.kinds.end());
    for (const std::string& kind : kinds) apply(report.by_kind[kind]);
  };
  std::unordered_map<std::uint32_t, std::vector<std::size_t>> truly;
  std::unordered_map<std::uint32_t, std::vector<std::size_t>> joined;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    truly[entries[i].person].push_back(i);
    joined[linked.person_of[i]].push_back(i);
  }
  const std::vector<std::uint64_t> persons(linked.person_of.begin(),
                                           linked.person_of.end());
  std::vector<std::uint64_t> humans;
  for (const Entry& entry : entries) humans.push_back(entry.person);
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> candidates(
      linked.candidates.begin(), linked.candidates.end());
  const quality::Grouped all = quality::Judge(humans, persons, candidates);
  report.all = {
      .precision = all.precision, .recall = all.recall, .seen = all.seen};
  report.cluster_precision = all.cluster_precision;
  report.cluster_recall = all.cluster_recall;
  for (const auto& [person, records] : truly) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      for (std::size_t j = i + 1; j < records.size(); ++j) {
        const std::uint32_t a = linked.person_of[records[i]];
        const std::uint32_t b = linked.person_of[records[j]];
        const bool is_one = a == b;
        const bool is_seen = is_one || linked.candidates.contains(
                                           {std::min(a, b), std::max(a, b)});
        count(records[i], records[j], [&](Quality& quality) {
          quality.recall.Count(is_one);
          quality.seen.Count(is_seen);
        });
      }
    }
  }
  for (const auto& [person, records] : joined) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      for (std::size_t j = i + 1; j < records.size(); ++j) {
        const bool is_right =
            entries[records[i]].person == entries[records[j]].person;
        count(records[i], records[j],
              [&](Quality& quality) { quality.precision.Count(is_right); });
        if (!is_right) {
          report.wrong.emplace_back(static_cast<std::uint32_t>(records[i]),
                                    static_cast<std::uint32_t>(records[j]));
        }
      }
    }
  }
  return report;
}

}  // namespace waystation::bench
