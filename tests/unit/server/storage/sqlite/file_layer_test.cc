// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/vfs.h"
#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

using Kind = FileStep::Kind;

// Writes down what happens to the log, and answers as told.
class Recorder : public FileHooks {
 public:
  FileAnswer Before(const FileStep& step) override {
    const std::lock_guard lock(mutex_);
    if (!step.path.ends_with("-wal")) return FileAnswer::kPass;
    steps.push_back(step.kind);
    if (step.kind == Kind::kWrite) written += step.bytes.size();
    if (step.kind == answered) return answer;
    return FileAnswer::kPass;
  }
  size_t Count(Kind kind) const {
    return static_cast<size_t>(std::count(steps.begin(), steps.end(), kind));
  }

  std::mutex mutex_;
  std::vector<Kind> steps;
  size_t written = 0;
  Kind answered = Kind::kOpen;
  FileAnswer answer = FileAnswer::kPass;
};

TEST(FileLayer, GathersAGroupIntoFewWritesAndOneSync) {
  const TemporaryFolder folder;
  Recorder recorder;
  const std::unique_ptr<Store> store =
      Take(OpenSqlite(OptionsFor(folder.path(), &recorder)));
  ASSERT_TRUE(Prepare(*store).ok());
  for (uint64_t group = 1; group <= 3; ++group) {
    recorder.steps.clear();
    recorder.written = 0;
    ASSERT_TRUE(store->Commit(BatchOf(group)).ok());
    EXPECT_GT(recorder.written, 3 * 4096);
    EXPECT_EQ(recorder.Count(Kind::kWrite), 1);
    EXPECT_EQ(recorder.Count(Kind::kSync), 1);
    EXPECT_EQ(recorder.steps.back(), Kind::kSync);
  }
}

TEST(FileLayer, WritesMoreThanItGathers) {
  const TemporaryFolder folder;
  Recorder recorder;
  const std::unique_ptr<Store> store =
      Take(OpenSqlite(OptionsFor(folder.path(), &recorder)));
  ASSERT_TRUE(Prepare(*store).ok());
  Batch batch = BatchOf(1);
  batch.records[3].sealed = std::string(1'000'000, 'x');
  recorder.steps.clear();
  ASSERT_TRUE(store->Commit(batch).ok());
  EXPECT_GT(recorder.Count(Kind::kWrite), 7);
  EXPECT_LT(recorder.Count(Kind::kWrite), 20);
  EXPECT_EQ(recorder.Count(Kind::kSync), 1);
  ExpectWholeGroups(*store);
}

TEST(FileLayer, AnswersForTheMedium) {
  const struct {
    const char* name;
    Kind step;
    FileAnswer answer;
    absl::StatusCode code;
  } cases[] = {
      {"full disk", Kind::kWrite, FileAnswer::kNoSpace,
       absl::StatusCode::kResourceExhausted},
      {"failing write", Kind::kWrite, FileAnswer::kFail,
       absl::StatusCode::kUnavailable},
      {"torn write", Kind::kWrite, FileAnswer::kTear,
       absl::StatusCode::kUnavailable},
      {"failing sync", Kind::kSync, FileAnswer::kFail,
       absl::StatusCode::kUnavailable},
  };
  for (const auto& [name, step, answer, code] : cases) {
    SCOPED_TRACE(name);
    const TemporaryFolder folder;
    Recorder recorder;
    std::unique_ptr<Store> store =
        Take(OpenSqlite(OptionsFor(folder.path(), &recorder)));
    ASSERT_TRUE(Prepare(*store).ok());
    ASSERT_TRUE(store->Commit(BatchOf(1)).ok());
    recorder.answered = step;
    recorder.answer = answer;
    EXPECT_EQ(store->Commit(BatchOf(2)).status().code(), code);
    recorder.answer = FileAnswer::kPass;
    store.reset();
    store = Take(OpenSqlite(OptionsFor(folder.path(), &recorder)));
    ExpectWholeGroups(*store);
    const uint64_t newest = store->NewestGroup();
    EXPECT_EQ(Take(store->Commit(BatchOf(2))).repeated, newest == 2);
    ExpectWholeGroups(*store);
  }
}

// What a medium loses in silence is beyond the store; the next start notices
// that it is gone.
TEST(FileLayer, LostWritesAreNoticedByTheNextStart) {
  const TemporaryFolder folder;
  Recorder recorder;
  std::unique_ptr<Store> store =
      Take(OpenSqlite(OptionsFor(folder.path(), &recorder)));
  ASSERT_TRUE(Prepare(*store).ok());
  ASSERT_TRUE(store->Commit(BatchOf(1)).ok());
  recorder.answered = Kind::kWrite;
  recorder.answer = FileAnswer::kLose;
  (void)store->Commit(BatchOf(2));
  recorder.answered = Kind::kSync;  // Ends it without touching its files.
  recorder.answer = FileAnswer::kFail;
  EXPECT_EQ(store->Commit(BatchOf(3)).status().code(),
            absl::StatusCode::kUnavailable);
  recorder.answer = FileAnswer::kPass;
  store.reset();
  const absl::Status status =
      OpenSqlite(OptionsFor(folder.path(), &recorder)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
}

TEST(FileLayer, ReadsWhatItGathered) {
  const TemporaryFolder folder;
  const FileLayer layer(nullptr);
  const std::unique_ptr<Connection> connection =
      Take(Connection::Open(folder.File("db"), layer.name(),
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  // With spilling, pages are written to the log and read back in one
  // transaction.
  ASSERT_TRUE(connection
                  ->Run("PRAGMA journal_mode = WAL; PRAGMA cache_size = 5;"
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB);"
                        "BEGIN;"
                        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL "
                        "SELECT i + 1 FROM n WHERE i < 500) "
                        "INSERT INTO t SELECT i, randomblob(900) FROM n;"
                        "UPDATE t SET v = zeroblob(800) WHERE id % 7 = 0;"
                        "DELETE FROM t WHERE id % 5 = 0;"
                        "COMMIT")
                  .ok());
  EXPECT_EQ(Take(connection->Ask("SELECT count(*) FROM t WHERE v = "
                                 "zeroblob(800)")),
            "57");
  EXPECT_EQ(Take(connection->Ask("PRAGMA integrity_check")), "ok");
}

}  // namespace
}  // namespace waystation::storage::sqlite
