// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/serve.h"

#include <sys/random.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proto/auditlog/ed25519.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/runtime/http_endpoint.h"
#include "proto/runtime/log.h"
#include "proto/runtime/metrics.h"
#include "proto/runtime/signals.h"
#include "proto/runtime/yaml.h"
#include "server/hub/hub.h"
#include "server/hub/keys.h"
#include "server/service/ca.h"
#include "server/service/certificate.h"
#include "server/service/metrics.h"
#include "server/service/server.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "server/waystationd/wait.h"
#include "waystation/config/v1/hub.pb.h"
#include "waystation/config/v1/rules.pb.h"

namespace waystation::waystationd {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

// A configuration with its paths resolved.
struct Configured {
  config::v1::HubConfig hub;
  config::v1::Rules rules;
};

absl::StatusOr<Configured> ReadConfig(const Serving& serving) {
  Configured configured;
  config::v1::HubConfig& hub = configured.hub;
  auto places = runtime::LoadYaml(serving.config_file, hub);
  if (!places.ok()) return places.status();
  if (!serving.listen.empty()) hub.set_listen(serving.listen);
  if (!serving.http_listen.empty()) hub.set_http_listen(serving.http_listen);

  std::vector<runtime::YamlProblem> problems;
  const auto need = [&](const std::string& value, const char* path,
                        const char* rule) {
    if (value.empty()) problems.push_back({path, rule});
  };
  need(hub.listen(), "listen", "host:port is needed");
  need(hub.tls().certificate(), "tls.certificate", "a file is needed");
  need(hub.tls().key(), "tls.key", "a file is needed");
  need(hub.tls().client_authorities(), "tls.client_authorities",
       "a file is needed");
  need(hub.tls().auditor_authorities(), "tls.auditor_authorities",
       "a file is needed");
  need(hub.key_file(), "key_file", "a file is needed");
  need(hub.log_key_file(), "log_key_file", "a file is needed");
  need(hub.log_origin(), "log_origin", "a name is needed");
  need(hub.trust_domain(), "trust_domain", "a name is needed");
  if (!std::string_view(hub.store()).starts_with(kSqlite) ||
      hub.store().size() == kSqlite.size()) {
    problems.push_back({"store", "sqlite:<folder> is needed"});
  }
  if (!hub.log_level().empty() && !runtime::LogLevelFromName(hub.log_level())) {
    problems.push_back({"log_level", "one of debug, info, warn, error"});
  }
  if (!problems.empty()) return runtime::ConfigInvalid(*places, problems);

  const auto resolve = [&](std::string* path) {
    *path = runtime::ResolvePath(serving.config_file, *path);
  };
  resolve(hub.mutable_key_file());
  resolve(hub.mutable_log_key_file());
  resolve(hub.mutable_rules_file());
  for (std::string* path : {hub.mutable_tls()->mutable_certificate(),
                            hub.mutable_tls()->mutable_key(),
                            hub.mutable_tls()->mutable_client_authorities(),
                            hub.mutable_tls()->mutable_auditor_authorities()}) {
    resolve(path);
  }
  if (hub.has_authority()) {
    resolve(hub.mutable_authority()->mutable_certificate());
    resolve(hub.mutable_authority()->mutable_key());
    resolve(hub.mutable_authority()->mutable_issued());
  }
  std::string folder = hub.store().substr(kSqlite.size());
  resolve(&folder);
  hub.set_store(absl::StrCat(std::string(kSqlite), folder));

  if (!hub.rules_file().empty()) {
    const auto rules = runtime::LoadYaml(hub.rules_file(), configured.rules);
    if (!rules.ok()) return rules.status();
  }
  return configured;
}

absl::StatusOr<std::optional<service::Authority>> ReadAuthority(
    const config::v1::HubConfig& config) {
  if (!config.has_authority()) return std::nullopt;
  const auto certificate = runtime::ReadFile(config.authority().certificate());
  if (!certificate.ok()) return certificate.status();
  const auto key = runtime::ReadSecretFile(config.authority().key());
  if (!key.ok()) return key.status();
  auto authority = service::Authority::FromPem(*certificate, *key);
  if (!authority.ok()) return authority.status();
  return std::optional<service::Authority>(*std::move(authority));
}

// Certificates that were signed before the hub ran get their audit leaves.
absl::Status RecordIssued(const config::v1::HubConfig& config, hub::Hub& hub,
                          absl::Time now) {
  const std::string& file = config.authority().issued();
  if (file.empty()) return absl::OkStatus();
  auto text = runtime::ReadFile(file, size_t{16} << 20);
  if (!text.ok()) return text.status();
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";
  const std::string scheme =
      absl::StrCat("spiffe://", config.trust_domain(), "/");
  for (size_t begin = 0, end = 0;
       (end = text->find(kEnd, begin)) != std::string::npos;
       begin = end + kEnd.size()) {
    const auto facts = service::ReadCertificate(
        std::string_view(*text).substr(begin, end + kEnd.size() - begin));
    if (!facts.ok()) return facts.status();
    if (facts->uris.size() != 1 || !facts->uris[0].starts_with(scheme) ||
        facts->not_after < now) {
      continue;
    }
    v1::ListCertificatesRequest known;
    known.set_identity(facts->uris[0].substr(scheme.size()));
    bool recorded = false;
    do {
      const auto page = hub.ListCertificates(service::HubItself(), known);
      if (!page.ok()) return page.status();
      for (const v1::CertificateStatus& one : page->certificates()) {
        recorded = recorded || one.serial() == facts->serial;
      }
      known.set_page_token(page->next_page_token());
    } while (!recorded && !known.page_token().empty());
    if (recorded) continue;
    v1::CertificateStatus status;
    status.set_serial(facts->serial);
    status.set_identity(known.identity());
    status.mutable_not_before()->set_seconds(
        absl::ToUnixSeconds(facts->not_before));
    status.mutable_not_after()->set_seconds(
        absl::ToUnixSeconds(facts->not_after));
    const auto put = Wait<v1::CertificateStatus>([&](auto done) {
      hub.PutCertificate(service::HubItself(), "certificate.sign",
                         std::move(status), std::move(done));
    });
    if (!put.ok()) return put.status();
  }
  return absl::OkStatus();
}

void FillRandom(void* buffer, size_t size) {
  auto* bytes = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t got = getrandom(bytes, size, 0);
    if (got < 0) continue;  // Interrupted; nothing else can happen.
    bytes += got;
    size -= static_cast<size_t>(got);
  }
}

runtime::HttpAnswer Page(std::string_view path, hub::Hub& hub,
                         const service::Server& server) {
  if (path == "/healthz") return {.body = "ok\n"};
  if (path == "/readyz") {
    const auto status = hub.GetHubStatus();
    if (!status.ok()) {
      return {.status = 503,
              .body = absl::StrCat(errors::ReasonOf(status.status()), "\n")};
    }
    if (status->ready()) return {.body = "ready\n"};
    std::string reasons;
    for (const std::string& reason : status->not_ready_reasons()) {
      absl::StrAppend(&reasons, reason, "\n");
    }
    return {.status = 503, .body = reasons};
  }
  if (path == "/metrics") {
    const std::vector<const prometheus::Collectable*> sources =
        server.metrics();
    return {.body = runtime::MetricsText(sources),
            .content_type = runtime::kMetricsContentType};
  }
  return {.status = 404, .body = "not here\n"};
}

}  // namespace

absl::Status Serve(const Serving& serving, runtime::Signals& signals) {
  auto configured = ReadConfig(serving);
  if (!configured.ok()) return configured.status();
  const config::v1::HubConfig& config = configured->hub;
  const runtime::Log log({.level = runtime::LogLevelFromName(config.log_level())
                                       .value_or(runtime::LogLevel::kInfo)});

  const auto keys = hub::Keys::Load(config.key_file());
  if (!keys.ok()) return keys.status();
  const auto log_key = auditlog::Ed25519PrivateKey::Load(config.log_key_file());
  if (!log_key.ok()) return log_key.status();
  auto authority = ReadAuthority(config);
  if (!authority.ok()) return authority.status();

  auto store = storage::sqlite::OpenSqlite(
      {.folder = config.store().substr(kSqlite.size()),
       .checksum_key = keys->checksum_key()});
  if (!store.ok()) return store.status();

  auto hub = hub::Hub::Start({.store = **store,
                              .keys = *keys,
                              .log_key = *log_key,
                              .clock = [] { return absl::Now(); },
                              .random = FillRandom},
                             {.log_origin = config.log_origin(),
                              .rules = configured->rules,
                              .limits = config.limits(),
                              .demo_numbers = config.demo_numbers(),
                              .version = WAYSTATION_VERSION,
                              .store = "sqlite"});
  if (!hub.ok()) return hub.status();

  std::mutex failure_mutex;
  absl::Status failure;
  (*hub)->OnFailure([&](const absl::Status& status) {
    {
      const std::scoped_lock lock(failure_mutex);
      failure = status;
    }
    signals.Wake();
  });
  if (config.has_authority()) {
    if (auto recorded = RecordIssued(config, **hub, absl::Now());
        !recorded.ok()) {
      return recorded;
    }
  }
  if (serving.prepare) {
    if (auto prepared = serving.prepare(**hub); !prepared.ok()) return prepared;
  }

  auto server = service::Server::Start(
      {.listen = config.listen(),
       .tls = {.certificate = config.tls().certificate(),
               .key = config.tls().key(),
               .clients = config.tls().client_authorities(),
               .auditors = config.tls().auditor_authorities()},
       .trust_domain = config.trust_domain(),
       .authority = *std::move(authority),
       .frames_in_flight = config.limits().frames_in_flight() > 0
                               ? config.limits().frames_in_flight()
                               : 8,
       .clock = [] { return absl::Now(); }},
      **hub, log);
  if (!server.ok()) return server.status();

  std::unique_ptr<runtime::HttpEndpoint> http;
  if (!config.http_listen().empty()) {
    auto started = runtime::HttpEndpoint::Start(
        config.http_listen(),
        [&](std::string_view path) { return Page(path, **hub, **server); });
    if (!started.ok()) return started.status();
    http = *std::move(started);
  }
  log.info("serving on {}", (*server)->address());
  if (serving.ready) {
    if (auto told =
            serving.ready((*server)->address(), http ? http->address() : "");
        !told.ok()) {
      return told;
    }
  }

  while (true) {
    const auto event = signals.Wait();
    if (event == runtime::Signals::Event::kStop) break;
    if (event == runtime::Signals::Event::kWoken) {
      const std::scoped_lock lock(failure_mutex);
      if (failure.ok()) continue;
      // Neither yes nor no (design 17): nothing may run down in order, since
      // whoever waits must not be answered.
      log.error("the store failed: {}; start again", errors::ReasonOf(failure));
      std::_Exit(static_cast<int>(errors::ReasonRowOf(failure).exit));
    }
  }
  signals.Release();  // A second signal ends at once.
  log.info("stopping: finishing what is queued");
  (*server)->Drain();
  http.reset();
  server->reset();
  hub->reset();
  log.info("stopped");
  return absl::OkStatus();
}

}  // namespace waystation::waystationd
