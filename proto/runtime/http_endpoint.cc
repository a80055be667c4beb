// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/http_endpoint.h"

// One thread runs all handlers. The fences between them guard nothing here, and
// ThreadSanitizer knows no fences.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "proto/errors/error.h"

namespace waystation::runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds kPatience{5};
constexpr int kMostConnections = 32;
constexpr std::uint32_t kMostHeaderBytes = 8192;

// One connection: one request, one answer, closed. It keeps itself alive by the
// operations that wait on it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const HttpEndpoint::Handler& handler,
             int& open)
      : stream_(std::move(socket)), handler_(handler), open_(++open) {
    parser_.header_limit(kMostHeaderBytes);
  }
  ~Connection() { --open_; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Read() {
    stream_.expires_after(kPatience);
    http::async_read_header(
        stream_, buffer_, parser_,
        [self = shared_from_this()](error_code error, std::size_t) {
          if (!error) self->Answer();
        });
  }

 private:
  void Answer() {
    const auto& request = parser_.get();
    const bool head = request.method() == http::verb::head;
    HttpAnswer answer;
    if (!head && request.method() != http::verb::get) {
      answer = {405, "Only GET and HEAD are answered here.\n"};
    } else {
      const std::string_view target(request.target().data(),
                                    request.target().size());
      answer = handler_(target.substr(0, target.find('?')));
    }
    response_.version(11);
    response_.result(static_cast<unsigned>(answer.status));
    response_.set(http::field::content_type, answer.content_type);
    response_.set(http::field::cache_control, "no-store");
    if (answer.status == 405) response_.set(http::field::allow, "GET, HEAD");
    response_.keep_alive(false);
    response_.content_length(answer.body.size());
    if (!head) response_.body() = std::move(answer.body);
    stream_.expires_after(kPatience);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](error_code, std::size_t) {
                        error_code ignored;
                        self->stream_.socket().shutdown(
                            tcp::socket::shutdown_send, ignored);
                      });
  }

  beast::tcp_stream stream_;
  const HttpEndpoint::Handler& handler_;
  int& open_;
  beast::flat_buffer buffer_{kMostHeaderBytes};
  http::request_parser<http::empty_body> parser_;
  http::response<http::string_body> response_;
};

class Endpoint final : public HttpEndpoint {
 public:
  explicit Endpoint(Handler handler)
      : handler_(std::move(handler)), context_(1), acceptor_(context_) {}

  ~Endpoint() override {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  error_code Listen(const tcp::endpoint& address) {
    error_code error;
    acceptor_.open(address.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(address, error);
    if (!error) acceptor_.listen(kMostConnections, error);
    if (error) return error;
    Accept();
    thread_ = std::thread([this] { context_.run(); });
    return error;
  }

  std::string address() const override {
    const tcp::endpoint local = acceptor_.local_endpoint();
    const std::string host = local.address().to_string();
    return (local.address().is_v6() ? "[" + host + "]" : host) + ":" +
           std::to_string(local.port());
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (!error && open_ < kMostConnections) {
        std::make_shared<Connection>(std::move(socket), handler_, open_)
            ->Read();
      }
      if (error == asio::error::operation_aborted) return;
      if (!error) return Accept();
      // Out of file descriptors, most likely: come again a little later.
      pause_.expires_after(std::chrono::milliseconds(100));
      pause_.async_wait([this](error_code) { Accept(); });
    });
  }

  // Outlive the connections, which the context holds.
  Handler handler_;
  int open_ = 0;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_{context_};
  std::thread thread_;
};

// "127.0.0.1:9090", "[::1]:9090" or "localhost:9090".
std::optional<tcp::endpoint> Parse(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  std::string host = address.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  const std::string port = address.substr(colon + 1);
  if (port.empty() || port.size() > 5 ||
      port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoi(port) > 65535) {
    return std::nullopt;
  }
  error_code error;
  const auto ip = asio::ip::make_address(host, error);
  if (error) return std::nullopt;
  return tcp::endpoint(ip, static_cast<unsigned short>(std::stoi(port)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpEndpoint>> HttpEndpoint::Start(
    const std::string& address, Handler handler) {
  const std::optional<tcp::endpoint> endpoint = Parse(address);
  if (!endpoint || !endpoint->address().is_loopback()) {
    return errors::Error("NOT_LOOPBACK", {.rule = address});
  }
  auto started = std::make_unique<Endpoint>(std::move(handler));
  if (const error_code error = started->Listen(*endpoint)) {
    return errors::Error("PORT_TAKEN",
                         {.rule = address + ": " + error.message()});
  }
  return started;
}

}  // namespace waystation::runtime
