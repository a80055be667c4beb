// SPDX-License-Identifier: Apache-2.0
// What clients read of a certificate, and OpenSSL's objects with owners for
// that. (The server's are in server/service/openssl.h.)
#ifndef WAYSTATION_CLIENT_LIBRARY_OPENSSL_H_
#define WAYSTATION_CLIENT_LIBRARY_OPENSSL_H_

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "proto/openssl/owned.h"

namespace waystation::client {

using openssl::BioPtr;
using openssl::BnPtr;
using openssl::CertificateIn;
using openssl::CertificatePtr;
using openssl::ContentsOf;
using openssl::Freed;
using openssl::KeyPtr;
using openssl::ReaderOf;
using openssl::RequestPtr;

using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

inline NamesPtr NamesOf(X509& certificate) {
  return NamesPtr(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
}

inline std::string TextOf(const ASN1_IA5STRING& text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&text)),
          static_cast<std::size_t>(ASN1_STRING_length(&text))};
}

// In hexadecimal, lower case.
inline std::string SerialOf(X509& certificate) {
  const BnPtr serial(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  const std::unique_ptr<char, Freed<[](char* hex) { OPENSSL_free(hex); }>> hex(
      BN_bn2hex(serial.get()));
  return absl::AsciiStrToLower(hex.get());
}

// The infinite past for a time that is none.
inline absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

}  // namespace waystation::client

#endif  // WAYSTATION_CLIENT_LIBRARY_OPENSSL_H_
