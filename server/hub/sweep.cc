// SPDX-License-Identifier: Apache-2.0
#include "server/hub/sweep.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "server/domain/retention.h"
#include "server/hub/act_work.h"
#include "server/hub/store_error.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {
namespace {

using domain::AttributeSet;
using google::protobuf::util::TimeUtil;
using storage::Uid;

// What one group looks at: it keeps others waiting.
constexpr size_t kLeaves = 64;
constexpr size_t kRecords = 2'000;
constexpr size_t kDecisions = 500;

absl::Status Damaged(std::string_view table, const std::string& row) {
  return errors::Error(
      "STORE_DAMAGED",
      {.metadata = {{"table", std::string(table)}, {"row", row}}});
}

// Whether what happened at that time has been over for more than `days` days.
bool IsOver(const google::protobuf::Timestamp& time, int days,
            codes::Date today) {
  const codes::Date day =
      domain::DayOf(TimeUtil::TimestampToMicroseconds(time));
  return std::chrono::sys_days{today} - std::chrono::sys_days{day} >
         std::chrono::days{days};
}

void SetEvent(const std::string& object, uint32_t count, AttributeSet shredded,
              v1::AuditEvent& event) {
  event.set_kind(v1::AuditEvent::KIND_ADMINISTRATION);
  event.set_actor("hub");
  event.set_act("claims.shred");
  event.set_object(object);
  event.set_count(count);
  for (const std::string& name : domain::AttributeNames(shredded)) {
    event.add_attributes(name);
  }
}

// Shreds what is due of the records that it is given.
class Shredder {
 public:
  Shredder(Core& core, Planning& planning) : core_(core), planning_(planning) {}

  absl::Status Shred(const std::vector<Uid>& uids) {
    if (auto status = planning_.state.LoadPersons(uids); !status.ok()) {
      return status;
    }
    for (const Uid uid : uids) {
      const RecordPtr record = planning_.state.Find(uid);
      if (record == nullptr || planning_.change.records.contains(uid)) continue;
      if (auto status = ShredRecord(*record); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // Claims that were shredded, and their attributes.
  uint32_t count() const { return count_; }
  AttributeSet attributes() const { return attributes_; }

 private:
  absl::Status ShredRecord(const Record& record) {
    const std::vector<domain::Due> due =
        domain::DueOn(planning_.today, record.stored);
    if (due.empty()) return absl::OkStatus();
    for (const domain::Due& one : due) {
      if (auto status = ShredUpdate(record, one); !status.ok()) return status;
      attributes_ |= one.attributes;
      count_ += static_cast<uint32_t>(std::popcount(one.attributes));
    }
    ChangedRecord& changed = planning_.Edit(record.uid);
    domain::MarkShredded(due, changed.after->stored);
    changed.writes = true;
    changed.received_time =
        TimeUtil::TimestampToMicroseconds(record.stored.received_time());
    return absl::OkStatus();
  }

  absl::Status ShredUpdate(const Record& record, const domain::Due& due) {
    const store::v1::KeptUpdate& kept = record.stored.kept(due.kept);
    storage::DetailPut put{.leaf = kept.leaf(), .detail = kept.detail()};
    if ((kept.attributes() & ~kept.shredded() & ~due.attributes) != 0) {
      const auto rest = RestOf(record, kept, due.attributes);
      if (!rest.ok()) return rest.status();
      put.sealed = *rest;
    }
    planning_.batch.details.push_back(std::move(put));
    return absl::OkStatus();
  }

  // What the update still says, sealed; empty if that is nothing.
  absl::StatusOr<std::string> RestOf(const Record& record,
                                     const store::v1::KeptUpdate& kept,
                                     AttributeSet attributes) {
    const auto leaves = core_.store.ReadLeaves(kept.leaf(), 1, true);
    if (!leaves.ok()) return leaves.status();
    const std::string row = std::to_string(kept.leaf());
    if (leaves->empty() || kept.detail() >= leaves->front().details.size() ||
        leaves->front().details[kept.detail()].uid != record.uid) {
      return Damaged("leaf", row);
    }
    const storage::DetailRow& detail = leaves->front().details[kept.detail()];
    if (detail.sealed.empty()) return std::string();
    absl::StatusOr<store::v1::SealedDetail> opened = OpenDetail(record, detail);
    if (!opened.ok()) return opened.status();
    std::optional<std::string> rest =
        domain::Without(attributes, opened->content());
    if (!rest.has_value()) return std::string();
    opened->clear_salt();
    opened->set_content(*std::move(rest));
    domain::ForEachAttribute(attributes, [&](domain::AttributeNumber number) {
      opened->add_shredded(static_cast<uint32_t>(number));
    });
    return SealRest(core_.sealer, record, detail.hash, *opened);
  }

  Core& core_;
  Planning& planning_;
  uint32_t count_ = 0;
  AttributeSet attributes_ = 0;
};

// What a decision rules on, or the attributes that a pair is compared by.
AttributeSet AttributesOf(const LoadedDecision& decision) {
  if (decision.IsValueDecision()) {
    return domain::BitOf(static_cast<int>(decision.stored.attribute()));
  }
  return domain::BitOf(domain::kIdentifiers) | domain::BitOf(domain::kName) |
         domain::BitOf(domain::kSex) | domain::BitOf(domain::kBirthDate);
}

bool HasValues(const v1::DecisionEffect& effect) {
  return effect.has_before() || effect.has_after();
}

// Takes out of the decision what it need not know any more. False if that is
// nothing.
bool ShredDecision(codes::Date today, store::v1::StoredDecision& decision,
                   int days) {
  const v1::Decision& ruled = decision.decision();
  bool shreds = false;
  const auto shred_effect = [&](v1::DecisionEffect& effect) {
    effect.clear_before();
    effect.clear_after();
    shreds = true;
  };
  if (HasValues(decision.effect()) &&
      IsOver(ruled.decided_time(), days, today)) {
    shred_effect(*decision.mutable_effect());
  }
  // What was refused or withdrawn never stood.
  const bool never_stood = ruled.state() == v1::Decision::STATE_REFUSED ||
                           ruled.state() == v1::Decision::STATE_WITHDRAWN;
  const bool has_ended =
      never_stood
          ? IsOver(ruled.settled_time(), days, today)
          : ruled.has_undone_time() && IsOver(ruled.undone_time(), days, today);
  if (!has_ended) return shreds;
  if (HasValues(decision.undo_effect())) {
    shred_effect(*decision.mutable_undo_effect());
  }
  if (decision.has_choice() || decision.seen_size() > 0) {
    decision.clear_choice();
    decision.clear_seen();
    decision.clear_seen_hashes();
    decision.clear_office();
    decision.clear_over();
    shreds = true;
  }
  return shreds;
}

}  // namespace

absl::Status Sweep::Load() {
  const auto rows = core_.store.ListObjects(kSweepObject);
  if (!rows.ok()) return rows.status();
  const std::lock_guard lock(mutex_);
  if (under_way_) return absl::OkStatus();
  place_.cursors.clear();
  for (const int days : domain::RetentionTimes()) {
    place_.cursors.push_back({.days = days});
  }
  for (const storage::ObjectRow& row : *rows) {
    int days = 0;
    store::v1::StoredSweep sweep;
    if (!absl::SimpleAtoi(row.id, &days) || !sweep.ParseFromString(row.bytes)) {
      return Damaged("object", row.kind + " " + row.id);
    }
    const auto cursor = std::ranges::find(place_.cursors, days, &Cursor::days);
    if (cursor == place_.cursors.end()) continue;
    cursor->next_leaf = cursor->stored = sweep.next_leaf();
  }
  return absl::OkStatus();
}

void Sweep::GoOn(codes::Date today, bool may_scrub) {
  bool scrub = false;
  {
    const std::lock_guard lock(mutex_);
    if (under_way_) return;
    if (done_on_ != today) {
      if (place_.finished) {
        place_.finished = false;
        place_.decision = 0;
      }
      for (Cursor& cursor : place_.cursors) cursor.at_end = false;
      today_ = today;
      under_way_ = true;
    } else {
      scrub = may_scrub && place_.shredded;
      if (!scrub) return;
    }
  }
  if (!scrub) return Next();
  // Until that has been done, what was shredded may still lie in a file.
  WAYSTATION_FAILPOINT("sweep/through");
  const absl::Status scrubbed = StoreError(core_.store.Scrub());
  WAYSTATION_FAILPOINT("sweep/scrubbed");
  const std::lock_guard lock(mutex_);
  if (scrubbed.ok()) place_.shredded = false;
  failure_ = scrubbed;
}

bool Sweep::IsDone(codes::Date today) const {
  const std::lock_guard lock(mutex_);
  return done_on_ == today && !under_way_ && !place_.shredded;
}

absl::Status Sweep::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Sweep::Next() {
  committer_.Submit(std::make_unique<ActWork>(
      [this](Planning& planning, v1::AuditEvent& event) {
        return Begin(planning, event);
      },
      [this](const absl::Status& status) {
        WAYSTATION_FAILPOINT("sweep/group");
        {
          const std::lock_guard lock(mutex_);
          if (status.ok()) place_ = next_;
          failure_ = status;
          // What is damaged is damaged tomorrow too; the rest waits with it.
          if (place_.finished || absl::IsDataLoss(status)) done_on_ = today_;
          under_way_ = status.ok() && !place_.finished;
          if (!under_way_) return;
        }
        Next();
      }));
}

absl::Status Sweep::Begin(Planning& planning, v1::AuditEvent& event) {
  const std::lock_guard lock(mutex_);
  next_ = place_;
  const auto cursor = std::ranges::find(next_.cursors, false, &Cursor::at_end);
  return cursor != next_.cursors.end() ? SweepLeaves(planning, *cursor, event)
                                       : SweepDecisions(planning, event);
}

absl::Status Sweep::SweepLeaves(Planning& planning, Cursor& cursor,
                                v1::AuditEvent& event) {
  const auto leaves = core_.store.ReadLeaves(cursor.next_leaf, kLeaves, true);
  if (!leaves.ok()) return leaves.status();
  cursor.at_end = leaves->size() < kLeaves;
  std::vector<Uid> uids;
  for (const storage::LeafRow& leaf : *leaves) {
    v1::AuditEvent held;
    if (!held.ParseFromString(leaf.event)) {
      return Damaged("leaf", std::to_string(leaf.index));
    }
    if (!IsOver(held.time(), cursor.days, planning.today)) {
      cursor.at_end = true;
      break;
    }
    if (uids.size() >= kRecords) {
      cursor.at_end = false;
      break;
    }
    cursor.next_leaf = leaf.index + 1;
    if (held.kind() != v1::AuditEvent::KIND_UPDATES) continue;
    for (const storage::DetailRow& detail : leaf.details) {
      if (detail.uid != 0) uids.push_back(detail.uid);
    }
  }
  std::ranges::sort(uids);
  uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
  Shredder shredder(core_, planning);
  if (auto status = shredder.Shred(uids); !status.ok()) return status;
  const bool writes = shredder.count() > 0 ||
                      (cursor.at_end && cursor.next_leaf != cursor.stored);
  if (!writes) return absl::OkStatus();
  store::v1::StoredSweep sweep;
  sweep.set_next_leaf(cursor.next_leaf);
  cursor.stored = cursor.next_leaf;
  next_.shredded = next_.shredded || shredder.count() > 0;
  const std::string days = std::to_string(cursor.days);
  planning.batch.objects.push_back({.kind = std::string(kSweepObject),
                                    .id = days,
                                    .bytes = sweep.SerializeAsString()});
  SetEvent(days + " days", shredder.count(), shredder.attributes(), event);
  return absl::OkStatus();
}

absl::Status Sweep::SweepDecisions(Planning& planning, v1::AuditEvent& event) {
  const auto rows = core_.store.ListDecisions(next_.decision, kDecisions);
  if (!rows.ok()) return rows.status();
  uint32_t count = 0;
  AttributeSet attributes = 0;
  for (const storage::DecisionRow& row : *rows) {
    next_.decision = row.number;
    auto decision = OpenDecision(core_.sealer, row);
    if (!decision.ok()) return decision.status();
    const AttributeSet ruled = AttributesOf(**decision);
    const int days = domain::RetentionDays(ruled);
    store::v1::StoredDecision probe = (*decision)->stored;
    if (!ShredDecision(planning.today, probe, days)) continue;
    if (auto status = planning.state.LoadDecision(row.number); !status.ok()) {
      return status;
    }
    planning.EditDecision(row.number).stored = std::move(probe);
    attributes |= ruled;
    ++count;
  }
  next_.finished = rows->size() < kDecisions;
  if (count == 0) return absl::OkStatus();
  next_.shredded = true;
  SetEvent("decisions", count, attributes, event);
  return absl::OkStatus();
}

}  // namespace waystation::hub
