// SPDX-License-Identifier: Apache-2.0
#include "server/hub/reading.h"

namespace waystation::hub {

using storage::Uid;

absl::StatusOr<Reading> Reading::Begin(Core& core, const Caller& caller,
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

absl::StatusOr<std::optional<Found>> Reading::FindRecord(
    std::string_view record_key) const {
  auto held = ReadHeldRecord(core_, agency_->id(), record_key);
  if (!held.ok()) return held.status();
  return FoundBy(*std::move(held));
}

absl::StatusOr<std::optional<Found>> Reading::FindHandle(
    std::string_view handle) const {
  const auto uid = agency_->handles.Decode(handle);
  if (!uid.has_value()) return std::nullopt;
  auto person = ReadPerson(core_, *uid);
  if (!person.ok()) return person.status();
  HeldRecord held{.person = *std::move(person), .record = nullptr};
  if (held.person != nullptr) held.record = held.person->Find(*uid);
  return FoundBy(std::move(held));
}

std::optional<Found> Reading::FoundBy(HeldRecord held) const {
  if (held.record == nullptr) return std::nullopt;
  Found found{.person = held.person,
              .record = held.record,
              .own = held.person->OwnGroup(agency_->number, held.record->uid)};
  if (found.own.empty()) return std::nullopt;
  return found;
}

absl::Status Reading::MayAsk(const std::optional<Found>& found) const {
  const Uid uid = found.has_value() ? found->record->uid : 0;
  if (auto spent = core_.budgets.MayAsk(purse(), uid); !spent.ok()) {
    return spent;
  }
  return found.has_value() ? absl::OkStatus() : errors::Error("NOT_AVAILABLE");
}

absl::Status Reading::Tell(const Found& found) const {
  if (access_->permissions.empty() ||
      !domain::InScope(LookAt(found).viewer, found.person->side->claims)) {
    return errors::Error("NOT_AVAILABLE");
  }
  return core_.budgets.Tell(purse(), {&found.record->uid, 1});
}

v1::AuditEvent Reading::ReadEvent(domain::AttributeSet told) const {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_READ);
  event.set_actor(caller_.path);
  event.set_agency(caller_.agency);
  event.set_purpose(purpose_);
  event.set_agreement(access_->agreements);
  for (const std::string& name : domain::AttributeNames(told)) {
    event.add_attributes(name);
  }
  event.set_act(method_);
  return event;
}

std::unique_ptr<Work> Reading::Leaf(const Record* record,
                                    domain::AttributeSet told,
                                    LeafWork::Done done) const {
  return WithDetail(ReadEvent(told), record, told, std::move(done));
}

std::unique_ptr<Work> Reading::LeafAbout(const std::string& object,
                                         const std::string& reason,
                                         const Record& record,
                                         domain::AttributeSet told,
                                         LeafWork::Done done) const {
  v1::AuditEvent event = ReadEvent(told);
  event.set_object(object);
  return WithDetail(std::move(event), &record, told, std::move(done), reason);
}

std::unique_ptr<Work> Reading::RefusalLeaf(const Found& found,
                                           std::string_view reason,
                                           LeafWork::Done done) const {
  v1::AuditEvent event = RefusalEvent(caller_.path, method_, reason);
  event.set_purpose(purpose_);
  return WithDetail(std::move(event), found.record.get(), 0, std::move(done));
}

std::unique_ptr<Work> Reading::WithDetail(v1::AuditEvent event,
                                          const Record* record,
                                          domain::AttributeSet told,
                                          LeafWork::Done done,
                                          const std::string& reason) const {
  std::vector<storage::DetailRow> details;
  if (record != nullptr) {
    event.set_count(1);
    details.push_back(
        DisclosureDetail(core_, *record, told, caller_.agency, reason));
    SetDetailsRoot(details, event);
  }
  auto leaf = std::make_unique<LeafWork>(std::move(event), std::move(details),
                                         std::move(done));
  leaf->DecidedBy(registry_);
  return leaf;
}

}  // namespace waystation::hub
