// SPDX-License-Identifier: Apache-2.0
// A few plain pages for the machine itself: /metrics, /healthz, /readyz. It
// listens on loopback only, answers GET and HEAD, and nothing else.
#ifndef WAYSTATION_PROTO_RUNTIME_HTTP_ENDPOINT_H_
#define WAYSTATION_PROTO_RUNTIME_HTTP_ENDPOINT_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace waystation::runtime {

struct HttpAnswer {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
};

class HttpEndpoint {
 public:
  // Answers a path such as "/metrics", without its query. Runs on the
  // endpoint's one thread.
  using Handler = std::function<HttpAnswer(std::string_view path)>;

  // Listens on "host:port"; port 0 takes a free one. NOT_LOOPBACK, PORT_TAKEN.
  static absl::StatusOr<std::unique_ptr<HttpEndpoint>> Start(
      const std::string& address, Handler handler);

  // Ends open connections.
  virtual ~HttpEndpoint() = default;

  // "host:port" with the port that was taken.
  virtual std::string address() const = 0;
};

}  // namespace waystation::runtime

#endif  // WAYSTATION_PROTO_RUNTIME_HTTP_ENDPOINT_H_
