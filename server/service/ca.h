// SPDX-License-Identifier: Apache-2.0
// The hub's own certificate authority: it signs requests, and keys never leave
// their owners. Only `waystationd dev` and `init` make keys for others.
//
//   client leaf := one URI name (the SPIFFE identity), clientAuth, CA:FALSE,
//                  random 128-bit serial, 1 to 825 days, X.509 v3
//   hub leaf    := DNS and IP names, serverAuth, CA:FALSE, likewise
#ifndef WAYSTATION_SERVER_SERVICE_CA_H_
#define WAYSTATION_SERVER_SERVICE_CA_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

struct evp_pkey_st;
struct x509_st;

namespace waystation::service {

struct IssuedCertificate {
  // PEM, leaf first; the authority itself is not repeated.
  std::string chain_pem;
  // Lower-case hexadecimal.
  std::string serial;
  absl::Time not_before;
  absl::Time not_after;
};

// A new private key (EC on P-256), PKCS #8 PEM.
std::string NewKeyPem();

// A PKCS #10 request by that key, PEM. Its subject is `common_name`, which the
// authority does not copy.
absl::StatusOr<std::string> NewRequestPem(std::string_view key_pem,
                                          std::string_view common_name);

// So long before it is signed a certificate begins: clocks of clients may be a
// little behind the hub's.
inline constexpr absl::Duration kClockSlack = absl::Minutes(5);
inline constexpr int kDefaultDays = 90;
inline constexpr int kMostDays = 825;

// Thread-safe.
class Authority {
 public:
  // CERTIFICATE_FILE_INVALID unless the certificate is an authority's and the
  // key is its own.
  static absl::StatusOr<Authority> FromPem(std::string_view certificate_pem,
                                           std::string_view key_pem);

  // A new authority of a name, valid for ten years from `now`; its key as PEM
  // in `key_pem`. Signs leaves only (pathlen 0).
  static Authority Create(std::string_view common_name, absl::Time now,
                          std::string& key_pem);

  // Certifies the request's key for `path`, such as "agency/labor.320500",
  // below `trust_domain`; nothing else is taken from the request. `days` 0
  // means 90. CERTIFICATE_REQUEST_UNREADABLE, CERTIFICATE_KEY_WEAK,
  // IDENTITY_INVALID (auditors included, unless `auditors`), DAYS_INVALID.
  struct ClientRequest {
    std::string_view request_pem;
    std::string_view trust_domain;
    std::string_view path;
    int days = 0;
    // For the auditors' own authority: auditors and nobody else.
    bool auditors = false;
    // The certificate that is renewed, PEM; empty for the first of its holder.
    // Then the request has to name `path` and nothing else, and a new key:
    // CERTIFICATE_NAME_DIFFERS, CERTIFICATE_KEY_REUSED.
    std::string_view renews = {};
  };
  absl::StatusOr<IssuedCertificate> SignClient(const ClientRequest& request,
                                               absl::Time now) const;

  // Certifies the request's key for a hub that is reached by `hosts` (DNS names
  // and IP addresses).
  absl::StatusOr<IssuedCertificate> SignHub(
      std::string_view request_pem, const std::vector<std::string>& hosts,
      int days, absl::Time now) const;

  // The authority's certificate.
  std::string pem() const;

 private:
  Authority(std::shared_ptr<x509_st> certificate,
            std::shared_ptr<evp_pkey_st> key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  absl::StatusOr<IssuedCertificate> Sign(std::string_view request_pem,
                                         const std::string& names,
                                         const char* usage, int days,
                                         absl::Time now) const;

  std::shared_ptr<x509_st> certificate_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_CA_H_
