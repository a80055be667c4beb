// SPDX-License-Identifier: Apache-2.0
#include "server/hub/update_proof.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "proto/errors/error.h"
#include "server/domain/attributes.h"
#include "server/hub/leaf_work.h"
#include "server/hub/person_reader.h"
#include "server/hub/record.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

struct LeafAndDetail {
  uint64_t leaf = 0;
  uint32_t detail = 0;
};

// Where the update of the caller's own record stands.
absl::StatusOr<LeafAndDetail> PlaceOfRevision(
    Core& core, const Caller& caller,
    const v1::GetUpdateProofRequest& request) {
  if (caller.role == Role::kAuditor) {
    return errors::Error("INVALID_REQUEST", {.field = "record_key",
                                             .rule = "auditors give an "
                                                     "entry's index"});
  }
  const auto held = ReadHeldRecord(core, caller.agency, request.record_key());
  if (!held.ok()) return held.status();
  if (held->record == nullptr) return errors::Error("NOT_AVAILABLE");
  const auto& kept = held->record->stored.kept();
  const auto found =
      std::find_if(kept.rbegin(), kept.rend(), [&](const auto& update) {
        return request.revision() == 0 ||
               update.revision() == request.revision();
      });
  if (found == kept.rend()) return errors::Error("NOT_AVAILABLE");
  return LeafAndDetail{.leaf = found->leaf(), .detail = found->detail()};
}

}  // namespace

absl::StatusOr<UpdatePlace> FindUpdate(
    Core& core, const Caller& caller,
    const v1::GetUpdateProofRequest& request) {
  LeafAndDetail at{.leaf = request.index(), .detail = request.detail()};
  if (!request.record_key().empty()) {
    const auto place = PlaceOfRevision(core, caller, request);
    if (!place.ok()) return place.status();
    at = *place;
  }
  auto leaves = core.store.ReadLeaves(at.leaf, 1, /*with_details=*/true);
  if (!leaves.ok()) return NamedStoreError(leaves.status());
  const bool audits = caller.role == Role::kAuditor;
  if (leaves->empty()) {
    return audits ? errors::Error("OUT_OF_RANGE", {.field = "index"})
                  : errors::Error("NOT_AVAILABLE");
  }
  UpdatePlace place{
      .leaf = std::move(leaves->front()), .event = {}, .detail = at.detail};
  const bool is_updates = place.event.ParseFromString(place.leaf.event) &&
                          place.event.kind() == v1::AuditEvent::KIND_UPDATES;
  if (!audits && (!is_updates || place.event.agency() != caller.agency)) {
    return errors::Error("NOT_AVAILABLE");
  }
  if (!is_updates) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "index", .rule = "an entry of updates"});
  }
  if (at.detail >= place.leaf.details.size()) {
    return errors::Error("OUT_OF_RANGE", {.field = "detail"});
  }
  return place;
}

const v1::SigningKey* SigningKeyOf(const Snapshot& registry,
                                   const v1::AuditEvent& event) {
  const AgencyEntry* agency = registry.Find(event.agency());
  if (agency == nullptr || !event.has_signature()) return nullptr;
  const auto& keys = agency->agency.signing_keys();
  const auto found = std::ranges::find(keys, event.signature().key_id(),
                                       &v1::SigningKey::key_id);
  return found == keys.end() ? nullptr : &*found;
}

absl::Status TellUpdate(Core& core, const Caller& caller,
                        const UpdatePlace& place,
                        OwnRead<v1::GetUpdateProofResponse>& read) {
  read.event.set_kind(v1::AuditEvent::KIND_READ);
  read.event.set_actor(caller.path);
  read.event.set_agency(caller.agency);
  read.event.set_act("AuditService.GetUpdateProof");
  read.event.set_object(std::to_string(place.leaf.index));
  read.event.set_count(1);
  const storage::DetailRow& detail = place.leaf.details[place.detail];
  if (detail.sealed.empty()) return absl::OkStatus();
  const auto person = ReadPerson(core, detail.uid);
  if (!person.ok()) return person.status();
  const RecordPtr record =
      *person == nullptr ? nullptr : (*person)->Find(detail.uid);
  if (record == nullptr) return absl::OkStatus();
  const auto opened = OpenDetail(*record, detail);
  if (!opened.ok()) return opened.status();
  // What was shredded is not what was signed any more.
  if (opened->salt().empty()) return absl::OkStatus();
  read.response.set_salt(opened->salt());
  read.response.set_update(opened->content());
  domain::AttributeSet told = 0;
  for (const store::v1::KeptUpdate& kept : record->stored.kept()) {
    if (kept.leaf() == place.leaf.index && kept.detail() == place.detail) {
      told = kept.attributes() & ~kept.shredded();
    }
  }
  for (const std::string& name : domain::AttributeNames(told)) {
    read.event.add_attributes(name);
  }
  read.details.push_back(
      hub::DisclosureDetail(core, *record, told, caller.agency));
  SetDetailsRoot(read.details, read.event);
  return absl::OkStatus();
}

}  // namespace waystation::hub
