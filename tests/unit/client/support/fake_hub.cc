// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/support/fake_hub.h"

#include <google/protobuf/message.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "proto/errors/grpc.h"

namespace waystation::testing {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(200);

// Method names without the package: "RegistryService/SubmitRecord".
std::string ShortName(const std::string& method) {
  const std::size_t service = method.rfind('.');
  return method.substr(service + 1);
}

}  // namespace

class FakeHub::Service {
 public:
  FakeMethod Find(const std::string& method) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(method);
    const auto found = methods_.find(method);
    return found == methods_.end() ? FakeMethod() : found->second;
  }

  void Set(const std::string& method, FakeMethod answer) {
    const std::lock_guard lock(mutex_);
    methods_[method] = std::move(answer);
  }

  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, FakeMethod> methods_;
  std::vector<std::string> calls_;
};

namespace {

// Reads and writes by waiting on the call's queue, which serves it alone.
class QueuedCall final : public FakeCall {
 public:
  QueuedCall(grpc::GenericServerAsyncReaderWriter& stream,
             grpc::ServerCompletionQueue& queue)
      : stream_(stream), queue_(queue) {}

  bool Read(google::protobuf::Message& message) override {
    grpc::ByteBuffer bytes;
    stream_.Read(&bytes, this);
    std::vector<grpc::Slice> slices;
    if (!Await() || !bytes.Dump(&slices).ok()) return false;
    std::string text;
    for (const grpc::Slice& slice : slices) {
      text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    return message.ParseFromString(text);
  }

  bool Write(const google::protobuf::Message& message) override {
    const grpc::Slice slice(message.SerializeAsString());
    stream_.Write(grpc::ByteBuffer(&slice, 1), this);
    return Await();
  }

  void Finish(const absl::Status& status) {
    stream_.Finish(errors::ToGrpc(status), this);
    Await();
  }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericServerAsyncReaderWriter& stream_;
  grpc::ServerCompletionQueue& queue_;
};

}  // namespace

struct FakeHub::Running {
  // Takes any method.
  grpc::AsyncGenericService generic;
  std::unique_ptr<grpc::Server> server;
  // Each serves one call at a time.
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  std::vector<std::thread> threads;
  std::atomic<bool> stopping = false;

  void Serve(Service& service) {
    for (std::unique_ptr<grpc::ServerCompletionQueue>& queue : queues) {
      threads.emplace_back(
          [this, &service, own = queue.get()] { ServeOn(service, *own); });
    }
  }

  // Takes one call after another on one queue.
  void ServeOn(Service& service, grpc::ServerCompletionQueue& queue);
};

void FakeHub::Running::ServeOn(Service& service,
                               grpc::ServerCompletionQueue& queue) {
  while (!stopping) {
    grpc::GenericServerContext context;
    grpc::GenericServerAsyncReaderWriter stream(&context);
    int tag = 0;
    generic.RequestCall(&context, &stream, &queue, &queue, &tag);
    void* got = nullptr;
    bool ok = false;
    // Not Next: on a busy machine the end of a call has been seen not to wake
    // who waits for it when the server shut down at that moment (gRPC 1.51).
    grpc::CompletionQueue::NextStatus next;
    do {
      next = queue.AsyncNext(&got, &ok,
                             std::chrono::system_clock::now() + kLookAgain);
    } while (next == grpc::CompletionQueue::TIMEOUT);
    if (next != grpc::CompletionQueue::GOT_EVENT || !ok) return;

    QueuedCall call(stream, queue);
    const FakeMethod method = service.Find(ShortName(context.method()));
    call.Finish(method ? method(call)
                       : absl::UnimplementedError("nobody answers"));
  }
}

FakeHub::FakeHub() : service_(std::make_unique<Service>()) {
  WriteFile(folder_ / "ca.pem", authority_.certificate_pem());
  WriteClientFiles("client", "agency/labor.320500");
}

FakeHub::~FakeHub() { Stop(); }

void FakeHub::WriteClientFiles(const std::string& name,
                               const std::string& identity) {
  const TestAuthority::Issued issued = authority_.Issue(
      {.spiffe_id = "spiffe://waystation.example/" + identity, .dns_name = ""});
  WriteFile(folder_ / (name + ".pem"), issued.certificate_pem);
  WriteFile(folder_ / (name + ".key"), issued.key_pem);
}

void FakeHub::On(const std::string& method, FakeMethod answer) {
  service_->Set(method, std::move(answer));
}

void FakeHub::Answer(const std::string& method,
                     const google::protobuf::Message& message) {
  std::shared_ptr<google::protobuf::Message> copy(message.New());
  copy->CopyFrom(message);
  On(method, [copy](FakeCall& call) {
    call.Write(*copy);
    return absl::OkStatus();
  });
}

std::vector<std::string> FakeHub::calls() const { return service_->calls(); }

void FakeHub::Start() {
  const TestAuthority::Issued issued =
      authority_.Issue({.spiffe_id = "", .dns_name = "localhost"});
  grpc::SslServerCredentialsOptions tls(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = authority_.certificate_pem();
  tls.pem_key_cert_pairs = {{issued.key_pem, issued.certificate_pem}};
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address_.empty() ? "127.0.0.1:0" : address_,
                           grpc::SslServerCredentials(tls), &port);
  running_ = std::make_unique<Running>();
  builder.RegisterAsyncGenericService(&running_->generic);
  constexpr int kCallsAtOnce = 4;
  for (int i = 0; i < kCallsAtOnce; ++i) {
    running_->queues.push_back(builder.AddCompletionQueue());
  }
  running_->server = builder.BuildAndStart();
  address_ = "127.0.0.1:" + std::to_string(port);
  running_->Serve(*service_);
}

void FakeHub::Stop() {
  if (running_ == nullptr) return;
  running_->stopping = true;
  running_->server->Shutdown(std::chrono::system_clock::now());
  // Threads first: nothing may be asked of a queue that is shut down.
  for (std::thread& thread : running_->threads) thread.join();
  for (auto& queue : running_->queues) {
    queue->Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue->Next(&tag, &ok)) {
    }
  }
  running_.reset();
}

}  // namespace waystation::testing
