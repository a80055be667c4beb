// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/storage/sqlite/power.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string_view>
#include <utility>

#include "absl/hash/hash.h"

namespace waystation::storage::sqlite {
namespace {

using Kind = FileStep::Kind;

constexpr size_t kSector = 512;

void Write(std::string_view bytes, size_t offset, std::string& file) {
  file.resize(std::max(file.size(), offset + bytes.size()));
  file.replace(offset, bytes.size(), bytes);
}

// What becomes of the steps that nobody synced.
class Luck {
 public:
  explicit Luck(std::mt19937_64& chance)
      : chance_(chance), kind_(chance() % 5), left_(chance() % 64) {}

  // Asked once for each piece, in order.
  bool GetsThrough() {
    switch (kind_) {
      case 0:
        return false;
      case 1:
        return true;
      case 2:
        return chance_() % 2 == 0;
      case 3:
        return chance_() % 8 != 0;
      default:  // Some, and then nothing.
        if (left_ == 0) return false;
        --left_;
        return true;
    }
  }

 private:
  std::mt19937_64& chance_;
  const uint64_t kind_;
  uint64_t left_;
};

}  // namespace

FileAnswer Recorder::Before(const FileStep& step) {
  const std::lock_guard lock(mutex_);
  switch (step.kind) {
    case Kind::kWrite:
    case Kind::kTruncate:
    case Kind::kSync:
    case Kind::kDelete:
      steps_.push_back({step.kind,
                        std::filesystem::path(step.path).filename().string(),
                        step.offset, std::string(step.bytes)});
      break;
    default:
      break;
  }
  return FileAnswer::kPass;
}

size_t Recorder::size() {
  const std::lock_guard lock(mutex_);
  return steps_.size();
}

void Disk::Sync(File& file) const {
  for (const size_t i : file.pending) {
    const RecordedStep& step = steps_[i];
    const auto offset = static_cast<size_t>(step.offset);
    if (step.kind == Kind::kWrite) Write(step.bytes, offset, file.synced);
    if (step.kind == Kind::kTruncate) file.synced.resize(offset);
    if (step.kind == Kind::kDelete) file.synced.clear();
  }
  file.pending.clear();
}

// Files that were deleted are gone for good, and those that were made stay.
void Disk::SyncFolder() {
  for (auto& [name, file] : files_) {
    const auto deleted =
        std::find_if(file.pending.rbegin(), file.pending.rend(),
                     [&](size_t i) { return steps_[i].kind == Kind::kDelete; });
    file.is_there = deleted != file.pending.rbegin() || file.pending.empty();
    if (deleted == file.pending.rend()) continue;
    file.synced.clear();
    file.pending.erase(file.pending.begin(), deleted.base());
  }
}

void Disk::AdvanceTo(size_t moment) {
  for (; moment_ < moment; ++moment_) {
    if (moment_ == folder_synced_) SyncFolder();
    File& file = files_[steps_[moment_].file];
    if (steps_[moment_].kind == Kind::kSync) {
      // SQLite syncs the folder with the first sync of a file that it made.
      file.is_there = true;
      Sync(file);
    } else {
      file.pending.push_back(moment_);
    }
  }
}

Files Disk::Cut(std::mt19937_64& chance) const {
  Luck luck(chance);
  Files files;
  for (const auto& [name, file] : files_) {
    std::string content = file.synced;
    bool is_there = file.is_there;
    for (const size_t i : file.pending) {
      const RecordedStep& step = steps_[i];
      const auto offset = static_cast<size_t>(step.offset);
      if (step.kind == Kind::kWrite) {
        for (size_t at = 0; at < step.bytes.size();) {
          const size_t size = std::min(kSector - (offset + at) % kSector,
                                       step.bytes.size() - at);
          if (luck.GetsThrough()) {
            Write(std::string_view(step.bytes).substr(at, size), offset + at,
                  content);
            is_there = true;
          }
          at += size;
        }
      } else if (luck.GetsThrough()) {
        content.resize(step.kind == Kind::kTruncate ? offset : 0);
        is_there = step.kind == Kind::kTruncate;
      }
    }
    if (is_there) files[name] = std::move(content);
  }
  return files;
}

void WriteFiles(const Files& files, const std::filesystem::path& folder) {
  for (const auto& [name, content] : files) {
    std::ofstream file(folder / name, std::ios::binary);
    file << content;
    file.close();
    EXPECT_TRUE(file.good()) << folder / name;
  }
}

Files ReadFiles(const std::filesystem::path& folder) {
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::string& content = files[entry.path().filename()];
    content.resize(entry.file_size());
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    EXPECT_TRUE(file.good()) << entry.path();
  }
  return files;
}

uint64_t Fingerprint(const Files& files) { return absl::HashOf(files); }

}  // namespace waystation::storage::sqlite
