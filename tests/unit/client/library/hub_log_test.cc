// SPDX-License-Identifier: Apache-2.0
// A hub's log while it is read: it grows, and witnesses cosign.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "proto/auditlog/note.h"
#include "tests/unit/client/support/fake_hub.h"
#include "tests/unit/client/support/test_log.h"
#include "waystation/audit_log.h"
#include "waystation/connection.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::client {
namespace {

using testing::FakeCall;
using testing::FakeHub;
using testing::TestLog;

std::string WithCosignature(const std::string& checkpoint) {
  auditlog::Note note = *auditlog::ParseNote(checkpoint);
  note.signatures.push_back(
      auditlog::NoteSigner::Create("labor.320500",
                                   *auditlog::Ed25519PrivateKey::Generate(),
                                   auditlog::NoteAlgorithm::kCosignatureV1)
          ->Sign(note.text, absl::UnixEpoch()));
  return auditlog::FormatNote(note);
}

// The newest checkpoint was fetched, a witness cosigned it and the log went on,
// and only then are checkpoints listed: the list still ends with the newest.
TEST(HubLog, EndsAtItsNewestCheckpointWhoeverCosignsItMeanwhile) {
  TestLog log;
  for (int i = 0; i < 4; ++i) {
    log.AppendPlain();
    log.Sign();
  }
  v1::ListEventsResponse events;
  events.set_tree_size(3);
  v1::GetCheckpointResponse newest;
  newest.set_checkpoint(log.checkpoints[2]);
  newest.set_verifier_key(log.key().ToString());
  v1::ListCheckpointsResponse list;
  list.add_checkpoints(log.checkpoints[0]);
  list.add_checkpoints(log.checkpoints[1]);
  list.add_checkpoints(WithCosignature(log.checkpoints[2]));
  list.add_checkpoints(log.checkpoints[3]);
  FakeHub hub;
  hub.Answer("AuditService/ListEvents", events);
  hub.Answer("AuditService/GetCheckpoint", newest);
  hub.Answer("AuditService/ListCheckpoints", list);
  hub.Start();
  ConnectionOptions options;
  options.hubs = {hub.address()};
  options.ca_file = hub.folder() / "ca.pem";
  options.certificate_file = hub.folder() / "client.pem";
  options.key_file = hub.folder() / "client.key";
  const auto connection = *Connection::Open(options);
  const auto source = HubLog(*connection);
  std::vector<std::string> read;
  for (auto note = source->NextCheckpoint(); note.ok() && note->has_value();
       note = source->NextCheckpoint()) {
    read.push_back(**note);
  }
  EXPECT_THAT(read,
              ::testing::ElementsAre(log.checkpoints[0], log.checkpoints[1],
                                     list.checkpoints(2)));
}

}  // namespace
}  // namespace waystation::client
