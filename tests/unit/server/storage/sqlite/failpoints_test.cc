// SPDX-License-Identifier: Apache-2.0
// A store dies at each of its failpoints in turn (proto/failpoint), as kill -9
// would have it, and the next one stands by all that was told. All that are in
// the program are tried, so each has to be on the story's way.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <random>
#include <string>
#include <vector>

#include "proto/failpoint/failpoint.h"
#include "tests/harness/dying.h"
#include "tests/harness/runs.h"
#include "tests/unit/server/storage/sqlite/power.h"
#include "tests/unit/server/storage/sqlite/store_story.h"
#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

// What the child was told, in memory that outlasts it.
class SharedTold {
 public:
  SharedTold()
      : told_(static_cast<Told*>(::mmap(nullptr, sizeof(Told),
                                        PROT_READ | PROT_WRITE,
                                        MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~SharedTold() { ::munmap(told_, sizeof(Told)); }
  SharedTold(const SharedTold&) = delete;
  SharedTold& operator=(const SharedTold&) = delete;
  Told& operator*() const { return *told_; }

 private:
  Told* const told_;
};

// The story, and a store that is made of a copy of this one.
void Live(const std::string& folder, const std::string& copy, uint64_t seed,
          Told& told) {
  Options options = OptionsFor(folder);
  options.log_bytes = 4096;  // So that it is copied after each group.
  const std::unique_ptr<Store> store = Take(OpenSqlite(options));
  ASSERT_NE(store, nullptr);
  std::mt19937_64 chance(seed);
  LiveStory(*store, chance, [&](const Told& now) { told = now; });
  std::vector<std::string> pieces;
  ASSERT_TRUE(store
                  ->Copy([&](std::string_view piece) {
                    pieces.emplace_back(piece);
                    return absl::OkStatus();
                  })
                  .ok());
  pieces.emplace_back();
  auto next = pieces.begin();
  ASSERT_EQ(RestoreSqlite(
                copy, [&]() -> absl::StatusOr<std::string> { return *next++; }),
            absl::OkStatus());
}

void ExpectComesBack(const std::string& folder, const Told& told) {
  if (told.is_erased) {
    for (const auto& [name, content] : ReadFiles(folder)) {
      EXPECT_EQ(content.find(kErased), std::string::npos) << name;
    }
  }
  const std::unique_ptr<Store> store = Take(OpenSqlite(OptionsFor(folder)));
  ASSERT_NE(store, nullptr);
  ExpectHolds(LookAt(*store), told);
  ASSERT_EQ(Prepare(*store), absl::OkStatus());
  EXPECT_EQ(store->Commit(NextBatch(*store)).status(), absl::OkStatus());
  LookAt(*store);
}

TEST(Failpoints, LoseNothing) {
  SCOPED_TRACE(harness::SeedWords());
  std::mt19937_64 chance(harness::Seed());
  const std::vector<std::string> names = failpoint::Names();
  EXPECT_GT(names.size(), 15U);
  for (const std::string& name : names) {
    for (const int nth : {1, 2 + static_cast<int>(chance() % 30)}) {
      SCOPED_TRACE(name + ", time " + std::to_string(nth));
      const TemporaryFolder folder;
      const SharedTold told;
      const int ended = harness::LiveAndDie(name, nth, [&] {
        Live(folder.File("store"), folder.File("copy"), harness::Seed(), *told);
        return true;
      });
      if (nth == 1) {
        EXPECT_TRUE(WIFSIGNALED(ended)) << "the story does not pass there";
      } else if (!WIFSIGNALED(ended)) {
        EXPECT_EQ(ended, 0);
      }
      ExpectComesBack(folder.File("store"), *told);
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace waystation::storage::sqlite
