// SPDX-License-Identifier: Apache-2.0
#include "server/service/server.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "proto/errors/error.h"
#include "proto/runtime/log.h"
#include "server/hub/hub.h"
#include "server/service/admin.h"
#include "server/service/audit.h"
#include "server/service/connections.h"
#include "server/service/directory.h"
#include "server/service/health.h"
#include "server/service/listener.h"
#include "server/service/mailbox.h"
#include "server/service/notice.h"
#include "server/service/reconciliation.h"
#include "server/service/reflection.h"
#include "server/service/registry.h"
#include "server/service/self_probe.h"
#include "server/service/verify.h"

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
// What a stream may send ahead of what is read. The transport would measure the
// line and raise it to 4 MiB and more, for each of the streams.
constexpr int kLookaheadBytes = 512 << 10;
// What is read at once. All of it is parsed before anything else is done on the
// connection; the transport would read up to 4 MiB.
constexpr int kReadBytes = 16 << 10;

// Running calls are looked at so often, and files of authorities.
constexpr std::chrono::seconds kSweepEvery{1};
// What has not ended by itself after a drain is cancelled after this long.
constexpr std::chrono::seconds kShutdownPatience{5};
// A client that takes nothing of what is sent to it for so long loses its call.
constexpr absl::Duration kStallPatience = absl::Seconds(60);
// The hub calls itself.
constexpr std::chrono::seconds kProbePatience{10};
constexpr int kProbeFailures = 3;

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
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES,
                             kLookaheadBytes);
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kReadBytes);
  // A small compressed message could unpack to a large one.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.SetResourceQuota(grpc::ResourceQuota("hub").Resize(kTransportBytes));
}

// Sees each call as it begins, on the thread that has read it. It lets all of
// them pass.
class Doorkeeper final : public grpc::AuthMetadataProcessor {
 public:
  explicit Doorkeeper(Connections& connections) : connections_(connections) {}

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata&, grpc::AuthContext* context,
                       OutputMetadata*, OutputMetadata*) override {
    if (const void* const token = TokenOf(*context)) {
      connections_.CallBegins(token, std::chrono::steady_clock::now());
    }
    return grpc::Status::OK;
  }

 private:
  Connections& connections_;
};

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
        connections_(
            options_.connections,
            [this](std::string_view path, std::string_view agency,
                   Offence offence) { TellShownOut(path, agency, offence); }),
        desk_(hub, callers_, connections_, options_.frame_bytes),
        hub_metrics_(hub, options_.tls.certificate),
        connection_metrics_(connections_, stalled_),
        registry_(desk_, options_.frames_in_flight),
        mailbox_(desk_),
        notice_(desk_),
        verify_(desk_),
        directory_(desk_),
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
    auto listener = Listener::Open(options_.listen, connections_);
    if (!listener.ok()) return listener.status();
    BoundByDescriptors();
    grpc::EnableDefaultHealthCheckService(false);
    grpc::ServerBuilder builder;
    Harden(builder);
    using External =
        grpc::ServerBuilder::experimental_type::ExternalConnectionType;
    const auto credentials = tls_->Credentials();
    credentials->SetAuthMetadataProcessor(
        std::make_shared<Doorkeeper>(connections_));
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        External::FROM_FD, credentials);
    const std::vector<grpc::Service*> services = {
        &registry_,  &mailbox_,        &notice_, &verify_,
        &directory_, &reconciliation_, &audit_,  &admin_};
    for (grpc::Service* const service : services) {
      builder.RegisterService(service);
    }
    const std::vector<std::string> names = {
        v1::RegistryService::service_full_name(),
        v1::MailboxService::service_full_name(),
        v1::NoticeService::service_full_name(),
        v1::VerifyService::service_full_name(),
        v1::DirectoryService::service_full_name(),
        v1::ReconciliationService::service_full_name(),
        v1::AuditService::service_full_name(),
        v1::AdminService::service_full_name()};
    standard_ = MakeReflectionServices(desk_, names);
    standard_.push_back(MakeHealthService(desk_, names));
    for (const auto& service : standard_) {
      builder.RegisterService(service.get());
    }
    server_ = builder.BuildAndStart();
    if (!server_) {
      return errors::Error("PORT_TAKEN", {.rule = options_.listen});
    }
    listener_ = *std::move(listener);
    address_ = listener_->address();
    listener_->Start([this](int listening, int fd) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
          parameters;
      parameters.listener_fd = listening;
      parameters.fd = fd;
      acceptor_->HandleNewConnection(&parameters);
    });
    sweeper_.emplace([this] { Sweep(); });
    probe_.emplace(SelfProbe::Options{
        .every = options_.probe_every,
        .failures = kProbeFailures,
        .probe = [this] { return Probe(); },
        .deaf = [this](const std::string& why) { TellDeaf(why); }});
    return absl::OkStatus();
  }

  void Drain() override {
    if (!server_) return;
    probe_.reset();
    listener_->StopAccepting();
    desk_.running.Drain();
    hub_.Drain();
    server_->Shutdown(std::chrono::system_clock::now() + kShutdownPatience);
    sweeper_.reset();
    server_.reset();
    listener_.reset();
  }

  std::string address() const override { return address_; }

  std::vector<const prometheus::Collectable*> metrics() const override {
    return {&desk_.metrics, &hub_metrics_, &connection_metrics_};
  }

 private:
  // Each connection takes two descriptors. Better to refuse than to run out of
  // them, where the store and the log would run out too.
  void BoundByDescriptors() {
    const std::size_t wanted = options_.connections.most;
    const std::size_t most = MakeRoomForDescriptors(wanted);
    if (most == wanted) return;
    connections_.Bound(most);
    log_.warn(
        "the limit of open files leaves room for {} connections instead of {}",
        most, wanted);
  }

  void TellShownOut(std::string_view path, std::string_view agency,
                    Offence offence) {
    const std::string who(agency.empty() ? "-" : agency);
    if (offence == Offence::kFlood) {
      log_.warn("a peer was disconnected ({}): it floods its connection", who);
    } else {
      log_.warn("a peer was disconnected ({}): it cancels call after call",
                who);
    }
    if (!path.empty()) hub_.CountRefusal(path, "connection", "TOO_MANY_CALLS");
  }

  // As a stranger from outside, and as a caller from within.
  std::optional<std::string> Probe() {
    if (auto wrong =
            KnockAt(listener_->reached_at(), kProbePatience,
                    [this](const std::string& me) { connections_.Expect(me); });
        wrong) {
      return wrong;
    }
    const auto health =
        grpc::health::v1::Health::NewStub(server_->InProcessChannel({}));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kProbePatience);
    grpc::health::v1::HealthCheckResponse response;
    const grpc::Status status = health->Check(&context, {}, &response);
    if (status.ok()) return std::nullopt;
    return "no answer to a call: " + status.error_message();
  }

  void TellDeaf(const std::string& why) {
    log_.error("the hub cannot be reached at its own address: {}", why);
    if (options_.on_deaf) {
      options_.on_deaf(errors::Error("LISTENER_DEAF", {.rule = why}));
    }
  }

  // Ends the calls of certificates that hold no more, and takes up authorities
  // that have changed.
  void Sweep() {
    const absl::Time now = options_.clock();
    desk_.running.EndIf([&](std::string_view serial, absl::Time not_after) {
      return now >= not_after || hub_.IsRevoked(serial);
    });
    stalled_ += desk_.running.EndStalled(now, kStallPatience);
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
  Connections connections_;
  // Calls that were ended since their clients took nothing.
  std::atomic<std::uint64_t> stalled_ = 0;
  Desk desk_;
  HubMetrics hub_metrics_;
  ConnectionMetrics connection_metrics_;
  RegistryService registry_;
  MailboxService mailbox_;
  NoticeService notice_;
  VerifyService verify_;
  DirectoryService directory_;
  ReconciliationService reconciliation_;
  AuditService audit_;
  AdminService admin_;
  // Reflection and health.
  std::vector<std::unique_ptr<grpc::Service>> standard_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Listener> listener_;
  std::string address_;
  // The last complaint about files, said once.
  std::string complaint_;
  std::optional<Sweeper> sweeper_;
  std::optional<SelfProbe> probe_;
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
