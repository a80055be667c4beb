// SPDX-License-Identifier: Apache-2.0
// The hub's certificate files, read again while it runs.
#ifndef WAYSTATION_SERVER_SERVICE_TLS_H_
#define WAYSTATION_SERVER_SERVICE_TLS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/service/certificate.h"

namespace grpc {
class ServerCredentials;
}

namespace waystation::service {

struct TlsPaths {
  // The hub's own chain and key; the key must be its owner's alone.
  std::string certificate;
  std::string key;
  // Who vouches for agencies, clerks, offices and operators, and who for
  // auditors. No authority may stand in both.
  std::string clients;
  std::string auditors;
};

// Not thread-safe.
class TlsFiles {
 public:
  // FILE_MISSING, KEY_FILE_MISSING, KEY_FILE_MODE, CERTIFICATE_FILE_INVALID;
  // each names the file.
  static absl::StatusOr<std::unique_ptr<TlsFiles>> Open(TlsPaths paths);
  ~TlsFiles();
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;

  // Mutual TLS that takes up changed files within `kLookEverySeconds`: the
  // transport looks at the hub's own certificate itself, and at the authorities
  // as Refresh() has left them. Lives no longer than this.
  std::shared_ptr<grpc::ServerCredentials> Credentials() const;

  const Authorities& clients() const { return clients_; }
  const Authorities& auditors() const { return auditors_; }

  // Reads the authorities again. True if they changed; on an error what held
  // before holds on.
  absl::StatusOr<bool> Refresh();

  static constexpr unsigned kLookEverySeconds = 1;

 private:
  struct Roots {
    Authorities clients;
    Authorities auditors;
  };
  static absl::StatusOr<Roots> ReadRoots(const TlsPaths& paths);

  TlsFiles(TlsPaths paths, Roots roots);
  absl::Status Publish();

  const TlsPaths paths_;
  Authorities clients_;
  Authorities auditors_;
  // Both sets as one file in memory, since the transport takes one path.
  int roots_fd_ = -1;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_TLS_H_
