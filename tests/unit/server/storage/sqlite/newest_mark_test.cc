// SPDX-License-Identifier: Apache-2.0
// A bit that flips in what a killed store left: the next start names what is
// gone, or nothing is.
#include "server/storage/sqlite/newest_mark.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "server/storage/sqlite/log_end.h"
#include "tests/unit/server/storage/sqlite/power.h"
#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

constexpr uint64_t kGroups = 4;
constexpr char kLog[] = "waystation.db-wal";
constexpr size_t kHeader = 32;
// The least significant bit of a log's number: with it, the header looks like
// half of the next one.
constexpr size_t kNumberBit = 8 * 15;

// What is on the disk while the store is open, as kill -9 leaves it. A mailbox
// may have been read after the newest group.
Files LeftBehind(bool is_read = false) {
  const TemporaryFolder folder;
  const std::unique_ptr<Store> store =
      Take(OpenSqlite(OptionsFor(folder.path())));
  EXPECT_TRUE(Prepare(*store).ok());
  for (uint64_t group = 1; group <= kGroups; ++group) {
    EXPECT_TRUE(store->Commit(BatchOf(group)).ok());
  }
  EXPECT_TRUE(!is_read || store->AcknowledgeMailbox(1, 1, 0).ok());
  Files files = ReadFiles(folder.path());
  files.erase("waystation.db-shm");
  return files;
}

TEST(NewestMark, NoFlippedBitOfTheLogGoesUnnoticed) {
  const Files whole = LeftBehind();
  const size_t size = whole.at(kLog).size();
  ASSERT_GT(size, 20 * 4096U);
  size_t found = 0;
  // Every byte of the header and of the first page's, then all regions.
  for (size_t at = 0; at < size; at += at < 56 ? 1 : 331) {
    SCOPED_TRACE(at);
    const TemporaryFolder folder;
    Files files = whole;
    files[kLog][at] ^= static_cast<char>(1 << at % 8);
    WriteFiles(files, folder.path());
    const auto store = OpenSqlite(OptionsFor(folder.path()));
    if (store.ok()) {
      EXPECT_EQ((*store)->NewestGroup(), kGroups);
      ExpectWholeGroups(**store);
      continue;
    }
    ++found;
    // As it was, for whoever looks into it.
    EXPECT_EQ(ReadFiles(folder.path()).at(kLog), files.at(kLog));
  }
  EXPECT_GT(found, 200U);
}

void FlipBit(size_t bit, std::string& bytes) {
  bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
}

// Keeps what is on the disk before each page that is copied into the database.
class Photographer final : public FileHooks {
 public:
  explicit Photographer(const std::string& folder) : folder_(folder) {}
  FileAnswer Before(const FileStep& step) override {
    if (!is_looking_ || step.kind != FileStep::Kind::kWrite ||
        !step.path.ends_with("waystation.db")) {
      return FileAnswer::kPass;
    }
    pictures_.push_back(ReadFiles(folder_));
    pictures_.back().erase("waystation.db-shm");
    return FileAnswer::kPass;
  }
  void Look() { is_looking_ = true; }
  const std::vector<Files>& pictures() const { return pictures_; }

 private:
  const std::string folder_;
  std::atomic<bool> is_looking_ = false;
  std::vector<Files> pictures_;
};

// Then the database may have the newest group's row, and not yet all that the
// group is.
TEST(NewestMark, NoFlippedBitGoesUnnoticedWhileTheLogIsCopied) {
  const TemporaryFolder live;
  Photographer photographer(live.path());
  {
    const std::unique_ptr<Store> store =
        Take(OpenSqlite(OptionsFor(live.path(), &photographer)));
    ASSERT_TRUE(Prepare(*store).ok());
    for (uint64_t group = 1; group <= kGroups; ++group) {
      ASSERT_TRUE(store->Commit(BatchOf(group)).ok());
    }
    photographer.Look();
  }
  ASSERT_GT(photographer.pictures().size(), 10U);
  size_t turn = 0;
  for (const Files& picture : photographer.pictures()) {
    // Bits of the header, and of the first pages.
    const size_t size = picture.at(kLog).size();
    for (size_t at = turn++ % 7; at < size * 8; at += at < 256 ? 7 : 8 * 2111) {
      if (at == kNumberBit) continue;
      SCOPED_TRACE(testing::Message() << "picture " << turn << ", bit " << at);
      const TemporaryFolder folder;
      Files files = picture;
      FlipBit(at, files[kLog]);
      WriteFiles(files, folder.path());
      const auto store = OpenSqlite(OptionsFor(folder.path()));
      EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss)
          << store.status();
    }
  }
}

// What a write that failed may have left of the next log's header is no damage.
TEST(NewestMark, TellsATornHeaderFromADamagedOne) {
  const std::string header = LeftBehind().at(kLog).substr(0, kHeader);
  LogId id;
  std::copy_n(header.begin() + 16, id.size(), id.begin());
  EXPECT_TRUE(IsHeaderOf(id, header));
  EXPECT_FALSE(WasHeaderOf(id, header));
  EXPECT_FALSE(IsHeaderOf(id, ""));
  EXPECT_FALSE(WasHeaderOf(id, ""));
  size_t found = 0;
  for (size_t bit = 0; bit < kHeader * 8; ++bit) {
    std::string flipped = header;
    FlipBit(bit, flipped);
    EXPECT_FALSE(IsHeaderOf(id, flipped)) << bit;
    if (WasHeaderOf(id, flipped)) ++found;
  }
  EXPECT_GE(found, kHeader * 8 - 1);
  // The next has another number, other salts and another sum.
  std::string next = header;
  ++next[15];
  ++next[19];
  for (size_t at = 20; at < kHeader; ++at) next[at] ^= 0x5a;
  for (size_t at = 1; at < kHeader; ++at) {
    EXPECT_FALSE(WasHeaderOf(id, next.substr(0, at) + header.substr(at))) << at;
  }
}

TEST(NewestMark, NamesBothGroups) {
  const TemporaryFolder folder;
  Files files = LeftBehind();
  files.erase(kLog);
  WriteFiles(files, folder.path());
  const absl::Status status = OpenSqlite(OptionsFor(folder.path())).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(),
            "commit_group 4: it was durable, and the store ends with group 0");
}

// Whatever it fails for: here, the key of another store.
TEST(NewestMark, AnOpenThatFailsLeavesTheFilesAsTheyWere) {
  const TemporaryFolder folder;
  const Files whole = LeftBehind();
  WriteFiles(whole, folder.path());
  Options options = OptionsFor(folder.path());
  options.checksum_key.fill(8);
  EXPECT_FALSE(OpenSqlite(options).ok());
  Files left = ReadFiles(folder.path());
  left.erase("waystation.db-shm");
  EXPECT_TRUE(left == whole);
  EXPECT_EQ(Take(OpenSqlite(OptionsFor(folder.path())))->NewestGroup(),
            kGroups);
}

TEST(NewestMark, NamesThePageWhereNoGroupIsGone) {
  const TemporaryFolder folder;
  Files files = LeftBehind(/*is_read=*/true);
  files[kLog].back() ^= 1;
  WriteFiles(files, folder.path());
  // Not once only: the log stays as it is.
  for (int time = 0; time < 2; ++time) {
    const absl::Status status = OpenSqlite(OptionsFor(folder.path())).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_TRUE(absl::StartsWith(status.message(), "log page ")) << status;
  }
}

TEST(NewestMark, IsRenewedWhereItDoesNotRead) {
  const Files whole = LeftBehind();
  const size_t size = whole.at("newest").size();
  for (size_t at = 0; at <= size; ++at) {
    SCOPED_TRACE(at);
    const TemporaryFolder folder;
    Files files = whole;
    std::string& mark = files["newest"];
    if (at < size) mark[at] ^= static_cast<char>(1 << at % 8);
    if (at == size) mark += "more";
    WriteFiles(files, folder.path());
    for (const size_t warnings : {1, 0}) {
      std::vector<std::string> told;
      Options options = OptionsFor(folder.path());
      options.tell = [&](const std::string& words) { told.push_back(words); };
      const std::unique_ptr<Store> store = Take(OpenSqlite(options));
      ASSERT_NE(store, nullptr);
      EXPECT_EQ(store->NewestGroup(), kGroups);
      EXPECT_EQ(told.size(), warnings);
    }
  }
}

TEST(NewestMark, IsNotMissedInAFolderOfAnEarlierRelease) {
  const TemporaryFolder folder;
  Files files = LeftBehind();
  files.erase("newest");
  WriteFiles(files, folder.path());
  EXPECT_EQ(Take(OpenSqlite(OptionsFor(folder.path())))->NewestGroup(),
            kGroups);
}

}  // namespace
}  // namespace waystation::storage::sqlite
