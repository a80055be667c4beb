// SPDX-License-Identifier: Apache-2.0
// What is left after a power cut: everything up to the last sync of each file,
// and of what came later any part, in pieces of a sector. From a recorded run
// such folders are made for many moments and many choices of what got through.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <vector>

#include "server/storage/sqlite/vfs.h"
#include "tests/unit/server/storage/sqlite/test_store.h"

namespace waystation::storage::sqlite {
namespace {

constexpr size_t kSector = 512;

struct Step {
  FileStep::Kind kind;
  std::string file;
  int64_t offset;
  std::string bytes;
};

// All that changes files, in order. The index of the log is memory: it is gone
// after a power cut.
class Recorder : public FileHooks {
 public:
  FileAnswer Before(const FileStep& step) override {
    const std::lock_guard lock(mutex_);
    switch (step.kind) {
      case FileStep::Kind::kWrite:
      case FileStep::Kind::kTruncate:
      case FileStep::Kind::kSync:
      case FileStep::Kind::kDelete:
        steps_.push_back({step.kind,
                          std::filesystem::path(step.path).filename().string(),
                          step.offset, std::string(step.bytes)});
        break;
      default:
        break;
    }
    return FileAnswer::kPass;
  }
  // Steps so far.
  size_t size() {
    const std::lock_guard lock(mutex_);
    return steps_.size();
  }
  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::mutex mutex_;
  std::vector<Step> steps_;
};

void Apply(const Step& step, std::string& file) {
  const auto offset = static_cast<size_t>(step.offset);
  if (step.kind == FileStep::Kind::kTruncate) file.resize(offset);
  if (step.kind == FileStep::Kind::kDelete) file.clear();
  if (step.kind != FileStep::Kind::kWrite) return;
  file.resize(std::max(file.size(), offset + step.bytes.size()));
  file.replace(offset, step.bytes.size(), step.bytes);
}

// The files when the power is cut before step `moment`. The folder itself was
// last synced before step `folder_synced`.
std::map<std::string, std::string> FilesAfterCut(const std::vector<Step>& steps,
                                                 size_t folder_synced,
                                                 size_t moment,
                                                 std::minstd_rand& random) {
  std::map<std::string, size_t> synced;
  for (size_t i = 0; i < moment; ++i) {
    if (steps[i].kind == FileStep::Kind::kSync) synced[steps[i].file] = i;
  }
  // How much of what was not synced gets through: nothing, all, or parts.
  const auto share = random() % 4;
  const auto gets_through = [&] {
    return share == 0 ? false : share == 1 ? true : random() % share == 0;
  };
  std::map<std::string, std::string> files;
  for (size_t i = 0; i < moment; ++i) {
    std::string& file = files[steps[i].file];
    const auto last_sync = synced.find(steps[i].file);
    const bool is_gone =
        steps[i].kind == FileStep::Kind::kDelete && i < folder_synced;
    if (is_gone || (last_sync != synced.end() && i < last_sync->second)) {
      Apply(steps[i], file);
      continue;
    }
    if (steps[i].kind != FileStep::Kind::kWrite) {
      if (gets_through()) Apply(steps[i], file);
      continue;
    }
    for (size_t at = 0; at < steps[i].bytes.size();) {
      Step piece = steps[i];
      const size_t offset = static_cast<size_t>(piece.offset) + at;
      const size_t size =
          std::min(kSector - offset % kSector, steps[i].bytes.size() - at);
      piece.offset = static_cast<int64_t>(offset);
      piece.bytes = steps[i].bytes.substr(at, size);
      if (gets_through()) Apply(piece, file);
      at += size;
    }
  }
  return files;
}

TEST(PowerCut, LosesNoAcknowledgedGroup) {
  constexpr uint64_t kGroups = 120;
  constexpr int kCuts = 250;
  Recorder recorder;
  // Steps after which each group was acknowledged.
  std::vector<size_t> acknowledged;
  size_t opened = 0;
  {
    const TemporaryFolder folder;
    Options options = OptionsFor(folder.path(), &recorder);
    options.log_bytes = 60 * 4096;  // Copied and begun anew many times.
    const std::unique_ptr<Store> store = Take(OpenSqlite(options));
    opened = recorder.size();
    ASSERT_TRUE(Prepare(*store).ok());
    for (uint64_t group = 1; group <= kGroups; ++group) {
      ASSERT_TRUE(store->Commit(BatchOf(group)).ok());
      acknowledged.push_back(recorder.size());
      if (group == kGroups / 2) {
        ASSERT_TRUE(store->Scrub().ok());
      }
    }
  }
  const std::vector<Step>& steps = recorder.steps();
  std::minstd_rand random(11);
  for (int cut = 0; cut < kCuts; ++cut) {
    const size_t moment =
        acknowledged.front() + random() % (steps.size() - acknowledged.front());
    SCOPED_TRACE("cut " + std::to_string(cut) + " before step " +
                 std::to_string(moment));
    const TemporaryFolder folder;
    for (const auto& [name, bytes] :
         FilesAfterCut(steps, opened, moment, random)) {
      std::ofstream(folder.File(name), std::ios::binary) << bytes;
    }
    const std::unique_ptr<Store> store =
        Take(OpenSqlite(OptionsFor(folder.path())));
    ASSERT_NE(store, nullptr);
    ExpectWholeGroups(*store);
    const auto told = static_cast<uint64_t>(
        std::upper_bound(acknowledged.begin(), acknowledged.end(), moment) -
        acknowledged.begin());
    EXPECT_GE(store->NewestGroup(), told);
    EXPECT_LE(store->NewestGroup(), told + 1);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace waystation::storage::sqlite
