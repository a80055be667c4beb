// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/serve.h"

#include <sys/random.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "proto/auditlog/ed25519.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/runtime/http_endpoint.h"
#include "proto/runtime/log.h"
#include "proto/runtime/metrics.h"
#include "proto/runtime/signals.h"
#include "server/hub/hub.h"
#include "server/hub/keys.h"
#include "server/hub/store_error.h"
#include "server/service/ca.h"
#include "server/service/server.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "server/waystationd/config.h"
#include "server/waystationd/issued.h"

namespace waystation::waystationd {
namespace {

absl::StatusOr<auditlog::Ed25519PrivateKey> LoadLogKey(
    const std::string& path) {
  const auto pem = runtime::ReadSecretFile(path);
  if (!pem.ok()) return pem.status();
  auto key = auditlog::Ed25519PrivateKey::FromPem(*pem);
  if (key.ok()) return key;
  return errors::Error("KEY_FILE_INVALID",
                       {.field = path, .rule = "an Ed25519 key, PKCS #8 PEM"});
}

absl::StatusOr<std::optional<service::Authority>> LoadAuthority(
    const config::v1::HubConfig& config) {
  if (!config.has_authority()) return std::nullopt;
  const auto certificate = runtime::ReadFile(config.authority().certificate());
  if (!certificate.ok()) return certificate.status();
  const auto key = runtime::ReadSecretFile(config.authority().key());
  if (!key.ok()) return key.status();
  auto authority = service::Authority::FromPem(*certificate, *key);
  if (authority.ok()) return *std::move(authority);
  return errors::Error(
      "CERTIFICATE_FILE_INVALID",
      {.field = config.authority().certificate(),
       .rule = errors::MetadataOf(authority.status())["rule"]});
}

void FillRandom(void* buffer, std::size_t size) {
  auto* bytes = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t got = getrandom(bytes, size, 0);
    if (got < 0) continue;  // Interrupted; nothing else can happen.
    bytes += got;
    size -= static_cast<std::size_t>(got);
  }
}

// What the hub stands on and the hub itself; later ones borrow earlier ones.
struct Parts {
  Config config;
  std::optional<hub::Keys> keys;
  std::optional<auditlog::Ed25519PrivateKey> log_key;
  std::optional<service::Authority> authority;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<hub::Hub> hub;
};

absl::Status Assemble(Parts& parts) {
  const config::v1::HubConfig& config = parts.config.hub;
  auto keys = hub::Keys::Load(config.key_file());
  if (!keys.ok()) return keys.status();
  parts.keys = *std::move(keys);
  auto log_key = LoadLogKey(config.log_key_file());
  if (!log_key.ok()) return log_key.status();
  parts.log_key = *std::move(log_key);
  auto authority = LoadAuthority(config);
  if (!authority.ok()) return authority.status();
  parts.authority = *std::move(authority);
  auto store =
      storage::sqlite::OpenSqlite({.folder = parts.config.store_folder,
                                   .checksum_key = parts.keys->checksum_key()});
  if (!store.ok()) return hub::NamedStoreError(store.status());
  parts.store = *std::move(store);
  auto hub = hub::Hub::Start({.store = *parts.store,
                              .keys = *parts.keys,
                              .log_key = *parts.log_key,
                              .clock = [] { return absl::Now(); },
                              .random = FillRandom},
                             {.log_origin = config.log_origin(),
                              .rules = parts.config.rules,
                              .limits = config.limits(),
                              .demo_numbers = config.demo_numbers(),
                              .version = WAYSTATION_VERSION,
                              .store = "sqlite"});
  if (!hub.ok()) return hub.status();
  parts.hub = *std::move(hub);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<service::Server>> Listen(
    const Parts& parts, const runtime::Log& log) {
  const config::v1::HubConfig& config = parts.config.hub;
  service::ServerOptions options;
  options.listen = config.listen();
  options.tls = {.certificate = config.tls().certificate(),
                 .key = config.tls().key(),
                 .clients = config.tls().client_authorities(),
                 .auditors = config.tls().auditor_authorities()};
  options.trust_domain = config.trust_domain();
  options.authority = parts.authority;
  options.frames_in_flight = config.limits().frames_in_flight();
  options.clock = [] { return absl::Now(); };
  return service::Server::Start(std::move(options), *parts.hub, log);
}

runtime::HttpAnswer Readiness(hub::Hub& hub) {
  const auto status = hub.GetHubStatus();
  if (!status.ok()) {
    return {.status = 503, .body = errors::ReasonOf(status.status()) + "\n"};
  }
  if (status->ready()) return {.body = "ready\n"};
  std::string reasons;
  for (const std::string& reason : status->not_ready_reasons()) {
    reasons += reason + "\n";
  }
  return {.status = 503, .body = reasons};
}

runtime::HttpAnswer Page(std::string_view path, hub::Hub& hub,
                         const service::Server& server) {
  if (path == "/healthz") return {.body = "ok\n"};
  if (path == "/readyz") return Readiness(hub);
  if (path == "/metrics") {
    return {.body = runtime::MetricsText(server.metrics()),
            .content_type = runtime::kMetricsContentType};
  }
  return {.status = 404, .body = "/metrics, /healthz, /readyz\n"};
}

absl::Status RecordIssuedOf(const Parts& parts) {
  const auto& authority = parts.config.hub.authority();
  if (authority.issued().empty()) return absl::OkStatus();
  return RecordIssued(authority.issued(), parts.config.hub.trust_domain(),
                      absl::Now(), *parts.hub);
}

// What SIGHUP takes up while everything goes on.
void Reload(const Serving& serving, const Parts& parts, runtime::Log& log) {
  const auto config = LoadConfig(serving.config_file);
  if (!config.ok()) {
    log.warn("nothing was read again: {}",
             std::string(config.status().message()));
    return;
  }
  log.SetLevel(config->log_level);
  if (const absl::Status recorded = RecordIssuedOf(parts); !recorded.ok()) {
    log.warn("issued certificates were not read again: {}",
             std::string(recorded.message()));
    return;
  }
  log.info("log level and issued certificates were read again");
}

// The store's failure, once it is known. Thread-safe.
class Failure {
 public:
  void Set(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  absl::Status Get() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  absl::Status status_;
};

}  // namespace

absl::Status Serve(const Serving& serving, runtime::Signals& signals) {
  Failure failure;  // The hub may tell it as long as there is a hub.
  auto config = LoadConfig(serving.config_file);
  if (!config.ok()) return config.status();
  Parts parts;
  parts.config = *std::move(config);
  config::v1::HubConfig& hub_config = parts.config.hub;
  if (!serving.listen.empty()) hub_config.set_listen(serving.listen);
  if (!serving.http_listen.empty()) {
    hub_config.set_http_listen(serving.http_listen);
  }
  // As long-lived as the process, since gRPC's threads write to it.
  static runtime::Log log(
      {.level = parts.config.log_level, .json = parts.config.log_json});
  service::RouteTransportLog(log);

  if (absl::Status made = Assemble(parts); !made.ok()) return made;
  parts.hub->OnFailure([&](const absl::Status& status) {
    failure.Set(status);
    signals.Wake();
  });
  if (absl::Status done = RecordIssuedOf(parts); !done.ok()) return done;
  if (serving.prepare) {
    if (absl::Status done = serving.prepare(*parts.hub); !done.ok())
      return done;
  }
  auto server = Listen(parts, log);
  if (!server.ok()) return server.status();
  std::unique_ptr<runtime::HttpEndpoint> http;
  if (!hub_config.http_listen().empty()) {
    auto started = runtime::HttpEndpoint::Start(
        hub_config.http_listen(), [&](std::string_view path) {
          return Page(path, *parts.hub, **server);
        });
    if (!started.ok()) return started.status();
    http = *std::move(started);
  }
  log.info("serving on {}{}{}", (*server)->address(),
           http ? ", health and metrics on http://" : "",
           http ? http->address() : "");
  if (serving.ready) {
    const absl::Status told =
        serving.ready((*server)->address(), http ? http->address() : "");
    if (!told.ok()) return told;
  }

  for (auto event = signals.Wait(); event != runtime::Signals::Event::kStop;
       event = signals.Wait()) {
    if (event == runtime::Signals::Event::kReload) Reload(serving, parts, log);
    const absl::Status failed = failure.Get();
    if (failed.ok()) continue;
    // Neither yes nor no (design 17): nothing may run down in order, since
    // whoever waits must not be answered.
    log.error("the store failed ({}); start again", errors::ReasonOf(failed));
    std::_Exit(static_cast<int>(errors::ReasonRowOf(failed).exit));
  }
  signals.Release();  // A second signal ends at once.
  log.info("stopping: finishing what is queued");
  (*server)->Drain();
  http.reset();
  server->reset();
  parts.hub.reset();
  log.info("stopped");
  return absl::OkStatus();
}

}  // namespace waystation::waystationd
