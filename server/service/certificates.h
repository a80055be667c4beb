// SPDX-License-Identifier: Apache-2.0
// Issuing and revoking certificates, each with its entry in the audit log.
#ifndef WAYSTATION_SERVER_SERVICE_CERTIFICATES_H_
#define WAYSTATION_SERVER_SERVICE_CERTIFICATES_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/hub/hub.h"
#include "server/service/ca.h"

namespace waystation::service {

// Signs the request and has the hub record it: the certificate is given out
// only when its audit leaf is durable. Errors as Authority::SignClient.
void SignCertificate(hub::Hub& hub, const Authority& authority,
                     std::string_view trust_domain, const hub::Caller& caller,
                     const v1::SignCertificateRequest& request, absl::Time now,
                     hub::Hub::Callback<v1::SignCertificateResponse> done);

// Signs the request for the caller's own identity, for as long as the
// certificate that it calls with was issued for, and has the hub record it
// likewise. Errors as Authority::SignClient and Hub::RenewCertificate.
void RenewCertificate(hub::Hub& hub, const Authority& authority,
                      std::string_view trust_domain, const hub::Caller& caller,
                      std::string_view certificate_pem,
                      const v1::RenewCertificateRequest& request,
                      absl::Time now,
                      hub::Hub::Callback<v1::RenewCertificateResponse> done);

// Puts a serial on the deny list. One that this hub has not issued (an
// auditor's) can be revoked as well; its identity is then unknown and empty.
// Revoking twice answers as the first time did.
void RevokeCertificate(hub::Hub& hub, const hub::Caller& caller,
                       const v1::RevokeCertificateRequest& request,
                       absl::Time now,
                       hub::Hub::Callback<v1::RevokeCertificateResponse> done);

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_CERTIFICATES_H_
