// SPDX-License-Identifier: Apache-2.0
// A hub dies at each of its failpoints in turn (proto/failpoint), as kill -9
// would have it: in commits, checkpoints, backups, their end after a month, and
// a restore. The next one stands by all that was told, and the story, sent
// again by whoever got no answer, ends as if nothing had been. All that are in
// the program are tried, so each has to be on the story's way.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "proto/failpoint/failpoint.h"
#include "tests/harness/dying.h"
#include "tests/harness/runs.h"
#include "tests/unit/server/hub/story.h"

namespace waystation::hub {
namespace {

// How the child ended that was to die there while it lives so.
int LiveAndDie(const std::string& name, int nth,
               const std::function<absl::Status()>& live) {
  return harness::LiveAndDie(name, nth, [&] {
    const absl::Status status = live();
    if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return status.ok();
  });
}

bool IsKilled(int ended) {
  return WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL;
}

// An agency that the journal alone knows after the restore.
absl::Status PutLateAgency(TestHub& test) {
  v1::PutAgencyRequest request;
  request.mutable_agency()->set_id(std::string(kHealthSuzhou));
  request.mutable_agency()->set_sector("health");
  request.mutable_agency()->set_jurisdiction("3205");
  return Await<v1::PutAgencyResponse>([&](auto done) {
           test.hub().PutAgency(OperatorCaller(), request, std::move(done));
         })
      .status();
}

bool HasLateAgency(TestHub& test) {
  const auto agencies = test.hub().ListAgencies(OperatorCaller(), {});
  EXPECT_TRUE(agencies.ok()) << agencies.status();
  for (const v1::AgencyStatus& one : agencies->agencies()) {
    if (one.agency().id() == kHealthSuzhou) return true;
  }
  return false;
}

// The story, a look at its backups, and a restore of the last of them.
absl::Status LiveOnce(const World& world) {
  const Told told(world);
  StoryMedium medium;
  // So short a log that commits have to wait until it has been copied: however
  // slowly that gets its turn, the story passes there.
  TestHub::Setup setup = StorySetup(world, medium);
  setup.log_bytes = size_t{8} * 4096;
  TestHub test(setup);
  if (auto status = test.TryStart(); !status.ok()) return status;
  if (auto status = TellStory(test, medium, told); !status.ok()) return status;
  ExpectStandsBy(test, told);
  if (auto status = PutLateAgency(test); !status.ok()) return status;
  const std::string backup = told.Of("backup").back();
  test.Stop();
  told.Add("restore", backup);
  return test.TryRestore(backup);
}

// Where the hub died in a restore, that is begun anew, and what had come after
// the backup is sent again. The checkpoints of before the backup stay.
void ExpectIsRestored(TestHub& test, const StoryMedium& medium,
                      const World& world, const std::string& backup) {
  const Told told(world);
  const absl::Status restored = test.TryRestore(backup);
  ASSERT_TRUE(restored.ok()) << restored;
  EXPECT_TRUE(HasLateAgency(test)) << "the journal was not taken up";
  const Told anew(world, "told-anew");
  const std::vector<std::string> checkpoints = told.Of("checkpoint");
  ASSERT_GE(checkpoints.size(), 3U);
  for (const std::string& one : {checkpoints[0], checkpoints[1]}) {
    anew.Add("checkpoint", one);
  }
  ExpectStandsBy(test, anew);
  ExpectEndsWell(test, medium, anew);
  ExpectStandsBy(test, anew);
}

void ExpectComesBack(const World& world) {
  const Told told(world);
  StoryMedium medium;
  TestHub test(StorySetup(world, medium));
  const std::vector<std::string> restores = told.Of("restore");
  if (!restores.empty()) {
    ExpectIsRestored(test, medium, world, restores.front());
    return;
  }
  const absl::Status started = test.TryStart();
  ASSERT_TRUE(started.ok()) << started;
  ExpectStandsBy(test, told);
  ExpectBackupsAreLogged(test);
  ExpectEndsWell(test, medium, told);
  ExpectStandsBy(test, told);
  EXPECT_EQ(told.steps(), kStorySteps);
}

// Those of a rotation of keys, which the other story does not tell.
bool IsOfRotation(const std::string& name) {
  return name.starts_with("rotation/");
}

TEST(Failpoints, LoseNothing) {
  SCOPED_TRACE(harness::SeedWords());
  (void)UndisturbedOutcome();
  std::mt19937_64 chance(harness::Seed());
  const std::vector<std::string> names = failpoint::Names();
  std::set<std::string> rooms;
  for (const std::string& name : names) {
    rooms.insert(name.substr(0, name.find('/')));
    if (IsOfRotation(name)) continue;
    for (const int nth : {1, 2 + static_cast<int>(chance() % 8)}) {
      SCOPED_TRACE(name + ", time " + std::to_string(nth));
      const World world(harness::ScratchRoot());
      const int ended = LiveAndDie(name, nth, [&] { return LiveOnce(world); });
      if (nth == 1) {
        EXPECT_TRUE(IsKilled(ended)) << "the story does not pass there";
      } else if (!IsKilled(ended)) {
        EXPECT_EQ(ended, 0);
        continue;
      }
      ExpectComesBack(world);
      if (HasFailure()) return;
    }
  }
  for (const char* room : {"group", "commit", "checkpoint", "cosignature",
                           "journal", "sweep", "backup", "file", "expiry",
                           "rebuild", "restore", "rotation", "replace"}) {
    EXPECT_TRUE(rooms.contains(room)) << room;
  }
}

// --- rules ---

constexpr int kReviewed = 600;

config::v1::Rules StrictRules() {
  config::v1::Rules rules;
  rules.set_version("strict");
  rules.mutable_linking()->mutable_thresholds()->set_upper(60);
  return rules;
}

// Two agencies whose records pair off, three pages of a review.
absl::Status Populate(TestHub& test) {
  for (const std::string_view agency : {kPoliceFuyang, kLaborSuzhou}) {
    v1::PutAgencyRequest request;
    v1::Agency& put = *request.mutable_agency();
    put.set_id(std::string(agency));
    put.set_sector(std::string(agency.substr(0, agency.find('.'))));
    put.set_jurisdiction("34");
    put.set_unsigned_frames(true);
    auto status =
        Await<v1::PutAgencyResponse>([&](auto done) {
          test.hub().PutAgency(OperatorCaller(), request, std::move(done));
        }).status();
    if (!status.ok()) return status;
    std::vector<Say> updates;
    for (int i = 0; i < kReviewed / 2; ++i) {
      updates.push_back(Say("R" + std::to_string(i), 1)
                            .Name("欧阳建国")
                            .Born(1950 + i / 28 % 60, 1 + i % 12, 1 + i % 28));
      if (updates.size() < 150 && i + 1 < kReviewed / 2) continue;
      status = test.Submit(agency, std::exchange(updates, {})).status();
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

std::string VersionInForce(TestHub& test) {
  return test.hub().GetRules(OperatorCaller())->status().version();
}

// Puts the strict rules in force, unless they are, and waits until all records
// have been looked at.
absl::Status ApplyAndReview(TestHub& test, const World& world) {
  if (VersionInForce(test) != "strict") {
    v1::ApplyRulesRequest request;
    *request.mutable_rules() = StrictRules();
    request.set_etag(test.hub().GetRules(OperatorCaller())->status().etag());
    const auto applied = Await<v1::ApplyRulesResponse>([&](auto done) {
      test.hub().ApplyRules(OperatorCaller(), request, std::move(done));
    });
    if (!applied.ok()) return applied.status();
    Told(world).Add("applied", "strict");
  }
  while (test.hub().GetHubStatus()->records_to_review() != 0) {
    std::this_thread::yield();
  }
  return absl::OkStatus();
}

// Between an act that changes the rules and the end of the review that follows:
// what was told stands, and the review comes to its end.
TEST(Failpoints, InAReviewOfRulesTakeNothingBack) {
  for (const std::string name :
       {"group/planned", "group/committed", "group/published"}) {
    // A start, the act, and the pages of the review with its end.
    for (int nth = 1; nth <= 6; ++nth) {
      SCOPED_TRACE(name + ", time " + std::to_string(nth));
      const World world(harness::ScratchRoot());
      TestHub test({.world = &world});
      ASSERT_TRUE(test.TryStart().ok());
      ASSERT_TRUE(Populate(test).ok());
      test.Stop();
      const int ended = LiveAndDie(name, nth, [&]() -> absl::Status {
        TestHub hub({.world = &world});
        if (auto status = hub.TryStart(); !status.ok()) return status;
        return ApplyAndReview(hub, world);
      });
      EXPECT_TRUE(IsKilled(ended)) << "it does not pass there";
      ASSERT_TRUE(test.TryStart().ok());
      if (!Told(world).Of("applied").empty()) {
        EXPECT_EQ(VersionInForce(test), "strict");
      }
      ASSERT_TRUE(ApplyAndReview(test, world).ok());
      EXPECT_EQ(test.hub().GetHubStatus()->persons(), uint64_t{kReviewed});
      uint32_t looked_at = 0;
      int applied = 0;
      int through = 0;
      for (const v1::LoggedEvent& logged : test.Events()) {
        const v1::AuditEvent& event = logged.event();
        if (event.act() == "rules.review") looked_at += event.count();
        applied += event.act() == "rules.apply" ? 1 : 0;
        through += event.act() == "rules.reviewed" ? 1 : 0;
      }
      EXPECT_EQ(looked_at, uint32_t{kReviewed}) << "each record once";
      EXPECT_EQ(applied, 1);
      EXPECT_EQ(through, 1);
      EXPECT_EQ(test.hub().CheckStore()->findings_size(), 0);
    }
  }
}

// The file of keys is the old one or the new one, and either opens the store.
TEST(Failpoints, LeaveAKeyFileThatOpensTheStore) {
  for (const char* name : {"rotation/begun", "replace/written",
                           "replace/renamed", "rotation/ended"}) {
    SCOPED_TRACE(name);
    const World world(harness::ScratchRoot());
    const std::string file = world.folder / "hub.keys";
    ASSERT_TRUE(Keys::Create(file).ok());
    const Told told(world);
    StoryMedium medium;
    {
      TestHub test(StorySetup(world, medium));
      test.UseKeys(*Keys::Load(file));
      ASSERT_TRUE(test.TryStart().ok());
      ASSERT_TRUE(TellStory(test, medium, told).ok());
    }
    EXPECT_TRUE(IsKilled(
        LiveAndDie(name, 1, [&] { return Keys::AddKeyEncryptionKey(file); })));
    for (const bool again : {false, true}) {
      if (again) {
        ASSERT_TRUE(Keys::AddKeyEncryptionKey(file).ok());
      }
      const auto keys = Keys::Load(file);
      ASSERT_TRUE(keys.ok()) << keys.status();
      TestHub test(StorySetup(world, medium));
      test.UseKeys(*keys);
      const absl::Status started = test.TryStart();
      ASSERT_TRUE(started.ok()) << started;
      ExpectStandsBy(test, told);
      ExpectEndsWell(test, medium, told);
    }
  }
}

}  // namespace
}  // namespace waystation::hub
