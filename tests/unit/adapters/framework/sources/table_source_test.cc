// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/table_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "tests/unit/adapters/support/temp_file.h"

namespace waystation::adapters {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Each row as "line: field|field" or "line: DEFECT column [raw]".
std::vector<std::string> ReadAll(Source& source) {
  std::vector<std::string> rows;
  for (;;) {
    const auto row = source.Next();
    EXPECT_TRUE(row.ok()) << row.status();
    if (!row.ok() || *row == nullptr) return rows;
    std::string text = absl::StrCat((*row)->line, ": ");
    if (const auto& defect = (*row)->defect) {
      text.append(defect->reason).append(" ").append(defect->column);
      text.append("[").append((*row)->raw).append("]");
    }
    for (std::size_t i = 0; i < (*row)->fields.size(); ++i) {
      text.append(i == 0 ? "" : "|").append((*row)->fields[i]);
    }
    rows.push_back(text);
  }
}

std::vector<std::string> Read(std::string_view content, TableFormat format,
                              std::vector<std::string> wanted) {
  const TempFile file(content);
  auto source = TableSource::Open(file.path(), format, std::move(wanted));
  EXPECT_TRUE(source.ok()) << source.status();
  if (!source.ok()) return {};
  return ReadAll(**source);
}

absl::Status OpenError(std::string_view content, TableFormat format,
                       std::vector<std::string> wanted) {
  const TempFile file(content);
  return TableSource::Open(file.path(), format, std::move(wanted)).status();
}

const TableFormat kCsv{{Charset::kGb18030, ',', true}, {}};
const TableFormat kCaret{{Charset::kGbk, '^', false}, {}};

TEST(TableSource, ReadsTheWantedColumnsOnly) {
  EXPECT_THAT(
      Read("RYBH,SFSY,XM\n1,secret,a\n2,secret,b\r\n", kCsv, {"XM", "RYBH"}),
      ElementsAre("2: a|1", "3: b|2"));
}

TEST(TableSource, ListsEveryColumnThatTheFileHas) {
  const TempFile file("RYBH,SFSY,XM\n");
  const auto source = TableSource::Open(file.path(), kCsv, {"XM"});
  ASSERT_TRUE(source.ok());
  EXPECT_THAT((*source)->columns(), ElementsAre("RYBH", "SFSY", "XM"));
  EXPECT_EQ((*source)->header(), "RYBH,SFSY,XM");
  EXPECT_THAT(ReadAll(**source), testing::IsEmpty());
}

TEST(TableSource, FindsColumnsInAnyCaseAndUnderALabel) {
  EXPECT_THAT(Read("aac001`\xB8\xF6\xC8\xCB^Aac003 \n1^a\n", kCaret,
                   {"AAC001", "AAC003"}),
              ElementsAre("2: 1|a"));
}

TEST(TableSource, TakesColumnsFromTheMappingWhereThereIsNoHeader) {
  TableFormat format = kCaret;
  format.columns = {"AAC001", "AAC003"};
  EXPECT_THAT(Read("1^a\n2^b", format, {"AAC003"}),
              ElementsAre("1: a", "2: b"));
}

TEST(TableSource, RefusesTheFileBeforeAnyRow) {
  const struct {
    std::string_view name;
    std::string_view content;
    std::vector<std::string> wanted;
    std::string_view reason;
    std::string_view says;
  } cases[] = {
      {"empty", "", {"A"}, "FILE_EMPTY", ""},
      {"two missing", "A,B\n1,2\n", {"A", "C", "D"}, "COLUMN_MISSING", "C, D"},
      {"twice", "A,B,a\n1,2,3\n", {"A"}, "COLUMN_TWICE", "A"},
      {"open quote", "A,\"B\n1,2\n", {"A"}, "HEADER_UNREADABLE", ""},
      {"charset",
       "\xEF\xBB\xBF"
       "A,B\n",
       {"A"},
       "FILE_CHARSET",
       ""},
  };
  for (const auto& [name, content, wanted, reason, says] : cases) {
    SCOPED_TRACE(name);
    const absl::Status status = OpenError(content, kCsv, wanted);
    EXPECT_EQ(errors::ReasonOf(status), reason);
    if (!says.empty()) {
      ASSERT_FALSE(errors::ViolationsOf(status).empty());
      EXPECT_EQ(errors::ViolationsOf(status)[0].field, says);
    }
  }
  EXPECT_EQ(TableSource::Open("/no/such/file", kCsv, {}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(TableSource, DuplicateColumnThatNobodyWantsIsNoMatter) {
  EXPECT_THAT(Read("A,B,B\n1,2,3\n", kCsv, {"A"}), ElementsAre("2: 1"));
}

TEST(TableSource, OneBadRowHarmsOnlyItself) {
  const struct {
    std::string_view name;
    std::string_view content;
    std::vector<std::string> want;
  } cases[] = {
      {"too few", "A,B\n1\n3,4\n", {"2: ROW_COLUMNS [1]", "3: 3|4"}},
      {"too many", "A,B\n1,2,3\n3,4\n", {"2: ROW_COLUMNS [1,2,3]", "3: 3|4"}},
      {"stray quote",
       "A,B\n1,\"2\n3,4\n5,6\n",
       {"2: ROW_QUOTE B[1,\"2]", "3: 3|4", "4: 5|6"}},
      {"two stray quotes",
       "A,B\n1,\"2\n3,4\n5,\"6\n7,8\n",
       {"2: ROW_QUOTE B[1,\"2]", "3: 3|4", "4: ROW_QUOTE B[5,\"6]", "5: 7|8"}},
      {"stray quotes that meet",
       "A,B\n1,\"2\n3,4\"\n5,6\n",
       {"2: 1|2\n3,4", "4: 5|6"}},
      {"stray quotes that meet elsewhere",
       "A,B\n1,\"2\n3,4\",x\n5,6\n",
       {"2: ROW_QUOTE [1,\"2]", "3: ROW_COLUMNS [3,4\",x]", "4: 5|6"}},
      {"text behind a quote",
       "A,B\n1,\"2\"x\n3,4\n",
       {"2: ROW_QUOTE B[1,\"2\"x]", "3: 3|4"}},
      {"empty lines and ^Z", "A,B\n\n1,2\n\r\n3,4\n\x1A", {"3: 1|2", "5: 3|4"}},
      {"line ends within quotes",
       "A,B\n1,\"x\ny\"\n3,4\n",
       {"2: 1|x\ny", "4: 3|4"}},
      {"no line end at the end", "A,B\n1,2\n3,4", {"2: 1|2", "3: 3|4"}},
      {"cut within a row", "A,B\n1,2\n3", {"2: 1|2", "3: ROW_COLUMNS [3]"}},
      {"a row in UTF-8",
       "A,B\n1,\xD5\xC5\n2,苏州市区\n3,4\n",
       {"2: 1|\xD5\xC5", "3: ROW_CHARSET [2,苏州市区]", "4: 3|4"}},
  };
  for (const auto& [name, content, want] : cases) {
    EXPECT_EQ(Read(content, kCsv, {"A", "B"}), want) << name;
  }
  using namespace std::string_literals;
  EXPECT_THAT(Read("A,B\n1,\0\n3,4\n"s, kCsv, {"A", "B"}),
              ElementsAre("2: ROW_NUL [1,\0]"s, "3: 3|4"));
}

TEST(TableSource, OverlongRowIsSkippedToItsEnd) {
  std::string content = "A,B\n1,2\n";
  content.append(3 * kMaxRow, 'x');
  content.append("\n3,4\n");
  const TempFile file(content);
  auto source = TableSource::Open(file.path(), kCsv, {"A"});
  ASSERT_TRUE(source.ok());
  ASSERT_EQ((*(*source)->Next())->fields[0], "1");
  const Row* overlong = *(*source)->Next();
  ASSERT_TRUE(overlong->defect);
  EXPECT_EQ(overlong->defect->reason, "ROW_TOO_LONG");
  EXPECT_EQ(overlong->raw.size(), kMaxRow);
  const Row* last = *(*source)->Next();
  EXPECT_EQ(last->line, 4U);
  EXPECT_EQ(last->fields[0], "3");
  EXPECT_EQ(*(*source)->Next(), nullptr);
}

// Those behind its first line are read next, and must not stand twice.
TEST(TableSource, OverlongRowOfSeveralLinesIsItsFirstLine) {
  std::string content = "A,B\n1,\"2\r\n3\",";
  content.append(2 * kMaxRow, 'x');
  content.append("\n5,6\n");
  const TempFile file(content);
  auto source = TableSource::Open(file.path(), kCsv, {"A"});
  ASSERT_TRUE(source.ok());
  const auto rows = ReadAll(**source);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0], "2: ROW_TOO_LONG [1,\"2]");
  EXPECT_THAT(rows[1], testing::StartsWith("3: ROW_TOO_LONG [3\",xxx"));
  EXPECT_EQ(rows[2], "4: 5");
}

TEST(TableSource, ReadsUtf8AndUtf16WithTheirMarks) {
  const std::string table = "A,B\n1,\U0002CB4E三\n2,x\n";
  const TableFormat utf8{{Charset::kUtf8, ',', true}, {}};
  EXPECT_THAT(Read("\xEF\xBB\xBF" + table, utf8, {"A", "B"}),
              ElementsAre("2: 1|\U0002CB4E三", "3: 2|x"));
  std::string utf16 = "\xFF\xFE";
  ASSERT_EQ(Encode(Charset::kUtf16Le, table, utf16), std::nullopt);
  const TableFormat format{{Charset::kUtf16Le, ',', true}, {}};
  EXPECT_THAT(Read(utf16, format, {"A", "B"}),
              ElementsAre("2: 1|\U0002CB4E三", "3: 2|x"));
  // A lone surrogate and an odd byte survive for the quarantine.
  using namespace std::string_literals;
  const std::string broken = utf16 +
                             "3\0,\0\x40\xD8\n\0"
                             "4"s;
  const TempFile file(broken);
  auto source = TableSource::Open(file.path(), format, {"A"});
  ASSERT_TRUE(source.ok()) << source.status();
  std::string last;
  for (;;) {
    const auto row = (*source)->Next();
    ASSERT_TRUE(row.ok());
    if (*row == nullptr) break;
    last.append((*source)->OriginalBytes((*row)->raw)).append("/");
  }
  EXPECT_THAT(last, HasSubstr("3\0,\0\x40\xD8/4/"s));
}

// A file cut at any byte: rows before the cut are what they were.
TEST(TableSource, CutAnywhereKeepsTheRowsBefore) {
  const std::string content =
      "A,B\n1,\xD5\xC5\n2,\x82\x30\xB7\x31\n3,\"x\ny\"\n4,z\n";
  const std::vector<std::string> whole = Read(content, kCsv, {"A", "B"});
  for (std::size_t size = 4; size < content.size(); ++size) {
    const auto cut = Read(content.substr(0, size), kCsv, {"A", "B"});
    ASSERT_LE(cut.size(), whole.size() + 1);
    for (std::size_t i = 0; i + 2 < cut.size(); ++i)
      EXPECT_EQ(cut[i], whole[i]);
  }
}

// Writes `rows` rows of about a hundred bytes.
void WriteLarge(const std::string& path, std::uint64_t bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  std::fputs("A,B,C\n", file);
  const std::string filler(80, 'x');
  std::uint64_t written = 0;
  for (std::uint64_t i = 0; written < bytes; ++i) {
    const std::string row = absl::StrCat(i, ",", filler, ",\xD5\xC5\n");
    std::fwrite(row.data(), 1, row.size(), file);
    written += row.size();
  }
  std::fclose(file);
}

// The file is larger than what the process may add to its memory. As large as
// WAYSTATION_LARGE_FILE_MB says, 256 MiB unless told.
TEST(TableSource, LargeFileTakesConstantMemory) {
  const char* asked = std::getenv("WAYSTATION_LARGE_FILE_MB");
  const std::uint64_t bytes = (asked == nullptr ? 256ULL : std::stoull(asked))
                              << 20;
  const TempFile file("");
  WriteLarge(file.path(), bytes);
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;  // KiB
  };
  const long before = peak();
  auto source = TableSource::Open(file.path(), kCsv, {"A"});
  ASSERT_TRUE(source.ok());
  std::uint64_t rows = 0;
  for (;;) {
    const auto row = (*source)->Next();
    ASSERT_TRUE(row.ok());
    if (*row == nullptr) break;
    ASSERT_FALSE((*row)->defect);
    ++rows;
  }
  EXPECT_GT(rows, bytes / 200);
  EXPECT_LT(peak() - before, 16 << 10);
}

}  // namespace
}  // namespace waystation::adapters
