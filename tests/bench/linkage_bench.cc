// SPDX-License-Identifier: Apache-2.0
// Does the hub join what belongs together and nothing else? A population's
// exports go through the real adapters' readers and mappings and through the
// hub's reading of updates; then all records are blocked, scored and put into
// persons at once, as design 6 says, and held against the truth. Beside it, in
// the same run: what strong numbers alone would have found.
//
// A pair is two records of different exports of one human being. It counts as
// found where both are in one person, and as seen where both are in one person
// or in two that are a candidate.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "adapters/commerce/sector.h"
#include "adapters/framework/mapping/mapping.h"
#include "adapters/framework/mapping/row_reader.h"
#include "adapters/framework/mapping/update_writer.h"
#include "adapters/framework/sources/open_source.h"
#include "adapters/health/sector.h"
#include "adapters/labor/sector.h"
#include "adapters/public_security/sector.h"
#include "server/domain/apply.h"
#include "server/domain/blocking.h"
#include "server/domain/disjoint_sets.h"
#include "server/domain/link.h"
#include "server/domain/read_update.h"
#include "server/domain/score.h"
#include "tests/bench/run_parts.h"

namespace waystation::bench {
namespace {

namespace fs = std::filesystem;
using domain::Uid;

// One record and who it really is about. Uids are places in the list, from 1.
struct Entry {
  domain::LinkFeatures features;
  domain::MatchVector vector;
  std::uint32_t person = 0;
  std::string sector;
  std::vector<std::string> defects;
};

struct Export {
  std::string folder;
  const adapters::Sector& sector;
  std::string file;
};

std::vector<Export> Exports() {
  std::vector<Export> exports;
  for (const std::string place : {"341200", "320500"}) {
    const bool is_city = place == "320500";
    exports.push_back(
        {"public_security." + place, adapters::PublicSecurity(), "ldrk.csv"});
    exports.push_back({"labor." + place, adapters::Labor(), "ac01.txt"});
    exports.push_back({"commerce." + place, adapters::Commerce(), "jyz.dbf"});
    exports.push_back({"health." + place, adapters::Health(),
                       is_city ? "patients.json" : "jmjkda.csv"});
  }
  return exports;
}

struct Truth {
  std::uint32_t person = 0;
  std::vector<std::string> defects;
};
using Truths = std::unordered_map<std::string, Truth>;

Truths ReadTruth(const fs::path& people) {
  std::ifstream file(people / "truth.csv");
  Truths truths;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    while (!line.empty() && line.back() == '\r') line.pop_back();
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (cells.size() < 11) Die("truth.csv is not what it was");
    truths[cells[0] + " " + cells[1]] = {
        static_cast<std::uint32_t>(std::stoul(cells[2].substr(1))),
        absl::StrSplit(cells[10], ';', absl::SkipEmpty())};
  }
  return truths;
}

// The mapping of one export: health has one for each of its two formats.
std::string MappingOf(const Export& one) {
  const std::string folder = "adapters/" + std::string(one.sector.name) + "/";
  return folder +
         (one.file == "jmjkda.csv" ? "mapping_csv.yaml" : "mapping.yaml");
}

void ReadExport(const fs::path& people, const Export& one, const Truths& truths,
                std::vector<Entry>& entries) {
  const fs::path path = people / one.folder / one.file;
  if (!fs::exists(path)) return;
  const auto mapping = adapters::Mapping::Load(
      MappingOf(one), std::string(one.sector.name), one.sector.denials);
  if (!mapping.ok()) Die(std::string(mapping.status().message()));
  auto source = adapters::OpenSource(path.string(), (*mapping)->table(),
                                     (*mapping)->columns());
  if (!source.ok()) Die(std::string(source.status().message()));
  const codes::Date today = std::chrono::year(2026) / 11 / 24;
  adapters::RowReader reader(**mapping, (*source)->charset(),
                             {today, codes::CitizenNumberProfile::kDemo});
  const domain::ReadOptions options{
      .received_time = 1'795'000'000'000'000,
      .profile = codes::CitizenNumberProfile::kDemo};
  for (;;) {
    const auto row = (*source)->Next();
    if (!row.ok()) Die(std::string(row.status().message()));
    if (*row == nullptr) return;
    if ((*row)->defect) continue;
    const adapters::ReadRow& read = reader.Read(**row);
    if (read.defect) continue;
    const domain::ReadResult update = domain::Read(
        adapters::WriteUpdate(read, 1, ~adapters::AttributeBits{0}), options);
    if (!update.ok()) continue;
    domain::store::StoredRecord stored;
    stored.set_agency(one.folder);
    stored.set_record_key(update.update.record_key);
    if (!domain::Apply(update.update, stored).writes()) continue;
    const auto truth = truths.find(one.folder + " " + update.update.record_key);
    if (truth == truths.end()) continue;
    Entry& entry = entries.emplace_back();
    entry.features = domain::FeaturesOf({.uid = entries.size(),
                                         .sector = one.sector.name,
                                         .record = &stored,
                                         .unique_keys = false});
    entry.vector = domain::MatchVectorOf(stored);
    entry.person = truth->second.person;
    entry.sector = std::string(one.sector.name);
    entry.defects = truth->second.defects;
  }
}

// --- blocking and scoring ---

struct Compared {
  std::vector<domain::Edge> edges;
  std::uint64_t pairs = 0;
  std::uint64_t blocks = 0;
  std::uint64_t over_cap = 0;
  std::uint64_t largest = 0;
  double block_seconds = 0;
  double score_seconds = 0;
};

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

// --- persons ---

struct Linked {
  // By place in the list.
  std::vector<std::uint32_t> person_of;
  // Persons between which a candidate is open.
  std::set<std::pair<std::uint32_t, std::uint32_t>> candidates;
  std::map<domain::Doubt, std::uint64_t> doubts;
  std::uint64_t over_limit = 0;
};

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
    if (partitioned.over_limit) ++linked.over_limit;
  }
  return linked;
}

// --- against the truth ---

struct Share {
  std::uint64_t hits = 0;
  std::uint64_t all = 0;
  void Count(bool hit) {
    hits += hit ? 1 : 0;
    ++all;
  }
  double value() const {
    return all == 0 ? 1 : static_cast<double>(hits) / static_cast<double>(all);
  }
  // Wilson's interval at 95 %.
  std::pair<double, double> Interval() const {
    if (all == 0) return {0, 1};
    const double z = 1.959964;
    const auto n = static_cast<double>(all);
    const double p = value();
    const double middle = p + z * z / (2 * n);
    const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    const double scale = 1 + z * z / n;
    return {(middle - half) / scale, (middle + half) / scale};
  }
};

struct Quality {
  Share precision;  // joined pairs that belong together
  Share recall;     // pairs that belong together and were joined
  Share seen;       // ... or are a candidate
};

void Print(const char* what, const Share& share) {
  const auto [low, high] = share.Interval();
  std::printf("  %-44s %9.6f  (%ju of %ju; 95 %% within %.6f and %.6f)\n", what,
              share.value(), static_cast<std::uintmax_t>(share.hits),
              static_cast<std::uintmax_t>(share.all), low, high);
}

struct Report {
  Quality all;
  // Of which at least one record has no number that identifies.
  Quality without_number;
  std::map<std::string, Quality> by_sectors;
  std::map<std::string, Quality> by_defect;
  // Persons that are exactly one human being's records.
  Share clusters;
};

bool HasNumber(const Entry& entry) {
  return !entry.features.identifiers.empty();
}

Report Judge(const std::vector<Entry>& entries, const Linked& linked) {
  Report report;
  const auto count = [&](std::size_t i, std::size_t j, auto apply) {
    const Entry& a = entries[i];
    const Entry& b = entries[j];
    apply(report.all);
    if (!HasNumber(a) || !HasNumber(b)) apply(report.without_number);
    const auto [first, second] = std::minmax(a.sector, b.sector);
    apply(report.by_sectors[first + " / " + second]);
    std::set<std::string> defects(a.defects.begin(), a.defects.end());
    defects.insert(b.defects.begin(), b.defects.end());
    for (const std::string& defect : defects) apply(report.by_defect[defect]);
  };
  std::unordered_map<std::uint32_t, std::vector<std::size_t>> truly;
  std::unordered_map<std::uint32_t, std::vector<std::size_t>> joined;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    truly[entries[i].person].push_back(i);
    joined[linked.person_of[i]].push_back(i);
  }
  for (const auto& [person, records] : truly) {
    report.clusters.Count(
        std::ranges::all_of(records,
                            [&](std::size_t i) {
                              return linked.person_of[i] ==
                                     linked.person_of[records.front()];
                            }) &&
        joined[linked.person_of[records.front()]].size() == records.size());
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
      }
    }
  }
  return report;
}

void PrintRows(const std::map<std::string, Quality>& rows) {
  for (const auto& [name, quality] : rows) {
    std::printf("  %-28s %9.6f %9.6f %9.6f  (%ju pairs)\n", name.c_str(),
                quality.precision.value(), quality.recall.value(),
                quality.seen.value(),
                static_cast<std::uintmax_t>(quality.recall.all));
  }
}

int Main(int argc, char** argv) {
  CLI::App app{"Linking against the truth of a population"};
  std::string people_folder;
  std::uint64_t people = 100'000;
  std::uint64_t seed = 1;
  int rounds = 3;
  std::size_t cap = domain::kBlockCap;
  domain::Thresholds thresholds;
  bool details = false;
  app.add_option("--population", people_folder,
                 "One made before; otherwise it is made and removed");
  app.add_option("--people", people, "Size of the population made otherwise");
  app.add_option("--seed", seed);
  app.add_option("--rounds", rounds, "Times that all pairs are scored");
  app.add_option("--cap", cap, "Records of a block that is compared");
  app.add_option("--upper", thresholds.upper, "Bits of a link");
  app.add_option("--lower", thresholds.lower, "Bits of a candidate");
  app.add_option("--margin", thresholds.margin, "Bits between rivals");
  app.add_flag("--details", details,
               "A row for each pair of sectors and defect");
  CLI11_PARSE(app, argc, argv);

  std::vector<Entry> entries;
  {
    const Population population(people_folder, people, seed);
    const Truths truths = ReadTruth(population.path());
    for (const Export& one : Exports()) {
      ReadExport(population.path(), one, truths, entries);
    }
  }

  const domain::Weights weights;
  const Compared compared =
      CompareAll(entries, weights, cap, thresholds.lower, rounds);
  const auto records = static_cast<double>(entries.size());
  std::printf(
      "%zu records; %ju blocks, the largest of %ju records, %ju over "
      "%zu left aside\n",
      entries.size(), static_cast<std::uintmax_t>(compared.blocks),
      static_cast<std::uintmax_t>(compared.largest),
      static_cast<std::uintmax_t>(compared.over_cap), cap);
  std::printf(
      "%.2f pairs compared a record, %.2f of them over %.0f bits; "
      "%.2f us a record for keys and blocks\n",
      static_cast<double>(compared.pairs) / records,
      static_cast<double>(compared.edges.size()) / records, thresholds.lower,
      1e6 * compared.block_seconds / records);
  const double pairs_a_second =
      static_cast<double>(compared.pairs) / compared.score_seconds;

  const Linked linked = Link(entries, compared.edges, thresholds);
  const Report report = Judge(entries, linked);
  const Report strong = Judge(entries, Link(entries, {}, thresholds));
  std::printf("numbers alone\n");
  Print("precision", strong.all.precision);
  Print("recall", strong.all.recall);
  std::printf("numbers and scores, upper %.1f, lower %.1f, margin %.1f\n",
              thresholds.upper, thresholds.lower, thresholds.margin);
  Print("precision", report.all.precision);
  Print("recall", report.all.recall);
  Print("recall with candidates", report.all.seen);
  Print("human beings whose records are one person", report.clusters);
  Print("without number: precision", report.without_number.precision);
  Print("without number: recall", report.without_number.recall);
  Print("without number: recall with candidates", report.without_number.seen);
  std::printf("%zu candidates", linked.candidates.size());
  for (const auto& [doubt, times] : linked.doubts) {
    std::printf(", %ju %s", static_cast<std::uintmax_t>(times),
                std::string(domain::ReasonOf(doubt)).c_str());
  }
  std::printf("; %ju neighbourhoods over their limit\n",
              static_cast<std::uintmax_t>(linked.over_limit));
  if (details) {
    std::printf("precision, recall, recall with candidates\n");
    PrintRows(report.by_sectors);
    PrintRows(report.by_defect);
  }
  std::printf("RATIO linkage_precision %.6f goal >= 0.9998\n",
              report.all.precision.value());
  std::printf("RATIO linkage_recall_with_candidates %.6f goal >= 0.995\n",
              report.all.seen.value());
  std::printf("RATIO linkage_candidates_a_record %.6f goal <= 0.03\n",
              static_cast<double>(linked.candidates.size()) / records);
  std::printf("RATIO linkage_numberless_precision %.6f goal >= 0.999\n",
              report.without_number.precision.value());
  std::printf("RATIO linkage_numberless_recall %.6f goal >= 0.97\n",
              report.without_number.seen.value());
  std::printf("RATIO linkage_pairs_vs_goal %.2f goal >= 1\n",
              pairs_a_second / 2e6);
  return 0;
}

}  // namespace
}  // namespace waystation::bench

int main(int argc, char** argv) { return waystation::bench::Main(argc, argv); }
