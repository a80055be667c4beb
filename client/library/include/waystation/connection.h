// SPDX-License-Identifier: Apache-2.0
// A mutually authenticated way to one hub (or to several processes of one),
// with deadlines, and retries where repeating is safe. services.h makes calls
// over it, submit_stream.h and mailbox_reader.h keep streams alive over it.
#ifndef WAYSTATION_CONNECTION_H_
#define WAYSTATION_CONNECTION_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace grpc {
class Channel;
}  // namespace grpc
namespace waystation::config::v1 {
class HubConnection;
}  // namespace waystation::config::v1

namespace waystation::client {

// When a call fails with UNAVAILABLE, or with RESOURCE_EXHAUSTED and a retry
// delay, it is made again after a growing pause: `initial` at first, doubled
// each time up to `limit`, less up to a half at random. A delay that the hub
// names (google.rpc.RetryInfo) goes before.
struct RetryPolicy {
  int attempts = 5;
  absl::Duration initial = absl::Milliseconds(100);
  absl::Duration limit = absl::Seconds(5);
};

struct ConnectionOptions {
  // "host:port", most wanted first.
  std::vector<std::string> hubs = {};
  std::string ca_file = {};
  std::string certificate_file = {};
  std::string key_file = {};
  // Name that the hub's certificate must hold; empty means the host's.
  std::string server_name = {};
  // Of one call, with all its retries. Streams have none.
  absl::Duration deadline = absl::Seconds(30);
  RetryPolicy retry = {};
};

// From a configuration file's part; relative paths begin at `folder`.
ConnectionOptions ToOptions(const config::v1::HubConnection& config,
                            std::string_view folder);

// Thread-safe. Outlives what uses it.
class Connection {
 public:
  // Reads the files; does not wait for the hub. INVALID_ARGUMENT: no hub, or a
  // file that does not hold what it should. NOT_FOUND: a file is missing.
  // FAILED_PRECONDITION: others may read the key, it does not fit the
  // certificate, or the certificate has expired. The text names the file.
  // Certificate and key are read again when they change.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(
      ConnectionOptions options);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const ConnectionOptions& options() const;

  // Who the caller's certificate says it is: the path below the trust domain,
  // such as "agency/labor.320500/clerk/li".
  const std::string& identity() const;
  // "labor.320500" for an agency and its clerks, else empty.
  std::string_view agency() const;
  absl::Time certificate_expiry() const;
  // Lower-case hexadecimal; of the certificate that the file held when the
  // connection was opened.
  const std::string& certificate_serial() const;

  // Ends all calls and streams of this connection with CANCELLED, those to come
  // included.
  void Cancel();
  bool cancelled() const;

  // For callers with stubs of their own: a channel for each hub, which one to
  // use now, and word that it did not answer, upon which the next one is.
  std::size_t size() const;
  std::shared_ptr<grpc::Channel> channel(std::size_t hub) const;
  std::size_t current() const;
  void Unreachable(std::size_t hub);

  // Waits, or returns CANCELLED soon after the connection is cancelled.
  absl::Status Sleep(absl::Duration duration) const;

  struct Parts;
  Parts& parts() { return *parts_; }  // For the library's own files.

 private:
  explicit Connection(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace waystation::client

#endif  // WAYSTATION_CONNECTION_H_
