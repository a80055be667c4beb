// SPDX-License-Identifier: Apache-2.0
#include "server/hub/queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace waystation::hub {
namespace {

using testing::ElementsAre;

class Sized final : public Work {
 public:
  explicit Sized(size_t size, bool alone = false)
      : size_(size), alone_(alone) {}
  size_t size() const override { return size_; }
  size_t bytes() const override { return 10 * size_; }
  bool alone() const override { return alone_; }
  absl::Status Conclude(const Outcome& /*outcome*/) override {
    return absl::OkStatus();
  }
  void Answer(const storage::Committed* /*committed*/) override {}
  void Fail(const absl::Status& /*status*/) override {}

 private:
  const size_t size_;
  const bool alone_;
};

WorkQueue::Put Add(WorkQueue& queue, size_t size, bool alone = false) {
  std::unique_ptr<Work> work = std::make_unique<Sized>(size, alone);
  const WorkQueue::Put put = queue.Add(work);
  EXPECT_EQ(work == nullptr, put == WorkQueue::Put::kTaken);
  return put;
}

// Sizes of what is taken; nullopt at the end of the queue.
std::optional<std::vector<size_t>> Take(WorkQueue& queue, size_t limit,
                                        size_t at_least = 1) {
  const auto works = queue.Take(limit, at_least);
  if (!works.has_value()) return std::nullopt;
  std::vector<size_t> sizes;
  for (const std::unique_ptr<Work>& work : *works) {
    sizes.push_back(work->size());
  }
  return sizes;
}

TEST(WorkQueue, GivesWhatFitsInItsOrder) {
  WorkQueue queue(10'000, 100'000);
  for (const size_t size : {256, 256, 100, 400, 700}) Add(queue, size);
  EXPECT_EQ(queue.size(), 1712u);
  EXPECT_THAT(*Take(queue, 512), ElementsAre(256, 256));
  EXPECT_THAT(*Take(queue, 512), ElementsAre(100, 400));
  EXPECT_THAT(*Take(queue, 512), ElementsAre(700));
  EXPECT_EQ(queue.size(), 0u);
}

TEST(WorkQueue, GivesWhatWantsToBeAloneByItself) {
  WorkQueue queue(1000, 100'000);
  Add(queue, 1);
  Add(queue, 1, /*alone=*/true);
  Add(queue, 1);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(*Take(queue, 512), ElementsAre(1));
}

TEST(WorkQueue, RefusesWhatIsTooMuchUnlessItIsEmpty) {
  WorkQueue queue(100, 10'000);
  EXPECT_EQ(Add(queue, 500), WorkQueue::Put::kTaken);
  EXPECT_EQ(Add(queue, 1), WorkQueue::Put::kFull);
  EXPECT_THAT(*Take(queue, 512), ElementsAre(500));
  WorkQueue bytes(1000, 99);
  EXPECT_EQ(Add(bytes, 9), WorkQueue::Put::kTaken);
  EXPECT_EQ(Add(bytes, 1), WorkQueue::Put::kFull);
}

TEST(WorkQueue, WaitsForAsMuchAsIsWanted) {
  WorkQueue queue(1000, 100'000);
  Add(queue, 200);
  std::thread other([&] { Add(queue, 56); });
  EXPECT_THAT(*Take(queue, 512, /*at_least=*/256), ElementsAre(200, 56));
  other.join();
}

TEST(WorkQueue, EndsAWaitOnceIfInterrupted) {
  WorkQueue queue(1000, 100'000);
  Add(queue, 200);
  queue.Interrupt();
  EXPECT_THAT(*Take(queue, 512, /*at_least=*/256), ElementsAre());
  // Nobody has to wait for what is there.
  Add(queue, 200);
  queue.Interrupt();
  EXPECT_THAT(*Take(queue, 512, /*at_least=*/256), ElementsAre(200, 200));
  // That was of the wait before.
  std::thread other([&] { Add(queue, 300); });
  EXPECT_THAT(*Take(queue, 512, /*at_least=*/256), ElementsAre(300));
  other.join();
}

TEST(WorkQueue, GivesOutWhatIsLeftOnceClosed) {
  WorkQueue queue(1000, 100'000);
  Add(queue, 7);
  queue.Close();
  EXPECT_EQ(Add(queue, 1), WorkQueue::Put::kClosed);
  EXPECT_THAT(*Take(queue, 512, /*at_least=*/256), ElementsAre(7));
  EXPECT_EQ(Take(queue, 512), std::nullopt);
}

}  // namespace
}  // namespace waystation::hub
