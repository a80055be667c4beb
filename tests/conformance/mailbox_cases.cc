// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using storage::AgencyNumber;
using storage::Batch;
using storage::ChangeKind;
using storage::MailboxRow;
using storage::Store;
using testing::IsEmpty;

// The n-th entry that was ever put anywhere, told apart by its columns.
MailboxRow Entry(AgencyNumber agency, uint64_t n) {
  return {.agency = agency,
          .position = 12345,  // Ignored.
          .uid = n * 1'000'003,
          .attributes = ~n,
          .kind = static_cast<ChangeKind>(1 + n % 4)};
}

TEST_P(Mailboxes, ArePositionedInCommitOrderWithoutGap) {
  // Of several agencies at once, in groups from none to hundreds of entries.
  std::vector<std::vector<MailboxRow>> want(4);
  uint64_t n = 0;
  for (const size_t size : {3, 0, 700, 1, 64, 65, 128}) {
    Batch batch = NewBatch();
    for (size_t i = 0; i < size; ++i, ++n) {
      const auto agency = static_cast<AgencyNumber>(1 + n * n % 3);
      batch.mailbox.push_back(Entry(agency, n));
      want[agency].push_back(batch.mailbox.back());
      want[agency].back().position = want[agency].size();
    }
    Commit(batch);
  }
  for (AgencyNumber agency = 1; agency <= 3; ++agency) {
    SCOPED_TRACE(agency);
    const std::vector<MailboxRow>& all = want[agency];
    EXPECT_EQ(Take(store().ReadMailbox(agency, 0, 10'000)), all);
    EXPECT_EQ(Take(store().GetMailbox(agency)).last, all.size());
    for (size_t after = 0; after <= all.size(); after += 13) {
      for (const size_t limit : {1, 63, 64, 65}) {
        const size_t end = std::min(all.size(), after + limit);
        EXPECT_EQ(
            Take(store().ReadMailbox(agency, after, limit)),
            std::vector<MailboxRow>(all.begin() + static_cast<long>(after),
                                    all.begin() + static_cast<long>(end)));
      }
    }
    EXPECT_THAT(Take(store().ReadMailbox(agency, all.size(), 10)), IsEmpty());
    EXPECT_THAT(Take(store().ReadMailbox(agency, ~uint64_t{0}, 10)), IsEmpty());
    EXPECT_THAT(Take(store().ReadMailbox(agency, 0, 0)), IsEmpty());
  }
}

TEST_P(Mailboxes, AreEmptyForWhoNeverGotAnything) {
  EXPECT_THAT(Take(store().ReadMailbox(5, 0, 10)), IsEmpty());
  const Store::MailboxState state = Take(store().GetMailbox(5));
  EXPECT_EQ(state.acknowledged, 0);
  EXPECT_EQ(state.last, 0);
  EXPECT_EQ(state.acknowledged_time, 0);
}

TEST_P(Mailboxes, RememberHowFarTheyWereRead) {
  Batch batch = NewBatch();
  for (uint64_t n = 0; n < 10; ++n) batch.mailbox.push_back(Entry(2, n));
  Commit(batch);
  const auto expect = [&](uint64_t acknowledged, int64_t time) {
    const Store::MailboxState state = Take(store().GetMailbox(2));
    EXPECT_EQ(state.acknowledged, acknowledged);
    EXPECT_EQ(state.acknowledged_time, time);
    EXPECT_EQ(state.last, 10);
  };
  ASSERT_TRUE(store().AcknowledgeMailbox(2, 4, 100).ok());
  expect(4, 100);
  ASSERT_TRUE(store().AcknowledgeMailbox(2, 9, 200).ok());
  expect(9, 200);
  ASSERT_TRUE(store().AcknowledgeMailbox(2, 3, 300).ok());  // Never back.
  expect(9, 200);
  EXPECT_EQ(store().AcknowledgeMailbox(2, 11, 400).code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(store().AcknowledgeMailbox(3, 1, 400).code(),
            absl::StatusCode::kOutOfRange);
  Reopen();
  expect(9, 200);
  EXPECT_EQ(Take(store().ReadMailbox(2, 0, 100)).size(), 10);
}

TEST_P(Mailboxes, GoOnWhereTheyWereAfterReopening) {
  for (uint64_t n = 0; n < 3; ++n) {
    Batch batch = NewBatch();
    batch.mailbox = {Entry(1, n), Entry(4'000'000'000, n)};
    Commit(batch);
    Reopen();
  }
  EXPECT_EQ(Take(store().GetMailbox(1)).last, 3);
  EXPECT_EQ(Take(store().ReadMailbox(4'000'000'000, 2, 9)).front().position, 3);
}

}  // namespace
}  // namespace waystation::conformance
