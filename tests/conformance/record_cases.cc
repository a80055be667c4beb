// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using storage::Batch;
using storage::KeyHash;
using storage::PersonId;
using storage::RecordRow;
using storage::Uid;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

TEST_P(Records, AreLoadedInTheOrderAskedFor) {
  Batch batch = NewBatch();
  const Uid first = AddRecord(batch);
  const Uid second = AddRecord(batch, 2);
  Commit(batch);
  RecordRow one = batch.records[0];
  RecordRow two = batch.records[1];
  one.version = two.version = 1;
  const Uid nobody = second + 1;

  const Uid uids[] = {second, nobody, first, second};
  EXPECT_THAT(Take(store().LoadByUid(uids)),
              ElementsAre(two, std::nullopt, one, two));
  const KeyHash keys[] = {two.key, HashOf(nobody), one.key, two.key};
  EXPECT_THAT(Take(store().LoadByKey(keys)),
              ElementsAre(two, std::nullopt, one, two));
  EXPECT_THAT(Take(store().LoadByUid({})), IsEmpty());
  EXPECT_THAT(Take(store().LoadByKey({})), IsEmpty());
}

TEST_P(Records, AreComparedByTheirVectors) {
  Batch batch = NewBatch();
  const Uid without = AddRecord(batch);
  batch.records.back().vector.clear();
  const Uid uid = AddRecord(batch, 2);
  Commit(batch);
  const Uid uids[] = {uid, uid + 1, without};
  const auto vector = [&](size_t record, uint64_t version) {
    const RecordRow& row = batch.records[record];
    return storage::VectorRow{row.uid, version, row.wrapped_key, row.vector};
  };
  EXPECT_THAT(Take(store().LoadVectors(uids)),
              ElementsAre(vector(1, 1), std::nullopt, vector(0, 1)));
  EXPECT_THAT(Take(store().LoadVectors({})), IsEmpty());

  batch = NewBatch();
  batch.records = {Held(uid), Held(without)};
  std::swap(batch.records[0].vector, batch.records[1].vector);
  Commit(batch);
  EXPECT_THAT(Take(store().LoadVectors(uids)),
              ElementsAre(vector(0, 2), std::nullopt, vector(1, 2)));
}

TEST_P(Records, RiseByOneVersionWithEachWrite) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  Commit(batch);
  for (uint64_t version = 1; version < 5; ++version) {
    RecordRow record = Held(uid);
    EXPECT_EQ(record.version, version);
    // Longer and shorter than before.
    record.sealed = Seal(std::string(version % 2 * 3000, 'x'));
    record.received_time = -static_cast<int64_t>(version);
    record.retracted = version % 2 == 0;
    batch = NewBatch();
    batch.records.push_back(record);
    Commit(batch);
    ++record.version;
    EXPECT_EQ(Held(uid), record);
  }
}

TEST_P(Records, KeepTheirRowWhenTheyAreErased) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  Commit(batch);
  RecordRow record = Held(uid);
  record.wrapped_key.clear();
  record.sealed.clear();
  batch = NewBatch();
  batch.records.push_back(record);
  Commit(batch);
  ++record.version;
  EXPECT_EQ(Held(uid), record);
}

TEST_P(Records, HoldValuesOfAnySize) {
  Batch batch = NewBatch();
  for (const size_t size : {0, 1, 4000, 4100, 100'000, 1'100'000}) {
    AddRecord(batch);
    batch.records.back().sealed = Seal(std::string(size, 'v'));
  }
  Commit(batch);
  for (RecordRow record : batch.records) {
    record.version = 1;
    EXPECT_EQ(Held(record.uid), record);
  }
}

TEST_P(Records, AreListedByAgencyInRisingUids) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch, 7);
  AddRecord(batch, 8);
  const Uid b = AddRecord(batch, 7);
  const Uid c = AddRecord(batch, 7);
  Commit(batch);
  const auto list = [&](Uid after, size_t limit) {
    std::vector<Uid> uids;
    for (const RecordRow& record : Take(store().ListRecords(7, after, limit))) {
      EXPECT_EQ(record, Held(record.uid));
      uids.push_back(record.uid);
    }
    return uids;
  };
  EXPECT_THAT(list(0, 10), ElementsAre(a, b, c));
  EXPECT_THAT(list(a, 10), ElementsAre(b, c));
  EXPECT_THAT(list(a, 1), ElementsAre(b));
  EXPECT_THAT(list(c, 10), IsEmpty());
  EXPECT_THAT(Take(store().ListRecords(9, 0, 10)), IsEmpty());
}

TEST_P(Records, BelongToOnePersonEach) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch, 1, a);
  const Uid c = AddRecord(batch, 1, a);
  const Uid alone = AddRecord(batch);
  Commit(batch);
  const Uid uids[] = {c, alone, alone + 1, a};
  EXPECT_THAT(
      Take(store().PersonsOf(uids)),
      ElementsAre(Optional(a), Optional(alone), std::nullopt, Optional(a)));
  const PersonId persons[] = {alone, b, a};
  EXPECT_THAT(Take(store().MembersOf(persons)),
              ElementsAre(ElementsAre(alone), IsEmpty(), ElementsAre(a, b, c)));
}

TEST_P(Records, MoveBetweenPersons) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch, 1, a);
  const Uid c = AddRecord(batch, 1, a);
  Commit(batch);
  batch = NewBatch();
  batch.memberships = {{b, b}, {c, b}};  // Split.
  Commit(batch);
  const PersonId persons[] = {a, b, c};
  EXPECT_THAT(Take(store().MembersOf(persons)),
              ElementsAre(ElementsAre(a), ElementsAre(b, c), IsEmpty()));
  EXPECT_EQ(Take(store().Count()).persons, 2);
  batch = NewBatch();
  batch.memberships = {{b, a}, {c, a}};  // And merged again.
  Commit(batch);
  EXPECT_THAT(Take(store().MembersOf(persons)),
              ElementsAre(ElementsAre(a, b, c), IsEmpty(), IsEmpty()));
  EXPECT_EQ(Take(store().Count()).persons, 1);
}

TEST_P(Records, AreFoundByTheirIdentifiers) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch);
  const Uid c = AddRecord(batch);
  // Put in falling order, and one of them under two hashes and twice.
  batch.identifiers_added = {{HashOf(1), 1, c},
                             {HashOf(1), 1, b},
                             {HashOf(1), 1, a},
                             {HashOf(2), 1, b},
                             {HashOf(1), 1, b}};
  Commit(batch);
  const KeyHash hashes[] = {HashOf(2), HashOf(3), HashOf(1)};
  EXPECT_THAT(Take(store().LookUpIdentifiers(hashes)),
              ElementsAre(ElementsAre(b), IsEmpty(), ElementsAre(a, b, c)));
}

// What very many hold is never read whole.
TEST_P(Records, AreFoundByTheFirstHoldersAlone) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch);
  const Uid c = AddRecord(batch);
  for (const Uid uid : {c, a, b}) {
    batch.identifiers_added.push_back({HashOf(1), 1, uid});
  }
  batch.identifiers_added.push_back({HashOf(2), 1, c});
  Commit(batch);
  const KeyHash hashes[] = {HashOf(1), HashOf(3), HashOf(2)};
  EXPECT_THAT(Take(store().LookUpIdentifiers(hashes, 1)),
              ElementsAre(ElementsAre(a), IsEmpty(), ElementsAre(c)));
  EXPECT_THAT(Take(store().LookUpIdentifiers(hashes, 2)),
              ElementsAre(ElementsAre(a, b), IsEmpty(), ElementsAre(c)));
  for (const size_t limit : {size_t{3}, size_t{4}, storage::kNoLimit}) {
    EXPECT_THAT(Take(store().LookUpIdentifiers(hashes, limit)),
                ElementsAre(ElementsAre(a, b, c), IsEmpty(), ElementsAre(c)));
  }
}

TEST_P(Records, AreFoundByWhatTheyWereHeldAgainst) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch);
  const Uid c = AddRecord(batch);
  const Uid d = AddRecord(batch);
  const storage::EdgeRow ab{a, b, "ab"};
  const storage::EdgeRow bc{b, c, ""};
  const storage::EdgeRow bd{b, d, "bd"};
  batch.edges_put = {bd, ab, bc};
  Commit(batch);
  const Uid uids[] = {b, d + 1000, a, d};
  EXPECT_THAT(Take(store().EdgesOf(uids)),
              ElementsAre(ElementsAre(ab, bc, bd), IsEmpty(), ElementsAre(ab),
                          ElementsAre(bd)));
  EXPECT_THAT(Take(store().ListEdges({}, 2)), ElementsAre(ab, bc));
  EXPECT_THAT(Take(store().ListEdges({b, c}, 2)), ElementsAre(bd));

  batch = NewBatch();
  const storage::EdgeRow again{a, b, "other"};
  // Held, held by nobody, and removed and put.
  batch.edges_removed = {{b, c}, {c, d}, {b, d}};
  batch.edges_put = {again, bd};
  Commit(batch);
  EXPECT_THAT(Take(store().EdgesOf(uids)),
              ElementsAre(ElementsAre(again, bd), IsEmpty(), ElementsAre(again),
                          ElementsAre(bd)));
  EXPECT_THAT(Take(store().Check({})), IsEmpty());
}

TEST_P(Records, AreFoundWithAllOfTheirPersons) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch);
  AddRecord(batch);
  const Uid d = AddRecord(batch);
  for (storage::MembershipRow& row : batch.memberships) {
    if (row.uid == b) row.person = a;
  }
  const storage::DecisionRow decision{
      .number = 1, .uids = {b}, .wrapped_key = "key", .sealed = "sealed"};
  batch.decisions = {decision};
  Commit(batch);
  const KeyHash keys[] = {Held(d).key, HashOf(99), Held(b).key, Held(d).key};
  const Uid uids[] = {b, d + 1000};
  storage::Surroundings around = Take(store().LookAround(keys, uids, true));
  EXPECT_THAT(around.holders, ElementsAre(d, std::nullopt, b, d));
  EXPECT_THAT(around.persons,
              ElementsAre(storage::Surroundings::Person{a, {a, b}},
                          storage::Surroundings::Person{d, {d}}));
  EXPECT_THAT(around.records, ElementsAre(Held(a), Held(b), Held(d)));
  EXPECT_THAT(around.decisions, ElementsAre(decision));

  around = Take(store().LookAround({}, uids, false));
  EXPECT_THAT(around.records, ElementsAre(Held(a), Held(b)));
  EXPECT_THAT(around.decisions, IsEmpty());
  around = Take(store().LookAround({}, {}, true));
  EXPECT_THAT(around.persons, IsEmpty());
  EXPECT_THAT(around.records, IsEmpty());
}

TEST_P(Records, LoseIdentifiersThatAreRemoved) {
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch);
  const Uid b = AddRecord(batch);
  batch.identifiers_added = {
      {HashOf(1), 1, a}, {HashOf(1), 1, b}, {HashOf(2), 1, a}};
  Commit(batch);
  batch = NewBatch();
  // Held by the other one only; held; removed and put with another epoch; held
  // by nobody.
  batch.identifiers_removed = {{HashOf(2), 1, b},
                               {HashOf(1), 1, a},
                               {HashOf(2), 1, a},
                               {HashOf(4), 1, a}};
  batch.identifiers_added = {{HashOf(2), 2, a}};
  Commit(batch);
  const KeyHash hashes[] = {HashOf(1), HashOf(2), HashOf(4)};
  EXPECT_THAT(Take(store().LookUpIdentifiers(hashes)),
              ElementsAre(ElementsAre(b), ElementsAre(a), IsEmpty()));
}

TEST_P(Records, AreCounted) {
  EXPECT_EQ(Take(store().Count()).records, 0);
  EXPECT_EQ(Take(store().CountRecords(1)), 0);
  Batch batch = NewBatch();
  const Uid a = AddRecord(batch, 1);
  AddRecord(batch, 2, a);
  AddRecord(batch, 2);
  Commit(batch);
  batch = NewBatch();
  RecordRow retracted = Held(a);
  retracted.retracted = true;
  retracted.wrapped_key.clear();
  batch.records.push_back(retracted);
  Commit(batch);
  EXPECT_EQ(Take(store().Count()).records, 3);
  EXPECT_EQ(Take(store().Count()).persons, 2);
  EXPECT_EQ(Take(store().CountRecords(1)), 1);
  EXPECT_EQ(Take(store().CountRecords(2)), 2);
  EXPECT_EQ(Take(store().CountRecords(3)), 0);
}

TEST_P(Records, HaveUidsThatNobodyElseGets) {
  const Uid first = Take(store().ReserveUids(3));
  const Uid second = Take(store().ReserveUids(100'000));
  const Uid third = Take(store().ReserveUids(1));
  EXPECT_GE(first, 1);
  EXPECT_GE(second, first + 3);
  EXPECT_GE(third, second + 100'000);
  Reopen();  // Whether they were used or not.
  EXPECT_GT(Take(store().ReserveUids(1)), third);
  EXPECT_THAT(store().ReserveUids(0),
              HasCode(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace waystation::conformance
