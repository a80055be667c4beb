// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/dbf_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "adapters/framework/sources/table_source.h"
#include "proto/errors/error.h"
#include "tests/unit/adapters/support/dbf_bytes.h"
#include "tests/unit/adapters/support/temp_file.h"

namespace waystation::adapters {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TableFormat Gbk() { return {{Charset::kGbk, ',', true}, {}, FileKind::kDbf}; }

// Each row as "number: value|value" or "number: DEFECT column".
std::vector<std::string> ReadAll(Source& source) {
  std::vector<std::string> rows;
  for (;;) {
    const auto row = source.Next();
    EXPECT_TRUE(row.ok()) << row.status();
    if (!row.ok() || *row == nullptr) return rows;
    std::string text = absl::StrCat((*row)->line, ": ");
    if (const auto& defect = (*row)->defect) {
      text.append(defect->reason).append(" ").append(defect->column);
    }
    for (std::size_t i = 0; i < (*row)->fields.size(); ++i) {
      text.append(i == 0 ? "" : "|").append((*row)->fields[i]);
    }
    rows.push_back(text);
  }
}

std::vector<std::string> Read(std::string_view content,
                              std::vector<std::string> wanted) {
  const TempFile file(content);
  auto source = DbfSource::Open(file.path(), Gbk(), wanted);
  EXPECT_TRUE(source.ok()) << source.status();
  return source.ok() ? ReadAll(**source) : std::vector<std::string>{};
}

// "REASON place: rule".
std::string OpenError(std::string_view content,
                      std::vector<std::string> wanted = {"XM"}) {
  const TempFile file(content);
  const absl::Status status =
      DbfSource::Open(file.path(), Gbk(), wanted).status();
  std::string out = errors::ReasonOf(status);
  for (const auto& [field, rule] : errors::ViolationsOf(status)) {
    absl::StrAppend(&out, " ", field, ": ", rule);
  }
  return out;
}

// 张三 and 李四.
constexpr char kZhang[] = "\xD5\xC5\xC8\xFD";
constexpr char kLi[] = "\xC0\xEE\xCB\xC4";

DbfBytes People() {
  DbfBytes table({{"PRIPID", 6},
                  {"XM", 8},
                  {"HYZK", 2},
                  {"CSRQ", 8, 'D'},
                  {"BZ", 10, 'M'}});
  table.Add({"1", kZhang, "20", "19900307", "         7"});
  table.Add({"2", kLi, "10", "", ""}, '*');
  table.Add({"     3", "", "", "00000000", ""});
  return table;
}

TEST(DbfSource, ReadsTheWantedColumnsOfLiveRecords) {
  const TempFile file(People().Bytes());
  auto source = DbfSource::Open(file.path(), Gbk(), {"xm", "PRIPID", "CSRQ"});
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT((*source)->columns(),
              ElementsAre("PRIPID", "XM", "HYZK", "CSRQ", "BZ"));
  EXPECT_THAT(ReadAll(**source),
              ElementsAre(absl::StrCat("1: ", kZhang, "|1|19900307"),
                          "3: |3|00000000"));
  const Source::Kind deleted{"ROW_DELETED", ""};
  EXPECT_THAT((*source)->passed_over(), ElementsAre(Pair(deleted, 1)));
  EXPECT_EQ((*source)->bytes_read() + 1, (*source)->file_size());
}

TEST(DbfSource, ReadsAFileOfAnyName) {
  const TempFile file(People().Bytes());
  const std::string other = file.path() + ".EXPORT.20261126";
  std::filesystem::copy_file(file.path(), other);
  // What shapelib would take instead of it, and for its code page.
  std::ofstream(file.path() + ".EXPORT.dbf") << "something else";
  std::ofstream(file.path() + ".EXPORT.cpg") << std::string(1000, 'x');
  const auto source = DbfSource::Open(other, Gbk(), {"XM"});
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(ReadAll(**source).size(), 2U);
  for (const char* ending : {"20261126", "dbf", "cpg"}) {
    std::filesystem::remove(file.path() + ".EXPORT." + ending);
  }
}

TEST(DbfSource, FillIsNoPartOfAValue) {
  using namespace std::string_literals;
  DbfBytes table({{"A", 6}, {"B", 6}});
  table.Add({"  x y ", "z\0\0\0\0\0"s}).Add({"\0\0\0\0\0\0"s, " \0 "s});
  EXPECT_THAT(Read(table.Bytes(), {"A", "B"}), ElementsAre("1: x y|z", "2: |"));
}

TEST(DbfSource, OneBadRecordHarmsOnlyItself) {
  using namespace std::string_literals;
  DbfBytes table({{"XM", 18}, {"NB", 4}});
  table.Add({"a", "1"});
  table.Add({"b", "2"}, 'b');
  table.Add({"c\0c"s, "3"});
  table.Add({"苏州市区", "4"});  // in UTF-8
  table.Add({"e", "5\0 5"s});
  EXPECT_THAT(Read(table.Bytes(), {"XM"}),
              ElementsAre("1: a", "2: ROW_MARK ", "3: ROW_NUL XM",
                          "4: ROW_CHARSET ", "5: e"));
}

TEST(DbfSource, RefusesALyingHeaderBeforeAnyRow) {
  const DbfBytes table = People();
  const std::string good = table.Bytes();
  const std::size_t first = 32 + 16;  // width of the first field
  const struct {
    std::string_view name;
    std::string bytes;
    std::string_view want;
  } cases[] = {
      {"empty", "", "FILE_EMPTY"},
      {"a workbook", "PK\x03\x04 and so on, longer than a header",
       "DBF_VERSION byte 0: 50"},
      {"text", "PRIPID,XM\n1,a\n", "DBF_VERSION byte 0: 50"},
      {"half a front", good.substr(0, 20), "DBF_HEADER file size: 20 < 32"},
      {"cut within the fields", good.substr(0, 100),
       "DBF_HEADER bytes 8-9: 193, file size 100"},
      {"no header at all", WithNumber(good, 8, 2, 0),
       "DBF_HEADER bytes 8-9: 0, file size 299"},
      {"a header past the file", WithNumber(good, 8, 2, 0xFFFF),
       "DBF_HEADER bytes 8-9: 65535, file size 299"},
      {"a header that ends early", WithNumber(good, 8, 2, 150),
       "DBF_HEADER byte 128: 0D"},
      {"no end of the fields", WithNumber(good, 192, 1, 'X'),
       "DBF_HEADER byte 192: 0D"},
      {"no field", WithNumber(good, 32, 1, 0x0D), "DBF_HEADER byte 32: 0D"},
      {"a field without a name", WithNumber(good, 64, 1, 0),
       "DBF_FIELD field 2: name, type"},
      {"a field of no type", WithNumber(good, 32 + 11, 1, 0),
       "DBF_FIELD field 1: name, type"},
      {"a field of no width", WithNumber(good, first, 1, 0),
       "DBF_FIELD field 1: C(0)"},
      {"a day of nine digits", WithNumber(good, first + 96, 1, 9),
       "DBF_FIELD field 4: D(9)"},
      {"a wider field", WithNumber(good, first, 1, 7),
       "DBF_WIDTHS bytes 10-11: 35 != 36"},
      {"a field wider than the record", WithNumber(good, first, 1, 255),
       "DBF_WIDTHS bytes 10-11: 35 != 284"},
      {"records of nothing", WithNumber(good, 10, 2, 0),
       "DBF_WIDTHS bytes 10-11: 0 != 35"},
      {"longer records", WithNumber(good, 10, 2, 40),
       "DBF_WIDTHS bytes 10-11: 40 != 35"},
      {"one record more", WithNumber(good, 4, 4, 4),
       "DBF_COUNT bytes 4-7: 4 != 3"},
      {"four milliards of records", WithNumber(good, 4, 4, 0xFFFFFFFF),
       "DBF_COUNT bytes 4-7: 4294967295 != 3"},
      {"cut within a record", good.substr(0, good.size() - 10),
       "DBF_COUNT bytes 4-7: 3 != 2"},
      {"one record less", WithNumber(good, 4, 4, 2),
       "DBF_COUNT bytes 4-7: 2 != 3"},
      {"no record counted", WithNumber(good, 4, 4, 0),
       "DBF_COUNT bytes 4-7: 0 != 3"},
      {"encrypted", WithNumber(good, 15, 1, 1), "DBF_LOCKED byte 15: 01"},
      {"in a transaction", WithNumber(good, 14, 1, 1),
       "DBF_LOCKED byte 14: 01"},
  };
  for (const auto& [name, bytes, want] : cases) {
    EXPECT_EQ(OpenError(bytes), want) << name;
  }
  EXPECT_EQ(OpenError(good, {"XM", "SFZH", "XB"}), "COLUMN_MISSING SFZH, XB: ");
  EXPECT_EQ(OpenError(good, {"BZ"}), "COLUMN_TYPE BZ: M(10)");
  EXPECT_EQ(OpenError(DbfBytes({{"XM"}, {"xm"}}).Bytes()), "COLUMN_TWICE XM: ");
  EXPECT_EQ(DbfSource::Open("/no/such/file", Gbk(), {}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(DbfSource, TakesWhatWritersLeaveBehindTheRecords) {
  const std::string good = People().Bytes();
  const std::string without = good.substr(0, good.size() - 1);
  for (const std::string& bytes :
       {without, without + std::string(40, '\0'), good + std::string(99, '*'),
        // A record that nobody counted, and that was never written out.
        without + " half"}) {
    EXPECT_EQ(Read(bytes, {"XM"}).size(), 2U);
  }
}

TEST(DbfSource, ReadsFoxProTablesWithTheirLongerHeader) {
  // Visual FoxPro: 263 bytes behind the fields, and fields that are no text.
  DbfBytes table({{"XM", 8}, {"ID", 4, 'I'}, {"_NullFlags", 1, '0'}});
  using namespace std::string_literals;
  table.Add({kZhang, "\x01\0\0\0"s, "\0"s});
  std::string bytes = WithNumber(table.Bytes(), 0, 1, 0x30);
  bytes = WithNumber(bytes, 8, 2, table.header_size() + 263);
  bytes.insert(table.header_size(), 263, '\0');
  EXPECT_THAT(Read(bytes, {"XM"}), ElementsAre(absl::StrCat("1: ", kZhang)));
  EXPECT_EQ(OpenError(bytes, {"ID"}), "COLUMN_TYPE ID: I(4)");
}

TEST(DbfSource, TheCodePageIsAHint) {
  const struct {
    std::uint8_t code_page;
    bool doubted;
  } cases[] = {
      {0x00, false}, {0x4D, false}, {0x7A, false}, {0x03, false}, {0x57, false},
      {0xFF, false}, {0x78, true},  {0x4F, true},  {0x13, true},  {0x79, true},
  };
  for (const auto& [code_page, doubted] : cases) {
    SCOPED_TRACE(code_page);
    const TempFile file(WithNumber(People().Bytes(), 29, 1, code_page));
    const auto source = DbfSource::Open(file.path(), Gbk(), {"XM"});
    ASSERT_TRUE(source.ok());
    EXPECT_EQ(ReadAll(**source)[0], absl::StrCat("1: ", kZhang));
    if (doubted) {
      EXPECT_THAT((*source)->doubts(), ElementsAre("CODE_PAGE_DIFFERS"));
    } else {
      EXPECT_THAT((*source)->doubts(), IsEmpty());
    }
  }
}

TEST(DbfSource, RefusesATableThatSurelyIsInAnotherCharset) {
  DbfBytes table({{"XM", 30}});
  table.Add({"欧阳修远"}).Add({"司马相如与卓文君"});
  // Whatever the code page says of it.
  EXPECT_EQ(OpenError(WithNumber(table.Bytes(), 29, 1, 0x4D)), "FILE_CHARSET");
}

TEST(DbfSource, RecordsBecomeLinesForTheQuarantine) {
  DbfBytes table({{"PRIPID", 6}, {"XM", 20}, {"BZ", 10, 'M'}});
  table.Add({"1", "a,\"b\"", "         7"}, '?');
  table.Add({"2", "c\nd", ""});
  const TempFile file(table.Bytes());
  auto source = DbfSource::Open(file.path(), Gbk(), {"XM"});
  ASSERT_TRUE(source.ok());
  const Row* row = *(*source)->Next();
  std::string sheet = std::string((*source)->header()) + "\n";
  sheet += (*source)->OriginalBytes(row->raw) + "\n";
  row = *(*source)->Next();
  sheet += (*source)->OriginalBytes(row->raw) + "\n";
  sheet += (*source)->WantedBytes(*row) + "\n";
  EXPECT_EQ(sheet,
            "PRIPID,XM,BZ\n1,\"a,\"\"b\"\"\",\n2,\"c\nd\",\n,\"c\nd\",\n");
  // Which reads back.
  const TempFile text(sheet);
  auto again = TableSource::Open(text.path(), Gbk(), {"PRIPID", "XM"});
  ASSERT_TRUE(again.ok());
  EXPECT_THAT(ReadAll(**again),
              ElementsAre("2: 1|a,\"b\"", "3: 2|c\nd", "5: |c\nd"));
}

// Any bytes at all, and any few bytes of a good table changed: an error or
// rows, and never a byte from outside of the file.
RC_GTEST_PROP(DbfSource, SurvivesAnyLie, ()) {
  std::string bytes = People().Bytes();
  const auto lies =
      *rc::gen::container<std::vector<std::pair<std::uint16_t, char>>>(
          rc::gen::arbitrary<std::pair<std::uint16_t, char>>());
  for (const auto& [at, byte] : lies) bytes[at % bytes.size()] = byte;
  bytes.resize(bytes.size() - *rc::gen::inRange<std::size_t>(0, bytes.size()));
  const TempFile file(bytes);
  const auto source = DbfSource::Open(file.path(), Gbk(), {"XM"});
  if (!source.ok()) return;
  std::size_t seen = 0;
  for (;;) {
    const auto row = (*source)->Next();
    RC_ASSERT(row.ok());
    if (*row == nullptr) break;
    seen += (*row)->raw.size();
    RC_ASSERT(bytes.find((*row)->raw) != std::string::npos);
    RC_ASSERT((*source)->OriginalBytes((*row)->raw).size() < 1000U);
  }
  RC_ASSERT(seen <= bytes.size());
}

TEST(DbfSource, NoticesAFileThatBecomesShorter) {
  DbfBytes table({{"XM", 200}});
  for (int i = 0; i < 5000; ++i) table.Add({absl::StrCat(i)});
  const TempFile file(table.Bytes());
  const auto source = DbfSource::Open(file.path(), Gbk(), {"XM"});
  ASSERT_TRUE(source.ok() && (*source)->Next().ok());
  std::filesystem::resize_file(file.path(), 1000);
  absl::Status status;
  for (int i = 0; i < 5000 && status.ok(); ++i) {
    status = (*source)->Next().status();
  }
  EXPECT_EQ(errors::ReasonOf(status), "FILE_CHANGED");
}

// As large as WAYSTATION_LARGE_FILE_MB says, 256 MiB unless told; a hole in the
// file, whose records are none.
TEST(DbfSource, LargeFileTakesConstantMemory) {
  const char* asked = std::getenv("WAYSTATION_LARGE_FILE_MB");
  const std::uint64_t bytes = (asked == nullptr ? 256ULL : std::stoull(asked))
                              << 20;
  DbfBytes table({{"XM", 199}});
  const std::uint64_t records = bytes / table.record_size();
  std::string head = WithNumber(table.Bytes(), 4, 4, records);
  head.pop_back();
  const TempFile file(head);
  std::filesystem::resize_file(file.path(),
                               head.size() + records * table.record_size());
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;  // KiB
  };
  const long before = peak();
  const auto source = DbfSource::Open(file.path(), Gbk(), {"XM"});
  ASSERT_TRUE(source.ok()) << source.status();
  std::uint64_t rows = 0;
  for (;; ++rows) {
    const auto row = (*source)->Next();
    ASSERT_TRUE(row.ok());
    if (*row == nullptr) break;
    ASSERT_EQ((*row)->defect->reason, "ROW_MARK");
  }
  EXPECT_EQ(rows, records);
  EXPECT_LT(peak() - before, 16 << 10);
}

}  // namespace
}  // namespace waystation::adapters
