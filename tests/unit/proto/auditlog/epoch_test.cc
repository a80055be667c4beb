// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/epoch.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "proto/auditlog/note.h"

namespace waystation::auditlog {
namespace {

constexpr std::string_view kBase = "suzhou.example/log";
constexpr std::string_view kEpoch = "20261126T220501Z";

Checkpoint At(const std::string& origin) {
  Checkpoint checkpoint;
  checkpoint.origin = origin;
  checkpoint.size = 7;
  return checkpoint;
}

TEST(Epoch, IsReadFromTheOriginThatItMakes) {
  EXPECT_EQ(OriginOfEpoch(kBase, ""), kBase);
  const std::string origin = OriginOfEpoch(kBase, kEpoch);
  EXPECT_EQ(origin, "suzhou.example/log/epoch-20261126T220501Z");
  EXPECT_EQ(BaseOfOrigin(origin), kBase);
  EXPECT_EQ(EpochOfOrigin(origin), kEpoch);
}

TEST(Epoch, NamesThatOnlyLookLikeOneAreBases) {
  for (const std::string_view origin :
       {"", "log", "log/epoch-", "log/epoch-2026", "log/epoch-20261126T220501",
        "log/epoch-20261126T220501ZZ", "log/epoch-2026112xT220501Z",
        "log/epoch-20261126T220501Z/more"}) {
    EXPECT_EQ(BaseOfOrigin(origin), origin);
    EXPECT_EQ(EpochOfOrigin(origin), "");
  }
}

TEST(Epoch, OneKeyOpensTheCheckpointsOfAllEpochs) {
  const auto key = Ed25519PrivateKey::Generate();
  const auto first = NoteVerifier::Create(kBase, key->public_key());
  const std::string origin = OriginOfEpoch(kBase, kEpoch);
  const std::string note =
      SignCheckpoint(At(origin), *NoteSigner::Create(origin, *key));
  const auto opened = OpenCheckpoint(note, *first);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->origin, origin);

  // Not those of another log, nor of another key.
  const auto other = Ed25519PrivateKey::Generate();
  EXPECT_FALSE(OpenCheckpoint(SignCheckpoint(At(origin), *NoteSigner::Create(
                                                             origin, *other)),
                              *first)
                   .ok());
  const std::string elsewhere = OriginOfEpoch("nanjing.example/log", kEpoch);
  EXPECT_FALSE(
      OpenCheckpoint(
          SignCheckpoint(At(elsewhere), *NoteSigner::Create(elsewhere, *key)),
          *first)
          .ok());
}

}  // namespace
}  // namespace waystation::auditlog
