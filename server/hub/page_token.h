// SPDX-License-Identifier: Apache-2.0
// Where a list goes on, as a text that means nothing outside the hub and cannot
// be made up: sealed for one list and one caller, so that an agency's token
// opens nobody else's mailbox. Equal positions give equal tokens.
//
//     token := "t-" base64url(nonce[12] AES-256-GCM(position) tag[16])
//     nonce := the first bytes of a keyed hash over list and position
#ifndef WAYSTATION_SERVER_HUB_PAGE_TOKEN_H_
#define WAYSTATION_SERVER_HUB_PAGE_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/keys.h"
#include "server/hub/seal.h"

namespace waystation::hub {

// Immutable, thread-safe.
class PageTokens {
 public:
  explicit PageTokens(const SecretKey& handle_key);

  // `list` names the list, its caller and its filters, such as
  // "mailbox labor.320500".
  std::string Encode(std::string_view list, std::string_view position) const;
  std::string Encode(std::string_view list, uint64_t position) const;

  // INVALID_ARGUMENT (PAGE_TOKEN_INVALID) for a token of another list or none
  // at all.
  absl::StatusOr<std::string> Decode(std::string_view list,
                                     std::string_view token) const;
  // The same for a position that is a number; 0 for an empty token.
  absl::StatusOr<uint64_t> DecodeNumber(std::string_view list,
                                        std::string_view token) const;

 private:
  Place PlaceOf(std::string_view list) const;

  KeyedHash hash_;
  DataKey key_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_PAGE_TOKEN_H_
