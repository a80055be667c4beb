// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/quarantine/quarantine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "adapters/framework/sources/table_source.h"
#include "tests/unit/adapters/support/temp_file.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;
using report::v1::RowFinding;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

RowFinding Finding(std::uint64_t line, std::string reason) {
  RowFinding finding;
  finding.set_file("ldrk.csv");
  finding.set_line(line);
  finding.set_reason(std::move(reason));
  finding.set_row_rejected(true);
  return finding;
}

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<Quarantine> OpenIn(const std::string& folder,
                                   const Dialect& dialect, bool has_header) {
  return std::make_unique<Quarantine>(
      Quarantine::Options{.folder = folder,
                          .source = "ldrk",
                          .extension = ".csv",
                          .dialect = dialect,
                          .has_header = has_header,
                          .hash_key = "0123456789abcdef"});
}

class QuarantineTest : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<Quarantine> Open(Charset charset = Charset::kGb18030,
                                   bool has_header = true) {
    return OpenIn(folder_, {.charset = charset}, has_header);
  }

  const std::string folder_ =
      testing::TempDir() + "/quarantine_" + std::to_string(getpid());
};

TEST_F(QuarantineTest, KeepsRowsInTheirOwnBytesUnderTheirHeader) {
  const auto quarantine = Open();
  quarantine->Add("A,B", "1,\xD5", {Finding(5, "ROW_CHARSET")}, kNow);
  quarantine->Add("A,B", "2,\"x", {Finding(9, "ROW_QUOTE")}, kNow);
  EXPECT_FALSE(fs::exists(quarantine->rows_path()));
  ASSERT_TRUE(quarantine->Flush().ok());
  EXPECT_EQ(Read(quarantine->rows_path()), "A,B\n1,\xD5\n2,\"x\n");
  const auto list = quarantine->List();
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[1].row(), 2U);
  EXPECT_EQ((*list)[1].finding().line(), 9U);
  EXPECT_EQ((*list)[1].finding().reason(), "ROW_QUOTE");
  EXPECT_THAT(Read(quarantine->findings_path()), Not(HasSubstr("\"x")));
}

TEST_F(QuarantineTest, OnlyItsOwnerReadsIt) {
  const auto quarantine = Open();
  quarantine->Add("A", "1", {Finding(2, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  for (const auto& path :
       {quarantine->rows_path(), quarantine->findings_path()}) {
    EXPECT_EQ(fs::status(path).permissions() & fs::perms::all,
              fs::perms::owner_read | fs::perms::owner_write);
  }
}

TEST_F(QuarantineTest, DoesNotGrowWithEverySnapshot) {
  for (int day = 0; day < 3; ++day) {
    const auto quarantine = Open();
    quarantine->Add("A,B", "1", {Finding(5, "ROW_COLUMNS")}, kNow);
    ASSERT_TRUE(quarantine->Flush().ok());
  }
  EXPECT_EQ(Open()->List()->size(), 1U);
}

TEST_F(QuarantineTest, EndsTheLastLineThatAnEditorLeftOpen) {
  auto quarantine = Open();
  quarantine->Add("A,B", "1", {Finding(5, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  std::ofstream(quarantine->rows_path(), std::ios::binary) << "A,B\n1,2";
  quarantine->Add("A,B", "3", {Finding(7, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  EXPECT_EQ(Read(quarantine->rows_path()), "A,B\n1,2\n3\n");
}

TEST_F(QuarantineTest, RowsUnderAnotherHeaderHaveASheetOfTheirOwn) {
  const auto quarantine = Open();
  quarantine->Add("A,B", "1", {Finding(2, "ROW_COLUMNS")}, kNow);
  quarantine->Add("B,A", "2", {Finding(2, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  // And again, in another run.
  const auto later = Open();
  later->Add("B,A", "3", {Finding(3, "ROW_COLUMNS")}, kNow);
  later->Add("A,B", "4", {Finding(3, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(later->Flush().ok());
  std::vector<std::string> contents;
  for (const std::string& sheet : later->Sheets()) {
    contents.push_back(Read(sheet));
  }
  EXPECT_THAT(contents, ElementsAre("A,B\n1\n4\n", "B,A\n2\n3\n"));
  EXPECT_EQ(later->List()->size(), 4U);
  const auto replay = later->BeginReplay(later->Sheets()[1], kNow);
  ASSERT_TRUE(replay.ok());
  ASSERT_TRUE((*replay)->Finish().ok());
  EXPECT_THAT(later->Sheets(), ElementsAre(later->rows_path()));
}

TEST_F(QuarantineTest, TakesLineEndsThatAnEditorChanged) {
  const auto quarantine = Open();
  quarantine->Add("A,B", "1", {Finding(2, "ROW_COLUMNS")}, kNow);
  quarantine->Add("A,B", "2,\"x", {Finding(3, "ROW_QUOTE")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  std::ofstream(quarantine->rows_path(), std::ios::binary)
      << "A,B\r\n1,2\r\n2,\"x\r\n";
  quarantine->Add("A,B", "3", {Finding(4, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  EXPECT_THAT(quarantine->Sheets(), ElementsAre(quarantine->rows_path()));
  const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
  ASSERT_TRUE(replay.ok());
  // Whoever reads it takes both line ends.
  EXPECT_EQ(Read((*replay)->path()), "A,B\n1,2\r\n3\n");
  EXPECT_EQ((*replay)->kept(), 1U);
}

// Or a row that stands twice would pass for one that somebody had mended.
TEST_F(QuarantineTest, ReturnsAtTheEndOfARowStay) {
  using namespace std::string_literals;
  const auto quarantine = Open();
  quarantine->Add("A,B", "1\r", {Finding(2, "ROW_COLUMNS")}, kNow);
  quarantine->Add("A,B", "2", {Finding(3, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  EXPECT_EQ(Read(quarantine->rows_path()), "A,B\n1\r\r\n2\n");
  {
    const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
    ASSERT_TRUE(replay.ok()) << replay.status();
    EXPECT_EQ(Read((*replay)->path()), "A,B\n1\r\r\n2\n");
    EXPECT_EQ((*replay)->FindingsOf("1\r").size(), 1U);
    (*replay)->Keep("1\r", (*replay)->FindingsOf("1\r"), kNow);
    ASSERT_TRUE((*replay)->Finish().ok());
  }
  EXPECT_EQ(Read(quarantine->rows_path()), "A,B\n1\r\r\n");

  fs::remove_all(folder_);
  const auto wide = Open(Charset::kUtf16Le);
  wide->Add("A\0"s, "1\0\r\0"s, {Finding(2, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(wide->Flush().ok());
  EXPECT_EQ(Read(wide->rows_path()),
            "\xFF\xFE"s + "A\0\n\0"s + "1\0\r\0\r\0\n\0"s);
}

TEST_F(QuarantineTest, LineEndsWithinARowStayAsTheyAre) {
  const std::string row = "1,\"two\r\nlines\"";
  const auto quarantine = Open();
  quarantine->Add("A,B", row, {Finding(2, "ROW_KEY_TWICE")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
  ASSERT_TRUE(replay.ok());
  EXPECT_EQ(Read((*replay)->path()), "A,B\n" + row + "\n");
  EXPECT_EQ((*replay)->FindingsOf(row).size(), 1U);
}

TEST_F(QuarantineTest, HeaderOfSeveralLinesStaysWhole) {
  const std::string header = "A,\"B\n(unit)\"";
  const auto quarantine = Open();
  quarantine->Add(header, "1", {Finding(3, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
  ASSERT_TRUE(replay.ok());
  (*replay)->Keep("1", {Finding(3, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE((*replay)->Finish().ok());
  EXPECT_EQ(Read(quarantine->rows_path()), header + "\n1\n");
}

TEST_F(QuarantineTest, RowThatNobodyTouchedKeepsThePlaceWhereItWasFound) {
  const auto quarantine = Open();
  quarantine->Add("A,B", "1", {Finding(17, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  RowFinding here = Finding(2, "ROW_COLUMNS");
  here.set_file("quarantine");
  {
    const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
    ASSERT_TRUE(replay.ok());
    (*replay)->Keep("1", {here}, kNow);
    ASSERT_TRUE((*replay)->Finish().ok());
  }
  EXPECT_EQ(quarantine->List()->front().finding().file(), "ldrk.csv");
  EXPECT_EQ(quarantine->List()->front().finding().line(), 17U);
}

TEST_F(QuarantineTest, SheetThatWasDeletedIsForgotten) {
  const auto quarantine = Open();
  quarantine->Add("A,B", "1", {Finding(2, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  fs::remove(quarantine->rows_path());
  EXPECT_THAT(*quarantine->List(), IsEmpty());
  quarantine->Add("A,B", "1", {Finding(2, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  EXPECT_EQ(Read(quarantine->rows_path()), "A,B\n1\n");
  EXPECT_EQ(quarantine->List()->size(), 1U);
}

TEST_F(QuarantineTest, FullDiskLeavesNoHalfRow) {
  const auto quarantine = Open();
  quarantine->Add("A,B", "1", {Finding(2, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit tight = before;
  // The journal fits, and of the rows a part.
  const std::string row(20'000, 'x');
  std::ofstream(quarantine->rows_path(), std::ios::app)
      << std::string(50'000, 'y') << "\n";
  tight.rlim_cur = 60'000;
  const std::string rows = Read(quarantine->rows_path());
  quarantine->Add("A,B", row, {Finding(3, "ROW_COLUMNS")}, kNow);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const absl::Status full = quarantine->Flush();
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_FALSE(full.ok());
  EXPECT_EQ(Read(quarantine->rows_path()), rows);
  EXPECT_EQ(quarantine->List()->size(), 1U);
  // And freed again.
  ASSERT_TRUE(quarantine->Flush().ok());
  EXPECT_EQ(Read(quarantine->rows_path()), rows + row + "\n");
  EXPECT_EQ(quarantine->List()->size(), 2U);
}

TEST_F(QuarantineTest, ReplaysWhatWasMendedAndKeepsTheRest) {
  const auto quarantine = Open();
  quarantine->Add("A,B", "1", {Finding(2, "ROW_COLUMNS")}, kNow);
  quarantine->Add("A,B", "2,\"x", {Finding(3, "ROW_QUOTE")}, kNow);
  quarantine->Add("A,B", "3,\"y", {Finding(4, "ROW_QUOTE")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  std::ofstream(quarantine->rows_path(), std::ios::binary)
      << "A,B\n1,mended\n2,\"x\n3,mended\n";
  {
    const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
    ASSERT_TRUE(replay.ok()) << replay.status();
    // A quote that nobody mended could join the rows behind it.
    EXPECT_EQ(Read((*replay)->path()), "A,B\n1,mended\n3,mended\n");
    EXPECT_TRUE((*replay)->FindingsOf("1,mended").empty());
    EXPECT_EQ((*replay)->FindingsOf("1").size(), 1U);
    (*replay)->Keep("3,mended", {Finding(3, "ROW_KEY_TWICE")}, kNow);
    ASSERT_TRUE((*replay)->Finish().ok());
    EXPECT_EQ((*replay)->kept(), 2U);
  }
  EXPECT_FALSE(fs::exists(quarantine->rows_path() + ".replay"));
  EXPECT_EQ(Read(quarantine->rows_path()), "A,B\n2,\"x\n3,mended\n");
  EXPECT_EQ(Open()->List()->size(), 2U);
}

TEST_F(QuarantineTest, IsGoneWhenEverythingWasTaken) {
  const auto quarantine = Open();
  quarantine->Add("A,B", "1", {Finding(2, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  ASSERT_TRUE(
      (*quarantine->BeginReplay(quarantine->rows_path(), kNow))->Finish().ok());
  EXPECT_FALSE(fs::exists(quarantine->rows_path()));
  EXPECT_TRUE(quarantine->List()->empty());
  EXPECT_THAT(quarantine->Sheets(), IsEmpty());
  // And the row is new if it comes again.
  quarantine->Add("A,B", "1", {Finding(2, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  EXPECT_EQ(quarantine->List()->size(), 1U);
}

TEST_F(QuarantineTest, WritesUtf16AsTheFileWas) {
  using namespace std::string_literals;
  const auto quarantine = Open(Charset::kUtf16Le);
  quarantine->Add("A\0"s, "\x40\xD8"s, {Finding(2, "ROW_CHARSET")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  EXPECT_EQ(Read(quarantine->rows_path()),
            "\xFF\xFE"s + "A\0\n\0\x40\xD8\n\0"s);
  const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
  ASSERT_TRUE(replay.ok());
  EXPECT_EQ(Read((*replay)->path()), Read(quarantine->rows_path()));
}

TEST_F(QuarantineTest, Utf16WithoutHeaderKeepsItsMark) {
  using namespace std::string_literals;
  const auto quarantine = Open(Charset::kUtf16Le, /*has_header=*/false);
  quarantine->Add("", "1\0"s, {Finding(1, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  const std::string sheet = Read(quarantine->rows_path());
  EXPECT_EQ(sheet, "\xFF\xFE"s + "1\0\n\0"s);
  const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
  ASSERT_TRUE(replay.ok());
  EXPECT_EQ(Read((*replay)->path()), sheet);
  (*replay)->Keep("1\0"s, (*replay)->FindingsOf("1\0"s), kNow);
  EXPECT_EQ((*replay)->kept(), 1U);
  ASSERT_TRUE((*replay)->Finish().ok());
  EXPECT_EQ(Read(quarantine->rows_path()), sheet);
}

// Whoever reads a file drops the mark at its front, and a row that begins with
// the bytes of one may come first.
TEST_F(QuarantineTest, BytesOfAMarkAtTheFrontOfARowStay) {
  constexpr std::string_view kGbMark = "\x84\x31\x95\x33";
  constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
  const struct {
    Charset charset;
    std::string_view bytes;
    std::string_view mark;
  } cases[] = {{Charset::kGb18030, kGbMark, kGbMark},
               {Charset::kGbk, kGbMark, kGbMark},
               // Or the whole sheet would be refused for this row.
               {Charset::kGb18030, kUtf8Mark, kGbMark},
               {Charset::kUtf8, kUtf8Mark, kUtf8Mark}};
  for (const auto& [charset, bytes, mark] : cases) {
    SCOPED_TRACE(CharsetName(charset));
    const std::string row = std::string(bytes) + "1";
    for (const bool has_header : {true, false}) {
      fs::remove_all(folder_);
      const auto quarantine = Open(charset, has_header);
      // That of a file with two marks.
      const std::string header = has_header ? row + ",B" : "";
      const std::string head =
          std::string(mark) + (has_header ? header + "\n" : "");
      quarantine->Add(header, row, {Finding(2, "ROW_COLUMNS")}, kNow);
      quarantine->Add(header, "2", {Finding(3, "ROW_COLUMNS")}, kNow);
      ASSERT_TRUE(quarantine->Flush().ok());
      EXPECT_EQ(Read(quarantine->rows_path()), head + row + "\n2\n");
      // In another run.
      quarantine->Add(header, "3", {Finding(4, "ROW_COLUMNS")}, kNow);
      ASSERT_TRUE(quarantine->Flush().ok());
      EXPECT_THAT(quarantine->Sheets(), ElementsAre(quarantine->rows_path()));
      const auto replay =
          quarantine->BeginReplay(quarantine->rows_path(), kNow);
      ASSERT_TRUE(replay.ok()) << replay.status();
      EXPECT_EQ(Read((*replay)->path()), head + row + "\n2\n3\n");
      EXPECT_EQ((*replay)->FindingsOf(row).size(), 1U);
      (*replay)->Keep(row, (*replay)->FindingsOf(row), kNow);
      ASSERT_TRUE((*replay)->Finish().ok());
      EXPECT_EQ(Read(quarantine->rows_path()), head + row + "\n");
    }
  }
}

TEST_F(QuarantineTest, RowThatComesFirstInAReplayGetsTheMarkThatItNeeds) {
  const std::string row =
      "\xEF\xBB\xBF"
      "1";
  const auto quarantine = Open(Charset::kUtf8, /*has_header=*/false);
  quarantine->Add("", "2,\"x", {Finding(1, "ROW_QUOTE")}, kNow);
  quarantine->Add("", "3", {Finding(2, "ROW_COLUMNS")}, kNow);
  quarantine->Add("", row, {Finding(3, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  EXPECT_EQ(Read(quarantine->rows_path()), "2,\"x\n3\n" + row + "\n");
  std::ofstream(quarantine->rows_path(), std::ios::binary) << "2,\"x\n"
                                                           << row << "\n";
  const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
  ASSERT_TRUE(replay.ok());
  EXPECT_EQ(Read((*replay)->path()), "\xEF\xBB\xBF" + row + "\n");
}

TEST_F(QuarantineTest, TakesAMarkThatAnEditorAdded) {
  const std::string mark = "\xEF\xBB\xBF";
  for (const bool has_header : {true, false}) {
    SCOPED_TRACE(has_header);
    fs::remove_all(folder_);
    const std::string header = has_header ? "A,B" : "";
    const std::string head = mark + (has_header ? "A,B\n" : "");
    const auto quarantine = Open(Charset::kUtf8, has_header);
    quarantine->Add(header, "1,\"x", {Finding(2, "ROW_QUOTE")}, kNow);
    ASSERT_TRUE(quarantine->Flush().ok());
    const std::string before = Read(quarantine->rows_path());
    std::ofstream(quarantine->rows_path(), std::ios::binary) << mark << before;
    quarantine->Add(header, "2", {Finding(3, "ROW_COLUMNS")}, kNow);
    ASSERT_TRUE(quarantine->Flush().ok());
    EXPECT_THAT(quarantine->Sheets(), ElementsAre(quarantine->rows_path()));
    const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
    ASSERT_TRUE(replay.ok());
    EXPECT_EQ((*replay)->kept(), 1U);
    EXPECT_EQ(Read((*replay)->path()), head + "2\n");
    ASSERT_TRUE((*replay)->Finish().ok());
    EXPECT_EQ(Read(quarantine->rows_path()), head + "1,\"x\n");
  }
}

TEST_F(QuarantineTest, SheetThatWasEmptiedIsBegunAnew) {
  using namespace std::string_literals;
  const auto quarantine = Open(Charset::kUtf16Le, /*has_header=*/false);
  for (int day = 0; day < 2; ++day) {
    quarantine->Add("", "1\0"s, {Finding(1, "ROW_COLUMNS")}, kNow);
    ASSERT_TRUE(quarantine->Flush().ok());
    EXPECT_EQ(Read(quarantine->rows_path()), "\xFF\xFE"s + "1\0\n\0"s);
    EXPECT_EQ(quarantine->List()->size(), 1U);
    std::ofstream(quarantine->rows_path(), std::ios::trunc);
  }
}

TEST_F(QuarantineTest, PartOfARowThatWasTooLongIsNotReadAsOne) {
  const auto quarantine = Open();
  quarantine->Add("A,B", "1,xx", {Finding(2, "ROW_TOO_LONG")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
  ASSERT_TRUE(replay.ok());
  EXPECT_EQ(Read((*replay)->path()), "A,B\n");
  EXPECT_EQ((*replay)->kept(), 1U);
}

// A line that is stuck may stand in a row of several lines besides.
TEST_F(QuarantineTest, RowOfSeveralLinesStaysWholeBesideALineThatIsStuck) {
  const auto quarantine = Open();
  const std::vector<std::string> whole = {"1,\"a\n2,\"\"x\n3\"", "4,\"y\nz\""};
  for (const std::string& row : whole) {
    quarantine->Add("A,B", row, {Finding(2, "ROW_KEY_TWICE")}, kNow);
  }
  for (const char* line : {"2,\"\"x", "4,\"y"}) {
    quarantine->Add("A,B", line, {Finding(9, "ROW_QUOTE")}, kNow);
  }
  // Behind it as behind the one that is closed.
  quarantine->Add("A,B", "z\"", {Finding(11, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
  ASSERT_TRUE(replay.ok());
  EXPECT_EQ(Read((*replay)->path()),
            "A,B\n" + whole[0] + "\n" + whole[1] + "\nz\"\n");
  EXPECT_EQ((*replay)->kept(), 2U);
}

// Rows as a source reads them, of texts that are full of what rows are split
// by.
RC_GTEST_PROP(QuarantineProperty, ReplayThatMendsNothingChangesNothing, ()) {
  const auto text = *rc::gen::map(
      rc::gen::container<std::vector<std::string>>(
          rc::gen::elementOf(std::vector<std::string>{
              "\"", "\"", "\n", "\n", ",", "a", "\r", "a,\"", "\"\n",
              "\x84\x31\x95\x33", "\xEF\xBB\xBF", "\x1A", "\xFF"})),
      [](const std::vector<std::string>& parts) {
        return absl::StrJoin(parts, "");
      });
  const bool has_header = *rc::gen::arbitrary<bool>();
  const TableFormat format{
      {*rc::gen::element(Charset::kGb18030, Charset::kUtf8), ',',
       *rc::gen::arbitrary<bool>()},
      has_header ? std::vector<std::string>{} : std::vector<std::string>{"A"}};
  const TempFile file(has_header ? "A\n" + text : text);
  const auto read = [&](const std::string& path) {
    std::vector<std::pair<std::string, std::string>> rows;
    auto source = TableSource::Open(path, format, {"A"});
    if (!source.ok()) return rows;
    for (;;) {
      const auto row = (*source)->Next();
      RC_ASSERT(row.ok());
      if (*row == nullptr) return rows;
      const auto& defect = (*row)->defect;
      rows.emplace_back((*row)->raw, defect ? defect->reason : "ROW_KEY_TWICE");
    }
  };
  // Of which each round makes some, and waits for no disk.
  const std::string folder =
      (fs::is_directory("/dev/shm") ? "/dev/shm" : testing::TempDir()) +
      "/quarantine_" + std::to_string(getpid());
  fs::remove_all(folder);
  const auto quarantine = OpenIn(folder, format.dialect, has_header);
  std::multiset<std::string> waiting;
  const auto rows = read(file.path());
  for (const auto& [row, reason] : std::set(rows.begin(), rows.end())) {
    waiting.insert(row);
  }
  for (const auto& [row, reason] : rows) {
    quarantine->Add(has_header ? "A" : "", row, {Finding(1, reason)}, kNow);
  }
  RC_PRE(!waiting.empty());
  RC_ASSERT(quarantine->Flush().ok());
  const std::string sheet = Read(quarantine->rows_path());
  const auto findings = quarantine->List()->size();
  {
    const auto replay = quarantine->BeginReplay(quarantine->rows_path(), kNow);
    RC_ASSERT(replay.ok());
    for (const auto& [row, reason] : read((*replay)->path())) {
      RC_ASSERT(waiting.contains(row));
      (*replay)->Keep(row, (*replay)->FindingsOf(row), kNow);
    }
    RC_ASSERT((*replay)->kept() == waiting.size());
    RC_ASSERT((*replay)->Finish().ok());
  }
  const auto again = quarantine->BeginReplay(quarantine->rows_path(), kNow);
  // What was kept may come first now, and need a mark of the sheet's own, or
  // need none any more.
  const std::string after = Read(quarantine->rows_path());
  const size_t mark = format.dialect.charset == Charset::kUtf8 ? 3 : 4;
  RC_ASSERT(after.size() == sheet.size() ||
            after.size() == sheet.size() + mark ||
            after.size() + mark == sheet.size());
  RC_ASSERT(quarantine->List()->size() >= findings);
  fs::remove_all(folder);
}

// A file that was cut within a character harms its last row and no other.
TEST_F(QuarantineTest, HalfACharacterLeavesTheRowsBehindItReadable) {
  using namespace std::string_literals;
  const auto quarantine = Open(Charset::kUtf16Le);
  quarantine->Add("A\0"s, "1\0\x32"s, {Finding(2, "ROW_CHARSET")}, kNow);
  quarantine->Add("A\0"s, "3\0"s, {Finding(3, "ROW_COLUMNS")}, kNow);
  ASSERT_TRUE(quarantine->Flush().ok());
  EXPECT_EQ(Read(quarantine->rows_path()),
            "\xFF\xFE"s + "A\0\n\0"s + "1\0\x32\xD8\n\0"s + "3\0\n\0"s);
}

}  // namespace
}  // namespace waystation::adapters
