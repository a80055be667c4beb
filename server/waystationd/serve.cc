// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/serve.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "proto/language/language.h"
#include "proto/runtime/http_endpoint.h"
#include "proto/runtime/log.h"
#include "proto/runtime/metrics.h"
#include "proto/runtime/service_manager.h"
#include "proto/runtime/signals.h"
#include "server/hub/hub.h"
#include "server/service/server.h"
#include "server/waystationd/config.h"
#include "server/waystationd/issued.h"
#include "server/waystationd/parts.h"

namespace waystation::waystationd {
namespace {

// A database takes a while until it notices that the hub before is gone.
constexpr absl::Duration kWaitForStore = absl::Minutes(1);

absl::StatusOr<std::unique_ptr<service::Server>> Listen(
    const Parts& parts, const runtime::Log& log,
    std::function<void(const absl::Status&)> on_deaf) {
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
  const auto most = static_cast<std::size_t>(config.limits().connections());
  options.connections = {.most = most,
                         .most_new = std::max<std::size_t>(most / 4, 1),
                         .most_of_one = static_cast<std::size_t>(
                             config.limits().connections_of_one())};
  options.on_deaf = std::move(on_deaf);
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
    log.warn("nothing was read again: {}", language::Describe(config.status()));
    return;
  }
  log.SetLevel(config->log_level);
  if (const absl::Status recorded = RecordIssuedOf(parts); !recorded.ok()) {
    log.warn("issued certificates were not read again: {}",
             language::Describe(recorded));
    return;
  }
  log.info("log level and issued certificates were read again");
}

// What the hub cannot go on with, once it is known. Thread-safe.
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
  static runtime::Log log({.level = parts.config.log_level,
                           .json = parts.config.log_json,
                           .words = language::Translated});
  service::RouteTransportLog(log);

  if (absl::Status loaded = LoadParts(parts); !loaded.ok()) return loaded;
  auto store = OpenStore(
      parts.config.store, *parts.keys,
      [](const std::string& words) {
        log.warn("store: {}", language::SayRule(words));
      },
      kWaitForStore, hub_config.share_store());
  if (!store.ok()) return store.status();
  parts.store = *std::move(store);
  if (absl::Status started = StartHub(parts); !started.ok()) return started;
  if (const auto status = parts.hub->GetHubStatus();
      status.ok() && !status->passed_over_rules_version().empty()) {
    log.warn(
        "the rules in force are {}, which an operator applied; the "
        "configuration's, {}, are passed over",
        status->rules_version(), status->passed_over_rules_version());
  }
  const auto fail = [&](const absl::Status& status) {
    failure.Set(status);
    signals.Wake();
  };
  parts.hub->OnFailure(fail);
  if (absl::Status done = RecordIssuedOf(parts); !done.ok()) return done;
  if (serving.prepare) {
    if (absl::Status done = serving.prepare(*parts.hub); !done.ok())
      return done;
  }
  auto server = Listen(parts, log, fail);
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
  if (http) {
    log.info("serving on {}, health and metrics on http://{}",
             (*server)->address(), http->address());
  } else {
    log.info("serving on {}", (*server)->address());
  }
  if (serving.ready) {
    const absl::Status told =
        serving.ready((*server)->address(), http ? http->address() : "");
    if (!told.ok()) return told;
  }

  const runtime::ServiceManager manager;
  manager.Ready();
  for (auto event = signals.Wait(manager.alive_every());
       event != runtime::Signals::Event::kStop;
       event = signals.Wait(manager.alive_every())) {
    // Whoever cannot say how the hub is does not say that it lives.
    if (parts.hub->GetHubStatus().ok()) manager.Alive();
    if (event == runtime::Signals::Event::kReload) Reload(serving, parts, log);
    const absl::Status failed = failure.Get();
    if (failed.ok()) continue;
    // Neither yes nor no (design 17): nothing may run down in order, since
    // whoever waits must not be answered; and a hub that nobody reaches has
    // nobody to say goodbye to.
    log.error("the hub cannot go on ({}); start again",
              errors::ReasonOf(failed));
    std::_Exit(static_cast<int>(errors::ReasonRowOf(failed).exit));
  }
  manager.Stopping();
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
