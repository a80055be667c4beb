// SPDX-License-Identifier: Apache-2.0
#include "client/library/call_status.h"

#include <string>
#include <string_view>

#include "proto/errors/error.h"
#include "proto/errors/grpc.h"

namespace waystation::client {
namespace {

// gRPC 1.51 says it in words only. The last are OpenSSL's for a signature that
// does not fit, by another authority of the same name.
constexpr std::string_view kMistrust[] = {
    "certificate verify failed", "CERTIFICATE_VERIFY_FAILED",
    "Hostname Verification Check failed", "asn1 encoding routines::EVP lib"};

}  // namespace

absl::Status StatusOfCall(const grpc::Status& status) {
  absl::Status result = errors::FromGrpc(status);
  if (!absl::IsUnavailable(result) || !errors::ReasonOf(result).empty()) {
    return result;
  }
  const std::string words(result.message());
  for (const std::string_view mistrust : kMistrust) {
    if (words.find(mistrust) == std::string_view::npos) continue;
    return errors::Error("HUB_NOT_TRUSTED", {.rule = std::string(mistrust)});
  }
  return result;
}

}  // namespace waystation::client
