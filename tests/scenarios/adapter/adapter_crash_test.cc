// SPDX-License-Identifier: Apache-2.0
// Programs that die, and a hub that is away: nothing is lost, nothing comes
// twice that matters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/scenarios/adapter/world.h"

namespace waystation::scenarios {
namespace {

using testing::HasSubstr;

constexpr char kPolice[] = "public_security.320500";
constexpr int kPeople = 6'000;

std::string Key(int i) { return absl::StrFormat("K%06d", i); }

std::vector<std::string> AllKeys() {
  std::vector<std::string> keys;
  for (int i = 0; i < kPeople; ++i) keys.push_back(Key(i));
  return keys;
}

std::string ManyPeople() {
  std::vector<Row> rows;
  for (int i = 0; i < kPeople; ++i) {
    rows.push_back({.key = Key(i), .number = ""});
  }
  return PoliceFile(rows);
}

TEST(AdapterCrash, HubThatIsAwayCostsNothing) {
  World world;
  world.StartHub();
  world.StopHub();
  const std::string folder = world.Agency(kPolice);
  WriteAll(folder + "/in/1.csv", ManyPeople());
  const Ran away = world.Adapter(kPolice, "--patience 0.2 once");
  EXPECT_EQ(away.exit_code, 7) << away.out;
  EXPECT_THAT(away.out, HasSubstr(absl::StrCat(kPeople, " updates wait")));
  world.StartHub();
  const Ran back = world.Adapter(kPolice, "once");
  EXPECT_EQ(back.exit_code, 0) << back.out;
  EXPECT_THAT(back.out, HasSubstr(absl::StrCat(kPeople, " applied")));
  EXPECT_EQ(world.RecordKeys(kPolice), AllKeys());
}

TEST(AdapterCrash, HubKilledWhileReceivingLosesNothing) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  WriteAll(folder + "/in/1.csv", ManyPeople());
  Process adapter = world.StartAdapter(kPolice, {"run"});
  std::mt19937 random(7);
  for (int round = 0; round < 3; ++round) {
    absl::SleepFor(
        absl::Milliseconds(std::uniform_int_distribution<>(50, 400)(random)));
    world.KillHub();
    world.StartHub();
  }
  WaitFor("everybody",
          [&] { return world.RecordKeys(kPolice).size() == AllKeys().size(); });
  EXPECT_EQ(world.RecordKeys(kPolice), AllKeys());
  WaitFor("an empty outbox", [&] {
    return world.Adapter(kPolice, "outbox list").out.find("0 updates wait") ==
           0;
  });
  adapter.Signal(SIGTERM);
  EXPECT_EQ(adapter.Wait(), 0);
}

TEST(AdapterCrash, AdapterKilledAnywhereGoesOn) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  WriteAll(folder + "/in/1.csv", ManyPeople());
  std::mt19937 random(11);
  for (int round = 0; round < 12; ++round) {
    Process adapter = world.StartAdapter(kPolice, {"once"});
    absl::SleepFor(
        absl::Milliseconds(std::uniform_int_distribution<>(10, 400)(random)));
    adapter.Signal(SIGKILL);
    adapter.Wait();
  }
  const Ran once = world.Adapter(kPolice, "once");
  EXPECT_EQ(once.exit_code, 0) << once.out;
  EXPECT_EQ(world.RecordKeys(kPolice), AllKeys());
  // And nothing is left to say.
  EXPECT_THAT(world.Adapter(kPolice, "once").out, HasSubstr("nothing new"));
}

TEST(AdapterCrash, InterruptedScanEndsInGoodOrder) {
  World world;
  world.StartHub();
  const std::string folder = world.Agency(kPolice);
  WriteAll(folder + "/in/1.csv", ManyPeople());
  Process adapter = world.StartAdapter(kPolice, {"once"});
  absl::SleepFor(absl::Milliseconds(60));
  adapter.Signal(SIGINT);
  const int code = adapter.Wait();
  EXPECT_TRUE(code == 130 || code == 0 || code == -SIGINT) << code;
  EXPECT_EQ(world.Adapter(kPolice, "once").exit_code, 0);
  EXPECT_EQ(world.RecordKeys(kPolice), AllKeys());
}

}  // namespace
}  // namespace waystation::scenarios
