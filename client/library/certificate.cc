// SPDX-License-Identifier: Apache-2.0
#include "waystation/certificate.h"

#include <openssl/ec.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "client/library/identity.h"
#include "client/library/openssl.h"
#include "proto/errors/error.h"
#include "waystation/connection.h"
#include "waystation/services.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::client {
namespace {

// RFC 5280, ub-common-name.
constexpr std::size_t kLongestCommonName = 64;

absl::Status Failed() {
  return errors::Error("INTERNAL", {.rule = "OpenSSL cannot make the key"});
}

Certificate ToCertificate(const Identity& identity) {
  return {.identity = identity.path,
          .serial = identity.serial,
          .not_before = identity.not_before,
          .not_after = identity.not_after};
}

}  // namespace

absl::StatusOr<Certificate> ReadCertificateFile(const std::string& path) {
  if (path.empty()) {
    return errors::Error("CONFIG_INVALID",
                         {.field = "cert", .rule = "required"});
  }
  std::ifstream file(path, std::ios::binary);
  const std::string pem((std::istreambuf_iterator<char>(file)), {});
  if (!file) return errors::Error("FILE_MISSING", {.rule = path});
  const absl::StatusOr<Identity> identity = ReadIdentity(pem);
  if (!identity.ok()) {
    return errors::Error(
        "CERTIFICATE_FILE_INVALID",
        {.field = path, .rule = std::string(identity.status().message())});
  }
  return ToCertificate(*identity);
}

absl::StatusOr<KeyAndRequest> MakeRequest(std::string_view identity) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const RequestPtr request(X509_REQ_new());
  if (key == nullptr || request == nullptr) return Failed();
  X509_NAME* name = X509_REQ_get_subject_name(request.get());
  const std::string common_name(identity.substr(0, kLongestCommonName));
  X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  if (X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0) {
    return Failed();
  }
  const BioPtr key_bio(BIO_new(BIO_s_mem()));
  const BioPtr request_bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key.get(), nullptr, nullptr,
                                    0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509_REQ(request_bio.get(), request.get()) != 1) {
    return Failed();
  }
  return KeyAndRequest{.key_pem = ContentsOf(*key_bio),
                       .request_pem = ContentsOf(*request_bio)};
}

absl::StatusOr<RenewedCertificate> RenewCertificate(Connection& connection) {
  auto made = MakeRequest(connection.identity());
  if (!made.ok()) return made.status();
  v1::RenewCertificateRequest request;
  request.set_certificate_request(made->request_pem);
  auto response = Admin(connection).RenewCertificate(request);
  if (!response.ok()) return response.status();
  // It takes the place of one that works, so nothing is believed unseen.
  const std::string& chain = response->certificate_chain();
  const absl::StatusOr<Identity> identity = ReadIdentity(chain);
  if (!identity.ok() || identity->path != connection.identity() ||
      identity->not_after <= absl::Now() ||
      !CheckKeyFits(chain, made->key_pem).ok()) {
    return errors::Error("CERTIFICATE_FILE_INVALID",
                         {.rule = "the hub signed something else than was "
                                  "asked for"});
  }
  return RenewedCertificate{.chain_pem = chain,
                            .key_pem = std::move(made->key_pem),
                            .says = ToCertificate(*identity)};
}

}  // namespace waystation::client
