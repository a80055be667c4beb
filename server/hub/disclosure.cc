// SPDX-License-Identifier: Apache-2.0
#include "server/hub/disclosure.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/disclosure.h"
#include "server/domain/meaning.h"
#include "server/domain/read_update.h"
#include "server/hub/leaf_work.h"
#include "server/hub/person_reader.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using storage::Uid;

// A person that the caller asked for, found by one of the caller's own records.
struct Found {
  std::shared_ptr<const Person> person;
  RecordPtr record;
  std::vector<Uid> own;
};

absl::Status NotAvailable() { return errors::Error("NOT_AVAILABLE"); }

// One read by one agency, from the question to the leaf.
class Reading {
 public:
  // The caller's agency and the purpose; on an error nothing else is called.
  static absl::StatusOr<Reading> Begin(Core& core, const Caller& caller,
                                       v1::Purpose purpose,
                                       std::string_view method) {
    if (purpose == v1::PURPOSE_UNSPECIFIED) {
      return errors::Error("PURPOSE_MISSING", {.field = "purpose"});
    }
    Reading reading(core, caller, purpose, method);
    reading.agency_ = reading.registry_->Find(caller.agency);
    if (reading.agency_ == nullptr) {
      return errors::Error("AGENCY_NOT_REGISTERED");
    }
    reading.access_ =
        reading.registry_->AccessOf(*reading.agency_, reading.today_, purpose);
    return reading;
  }

  // nullopt where the caller has no such record; errors are the store's. A
  // handle names a record of the caller, whatever became of its person.
  template <typename Request>
  absl::StatusOr<std::optional<Found>> Find(const Request& request) const {
    HeldRecord held;
    if (request.handle().empty()) {
      auto read = ReadHeldRecord(core_, agency_->id(), request.record_key());
      if (!read.ok()) return read.status();
      held = *std::move(read);
    } else {
      const auto uid = agency_->handles.Decode(request.handle());
      if (!uid.has_value()) return std::nullopt;
      auto person = ReadPerson(core_, *uid);
      if (!person.ok()) return person.status();
      held.person = *std::move(person);
      if (held.person != nullptr) held.record = held.person->Find(*uid);
    }
    if (held.record == nullptr) return std::nullopt;
    Found found{
        .person = held.person,
        .record = held.record,
        .own = held.person->OwnGroup(agency_->number, held.record->uid)};
    if (found.own.empty()) return std::nullopt;
    return found;
  }

  // NOT_AVAILABLE where nobody was found. BUDGET_SPENT comes first, so that it
  // does not show who is there.
  absl::Status MayAsk(const std::optional<Found>& found) const {
    const Uid uid = found.has_value() ? found->record->uid : 0;
    if (auto spent = core_.budgets.MayAsk(purse(), uid); !spent.ok()) {
      return spent;
    }
    return found.has_value() ? absl::OkStatus() : NotAvailable();
  }

  // NOT_AVAILABLE unless an agreement for this purpose and this person is in
  // force; BUDGET_SPENT; else the person counts as told from now on.
  absl::Status Tell(const Found& found) const {
    if (access_->permissions.empty() ||
        !domain::InScope(LookAt(found).viewer, found.person->side->claims)) {
      return NotAvailable();
    }
    return core_.budgets.Tell(purse(), {&found.record->uid, 1});
  }

  Look LookAt(const Found& found) const {
    return LookOf(core_, *found.person, *agency_, access_->permissions,
                  found.own, today_);
  }

  std::string HandleOf(const Found& found) const {
    return agency_->handles.Encode(found.own.front());
  }
  Core& core() const { return core_; }
  const Caller& caller() const { return caller_; }
  const std::string& method() const { return method_; }
  int64_t now() const { return now_; }
  Purse purse() const {
    return {.agency = agency_->number,
            .purpose = purpose_,
            .budget = access_->budget,
            .now = now_};
  }
  const domain::Permissions& permissions() const {
    return access_->permissions;
  }

  // The leaf of an answer that tells of these attributes.
  std::unique_ptr<Work> Leaf(const Found& found, domain::AttributeSet told,
                             LeafWork::Done done) const {
    v1::AuditEvent event = Event(v1::AuditEvent::KIND_READ);
    for (const std::string& name : domain::AttributeNames(told)) {
      event.add_attributes(name);
    }
    event.set_act(method_);
    return WithDetail(std::move(event), found, told, std::move(done));
  }

  // The leaf of a refusal where a person had been found.
  std::unique_ptr<Work> RefusalLeaf(const Found& found, std::string_view reason,
                                    LeafWork::Done done) const {
    v1::AuditEvent event = RefusalEvent(caller_.path, method_, reason);
    event.set_purpose(purpose_);
    return WithDetail(std::move(event), found, 0, std::move(done));
  }

 private:
  Reading(Core& core, const Caller& caller, v1::Purpose purpose,
          std::string_view method)
      : core_(core),
        caller_(caller),
        purpose_(purpose),
        method_(method),
        registry_(core.registry.Get()),
        now_(core.clock.Now()),
        today_(domain::DayOf(now_)) {}

  v1::AuditEvent Event(v1::AuditEvent::Kind kind) const {
    v1::AuditEvent event;
    event.set_kind(kind);
    event.set_actor(caller_.path);
    event.set_agency(caller_.agency);
    event.set_purpose(purpose_);
    event.set_agreement(access_->agreements);
    return event;
  }

  std::unique_ptr<Work> WithDetail(v1::AuditEvent event, const Found& found,
                                   domain::AttributeSet told,
                                   LeafWork::Done done) const {
    event.set_count(1);
    std::vector<storage::DetailRow> details;
    details.push_back(
        DisclosureDetail(core_, *found.record, told, caller_.agency));
    SetDetailsRoot(details, event);
    return std::make_unique<LeafWork>(std::move(event), std::move(details),
                                      std::move(done));
  }

  Core& core_;
  Caller caller_;
  v1::Purpose purpose_;
  std::string method_;
  std::shared_ptr<const Snapshot> registry_;
  int64_t now_;
  codes::Date today_;
  const AgencyEntry* agency_ = nullptr;
  std::shared_ptr<const Access> access_;
};

// Answers `why`: counted with others of its kind, or, where a person had been
// found, with a leaf of its own (design 8).
template <typename Done>
void Refuse(Refusals& refusals, Committer& committer, const Reading& reading,
            const std::optional<Found>& found, const absl::Status& why,
            Done done) {
  ++reading.core().counters.refusals;
  const std::string reason = errors::ReasonOf(why);
  if (!found.has_value()) {
    refusals.Count(reading.caller().path, reading.method(), reason);
    return done(why);
  }
  committer.Submit(reading.RefusalLeaf(
      *found, reason,
      [done = std::move(done), why](const absl::StatusOr<uint64_t>& leaf) {
        done(leaf.ok() ? why : leaf.status());
      }));
}

// What a caller offers for a match, normalised as a claim would be.
absl::StatusOr<v1::Person> ReadOffered(Core& core,
                                       const domain::AttributeInfo& attribute,
                                       const v1::Person& offered) {
  const absl::Status invalid = errors::Error(
      "INVALID_REQUEST",
      {.field = "offered",
       .rule = "sets the attribute alone, with one entry that can be read"});
  if (domain::EntryCount(attribute, offered) != 1) return invalid;
  v1::Update update;
  update.set_record_key("offered");
  update.set_revision(1);
  *update.mutable_claims() = offered;
  update.mutable_mask()->add_paths(attribute.name);
  const int64_t now = core.clock.Now();
  // Nobody's age is asked about: what is offered is not kept.
  update.mutable_guardian()->set_reference("offered");
  *update.mutable_guardian()->mutable_given_time() =
      TimeUtil::MicrosecondsToTimestamp(now);
  domain::ReadResult read = domain::Read(
      std::move(update), {.received_time = now, .profile = core.Profile()});
  if (!read.ok() || read.update.claims.size() != 1) return invalid;
  return std::move(*read.update.claims.front().mutable_value());
}

}  // namespace

domain::AttributeSet AttributesOf(const v1::PersonView& view) {
  domain::AttributeSet attributes = 0;
  for (const v1::AttributeView& shown : view.attributes()) {
    const auto* attribute = domain::FindAttribute(shown.attribute());
    if (attribute != nullptr) attributes |= attribute->bit();
  }
  for (const std::string& name : view.existing()) {
    const auto* attribute = domain::FindAttribute(name);
    if (attribute != nullptr) attributes |= attribute->bit();
  }
  for (const v1::PredicateAnswer& answer : view.predicates()) {
    for (const domain::AttributeInfo& attribute : domain::Attributes()) {
      if (attribute.FindPredicate(answer.predicate()) != nullptr) {
        attributes |= attribute.bit();
      }
    }
  }
  return attributes;
}

void Disclosure::GetPerson(const Caller& caller,
                           const v1::GetPersonRequest& request,
                           Hub::Callback<v1::GetPersonResponse> done) {
  constexpr std::string_view kMethod = "RegistryService.GetPerson";
  const auto reading =
      Reading::Begin(core_, caller, request.purpose(), kMethod);
  if (!reading.ok()) return done(reading.status());
  if (auto spent = core_.budgets.Call(reading->purse()); !spent.ok()) {
    return Refuse(refusals_, committer_, *reading, std::nullopt, spent,
                  std::move(done));
  }
  const absl::StatusOr<std::optional<Found>> found = reading->Find(request);
  if (!found.ok()) return done(found.status());
  if (auto refused = reading->MayAsk(*found); !refused.ok()) {
    return Refuse(refusals_, committer_, *reading, *found, refused,
                  std::move(done));
  }
  // The view is computed either way, so that a refusal takes as long.
  const Look look = reading->LookAt(**found);
  v1::GetPersonResponse response;
  *response.mutable_view() =
      domain::View(look.viewer, (*found)->person->side->claims, look.context);
  if (auto refused = reading->Tell(**found); !refused.ok()) {
    return Refuse(refusals_, committer_, *reading, *found, refused,
                  std::move(done));
  }
  response.mutable_view()->set_handle(reading->HandleOf(**found));
  *response.mutable_as_of_time() =
      TimeUtil::MicrosecondsToTimestamp(reading->now());
  const domain::AttributeSet told = AttributesOf(response.view());
  committer_.Submit(reading->Leaf(
      **found, told,
      [this, done = std::move(done), response = std::move(response)](
          const absl::StatusOr<uint64_t>& leaf) mutable {
        if (!leaf.ok()) return done(leaf.status());
        ++core_.counters.reads_answered;
        done(std::move(response));
      }));
}

void Disclosure::MatchClaim(const Caller& caller,
                            const v1::MatchClaimRequest& request,
                            Hub::Callback<v1::MatchClaimResponse> done) {
  constexpr std::string_view kMethod = "RegistryService.MatchClaim";
  const auto reading =
      Reading::Begin(core_, caller, request.purpose(), kMethod);
  if (!reading.ok()) return done(reading.status());
  if (auto spent = core_.budgets.Call(reading->purse()); !spent.ok()) {
    return Refuse(refusals_, committer_, *reading, std::nullopt, spent,
                  std::move(done));
  }
  const domain::AttributeInfo* attribute =
      domain::FindAttribute(request.attribute());
  if (attribute == nullptr) {
    return done(errors::Error("ATTRIBUTE_UNKNOWN", {.field = "attribute"}));
  }
  const absl::StatusOr<v1::Person> offered =
      ReadOffered(core_, *attribute, request.offered());
  if (!offered.ok()) return done(offered.status());
  const absl::StatusOr<std::optional<Found>> found = reading->Find(request);
  if (!found.ok()) return done(found.status());
  if (auto refused = reading->MayAsk(*found); !refused.ok()) {
    return Refuse(refusals_, committer_, *reading, *found, refused,
                  std::move(done));
  }
  const Look look = reading->LookAt(**found);
  v1::MatchClaimResponse response;
  response.set_answer(domain::Match(look.viewer, (*found)->person->side->claims,
                                    look.context, *attribute, *offered));
  if (auto refused = reading->Tell(**found); !refused.ok()) {
    return Refuse(refusals_, committer_, *reading, *found, refused,
                  std::move(done));
  }
  *response.mutable_as_of_time() =
      TimeUtil::MicrosecondsToTimestamp(reading->now());
  committer_.Submit(reading->Leaf(
      **found, attribute->bit(),
      [this, done = std::move(done), response = std::move(response)](
          const absl::StatusOr<uint64_t>& leaf) mutable {
        if (!leaf.ok()) return done(leaf.status());
        ++core_.counters.reads_answered;
        done(std::move(response));
      }));
}

}  // namespace waystation::hub
