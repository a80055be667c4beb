// SPDX-License-Identifier: Apache-2.0
// What does learning the weights cost? Match vectors of so many records of a
// population are held in memory, as the hub would hold them; their pairs are
// counted and the weights fitted, on one core.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "server/domain/pair_counts.h"
#include "server/domain/train.h"
#include "tests/bench/linked_records.h"
#include "tests/bench/run_parts.h"

namespace waystation::bench {
namespace {

int Main(int argc, char** argv) {
  CLI::App app{"What learning the weights costs"};
  std::string people_folder;
  std::uint64_t people = 320'000;
  std::uint64_t seed = 1;
  std::size_t records = 1'000'000;
  app.add_option("--population", people_folder,
                 "One made before; otherwise it is made and removed");
  app.add_option("--people", people, "Size of the population made otherwise");
  app.add_option("--seed", seed);
  app.add_option("--records", records, "The most that are taken");
  CLI11_PARSE(app, argc, argv);

  std::vector<domain::MatchVector> vectors;
  {
    const Population population(people_folder, people, seed);
    vectors = ReadVectors(population.path(), records);
  }
  const double before_megabytes = PeakMegabytes();
  const double begin = CpuSeconds();
  const domain::PairCounts counts = domain::CountPairs(vectors);
  const double counted = CpuSeconds();
  const domain::Trained trained = domain::Train(counts);
  const double fitted = CpuSeconds();
  std::printf(
      "  %zu records: %ju pairs drawn and %ju found by keys in %.1f s, fitted "
      "in %.2f s\n",
      vectors.size(), static_cast<std::uintmax_t>(counts.random.pairs()),
      static_cast<std::uintmax_t>(counts.candidates.pairs()), counted - begin,
      fitted - counted);
  std::printf(
      "  most memory: %.0f MB, %.0f MB with the records alone and what read "
      "them\n",
      PeakMegabytes(), before_megabytes);
  for (const domain::SessionFit& fit : trained.sessions) {
    std::printf(
        "  key of fields %02x: %ju pairs, %.0f of one person, certainty "
        "%.3f, %d rounds%s%s\n",
        fit.given, static_cast<std::uintmax_t>(fit.pairs), fit.matches,
        fit.certainty, fit.rounds, fit.converged ? "" : ", not to its end",
        fit.used ? "" : ", not used");
  }
  std::printf("RATIO train_seconds %.1f goal <= 300\n", fitted - begin);
  std::printf("RATIO train_megabytes %.0f goal <= 1024\n", PeakMegabytes());
  return 0;
}

}  // namespace
}  // namespace waystation::bench

int main(int argc, char** argv) { return waystation::bench::Main(argc, argv); }
