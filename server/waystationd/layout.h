// SPDX-License-Identifier: Apache-2.0
// A hub's folder: keys, certificates and configuration, as `waystationd init`
// and `waystationd dev` lay it out.
//
//   hub.yaml                      configuration, with comments
//   keys/hub.keys, keys/log.pem   sealing and index keys; the log's signing key
//   log.key                       the log's verifier key, to hand out
//   tls/ca.pem, tls/ca.key        authority of agencies, offices and operators
//   tls/auditors.pem, .key        authority of auditors
//   tls/hub.pem, tls/hub.key      the hub's own certificate; once it has been
//                                 renewed, links into tls/hub.key.pairs/
//   tls/issued.pem                certificates signed beside the hub
//   store/                        the store's data
#ifndef WAYSTATION_SERVER_WAYSTATIOND_LAYOUT_H_
#define WAYSTATION_SERVER_WAYSTATIOND_LAYOUT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace waystation::waystationd {

struct Layout {
  std::string folder;
  // "host:port" for agencies, and for the machine's own health pages.
  std::string listen = "127.0.0.1:7443";
  std::string http_listen = "127.0.0.1:7480";
  // Names and addresses by which clients reach the hub.
  std::vector<std::string> hosts = {"localhost", "127.0.0.1"};
  std::string trust_domain = "waystation.example";
  std::string log_origin = "waystation.example/log";
  // As in the configuration.
  std::string store = "sqlite:store";
  bool demo_numbers = false;

  std::string In(const std::string& name) const { return folder + "/" + name; }
};

// Makes all of it in a folder that is new or empty. FOLDER_NOT_EMPTY rather
// than touch one that is not; a failure leaves it empty.
absl::Status MakeLayout(const Layout& layout, absl::Time now);

// A certificate for an identity such as "operator/li", in `certificate`, PEM.
// The key is whoever's made the request.
absl::Status CertifyRequest(const Layout& layout, const std::string& identity,
                            const std::string& request_pem,
                            const std::string& certificate, int days,
                            absl::Time now);

// The same with a new key, in `prefix`.pem and `prefix`.key: for generated
// agencies only.
absl::Status MakeClient(const Layout& layout, const std::string& identity,
                        const std::string& prefix, absl::Time now);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_LAYOUT_H_
