// SPDX-License-Identifier: Apache-2.0
// submit_record AGENCY RECORD_KEY REVISION
//
// Sends one signed update with the C++ client library and prints the outcome
// and the handle. Where the hub is and who calls stands in the environment, as
// for the examples in Python and Node.
#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "environment.h"
#include "waystation/connection.h"
#include "waystation/frame_signer.h"
#include "waystation/services.h"
#include "waystation/v1/person.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace {

namespace client = waystation::client;
namespace v1 = waystation::v1;

// A made-up worker's new job. The bytes are what is signed and kept.
std::string UpdateOf(const std::string& record_key, std::uint64_t revision) {
  v1::Update update;
  update.set_record_key(record_key);
  update.set_revision(revision);
  auto& job = *update.mutable_claims()->mutable_employment();
  job.set_employer("苏州第 " + std::to_string(revision) + " 电子厂");
  update.mutable_mask()->add_paths("employment");
  update.mutable_times()->mutable_recorded_time()->set_seconds(1714521600);
  update.set_evidence(v1::EVIDENCE_DOCUMENT_SEEN);
  return update.SerializeAsString();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: submit_record AGENCY RECORD_KEY REVISION\n");
    return 2;
  }
  const std::string agency = argv[1];
  const auto connection = client::Connection::Open(ConnectionOf(agency));
  if (!connection.ok()) return Fail(connection.status());
  const auto signer = client::FrameSigner::Load(
      agency, "dev",
      Environment("WAYSTATION_" + Upper(agency) + "_SIGNING_KEY"));
  if (!signer.ok()) return Fail(signer.status());

  v1::SubmitRecordRequest request;
  request.set_update(UpdateOf(argv[2], std::strtoull(argv[3], nullptr, 10)));
  if (const absl::Status done = signer->Sign(request); !done.ok()) {
    return Fail(done);
  }
  const auto answer = client::Registry(**connection).SubmitRecord(request);
  if (!answer.ok()) return Fail(answer.status());
  const v1::UpdateResult& result = answer->result();
  std::printf("%s %s\n",
              v1::UpdateResult::Outcome_Name(result.outcome()).c_str(),
              result.handle().c_str());
  return 0;
}
