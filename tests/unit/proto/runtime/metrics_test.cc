// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <array>

namespace waystation::runtime {
namespace {

TEST(Metrics, WritesAllSourcesInOrder) {
  prometheus::Registry first;
  prometheus::Registry second;
  prometheus::BuildCounter()
      .Name("waystation_updates_total")
      .Help("Updates by outcome.")
      .Register(first)
      .Add({{"outcome", "applied"}})
      .Increment(3);
  prometheus::BuildGauge()
      .Name("waystation_queued_updates")
      .Help("Updates that wait.")
      .Register(second)
      .Add({})
      .Set(7);
  const std::array<const prometheus::Collectable*, 2> sources = {&first,
                                                                 &second};
  EXPECT_EQ(MetricsText(sources),
            "# HELP waystation_updates_total Updates by outcome.\n"
            "# TYPE waystation_updates_total counter\n"
            "waystation_updates_total{outcome=\"applied\"} 3\n"
            "# HELP waystation_queued_updates Updates that wait.\n"
            "# TYPE waystation_queued_updates gauge\n"
            "waystation_queued_updates 7\n");
}

}  // namespace
}  // namespace waystation::runtime
