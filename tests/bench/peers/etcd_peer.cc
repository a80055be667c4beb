// SPDX-License-Identifier: Apache-2.0
// What would etcd do? Puts of 1.2 KB over its HTTP gateway, each durable before
// the answer, from a number of connections at once.
//
//   etcd_peer PORT KEYS SECONDS CONNECTIONS
//
// Prints puts a second.
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

uint64_t Put(unsigned short port, uint64_t keys, uint64_t seed,
             const std::atomic<bool>& stop) {
  boost::asio::io_context context;
  boost::beast::tcp_stream stream(context);
  stream.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), port));
  stream.socket().set_option(tcp::no_delay(true));
  boost::beast::flat_buffer buffer;
  std::mt19937_64 random(seed);
  uint64_t done = 0;
  std::string value(1200, 'x');
  while (!stop) {
    for (char& c : value) c = static_cast<char>('a' + random() % 26);
    http::request<http::string_body> request(http::verb::post, "/v3/kv/put",
                                             11);
    request.set(http::field::host, "127.0.0.1");
    request.body() = absl::StrCat(
        R"({"key":")",
        absl::Base64Escape(absl::StrCat("person/", random() % keys)),
        R"(","value":")", absl::Base64Escape(value), R"("})");
    request.prepare_payload();
    http::write(stream, request);
    http::response<http::string_body> response;
    http::read(stream, buffer, response);
    if (response.result() != http::status::ok) {
      std::fprintf(stderr, "etcd_peer: put answered %d\n",
                   static_cast<int>(response.result_int()));
      std::exit(1);
    }
    ++done;
  }
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: etcd_peer PORT KEYS SECONDS CONNECTIONS\n");
    return 2;
  }
  const auto port = static_cast<unsigned short>(std::atoi(argv[1]));
  const auto keys = static_cast<uint64_t>(std::atoll(argv[2]));
  const int seconds = std::atoi(argv[3]);
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> done = 0;
  std::vector<std::thread> threads;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < std::atoi(argv[4]); ++i) {
    threads.emplace_back([&, i] {
      try {
        done += Put(port, keys, static_cast<uint64_t>(i + 1), stop);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "etcd_peer: %s\n", error.what());
        std::exit(1);
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  std::printf("%.0f\n", static_cast<double>(done) / took.count());
  return 0;
}
