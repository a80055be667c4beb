// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "adapters/commerce/sector.h"
#include "adapters/framework/delivery.h"
#include "adapters/public_security/sector.h"
#include "tests/unit/adapters/support/dbf_bytes.h"
#include "tests/unit/adapters/support/mapped_file.h"
#include "waystation/report/v1/adapter_report.pb.h"
#include "waystation/store/v1/adapter_state.pb.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;
using report::v1::FileReport;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::string_view kColumns =
    "RYBH,XM,BM,SFZH,XB,MZ,CSRQ,XL,JZSY,DDBDRQ,NJZQX,CZHKSZDZZ,HJDXZQH,"
    "XZDXZQH,XJZDZZ,LXFS_SJ,JZZBH,JZZYXQ,SFSY,ZHXGSJ,ZXSJ\n";

// A row of public security's page, in UTF-8.
struct Person {
  std::string key;
  std::string name = "张三";
  std::string birth = "1990-03-07";
  std::string phone = "";
  std::string modified = "2026-01-01 08:00:00";
  std::string fertility = "1";
};

std::string RowOf(const Person& p) {
  return absl::StrJoin(
             std::vector<std::string>{
                 p.key, p.name,  "", "", "1",         "01",       p.birth,
                 "",    "",      "", "", "",          "",         "320505",
                 "",    p.phone, "", "", p.fertility, p.modified, ""},
             ",") +
         "\n";
}

ScanOptions DryRun() {
  ScanOptions options;
  options.dry_run = true;
  return options;
}

std::string Gb(std::string_view text) {
  std::string bytes;
  EXPECT_EQ(Encode(Charset::kGb18030, text, bytes), std::nullopt);
  return bytes;
}

std::string Table(const std::vector<Person>& people) {
  std::string text(kColumns);
  for (const Person& person : people) text += RowOf(person);
  return Gb(text);
}

class ScannerTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    auto mapping = Mapping::Load(std::string(WAYSTATION_SOURCE_DIR) +
                                     "/adapters/public_security/mapping.yaml",
                                 PublicSecurity());
    ASSERT_TRUE(mapping.ok()) << mapping.status();
    source_ = {"ldrk", path_, *std::move(mapping), ".csv"};
    auto state = State::Open(folder_ + "/state", /*read_only=*/false);
    ASSERT_TRUE(state.ok()) << state.status();
    state_ = *std::move(state);
    OpenQuarantine();
  }
  void TearDown() override { fs::remove_all(folder_); }

  void OpenQuarantine() {
    quarantine_ = std::make_unique<Quarantine>(Quarantine::Options{
        .folder = folder_ + "/state/quarantine",
        .source = "ldrk",
        .extension = ".csv",
        .hash_key = state_->sealer().Derive("quarantine", 16)});
  }

  FileReport ScanFile(const std::string& path, ScanOptions options = {},
                      Quarantine::Replay* replay = nullptr) {
    options.clock = [this] { return now_; };
    auto report = Scan(*state_, *quarantine_, source_, path, options, replay);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : FileReport{};
  }
  // Replays the quarantine as it stands.
  FileReport Replayed() {
    auto replay = quarantine_->BeginReplay(quarantine_->rows_path(), now_);
    EXPECT_TRUE(replay.ok()) << replay.status();
    FileReport report = ScanFile((*replay)->path(), {}, replay->get());
    EXPECT_TRUE((*replay)->Finish().ok());
    return report;
  }
  FileReport Take(std::string_view bytes, ScanOptions options = {}) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return ScanFile(path_, options);
  }

  // Empties the outbox: what the hub would get.
  std::vector<v1::Update> Sent() {
    std::vector<v1::Update> updates;
    for (;;) {
      const auto entry = state_->FrameAfter(0);
      EXPECT_TRUE(entry.ok());
      if (!entry->has_value()) return updates;
      const auto frame = state_->LoadFrame((*entry)->number);
      EXPECT_TRUE(frame.ok());
      for (const auto& waiting : frame->updates()) {
        EXPECT_TRUE(updates.emplace_back().ParseFromString(waiting.update()));
      }
      auto transaction = state_->Begin();
      EXPECT_TRUE(transaction->RemoveFrame((*entry)->number).ok());
      EXPECT_TRUE(transaction->Commit().ok());
    }
  }

  // "line reason column" of each waiting finding.
  std::vector<std::string> Quarantined() {
    std::vector<std::string> out;
    const auto list = quarantine_->List();
    for (const auto& row : *list) {
      out.push_back(absl::StrCat(row.finding().line(), " ",
                                 row.finding().reason(), " ",
                                 row.finding().column()));
    }
    return out;
  }

  std::string ReadQuarantine() const {
    std::ifstream file(quarantine_->rows_path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string folder_ =
      testing::TempDir() + "/scanner_" + std::to_string(getpid());
  const std::string path_ = folder_ + "/ldrk.csv";
  absl::Time now_ = absl::FromUnixSeconds(1'790'000'000);  // 2026-09
  SourceSetup source_;
  std::unique_ptr<State> state_;
  std::unique_ptr<Quarantine> quarantine_;
};

TEST_F(ScannerTest, SendsEachRowOnceAndThenWhatChanged) {
  FileReport report = Take(Table({{"1"}, {"2"}}));
  EXPECT_EQ(report.rows(), 2U);
  EXPECT_EQ(report.changed(), 2U);
  auto updates = Sent();
  ASSERT_EQ(updates.size(), 2U);
  EXPECT_EQ(updates[0].revision(), 1'790'000'000U);

  report = Take(Table({{"1"}, {"2"}}));
  EXPECT_EQ(report.unchanged(), 2U);
  EXPECT_THAT(Sent(), IsEmpty());

  now_ += absl::Hours(24);
  report = Take(Table({{"1"},
                       {.key = "2",
                        .phone = "13812345678",
                        .modified = "2026-01-02 08:00:00"}}));
  EXPECT_EQ(report.changed(), 1U);
  EXPECT_EQ(report.claims(), 1U);
  updates = Sent();
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_EQ(updates[0].record_key(), "2");
  EXPECT_THAT(updates[0].mask().paths(), ElementsAre("contact"));
  EXPECT_GT(updates[0].revision(), 1'790'000'000U);
}

TEST_F(ScannerTest, AbsentIsNotLeft) {
  Take(Table({{"1"}, {"2"}}));
  Sent();
  const FileReport report = Take(Table({{"1"}}));
  EXPECT_EQ(report.changed(), 0U);
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(ScannerTest, ChangeInADroppedColumnIsNoChange) {
  Take(Table({{.key = "1", .fertility = "0"}}));
  for (const auto& update : Sent()) {
    EXPECT_EQ(update.ShortDebugString().find("SFSY"), std::string::npos);
  }
  const FileReport report = Take(Table({{.key = "1", .fertility = "7"}}));
  EXPECT_EQ(report.unchanged(), 1U);
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(ScannerTest, OlderExportDoesNotOverwriteANewerOne) {
  Take(Table({{.key = "1",
               .phone = "13812345678",
               .modified = "2026-02-01 08:00:00"}}));
  Sent();
  const FileReport report = Take(Table({{.key = "1",
                                         .phone = "13912345678",
                                         .modified = "2026-01-01 08:00:00"}}));
  EXPECT_EQ(report.older(), 1U);
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_THAT(Quarantined(), IsEmpty());
}

TEST_F(ScannerTest, OneBadRowHarmsOnlyItself) {
  const std::string good = RowOf({"1"});
  const std::string bytes =
      Gb(kColumns) + Gb(RowOf({"1"})) + "2,cut\n" +     // 3
      Gb(RowOf({.key = "3", .name = "李四"})) +         // 4
      Gb(RowOf({.key = "1", .name = "王五"})) +         // 5: twice
      Gb(RowOf({.key = "4", .birth = "1990-02-30"})) +  // 6
      Gb(RowOf({.key = ""})) +                          // 7
      Gb(RowOf({.key = "5", .birth = "2020-01-01"})) +  // 8: minor
      Gb("6,") + "\xD5" + Gb(RowOf({"x"})).substr(6) +  // 9
      Gb(RowOf({.key = "7"}));
  const FileReport report = Take(bytes);
  EXPECT_EQ(report.rows(), 9U);
  EXPECT_EQ(report.changed(), 4U);
  EXPECT_EQ(report.rejected(), 5U);
  EXPECT_EQ(report.incomplete(), 1U);
  std::vector<std::string> keys;
  for (const auto& update : Sent()) keys.push_back(update.record_key());
  EXPECT_THAT(keys, ElementsAre("1", "3", "4", "7"));
  EXPECT_THAT(Quarantined(),
              ElementsAre("3 ROW_COLUMNS ", "5 ROW_KEY_TWICE RYBH",
                          "6 DATE_IMPOSSIBLE CSRQ", "7 RECORD_KEY_INVALID RYBH",
                          "8 MINOR_WITHOUT_GUARDIAN ", "9 ROW_CHARSET XM"));
  EXPECT_EQ(ReadQuarantine().substr(0, kColumns.size() + 6),
            std::string(kColumns) + "2,cut\n");
}

TEST_F(ScannerTest, MendedRowsAreTakenAndTheOthersStay) {
  Take(Gb(kColumns) + "1,cut\n2,cut\n" + Gb(RowOf({"3"})) +
       Gb(RowOf({.key = "3", .name = "李四"})));
  Sent();
  ASSERT_EQ(Quarantined().size(), 3U);
  std::ofstream(quarantine_->rows_path(), std::ios::binary)
      << Gb(kColumns) << Gb(RowOf({"1"})) << "2,cut\n"
      << Gb(RowOf({.key = "3", .name = "李四"}));
  const FileReport report = Replayed();
  EXPECT_EQ(report.changed(), 1U);
  const auto updates = Sent();
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_EQ(updates[0].record_key(), "1");
  // The second of two still has the key of the first.
  EXPECT_THAT(Quarantined(),
              ElementsAre("3 ROW_COLUMNS ", "5 ROW_KEY_TWICE RYBH"));
}

TEST_F(ScannerTest, ReplayedRowThatHasBeenOvertakenChangesNothing) {
  Take(Gb(kColumns) + "1,cut\n");
  Take(
      Table({{.key = "1", .name = "张三", .modified = "2026-03-01 00:00:00"}}));
  Sent();
  std::ofstream(quarantine_->rows_path(), std::ios::binary)
      << Table({{.key = "1", .name = "旧", .modified = "2026-01-01 00:00:00"}});
  const FileReport report = Replayed();
  EXPECT_EQ(report.older(), 1U);
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(ScannerTest, FewMendedRowsOfManyAreTaken) {
  std::string bytes = Gb(kColumns);
  for (int i = 0; i < 30'000; ++i) {
    bytes += i % 20 == 0 ? absl::StrCat(i, ",cut\n")
                         : Gb(RowOf({std::to_string(i)}));
  }
  EXPECT_EQ(Take(bytes).rejected(), 1500U);
  Sent();
  std::string sheet = ReadQuarantine();
  sheet.replace(sheet.find("20,cut\n"), 7, Gb(RowOf({"20"})));
  std::ofstream(quarantine_->rows_path(), std::ios::binary) << sheet;
  const FileReport report = Replayed();
  EXPECT_EQ(report.refused(), "");
  EXPECT_EQ(report.changed(), 1U);
  EXPECT_EQ(Sent().size(), 1U);
  EXPECT_EQ(Quarantined().size(), 1499U);
  EXPECT_EQ(Quarantined().front(), "2 ROW_COLUMNS ");
}

// A row whose time of entry lies ahead must not keep out those that come.
TEST_F(ScannerTest, RowEnteredInTheFutureCanBeCorrected) {
  Take(Table({{.key = "1", .modified = "2062-01-01 08:00:00"}}));
  Sent();
  const FileReport report = Take(Table({{.key = "1", .phone = "13812345678"}}));
  EXPECT_EQ(report.older(), 0U);
  EXPECT_EQ(Sent().size(), 1U);
}

TEST_F(ScannerTest, ManyLongRowsThatCannotBeReadTakeLittleMemory) {
  {
    std::ofstream file(path_, std::ios::binary);
    file << Gb(kColumns);
    const std::string filler(std::size_t{900} << 10, 'x');
    for (int i = 0; i < 64; ++i) file << i << "," << filler << "\n";
  }
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  EXPECT_EQ(ScanFile(path_).rejected(), 64U);
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 32 << 10);
  EXPECT_EQ(Quarantined().size(), 64U);
}

// Records of a table have no lines: in the quarantine they are a text with the
// same columns, which is mended and replayed like any other.
TEST_F(ScannerTest, RecordsOfATableAreMendedAsText) {
  source_ = {"jyz", path_, LoadMapping(Commerce()), ".csv"};
  DbfBytes table({{"JYZJLH", 4},
                  {"XM", 8},
                  {"GMSFHM", 18},
                  {"XB", 1},
                  {"CSRQ", 8},
                  {"HYZK", 2},
                  {"TYSHXYDM", 18},
                  {"ZCH", 15},
                  {"ZTMC", 8},
                  {"JYZT", 1},
                  {"CLRQ", 8, 'D'},
                  {"GXSJ", 14}});
  table.Add({"1", Gb("张三"), "", "1"});
  table.Add({"2", Gb("李四").substr(0, 3), "", "2"});
  table.Add({"3", Gb("王五"), "", "1"}, 'x');
  table.Add({"4", Gb("赵六"), "", "1"}, '*');
  const FileReport report = Take(table.Bytes());
  EXPECT_EQ(report.rows(), 3U);
  EXPECT_EQ(report.changed(), 1U);
  EXPECT_EQ(report.rejected(), 2U);
  ASSERT_EQ(report.passed_over_size(), 1);
  EXPECT_EQ(report.passed_over(0).reason(), "ROW_DELETED");
  EXPECT_EQ(report.passed_over(0).rows(), 1U);
  EXPECT_EQ(Sent().size(), 1U);
  EXPECT_THAT(Quarantined(), ElementsAre("2 ROW_CHARSET XM", "3 ROW_MARK "));
  const std::string header =
      "JYZJLH,XM,GMSFHM,XB,CSRQ,HYZK,TYSHXYDM,ZCH,ZTMC,JYZT,CLRQ,GXSJ\n";
  const std::string second = "2," + Gb("李四").substr(0, 3) + ",,2,,,,,,,,\n";
  const std::string third = "3," + Gb("王五") + ",,1,,,,,,,,\n";
  EXPECT_EQ(ReadQuarantine(), header + second + third);

  // As they are they stay, the one that only its record's mark told too.
  EXPECT_EQ(Replayed().rejected(), 2U);
  EXPECT_EQ(ReadQuarantine(), header + second + third);
  std::ofstream(quarantine_->rows_path(), std::ios::binary)
      << header << "2," << Gb("李四") << ",,2,,,,,,,,\n"
      << "3," << Gb("王五") << ",,1,,20,,,,,,\n";
  EXPECT_EQ(Replayed().changed(), 2U);
  EXPECT_EQ(Sent().size(), 2U);
  EXPECT_THAT(Quarantined(), IsEmpty());
}

TEST_F(ScannerTest, ATableOfAnotherLanguageIsReadAndDoubted) {
  source_ = {"jyz", path_, LoadMapping(Commerce()), ".csv"};
  std::vector<DbfColumn> columns;
  for (const std::string& name : source_.mapping->columns()) {
    columns.push_back({name, 18});
  }
  const std::string bytes = DbfBytes(columns).Add({"1"}).Bytes();
  const FileReport report = Take(WithNumber(bytes, 29, 1, 0x78));
  EXPECT_EQ(report.rows(), 1U);
  ASSERT_EQ(report.findings_size(), 1);
  EXPECT_EQ(report.findings(0).reason(), "CODE_PAGE_DIFFERS");
}

TEST_F(ScannerTest, FilesThatCannotBeReadAreRefusedWhole) {
  const struct {
    std::string_view name;
    std::string bytes;
    std::string_view refused;
    std::string_view detail;
  } cases[] = {
      {"empty", "", "FILE_EMPTY", ""},
      {"missing columns", "RYBH,XM\n1,a\n", "COLUMN_MISSING", ""},
      {"utf-8",
       std::string(kColumns) + RowOf({.key = "1", .name = "张三丰李"}) +
           RowOf({.key = "2", .name = "欧阳修远山"}),
       "FILE_CHARSET", "UTF-8"},
  };
  for (const auto& [name, bytes, refused, detail] : cases) {
    SCOPED_TRACE(name);
    const FileReport report = Take(bytes);
    EXPECT_EQ(report.refused(), refused);
    if (!detail.empty()) {
      EXPECT_EQ(report.detail(), detail);
    }
    EXPECT_THAT(Sent(), IsEmpty());
    EXPECT_FALSE(*WasTaken(*state_, source_, path_));
  }
  EXPECT_EQ(ScanFile(folder_ + "/none.csv").refused(), "FILE_MISSING");
}

TEST_F(ScannerTest, HeaderOnlyIsSaidAndChangesNothing) {
  Take(Table({{"1"}}));
  Sent();
  const FileReport report = Take(Gb(kColumns));
  EXPECT_EQ(report.refused(), "");
  ASSERT_EQ(report.findings_size(), 1);
  EXPECT_EQ(report.findings(0).reason(), "FILE_WITHOUT_ROWS");
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_TRUE(*WasTaken(*state_, source_, path_));
}

TEST_F(ScannerTest, RefusesAFileOfWhichTooMuchIsUnreadable) {
  std::string bytes = Gb(kColumns);
  for (int i = 0; i < 1500; ++i) absl::StrAppend(&bytes, i, ",cut\n");
  bytes += Gb(RowOf({"1"}));
  const FileReport report = Take(bytes);
  EXPECT_EQ(report.refused(), "TOO_MANY_BAD_ROWS");
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_THAT(Quarantined(), IsEmpty());
}

TEST_F(ScannerTest, RefusesAKeyThatIsNone) {
  std::string bytes = Gb(kColumns);
  for (int i = 0; i < 140'000; ++i)
    bytes += RowOf({std::to_string(i / 2), "a"});
  const FileReport report = Take(bytes);
  EXPECT_EQ(report.refused(), "KEYS_NOT_UNIQUE");
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(ScannerTest, DryRunWritesNothing) {
  const auto snapshot = [&] {
    std::map<std::string, std::uintmax_t> files;
    for (const auto& entry :
         fs::recursive_directory_iterator(folder_ + "/state")) {
      files[entry.path()] = entry.is_regular_file() ? entry.file_size() : 0;
    }
    return files;
  };
  Take(Table({{"1"}}));
  Sent();
  state_.reset();
  auto state = State::Open(folder_ + "/state", /*read_only=*/true);
  ASSERT_TRUE(state.ok()) << state.status();
  state_ = *std::move(state);
  const auto before = snapshot();
  const FileReport report = Take(
      Gb(kColumns) + "3,cut\n" + Gb(RowOf({"1"})) + Gb(RowOf({"2"})), DryRun());
  EXPECT_EQ(report.changed(), 1U);
  EXPECT_EQ(report.unchanged(), 1U);
  EXPECT_EQ(report.rejected(), 1U);
  EXPECT_EQ(report.columns_size(), 21);
  EXPECT_EQ(snapshot(), before);
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(ScannerTest, KnowsFilesItTook) {
  Take(Table({{"1"}}));
  EXPECT_TRUE(*WasTaken(*state_, source_, path_));
  std::ofstream(path_, std::ios::app) << "\n";
  EXPECT_FALSE(*WasTaken(*state_, source_, path_));
}

TEST_F(ScannerTest, StopsWhenToldAndGoesOnWhereItWas) {
  const std::string table = Table({{"1"}, {"2"}});
  std::atomic<bool> stop = true;
  std::ofstream(path_, std::ios::binary) << table;
  ScanOptions options;
  options.clock = [this] { return now_; };
  options.stop = &stop;
  EXPECT_EQ(
      Scan(*state_, *quarantine_, source_, path_, options).status().code(),
      absl::StatusCode::kCancelled);
  EXPECT_FALSE(*WasTaken(*state_, source_, path_));
  EXPECT_EQ(Take(table).changed(), 2U);
}

TEST_F(ScannerTest, FramesHoldAtMost256Updates) {
  std::vector<Person> people;
  for (int i = 0; i < 600; ++i) people.push_back({std::to_string(i)});
  Take(Table(people));
  std::vector<std::uint64_t> sizes;
  const auto entries = state_->ListOutbox();
  for (const auto& entry : *entries) sizes.push_back(entry.updates);
  EXPECT_THAT(sizes, ElementsAre(256, 256, 88));
}

TEST_F(ScannerTest, DroppedOutboxIsSentAgainWhenItsRowsCome) {
  const std::string table = Table({{"1"}, {"2"}});
  Take(table);
  EXPECT_EQ(*DropOutbox(*state_), 2U);
  EXPECT_FALSE(*WasTaken(*state_, source_, path_));
  EXPECT_EQ(Take(table).changed(), 2U);
}

TEST_F(ScannerTest, OutboxRowHoldsOnlyWhatMayBeSent) {
  Take(Table({{.key = "1", .fertility = "secret"}}));
  const auto frame = state_->LoadFrame((*state_->FrameAfter(0))->number);
  ASSERT_TRUE(frame.ok());
  const std::string& row = frame->updates(0).row();
  EXPECT_EQ(row.find("secret"), std::string::npos);
  EXPECT_EQ(std::count(row.begin(), row.end(), ','),
            std::count(kColumns.begin(), kColumns.end(), ','));
}

// Rows with their keys, snapshot and outbox, in memory that does not grow with
// the file. WAYSTATION_LARGE_FILE_MB sets the size.
TEST_F(ScannerTest, LargeFileTakesConstantMemory) {
  const char* asked = std::getenv("WAYSTATION_LARGE_FILE_MB");
  const std::uint64_t bytes = (asked == nullptr ? 16ULL : std::stoull(asked))
                              << 20;
  std::uint64_t rows = 0;
  {
    std::ofstream file(path_, std::ios::binary);
    file << Gb(kColumns);
    const std::string row = Gb(RowOf({"", "张三丰"}));
    for (std::uint64_t size = 0; size < bytes; size += row.size() + 9) {
      file << 100'000'000 + rows++ << row;
    }
  }
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;  // KiB
  };
  const long before = peak();
  const FileReport report = ScanFile(path_);
  EXPECT_EQ(report.changed(), rows);
  // The census of a million keys and the database's cache.
  EXPECT_LT(peak() - before, 40 << 10);
}

}  // namespace
}  // namespace waystation::adapters
