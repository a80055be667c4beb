// SPDX-License-Identifier: Apache-2.0
// The hub's numbers for Prometheus. Labels are methods, codes, outcomes and
// agency ids; nothing about a person.
#ifndef WAYSTATION_SERVER_SERVICE_METRICS_H_
#define WAYSTATION_SERVER_SERVICE_METRICS_H_

#include <prometheus/collectable.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace waystation::hub {
class Hub;
struct Caller;
}  // namespace waystation::hub

namespace waystation::v1 {
class AgencyStatus;
}

namespace waystation::service {

class Connections;

// The hub as a caller of itself.
hub::Caller HubItself();

// Every agency, page by page.
absl::StatusOr<std::vector<v1::AgencyStatus>> AllAgencies(hub::Hub& hub);

// Counts calls as they end. Thread-safe.
class CallMetrics final : public prometheus::Collectable {
 public:
  CallMetrics();
  ~CallMetrics() override;

  void Count(std::string_view method, absl::StatusCode code,
             absl::Duration duration);
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Asks the hub when it is asked.
class HubMetrics final : public prometheus::Collectable {
 public:
  // `certificate`: the file of the hub's own.
  HubMetrics(hub::Hub& hub, std::string certificate)
      : hub_(hub), certificate_(std::move(certificate)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  hub::Hub& hub_;
  const std::string certificate_;
};

// How many connections there are, and who was turned away.
class ConnectionMetrics final : public prometheus::Collectable {
 public:
  ConnectionMetrics(const Connections& connections,
                    const std::atomic<std::uint64_t>& stalled)
      : connections_(connections), stalled_(stalled) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Connections& connections_;
  const std::atomic<std::uint64_t>& stalled_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_METRICS_H_
