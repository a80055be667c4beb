// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/key_pair.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "proto/failpoint/failpoint.h"
#include "proto/runtime/file.h"

namespace waystation::runtime {
namespace {

namespace fs = std::filesystem;

constexpr char kCertificate[] = "cert.pem";
constexpr char kKey[] = "key.pem";
constexpr char kCurrent[] = "current";
constexpr char kLock[] = "lock";

// Makes `path` a link to `target` in one step, whatever stood there.
absl::Status ReplaceLink(const std::string& path, const std::string& target) {
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());
  if (symlink(target.c_str(), fresh.c_str()) != 0) {
    return NotWritten(fresh, errno);
  }
  if (rename(fresh.c_str(), path.c_str()) != 0) {
    absl::Status status = NotWritten(path, errno);
    unlink(fresh.c_str());
    return status;
  }
  return SyncFolder(path);
}

// Where a link leads; empty for all else.
std::string TargetOf(const std::string& path) {
  std::error_code error;
  return fs::read_symlink(path, error);
}

// 0 for all that is no number.
std::uint64_t NumberOf(const std::string& name) {
  std::uint64_t number = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? number : 0;
}

// The folder of a key's pairs, held by one process at a time.
class Pairs {
 public:
  static absl::StatusOr<Pairs> Open(const std::string& folder) {
    if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
      return NotWritten(folder, errno);
    }
    const std::string path = folder + "/" + kLock;
    Descriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock.ok()) return NotWritten(path, errno);
    while (flock(lock.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return NotWritten(path, errno);
    }
    return Pairs(folder, std::move(lock));
  }

  // Writes a pair beside those that are there, and lets it be the current one.
  absl::Status Take(const KeyPair& pair) {
    const std::string name = std::to_string(Newest() + 1);
    const std::string folder = folder_ + "/" + name;
    if (mkdir(folder.c_str(), 0755) != 0) return NotWritten(folder, errno);
    absl::Status done =
        WriteNewFile(folder + "/" + kKey, pair.key_pem, /*mode=*/0600);
    WAYSTATION_FAILPOINT("pair/key");
    if (done.ok()) {
      done = WriteNewFile(folder + "/" + kCertificate, pair.certificate_pem);
    }
    if (done.ok()) done = SyncFolder(folder);
    WAYSTATION_FAILPOINT("pair/written");
    if (done.ok()) done = ReplaceLink(folder_ + "/" + kCurrent, name);
    WAYSTATION_FAILPOINT("pair/current");
    if (!done.ok()) Remove(folder);
    return done;
  }

  // Forgets all but the current one, what a crash left half written included.
  void Clean() const {
    const std::string current = TargetOf(folder_ + "/" + kCurrent);
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
      const std::string name = entry.path().filename();
      if (NumberOf(name) != 0 && name != current) Remove(entry.path());
    }
  }

 private:
  Pairs(std::string folder, Descriptor lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}

  static void Remove(const fs::path& path) {
    std::error_code error;
    fs::remove_all(path, error);
  }

  std::uint64_t Newest() const {
    std::uint64_t newest = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
      newest = std::max(newest, NumberOf(entry.path().filename()));
    }
    return newest;
  }

  std::string folder_;
  Descriptor lock_;
};

absl::StatusOr<KeyPair> ReadPair(const std::string& certificate_path,
                                 const std::string& key_path) {
  auto certificate = ReadFile(certificate_path);
  if (!certificate.ok()) return certificate.status();
  auto key = ReadSecretFile(key_path);
  if (!key.ok()) return key.status();
  return KeyPair{*std::move(certificate), *std::move(key)};
}

// From `path`, as short as it can be said.
std::string LinkTo(const fs::path& target, const std::string& path) {
  const fs::path folder = fs::absolute(path).parent_path();
  const fs::path whole = fs::absolute(target);
  return whole.parent_path().parent_path().parent_path() == folder
             ? whole.lexically_relative(folder)
             : whole;
}

}  // namespace

absl::Status ReplaceKeyPair(const std::string& certificate_path,
                            const std::string& key_path, const KeyPair& pair) {
  const auto old = ReadPair(certificate_path, key_path);
  if (!old.ok()) return old.status();
  if (certificate_path == key_path) {
    return ReplaceFile(key_path, pair.certificate_pem + pair.key_pem, 0600);
  }
  const std::string folder = key_path + ".pairs";
  auto pairs = Pairs::Open(folder);
  if (!pairs.ok()) return pairs.status();
  const std::string current = folder + "/" + kCurrent + "/";
  const std::string certificate_link =
      LinkTo(current + kCertificate, certificate_path);
  const std::string key_link = LinkTo(current + kKey, key_path);
  if (TargetOf(certificate_path) != certificate_link ||
      TargetOf(key_path) != key_link) {
    // First the pair that stands takes the links' place, so that each name can
    // become one without saying anything else than before.
    const auto stands = ReadPair(certificate_path, key_path);
    if (!stands.ok()) return stands.status();
    if (absl::Status done = pairs->Take(*stands); !done.ok()) return done;
    absl::Status done = ReplaceLink(certificate_path, certificate_link);
    WAYSTATION_FAILPOINT("pair/linked");
    if (done.ok()) done = ReplaceLink(key_path, key_link);
    WAYSTATION_FAILPOINT("pair/adopted");
    if (!done.ok()) return done;
  }
  if (absl::Status done = pairs->Take(pair); !done.ok()) return done;
  pairs->Clean();
  WAYSTATION_FAILPOINT("pair/cleaned");
  return absl::OkStatus();
}

}  // namespace waystation::runtime
