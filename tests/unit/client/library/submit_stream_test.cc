// SPDX-License-Identifier: Apache-2.0
#include "waystation/submit_stream.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "proto/errors/error.h"
#include "tests/unit/client/support/fake_hub.h"
#include "waystation/connection.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::client {
namespace {

using testing::FakeCall;
using testing::FakeHub;

constexpr char kMethod[] = "RegistryService/SubmitRecords";

std::unique_ptr<Connection> Connect(const FakeHub& hub) {
  ConnectionOptions options;
  options.hubs = {hub.address()};
  options.ca_file = hub.folder() / "ca.pem";
  options.certificate_file = hub.folder() / "client.pem";
  options.key_file = hub.folder() / "client.key";
  options.retry.initial = absl::Milliseconds(1);
  options.retry.limit = absl::Milliseconds(20);
  auto connection = Connection::Open(options);
  EXPECT_TRUE(connection.ok()) << connection.status();
  return *std::move(connection);
}

v1::SubmitRecordsResponse Acknowledge(const v1::SubmitRecordsRequest& request) {
  v1::SubmitRecordsResponse response;
  response.set_frame_number(request.frame_number());
  for (int i = 0; i < request.frame().updates_size(); ++i) {
    response.add_results()->set_outcome(v1::UpdateResult::OUTCOME_APPLIED);
  }
  return response;
}

// Takes frames and remembers what it took.
class TakingHub {
 public:
  TakingHub() {
    hub.On(kMethod, [this](FakeCall& call) {
      v1::SubmitRecordsRequest request;
      while (call.Read(request)) {
        Remember(request);
        call.Write(Acknowledge(request));
      }
      return absl::OkStatus();
    });
    hub.Start();
  }

  void Remember(const v1::SubmitRecordsRequest& request) {
    const std::lock_guard lock(mutex_);
    frames_.push_back(request);
  }

  std::vector<v1::SubmitRecordsRequest> Frames() const {
    const std::lock_guard lock(mutex_);
    return frames_;
  }

  std::vector<std::string> Updates() const {
    std::vector<std::string> updates;
    for (const v1::SubmitRecordsRequest& frame : Frames()) {
      updates.insert(updates.end(), frame.frame().updates().begin(),
                     frame.frame().updates().end());
    }
    return updates;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<v1::SubmitRecordsRequest> frames_;

 public:
  FakeHub hub;  // Last: it stops before what it writes to goes.
};

TEST(SubmitStream, AcknowledgesInOrderAndInFrames) {
  TakingHub taking;
  const auto connection = Connect(taking.hub);
  std::vector<std::uint64_t> tags;
  SubmitStream stream(*connection, {.frame_updates = 10},
                      [&](const Acknowledged& acknowledged) {
                        tags.insert(tags.end(), acknowledged.tags.begin(),
                                    acknowledged.tags.end());
                        return absl::OkStatus();
                      });
  std::vector<std::uint64_t> want(105);
  std::iota(want.begin(), want.end(), 1000);
  for (const std::uint64_t tag : want) {
    ASSERT_TRUE(stream.Add(tag, "update " + std::to_string(tag)).ok());
  }
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(tags, want);
  const std::vector<v1::SubmitRecordsRequest> frames = taking.Frames();
  ASSERT_EQ(frames.size(), 11U);
  EXPECT_EQ(frames.front().frame().updates_size(), 10);
  EXPECT_EQ(frames.back().frame().updates_size(), 5);
  // The stream can be used on.
  ASSERT_TRUE(stream.Add(1, "one more").ok());
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(tags.size(), want.size() + 1);
}

TEST(SubmitStream, KeepsFramesBelowTheLimit) {
  TakingHub taking;
  const auto connection = Connect(taking.hub);
  SubmitStream stream(*connection, {},
                      [](const Acknowledged&) { return absl::OkStatus(); });
  const std::string large(300'000, 'x');
  for (std::uint64_t i = 0; i < 7; ++i) {
    ASSERT_TRUE(stream.Add(i, large).ok());
  }
  EXPECT_EQ(errors::ReasonOf(stream.Add(7, std::string(kMaxFrameBytes, 'x'))),
            "FRAME_TOO_LARGE");
  ASSERT_TRUE(stream.Finish().ok());
  const std::vector<v1::SubmitRecordsRequest> frames = taking.Frames();
  ASSERT_EQ(frames.size(), 3U);
  for (const v1::SubmitRecordsRequest& frame : frames) {
    EXPECT_LE(frame.ByteSizeLong(), kMaxFrameBytes);
  }
}

TEST(SubmitStream, SignsEachFrame) {
  TakingHub taking;
  const auto connection = Connect(taking.hub);
  const auto key = auditlog::Ed25519PrivateKey::Generate();
  ASSERT_TRUE(key.ok());
  SubmitStream stream(*connection,
                      {.signer = FrameSigner("labor.320500", "2026", *key)},
                      [](const Acknowledged&) { return absl::OkStatus(); });
  ASSERT_TRUE(stream.Add(1, "update").ok());
  ASSERT_TRUE(stream.Finish().ok());
  const std::vector<v1::SubmitRecordsRequest> frames = taking.Frames();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].frame().signature().key_id(), "2026");
  EXPECT_EQ(frames[0].frame().salts_size(), 1);
}

// The hub dies behind a frame that it took and did not acknowledge: what was
// not acknowledged comes again, as it was, and nothing is acknowledged twice.
TEST(SubmitStream, ResendsWhatWasNotAcknowledged) {
  TakingHub taking;
  std::atomic<int> streams = 0;
  taking.hub.On(kMethod, [&](FakeCall& call) {
    const int stream = ++streams;
    v1::SubmitRecordsRequest request;
    for (int frame = 1; call.Read(request); ++frame) {
      taking.Remember(request);
      if (stream < 4 && frame == 3) return errors::Error("DRAINING");
      call.Write(Acknowledge(request));
    }
    return absl::OkStatus();
  });
  const auto connection = Connect(taking.hub);
  std::vector<std::uint64_t> tags;
  std::atomic<int> waits = 0;
  SubmitStream stream(
      *connection,
      {.frame_updates = 1,
       .frames_in_flight = 4,
       .on_wait = [&](const absl::Status&, absl::Duration) { ++waits; }},
      [&](const Acknowledged& acknowledged) {
        tags.push_back(acknowledged.tags[0]);
        return absl::OkStatus();
      });
  std::vector<std::uint64_t> want(20);
  std::iota(want.begin(), want.end(), 0);
  for (const std::uint64_t tag : want) {
    ASSERT_TRUE(stream.Add(tag, std::to_string(tag)).ok());
  }
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(tags, want);
  EXPECT_EQ(streams, 4);
  EXPECT_EQ(waits, 3);
  // Three frames were taken twice, with the same number and content.
  EXPECT_EQ(taking.Updates().size(), want.size() + 3);
}

TEST(SubmitStream, OutlivesAHubThatStartsAgain) {
  TakingHub taking;
  const auto connection = Connect(taking.hub);
  SubmitStream stream(*connection, {.frame_updates = 1},
                      [](const Acknowledged&) { return absl::OkStatus(); });
  ASSERT_TRUE(stream.Add(1, "before").ok());
  ASSERT_TRUE(stream.Finish().ok());
  taking.hub.Stop();
  ASSERT_TRUE(stream.Add(2, "meanwhile").ok());
  taking.hub.Start();
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(taking.Updates().back(), "meanwhile");
}

TEST(SubmitStream, EndsWithWhatTheHubRefuses) {
  TakingHub taking;
  taking.hub.On(kMethod, [](FakeCall& call) {
    v1::SubmitRecordsRequest request;
    call.Read(request);
    return errors::Error("FRAME_EMPTY");
  });
  const auto connection = Connect(taking.hub);
  SubmitStream stream(*connection, {},
                      [](const Acknowledged&) { return absl::OkStatus(); });
  ASSERT_TRUE(stream.Add(1, "update").ok());
  EXPECT_EQ(errors::ReasonOf(stream.Finish()), "FRAME_EMPTY");
  EXPECT_EQ(errors::ReasonOf(stream.status()), "FRAME_EMPTY");
  EXPECT_FALSE(stream.Add(2, "update").ok());
}

TEST(SubmitStream, EndsWithWhatTheCallbackReturns) {
  TakingHub taking;
  const auto connection = Connect(taking.hub);
  SubmitStream stream(*connection, {}, [](const Acknowledged&) {
    return errors::Error("FILE_NOT_WRITTEN");
  });
  ASSERT_TRUE(stream.Add(1, "update").ok());
  EXPECT_EQ(errors::ReasonOf(stream.Finish()), "FILE_NOT_WRITTEN");
}

TEST(SubmitStream, LosesPatienceWithASilentHub) {
  TakingHub taking;
  taking.hub.On(kMethod, [](FakeCall& call) {
    v1::SubmitRecordsRequest request;
    while (call.Read(request)) {
    }
    return absl::OkStatus();
  });
  const auto connection = Connect(taking.hub);
  SubmitStream stream(*connection, {.patience = absl::Milliseconds(200)},
                      [](const Acknowledged&) { return absl::OkStatus(); });
  ASSERT_TRUE(stream.Add(1, "update").ok());
  EXPECT_TRUE(absl::IsUnavailable(stream.Finish()));
}

TEST(SubmitStream, LosesPatienceWithAHubThatIsAway) {
  FakeHub hub;
  hub.Start();
  const auto connection = Connect(hub);
  hub.Stop();
  SubmitStream stream(*connection, {.patience = absl::Milliseconds(200)},
                      [](const Acknowledged&) { return absl::OkStatus(); });
  ASSERT_TRUE(stream.Add(1, "update").ok());
  EXPECT_TRUE(absl::IsUnavailable(stream.Finish()));
}

TEST(SubmitStream, IsCancelledWithItsConnection) {
  FakeHub hub;
  std::promise<void> reached;
  hub.On(kMethod, [&](FakeCall& call) {
    v1::SubmitRecordsRequest request;
    call.Read(request);
    reached.set_value();
    while (call.Read(request)) {
    }
    return absl::OkStatus();
  });
  hub.Start();
  const auto connection = Connect(hub);
  SubmitStream stream(*connection, {},
                      [](const Acknowledged&) { return absl::OkStatus(); });
  ASSERT_TRUE(stream.Add(1, "update").ok());
  auto finish = std::async(std::launch::async, [&] { return stream.Finish(); });
  reached.get_future().wait();
  connection->Cancel();
  EXPECT_EQ(errors::ReasonOf(finish.get()), "CANCELLED");
}

TEST(SubmitStream, CanBeDroppedWithWorkInFlight) {
  FakeHub hub;
  const auto connection = [&] {
    hub.Start();
    return Connect(hub);
  }();
  hub.Stop();
  SubmitStream stream(*connection, {},
                      [](const Acknowledged&) { return absl::OkStatus(); });
  EXPECT_TRUE(stream.Add(1, "update").ok());
  EXPECT_TRUE(stream.Flush().ok());
}

}  // namespace
}  // namespace waystation::client
