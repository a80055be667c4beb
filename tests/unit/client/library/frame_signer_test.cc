// SPDX-License-Identifier: Apache-2.0
#include "waystation/frame_signer.h"

#include <gtest/gtest.h>

#include <vector>

#include "proto/auditlog/batch_signature.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::client {
namespace {

constexpr char kAgency[] = "labor.320500";
constexpr char kKeyId[] = "2026";

absl::Status Verify(const v1::Frame& frame,
                    const auditlog::Ed25519PublicKey& key) {
  std::vector<auditlog::SaltedUpdate> updates;
  for (int i = 0; i < frame.updates_size(); ++i) {
    updates.push_back({frame.salts(i), frame.updates(i)});
  }
  const auto hashes = auditlog::UpdateHashes(updates);
  if (!hashes.ok()) return hashes.status();
  return auditlog::VerifyFrame(kAgency, frame.signature().key_id(), *hashes,
                               frame.signature().signature(), key);
}

TEST(FrameSigner, SignsWhatAVerifierAccepts) {
  const auto key = auditlog::Ed25519PrivateKey::Generate();
  ASSERT_TRUE(key.ok());
  const FrameSigner signer(kAgency, kKeyId, *key);
  v1::Frame frame;
  frame.add_updates("one");
  frame.add_updates("two");
  ASSERT_TRUE(signer.Sign(frame).ok());
  ASSERT_EQ(frame.salts_size(), 2);
  EXPECT_NE(frame.salts(0), frame.salts(1));
  EXPECT_TRUE(Verify(frame, key->public_key()).ok());

  v1::Frame changed = frame;
  changed.set_updates(1, "three");
  EXPECT_FALSE(Verify(changed, key->public_key()).ok());
}

TEST(FrameSigner, DrawsFreshSaltsEachTime) {
  const auto key = auditlog::Ed25519PrivateKey::Generate();
  ASSERT_TRUE(key.ok());
  const FrameSigner signer(kAgency, kKeyId, *key);
  v1::Frame first, second;
  first.add_updates("one");
  second.add_updates("one");
  ASSERT_TRUE(signer.Sign(first).ok());
  ASSERT_TRUE(signer.Sign(second).ok());
  EXPECT_NE(first.salts(0), second.salts(0));
}

TEST(FrameSigner, SignsAUnaryCallAsAFrameOfOne) {
  const auto key = auditlog::Ed25519PrivateKey::Generate();
  ASSERT_TRUE(key.ok());
  v1::SubmitRecordRequest request;
  request.set_update("one");
  ASSERT_TRUE(FrameSigner(kAgency, kKeyId, *key).Sign(request).ok());
  v1::Frame frame;
  frame.add_updates(request.update());
  frame.add_salts(request.salt());
  *frame.mutable_signature() = request.signature();
  EXPECT_TRUE(Verify(frame, key->public_key()).ok());
}

TEST(FrameSigner, RefusesAFrameWithoutUpdates) {
  const auto key = auditlog::Ed25519PrivateKey::Generate();
  ASSERT_TRUE(key.ok());
  v1::Frame frame;
  EXPECT_TRUE(
      absl::IsInvalidArgument(FrameSigner(kAgency, kKeyId, *key).Sign(frame)));
}

}  // namespace
}  // namespace waystation::client
