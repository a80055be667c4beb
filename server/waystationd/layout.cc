// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/layout.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "proto/auditlog/ed25519.h"
#include "proto/auditlog/note.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "server/hub/keys.h"
#include "server/service/ca.h"
#include "server/waystationd/issued.h"

namespace waystation::waystationd {
namespace {

namespace fs = std::filesystem;

constexpr char kConfig[] =
    R"(# Configuration of a Waystation hub. Paths are relative to this file.

# Where agencies, offices, operators and auditors call (gRPC, mutual TLS).
listen: "@LISTEN@"
# /metrics, /healthz and /readyz, plain HTTP; loopback only.
http_listen: "@HTTP@"

# A folder here, or a database of a PostgreSQL server, which the site keeps alive
# and backs up: postgresql://user@host/database. A password is best in a file that
# `?passfile=` names.
store: "@STORE@"
# Hubs beside this one serve the same database: a copy of this folder on each
# machine, all with this line.
# share_store: true

# `wayctl backup create` copies the store to `folder`, best another machine's
# disk. Each backup has a key of its own in `keys`, destroyed after `keep_days`:
# from then on no copy of it can be read. `journal` is what a restored hub must
# not forget (who was shut out, which agreements ended, what was signed): keep it,
# like the keys, apart from the store's disk where you can.
backup:
  folder: backup
  keys: keys/backup
  journal: journal
  keep_days: 30

tls:
  certificate: tls/hub.pem
  key: tls/hub.key
  # Who vouches for agencies, clerks, offices and operators ...
  client_authorities: tls/ca.pem
  # ... and who for auditors. No authority may stand in both.
  auditor_authorities: tls/auditors.pem

# Sealing and index keys. Losing this file loses every sealed value; back it up
# apart from the store.
key_file: keys/hub.keys
# Signs the audit log's checkpoints; hand out log.key.
log_key_file: keys/log.pem
log_origin: @ORIGIN@

# Of the identities spiffe://<trust domain>/agency/<id> and so on.
trust_domain: @DOMAIN@

# With which `wayctl cert sign`, `cert renew` and `waystationd renew` sign; take it
# out to sign elsewhere. What is signed beside the hub is in `issued` and gets its
# audit entry at start, or on SIGHUP.
authority:
  certificate: tls/ca.pem
  key: tls/ca.key
  issued: tls/issued.pem

# Rulings of the reconciliation office that a second clerk has to approve.
# second_person:
#   rulings: [same, different, choose_claim, set_value, undo]
@DEMO@
# How it is decided which of several claims stands: a copy of rules/default.yaml,
# changed. Without one, the defaults that stand beside the attributes. What was put
# in force with `wayctl rules apply` stands over it.
# rules_file: rules.yaml

# What sectors beyond public security, health, labor and commerce may know at most:
# a copy of ceiling/other_sectors.yaml, changed. Without one, that of this release.
# ceiling_file: other_sectors.yaml

# What services there are, and where: copies of services/catalogue.yaml and
# services/points.yaml, changed. Without them, those of this release.
# service_catalogue_file: catalogue.yaml
# service_points_file: points.yaml

# By when notices are to be answered: copies of calendars/ and deadlines/, changed.
# Without them, those of this release.
# notices:
#   calendars: [calendars/cn.yaml]
#   deadlines: deadlines.yaml
#   least_shown: 10   # cases behind each row of a report, or more

# limits:
#   queued_updates: 65536   # wait for the committer at most
#   group_updates: 512      # in one commit at most
#   frames_in_flight: 8     # of one stream
#   connections: 1024       # at once, two open files each
#   connections_of_one: 64  # of one agency with its clerks
#   wrong_codes: 50         # of holders, by one agency on one day

# debug, info, warn or error; plain or json. SIGHUP takes up a changed level.
log_level: info
log_format: plain
)";

absl::Status Failed(const std::string& path, const std::error_code& error) {
  return errors::Error("FILE_NOT_WRITTEN",
                       {.field = path, .rule = error.message()});
}

// A path of its own for each authority's key.
absl::Status MakeAuthority(const Layout& layout, const std::string& name,
                           const std::string& common_name, absl::Time now) {
  std::string key;
  const service::Authority authority =
      service::Authority::Create(common_name, now, key);
  if (auto written = runtime::WriteNewFile(layout.In("tls/" + name + ".pem"),
                                           authority.pem());
      !written.ok()) {
    return written;
  }
  return runtime::WriteNewFile(layout.In("tls/" + name + ".key"), key, 0600);
}

absl::StatusOr<service::Authority> LoadAuthority(const Layout& layout,
                                                 const std::string& name) {
  auto certificate = runtime::ReadFile(layout.In("tls/" + name + ".pem"));
  if (!certificate.ok()) return certificate.status();
  auto key = runtime::ReadSecretFile(layout.In("tls/" + name + ".key"));
  if (!key.ok()) return key.status();
  return service::Authority::FromPem(*certificate, *key);
}

absl::Status MakeHubCertificate(const Layout& layout, absl::Time now) {
  const auto authority = LoadAuthority(layout, "ca");
  if (!authority.ok()) return authority.status();
  const std::string key = service::NewKeyPem();
  const auto request = service::NewRequestPem(key, "waystationd");
  if (!request.ok()) return request.status();
  const auto issued =
      authority->SignHub(*request, layout.hosts, service::kMostDays, now);
  if (!issued.ok()) return issued.status();
  if (auto written = runtime::WriteNewFile(layout.In("tls/hub.key"), key, 0600);
      !written.ok()) {
    return written;
  }
  for (const char* name : {"tls/hub.pem", "tls/issued.pem"}) {
    if (auto written =
            runtime::WriteNewFile(layout.In(name), issued->chain_pem);
        !written.ok()) {
      return written;
    }
  }
  return absl::OkStatus();
}

absl::Status MakeLogKey(const Layout& layout) {
  const auto key = auditlog::Ed25519PrivateKey::Generate();
  if (!key.ok()) return key.status();
  if (auto stored = key->Store(layout.In("keys/log.pem")); !stored.ok()) {
    return stored;
  }
  const auto verifier =
      auditlog::NoteVerifier::Create(layout.log_origin, key->public_key());
  if (!verifier.ok()) return verifier.status();
  return runtime::WriteNewFile(layout.In("log.key"),
                               absl::StrCat(verifier->ToString(), "\n"));
}

absl::Status Fill(const Layout& layout, absl::Time now) {
  std::error_code error;
  for (const char* name : {"", "keys", "tls", "store"}) {
    const std::string path = layout.In(name);
    fs::create_directories(path, error);
    if (error) return Failed(path, error);
    fs::permissions(path, fs::perms::owner_all, error);
    if (error) return Failed(path, error);
  }
  if (auto made = hub::Keys::Create(layout.In("keys/hub.keys")); !made.ok()) {
    return made;
  }
  if (auto made = MakeLogKey(layout); !made.ok()) return made;
  if (auto made = MakeAuthority(layout, "ca", "Waystation hub authority", now);
      !made.ok()) {
    return made;
  }
  if (auto made = MakeAuthority(layout, "auditors",
                                "Waystation auditors' authority", now);
      !made.ok()) {
    return made;
  }
  if (auto made = MakeHubCertificate(layout, now); !made.ok()) return made;
  return runtime::WriteNewFile(
      layout.In("hub.yaml"),
      absl::StrReplaceAll(
          kConfig,
          {{"@LISTEN@", layout.listen},
           {"@HTTP@", layout.http_listen},
           {"@ORIGIN@", layout.log_origin},
           {"@STORE@", layout.store},
           {"@DOMAIN@", layout.trust_domain},
           {"@DEMO@", layout.demo_numbers
                          ? "\n# Generated people have numbers with a leading "
                            "0. Never where real ones are served.\n"
                            "demo_numbers: true\n"
                          : ""}}));
}

}  // namespace

absl::Status MakeLayout(const Layout& layout, absl::Time now) {
  std::error_code error;
  if (fs::exists(layout.folder, error) && !fs::is_empty(layout.folder, error)) {
    return errors::Error("FOLDER_NOT_EMPTY", {.rule = layout.folder});
  }
  absl::Status filled = Fill(layout, now);
  if (!filled.ok()) {
    for (const auto& entry : fs::directory_iterator(layout.folder, error)) {
      fs::remove_all(entry.path(), error);
    }
  }
  return filled;
}

absl::Status CertifyRequest(const Layout& layout, const std::string& identity,
                            const std::string& request_pem,
                            const std::string& certificate, int days,
                            absl::Time now) {
  const bool auditor = identity.starts_with("auditor/");
  const auto authority = LoadAuthority(layout, auditor ? "auditors" : "ca");
  if (!authority.ok()) return authority.status();
  const auto issued =
      authority->SignClient({.request_pem = request_pem,
                             .trust_domain = layout.trust_domain,
                             .path = identity,
                             .days = days,
                             .auditors = auditor},
                            now);
  if (!issued.ok()) return issued.status();
  std::error_code error;
  if (fs::exists(certificate, error)) {
    return errors::Error("EXISTS_ALREADY", {.rule = certificate});
  }
  // Recorded before it is given out.
  if (absl::Status noted =
          AppendIssued(layout.In("tls/issued.pem"), issued->chain_pem);
      !noted.ok()) {
    return noted;
  }
  return runtime::WriteNewFile(certificate, issued->chain_pem);
}

absl::Status MakeClient(const Layout& layout, const std::string& identity,
                        const std::string& prefix, absl::Time now) {
  const std::string key = service::NewKeyPem();
  const auto request = service::NewRequestPem(key, identity);
  if (!request.ok()) return request.status();
  if (auto written = runtime::WriteNewFile(prefix + ".key", key, 0600);
      !written.ok()) {
    return written;
  }
  return CertifyRequest(layout, identity, *request, prefix + ".pem",
                        service::kMostDays, now);
}

}  // namespace waystation::waystationd
