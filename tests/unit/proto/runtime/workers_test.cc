// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/workers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <vector>

namespace waystation::runtime {
namespace {

TEST(Workers, FinishWhatWaits) {
  std::atomic<int> done = 0;
  {
    Workers workers(3, 0);
    for (int i = 0; i < 1000; ++i) {
      EXPECT_TRUE(workers.Run([&done] { ++done; }));
    }
  }
  EXPECT_EQ(done, 1000);
}

TEST(Workers, KeepTheOrder) {
  std::vector<int> seen;
  {
    Workers worker(1, 0);
    for (int i = 0; i < 100; ++i) worker.Run([&seen, i] { seen.push_back(i); });
  }
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TEST(Workers, SayWhenTooMuchWaits) {
  std::promise<void> started;
  std::promise<void> go;
  Workers workers(1, 2);
  workers.Run([&] {
    started.set_value();
    go.get_future().wait();
  });
  started.get_future().wait();
  EXPECT_TRUE(workers.Run([] {}));
  EXPECT_TRUE(workers.Run([] {}));
  EXPECT_FALSE(workers.Run([] {}));
  go.set_value();
}

TEST(Workers, TakeWhatCanOnlyBeMoved) {
  std::promise<int> result;
  Workers workers(1, 0);
  workers.Run([&result, value = std::make_unique<int>(7)] {
    result.set_value(*value);
  });
  EXPECT_EQ(result.get_future().get(), 7);
}

}  // namespace
}  // namespace waystation::runtime
