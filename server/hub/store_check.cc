// SPDX-License-Identifier: Apache-2.0
#include "server/hub/store_check.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/hub/record.h"
#include "server/hub/store_error.h"
#include "server/hub/vector.h"

namespace waystation::hub {
namespace {

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

absl::StatusOr<Checked> CheckAll(const Sealer& sealer,
                                 const storage::Store& store) {
  Checked checked;
  const auto unseal =
      [&](const storage::RecordRow& row) -> std::optional<storage::Finding> {
    ++checked.rows;
    const auto record = OpenRecord(sealer, row);
    const bool is_whole =
        record.ok() &&
        (row.vector.empty() ||
         OpenVector(row.uid, (*record)->data_key, row.vector).ok());
    if (is_whole) return std::nullopt;
    return BrokenSeal("record", row.uid);
  };
  auto findings = store.Check(unseal);
  if (!findings.ok()) return StoreError(findings.status());
  for (uint64_t after = 0;;) {
    const auto rows = store.ListDecisions(after, 1000);
    if (!rows.ok()) return StoreError(rows.status());
    if (rows->empty()) break;
    for (const storage::DecisionRow& row : *rows) {
      ++checked.rows;
      after = row.number;
      if (!OpenDecision(sealer, row).ok()) {
        findings->push_back(BrokenSeal("decision", row.number));
      }
    }
  }
  for (storage::Finding& finding : *findings) {
    checked.findings.push_back(Shown(std::move(finding)));
  }
  return checked;
}

absl::StatusOr<Checked> CheckBackup(const Sealer& sealer,
                                    const storage::Store& store,
                                    const backup::ArchiveReader& archive) {
  absl::StatusOr<Checked> checked = CheckAll(sealer, store);
  if (!checked.ok()) return checked;
  const auto frontier = store.LoadFrontier();
  if (!frontier.ok()) return StoreError(frontier.status());
  if (frontier->size() != archive.tail().log_size() ||
      auditlog::AsBytes(frontier->Root()) != archive.tail().log_root()) {
    v1::StoreFinding& finding = checked->findings.emplace_back();
    finding.set_place("backup");
    finding.set_reason("LOG_DIFFERS");
    finding.set_detail("the log is not the one that was copied");
  }
  return checked;
}

}  // namespace waystation::hub
