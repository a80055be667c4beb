// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using storage::Batch;
using storage::Counts;
using storage::DecisionRow;
using storage::ObjectRow;
using storage::OpenItem;
using storage::OpenItemKey;
using storage::Uid;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::UnorderedElementsAre;

OpenItem Conflict(Uid person, uint32_t attribute, int64_t opened) {
  return {.kind = OpenItem::Kind::kConflict,
          .a = person,
          .attribute = attribute,
          .opened_time = opened,
          .agencies = {1, 4, 300},
          .etag = HashOf(person),
          .reason = 9};
}

OpenItem Candidate(Uid a, Uid b, int64_t opened) {
  return {.kind = OpenItem::Kind::kCandidate,
          .a = a,
          .b = b,
          .opened_time = opened,
          .etag = HashOf(a + b)};
}

OpenItemKey KeyOf(const OpenItem& item) {
  return {item.kind, item.a, item.b, item.attribute, item.entry};
}

DecisionRow Decision(uint64_t number, std::vector<Uid> uids) {
  return {.number = number,
          .uids = std::move(uids),
          .wrapped_key = "wrapped",
          .sealed = Seal("ruling"),
          .request = HashOf(number)};
}

TEST_P(Clerks, SeeOpenItemsOldestFirst) {
  const OpenItem old = Conflict(9, 2, -5);
  OpenItem entry = Conflict(4, 1, 10);
  entry.entry = HashOf(77);
  const OpenItem lower = Conflict(4, 1, 10);
  const OpenItem higher = Conflict(4, 2, 10);
  const OpenItem other = Conflict(5, 1, 10);
  const OpenItem pair = Candidate(4, 5, 0);
  Batch batch = NewBatch();
  batch.items_put = {other, higher, pair, lower, entry, old};
  Commit(batch);

  const auto list = [&](OpenItem::Kind kind, std::optional<OpenItem> after,
                        size_t limit) {
    return Take(store().ListOpenItems(kind, after, limit));
  };
  using enum OpenItem::Kind;
  EXPECT_THAT(list(kConflict, std::nullopt, 10),
              ElementsAre(old, lower, entry, higher, other));
  EXPECT_THAT(list(kConflict, std::nullopt, 2), ElementsAre(old, lower));
  EXPECT_THAT(list(kConflict, lower, 2), ElementsAre(entry, higher));
  EXPECT_THAT(list(kConflict, other, 2), IsEmpty());
  EXPECT_THAT(list(kCandidate, std::nullopt, 10), ElementsAre(pair));
}

// What agencies' own clerks are asked about stands beside what the office is.
TEST_P(Clerks, SeeWhatIsAnAgencysOwnByItself) {
  OpenItem pair = Candidate(4, 5, 0);
  pair.kind = OpenItem::Kind::kOwnCandidate;
  OpenItem conflict = Conflict(4, 1, 0);
  conflict.kind = OpenItem::Kind::kOwnConflict;
  Batch batch = NewBatch();
  batch.items_put = {Conflict(4, 1, 0), Candidate(4, 5, 0), pair, conflict};
  Commit(batch);
  EXPECT_THAT(Take(store().ListOpenItems(OpenItem::Kind::kOwnConflict, {}, 10)),
              ElementsAre(conflict));
  EXPECT_THAT(
      Take(store().ListOpenItems(OpenItem::Kind::kOwnCandidate, {}, 10)),
      ElementsAre(pair));
  const Uid uid[] = {4};
  EXPECT_THAT(Take(store().OpenItemsOf(uid)),
              UnorderedElementsAre(Conflict(4, 1, 0), Candidate(4, 5, 0), pair,
                                   conflict));
  const storage::Counts counts = Take(store().Count());
  EXPECT_EQ(counts.open_conflicts, 1U);
  EXPECT_EQ(counts.open_candidates, 1U);
  batch = NewBatch();
  batch.items_removed = {KeyOf(conflict), KeyOf(pair)};
  Commit(batch);
  EXPECT_THAT(Take(store().OpenItemsOf(uid)),
              UnorderedElementsAre(Conflict(4, 1, 0), Candidate(4, 5, 0)));
  EXPECT_THAT(Take(store().Check(nullptr)), IsEmpty());
}

TEST_P(Clerks, SeePairsOfASampleByThemselves) {
  const OpenItem candidate = Candidate(4, 5, 0);
  OpenItem drawn = candidate;
  drawn.kind = OpenItem::Kind::kSample;
  Batch batch = NewBatch();
  batch.items_put = {Conflict(4, 1, 0), candidate, drawn};
  Commit(batch);
  EXPECT_THAT(Take(store().ListOpenItems(OpenItem::Kind::kSample, {}, 10)),
              ElementsAre(drawn));
  EXPECT_THAT(Take(store().GetOpenItem(KeyOf(drawn))), Optional(drawn));
  const Uid uid[] = {5};
  EXPECT_THAT(Take(store().OpenItemsOf(uid)),
              UnorderedElementsAre(candidate, drawn));
  // They are not counted, neither when they come nor when they go.
  const auto expect_counts = [&] {
    const storage::Counts counts = Take(store().Count());
    EXPECT_EQ(counts.open_conflicts, 1U);
    EXPECT_EQ(counts.open_candidates, 1U);
    EXPECT_THAT(Take(store().Check(nullptr)), IsEmpty());
  };
  expect_counts();
  batch = NewBatch();
  batch.items_removed = {KeyOf(drawn)};
  Commit(batch);
  expect_counts();
}

TEST_P(Clerks, ReadOnAfterAnItemThatWasClosedMeanwhile) {
  const OpenItem first = Conflict(1, 1, 1);
  const OpenItem second = Conflict(2, 1, 2);
  Batch batch = NewBatch();
  batch.items_put = {first, second};
  Commit(batch);
  batch = NewBatch();
  batch.items_removed = {KeyOf(first)};
  Commit(batch);
  EXPECT_THAT(Take(store().ListOpenItems(OpenItem::Kind::kConflict, first, 10)),
              ElementsAre(second));
}

TEST_P(Clerks, FindOpenItemsByKeyAndByRecord) {
  const OpenItem conflict = Conflict(1, 3, 1);
  const OpenItem pair = Candidate(1, 2, 1);
  const OpenItem elsewhere = Candidate(3, 4, 1);
  Batch batch = NewBatch();
  batch.items_put = {conflict, pair, elsewhere};
  Commit(batch);
  EXPECT_THAT(Take(store().GetOpenItem(KeyOf(pair))), Optional(pair));
  EXPECT_EQ(Take(store().GetOpenItem({OpenItem::Kind::kConflict, 1, 0, 4, {}})),
            std::nullopt);
  const Uid one[] = {1};
  EXPECT_THAT(Take(store().OpenItemsOf(one)),
              UnorderedElementsAre(conflict, pair));
  // As `b` too, and once where both ends are asked for.
  const Uid both[] = {2, 1};
  EXPECT_THAT(Take(store().OpenItemsOf(both)),
              UnorderedElementsAre(conflict, pair));
  // 0 is nobody's uid, although conflicts have it as `b`.
  const Uid nobody[] = {0};
  EXPECT_THAT(Take(store().OpenItemsOf(nobody)), IsEmpty());
}

TEST_P(Clerks, SeeWhatWasPutLast) {
  OpenItem item = Conflict(1, 3, 1);
  Batch batch = NewBatch();
  batch.items_put = {item, Candidate(1, 2, 1)};
  Commit(batch);
  item.opened_time = 40;
  item.reopened = true;
  item.agencies = {2};
  item.etag = HashOf(5);
  item.reason = 1;
  batch = NewBatch();
  // Removing what nobody holds changes nothing, and what is put stays.
  batch.items_removed = {KeyOf(item), KeyOf(Conflict(8, 8, 8)),
                         KeyOf(Candidate(1, 2, 1))};
  batch.items_put = {item};
  Commit(batch);
  EXPECT_THAT(Take(store().GetOpenItem(KeyOf(item))), Optional(item));
  const Counts counts = Take(store().Count());
  EXPECT_EQ(counts.open_conflicts, 1);
  EXPECT_EQ(counts.open_candidates, 0);
}

TEST_P(Clerks, FindDecisions) {
  EXPECT_EQ(Take(store().NextDecisionNumber()), 1);
  const DecisionRow first = Decision(1, {5, 3});
  const DecisionRow second = Decision(2, {3, 9});
  DecisionRow third = Decision(3, {});
  third.request = {};  // Without a request id.
  Batch batch = NewBatch();
  batch.decisions = {first, second, third};
  Commit(batch);
  EXPECT_EQ(Take(store().NextDecisionNumber()), 4);
  EXPECT_THAT(Take(store().GetDecision(2)), Optional(second));
  EXPECT_EQ(Take(store().GetDecision(4)), std::nullopt);
  EXPECT_THAT(Take(store().FindDecisionByRequest(HashOf(1))), Optional(first));
  EXPECT_EQ(Take(store().FindDecisionByRequest(HashOf(99))), std::nullopt);
  EXPECT_EQ(Take(store().FindDecisionByRequest({})), std::nullopt);
  const Uid uids[] = {9, 3};
  EXPECT_THAT(Take(store().DecisionsOf(uids)), ElementsAre(first, second));
  const Uid none[] = {4};
  EXPECT_THAT(Take(store().DecisionsOf(none)), IsEmpty());
  EXPECT_THAT(Take(store().ListDecisions(1, 1)), ElementsAre(second));
  EXPECT_THAT(Take(store().ListDecisions(0, 9)),
              ElementsAre(first, second, third));
}

TEST_P(Clerks, RewriteDecisionsThatAreUndone) {
  Batch batch = NewBatch();
  batch.decisions = {Decision(1, {5, 3}), Decision(2, {3})};
  Commit(batch);
  DecisionRow undone = Decision(1, {3, 6});
  undone.active = false;
  undone.sealed = Seal("undone");
  batch = NewBatch();
  batch.decisions = {undone};
  Commit(batch);
  EXPECT_EQ(Take(store().NextDecisionNumber()), 3);
  const Uid now[] = {6};
  EXPECT_THAT(Take(store().DecisionsOf(now)), ElementsAre(undone));
  const Uid before[] = {5};
  EXPECT_THAT(Take(store().DecisionsOf(before)), IsEmpty());
  EXPECT_THAT(Take(store().FindDecisionByRequest(HashOf(1))), Optional(undone));
}

TEST_P(Clerks, CannotAnswerOneRequestTwice) {
  Batch batch = NewBatch();
  batch.decisions = {Decision(1, {5})};
  Commit(batch);
  batch = NewBatch();
  batch.decisions = {Decision(2, {6})};
  batch.decisions.front().request = HashOf(1);
  EXPECT_THAT(store().Commit(batch), HasCode(absl::StatusCode::kAborted));
  EXPECT_EQ(Take(store().NextDecisionNumber()), 2);
}

TEST_P(Clerks, LeaveNoGapInDecisionNumbers) {
  for (const uint64_t number : {0, 2}) {
    Batch batch = NewBatch();
    batch.decisions = {Decision(number, {5})};
    EXPECT_THAT(store().Commit(batch),
                HasCode(absl::StatusCode::kInvalidArgument));
  }
}

TEST_P(Clerks, ListObjectsOfOneKind) {
  const ObjectRow a{"agency", "health.320500", std::string("\0bytes", 6)};
  const ObjectRow b{"agency", "labor.320500", std::string(5000, 'b')};
  const ObjectRow c{"agreement", "a-1", "bytes"};
  Batch batch = NewBatch();
  batch.objects = {c, b, a};
  Commit(batch);
  EXPECT_THAT(Take(store().ListObjects("agency")), ElementsAre(a, b));
  EXPECT_THAT(Take(store().ListObjects("agree")), IsEmpty());
  const ObjectRow changed{"agency", "health.320500", ""};
  batch = NewBatch();
  batch.objects = {changed};
  Commit(batch);
  EXPECT_THAT(Take(store().ListObjects("agency")), ElementsAre(changed, b));
}

}  // namespace
}  // namespace waystation::conformance
