// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <vector>

#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using storage::AgencyNumber;
using storage::Batch;
using storage::KeyHash;
using storage::NoticeBox;
using storage::NoticeRow;
using storage::Uid;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

NoticeRow Notice(uint64_t number, Uid uid, int64_t due = 100) {
  return {.number = number,
          .sender = 1,
          .recipient = 2,
          .waits_for = 2,
          .uid = uid,
          .due_time = due,
          .request = HashOf(number),
          .bytes = "head",
          .sealed = Seal("text")};
}

// As the store holds it.
NoticeRow HeldAs(NoticeRow notice) {
  ++notice.version;
  return notice;
}

TEST_P(Notices, AreHeldAsTheyWerePut) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  NoticeRow bare = Notice(2, uid, -7);
  bare.request = {};
  bare.bytes = "";
  bare.sealed = "";
  EXPECT_EQ(Take(store().NextNoticeNumber()), 1U);
  batch.notices = {Notice(1, uid), bare};
  Commit(batch);
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(Take(store().NextNoticeNumber()), 3U);
    EXPECT_THAT(Take(store().GetNotice(1)), Optional(HeldAs(Notice(1, uid))));
    EXPECT_THAT(Take(store().GetNotice(2)), Optional(HeldAs(bare)));
    EXPECT_EQ(Take(store().GetNotice(3)), std::nullopt);
    EXPECT_THAT(Take(store().FindNoticeByRequest(HashOf(1))),
                Optional(HeldAs(Notice(1, uid))));
    EXPECT_EQ(Take(store().FindNoticeByRequest(HashOf(2))), std::nullopt);
    EXPECT_EQ(Take(store().FindNoticeByRequest(KeyHash())), std::nullopt);
    EXPECT_THAT(Take(store().Check(Unseal)), IsEmpty());
    Reopen();
  }
}

TEST_P(Notices, ChangeFromTheVersionThatWasRead) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  batch.notices = {Notice(1, uid), Notice(2, uid)};
  Commit(batch);

  NoticeRow next = *Take(store().GetNotice(1));
  next.recipient = 3;
  next.waits_for = 1;
  next.due_time = 5;
  next.bytes = "other head";
  next.sealed = Seal("other text");
  batch = NewBatch();
  batch.notices = {next};
  Commit(batch);
  EXPECT_THAT(Take(store().GetNotice(1)), Optional(HeldAs(next)));
  EXPECT_EQ(Take(store().NextNoticeNumber()), 3U);

  // Whoever read it before comes too late, and changes nothing.
  batch = NewBatch();
  batch.notices = {*Take(store().GetNotice(2)), next};
  EXPECT_THAT(store().Commit(batch), HasCode(absl::StatusCode::kAborted));
  EXPECT_THAT(Take(store().GetNotice(2)), Optional(HeldAs(Notice(2, uid))));
}

TEST_P(Notices, TakeTurnsByDueTime) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  std::vector<NoticeRow> sent = {Notice(1, uid, 30), Notice(2, uid, 10),
                                 Notice(3, uid, 20), Notice(4, uid, 10),
                                 Notice(5, uid, 5)};
  sent[2].waits_for = 1;
  sent[4].waits_for = 0;
  batch.notices = sent;
  Commit(batch);
  for (NoticeRow& notice : sent) ++notice.version;

  const auto list = [&](NoticeBox box, AgencyNumber agency,
                        std::optional<NoticeRow> after = std::nullopt,
                        size_t limit = 10) {
    return Take(store().ListNotices(box, agency, after, limit));
  };
  using enum NoticeBox;
  EXPECT_THAT(list(kWaiting, 2), ElementsAre(sent[1], sent[3], sent[0]));
  EXPECT_THAT(list(kWaiting, 2, sent[1]), ElementsAre(sent[3], sent[0]));
  EXPECT_THAT(list(kWaiting, 2, sent[1], 1), ElementsAre(sent[3]));
  EXPECT_THAT(list(kWaiting, 2, sent[0]), IsEmpty());
  EXPECT_THAT(list(kWaiting, 1), ElementsAre(sent[2]));
  EXPECT_THAT(list(kWaiting, 0), IsEmpty());
  EXPECT_THAT(list(kSent, 1, std::nullopt, 2), ElementsAre(sent[4], sent[3]));
  EXPECT_THAT(list(kSent, 1, sent[3]), ElementsAre(sent[2], sent[1], sent[0]));
  EXPECT_THAT(list(kSent, 2), IsEmpty());
  EXPECT_THAT(list(kReceived, 2).size(), 5U);
  EXPECT_THAT(list(kReceived, 2, sent[1]), ElementsAre(sent[0]));
}

TEST_P(Notices, AreWalkedByNumber) {
  EXPECT_THAT(Take(store().ListAllNotices(0, 10)), IsEmpty());
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  // Whoever sent them, whoever has them, and whether or not they wait.
  std::vector<NoticeRow> sent = {Notice(1, uid, 30), Notice(2, uid, 10),
                                 Notice(3, uid, 20)};
  sent[1].sender = 7;
  sent[1].recipient = 8;
  sent[2].waits_for = 0;
  batch.notices = sent;
  Commit(batch);
  for (NoticeRow& notice : sent) ++notice.version;
  EXPECT_THAT(Take(store().ListAllNotices(0, 10)),
              ElementsAre(sent[0], sent[1], sent[2]));
  EXPECT_THAT(Take(store().ListAllNotices(0, 2)),
              ElementsAre(sent[0], sent[1]));
  EXPECT_THAT(Take(store().ListAllNotices(2, 2)), ElementsAre(sent[2]));
  EXPECT_THAT(Take(store().ListAllNotices(3, 2)), IsEmpty());
}

TEST_P(Notices, HaveNumbersWithoutGap) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  Commit(batch);
  const auto commit = [&](std::vector<NoticeRow> notices) {
    Batch next = NewBatch();
    next.notices = std::move(notices);
    return store().Commit(next);
  };
  using enum absl::StatusCode;
  EXPECT_THAT(commit({Notice(2, uid)}), HasCode(kInvalidArgument));
  EXPECT_THAT(commit({Notice(0, uid)}), HasCode(kInvalidArgument));
  EXPECT_THAT(commit({HeldAs(Notice(1, uid))}), HasCode(kInvalidArgument));
  EXPECT_THAT(commit({Notice(1, uid + 1)}), HasCode(kInvalidArgument));
  EXPECT_THAT(commit({Notice(1, uid)}), HasCode(kOk));
  // Another hub was first.
  EXPECT_THAT(commit({Notice(1, uid)}), HasCode(kAborted));
  EXPECT_EQ(Take(store().NextNoticeNumber()), 2U);
}

TEST_P(Notices, ShareNoRequest) {
  Batch batch = NewBatch();
  const Uid uid = AddRecord(batch);
  batch.notices = {Notice(1, uid)};
  Commit(batch);
  NoticeRow same = Notice(2, uid);
  same.request = HashOf(1);
  NoticeRow other = Notice(3, uid);
  other.request = HashOf(9);
  batch = NewBatch();
  batch.notices = {same};
  EXPECT_THAT(store().Commit(batch), HasCode(absl::StatusCode::kAborted));
  batch = NewBatch();
  same.request = HashOf(9);
  batch.notices = {same, other};
  EXPECT_THAT(store().Commit(batch), HasCode(absl::StatusCode::kAborted));
  EXPECT_EQ(Take(store().NextNoticeNumber()), 2U);
}

}  // namespace

}  // namespace waystation::conformance
