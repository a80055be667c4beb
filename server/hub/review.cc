// SPDX-License-Identifier: Apache-2.0
#include "server/hub/review.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/hub/act_work.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {
namespace {

constexpr size_t kPage = 1000;
constexpr std::string_view kActor = "hub";

void SetEvent(std::string_view act, std::string object, size_t count,
              v1::AuditEvent& event) {
  event.set_kind(v1::AuditEvent::KIND_ADMINISTRATION);
  event.set_actor(std::string(kActor));
  event.set_act(std::string(act));
  event.set_object(std::move(object));
  event.set_count(static_cast<uint32_t>(count));
}

}  // namespace

storage::ObjectRow IdentityRow(const Core& core,
                               const config::v1::Rules& rules) {
  store::v1::StoredIdentity identity;
  identity.set_log_origin(core.options.log_origin);
  identity.set_key_fingerprint(core.keys.Fingerprint());
  *identity.mutable_rules() = rules;
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
                         const config::v1::Rules& before)
    : core_(core),
      committer_(committer),
      before_(before.version().empty() ? domain::RuleBook()
                                       : domain::RuleBook(before)) {
  for (const auto& [id, agency] : core.registry.Get()->agencies()) {
    place_.agencies.push_back(agency.number);
  }
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
  while (!next_.agencies.empty()) {
    const auto rows =
        core_.store.ListRecords(next_.agencies.back(), next_.after, kPage);
    if (!rows.ok()) return rows.status();
    if (rows->empty()) {
      next_.agencies.pop_back();
      next_.after = 0;
      continue;
    }
    next_.after = rows->back().uid;
    for (const storage::RecordRow& row : *rows) {
      planning.touched.push_back(row.uid);
    }
    planning.outlook_before =
        Outlook{.rules = &before_, .as_of = planning.today};
    SetEvent("rules.review", core_.rules.version(), rows->size(), event);
    return absl::OkStatus();
  }
  next_.finished = true;
  planning.batch.objects.push_back(IdentityRow(core_, core_.options.rules));
  SetEvent("rules.apply", core_.rules.version(), 1, event);
  return absl::OkStatus();
}

}  // namespace waystation::hub
