// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/outbox/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "proto/errors/error.h"
#include "waystation/store/v1/adapter_state.pb.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class StateTest : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<State> Open(bool read_only = false) {
    auto state = State::Open(folder_, read_only);
    EXPECT_TRUE(state.ok()) << state.status();
    return state.ok() ? *std::move(state) : nullptr;
  }

  static State::Transaction Begin(State& state) {
    auto transaction = state.Begin();
    EXPECT_TRUE(transaction.ok()) << transaction.status();
    return *std::move(transaction);
  }

  static store::v1::OutboxFrame Frame(const std::string& update) {
    store::v1::OutboxFrame frame;
    frame.set_source("s");
    frame.add_updates()->set_update(update);
    return frame;
  }

  const std::string folder_ =
      testing::TempDir() + "/state_" + std::to_string(getpid());
};

TEST_F(StateTest, ExchangesASettingOnlyForWhatStandsThere) {
  const auto state = Open();
  const auto exchange = [&](std::string_view expected, std::string_view value) {
    const auto exchanged = state->ExchangeSetting("seen", expected, value);
    EXPECT_TRUE(exchanged.ok()) << exchanged.status();
    return exchanged.ok() && *exchanged;
  };
  EXPECT_FALSE(exchange("one", "two"));
  EXPECT_TRUE(exchange("", "one"));
  EXPECT_FALSE(exchange("", "two"));
  EXPECT_FALSE(exchange("two", "three"));
  EXPECT_EQ(*state->Setting("seen"), "one");
  EXPECT_TRUE(exchange("one", "two"));
  EXPECT_EQ(*Open(/*read_only=*/true)->Setting("seen"), "two");
  // Emptied is as good as absent.
  EXPECT_TRUE(exchange("two", ""));
  EXPECT_TRUE(exchange("", "four"));
}

TEST_F(StateTest, RemembersRowsAndFramesTogether) {
  const HeldRow row{7, 8, {{2, 3}, {4, 5}}};
  {
    const auto state = Open();
    auto transaction = Begin(*state);
    ASSERT_TRUE(transaction.PutRow(1, "key", row).ok());
    ASSERT_TRUE(transaction.AddFrame(Frame("u"), kNow).ok());
    ASSERT_TRUE(transaction.Commit().ok());
  }
  {
    const auto state = Open();
    auto transaction = Begin(*state);  // given up
    ASSERT_TRUE(transaction.PutRow(1, "other", row).ok());
    ASSERT_TRUE(transaction.AddFrame(Frame("v"), kNow).ok());
  }
  const auto state = Open();
  {
    auto transaction = Begin(*state);
    EXPECT_EQ(**transaction.FindRow(1, "key"), row);
    EXPECT_EQ(*transaction.FindRow(1, "other"), std::nullopt);
    EXPECT_EQ(*transaction.FindRow(2, "key"), std::nullopt);
  }
  const auto entry = state->FrameAfter(0);
  ASSERT_TRUE(entry.ok() && entry->has_value());
  EXPECT_EQ((*entry)->updates, 1U);
  EXPECT_EQ((*entry)->added, kNow);
  EXPECT_EQ(state->LoadFrame((*entry)->number)->updates(0).update(), "u");
  EXPECT_EQ(*state->FrameAfter((*entry)->number), std::nullopt);
}

TEST_F(StateTest, KeepsARowWithoutClaims) {
  const auto state = Open();
  auto transaction = Begin(*state);
  const HeldRow row{1, 0, {}};
  ASSERT_TRUE(transaction.PutRow(1, "key", row).ok());
  EXPECT_EQ(**transaction.FindRow(1, "key"), row);
}

TEST_F(StateTest, CountsRevisionsOnWhateverTheClockSays) {
  const auto state = Open();
  auto transaction = Begin(*state);
  EXPECT_EQ(*transaction.NextRevision("a", kNow), 1'800'000'000U);
  EXPECT_EQ(*transaction.NextRevision("a", kNow), 1'800'000'001U);
  // The clock jumps back.
  EXPECT_EQ(*transaction.NextRevision("a", kNow - absl::Hours(1000)),
            1'800'000'002U);
  EXPECT_EQ(*transaction.NextRevision("a", kNow + absl::Hours(1)),
            1'800'003'600U);
  EXPECT_EQ(*transaction.NextRevision("b", absl::UnixEpoch()), 1U);
  EXPECT_TRUE(*transaction.RaiseRevision("b", 50));
  EXPECT_FALSE(*transaction.RaiseRevision("b", 50));
  EXPECT_FALSE(*transaction.RaiseRevision("b", 4));
  EXPECT_EQ(*transaction.NextRevision("b", absl::UnixEpoch()), 51U);
}

TEST_F(StateTest, ForgetsClaims) {
  const auto state = Open();
  auto transaction = Begin(*state);
  ASSERT_TRUE(transaction.PutRow(1, "key", {7, 8, {{2, 3}, {4, 5}}}).ok());
  ASSERT_TRUE(transaction.ForgetClaims(1, "key", AttributeBit(4), false).ok());
  EXPECT_EQ(**transaction.FindRow(1, "key"), (HeldRow{7, 8, {{2, 3}, {4, 0}}}));
  ASSERT_TRUE(transaction.ForgetClaims(1, "key", AttributeBit(2), true).ok());
  EXPECT_EQ((*transaction.FindRow(1, "key"))->row, 0U);
  EXPECT_TRUE(transaction.ForgetClaims(1, "no", AttributeBit(2), true).ok());
}

TEST_F(StateTest, SaysAllAgain) {
  const FileId file{.name = "1.csv", .size = 7, .modified = 9};
  const auto state = Open();
  {
    auto transaction = Begin(*state);
    ASSERT_TRUE(transaction.PutRow(1, "key", {5, 6, {{2, 77}, {4, 88}}}).ok());
    ASSERT_TRUE(transaction.PutFile(1, file).ok());
    ASSERT_TRUE(transaction.SayAllAgain().ok());
    const auto row = transaction.FindRow(1, "key");
    ASSERT_TRUE(row.ok() && row->has_value());
    EXPECT_EQ((*row)->row, 0U);
    EXPECT_EQ((*row)->recorded_time, 6) << "older rows stay older";
    EXPECT_GT((*row)->attributes.size(), 10U);
    for (const HeldAttribute& held : (*row)->attributes) {
      EXPECT_EQ(held.hash, 0U);
    }
    ASSERT_TRUE(transaction.Commit().ok());
  }
  EXPECT_FALSE(*state->HasFile(1, file));
}

TEST_F(StateTest, KnowsFilesByNameSizeAndTime) {
  const auto state = Open();
  const FileId file{"a.csv", 10, 20};
  {
    auto transaction = Begin(*state);
    ASSERT_TRUE(transaction.PutFile(1, file).ok());
    ASSERT_TRUE(transaction.PutFile(1, {"b.csv", 1, 2}).ok());
    ASSERT_TRUE(transaction.PutFile(1, {"b.csv", 3, 4}).ok());
    ASSERT_TRUE(transaction.Commit().ok());
  }
  EXPECT_TRUE(*state->HasFile(1, file));
  EXPECT_FALSE(*state->HasFile(2, file));
  EXPECT_FALSE(*state->HasFile(1, {"a.csv", 11, 20}));
  EXPECT_FALSE(*state->HasFile(1, {"b.csv", 1, 2}));
  EXPECT_TRUE(*state->HasFile(1, {"b.csv", 3, 4}));
}

TEST_F(StateTest, NumbersNeverComeTwice) {
  {
    const auto state = Open();
    EXPECT_EQ(*state->NextNumber("n"), 1U);
    EXPECT_EQ(*state->NextNumber("n"), 2U);
  }
  EXPECT_EQ(*Open()->NextNumber("n"), 3U);
}

TEST_F(StateTest, LooksWithoutMakingAnything) {
  const auto state = Open(/*read_only=*/true);
  EXPECT_EQ(*state->FrameAfter(0), std::nullopt);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(StateTest, ReadOnlyChangesNothing) {
  Open();
  const auto state = Open(/*read_only=*/true);
  auto transaction = Begin(*state);
  EXPECT_FALSE(transaction.PutRow(1, "key", {}).ok());
}

// As a crash in the first moment leaves it.
TEST_F(StateTest, StateThatWasNeverSetUpIsAsGoodAsNone) {
  fs::create_directories(folder_);
  std::ofstream(folder_ + "/state.db").flush();
  EXPECT_EQ(errors::ReasonOf(State::Open(folder_, false).status()),
            "STATE_KEY_MISSING");
  ASSERT_TRUE(Sealer::Open(folder_ + "/key", /*create=*/true).ok());
  EXPECT_EQ(*Open(/*read_only=*/true)->FrameAfter(0), std::nullopt);
  EXPECT_EQ(fs::file_size(folder_ + "/state.db"), 0U);
  EXPECT_EQ(*Open()->FrameAfter(0), std::nullopt);
}

TEST_F(StateTest, SaysWhenItIsDamaged) {
  Open();
  std::ofstream(folder_ + "/state.db") << std::string(8192, 'x');
  for (const bool read_only : {false, true}) {
    EXPECT_EQ(errors::ReasonOf(State::Open(folder_, read_only).status()),
              "STATE_DAMAGED");
  }
}

TEST_F(StateTest, IsClaimedByOneAtATime) {
  auto one = Open();
  auto two = Open();
  EXPECT_TRUE(one->Claim().ok());
  EXPECT_EQ(errors::ReasonOf(two->Claim()), "ADAPTER_RUNNING");
  // Looking, pausing and dropping need no claim.
  EXPECT_TRUE(two->PutSetting("a", "b").ok());
  one.reset();
  EXPECT_TRUE(two->Claim().ok());
}

TEST_F(StateTest, DoesNotGoOnWithoutItsKey) {
  Open();
  fs::remove(folder_ + "/key");
  EXPECT_EQ(errors::ReasonOf(State::Open(folder_, false).status()),
            "STATE_KEY_MISSING");
  EXPECT_EQ(errors::ReasonOf(State::Open(folder_, true).status()),
            "STATE_KEY_MISSING");
}

TEST_F(StateTest, RefusesAStateOfALaterRelease) {
  { const auto state = Open(); }
  ASSERT_EQ(std::system(
                ("sqlite3 " + folder_ + "/state.db 'PRAGMA user_version = 99'")
                    .c_str()),
            0);
  EXPECT_EQ(errors::ReasonOf(State::Open(folder_, false).status()),
            "STATE_LATER");
  EXPECT_EQ(errors::ReasonOf(State::Open(folder_, true).status()),
            "STATE_LATER");
}

TEST_F(StateTest, NothingPersonalLiesInClear) {
  const std::string secret = "041202199003070411";
  {
    const auto state = Open();
    auto transaction = Begin(*state);
    auto frame = Frame(secret);
    frame.mutable_updates(0)->set_row(secret);
    ASSERT_TRUE(transaction.AddFrame(frame, kNow).ok());
    ASSERT_TRUE(transaction.Commit().ok());
  }
  for (const auto& entry : fs::directory_iterator(folder_)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    EXPECT_EQ(bytes.find(secret), std::string::npos) << entry.path();
  }
}

// A file that may not grow stands for a full disk.
TEST_F(StateTest, FullDiskLosesNothingAndCanBeTriedAgain) {
  const auto state = Open();
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit tight = before;
  tight.rlim_cur = 200'000;
  const auto frame = Frame(std::string(500'000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  absl::Status status;
  {
    auto transaction = Begin(*state);
    status = transaction.PutRow(1, "key", {7, 8, {}});
    if (status.ok()) status = transaction.AddFrame(frame, kNow);
    if (status.ok()) status = transaction.Commit();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_FALSE(status.ok());
  {
    auto transaction = Begin(*state);
    EXPECT_EQ(*transaction.FindRow(1, "key"), std::nullopt);
    ASSERT_TRUE(transaction.AddFrame(frame, kNow).ok());
    ASSERT_TRUE(transaction.Commit().ok());
  }
  EXPECT_EQ(state->CountOutbox()->updates, 1U);
}

}  // namespace
}  // namespace waystation::adapters
