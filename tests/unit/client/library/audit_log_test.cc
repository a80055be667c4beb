// SPDX-License-Identifier: Apache-2.0
// A log is exported, read back and verified; then each part of it is changed,
// one at a time, and the change has to be named.
#include "waystation/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "client/library/export_layout.h"
#include "proto/errors/error.h"
#include "tests/unit/client/support/certificates.h"
#include "tests/unit/client/support/test_log.h"
#include "waystation/report/v1/audit_report.pb.h"

namespace waystation::client {
namespace {

using report::v1::AuditReport;
using testing::TemporaryFolder;
using testing::TestLog;

// Some 1,300 entries with a checkpoint every 100 or so.
void Fill(TestLog& log) {
  for (int i = 0; i < 13; ++i) {
    for (int j = 0; j < 99; ++j) log.AppendPlain();
    log.AppendFrame(7);
    log.Sign();
  }
}

AuditReport Verified(LogSource& source, VerifyOptions options) {
  const auto report = VerifyLog(source, options);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : AuditReport();
}

AuditReport Verified(const std::string& folder, const TestLog& log,
                     std::vector<std::string> known = {}) {
  auto source = ExportedLog(folder);
  EXPECT_TRUE(source.ok()) << source.status();
  if (!source.ok()) return {};
  return Verified(**source, {.key = log.key(),
                             .known_checkpoints = std::move(known),
                             .signatures = true});
}

report::v1::AuditExport Exported(const TestLog& log,
                                 const std::string& folder) {
  const auto source = log.Source();
  const auto exported = ExportLog(*source, folder, nullptr);
  EXPECT_TRUE(exported.ok()) << exported.status();
  return exported.ok() ? *exported : report::v1::AuditExport();
}

void FlipBit(const std::string& path, std::streamoff at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  ASSERT_TRUE(file) << path;
  file.seekg(at);
  const char byte = static_cast<char>(file.get());
  file.seekp(at);
  file.put(static_cast<char>(byte ^ 1));
}

TEST(AuditLog, ExportsWhatVerifies) {
  TestLog log;
  Fill(log);
  const TemporaryFolder folder;
  const auto exported = Exported(log, folder / "log");
  EXPECT_EQ(exported.entries(), 1'300U);
  EXPECT_EQ(exported.checkpoints(), 13U);
  EXPECT_TRUE(exported.adds_up());

  const AuditReport report = Verified(folder / "log", log);
  EXPECT_EQ(report.findings_size(), 0) << report.DebugString();
  EXPECT_EQ(report.entries(), 1'300U);
  EXPECT_EQ(report.entries_covered(), 1'300U);
  EXPECT_EQ(report.checkpoints(), 13U);
  EXPECT_EQ(report.details(), 13U * 7);
  EXPECT_EQ(report.signatures(), 13U);
  EXPECT_FALSE(report.key_from_log());
  EXPECT_EQ(report.root(), auditlog::ToHex(log.RootAt(1'300)));
}

// Cosignatures travel with an export, and are counted in it.
TEST(AuditLog, SaysWhatWitnessesHaveSeen) {
  TestLog log;
  Fill(log);
  const auto witness = [](std::string_view agency, char seed) {
    return *auditlog::NoteSigner::Create(
        agency, *auditlog::Ed25519PrivateKey::FromSeed(std::string(32, seed)),
        auditlog::NoteAlgorithm::kCosignatureV1);
  };
  const auto labor = witness("labor.320500", 'l');
  const auto health = witness("health.320500", 'h');
  const auto cosign = [&](std::size_t at, const auditlog::NoteSigner& by) {
    auditlog::Note note = *auditlog::ParseNote(log.checkpoints[at]);
    note.signatures.push_back(
        by.Sign(note.text, absl::FromUnixSeconds(1'800'000'000)));
    log.checkpoints[at] = auditlog::FormatNote(note);
  };
  cosign(4, labor);
  cosign(4, health);
  cosign(9, labor);
  const TemporaryFolder folder;
  Exported(log, folder / "log");
  const auto verified = [&](std::uint32_t least) {
    const auto source = ExportedLog(folder / "log");
    return Verified(
        **source,
        {.key = log.key(),
         .quorum = {.witnesses = {labor.verifier(), health.verifier()},
                    .least = least}});
  };
  const AuditReport one = verified(1);
  EXPECT_EQ(one.findings_size(), 0) << one.DebugString();
  EXPECT_EQ(one.entries_witnessed(), 1'000U);
  ASSERT_EQ(one.cosigners_size(), 1);
  EXPECT_EQ(one.cosigners(0).witness(), "labor.320500");
  EXPECT_EQ(one.cosigners(0).size(), 1'000U);
  EXPECT_EQ(verified(2).entries_witnessed(), 500U);
  const AuditReport three = verified(3);
  ASSERT_EQ(three.findings_size(), 1);
  EXPECT_EQ(three.findings(0).reason(), "WITNESS_QUORUM");

  auditlog::Note note = *auditlog::ParseNote(log.checkpoints[9]);
  note.signatures.back().bytes[30] ^= 1;
  log.checkpoints[9] = auditlog::FormatNote(note);
  const auto source = log.Source();
  const AuditReport wrong = Verified(
      *source, {.key = log.key(), .quorum = {.witnesses = {labor.verifier()}}});
  ASSERT_EQ(wrong.findings_size(), 1);
  EXPECT_EQ(wrong.findings(0).reason(), "COSIGNATURE_WRONG");
  EXPECT_EQ(wrong.entries_witnessed(), 500U);
}

TEST(AuditLog, SaysWhenTheKeyCameWithTheLog) {
  TestLog log;
  Fill(log);
  const auto source = log.Source();
  EXPECT_TRUE(Verified(*source, {}).key_from_log());
}

// The names that public tools for C2SP tlog-tiles look for.
TEST(AuditLog, ExportsTheLayoutOfTlogTiles) {
  TestLog log;
  Fill(log);
  const TemporaryFolder folder;
  Exported(log, folder / "log");
  for (const char* name :
       {"checkpoint", "checkpoints", "log.vkey", "README", "agencies.json",
        "tile/0/000", "tile/0/004", "tile/0/005.p/20", "tile/1/000.p/5",
        "tile/entries/000", "tile/entries/005.p/20", "tile/details/000",
        "tile/details/005.p/20"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / "log/" + name)) << name;
  }
}

TEST(AuditLog, ContinuesAnEarlierExport) {
  TestLog log;
  Fill(log);
  const TemporaryFolder folder;
  Exported(log, folder / "log");
  Fill(log);
  const auto second = Exported(log, folder / "log");
  EXPECT_EQ(second.entries(), 2'600U);
  EXPECT_EQ(second.new_entries(), 1'300U);
  EXPECT_EQ(Verified(folder / "log", log).findings_size(), 0);
  // And once more with nothing new.
  EXPECT_EQ(Exported(log, folder / "log").new_entries(), 0U);
  EXPECT_EQ(Verified(folder / "log", log).findings_size(), 0);
}

TEST(AuditLog, DoesNotContinueAnotherHistory) {
  TestLog log;
  Fill(log);
  const TemporaryFolder folder;
  Exported(log, folder / "log");
  log.leaves[3] = log.leaves[4];
  log.checkpoints.clear();
  Fill(log);
  const auto source = log.Source();
  const auto exported = ExportLog(*source, folder / "log", nullptr);
  EXPECT_EQ(errors::ReasonOf(exported.status()), "PROOF_FAILS");

  TestLog other;
  Fill(other);
  const auto other_source = other.Source();
  EXPECT_EQ(errors::ReasonOf(
                ExportLog(*other_source, folder / "log", nullptr).status()),
            "FOLDER_NOT_EMPTY");
}

TEST(AuditLog, LeavesAFolderWithOtherThingsAlone) {
  TestLog log;
  Fill(log);
  const TemporaryFolder folder;
  testing::WriteFile(folder / "letter.txt", "dear");
  const auto source = log.Source();
  EXPECT_EQ(
      errors::ReasonOf(ExportLog(*source, folder.path(), nullptr).status()),
      "FOLDER_NOT_EMPTY");
}

TEST(AuditLog, FindsNoExportWhereThereIsNone) {
  const TemporaryFolder folder;
  EXPECT_TRUE(absl::IsNotFound(ExportedLog(folder.path()).status()));
}

// --- tampering with an exported folder ---

struct FolderCase {
  const char* name;
  std::function<void(const std::string& folder)> tamper;
  const char* reason;
  const char* place;
};

TEST(AuditLog, NamesWhatWasChangedInAnExport) {
  TestLog log;
  Fill(log);
  TestLog signed_anew;
  signed_anew.leaves = log.leaves;
  signed_anew.details = log.details;
  signed_anew.Sign();
  const FolderCase cases[] = {
      {"a bit of an entry",
       [](const std::string& folder) {
         // Entry 512 is the first of its bundle: length, then its bytes.
         FlipBit(folder + "/tile/entries/002", 2 + 5);
       },
       "LEAF_CHANGED", "entry 512"},
      {"a bit of a hash",
       [](const std::string& folder) {
         FlipBit(folder + "/tile/0/001", 32 * 10);
       },
       "LEAF_HASH_CHANGED", "entry 266"},
      {"a bit of a length",
       [](const std::string& folder) {
         FlipBit(folder + "/tile/entries/003", 0);
       },
       "LEAF_CHANGED", "entry 768"},
      {"a bit of a detail",
       [](const std::string& folder) {
         // Entry 99 is the first with details.
         FlipBit(folder + "/tile/details/000", 99 * 4 + 4 + 3);
       },
       "DETAILS_CHANGED", "entry 99"},
      {"an entry with its hash",
       [&](const std::string& folder) {
         // The same entry twice, hash and all.
         std::string bundle = testing::ReadFile(folder + "/tile/entries/004");
         std::vector<std::string> entries = ParseEntries(bundle, 256);
         entries[1] = entries[0];
         testing::WriteFile(folder + "/tile/entries/004",
                            *FormatEntries(entries));
         std::string tile = testing::ReadFile(folder + "/tile/0/004");
         tile.replace(32, 32, tile.substr(0, 32));
         testing::WriteFile(folder + "/tile/0/004", tile);
       },
       "CHECKPOINT_FAILS", "checkpoint of size 1100"},
      {"a missing file",
       [](const std::string& folder) {
         std::filesystem::remove(folder + "/tile/entries/001");
       },
       "EXPORT_DAMAGED", "tile/entries/001"},
      {"a file that is cut",
       [](const std::string& folder) {
         std::filesystem::resize_file(folder + "/tile/details/005.p/20", 10);
       },
       "EXPORT_DAMAGED", "tile/details/005.p/20"},
      {"a bit of a checkpoint",
       [&](const std::string& folder) {
         FlipBit(
             folder + "/checkpoints",
             static_cast<std::streamoff>(log.checkpoints[0].size() + 1 +
                                         log.checkpoints[1].find('\n') + 6));
       },
       "CHECKPOINT_NOT_SIGNED", "checkpoint 2"},
      {"signed anew with another key",
       [&](const std::string& folder) {
         testing::WriteFile(folder + "/checkpoints",
                            signed_anew.checkpoints[0]);
         testing::WriteFile(folder + "/checkpoint", signed_anew.checkpoints[0]);
       },
       "CHECKPOINT_NOT_SIGNED", "checkpoint 1"},
      {"cut off behind an earlier checkpoint",
       [&](const std::string& folder) {
         testing::WriteFile(folder + "/checkpoint", log.checkpoints[4]);
       },
       "LOG_TRUNCATED", "checkpoint of size 600"},
  };
  for (const FolderCase& c : cases) {
    SCOPED_TRACE(c.name);
    const TemporaryFolder folder;
    Exported(log, folder / "log");
    c.tamper(folder / "log");
    const AuditReport report = Verified(folder / "log", log);
    ASSERT_FALSE(report.findings().empty());
    EXPECT_EQ(report.findings(0).reason(), c.reason) << report.DebugString();
    EXPECT_EQ(report.findings(0).place(), c.place);
  }
}

// Whoever holds the folder can take away the last checkpoints with what they
// cover; whoever kept a checkpoint sees it.
TEST(AuditLog, FindsTruncationAgainstACheckpointKeptElsewhere) {
  TestLog log;
  Fill(log);
  const std::string kept = log.checkpoints.back();
  const TemporaryFolder folder;
  log.checkpoints.resize(5);
  log.leaves.resize(500);
  log.details.resize(500);
  Exported(log, folder / "log");
  EXPECT_EQ(Verified(folder / "log", log).findings_size(), 0);
  const AuditReport report = Verified(folder / "log", log, {kept});
  ASSERT_EQ(report.findings_size(), 1);
  EXPECT_EQ(report.findings(0).reason(), "LOG_TRUNCATED");
  EXPECT_EQ(report.findings(0).index(), 1'300U);
}

// The log's owner writes history anew and signs it with the right key.
TEST(AuditLog, FindsResigningAgainstACheckpointKeptElsewhere) {
  TestLog log;
  Fill(log);
  const std::string kept = log.checkpoints[3];
  log.leaves[350] = log.leaves[351];
  log.checkpoints.clear();
  log.Sign();
  const auto source = log.Source();
  EXPECT_EQ(Verified(*source, {.key = log.key()}).findings_size(), 0);
  const auto again = log.Source();
  const AuditReport report =
      Verified(*again, {.key = log.key(), .known_checkpoints = {kept}});
  ASSERT_EQ(report.findings_size(), 1);
  EXPECT_EQ(report.findings(0).reason(), "CHECKPOINT_FAILS");
  EXPECT_EQ(report.findings(0).place(), "known checkpoint 1");
}

// --- tampering with a log as a hub would show it ---

TEST(AuditLog, NamesWhatWasChangedInAHubsLog) {
  const struct {
    const char* name;
    std::function<void(TestLog&)> tamper;
    const char* reason;
    std::uint64_t index;
  } cases[] = {
      {"an entry taken out",
       [](TestLog& log) {
         log.leaves.erase(log.leaves.begin() + 450);
         log.details.erase(log.details.begin() + 450);
       },
       "CHECKPOINT_FAILS", 500},
      {"two entries exchanged",
       [](TestLog& log) { std::swap(log.leaves[700], log.leaves[701]); },
       "CHECKPOINT_FAILS", 800},
      {"an entry put in",
       [](TestLog& log) {
         log.leaves.insert(log.leaves.begin(), log.leaves[5]);
         log.details.insert(log.details.begin(), "");
       },
       "CHECKPOINT_FAILS", 100},
      {"the end taken away",
       [](TestLog& log) {
         log.leaves.resize(1'250);
         log.details.resize(1'250);
       },
       "LOG_TRUNCATED", 1'300},
      {"checkpoints exchanged",
       [](TestLog& log) { std::swap(log.checkpoints[2], log.checkpoints[3]); },
       "CHECKPOINT_ORDER", 300},
      {"an agency that did not sign",
       [](TestLog& log) {
         log.agency.mutable_signing_keys(0)->set_public_key(
             auditlog::Ed25519PrivateKey::Generate()->public_key().raw());
       },
       "FRAME_SIGNATURE_WRONG", 99},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    TestLog log;
    Fill(log);
    c.tamper(log);
    const auto source = log.Source();
    const AuditReport report =
        Verified(*source, {.key = log.key(), .signatures = true});
    ASSERT_FALSE(report.findings().empty());
    EXPECT_EQ(report.findings(0).reason(), c.reason) << report.DebugString();
    EXPECT_EQ(report.findings(0).index(), c.index);
  }
}

TEST(AuditLog, AnEmptyLogIsIntact) {
  TestLog log;
  log.Sign();
  const TemporaryFolder folder;
  Exported(log, folder / "log");
  const AuditReport report = Verified(folder / "log", log);
  EXPECT_EQ(report.findings_size(), 0) << report.DebugString();
  EXPECT_EQ(report.entries(), 0U);
}

TEST(ExportLayout, ReadsBackWhatItWrites) {
  const std::vector<std::string> leaves = {"", "a", std::string(65'535, 'x')};
  EXPECT_EQ(ParseEntries(*FormatEntries(leaves), 3), leaves);
  const std::vector<std::string> details = {"", std::string(64, 'h')};
  EXPECT_EQ(ParseDetails(FormatDetails(details), 2), details);
  EXPECT_FALSE(
      FormatEntries(std::vector<std::string>{std::string(65'536, 'x')}).ok());
}

}  // namespace
}  // namespace waystation::client
