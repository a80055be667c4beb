// SPDX-License-Identifier: Apache-2.0
// What an agency signs for one frame of updates, so that a claim which the
// agency never made is found. The statement is plain text:
//
//     statement := "waystation/v1 frame\n" agency "\n" key_id "\n"
//                  count "\n" base64(root) "\n"
//     root      := TreeRoot over SaltedHash(salt, update), in frame order
//
// `count` is decimal. Updates are hashed as sent. Because the tree stands over
// salted hashes, one update can be erased, salt and all, and the signature over
// the others still checked. proto/testvectors/frame_signature.json holds
// examples for other languages.
#ifndef PROTO_AUDITLOG_BATCH_SIGNATURE_H_
#define PROTO_AUDITLOG_BATCH_SIGNATURE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/ed25519.h"
#include "proto/auditlog/hash.h"

namespace waystation::auditlog {

// One update of a frame: the salt (kSaltSize random bytes, fresh for each
// update) and the update's serialised bytes.
struct SaltedUpdate {
  std::string_view salt;
  std::string_view bytes;
};

// The hashes under the statement's root, which the hub keeps after an update is
// erased. INVALID_ARGUMENT names the position of
// a salt that is not kSaltSize bytes long.
absl::StatusOr<std::vector<Hash>> UpdateHashes(
    std::span<const SaltedUpdate> updates);

// The bytes to sign. INVALID_ARGUMENT when an id is empty, over 128 characters
// or has any but visible ASCII characters, or when there is no update.
absl::StatusOr<std::string> FrameStatement(std::string_view agency,
                                           std::string_view key_id,
                                           std::span<const Hash> update_hashes);

// Signs a frame. As FrameStatement.
absl::StatusOr<std::string> SignFrame(std::string_view agency,
                                      std::string_view key_id,
                                      std::span<const Hash> update_hashes,
                                      const Ed25519PrivateKey& key);

// OK when `signature` is the agency's over exactly these updates;
// UNAUTHENTICATED when it is not. As FrameStatement for what cannot be signed.
absl::Status VerifyFrame(std::string_view agency, std::string_view key_id,
                         std::span<const Hash> update_hashes,
                         std::string_view signature,
                         const Ed25519PublicKey& key);

}  // namespace waystation::auditlog

#endif  // PROTO_AUDITLOG_BATCH_SIGNATURE_H_
