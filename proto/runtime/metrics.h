// SPDX-License-Identifier: Apache-2.0
// Metrics as Prometheus text. A program keeps its numbers in a
// prometheus::Registry, or answers when asked as a prometheus::Collectable.
#ifndef WAYSTATION_PROTO_RUNTIME_METRICS_H_
#define WAYSTATION_PROTO_RUNTIME_METRICS_H_

#include <span>
#include <string>

namespace prometheus {
class Collectable;
}

namespace waystation::runtime {

// Content type of MetricsText.
inline constexpr char kMetricsContentType[] =
    "text/plain; version=0.0.4; charset=utf-8";

// What all `sources` hold now, in their order.
std::string MetricsText(
    std::span<const prometheus::Collectable* const> sources);

}  // namespace waystation::runtime

#endif  // WAYSTATION_PROTO_RUNTIME_METRICS_H_
