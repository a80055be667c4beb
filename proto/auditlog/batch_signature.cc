// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/batch_signature.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proto/auditlog/merkle.h"

namespace waystation::auditlog {
namespace {

constexpr std::string_view kDomain = "waystation/v1 frame\n";
constexpr std::size_t kMaxIdSize = 128;

// A line break in an id would let one statement be read as another.
bool IsId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxIdSize &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return absl::ascii_isgraph(static_cast<unsigned char>(c));
         });
}

}  // namespace

absl::StatusOr<std::vector<Hash>> UpdateHashes(
    std::span<const SaltedUpdate> updates) {
  std::vector<Hash> hashes;
  hashes.reserve(updates.size());
  for (const SaltedUpdate& update : updates) {
    if (update.salt.size() != kSaltSize) {
      return absl::InvalidArgumentError(absl::StrCat("the salt of update ",
                                                     hashes.size(), " is not ",
                                                     kSaltSize, " bytes long"));
    }
    hashes.push_back(SaltedHash(update.salt, update.bytes));
  }
  return hashes;
}

absl::StatusOr<std::string> FrameStatement(
    std::string_view agency, std::string_view key_id,
    std::span<const Hash> update_hashes) {
  if (!IsId(agency)) {
    return absl::InvalidArgumentError("the agency id cannot be signed");
  }
  if (!IsId(key_id)) {
    return absl::InvalidArgumentError("the key id cannot be signed");
  }
  if (update_hashes.empty()) {
    return absl::InvalidArgumentError("a frame holds at least one update");
  }
  std::string statement(kDomain);
  statement.append(agency).append("\n");
  statement.append(key_id).append("\n");
  statement.append(std::to_string(update_hashes.size())).append("\n");
  statement.append(ToBase64(TreeRoot(update_hashes))).append("\n");
  return statement;
}

absl::StatusOr<std::string> SignFrame(std::string_view agency,
                                      std::string_view key_id,
                                      std::span<const Hash> update_hashes,
                                      const Ed25519PrivateKey& key) {
  const absl::StatusOr<std::string> statement =
      FrameStatement(agency, key_id, update_hashes);
  if (!statement.ok()) return statement.status();
  return key.Sign(*statement);
}

absl::Status VerifyFrame(std::string_view agency, std::string_view key_id,
                         std::span<const Hash> update_hashes,
                         std::string_view signature,
                         const Ed25519PublicKey& key) {
  const absl::StatusOr<std::string> statement =
      FrameStatement(agency, key_id, update_hashes);
  if (!statement.ok()) return statement.status();
  return key.Verify(*statement, signature);
}

}  // namespace waystation::auditlog
