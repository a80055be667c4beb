// SPDX-License-Identifier: Apache-2.0
#include "server/backup/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "tests/unit/server/backup/temp_folder.h"

namespace waystation::backup {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLarge = size_t{64} << 10;

class Archive : public testing::Test {
 protected:
  Archive() {
    head_.set_name("20261126T220501Z");
    head_.set_log_origin("test.example/log");
  }

  // Three pieces and a tail.
  auditlog::Hash Write() {
    auto writer = ArchiveWriter::Create(file_, head_, key_);
    EXPECT_TRUE(writer.ok()) << writer.status();
    for (const std::string& piece : pieces_) {
      EXPECT_TRUE((*writer)->Append(piece).ok());
    }
    store::v1::BackupTail tail;
    tail.set_log_size(42);
    const auto hash = (*writer)->Finish(tail);
    EXPECT_TRUE(hash.ok()) << hash.status();
    return *hash;
  }

  std::string Bytes() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Put(const std::string& bytes) const {
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes;
  }

  // Reads to the end; the reason where that fails.
  std::string ReadAll(const ArchiveKey& key) const {
    auto reader = ArchiveReader::Open(file_);
    if (!reader.ok()) return errors::ReasonOf(reader.status());
    if (auto status = (*reader)->Unlock(key); !status.ok()) {
      return errors::ReasonOf(status);
    }
    for (;;) {
      const auto piece = (*reader)->Next();
      if (!piece.ok()) return errors::ReasonOf(piece.status());
      if (piece->empty()) return "whole";
    }
  }

  const TempFolder folder_;
  const fs::path file_ = folder_ / "one.backup";
  store::v1::BackupHead head_;
  const ArchiveKey key_ = NewArchiveKey();
  const std::vector<std::string> pieces_ = {std::string(1000, 'a'), "b",
                                            std::string(kLarge, 'c')};
};

TEST_F(Archive, GivesBackWhatWasPutIn) {
  const auditlog::Hash hash = Write();
  EXPECT_EQ(hash, auditlog::Sha256(Bytes()));
  auto reader = ArchiveReader::Open(file_);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->head().name(), head_.name());
  EXPECT_EQ((*reader)->file_bytes(), Bytes().size());
  ASSERT_TRUE((*reader)->Unlock(key_).ok());
  for (const std::string& piece : pieces_) {
    const auto read = (*reader)->Next();
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, piece);
  }
  const auto end = (*reader)->Next();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, "");
  EXPECT_EQ((*reader)->tail().log_size(), 42U);
  EXPECT_EQ((*reader)->hash(), hash);
}

TEST_F(Archive, ShowsNothingOfWhatIsInIt) {
  Write();
  EXPECT_EQ(Bytes().find("aaaa"), std::string::npos);
  EXPECT_EQ(Bytes().find("cccc"), std::string::npos);
}

TEST_F(Archive, OpensWithItsOwnKeyAlone) {
  Write();
  EXPECT_EQ(ReadAll(key_), "whole");
  EXPECT_EQ(ReadAll(NewArchiveKey()), "BACKUP_DAMAGED");
}

TEST_F(Archive, OverwritesNone) {
  Write();
  EXPECT_EQ(
      errors::ReasonOf(ArchiveWriter::Create(file_, head_, key_).status()),
      "EXISTS_ALREADY");
}

TEST_F(Archive, FindsEachChangedByte) {
  Write();
  const std::string whole = Bytes();
  // All of the beginning and the end, and some of the large piece between.
  for (size_t at = 0; at < whole.size();
       at += at < 1500 || at + 200 > whole.size() ? 1 : 9973) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    Put(bytes);
    EXPECT_EQ(ReadAll(key_), "BACKUP_DAMAGED") << "byte " << at;
  }
}

TEST_F(Archive, FindsEachCut) {
  Write();
  const std::string whole = Bytes();
  for (size_t size = 0; size < whole.size();
       size += size < 1500 || size + 200 > whole.size() ? 1 : 9973) {
    Put(whole.substr(0, size));
    EXPECT_EQ(ReadAll(key_), "BACKUP_DAMAGED") << "cut at " << size;
  }
  Put(whole + "x");
  EXPECT_EQ(ReadAll(key_), "BACKUP_DAMAGED");
}

TEST_F(Archive, FindsAPieceThatWasLeftOut) {
  Write();
  const std::string whole = Bytes();
  // The piece of one byte: a length, the byte and its seal.
  constexpr size_t kSmall = 4 + 1 + 17;
  const size_t at = whole.size() - (4 + kLarge + 17) -
                    (4 + 17 + store::v1::BackupTail().ByteSizeLong() + 2) -
                    kSmall;
  ASSERT_EQ(whole.substr(at, 4), std::string("\0\0\0\x12", 4));
  Put(whole.substr(0, at) + whole.substr(at + kSmall));
  EXPECT_EQ(ReadAll(key_), "BACKUP_DAMAGED");
}

TEST_F(Archive, SaysThatAFileIsNoBackup) {
  EXPECT_EQ(ReadAll(key_), "FILE_MISSING");
  Put("");
  EXPECT_EQ(ReadAll(key_), "BACKUP_DAMAGED");
  Put("SQLite format 3, and more of it than that");
  EXPECT_EQ(ReadAll(key_), "BACKUP_DAMAGED");
  Put("waystation-backup 1\n\xff\xff\xff\xff");
  EXPECT_EQ(ReadAll(key_), "BACKUP_DAMAGED");
}

}  // namespace
}  // namespace waystation::backup
