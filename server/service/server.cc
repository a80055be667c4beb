// SPDX-License-Identifier: Apache-2.0
#include "server/service/server.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "proto/errors/error.h"
#include "proto/runtime/log.h"
#include "server/hub/hub.h"
#include "server/service/admin.h"
#include "server/service/audit.h"
#include "server/service/mailbox.h"
#include "server/service/reconciliation.h"
#include "server/service/reflection.h"
#include "server/service/registry.h"

namespace waystation::service {
namespace {

// Design 17. A frame is at most 1 MiB of updates; keys, salts and signature
// come on top.
constexpr int kMostMessageBytes = (1 << 20) + (64 << 10);
constexpr int kMostMetadataBytes = 8 << 10;
constexpr int kMostStreams = 64;
constexpr int kHandshakeMs = 5'000;
constexpr int kIdleMs = 300'000;
constexpr int kAgeMs = 3'600'000;
constexpr int kAgeGraceMs = 60'000;
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kMinPingIntervalMs = 10'000;
constexpr int kPingStrikes = 2;
constexpr std::size_t kTransportBytes = std::size_t{256} << 20;

// Running calls are looked at so often, and files of authorities.
constexpr std::chrono::seconds kSweepEvery{1};
// What has not ended by itself after a drain is cancelled after this long.
constexpr std::chrono::seconds kShutdownPatience{5};

// Which agencies are registered. Thread-safe.
class RegisteredAgencies {
 public:
  absl::Status Load(hub::Hub& hub) {
    const auto agencies = AllAgencies(hub);
    if (!agencies.ok()) return agencies.status();
    for (const v1::AgencyStatus& status : *agencies) Add(status.agency().id());
    return absl::OkStatus();
  }
  void Add(const std::string& id) {
    const std::lock_guard lock(mutex_);
    ids_.insert(id);
  }
  bool Contains(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    return ids_.contains(id);
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> ids_;
};

// Calls `work` every second until it is destroyed.
class Sweeper {
 public:
  explicit Sweeper(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          std::unique_lock lock(mutex_);
          while (
              !stop_.wait_for(lock, kSweepEvery, [this] { return ended_; })) {
            work();
          }
        }) {}
  ~Sweeper() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    stop_.notify_one();
    thread_.join();
  }
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable stop_;
  bool ended_ = false;
  std::thread thread_;
};

void Harden(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMostMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMostMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreams);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kAgeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kAgeGraceMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             kKeepaliveTimeoutMs);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, kPingStrikes);
  // Two hubs on one port would share its connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // A small compressed message could unpack to a large one.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.SetResourceQuota(grpc::ResourceQuota("hub").Resize(kTransportBytes));
}

class GrpcServer final : public Server {
 public:
  GrpcServer(ServerOptions options, std::unique_ptr<TlsFiles> tls,
             hub::Hub& hub, const runtime::Log& log)
      : options_(std::move(options)),
        log_(log),
        tls_(std::move(tls)),
        hub_(hub),
        callers_({.trust_domain = options_.trust_domain,
                  .clock = options_.clock,
                  .is_revoked =
                      [&hub](std::string_view serial) {
                        return hub.IsRevoked(serial);
                      },
                  .is_registered =
                      [this](std::string_view agency) {
                        return agencies_.Contains(agency);
                      }},
                 tls_->clients(), tls_->auditors()),
        desk_(hub, callers_, options_.frame_bytes),
        hub_metrics_(hub, options_.tls.certificate),
        registry_(desk_, options_.frames_in_flight),
        mailbox_(desk_),
        reconciliation_(desk_),
        audit_(desk_),
        admin_(desk_, {.trust_domain = options_.trust_domain,
                       .authority = options_.authority,
                       .clock = options_.clock,
                       .registered = [this](const std::string& agency) {
                         agencies_.Add(agency);
                       }}) {}

  ~GrpcServer() override { Drain(); }
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  absl::Status Listen() {
    if (absl::Status loaded = agencies_.Load(hub_); !loaded.ok()) return loaded;
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    Harden(builder);
    int port = 0;
    builder.AddListeningPort(options_.listen, tls_->Credentials(), &port);
    const std::vector<grpc::Service*> services = {
        &registry_, &mailbox_, &reconciliation_, &audit_, &admin_};
    for (grpc::Service* const service : services) {
      builder.RegisterService(service);
    }
    reflection_ = MakeReflectionServices(
        {"grpc.health.v1.Health", v1::RegistryService::service_full_name(),
         v1::MailboxService::service_full_name(),
         v1::ReconciliationService::service_full_name(),
         v1::AuditService::service_full_name(),
         v1::AdminService::service_full_name()});
    for (const auto& service : reflection_) {
      builder.RegisterService(service.get());
    }
    server_ = builder.BuildAndStart();
    if (!server_ || port == 0) {
      server_.reset();
      return errors::Error("PORT_TAKEN", {.rule = options_.listen});
    }
    address_ = options_.listen.substr(0, options_.listen.rfind(':') + 1) +
               std::to_string(port);
    sweeper_.emplace([this] { Sweep(); });
    return absl::OkStatus();
  }

  void Drain() override {
    if (!server_) return;
    server_->GetHealthCheckService()->SetServingStatus(false);
    desk_.running.Drain();
    hub_.Drain();
    server_->Shutdown(std::chrono::system_clock::now() + kShutdownPatience);
    sweeper_.reset();
    server_.reset();
  }

  std::string address() const override { return address_; }

  std::vector<const prometheus::Collectable*> metrics() const override {
    return {&desk_.metrics, &hub_metrics_};
  }

 private:
  // Ends the calls of certificates that hold no more, and takes up authorities
  // that have changed.
  void Sweep() {
    const absl::Time now = options_.clock();
    desk_.running.EndIf([&](std::string_view serial, absl::Time not_after) {
      return now >= not_after || hub_.IsRevoked(serial);
    });
    const absl::StatusOr<bool> changed = tls_->Refresh();
    if (!changed.ok()) {
      if (std::string text(changed.status().message()); text != complaint_) {
        log_.warn("authorities stay as they were: {}", text);
        complaint_ = std::move(text);
      }
    } else {
      complaint_.clear();
      if (*changed) {
        callers_.SetAuthorities(tls_->clients(), tls_->auditors());
        log_.info("authorities were read again");
      }
    }
  }

  const ServerOptions options_;
  const runtime::Log& log_;
  const std::unique_ptr<TlsFiles> tls_;
  hub::Hub& hub_;
  RegisteredAgencies agencies_;
  Callers callers_;
  Desk desk_;
  HubMetrics hub_metrics_;
  RegistryService registry_;
  MailboxService mailbox_;
  ReconciliationService reconciliation_;
  AuditService audit_;
  AdminService admin_;
  std::vector<std::unique_ptr<grpc::Service>> reflection_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  // The last complaint about files, said once.
  std::string complaint_;
  std::optional<Sweeper> sweeper_;
};

}  // namespace

void RouteTransportLog(const runtime::Log& log) {
  static const runtime::Log* sink = nullptr;
  sink = &log;
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  gpr_set_log_function(
      [](gpr_log_func_args* args) { sink->debug("grpc: {}", args->message); });
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options,
                                                      hub::Hub& hub,
                                                      const runtime::Log& log) {
  auto tls = TlsFiles::Open(options.tls);
  if (!tls.ok()) return tls.status();
  auto server = std::make_unique<GrpcServer>(std::move(options),
                                             *std::move(tls), hub, log);
  if (absl::Status status = server->Listen(); !status.ok()) return status;
  return server;
}

}  // namespace waystation::service
