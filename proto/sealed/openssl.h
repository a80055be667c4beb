// SPDX-License-Identifier: Apache-2.0
// OpenSSL's objects with owners. For the .cc files of this folder.
#ifndef WAYSTATION_PROTO_SEALED_OPENSSL_H_
#define WAYSTATION_PROTO_SEALED_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace waystation::sealed {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using CmsPtr = std::unique_ptr<CMS_ContentInfo, Freed<CMS_ContentInfo_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

// Borrows its certificates.
using StackPtr =
    std::unique_ptr<STACK_OF(X509),
                    Freed<[](STACK_OF(X509) * stack) { sk_X509_free(stack); }>>;

// Takes what a failed call left behind, so that no later call finds it.
class ErrorsCleared {
 public:
  ErrorsCleared() = default;
  ~ErrorsCleared() { ERR_clear_error(); }
  ErrorsCleared(const ErrorsCleared&) = delete;
  ErrorsCleared& operator=(const ErrorsCleared&) = delete;
};

// Reads `text` in place; it must outlive the BIO.
inline BioPtr ReaderOf(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

inline BioPtr NewMemory() { return BioPtr(BIO_new(BIO_s_mem())); }

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

// Likewise, for keys without a pass phrase.
inline KeyPtr KeyIn(std::string_view pem) {
  const BioPtr bio = ReaderOf(pem);
  constexpr auto kNoPassphrase = [](char*, int, int, void*) { return -1; };
  return KeyPtr(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, kNoPassphrase, nullptr));
}

}  // namespace waystation::sealed

#endif  // WAYSTATION_PROTO_SEALED_OPENSSL_H_
