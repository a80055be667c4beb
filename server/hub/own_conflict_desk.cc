// SPDX-License-Identifier: Apache-2.0
#include "server/hub/own_conflict_desk.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/apply.h"
#include "server/domain/disclosure.h"
#include "server/domain/meaning.h"
#include "server/hub/leaf_work.h"
#include "server/hub/office_view.h"
#include "server/hub/open_item_list.h"
#include "server/hub/own_conflicts.h"
#include "server/hub/reading.h"
#include "server/hub/reveal.h"
#include "server/hub/reviewer.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using storage::OpenItem;

constexpr std::string_view kMethod = "ReconciliationService.GetConflict";

bool IsCut(const domain::Claim& claim) { return claim.value != claim.full; }

// An answer while it is put together. Borrows all.
class Showing {
 public:
  // `told`: the look under a purpose by which others' values are shown, if they
  // are.
  Showing(Core& core, const AgencyEntry& agency, const OwnConflict& conflict,
          std::optional<Look> told)
      : core_(core), agency_(agency), conflict_(conflict), told_(told) {}

  void AddTo(domain::AttributeSet revealed,
             v1::GetConflictResponse& response) const {
    response.set_own(true);
    const domain::Resolution& resolution = conflict_.resolution;
    response.set_why(std::string(domain::ReasonOf(resolution.why)));
    for (const v1::Criterion criterion :
         core_.rules().Of(conflict_.attribute->number).criteria) {
      response.add_rule(criterion);
    }
    for (const domain::Group& group : resolution.groups) {
      AddGroup(group, *response.add_groups());
    }
    response.mutable_groups(0)->set_provisional(true);
    for (const storage::Uid uid : conflict_.own) {
      const RecordPtr record = conflict_.person->Find(uid);
      if (domain::HasClaims(record->stored)) {
        response.add_record_keys(record->stored.record_key());
      }
    }
    *response.mutable_person() = Around(revealed);
  }

 private:
  // Who else says so stays with them.
  void AddGroup(const domain::Group& group, v1::ValueGroup& shown) const {
    const domain::Resolution& resolution = conflict_.resolution;
    const domain::Claim& shows = conflict_.Shows(group);
    const bool is_own = conflict_.IsOwn(shows);
    shown.set_hidden(!is_own && !told_.has_value());
    if (!shown.hidden()) {
      domain::SetValue(*conflict_.attribute, *shows.value,
                       shown.mutable_value());
      shown.set_form(IsCut(shows) ? v1::FORM_PARTIAL : v1::FORM_VALUE);
    }
    bool by_others = false;
    for (const uint32_t supporter : group.supporters) {
      const domain::Claim& claim = resolution.claims[supporter];
      if (conflict_.IsOwn(claim)) {
        *shown.add_claims() = OwnClaim(claim);
      } else {
        by_others = true;
      }
    }
    if (!told_.has_value()) return;
    if (by_others) *shown.add_claims() = OthersClaim(group);
    if (is_own) {
      shown.set_match(
          domain::Match(told_->viewer, conflict_.person->side->claims,
                        told_->context, *conflict_.attribute, shown.value()));
    }
  }

  v1::ClaimView OwnClaim(const domain::Claim& claim) const {
    v1::ClaimView view = ViewOf(*conflict_.attribute, claim, *claim.value);
    view.set_agency(agency_.id());
    view.set_record_key(conflict_.person->Find(claim.uid)->stored.record_key());
    return view;
  }

  // What the agency's view says of the claim that stands, and of any other the
  // value alone.
  v1::ClaimView OthersClaim(const domain::Group& group) const {
    const domain::Resolution& resolution = conflict_.resolution;
    const domain::Claim& shows = resolution.claims[group.shows];
    v1::ClaimView view;
    domain::SetValue(*conflict_.attribute, *shows.value, view.mutable_value());
    if (&shows != &resolution.standing() || conflict_.IsOwn(shows)) {
      return view;
    }
    view.set_agency(std::string(shows.agency));
    if (IsCut(shows)) return view;
    view.set_grade(shows.grade);
    if (shows.recorded != 0) {
      *view.mutable_recorded_time() =
          TimeUtil::MicrosecondsToTimestamp(shows.recorded);
    }
    if (shows.valid_from != nullptr) {
      *view.mutable_valid_from() = *shows.valid_from;
    }
    return view;
  }

  // By the agency's own records alone.
  v1::Person Around(domain::AttributeSet revealed) const {
    static const domain::Permissions kNothing;
    const Look look = LookOf(*conflict_.person, agency_, kNothing,
                             conflict_.own, core_.Today());
    v1::Person person =
        domain::View(look.viewer, conflict_.person->side->claims, look.context,
                     revealed | domain::BitOf(domain::kIdentifiers) |
                         domain::BitOf(domain::kName))
            .person();
    Mask(revealed, person);
    return person;
  }

  Core& core_;
  const AgencyEntry& agency_;
  const OwnConflict& conflict_;
  const std::optional<Look> told_;
};

}  // namespace

absl::StatusOr<v1::ListConflictsResponse> OwnConflictDesk::List(
    const Caller& caller, const v1::ListConflictsRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const auto reviewer = Reviewer::Of(*registry, caller);
  if (!reviewer.ok()) return reviewer.status();
  const auto attribute = ListedAttribute(request);
  if (!attribute.ok()) return attribute.status();
  // Who else takes part is not told.
  if (!request.agency().empty() && request.agency() != caller.agency) {
    return v1::ListConflictsResponse();
  }
  const OwnConflictCheck check(core_, *reviewer);
  absl::Status failure;
  const auto page =
      ListItems(core_, reviewer->conflicts(), request.page_size(),
                request.page_token(), [&](const OpenItem& item) {
                  if (!reviewer->Sees(item.kind, item.agencies) ||
                      (*attribute != 0 && item.attribute != *attribute)) {
                    return false;
                  }
                  const auto may_show = check.MayShow(item);
                  if (!may_show.ok()) failure = may_show.status();
                  return may_show.ok() && *may_show;
                });
  if (!failure.ok()) return failure;
  if (!page.ok()) return page.status();
  return ConflictsOf(core_, *registry, *page);
}

void OwnConflictDesk::Get(const Caller& caller,
                          const v1::GetConflictRequest& request,
                          Hub::Callback<v1::GetConflictResponse> done) {
  const auto revealed =
      Revealed(request.reveal(), request.reason(), core_.Today());
  if (!revealed.ok()) return done(revealed.status());
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return done(errors::Error("AGENCY_NOT_REGISTERED"));
  const auto subject = core_.subjects.DecodeConflict(request.id());
  if (!subject.has_value()) return done(errors::Error("NOT_AVAILABLE"));
  const auto access = registry->AccessOf(*agency, core_.Today());
  const auto found =
      FindOwnConflict(core_, *agency, access->permissions, *subject);
  if (!found.ok()) return done(found.status());
  if (!found->has_value()) return done(errors::Error("NOT_AVAILABLE"));
  const OwnConflict& conflict = **found;
  const auto open =
      core_.store.GetOpenItem({.kind = OpenItem::Kind::kOwnConflict,
                               .a = conflict.own.front(),
                               .attribute = subject->attribute,
                               .entry = subject->entry});
  if (!open.ok()) return done(StoreError(open.status()));

  v1::GetConflictResponse response;
  v1::Conflict& shown = *response.mutable_conflict();
  if (open->has_value()) shown = ConflictOf(core_, *registry, **open);
  shown.set_id(request.id());
  shown.set_attribute(conflict.attribute->name);
  shown.clear_agencies();
  shown.add_agencies(agency->id());
  shown.set_etag(ToBase32(OwnConflictEtag(core_.hashes, *conflict.attribute,
                                          conflict.resolution, conflict.own)));
  const domain::AttributeSet seen = *revealed | conflict.attribute->bit() |
                                    domain::BitOf(domain::kIdentifiers) |
                                    domain::BitOf(domain::kName);
  const RecordPtr records[] = {conflict.record};

  if ((*revealed & conflict.attribute->bit()) == 0 || conflict.IsAmongOwn()) {
    Showing(core_, *agency, conflict, std::nullopt).AddTo(*revealed, response);
    OfficeLook look = LookAt(core_, caller, "conflict.show", request.id(),
                             request.reason(), seen, records);
    auto leaf = std::make_unique<LeafWork>(
        std::move(look.event), std::move(look.details),
        [done = std::move(done), response = std::move(response)](
            const absl::StatusOr<uint64_t>& leaf) mutable {
          if (!leaf.ok()) return done(leaf.status());
          done(std::move(response));
        });
    leaf->DecidedBy(registry);
    committer_.Submit(std::move(leaf));
    return;
  }

  const auto reading =
      Reading::Begin(core_, caller, request.purpose(), kMethod);
  if (!reading.ok()) return done(reading.status());
  if (auto spent = core_.budgets.Call(reading->purse()); !spent.ok()) {
    return Refuse(refusals_, committer_, *reading, std::nullopt, spent,
                  std::move(done));
  }
  const Found asked{.person = conflict.person,
                    .record = conflict.record,
                    .own = conflict.own};
  if (auto refused = reading->MayAsk(asked); !refused.ok()) {
    return Refuse(refusals_, committer_, *reading, asked, refused,
                  std::move(done));
  }
  // Whoever may see less for this purpose is shown that.
  const auto under_purpose =
      FindOwnConflict(core_, *agency, reading->access().permissions, *subject);
  if (!under_purpose.ok()) return done(under_purpose.status());
  absl::Status refused = under_purpose->has_value()
                             ? reading->Tell(asked)
                             : errors::Error("NOT_AVAILABLE");
  if (!refused.ok()) {
    return Refuse(refusals_, committer_, *reading, asked, refused,
                  std::move(done));
  }
  const OwnConflict& told = **under_purpose;
  Showing(core_, *agency, told,
          LookOf(*told.person, *agency, reading->access().permissions, told.own,
                 reading->today()))
      .AddTo(*revealed, response);
  committer_.Submit(reading->LeafAbout(
      request.id(), request.reason(), *told.record, seen,
      AnswerRead(core_, std::move(response), std::move(done))));
}

}  // namespace waystation::hub
