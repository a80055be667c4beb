// SPDX-License-Identifier: Apache-2.0
#include "waystation/frame_signer.h"

#include <openssl/rand.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/auditlog/batch_signature.h"
#include "proto/auditlog/hash.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::client {
namespace {

std::string RandomBytes(std::size_t size) {
  std::string bytes(size, '\0');
  // Without randomness nothing that follows is safe.
  if (RAND_bytes(reinterpret_cast<std::uint8_t*>(bytes.data()),
                 static_cast<int>(size)) != 1) {
    std::abort();
  }
  return bytes;
}

absl::Status SignUpdates(const FrameSigner& signer,
                         const auditlog::Ed25519PrivateKey& key,
                         const std::vector<auditlog::SaltedUpdate>& updates,
                         v1::Signature& signature) {
  const auto hashes = auditlog::UpdateHashes(updates);
  if (!hashes.ok()) return hashes.status();
  auto bytes =
      auditlog::SignFrame(signer.agency(), signer.key_id(), *hashes, key);
  if (!bytes.ok()) return bytes.status();
  signature.set_key_id(signer.key_id());
  signature.set_signature(*std::move(bytes));
  return absl::OkStatus();
}

}  // namespace

std::string DrawSalt() { return RandomBytes(auditlog::kSaltSize); }

FrameSigner::FrameSigner(std::string agency, std::string key_id,
                         auditlog::Ed25519PrivateKey key)
    : agency_(std::move(agency)),
      key_id_(std::move(key_id)),
      key_(std::move(key)) {}

absl::StatusOr<FrameSigner> FrameSigner::Load(std::string_view agency,
                                              std::string_view key_id,
                                              const std::string& path) {
  auto key = auditlog::Ed25519PrivateKey::Load(path);
  if (!key.ok()) return key.status();
  return FrameSigner(std::string(agency), std::string(key_id), *std::move(key));
}

absl::Status FrameSigner::Sign(v1::Frame& frame) const {
  const auto count = static_cast<std::size_t>(frame.updates_size());
  const std::string salts = RandomBytes(count * auditlog::kSaltSize);
  frame.clear_salts();
  std::vector<auditlog::SaltedUpdate> updates;
  updates.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    frame.add_salts(salts.substr(i * auditlog::kSaltSize, auditlog::kSaltSize));
    const int position = static_cast<int>(i);
    updates.push_back({frame.salts(position), frame.updates(position)});
  }
  return SignUpdates(*this, key_, updates, *frame.mutable_signature());
}

absl::Status FrameSigner::Sign(v1::SubmitRecordRequest& request) const {
  request.set_salt(DrawSalt());
  return SignUpdates(*this, key_, {{request.salt(), request.update()}},
                     *request.mutable_signature());
}

}  // namespace waystation::client
