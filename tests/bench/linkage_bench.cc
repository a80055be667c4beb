// SPDX-License-Identifier: Apache-2.0
// Does the hub join what belongs together and nothing else? A population's
// exports, or a plain table of people in Latin script, go through the adapters'
// readers and mappings and through the hub's reading of updates; then all
// records are blocked, scored and put into persons at once, and held against
// the truth. Beside it, in the same run: what strong numbers alone would have
// found, and what weights find that were learnt from these records alone.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "server/domain/blocking.h"
#include "server/domain/link.h"
#include "server/domain/pair_counts.h"
#include "server/domain/score.h"
#include "server/domain/train.h"
#include "tests/bench/latin_people.h"
#include "tests/bench/linkage_quality.h"
#include "tests/bench/linked_records.h"
#include "tests/bench/run_parts.h"

namespace waystation::bench {
namespace {

void PrintRows(const std::map<std::string, Quality>& rows) {
  for (const auto& [name, quality] : rows) {
    std::printf("  %-28s %9.6f %9.6f %9.6f  (%ju pairs)\n", name.c_str(),
                quality.precision.value(), quality.recall.value(),
                quality.seen.value(),
                static_cast<std::uintmax_t>(quality.recall.all));
  }
}

// Of generated people, so values may be shown.
void PrintWrong(const std::vector<Entry>& entries, const Report& report,
                const domain::Weights& weights) {
  const auto describe = [](const Entry& entry) {
    std::string all;
    for (const auto* list : {&entry.kinds, &entry.defects}) {
      for (const std::string& one : *list) all += " " + one;
    }
    std::printf("    %s %s P%08u %s%s\n", entry.features.agency.c_str(),
                entry.features.record_key.c_str(), entry.person,
                entry.features.name.c_str(), all.c_str());
  };
  for (const auto& [i, j] : report.wrong) {
    const domain::Weighed weighed =
        domain::Weigh(entries[i].vector, entries[j].vector, weights);
    std::printf("  %.1f bits:", weighed.score);
    for (const domain::Contribution& one : weighed.contributions) {
      std::printf(" %s %s %.1f", std::string(NameOf(one.field)).c_str(),
                  std::string(NameOf(one.level)).c_str(), one.bits);
    }
    std::printf("\n");
    describe(entries[i]);
    describe(entries[j]);
  }
}

struct Asked {
  int rounds = 3;
  std::size_t cap = domain::kBlockCap;
  bool details = false;
  bool wrong = false;
  // Begins the names of the ratios.
  std::string name = "linkage";
};

struct Measured {
  Report report;
  double candidates_a_record = 0;
  double pairs_a_second = 0;
};

Measured Measure(const std::vector<Entry>& entries,
                 const domain::Weights& weights,
                 const domain::Thresholds& thresholds, const Asked& asked) {
  const Compared compared =
      CompareAll(entries, weights, asked.cap, thresholds.lower, asked.rounds);
  const auto records = static_cast<double>(entries.size());
  std::printf(
      "  %ju blocks, the largest of %ju records, %ju over %zu left aside\n"
      "  %.2f pairs compared a record, %.2f of them over %.1f bits; %.2f us a "
      "record for keys and blocks\n",
      static_cast<std::uintmax_t>(compared.blocks),
      static_cast<std::uintmax_t>(compared.largest),
      static_cast<std::uintmax_t>(compared.over_cap), asked.cap,
      static_cast<double>(compared.pairs) / records,
      static_cast<double>(compared.edges.size()) / records, thresholds.lower,
      1e6 * compared.block_seconds / records);
  const Linked linked = Link(entries, compared.edges, thresholds);
  Measured measured{.report = Judge(entries, linked),
                    .candidates_a_record =
                        static_cast<double>(linked.candidates.size()) / records,
                    .pairs_a_second = static_cast<double>(compared.pairs) /
                                      compared.score_seconds};
  const Report& report = measured.report;
  Print("precision", report.all.precision);
  Print("recall", report.all.recall);
  Print("recall with candidates", report.all.seen);
  Print("pairs that share a key",
        {.hits = compared.true_pairs, .all = report.all.recall.all});
  std::printf("  %-44s %9.6f\n", "F1",
              F1(report.all.precision, report.all.recall));
  Print("persons that are one human being, whole", report.cluster_precision);
  Print("human beings whose records are one person", report.cluster_recall);
  std::printf("  %-44s %9.6f\n", "F1 of persons",
              F1(report.cluster_precision, report.cluster_recall));
  if (report.without_number.recall.all < report.all.recall.all) {
    Print("without number: precision", report.without_number.precision);
    Print("without number: recall", report.without_number.recall);
    Print("without number: recall with candidates", report.without_number.seen);
  }
  std::printf("  %zu candidates", linked.candidates.size());
  for (const auto& [doubt, times] : linked.doubts) {
    std::printf(", %ju %s", static_cast<std::uintmax_t>(times),
                std::string(domain::ReasonOf(doubt)).c_str());
  }
  std::printf("; %ju neighbourhoods over their limit\n",
              static_cast<std::uintmax_t>(linked.over_limit));
  if (asked.wrong) PrintWrong(entries, report, weights);
  if (asked.details) {
    std::printf("  precision, recall, recall with candidates\n");
    PrintRows(report.by_sectors);
    PrintRows(report.by_kind);
    PrintRows(report.by_defect);
  }
  return measured;
}

void PrintLearned(const domain::Trained& trained) {
  std::printf("learnt:");
  for (std::size_t i = 0; i < domain::kLevels; ++i) {
    const domain::LevelInfo& info = domain::Levels()[i];
    if (i == 0 || domain::Levels()[i - 1].field != info.field) {
      std::printf("\n  %-10s", std::string(NameOf(info.field)).c_str());
    }
    const domain::LevelEstimate& level = trained.levels[i];
    std::printf(" %s %+.1f%s", std::string(info.name).c_str(),
                std::log2(level.m / level.u), level.learned ? "" : "*");
  }
  std::printf("\n  bits; * as shipped, since too few pairs say anything\n");
}

void PrintRatios(const Measured& measured, bool latin, const Asked& asked) {
  const auto ratio = [&](const char* what, double value, const char* goal) {
    std::printf("RATIO %s_%s %.6f goal %s\n", asked.name.c_str(), what, value,
                goal);
  };
  const Report& report = measured.report;
  ratio("precision", report.all.precision.value(),
        latin ? ">= 0.998" : ">= 0.9998");
  ratio("recall_with_candidates", report.all.seen.value(),
        latin ? ">= 0.97" : ">= 0.995");
  if (latin) return;
  ratio("candidates_a_record", measured.candidates_a_record, "<= 0.03");
  ratio("numberless_precision", report.without_number.precision.value(),
        ">= 0.999");
  ratio("numberless_recall", report.without_number.seen.value(), ">= 0.97");
}

int Main(int argc, char** argv) {
  CLI::App app{"Linking against the truth of a population"};
  std::string people_folder;
  std::uint64_t people = 100'000;
  std::uint64_t seed = 1;
  Asked asked;
  domain::Thresholds thresholds;
  domain::TrainOptions options;
  bool latin = false;
  bool train = false;
  app.add_option("--population", people_folder,
                 "One made before; otherwise it is made and removed");
  app.add_option("--people", people, "Size of the population made otherwise");
  app.add_option("--seed", seed);
  app.add_option("--rounds", asked.rounds, "Times that all pairs are scored");
  app.add_option("--cap", asked.cap, "Records of a block that is compared");
  app.add_option("--upper", thresholds.upper, "Bits of a link, as shipped");
  app.add_option("--lower", thresholds.lower,
                 "Bits of a candidate, as shipped");
  app.add_option("--margin", thresholds.margin, "Bits between rivals");
  app.add_flag("--details", asked.details,
               "A row for each pair of sectors, kind and defect");
  app.add_flag("--wrong", asked.wrong,
               "What speaks for each pair that was joined wrongly");
  app.add_flag("--latin", latin,
               "A table of people in Latin script instead of a population");
  app.add_flag("--train", train, "Again with weights learnt from the records");
  app.add_option("--false-links", options.false_links,
                 "Wanted share of wrong ones among learnt links");
  CLI11_PARSE(app, argc, argv);

  std::vector<Entry> entries;
  {
    const Folder folder(people_folder);
    if (people_folder.empty() && latin) {
      WriteLatinPeople(folder.path(), people, seed);
    } else if (people_folder.empty()) {
      WritePopulation(folder.path(), people, seed);
    }
    entries = latin ? ReadLatin(folder.path()) : ReadPopulation(folder.path());
  }
  std::printf("%zu records\n", entries.size());
  if (!latin) {
    const Report strong = Judge(entries, Link(entries, {}, thresholds));
    std::printf("numbers alone\n");
    Print("precision", strong.all.precision);
    Print("recall", strong.all.recall);
  }
  std::printf("as shipped: upper %.1f, lower %.1f, margin %.1f\n",
              thresholds.upper, thresholds.lower, thresholds.margin);
  const Measured shipped =
      Measure(entries, domain::Weights(), thresholds, asked);
  Measured learned;
  if (train) {
    std::vector<domain::MatchVector> vectors;
    for (const Entry& entry : entries) vectors.push_back(entry.vector);
    const domain::Trained trained = domain::Train(
        domain::CountPairs(vectors, {.block_cap = asked.cap}), options);
    PrintLearned(trained);
    domain::Thresholds proposed = trained.thresholds;
    proposed.margin = thresholds.margin;
    std::printf(
        "with what was learnt: upper %.1f, lower %.1f, margin %.1f; %.2g wrong "
        "links and %.4f found expected\n",
        proposed.upper, proposed.lower, proposed.margin, trained.false_links,
        trained.found);
    learned = Measure(entries, trained.MakeWeights(), proposed, asked);
  }
  if (!latin) {
    PrintRatios(shipped, false, asked);
    std::printf("RATIO linkage_pairs_vs_goal %.2f goal >= 1\n",
                shipped.pairs_a_second / 2e6);
  }
  if (train) {
    asked.name = latin ? "latin_trained" : "linkage_trained";
    PrintRatios(learned, latin, asked);
  }
  return 0;
}

}  // namespace
}  // namespace waystation::bench

int main(int argc, char** argv) { return waystation::bench::Main(argc, argv); }
