// SPDX-License-Identifier: Apache-2.0
// What CMS takes of OpenSSL, with owners. For the .cc files of this folder.
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

#include "proto/openssl/owned.h"

namespace waystation::sealed {

using openssl::BioPtr;
using openssl::BnPtr;
using openssl::CertificateIn;
using openssl::CertificatePtr;
using openssl::ContentsOf;
using openssl::ExtensionPtr;
using openssl::Freed;
using openssl::KeyPtr;
using openssl::ReaderOf;

using CmsPtr = std::unique_ptr<CMS_ContentInfo, Freed<CMS_ContentInfo_free>>;

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

inline BioPtr NewMemory() { return BioPtr(BIO_new(BIO_s_mem())); }

// The first key of a PEM text; nullptr if it holds none, or one with a pass
// phrase.
inline KeyPtr KeyIn(std::string_view pem) {
  const BioPtr bio = ReaderOf(pem);
  constexpr auto kNoPassphrase = [](char*, int, int, void*) { return -1; };
  return KeyPtr(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, kNoPassphrase, nullptr));
}

}  // namespace waystation::sealed

#endif  // WAYSTATION_PROTO_SEALED_OPENSSL_H_
