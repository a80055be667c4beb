// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/sources.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "adapters/framework/mapping/row_reader.h"
#include "adapters/framework/mapping/update_writer.h"
#include "adapters/framework/quarantine/quarantine.h"
#include "adapters/framework/sources/open_source.h"
#include "proto/codes/text.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "server/domain/read_update.h"
#include "tests/fuzz/fuzz.h"
#include "waystation/report/v1/adapter_report.pb.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::fuzz {
namespace {

using adapters::Charset;
using adapters::Mapping;
using adapters::Quarantine;
using adapters::Row;
using adapters::RowReader;
using adapters::Source;
using adapters::TableFormat;

const absl::Time kNow = absl::FromUnixSeconds(1'772'323'200);  // 2026-03-01
constexpr adapters::ReadingOptions kOptions = {
    std::chrono::year(2026) / 3 / 1, codes::CitizenNumberProfile::kDemo};

// What a source passes over as no row: such a line says nothing.
bool IsBlank(std::string_view row) {
  return row.empty() || row == "\x1A" || row == std::string_view("\x1A\0", 2);
}

void CheckDefect(const adapters::Defect& defect) {
  WAYSTATION_HOLDS(errors::FindReason(defect.reason) != nullptr);
}

KeptRow Keep(const Source& source, const Row& row, std::size_t wanted) {
  if (row.defect) {
    CheckDefect(*row.defect);
    WAYSTATION_HOLDS(row.fields.empty());
  } else {
    WAYSTATION_HOLDS(row.fields.size() == wanted);
  }
  KeptRow kept{.line = row.line,
               .raw = std::string(row.raw),
               .original = source.OriginalBytes(row.raw),
               .fields = {row.fields.begin(), row.fields.end()},
               .defect = row.defect,
               .wanted = ""};
  // As the adapter sees to it.
  for (const std::string_view field : row.fields) {
    std::string text;
    if (adapters::Decode(source.charset(), field, text)) {
      kept.defect = adapters::Defect{"ROW_CHARSET", ""};
    }
  }
  if (!kept.defect) kept.wanted = source.WantedBytes(row);
  return kept;
}

// Reads all rows; the error of what ended it.
absl::Status ReadAll(Source& source, std::size_t wanted,
                     std::vector<KeptRow>& rows) {
  std::uint64_t line = 0;
  for (;;) {
    const auto row = source.Next();
    if (!row.ok()) return row.status();
    if (*row == nullptr) return absl::OkStatus();
    WAYSTATION_HOLDS((*row)->line > line);
    line = (*row)->line;
    rows.push_back(Keep(source, **row, wanted));
  }
}

// Reads a sheet of the quarantine. Whether it could be: which charset a few
// rows are in by themselves is a guess, and may be another than of all.
bool ReadSheet(const std::string& path, const TableFormat& format,
               const std::vector<std::string>& wanted,
               std::vector<KeptRow>& rows) {
  auto sheet = adapters::OpenSheet(path, format, wanted);
  if (!sheet.ok()) {
    WAYSTATION_HOLDS(errors::ReasonOf(sheet.status()) == "FILE_CHARSET" ||
                     errors::ReasonOf(sheet.status()) == "FILE_EMPTY");
    return false;
  }
  WAYSTATION_HOLDS(ReadAll(**sheet, wanted.size(), rows).ok());
  return true;
}

Quarantine::Options QuarantineOf(const std::string& folder,
                                 const TableFormat& format) {
  return {.folder = folder,
          .source = "fuzz",
          .extension = format.ending(),
          .dialect = format.dialect,
          .has_header = format.has_header(),
          .hash_key = std::string(16, 'k')};
}

// Of a file whose header names no column, a mapping finds none.
bool HasNoColumns(std::string_view header, const TableFormat& format) {
  return format.has_header() && IsBlank(header);
}

// Every row that was taken as one that the hub would not have after all, which
// comes to the quarantine as the outbox kept it.
void CheckTaken(const std::vector<KeptRow>& rows, std::string_view header,
                const TableFormat& format,
                const std::vector<std::string>& wanted, ScratchFolder& folder) {
  if (HasNoColumns(header, format)) return;
  Quarantine quarantine(QuarantineOf(folder.path(), format));
  std::vector<const KeptRow*> taken;
  for (const KeptRow& row : rows) {
    if (row.defect || IsBlank(row.wanted)) continue;
    // Another finding for each, so that equal rows are kept as often.
    report::v1::RowFinding finding;
    finding.set_line(row.line);
    finding.set_column(absl::StrCat(row.line));
    quarantine.Add(header, row.wanted, {finding}, kNow);
    taken.push_back(&row);
  }
  if (taken.empty()) return;
  WAYSTATION_HOLDS(quarantine.Flush().ok());
  auto replay = quarantine.BeginReplay(quarantine.rows_path(), kNow);
  WAYSTATION_HOLDS(replay.ok());
  std::vector<KeptRow> again;
  if (!ReadSheet((*replay)->path(), format, wanted, again)) return;
  WAYSTATION_HOLDS(again.size() == taken.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    WAYSTATION_HOLDS(again[i].original == taken[i]->wanted);
    if (again[i].defect && again[i].defect->reason == "ROW_CHARSET") continue;
    WAYSTATION_HOLDS(!again[i].defect);
    WAYSTATION_HOLDS(again[i].fields == taken[i]->fields);
  }
}

std::string ReadBytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

report::v1::RowFinding FindingOf(const KeptRow& row) {
  report::v1::RowFinding finding;
  finding.set_file("fuzz");
  finding.set_line(row.line);
  finding.set_reason(std::string(row.defect->reason));
  finding.set_row_rejected(true);
  return finding;
}

void CheckRejected(const std::vector<KeptRow>& rows, std::string_view header,
                   const TableFormat& format,
                   const std::vector<std::string>& wanted,
                   ScratchFolder& folder) {
  if (HasNoColumns(header, format)) return;
  Quarantine quarantine(QuarantineOf(folder.path(), format));
  // The same row with the same defect waits once.
  std::set<std::pair<std::string, std::string_view>> waiting;
  std::multiset<std::string> bytes;
  for (const KeptRow& row : rows) {
    if (!row.defect || IsBlank(row.original)) continue;
    quarantine.Add(header, row.original, {FindingOf(row)}, kNow);
    std::string kept = row.original;
    // Half a character at the end of a file is filled up, and stays wrong.
    if (format.dialect.charset == Charset::kUtf16Le && kept.size() % 2 != 0) {
      kept.push_back('\xD8');
    }
    if (waiting.emplace(kept, row.defect->reason).second) bytes.insert(kept);
  }
  if (waiting.empty()) return;
  WAYSTATION_HOLDS(quarantine.Flush().ok());
  const std::string sheet = ReadBytes(quarantine.rows_path());
  for (const std::string& row : bytes) {
    WAYSTATION_HOLDS(sheet.find(row) != std::string::npos);
  }
  {
    auto replay = quarantine.BeginReplay(quarantine.rows_path(), kNow);
    WAYSTATION_HOLDS(replay.ok());
    std::vector<KeptRow> again;
    const bool read =
        ReadSheet((*replay)->path(), format, wanted, again) || again.empty();
    for (const KeptRow& row : again) {
      WAYSTATION_HOLDS(bytes.contains(row.original));
      auto findings = (*replay)->FindingsOf(row.original);
      WAYSTATION_HOLDS(!findings.empty());
      (*replay)->Keep(row.original, std::move(findings), kNow);
    }
    if (read && !again.empty()) {
      WAYSTATION_HOLDS((*replay)->kept() == bytes.size());
      WAYSTATION_HOLDS((*replay)->Finish().ok());
      // In another order, maybe: those that are stuck go first.
      const std::string after = ReadBytes(quarantine.rows_path());
      WAYSTATION_HOLDS(after.size() == sheet.size());
      for (const std::string& row : bytes) {
        WAYSTATION_HOLDS(after.find(row) != std::string::npos);
      }
    }
  }
}

// What the adapter would send of a row; empty for one that it would not.
std::string UpdateOf(RowReader& reader, const KeptRow& kept) {
  Row row{.line = kept.line, .raw = kept.raw, .fields = {}, .defect = {}};
  row.fields.assign(kept.fields.begin(), kept.fields.end());
  const adapters::ReadRow& read = reader.Read(row);
  if (read.defect) {
    CheckDefect(*read.defect);
    return "";
  }
  for (const auto& finding : read.findings) {
    WAYSTATION_HOLDS(finding.reason.empty() ||
                     errors::FindReason(finding.reason) != nullptr);
  }
  return adapters::WriteUpdate(read, 1, ~adapters::AttributeBits{0});
}

void CheckUpdate(const Mapping& mapping, const std::string& bytes) {
  v1::Update update;
  WAYSTATION_HOLDS(update.ParseFromString(bytes));
  std::set<std::string> mapped;
  for (const auto& plan : mapping.attributes()) {
    mapped.insert(plan.attribute->name());
  }
  for (const std::string& attribute : update.mask().paths()) {
    WAYSTATION_HOLDS(mapped.contains(attribute));
  }
  // The hub may think better of a value, and must understand the rest.
  const domain::ReadResult read = domain::Read(
      std::string_view(bytes),
      {.received_time = absl::ToUnixMicros(kNow), .profile = kOptions.profile});
  for (const v1::Violation& violation : read.violations) {
    WAYSTATION_HOLDS(violation.reason() != "UPDATE_UNREADABLE" &&
                     violation.reason() != "UNKNOWN_FIELDS" &&
                     violation.reason() != "ATTRIBUTE_UNKNOWN" &&
                     violation.reason() != "CLAIM_NOT_NAMED" &&
                     violation.reason() != "DETAIL_WITHOUT_CLAIM" &&
                     violation.reason() != "RECORD_KEY_INVALID" &&
                     violation.reason() != "RECORD_KEY_PERSONAL");
  }
}

}  // namespace

std::vector<KeptRow> CheckSource(std::string_view bytes,
                                 const TableFormat& format,
                                 const std::vector<std::string>& wanted,
                                 const OpenFile& open) {
  const MemoryFile file(bytes);
  auto source = open(file.path(), wanted);
  if (!source.ok()) {
    WAYSTATION_HOLDS(!errors::ReasonOf(source.status()).empty());
    return {};
  }
  std::vector<KeptRow> rows;
  if (auto read = ReadAll(**source, wanted.size(), rows); !read.ok()) {
    WAYSTATION_HOLDS(!errors::ReasonOf(read).empty());
  }
  WAYSTATION_HOLDS((*source)->bytes_read() <= bytes.size());
  const std::string header((*source)->header());
  static ScratchFolder folder;
  CheckTaken(rows, header, format, wanted, folder);
  folder.Clear();
  CheckRejected(rows, header, format, wanted, folder);
  folder.Clear();
  return rows;
}

void CheckMapped(std::string_view bytes, const Mapping& mapping,
                 const OpenFile& open) {
  const std::vector<KeptRow> rows =
      CheckSource(bytes, mapping.table(), mapping.columns(), open);
  const Charset charset = mapping.table().dialect.charset;
  RowReader reader(mapping,
                   charset == Charset::kUtf16Le ? Charset::kUtf8 : charset,
                   kOptions);
  for (const KeptRow& row : rows) {
    if (row.defect) continue;
    const std::string update = UpdateOf(reader, row);
    if (!update.empty()) CheckUpdate(mapping, update);
  }
}

std::unique_ptr<const Mapping> LoadMapping(const adapters::Sector& sector,
                                           const std::string& file) {
  auto mapping =
      Mapping::Load(absl::StrCat(WAYSTATION_SOURCE_DIR, "/adapters/",
                                 std::string(sector.name), "/", file),
                    sector);
  WAYSTATION_HOLDS(mapping.ok());
  return *std::move(mapping);
}

}  // namespace waystation::fuzz
