// SPDX-License-Identifier: Apache-2.0
// A row that is not what the store wrote is named, table by table: by the read
// that meets it, by the next start, and by Check.
#include <gtest/gtest.h>

#include <functional>

#include "server/storage/sqlite/connection.h"
#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

KeyHash Key(uint8_t first) {
  KeyHash key{};
  key[0] = first;
  return key;
}

// Rows in every table.
void Fill(Store& store) {
  ASSERT_TRUE(Prepare(store).ok());
  Batch batch = BatchOf(1);
  batch.memberships[1].person = 1;
  batch.identifiers_added = {{Key(9), 1, 1}, {Key(9), 1, 2}};
  batch.edges_put = {{1, 2, "edge"}};
  batch.items_put = {{.a = 1, .opened_time = 5, .agencies = {1}, .reason = 2}};
  batch.decisions = {{.number = 1, .uids = {1, 2}, .sealed = "sealed"}};
  batch.objects = {{"agency", "health.320500", "bytes"}};
  while (batch.leaves.size() < 300) {
    batch.leaves.push_back({.event = std::to_string(batch.leaves.size())});
  }
  ASSERT_TRUE(store.Commit(batch).ok());
  ASSERT_TRUE(store.AcknowledgeMailbox(1, 2, 10).ok());
  ASSERT_TRUE(store.PutCheckpoint({100, "note", 10}).ok());
  ASSERT_TRUE(store.PutCosignature({100, "labor.320500", 7, "signs"}).ok());
}

struct Case {
  const char* name;
  const char* damage;
  // Where the damage is met by a read or, if empty, at the next start.
  std::function<absl::Status(const Store&)> read;
  // What the error and the finding name.
  const char* place;
};

const Uid kUids[] = {1, 2, 3};
const KeyHash kKeys[] = {Key(1), Key(2), Key(9)};

class DamagedRow : public testing::TestWithParam<Case> {};

TEST_P(DamagedRow, IsNamed) {
  const TemporaryFolder folder;
  Fill(*Take(OpenSqlite(OptionsFor(folder.path()))));
  {
    const std::unique_ptr<Connection> connection = Take(Connection::Open(
        folder.File("waystation.db"), nullptr, SQLITE_OPEN_READWRITE));
    ASSERT_TRUE(connection->Run(GetParam().damage).ok());
    ASSERT_EQ(sqlite3_changes(connection->handle()), 1);
  }
  const absl::StatusOr<std::unique_ptr<Store>> store =
      OpenSqlite(OptionsFor(folder.path()));
  if (!GetParam().read) {
    EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_NE(std::string(store.status().message()).find(GetParam().place),
              std::string::npos)
        << store.status();
    return;
  }
  ASSERT_TRUE(store.ok()) << store.status();
  const absl::Status status = GetParam().read(**store);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_NE(std::string(status.message()).find(GetParam().place),
            std::string::npos)
      << status;
  bool is_found = false;
  for (const Finding& finding : Take((*store)->Check({}))) {
    if (finding.place == GetParam().place) is_found = true;
  }
  EXPECT_TRUE(is_found);
}

INSTANTIATE_TEST_SUITE_P(
    Tables, DamagedRow,
    testing::Values(
        Case{"RecordColumn", "UPDATE record SET retracted = 1 WHERE uid = 2",
             [](const Store& s) { return s.LoadByUid(kUids).status(); },
             "record 2"},
        Case{"RecordOfAnotherVersion",
             "UPDATE record SET version = 7 WHERE uid = 2",
             [](const Store& s) { return s.LoadByKey(kKeys).status(); },
             "record 2"},
        Case{"RecordSeal",
             "UPDATE record SET sealed = (SELECT wrapped_key FROM record "
             "WHERE uid = 3) WHERE uid = 2",
             [](const Store& s) { return s.ListRecords(1, 0, 9).status(); },
             "record 2"},
        Case{"RecordVector", "UPDATE record SET vector = x'00' WHERE uid = 2",
             [](const Store& s) { return s.LoadByUid(kUids).status(); },
             "record 2"},
        Case{"Vector", "UPDATE record SET vector = x'00' WHERE uid = 2",
             [](const Store& s) { return s.LoadVectors(kUids).status(); },
             "record 2"},
        Case{"Membership", "UPDATE membership SET person = 3 WHERE uid = 2",
             [](const Store& s) { return s.PersonsOf(kUids).status(); },
             "membership 2"},
        Case{"Member", "UPDATE membership SET person = 3 WHERE uid = 2",
             [](const Store& s) { return s.MembersOf(kUids).status(); },
             "membership 2"},
        Case{"AroundRecord", "UPDATE record SET version = 9 WHERE uid = 2",
             [](const Store& s) {
               return s.LookAround({}, kUids, false).status();
             },
             "record 2"},
        Case{"AroundMembership",
             "UPDATE membership SET person = 3 WHERE uid = 2",
             [](const Store& s) {
               return s.LookAround({}, kUids, false).status();
             },
             "membership 2"},
        Case{"Identifier", "UPDATE identifier SET uid = 3 WHERE uid = 2",
             [](const Store& s) { return s.LookUpIdentifiers(kKeys).status(); },
             "identifier 09000000000000000000000000000000 of record 3"},
        Case{"Edge", "UPDATE edge SET bytes = x'00'",
             [](const Store& s) { return s.EdgesOf(kUids).status(); },
             "edge 1/2"},
        Case{"EdgeOfOthers", "UPDATE edge SET b = 3",
             [](const Store& s) { return s.ListEdges({}, 9).status(); },
             "edge 1/3"},
        Case{
            "OpenItem", "UPDATE open_item SET reason = 3",
            [](const Store& s) {
              return s.ListOpenItems(OpenItem::Kind::kConflict, {}, 9).status();
            },
            "open_item 1/1/0/0"},
        Case{"OpenItemOfRecord", "UPDATE open_item SET opened_time = 6",
             [](const Store& s) { return s.OpenItemsOf(kUids).status(); },
             "open_item 1/1/0/0"},
        Case{"Decision", "UPDATE decision SET active = 0",
             [](const Store& s) { return s.GetDecision(1).status(); },
             "decision 1"},
        Case{"DecisionOfRecord", "UPDATE decision SET sealed = x'00'",
             [](const Store& s) { return s.DecisionsOf(kUids).status(); },
             "decision 1"},
        Case{"Object", "UPDATE object SET bytes = x'00'",
             [](const Store& s) { return s.ListObjects("agency").status(); },
             "object agency/health.320500"},
        Case{"LeafEvent", "UPDATE leaf SET event = x'00' WHERE number = 5",
             [](const Store& s) { return s.ReadLeaves(0, 9, false).status(); },
             "leaf 5"},
        Case{"LeafDetails", "UPDATE leaf SET details = x'' WHERE number = 1",
             [](const Store& s) { return s.ReadLeaves(0, 9, true).status(); },
             "leaf 1"},
        Case{"LeafMissing", "DELETE FROM leaf WHERE number = 7",
             [](const Store& s) { return s.ReadLeaves(0, 9, false).status(); },
             "leaf 7"},
        Case{"Tile", "UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0",
             [](const Store& s) { return s.ReadTile(0, 0, 9).status(); },
             "tile 0/0"},
        Case{"Checkpoint", "UPDATE checkpoint SET note = x'00'",
             [](const Store& s) { return s.NewestCheckpoint().status(); },
             "checkpoint 100"},
        Case{"Cosignature", "UPDATE cosignature SET signature = x'00'",
             [](const Store& s) { return s.ListCosignatures(0, 999).status(); },
             "cosignature 100/labor.320500"},
        // What a start reads is found there.
        Case{"LeafOfTheEdge",
             "UPDATE leaf SET event = x'00' WHERE number = 299", nullptr,
             "leaf 299"},
        Case{"LastLeafMissing", "DELETE FROM leaf WHERE number = 299", nullptr,
             "leaf 299"},
        Case{"Mailbox", "UPDATE mailbox SET entries = x'' WHERE agency = 1",
             nullptr, "mailbox 1/1"},
        Case{"MailboxMissing", "DELETE FROM mailbox WHERE agency = 2", nullptr,
             "mailbox 2/2"},
        Case{"MailboxReader", "UPDATE mailbox_reader SET position = 3", nullptr,
             "mailbox_reader 1"},
        Case{"CommitGroup", "UPDATE commit_group SET records = 1", nullptr,
             "commit_group 1"},
        Case{"EdgesOfGroup", "UPDATE commit_group SET edges = 0", nullptr,
             "commit_group 1"},
        Case{"Agency", "UPDATE agency SET records = 1", nullptr, "agency 1"},
        Case{"Store", "UPDATE store SET next_uid = 1", nullptr, "store"}),
    [](const auto& info) { return std::string(info.param.name); });

// Whole rows that vanished leave nothing behind that a checksum could tell of.
TEST(MissingRow, IsFoundByCheck) {
  const struct {
    const char* damage;
    const char* table;
  } cases[] = {
      {"DELETE FROM record WHERE uid = 5", "record"},
      {"DELETE FROM membership WHERE uid = 5", "record 5"},
      {"DELETE FROM identifier WHERE uid = 2", "identifier"},
      {"DELETE FROM edge", "edge"},
      {"DELETE FROM open_item", "open_item"},
      {"DELETE FROM decision", "decision"},
      {"DELETE FROM decision_uid WHERE uid = 2", "decision_uid 2/1"},
      {"DELETE FROM object", "object"},
      {"DELETE FROM tile WHERE level = 0", "tile 0/0"},
      {"DELETE FROM checkpoint", "cosignature 0"},
  };
  for (const auto& [damage, table] : cases) {
    SCOPED_TRACE(damage);
    const TemporaryFolder folder;
    Fill(*Take(OpenSqlite(OptionsFor(folder.path()))));
    {
      const std::unique_ptr<Connection> connection = Take(Connection::Open(
          folder.File("waystation.db"), nullptr, SQLITE_OPEN_READWRITE));
      ASSERT_TRUE(connection->Run(damage).ok());
    }
    const std::unique_ptr<Store> store =
        Take(OpenSqlite(OptionsFor(folder.path())));
    bool is_found = false;
    for (const Finding& finding : Take(store->Check({}))) {
      if (finding.place == table) is_found = true;
    }
    EXPECT_TRUE(is_found);
  }
}

}  // namespace
}  // namespace waystation::storage::sqlite
