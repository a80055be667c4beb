// SPDX-License-Identifier: Apache-2.0
// Does the adapter or the hub set the pace? Goal: from a GB18030 CSV to signed
// frames of claims (decode, split, map, serialise, salt, hash) at least 100,000
// rows a second on one core, which is several times what a hub takes. Measured
// beside it in the same run: what anybody would do by hand, ICU's converter
// over the whole file and a split at every comma and line end, with nothing
// read, checked or mapped; and the second reading of an unchanged file, which
// is what an adapter does on most days.
//
// Everything runs on one thread, and CPU time counts, so that other work on the
// machine does not.
#include <unicode/ucnv.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "adapters/framework/mapping/mapping.h"
#include "adapters/framework/mapping/row_reader.h"
#include "adapters/framework/mapping/update_writer.h"
#include "adapters/framework/snapshot/difference.h"
#include "adapters/framework/sources/table_source.h"
#include "adapters/public_security/sector.h"
#include "proto/auditlog/ed25519.h"
#include "waystation/frame_signer.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::adapters {
namespace {

constexpr double kGoalRows = 100'000;

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) / 1e9;
}

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "bench_adapter: %s\n", why.c_str());
  std::exit(1);
}

struct Result {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // of what came out
};

// ICU's own converter over the file, then every comma and line end counted and
// every field touched.
Result BareIcu(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  UErrorCode error = U_ZERO_ERROR;
  UConverter* converter = ucnv_open("gb18030", &error);
  if (U_FAILURE(error)) Die("ICU has no gb18030");
  std::vector<char> chunk(256 << 10);
  std::vector<UChar> text(chunk.size());
  Result result;
  std::u16string field;
  for (;;) {
    file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const std::streamsize got = file.gcount();
    if (got == 0) break;
    const char* from = chunk.data();
    UChar* to = text.data();
    ucnv_toUnicode(converter, &to, text.data() + text.size(), &from,
                   chunk.data() + got, nullptr, 0, &error);
    if (U_FAILURE(error)) Die("ICU cannot decode the file");
    for (const UChar* c = text.data(); c != to; ++c) {
      if (*c == u',' || *c == u'\n') {
        result.bytes += field.size();
        result.rows += *c == u'\n' ? 1 : 0;
        field.clear();
      } else {
        field.push_back(*c);
      }
    }
  }
  ucnv_close(converter);
  return result;
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
  Result Frames() {
    Result result;
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
  Result Mapped() {
    Result result;
    ForEachRow([&](const Row& row, RowReader& reader) {
      result.bytes += reader.Read(row).claims.size();
      ++result.rows;
    });
    return result;
  }

  // Splitting, with the hash by which an unchanged row is known.
  Result Unchanged() {
    Result result;
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
    auto source =
        TableSource::Open(path_, mapping_.table(), mapping_.columns());
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
double Measure(const char* name, int rounds,
               const std::function<Result()>& run) {
  double best = 0;
  Result result;
  for (int i = 0; i < rounds; ++i) {
    const double before = CpuSeconds();
    result = run();
    best = std::max(best,
                    static_cast<double>(result.rows) / (CpuSeconds() - before));
  }
  std::printf("%-44s %9.0f rows/s of one core, %6.2f us a row\n", name, best,
              1e6 / best);
  std::fflush(stdout);
  return best;
}

int Main(int argc, char** argv) {
  CLI::App app{"Rows from a GB18030 CSV to framed claims, a second"};
  std::string file;
  std::string mapping_file = "adapters/public_security/mapping.yaml";
  std::uint64_t people = 200'000;
  int rounds = 3;
  app.add_option("--file", file, "An export of public security");
  app.add_option("--mapping", mapping_file, "Its mapping");
  app.add_option("--people", people, "Size of the population made otherwise");
  app.add_option("--rounds", rounds);
  CLI11_PARSE(app, argc, argv);

  namespace fs = std::filesystem;
  fs::path made;
  if (file.empty()) {
    const fs::path programs =
        fs::canonical("/proc/self/exe").parent_path().parent_path() / "bin";
    made = fs::temp_directory_path() /
           ("waystation_adapter_bench_" + std::to_string(getpid()));
    const std::string command = (programs / "waystation-population").string() +
                                " --people " + std::to_string(people) +
                                " --seed 1 --sectors public_security --out " +
                                made.string();
    if (std::system(command.c_str()) != 0) Die("cannot make a population");
    file = (made / "public_security.320500" / "ldrk.csv").string();
  }
  const auto mapping =
      Mapping::Load(mapping_file, "public_security", PublicSecurity().denials);
  if (!mapping.ok()) Die(std::string(mapping.status().message()));
  std::printf("%s, %ju bytes\n", fs::path(file).filename().c_str(),
              static_cast<std::uintmax_t>(fs::file_size(file)));
  Bench bench(file, **mapping);
  const double bare = Measure("bare ICU decode and naive split", rounds,
                              [&] { return BareIcu(file); });
  const double unchanged = Measure("unchanged rows: split, hash", rounds,
                                   [&] { return bench.Unchanged(); });
  Measure("split, decode, map", rounds, [&] { return bench.Mapped(); });
  const double frames = Measure("split, decode, map, frame, sign", rounds,
                                [&] { return bench.Frames(); });
  std::printf("RATIO adapter_rows_vs_goal %.2f goal >= 1\n",
              frames / kGoalRows);
  std::printf("RATIO adapter_unchanged_vs_bare_icu %.2f goal >= 1\n",
              unchanged / bare);
  if (!made.empty()) fs::remove_all(made);
  return 0;
}

}  // namespace
}  // namespace waystation::adapters

int main(int argc, char** argv) {
  return waystation::adapters::Main(argc, argv);
}
