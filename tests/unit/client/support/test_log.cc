// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/support/test_log.h"

#include <utility>

#include "proto/auditlog/batch_signature.h"
#include "proto/auditlog/epoch.h"
#include "proto/auditlog/merkle.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::testing {
namespace {

constexpr char kOrigin[] = "test.waystation.example/log";

// Leaf hashes as a store's lowest tiles; a test's log is small.
class LeafTiles final : public auditlog::TileReader {
 public:
  explicit LeafTiles(const std::vector<std::string>& leaves)
      : leaves_(leaves) {}

  absl::StatusOr<std::vector<auditlog::Hash>> ReadTile(
      std::uint32_t level, std::uint64_t index,
      std::uint32_t width) const override {
    std::vector<auditlog::Hash> hashes;
    for (std::uint64_t i = 0; i < width; ++i) {
      const std::uint64_t at = index * auditlog::kTileWidth + i;
      if (level == 0) {
        hashes.push_back(auditlog::LeafHash(leaves_.at(at)));
        continue;
      }
      const auto below = ReadTile(level - 1, at, auditlog::kTileWidth);
      auditlog::Frontier tree;
      for (const auditlog::Hash& hash : *below) tree.Append(hash);
      hashes.push_back(tree.Root());
    }
    return hashes;
  }

 private:
  const std::vector<std::string>& leaves_;
};

class Reader final : public client::LogSource {
 public:
  explicit Reader(const TestLog& log)
      : key_(log.key().ToString()),
        agency_(log.agency),
        leaves_(log.leaves),
        details_(log.details),
        checkpoints_(log.checkpoints) {}

  absl::StatusOr<std::string> VerifierKey() override { return key_; }
  absl::StatusOr<std::vector<v1::Agency>> Agencies() override {
    return std::vector<v1::Agency>{agency_};
  }
  absl::StatusOr<std::optional<std::string>> NextCheckpoint() override {
    if (next_checkpoint_ == checkpoints_.size()) return std::nullopt;
    return checkpoints_[next_checkpoint_++];
  }
  void StartAt(std::uint64_t index) override { next_ = index; }
  absl::StatusOr<std::optional<client::LogSpan>> Next() override {
    constexpr std::uint64_t kAtOnce = 100;
    if (next_ >= leaves_.size()) return std::nullopt;
    client::LogSpan span;
    span.first = next_;
    for (; next_ < leaves_.size() && next_ - span.first < kAtOnce; ++next_) {
      span.leaves.push_back(leaves_[next_]);
      span.details.push_back(details_[next_]);
    }
    return span;
  }

 private:
  const std::string key_;
  const v1::Agency agency_;
  const std::vector<std::string> leaves_;
  const std::vector<std::string> details_;
  const std::vector<std::string> checkpoints_;
  std::size_t next_checkpoint_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace

TestLog::TestLog()
    : signer_(*auditlog::NoteSigner::Create(kOrigin, key_)),
      frame_signer_(kAgency, kKeyId, *auditlog::Ed25519PrivateKey::Generate()) {
  // A signer of its own key, registered with the agency.
  const auto key = auditlog::Ed25519PrivateKey::Generate();
  frame_signer_ = client::FrameSigner(kAgency, kKeyId, *key);
  agency.set_id(kAgency);
  v1::SigningKey& signing = *agency.add_signing_keys();
  signing.set_key_id(kKeyId);
  signing.set_public_key(key->public_key().raw());
}

void TestLog::AppendPlain() {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_READ);
  event.set_actor("agency/labor.320500");
  event.mutable_time()->set_seconds(1'700'000'000 +
                                    static_cast<std::int64_t>(leaves.size()));
  leaves.push_back(event.SerializeAsString());
  details.emplace_back();
}

void TestLog::AppendFrame(int updates) {
  v1::Frame frame;
  for (int i = 0; i < updates; ++i) {
    frame.add_updates("update " + std::to_string(i));
  }
  frame_signer_.Sign(frame).IgnoreError();
  std::vector<auditlog::SaltedUpdate> salted;
  for (int i = 0; i < updates; ++i) {
    salted.push_back({frame.salts(i), frame.updates(i)});
  }
  const auto hashes = *auditlog::UpdateHashes(salted);
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_UPDATES);
  event.set_agency(kAgency);
  event.set_count(static_cast<std::uint32_t>(updates));
  event.set_details_root(
      std::string(auditlog::AsBytes(auditlog::TreeRoot(hashes))));
  *event.mutable_signature() = frame.signature();
  leaves.push_back(event.SerializeAsString());
  details.emplace_back();
  for (const auditlog::Hash& hash : hashes) {
    details.back() += auditlog::AsBytes(hash);
  }
}

void TestLog::Sign() {
  const std::string origin = auditlog::OriginOfEpoch(kOrigin, epoch_);
  checkpoints.push_back(
      auditlog::SignCheckpoint({.origin = origin,
                                .size = leaves.size(),
                                .root = RootAt(leaves.size()),
                                .extensions = {}},
                               *auditlog::NoteSigner::Create(origin, key_)));
}

void TestLog::Restore(std::size_t entries, std::string_view epoch) {
  leaves.resize(entries);
  details.resize(entries);
  epoch_ = epoch;
}

auditlog::Hash TestLog::RootAt(std::uint64_t size) const {
  auditlog::Frontier tree;
  for (std::uint64_t i = 0; i < size; ++i) {
    tree.Append(auditlog::LeafHash(leaves[i]));
  }
  return tree.Root();
}

auditlog::Proof TestLog::Inclusion(std::uint64_t index,
                                   std::uint64_t size) const {
  return *auditlog::BuildInclusionProof(index, size, LeafTiles(leaves));
}

auditlog::Proof TestLog::Consistency(std::uint64_t first,
                                     std::uint64_t second) const {
  return *auditlog::BuildConsistencyProof(first, second, LeafTiles(leaves));
}

std::unique_ptr<client::LogSource> TestLog::Source() const {
  return std::make_unique<Reader>(*this);
}

}  // namespace waystation::testing
