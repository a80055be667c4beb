// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "proto/errors/error.h"

namespace waystation::runtime {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "waystation-file-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string Path(const std::string& name) const { return folder_ / name; }

  fs::path folder_;
};

TEST_F(FileTest, ReadsWhatWasWritten) {
  ASSERT_TRUE(WriteNewFile(Path("a"), "one").ok());
  EXPECT_EQ(*ReadFile(Path("a")), "one");
  EXPECT_EQ(errors::ReasonOf(WriteNewFile(Path("a"), "two")), "EXISTS_ALREADY");
  EXPECT_EQ(*ReadFile(Path("a")), "one");
  ASSERT_TRUE(ReplaceFile(Path("a"), "two").ok());
  EXPECT_EQ(*ReadFile(Path("a")), "two");
  EXPECT_EQ(errors::ReasonOf(ReadFile(Path("a"), 2).status()), "FILE_MISSING");
  EXPECT_EQ(errors::ReasonOf(ReadFile(Path("b")).status()), "FILE_MISSING");
  EXPECT_EQ(errors::ReasonOf(WriteNewFile(Path("no/b"), "x")),
            "FILE_NOT_WRITTEN");
}

TEST_F(FileTest, SecretsAreTheirOwnersAlone) {
  const std::string path = Path("key");
  EXPECT_EQ(errors::ReasonOf(ReadSecretFile(path).status()),
            "KEY_FILE_MISSING");
  ASSERT_TRUE(WriteNewFile(path, "secret", 0600).ok());
  EXPECT_EQ(*ReadSecretFile(path), "secret");
  for (const mode_t mode : {0640, 0604, 0660, 0610}) {
    SCOPED_TRACE(mode);
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const absl::Status status = ReadSecretFile(path).status();
    EXPECT_EQ(errors::ReasonOf(status), "KEY_FILE_MODE");
    EXPECT_THAT(status.message(), testing::HasSubstr(path));
    EXPECT_THAT(status.message(), testing::Not(testing::HasSubstr("secret")));
  }
}

TEST(ResolvePath, IsRelativeToTheFile) {
  EXPECT_EQ(ResolvePath("/etc/waystation/hub.yaml", "tls/hub.crt"),
            "/etc/waystation/tls/hub.crt");
  EXPECT_EQ(ResolvePath("/etc/waystation/hub.yaml", "/run/x"), "/run/x");
  EXPECT_EQ(ResolvePath("/etc/waystation/hub.yaml", "../x"), "/etc/x");
  EXPECT_EQ(ResolvePath("hub.yaml", "x"), "x");
  EXPECT_EQ(ResolvePath("hub.yaml", ""), "");
}

}  // namespace
}  // namespace waystation::runtime
