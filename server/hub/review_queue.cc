// SPDX-License-Identifier: Apache-2.0
#include "server/hub/review_queue.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "server/domain/attributes.h"
#include "server/hub/act_work.h"
#include "server/hub/change.h"
#include "server/hub/given_time.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/open_item_walk.h"
#include "server/hub/own_conflicts.h"
#include "server/hub/page_size.h"
#include "server/hub/pair_item.h"
#include "server/hub/pair_ruling.h"
#include "server/hub/proposals.h"
#include "server/hub/record.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using storage::OpenItem;
using storage::OpenItemKey;
using storage::Uid;

v1::ReviewItem::Kind KindOf(OpenItem::Kind kind) {
  return IsCandidate(kind) ? v1::ReviewItem::KIND_CANDIDATE
         : kind == OpenItem::Kind::kOwnConflict
             ? v1::ReviewItem::KIND_CONFLICT
             : static_cast<v1::ReviewItem::Kind>(kind);
}

// Items of which the score is looked at for one page.
constexpr size_t kMostScored = 2'000;

// What the two records of a candidate score; nullopt for any other item, or
// where one of the two is not held any more. Pairs of a sample are ruled on
// blind.
absl::StatusOr<std::optional<double>> ScoreOf(const Core& core,
                                              const OpenItem& item) {
  if (!IsCandidate(item.kind)) return std::nullopt;
  const Uid pair[] = {item.a, item.b};
  auto rows = core.store.LoadByUid(pair);
  if (!rows.ok()) return StoreError(rows.status());
  RecordPtr records[2];
  for (size_t i = 0; i < 2; ++i) {
    if (!(*rows)[i].has_value() || (*rows)[i]->sealed.empty()) {
      return std::nullopt;
    }
    auto record = OpenRecord(core.sealer, *std::move((*rows)[i]));
    if (!record.ok()) return record.status();
    records[i] = *std::move(record);
  }
  return WeighPair(core.rules().linking(), *records[0], *records[1]).score;
}

// Who said that they are unsure of the item as it is.
struct Unsure {
  uint64_t number = 0;
  std::string clerk;
};
absl::StatusOr<std::vector<Unsure>> UnsureOf(const Core& core,
                                             const OpenItem& item) {
  std::vector<Uid> uids{item.a};
  // Nobody rules on those.
  if (item.kind == OpenItem::Kind::kOwnConflict) return std::vector<Unsure>();
  if (IsPair(item.kind)) {
    uids.push_back(item.b);
  } else {
    // It names the record that named the person then.
    const storage::PersonId person[] = {item.a};
    auto members = core.store.MembersOf(person);
    if (!members.ok()) return StoreError(members.status());
    uids = std::move(members->front());
  }
  const auto rows = core.store.DecisionsOf(uids);
  if (!rows.ok()) return StoreError(rows.status());
  // The office is asked about the same pair under another name.
  const std::string subject =
      IsPair(item.kind) ? core.subjects.Encode(KeyOf(item)) : std::string();
  std::vector<Unsure> unsure;
  for (const storage::DecisionRow& row : *rows) {
    if (row.active) continue;
    const auto decision = OpenDecision(core.sealer, row);
    if (!decision.ok()) return StoreError(decision.status());
    const store::v1::StoredDecision& stored = (*decision)->stored;
    // The etag is a keyed hash over the item's records: no other has it.
    if (stored.decision().kind() == v1::Decision::KIND_UNSURE &&
        stored.decision().state() == v1::Decision::STATE_STANDING &&
        stored.attribute() == item.attribute &&
        (subject.empty() || stored.decision().subject() == subject) &&
        stored.etag() == AsBytes(item.etag)) {
      unsure.push_back({row.number, stored.decision().decided_by()});
    }
  }
  return unsure;
}

absl::StatusOr<int64_t> TimeOf(const google::protobuf::Timestamp& time,
                               const char* field) {
  if (!IsGivenTime(time)) {
    return errors::Error("INVALID_REQUEST",
                         {.field = field, .rule = "years 1 to 9999"});
  }
  return TimeUtil::TimestampToMicroseconds(time);
}

v1::AuditEvent EventOf(const Caller& caller, const std::string& act,
                       const std::string& object) {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_REVIEW);
  event.set_actor(caller.path);
  event.set_purpose(v1::PURPOSE_RECONCILIATION);
  event.set_act(act);
  event.set_object(object);
  event.set_count(1);
  return event;
}

}  // namespace

// A request's filter, read once.
class ReviewQueue::Filter {
 public:
  static absl::StatusOr<Filter> Read(const Snapshot& registry,
                                     const v1::ReviewFilter& given) {
    Filter filter;
    filter.given_ = &given;
    if (!given.why().empty()) {
      const errors::Reason* reason = errors::FindReason(given.why());
      if (reason == nullptr) {
        return errors::Error("INVALID_REQUEST",
                             {.field = "filter.why",
                              .rule = "name of a reason why items are open"});
      }
      filter.reason_ = reason->number;
    }
    if (!given.attribute().empty()) {
      const auto* attribute = domain::FindAttribute(given.attribute());
      if (attribute == nullptr) {
        return errors::Error("ATTRIBUTE_UNKNOWN",
                             {.field = "filter.attribute"});
      }
      filter.attribute_ = static_cast<uint32_t>(attribute->number);
    }
    const std::string& division = given.division();
    const bool digits = std::ranges::all_of(
        division, [](char c) { return c >= '0' && c <= '9'; });
    if (!division.empty() &&
        (!digits || division.size() < 2 || division.size() > 12)) {
      return errors::Error("INVALID_REQUEST", {.field = "filter.division",
                                               .rule = "2 to 12 digits"});
    }
    for (const auto& [id, agency] : registry.agencies()) {
      if ((given.agency().empty() || id == given.agency()) &&
          agency.agency.jurisdiction().starts_with(division)) {
        filter.agencies_.insert(agency.number);
      }
    }
    const auto before = TimeOf(given.opened_before(), "filter.opened_before");
    if (!before.ok()) return before.status();
    const auto since = TimeOf(given.opened_since(), "filter.opened_since");
    if (!since.ok()) return since.status();
    filter.before_ = *before;
    filter.since_ = *since;
    return filter;
  }

  bool asks_for_score() const {
    return given_->has_score_from() || given_->has_score_to();
  }

  // All but the score, which costs a look at records.
  bool Matches(const OpenItem& item, const ReviewClaims& claims) const {
    const v1::ReviewFilter& given = *given_;
    const bool asks_for_agency =
        !given.agency().empty() || !given.division().empty();
    return (given.kind() == v1::ReviewItem::KIND_UNSPECIFIED ||
            given.kind() == KindOf(item.kind)) &&
           (reason_ == 0 || item.reason == reason_) &&
           (attribute_ == 0 || item.attribute == attribute_) &&
           (!asks_for_agency ||
            std::ranges::any_of(item.agencies,
                                [&](storage::AgencyNumber agency) {
                                  return agencies_.contains(agency);
                                })) &&
           (!given.has_opened_before() || item.opened_time < before_) &&
           (!given.has_opened_since() || item.opened_time >= since_) &&
           (!asks_for_score() || IsCandidate(item.kind)) &&
           (!given.free_only() || claims.Find(hub::KeyOf(item)) == nullptr);
  }

  bool MatchesScore(std::optional<double> score) const {
    return !asks_for_score() ||
           (score.has_value() &&
            (!given_->has_score_from() || *score >= given_->score_from()) &&
            (!given_->has_score_to() || *score <= given_->score_to()));
  }
  // Where the score is not shown.
  absl::StatusOr<bool> MatchesScore(const Core& core,
                                    const OpenItem& item) const {
    if (!asks_for_score()) return true;
    const auto score = ScoreOf(core, item);
    if (!score.ok()) return score.status();
    return MatchesScore(*score);
  }

  // Page tokens of one filter mean nothing to another.
  std::string list() const { return "review " + given_->SerializeAsString(); }

 private:
  const v1::ReviewFilter* given_ = nullptr;
  uint32_t reason_ = 0;
  uint32_t attribute_ = 0;
  std::set<storage::AgencyNumber> agencies_;
  int64_t before_ = 0;
  int64_t since_ = 0;
};

// What is open at a desk, and what waits for a second person in place of what
// it rules on.
class ReviewQueue::Walk {
 public:
  // Without what `caller` proposed.
  static absl::StatusOr<Walk> Begin(Core& core, const Reviewer& reviewer,
                                    const Caller& caller,
                                    const std::optional<OpenItem>& after) {
    const auto proposals = Proposals::Load(core.store);
    if (!proposals.ok()) return proposals.status();
    Walk walk(core, reviewer, after);
    for (const Proposals::Proposal& proposal : proposals->all().proposals()) {
      if (!proposal.undo()) {
        const auto key = ItemKeyOf(core, proposal.subject());
        if (!key.ok()) return key.status();
        if (key->has_value()) {
          walk.hidden_.insert(**key);
          if (const auto twin = TwinOf(**key)) walk.hidden_.insert(*twin);
        }
      }
      if (proposal.proposed_by() == caller.path || !reviewer.Sees(proposal)) {
        continue;
      }
      OpenItem item = ItemOf(proposal);
      if (!after.has_value() || StandsBefore(*after, item)) {
        walk.waiting_.push_back(std::move(item));
      }
    }
    std::ranges::sort(walk.waiting_, StandsBefore);
    return walk;
  }

  // nullopt at the end.
  absl::StatusOr<std::optional<OpenItem>> Next() {
    while (!open_.has_value() && !is_last_) {
      auto item = items_.Next();
      if (!item.ok()) return item.status();
      is_last_ = !item->has_value();
      if (is_last_ || !reviewer_.Sees((*item)->kind, (*item)->agencies) ||
          hidden_.contains(hub::KeyOf(**item))) {
        continue;
      }
      const auto may_show = check_.MayShow(**item);
      if (!may_show.ok()) return may_show.status();
      if (*may_show) open_ = *std::move(item);
    }
    if (next_ < waiting_.size() &&
        (!open_.has_value() || StandsBefore(waiting_[next_], *open_))) {
      return waiting_[next_++];
    }
    return std::exchange(open_, std::nullopt);
  }

 private:
  Walk(Core& core, Reviewer reviewer, const std::optional<OpenItem>& after)
      : reviewer_(std::move(reviewer)),
        check_(core, reviewer_),
        items_(core.store, reviewer_.kinds(), after) {}

  Reviewer reviewer_;
  OwnConflictCheck check_;
  OpenItemWalk items_;
  std::set<OpenItemKey> hidden_;
  std::vector<OpenItem> waiting_;
  size_t next_ = 0;
  // Read, and not given out yet.
  std::optional<OpenItem> open_;
  bool is_last_ = false;
};

absl::StatusOr<std::optional<OpenItemKey>> ReviewQueue::KeyOf(
    const std::string& id) const {
  if (const auto number = ProposalNumber(id)) {
    return OpenItemKey{.kind = kProposalKind, .a = *number};
  }
  return ItemKeyOf(core_, id);
}

absl::StatusOr<std::optional<OpenItem>> ReviewQueue::Get(
    const Reviewer& reviewer, const OpenItemKey& key) const {
  if (key.kind == kProposalKind) {
    const auto proposals = Proposals::Load(core_.store);
    if (!proposals.ok()) return proposals.status();
    const Proposals::Proposal* proposal = proposals->Find(key.a);
    if (proposal == nullptr || !reviewer.Sees(*proposal)) return std::nullopt;
    return ItemOf(*proposal);
  }
  auto item = core_.store.GetOpenItem(key);
  if (!item.ok() || !item->has_value()) return item;
  if (!reviewer.Sees((*item)->kind, (*item)->agencies)) return std::nullopt;
  const auto may_show = OwnConflictCheck(core_, reviewer).MayShow(**item);
  if (!may_show.ok()) return may_show.status();
  if (!*may_show) return std::nullopt;
  return item;
}

std::string ReviewQueue::IdOf(const OpenItemKey& key) const {
  return key.kind == kProposalKind ? ProposalId(key.a)
                                   : core_.subjects.Encode(key);
}

absl::StatusOr<v1::ReviewItem> ReviewQueue::Show(
    const Snapshot& registry, const ReviewClaims& claims, const OpenItem& item,
    std::optional<double> score) const {
  v1::ReviewItem shown;
  shown.set_id(IdOf(hub::KeyOf(item)));
  shown.set_kind(KindOf(item.kind));
  if (const errors::Reason* reason = errors::FindReason(item.reason)) {
    shown.set_why(std::string(reason->name));
  }
  if (const auto* attribute =
          domain::FindAttribute(static_cast<int>(item.attribute))) {
    shown.set_attribute(attribute->name);
  }
  *shown.mutable_opened_time() =
      TimeUtil::MicrosecondsToTimestamp(item.opened_time);
  shown.set_reopened(item.reopened);
  for (const storage::AgencyNumber number : item.agencies) {
    if (const AgencyEntry* agency = registry.Find(number)) {
      shown.add_agencies(agency->id());
    }
  }
  std::ranges::sort(*shown.mutable_agencies());
  if (score.has_value()) shown.set_score(*score);
  shown.set_etag(ToBase32(item.etag));
  if (const ReviewClaims::Claim* claim = claims.Find(hub::KeyOf(item))) {
    shown.set_claimed_by(claim->clerk);
    *shown.mutable_claimed_until() =
        TimeUtil::MicrosecondsToTimestamp(claim->until);
  }
  if (item.kind == kProposalKind) {
    const auto proposals = Proposals::Load(core_.store);
    if (!proposals.ok()) return proposals.status();
    shown.set_proposed(item.a);
    if (const auto* proposal = proposals->Find(item.a)) {
      shown.set_subject(proposal->subject());
    }
    return shown;
  }
  const auto unsure = UnsureOf(core_, item);
  if (!unsure.ok()) return unsure.status();
  for (const Unsure& one : *unsure) shown.add_unsure(one.number);
  return shown;
}

absl::StatusOr<v1::ListReviewItemsResponse> ReviewQueue::List(
    const Caller& caller, const v1::ListReviewItemsRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const auto reviewer = Reviewer::Of(*registry, caller);
  if (!reviewer.ok()) return reviewer.status();
  const auto size = PageSize(request.page_size(), {.usual = 100, .most = 500});
  if (!size.ok()) return size.status();
  const auto filter = Filter::Read(*registry, request.filter());
  if (!filter.ok()) return filter.status();
  const auto after =
      ItemAtToken(core_.tokens, filter->list(), request.page_token());
  if (!after.ok()) return after.status();
  const auto claims = ReviewClaims::Load(core_.store, core_.clock.Now());
  if (!claims.ok()) return claims.status();

  v1::ListReviewItemsResponse response;
  // The last that was looked at for this page.
  std::optional<OpenItem> last;
  bool more = false;
  size_t scored = 0;
  auto walk = Walk::Begin(core_, *reviewer, caller, *after);
  if (!walk.ok()) return walk.status();
  for (;;) {
    const auto item = walk->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) break;
    if (!filter->Matches(**item, *claims)) continue;
    more = response.items_size() == static_cast<int>(*size) ||
           scored == kMostScored;
    if (more) break;
    last = **item;
    if (filter->asks_for_score()) ++scored;
    const auto score = ScoreOf(core_, **item);
    if (!score.ok()) return score.status();
    if (!filter->MatchesScore(*score)) continue;
    auto shown = Show(*registry, *claims, **item, *score);
    if (!shown.ok()) return shown.status();
    *response.add_items() = *std::move(shown);
  }
  if (more) {
    response.set_next_page_token(TokenOf(core_.tokens, filter->list(), *last));
  }
  if (filter->asks_for_score()) return response;
  uint64_t total = 0;
  auto all = Walk::Begin(core_, *reviewer, caller, std::nullopt);
  if (!all.ok()) return all.status();
  for (;;) {
    const auto item = all->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) break;
    total += filter->Matches(**item, *claims) ? 1 : 0;
  }
  response.set_total_size(total);
  return response;
}

absl::StatusOr<std::optional<OpenItem>> ReviewQueue::Find(
    const Reviewer& reviewer, const Caller& caller, const Filter& filter,
    const std::optional<OpenItem>& after) {
  const auto claims = ReviewClaims::Load(core_.store, core_.clock.Now());
  if (!claims.ok()) return claims.status();
  std::optional<OpenItem> held;
  for (const OpenItemKey& key : claims->HeldBy(caller.path)) {
    if (after.has_value()) break;
    const auto item = Get(reviewer, key);
    if (!item.ok()) return StoreError(item.status());
    if (!item->has_value() || !filter.Matches(**item, *claims)) continue;
    const auto wanted = filter.MatchesScore(core_, **item);
    if (!wanted.ok()) return wanted.status();
    if (*wanted && (!held.has_value() || StandsBefore(**item, *held))) {
      held = **item;
    }
  }
  if (held.has_value()) return held;
  const uint32_t kept_open = errors::FindReason("KEPT_OPEN")->number;
  auto walk = Walk::Begin(core_, reviewer, caller, after);
  if (!walk.ok()) return walk.status();
  for (;;) {
    auto item = walk->Next();
    if (!item.ok() || !item->has_value()) return item;
    if ((*item)->reason == kept_open || !filter.Matches(**item, *claims)) {
      continue;
    }
    const ReviewClaims::Claim* claim = claims->Find(hub::KeyOf(**item));
    if (claim != nullptr && claim->clerk != caller.path) continue;
    const auto unsure = UnsureOf(core_, **item);
    if (!unsure.ok()) return unsure.status();
    if (std::ranges::find(*unsure, caller.path, &Unsure::clerk) !=
        unsure->end()) {
      continue;
    }
    const auto wanted = filter.MatchesScore(core_, **item);
    if (!wanted.ok()) return wanted.status();
    if (*wanted) return item;
  }
}

absl::StatusOr<v1::ReviewItem> ReviewQueue::ClaimKey(const Reviewer& reviewer,
                                                     const Caller& caller,
                                                     const OpenItemKey& key) {
  OpenItem claimed;
  ReviewClaims after;
  const auto act = [&](Planning& planning,
                       v1::AuditEvent& event) -> absl::Status {
    const auto item = Get(reviewer, key);
    if (!item.ok()) return item.status();
    if (!item->has_value()) {
      return errors::Error("NOT_AVAILABLE", {.field = "id"});
    }
    if (key.kind == kProposalKind) {
      const auto proposals = Proposals::Load(core_.store);
      if (!proposals.ok()) return proposals.status();
      const Proposals::Proposal* proposal = proposals->Find(key.a);
      if (proposal != nullptr && proposal->proposed_by() == caller.path) {
        return errors::Error("OWN_PROPOSAL");
      }
    }
    auto claims = ReviewClaims::Load(core_.store, planning.now);
    if (!claims.ok()) return claims.status();
    if (auto status = claims->CheckFree(key, caller.path); !status.ok()) {
      return status;
    }
    const int64_t until =
        planning.now + absl::ToInt64Microseconds(kReviewClaimTime);
    if (auto status = claims->Put(key, caller.path, until); !status.ok()) {
      return status;
    }
    claimed = **item;
    after = *std::move(claims);
    planning.batch.objects.push_back(after.RowOf(caller.path));
    event = EventOf(caller, "review.claim", IdOf(key));
    return absl::OkStatus();
  };
  if (auto status = DoAct(committer_, act); !status.ok()) return status;
  const auto score = ScoreOf(core_, claimed);
  if (!score.ok()) return score.status();
  return Show(*core_.registry.Get(), after, claimed, *score);
}

absl::StatusOr<v1::NextReviewItemResponse> ReviewQueue::Next(
    const Caller& caller, const v1::NextReviewItemRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const auto reviewer = Reviewer::Of(*registry, caller);
  if (!reviewer.ok()) return reviewer.status();
  const auto filter = Filter::Read(*registry, request.filter());
  if (!filter.ok()) return filter.status();
  const auto after =
      ItemAtToken(core_.tokens, filter->list(), request.page_token());
  if (!after.ok()) return after.status();
  v1::NextReviewItemResponse response;
  for (;;) {
    const auto found = Find(*reviewer, caller, *filter, *after);
    if (!found.ok()) return found.status();
    if (!found->has_value()) return response;
    auto item = ClaimKey(*reviewer, caller, hub::KeyOf(**found));
    const std::string reason = errors::ReasonOf(item.status());
    // Somebody was faster: that one is not free any more, and the next may be.
    if (reason == "REVIEW_CLAIMED" || reason == "NOT_AVAILABLE") continue;
    if (!item.ok()) return item.status();
    *response.mutable_item() = *std::move(item);
    response.set_page_token(TokenOf(core_.tokens, filter->list(), **found));
    return response;
  }
}

absl::StatusOr<v1::ClaimReviewItemResponse> ReviewQueue::Claim(
    const Caller& caller, const v1::ClaimReviewItemRequest& request) {
  const auto reviewer = Reviewer::Of(*core_.registry.Get(), caller);
  if (!reviewer.ok()) return reviewer.status();
  const auto key = KeyOf(request.id());
  if (!key.ok()) return key.status();
  if (!key->has_value()) {
    return errors::Error("NOT_AVAILABLE", {.field = "id"});
  }
  auto item = ClaimKey(*reviewer, caller, **key);
  if (!item.ok()) return item.status();
  v1::ClaimReviewItemResponse response;
  *response.mutable_item() = *std::move(item);
  return response;
}

absl::StatusOr<v1::ReleaseReviewItemResponse> ReviewQueue::Release(
    const Caller& caller, const v1::ReleaseReviewItemRequest& request) {
  const auto reviewer = Reviewer::Of(*core_.registry.Get(), caller);
  if (!reviewer.ok()) return reviewer.status();
  const auto key = KeyOf(request.id());
  if (!key.ok()) return key.status();
  if (!key->has_value()) {
    return errors::Error("NOT_AVAILABLE", {.field = "id"});
  }
  const auto act = [&](Planning& planning,
                       v1::AuditEvent& event) -> absl::Status {
    auto claims = ReviewClaims::Load(core_.store, planning.now);
    if (!claims.ok()) return claims.status();
    auto status = claims->CheckFree(**key, caller.path);
    if (!status.ok() && !reviewer->is_office()) {
      const auto item = Get(*reviewer, **key);
      if (!item.ok()) return item.status();
      if (!item->has_value()) {
        return errors::Error("NOT_AVAILABLE", {.field = "id"});
      }
    }
    if (!status.ok()) return status;
    if (!claims->Remove(**key, caller.path)) return absl::OkStatus();
    planning.batch.objects.push_back(claims->RowOf(caller.path));
    event = EventOf(caller, "review.release", IdOf(**key));
    return absl::OkStatus();
  };
  if (auto status = DoAct(committer_, act); !status.ok()) return status;
  return v1::ReleaseReviewItemResponse();
}

}  // namespace waystation::hub
