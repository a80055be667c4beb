// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/hub/story.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "proto/auditlog/epoch.h"
#include "proto/auditlog/merkle.h"
#include "proto/auditlog/note.h"
#include "tests/harness/runs.h"

namespace waystation::hub {
namespace {

using auditlog::NoteAlgorithm;
using auditlog::NoteSigner;
using storage::sqlite::FileAnswer;
using storage::sqlite::FileStep;

const std::string kNumber = DemoNumber("341202", "19900307", 41);
constexpr std::string_view kAgencies[] = {kPoliceFuyang, kPoliceSuzhou,
                                          kLaborSuzhou};
constexpr int kAtOnce = 6;

// What a step works with.
struct Scene {
  TestHub& test;
  const StoryMedium& medium;
  const Told& told;
  // It was answered before; nothing may be new then.
  bool again = false;
};

absl::Time Begin() {
  return absl::FromCivil(absl::CivilSecond(2026, 5, 20, 10, 0, 0),
                         absl::UTCTimeZone());
}

// Waits for something that the hub does by itself, or for its failure.
absl::Status AwaitThat(TestHub& test, const std::function<bool()>& is_done) {
  while (!is_done()) {
    if (absl::Status status = test.store().Count().status(); !status.ok()) {
      return status;
    }
    const auto status = test.hub().GetHubStatus();
    if (!status.ok()) return status.status();
    if (!status->ready()) {
      return absl::UnavailableError("the hub is not ready");
    }
    std::this_thread::yield();
  }
  return absl::OkStatus();
}

absl::Status PutAgency(TestHub& test, const v1::Agency& agency) {
  v1::PutAgencyRequest request;
  *request.mutable_agency() = agency;
  return Await<v1::PutAgencyResponse>([&](auto done) {
           test.hub().PutAgency(OperatorCaller(), request, std::move(done));
         })
      .status();
}

NoteSigner Witness() {
  return *NoteSigner::Create(
      kLaborSuzhou,
      *auditlog::Ed25519PrivateKey::FromSeed(std::string(32, 'l')),
      NoteAlgorithm::kCosignatureV1);
}

absl::Status PutAgencies(const Scene& scene) {
  for (const std::string_view id : kAgencies) {
    v1::Agency agency;
    agency.set_id(std::string(id));
    agency.set_sector(std::string(id.substr(0, id.find('.'))));
    agency.set_jurisdiction(std::string(id.substr(id.find('.') + 1, 4)));
    agency.set_unsigned_unary(true);
    agency.set_unsigned_frames(true);
    if (id == kLaborSuzhou) {
      v1::SigningKey& key = *agency.add_witness_keys();
      key.set_key_id("w");
      key.set_public_key(Witness().verifier().key().raw());
    }
    if (auto status = PutAgency(scene.test, agency); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status ApplyAgreements(const Scene& scene) {
  for (const char* sector : {"public_security", "labor"}) {
    if (auto applied = scene.test.Apply(DefaultAgreement(sector));
        !applied.ok()) {
      return applied;
    }
  }
  return absl::OkStatus();
}

// What was acknowledged once is there, once.
absl::Status Take(const Scene& scene,
                  const absl::StatusOr<v1::SubmitRecordsResponse>& answer) {
  if (!answer.ok()) return answer.status();
  for (const v1::UpdateResult& result : answer->results()) {
    EXPECT_NE(result.outcome(), v1::UpdateResult::OUTCOME_REJECTED);
    if (scene.again) {
      EXPECT_NE(result.outcome(), v1::UpdateResult::OUTCOME_APPLIED)
          << "it was acknowledged before";
    }
  }
  return absl::OkStatus();
}

absl::Status Submit(const Scene& scene, std::string_view agency,
                    const std::vector<Say>& updates) {
  return Take(scene, scene.test.Submit(agency, updates));
}

// Frames that are all under way at once, and so stand on each other.
absl::Status SubmitAtOnce(const Scene& scene) {
  std::vector<std::future<absl::StatusOr<v1::SubmitRecordsResponse>>> answers;
  for (int i = 0; i < kAtOnce; ++i) {
    v1::SubmitRecordsRequest request;
    request.mutable_frame()->add_updates(
        Say(absl::StrCat("F", i), 1)
            .Core(DemoNumber("320505", "19850101", 100 + i), "李娜", 1985, 1, 1)
            .Works("苏州第一织造厂")
            .bytes());
    auto promise = std::make_shared<
        std::promise<absl::StatusOr<v1::SubmitRecordsResponse>>>();
    answers.push_back(promise->get_future());
    scene.test.hub().SubmitFrame(
        AgencyCaller(kLaborSuzhou), request,
        [promise](auto answer) { promise->set_value(std::move(answer)); });
  }
  absl::Status first;
  for (auto& answer : answers) first.Update(Take(scene, answer.get()));
  return first;
}

absl::Status Rule(const Scene& scene) {
  const auto list = scene.test.hub().ListConflicts(OfficeCaller(), {});
  if (!list.ok()) return list.status();
  if (list->conflicts_size() == 0) return absl::OkStatus();  // It was ruled on.
  EXPECT_FALSE(scene.again) << "the decision was acknowledged before";
  const auto conflict = scene.test.OnlyConflict();
  if (!conflict.ok()) return conflict.status();
  return scene.test.Choose(*conflict, kPoliceFuyang).status();
}

// The log's head as a witness gets it: stored before it was shown.
absl::Status LookAtLog(const Scene& scene) {
  const auto status = scene.test.hub().GetHubStatus();
  if (!status.ok()) return status.status();
  v1::GetCheckpointRequest request;
  request.set_at_least(status->log_size());
  const auto shown =
      scene.test.hub().GetCheckpoint(AgencyCaller(kLaborSuzhou), request);
  if (!shown.ok()) return shown.status();
  auditlog::Note note = *auditlog::ParseNote(shown->checkpoint());
  scene.told.Add("checkpoint", shown->checkpoint());
  note.signatures = {Witness().Sign(note.text, scene.test.Now())};
  v1::CosignRequest cosign;
  cosign.set_cosigned_checkpoint(auditlog::FormatNote(note));
  return scene.test.hub().Cosign(AgencyCaller(kLaborSuzhou), cosign).status();
}

absl::Status ReadMailbox(const Scene& scene) {
  const auto page = scene.test.Pull(kPoliceFuyang);
  if (!page.ok()) return page.status();
  if (page->last_token().empty()) return absl::OkStatus();
  v1::AcknowledgeRequest request;
  request.set_page_token(page->last_token());
  return scene.test.hub().Acknowledge(AgencyCaller(kPoliceFuyang), request);
}

absl::Status MakeBackup(const Scene& scene) {
  const auto made = scene.test.hub().CreateBackup(OperatorCaller());
  if (!made.ok()) return made.status();
  const auto backups = scene.test.hub().ListBackups({});
  if (!backups.ok()) return backups.status();
  for (const v1::Backup& backup : backups->backups()) {
    EXPECT_TRUE(backup.readable() || backup.name() != made->backup().name())
        << "it was made, and cannot be read";
  }
  scene.told.Add("backup", made->backup().name());
  return absl::OkStatus();
}

// Claims that were shredded, as far as the log can be read.
uint64_t Shredded(TestHub& test) {
  uint64_t count = 0;
  const auto leaves = test.store().ReadLeaves(0, 10'000, false);
  if (!leaves.ok()) return 0;
  for (const storage::LeafRow& leaf : *leaves) {
    v1::AuditEvent event;
    EXPECT_TRUE(event.ParseFromString(leaf.event));
    if (event.act() == "claims.shred") count += event.count();
  }
  return count;
}

// Updates that were applied, as the log has them: each once.
std::vector<std::string> Applied(TestHub& test) {
  const auto leaves = test.store().ReadLeaves(0, 10'000, true);
  EXPECT_TRUE(leaves.ok()) << leaves.status();
  std::vector<std::string> applied;
  for (const storage::LeafRow& leaf : *leaves) {
    v1::AuditEvent event;
    EXPECT_TRUE(event.ParseFromString(leaf.event));
    if (event.kind() != v1::AuditEvent::KIND_UPDATES) continue;
    for (const storage::DetailRow& detail : leaf.details) {
      if (detail.uid != 0) applied.push_back(event.actor());
    }
  }
  std::ranges::sort(applied);
  return applied;
}

// A month goes by: an address that was left is shredded, and the first backups
// end.
absl::Status LetTimePass(const Scene& scene) {
  TestHub& test = scene.test;
  const uint64_t before = Shredded(test);
  const int scrubs = scene.medium.scrubs();
  test.SetTime(std::max(test.Now(), Begin() + absl::Hours(24 * 31)));
  const auto is_done = [&] {
    const auto backups = test.hub().ListBackups({});
    if (!backups.ok()) return false;
    for (const v1::Backup& backup : backups->backups()) {
      if (!backup.readable()) return false;
    }
    // What had been shredded before was scrubbed by the next start.
    return Shredded(test) > 0 && (before > 0 || scene.medium.scrubs() > scrubs);
  };
  return AwaitThat(test, is_done);
}

struct Step {
  const char* name;
  std::function<absl::Status(const Scene&)> tell;
};

const std::vector<Step>& Steps() {
  static const std::vector<Step> steps = {
      {"agencies", PutAgencies},
      {"agreements", ApplyAgreements},
      {"a person",
       [](const Scene& s) {
         return Submit(s, kPoliceFuyang,
                       {Say("A", 1).Core(kNumber, "王芳", 1990, 3, 7)});
       }},
      {"who disagrees about her",
       [](const Scene& s) {
         return Submit(s, kPoliceSuzhou,
                       {Say("B", 1).Core(kNumber, "王芳", 1990, 7, 3)});
       }},
      {"decision", Rule},
      {"address",
       [](const Scene& s) {
         return Submit(s, kPoliceSuzhou,
                       {Say("B", 2).Lives("320505", "观前街1号")});
       }},
      {"employer",
       [](const Scene& s) {
         return Submit(s, kLaborSuzhou,
                       {Say("L", 1).Core(kNumber, "王芳", 1990, 3, 7),
                        Say("M", 1).Name("欧阳建国").Works("苏州第二织造厂")});
       }},
      {"checkpoint", LookAtLog},
      {"another address",
       [](const Scene& s) {
         return Submit(s, kPoliceSuzhou, {Say("B", 3).Lives("320506")});
       }},
      {"backup", MakeBackup},
      {"month", LetTimePass},
      {"mailbox", ReadMailbox},
      {"checkpoint", LookAtLog},
      {"frames at once", SubmitAtOnce},
      {"backup", MakeBackup},
      {"retraction",
       [](const Scene& s) {
         return Submit(
             s, kLaborSuzhou,
             {Say("M", 2).Retract(v1::RecordRetraction::REASON_MOVED_OUT)});
       }},
      {"checkpoint", LookAtLog},
  };
  return steps;
}

void ExpectContinues(TestHub& test, const std::string& seen) {
  v1::GetConsistencyProofRequest request;
  const auto old = auditlog::ParseCheckpoint(auditlog::ParseNote(seen)->text);
  ASSERT_TRUE(old.ok()) << old.status();
  const auto shown = test.hub().GetCheckpoint(AuditorCaller(), {});
  ASSERT_TRUE(shown.ok()) << shown.status();
  const auto verifier = auditlog::NoteVerifier::Parse(shown->verifier_key());
  const auto now = auditlog::OpenCheckpoint(shown->checkpoint(), *verifier);
  ASSERT_TRUE(now.ok()) << now.status();
  ASSERT_GE(now->size, old->size) << "a checkpoint was shown, and is not there";
  request.set_first(old->size);
  request.set_second(now->size);
  const auto proof = test.hub().GetConsistencyProof(AuditorCaller(), request);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_TRUE(auditlog::VerifyConsistency(old->size, now->size,
                                          ParseHashes(proof->path()), old->root,
                                          now->root)
                  .ok())
      << "the log does not continue what a witness saw";
}

}  // namespace

FileAnswer StoryMedium::Before(const FileStep& step) {
  const FileAnswer answer =
      trouble_ == nullptr ? FileAnswer::kPass : trouble_->Before(step);
  if (answer == FileAnswer::kPass && step.kind == FileStep::Kind::kTruncate &&
      step.path.ends_with("-wal")) {
    ++scrubs_;
  }
  return answer;
}

void Told::Add(const std::string& word, const std::string& what) const {
  const std::string line =
      absl::StrCat(word, " ", absl::BytesToHexString(what), "\n");
  const int file = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  EXPECT_EQ(::write(file, line.data(), line.size()),
            static_cast<ssize_t>(line.size()));
  ::close(file);
}

std::vector<std::string> Told::Of(const std::string& word) const {
  std::vector<std::string> found;
  std::ifstream file(file_);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(word + " ")) {
      found.push_back(absl::HexStringToBytes(line.substr(word.size() + 1)));
    }
  }
  return found;
}

TestHub::Setup StorySetup(const World& world, StoryMedium& medium) {
  return {.hooks = &medium,
          .rules = {},
          .shared_group = 1,
          .backups = true,
          .world = &world,
          .tick = absl::Microseconds(100),
          .log_bytes = size_t{64} * 4096};
}

absl::Status TellStory(TestHub& test, const StoryMedium& medium,
                       const Told& told) {
  EXPECT_EQ(Steps().size(), kStorySteps);
  const size_t answered = told.steps();
  for (size_t i = 0; i < kStorySteps; ++i) {
    const Step& step = Steps()[i];
    SCOPED_TRACE(absl::StrCat("step ", i, ": ", step.name));
    const absl::Status status =
        step.tell({test, medium, told, /*again=*/i < answered});
    if (!status.ok()) {
      return {status.code(), absl::StrCat("step ", i, ", ", step.name, ": ",
                                          status.ToString())};
    }
    if (i >= answered) told.Add("step", step.name);
  }
  return absl::OkStatus();
}

Outcome OutcomeOf(TestHub& test) {
  test.SetTime(std::max(test.Now(), Begin() + absl::Hours(24 * 31)));
  const auto decisions = test.store().ListDecisions(0, 1'000);
  EXPECT_TRUE(decisions.ok()) << decisions.status();
  return {.stock = StockOf(test),
          .mailboxes = MailboxesOf(test),
          .applied = Applied(test),
          .shredded = Shredded(test),
          .decisions = decisions->size()};
}

const Outcome& UndisturbedOutcome() {
  static const Outcome outcome = [] {
    const World world(harness::ScratchRoot());
    const Told told(world);
    StoryMedium medium;
    TestHub test(StorySetup(world, medium));
    absl::Status status = test.TryStart();
    if (status.ok()) status = TellStory(test, medium, told);
    EXPECT_TRUE(status.ok()) << status;
    ExpectStandsBy(test, told);
    Outcome undisturbed = OutcomeOf(test);
    EXPECT_EQ(undisturbed.stock, ComputedAtOnce(test));
    EXPECT_EQ(undisturbed.shredded, 1U);
    EXPECT_EQ(undisturbed.decisions, 1U);
    EXPECT_FALSE(undisturbed.mailboxes.empty());
    EXPECT_FALSE(undisturbed.applied.empty());
    return undisturbed;
  }();
  return outcome;
}

void ExpectStandsBy(TestHub& test, const Told& told) {
  const auto checked = test.hub().CheckStore();
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->findings_size(), 0) << checked->ShortDebugString();
  for (const std::string& note : told.Of("checkpoint")) {
    ExpectContinues(test, note);
  }
  const auto backups = test.hub().ListBackups({});
  ASSERT_TRUE(backups.ok()) << backups.status();
  for (const v1::Backup& backup : backups->backups()) {
    v1::VerifyBackupRequest request;
    request.set_name(backup.name());
    const auto verified = test.hub().VerifyBackup(request);
    if (!backup.readable()) continue;
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->findings_size(), 0) << verified->ShortDebugString();
  }
}

void ExpectBackupsAreLogged(TestHub& test) {
  std::set<std::string> logged;
  const auto leaves = test.store().ReadLeaves(0, 10'000, false);
  ASSERT_TRUE(leaves.ok()) << leaves.status();
  for (const storage::LeafRow& leaf : *leaves) {
    v1::AuditEvent event;
    EXPECT_TRUE(event.ParseFromString(leaf.event));
    if (event.act() == "backup.create") logged.insert(event.object());
  }
  const auto backups = test.hub().ListBackups({});
  ASSERT_TRUE(backups.ok()) << backups.status();
  for (const v1::Backup& backup : backups->backups()) {
    EXPECT_TRUE(logged.contains(backup.name())) << backup.name();
  }
}

void ExpectEndsWell(TestHub& test, const StoryMedium& medium,
                    const Told& told) {
  const absl::Status status = TellStory(test, medium, told);
  ASSERT_TRUE(status.ok()) << status;
  const Outcome outcome = OutcomeOf(test);
  const Outcome& want = UndisturbedOutcome();
  EXPECT_EQ(outcome.stock, want.stock) << Difference(outcome.stock, want.stock);
  EXPECT_EQ(outcome.mailboxes, want.mailboxes);
  EXPECT_EQ(outcome.applied, want.applied);
  EXPECT_EQ(outcome.shredded, want.shredded);
  EXPECT_EQ(outcome.decisions, want.decisions);
}

}  // namespace waystation::hub
