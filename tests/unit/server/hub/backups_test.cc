// SPDX-License-Identifier: Apache-2.0
// A backup holds what the hub held, and a hub that is restored from one neither
// forgets whom it shut out nor signs a second history.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "proto/auditlog/epoch.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/note.h"
#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

class BackupsTest : public testing::Test {
 protected:
  std::string Make() {
    const auto made = test_.hub().CreateBackup(OperatorCaller());
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? made->backup().name() : "";
  }
  auditlog::Checkpoint Checkpoint() {
    const auto shown = test_.hub().GetCheckpoint(AuditorCaller(), {});
    EXPECT_TRUE(shown.ok()) << shown.status();
    const auto verifier = auditlog::NoteVerifier::Parse(shown->verifier_key());
    EXPECT_TRUE(verifier.ok()) << verifier.status();
    const auto checkpoint =
        auditlog::OpenCheckpoint(shown->checkpoint(), *verifier);
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    return *checkpoint;
  }
  // Those of one act.
  std::vector<v1::AuditEvent> EventsOf(std::string_view act) {
    std::vector<v1::AuditEvent> found;
    for (const v1::LoggedEvent& logged : test_.Events()) {
      if (logged.event().act() == act) found.push_back(logged.event());
    }
    return found;
  }
  fs::path Archive(const std::string& name) const {
    return test_.folder() / "backup" / (name + ".backup");
  }
  uint64_t Records() { return test_.hub().GetHubStatus()->records(); }

  TestHub test_{TestHub::Setup{.rules = {}, .backups = true}};
};

Say Worker(std::string_view key, uint64_t revision) {
  return Say(key, revision).Core(kNumber, "王芳", 1990, 3, 7);
}

TEST_F(BackupsTest, StandInTheLogWithTheHashOfTheirFile) {
  test_.Submit(kPoliceSuzhou, Worker("B", 1));
  const auto made = test_.hub().CreateBackup(OperatorCaller());
  ASSERT_TRUE(made.ok()) << made.status();
  std::ifstream file(Archive(made->backup().name()), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(made->backup().bytes(), bytes.size());
  const auto events = EventsOf("backup.create");
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].object(), made->backup().name());
  EXPECT_EQ(events[0].object_hash(),
            auditlog::AsBytes(auditlog::Sha256(bytes)));
  EXPECT_EQ(events[0].actor(), OperatorCaller().path);

  const auto listed = test_.hub().ListBackups({});
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_THAT(listed->backups(), SizeIs(1));
  EXPECT_TRUE(listed->backups(0).readable());

  v1::VerifyBackupRequest request;
  request.set_name(made->backup().name());
  const auto verified = test_.hub().VerifyBackup(request);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_THAT(verified->findings(), IsEmpty());
  EXPECT_EQ(verified->hash(), made->hash());
  EXPECT_EQ(verified->rows_checked(), 1U);
}

TEST_F(BackupsTest, AreMadeByOperatorsAlone) {
  for (const Caller& caller :
       {AgencyCaller(kPoliceSuzhou), OfficeCaller(), AuditorCaller()}) {
    EXPECT_EQ(errors::ReasonOf(test_.hub().CreateBackup(caller).status()),
              "WRONG_ROLE");
  }
  TestHub without;
  EXPECT_EQ(
      errors::ReasonOf(without.hub().CreateBackup(OperatorCaller()).status()),
      "NO_BACKUPS");
}

TEST_F(BackupsTest, ShowDamage) {
  const std::string name = Make();
  const auto size = fs::file_size(Archive(name));
  v1::VerifyBackupRequest request;
  request.set_name(name);
  fs::resize_file(Archive(name), size / 2);
  EXPECT_EQ(errors::ReasonOf(test_.hub().VerifyBackup(request).status()),
            "BACKUP_DAMAGED");
  EXPECT_FALSE(fs::exists(test_.folder() / "backup" / (name + ".checking")));
  request.set_name("20200101T000000Z");
  EXPECT_EQ(errors::ReasonOf(test_.hub().VerifyBackup(request).status()),
            "NO_SUCH_BACKUP");
}

TEST_F(BackupsTest, BringBackWhatTheyHeldInAnEpochOfItsOwn) {
  test_.Submit(kPoliceSuzhou, Worker("B", 1));
  const std::string name = Make();
  test_.Submit(kPoliceSuzhou, Say("C", 1).Name("李娜"));
  const auditlog::Checkpoint last = Checkpoint();
  ASSERT_EQ(Records(), 2U);

  test_.Advance(absl::Hours(1));
  const absl::Status restored = test_.TryRestore(name);
  ASSERT_TRUE(restored.ok()) << restored;
  EXPECT_EQ(Records(), 1U);
  const auditlog::Checkpoint first = Checkpoint();
  EXPECT_NE(first.origin, last.origin);
  EXPECT_EQ(auditlog::BaseOfOrigin(first.origin), last.origin);
  const auto events = EventsOf("hub.restore");
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].object(), name);
  const auto cited = auditlog::ParseNote(events[0].cited_checkpoint());
  ASSERT_TRUE(cited.ok()) << cited.status();
  EXPECT_EQ(*auditlog::ParseCheckpoint(cited->text), last);

  // What was lost comes again, and the hub starts again as ever.
  test_.Submit(kPoliceSuzhou, Say("C", 1).Name("李娜"));
  EXPECT_EQ(Records(), 2U);
  test_.Restart();
  EXPECT_EQ(Checkpoint().origin, first.origin);
  EXPECT_THAT(test_.hub().CheckStore()->findings(), IsEmpty());

  // A second restore of the same backup is another epoch.
  test_.Advance(absl::Hours(1));
  ASSERT_TRUE(test_.TryRestore(name).ok());
  EXPECT_NE(Checkpoint().origin, first.origin);
  EXPECT_EQ(auditlog::BaseOfOrigin(Checkpoint().origin), last.origin);
}

TEST_F(BackupsTest, OpenAnotherEpochEachTimeThoughTheClockStandsStill) {
  const std::string name = Make();
  std::vector<std::string> origins = {Checkpoint().origin};
  for (int restore = 0; restore < 3; ++restore) {
    // In the end it even goes back.
    if (restore == 2) test_.Advance(-absl::Hours(1));
    const absl::Status restored = test_.TryRestore(name);
    ASSERT_TRUE(restored.ok()) << restored;
    EXPECT_THAT(origins, Not(testing::Contains(Checkpoint().origin)));
    origins.push_back(Checkpoint().origin);
  }
}

TEST_F(BackupsTest, ForgetNobodyWhoWasShutOut) {
  v1::CertificateStatus certificate;
  certificate.set_serial("0a1b");
  certificate.set_identity("agency/" + std::string(kLaborFuyang));
  const auto put = [&](std::string_view act) {
    return Await<v1::CertificateStatus>([&](auto done) {
      test_.hub().PutCertificate(OperatorCaller(), act, certificate,
                                 std::move(done));
    });
  };
  ASSERT_TRUE(put("certificate.sign").ok());
  const std::string name = Make();
  certificate.set_revoked(true);
  ASSERT_TRUE(put("certificate.revoke").ok());
  const std::string revoked = test_.hub()
                                  .ListAgreements(OperatorCaller(), {})
                                  ->agreements(0)
                                  .agreement()
                                  .id();
  ASSERT_EQ(test_.Revoke(revoked), absl::OkStatus());

  ASSERT_TRUE(test_.TryRestore(name).ok());
  EXPECT_TRUE(test_.hub().IsRevoked("0a1b"));
  const auto agreements = test_.hub().ListAgreements(OperatorCaller(), {});
  ASSERT_TRUE(agreements.ok()) << agreements.status();
  for (const v1::AgreementStatus& status : agreements->agreements()) {
    EXPECT_EQ(status.state() == v1::AgreementStatus::STATE_REVOKED,
              status.agreement().id() == revoked);
  }
  EXPECT_THAT(EventsOf("journal.take-up"), SizeIs(2));
}

TEST_F(BackupsTest, BringBackNothingThatWasShredded) {
  test_.Submit(kPoliceSuzhou, Worker("B", 1).Lives("320505", "观前街1号"));
  test_.Submit(kPoliceSuzhou, Say("B", 2).Lives("320506", "平江路2号"));
  test_.Advance(absl::Hours(24 * 20));
  const std::string name = Make();
  test_.Advance(absl::Hours(24 * 15));
  ASSERT_TRUE(test_.TryRestore(name).ok());
  uint32_t shredded = 0;
  for (const v1::AuditEvent& event : EventsOf("claims.shred")) {
    shredded += event.count();
  }
  EXPECT_EQ(shredded, 1U) << "before anybody could call";
}

// A disk with room for so many writes and no more.
class Filling final : public storage::sqlite::FileHooks {
 public:
  storage::sqlite::FileAnswer Before(
      const storage::sqlite::FileStep& step) override {
    return step.kind == storage::sqlite::FileStep::Kind::kWrite && --room < 0
               ? storage::sqlite::FileAnswer::kNoSpace
               : storage::sqlite::FileAnswer::kPass;
  }
  std::atomic<int> room = 1'000'000;
};

TEST(Restores, EndWhereTheDiskIsFull) {
  Filling disk;
  TestHub test({.hooks = &disk, .backups = true});
  test.Submit(kPoliceSuzhou, Worker("B", 1).Lives("320505", "观前街1号"));
  test.Submit(kPoliceSuzhou, Say("B", 2).Lives("320506", "平江路2号"));
  // So that there is something to shred, and a key to restore with.
  test.Advance(absl::Hours(24 * 20));
  const auto made = test.hub().CreateBackup(OperatorCaller());
  ASSERT_TRUE(made.ok()) << made.status();
  test.Advance(absl::Hours(24 * 15));
  for (int room = 0;; ++room) {
    SCOPED_TRACE(room);
    disk.room = room;
    const absl::Status restored = test.TryRestore(made->backup().name());
    disk.room = 1'000'000;
    if (restored.ok()) {
      EXPECT_GT(room, 10);
      break;
    }
    EXPECT_TRUE(errors::ReasonOf(restored) == "DISK_FULL" ||
                restored.code() == absl::StatusCode::kResourceExhausted)
        << restored;
    if (HasFailure()) return;
  }
  EXPECT_EQ(test.hub().GetHubStatus()->records(), 1U);
}

TEST_F(BackupsTest, BringBackNothingThatWasErasedSince) {
  const auto held = [&](const char* key) {
    v1::GetRecordRequest request;
    request.set_record_key(key);
    const auto got =
        test_.hub().GetRecord(AgencyCaller(kPoliceSuzhou), request);
    EXPECT_TRUE(got.ok()) << got.status();
    return got.ok() ? *got : v1::GetRecordResponse();
  };
  for (const char* key : {"erased", "moved", "kept", "again"}) {
    test_.Submit(kPoliceSuzhou, Say(key, 1).Name("王芳").Lives("320505"));
  }
  const std::string name = Make();
  const Say erasure =
      Say("erased", 2).Retract(v1::RecordRetraction::REASON_ERASURE_REQUESTED);
  test_.Submit(kPoliceSuzhou, erasure);
  test_.Submit(kPoliceSuzhou,
               Say("moved", 2).Retract(v1::RecordRetraction::REASON_MOVED_OUT));
  // One that came and went since, and one that came back.
  test_.Submit(kPoliceSuzhou, Say("young", 1).Name("李娜"));
  for (const char* key : {"young", "again"}) {
    test_.Submit(
        kPoliceSuzhou,
        Say(key, 2).Retract(v1::RecordRetraction::REASON_ERASURE_REQUESTED));
  }
  test_.Submit(kPoliceSuzhou, Say("again", 3).Name("王芳"));

  ASSERT_TRUE(test_.TryRestore(name).ok());
  EXPECT_EQ(held("erased").record().revision(), 2U);
  EXPECT_THAT(held("erased").claims(), IsEmpty());
  EXPECT_THAT(held("again").claims(), IsEmpty()) << "until it is sent again";
  EXPECT_THAT(held("kept").claims(), Not(IsEmpty()));
  EXPECT_THAT(held("moved").claims(), Not(IsEmpty()))
      << "what agencies sent since is theirs to send again";
  EXPECT_EQ(Records(), 4U);
  EXPECT_THAT(EventsOf("journal.take-up"), SizeIs(3));
  EXPECT_EQ(test_.hub().CheckStore()->findings_size(), 0);

  // The agency's adapter says all again.
  EXPECT_EQ(test_.Submit(kPoliceSuzhou, erasure).outcome(),
            v1::UpdateResult::OUTCOME_UNCHANGED);
  EXPECT_EQ(
      test_.Submit(kPoliceSuzhou, Say("erased", 1).Name("王芳")).outcome(),
      v1::UpdateResult::OUTCOME_STALE);
  EXPECT_EQ(test_.Submit(kPoliceSuzhou, Say("again", 3).Name("王芳")).outcome(),
            v1::UpdateResult::OUTCOME_APPLIED);
  // Once is enough, and a second restore knows it too.
  test_.Restart();
  EXPECT_THAT(EventsOf("journal.take-up"), SizeIs(3));
  ASSERT_TRUE(test_.TryRestore(name).ok());
  EXPECT_THAT(held("erased").claims(), IsEmpty());
}

TEST_F(BackupsTest, KeepNoNameOfWhatWasErased) {
  test_.Submit(kPoliceSuzhou, Say("KEY-77", 1).Name("王芳"));
  test_.Submit(
      kPoliceSuzhou,
      Say("KEY-77", 2).Retract(v1::RecordRetraction::REASON_ERASURE_REQUESTED));
  std::ifstream journal(test_.folder() / "journal" / "administration.jsonl");
  const std::string text((std::istreambuf_iterator<char>(journal)), {});
  EXPECT_THAT(text, testing::HasSubstr("\"erasure\""));
  EXPECT_THAT(text, Not(testing::HasSubstr("KEY-77")));
}

TEST_F(BackupsTest, AreGoneWhenTheirTimeIsOver) {
  const std::string name = Make();
  test_.Advance(absl::Hours(24 * 30));
  EXPECT_FALSE(test_.hub().ListBackups({})->backups(0).readable());
  EXPECT_EQ(errors::ReasonOf(test_.TryRestore(name)), "BACKUP_LOCKED");
}

// --- a store that somebody put back by hand ---

TEST_F(BackupsTest, AnOldCopyOfTheStoreIsRefused) {
  test_.Submit(kPoliceSuzhou, Worker("B", 1));
  test_.Stop();
  const fs::path store = test_.folder() / "store";
  const fs::path old = test_.folder() / "old";
  fs::copy(store, old);
  ASSERT_TRUE(test_.TryStart().ok());
  test_.Submit(kPoliceSuzhou, Worker("B", 2).Lives("320505"));
  test_.Stop();
  fs::rename(store, test_.folder() / "newer");
  fs::rename(old, store);
  const absl::Status refused = test_.TryStart();
  EXPECT_EQ(errors::ReasonOf(refused), "STORE_ROLLED_BACK") << refused;
  test_.Stop();

  // Nor does an empty one pass for it.
  fs::remove_all(store);
  EXPECT_EQ(errors::ReasonOf(test_.TryStart()), "STORE_ROLLED_BACK");
  test_.Stop();
  fs::remove_all(store);
  fs::rename(test_.folder() / "newer", store);
  EXPECT_TRUE(test_.TryStart().ok());
}

TEST_F(BackupsTest, ADamagedCheckpointOfTheJournalIsFound) {
  test_.Submit(kPoliceSuzhou, Worker("B", 1));
  ASSERT_TRUE(test_.hub().CreateBackup(OperatorCaller()).ok());
  test_.Stop();
  const fs::path file = test_.folder() / "journal" / "checkpoint";
  std::ifstream in(file, std::ios::binary);
  const std::string note{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(note.empty());
  for (size_t at = 0; at < note.size(); at += 5) {
    std::string flipped = note;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << flipped;
    EXPECT_THAT(errors::ReasonOf(test_.TryStart()),
                testing::AnyOf("JOURNAL_DAMAGED", "STORE_FOREIGN"))
        << "byte " << at;
    test_.Stop();
  }
  std::ofstream(file, std::ios::binary | std::ios::trunc) << note;
  EXPECT_TRUE(test_.TryStart().ok());
}

TEST_F(BackupsTest, AnotherHistoryOfTheSameLengthIsRefused) {
  test_.Stop();
  const fs::path store = test_.folder() / "store";
  const fs::path old = test_.folder() / "old";
  const fs::path journal = test_.folder() / "journal";
  fs::copy(store, old);
  fs::copy(journal, test_.folder() / "old-journal");
  ASSERT_TRUE(test_.TryStart().ok());
  test_.Submit(kPoliceSuzhou, Worker("B", 1));
  test_.Stop();
  // The other history, of which the journal knows nothing.
  fs::rename(journal, test_.folder() / "journal-of-first");
  fs::rename(test_.folder() / "old-journal", journal);
  fs::remove_all(store);
  fs::rename(old, store);
  ASSERT_TRUE(test_.TryStart().ok());
  test_.Submit(kPoliceSuzhou, Worker("B", 1).Lives("320505"));
  test_.Submit(kPoliceSuzhou, Worker("B", 2).Lives("320506"));
  test_.Stop();
  fs::remove_all(journal);
  fs::rename(test_.folder() / "journal-of-first", journal);
  EXPECT_EQ(errors::ReasonOf(test_.TryStart()), "STORE_ROLLED_BACK");
}

}  // namespace
}  // namespace waystation::hub
