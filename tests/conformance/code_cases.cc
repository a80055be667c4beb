// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <vector>

#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using storage::Batch;
using storage::HolderCodeRow;
using storage::Uid;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::UnorderedElementsAre;

HolderCodeRow Code(uint64_t number, Uid uid, int64_t expires = 100) {
  return {.hash = HashOf(number),
          .uid = uid,
          .expire_time = expires,
          .sealed = Seal("which certificate")};
}

HolderCodeRow Spent(HolderCodeRow code) {
  code.spent = true;
  return code;
}

TEST_P(Codes, AreHeldAsTheyWerePut) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  HolderCodeRow bare = Code(2, uid, -7);
  bare.sealed = "";
  batch.codes = {Code(1, uid), bare};
  Commit(batch);
  for (int life = 0; life < 2; ++life) {
    EXPECT_THAT(Take(store().FindHolderCode(HashOf(1))),
                Optional(Code(1, uid)));
    EXPECT_THAT(Take(store().FindHolderCode(HashOf(2))), Optional(bare));
    EXPECT_EQ(Take(store().FindHolderCode(HashOf(3))), std::nullopt);
    EXPECT_THAT(Take(store().HolderCodesOf(uid)),
                UnorderedElementsAre(Code(1, uid), bare));
    EXPECT_THAT(Take(store().HolderCodesOf(uid + 1)), IsEmpty());
    EXPECT_THAT(Take(store().Check(Unseal)), IsEmpty());
    Reopen();
  }
}

TEST_P(Codes, AreSpentOnce) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  batch.codes = {Code(1, uid), Code(2, uid)};
  Commit(batch);
  batch = NewBatch();
  batch.codes = {Spent(Code(1, uid))};
  Commit(batch);
  EXPECT_THAT(Take(store().FindHolderCode(HashOf(1))),
              Optional(Spent(Code(1, uid))));

  // Whoever found it open comes too late, and spends no other either.
  batch = NewBatch();
  batch.codes = {Spent(Code(2, uid)), Spent(Code(1, uid))};
  EXPECT_THAT(store().Commit(batch), HasCode(absl::StatusCode::kAborted));
  EXPECT_THAT(Take(store().FindHolderCode(HashOf(2))), Optional(Code(2, uid)));
  // The same of one that nobody was given.
  batch = NewBatch();
  batch.codes = {Spent(Code(3, uid))};
  EXPECT_THAT(store().Commit(batch), HasCode(absl::StatusCode::kAborted));
}

TEST_P(Codes, ShareNoHash) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  batch.codes = {Code(1, uid)};
  Commit(batch);
  batch = NewBatch();
  batch.codes = {Code(2, uid), Code(1, uid, 200)};
  EXPECT_THAT(store().Commit(batch), HasCode(absl::StatusCode::kAborted));
  EXPECT_THAT(Take(store().HolderCodesOf(uid)), ElementsAre(Code(1, uid)));
}

TEST_P(Codes, NameARecordThatIsHeld) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  batch.codes = {Code(1, uid + 1)};
  EXPECT_THAT(store().Commit(batch),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Take(store().ListHolderCodes(std::nullopt, 10)), IsEmpty());
}

TEST_P(Codes, AreListedByExpiryAndForgotten) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  batch.codes = {Code(1, uid, 30), Code(2, uid, 10), Code(3, uid, 20)};
  Commit(batch);
  const auto list = [&](std::optional<HolderCodeRow> after = std::nullopt,
                        size_t limit = 10) {
    return Take(store().ListHolderCodes(after, limit));
  };
  EXPECT_THAT(list(), ElementsAre(Code(2, uid, 10), Code(3, uid, 20),
                                  Code(1, uid, 30)));
  EXPECT_THAT(list(std::nullopt, 1), ElementsAre(Code(2, uid, 10)));
  EXPECT_THAT(list(Code(2, uid, 10), 1), ElementsAre(Code(3, uid, 20)));
  EXPECT_THAT(list(Code(1, uid, 30)), IsEmpty());

  batch = NewBatch();
  batch.codes = {Spent(Code(3, uid, 20))};
  Commit(batch);
  batch = NewBatch();
  batch.codes_removed = {HashOf(2), HashOf(3), HashOf(4)};
  Commit(batch);
  EXPECT_THAT(list(), ElementsAre(Code(1, uid, 30)));
  EXPECT_THAT(Take(store().Check(Unseal)), IsEmpty());
  // Its hash is free again.
  batch = NewBatch();
  batch.codes = {Code(2, uid, 50)};
  Commit(batch);
  EXPECT_THAT(list(), ElementsAre(Code(1, uid, 30), Code(2, uid, 50)));
  Reopen();
  EXPECT_THAT(Take(store().Check(Unseal)), IsEmpty());
}

}  // namespace

}  // namespace waystation::conformance
