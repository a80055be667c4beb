// SPDX-License-Identifier: Apache-2.0
// What a power cut leaves of a folder: everything up to the last sync of each
// file, and of what came later any part, in pieces of a sector. From a recorded
// run such folders are made for any moment and many choices of what got
// through.
#ifndef WAYSTATION_TESTS_UNIT_SERVER_STORAGE_SQLITE_POWER_H_
#define WAYSTATION_TESTS_UNIT_SERVER_STORAGE_SQLITE_POWER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "server/storage/sqlite/vfs.h"

namespace waystation::storage::sqlite {

struct RecordedStep {
  FileStep::Kind kind;
  std::string file;
  int64_t offset;
  std::string bytes;
};

// All that changes files, in order. The index of the log is memory: it is gone
// after a power cut.
class Recorder : public FileHooks {
 public:
  FileAnswer Before(const FileStep& step) override;
  // Steps so far: a moment.
  size_t size();
  // The folder itself has been synced.
  void FolderSynced() { folder_synced_ = size(); }

  // Once nobody uses the files any more.
  const std::vector<RecordedStep>& steps() const { return steps_; }
  size_t folder_synced() const { return folder_synced_; }

 private:
  std::mutex mutex_;
  std::vector<RecordedStep> steps_;
  size_t folder_synced_ = 0;
};

// Contents by name.
using Files = std::map<std::string, std::string>;

// What a disk holds at one moment of a recorded run, which is borrowed.
class Disk {
 public:
  explicit Disk(const Recorder& run)
      : steps_(run.steps()), folder_synced_(run.folder_synced()) {}

  // Goes on to the moment before step `moment`. Never back.
  void AdvanceTo(size_t moment);
  // What a power cut leaves now: one of the many possible folders.
  Files Cut(std::mt19937_64& chance) const;

 private:
  struct File {
    bool is_there = false;
    std::string synced;
    // Steps since the last sync.
    std::vector<size_t> pending;
  };
  void Sync(File& file) const;
  void SyncFolder();

  const std::vector<RecordedStep>& steps_;
  const size_t folder_synced_;
  size_t moment_ = 0;
  std::map<std::string, File> files_;
};

// Makes a folder of them, which is there and empty.
void WriteFiles(const Files& files, const std::filesystem::path& folder);

Files ReadFiles(const std::filesystem::path& folder);

// Tells folders apart, in this run of the program.
uint64_t Fingerprint(const Files& files);

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_TESTS_UNIT_SERVER_STORAGE_SQLITE_POWER_H_
