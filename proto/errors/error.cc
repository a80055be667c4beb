// SPDX-License-Identifier: Apache-2.0
#include "proto/errors/error.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/rpc/error_details.pb.h"

namespace waystation::errors {
namespace {

std::string TypeUrl(const google::protobuf::Message& message) {
  return "type.googleapis.com/" + message.GetDescriptor()->full_name();
}

// Equal messages are equal bytes, maps included.
void Attach(const google::protobuf::Message& message, absl::Status& status) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&out);
  }
  status.SetPayload(TypeUrl(message), absl::Cord(std::move(bytes)));
}

template <typename T>
std::optional<T> Attached(const absl::Status& status) {
  T message;
  const auto payload = status.GetPayload(TypeUrl(message));
  if (!payload || !message.ParseFromString(std::string(*payload))) {
    return std::nullopt;
  }
  return message;
}

std::vector<FieldViolation> AllViolations(const Details& details) {
  std::vector<FieldViolation> all;
  if (!details.field.empty()) all.push_back({details.field, details.rule});
  all.insert(all.end(), details.violations.begin(), details.violations.end());
  return all;
}

// "The frame is too large (frame.updates: at most 256)".
std::string Message(const Reason& reason, const Details& details,
                    const std::vector<FieldViolation>& violations) {
  std::string message(reason.text.english);
  std::string_view separator = " (";
  const auto add = [&](std::string_view text) {
    message.append(separator).append(text);
    separator = "; ";
  };
  if (violations.empty() && !details.rule.empty()) add(details.rule);
  for (const FieldViolation& violation : violations) {
    add(violation.rule.empty() ? violation.field
                               : violation.field + ": " + violation.rule);
  }
  if (separator == "; ") message += ")";
  return message;
}

}  // namespace

absl::Status Error(std::string_view reason, const Details& details) {
  const Reason* row = FindReason(reason);
  if (row == nullptr || row->code == absl::StatusCode::kOk) {
    row = FindReason("INTERNAL");
  }
  const std::vector<FieldViolation> violations = AllViolations(details);
  absl::Status status(row->code, Message(*row, details, violations));

  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(std::string(kDomain));
  for (const auto& [key, value] : details.metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  if (!details.rule.empty()) (*info.mutable_metadata())["rule"] = details.rule;
  Attach(info, status);

  if (!violations.empty()) {
    google::rpc::BadRequest bad;
    for (const FieldViolation& violation : violations) {
      auto& field = *bad.add_field_violations();
      field.set_field(violation.field);
      field.set_description(violation.rule);
    }
    Attach(bad, status);
  }
  if (details.retry_after > absl::ZeroDuration()) {
    google::rpc::RetryInfo retry;
    const std::int64_t nanos = absl::ToInt64Nanoseconds(details.retry_after);
    retry.mutable_retry_delay()->set_seconds(nanos / 1'000'000'000);
    retry.mutable_retry_delay()->set_nanos(
        static_cast<std::int32_t>(nanos % 1'000'000'000));
    Attach(retry, status);
  }
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  const auto info = Attached<google::rpc::ErrorInfo>(status);
  return info && info->domain() == kDomain ? info->reason() : std::string();
}

const Reason& ReasonRowOf(const absl::Status& status) {
  const Reason* row = FindReason(ReasonOf(status));
  return row != nullptr ? *row : GeneralReason(status.code());
}

std::vector<FieldViolation> ViolationsOf(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  if (auto bad = Attached<google::rpc::BadRequest>(status)) {
    for (auto& field : *bad->mutable_field_violations()) {
      violations.push_back({std::move(*field.mutable_field()),
                            std::move(*field.mutable_description())});
    }
  }
  return violations;
}

std::map<std::string, std::string> MetadataOf(const absl::Status& status) {
  const auto info = Attached<google::rpc::ErrorInfo>(status);
  if (!info) return {};
  return {info->metadata().begin(), info->metadata().end()};
}

absl::Duration RetryAfter(const absl::Status& status) {
  const auto retry = Attached<google::rpc::RetryInfo>(status);
  if (!retry) return absl::ZeroDuration();
  return absl::Seconds(retry->retry_delay().seconds()) +
         absl::Nanoseconds(retry->retry_delay().nanos());
}

}  // namespace waystation::errors
