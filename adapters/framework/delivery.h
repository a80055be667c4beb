// SPDX-License-Identifier: Apache-2.0
// Empties the outbox into the hub. A frame leaves the outbox when the hub has
// acknowledged it, so that a crash on either side repeats frames and loses
// none; what the hub refuses goes to the quarantine.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_DELIVERY_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_DELIVERY_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "adapters/framework/outbox/state.h"
#include "adapters/framework/quarantine/quarantine.h"
#include "adapters/framework/setup.h"
#include "waystation/connection.h"
#include "waystation/frame_signer.h"

namespace waystation::report::v1 {
class DeliveryReport;
}

namespace waystation::adapters {

// Settings of the state folder.
inline constexpr std::string_view kPausedSetting = "outbox_paused";
inline constexpr std::string_view kLogSetting = "log_origin";

struct DeliveryOptions {
  std::optional<client::FrameSigner> signer;
  // How long the hub may be away before it is left for later.
  absl::Duration patience = absl::Seconds(10);
  bool progress = false;
  std::function<absl::Time()> clock;
};

// Opens the quarantine of one source.
using OpenQuarantine =
    std::function<std::unique_ptr<Quarantine>(const SourceSetup& source)>;

// Sends what waits now. OK when nothing waits any more; the stream's error,
// with what it leaves waiting named in the report, when the hub is away or does
// not let this agency in; OUTBOX_PAUSED. Adds to `report`.
absl::Status Deliver(State& state, const Setup& setup,
                     const OpenQuarantine& open_quarantine,
                     client::Connection& connection,
                     const DeliveryOptions& options,
                     report::v1::DeliveryReport& report);

// Remembers under which origin the hub's audit log was met. True if it was
// another one before: then all is said again with the rows that come, since a
// restored hub may have lost what it had acknowledged.
absl::StatusOr<bool> NoteLog(State& state, const std::string& origin);

// Empties the outbox without sending: what it held is said again when its rows
// come again. Returns how many updates that were.
absl::StatusOr<std::uint64_t> DropOutbox(State& state);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_DELIVERY_H_
