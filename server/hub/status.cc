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
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

constexpr std::string_view kBrokenSeal = "SEAL_BROKEN";

storage::Finding BrokenSeal(std::string_view table, uint64_t row) {
  return {.place = std::string(table) + " " + std::to_string(row),
          .reason = std::string(kBrokenSeal)};
}

// What a table's damage means to whoever runs the hub.
std::string_view ReasonFor(std::string_view table) {
  if (table == "membership") return "MEMBERSHIP_BROKEN";
  for (const std::string_view of_log :
       {"leaf", "tile", "checkpoint", "commit_group"}) {
    if (table == of_log) return "LOG_DIFFERS";
  }
  return "ROW_DAMAGED";
}

v1::StoreFinding Shown(storage::Finding finding) {
  v1::StoreFinding shown;
  if (finding.reason == kBrokenSeal) {
    shown.set_reason(std::string(kBrokenSeal));
  } else {
    shown.set_reason(std::string(ReasonFor(finding.table)));
    shown.set_detail(std::move(finding.reason));
  }
  shown.set_place(std::move(finding.place));
  shown.set_more(finding.more);
  return shown;
}

}  // namespace

absl::StatusOr<v1::GetHubStatusResponse> HubImpl::GetHubStatus() {
  v1::GetHubStatusResponse response;
  response.set_version(core_.options.version);
  response.set_store(core_.options.store);
  response.set_log_origin(core_.options.log_origin);
  response.set_rules_version(core_.rules.version());
  *response.mutable_start_time() =
      TimeUtil::MicrosecondsToTimestamp(start_time_);
  response.set_log_size(core_.counters.log_size);
  response.set_queued_updates(committer_.queued());
  if (draining_) response.add_not_ready_reasons("DRAINING");
  if (committer_.failed()) {
    response.add_not_ready_reasons("STORE_FAILED");
    return response;
  }
  response.set_ready(!draining_);
  const auto counts = core_.store.Count();
  if (!counts.ok()) return StoreError(counts.status());
  response.set_records(counts->records);
  response.set_persons(counts->persons);
  response.set_open_conflicts(counts->open_conflicts);
  response.set_open_candidates(counts->open_candidates);
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
  v1::CheckStoreResponse response;
  uint64_t rows_checked = 0;
  const auto unseal =
      [&](const storage::RecordRow& row) -> std::optional<storage::Finding> {
    ++rows_checked;
    if (OpenRecord(core_.sealer, row).ok()) return std::nullopt;
    return BrokenSeal("record", row.uid);
  };
  auto findings = core_.store.Check(unseal);
  if (!findings.ok()) return StoreError(findings.status());
  for (uint64_t after = 0;;) {
    const auto rows = core_.store.ListDecisions(after, 1000);
    if (!rows.ok()) return StoreError(rows.status());
    if (rows->empty()) break;
    for (const storage::DecisionRow& row : *rows) {
      ++rows_checked;
      after = row.number;
      if (!OpenDecision(core_.sealer, row).ok()) {
        findings->push_back(BrokenSeal("decision", row.number));
      }
    }
  }
  for (storage::Finding& finding : *findings) {
    *response.add_findings() = Shown(std::move(finding));
  }
  response.set_rows_checked(rows_checked);
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
