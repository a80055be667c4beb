// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/snapshot/key_census.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "proto/errors/error.h"
#include "proto/runtime/file.h"

namespace waystation::adapters {
namespace {

constexpr std::size_t kPartBuffer = 1024;

// A file without a name; of file systems that know no such, one whose name is
// gone at once.
int OpenUnnamed(const std::string& folder) {
  const int file = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return file;
  std::string name = folder + "/.census.XXXXXX";
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) unlink(name.c_str());
  return named;
}

// Adds to `repeated` the values that stand in `hashes` more than once; the
// order of `hashes` is lost.
absl::Status CollectRepeated(std::vector<std::uint64_t>& hashes,
                             std::unordered_set<std::uint64_t>& repeated) {
  std::sort(hashes.begin(), hashes.end());
  for (std::size_t i = 1; i < hashes.size(); ++i) {
    if (hashes[i] == hashes[i - 1]) repeated.insert(hashes[i]);
  }
  if (repeated.size() > KeyCensus::kMostRepeated) {
    return errors::Error("KEYS_NOT_UNIQUE");
  }
  return absl::OkStatus();
}

}  // namespace

bool RepeatedKeys::IsRepetition(std::uint64_t hash, std::string_view key) {
  if (hashes_.empty() || !hashes_.contains(hash)) return false;
  return !met_.emplace(key).second;
}

KeyCensus::KeyCensus(std::string folder, std::size_t in_memory)
    : folder_(std::move(folder)), in_memory_(in_memory) {}

KeyCensus::~KeyCensus() {
  for (const int file : files_) close(file);
}

absl::Status KeyCensus::Add(std::uint64_t hash) {
  if (parts_.empty()) {
    hashes_.push_back(hash);
    return hashes_.size() < in_memory_ ? absl::OkStatus() : Spill();
  }
  const std::size_t part = hash >> 58;
  parts_[part].push_back(hash);
  return parts_[part].size() < kPartBuffer ? absl::OkStatus() : WritePart(part);
}

absl::Status KeyCensus::Spill() {
  for (std::size_t i = 0; i < kParts; ++i) {
    const int file = OpenUnnamed(folder_);
    if (file < 0) return runtime::NotWritten(folder_, errno);
    files_.push_back(file);
  }
  parts_.resize(kParts);
  for (const std::uint64_t hash : std::exchange(hashes_, {})) {
    if (auto added = Add(hash); !added.ok()) return added;
  }
  return absl::OkStatus();
}

absl::Status KeyCensus::WritePart(std::size_t part) {
  std::vector<std::uint64_t>& hashes = parts_[part];
  const auto* bytes = reinterpret_cast<const char*>(hashes.data());
  std::size_t left = hashes.size() * sizeof(std::uint64_t);
  while (left > 0) {
    const ssize_t written = write(files_[part], bytes, left);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return runtime::NotWritten(folder_, errno);
    bytes += written;
    left -= static_cast<std::size_t>(written);
  }
  hashes.clear();
  return absl::OkStatus();
}

absl::StatusOr<RepeatedKeys> KeyCensus::Finish() {
  std::unordered_set<std::uint64_t> repeated;
  if (parts_.empty()) {
    if (auto found = CollectRepeated(hashes_, repeated); !found.ok()) {
      return found;
    }
    return RepeatedKeys(std::move(repeated));
  }
  for (std::size_t part = 0; part < kParts; ++part) {
    if (auto written = WritePart(part); !written.ok()) return written;
    const off_t size = lseek(files_[part], 0, SEEK_END);
    std::vector<std::uint64_t> hashes(static_cast<std::size_t>(size) /
                                      sizeof(std::uint64_t));
    auto* bytes = reinterpret_cast<char*>(hashes.data());
    for (off_t at = 0; at < size;) {
      const ssize_t got = pread(files_[part], bytes + at,
                                static_cast<std::size_t>(size - at), at);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return runtime::NotWritten(folder_, errno);
      at += got;
    }
    if (auto found = CollectRepeated(hashes, repeated); !found.ok()) {
      return found;
    }
  }
  return RepeatedKeys(std::move(repeated));
}

}  // namespace waystation::adapters
