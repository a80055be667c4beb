// SPDX-License-Identifier: Apache-2.0
// The key of a state folder and what is sealed with it. Nothing that an adapter
// keeps on disk tells a personal value to whoever has the disk and not the key:
//
//     key file := base64(32 random bytes) "\n"      mode 0600
//     sealed   := nonce[12] AES-256-GCM(plaintext) tag[16]
//
// The quarantine and the files for the system's import are the exception: they
// are the system's own rows in its own format, and stay beside it.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_SEALER_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_SEALER_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace waystation::adapters {

// Immutable, thread-safe.
class Sealer {
 public:
  // Reads the key; `create` makes a new one where there is none.
  // STATE_KEY_MISSING, KEY_FILE_MODE when others may read it, KEY_FILE_INVALID.
  static absl::StatusOr<Sealer> Open(const std::string& key_file, bool create);

  // With a key of the moment, which is kept nowhere.
  static Sealer Transient();

  std::string Seal(std::string_view plaintext) const;

  // STATE_DAMAGED when the bytes were not sealed with this key.
  absl::StatusOr<std::string> Unseal(std::string_view sealed) const;

  // A key of its own for the purpose that `label` names, `size` <= 32 bytes.
  std::string Derive(std::string_view label, std::size_t size) const;

 private:
  explicit Sealer(std::string key);

  std::string key_;
  std::string sealing_key_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_SEALER_H_
