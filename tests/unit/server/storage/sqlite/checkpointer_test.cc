// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/checkpointer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "server/storage/sqlite/vfs.h"
#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

constexpr size_t kLogPages = 100;

Options SmallLog(const TemporaryFolder& folder, FileHooks* hooks = nullptr) {
  Options options = OptionsFor(folder.path(), hooks);
  options.log_bytes = kLogPages * 4096;
  return options;
}

uint64_t LogSize(const TemporaryFolder& folder) {
  return std::filesystem::file_size(folder.File("waystation.db-wal"));
}

TEST(Checkpointer, KeepsTheLogWithinItsBound) {
  const TemporaryFolder folder;
  const std::unique_ptr<Store> store = Take(OpenSqlite(SmallLog(folder)));
  ASSERT_TRUE(Prepare(*store).ok());
  for (uint64_t group = 1; group <= 300; ++group) {
    ASSERT_TRUE(store->Commit(BatchOf(group)).ok());
  }
  // Four times its size and one group.
  EXPECT_LT(LogSize(folder), 5 * kLogPages * 4200);
  ExpectWholeGroups(*store);
}

TEST(Checkpointer, LetsCommitsPassALongReader) {
  const TemporaryFolder folder;
  const std::unique_ptr<Store> store = Take(OpenSqlite(SmallLog(folder)));
  ASSERT_TRUE(Prepare(*store).ok());
  uint64_t group = 1;
  ASSERT_TRUE(store->Commit(BatchOf(group)).ok());
  // A check that stays at its first record while hundreds of groups pass.
  bool is_first = true;
  const std::vector<Finding> findings =
      Take(store->Check([&](const RecordRow& record) {
        if (std::exchange(is_first, false)) {
          while (group < 200) {
            EXPECT_TRUE(store->Commit(BatchOf(++group)).ok());
          }
          EXPECT_GT(LogSize(folder), 5 * kLogPages * 4096);
        }
        EXPECT_EQ(record.version, 1);
        return std::optional<Finding>();
      }));
  EXPECT_TRUE(findings.empty());
  // Then the log begins anew.
  while (group < 400) ASSERT_TRUE(store->Commit(BatchOf(++group)).ok());
  const uint64_t size = LogSize(folder);
  while (group < 500) ASSERT_TRUE(store->Commit(BatchOf(++group)).ok());
  EXPECT_EQ(LogSize(folder), size);
  ExpectWholeGroups(*store);
}

TEST(Checkpointer, GoesOnUnderReaders) {
  const TemporaryFolder folder;
  const std::unique_ptr<Store> store = Take(OpenSqlite(SmallLog(folder)));
  ASSERT_TRUE(Prepare(*store).ok());
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) EXPECT_TRUE(store->ListRecords(1, 0, 100).ok());
    });
  }
  for (uint64_t group = 1; group <= 200; ++group) {
    EXPECT_TRUE(store->Commit(BatchOf(group)).ok());
  }
  EXPECT_TRUE(store->Scrub().ok());
  EXPECT_EQ(LogSize(folder), 0);
  done = true;
  for (std::thread& reader : readers) reader.join();
  ExpectWholeGroups(*store);
}

// Whoever commits stays for a while where the log's index is half written, and
// others where it is half read, now longer and now shorter.
class SlowIndex : public FileHooks {
 public:
  FileAnswer Before(const FileStep& /*step*/) override {
    return FileAnswer::kPass;
  }
  void AtBarrier() override {
    const bool commits = std::this_thread::get_id() == committer_;
    std::this_thread::sleep_for(std::chrono::microseconds(
        commits ? 300 : steps_.fetch_add(1) * 370 % 2'000));
  }

 private:
  const std::thread::id committer_ = std::this_thread::get_id();
  std::atomic<int> steps_ = 0;
};

// The copying thread also looks at the log while a commit is telling how long
// it is, and SQLite calls that busy.
TEST(Checkpointer, CopiesBesideAnyMomentOfACommit) {
  const TemporaryFolder folder;
  SlowIndex medium;
  // A cycle every few commits, and room for some beside it.
  Options options = OptionsFor(folder.path(), &medium);
  options.log_bytes = kLogPages / 2 * 4096;
  const std::unique_ptr<Store> store = Take(OpenSqlite(options));
  ASSERT_TRUE(Prepare(*store).ok());
  for (uint64_t group = 1; group <= 300; ++group) {
    ASSERT_EQ(store->Commit(BatchOf(group)).status(), absl::OkStatus())
        << group;
  }
  ExpectWholeGroups(*store);
}

// Steps on the database itself are the checkpointer's, once the store is open.
class BadDatabase : public FileHooks {
 public:
  explicit BadDatabase(FileAnswer answer) : answer_(answer) {}
  FileAnswer Before(const FileStep& step) override {
    const bool is_meant =
        is_bad.load() && step.path.ends_with(".db") &&
        (step.kind == FileStep::Kind::kWrite ||
         (step.kind == FileStep::Kind::kSync && answer_ == FileAnswer::kFail));
    return is_meant ? answer_ : FileAnswer::kPass;
  }
  std::atomic<bool> is_bad = false;

 private:
  const FileAnswer answer_;
};

TEST(Checkpointer, AFailingDatabaseEndsTheStore) {
  const TemporaryFolder folder;
  BadDatabase medium(FileAnswer::kFail);
  std::unique_ptr<Store> store = Take(OpenSqlite(SmallLog(folder, &medium)));
  ASSERT_TRUE(Prepare(*store).ok());
  medium.is_bad = true;
  uint64_t group = 0;
  absl::Status status;
  while (status.ok()) {
    ASSERT_LT(group, 10'000);
    status = store->Commit(BatchOf(group + 1)).status();
    if (status.ok()) ++group;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  medium.is_bad = false;
  store.reset();
  store = Take(OpenSqlite(SmallLog(folder, &medium)));
  EXPECT_EQ(store->NewestGroup(), group);
  ExpectWholeGroups(*store);
}

TEST(Checkpointer, AFullDatabaseWaitsForSpace) {
  const TemporaryFolder folder;
  BadDatabase medium(FileAnswer::kNoSpace);
  const std::unique_ptr<Store> store =
      Take(OpenSqlite(SmallLog(folder, &medium)));
  ASSERT_TRUE(Prepare(*store).ok());
  medium.is_bad = true;
  uint64_t group = 0;
  while (group < 300) ASSERT_TRUE(store->Commit(BatchOf(++group)).ok());
  EXPECT_EQ(store->Scrub().code(), absl::StatusCode::kResourceExhausted);
  medium.is_bad = false;
  while (group < 400) ASSERT_TRUE(store->Commit(BatchOf(++group)).ok());
  EXPECT_TRUE(store->Scrub().ok());
  EXPECT_EQ(LogSize(folder), 0);
  ExpectWholeGroups(*store);
}

}  // namespace
}  // namespace waystation::storage::sqlite
