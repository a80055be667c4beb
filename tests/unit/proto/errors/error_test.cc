// SPDX-License-Identifier: Apache-2.0
#include "proto/errors/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "proto/errors/grpc.h"
#include "proto/errors/wire.h"

namespace waystation::errors {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Error, CarriesReasonFieldsAndRetry) {
  const absl::Status status =
      Error("QUEUE_FULL", {.field = "frame.updates",
                           .rule = "at most 256",
                           .violations = {{"frame.salts[3]", "16 bytes"}},
                           .retry_after = absl::Milliseconds(1500),
                           .metadata = {{"queue", "updates"}}});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(),
            "The queue of updates is full (frame.updates: at most 256; "
            "frame.salts[3]: 16 bytes)");
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
  EXPECT_EQ(ReasonRowOf(status).number, 704U);
  EXPECT_THAT(ViolationsOf(status),
              ElementsAre(FieldViolation{"frame.updates", "at most 256"},
                          FieldViolation{"frame.salts[3]", "16 bytes"}));
  EXPECT_EQ(RetryAfter(status), absl::Milliseconds(1500));
  EXPECT_THAT(MetadataOf(status), ElementsAre(Pair("queue", "updates"),
                                              Pair("rule", "at most 256")));
}

TEST(Error, SaysNoMoreThanIsKnown) {
  const absl::Status status = Error("DRAINING");
  EXPECT_EQ(status.message(), "The hub is shutting down");
  EXPECT_THAT(ViolationsOf(status), IsEmpty());
  EXPECT_THAT(MetadataOf(status), IsEmpty());
  EXPECT_EQ(RetryAfter(status), absl::ZeroDuration());

  const absl::Status bare = absl::UnavailableError("connection refused");
  EXPECT_EQ(ReasonOf(bare), "");
  EXPECT_EQ(ReasonRowOf(bare).name, "UNREACHABLE");
}

TEST(Error, RuleMayStandAlone) {
  const absl::Status status = Error("NO_IDENTITY", {.rule = "one SPIFFE URI"});
  EXPECT_THAT(ViolationsOf(status), IsEmpty());
  EXPECT_THAT(status.message(), testing::HasSubstr("(one SPIFFE URI)"));
}

TEST(Error, UnknownReasonIsOurMistake) {
  const std::string name = "SOMETHING_ELSE";
  EXPECT_EQ(Error(name).code(), absl::StatusCode::kInternal);
  const std::string explains = "CLAIMS_AGREE";
  EXPECT_EQ(Error(explains).code(), absl::StatusCode::kInternal);
}

TEST(Wire, KeepsEverything) {
  for (const Reason& reason : Reasons()) {
    if (reason.code == absl::StatusCode::kOk) continue;
    SCOPED_TRACE(reason.name);
    const absl::Status sent = Error(
        reason.name,
        {.field = "a.b", .rule = "GB 1", .retry_after = absl::Seconds(1)});
    const absl::Status received = FromGrpc(ToGrpc(sent));
    EXPECT_EQ(received, sent);
    EXPECT_EQ(ReasonRowOf(received).name, reason.name);
  }
  EXPECT_TRUE(FromGrpc(ToGrpc(absl::OkStatus())).ok());
}

// The form that every gRPC client library of another language reads.
TEST(Wire, IsAGoogleRpcStatus) {
  const grpc::Status wire =
      ToGrpc(Error("OVER_CEILING", {.field = "agreement.grants[2]"}));
  EXPECT_EQ(wire.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(wire.error_details()));
  EXPECT_EQ(details.code(), 9);
  EXPECT_EQ(details.message(), wire.error_message());
  ASSERT_EQ(details.details_size(), 2);
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad;
  for (const auto& detail : details.details()) {
    EXPECT_TRUE(detail.UnpackTo(&info) || detail.UnpackTo(&bad));
  }
  EXPECT_EQ(info.domain(), "waystation");
  EXPECT_EQ(info.reason(), "OVER_CEILING");
  EXPECT_EQ(bad.field_violations(0).field(), "agreement.grants[2]");
}

TEST(Wire, EqualErrorsAreEqualBytes) {
  const auto make = [] {
    return Error("PAGE_TOKEN_INVALID",
                 {.field = "page_token",
                  .rule = "of this list",
                  .retry_after = absl::Seconds(1),
                  .metadata = {{"a", "1"}, {"b", "2"}, {"c", "3"}}});
  };
  // Kept, so that each lies elsewhere in memory: absl orders by address.
  std::vector<absl::Status> kept;
  for (int i = 0; i < 100; ++i) {
    kept.push_back(make());
    EXPECT_EQ(ToWire(kept.back()).details, ToWire(kept.front()).details);
  }
}

TEST(Wire, LeavesUncheckedTextBehind) {
  const WireError wire =
      ToWire(absl::InternalError("row 034911200001010018 is odd"));
  EXPECT_EQ(wire.code, 13);
  EXPECT_EQ(wire.message, FindReason("INTERNAL")->text.english);
  EXPECT_THAT(wire.details, testing::Not(testing::HasSubstr("0349")));
}

TEST(Wire, StandsDetailsThatCannotBeRead) {
  const WireError wire = ToWire(Error("DRAINING"));
  EXPECT_EQ(FromWire(14, "away", "\xff\xff"), absl::UnavailableError("away"));
  EXPECT_EQ(FromWire(13, "odd", wire.details), absl::InternalError("odd"));
  EXPECT_EQ(FromWire(14, "away", ""), absl::UnavailableError("away"));
  // Another system's ErrorInfo is not ours to interpret.
  absl::Status foreign = absl::NotFoundError("x");
  google::rpc::ErrorInfo info;
  info.set_domain("example.com");
  info.set_reason("NOT_AVAILABLE");
  foreign.SetPayload("type.googleapis.com/google.rpc.ErrorInfo",
                     absl::Cord(info.SerializeAsString()));
  EXPECT_EQ(ReasonOf(foreign), "");
}

}  // namespace
}  // namespace waystation::errors
