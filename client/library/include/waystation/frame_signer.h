// SPDX-License-Identifier: Apache-2.0
// Signs what an agency submits, so that nobody else can claim it said so
// (proto/auditlog/batch_signature.h).
#ifndef WAYSTATION_FRAME_SIGNER_H_
#define WAYSTATION_FRAME_SIGNER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/ed25519.h"

namespace waystation::v1 {
class Frame;
class SubmitRecordRequest;
}  // namespace waystation::v1

namespace waystation::client {

// Cheap to copy, immutable, thread-safe.
class FrameSigner {
 public:
  FrameSigner(std::string agency, std::string key_id,
              auditlog::Ed25519PrivateKey key);

  // With the key of a PEM file; errors as Ed25519PrivateKey::Load.
  static absl::StatusOr<FrameSigner> Load(std::string_view agency,
                                          std::string_view key_id,
                                          const std::string& path);

  // Replaces the frame's salts by fresh ones and signs. INVALID_ARGUMENT for a
  // frame without updates.
  absl::Status Sign(v1::Frame& frame) const;

  // The same for a unary call, which is a frame of one.
  absl::Status Sign(v1::SubmitRecordRequest& request) const;

  const std::string& agency() const { return agency_; }
  const std::string& key_id() const { return key_id_; }

 private:
  std::string agency_;
  std::string key_id_;
  auditlog::Ed25519PrivateKey key_;
};

// 16 random bytes.
std::string DrawSalt();

}  // namespace waystation::client

#endif  // WAYSTATION_FRAME_SIGNER_H_
