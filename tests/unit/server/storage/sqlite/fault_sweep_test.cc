// SPDX-License-Identifier: Apache-2.0
// Every step that a short life of the store takes with its files fails once:
// the life ends in an error of the port, and the next one finds whole groups
// and every one that was acknowledged.
#include <gtest/gtest.h>

#include <atomic>

#include "server/storage/sqlite/vfs.h"
#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

class FailNth : public FileHooks {
 public:
  FailNth(int n, FileAnswer answer) : left_(n), answer_(answer) {}
  FileAnswer Before(const FileStep& step) override {
    // A full disk refuses writes, and room for the log's index.
    const bool may_be_full =
        step.kind == FileStep::Kind::kWrite ||
        (step.kind == FileStep::Kind::kMap && answer_ == FileAnswer::kNoSpace);
    if (answer_ != FileAnswer::kFail && !may_be_full) return FileAnswer::kPass;
    return --left_ == 0 ? answer_ : FileAnswer::kPass;
  }
  bool has_failed() const { return left_.load() <= 0; }

 private:
  std::atomic<int> left_;
  const FileAnswer answer_;
};

constexpr uint64_t kGroups = 6;

// Commits group after group until one is not taken. The last that was.
uint64_t Live(const std::string& folder, FileHooks& hooks) {
  Options options = OptionsFor(folder, &hooks);
  options.log_bytes = 40 * 4096;  // So that the log is copied meanwhile.
  absl::StatusOr<std::unique_ptr<Store>> store = OpenSqlite(options);
  if (!store.ok()) {
    EXPECT_TRUE(store.status().code() == absl::StatusCode::kUnavailable ||
                store.status().code() == absl::StatusCode::kResourceExhausted)
        << store.status();
    return 0;
  }
  absl::Status status = Prepare(**store);
  uint64_t acknowledged = 0;
  while (status.ok() && acknowledged < kGroups) {
    status = (*store)->Commit(BatchOf(acknowledged + 1)).status();
    if (status.ok()) ++acknowledged;
    if (status.ok() && acknowledged == 3) status = (*store)->Scrub();
  }
  EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kUnavailable ||
              status.code() == absl::StatusCode::kResourceExhausted)
      << status;
  if (status.code() == absl::StatusCode::kUnavailable) {
    EXPECT_EQ((*store)->Count().status().code(),
              absl::StatusCode::kUnavailable);
  } else if (status.code() == absl::StatusCode::kResourceExhausted) {
    EXPECT_TRUE((*store)->Count().ok());
  }
  return acknowledged;
}

class FaultSweep : public testing::TestWithParam<FileAnswer> {};

TEST_P(FaultSweep, LeavesWholeGroups) {
  for (int n = 1;; ++n) {
    SCOPED_TRACE(n);
    const TemporaryFolder folder;
    FailNth hooks(n, GetParam());
    const uint64_t acknowledged = Live(folder.path(), hooks);
    if (!hooks.has_failed()) {
      EXPECT_EQ(acknowledged, kGroups);
      EXPECT_GT(n, 20);
      break;
    }
    const std::unique_ptr<Store> store =
        Take(OpenSqlite(OptionsFor(folder.path())));
    ASSERT_NE(store, nullptr);
    ExpectWholeGroups(*store);
    EXPECT_GE(store->NewestGroup(), acknowledged);
    EXPECT_LE(store->NewestGroup(), acknowledged + 1);
    ASSERT_TRUE(Prepare(*store).ok());
    EXPECT_TRUE(store->Commit(BatchOf(store->NewestGroup() + 1)).ok());
  }
}

INSTANTIATE_TEST_SUITE_P(Answers, FaultSweep,
                         testing::Values(FileAnswer::kFail,
                                         FileAnswer::kNoSpace,
                                         FileAnswer::kTear));

}  // namespace
}  // namespace waystation::storage::sqlite
