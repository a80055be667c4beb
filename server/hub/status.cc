// SPDX-License-Identifier: Apache-2.0
// How the hub is doing, and whether what it stores is whole.
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/hub/hub_impl.h"
#include "server/hub/store_check.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

}  // namespace

absl::StatusOr<v1::GetHubStatusResponse> HubImpl::GetHubStatus() {
  v1::GetHubStatusResponse response;
  response.set_version(core_.options.version);
  response.set_store(core_.options.store);
  response.set_log_origin(core_.log_origin);
  response.set_rules_version(core_.rules().version());
  if (core_.rules_in_force.PassesConfiguredOver()) {
    response.set_passed_over_rules_version(
        core_.rules_in_force.configured().version());
  }
  *response.mutable_start_time() =
      TimeUtil::MicrosecondsToTimestamp(start_time_);
  response.set_log_size(core_.counters.log_size);
  response.set_queued_updates(committer_.queued());
  if (draining_) response.add_not_ready_reasons("DRAINING");
  if (committer_.failed()) {
    response.add_not_ready_reasons("STORE_FAILED");
    return response;
  }
  if (journal_behind_) response.add_not_ready_reasons("JOURNAL_NOT_WRITTEN");
  response.set_ready(response.not_ready_reasons().empty());
  if (backups_.newest() != 0) {
    *response.mutable_last_backup_time() =
        TimeUtil::SecondsToTimestamp(backups_.newest());
  }
  const auto counts = core_.store.Count();
  if (!counts.ok()) return StoreError(counts.status());
  response.set_records(counts->records);
  response.set_persons(counts->persons);
  response.set_open_conflicts(counts->open_conflicts);
  response.set_open_candidates(counts->open_candidates);
  if (const auto review = rules_review()) {
    response.set_records_to_review(review->left());
  }
  const auto checkpoint = core_.store.NewestCheckpoint();
  if (!checkpoint.ok()) return StoreError(checkpoint.status());
  if (checkpoint->has_value()) {
    *response.mutable_last_checkpoint_time() =
        TimeUtil::MicrosecondsToTimestamp((*checkpoint)->time);
  }
  return response;
}

absl::StatusOr<v1::CheckStoreResponse> HubImpl::CheckStore() {
  const std::lock_guard upkeep(upkeep_mutex_);
  absl::StatusOr<Checked> checked = CheckAll(core_.sealer, core_.store);
  if (!checked.ok()) return checked.status();
  v1::CheckStoreResponse response;
  response.mutable_findings()->Add(checked->findings.begin(),
                                   checked->findings.end());
  response.set_rows_checked(checked->rows);
  return response;
}

Statistics HubImpl::GetStatistics() const {
  const Counters& counters = core_.counters;
  return {.updates_applied = counters.updates_applied,
          .updates_unchanged = counters.updates_unchanged,
          .updates_stale = counters.updates_stale,
          .updates_rejected = counters.updates_rejected,
          .reads_answered = counters.reads_answered,
          .refusals = counters.refusals,
          .mailbox_entries = counters.mailbox_entries,
          .commit_groups = counters.commit_groups,
          .commit_conflicts = counters.commit_conflicts,
          .log_size = counters.log_size,
          .queued_updates = committer_.queued(),
          .commit_time = absl::Nanoseconds(
              static_cast<int64_t>(counters.commit_nanoseconds))};
}

}  // namespace waystation::hub
