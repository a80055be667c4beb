// SPDX-License-Identifier: Apache-2.0
// OpenSSL's objects with owners.
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

namespace waystation::service {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using BnPtr = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using ExtensionPtr =
    std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;
using VerifyPtr = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

// Reads `text` in place; it must outlive the BIO.
inline BioPtr ReaderOf(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

inline std::string ContentsOf(BIO& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(&bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

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
