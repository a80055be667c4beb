// SPDX-License-Identifier: Apache-2.0
#include "server/hub/review.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/errors/error.h"
#include "server/hub/act_work.h"

namespace waystation::hub {
namespace {

// A group of them holds nobody up for long, even where each is held against
// others anew.
constexpr size_t kPage = 250;
constexpr std::string_view kActor = "hub";

domain::RuleBook BookOf(const config::v1::Rules& rules) {
  return rules.version().empty() ? domain::RuleBook() : domain::RuleBook(rules);
}

storage::ObjectRow PlaceRow(const store::v1::StoredReview& review) {
  return {.kind = std::string(kReviewObject),
          .id = "place",
          .bytes = review.SerializeAsString()};
}

void SetEvent(std::string_view act, std::string object, size_t count,
              v1::AuditEvent& event) {
  event.set_kind(v1::AuditEvent::KIND_ADMINISTRATION);
  event.set_actor(std::string(kActor));
  event.set_act(std::string(act));
  event.set_object(std::move(object));
  event.set_count(static_cast<uint32_t>(count));
}

}  // namespace

storage::ObjectRow IdentityRow(const Core& core, const config::v1::Rules& rules,
                               uint32_t index_version) {
  store::v1::StoredIdentity identity;
  identity.set_log_origin(core.options.log_origin);
  identity.set_key_fingerprint(core.keys.Fingerprint());
  *identity.mutable_rules() = rules;
  identity.set_index_version(index_version);
  identity.set_epoch(core.log_epoch);
  return {.kind = std::string(kHubObject),
          .id = std::string(kIdentityId),
          .bytes = identity.SerializeAsString()};
}

void ReviewDueClaims(Core& core, Committer& committer) {
  committer.Submit(std::make_unique<ActWork>(
      [&core](Planning& planning, v1::AuditEvent& event) -> absl::Status {
        const std::optional<codes::Date> day =
            planning.memory.due.FirstDue(planning.today);
        if (!day.has_value()) return absl::OkStatus();
        planning.touched =
            planning.memory.due.Take(*day, kPage, planning.batch);
        planning.outlook_before = Outlook{
            .rules = &core.rules,
            .as_of = std::chrono::sys_days(*day) - std::chrono::days(1)};
        SetEvent("claims.due", codes::FormatDate(codes::PartialDate::Of(*day)),
                 planning.touched.size(), event);
        return absl::OkStatus();
      },
      [](const absl::Status&) {}));
}

RulesReview::RulesReview(Core& core, Committer& committer,
                         const store::v1::StoredIdentity& before)
    : core_(core),
      committer_(committer),
      before_(BookOf(before.rules())),
      rescores_(before_.linking() != core.rules.linking() ||
                before.index_version() < kIndexVersion) {
  *place_.stored.mutable_rules() = core.options.rules;
  place_.stored.set_index_version(kIndexVersion);
  for (const auto& [id, agency] : core.registry.Get()->agencies()) {
    place_.stored.add_agencies(agency.number);
  }
}

bool RulesReview::IsDue(const Core& core,
                        const store::v1::StoredIdentity& before) {
  return before.index_version() < kIndexVersion ||
         before.rules().SerializeAsString() !=
             core.options.rules.SerializeAsString();
}

absl::Status RulesReview::Load() {
  const auto rows = core_.store.ListObjects(kReviewObject);
  if (!rows.ok()) return rows.status();
  const std::lock_guard lock(mutex_);
  for (const storage::ObjectRow& row : *rows) {
    store::v1::StoredReview stored;
    if (!stored.ParseFromString(row.bytes)) {
      return errors::Error("STORE_DAMAGED", {.metadata = {{"table", "object"},
                                                          {"row", "review"}}});
    }
    if (stored.index_version() == kIndexVersion &&
        stored.rules().SerializeAsString() ==
            core_.options.rules.SerializeAsString()) {
      place_.stored = stored;
    }
  }
  return absl::OkStatus();
}

uint64_t RulesReview::left() const {
  const std::lock_guard lock(mutex_);
  if (place_.finished) return 0;
  const auto counts = core_.store.Count();
  if (!counts.ok()) return 1;
  return std::max<uint64_t>(
      counts->records - std::min(counts->records, place_.stored.done()), 1);
}

void RulesReview::GoOn() {
  {
    const std::lock_guard lock(mutex_);
    if (under_way_ || place_.finished) return;
    under_way_ = true;
  }
  Next();
}

void RulesReview::Next() {
  committer_.Submit(std::make_unique<ActWork>(
      [self = shared_from_this()](Planning& planning, v1::AuditEvent& event) {
        return self->Begin(planning, event);
      },
      [self = shared_from_this()](const absl::Status& status) {
        {
          const std::lock_guard lock(self->mutex_);
          if (status.ok()) self->place_ = self->next_;
          self->under_way_ = status.ok() && !self->place_.finished;
          if (!self->under_way_) return;
        }
        self->Next();
      }));
}

absl::Status RulesReview::Begin(Planning& planning, v1::AuditEvent& event) {
  const std::lock_guard lock(mutex_);
  next_ = place_;
  store::v1::StoredReview& next = next_.stored;
  while (next.agencies_size() > 0) {
    const auto rows = core_.store.ListRecords(
        next.agencies(next.agencies_size() - 1), next.after(), kPage);
    if (!rows.ok()) return rows.status();
    if (rows->empty()) {
      next.mutable_agencies()->RemoveLast();
      next.set_after(0);
      continue;
    }
    next.set_after(rows->back().uid);
    next.set_done(next.done() + rows->size());
    for (const storage::RecordRow& row : *rows) {
      planning.touched.push_back(row.uid);
    }
    if (rescores_) planning.rescored = planning.touched;
    planning.outlook_before =
        Outlook{.rules = &before_, .as_of = planning.today};
    planning.batch.objects.push_back(PlaceRow(next));
    SetEvent("rules.review", core_.rules.version(), rows->size(), event);
    return absl::OkStatus();
  }
  next_.finished = true;
  planning.batch.objects.push_back(
      IdentityRow(core_, core_.options.rules, kIndexVersion));
  // Nothing of it bears on a review to come.
  planning.batch.objects.push_back(PlaceRow({}));
  SetEvent("rules.apply", core_.rules.version(), 1, event);
  return absl::OkStatus();
}

}  // namespace waystation::hub
