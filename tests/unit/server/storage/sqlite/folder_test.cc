// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

unsigned ModeOf(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

TEST(Folder, IsOwnedOnce) {
  const TemporaryFolder temporary;
  const std::string path = temporary.File("data");
  absl::StatusOr<std::unique_ptr<Folder>> first = Folder::Take(path);
  ASSERT_TRUE(first.ok()) << first.status();
  const absl::Status second = Folder::Take(path).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(second.message()).find("another hub"),
            std::string::npos);
  first->reset();
  EXPECT_TRUE(Folder::Take(path).ok());
}

TEST(Folder, NeedsAParent) {
  const TemporaryFolder temporary;
  EXPECT_EQ(Folder::Take(temporary.File("no/data")).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(Folder, IsForItsUserAlone) {
  const TemporaryFolder temporary;
  const std::string path = temporary.File("data");
  const std::unique_ptr<Store> store = Take(OpenSqlite(OptionsFor(path)));
  ASSERT_TRUE(Prepare(*store).ok());
  EXPECT_EQ(ModeOf(path), 0700);
  for (const char* file :
       {"lock", "waystation.db", "waystation.db-wal", "waystation.db-shm"}) {
    EXPECT_EQ(ModeOf(path + "/" + file), 0600) << file;
  }
}

TEST(Folder, HoldsOneFileAfterAQuietEnd) {
  const TemporaryFolder temporary;
  const std::string path = temporary.File("data");
  {
    const std::unique_ptr<Store> store = Take(OpenSqlite(OptionsFor(path)));
    ASSERT_TRUE(Prepare(*store).ok());
  }
  EXPECT_TRUE(std::filesystem::exists(path + "/waystation.db"));
  EXPECT_FALSE(std::filesystem::exists(path + "/waystation.db-wal"));
  EXPECT_FALSE(std::filesystem::exists(path + "/waystation.db-shm"));
}

// A full disk is met while the group is written, not when it is told of.
TEST(Folder, ReservesTheIndexOfTheLog) {
  const TemporaryFolder temporary;
  const std::string path = temporary.File("data");
  Options options = OptionsFor(path);
  options.log_bytes = size_t{64} << 20;
  const std::unique_ptr<Store> store = Take(OpenSqlite(options));
  struct stat status {};
  ASSERT_EQ(::stat((path + "/waystation.db-shm").c_str(), &status), 0);
  EXPECT_GE(status.st_size, 32 * 1024 * (8 * 16 * 1024 / 4096));
}

}  // namespace
}  // namespace waystation::storage::sqlite
