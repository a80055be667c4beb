// SPDX-License-Identifier: Apache-2.0
#include "server/hub/office.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "server/domain/score.h"
#include "server/hub/explain_work.h"
#include "server/hub/given_reason.h"
#include "server/hub/leaf_work.h"
#include "server/hub/office_view.h"
#include "server/hub/open_conflicts.h"
#include "server/hub/open_item_list.h"
#include "server/hub/person_reader.h"
#include "server/hub/proposals.h"
#include "server/hub/reveal.h"
#include "server/hub/reviewer.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using storage::OpenItem;

std::string EtagText(const storage::KeyHash& etag) { return ToBase32(etag); }

std::string AgencyName(const Snapshot& registry, storage::AgencyNumber number) {
  const AgencyEntry* agency = registry.Find(number);
  return agency == nullptr ? std::string() : agency->id();
}

v1::Candidate CandidateOf(const Core& core, const OpenItem& item) {
  v1::Candidate candidate;
  candidate.set_id(core.subjects.Encode(KeyOf(item)));
  *candidate.mutable_opened_time() =
      TimeUtil::MicrosecondsToTimestamp(item.opened_time);
  const errors::Reason* reason = errors::FindReason(item.reason);
  if (reason != nullptr) candidate.set_why(std::string(reason->name));
  candidate.set_etag(EtagText(item.etag));
  return candidate;
}

// Number of the decision that is proposed on the item, or proposed to be
// undone; 0 if none is.
absl::StatusOr<uint64_t> ProposedOn(const Core& core,
                                    const storage::OpenItemKey& key) {
  const auto proposals = Proposals::Load(core.store);
  if (!proposals.ok()) return proposals.status();
  const auto waiting = proposals->FindOn(core, key, /*or_undo=*/true);
  if (!waiting.ok()) return waiting.status();
  return *waiting == nullptr ? 0 : (*waiting)->number();
}

// What an office saw of which persons, as a leaf.
std::unique_ptr<Work> LookLeaf(Core& core, const Caller& caller,
                               const std::string& act,
                               const std::string& object,
                               const std::string& reason,
                               domain::AttributeSet seen,
                               std::span<const RecordPtr> records,
                               LeafWork::Done done) {
  OfficeLook look = LookAt(core, caller, act, object, reason, seen, records);
  return std::make_unique<LeafWork>(std::move(look.event),
                                    std::move(look.details), std::move(done));
}

}  // namespace

absl::StatusOr<v1::ListConflictsResponse> Office::ListConflicts(
    const v1::ListConflictsRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const auto attribute = ListedAttribute(request);
  if (!attribute.ok()) return attribute.status();
  const AgencyEntry* agency = registry->Find(request.agency());
  if (agency == nullptr && !request.agency().empty()) {
    return v1::ListConflictsResponse();
  }
  std::function<bool(const OpenItem&)> wanted;
  if (*attribute != 0 || agency != nullptr) {
    wanted = [&](const OpenItem& item) {
      return (*attribute == 0 || item.attribute == *attribute) &&
             (agency == nullptr ||
              std::ranges::binary_search(item.agencies, agency->number));
    };
  }
  const auto page =
      ListItems(core_, OpenItem::Kind::kConflict, request.page_size(),
                request.page_token(), wanted);
  if (!page.ok()) return page.status();
  return ConflictsOf(core_, *registry, *page);
}

void Office::GetConflict(const Caller& caller,
                         const v1::GetConflictRequest& request,
                         Hub::Callback<v1::GetConflictResponse> done) {
  const auto revealed =
      Revealed(request.reveal(), request.reason(), core_.Today());
  if (!revealed.ok()) return done(revealed.status());
  const auto subject = core_.subjects.DecodeConflict(request.id());
  const domain::AttributeInfo* attribute =
      subject.has_value() && !subject->own
          ? domain::FindAttribute(static_cast<int>(subject->attribute))
          : nullptr;
  if (attribute == nullptr) return done(errors::Error("NOT_AVAILABLE"));
  const auto person = ReadPerson(core_, subject->uid);
  if (!person.ok()) return done(person.status());
  if (*person == nullptr) return done(errors::Error("NOT_AVAILABLE"));
  const PersonSide& side = *(*person)->side;
  const codes::Date today = core_.Today();
  const auto resolution =
      ResolveEntry(core_, side, *attribute, subject->entry, today);
  if (!resolution.has_value()) return done(errors::Error("NOT_AVAILABLE"));
  const auto open = core_.store.GetOpenItem({.a = side.person,
                                             .attribute = subject->attribute,
                                             .entry = subject->entry});
  if (!open.ok()) return done(StoreError(open.status()));

  v1::GetConflictResponse response;
  v1::Conflict& conflict = *response.mutable_conflict();
  if (open->has_value()) {
    conflict = ConflictOf(core_, *(*person)->registry, **open);
  }
  conflict.set_id(request.id());
  conflict.set_attribute(attribute->name);
  conflict.clear_agencies();
  for (const auto number : AgenciesOf(*resolution, side)) {
    conflict.add_agencies(AgencyName(*(*person)->registry, number));
  }
  conflict.set_etag(EtagText(ConflictEtag(core_.hashes, *resolution)));
  AddGroups(core_, *attribute, *resolution, response);
  response.set_why(std::string(domain::ReasonOf(resolution->why)));
  for (const v1::Criterion criterion :
       core_.rules().Of(attribute->number).criteria) {
    response.add_rule(criterion);
  }
  *response.mutable_person() = PersonAround(core_, side, *revealed, today);
  for (const std::string& recipient :
       RecipientsOf(**person, *attribute, today)) {
    response.add_recipients(recipient);
  }
  AddViews(core_, **person, *attribute, subject->entry, today, response);
  response.set_kept_open(resolution->kept_open);
  const auto proposed = ProposedOn(core_, {.a = side.person,
                                           .attribute = subject->attribute,
                                           .entry = subject->entry});
  if (!proposed.ok()) return done(proposed.status());
  response.set_proposed(*proposed);
  if (resolution->ruled_by != 0) {
    response.add_earlier_decisions(resolution->ruled_by);
  }
  for (const uint64_t number : resolution->reopened) {
    response.add_earlier_decisions(number);
  }
  const RecordPtr records[] = {side.records.front()};
  committer_.Submit(
      LookLeaf(core_, caller, "conflict.show", request.id(), request.reason(),
               *revealed | attribute->bit(), records,
               [done = std::move(done), response = std::move(response)](
                   const absl::StatusOr<uint64_t>& leaf) mutable {
                 if (!leaf.ok()) return done(leaf.status());
                 done(std::move(response));
               }));
}

absl::StatusOr<v1::ListCandidatesResponse> Office::ListCandidates(
    const Caller& caller, const v1::ListCandidatesRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const auto reviewer = Reviewer::Of(*registry, caller);
  if (!reviewer.ok()) return reviewer.status();
  std::function<bool(const OpenItem&)> wanted;
  if (!reviewer->is_office()) {
    wanted = [&](const OpenItem& item) {
      return reviewer->Sees(item.kind, item.agencies);
    };
  }
  const auto page = ListItems(core_, reviewer->pairs(), request.page_size(),
                              request.page_token(), wanted);
  if (!page.ok()) return page.status();
  std::vector<storage::Uid> uids;
  for (const OpenItem& item : page->items) {
    uids.push_back(item.a);
    uids.push_back(item.b);
  }
  const auto rows = core_.store.LoadByUid(uids);
  if (!rows.ok()) return StoreError(rows.status());
  v1::ListCandidatesResponse response;
  for (size_t i = 0; i < page->items.size(); ++i) {
    v1::Candidate& candidate = *response.add_candidates();
    candidate = CandidateOf(core_, page->items[i]);
    const auto& [a, b] = std::tie((*rows)[2 * i], (*rows)[2 * i + 1]);
    if (a.has_value()) {
      candidate.set_agency_a(AgencyName(*registry, a->agency));
    }
    if (b.has_value()) {
      candidate.set_agency_b(AgencyName(*registry, b->agency));
    }
  }
  response.set_next_page_token(page->next_page_token);
  response.set_total_size(page->total);
  return response;
}

void Office::GetCandidate(const Caller& caller,
                          const v1::GetCandidateRequest& request,
                          Hub::Callback<v1::GetCandidateResponse> done) {
  const auto revealed =
      Revealed(request.reveal(), request.reason(), core_.Today());
  if (!revealed.ok()) return done(revealed.status());
  const auto reviewer = Reviewer::Of(*core_.registry.Get(), caller);
  if (!reviewer.ok()) return done(reviewer.status());
  const auto subject = core_.subjects.DecodePair(request.id());
  if (!subject.has_value()) return done(errors::Error("NOT_AVAILABLE"));
  const storage::Uid pair[] = {subject->a, subject->b};
  const auto persons = ReadPersons(core_, pair);
  if (!persons.ok()) return done(persons.status());
  RecordPtr records[2];
  for (size_t i = 0; i < 2; ++i) {
    const std::shared_ptr<const Person>& person = (*persons)[i];
    if (person != nullptr) records[i] = person->Find(pair[i]);
    if (records[i] == nullptr) return done(errors::Error("NOT_AVAILABLE"));
  }
  const storage::OpenItemKey key = *subject;
  const storage::AgencyNumber agencies[] = {records[0]->agency,
                                            records[1]->agency};
  if (!reviewer->Sees(key.kind, agencies)) {
    return done(errors::Error("NOT_AVAILABLE"));
  }
  const auto open = core_.store.GetOpenItem(key);
  if (!open.ok()) return done(StoreError(open.status()));
  const Snapshot& registry = *persons->front()->registry;
  v1::GetCandidateResponse response;
  v1::Candidate& candidate = *response.mutable_candidate();
  if (open->has_value()) candidate = CandidateOf(core_, **open);
  candidate.set_id(request.id());
  candidate.set_agency_a(AgencyName(registry, records[0]->agency));
  candidate.set_agency_b(AgencyName(registry, records[1]->agency));
  candidate.set_etag(EtagText(CandidateEtag(
      core_.hashes, *records[0], *records[1], persons->front()->rulings)));
  *response.mutable_record_a() = RecordInQuestion(*records[0], *revealed);
  *response.mutable_record_b() = RecordInQuestion(*records[1], *revealed);
  if (!reviewer->is_office()) {
    response.set_record_key_a(records[0]->stored.record_key());
    response.set_record_key_b(records[1]->stored.record_key());
  }
  // A pair of a sample is ruled on without what the rules say of it.
  if (key.kind != OpenItem::Kind::kSample) {
    AddContributions(
        core_, WeighPair(core_.rules().linking(), *records[0], *records[1]),
        response);
  }
  const auto proposed = ProposedOn(core_, key);
  if (!proposed.ok()) return done(proposed.status());
  response.set_proposed(*proposed);
  const domain::AttributeSet seen =
      *revealed | domain::BitOf(domain::kIdentifiers) |
      domain::BitOf(domain::kName) | domain::BitOf(domain::kSex) |
      domain::BitOf(domain::kBirthDate) |
      // Whether they agree.
      domain::BitOf(domain::kContact) |
      domain::BitOf(domain::kHouseholdRegistration) |
      domain::BitOf(domain::kResidence);
  committer_.Submit(
      LookLeaf(core_, caller, "candidate.show", request.id(), request.reason(),
               seen, records,
               [done = std::move(done), response = std::move(response)](
                   const absl::StatusOr<uint64_t>& leaf) mutable {
                 if (!leaf.ok()) return done(leaf.status());
                 done(std::move(response));
               }));
}

void Office::ExplainPair(const Caller& caller,
                         const v1::ExplainPairRequest& request,
                         Hub::Callback<v1::ExplainPairResponse> done) {
  const auto reviewer = Reviewer::Of(*core_.registry.Get(), caller);
  if (!reviewer.ok()) return done(reviewer.status());
  if (!request.reason().empty()) {
    if (auto given = CheckReason(request.reason(), core_.Today());
        !given.ok()) {
      return done(given);
    }
  }
  const OpenItem::Kind kind = reviewer->pairs();
  HeldRecord held[2];
  const v1::RecordReference* const references[] = {&request.record_a(),
                                                   &request.record_b()};
  for (size_t i = 0; i < 2; ++i) {
    const char* const field = i == 0 ? "record_a" : "record_b";
    if (references[i]->agency().empty() ||
        references[i]->record_key().empty()) {
      return done(errors::Error("FIELD_MISSING", {.field = field}));
    }
    auto found = ReadHeldRecord(core_, references[i]->agency(),
                                references[i]->record_key());
    if (!found.ok()) return done(found.status());
    if (found->record == nullptr ||
        !reviewer->Sees(kind, {&found->record->agency, 1})) {
      return done(errors::Error("NOT_AVAILABLE", {.field = field}));
    }
    held[i] = *std::move(found);
  }
  if (held[0].record->uid == held[1].record->uid) {
    return done(errors::Error(
        "INVALID_REQUEST",
        {.field = "record_b", .rule = "another record than record_a"}));
  }
  if (held[0].record->uid > held[1].record->uid) std::swap(held[0], held[1]);
  const RecordPtr records[] = {held[0].record, held[1].record};
  const domain::Pair pair{records[0]->uid, records[1]->uid};
  const storage::OpenItemKey key{.kind = kind, .a = pair.a, .b = pair.b};
  const auto open = core_.store.GetOpenItem(key);
  if (!open.ok()) return done(StoreError(open.status()));

  v1::ExplainPairResponse response;
  response.set_joined(
      reviewer->is_office()
          ? held[0].person->Find(pair.b) != nullptr
          : std::ranges::binary_search(
                held[0].person->OwnGroup(records[0]->agency, pair.a), pair.b));
  const domain::Weighed weighed =
      WeighPair(core_.rules().linking(), *records[0], *records[1]);
  response.set_shares_number(weighed.shares_number());
  const PairRulings& rulings = held[0].person->rulings;
  if (const auto ruling = rulings.by_pair().find(pair);
      ruling != rulings.by_pair().end()) {
    response.set_decision(ruling->second->number);
  }
  if (open->has_value()) {
    const v1::Candidate candidate = CandidateOf(core_, **open);
    response.set_candidate(candidate.id());
    response.set_why(candidate.why());
  }
  AddContributions(core_, weighed, response);
  const domain::Thresholds& thresholds = core_.rules().linking().thresholds;
  response.set_upper(thresholds.upper);
  response.set_lower(thresholds.lower);
  committer_.Submit(
      LookLeaf(core_, caller, "pair.explain", core_.subjects.Encode(key),
               request.reason(), domain::kComparedAttributes, records,
               [done = std::move(done), response = std::move(response)](
                   const absl::StatusOr<uint64_t>& leaf) mutable {
                 if (!leaf.ok()) return done(leaf.status());
                 done(std::move(response));
               }));
}

void Office::ExplainPerson(const Caller& caller,
                           const v1::ExplainPersonRequest& request,
                           Hub::Callback<v1::ExplainPersonResponse> done) {
  if (!request.reason().empty()) {
    if (auto given = CheckReason(request.reason(), core_.Today());
        !given.ok()) {
      return done(given);
    }
  }
  if (request.agency().empty()) {
    return done(errors::Error("FIELD_MISSING", {.field = "agency"}));
  }
  storage::Uid uid = 0;
  if (!request.record_key().empty()) {
    const auto held =
        ReadHeldRecord(core_, request.agency(), request.record_key());
    if (!held.ok()) return done(held.status());
    if (held->record != nullptr) uid = held->record->uid;
  } else if (!request.handle().empty()) {
    const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
    const AgencyEntry* const agency = registry->Find(request.agency());
    if (agency != nullptr) {
      uid = agency->handles.Decode(request.handle()).value_or(0);
    }
  } else {
    return done(errors::Error("FIELD_MISSING", {.field = "record_key"}));
  }
  if (uid == 0) return done(errors::Error("NOT_AVAILABLE"));
  committer_.Submit(std::make_unique<ExplainWork>(caller, uid, request.reason(),
                                                  std::move(done)));
}

}  // namespace waystation::hub
