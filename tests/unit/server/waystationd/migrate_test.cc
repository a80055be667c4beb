// SPDX-License-Identifier: Apache-2.0
// A hub's store is moved to a place of the other kind and back. A move that
// dies at any of its steps, as by kill -9, leaves one place that a hub starts
// on and no more, and is begun anew.
#include "server/waystationd/migrate.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "server/waystationd/config.h"
#include "server/waystationd/layout.h"
#include "server/waystationd/parts.h"
#include "tests/harness/dying.h"
#include "tests/harness/postgres/server.h"
#include "tests/harness/runs.h"

namespace waystation::waystationd {
namespace {

namespace fs = std::filesystem;
using test::PostgresServer;

const hub::Caller& Operator() {
  static const hub::Caller caller{.role = hub::Role::kOperator,
                                  .agency = {},
                                  .name = "op",
                                  .path = "operator/op",
                                  .serial = "01"};
  return caller;
}

// A hub's folder, with a store in it, and an empty database.
class Place {
 public:
  Place() {
    std::string name = harness::ScratchRoot() / "waystationd-XXXXXX";
    folder_ = mkdtemp(name.data());
    EXPECT_EQ(MakeLayout({.folder = folder_.string()}, absl::Now()),
              absl::OkStatus());
    database_ = PostgresServer::Get().MakeDatabase();
    // As a URI, since that is what a hub's file holds.
    std::string host;
    std::istringstream words(PostgresServer::Get().TargetOf(database_));
    for (std::string word; words >> word;) {
      if (word.starts_with("host=")) host = word.substr(5);
    }
    uri_ = absl::StrCat("postgresql://waystation@/", database_, "?host=", host);
  }
  ~Place() {
    PostgresServer::Get().DropDatabase(database_);
    fs::remove_all(folder_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string config() const { return folder_ / "hub.yaml"; }
  std::string folder() const {
    return "sqlite:" + (folder_ / "store").string();
  }
  std::string again() const { return "sqlite:" + (folder_ / "again").string(); }
  const std::string& uri() const { return uri_; }

  // What the hub serves from next.
  void Configure(const std::string& store) {
    std::ifstream in(config());
    std::stringstream lines;
    for (std::string line; std::getline(in, line);) {
      lines << (line.starts_with("store:") ? "store: \"" + store + "\"" : line)
            << "\n";
    }
    in.close();
    std::ofstream(config()) << lines.str();
  }

 private:
  fs::path folder_;
  std::string database_;
  std::string uri_;
};

absl::Status Start(const Place& place, Parts& parts) {
  auto config = LoadConfig(place.config());
  if (!config.ok()) return config.status();
  parts.config = *std::move(config);
  if (absl::Status loaded = LoadParts(parts); !loaded.ok()) return loaded;
  auto store =
      OpenStore(parts.config.store, *parts.keys, {}, absl::Seconds(30));
  if (!store.ok()) return store.status();
  parts.store = *std::move(store);
  return StartHub(parts);
}

void PutAgency(hub::Hub& hub, const std::string& id) {
  v1::PutAgencyRequest request;
  request.mutable_agency()->set_id(id);
  request.mutable_agency()->set_sector("labor");
  request.mutable_agency()->set_jurisdiction("3205");
  std::promise<absl::Status> put;
  hub.PutAgency(Operator(), request,
                [&](const auto& answer) { put.set_value(answer.status()); });
  EXPECT_EQ(put.get_future().get(), absl::OkStatus());
}

// A hub lives there and lets some agencies in, one more each time.
void Live(Place& place, const std::string& store, int agencies) {
  place.Configure(store);
  Parts parts;
  const absl::Status started = Start(place, parts);
  ASSERT_EQ(started, absl::OkStatus());
  const auto listed = parts.hub->ListAgencies(Operator(), {});
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(listed->agencies_size(), agencies);
  PutAgency(*parts.hub, absl::StrCat("labor.32050", agencies));
  const auto checked = parts.hub->CheckStore();
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->findings_size(), 0) << checked->ShortDebugString();
}

std::string WhyNoHubStarts(Place& place, const std::string& store) {
  place.Configure(store);
  Parts parts;
  return errors::ReasonOf(Start(place, parts));
}

absl::Status Move(const Place& place, const std::string& from,
                  const std::string& to) {
  return MigrateStore({.config_file = place.config(), .from = from, .to = to});
}

TEST(Migrate, GoesToADatabaseAndBackAndTheHubGoesOn) {
  Place place;
  Live(place, place.folder(), 0);
  ASSERT_EQ(Move(place, "", place.uri()), absl::OkStatus());
  EXPECT_EQ(WhyNoHubStarts(place, place.folder()), "STORE_MOVED");
  // Once more says that it is done, for as long as no hub has gone on.
  EXPECT_EQ(Move(place, place.folder(), place.uri()), absl::OkStatus());
  Live(place, place.uri(), 1);
  EXPECT_EQ(errors::ReasonOf(Move(place, place.folder(), place.uri())),
            "STORE_MOVED");
  EXPECT_EQ(errors::ReasonOf(Move(place, place.folder(), place.again())),
            "STORE_MOVED");
  ASSERT_EQ(Move(place, place.uri(), place.again()), absl::OkStatus());
  EXPECT_EQ(WhyNoHubStarts(place, place.uri()), "STORE_MOVED");
  Live(place, place.again(), 2);
}

TEST(Migrate, RefusesWhatIsNotEmptyAndWhatIsNotThere) {
  Place place;
  EXPECT_EQ(errors::ReasonOf(Move(place, place.folder(), place.uri())),
            "FILE_MISSING");
  EXPECT_EQ(errors::ReasonOf(Move(place, place.uri(), place.again())),
            "FILE_MISSING");
  Live(place, place.folder(), 0);
  EXPECT_EQ(errors::ReasonOf(Move(place, place.folder(), place.folder())),
            "USAGE");
  EXPECT_EQ(errors::ReasonOf(Move(place, place.folder(), "mysql://x")),
            "USAGE");
  Place other;
  Live(other, other.uri(), 0);
  EXPECT_EQ(errors::ReasonOf(Move(place, place.folder(), other.uri())),
            "FOLDER_NOT_EMPTY");
  // With the keys of another hub nothing of it is read.
  EXPECT_FALSE(Move(other, place.folder(), other.again()).ok());
  Live(place, place.folder(), 1);
  Live(other, other.uri(), 1);
}

TEST(Migrate, RefusesWhereAHubRuns) {
  Place place;
  Live(place, place.folder(), 0);
  Parts parts;
  ASSERT_EQ(Start(place, parts), absl::OkStatus());
  EXPECT_EQ(errors::ReasonOf(Move(place, place.folder(), place.uri())),
            "STORE_IN_USE");
}

TEST(Migrate, FindsTheDiskFullAndIsBegunAnew) {
  Place place;
  Live(place, place.folder(), 0);
  PostgresServer::Get().FillDisk(true);
  EXPECT_EQ(errors::ReasonOf(Move(place, place.folder(), place.uri())),
            "DISK_FULL");
  PostgresServer::Get().FillDisk(false);
  Live(place, place.folder(), 1);
  EXPECT_EQ(Move(place, place.folder(), place.uri()), absl::OkStatus());
  Live(place, place.uri(), 2);
}

TEST(Migrate, IsBegunAnewWhereverItDied) {
  size_t steps = 0;
  PostgresServer::Get();
  for (const std::string& name : failpoint::Names()) {
    if (!name.starts_with("moving/")) continue;
    ++steps;
    for (const bool up : {true, false}) {
      SCOPED_TRACE(absl::StrCat(name, up ? " up" : " down"));
      Place place;
      const std::string from = up ? place.folder() : place.uri();
      const std::string to = up ? place.uri() : place.again();
      Live(place, from, 0);
      const int ended =
          harness::LiveAndDie(name, name == "moving/row" ? 5 : 1,
                              [&] { return Move(place, from, to).ok(); });
      ASSERT_TRUE(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL);

      const bool is_marked = name == "moving/marked" || name == "moving/ended";
      EXPECT_EQ(WhyNoHubStarts(place, to),
                name == "moving/ended" ? "" : "MOVE_UNFINISHED");
      int agencies = 1;
      if (is_marked) {
        EXPECT_EQ(WhyNoHubStarts(place, from), "STORE_MOVED");
      } else {
        // Whoever gives it up goes on where it was; then it is tried again.
        Live(place, from, agencies++);
      }
      if (name != "moving/ended") {
        EXPECT_EQ(Move(place, from, to), absl::OkStatus());
      }
      EXPECT_EQ(WhyNoHubStarts(place, from), "STORE_MOVED");
      Live(place, to, agencies);
      if (HasFailure()) return;
    }
  }
  EXPECT_EQ(steps, 6U);
}

}  // namespace
}  // namespace waystation::waystationd
