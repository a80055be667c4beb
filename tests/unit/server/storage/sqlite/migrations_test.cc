// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/migrations.h"

#include <gtest/gtest.h>

#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

std::unique_ptr<Connection> OpenFile(const TemporaryFolder& folder) {
  return Take(Connection::Open(folder.File("db"), nullptr,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
}

TEST(Migrations, AreNumberedFromOne) {
  int version = 0;
  for (const Migration& migration : Migrations()) {
    EXPECT_EQ(migration.version, ++version) << migration.name;
  }
}

TEST(Migrations, MakeAnEmptyFileTheNewest) {
  const TemporaryFolder folder;
  const std::unique_ptr<Connection> connection = OpenFile(folder);
  ASSERT_TRUE(Migrate(*connection).ok());
  EXPECT_EQ(Take(connection->Ask("PRAGMA user_version")),
            std::to_string(Migrations().back().version));
  EXPECT_TRUE(Migrate(*connection).ok());  // And leave the newest alone.
}

// A store as release 1 left it: all that it holds is there under the newest
// schema, and what that adds can be written.
TEST(Migrations, TakeAStoreOfTheFirstSchemaAlong) {
  const TemporaryFolder folder;
  const Options options = OptionsFor(folder.path());
  std::vector<LeafRow> leaves;
  {
    const std::unique_ptr<Store> store = Take(OpenSqlite(options));
    ASSERT_TRUE(Prepare(*store).ok());
    ASSERT_TRUE(store->Commit(BatchOf(1)).ok());
    ASSERT_TRUE(store->PutCheckpoint({1, "note", 10}).ok());
    leaves = Take(store->ReadLeaves(0, 10, true));
  }
  {
    const std::unique_ptr<Connection> connection = Take(Connection::Open(
        folder.File("waystation.db"), nullptr, SQLITE_OPEN_READWRITE));
    ASSERT_TRUE(connection
                    ->Run("BEGIN; DROP TABLE cosignature; DROP TABLE edge; "
                          "ALTER TABLE commit_group DROP COLUMN edges; "
                          "ALTER TABLE record DROP COLUMN vector; "
                          "DROP TABLE notice; "
                          "ALTER TABLE commit_group DROP COLUMN notices; "
                          "DROP TABLE holder_code; "
                          "ALTER TABLE commit_group DROP COLUMN codes; "
                          "PRAGMA user_version = 1; COMMIT")
                    .ok());
    const std::unique_ptr<Connection> first = Take(Connection::Open(
        ":memory:", nullptr, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    ASSERT_TRUE(first->Run(Migrations().front().sql).ok());
    const std::string schema =
        "SELECT group_concat(name || sql) FROM "
        "(SELECT * FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)";
    ASSERT_EQ(Take(connection->Ask(schema)), Take(first->Ask(schema)));
  }
  const std::unique_ptr<Store> store = Take(OpenSqlite(options));
  EXPECT_EQ(Take(store->ReadLeaves(0, 10, true)), leaves);
  EXPECT_EQ(Take(store->NewestCheckpoint()), (CheckpointRow{1, "note", 10}));
  ASSERT_TRUE(store->PutCosignature({1, "labor.320500", 7, "signs"}).ok());
  EXPECT_EQ(Take(store->LargestCosigned("labor.320500")), 1);
  Batch batch = BatchOf(2);
  const Uid uids[] = {batch.records[0].uid};
  EXPECT_EQ(Take(store->LoadVectors(uids))[0]->vector, "");
  batch.records[0].vector = "vector";
  batch.edges_put = {{batch.records[0].uid, batch.records[1].uid, "edge"}};
  batch.notices = {{.number = 1, .sender = 1, .recipient = 2, .uid = uids[0]}};
  batch.codes = {{.hash = {7}, .uid = uids[0], .expire_time = 9}};
  ASSERT_TRUE(store->Commit(batch).ok());
  EXPECT_EQ(Take(store->ListEdges({}, 10)), batch.edges_put);
  EXPECT_EQ(Take(store->GetNotice(1))->uid, uids[0]);
  EXPECT_EQ(Take(store->ListHolderCodes({}, 10)), batch.codes);
  EXPECT_EQ(Take(store->LoadVectors(uids))[0]->vector, "vector");
  EXPECT_TRUE(Take(store->Check({})).empty());
}

TEST(Migrations, RefuseWhatIsNotAStore) {
  const struct {
    const char* name;
    const char* made_by;
  } cases[] = {
      {"another program's", "CREATE TABLE person (id); "},
      {"another application id", "PRAGMA application_id = 5"},
      {"a version without an id", "PRAGMA user_version = 1"},
  };
  for (const auto& [name, made_by] : cases) {
    SCOPED_TRACE(name);
    const TemporaryFolder folder;
    const std::unique_ptr<Connection> connection = OpenFile(folder);
    ASSERT_TRUE(connection->Run(made_by).ok());
    EXPECT_EQ(Migrate(*connection).code(),
              absl::StatusCode::kFailedPrecondition);
  }
}

TEST(Migrations, RefuseANewerRelease) {
  const TemporaryFolder folder;
  const std::unique_ptr<Connection> connection = OpenFile(folder);
  ASSERT_TRUE(Migrate(*connection).ok());
  ASSERT_TRUE(connection->Run("PRAGMA user_version = 999").ok());
  const absl::Status status = Migrate(*connection);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(status.message()).find("newer release"),
            std::string::npos);
}

TEST(Migrations, NoticeAConstraintThatDisappeared) {
  const TemporaryFolder folder;
  const std::unique_ptr<Connection> connection = OpenFile(folder);
  ASSERT_TRUE(Migrate(*connection).ok());
  ASSERT_TRUE(connection->Run("DROP INDEX membership_by_person").ok());
  EXPECT_EQ(Migrate(*connection).code(), absl::StatusCode::kDataLoss);
}

TEST(Migrations, GoOnAfterADiskThatWasFull) {
  const TemporaryFolder folder;
  const std::unique_ptr<Connection> connection = OpenFile(folder);
  ASSERT_TRUE(connection->Run("PRAGMA max_page_count = 8").ok());
  EXPECT_EQ(Migrate(*connection).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Take(connection->Ask("SELECT count(*) FROM sqlite_schema")), "0");
  ASSERT_TRUE(connection->Run("PRAGMA max_page_count = 8000").ok());
  EXPECT_TRUE(Migrate(*connection).ok());
}

TEST(Migrations, TheStoreRefusesAnotherKey) {
  const TemporaryFolder folder;
  Options options = OptionsFor(folder.path());
  ASSERT_TRUE(OpenSqlite(options).ok());
  options.checksum_key.fill(8);
  const absl::Status status = OpenSqlite(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(status.message()).find("checksum key"),
            std::string::npos);
}

}  // namespace
}  // namespace waystation::storage::sqlite
