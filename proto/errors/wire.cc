// SPDX-License-Identifier: Apache-2.0
#include "proto/errors/wire.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "google/rpc/status.pb.h"
#include "proto/errors/error.h"

namespace waystation::errors {

WireError ToWire(const absl::Status& status) {
  if (status.ok()) return {};
  if (ReasonOf(status).empty()) {
    return ToWire(Error(GeneralReason(status.code()).name));
  }
  google::rpc::Status message;
  message.set_code(static_cast<int>(status.code()));
  message.set_message(std::string(status.message()));
  // Always in one order, which absl does not promise: two refusals must not be
  // told apart by it.
  std::map<std::string, std::string> details;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    details.emplace(url, payload);
  });
  for (auto& [url, payload] : details) {
    auto& detail = *message.add_details();
    detail.set_type_url(url);
    detail.set_value(std::move(payload));
  }
  return {message.code(), message.message(), message.SerializeAsString()};
}

absl::Status FromWire(int code, std::string_view message,
                      std::string_view details) {
  if (code == 0) return absl::OkStatus();
  absl::Status status(static_cast<absl::StatusCode>(code),
                      std::string(message));
  google::rpc::Status wire;
  if (details.empty() ||
      !wire.ParseFromArray(details.data(), static_cast<int>(details.size())) ||
      wire.code() != code) {
    return status;
  }
  for (google::protobuf::Any& detail : *wire.mutable_details()) {
    status.SetPayload(detail.type_url(),
                      absl::Cord(std::move(*detail.mutable_value())));
  }
  return status;
}

}  // namespace waystation::errors
