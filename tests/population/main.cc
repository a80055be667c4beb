// SPDX-License-Identifier: Apache-2.0
// waystation-population --people N --seed S --out DIR
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "proto/language/command_line.h"
#include "proto/language/error_text.h"
#include "proto/language/language.h"
#include "tests/population/data.h"
#include "tests/population/format.h"
#include "tests/population/generate.h"
#include "tests/population/world.h"

namespace waystation::population {
namespace {

using language::Say;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "waystation-population: %s\n",
               language::SayRule(std::string(status.message())).c_str());
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

int Main(int argc, char** argv) {
  language::Use(language::Choose(argc, argv), language::LocaleFolder());
  CLI::App app(Say("Generates people who moved for work, and what agencies' "
                   "systems export about them. All of it is invented."),
               "waystation-population");
  language::SpeakIn(app, {});
  language::AddLanguage(app);
  std::uint64_t people = 2000;
  std::uint64_t seed = 1;
  std::string out;
  std::string source = WAYSTATION_SOURCE_DIR;
  std::vector<std::string> places = {"341200", "320500"};
  std::vector<std::string> sectors;
  for (const std::string_view sector : Sectors()) sectors.emplace_back(sector);
  app.add_option("--people", people, Say("How many people"))
      ->capture_default_str();
  app.add_option("--seed", seed, Say("Same seed, same bytes"))
      ->capture_default_str();
  app.add_option("--out", out, Say("A new or empty folder"))->required();
  app.add_option("--places", places, Say("Prefectures whose agencies export"))
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--sectors", sectors, Say("Sectors that export"))
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--source", source,
                 Say("The checkout that holds the data files"))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return language::ReportUsage(app, error);
  }
  auto data = LoadData(source + "/tests/population/data",
                       source + "/proto/codes/data/divisions.tsv");
  if (!data.ok()) return Fail(data.status());
  const auto world =
      World::Make(*std::move(data), people, seed, places, sectors);
  if (!world.ok()) return Fail(world.status());
  if (const absl::Status status = Generate(*world, out); !status.ok()) {
    return Fail(status);
  }
  return 0;
}

}  // namespace
}  // namespace waystation::population

int main(int argc, char** argv) {
  return waystation::population::Main(argc, argv);
}
