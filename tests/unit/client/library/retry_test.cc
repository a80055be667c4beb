// SPDX-License-Identifier: Apache-2.0
#include "client/library/retry.h"

#include <gtest/gtest.h>

#include "proto/errors/error.h"

namespace waystation::client {
namespace {

TEST(Retry, WhatMayBeRepeated) {
  const struct {
    const char* name;
    absl::Status status;
    bool may_retry;
    bool is_broken;
  } cases[] = {
      {"hub away", absl::UnavailableError("connection refused"), true, true},
      {"draining", errors::Error("DRAINING"), true, true},
      {"full, with delay",
       errors::Error("QUEUE_FULL", {.retry_after = absl::Seconds(1)}), true,
       true},
      {"message too large", absl::ResourceExhaustedError("too large"), false,
       false},
      {"not allowed", errors::Error("WRONG_ROLE"), false, false},
      {"changed meanwhile", errors::Error("CHANGED_MEANWHILE"), false, false},
      {"transport reset", absl::InternalError("RST_STREAM"), false, true},
      {"hub's mistake", errors::Error("INTERNAL"), false, false},
      {"stream removed", absl::UnknownError("Stream removed"), false, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(MayRetry(c.status), c.may_retry);
    EXPECT_EQ(IsBroken(c.status), c.is_broken);
  }
}

TEST(Backoff, GrowsToItsLimit) {
  Backoff backoff({.attempts = 0,
                   .initial = absl::Milliseconds(100),
                   .limit = absl::Seconds(1)});
  const absl::Status away = errors::Error("DRAINING");
  absl::Duration longest = absl::Milliseconds(100);
  for (int i = 0; i < 40; ++i) {
    const absl::Duration pause = backoff.Next(away);
    EXPECT_GE(pause, longest / 2);
    EXPECT_LE(pause, longest);
    longest = std::min(longest * 2, absl::Seconds(1));
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next(away), absl::Milliseconds(100));
}

TEST(Backoff, HonoursTheHubsDelay) {
  Backoff backoff({.attempts = 0,
                   .initial = absl::Milliseconds(1),
                   .limit = absl::Milliseconds(2)});
  EXPECT_EQ(backoff.Next(
                errors::Error("QUEUE_FULL", {.retry_after = absl::Seconds(7)})),
            absl::Seconds(7));
}

}  // namespace
}  // namespace waystation::client
