// SPDX-License-Identifier: Apache-2.0
// Names in certificates: paths of SPIFFE identities, certificates as they come,
// and certificates that an authority of ours signed with whatever names.
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "proto/errors/error.h"
#include "server/service/certificate.h"
#include "server/service/identity.h"
#include "server/service/openssl.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/guarded_memory.h"

namespace waystation::fuzz {
namespace {

using namespace waystation::service;  // NOLINT: many small names of OpenSSL

constexpr std::string_view kDomain = "fuzz.example";
const absl::Time kNow = absl::FromUnixSeconds(1'772'323'200);  // 2026-03-01

// OpenSSL has no instrumentation, so its memory is guarded. Before its first
// use, hence while the program starts.
const bool guarded =
    CRYPTO_set_mem_functions(
        [](std::size_t size, const char*, int) { return GuardedMalloc(size); },
        [](void* block, std::size_t size, const char*, int) {
          return GuardedRealloc(block, size);
        },
        [](void* block, const char*, int) { GuardedFree(block); }) == 1;

// Signs whatever names it is given.
class Authority {
 public:
  Authority() : key_(EVP_EC_gen("P-256")) {
    const CertificatePtr certificate = Begin(*key_);
    X509_set_issuer_name(certificate.get(),
                         X509_get_subject_name(certificate.get()));
    AddConstraint(*certificate, true);
    X509_sign(certificate.get(), key_.get(), EVP_sha256());
    pem_ = ToPem(*certificate);
  }

  // A leaf whose alternative names are URIs with these bytes.
  std::string Issue(const std::vector<std::string_view>& uris) const {
    const CertificatePtr certificate = Begin(*key_);
    const BioPtr bio = ReaderOf(pem_);
    const CertificatePtr issuer = NextCertificate(*bio);
    X509_set_issuer_name(certificate.get(),
                         X509_get_subject_name(issuer.get()));
    AddConstraint(*certificate, false);
    const NamesPtr names(GENERAL_NAMES_new());
    for (const std::string_view uri : uris) {
      GENERAL_NAME* const name = GENERAL_NAME_new();
      ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
      ASN1_STRING_set(text, uri.data(), static_cast<int>(uri.size()));
      GENERAL_NAME_set0_value(name, GEN_URI, text);
      sk_GENERAL_NAME_push(names.get(), name);
    }
    X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names.get(), 0,
                      0);
    X509_sign(certificate.get(), key_.get(), EVP_sha256());
    return ToPem(*certificate);
  }

  const std::string& pem() const { return pem_; }

 private:
  static CertificatePtr Begin(EVP_PKEY& key) {
    CertificatePtr certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 7);
    const std::time_t now = absl::ToTimeT(kNow);
    ASN1_TIME_set(X509_getm_notBefore(certificate.get()), now - 3600);
    ASN1_TIME_set(X509_getm_notAfter(certificate.get()), now + 3600);
    X509_set_pubkey(certificate.get(), &key);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>("fuzz"), -1, -1, 0);
    return certificate;
  }
  static void AddConstraint(X509& certificate, bool is_authority) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
    const ExtensionPtr extension(X509V3_EXT_conf_nid(
        nullptr, &context, NID_basic_constraints,
        is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE"));
    X509_add_ext(&certificate, extension.get(), -1);
  }

  KeyPtr key_;
  std::string pem_;
};

const Authority& TheAuthority() {
  static const auto* const authority = new Authority;
  return *authority;
}

Callers& TheCallers() {
  static auto* const callers =
      new Callers({.trust_domain = std::string(kDomain),
                   .clock = [] { return kNow; },
                   .is_revoked = [](std::string_view) { return false; },
                   .is_registered = [](std::string_view) { return true; }},
                  *Authorities::FromPem(TheAuthority().pem()),
                  *Authorities::FromPem(TheAuthority().pem()));
  return *callers;
}

// A path that is taken is spelled in the one way there is.
void CheckPath(std::string_view path) {
  const auto caller = ParsePath(path);
  if (!caller) return;
  WAYSTATION_HOLDS(caller->path == path);
  WAYSTATION_HOLDS(std::ranges::all_of(path, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '/';
  }));
  WAYSTATION_HOLDS(path.find("..") == path.npos &&
                   path.find("//") == path.npos);
  std::string again;
  switch (caller->role) {
    case hub::Role::kAgency:
      again = "agency/" + caller->agency;
      break;
    case hub::Role::kClerk:
      again = "agency/" + caller->agency + "/clerk/" + caller->name;
      break;
    case hub::Role::kOffice:
      again = "office/" + caller->name;
      break;
    case hub::Role::kOperator:
      again = "operator/" + caller->name;
      break;
    case hub::Role::kAuditor:
      again = "auditor/" + caller->name;
      break;
  }
  WAYSTATION_HOLDS(again == path);
  WAYSTATION_HOLDS(caller->agency.empty() ==
                   (caller->role != hub::Role::kAgency &&
                    caller->role != hub::Role::kClerk));
}

// As the transport gives it: the one URI, if there is one and it is SPIFFE's.
Peer PeerWith(const std::string& pem) {
  Peer peer{.spiffe_id = "", .certificate_pem = pem, .chain_pem = pem};
  const auto facts = ReadCertificate(pem);
  if (facts.ok() && facts->uris.size() == 1 &&
      facts->uris[0].starts_with("spiffe://")) {
    peer.spiffe_id = facts->uris[0];
  }
  return peer;
}

void CheckPem(const std::string& pem) {
  const auto facts = ReadCertificate(pem);
  if (!facts.ok()) {
    WAYSTATION_HOLDS(errors::ReasonOf(facts.status()) ==
                     "CERTIFICATE_FILE_INVALID");
  }
  (void)Authorities::FromPem(pem);
  (void)CheckKeyFits(pem, pem);
  // Nobody whom no authority of ours signed.
  WAYSTATION_HOLDS(!TheCallers().Identify(PeerWith(pem)).ok());
}

std::string PemOf(std::string_view der) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  const CertificatePtr certificate(
      d2i_X509(nullptr, &data, static_cast<long>(der.size())));
  ERR_clear_error();
  return certificate ? ToPem(*certificate) : std::string();
}

// One name a line. Whoever is taken for somebody has one URI, and is that.
void CheckNames(std::string_view lines) {
  std::vector<std::string_view> uris;
  while (uris.size() < 4) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    uris.push_back(lines.substr(0, end));
    if (end == lines.size()) break;
    lines.remove_prefix(end + 1);
  }
  const std::string pem = TheAuthority().Issue(uris);
  const auto facts = ReadCertificate(pem);
  WAYSTATION_HOLDS(facts.ok());
  WAYSTATION_HOLDS(std::ranges::equal(
      facts->uris, uris, [](const auto& a, const auto& b) { return a == b; }));
  const auto identified = TheCallers().Identify(PeerWith(pem));
  // Both authorities being one, an auditor alone is vouched for.
  if (!identified.ok()) {
    WAYSTATION_HOLDS(errors::ReasonOf(identified.status()) == "NO_IDENTITY");
    return;
  }
  WAYSTATION_HOLDS(uris.size() == 1);
  WAYSTATION_HOLDS(identified->caller.role == hub::Role::kAuditor);
  WAYSTATION_HOLDS("spiffe://" + std::string(kDomain) + "/" +
                       identified->caller.path ==
                   uris[0]);
  WAYSTATION_HOLDS(identified->caller.serial == "07");
}

}  // namespace
}  // namespace waystation::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace waystation::fuzz;
  WAYSTATION_HOLDS(guarded);
  const Chosen input = TakeChoice(data, size);
  switch (input.choice) {
    case 'p':
      CheckPath(input.bytes);
      break;
    case 'd':
      CheckPem(PemOf(input.bytes));
      break;
    case 'n':
      CheckNames(input.bytes);
      break;
    default:
      CheckPem(std::string(input.bytes));
  }
  return 0;
}
