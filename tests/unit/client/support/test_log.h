// SPDX-License-Identifier: Apache-2.0
// A log made in memory as a hub makes one, to be read, exported, and tampered
// with.
#ifndef TESTS_UNIT_CLIENT_SUPPORT_TEST_LOG_H_
#define TESTS_UNIT_CLIENT_SUPPORT_TEST_LOG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "proto/auditlog/note.h"
#include "proto/auditlog/tiles.h"
#include "waystation/audit_log.h"
#include "waystation/frame_signer.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::testing {

class TestLog {
 public:
  static constexpr char kAgency[] = "labor.320500";
  static constexpr char kKeyId[] = "2026";

  TestLog();

  // Appends an entry without details.
  void AppendPlain();
  // Appends a signed frame of `updates` updates.
  void AppendFrame(int updates);
  // Signs what there is.
  void Sign();
  // Goes on with so many entries in another epoch, as a restored hub does.
  void Restore(std::size_t entries, std::string_view epoch);

  const auditlog::NoteVerifier& key() const { return signer_.verifier(); }
  auditlog::Hash RootAt(std::uint64_t size) const;
  auditlog::Proof Inclusion(std::uint64_t index, std::uint64_t size) const;
  auditlog::Proof Consistency(std::uint64_t first, std::uint64_t second) const;

  // Open to tampering.
  std::vector<std::string> leaves;
  std::vector<std::string> details;
  std::vector<std::string> checkpoints;
  v1::Agency agency;

  // What the log says when it is read; a change of it later is not seen.
  std::unique_ptr<client::LogSource> Source() const;

 private:
  auditlog::Ed25519PrivateKey key_ = *auditlog::Ed25519PrivateKey::Generate();
  auditlog::NoteSigner signer_;
  std::string epoch_;
  client::FrameSigner frame_signer_;
};

}  // namespace waystation::testing

#endif  // TESTS_UNIT_CLIENT_SUPPORT_TEST_LOG_H_
