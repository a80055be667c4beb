// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/linked_records.h"

#include <fstream>
#include <memory>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_split.h"
#include "adapters/commerce/sector.h"
#include "adapters/framework/mapping/mapping.h"
#include "adapters/framework/mapping/row_reader.h"
#include "adapters/framework/mapping/update_writer.h"
#include "adapters/framework/sources/open_source.h"
#include "adapters/health/sector.h"
#include "adapters/labor/sector.h"
#include "adapters/other_sectors/other_sectors.h"
#include "adapters/public_security/sector.h"
#include "server/domain/apply.h"
#include "server/domain/read_update.h"
#include "tests/bench/run_parts.h"

namespace waystation::bench {
namespace {

namespace fs = std::filesystem;

struct Export {
  std::string folder;
  const adapters::Sector& sector;
  std::string file;
  // Where it is not the sector's own.
  std::string mapping = {};
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
  std::vector<std::string> kinds;
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
    if (cells.size() < 12) Die("truth.csv is not what it was");
    truths[cells[0] + " " + cells[1]] = {
        static_cast<std::uint32_t>(std::stoul(cells[2].substr(1))),
        absl::StrSplit(cells[10], ';', absl::SkipEmpty()),
        absl::StrSplit(cells[11], ';', absl::SkipEmpty())};
  }
  return truths;
}

// The mapping of one export: health has one for each of its two formats.
std::string MappingOf(const Export& one) {
  if (!one.mapping.empty()) return one.mapping;
  const std::string folder = "adapters/" + std::string(one.sector.name) + "/";
  return folder +
         (one.file == "jmjkda.csv" ? "mapping_csv.yaml" : "mapping.yaml");
}

// Calls `take` with each record as it is stored, until that says false.
template <typename Take>
void ReadExport(const fs::path& people, const Export& one, Take take) {
  const fs::path path = people / one.folder / one.file;
  if (!fs::exists(path)) return;
  const auto mapping = adapters::Mapping::Load(MappingOf(one), one.sector);
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
    if (!take(stored)) return;
  }
}

void ReadEntries(const fs::path& people, const Export& one,
                 const Truths& truths, std::vector<Entry>& entries) {
  ReadExport(people, one, [&](const domain::store::StoredRecord& stored) {
    const auto truth = truths.find(one.folder + " " + stored.record_key());
    if (truth == truths.end()) return true;
    Entry& entry = entries.emplace_back();
    entry.features = domain::FeaturesOf({.uid = entries.size(),
                                         .sector = one.sector.name,
                                         .record = &stored,
                                         .unique_keys = false});
    entry.vector = domain::MatchVectorOf(stored);
    entry.person = truth->second.person;
    entry.sector = std::string(one.sector.name);
    entry.defects = truth->second.defects;
    entry.kinds = truth->second.kinds;
    return true;
  });
}

}  // namespace

std::vector<Entry> ReadPopulation(const fs::path& people) {
  const Truths truths = ReadTruth(people);
  std::vector<Entry> entries;
  for (const Export& one : Exports()) {
    ReadEntries(people, one, truths, entries);
  }
  return entries;
}

std::vector<Entry> ReadLatin(const fs::path& people) {
  std::vector<Entry> entries;
  ReadEntries(people,
              {.folder = "register",
               .sector = *adapters::FindOtherSector("transport"),
               .file = "people.csv",
               .mapping = (people / "mapping.yaml").string()},
              ReadTruth(people), entries);
  return entries;
}

std::vector<domain::MatchVector> ReadVectors(const fs::path& people,
                                             std::size_t most) {
  std::vector<domain::MatchVector> vectors;
  vectors.reserve(most);
  for (const Export& one : Exports()) {
    ReadExport(people, one, [&](const domain::store::StoredRecord& stored) {
      if (vectors.size() < most) {
        vectors.push_back(domain::MatchVectorOf(stored));
      }
      return vectors.size() < most;
    });
  }
  return vectors;
}

}  // namespace waystation::bench
