// SPDX-License-Identifier: Apache-2.0
// Agencies, agreements and certificates: acts of operators, each a leaf with
// the hash of the object as applied; and their lists.
#ifndef WAYSTATION_SERVER_HUB_ADMIN_H_
#define WAYSTATION_SERVER_HUB_ADMIN_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "proto/errors/error.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"

namespace waystation::hub {

// Both are borrowed. Thread-safe.
class Admin {
 public:
  Admin(Core& core, Committer& committer)
      : core_(core), committer_(committer) {}

  void PutAgency(const Caller& caller, v1::PutAgencyRequest request,
                 Hub::Callback<v1::PutAgencyResponse> done);
  void ApplyAgreement(const Caller& caller, v1::ApplyAgreementRequest request,
                      Hub::Callback<v1::ApplyAgreementResponse> done);
  void RevokeAgreement(const Caller& caller, v1::RevokeAgreementRequest request,
                       Hub::Callback<v1::RevokeAgreementResponse> done);
  void PutCertificate(const Caller& caller, std::string_view act,
                      v1::CertificateStatus certificate,
                      Hub::Callback<v1::CertificateStatus> done);
  void RenewCertificate(const Caller& caller, v1::CertificateStatus certificate,
                        bool dry_run,
                        Hub::Callback<v1::CertificateStatus> done);

  // Agencies see what concerns themselves.
  absl::StatusOr<v1::ListAgenciesResponse> ListAgencies(
      const Caller& caller, const v1::ListAgenciesRequest& request);
  absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(
      const Caller& caller, const v1::ListAgreementsRequest& request);
  absl::StatusOr<v1::ListCertificatesResponse> ListCertificates(
      const Caller& caller, const v1::ListCertificatesRequest& request);

 private:
  Core& core_;
  Committer& committer_;
};

// What is wrong with an agency's entry, by field path from the entry; empty if
// nothing.
std::vector<errors::FieldViolation> CheckAgency(const v1::Agency& agency);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_ADMIN_H_
