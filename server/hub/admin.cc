// SPDX-License-Identifier: Apache-2.0
#include "server/hub/admin.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/agreement/check_agreement.h"
#include "proto/agreement/sectors.h"
#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "proto/sealed/sealing_key.h"
#include "server/hub/act_work.h"
#include "server/hub/given_reason.h"
#include "server/hub/given_time.h"
#include "server/hub/refusals.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

bool IsDigits(std::string_view text, size_t least, size_t most) {
  return text.size() >= least && text.size() <= most &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Puts an object with its leaf.
void Put(Planning& planning, const Caller& caller, std::string_view kind,
         const std::string& id, std::string bytes, std::string_view act,
         const std::string& agency, v1::AuditEvent& event) {
  SayAdministered(caller, agency, act, id, bytes, event);
  planning.batch.objects.push_back(
      {.kind = std::string(kind), .id = id, .bytes = std::move(bytes)});
}

// All violations, under the reason that matters most.
absl::Status AgreementError(const std::vector<v1::Violation>& violations) {
  errors::Details details;
  std::string reason = violations.front().reason();
  for (const v1::Violation& violation : violations) {
    if (violation.reason() == "OVER_CEILING") reason = "OVER_CEILING";
    details.violations.push_back(
        {.field = "agreement." + violation.field(), .rule = violation.rule()});
  }
  return errors::Error(reason, details);
}

std::string KeyField(std::string_view name, int place) {
  return std::string(name) + "[" + std::to_string(place) + "]";
}

void CheckKeys(const google::protobuf::RepeatedPtrField<v1::SigningKey>& keys,
               std::string_view name,
               std::vector<errors::FieldViolation>& violations) {
  std::set<std::string> key_ids;
  for (int i = 0; i < keys.size(); ++i) {
    const v1::SigningKey& key = keys[i];
    const std::string field = KeyField(name, i);
    const bool visible = std::ranges::all_of(
        key.key_id(), [](char c) { return c > ' ' && c < 127; });
    if (key.key_id().empty() || key.key_id().size() > 64 || !visible ||
        !key_ids.insert(key.key_id()).second) {
      violations.push_back(
          {.field = field + ".key_id",
           .rule = "1 to 64 visible ASCII characters, each id once"});
    }
    if (!auditlog::Ed25519PublicKey::FromRaw(key.public_key()).ok()) {
      violations.push_back(
          {.field = field + ".public_key", .rule = "32 bytes, Ed25519"});
    }
    for (const auto& [time_name, time] :
         {std::pair(".valid_from", &key.valid_from()),
          std::pair(".valid_until", &key.valid_until())}) {
      if (!IsGivenTime(*time)) {
        violations.push_back(
            {.field = field + time_name, .rule = "years 1 to 9999"});
      }
    }
  }
}

// Certificates in force of an identity that it got by renewing another.
int CountRenewed(const Snapshot& registry, std::string_view identity,
                 int64_t microseconds) {
  return static_cast<int>(
      std::ranges::count_if(registry.certificates(), [&](const auto& entry) {
        const v1::CertificateStatus& status = entry.second;
        return status.identity() == identity && !status.renews().empty() &&
               !status.revoked() &&
               TimeUtil::TimestampToMicroseconds(status.not_after()) >
                   microseconds;
      }));
}

// A cosignature does not name its key's owner (C2SP tlog-cosignature), so one
// key in the hands of two witnesses would count twice.
void CheckWitnessesApart(const Snapshot& registry, const v1::Agency& agency,
                         std::vector<errors::FieldViolation>& violations) {
  std::set<std::string_view> others;
  std::set<std::string_view> witnesses;
  for (const auto& [id, entry] : registry.agencies()) {
    if (id == agency.id()) continue;
    for (const v1::SigningKey& key : entry.agency.signing_keys()) {
      others.insert(key.public_key());
    }
    for (const v1::SigningKey& key : entry.agency.witness_keys()) {
      others.insert(key.public_key());
      witnesses.insert(key.public_key());
    }
  }
  const auto check = [&](const auto& keys, std::string_view name,
                         const std::set<std::string_view>& taken) {
    for (int i = 0; i < keys.size(); ++i) {
      if (!taken.contains(keys[i].public_key())) continue;
      violations.push_back(
          {.field = KeyField(name, i) + ".public_key",
           .rule = "a key that no other agency has registered"});
    }
  };
  check(agency.witness_keys(), "witness_keys", others);
  check(agency.signing_keys(), "signing_keys", witnesses);
}

// What others seal for it, and whether it cares for persons.
void CheckCare(const v1::Agency& agency,
               std::vector<errors::FieldViolation>& violations) {
  if (agency.care_provider() && agency.sector() != "health") {
    violations.push_back({.field = "care_provider", .rule = "of health alone"});
  }
  if (agency.sealing_certificates_size() > sealed::kMostCertificates) {
    violations.push_back(
        {.field = "sealing_certificates", .rule = "at most 4"});
    return;
  }
  for (int i = 0; i < agency.sealing_certificates_size(); ++i) {
    if (const auto wrong =
            sealed::WrongWithCertificate(agency.sealing_certificates(i))) {
      violations.push_back(
          {.field = KeyField("sealing_certificates", i), .rule = *wrong});
    }
  }
}

}  // namespace

std::vector<errors::FieldViolation> CheckAgency(const v1::Agency& agency) {
  std::vector<errors::FieldViolation> violations;
  const std::string_view id = agency.id();
  const size_t dot = id.find('.');
  if (dot == std::string_view::npos || id.size() > 64 ||
      !agreement::IsSectorName(id.substr(0, dot)) ||
      !IsDigits(id.substr(dot + 1), 2, 12)) {
    violations.push_back({.field = "id", .rule = "<sector>.<division>"});
  } else if (agency.sector() != id.substr(0, dot)) {
    violations.push_back({.field = "sector", .rule = "the id begins with it"});
  }
  if (!IsDigits(agency.jurisdiction(), 2, 12)) {
    violations.push_back(
        {.field = "jurisdiction", .rule = "2 to 12 digits of a division"});
  }
  CheckKeys(agency.signing_keys(), "signing_keys", violations);
  CheckKeys(agency.witness_keys(), "witness_keys", violations);
  std::set<std::string_view> keys;
  for (const v1::SigningKey& key : agency.signing_keys()) {
    keys.insert(key.public_key());
  }
  for (int i = 0; i < agency.witness_keys_size(); ++i) {
    if (keys.insert(agency.witness_keys(i).public_key()).second) continue;
    violations.push_back({.field = KeyField("witness_keys", i) + ".public_key",
                          .rule = "a key that signs nothing else"});
  }
  CheckCare(agency, violations);
  return violations;
}

void Admin::PutAgency(const Caller& caller, v1::PutAgencyRequest request,
                      Hub::Callback<v1::PutAgencyResponse> done) {
  auto response = std::make_shared<v1::PutAgencyResponse>();
  *response->mutable_agency() = request.agency();
  auto act = [caller, request = std::move(request)](
                 Planning& planning, v1::AuditEvent& event) -> absl::Status {
    planning.dry_run = request.validate_only();
    const v1::Agency& agency = request.agency();
    errors::Details details;
    std::vector<errors::FieldViolation> violations = CheckAgency(agency);
    CheckWitnessesApart(*planning.registry, agency, violations);
    for (errors::FieldViolation& violation : violations) {
      violation.field = "agency." + violation.field;
      details.violations.push_back(std::move(violation));
    }
    if (!details.violations.empty()) {
      return errors::Error("AGENCY_INVALID", details);
    }
    store::v1::StoredAgency stored;
    const AgencyEntry* held = planning.registry->Find(agency.id());
    if (held != nullptr) {
      stored.set_number(held->number);
      if (held->agency.SerializeAsString() == agency.SerializeAsString()) {
        return absl::OkStatus();
      }
      // What is joined already was joined under the other word.
      if (held->agency.unique_keys() != agency.unique_keys()) {
        const auto records = planning.core.store.CountRecords(held->number);
        if (!records.ok()) return records.status();
        if (*records > 0) {
          details.violations.push_back({.field = "agency.unique_keys",
                                        .rule = "as it was while the agency "
                                                "has records"});
          return errors::Error("AGENCY_INVALID", details);
        }
      }
    } else {
      uint32_t highest = 0;
      for (const auto& [id, entry] : planning.registry->agencies()) {
        highest = std::max(highest, entry.number);
      }
      stored.set_number(highest + 1);
    }
    *stored.mutable_agency() = agency;
    Put(planning, caller, kAgencyObject, agency.id(),
        stored.SerializeAsString(), "agency.put", agency.id(), event);
    for (const std::string& certificate : agency.sealing_certificates()) {
      event.add_sealing_certificates(sealed::FingerprintOf(certificate));
    }
    return absl::OkStatus();
  };
  committer_.Submit(std::make_unique<ActWork>(
      std::move(act), AnswerOf(std::move(response), std::move(done))));
}

void Admin::ApplyAgreement(const Caller& caller,
                           v1::ApplyAgreementRequest request,
                           Hub::Callback<v1::ApplyAgreementResponse> done) {
  auto response = std::make_shared<v1::ApplyAgreementResponse>();
  auto act = [caller, request = std::move(request), response](
                 Planning& planning, v1::AuditEvent& event) -> absl::Status {
    planning.dry_run = request.validate_only();
    const v1::Agreement& agreement = request.agreement();
    const AgencyEntry* recipient =
        planning.registry->Find(agreement.recipient_agency());
    const auto violations = agreement::CheckAgreement(
        agreement, planning.registry->ceiling(),
        recipient == nullptr
            ? std::nullopt
            : std::optional<std::string_view>(recipient->sector()));
    if (!violations.empty()) return AgreementError(violations);
    const auto held = planning.registry->agreements().find(agreement.id());
    if (held != planning.registry->agreements().end()) {
      const v1::AgreementStatus& status = held->second;
      if (status.state() == v1::AgreementStatus::STATE_REVOKED) {
        return errors::Error("AGREEMENT_REVOKED", {.field = "agreement.id"});
      }
      if (status.agreement().SerializeAsString() ==
          agreement.SerializeAsString()) {
        *response->mutable_agreement() = AsOf(status, planning.today);
        return absl::OkStatus();
      }
      if (agreement.version() <= status.agreement().version()) {
        return errors::Error("AGREEMENT_VERSION",
                             {.field = "agreement.version"});
      }
    }
    v1::AgreementStatus status;
    *status.mutable_agreement() = agreement;
    status.set_state(v1::AgreementStatus::STATE_ACTIVE);
    *status.mutable_applied_time() =
        TimeUtil::MicrosecondsToTimestamp(planning.now);
    status.set_applied_by(caller.path);
    Put(planning, caller, kAgreementObject, agreement.id(),
        status.SerializeAsString(), "agreement.apply",
        agreement.recipient_agency(), event);
    *response->mutable_agreement() = AsOf(std::move(status), planning.today);
    return absl::OkStatus();
  };
  committer_.Submit(std::make_unique<ActWork>(
      std::move(act), AnswerOf(response, std::move(done))));
}

void Admin::RevokeAgreement(const Caller& caller,
                            v1::RevokeAgreementRequest request,
                            Hub::Callback<v1::RevokeAgreementResponse> done) {
  auto response = std::make_shared<v1::RevokeAgreementResponse>();
  auto act = [caller, request = std::move(request), response](
                 Planning& planning, v1::AuditEvent& event) -> absl::Status {
    planning.dry_run = request.validate_only();
    if (auto given = CheckReason(request.reason(), planning.today);
        !given.ok()) {
      return given;
    }
    const auto held = planning.registry->agreements().find(request.id());
    if (held == planning.registry->agreements().end()) {
      return errors::Error("NOT_AVAILABLE", {.field = "id"});
    }
    v1::AgreementStatus status = held->second;
    if (status.state() != v1::AgreementStatus::STATE_REVOKED) {
      status.set_state(v1::AgreementStatus::STATE_REVOKED);
      *status.mutable_revoked_time() =
          TimeUtil::MicrosecondsToTimestamp(planning.now);
      status.set_revoked_by(caller.path);
      status.set_revocation_reason(request.reason());
      Put(planning, caller, kAgreementObject, request.id(),
          status.SerializeAsString(), "agreement.revoke",
          status.agreement().recipient_agency(), event);
    }
    *response->mutable_agreement() = std::move(status);
    return absl::OkStatus();
  };
  committer_.Submit(std::make_unique<ActWork>(
      std::move(act), AnswerOf(response, std::move(done))));
}

void Admin::PutCertificate(const Caller& caller, std::string_view act_name,
                           v1::CertificateStatus certificate,
                           Hub::Callback<v1::CertificateStatus> done) {
  auto response =
      std::make_shared<v1::CertificateStatus>(std::move(certificate));
  auto act = [caller, act_name = std::string(act_name), response](
                 Planning& planning, v1::AuditEvent& event) -> absl::Status {
    if (response->serial().empty()) {
      return errors::Error("FIELD_MISSING", {.field = "certificate.serial"});
    }
    Put(planning, caller, kCertificateObject, response->serial(),
        response->SerializeAsString(), act_name,
        AgencyOfActor(response->identity()), event);
    return absl::OkStatus();
  };
  committer_.Submit(std::make_unique<ActWork>(
      std::move(act), AnswerOf(response, std::move(done))));
}

void Admin::RenewCertificate(const Caller& caller,
                             v1::CertificateStatus certificate, bool dry_run,
                             Hub::Callback<v1::CertificateStatus> done) {
  auto response =
      std::make_shared<v1::CertificateStatus>(std::move(certificate));
  auto act = [caller, dry_run, response](
                 Planning& planning, v1::AuditEvent& event) -> absl::Status {
    planning.dry_run = dry_run;
    if (response->identity() != caller.path ||
        response->renews() != caller.serial) {
      return errors::Error("NOT_ALLOWED", {.field = "certificate.identity"});
    }
    // It may have been, since the call came in.
    if (planning.registry->IsRevoked(caller.serial)) {
      return errors::Error("CERTIFICATE_REVOKED");
    }
    // Each could be renewed by the next, without end and within a minute.
    if (CountRenewed(*planning.registry, caller.path, planning.now) >=
        Hub::kMostRenewed) {
      return errors::Error("TOO_MANY_CERTIFICATES");
    }
    Put(planning, caller, kCertificateObject, response->serial(),
        response->SerializeAsString(), "certificate.renew", caller.agency,
        event);
    return absl::OkStatus();
  };
  committer_.Submit(std::make_unique<ActWork>(
      std::move(act), AnswerOf(response, std::move(done))));
}

}  // namespace waystation::hub
