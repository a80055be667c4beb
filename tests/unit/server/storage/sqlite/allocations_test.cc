// SPDX-License-Identifier: Apache-2.0
// Memory runs out in the middle of SQLite's work: in a commit, for each piece
// that it asks for in turn, and somewhere in all that a store does, by chance.
// The call that meets it says so, and nothing that was acknowledged is lost.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "tests/harness/runs.h"
#include "tests/harness/sqlite_memory.h"
#include "tests/unit/server/storage/sqlite/store_story.h"
#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

using harness::SqliteMemory;
using Want = SqliteMemory::Want;

constexpr size_t kLives = 200;

// As little as a store does with; what is kept in memory is asked for once.
Options SmallOptions(const std::string& folder) {
  Options options = OptionsFor(folder);
  options.readers = 1;
  options.log_bytes = size_t{64} * 4096;
  return options;
}

void ExpectSaysSo(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "out of memory") ||
              absl::StrContains(status.message(), "disk I/O error"))
      << status;
}

class Allocations : public testing::TestWithParam<Want> {};

// A store that has just been opened prepares its statements meanwhile; one that
// has committed before has most of what it needs.
void FailEachOfACommit(Want want, bool is_fresh) {
  ASSERT_TRUE(SqliteMemory::is_taken);
  const TemporaryFolder folder;
  std::unique_ptr<Store> store = Take(OpenSqlite(SmallOptions(folder.path())));
  ASSERT_NE(store, nullptr);
  ASSERT_EQ(Prepare(*store), absl::OkStatus());
  uint64_t acknowledged = 0;
  for (int64_t n = 1;; ++n) {
    SCOPED_TRACE(n);
    if (!is_fresh) {
      const uint64_t group = store->NewestGroup() + 1;
      ASSERT_EQ(store->Commit(BatchOf(group)).status(), absl::OkStatus());
      acknowledged = group;
    }
    const uint64_t group = store->NewestGroup() + 1;
    SqliteMemory::FailNth(n, want, std::this_thread::get_id());
    const absl::Status status = store->Commit(BatchOf(group)).status();
    SqliteMemory::Rest();
    if (status.ok()) {
      acknowledged = group;
    } else {
      EXPECT_TRUE(SqliteMemory::has_failed());
      ExpectSaysSo(status);
    }
    if (!status.ok() || is_fresh) {
      store.reset();
      store = Take(OpenSqlite(SmallOptions(folder.path())));
      ASSERT_NE(store, nullptr);
    }
    EXPECT_GE(store->NewestGroup(), acknowledged);
    EXPECT_LE(store->NewestGroup(), group);
    ExpectWholeGroups(*store);
    if (testing::Test::HasFailure()) return;
    if (!SqliteMemory::has_failed()) {
      std::printf("%lld pieces\n", static_cast<long long>(n - 1));
      EXPECT_GT(n, 5);
      return;
    }
  }
}

TEST_P(Allocations, EachOfAFirstCommitMayFail) {
  FailEachOfACommit(GetParam(), /*is_fresh=*/true);
}

TEST_P(Allocations, EachOfALaterCommitMayFail) {
  FailEachOfACommit(GetParam(), /*is_fresh=*/false);
}

TEST_P(Allocations, EachOfAnOpeningMayFail) {
  const TemporaryFolder folder;
  {
    const std::unique_ptr<Store> store =
        Take(OpenSqlite(SmallOptions(folder.path())));
    ASSERT_NE(store, nullptr);
    ASSERT_EQ(Prepare(*store), absl::OkStatus());
    ASSERT_EQ(store->Commit(BatchOf(1)).status(), absl::OkStatus());
  }
  for (int64_t n = 1;; ++n) {
    SCOPED_TRACE(n);
    SqliteMemory::FailNth(n, GetParam(), std::this_thread::get_id());
    const auto store = OpenSqlite(SmallOptions(folder.path()));
    SqliteMemory::Rest();
    if (!store.ok()) {
      ExpectSaysSo(store.status());
      if (HasFailure()) return;
      continue;
    }
    EXPECT_EQ((*store)->NewestGroup(), 1u);
    if (SqliteMemory::has_failed()) continue;
    EXPECT_GT(n, 100);
    return;
  }
}

// Opens a store, lives on it, and says how far that came.
absl::Status Live(const std::string& folder, Told& told) {
  absl::StatusOr<std::unique_ptr<Store>> store =
      OpenSqlite(SmallOptions(folder));
  if (!store.ok()) return store.status();
  absl::Status status = Prepare(**store);
  for (uint64_t group = 1; status.ok() && group <= 6; ++group) {
    status = (*store)->Commit(BatchOf(group)).status();
    if (status.ok()) told.group = group;
    if (status.ok() && group == 3) status = (*store)->Scrub();
    if (status.ok() && group == 4) {
      status = (*store)->AcknowledgeMailbox(1, group, 1);
      if (status.ok()) told.read = group;
    }
    if (status.ok() && group == 5) {
      status = (*store)->PutCheckpoint({group * kLeaves, "a note", 1});
      if (status.ok()) told.checkpoint = group * kLeaves;
    }
  }
  return status;
}

TEST_P(Allocations, AnyOfALifeMayFail) {
  SCOPED_TRACE(harness::SeedWords());
  std::mt19937_64 chance(harness::Seed());
  int64_t all = 0;
  {
    const TemporaryFolder folder;
    Told told;
    SqliteMemory::FailNth(INT64_MAX, Want::kOnce);
    ASSERT_EQ(Live(folder.path(), told), absl::OkStatus());
    all = SqliteMemory::asked();
    SqliteMemory::Rest();
  }
  std::printf("%lld pieces\n", static_cast<long long>(all));
  const size_t lives = harness::Rounds(kLives);
  for (size_t life = 0; life < lives; ++life) {
    const auto n =
        static_cast<int64_t>(1 + chance() % static_cast<uint64_t>(all));
    SCOPED_TRACE(n);
    const TemporaryFolder folder;
    Told told;
    SqliteMemory::FailNth(n, GetParam());
    const absl::Status status = Live(folder.path(), told);
    SqliteMemory::Rest();
    if (!status.ok()) ExpectSaysSo(status);
    const std::unique_ptr<Store> store =
        Take(OpenSqlite(OptionsFor(folder.path())));
    ASSERT_NE(store, nullptr);
    ExpectWholeGroups(*store);
    const auto checkpoint = Take(store->NewestCheckpoint());
    ExpectHolds({.group = store->NewestGroup(),
                 .checkpoint = checkpoint ? checkpoint->size : 0,
                 .read = Take(store->GetMailbox(1)).acknowledged},
                told);
    ASSERT_EQ(Prepare(*store), absl::OkStatus());
    EXPECT_EQ(store->Commit(BatchOf(store->NewestGroup() + 1)).status(),
              absl::OkStatus());
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Missing, Allocations,
                         testing::Values(Want::kOnce, Want::kLasting),
                         [](const auto& info) {
                           return std::string(
                               info.param == Want::kOnce ? "Once" : "ForLong");
                         });

}  // namespace
}  // namespace waystation::storage::sqlite
