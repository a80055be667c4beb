// SPDX-License-Identifier: Apache-2.0
// The key file: everything that the hub must keep secret and never lose. Lines
// of text, readable by the hub's user alone (mode 0600):
//
//     file := "waystation-keys 1" line+        "#" begins a comment line
//     line := "key-encryption" id base64       32 bytes; ids rise from 1
//           | "index" epoch base64             32 bytes; one
//           | "checksum" base64                32 bytes; one
//           | "handle" base64                  32 bytes; one
//
// The key-encryption key of the highest id wraps new data keys; older ones stay
// to unwrap what they wrapped. Losing the file loses every sealed value.
#ifndef WAYSTATION_SERVER_HUB_KEYS_H_
#define WAYSTATION_SERVER_HUB_KEYS_H_

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace waystation::hub {

using SecretKey = std::array<uint8_t, 32>;

// HKDF-SHA256 without salt (RFC 5869): an independent key for each purpose.
SecretKey DeriveKey(const SecretKey& master, std::string_view purpose);

// Immutable; wiped when it dies.
class Keys {
 public:
  // Writes a new file of fresh keys. ALREADY_EXISTS rather than overwrite one.
  static absl::Status Create(const std::string& path);

  // Adds a fresh key-encryption key to a file, which then wraps what is new.
  // The file is replaced in one step. As Load for a file that is not fit.
  static absl::Status AddKeyEncryptionKey(const std::string& path);

  // FAILED_PRECONDITION, with the file's name and the rule that it breaks:
  // missing (KEY_FILE_MISSING), open to group or others or owned by another
  // user (KEY_FILE_MODE), not of this form (KEY_FILE_INVALID, with the line).
  static absl::StatusOr<Keys> Load(const std::string& path);

  // The same from text, for the content rules alone.
  static absl::StatusOr<Keys> Parse(std::string_view text,
                                    std::string_view file_name);

  // Fresh keys that stand in no file: for a throw-away hub.
  static Keys Generate();

  Keys(const Keys&) = default;
  Keys& operator=(const Keys&) = default;
  ~Keys();

  // By id; the last one wraps.
  const std::map<uint32_t, SecretKey>& key_encryption_keys() const {
    return key_encryption_keys_;
  }
  uint32_t index_epoch() const { return index_epoch_; }
  const SecretKey& index_key() const { return index_key_; }
  // For the store's own row checksums.
  const SecretKey& checksum_key() const { return checksum_key_; }
  const SecretKey& handle_key() const { return handle_key_; }

  // The same for the same file before and after AddKeyEncryptionKey; tells
  // nothing about the keys. A store remembers it, so that a hub with other keys
  // is refused before it writes anything.
  std::string Fingerprint() const;

 private:
  Keys() = default;
  std::string Format() const;
  std::string TakeLine(const std::string& line, std::set<std::string>& seen);

  std::map<uint32_t, SecretKey> key_encryption_keys_;
  uint32_t index_epoch_ = 1;
  SecretKey index_key_{};
  SecretKey checksum_key_{};
  SecretKey handle_key_{};
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_KEYS_H_
