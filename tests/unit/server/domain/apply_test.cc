// SPDX-License-Identifier: Apache-2.0
#include "server/domain/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "tests/unit/server/domain/fixtures.h"

namespace waystation::domain {
namespace {

using ::testing::ElementsAre;

constexpr auto kApplied = v1::UpdateResult::OUTCOME_APPLIED;
constexpr auto kUnchanged = v1::UpdateResult::OUTCOME_UNCHANGED;
constexpr auto kStale = v1::UpdateResult::OUTCOME_STALE;
constexpr auto kRejected = v1::UpdateResult::OUTCOME_REJECTED;

store::StoredRecord NewRecord() {
  store::StoredRecord record;
  record.set_agency("labor.320500");
  record.set_record_key("k");
  return record;
}

Applied Send(const v1::Update& update, store::StoredRecord& record) {
  return Apply(MustRead(update), record);
}

v1::Update Retraction(std::uint64_t revision) {
  v1::Update update;
  update.set_record_key("k");
  update.set_revision(revision);
  update.mutable_retraction()->set_reason(
      v1::RecordRetraction::REASON_MOVED_OUT);
  return update;
}

std::vector<std::uint64_t> Contents(const store::StoredRecord& record) {
  std::vector<std::uint64_t> revisions;
  for (const auto& content : record.contents()) {
    revisions.push_back(content.revision());
  }
  return revisions;
}

TEST(Apply, HoldsTheRevisionPerAttribute) {
  store::StoredRecord record = NewRecord();
  const v1::Update first = UpdateOf("k", 1, "name{full:'张伟'} sex{value:1}");
  EXPECT_EQ(Send(first, record).outcome, kApplied);

  const v1::Update third = UpdateOf("k", 3, "name{full:'张玮'}");
  const Applied applied = Send(third, record);
  EXPECT_EQ(applied.outcome, kApplied);
  EXPECT_EQ(applied.changed, BitOf(kName));

  // Revision 2 comes late: its name is older, its residence is news.
  const v1::Update second =
      UpdateOf("k", 2, "name{full:'章伟'} residence{division:'320505'}");
  const Applied late = Send(second, record);
  EXPECT_EQ(late.outcome, kApplied);
  EXPECT_EQ(late.changed, BitOf(6));
  EXPECT_EQ(FindClaim(record, kName)->value().name().full(), "张玮");
  EXPECT_THAT(Contents(record), ElementsAre(1, 2, 3));

  EXPECT_EQ(Send(UpdateOf("k", 2, "name{full:'章伟'}"), record).outcome,
            kRejected);
  EXPECT_EQ(Send(first, record).outcome, kUnchanged);
  EXPECT_EQ(Send(second, record).outcome, kUnchanged);
  EXPECT_EQ(Send(third, record).outcome, kUnchanged);
  // Nothing of revision 1 is left when its sex is superseded too.
  Send(UpdateOf("k", 4, "sex{value:2}"), record);
  EXPECT_THAT(Contents(record), ElementsAre(2, 3, 4));
  EXPECT_EQ(Send(first, record).outcome, kStale);
}

TEST(Apply, SaysWhatChangedOnlyIfItLooksDifferent) {
  store::StoredRecord record = NewRecord();
  Send(UpdateOf("k", 1, "name{full:'张伟'} training{course:'A'}"), record);
  EXPECT_EQ(
      Send(UpdateOf("k", 2, "name{full:'张 伟'} training{course:'A'}"), record)
          .changed,
      0U);
  EXPECT_EQ(Send(UpdateOf("k", 3, "training{course:'A'} training{course:'B'}"),
                 record)
                .changed,
            BitOf(13));
  v1::Update later = UpdateOf("k", 4, "name{full:'张伟'}");
  later.mutable_times()->mutable_valid_from()->set_year(2020);
  EXPECT_EQ(Send(later, record).changed, BitOf(kName));
}

TEST(Apply, RefusesASecondContentOfARevision) {
  store::StoredRecord record = NewRecord();
  Send(UpdateOf("k", 1, "name{full:'张伟'}"), record);
  const std::string before = record.SerializeAsString();
  const Applied reused = Send(UpdateOf("k", 1, "name{full:'李静'}"), record);
  EXPECT_EQ(reused.outcome, kRejected);
  EXPECT_FALSE(reused.writes());
  ASSERT_EQ(reused.violations.size(), 1U);
  EXPECT_EQ(reused.violations[0].reason(), "REVISION_REUSED");
  EXPECT_EQ(record.SerializeAsString(), before);
}

// A consent stays until another takes its place, and so does its revision.
TEST(Apply, KeepsTheLatestConsent) {
  store::StoredRecord record = NewRecord();
  v1::Update first = UpdateOf("k", 1, "name{full:'张小宝'}");
  first.mutable_guardian()->set_reference("consent 1");
  Send(first, record);
  Send(UpdateOf("k", 2, "name{full:'张宝'}"), record);
  Send(UpdateOf("k", 3, "name{full:'张宝宝'}"), record);
  EXPECT_EQ(record.guardian().reference(), "consent 1");
  EXPECT_THAT(Contents(record), ElementsAre(1, 3));
  EXPECT_EQ(Send(first, record).outcome, kUnchanged);
  first.mutable_guardian()->set_reference("consent 2");
  EXPECT_EQ(Send(first, record).outcome, kRejected);
}

TEST(Apply, RetractsAnAttribute) {
  store::StoredRecord record = NewRecord();
  Send(UpdateOf("k", 1, "name{full:'张伟'} sex{value:1}"), record);
  v1::Update retraction = UpdateOf("k", 2, "");
  retraction.mutable_mask()->add_paths("name");
  const Applied applied = Send(retraction, record);
  EXPECT_EQ(applied.changed, BitOf(kName));
  EXPECT_EQ(FindClaim(record, kName), nullptr);
  EXPECT_NE(FindClaim(record, kSex), nullptr);
  EXPECT_TRUE(HasClaims(record));
}

TEST(Apply, RetractsTheWholeRecordBelowTheRevision) {
  store::StoredRecord record = NewRecord();
  Send(UpdateOf("k", 1, "name{full:'张伟'}"), record);
  Send(UpdateOf("k", 5, "sex{value:1}"), record);
  const Applied applied = Send(Retraction(3), record);
  EXPECT_EQ(applied.outcome, kApplied);
  EXPECT_EQ(applied.changed, BitOf(kName));
  EXPECT_EQ(FindClaim(record, kName), nullptr);
  EXPECT_NE(FindClaim(record, kSex), nullptr);
  EXPECT_EQ(Send(UpdateOf("k", 2, "name{full:'张伟'}"), record).outcome,
            kStale);
  EXPECT_EQ(Send(UpdateOf("k", 4, "name{full:'张伟'}"), record).outcome,
            kApplied);
  Send(Retraction(6), record);
  EXPECT_FALSE(HasClaims(record));
  EXPECT_EQ(record.retraction_reason(), v1::RecordRetraction::REASON_MOVED_OUT);
}

// Updates of one record, each revision with one content.
std::vector<v1::Update> AnyUpdates() {
  const auto count = *rc::gen::inRange<std::uint64_t>(1, 7);
  std::vector<v1::Update> updates;
  for (std::uint64_t revision = 1; revision <= count; ++revision) {
    v1::Update update;
    if (*rc::gen::inRange(0, 6) == 0) {
      update = Retraction(revision);
    } else {
      update = UpdateOf("k", revision, "");
      const auto say = [&](std::string_view attribute, std::string_view text) {
        const int act = *rc::gen::inRange(0, 4);
        if (act == 0) return;
        update.mutable_mask()->add_paths(std::string(attribute));
        if (act > 1) update.mutable_claims()->MergeFrom(PersonOf(text));
      };
      say("name", *rc::gen::element("name{full:'张伟'}", "name{full:'李静'}"));
      say("sex", *rc::gen::element("sex{value:1}", "sex{value:2}"));
      say("training", *rc::gen::element("training{course:'A'}",
                                        "training{course:'B' title:'x'}"));
      if (update.mask().paths().empty()) {
        update.mutable_mask()->add_paths("contact");
      }
      if (*rc::gen::inRange(0, 4) == 0) {
        update.mutable_guardian()->set_reference(std::to_string(revision));
      }
    }
    updates.push_back(std::move(update));
  }
  return updates;
}

RC_GTEST_PROP(Apply, IgnoresOrderAndRepetition, ()) {
  const std::vector<v1::Update> updates = AnyUpdates();
  store::StoredRecord want = NewRecord();
  for (const v1::Update& update : updates) Send(update, want);

  std::vector<v1::Update> shuffled = updates;
  shuffled.insert(shuffled.end(), updates.begin(), updates.end());
  std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
  std::ranges::shuffle(shuffled, random);
  store::StoredRecord got = NewRecord();
  AttributeSet changed = 0;
  for (const v1::Update& update : shuffled) {
    store::StoredRecord before = got;
    const Applied applied = Send(update, got);
    RC_ASSERT(applied.outcome != kRejected);
    changed |= applied.changed;
    // What is not to be written did not change.
    if (!applied.writes()) {
      RC_ASSERT(before.SerializeAsString() == got.SerializeAsString());
    }
  }
  RC_ASSERT(got.SerializeAsString() == want.SerializeAsString());
  // Nothing that is held in the end came unannounced.
  for (const auto& claim : got.claims()) {
    if (claim.retracted()) continue;
    RC_ASSERT((changed & BitOf(static_cast<int>(claim.attribute()))) != 0);
  }
}

}  // namespace
}  // namespace waystation::domain
