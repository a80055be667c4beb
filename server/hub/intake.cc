// SPDX-License-Identifier: Apache-2.0
#include "server/hub/intake.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/auditlog/batch_signature.h"
#include "proto/auditlog/merkle.h"
#include "proto/errors/error.h"

namespace waystation::hub {
namespace {

absl::Status CheckLimits(const v1::Frame& frame) {
  if (frame.updates_size() == 0) {
    return errors::Error("FRAME_EMPTY", {.field = "frame.updates"});
  }
  size_t bytes = 0;
  for (const std::string& update : frame.updates()) bytes += update.size();
  if (frame.updates_size() > kMaxUpdatesInFrame || bytes > kMaxFrameBytes) {
    return errors::Error(
        "FRAME_TOO_LARGE",
        {.field = "frame.updates", .rule = "at most 256 updates and 1 MiB"});
  }
  return absl::OkStatus();
}

absl::Status CheckSalts(const v1::Frame& frame) {
  const bool none = frame.salts_size() == 0 && !frame.has_signature();
  const bool fits =
      frame.salts_size() == frame.updates_size() &&
      std::ranges::all_of(frame.salts(), [](const std::string& salt) {
        return salt.size() == auditlog::kSaltSize;
      });
  if (none || fits) return absl::OkStatus();
  return errors::Error(
      "SALTS_INVALID",
      {.field = "frame.salts", .rule = "one for each update, 16 bytes each"});
}

absl::Status CheckSignature(const AgencyEntry& agency, bool may_be_unsigned,
                            const v1::Frame& frame,
                            std::span<const auditlog::Hash> hashes,
                            int64_t now) {
  if (!frame.has_signature()) {
    if (may_be_unsigned) return absl::OkStatus();
    return errors::Error("SIGNATURE_MISSING", {.field = "frame.signature"});
  }
  const auditlog::Ed25519PublicKey* key =
      agency.FindKey(frame.signature().key_id(), now);
  if (key == nullptr) {
    return errors::Error("SIGNING_KEY_UNKNOWN",
                         {.field = "frame.signature.key_id"});
  }
  if (!auditlog::VerifyFrame(agency.id(), frame.signature().key_id(), hashes,
                             frame.signature().signature(), *key)
           .ok()) {
    return errors::Error("SIGNATURE_INVALID", {.field = "frame.signature"});
  }
  return absl::OkStatus();
}

// Reads the frame; `may_be_unsigned` is the agency's policy for it.
absl::StatusOr<UpdateWork::Frame> Read(Core& core, const Caller& caller,
                                       const AgencyEntry& agency,
                                       bool may_be_unsigned, v1::Frame frame) {
  if (auto status = CheckLimits(frame); !status.ok()) return status;
  if (auto status = CheckSalts(frame); !status.ok()) return status;
  UpdateWork::Frame read;
  read.caller = caller;
  read.options = {.received_time = core.clock.Now(), .profile = core.Profile()};
  std::vector<auditlog::Hash> hashes;
  hashes.reserve(static_cast<size_t>(frame.updates_size()));
  read.updates.resize(static_cast<size_t>(frame.updates_size()));
  for (int i = 0; i < frame.updates_size(); ++i) {
    ReadyUpdate& update = read.updates[static_cast<size_t>(i)];
    update.bytes = std::move(*frame.mutable_updates(i));
    if (frame.salts_size() != 0) {
      update.salt = std::move(*frame.mutable_salts(i));
    } else {
      const auto salt = core.random.Draw<auditlog::kSaltSize>();
      update.salt.assign(salt.begin(), salt.end());
    }
    update.hash = auditlog::SaltedHash(update.salt, update.bytes);
    hashes.push_back(update.hash);
  }
  if (auto status = CheckSignature(agency, may_be_unsigned, frame, hashes,
                                   read.options.received_time);
      !status.ok()) {
    return status;
  }
  read.root = auditlog::TreeRoot(hashes);
  if (frame.has_signature()) read.signature = frame.signature();
  for (ReadyUpdate& update : read.updates) {
    domain::ReadResult result = domain::Read(update.bytes, read.options);
    update.read = std::move(result.update);
    update.violations = std::move(result.violations);
    if (update.violations.empty()) {
      update.key = core.hashes.RecordKey(caller.agency, update.read.record_key);
    }
  }
  return read;
}

}  // namespace

absl::StatusOr<UpdateWork::Frame> ReadFrame(Core& core, const Caller& caller,
                                            v1::SubmitRecordsRequest request) {
  const std::shared_ptr<const Snapshot> registry = core.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  auto read = Read(core, caller, *agency, agency->agency.unsigned_frames(),
                   std::move(*request.mutable_frame()));
  if (!read.ok()) return read.status();
  read->number = request.frame_number();
  read->validate_only = request.validate_only();
  return read;
}

absl::StatusOr<UpdateWork::Frame> ReadUnary(Core& core, const Caller& caller,
                                            v1::SubmitRecordRequest request) {
  const std::shared_ptr<const Snapshot> registry = core.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  v1::Frame frame;
  frame.add_updates(std::move(*request.mutable_update()));
  if (!request.salt().empty()) {
    frame.add_salts(std::move(*request.mutable_salt()));
  }
  if (request.has_signature()) {
    *frame.mutable_signature() = std::move(*request.mutable_signature());
  }
  auto read = Read(core, caller, *agency, agency->agency.unsigned_unary(),
                   std::move(frame));
  if (!read.ok()) return read.status();
  read->validate_only = request.validate_only();
  return read;
}

}  // namespace waystation::hub
