// SPDX-License-Identifier: Apache-2.0
#include "waystation/connection.h"

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "client/library/calls.h"
#include "client/library/identity.h"
#include "proto/errors/error.h"
#include "waystation/config/v1/client.pb.h"

namespace waystation::client {
namespace {

// How often the certificate's files are looked at for a renewed one.
constexpr unsigned kReloadSeconds = 10;
// A page of whole audit entries with their details' hashes is the largest
// answer there is.
constexpr int kMaxAnswerBytes = 64 << 20;
// An address that swallows packets is given up after this long.
constexpr int kConnectTimeoutMs = 5'000;
// A quiet stream asks whether the other side is still there so often, and takes
// no answer for a no after this long. A hub allows it every 10 seconds.
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// Who pauses looks so often whether it is to end.
constexpr absl::Duration kLookAround = absl::Milliseconds(50);

std::string Resolve(const std::string& path, std::string_view folder) {
  if (path.empty()) return path;
  if (path.starts_with("~/")) {
    const char* home = std::getenv("HOME");
    return std::string(home == nullptr ? "" : home) + path.substr(1);
  }
  return (std::filesystem::path(folder) / path).string();
}

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     std::string_view what) {
  if (path.empty()) {
    return errors::Error("CONFIG_INVALID",
                         {.field = std::string(what), .rule = "required"});
  }
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file) return errors::Error("FILE_MISSING", {.rule = path});
  return text;
}

absl::Status CheckKeyMode(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) {
    return errors::Error("FILE_MISSING", {.rule = path});
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return errors::Error("KEY_FILE_MODE", {.rule = path});
  }
  return absl::OkStatus();
}

absl::Status Unusable(const std::string& path, const absl::Status& why) {
  return errors::Error("CERTIFICATE_FILE_INVALID",
                       {.field = path, .rule = std::string(why.message())});
}

// Reads what the files hold, so that a mistake in them is named before any
// call: a handshake would only say that it failed.
absl::StatusOr<Identity> CheckFiles(const ConnectionOptions& options) {
  const auto authorities = ReadFile(options.ca_file, "ca");
  if (!authorities.ok()) return authorities.status();
  if (authorities->find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return errors::Error(
        "CERTIFICATE_FILE_INVALID",
        {.field = options.ca_file, .rule = "it holds no PEM certificate"});
  }
  const auto certificate = ReadFile(options.certificate_file, "cert");
  if (!certificate.ok()) return certificate.status();
  const auto key = ReadFile(options.key_file, "key");
  if (!key.ok()) return key.status();
  if (const absl::Status mode = CheckKeyMode(options.key_file); !mode.ok()) {
    return mode;
  }
  if (const absl::Status fits = CheckKeyFits(*certificate, *key); !fits.ok()) {
    return Unusable(options.key_file, fits);
  }
  absl::StatusOr<Identity> identity = ReadIdentity(*certificate);
  if (!identity.ok()) {
    return Unusable(options.certificate_file, identity.status());
  }
  if (identity->not_after < absl::Now()) {
    return errors::Error(
        "CERTIFICATE_FILE_INVALID",
        {.field = options.certificate_file,
         .rule = "it expired on " + absl::FormatTime("%Y-%m-%d",
                                                     identity->not_after,
                                                     absl::UTCTimeZone())});
  }
  return identity;
}

std::shared_ptr<grpc::ChannelCredentials> Credentials(
    const ConnectionOptions& options) {
  grpc::experimental::TlsChannelCredentialsOptions tls;
  tls.set_certificate_provider(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          options.key_file, options.certificate_file, options.ca_file,
          kReloadSeconds));
  tls.watch_root_certs();
  tls.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsCredentials(tls);
}

grpc::ChannelArguments Arguments(const ConnectionOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetUserAgentPrefix("libwaystation");
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  if (!options.server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.server_name);
  }
  // The channel's own pauses stay below those of RetryPolicy, which decides.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Each connection is a connection: channels of one address are not merged.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

}  // namespace

ConnectionOptions ToOptions(const config::v1::HubConnection& config,
                            std::string_view folder) {
  ConnectionOptions options;
  options.hubs.assign(config.hubs().begin(), config.hubs().end());
  options.ca_file = Resolve(config.ca(), folder);
  options.certificate_file = Resolve(config.cert(), folder);
  options.key_file = Resolve(config.key(), folder);
  options.server_name = config.server_name();
  return options;
}

Connection::Connection(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}

Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    ConnectionOptions options) {
  if (options.hubs.empty()) {
    return errors::Error("CONFIG_INVALID",
                         {.field = "hubs", .rule = "at least one host:port"});
  }
  absl::StatusOr<Identity> identity = CheckFiles(options);
  if (!identity.ok()) return identity.status();

  auto parts = std::make_unique<Parts>();
  const auto credentials = Credentials(options);
  const grpc::ChannelArguments arguments = Arguments(options);
  for (const std::string& hub : options.hubs) {
    parts->channels.push_back(
        grpc::CreateCustomChannel(hub, credentials, arguments));
  }
  parts->options = std::move(options);
  parts->identity = *std::move(identity);
  return std::unique_ptr<Connection>(new Connection(std::move(parts)));
}

const ConnectionOptions& Connection::options() const { return parts_->options; }

const std::string& Connection::identity() const {
  return parts_->identity.path;
}

std::string_view Connection::agency() const {
  return parts_->identity.agency();
}

absl::Time Connection::certificate_expiry() const {
  return parts_->identity.not_after;
}

const std::string& Connection::certificate_serial() const {
  return parts_->identity.serial;
}

void Connection::Cancel() {
  const std::lock_guard lock(parts_->mutex);
  parts_->cancelled = true;
  for (const OnCancel* listener : parts_->listeners) listener->Act();
}

bool Connection::cancelled() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->cancelled;
}

std::size_t Connection::size() const { return parts_->channels.size(); }

std::shared_ptr<grpc::Channel> Connection::channel(std::size_t hub) const {
  return parts_->channels.at(hub);
}

std::size_t Connection::current() const { return parts_->current; }

void Connection::Unreachable(std::size_t hub) {
  // Only the first of several calls that failed together moves on.
  std::size_t expected = hub;
  parts_->current.compare_exchange_strong(expected, (hub + 1) % size());
}

absl::Status Connection::Sleep(absl::Duration duration) const {
  Pause(*this, duration, [this] { return cancelled(); });
  return cancelled() ? errors::Error("CANCELLED") : absl::OkStatus();
}

void Pause(const Connection& connection, absl::Duration duration,
           const std::function<bool()>& over) {
  const auto channel = connection.channel(connection.current());
  const absl::Time end = absl::Now() + duration;
  for (absl::Time now = absl::Now(); now < end && !over(); now = absl::Now()) {
    channel->WaitForStateChange(
        channel->GetState(/*try_to_connect=*/true),
        absl::ToChronoTime(std::min(end, now + kLookAround)));
  }
}

OnCancel::OnCancel(Connection& connection, std::function<void()> act)
    : parts_(connection.parts()), act_(std::move(act)) {
  const std::lock_guard lock(parts_.mutex);
  parts_.listeners.insert(this);
  if (parts_.cancelled) act_();
}

OnCancel::~OnCancel() {
  const std::lock_guard lock(parts_.mutex);
  parts_.listeners.erase(this);
}

}  // namespace waystation::client
