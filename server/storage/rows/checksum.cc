// SPDX-License-Identifier: Apache-2.0
#include "server/storage/rows/checksum.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "proto/auditlog/hash.h"

namespace waystation::storage {

ChecksumKey DeriveChecksumKey(const std::array<uint8_t, 32>& secret) {
  const std::string bytes(secret.begin(), secret.end());
  const auditlog::Hash hash =
      auditlog::Sha256(absl::StrCat("waystation store checksum v1", bytes));
  std::array<uint8_t, 16> key;
  std::copy_n(hash.begin(), key.size(), key.begin());
  return ChecksumKey(key);
}

Checksum& Checksum::Add(std::string_view bytes) {
  Checksum sum = *this;  // So that the state stays in registers.
  sum.Word(bytes.size());
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    sum.Word(word);
  }
  if (!bytes.empty()) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), bytes.size());
    sum.Word(word);
  }
  return *this = sum;
}

int64_t Checksum::Finish() {
  Word((size_ & 0xff) << 56);
  v2_ ^= 0xff;
  for (int round = 0; round < 4; ++round) Round();
  return static_cast<int64_t>(v0_ ^ v1_ ^ v2_ ^ v3_);
}

}  // namespace waystation::storage
