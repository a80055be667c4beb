// SPDX-License-Identifier: Apache-2.0
// What one agency seals for another, in the Cryptographic Message Syntax, so
// that any language opens it, and `openssl cms` does:
//
//     sealed    := AuthEnvelopedData(signed)      RFC 5083, AES-256-GCM
//                  the key by ECDH for the recipient's certificate and, if
//                  wanted, the sender's own
//     signed    := SignedData(payload)            RFC 5652, ECDSA
//                  one signer, who signs a content hint (RFC 2634) beside it:
//     hint      := "waystation hand-over 1" { LF name "=" value }
//                  name is from, to, type, sealed-for, consent
//
// Signed within sealed: whoever carries it sees neither, and can put nothing
// else in its place. The hint says for whom it was made, so that the recipient
// can neither be given what was meant for another nor pass it on as made for a
// third; and for which certificate it was sealed, so that one who was put
// between the two and sealed it anew is found by who opens it.
#ifndef WAYSTATION_PROTO_SEALED_ENVELOPE_H_
#define WAYSTATION_PROTO_SEALED_ENVELOPE_H_

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::sealed {

// What the sender signs beside the payload.
struct Statement {
  // Agency ids.
  std::string from;
  std::string to;
  v1::SealedAttachment::Type type = v1::SealedAttachment::TYPE_UNSPECIFIED;
  // FingerprintOf the recipient's certificate.
  std::string sealed_for;
  v1::HandOverConsent consent;
};
std::string TextOf(const Statement& statement);

// Seals `payload` for the recipient's certificate and for the sender's own,
// from whose key file it is signed. KEY_FILE_INVALID;
// SEALING_CERTIFICATE_MISSING for a certificate that cannot be sealed for.
absl::StatusOr<std::string> Seal(std::string_view payload,
                                 const Statement& statement,
                                 std::string_view key_file,
                                 std::string_view recipient_certificate);

// Whether only the two can open it, as far as one can tell who can not:
// PAYLOAD_NOT_SEALED unless it is an envelope for one of `recipients`, and for
// nobody else but `senders` (certificates, PEM).
absl::Status CheckSealed(std::string_view sealed,
                         std::span<const std::string> recipients,
                         std::span<const std::string> senders);

struct Opened {
  std::string payload;
  // As signed; TextOf what the reader takes it for is to be equal.
  std::string statement;
};
// With the key of `key_file`. PAYLOAD_NOT_OPENED: it was sealed for another
// key, or was altered, or none of the certificates in `senders` signed it;
// KEY_FILE_INVALID.
absl::StatusOr<Opened> Open(std::string_view sealed, std::string_view key_file,
                            std::span<const std::string> senders);

}  // namespace waystation::sealed

#endif  // WAYSTATION_PROTO_SEALED_ENVELOPE_H_
