// SPDX-License-Identifier: Apache-2.0
// A restore that dies at any of its steps, as by kill -9, leaves no half of a
// store where the hub looks for one, and is begun anew.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "server/waystationd/backup.h"
#include "server/waystationd/config.h"
#include "server/waystationd/layout.h"
#include "server/waystationd/parts.h"
#include "tests/harness/dying.h"
#include "tests/harness/runs.h"

namespace waystation::waystationd {
namespace {

namespace fs = std::filesystem;

constexpr char kAgency[] = "labor.320500";

const hub::Caller& Operator() {
  static const hub::Caller caller{.role = hub::Role::kOperator,
                                  .agency = {},
                                  .name = "op",
                                  .path = "operator/op",
                                  .serial = "01"};
  return caller;
}

// A hub's folder.
class Place {
 public:
  Place() {
    std::string name = harness::ScratchRoot() / "waystationd-XXXXXX";
    folder_ = mkdtemp(name.data());
    const absl::Status made =
        MakeLayout({.folder = folder_.string()}, absl::Now());
    EXPECT_EQ(made, absl::OkStatus());
  }
  ~Place() { fs::remove_all(folder_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string config() const { return folder_ / "hub.yaml"; }
  fs::path store() const { return folder_ / "store"; }

 private:
  fs::path folder_;
};

// The hub of the place, which serves until the parts are gone.
absl::Status Start(const Place& place, Parts& parts) {
  auto config = LoadConfig(place.config());
  if (!config.ok()) return config.status();
  parts.config = *std::move(config);
  if (absl::Status loaded = LoadParts(parts); !loaded.ok()) return loaded;
  auto store = OpenStore(parts.config.store, *parts.keys);
  if (!store.ok()) return store.status();
  parts.store = *std::move(store);
  return StartHub(parts);
}

// Lets an agency in, and makes a backup of that. Its name.
std::string LiveAndBackUp(const Place& place) {
  Parts parts;
  const absl::Status started = Start(place, parts);
  EXPECT_EQ(started, absl::OkStatus());
  if (!started.ok()) return "";
  v1::PutAgencyRequest request;
  request.mutable_agency()->set_id(kAgency);
  request.mutable_agency()->set_sector("labor");
  request.mutable_agency()->set_jurisdiction("3205");
  std::promise<absl::Status> put;
  parts.hub->PutAgency(Operator(), request, [&](const auto& answer) {
    put.set_value(answer.status());
  });
  EXPECT_EQ(put.get_future().get(), absl::OkStatus());
  const auto made = parts.hub->CreateBackup(Operator());
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? made->backup().name() : "";
}

void ExpectServes(const Place& place) {
  Parts parts;
  ASSERT_EQ(Start(place, parts), absl::OkStatus());
  const auto agencies = parts.hub->ListAgencies(Operator(), {});
  ASSERT_TRUE(agencies.ok()) << agencies.status();
  ASSERT_EQ(agencies->agencies_size(), 1);
  EXPECT_EQ(agencies->agencies(0).agency().id(), kAgency);
  const auto checked = parts.hub->CheckStore();
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->findings_size(), 0) << checked->ShortDebugString();
}

TEST(Restore, IsBegunAnewWhereverItDied) {
  size_t steps = 0;
  for (const std::string& name : failpoint::Names()) {
    if (!name.starts_with("restoring/")) continue;
    SCOPED_TRACE(name);
    ++steps;
    const Place place;
    const std::string backup = LiveAndBackUp(place);
    ASSERT_FALSE(backup.empty());
    fs::remove_all(place.store());
    const int ended = harness::LiveAndDie(
        name, 1, [&] { return RestoreBackup(place.config(), backup).ok(); });
    ASSERT_TRUE(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL);
    if (name == "restoring/renamed") {
      EXPECT_EQ(errors::ReasonOf(RestoreBackup(place.config(), backup)),
                "FOLDER_NOT_EMPTY");
    } else {
      EXPECT_FALSE(fs::exists(place.store() / "waystation.db"));
      EXPECT_EQ(RestoreBackup(place.config(), backup), absl::OkStatus());
    }
    ExpectServes(place);
    if (HasFailure()) return;
  }
  EXPECT_GE(steps, 5U);
}

}  // namespace
}  // namespace waystation::waystationd
