// SPDX-License-Identifier: Apache-2.0
// Frames as agencies send them: limits, salts, and the signature over the tree
// of updates. What updates say is the target `updates`.
#include <openssl/rand.h>

#include <memory>
#include <string>
#include <utility>

#include "proto/auditlog/batch_signature.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/merkle.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "server/hub/core.h"
#include "server/hub/intake.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "tests/fuzz/fuzz.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::fuzz {
namespace {

constexpr std::string_view kAgency = "labor.320500";
constexpr std::string_view kKeyId = "k1";
constexpr std::int64_t kNow = 1'772'323'200'000'000;  // 2026-03-01

// What a hub holds that reads frames of one agency.
class Intake {
 public:
  Intake()
      : key_(*auditlog::Ed25519PrivateKey::FromSeed(std::string(32, 's'))),
        store_(*storage::sqlite::OpenSqlite({.folder = folder_.path() + "/s"})),
        core_(Dependencies(), OptionsOf()) {
    Register();
  }

  // Whether frames of the agency may go unsigned.
  void MayBeUnsigned(bool unsigned_frames) {
    if (stored_.agency().unsigned_frames() == unsigned_frames) return;
    stored_.mutable_agency()->set_unsigned_frames(unsigned_frames);
    Register();
  }

  absl::StatusOr<hub::UpdateWork::Frame> Read(
      v1::SubmitRecordsRequest request) {
    hub::Caller caller;
    caller.agency = std::string(kAgency);
    return hub::ReadFrame(core_, caller, std::move(request));
  }

  const auditlog::Ed25519PrivateKey& key() const { return key_; }

 private:
  hub::Dependencies Dependencies() {
    return {.store = *store_,
            .keys = keys_,
            .log_key = key_,
            .clock = [] { return absl::FromUnixMicros(kNow); },
            .random =
                [](void* bytes, std::size_t size) {
                  RAND_bytes(static_cast<unsigned char*>(bytes),
                             static_cast<int>(size));
                }};
  }
  static hub::Options OptionsOf() {
    hub::Options options;
    options.log_origin = "fuzz.example/log";
    options.demo_numbers = true;
    return options;
  }
  void Register() {
    v1::Agency& agency = *stored_.mutable_agency();
    agency.set_id(std::string(kAgency));
    agency.set_sector("labor");
    if (agency.signing_keys().empty()) {
      v1::SigningKey& key = *agency.add_signing_keys();
      key.set_key_id(std::string(kKeyId));
      key.set_public_key(key_.public_key().raw());
    }
    stored_.set_number(1);
    const storage::ObjectRow row{.kind = std::string(hub::kAgencyObject),
                                 .id = std::string(kAgency),
                                 .bytes = stored_.SerializeAsString()};
    WAYSTATION_HOLDS(core_.registry.Put({&row, 1}).ok());
  }

  ScratchFolder folder_;
  hub::Keys keys_ = hub::Keys::Generate();
  auditlog::Ed25519PrivateKey key_;
  std::unique_ptr<storage::Store> store_;
  store::v1::StoredAgency stored_;
  hub::Core core_;
};

Intake& TheIntake() {
  static Intake intake;
  return intake;
}

void CheckViolations(const std::vector<v1::Violation>& violations) {
  WAYSTATION_HOLDS(violations.size() <= 64);
  for (const v1::Violation& violation : violations) {
    WAYSTATION_HOLDS(errors::FindReason(violation.reason()) != nullptr);
    WAYSTATION_HOLDS(!violation.field().empty());
  }
}

// What was taken is what was sent, and the agency signed it.
void CheckTaken(const v1::Frame& sent, const hub::UpdateWork::Frame& taken) {
  WAYSTATION_HOLDS(taken.updates.size() ==
                   static_cast<std::size_t>(sent.updates_size()));
  WAYSTATION_HOLDS(sent.updates_size() <= hub::kMaxUpdatesInFrame);
  std::vector<auditlog::SaltedUpdate> salted;
  for (std::size_t i = 0; i < taken.updates.size(); ++i) {
    const hub::ReadyUpdate& update = taken.updates[i];
    WAYSTATION_HOLDS(update.bytes == sent.updates(static_cast<int>(i)));
    if (sent.salts_size() > 0) {
      WAYSTATION_HOLDS(update.salt == sent.salts(static_cast<int>(i)));
    }
    salted.push_back({.salt = update.salt, .bytes = update.bytes});
    CheckViolations(update.violations);
  }
  const auto hashes = auditlog::UpdateHashes(salted);
  WAYSTATION_HOLDS(hashes.ok());
  WAYSTATION_HOLDS(taken.root == auditlog::TreeRoot(*hashes));
  if (!sent.has_signature()) return;
  WAYSTATION_HOLDS(auditlog::VerifyFrame(kAgency, sent.signature().key_id(),
                                         *hashes, sent.signature().signature(),
                                         TheIntake().key().public_key())
                       .ok());
}

void CheckFrame(const v1::SubmitRecordsRequest& request) {
  const auto taken = TheIntake().Read(request);
  if (taken.ok()) {
    CheckTaken(request.frame(), *taken);
  } else {
    WAYSTATION_HOLDS(!errors::ReasonOf(taken.status()).empty());
  }
}

// The frame as the agency would sign it, with salts made of the updates.
void Sign(v1::Frame& frame) {
  frame.clear_salts();
  std::vector<auditlog::SaltedUpdate> salted;
  for (const std::string& update : frame.updates()) {
    const auditlog::Hash hash = auditlog::Sha256(update);
    frame.add_salts(
        std::string(auditlog::AsBytes(hash).substr(0, auditlog::kSaltSize)));
  }
  for (int i = 0; i < frame.updates_size(); ++i) {
    salted.push_back({.salt = frame.salts(i), .bytes = frame.updates(i)});
  }
  const auto hashes = auditlog::UpdateHashes(salted);
  WAYSTATION_HOLDS(hashes.ok());
  frame.mutable_signature()->set_key_id(std::string(kKeyId));
  frame.mutable_signature()->set_signature(
      *auditlog::SignFrame(kAgency, kKeyId, *hashes, TheIntake().key()));
}

// A frame that was signed is taken; one of which a bit is another is not.
void CheckSigned(v1::SubmitRecordsRequest request, std::uint8_t choice) {
  v1::Frame& frame = *request.mutable_frame();
  if (frame.updates().empty() ||
      frame.updates_size() > hub::kMaxUpdatesInFrame) {
    return;
  }
  Sign(frame);
  WAYSTATION_HOLDS(TheIntake().Read(request).ok());
  std::string& changed = choice % 3 == 0 ? *frame.mutable_updates(0)
                         : choice % 3 == 1
                             ? *frame.mutable_salts(0)
                             : *frame.mutable_signature()->mutable_signature();
  if (changed.empty()) return;
  char& byte = changed[choice % changed.size()];
  byte = static_cast<char>(byte ^ 1);
  WAYSTATION_HOLDS(errors::ReasonOf(TheIntake().Read(request).status()) ==
                   "SIGNATURE_INVALID");
}

}  // namespace
}  // namespace waystation::fuzz

// Choices: 0 and 1 a request, unsigned frames refused or not; 2 one update;
// from 3 on a request that the agency signs.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace waystation::fuzz;
  const Chosen input = TakeChoice(data, size);
  waystation::v1::SubmitRecordsRequest request;
  if (!request.ParseFromArray(input.bytes.data(),
                              static_cast<int>(input.bytes.size()))) {
    return 0;
  }
  TheIntake().MayBeUnsigned(input.choice == 1);
  if (input.choice < 2) {
    CheckFrame(request);
  } else {
    CheckSigned(std::move(request), input.choice);
  }
  return 0;
}
