// SPDX-License-Identifier: Apache-2.0
#include "server/hub/own_records.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/apply.h"
#include "server/domain/attributes.h"
#include "server/hub/leaf_work.h"
#include "server/hub/page_size.h"
#include "server/hub/person_reader.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

v1::RecordSummary Summarize(const AgencyEntry& agency, const Person& person,
                            const Record& record) {
  v1::RecordSummary summary;
  summary.set_record_key(record.stored.record_key());
  const std::vector<storage::Uid> own =
      person.OwnGroup(agency.number, record.uid);
  summary.set_handle(
      agency.handles.Encode(own.empty() ? record.uid : own.front()));
  summary.set_revision(record.stored.highest_revision());
  *summary.mutable_received_time() = record.stored.received_time();
  summary.set_retracted(!domain::HasClaims(record.stored));
  return summary;
}

void AddHeldClaim(const store::v1::StoredClaim& claim,
                  v1::GetRecordResponse& response) {
  const domain::AttributeInfo* attribute = domain::FindAttribute(
      static_cast<domain::AttributeNumber>(claim.attribute()));
  if (claim.retracted() || attribute == nullptr) return;
  v1::HeldClaim& held = *response.add_claims();
  held.set_attribute(attribute->name);
  held.set_revision(claim.revision());
  *held.mutable_value() = claim.value();
  held.set_grade(claim.grade());
  held.set_evidence(claim.evidence());
  *held.mutable_received_time() =
      TimeUtil::MicrosecondsToTimestamp(claim.received_time());
  if (claim.recorded_time() != 0) {
    *held.mutable_times()->mutable_recorded_time() =
        TimeUtil::MicrosecondsToTimestamp(claim.recorded_time());
  }
  if (claim.has_valid_from()) {
    *held.mutable_times()->mutable_valid_from() = claim.valid_from();
  }
}

v1::AuditEvent ReadEvent(const Caller& caller, const std::string& method) {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_READ);
  event.set_actor(caller.path);
  event.set_agency(caller.agency);
  event.set_act(method);
  return event;
}

}  // namespace

absl::StatusOr<OwnRead<v1::ListRecordsResponse>> ListOwnRecords(
    Core& core, const Caller& caller, const v1::ListRecordsRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  const auto size =
      PageSize(request.page_size(), {.usual = 1000, .most = 1000});
  if (!size.ok()) return size.status();
  const std::string list = "records " + caller.agency;
  const auto after = core.tokens.DecodeNumber(list, request.page_token());
  if (!after.ok()) return after.status();
  const auto rows = core.store.ListRecords(agency->number, *after, *size);
  if (!rows.ok()) return StoreError(rows.status());

  std::vector<storage::Uid> uids;
  for (const storage::RecordRow& row : *rows) uids.push_back(row.uid);
  const auto persons = ReadPersons(core, uids);
  if (!persons.ok()) return persons.status();
  v1::ListRecordsResponse response;
  for (size_t i = 0; i < uids.size(); ++i) {
    const RecordPtr record =
        (*persons)[i] == nullptr ? nullptr : (*persons)[i]->Find(uids[i]);
    if (record == nullptr) continue;
    *response.add_records() = Summarize(*agency, *(*persons)[i], *record);
  }
  if (uids.size() == *size) {
    response.set_next_page_token(core.tokens.Encode(list, uids.back()));
  }
  v1::AuditEvent event = ReadEvent(caller, "RegistryService.ListRecords");
  event.set_count(static_cast<uint32_t>(response.records_size()));
  return OwnRead<v1::ListRecordsResponse>{.response = std::move(response),
                                          .event = std::move(event)};
}

absl::StatusOr<OwnRead<v1::GetRecordResponse>> GetOwnRecord(
    Core& core, const Caller& caller, const v1::GetRecordRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  const auto held = ReadHeldRecord(core, caller.agency, request.record_key());
  if (!held.ok()) return held.status();
  const RecordPtr& record = held->record;
  if (record == nullptr) return errors::Error("NOT_AVAILABLE");
  v1::GetRecordResponse response;
  *response.mutable_record() = Summarize(*agency, *held->person, *record);
  domain::AttributeSet shown = 0;
  for (const store::v1::StoredClaim& claim : record->stored.claims()) {
    if (!claim.retracted()) {
      shown |= domain::BitOf(
          static_cast<domain::AttributeNumber>(claim.attribute()));
    }
    AddHeldClaim(claim, response);
  }
  OwnRead<v1::GetRecordResponse> read{
      .response = std::move(response),
      .event = ReadEvent(caller, "RegistryService.GetRecord")};
  read.event.set_count(1);
  for (const std::string& name : domain::AttributeNames(shown)) {
    read.event.add_attributes(name);
  }
  read.details.push_back(DisclosureDetail(core, *record, shown, caller.agency));
  SetDetailsRoot(read.details, read.event);
  return read;
}

}  // namespace waystation::hub
