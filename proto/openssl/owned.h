// SPDX-License-Identifier: Apache-2.0
// OpenSSL's objects with owners, and text in and out of its BIOs.
#ifndef WAYSTATION_PROTO_OPENSSL_OWNED_H_
#define WAYSTATION_PROTO_OPENSSL_OWNED_H_

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace waystation::openssl {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using BnPtr = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using ExtensionPtr =
    std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;

// Reads `text` in place; it must outlive the BIO.
inline BioPtr ReaderOf(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

inline std::string ContentsOf(BIO& bio) {
  char* data = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(&bio, &data));
  return {data, size};
}

// The first one of a PEM text; nullptr if it holds none.
inline CertificatePtr CertificateIn(std::string_view pem) {
  const BioPtr bio = ReaderOf(pem);
  return CertificatePtr(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

}  // namespace waystation::openssl

#endif  // WAYSTATION_PROTO_OPENSSL_OWNED_H_
