// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/quarantine/append_together.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "waystation/store/v1/adapter_state.pb.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;

class AppendTogetherTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static void Write(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  static std::string Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // As a process leaves it that ended somewhere within: `a_` held "old" before,
  // `b_` was not there, and each got "new" appended.
  void Interrupted(const std::string& a, const std::string& b) {
    store::v1::AppendJournal journal;
    auto* part = journal.add_parts();
    part->set_path(a_);
    part->set_size_before(3);
    part->set_appended("new");
    part = journal.add_parts();
    part->set_path(b_);
    part->set_size_before(-1);
    part->set_appended("new");
    Write(journal_, journal.SerializeAsString());
    Write(a_, a);
    if (!b.empty()) Write(b_, b);
  }

  const std::string folder_ =
      testing::TempDir() + "/append_" + std::to_string(getpid());
  const std::string a_ = folder_ + "/a";
  const std::string b_ = folder_ + "/b";
  const std::string journal_ = folder_ + "/journal";
};

TEST_F(AppendTogetherTest, AppendsAndMakes) {
  Write(a_, "old");
  const Appendix parts[] = {{a_, "new"}, {b_, "new"}};
  ASSERT_TRUE(AppendTogether(journal_, parts).ok());
  EXPECT_EQ(Read(a_), "oldnew");
  EXPECT_EQ(Read(b_), "new");
  EXPECT_FALSE(fs::exists(journal_));
  EXPECT_TRUE(UndoAppend(journal_).ok());
  EXPECT_EQ(Read(a_), "oldnew");
}

TEST_F(AppendTogetherTest, TakesBackWhatWasBegun) {
  const std::vector<std::pair<std::string, std::string>> moments = {
      {"old", ""},
      {"oldn", ""},
      {"oldnew", ""},
      {"oldnew", "n"},
      {"oldnew", "new"}};
  for (const auto& [a, b] : moments) {
    SCOPED_TRACE(a + " " + b);
    fs::remove(b_);
    Interrupted(a, b);
    ASSERT_TRUE(UndoAppend(journal_).ok());
    EXPECT_EQ(Read(a_), "old");
    EXPECT_FALSE(fs::exists(b_));
    EXPECT_FALSE(fs::exists(journal_));
  }
}

TEST_F(AppendTogetherTest, LeavesAFileThatSomebodyChangedSince) {
  for (const char* changed : {"ol", "oldnix", "oldnewer", "mended"}) {
    SCOPED_TRACE(changed);
    Interrupted(changed, "");
    ASSERT_TRUE(UndoAppend(journal_).ok());
    EXPECT_EQ(Read(a_), changed);
    EXPECT_FALSE(fs::exists(journal_));
  }
}

TEST_F(AppendTogetherTest, ChangesNothingWhereItCannotWrite) {
  Write(a_, "old");
  const Appendix parts[] = {{a_, "new"}, {folder_ + "/none/b", "new"}};
  EXPECT_FALSE(AppendTogether(journal_, parts).ok());
  EXPECT_EQ(Read(a_), "old");
  EXPECT_FALSE(fs::exists(journal_));
}

}  // namespace
}  // namespace waystation::adapters
