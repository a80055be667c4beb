// SPDX-License-Identifier: Apache-2.0
#include "server/service/identity.h"

#include <grpcpp/security/auth_context.h>

#include <algorithm>
#include <utility>

#include "proto/errors/error.h"

namespace waystation::service {
namespace {

using hub::Caller;
using hub::Role;

// Certificates that are remembered; then all are looked at afresh.
constexpr std::size_t kMostKnown = 4096;
constexpr std::size_t kLongestName = 64;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsSector(std::string_view text) {
  return !text.empty() && text.size() <= 32 && IsLower(text[0]) &&
         std::ranges::all_of(
             text, [](char c) { return IsLower(c) || IsDigit(c) || c == '_'; });
}

// Prefixes of GB/T 2260 and its extension: province, prefecture, county, town,
// village.
bool IsDivision(std::string_view text) {
  return (text.size() == 2 || text.size() == 4 || text.size() == 6 ||
          text.size() == 9 || text.size() == 12) &&
         std::ranges::all_of(text, IsDigit);
}

bool IsAgencyId(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && IsSector(text.substr(0, dot)) &&
         IsDivision(text.substr(dot + 1));
}

bool IsName(std::string_view text) {
  const auto is_end = [](char c) { return IsLower(c) || IsDigit(c); };
  return !text.empty() && text.size() <= kLongestName && is_end(text.front()) &&
         is_end(text.back()) && text.find("..") == std::string_view::npos &&
         std::ranges::all_of(text, [&](char c) {
           return is_end(c) || c == '.' || c == '_' || c == '-';
         });
}

// The part before the next slash, which is taken off `rest`.
std::string_view TakePart(std::string_view& rest) {
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view part = rest.substr(0, slash);
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  return part;
}

absl::Status NoIdentity(std::string rule) {
  return errors::Error("NO_IDENTITY", {.rule = std::move(rule)});
}

// Somebody who is known and yet may not call: the audit log names them.
absl::Status Refused(std::string_view reason, const Caller& caller) {
  return errors::Error(reason, {.metadata = {{"identity", caller.path}}});
}

std::string First(const grpc::AuthContext& context, const char* property) {
  const auto values = context.FindPropertyValues(property);
  return values.size() == 1 ? std::string(values[0].data(), values[0].size())
                            : std::string();
}

}  // namespace

std::optional<Caller> ParsePath(std::string_view path) {
  Caller caller;
  caller.path = std::string(path);
  if (path.ends_with('/')) return std::nullopt;
  std::string_view rest = path;
  const std::string_view kind = TakePart(rest);
  const std::string_view subject = TakePart(rest);
  if (kind == "agency") {
    if (!IsAgencyId(subject)) return std::nullopt;
    caller.agency = std::string(subject);
    if (rest.empty()) return caller;
    const std::string_view sub_kind = TakePart(rest);
    const std::string_view name = TakePart(rest);
    if (sub_kind != "clerk" || !IsName(name) || !rest.empty()) {
      return std::nullopt;
    }
    caller.role = Role::kClerk;
    caller.name = std::string(name);
    return caller;
  }
  if (!IsName(subject) || !rest.empty()) return std::nullopt;
  caller.name = std::string(subject);
  if (kind == "office") {
    caller.role = Role::kOffice;
  } else if (kind == "operator") {
    caller.role = Role::kOperator;
  } else if (kind == "auditor") {
    caller.role = Role::kAuditor;
  } else {
    return std::nullopt;
  }
  return caller;
}

Peer PeerOf(const grpc::AuthContext& context) {
  return {.spiffe_id = First(context, "peer_spiffe_id"),
          .certificate_pem = First(context, "x509_pem_cert"),
          .chain_pem = First(context, "x509_pem_cert_chain")};
}

const void* TokenOf(const grpc::AuthContext& context) {
  const auto values = context.FindPropertyValues("x509_pem_cert");
  return values.empty() ? nullptr : values[0].data();
}

Callers::Callers(Options options, Authorities clients, Authorities auditors)
    : options_(std::move(options)),
      clients_(std::move(clients)),
      auditors_(std::move(auditors)) {}

void Callers::SetAuthorities(Authorities clients, Authorities auditors) {
  const std::lock_guard lock(mutex_);
  clients_ = std::move(clients);
  auditors_ = std::move(auditors);
  known_.clear();
}

absl::StatusOr<Identified> Callers::Identify(const Peer& peer) {
  const absl::Time now = options_.clock();
  // The SPIFFE identity is read from the leaf, so leaf and chain say it all.
  std::string key =
      peer.spiffe_id + "\n" + peer.certificate_pem + "\n" + peer.chain_pem;
  std::shared_ptr<const Identified> found;
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(key);
    if (known != known_.end()) found = known->second;
  }
  if (!found) {
    std::unique_lock lock(mutex_);
    absl::StatusOr<Identified> examined = Examine(peer, now);
    if (!examined.ok()) return examined.status();
    found = std::make_shared<const Identified>(*std::move(examined));
    if (known_.size() >= kMostKnown) known_.clear();
    known_.emplace(std::move(key), found);
  }
  if (now >= found->not_after) return NoIdentity("a certificate in force");
  if (options_.is_revoked(found->caller.serial)) {
    return Refused("CERTIFICATE_REVOKED", found->caller);
  }
  if (!found->caller.agency.empty() &&
      !options_.is_registered(found->caller.agency)) {
    return Refused("AGENCY_NOT_REGISTERED", found->caller);
  }
  return *found;
}

absl::StatusOr<Identified> Callers::Examine(const Peer& peer,
                                            absl::Time now) const {
  const auto facts = ReadCertificate(peer.certificate_pem);
  if (!facts.ok()) return NoIdentity("a client certificate");
  if (peer.spiffe_id.empty() || facts->uris.size() != 1 ||
      facts->uris[0] != peer.spiffe_id) {
    return NoIdentity("exactly one URI name, which is a SPIFFE identity");
  }
  if (facts->is_authority) {
    return NoIdentity("a leaf certificate (basicConstraints CA:FALSE)");
  }
  const std::string prefix = "spiffe://" + options_.trust_domain + "/";
  if (!peer.spiffe_id.starts_with(prefix)) {
    return NoIdentity("trust domain " + options_.trust_domain);
  }
  std::optional<Caller> caller =
      ParsePath(std::string_view(peer.spiffe_id).substr(prefix.size()));
  if (!caller) {
    return NoIdentity(
        "agency/<id>, agency/<id>/clerk/<name>, office/<name>, "
        "operator/<name> or auditor/<name>, in lower case");
  }
  if (now < facts->not_before || now >= facts->not_after) {
    return NoIdentity("a certificate in force");
  }
  const bool by_auditors =
      auditors_.VouchFor(peer.certificate_pem, peer.chain_pem, now);
  if (caller->role == Role::kAuditor && !by_auditors) {
    return NoIdentity("an auditor's certificate of the auditors' authority");
  }
  if (caller->role != Role::kAuditor &&
      (by_auditors ||
       !clients_.VouchFor(peer.certificate_pem, peer.chain_pem, now))) {
    return NoIdentity("a certificate of the clients' authority");
  }
  caller->serial = facts->serial;
  return Identified{*std::move(caller), facts->not_after};
}

}  // namespace waystation::service
