// SPDX-License-Identifier: Apache-2.0
// A hub that was restored from a backup gets again what it had lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/scenarios/adapter/world.h"
#include "waystation/connection.h"
#include "waystation/services.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kOrigin[] = "public_security.341200";

std::string Backup(const World& world) {
  const auto connection = world.Connect("operator");
  const auto made = client::Admin(*connection).CreateBackup({});
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? made->backup().name() : "";
}

// The phone that the hub holds of a record; empty if it holds none.
std::string PhoneOf(const World& world, const std::string& key) {
  const auto connection = world.Connect(kOrigin);
  v1::GetRecordRequest request;
  request.set_record_key(key);
  const auto answer = client::Registry(*connection).GetRecord(request);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? answer->DebugString() : "";
}

TEST(AdapterRestore, SendsAgainWhatARestoredHubHasLost) {
  World world;
  world.StartHub();
  const std::string in = world.Agency(kOrigin) + "/in/";
  WriteAll(in + "1.csv", PoliceFile({{.key = "A", .phone = "13800000001"}}));
  EXPECT_EQ(world.Adapter(kOrigin, "once").exit_code, 0);
  const std::string name = Backup(world);

  // What comes after the backup: a new record, a phone that is gone.
  WriteAll(in + "2.csv",
           PoliceFile({{.key = "A", .modified = "2026-01-02 08:00:00"},
                       {.key = "B"}}));
  EXPECT_EQ(world.Adapter(kOrigin, "once").exit_code, 0);
  EXPECT_THAT(world.RecordKeys(kOrigin), ElementsAre("A", "B"));
  EXPECT_THAT(PhoneOf(world, "A"), Not(HasSubstr("13800000001")));

  world.StopHub();
  fs::remove_all(world.folder() + "/hub/store");
  const Ran restored = RunCommand(std::string(WAYSTATION_BIN_DIR) +
                                  "/waystationd backup restore " + "--config " +
                                  world.folder() + "/hub/hub.yaml " + name);
  ASSERT_EQ(restored.exit_code, 0) << restored.out;
  world.StartHub();
  EXPECT_THAT(world.RecordKeys(kOrigin), ElementsAre("A"));
  EXPECT_THAT(PhoneOf(world, "A"), HasSubstr("13800000001"));

  // One row that is new is enough for the adapter to notice.
  WriteAll(in + "3.csv",
           PoliceFile({{.key = "A", .modified = "2026-01-02 08:00:00"},
                       {.key = "B"},
                       {.key = "C"}}));
  const Ran again = world.Adapter(kOrigin, "once");
  // With a finding: the first file was read again too, and is older.
  EXPECT_EQ(again.exit_code, 3) << again.out;
  EXPECT_THAT(again.out, HasSubstr("the hub was restored"));
  EXPECT_THAT(world.RecordKeys(kOrigin), ElementsAre("A", "B", "C"));
  EXPECT_THAT(PhoneOf(world, "A"), Not(HasSubstr("13800000001")));

  // Once is enough.
  const Ran quiet = world.Adapter(kOrigin, "once");
  EXPECT_EQ(quiet.exit_code, 0) << quiet.out;
  EXPECT_THAT(quiet.out, Not(HasSubstr("restored")));
  EXPECT_THAT(quiet.out, Not(HasSubstr("sent:")));
}

}  // namespace
}  // namespace waystation::scenarios
