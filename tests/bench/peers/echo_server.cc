// SPDX-License-Identifier: Apache-2.0
// The bare echo, over mutual TLS and plain: what gRPC alone costs on this
// machine.
//
//   echo_server CA CERT KEY        prints both ports, ends with standard input
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "echo.grpc.pb.h"

namespace {

std::string ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class EchoServer final
    : public waystation::bench::EchoService::CallbackService {
  grpc::ServerUnaryReactor* Echo(
      grpc::CallbackServerContext* context,
      const waystation::bench::EchoRequest* request,
      waystation::bench::EchoResponse* response) override {
    response->set_body(request->body());
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerBidiReactor<waystation::bench::EchoFrame,
                          waystation::bench::EchoFrame>*
  EchoFrames(grpc::CallbackServerContext*) override {
    return new Frames;
  }

  // Reads on when a frame has been answered, as anybody would write it.
  class Frames final
      : public grpc::ServerBidiReactor<waystation::bench::EchoFrame,
                                       waystation::bench::EchoFrame> {
   public:
    Frames() { StartRead(&frame_); }
    void OnReadDone(bool ok) override {
      if (ok) {
        StartWrite(&frame_);
      } else {
        Finish(grpc::Status::OK);
      }
    }
    void OnWriteDone(bool ok) override {
      if (ok) StartRead(&frame_);
    }
    void OnDone() override { delete this; }

   private:
    waystation::bench::EchoFrame frame_;
  };
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = ReadFile(argv[1]);
  options.pem_key_cert_pairs.push_back({ReadFile(argv[3]), ReadFile(argv[2])});
  EchoServer service;
  grpc::ServerBuilder builder;
  int port = 0;
  int plain_port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options),
                           &port);
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &plain_port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (!server) return 1;
  std::printf("%d %d\n", port, plain_port);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server->Shutdown();
  return 0;
}
