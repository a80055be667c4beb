// SPDX-License-Identifier: Apache-2.0
// A certificate and its private key, two files that are replaced as one.
//
// Whoever reads the two must never find one of the old pair and one of the new,
// least of all after a crash between two renames. So the names of both files
// become links through one link, and that one is replaced:
//
//   <key>.pairs/<number>/cert.pem, key.pem    a pair, written whole
//   <key>.pairs/current -> <number>           which pair stands: one rename
//   <certificate> -> <key>.pairs/current/cert.pem
//   <key>         -> <key>.pairs/current/key.pem
#ifndef WAYSTATION_PROTO_RUNTIME_KEY_PAIR_H_
#define WAYSTATION_PROTO_RUNTIME_KEY_PAIR_H_

#include <string>

#include "absl/status/status.h"

namespace waystation::runtime {

struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

// Puts `pair` in the place of what stands under the two names, which may be one
// for both; durable when it returns. At each step on the way, and wherever it
// dies, they hold the old pair or the new one, and the key is its owner's
// alone. Nobody else replaces them meanwhile; a second caller waits.
//
// FILE_MISSING or KEY_FILE_MISSING where there is no pair yet, KEY_FILE_MODE
// where the old key is not its owner's alone; else as NotWritten, and the old
// pair stands.
absl::Status ReplaceKeyPair(const std::string& certificate_path,
                            const std::string& key_path, const KeyPair& pair);

}  // namespace waystation::runtime

#endif  // WAYSTATION_PROTO_RUNTIME_KEY_PAIR_H_
