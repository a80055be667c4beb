// SPDX-License-Identifier: Apache-2.0
#include "server/backup/shelf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "tests/unit/server/backup/temp_folder.h"

namespace waystation::backup {
namespace {

namespace fs = std::filesystem;

const absl::Time kNow = absl::FromUnixSeconds(1'795'730'701);

class ShelfTest : public testing::Test {
 protected:
  ShelfTest() {
    auto store = storage::sqlite::OpenSqlite({.folder = folder_ / "store"});
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    shelf_ = Open();
  }

  std::unique_ptr<Shelf> Open() const {
    auto shelf = Shelf::Open({.folder = folder_ / "backup",
                              .keys = folder_ / "keys",
                              .keep = absl::Hours(24 * 30)});
    EXPECT_TRUE(shelf.ok()) << shelf.status();
    return *std::move(shelf);
  }
  std::string Make(absl::Time now) {
    const auto made = shelf_->Make(*store_, {}, now);
    EXPECT_TRUE(made.ok()) << made.status();
    if (!made.ok()) return "";
    const std::string& name = made->backup.head.name();
    EXPECT_EQ(shelf_->PutUp(name), absl::OkStatus());
    return name;
  }
  std::string WhyNotRead(const std::string& name, absl::Time now) const {
    return errors::ReasonOf(shelf_->Read(name, now).status());
  }
  int Files(const char* where) const {
    int count = 0;
    for ([[maybe_unused]] const auto& entry :
         fs::directory_iterator(folder_ / where)) {
      ++count;
    }
    return count;
  }

  const TempFolder folder_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<Shelf> shelf_;
};

TEST_F(ShelfTest, ListsWhatWasMadeNewestFirst) {
  const std::string first = Make(kNow);
  const std::string second = Make(kNow + absl::Hours(1));
  EXPECT_EQ(first,
            absl::FormatTime("%Y%m%dT%H%M%SZ", kNow, absl::UTCTimeZone()));
  const auto backups = shelf_->List(kNow);
  ASSERT_TRUE(backups.ok()) << backups.status();
  ASSERT_EQ(backups->size(), 2U);
  EXPECT_EQ((*backups)[0].head.name(), second);
  EXPECT_EQ((*backups)[1].head.name(), first);
  EXPECT_TRUE((*backups)[1].has_key);
  EXPECT_EQ((*backups)[1].head.expire_time().seconds(),
            absl::ToUnixSeconds(kNow + absl::Hours(24 * 30)));
}

TEST_F(ShelfTest, MakesAStoreAgain) {
  const std::string name = Make(kNow);
  auto archive = shelf_->Read(name, kNow);
  ASSERT_TRUE(archive.ok()) << archive.status();
  const fs::path other = folder_ / "other";
  const absl::Status made =
      storage::sqlite::RestoreSqlite(other, [&] { return (*archive)->Next(); });
  ASSERT_TRUE(made.ok()) << made;
  const auto store = storage::sqlite::OpenSqlite({.folder = other});
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*archive)->tail().bytes(), fs::file_size(other / "waystation.db"));
  // A folder that is there is left alone.
  EXPECT_EQ(errors::ReasonOf(storage::sqlite::RestoreSqlite(
                other, [] { return std::string(); })),
            "FOLDER_NOT_EMPTY");
}

TEST_F(ShelfTest, KeepsKeysForItsUserAlone) {
  Make(kNow);
  for (const char* where : {"backup", "keys"}) {
    EXPECT_EQ(fs::status(folder_ / where).permissions(), fs::perms::owner_all);
    for (const auto& entry : fs::directory_iterator(folder_ / where)) {
      EXPECT_EQ(entry.status().permissions(),
                fs::perms::owner_read | fs::perms::owner_write);
    }
  }
}

TEST_F(ShelfTest, DestroysAKeyWhenItsTimeIsOver) {
  const std::string old = Make(kNow);
  const std::string young = Make(kNow + absl::Hours(1));
  const absl::Time later = kNow + absl::Hours(24 * 30);
  EXPECT_EQ(WhyNotRead(old, later), "BACKUP_LOCKED");
  EXPECT_EQ(WhyNotRead(young, later), "");
  const fs::path elsewhere = folder_ / "copy";
  fs::copy_file(folder_ / "backup" / (old + ".backup"), elsewhere);

  const auto expired = shelf_->Expire(later);
  ASSERT_TRUE(expired.ok()) << expired.status();
  EXPECT_THAT(*expired, testing::ElementsAre(old));
  EXPECT_EQ(WhyNotRead(old, kNow), "BACKUP_LOCKED");
  EXPECT_EQ(Files("keys"), 1);
  ASSERT_TRUE(shelf_->Discard(old).ok());
  EXPECT_EQ(WhyNotRead(old, later), "NO_SUCH_BACKUP");
  EXPECT_EQ(Files("backup"), 1);
  EXPECT_EQ(Files("keys"), 1);
  // A copy that was put back opens no more, whatever the clock says.
  fs::copy_file(elsewhere, folder_ / "backup" / (old + ".backup"));
  EXPECT_EQ(WhyNotRead(old, kNow), "BACKUP_LOCKED");
  EXPECT_FALSE((*shelf_->List(kNow)).back().has_key);
}

TEST_F(ShelfTest, ExpiresAgainWhatACrashLeftWithoutAKey) {
  const std::string name = Make(kNow);
  const absl::Time later = kNow + absl::Hours(24 * 30);
  const auto expire = [&](absl::Time now) {
    const auto expired = shelf_->Expire(now);
    EXPECT_TRUE(expired.ok()) << expired.status();
    return *expired;
  };
  EXPECT_THAT(expire(later), testing::ElementsAre(name));
  // Nobody came to discard it.
  EXPECT_THAT(expire(later), testing::ElementsAre(name));
  // Before its time, the key may be away for a while.
  EXPECT_THAT(expire(later - absl::Seconds(1)), testing::IsEmpty());
  ASSERT_TRUE(shelf_->Discard(name).ok());
  EXPECT_THAT(expire(later), testing::IsEmpty());
  EXPECT_TRUE(shelf_->Discard(name).ok()) << "it is gone, which is no error";
  EXPECT_EQ(Files("backup"), 0);
}

TEST_F(ShelfTest, EndsAKeyThatACrashLeftOverwritten) {
  const std::string name = Make(kNow);
  const fs::path key = folder_ / "keys" / (name + ".key");
  const std::string zeros(fs::file_size(key), '\0');
  std::ofstream(key, std::ios::binary) << zeros;
  // Whether its backup stands here, or has been carried away.
  fs::rename(folder_ / "backup" / (name + ".backup"), folder_ / "away");
  const auto expired = shelf_->Expire(kNow);
  ASSERT_TRUE(expired.ok()) << expired.status();
  EXPECT_THAT(*expired, testing::ElementsAre(name));
  EXPECT_EQ(Files("keys"), 0);
}

#ifdef WAYSTATION_FAILPOINTS
// The hub looks for keys whose time is over while a backup is made.
TEST_F(ShelfTest, LeavesTheKeyOfABackupThatIsBeingMade) {
  static Shelf* shelf;
  static std::set<std::string> passed;
  shelf = shelf_.get();
  failpoint::observer = [](const char* name) {
    if (std::string_view(name).starts_with("expiry/")) return;
    passed.insert(name);
    const auto expired = shelf->Expire(kNow);
    EXPECT_TRUE(expired.ok()) << expired.status();
    EXPECT_THAT(*expired, testing::IsEmpty()) << name;
  };
  const std::string name = Make(kNow);
  failpoint::observer = nullptr;
  EXPECT_THAT(passed,
              testing::IsSupersetOf({"file/created", "backup/key-written",
                                     "backup/copied", "backup/renamed"}));
  EXPECT_EQ(WhyNotRead(name, kNow), "");
}
#endif

TEST_F(ShelfTest, ClearsWhatWasMadeAndNotPutUp) {
  const auto made = shelf_->Make(*store_, {}, kNow);
  ASSERT_TRUE(made.ok()) << made.status();
  const std::string& name = made->backup.head.name();
  EXPECT_EQ(WhyNotRead(name, kNow), "NO_SUCH_BACKUP");
  EXPECT_TRUE(shelf_->List(kNow)->empty());
  shelf_.reset();
  shelf_ = Open();
  EXPECT_EQ(Files("backup"), 0);
  EXPECT_EQ(Files("keys"), 0);
  EXPECT_EQ(errors::ReasonOf(shelf_->PutUp(name)), "FILE_NOT_WRITTEN");
}

// As `waystationd backup list` does beside a hub.
TEST_F(ShelfTest, LeavesWhatAnotherIsMaking) {
  const auto made = shelf_->Make(*store_, {}, kNow);
  ASSERT_TRUE(made.ok()) << made.status();
  const std::unique_ptr<Shelf> other = Open();
  EXPECT_TRUE(other->List(kNow)->empty());
  const std::string& name = made->backup.head.name();
  EXPECT_EQ(shelf_->PutUp(name), absl::OkStatus());
  EXPECT_EQ(errors::ReasonOf(other->Read(name, kNow).status()), "");
}

TEST_F(ShelfTest, DiscardsWhatWasMadeAndNotPutUp) {
  const auto made = shelf_->Make(*store_, {}, kNow);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(shelf_->Discard(made->backup.head.name()), absl::OkStatus());
  EXPECT_EQ(Files("backup"), 0);
  EXPECT_EQ(Files("keys"), 0);
}

TEST_F(ShelfTest, ClearsWhatACrashLeft) {
  const std::string name = Make(kNow);
  std::ofstream(folder_ / "backup" / "20200101T000000Z.part") << "half";
  std::ofstream(folder_ / "keys" / "20200101T000000Z.key") << "its key";
  std::ofstream(folder_ / "keys" / "20200102T000000Z.key") << "";
  fs::create_directory(folder_ / "backup" / "20200101T000000Z.checking");
  shelf_.reset();
  shelf_ = Open();
  EXPECT_EQ(Files("backup"), 1);
  EXPECT_EQ(Files("keys"), 1);
  EXPECT_EQ(WhyNotRead(name, kNow), "");
}

TEST_F(ShelfTest, GivesEachANameOfItsOwn) {
  const std::string first = Make(kNow);
  EXPECT_NE(Make(kNow), first);
  EXPECT_NE(Make(kNow), first);
  EXPECT_EQ(Files("backup"), 3);
  EXPECT_EQ(Files("keys"), 3);
}

TEST_F(ShelfTest, LeavesNothingOfWhatFailed) {
  fs::remove(folder_ / "backup");
  EXPECT_EQ(errors::ReasonOf(shelf_->Make(*store_, {}, kNow).status()),
            "FILE_NOT_WRITTEN");
  EXPECT_EQ(Files("keys"), 0);
}

TEST_F(ShelfTest, TakesNoNameThatLeadsElsewhere) {
  for (const char* name :
       {"", "../store/waystation", "a/b", "x.y", "20261126", "\xff"}) {
    EXPECT_EQ(WhyNotRead(name, kNow), "NO_SUCH_BACKUP") << name;
  }
}

TEST_F(ShelfTest, NamesAKeyThatIsNone) {
  const std::string name = Make(kNow);
  std::ofstream(folder_ / "keys" / (name + ".key")) << "something else\n";
  EXPECT_EQ(WhyNotRead(name, kNow), "KEY_FILE_INVALID");
  fs::remove(folder_ / "keys" / (name + ".key"));
  EXPECT_EQ(WhyNotRead(name, kNow), "BACKUP_LOCKED");
}

}  // namespace
}  // namespace waystation::backup
