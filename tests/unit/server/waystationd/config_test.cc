// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "server/waystationd/layout.h"

namespace waystation::waystationd {
namespace {

namespace fs = std::filesystem;

class ConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "waystation-config-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    layout_.folder = folder_ / "hub";
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string Testdata(const std::string& name) {
    std::ifstream file(WAYSTATION_SOURCE_DIR
                       "/tests/unit/server/waystationd/testdata/" +
                       name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // "hub.yaml:1:1: rule" for each problem, without the folder.
  std::string Problems(const std::string& path) const {
    std::string lines;
    for (const auto& [place, rule] :
         errors::ViolationsOf(LoadConfig(path).status())) {
      lines += place.substr(place.rfind('/') + 1) + ": " + rule + "\n";
    }
    return lines;
  }

  fs::path folder_;
  Layout layout_;
};

TEST(StorePlaceTest, IsReadAndShownWithoutAPassword) {
  using Kind = StorePlace::Kind;
  const struct {
    const char* text;
    std::optional<Kind> kind;
    const char* shown;
  } rows[] = {
      {"sqlite:store", Kind::kSqlite, "store"},
      {"sqlite:", std::nullopt, ""},
      {"store", std::nullopt, ""},
      {"mysql://host/db", std::nullopt, ""},
      {"postgresql://host/db", Kind::kPostgres, "postgresql://host/db"},
      {"postgres://host/db", Kind::kPostgres, "postgresql://host/db"},
      {"postgresql://li:secret@a,b/db?passfile=/x", Kind::kPostgres,
       "postgresql://a,b/db"},
      {"postgresql://h/db?options=\"", std::nullopt, ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto place = StorePlace::Parse(row.text);
    ASSERT_EQ(place.has_value(), row.kind.has_value());
    if (!place.has_value()) continue;
    EXPECT_EQ(place->kind, row.kind);
    EXPECT_EQ(place->Shown(), row.shown);
  }
}

TEST_F(ConfigTest, InitWritesWhatServes) {
  ASSERT_TRUE(MakeLayout(layout_, absl::Now()).ok());
  const auto config = LoadConfig(layout_.In("hub.yaml"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->hub.listen(), "127.0.0.1:7443");
  EXPECT_EQ(config->store.kind, StorePlace::Kind::kSqlite);
  EXPECT_EQ(config->store.at, layout_.In("store"));
  EXPECT_EQ(config->hub.key_file(), layout_.In("keys/hub.keys"));
  EXPECT_EQ(config->hub.tls().client_authorities(), layout_.In("tls/ca.pem"));
  EXPECT_EQ(config->hub.authority().issued(), layout_.In("tls/issued.pem"));
  EXPECT_EQ(config->hub.limits().frames_in_flight(), 8);
  EXPECT_FALSE(config->hub.demo_numbers());
  EXPECT_FALSE(config->log_json);
}

TEST_F(ConfigTest, InitKeepsSecretsFromOthers) {
  ASSERT_TRUE(MakeLayout(layout_, absl::Now()).ok());
  ASSERT_TRUE(
      MakeClient(layout_, "agency/labor.320500", layout_.In("x"), absl::Now())
          .ok());
  for (const auto& entry : fs::recursive_directory_iterator(layout_.folder)) {
    const std::string name = entry.path().filename();
    const bool secret = entry.is_directory() || name.ends_with(".key") ||
                        name.ends_with(".keys") || name == "log.pem";
    if (!secret || entry.path() == layout_.In("log.key")) continue;
    struct stat state {};
    ASSERT_EQ(stat(entry.path().c_str(), &state), 0);
    EXPECT_EQ(state.st_mode & 077U, 0U) << entry.path();
  }
}

TEST_F(ConfigTest, InitTouchesNoFolderThatHoldsSomething) {
  ASSERT_TRUE(runtime::WriteNewFile(folder_ / "mine", "x").ok());
  layout_.folder = folder_;
  EXPECT_EQ(errors::ReasonOf(MakeLayout(layout_, absl::Now())),
            "FOLDER_NOT_EMPTY");
  EXPECT_EQ(*runtime::ReadFile(folder_ / "mine"), "x");
}

TEST_F(ConfigTest, InitThatFailsLeavesNothingBehind) {
  layout_.hosts = {""};
  EXPECT_FALSE(MakeLayout(layout_, absl::Now()).ok());
  layout_.hosts = {"hub.suzhou.example"};
  EXPECT_TRUE(MakeLayout(layout_, absl::Now()).ok());
}

TEST_F(ConfigTest, NamesEveryValueThatCannotBeUsed) {
  ASSERT_TRUE(
      runtime::WriteNewFile(folder_ / "wrong.yaml", Testdata("wrong.yaml"))
          .ok());
  EXPECT_EQ(Problems(folder_ / "wrong.yaml"), Testdata("wrong.expected"));
}

TEST_F(ConfigTest, SharesAStoreInADatabaseOnly) {
  ASSERT_TRUE(MakeLayout(layout_, absl::Now()).ok());
  const std::string path = layout_.In("hub.yaml");
  EXPECT_FALSE(LoadConfig(path)->hub.share_store());
  std::ofstream(path, std::ios::app) << "share_store: true\n";
  EXPECT_THAT(Problems(path),
              testing::HasSubstr("hubs share a store in a database only"));
  layout_.folder = (folder_ / "database").string();
  layout_.store = "postgresql://waystation@db/waystation";
  ASSERT_TRUE(MakeLayout(layout_, absl::Now()).ok());
  const std::string shared = layout_.In("hub.yaml");
  std::ofstream(shared, std::ios::app) << "share_store: true\n";
  const auto config = LoadConfig(shared);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->hub.share_store());
}

TEST_F(ConfigTest, LeavesOutMoreIfAskedNeverLess) {
  ASSERT_TRUE(MakeLayout(layout_, absl::Now()).ok());
  const std::string path = layout_.In("hub.yaml");
  EXPECT_EQ(LoadConfig(path)->notice_terms.least_shown, 10U);
  std::ofstream(path, std::ios::app) << "notices: {least_shown: 25}\n";
  const auto config = LoadConfig(path);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->notice_terms.least_shown, 25U);
}

TEST_F(ConfigTest, NamesThePlaceInTheRulesFileToo) {
  ASSERT_TRUE(MakeLayout(layout_, absl::Now()).ok());
  const std::string file = layout_.In("hub.yaml");
  ASSERT_TRUE(runtime::ReplaceFile(
                  file, *runtime::ReadFile(file) + "rules_file: rules.yaml\n")
                  .ok());
  ASSERT_TRUE(runtime::WriteNewFile(layout_.In("rules.yaml"),
                                    "version: mine-1\n"
                                    "resolution:\n"
                                    "- attribute: shoe_size\n"
                                    "  criteria: [authority]\n")
                  .ok());
  EXPECT_THAT(Problems(file), testing::StartsWith("rules.yaml:3:3: "));
  ASSERT_TRUE(runtime::ReplaceFile(layout_.In("rules.yaml"),
                                   "version: mine-1\n"
                                   "resolution:\n"
                                   "- attribute: residence\n"
                                   "  criteria: [authority]\n")
                  .ok());
  const auto config = LoadConfig(file);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->rules.version(), "mine-1");
}

TEST(Names, OfTrustDomainsAndLogs) {
  for (const std::string name : {"waystation.example", "hub-1.suzhou.cn"}) {
    EXPECT_TRUE(IsTrustDomain(name)) << name;
  }
  for (const std::string name :
       {"", "A.example", "a/b", "a,URI:x", ".a", "a.", "a b", "苏州"}) {
    EXPECT_FALSE(IsTrustDomain(name)) << name;
  }
  EXPECT_TRUE(IsLogOrigin("suzhou.waystation.example/log"));
  for (const std::string name : {"", "a b", "a+b", "a\nb"}) {
    EXPECT_FALSE(IsLogOrigin(name)) << name;
  }
}

}  // namespace
}  // namespace waystation::waystationd
