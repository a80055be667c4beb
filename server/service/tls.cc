// SPDX-License-Identifier: Apache-2.0
#include "server/service/tls.h"

#include <fcntl.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "proto/errors/error.h"
#include "proto/runtime/file.h"

namespace waystation::service {
namespace {

absl::Status Invalid(const std::string& path, const absl::Status& why) {
  const auto metadata = errors::MetadataOf(why);
  const auto rule = metadata.find("rule");
  return errors::Error(
      "CERTIFICATE_FILE_INVALID",
      {.field = path, .rule = rule == metadata.end() ? "" : rule->second});
}

absl::StatusOr<Authorities> ReadAuthorities(const std::string& path) {
  const auto pem = runtime::ReadFile(path);
  if (!pem.ok()) return pem.status();
  auto authorities = Authorities::FromPem(*pem);
  if (!authorities.ok()) return Invalid(path, authorities.status());
  return authorities;
}

absl::Status CheckOwn(const TlsPaths& paths) {
  const auto certificate = runtime::ReadFile(paths.certificate);
  if (!certificate.ok()) return certificate.status();
  const auto key = runtime::ReadSecretFile(paths.key);
  if (!key.ok()) return key.status();
  const absl::Status fits = CheckKeyFits(*certificate, *key);
  return fits.ok() ? fits : Invalid(paths.certificate, fits);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsFiles>> TlsFiles::Open(TlsPaths paths) {
  if (absl::Status own = CheckOwn(paths); !own.ok()) return own;
  auto roots = ReadRoots(paths);
  if (!roots.ok()) return roots.status();
  std::unique_ptr<TlsFiles> files(
      new TlsFiles(std::move(paths), *std::move(roots)));
  if (absl::Status status = files->Publish(); !status.ok()) return status;
  return files;
}

TlsFiles::TlsFiles(TlsPaths paths, Roots roots)
    : paths_(std::move(paths)),
      clients_(std::move(roots.clients)),
      auditors_(std::move(roots.auditors)) {}

TlsFiles::~TlsFiles() {
  if (roots_fd_ >= 0) close(roots_fd_);
}

absl::StatusOr<TlsFiles::Roots> TlsFiles::ReadRoots(const TlsPaths& paths) {
  auto clients = ReadAuthorities(paths.clients);
  if (!clients.ok()) return clients.status();
  auto auditors = ReadAuthorities(paths.auditors);
  if (!auditors.ok()) return auditors.status();
  if (std::ranges::any_of(auditors->pems(), [&](const std::string& pem) {
        return clients->pems().contains(pem);
      })) {
    return errors::Error(
        "CERTIFICATE_FILE_INVALID",
        {.field = paths.auditors,
         .rule = "auditors' authorities must not vouch for anybody else"});
  }
  return Roots{*std::move(clients), *std::move(auditors)};
}

std::shared_ptr<grpc::ServerCredentials> TlsFiles::Credentials() const {
  namespace tls = grpc::experimental;
  tls::TlsServerCredentialsOptions options(
      std::make_shared<tls::FileWatcherCertificateProvider>(
          paths_.key, paths_.certificate,
          "/proc/self/fd/" + std::to_string(roots_fd_), kLookEverySeconds));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls::TlsServerCredentials(options);
}

absl::StatusOr<bool> TlsFiles::Refresh() {
  auto roots = ReadRoots(paths_);
  if (!roots.ok()) return roots.status();
  if (roots->clients.pems() == clients_.pems() &&
      roots->auditors.pems() == auditors_.pems()) {
    return false;
  }
  clients_ = std::move(roots->clients);
  auditors_ = std::move(roots->auditors);
  if (absl::Status status = Publish(); !status.ok()) return status;
  return true;
}

// Puts a new file under the number that the transport knows, in one step, so
// that it never reads half of one.
absl::Status TlsFiles::Publish() {
  std::string all;
  for (const Authorities* const authorities : {&clients_, &auditors_}) {
    for (const std::string& pem : authorities->pems()) all += pem;
  }
  const int fresh = memfd_create("waystation-authorities", MFD_CLOEXEC);
  if (fresh < 0 || write(fresh, all.data(), all.size()) !=
                       static_cast<ssize_t>(all.size())) {
    if (fresh >= 0) close(fresh);
    return errors::Error("FILE_NOT_WRITTEN", {.rule = "authorities in memory"});
  }
  if (roots_fd_ < 0) {
    roots_fd_ = fresh;
    return absl::OkStatus();
  }
  dup3(fresh, roots_fd_, O_CLOEXEC);
  close(fresh);
  return absl::OkStatus();
}

}  // namespace waystation::service
