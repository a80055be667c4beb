// SPDX-License-Identifier: Apache-2.0
#include "server/backup/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "proto/errors/error.h"
#include "tests/unit/server/backup/temp_folder.h"

namespace waystation::backup {
namespace {

namespace fs = std::filesystem;
using storage::ObjectRow;

class JournalTest : public testing::Test {
 protected:
  std::unique_ptr<Journal> Open() const {
    auto journal = Journal::Open(folder());
    EXPECT_TRUE(journal.ok()) << journal.status();
    return journal.ok() ? *std::move(journal) : nullptr;
  }
  fs::path folder() const { return parent_ / "journal"; }
  fs::path lines() const { return folder() / "administration.jsonl"; }
  std::string Text() const {
    std::ifstream in(lines(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const TempFolder parent_;
};

const std::vector<ObjectRow> kFirst = {
    {.kind = "agency", .id = "labor.320500", .bytes = std::string("\0\1", 2)},
    {.kind = "certificate", .id = "5f01", .bytes = "valid"}};
const std::vector<ObjectRow> kRevoked = {
    {.kind = "certificate", .id = "5f01", .bytes = "revoked"}};

TEST_F(JournalTest, RemembersTheLastOfEach) {
  {
    const auto journal = Open();
    ASSERT_TRUE(journal->Put(kFirst, absl::UnixEpoch()).ok());
    ASSERT_TRUE(journal->Put(kRevoked, absl::UnixEpoch()).ok());
    ASSERT_TRUE(journal->PutCheckpoint("a note\n").ok());
  }
  const auto journal = Open();
  EXPECT_THAT(journal->Objects(), testing::ElementsAre(kFirst[0], kRevoked[0]));
  EXPECT_EQ(journal->checkpoint(), "a note\n");
}

TEST_F(JournalTest, ForgetsWhatCountsUntilATimeOnly) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  const std::vector<Journal::Passing> passing = {
      {.row = {.kind = "spent-code", .id = "01", .bytes = "a"},
       .until = now + absl::Hours(1)},
      {.row = {.kind = "spent-code", .id = "02", .bytes = "b"},
       .until = now + absl::Hours(2)},
      {.row = {.kind = "spent-code", .id = "03", .bytes = "c"}, .until = now}};
  {
    const auto journal = Open();
    ASSERT_TRUE(journal->Put(kFirst, now).ok());
    ASSERT_TRUE(journal->Put(passing, now).ok());
  }
  const auto ids = [&](absl::Time at) {
    auto journal = Journal::Open(folder(), at);
    EXPECT_TRUE(journal.ok()) << journal.status();
    std::vector<std::string> found;
    for (const ObjectRow& row : (*journal)->Objects()) found.push_back(row.id);
    return found;
  };
  EXPECT_THAT(ids(now),
              testing::ElementsAre("labor.320500", "5f01", "01", "02"));
  EXPECT_THAT(ids(now + absl::Hours(1)),
              testing::ElementsAre("labor.320500", "5f01", "02"));
  EXPECT_THAT(ids(now + absl::Hours(2)),
              testing::ElementsAre("labor.320500", "5f01"));
}

TEST_F(JournalTest, GrowsWithWhatCountsAndNotWithWhatEverDid) {
  const auto journal = Open();
  absl::Time now = absl::FromUnixSeconds(1'000'000);
  ASSERT_TRUE(journal->Put(kFirst, now).ok());
  for (int i = 0; i < 5'000; ++i) {
    now += absl::Minutes(1);
    const std::vector<Journal::Passing> one = {
        {.row = {.kind = "spent-code", .id = std::to_string(i), .bytes = "x"},
         .until = now + absl::Minutes(15)}};
    ASSERT_TRUE(journal->Put(one, now).ok());
  }
  const std::string text = Text();
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 2'500);
  const auto again = Journal::Open(folder(), now);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->Objects().size(), 2U + 15U);
}

TEST_F(JournalTest, WritesNothingTwice) {
  const auto journal = Open();
  ASSERT_TRUE(journal->Put(kFirst, absl::UnixEpoch()).ok());
  const std::string text = Text();
  ASSERT_TRUE(journal->Put(kFirst, absl::UnixEpoch() + absl::Hours(1)).ok());
  EXPECT_EQ(Text(), text);
}

TEST_F(JournalTest, IsForItsUserAlone) {
  const auto journal = Open();
  ASSERT_TRUE(journal->Put(kFirst, absl::UnixEpoch()).ok());
  ASSERT_TRUE(journal->PutCheckpoint("a note\n").ok());
  EXPECT_EQ(fs::status(folder()).permissions(), fs::perms::owner_all);
  for (const auto& entry : fs::directory_iterator(folder())) {
    EXPECT_EQ(entry.status().permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
  }
}

TEST_F(JournalTest, DropsALineThatACrashCutShort) {
  Open()->Put(kFirst, absl::UnixEpoch()).IgnoreError();
  const std::string whole = Text();
  // Without the end of the line alone, all that it says is there.
  std::ofstream(lines(), std::ios::binary | std::ios::trunc)
      << whole.substr(0, whole.size() - 1);
  EXPECT_THAT(Open()->Objects(), testing::ElementsAreArray(kFirst));
  EXPECT_EQ(Text(), whole);
  for (size_t cut = 2; cut < 30; ++cut) {
    std::ofstream(lines(), std::ios::binary | std::ios::trunc)
        << whole.substr(0, whole.size() - cut);
    const auto journal = Open();
    ASSERT_NE(journal, nullptr);
    EXPECT_THAT(journal->Objects(), testing::ElementsAre(kFirst[0]));
    // What comes next does not stick to the rest of it.
    ASSERT_TRUE(journal->Put(kRevoked, absl::UnixEpoch()).ok());
    EXPECT_THAT(Open()->Objects(),
                testing::ElementsAre(kFirst[0], kRevoked[0]));
  }
}

TEST_F(JournalTest, NamesALineThatCannotBeRead) {
  Open()->Put(kFirst, absl::UnixEpoch()).IgnoreError();
  const std::string whole = Text();
  std::ofstream(lines(), std::ios::binary | std::ios::trunc)
      << whole << "{\"kind\": 7\n"
      << whole;
  const auto journal = Journal::Open(folder());
  EXPECT_EQ(errors::ReasonOf(journal.status()), "JOURNAL_DAMAGED");
  EXPECT_EQ(errors::MetadataOf(journal.status())["rule"], "line 3");
}

TEST_F(JournalTest, FindsAnyFlippedBit) {
  ASSERT_TRUE(Open()->Put(kFirst, absl::UnixEpoch()).ok());
  const std::string whole = Text();
  int found = 0;
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    std::ofstream(lines(), std::ios::binary | std::ios::trunc) << flipped;
    const auto journal = Journal::Open(folder());
    if (journal.ok()) {
      EXPECT_THAT((*journal)->Objects(), testing::ElementsAreArray(kFirst))
          << "byte " << bit / 8 << ", bit " << bit % 8;
    } else {
      EXPECT_EQ(errors::ReasonOf(journal.status()), "JOURNAL_DAMAGED");
      ++found;
    }
  }
  EXPECT_GT(found, static_cast<int>(whole.size()) * 7);
}

// As a person mends one, or as an earlier release wrote it.
TEST_F(JournalTest, TakesALineWithoutChecksum) {
  ASSERT_TRUE(Open()->Put(kRevoked, absl::UnixEpoch()).ok());
  std::ofstream(lines(), std::ios::binary | std::ios::app)
      << R"({"kind":"agency","id":"labor.320500","object":"AAE="})"
      << "\n";
  EXPECT_THAT(Open()->Objects(), testing::ElementsAre(kFirst[0], kRevoked[0]));
}

TEST_F(JournalTest, StaysShort) {
  ASSERT_TRUE(Open()->Put(kFirst, absl::UnixEpoch()).ok());
  const std::string once = Text();
  {
    std::ofstream out(lines(), std::ios::binary | std::ios::app);
    for (int i = 0; i < 1000; ++i) out << once;
  }
  EXPECT_THAT(Open()->Objects(), testing::ElementsAreArray(kFirst));
  EXPECT_EQ(Text(), once);
}

TEST_F(JournalTest, SaysWhereItCannotBe) {
  EXPECT_EQ(errors::ReasonOf(Journal::Open(parent_ / "not" / "there").status()),
            "FILE_NOT_WRITTEN");
}

}  // namespace
}  // namespace waystation::backup
