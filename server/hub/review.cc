// SPDX-License-Identifier: Apache-2.0
#include "server/hub/review.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
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

void SetEvent(std::string_view act, std::string object, size_t count,
              v1::AuditEvent& event) {
  event.set_kind(v1::AuditEvent::KIND_ADMINISTRATION);
  event.set_actor(std::string(kActor));
  event.set_act(std::string(act));
  event.set_object(std::move(object));
  event.set_count(static_cast<uint32_t>(count));
}

}  // namespace

storage::ObjectRow PlaceRow(const store::v1::StoredReview& review) {
  return {.kind = std::string(kReviewObject),
          .id = "place",
          .bytes = review.SerializeAsString()};
}

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

void ReviewDueClaims(Committer& committer) {
  committer.Submit(std::make_unique<ActWork>(
      [](Planning& planning, v1::AuditEvent& event) -> absl::Status {
        if (auto known = planning.memory.due.EnsureKnown(planning.core.store);
            !known.ok()) {
          return known;
        }
        const std::optional<codes::Date> day =
            planning.memory.due.FirstDue(planning.today);
        if (!day.has_value()) return absl::OkStatus();
        planning.touched =
            planning.memory.due.Take(*day, kPage, planning.batch);
        planning.outlooks_before = {
            {.rules = planning.rules,
             .as_of = std::chrono::sys_days(*day) - std::chrono::days(1)}};
        SetEvent("claims.due", codes::FormatDate(codes::PartialDate::Of(*day)),
                 planning.touched.size(), event);
        return absl::OkStatus();
      },
      [](const absl::Status&) {}));
}

absl::StatusOr<std::optional<store::v1::StoredReview>> ReviewTowards(
    const Core& core, const config::v1::Rules& rules,
    const store::v1::StoredIdentity& held) {
  const auto rows = core.store.ListObjects(kReviewObject);
  if (!rows.ok()) return rows.status();
  store::v1::StoredReview last;
  for (const storage::ObjectRow& row : *rows) {
    if (!last.ParseFromString(row.bytes)) {
      return errors::Error("STORE_DAMAGED", {.metadata = {{"table", "object"},
                                                          {"row", "review"}}});
    }
  }
  const bool under_way = last.index_version() != 0;
  const std::string wanted = rules.SerializeAsString();
  if (under_way && last.index_version() == kIndexVersion &&
      last.rules().SerializeAsString() == wanted) {
    return last;
  }
  if (!under_way && held.index_version() >= kIndexVersion &&
      held.rules().SerializeAsString() == wanted) {
    return std::nullopt;
  }
  store::v1::StoredReview first;
  *first.mutable_rules() = rules;
  first.set_index_version(kIndexVersion);
  for (const auto& [id, agency] : core.registry.Get()->agencies()) {
    first.add_agencies(agency.number);
  }
  if (!under_way) return first;
  std::set<std::string> kept = {wanted, held.rules().SerializeAsString()};
  *last.add_given_up() = last.rules();
  for (config::v1::Rules& given_up : *last.mutable_given_up()) {
    if (!kept.insert(given_up.SerializeAsString()).second) continue;
    *first.add_given_up() = std::move(given_up);
  }
  return first;
}

RulesReview::RulesReview(Core& core, Committer& committer,
                         const store::v1::StoredIdentity& held,
                         store::v1::StoredReview place)
    : core_(core),
      committer_(committer),
      rules_(core.rules_in_force.Get()),
      place_{.stored = std::move(place)} {
  before_.push_back(BookOf(held.rules()));
  for (const config::v1::Rules& given_up : place_.stored.given_up()) {
    before_.push_back(BookOf(given_up));
  }
  rescores_ = held.index_version() < kIndexVersion ||
              std::ranges::any_of(before_, [&](const domain::RuleBook& book) {
                return book.linking() != rules_.book.linking();
              });
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
  if (&core_.rules_in_force.Get() != &rules_) {
    next_.finished = true;
    return absl::OkStatus();
  }
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
    for (const domain::RuleBook& book : before_) {
      planning.outlooks_before.push_back(
          {.rules = &book, .as_of = planning.today});
    }
    planning.batch.objects.push_back(PlaceRow(next));
    SetEvent("rules.review", rules_.book.version(), rows->size(), event);
    return absl::OkStatus();
  }
  next_.finished = true;
  planning.batch.objects.push_back(
      IdentityRow(core_, rules_.stored.rules(), kIndexVersion));
  // Nothing of it bears on a review to come.
  planning.batch.objects.push_back(PlaceRow({}));
  SetEvent("rules.reviewed", rules_.book.version(), 1, event);
  return absl::OkStatus();
}

}  // namespace waystation::hub
