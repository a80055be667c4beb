// SPDX-License-Identifier: Apache-2.0
// Does the adapter or the hub set the pace? Goal: from an export to signed
// frames of claims (decode, split, map, serialise, salt, hash) at least 100,000
// rows a second on one core, of FHIR 20,000 Patients, which is several times
// what a hub takes. Measured beside it in the same run, for each format: what
// anybody would do by hand with one library (bare_readers.h), and the
// second reading of an unchanged file, which is what an adapter does on most
// days.
//
// Everything runs on one thread, and CPU time counts, so that other work on the
// machine does not.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/commerce/sector.h"
#include "adapters/framework/mapping/mapping.h"
#include "adapters/framework/mapping/row_reader.h"
#include "adapters/framework/mapping/update_writer.h"
#include "adapters/framework/snapshot/difference.h"
#include "adapters/framework/sources/open_source.h"
#include "adapters/health/sector.h"
#include "adapters/labor/sector.h"
#include "adapters/public_security/sector.h"
#include "proto/auditlog/ed25519.h"
#include "tests/bench/bare_readers.h"
#include "tests/bench/run_parts.h"
#include "waystation/frame_signer.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::adapters {
namespace {

using bench::CpuSeconds;
using bench::Die;
using bench::ReadResult;

// What one sector's system exports, and what is asked of its adapter.
struct Format {
  const char* name;
  const Sector& sector;
  const char* file;  // below the population
  const char* peer;
  std::function<ReadResult(const std::string&)> bare;
  const char* ratio;
  double goal;  // rows a second
};

std::vector<Format> Formats() {
  return {
      {"csv", PublicSecurity(), "public_security.320500/ldrk.csv",
       "bare ICU decode and naive split",
       [](const std::string& path) { return bench::ReadWithIcu(path, u','); },
       "adapter_rows_vs_goal", 100'000},
      {"text", Labor(), "labor.320500/ac01.txt",
       "bare ICU decode and naive split",
       [](const std::string& path) { return bench::ReadWithIcu(path, u'^'); },
       "adapter_text_rows_vs_goal", 100'000},
      {"dbf", Commerce(), "commerce.320500/jyz.dbf", "bare shapelib",
       bench::ReadWithShapelib, "adapter_dbf_rows_vs_goal", 100'000},
      {"fhir", Health(), "health.320500/patients.json", "bare RapidJSON reader",
       bench::ReadWithRapidJson, "adapter_fhir_rows_vs_goal", 20'000},
  };
}

class Bench {
 public:
  Bench(std::string path, const Mapping& mapping)
      : path_(std::move(path)), mapping_(mapping) {
    auto key = auditlog::Ed25519PrivateKey::Generate();
    if (!key.ok()) Die("no key");
    signer_.emplace("public_security.320500", "bench", *std::move(key));
  }

  // The whole way to a frame that could be sent.
  ReadResult Frames() {
    ReadResult result;
    v1::Frame frame;
    const auto send = [&] {
      if (frame.updates().empty()) return;
      if (!signer_->Sign(frame).ok()) Die("cannot sign");
      result.bytes += frame.ByteSizeLong();
      frame.Clear();
    };
    ForEachRow([&](const Row& row, RowReader& reader) {
      const ReadRow& read = reader.Read(row);
      if (read.defect) return;
      frame.add_updates(WriteUpdate(read, 1, ~AttributeBits{0}));
      if (frame.updates_size() == 256) send();
      ++result.rows;
    });
    send();
    return result;
  }

  // Reading and mapping without frames.
  ReadResult Mapped() {
    ReadResult result;
    ForEachRow([&](const Row& row, RowReader& reader) {
      result.bytes += reader.Read(row).claims.size();
      ++result.rows;
    });
    return result;
  }

  // Splitting, with the hash by which an unchanged row is known.
  ReadResult Unchanged() {
    ReadResult result;
    KeyedHash hash("0123456789abcdef");
    std::string scratch;
    ForEachRow([&](const Row& row, RowReader& reader) {
      result.bytes += reader.ReadKey(row).text.size();
      result.bytes += HashRow(row, mapping_.fingerprint(), hash, scratch) & 1;
      ++result.rows;
    });
    return result;
  }

 private:
  template <typename Function>
  void ForEachRow(Function function) {
    auto source = OpenSource(path_, mapping_.table(), mapping_.columns());
    if (!source.ok()) Die(std::string(source.status().message()));
    const codes::Date today = std::chrono::year(2026) / 11 / 24;
    RowReader reader(mapping_, (*source)->charset(),
                     {today, codes::CitizenNumberProfile::kDemo});
    for (;;) {
      const auto row = (*source)->Next();
      if (!row.ok()) Die(std::string(row.status().message()));
      if (*row == nullptr) return;
      if (!(*row)->defect) function(**row, reader);
    }
  }

  std::string path_;
  const Mapping& mapping_;
  std::optional<client::FrameSigner> signer_;
};

// Rows per CPU second, the best of `rounds`.
double Measure(const std::string& name, int rounds,
               const std::function<ReadResult()>& run) {
  double best = 0;
  ReadResult result;
  for (int i = 0; i < rounds; ++i) {
    const double before = CpuSeconds();
    result = run();
    best = std::max(best,
                    static_cast<double>(result.rows) / (CpuSeconds() - before));
  }
  std::printf("%-44s %9.0f rows/s of one core, %6.2f us a row\n", name.c_str(),
              best, 1e6 / best);
  std::fflush(stdout);
  return best;
}

void Run(const Format& format, const std::string& people, int rounds) {
  namespace fs = std::filesystem;
  const std::string path = people + "/" + format.file;
  const std::string sector(format.sector.name);
  const auto mapping =
      Mapping::Load("adapters/" + sector + "/mapping.yaml", format.sector);
  if (!mapping.ok()) Die(std::string(mapping.status().message()));
  std::printf("%s, %ju bytes\n", format.file,
              static_cast<std::uintmax_t>(fs::file_size(path)));
  Bench bench(path, **mapping);
  const double bare =
      Measure(format.peer, rounds, [&] { return format.bare(path); });
  const double unchanged = Measure("unchanged rows: split, hash", rounds,
                                   [&] { return bench.Unchanged(); });
  Measure("split, decode, map", rounds, [&] { return bench.Mapped(); });
  const double frames = Measure("split, decode, map, frame, sign", rounds,
                                [&] { return bench.Frames(); });
  std::printf("RATIO %s %.2f goal >= 1\n", format.ratio, frames / format.goal);
  // Bare readers of the other formats leave values as bytes, where ICU decodes
  // them: said, and no goal.
  if (format.sector.name == "public_security") {
    std::printf("RATIO adapter_unchanged_vs_bare_icu %.2f goal >= 1\n",
                unchanged / bare);
  } else {
    std::printf("%-44s %9.2f\n", "unchanged rows to the bare reader",
                unchanged / bare);
  }
}

int Main(int argc, char** argv) {
  CLI::App app{"Rows from exports to framed claims, a second"};
  std::string people_folder;
  std::string only;
  std::uint64_t people = 200'000;
  int rounds = 3;
  app.add_option("--population", people_folder,
                 "One made before; otherwise it is made and removed");
  app.add_option("--people", people, "Size of the population made otherwise");
  app.add_option("--format", only, "csv, text, dbf or fhir; all unless given");
  app.add_option("--rounds", rounds);
  CLI11_PARSE(app, argc, argv);

  const bench::Population population(people_folder, people, 1);
  for (const Format& format : Formats()) {
    if (only.empty() || only == format.name) {
      Run(format, population.path().string(), rounds);
    }
  }
  return 0;
}

}  // namespace
}  // namespace waystation::adapters

int main(int argc, char** argv) {
  return waystation::adapters::Main(argc, argv);
}
