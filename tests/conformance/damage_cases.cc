// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/contents.h"
#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using storage::Batch;
using storage::Finding;
using storage::RecordRow;
using storage::Uid;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_P(Damage, ChecksEveryRecordWithTheCaller) {
  Fill();
  std::vector<Uid> seen;
  EXPECT_THAT(Take(store().Check([&](const RecordRow& record) {
                EXPECT_EQ(record, Held(record.uid));
                seen.push_back(record.uid);
                return std::optional<Finding>();
              })),
              IsEmpty());
  EXPECT_EQ(seen.size(), Take(store().Count()).records);
}

TEST_P(Damage, NamesTheFirstRecordThatTheCallerFinds) {
  Batch batch = NewBatch();
  for (int i = 0; i < 5; ++i) AddRecord(batch);
  const Uid first_bad = batch.records[2].uid;
  for (const int i : {2, 3, 4})
    batch.records[i].sealed = "not sealed by anyone";
  Commit(batch);
  const std::vector<Finding> findings = Take(store().Check(Unseal));
  ASSERT_EQ(findings.size(), 1);
  EXPECT_EQ(findings[0].place, absl::StrCat("record ", first_bad));
  EXPECT_EQ(findings[0].reason, "its seal is broken");
  EXPECT_EQ(findings[0].more, 2);
}

// How many bits the test flips; more in a soak.
int Flips(const Medium& medium) {
  const char* const text = std::getenv("WAYSTATION_FLIPS");
  int flips = 0;
  return text != nullptr && absl::SimpleAtoi(text, &flips) ? flips
                                                           : medium.flips();
}

TEST_P(Damage, IsFoundOrHarmlessWhicheverBitItFlips) {
  Fill();
  // Enough rows that trees have more than one level.
  for (int i = 0; i < 40; ++i) {
    Batch batch = NewBatch();
    for (int n = 0; n < 5; ++n) {
      const Uid uid = AddRecord(batch);
      batch.identifiers_added.push_back({HashOf(uid), 1, uid});
    }
    Commit(batch);
  }
  const Contents before = Take(ReadContents(store()));
  Close();

  std::minstd_rand random(3);
  int found = 0;
  for (int flip = 0; flip < Flips(medium()); ++flip) {
    const std::unique_ptr<Medium> copy = medium().Copy();
    SCOPED_TRACE(copy->FlipBit(random));

    const absl::StatusOr<std::unique_ptr<storage::Store>> opened = copy->Open();
    if (!opened.ok()) {
      EXPECT_THAT(opened,
                  AnyOf(HasCode(absl::StatusCode::kDataLoss),
                        HasCode(absl::StatusCode::kFailedPrecondition)));
      ++found;
      continue;
    }
    const absl::StatusOr<std::vector<Finding>> findings =
        (*opened)->Check(Unseal);
    if (!findings.ok() || !findings->empty()) {
      ++found;
      continue;
    }
    const absl::StatusOr<Contents> after = ReadContents(**opened);
    ASSERT_TRUE(after.ok()) << after.status();
    ASSERT_TRUE(*after == before) << "changed and not found";
  }
  // Not in a small file that says again what others say.
  EXPECT_GT(found, Flips(medium()) / 6);
}

}  // namespace
}  // namespace waystation::conformance
