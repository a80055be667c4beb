// SPDX-License-Identifier: Apache-2.0
// Sends updates in frames, some in flight at once, for as long as there are
// any. When the hub goes away the stream waits, connects again and sends once
// more what was not acknowledged, which the hub takes as repetition.
//
//     stream->Add(row_id, bytes);     // blocks while enough is in flight
//     ...
//     stream->Finish();               // all acknowledged, or why not
//
// What is added and not yet acknowledged is held in memory only; keep it in an
// outbox of your own until its acknowledgement comes.
#ifndef WAYSTATION_SUBMIT_STREAM_H_
#define WAYSTATION_SUBMIT_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "waystation/frame_signer.h"

namespace waystation::v1 {
class SubmitRecordsResponse;
}  // namespace waystation::v1

namespace waystation::client {

class Connection;

// What the hub takes in one frame.
inline constexpr std::size_t kMaxFrameUpdates = 256;
inline constexpr std::size_t kMaxFrameBytes = std::size_t{1} << 20;

struct SubmitOptions {
  // Frames are unsigned, and the hub draws the salts, when absent.
  std::optional<FrameSigner> signer = {};
  // A frame is sent when it holds this many updates, or when the next one would
  // take it over this many bytes on the wire.
  std::size_t frame_updates = kMaxFrameUpdates;
  std::size_t frame_bytes = kMaxFrameBytes;
  int frames_in_flight = 4;
  // The hub's own path, but nothing is written.
  bool validate_only = false;
  // How long the hub may answer nothing while something is in flight.
  absl::Duration patience = absl::InfiniteDuration();
  // Called once for each time the stream lost the hub, from its own thread,
  // with why and how long it waits before it tries again.
  std::function<void(const absl::Status& why, absl::Duration pause)> on_wait =
      {};
};

// The updates of one frame, in the order in which they were added, and what
// became of each: response.results(i) is of tags[i].
struct Acknowledged {
  std::span<const std::uint64_t> tags;
  const v1::SubmitRecordsResponse& response;
};

// Add, Flush and Finish are for one thread at a time; Cancel is for any.
class SubmitStream {
 public:
  // Called in order, once a frame, from the stream's own thread. An error ends
  // the stream with that error; the frame then counts as not acknowledged.
  using OnAcknowledged = std::function<absl::Status(const Acknowledged&)>;

  // Connects in the background.
  SubmitStream(Connection& connection, SubmitOptions options,
               OnAcknowledged on_acknowledged);
  // Gives up what is in flight; call Finish before to know.
  ~SubmitStream();

  // Adds one serialised v1::Update under a number of the caller's choice.
  // Blocks while the frames in flight are as many as allowed.
  // INVALID_ARGUMENT: the update alone is larger than a frame; it is left out
  // and the stream goes on. Any other error is the stream's end: see status().
  absl::Status Add(std::uint64_t tag, std::string update);

  // Sends the frame that is being filled, without waiting for it.
  absl::Status Flush();

  // Flushes and waits until everything is acknowledged. The stream can be used
  // on. Returns status().
  absl::Status Finish();

  // OK, or why the stream ended: a frame that the hub cannot read
  // (INVALID_ARGUMENT), a caller it does not let in (PERMISSION_DENIED,
  // UNAUTHENTICATED), patience at its end (UNAVAILABLE), CANCELLED, or what the
  // callback returned.
  absl::Status status() const;

  void Cancel();

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace waystation::client

#endif  // WAYSTATION_SUBMIT_STREAM_H_
