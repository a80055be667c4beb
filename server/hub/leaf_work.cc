// SPDX-License-Identifier: Apache-2.0
#include "server/hub/leaf_work.h"

#include "proto/auditlog/hash.h"
#include "proto/auditlog/merkle.h"
#include "server/hub/asking_anew.h"
#include "server/hub/store_error.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {
namespace {

storage::DetailRow SealDisclosure(Core& core, const Record& record,
                                  domain::AttributeSet attributes,
                                  const std::string& recipient,
                                  store::v1::DisclosureDetail detail) {
  detail.set_uid(record.uid);
  domain::ForEachAttribute(attributes, [&](domain::AttributeNumber number) {
    detail.add_attributes(static_cast<uint32_t>(number));
  });
  detail.set_recipient(recipient);
  const std::string content = detail.SerializeAsString();
  const auto drawn = core.random.Draw<auditlog::kSaltSize>();
  const std::string_view salt(reinterpret_cast<const char*>(drawn.data()),
                              drawn.size());
  return SealDetail(core.sealer, record, auditlog::SaltedHash(salt, content),
                    salt, content);
}

}  // namespace

absl::Status LeafWork::Begin(Planning& planning) {
  return registry_ == nullptr ? absl::OkStatus()
                              : StillDecided(*registry_, planning);
}

absl::Status LeafWork::Conclude(const Outcome& outcome) {
  ordinal_ = outcome.planning.AddLeaf(event_, details_);
  return absl::OkStatus();
}

void LeafWork::Answer(const storage::Committed* committed) {
  done_(committed->first_leaf + ordinal_);
}

void LeafWork::Fail(const absl::Status& status) { done_(StoreError(status)); }

storage::DetailRow DisclosureDetail(Core& core, const Record& record,
                                    domain::AttributeSet attributes,
                                    const std::string& recipient,
                                    const std::string& reason) {
  store::v1::DisclosureDetail detail;
  detail.set_reason(reason);
  return SealDisclosure(core, record, attributes, recipient, std::move(detail));
}

storage::DetailRow VerificationDetail(Core& core, const Record& record,
                                      domain::AttributeSet attributes,
                                      const std::string& recipient,
                                      v1::VerifyResponse::Answer answer) {
  store::v1::DisclosureDetail detail;
  detail.set_answer(answer);
  return SealDisclosure(core, record, attributes, recipient, std::move(detail));
}

OfficeLook LookAt(Core& core, const Caller& caller, const std::string& act,
                  const std::string& object, const std::string& reason,
                  domain::AttributeSet seen,
                  std::span<const RecordPtr> records) {
  OfficeLook look;
  look.event.set_kind(v1::AuditEvent::KIND_OFFICE_READ);
  look.event.set_actor(caller.path);
  look.event.set_purpose(v1::PURPOSE_RECONCILIATION);
  look.event.set_act(act);
  look.event.set_object(object);
  look.event.set_count(static_cast<uint32_t>(records.size()));
  for (const std::string& name : domain::AttributeNames(seen)) {
    look.event.add_attributes(name);
  }
  for (const RecordPtr& record : records) {
    look.details.push_back(
        DisclosureDetail(core, *record, seen, caller.path, reason));
  }
  SetDetailsRoot(look.details, look.event);
  return look;
}

void SetDetailsRoot(const std::vector<storage::DetailRow>& details,
                    v1::AuditEvent& event) {
  std::vector<auditlog::Hash> hashes;
  hashes.reserve(details.size());
  for (const storage::DetailRow& detail : details) {
    hashes.push_back(detail.hash);
  }
  event.set_details_root(
      std::string(auditlog::AsBytes(auditlog::TreeRoot(hashes))));
}

}  // namespace waystation::hub
