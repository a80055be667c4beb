// SPDX-License-Identifier: Apache-2.0
#include "server/hub/office_view.h"

#include <algorithm>
#include <set>

#include "google/protobuf/message.h"
#include "google/protobuf/util/time_util.h"
#include "proto/codes/citizen_number.h"
#include "proto/codes/name.h"
#include "proto/errors/error.h"
#include "server/domain/apply.h"
#include "server/domain/disclosure.h"
#include "server/domain/meaning.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

v1::ClaimView ViewClaim(const Core& core,
                        const domain::AttributeInfo& attribute,
                        const domain::Resolution& resolution,
                        const domain::Claim& claim) {
  v1::ClaimView view = ViewOf(attribute, claim, *claim.full);
  view.set_id(ClaimId(core.hashes, attribute.number, resolution, claim));
  view.set_agency(std::string(claim.agency));
  return view;
}

}  // namespace

v1::Conflict ConflictOf(const Core& core, const Snapshot& registry,
                        const storage::OpenItem& item) {
  v1::Conflict conflict;
  conflict.set_id(core.subjects.Encode(KeyOf(item)));
  const auto* attribute = domain::FindAttribute(
      static_cast<domain::AttributeNumber>(item.attribute));
  if (attribute != nullptr) conflict.set_attribute(attribute->name);
  *conflict.mutable_opened_time() =
      TimeUtil::MicrosecondsToTimestamp(item.opened_time);
  conflict.set_reopened(item.reopened);
  for (const storage::AgencyNumber number : item.agencies) {
    const AgencyEntry* agency = registry.Find(number);
    conflict.add_agencies(agency == nullptr ? std::string() : agency->id());
  }
  conflict.set_etag(ToBase32(item.etag));
  return conflict;
}

absl::StatusOr<uint32_t> ListedAttribute(
    const v1::ListConflictsRequest& request) {
  if (request.attribute().empty()) return 0;
  const auto* info = domain::FindAttribute(request.attribute());
  if (info == nullptr) {
    return errors::Error("ATTRIBUTE_UNKNOWN", {.field = "attribute"});
  }
  return static_cast<uint32_t>(info->number);
}

v1::ListConflictsResponse ConflictsOf(const Core& core,
                                      const Snapshot& registry,
                                      const OpenItemPage& page) {
  v1::ListConflictsResponse response;
  for (const storage::OpenItem& item : page.items) {
    *response.add_conflicts() = ConflictOf(core, registry, item);
  }
  response.set_next_page_token(page.next_page_token);
  response.set_total_size(page.total);
  return response;
}

v1::ClaimView ViewOf(const domain::AttributeInfo& attribute,
                     const domain::Claim& claim,
                     const google::protobuf::Message& value) {
  v1::ClaimView view;
  domain::SetValue(attribute, value, view.mutable_value());
  view.set_grade(claim.grade);
  view.set_evidence(claim.evidence);
  if (claim.recorded != 0) {
    *view.mutable_recorded_time() =
        TimeUtil::MicrosecondsToTimestamp(claim.recorded);
  }
  *view.mutable_received_time() =
      TimeUtil::MicrosecondsToTimestamp(claim.received);
  if (claim.valid_from != nullptr) {
    *view.mutable_valid_from() = *claim.valid_from;
  }
  view.set_revision(claim.revision);
  return view;
}

void Mask(domain::AttributeSet revealed, v1::Person& person) {
  if ((revealed & domain::BitOf(domain::kIdentifiers)) == 0) {
    for (v1::Identifier& identifier : *person.mutable_identifiers()) {
      identifier.set_number(codes::MaskCitizenNumber(identifier.number()));
    }
  }
  if ((revealed & domain::BitOf(domain::kName)) == 0 && person.has_name()) {
    const std::string masked = codes::MaskName(person.name().full());
    person.mutable_name()->Clear();
    person.mutable_name()->set_full(masked);
  }
}

std::string ClaimId(const Hashes& hashes, domain::AttributeNumber attribute,
                    const domain::Resolution& resolution,
                    const domain::Claim& claim) {
  std::string entry = resolution.entry_key;
  // The decision keeps this id and not the value, so it has to commit to it.
  if (claim.is_office()) entry += "\n" + claim.full->SerializeAsString();
  return "l-" +
         ToBase32(hashes.Claim(claim.uid, static_cast<uint32_t>(attribute),
                               claim.revision, entry));
}

std::optional<domain::Resolution> ResolveEntry(
    const Core& core, const PersonSide& side,
    const domain::AttributeInfo& attribute, const storage::KeyHash& entry,
    codes::Date as_of) {
  for (domain::Resolution& resolution : domain::Resolve(
           core.rules().Of(attribute.number), side.claims.Of(attribute.number),
           side.decisions, as_of)) {
    if (core.hashes.Entry(static_cast<uint32_t>(attribute.number),
                          resolution.entry_key) == entry) {
      return std::move(resolution);
    }
  }
  return std::nullopt;
}

v1::Person StandingValue(const domain::AttributeInfo& attribute,
                         const domain::Resolution& resolution) {
  v1::Person person;
  domain::SetValue(attribute, *resolution.standing().full, &person);
  return person;
}

void AddGroups(const Core& core, const domain::AttributeInfo& attribute,
               const domain::Resolution& resolution,
               v1::GetConflictResponse& response) {
  for (const domain::Group& group : resolution.groups) {
    v1::ValueGroup& shown = *response.add_groups();
    domain::SetValue(attribute, *resolution.claims[group.shows].full,
                     shown.mutable_value());
    for (const uint32_t supporter : group.supporters) {
      *shown.add_claims() =
          ViewClaim(core, attribute, resolution, resolution.claims[supporter]);
    }
    shown.set_provisional(resolution.is_conflict() &&
                          response.groups_size() == 1);
    shown.set_is_new(group.is_new);
  }
}

v1::Person PersonAround(Core& core, const PersonSide& side,
                        domain::AttributeSet revealed, codes::Date as_of) {
  v1::Person person;
  const domain::AttributeSet shown = revealed |
                                     domain::BitOf(domain::kIdentifiers) |
                                     domain::BitOf(domain::kName);
  domain::ForEachAttribute(
      shown & side.claims.attributes(), [&](domain::AttributeNumber number) {
        const domain::AttributeInfo& attribute = domain::GetAttribute(number);
        for (const domain::Resolution& resolution :
             domain::Resolve(core.rules().Of(number), side.claims.Of(number),
                             side.decisions, as_of)) {
          person.MergeFrom(StandingValue(attribute, resolution));
        }
      });
  Mask(revealed, person);
  return person;
}

v1::Person RecordInQuestion(const Record& record,
                            domain::AttributeSet revealed) {
  v1::Person person;
  const domain::AttributeSet shown =
      revealed | domain::BitOf(domain::kIdentifiers) |
      domain::BitOf(domain::kName) | domain::BitOf(domain::kSex) |
      domain::BitOf(domain::kBirthDate);
  domain::ForEachAttribute(
      shown & domain::AllAttributes(), [&](domain::AttributeNumber number) {
        const auto* claim = domain::FindClaim(record.stored, number);
        if (claim != nullptr) person.MergeFrom(claim->value());
      });
  Mask(revealed | domain::BitOf(domain::kName), person);
  return person;
}

void AddViews(const Core& core, const Person& person,
              const domain::AttributeInfo& attribute,
              const storage::KeyHash& entry, codes::Date as_of,
              v1::GetConflictResponse& response) {
  for (const std::string& recipient : response.recipients()) {
    const AgencyEntry* agency = person.registry->Find(recipient);
    const auto record = std::ranges::find(person.side->records, agency->number,
                                          &Record::agency);
    const std::vector<storage::Uid> own =
        person.OwnGroup(agency->number, (*record)->uid);
    const auto access = person.registry->AccessOf(*agency, as_of);
    const Look look = LookOf(person, *agency, access->permissions, own, as_of);
    const v1::PersonView view = domain::View(look.viewer, person.side->claims,
                                             look.context, attribute.bit());
    v1::RecipientView& shown = *response.add_views();
    shown.set_agency(recipient);
    for (const v1::AttributeView& one : view.attributes()) {
      const auto* value = domain::ValueOf(attribute, view.person(),
                                          attribute.is_set ? one.entry() : 0);
      const std::string key = domain::EntryKey(attribute, *value);
      if (core.hashes.Entry(static_cast<uint32_t>(attribute.number), key) !=
          entry) {
        continue;
      }
      domain::SetValue(attribute, *value, shown.mutable_value());
      shown.set_form(one.form());
      shown.set_status(one.status());
    }
  }
}

std::vector<std::string> RecipientsOf(const Person& person,
                                      const domain::AttributeInfo& attribute,
                                      codes::Date as_of) {
  std::set<std::string> recipients;
  for (const RecordPtr& record : person.side->records) {
    const AgencyEntry* agency = person.registry->Find(record->agency);
    if (agency == nullptr || recipients.contains(agency->id())) continue;
    const auto access = person.registry->AccessOf(*agency, as_of);
    for (const domain::Claim& claim :
         person.side->claims.Of(attribute.number)) {
      if (claim.agency != agency->id() &&
          (access->permissions.Visible(claim.sector) & attribute.bit()) != 0) {
        recipients.insert(agency->id());
        break;
      }
    }
  }
  return {recipients.begin(), recipients.end()};
}

}  // namespace waystation::hub
