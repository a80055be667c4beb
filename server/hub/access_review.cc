// SPDX-License-Identifier: Apache-2.0
#include "server/hub/access_review.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/hub/access_places.h"
#include "server/hub/store_error.h"
#include "server/hub/work.h"

namespace waystation::hub {
namespace {

// A group of them holds nobody up for long.
constexpr size_t kPage = 250;

bool ChangesItems(const Planning& planning) {
  return std::ranges::any_of(planning.change.items, [&](const auto& entry) {
    const auto& [key, item] = entry;
    const auto open = planning.state.items().find(key);
    if (open == planning.state.items().end()) return item.has_value();
    return !item.has_value() || *item != open->second;
  });
}

}  // namespace

// One page of one agency's records. Alone in its group, so that what came
// before it was planned under the agreements that it finds, or is in the store.
class AccessReview::Page final : public Work {
 public:
  explicit Page(AccessReview& review) : review_(review) {}

  bool alone() const override { return true; }

  absl::Status Begin(Planning& planning) override {
    {
      const std::lock_guard lock(review_.mutex_);
      due_ = review_.FindDue(planning.registry, planning.today);
    }
    if (!due_.has_value()) return absl::OkStatus();
    AccessPlaces::Place& place = due_->place;
    const auto rows =
        review_.core_.store.ListRecords(due_->agency, place.after, kPage);
    if (!rows.ok()) return rows.status();
    place.done = rows->empty();
    for (const storage::RecordRow& row : *rows) {
      planning.touched.push_back(row.uid);
    }
    if (!rows->empty()) place.after = rows->back().uid;
    planning.reexamined = due_->agency;
    return absl::OkStatus();
  }

  // Where nothing changes, nothing is written; the place goes with what is
  // written next.
  absl::Status Conclude(const Outcome& outcome) override {
    Planning& planning = outcome.planning;
    is_stored_ = due_.has_value() && ChangesItems(planning);
    if (!is_stored_) return absl::OkStatus();
    const AgencyEntry* agency = planning.registry->Find(due_->agency);
    planning.batch.objects.push_back(
        AccessPlaces::RowOf(due_->agency, due_->place));
    v1::AuditEvent event;
    event.set_kind(v1::AuditEvent::KIND_ADMINISTRATION);
    event.set_actor("hub");
    event.set_act("agreement.review");
    event.set_object(agency == nullptr ? std::string() : agency->id());
    event.set_count(static_cast<uint32_t>(planning.touched.size()));
    planning.AddLeaf(std::move(event), {});
    return absl::OkStatus();
  }

  void Answer(const storage::Committed* /*committed*/) override {
    if (due_.has_value()) {
      review_.core_.access_places.Set(due_->agency, std::move(due_->place),
                                      is_stored_);
    }
    review_.Ended(/*ok=*/true);
  }
  void Fail(const absl::Status& /*status*/) override {
    review_.Ended(/*ok=*/false);
  }

 private:
  AccessReview& review_;
  std::optional<Due> due_;
  bool is_stored_ = false;
};

std::optional<AccessReview::Due> AccessReview::FindDue(
    const std::shared_ptr<const Snapshot>& registry, codes::Date day) {
  if (registry != registry_ || day != day_) {
    registry_ = registry;
    day_ = day;
    waiting_.clear();
    for (const auto& [id, agency] : registry->agencies()) {
      waiting_.push_back(agency.number);
    }
  }
  for (; !waiting_.empty(); waiting_.pop_back()) {
    const AgencyEntry* agency = registry->Find(waiting_.back());
    std::string visible =
        VisibleTo(*agency, registry->AccessOf(*agency, day)->permissions);
    AccessPlaces::Place place = core_.access_places.Of(agency->number);
    if (place.visible != visible) {
      return Due{.agency = agency->number,
                 .place = {.visible = std::move(visible)}};
    }
    if (!place.done) {
      return Due{.agency = agency->number, .place = std::move(place)};
    }
  }
  return std::nullopt;
}

void AccessReview::GoOn() {
  {
    const std::lock_guard lock(mutex_);
    if (under_way_) return;
    under_way_ = FindDue(core_.registry.Get(), core_.Today()).has_value();
    if (!under_way_) return;
  }
  Next();
}

void AccessReview::Next() { committer_.Submit(std::make_unique<Page>(*this)); }

void AccessReview::Ended(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    under_way_ = ok && FindDue(core_.registry.Get(), core_.Today()).has_value();
    if (!under_way_) return;
  }
  Next();
}

}  // namespace waystation::hub
