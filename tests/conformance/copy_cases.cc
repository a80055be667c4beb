// SPDX-License-Identifier: Apache-2.0
// A store that is made of a copy is the store as of one moment.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tests/conformance/contents.h"
#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using storage::Copied;

// What a copy gave, to be given again.
class Pieces {
 public:
  absl::Status Take(std::string_view piece) {
    EXPECT_FALSE(piece.empty());
    pieces_.emplace_back(piece);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Next() {
    return next_ < pieces_.size() ? pieces_[next_++] : std::string();
  }
  uint64_t bytes() const {
    uint64_t sum = 0;
    for (const std::string& piece : pieces_) sum += piece.size();
    return sum;
  }

 private:
  std::vector<std::string> pieces_;
  size_t next_ = 0;
};

TEST_P(Copies, HoldAllThatTheStoreHeld) {
  Fill();
  const Contents before = Take(ReadContents(store()));
  Pieces pieces;
  const Copied copied = Take(
      store().Copy([&](std::string_view piece) { return pieces.Take(piece); }));
  EXPECT_EQ(copied.group, store().NewestGroup());
  EXPECT_EQ(copied.frontier.Root(), Take(store().LoadFrontier()).Root());
  EXPECT_EQ(copied.bytes, pieces.bytes());
  CommitSomething();

  const std::unique_ptr<Medium> other =
      Take(medium().Rebuild([&] { return pieces.Next(); }));
  ASSERT_NE(other, nullptr);
  const std::unique_ptr<storage::Store> rebuilt = Take(other->Open());
  ASSERT_NE(rebuilt, nullptr);
  EXPECT_EQ(Take(ReadContents(*rebuilt)), before);
  EXPECT_THAT(Take(rebuilt->Check(Unseal)), testing::IsEmpty());
}

TEST_P(Copies, LeaveOutWhatIsWrittenMeanwhile) {
  Fill();
  const Contents before = Take(ReadContents(store()));
  Pieces pieces;
  bool first = true;
  const Copied copied =
      Take(store().Copy([&](std::string_view piece) -> absl::Status {
        if (first) {
          CommitSomething();
          EXPECT_EQ(Take(store().Count()).records, before.counts.records);
        }
        first = false;
        return pieces.Take(piece);
      }));
  EXPECT_EQ(copied.group, before.group);
  EXPECT_EQ(store().NewestGroup(), before.group + 1);
  const auto other = Take(medium().Rebuild([&] { return pieces.Next(); }));
  ASSERT_NE(other, nullptr);
  const auto rebuilt = Take(other->Open());
  ASSERT_NE(rebuilt, nullptr);
  EXPECT_EQ(Take(ReadContents(*rebuilt)), before);
  // The original goes on as ever.
  CommitSomething();
  Reopen();
  EXPECT_EQ(store().NewestGroup(), before.group + 2);
  EXPECT_THAT(Take(store().Check(Unseal)), testing::IsEmpty());
}

TEST_P(Copies, EndWhereTheTakerWantsNoMore) {
  Fill();
  int pieces = 0;
  EXPECT_THAT(store().Copy([&](std::string_view) {
    ++pieces;
    return absl::CancelledError("enough");
  }),
              HasCode(absl::StatusCode::kCancelled));
  EXPECT_EQ(pieces, 1);
  CommitSomething();
}

}  // namespace
}  // namespace waystation::conformance
