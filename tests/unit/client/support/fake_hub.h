// SPDX-License-Identifier: Apache-2.0
// A gRPC server over mutual TLS that answers what a test tells it to: for what
// a real hub does only on a bad day (going away in the middle of a stream,
// asking for patience), and for answers that never change, which golden files
// need.
#ifndef TESTS_UNIT_CLIENT_SUPPORT_FAKE_HUB_H_
#define TESTS_UNIT_CLIENT_SUPPORT_FAKE_HUB_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/unit/client/support/certificates.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace waystation::testing {

// One call as the server sees it: messages in, messages out.
class FakeCall {
 public:
  virtual ~FakeCall() = default;

  // False when the client sends no more or is gone.
  virtual bool Read(google::protobuf::Message& message) = 0;
  virtual bool Write(const google::protobuf::Message& message) = 0;
};

// Ends the call with what it returns. Runs on a thread of its own.
using FakeMethod = std::function<absl::Status(FakeCall&)>;

class FakeHub {
 public:
  FakeHub();
  ~FakeHub();

  // Answers calls to "RegistryService/SubmitRecord" and the like; replaces what
  // answered before. UNIMPLEMENTED for what nobody answers.
  void On(const std::string& method, FakeMethod answer);

  // A method that answers each request with the same message.
  void Answer(const std::string& method,
              const google::protobuf::Message& message);

  // Starts listening on a free port of loopback, or on the port it had.
  void Start();
  // Ends all calls with UNAVAILABLE and stops listening.
  void Stop();

  // "127.0.0.1:<port>"; the same after a restart.
  const std::string& address() const { return address_; }

  // Calls that were made, by method, in order.
  std::vector<std::string> calls() const;

  // Files for a client: ca.pem, client.pem, client.key (for the identity
  // "agency/labor.320500" unless said otherwise).
  const TemporaryFolder& folder() const { return folder_; }
  const TestAuthority& authority() const { return authority_; }
  void WriteClientFiles(const std::string& name, const std::string& identity);

 private:
  class Service;
  struct Running;

  TestAuthority authority_;
  TemporaryFolder folder_;
  std::string address_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Running> running_;
};

}  // namespace waystation::testing

#endif  // TESTS_UNIT_CLIENT_SUPPORT_FAKE_HUB_H_
