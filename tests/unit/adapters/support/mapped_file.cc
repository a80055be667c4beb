// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/adapters/support/mapped_file.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/framework/mapping/row_reader.h"
#include "adapters/framework/mapping/update_writer.h"
#include "adapters/framework/sources/open_source.h"

namespace waystation::adapters {
namespace {

MappedRow Mapped(RowReader& reader, const Row& row) {
  MappedRow out;
  const auto reject = [&](const Defect& defect) {
    out.defect = absl::StrCat(std::string(defect.reason), " ", defect.column);
  };
  if (row.defect) {
    reject(*row.defect);
    return out;
  }
  const ReadRow& read = reader.Read(row);
  if (read.defect) {
    reject(*read.defect);
    return out;
  }
  EXPECT_TRUE(
      out.update.ParseFromString(WriteUpdate(read, 1, ~AttributeBits{0})));
  for (const ValueFinding& finding : read.findings) {
    out.findings.push_back(absl::StrCat(
        std::string(finding.column), " ",
        std::string(finding.reason.empty() ? codes::GradeName(finding.grade)
                                           : finding.reason)));
  }
  return out;
}

absl::Status ReadRows(const Mapping& mapping, const std::string& path,
                      MappedFile& out) {
  auto source = OpenSource(path, mapping.table(), mapping.columns());
  if (!source.ok()) return source.status();
  RowReader reader(
      mapping, (*source)->charset(),
      {std::chrono::year(2026) / 3 / 1, codes::CitizenNumberProfile::kDemo});
  for (;;) {
    const auto row = (*source)->Next();
    if (!row.ok()) return row.status();
    if (*row == nullptr) break;
    out.rows.push_back(Mapped(reader, **row));
  }
  for (const ColumnUse& use : mapping.Explain((*source)->columns())) {
    out.columns.push_back(absl::StrCat(
        use.column, ": ",
        use.use.empty()
            ? absl::StrCat(std::string(use.reason), " ", use.because)
            : use.use));
  }
  for (const auto& [kind, count] : (*source)->passed_over()) {
    out.passed_over.push_back(
        absl::StrCat(std::string(kind.reason), " ", kind.name, ": ", count));
  }
  return absl::OkStatus();
}

}  // namespace

std::shared_ptr<const Mapping> LoadMapping(const Sector& sector,
                                           const std::string& name) {
  auto mapping =
      Mapping::Load(absl::StrCat(WAYSTATION_SOURCE_DIR, "/adapters/",
                                 std::string(sector.name), "/", name),
                    sector);
  EXPECT_TRUE(mapping.ok()) << mapping.status();
  return mapping.ok() ? *std::move(mapping) : nullptr;
}

MappedFile ReadMapped(const Mapping& mapping, std::string_view bytes,
                      std::string_view ending) {
  static int counter = 0;
  const std::string path =
      absl::StrCat(testing::TempDir(), "/mapped_", getpid(), "_", ++counter,
                   std::string(ending));
  std::ofstream(path, std::ios::binary) << bytes;
  MappedFile out;
  out.status = ReadRows(mapping, path, out);
  std::remove(path.c_str());
  return out;
}

void ExpectUpdate(const v1::Update& update, const std::string& text) {
  v1::Update want;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &want));
  want.set_revision(update.revision());
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(want, update)) << difference;
}

}  // namespace waystation::adapters
