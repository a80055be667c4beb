// SPDX-License-Identifier: Apache-2.0
// An adapter that is a witness: what it does and does not do at a hub that
// shows two histories, and when it is killed anywhere. What others make of its
// evidence is told in tests/faults/fork_test.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/scenarios/adapter/world.h"
#include "waystation/connection.h"
#include "waystation/services.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kPolice[] = "public_security.320500";
constexpr char kLabor[] = "labor.320500";

class AdapterWitness : public testing::Test {
 protected:
  void SetUp() override {
    world_.StartHub();
    folder_ = world_.Agency(kPolice);
    world_.Configure(kPolice,
                     absl::StrCat("witness: {log_key: ../hub/log.key, key: "
                                  "../hub/clients/",
                                  kPolice, ".witness}"));
  }

  void Export(const std::string& name, const std::string& key) {
    WriteAll(absl::StrCat(folder_, "/in/", name, ".csv"),
             PoliceFile({{.key = key, .number = ""}}));
  }
  Ran Once() { return world_.Adapter(kPolice, "--quiet once"); }
  Ran Show() { return world_.Adapter(kPolice, "witness show"); }

  // A copy of the hub as it is, keys and all, left beside it.
  void CopyHub() {
    world_.StopHub();
    fs::copy(world_.folder() + "/hub", world_.folder() + "/fork",
             fs::copy_options::recursive);
    world_.StartHub();
  }
  // The copy takes the hub's place, at its address.
  void ExchangeHubs() {
    world_.StopHub();
    fs::rename(world_.folder() + "/hub", world_.folder() + "/aside");
    fs::rename(world_.folder() + "/fork", world_.folder() + "/hub");
    fs::rename(world_.folder() + "/aside", world_.folder() + "/fork");
    world_.StartHub();
  }

  // The newest checkpoint, over at least so many entries more than now.
  std::string Checkpoint() {
    const auto connection = world_.Connect(kPolice);
    const client::Audit audit(*connection);
    const auto events = audit.ListEvents({});
    EXPECT_TRUE(events.ok()) << events.status();
    v1::GetCheckpointRequest request;
    request.set_at_least(events->tree_size());
    const auto response = audit.GetCheckpoint(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->checkpoint() : "";
  }
  std::string LastCosigned() {
    const auto connection = world_.Connect(kPolice);
    const auto response = client::Audit(*connection).GetCheckpoint({});
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->last_cosigned() : "";
  }

  World world_;
  std::string folder_;
};

TEST_F(AdapterWitness, CosignsWhatItSaw) {
  Export("1", "A");
  const Ran once = Once();
  EXPECT_EQ(once.exit_code, 0) << once.out;
  EXPECT_THAT(LastCosigned(), HasSubstr(absl::StrCat("\n— ", kPolice, " ")));
  const Ran show = Show();
  EXPECT_EQ(show.exit_code, 0);
  EXPECT_THAT(show.out, AllOf(HasSubstr("dev.waystation.example/log"),
                              HasSubstr(absl::StrCat(kPolice, "+")),
                              HasSubstr("register:   public_key: "),
                              Not(HasSubstr("HELD BACK"))));
  // Nothing to say is nothing said.
  EXPECT_THAT(Once().out, HasSubstr("nothing new"));
}

TEST_F(AdapterWitness, SendsNothingToASecondHistory) {
  ASSERT_EQ(Once().exit_code, 0);
  CopyHub();
  Export("1", "A");
  ASSERT_EQ(Once().exit_code, 0);
  Checkpoint();
  ASSERT_EQ(Once().exit_code, 0);
  ExchangeHubs();
  for (int i = 0; i < 8; ++i) world_.RecordKeys(kLabor);  // Entries of its own.
  Checkpoint();

  Export("2", "B");
  const Ran found = Once();
  EXPECT_EQ(found.exit_code, 3) << found.out;
  EXPECT_THAT(found.out,
              AllOf(HasSubstr("WITNESS: LOG_FORKED"), HasSubstr("/evidence/"),
                    HasSubstr("1 updates wait in the outbox")));
  EXPECT_THAT(world_.RecordKeys(kPolice), IsEmpty()) << "the other has none";
  EXPECT_EQ(Show().exit_code, 3);
  EXPECT_THAT(Show().out, HasSubstr("HELD BACK:  LOG_FORKED"));
  // `run` ends at once, and says why; what it does not do, `replay` does not
  // either.
  Process run = world_.StartAdapter(kPolice, {"run"});
  EXPECT_EQ(run.Wait(), 3);
  EXPECT_THAT(ReadAll(folder_ + "/adapter.log"), HasSubstr("LOG_FORKED"));
  EXPECT_EQ(world_.Adapter(kPolice, "--quiet quarantine replay").exit_code, 3);
  EXPECT_THAT(world_.RecordKeys(kPolice), IsEmpty());

  // The first one comes back, somebody rules, and what waited is sent.
  ExchangeHubs();
  EXPECT_EQ(Once().exit_code, 3) << "nobody has ruled";
  EXPECT_EQ(world_.Adapter(kPolice, "witness resume --reason ''").exit_code, 2);
  const Ran resumed =
      world_.Adapter(kPolice, "witness resume --reason 'the copy is off'");
  EXPECT_EQ(resumed.exit_code, 0) << resumed.out;
  EXPECT_THAT(resumed.out,
              AllOf(HasSubstr("the copy is off"), HasSubstr("evidence:   ")));
  EXPECT_EQ(Once().exit_code, 0);
  EXPECT_THAT(world_.RecordKeys(kPolice), ElementsAre("A", "B"));
}

TEST_F(AdapterWitness, RunFollowsTheLogAndEndsAtASecondHistory) {
  Process run = world_.StartAdapter(kPolice, {"run"});
  Export("1", "A");
  WaitFor("the row", [&] { return world_.RecordKeys(kPolice).size() == 1; });
  const std::string newest = Checkpoint();
  const std::string text = newest.substr(0, newest.find("\n\n"));
  WaitFor("the cosignature",
          [&] { return LastCosigned().substr(0, text.size()) == text; });
  CopyHub();
  const std::string grown = Checkpoint();
  const std::string grown_text = grown.substr(0, grown.find("\n\n"));
  WaitFor("the next cosignature", [&] {
    return LastCosigned().substr(0, grown_text.size()) == grown_text;
  });
  ExchangeHubs();
  for (int i = 0; i < 8; ++i) world_.RecordKeys(kLabor);
  Checkpoint();
  EXPECT_EQ(run.Wait(), 3) << ReadAll(folder_ + "/adapter.log");
}

// Its state folder comes from a backup of the agency's. It has forgotten what
// it cosigned since, and the hub has not: a proof is demanded from there.
TEST_F(AdapterWitness, RestoredFromAnOldDiskItGoesOnFromWhatItSigned) {
  Export("1", "A");
  ASSERT_EQ(Once().exit_code, 0);
  const std::string state = folder_ + "/state";
  fs::copy(state, folder_ + "/old", fs::copy_options::recursive);
  Export("2", "B");
  ASSERT_EQ(Once().exit_code, 0);
  Checkpoint();
  ASSERT_EQ(Once().exit_code, 0);
  const std::string signed_last = LastCosigned();

  fs::remove_all(state);
  fs::rename(folder_ + "/old", state);
  EXPECT_THAT(Show().out, Not(HasSubstr("HELD BACK")));
  Export("3", "C");
  const Ran once = Once();
  EXPECT_EQ(once.exit_code, 0) << once.out;
  EXPECT_FALSE(fs::exists(state + "/evidence"));
  EXPECT_THAT(world_.RecordKeys(kPolice), ElementsAre("A", "B", "C"));
  const std::string newest = Checkpoint();
  ASSERT_EQ(Once().exit_code, 0);
  const std::string own = LastCosigned();
  EXPECT_NE(own, signed_last);
  EXPECT_EQ(own.substr(0, own.find("\n\n")),
            newest.substr(0, newest.find("\n\n")));

  // A hub that was put back to an old disk as well does not even start; one
  // that shows an older log to a witness who remembers is found by it.
  CopyHub();
  for (int i = 0; i < 8; ++i) world_.RecordKeys(kLabor);
  Checkpoint();
  ASSERT_EQ(Once().exit_code, 0);
  ExchangeHubs();
  const Ran found = Once();
  EXPECT_EQ(found.exit_code, 3) << found.out;
  EXPECT_THAT(found.out, HasSubstr("WITNESS: LOG_"));
}

// Whatever step is its last: the next look stores and signs the same or a later
// checkpoint, and finds nothing wrong.
TEST_F(AdapterWitness, KilledAtAnyStepItGoesOn) {
  ASSERT_EQ(Once().exit_code, 0);
  const auto look = [&](const std::string& fault) {
    return RunCommand(absl::StrCat(
        "LD_PRELOAD=", WAYSTATION_BIN_DIR,
        "/../tests/libadapter_step_faults.so WAYSTATION_FAULT_FOLDER=", folder_,
        "/ ", fault, " exec ", world_.AdapterCommand(kPolice, "--quiet once")));
  };
  world_.RecordKeys(kLabor);
  Checkpoint();
  const std::string file = world_.folder() + "/steps";
  ASSERT_EQ(look("WAYSTATION_COUNT_FILE=" + file).exit_code, 0);
  int steps = 0;
  ASSERT_TRUE(
      absl::SimpleAtoi(absl::StripAsciiWhitespace(ReadAll(file)), &steps));
  ASSERT_GT(steps, 5);
  int killed = 0;
  for (int step = 1; step <= steps; ++step) {
    SCOPED_TRACE(step);
    world_.RecordKeys(kLabor);  // Leaves an entry.
    Checkpoint();
    const Ran ran = look(absl::StrCat("WAYSTATION_KILL_AT=", step));
    if (ran.exit_code == -SIGKILL) ++killed;
    const Ran once = Once();
    ASSERT_EQ(once.exit_code, 0) << once.out;
    const std::string newest = Checkpoint();
    const std::string own = LastCosigned();
    EXPECT_EQ(own.substr(0, own.find("\n\n")),
              newest.substr(0, newest.find("\n\n")));
  }
  EXPECT_GT(killed, steps / 2);
  EXPECT_FALSE(fs::exists(folder_ + "/state/evidence"));
}

}  // namespace
}  // namespace waystation::scenarios
