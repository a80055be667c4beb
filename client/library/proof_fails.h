// SPDX-License-Identifier: Apache-2.0
#ifndef CLIENT_LIBRARY_PROOF_FAILS_H_
#define CLIENT_LIBRARY_PROOF_FAILS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "proto/errors/error.h"

namespace waystation::client {

// DATA_LOSS: a log, or a proof about it, is not what it should be.
inline absl::Status ProofFails(std::string what) {
  return errors::Error("PROOF_FAILS", {.rule = std::move(what)});
}

}  // namespace waystation::client

#endif  // CLIENT_LIBRARY_PROOF_FAILS_H_
