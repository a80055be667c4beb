// SPDX-License-Identifier: Apache-2.0
#include "server/hub/in_step.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

constexpr uint64_t kLeaves = 1000;

}  // namespace

struct InStep::Change {
  int64_t time = 0;
  // Leaves of each kind.
  bool updates = false;
  bool asked_codes = false;
  bool notices = false;
  // Those that tell of persons under an agreement, without their details.
  std::vector<std::pair<uint64_t, v1::AuditEvent>> told;
  // Anything else.
  bool others = false;

  // What a damaged leaf tells nobody knows; it is for `hub check` to name, and
  // no reason not to go on.
  absl::Status SetAll() {
    updates = asked_codes = notices = others = true;
    return absl::OkStatus();
  }
};

absl::Status InStep::CatchUp() {
  if (!core_.store.is_shared()) return absl::OkStatus();
  const auto frontier = core_.store.LoadFrontier();
  if (!frontier.ok()) return frontier.status();
  const uint64_t end = frontier->size();
  if (end <= log_size_) return absl::OkStatus();
  Change change;
  if (absl::Status read = Read(end, change); !read.ok()) return read;
  const absl::StatusOr<Heard> heard = TakeIn(change);
  if (!heard.ok()) return heard.status();
  log_size_ = end;
  core_.counters.log_size = end;
  if (heard_ && (heard->administered || heard->journalled || heard->notices)) {
    heard_(*heard);
  }
  return absl::OkStatus();
}

void InStep::Wrote(const storage::Committed& committed) {
  // Unless others came between, which it has not taken in.
  if (committed.first_leaf == log_size_) log_size_ = committed.log_size;
}

absl::Status InStep::Read(uint64_t end, Change& change) {
  for (uint64_t first = log_size_; first < end;) {
    const auto leaves = core_.store.ReadLeaves(
        first, std::min(kLeaves, end - first), /*with_details=*/false);
    if (absl::IsDataLoss(leaves.status())) return change.SetAll();
    if (!leaves.ok()) return leaves.status();
    for (const storage::LeafRow& leaf : *leaves) {
      v1::AuditEvent event;
      if (!event.ParseFromString(leaf.event)) return change.SetAll();
      change.time = std::max(change.time,
                             TimeUtil::TimestampToMicroseconds(event.time()));
      // Set wherever a notice changed.
      if (event.notice_kind() != v1::Notice::KIND_UNSPECIFIED) {
        change.notices = true;
      }
      switch (event.kind()) {
        case v1::AuditEvent::KIND_UPDATES:
          change.updates = true;
          break;
        case v1::AuditEvent::KIND_READ:
        case v1::AuditEvent::KIND_PAGE:
          change.told.emplace_back(leaf.index, std::move(event));
          break;
        case v1::AuditEvent::KIND_OFFICE_READ:
        case v1::AuditEvent::KIND_REFUSED:
        case v1::AuditEvent::KIND_NOTICE:
          break;
        case v1::AuditEvent::KIND_HOLDER_CODE:
          change.asked_codes = true;
          break;
        default:
          change.others = true;
      }
    }
    if (leaves->empty()) return change.SetAll();
    first += leaves->size();
  }
  return absl::OkStatus();
}

absl::StatusOr<InStep::Heard> InStep::TakeIn(const Change& change) {
  core_.clock.NeverBefore(change.time);
  // A day's claims wait with updates, with what is reviewed, and with
  // decisions.
  if (change.updates || change.others) memory_.due.Forget();
  Heard heard{.journalled = change.asked_codes || change.others,
              .notices = change.notices};
  if (change.others) {
    heard.administered = true;
    const RulesVersion* const rules = &core_.rules_in_force.Get();
    // Where agreements' conflicts were looked at is written by who has the
    // upkeep, and not at once.
    for (const absl::Status& loaded :
         {core_.registry.Load(core_.store),
          core_.rules_in_force.Load(core_.store),
          core_.store.HasUpkeep() ? absl::OkStatus()
                                  : core_.access_places.Load(core_.store)}) {
      if (!loaded.ok()) return loaded;
    }
    heard.rules = &core_.rules_in_force.Get() != rules;
  }
  if (change.asked_codes) {
    if (auto loaded = core_.verifications.Load(core_.store); !loaded.ok()) {
      return loaded;
    }
  }
  if (!change.told.empty()) {
    const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
    for (const auto& [index, event] : change.told) {
      if (auto counted =
              core_.budgets.Hear(core_.store, *registry, index, event);
          !counted.ok()) {
        return counted;
      }
    }
  }
  return heard;
}

}  // namespace waystation::hub
