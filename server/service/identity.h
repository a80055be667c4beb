// SPDX-License-Identifier: Apache-2.0
// Who calls. The transport has checked that an authority vouches for the
// certificate and gives its one SPIFFE identity (`peer_spiffe_id`); everything
// else is checked here, since the transport lets it pass:
//
//   identity := "spiffe://" trust-domain "/" path
//   path     := "agency/" id | "agency/" id "/clerk/" name | "office/" name
//             | "operator/" name | "auditor/" name
//   id       := sector "." division       sector: a-z 0-9 _, 2 to 12 digits
//   name     := a-z 0-9 . _ -             no dot beside a dot, 1 to 64 bytes
//
// Lower case only, nothing percent-encoded, nothing to normalise.
#ifndef WAYSTATION_SERVER_SERVICE_IDENTITY_H_
#define WAYSTATION_SERVER_SERVICE_IDENTITY_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/hub/caller.h"
#include "server/service/certificate.h"

namespace grpc {
class AuthContext;
}

namespace waystation::service {

// The caller that a path such as "agency/labor.320500/clerk/li" names, without
// serial; nullopt for any other spelling.
std::optional<hub::Caller> ParsePath(std::string_view path);

// What a connection's authentication context says.
struct Peer {
  // `peer_spiffe_id`: empty unless the certificate has exactly one URI, and
  // that is a SPIFFE identity.
  std::string spiffe_id;
  // The leaf, and all that was sent along with it.
  std::string certificate_pem;
  std::string chain_pem;
};
Peer PeerOf(const grpc::AuthContext& context);
// Where the transport holds the certificate: the same for all calls of a
// connection, and no other connection's while it lives.
const void* TokenOf(const grpc::AuthContext& context);

// A caller and until when its certificate holds.
struct Identified {
  hub::Caller caller;
  absl::Time not_after;
};

// Thread-safe. Remembers certificates that it has seen, so that all but the
// first call of a connection cost a look-up.
class Callers {
 public:
  struct Options {
    std::string trust_domain;
    std::function<absl::Time()> clock;
    // Whether a serial is on the deny list; asked for each call.
    std::function<bool(std::string_view serial)> is_revoked;
    // Whether an agency is registered; asked for each call of one.
    std::function<bool(std::string_view agency)> is_registered;
  };

  Callers(Options options, Authorities clients, Authorities auditors);

  // NO_IDENTITY names the rule that the certificate breaks. CERTIFICATE_REVOKED
  // and AGENCY_NOT_REGISTERED as they say, with the path as "identity" in the
  // metadata.
  absl::StatusOr<Identified> Identify(const Peer& peer);

  // From now on these vouch, and nobody else.
  void SetAuthorities(Authorities clients, Authorities auditors);

 private:
  absl::StatusOr<Identified> Examine(const Peer& peer, absl::Time now) const;

  const Options options_;
  mutable std::mutex mutex_;
  Authorities clients_;
  Authorities auditors_;
  // By leaf and chain.
  std::unordered_map<std::string, std::shared_ptr<const Identified>> known_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_IDENTITY_H_
