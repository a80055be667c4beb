// SPDX-License-Identifier: Apache-2.0
// How the hub starts, keeps time and stops.
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "proto/auditlog/epoch.h"
#include "proto/auditlog/note.h"
#include "proto/calendar/china_time.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "server/backup/journal.h"
#include "server/hub/act_work.h"
#include "server/hub/epoch.h"
#include "server/hub/holder_code.h"
#include "server/hub/hub_impl.h"
#include "server/hub/leaf_work.h"
#include "server/hub/review.h"
#include "server/hub/store_error.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int kTicksToCheckpoint = 60;
constexpr auto kRestoreTick = std::chrono::milliseconds(10);

absl::Status Foreign(const std::string& rule) {
  return errors::Error("STORE_FOREIGN", {.rule = rule});
}

// Time of the newest leaf; 0 in an empty log.
absl::StatusOr<int64_t> NewestTime(const storage::Store& store,
                                   uint64_t log_size) {
  if (log_size == 0) return 0;
  const auto leaves = store.ReadLeaves(log_size - 1, 1, false);
  if (!leaves.ok()) return leaves.status();
  v1::AuditEvent event;
  if (leaves->empty() || !event.ParseFromString(leaves->front().event)) {
    return errors::Error("STORE_DAMAGED",
                         {.metadata = {{"table", "leaf"},
                                       {"row", std::to_string(log_size - 1)}}});
  }
  return TimeUtil::TimestampToMicroseconds(event.time());
}

void TellOfNotices(const Group& group, const storage::Committed& committed,
                   NoticeWatchers& watchers) {
  std::vector<TouchedNotice> touched;
  for (const auto& [number, changed] : group.change.notices) {
    TouchedNotice notice{
        .number = number,
        .agencies = {changed.after.sender, changed.after.recipient}};
    if (changed.recipient_before != 0 &&
        changed.recipient_before != changed.after.recipient) {
      notice.agencies.push_back(changed.recipient_before);
    }
    touched.push_back(std::move(notice));
  }
  watchers.Tell(touched, committed.log_size);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Hub>> Hub::Start(Dependencies dependencies,
                                                Options options) {
  const auto violations = domain::CheckRules(options.rules);
  if (!options.rules.version().empty() && !violations.empty()) {
    return errors::Error("CONFIG_INVALID",
                         {.field = "rules." + violations.front().field(),
                          .rule = violations.front().rule()});
  }
  auto hub =
      std::make_unique<HubImpl>(std::move(dependencies), std::move(options));
  if (auto status = hub->Open(); !status.ok()) return NamedStoreError(status);
  return hub;
}

HubImpl::HubImpl(Dependencies dependencies, Options options)
    : core_(std::move(dependencies), std::move(options)),
      committer_(
          core_,
          [this](const Group& group, const storage::Committed& committed) {
            Published(group, committed);
          },
          [this](const InStep::Heard& heard) { Heard(heard); }),
      disclosure_(core_, committer_, refusals_),
      business_questions_(core_, committer_, refusals_),
      mailbox_(core_, committer_, refusals_),
      notice_desk_(core_, committer_, refusals_),
      notice_report_(core_),
      overdue_report_(core_),
      record_report_(core_),
      verify_desk_(core_, committer_, refusals_),
      directory_desk_(core_, committer_),
      office_(core_, committer_),
      own_conflict_desk_(core_, committer_, refusals_),
      review_queue_(core_, committer_),
      sample_desk_(core_, committer_),
      access_review_(core_, committer_),
      admin_(core_, committer_),
      rules_desk_(core_, committer_, draining_,
                  [this](v1::AuditEvent event) {
                    return WriteLeaf(std::move(event), {});
                  }),
      sweep_(core_, committer_),
      backups_(core_, upkeep_mutex_, [this](v1::AuditEvent event) {
        return WriteLeaf(std::move(event), {});
      }) {}

HubImpl::~HubImpl() { Drain(); }

absl::Status HubImpl::Open() {
  // Others may write while this hub reads what it remembers.
  const auto begun = core_.store.LoadFrontier();
  if (!begun.ok()) return begun.status();
  if (auto status = CheckIdentity(); !status.ok()) return status;
  auto notary = Notary::Create(core_);
  if (!notary.ok()) return notary.status();
  notary_ = *std::move(notary);
  audit_ = std::make_unique<AuditReader>(core_, *notary_);
  if (core_.options.restored.has_value()) {
    if (auto status = JournalledCheckpoint(core_).status(); !status.ok()) {
      return status;
    }
  } else {
    if (auto status = CheckNotRolledBack(core_); !status.ok()) return status;
    if (auto status = BringJournalUp(core_); !status.ok()) return status;
  }
  if (auto status = core_.registry.Load(core_.store); !status.ok()) {
    return status;
  }
  if (auto status = core_.rules_in_force.Load(core_.store); !status.ok()) {
    return status;
  }
  if (auto status = core_.activity.Load(core_.store); !status.ok()) {
    return status;
  }
  if (auto status = core_.verifications.Load(core_.store); !status.ok()) {
    return status;
  }
  if (auto status = core_.access_places.Load(core_.store); !status.ok()) {
    return status;
  }
  if (auto status =
          core_.budgets.Load(core_.store, *core_.registry.Get(), core_.Today());
      !status.ok()) {
    return status;
  }
  const auto frontier = core_.store.LoadFrontier();
  if (!frontier.ok()) return frontier.status();
  core_.counters.log_size = frontier->size();
  const auto newest = NewestTime(core_.store, frontier->size());
  if (!newest.ok()) return newest.status();
  core_.clock.NeverBefore(*newest);
  start_time_ = core_.clock.Now();

  backups_.Load();
  if (auto status = sweep_.Load(); !status.ok()) return status;
  if (auto status = CheckShared(); !status.ok()) return status;
  if (auto status = committer_.Start(begun->size()); !status.ok()) {
    return status;
  }
  core_.store.OnForeignCommits(
      [this](const storage::ForeignCommits& commits) { Overheard(commits); });
  if (auto status = WriteFirstLeaf(); !status.ok()) return status;
  WAYSTATION_FAILPOINT("start/first-leaf");
  if (core_.options.restored.has_value()) {
    if (auto status = TakeUpRestored(); !status.ok()) return status;
  }
  may_review_ = true;
  if (auto status = SetOutReview(); !status.ok()) return status;
  if (core_.store.HasUpkeep()) access_review_.GoOn();
  timekeeper_ = std::thread([this] { KeepTime(); });
  return absl::OkStatus();
}

// Whether the store is this hub's.
absl::Status HubImpl::CheckIdentity() {
  const auto rows = core_.store.ListObjects(kHubObject);
  if (!rows.ok()) return rows.status();
  is_new_store_ = rows->empty();
  if (is_new_store_) {
    if (core_.store.NewestGroup() != 0) return Foreign("it names its hub");
    return absl::OkStatus();
  }
  if (!held_.ParseFromString(rows->front().bytes)) {
    return errors::Error(
        "STORE_DAMAGED",
        {.metadata = {{"table", "object"}, {"row", "hub identity"}}});
  }
  if (held_.key_fingerprint() != core_.keys.Fingerprint()) {
    return Foreign("the key file that it was written with");
  }
  if (held_.log_origin() != core_.options.log_origin) {
    return Foreign("the log origin that it was written for");
  }
  core_.log_epoch = held_.epoch();
  if (core_.options.restored.has_value()) core_.log_epoch = NewEpoch(core_);
  core_.log_origin =
      auditlog::OriginOfEpoch(core_.options.log_origin, core_.log_epoch);
  return absl::OkStatus();
}

absl::Status HubImpl::SetOutReview() {
  if (!may_review_) return absl::OkStatus();
  const auto rows = core_.store.ListObjects(kHubObject);
  if (!rows.ok()) return rows.status();
  store::v1::StoredIdentity held;
  if (rows->empty() || !held.ParseFromString(rows->front().bytes)) {
    return errors::Error(
        "STORE_DAMAGED",
        {.metadata = {{"table", "object"}, {"row", "hub identity"}}});
  }
  auto due =
      ReviewTowards(core_, core_.rules_in_force.Get().stored.rules(), held);
  if (!due.ok()) return due.status();
  std::shared_ptr<RulesReview> review;
  if (due->has_value()) {
    review = std::make_shared<RulesReview>(core_, committer_, held,
                                           **std::move(due));
  }
  {
    const std::lock_guard lock(rules_review_mutex_);
    rules_review_ = review;
  }
  if (review != nullptr && core_.store.HasUpkeep()) review->GoOn();
  return absl::OkStatus();
}

std::shared_ptr<RulesReview> HubImpl::rules_review() const {
  const std::lock_guard lock(rules_review_mutex_);
  return rules_review_;
}

absl::Status HubImpl::CheckShared() const {
  if (!core_.store.is_shared()) return absl::OkStatus();
  const auto newest = core_.store.NewestCheckpoint();
  if (!newest.ok()) return newest.status();
  if (newest->has_value()) {
    const auto note = auditlog::ParseNote((*newest)->note);
    if (!note.ok() || !notary_->HasSigned(*note)) {
      return Foreign("the log key that signed its checkpoints");
    }
  }
  const RulesVersion& rules = core_.rules_in_force.Get();
  const bool was_applied = rules.stored.applied_time() != 0;
  if (is_new_store_ || was_applied ||
      rules.stored.rules().SerializeAsString() ==
          held_.rules().SerializeAsString()) {
    return absl::OkStatus();
  }
  return errors::Error("CONFIG_INVALID",
                       {.field = "rules",
                        .rule = "the rules of a store that hubs share; others "
                                "are applied"});
}

absl::Status HubImpl::WriteFirstLeaf() {
  return DoAct(
      committer_,
      [this](Planning& planning, v1::AuditEvent& event) -> absl::Status {
        // Another hub may have begun the store since it was looked at, or gone
        // on with a review.
        if (core_.store.is_shared() && !core_.options.restored.has_value()) {
          if (auto status = CheckIdentity(); !status.ok()) return status;
          if (auto status = CheckShared(); !status.ok()) return status;
        }
        std::optional<store::v1::StoredReview> review;
        if (!is_new_store_) {
          auto due = ReviewTowards(
              core_, core_.rules_in_force.Get().stored.rules(), held_);
          if (!due.ok()) return due.status();
          review = *std::move(due);
        }
        event.set_kind(v1::AuditEvent::KIND_HUB_STARTED);
        event.set_actor("hub");
        event.set_act("hub.start");
        event.set_object(core_.log_origin);
        if (const auto& restored = core_.options.restored) {
          event.set_act("hub.restore");
          event.set_object(restored->backup);
          event.set_object_hash(restored->hash);
          if (core_.backups.journal != nullptr) {
            event.set_cited_checkpoint(core_.backups.journal->checkpoint());
          }
        }
        if (is_new_store_) {
          planning.batch.objects.push_back(IdentityRow(
              core_, core_.rules_in_force.Get().stored.rules(), kIndexVersion));
        } else if (core_.options.restored.has_value()) {
          // Another log from here on; the rules come when all is reviewed.
          planning.batch.objects.push_back(
              IdentityRow(core_, held_.rules(), held_.index_version()));
        }
        // From here on somebody may be told by rules that the store does not
        // remember yet.
        if (review.has_value()) {
          planning.batch.objects.push_back(PlaceRow(*review));
        }
        return absl::OkStatus();
      });
}

absl::Status HubImpl::TakeUpRestored() {
  if (auto status = TakeUpJournal(core_, committer_); !status.ok()) {
    return status;
  }
  WAYSTATION_FAILPOINT("restore/journal-taken-up");
  // What was shredded since the backup was made is in the store again.
  const codes::Date today = core_.Today();
  while (!sweep_.IsDone(today)) {
    if (committer_.failed()) return errors::Error("STORE_FAILED");
    // A full disk is the operator's to free, and nobody is served meanwhile.
    if (auto status = sweep_.failure(); !status.ok()) return status;
    sweep_.GoOn(today, true);
    std::this_thread::sleep_for(kRestoreTick);
  }
  return absl::OkStatus();
}

void HubImpl::Published(const Group& group,
                        const storage::Committed& committed) {
  std::vector<storage::ObjectRow> administered;
  std::vector<storage::ObjectRow> journalled;
  for (const storage::ObjectRow& row : group.batch.objects) {
    if (IsAdministered(row.kind)) administered.push_back(row);
    if (IsJournalled(row.kind)) journalled.push_back(row);
  }
  // What was committed has been read before it was put.
  if (!administered.empty()) {
    (void)core_.registry.Put(administered);
    if (may_review_ && core_.store.HasUpkeep()) access_review_.GoOn();
  }
  const auto rules =
      std::ranges::find(group.batch.objects, kRulesObject,
                        [](const auto& row) { return row.kind; });
  if (rules != group.batch.objects.end()) {
    // What was committed has been read before it was put, and a store that does
    // not answer shows itself at the next commit.
    (void)core_.rules_in_force.Put(*rules);
    (void)SetOutReview();
  }
  // Before anybody is told that it was done.
  if (core_.backups.journal != nullptr) {
    const absl::Time now = absl::FromUnixMicros(core_.clock.Now());
    absl::Status put = core_.backups.journal->Put(journalled, now);
    put.Update(core_.backups.journal->Put(SpentCodes(group.batch.codes), now));
    if (!put.ok()) journal_behind_ = true;
  }

  TellOfNotices(group, committed, core_.notice_watchers);
  if (group.change.told.empty()) return;
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  for (const storage::AgencyNumber number : group.change.told) {
    const AgencyEntry* agency = registry->Find(number);
    if (agency != nullptr) core_.watchers.Wake(agency->id());
  }
}

void HubImpl::Overheard(const storage::ForeignCommits& commits) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  for (const storage::AgencyNumber number : commits.told) {
    const AgencyEntry* agency = registry->Find(number);
    if (agency != nullptr) core_.watchers.Wake(agency->id());
  }
  committer_.CatchUpSoon();
}

void HubImpl::Heard(const InStep::Heard& heard) {
  if (heard.notices) core_.notice_watchers.LookBack();
  if (heard.journalled) journal_due_ = true;
  if (!may_review_) return;
  if (heard.rules) (void)SetOutReview();
  if (heard.administered && core_.store.HasUpkeep()) access_review_.GoOn();
}

void HubImpl::TakeOver() {
  // Whoever had it has gone on from where this hub last looked. What cannot be
  // read shows itself at the next commit.
  (void)sweep_.Load();
  (void)core_.access_places.Load(core_.store);
  (void)SetOutReview();
}

void HubImpl::KeepTime() {
  uint64_t signed_size = 0;
  codes::Date notice_day = calendar::DayOf(core_.clock.Now());
  bool had_upkeep = core_.store.HasUpkeep();
  const auto every = absl::ToChronoNanoseconds(core_.options.tick);
  std::unique_lock lock(time_mutex_);
  for (int tick = 1; !draining_; ++tick) {
    time_up_.wait_for(lock, every, [&] { return draining_.load(); });
    if (draining_) return;
    lock.unlock();
    const bool each_minute = tick % kTicksToCheckpoint == 0;
    const bool has_upkeep = core_.store.HasUpkeep();
    if (has_upkeep && !had_upkeep) TakeOver();
    had_upkeep = has_upkeep;
    if (has_upkeep) KeepUp(each_minute);
    if (journal_due_.exchange(false) || journal_behind_.exchange(false)) {
      if (!BringJournalUp(core_).ok()) journal_behind_ = true;
    }
    // All that becomes due does so at the midnights of China.
    if (const codes::Date day = calendar::DayOf(core_.clock.Now());
        day != notice_day) {
      notice_day = day;
      core_.notice_watchers.WakeAll();
    }
    if (each_minute && core_.store.is_shared()) {
      (void)core_.activity.Load(core_.store);
      if (!has_upkeep) (void)core_.access_places.Load(core_.store);
    }
    if (each_minute) {
      backups_.Expire();
      FlushRefusals();
      const uint64_t size = core_.counters.log_size;
      // A medium that fails shows itself at the next commit.
      if (size > signed_size && notary_->Sign().ok()) signed_size = size;
    }
    lock.lock();
  }
}

void HubImpl::KeepUp(bool each_minute) {
  // What waits may have been put there by another hub.
  if (committer_.HasDueClaims(core_.Today()) ||
      (each_minute && core_.store.is_shared())) {
    ReviewDueClaims(committer_);
  }
  if (const auto review = rules_review()) review->GoOn();
  access_review_.GoOn();
  // A check reads for minutes, and scrubbing waits for whoever reads.
  const std::unique_lock upkeep(upkeep_mutex_, std::try_to_lock);
  sweep_.GoOn(core_.Today(), upkeep.owns_lock());
}

void HubImpl::FlushRefusals() {
  for (const v1::AuditEvent& event : refusals_.Take()) {
    committer_.Submit(std::make_unique<LeafWork>(
        event, std::vector<storage::DetailRow>(),
        [this, event](const absl::StatusOr<uint64_t>& leaf) {
          // A full disk does not make them forgotten.
          if (!leaf.ok()) refusals_.PutBack(event);
        }));
  }
}

void HubImpl::Drain() {
  std::call_once(drained_, [this] {
    core_.store.OnForeignCommits(nullptr);
    {
      const std::lock_guard lock(time_mutex_);
      draining_ = true;
    }
    time_up_.notify_all();
    if (timekeeper_.joinable()) timekeeper_.join();
    FlushRefusals();
    committer_.Drain();
    if (notary_ != nullptr && !committer_.failed()) (void)notary_->Sign();
  });
}

void HubImpl::OnFailure(std::function<void(absl::Status)> callback) {
  committer_.OnFailure(std::move(callback));
}

}  // namespace waystation::hub
