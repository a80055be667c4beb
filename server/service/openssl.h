// SPDX-License-Identifier: Apache-2.0
// Certificates and keys as the server reads and writes them.
#ifndef WAYSTATION_SERVER_SERVICE_OPENSSL_H_
#define WAYSTATION_SERVER_SERVICE_OPENSSL_H_

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "proto/openssl/owned.h"

namespace waystation::service {

using openssl::BioPtr;
using openssl::BnPtr;
using openssl::CertificatePtr;
using openssl::ContentsOf;
using openssl::ExtensionPtr;
using openssl::Freed;
using openssl::KeyPtr;
using openssl::ReaderOf;
using openssl::RequestPtr;

using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using VerifyPtr = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

// Never asks for a pass phrase on the terminal.
inline int NoPassPhrase(char*, int, int, void*) { return -1; }

inline CertificatePtr NextCertificate(BIO& bio) {
  CertificatePtr certificate(
      PEM_read_bio_X509(&bio, nullptr, NoPassPhrase, nullptr));
  ERR_clear_error();
  return certificate;
}

inline std::string ToPem(X509& certificate) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), &certificate);
  return ContentsOf(*out);
}

inline KeyPtr KeyFromPem(std::string_view pem) {
  const BioPtr bio = ReaderOf(pem);
  KeyPtr key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassPhrase, nullptr));
  ERR_clear_error();
  return key;
}

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_OPENSSL_H_
