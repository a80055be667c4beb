// SPDX-License-Identifier: Apache-2.0
#include "server/service/ca.h"

#include <arpa/inet.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "proto/errors/error.h"
#include "server/hub/caller.h"
#include "server/service/certificate.h"
#include "server/service/identity.h"
#include "server/service/openssl.h"

namespace waystation::service {
namespace {

constexpr int kAuthorityDays = 3650;
constexpr std::size_t kLongestRequest = 64 << 10;
// RFC 5280, ub-common-name.
constexpr std::size_t kLongestCommonName = 64;

absl::Status Invalid(std::string rule) {
  return errors::Error("CERTIFICATE_FILE_INVALID", {.rule = std::move(rule)});
}

// Elliptic curves of the sizes that everybody verifies, Ed25519, and RSA that
// lasts.
bool IsStrong(const EVP_PKEY& key) {
  switch (EVP_PKEY_get_base_id(&key)) {
    case EVP_PKEY_ED25519:
      return true;
    case EVP_PKEY_RSA:
      return EVP_PKEY_get_bits(&key) >= 3072 && EVP_PKEY_get_bits(&key) <= 8192;
    case EVP_PKEY_EC: {
      std::array<char, 64> name{};
      std::size_t size = 0;
      if (EVP_PKEY_get_group_name(&key, name.data(), name.size(), &size) != 1) {
        return false;
      }
      const std::string_view group(name.data(), size);
      return group == "prime256v1" || group == "secp384r1";
    }
    default:
      return false;
  }
}

// Signed by its own key, which is strong.
absl::StatusOr<RequestPtr> ReadRequest(std::string_view pem) {
  const auto unreadable = [](std::string rule) {
    ERR_clear_error();
    return errors::Error(
        "CERTIFICATE_REQUEST_UNREADABLE",
        {.field = "certificate_request", .rule = std::move(rule)});
  };
  if (pem.size() > kLongestRequest) return unreadable("at most 64 KiB");
  const BioPtr bio = ReaderOf(pem);
  RequestPtr request(
      PEM_read_bio_X509_REQ(bio.get(), nullptr, NoPassPhrase, nullptr));
  if (!request) return unreadable("PEM, PKCS #10");
  EVP_PKEY* const key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr) return unreadable("a public key");
  if (!IsStrong(*key)) {
    ERR_clear_error();
    return errors::Error("CERTIFICATE_KEY_WEAK",
                         {.field = "certificate_request"});
  }
  if (X509_REQ_verify(request.get(), key) != 1) {
    return unreadable("signed by its own key");
  }
  return request;
}

std::string TextOf(const ASN1_STRING& text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&text)),
          static_cast<std::size_t>(ASN1_STRING_length(&text))};
}

// Whether one common name is all of the subject, and what it asks for besides
// is at most the identity as a URI.
bool NamesOnly(X509_REQ& request, std::string_view path, std::string_view uri) {
  const X509_NAME* const subject = X509_REQ_get_subject_name(&request);
  if (X509_NAME_entry_count(subject) != 1) return false;
  const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(subject, 0);
  if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName ||
      TextOf(*X509_NAME_ENTRY_get_data(entry)) !=
          path.substr(0, kLongestCommonName)) {
    return false;
  }
  const std::unique_ptr<STACK_OF(X509_EXTENSION),
                        Freed<[](STACK_OF(X509_EXTENSION) * stack) {
                          sk_X509_EXTENSION_pop_free(stack,
                                                     X509_EXTENSION_free);
                        }>>
      extensions(X509_REQ_get_extensions(&request));
  const NamesPtr names(static_cast<GENERAL_NAMES*>(X509V3_get_d2i(
      extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI ||
        TextOf(*name->d.uniformResourceIdentifier) != uri) {
      return false;
    }
  }
  return true;
}

// Whether a request may renew a certificate of this identity.
absl::Status CheckRenewal(std::string_view request_pem,
                          std::string_view certificate_pem,
                          std::string_view path, std::string_view uri) {
  const absl::StatusOr<RequestPtr> request = ReadRequest(request_pem);
  if (!request.ok()) return request.status();
  if (!NamesOnly(**request, path, uri)) {
    return errors::Error("CERTIFICATE_NAME_DIFFERS",
                         {.field = "certificate_request"});
  }
  const BioPtr bio = ReaderOf(certificate_pem);
  const CertificatePtr old = NextCertificate(*bio);
  if (!old) return Invalid("a PEM certificate");
  if (EVP_PKEY_eq(X509_get0_pubkey(old.get()),
                  X509_REQ_get0_pubkey(request->get())) == 1) {
    return errors::Error("CERTIFICATE_KEY_REUSED",
                         {.field = "certificate_request"});
  }
  return absl::OkStatus();
}

// 128 random bits; never 0.
BnPtr RandomSerial() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), bytes.size());
  bytes[0] |= 0x40;  // Always 16 bytes long,
  bytes[0] &= 0x7f;  // and positive without a leading zero.
  return BnPtr(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
}

void SetSubject(X509_NAME& subject, std::string_view common_name) {
  X509_NAME_add_entry_by_txt(
      &subject, "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(common_name.data()),
      static_cast<int>(common_name.size()), -1, 0);
}

void AddExtension(X509& certificate, X509& issuer, int nid,
                  const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  X509_add_ext(&certificate, extension.get(), -1);
}

void SetTimes(X509& certificate, absl::Time from, absl::Time until) {
  ASN1_TIME_set(X509_getm_notBefore(&certificate), absl::ToTimeT(from));
  ASN1_TIME_set(X509_getm_notAfter(&certificate), absl::ToTimeT(until));
}

void SignWith(X509& certificate, EVP_PKEY& key) {
  const bool plain = EVP_PKEY_get_base_id(&key) == EVP_PKEY_ED25519;
  X509_sign(&certificate, &key, plain ? nullptr : EVP_sha256());
}

// "DNS:hub.example,IP:127.0.0.1"; nullopt for a name with a character that
// would end the entry.
std::optional<std::string> HostNames(const std::vector<std::string>& hosts) {
  std::string names;
  for (const std::string& host : hosts) {
    if (host.empty() || host.size() > 253 ||
        !std::ranges::all_of(host, [](unsigned char c) {
          return std::isalnum(c) || c == '.' || c == '-' || c == ':';
        })) {
      return std::nullopt;
    }
    std::array<unsigned char, 16> address{};
    const bool is_ip = inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
                       inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
    if (!is_ip && host.find(':') != std::string::npos) return std::nullopt;
    names += (names.empty() ? "" : ",") + std::string(is_ip ? "IP:" : "DNS:");
    names += host;
  }
  if (names.empty()) return std::nullopt;
  return names;
}

}  // namespace

std::string NewKeyPem() {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr,
                           nullptr);
  return ContentsOf(*out);
}

absl::StatusOr<std::string> NewRequestPem(std::string_view key_pem,
                                          std::string_view common_name) {
  const KeyPtr key = KeyFromPem(key_pem);
  if (!key) return Invalid("a PEM private key without pass phrase");
  const RequestPtr request(X509_REQ_new());
  SetSubject(*X509_REQ_get_subject_name(request.get()), common_name);
  X509_REQ_set_pubkey(request.get(), key.get());
  const bool plain = EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519;
  X509_REQ_sign(request.get(), key.get(), plain ? nullptr : EVP_sha256());
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(out.get(), request.get());
  return ContentsOf(*out);
}

absl::StatusOr<Authority> Authority::FromPem(std::string_view certificate_pem,
                                             std::string_view key_pem) {
  const BioPtr bio = ReaderOf(certificate_pem);
  const std::shared_ptr<X509> certificate(NextCertificate(*bio).release(),
                                          X509_free);
  if (!certificate) return Invalid("a PEM certificate");
  if (X509_check_ca(certificate.get()) != 1) {
    return Invalid("an authority (basicConstraints CA:TRUE)");
  }
  if (absl::Status fits = CheckKeyFits(certificate_pem, key_pem); !fits.ok()) {
    return fits;
  }
  return Authority(
      certificate,
      std::shared_ptr<EVP_PKEY>(KeyFromPem(key_pem).release(), EVP_PKEY_free));
}

Authority Authority::Create(std::string_view common_name, absl::Time now,
                            std::string& key_pem) {
  key_pem = NewKeyPem();
  const std::shared_ptr<EVP_PKEY> key(KeyFromPem(key_pem).release(),
                                      EVP_PKEY_free);
  const std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  BN_to_ASN1_INTEGER(RandomSerial().get(),
                     X509_get_serialNumber(certificate.get()));
  SetTimes(*certificate, now - kClockSlack,
           now + absl::Hours(24 * kAuthorityDays));
  SetSubject(*X509_get_subject_name(certificate.get()), common_name);
  X509_set_issuer_name(certificate.get(),
                       X509_get_subject_name(certificate.get()));
  X509_set_pubkey(certificate.get(), key.get());
  AddExtension(*certificate, *certificate, NID_basic_constraints,
               "critical,CA:TRUE,pathlen:0");
  AddExtension(*certificate, *certificate, NID_key_usage,
               "critical,keyCertSign,cRLSign");
  AddExtension(*certificate, *certificate, NID_subject_key_identifier, "hash");
  SignWith(*certificate, *key);
  return Authority(certificate, key);
}

absl::StatusOr<IssuedCertificate> Authority::SignClient(
    const ClientRequest& request, absl::Time now) const {
  const auto caller = ParsePath(request.path);
  if (!caller || (caller->role == hub::Role::kAuditor) != request.auditors) {
    return errors::Error("IDENTITY_INVALID", {.field = "identity"});
  }
  const int days = request.days == 0 ? kDefaultDays : request.days;
  const std::string uri = "spiffe://" + std::string(request.trust_domain) +
                          "/" + std::string(request.path);
  if (!request.renews.empty()) {
    if (absl::Status may = CheckRenewal(request.request_pem, request.renews,
                                        request.path, uri);
        !may.ok()) {
      return may;
    }
  }
  return Sign(request.request_pem, "URI:" + uri, "clientAuth", days, now);
}

absl::StatusOr<IssuedCertificate> Authority::SignHub(
    std::string_view request_pem, const std::vector<std::string>& hosts,
    int days, absl::Time now) const {
  const auto names = HostNames(hosts);
  if (!names) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "hosts", .rule = "DNS names or addresses"});
  }
  return Sign(request_pem, *names, "serverAuth", days, now);
}

absl::StatusOr<IssuedCertificate> Authority::Sign(std::string_view request_pem,
                                                  const std::string& names,
                                                  const char* usage, int days,
                                                  absl::Time now) const {
  if (days < 1 || days > kMostDays) {
    return errors::Error("DAYS_INVALID", {.field = "days"});
  }
  const absl::StatusOr<RequestPtr> request = ReadRequest(request_pem);
  if (!request.ok()) return request.status();
  const CertificatePtr leaf(X509_new());
  X509_set_version(leaf.get(), X509_VERSION_3);
  BN_to_ASN1_INTEGER(RandomSerial().get(), X509_get_serialNumber(leaf.get()));
  SetTimes(*leaf, now - kClockSlack, now + absl::Hours(24 * days));
  if (ASN1_TIME_compare(X509_get0_notAfter(leaf.get()),
                        X509_get0_notAfter(certificate_.get())) > 0) {
    X509_set1_notAfter(leaf.get(), X509_get0_notAfter(certificate_.get()));
  }
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate_.get()));
  X509_set_pubkey(leaf.get(), X509_REQ_get0_pubkey(request->get()));
  AddExtension(*leaf, *certificate_, NID_basic_constraints,
               "critical,CA:FALSE");
  AddExtension(*leaf, *certificate_, NID_key_usage,
               "critical,digitalSignature");
  AddExtension(*leaf, *certificate_, NID_ext_key_usage, usage);
  // The subject is empty, so the names must be critical (RFC 5280 4.2.1.6).
  AddExtension(*leaf, *certificate_, NID_subject_alt_name, "critical," + names);
  AddExtension(*leaf, *certificate_, NID_authority_key_identifier, "keyid");
  SignWith(*leaf, *key_);

  IssuedCertificate issued;
  issued.chain_pem = ToPem(*leaf);
  const auto facts = ReadCertificate(issued.chain_pem);
  if (!facts.ok()) return facts.status();
  issued.serial = facts->serial;
  issued.not_before = facts->not_before;
  issued.not_after = facts->not_after;
  return issued;
}

std::string Authority::pem() const { return ToPem(*certificate_); }

}  // namespace waystation::service
