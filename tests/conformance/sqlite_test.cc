// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "absl/strings/str_cat.h"
#include "server/storage/sqlite/moving.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "server/storage/sqlite/vfs.h"
#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

namespace fs = std::filesystem;
using storage::sqlite::FileAnswer;
using storage::sqlite::FileHooks;
using storage::sqlite::FileStep;

// A folder, and a disk that fills up or fails on demand.
class SqliteMedium final : public Medium, public FileHooks {
 public:
  SqliteMedium() {
    std::string path = (fs::temp_directory_path() / "waystation.XXXXXX");
    if (::mkdtemp(path.data()) == nullptr) std::abort();
    folder_ = path;
  }
  ~SqliteMedium() override { fs::remove_all(folder_); }

  absl::StatusOr<std::unique_ptr<storage::Store>> Open() override {
    storage::sqlite::Options options;
    options.folder = folder_;
    options.checksum_key.fill(7);
    options.hooks = this;
    return storage::sqlite::OpenSqlite(options);
  }
  void FillDisk(bool full) override { full_ = full; }
  void FailSync(int n) override { syncs_left_ = n; }
  std::vector<fs::path> Files() const override {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
      if (entry.file_size() > 0) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  std::string FlipBit(std::minstd_rand& random) override {
    const std::vector<fs::path> files = Files();
    const fs::path path = files[random() % files.size()];
    const uint64_t byte = random() % fs::file_size(path);
    const int bit = static_cast<int>(random() % 8);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(byte));
    const int value = file.get();
    file.seekp(static_cast<std::streamoff>(byte));
    file.put(static_cast<char>(value ^ (1 << bit)));
    return absl::StrCat(path.filename().string(), " byte ", byte, " bit ", bit);
  }
  int flips() const override { return 300; }
  std::unique_ptr<Medium> Copy() const override {
    auto copy = std::make_unique<SqliteMedium>();
    fs::copy(folder_, copy->folder_, fs::copy_options::recursive);
    return copy;
  }
  absl::StatusOr<std::unique_ptr<Medium>> Rebuild(
      const std::function<absl::StatusOr<std::string>()>& next) const override {
    auto other = std::make_unique<SqliteMedium>();
    fs::remove(other->folder_);
    const absl::Status made =
        storage::sqlite::RestoreSqlite(other->folder_, next);
    if (!made.ok()) return made;
    return other;
  }

  absl::Status Export(const storage::TakeRow& take) const override {
    return storage::sqlite::ExportSqlite(folder_, take);
  }
  absl::StatusOr<std::unique_ptr<storage::StoreFiller>> BeginFilling(
      const std::string& source) override {
    return storage::sqlite::FillSqlite(folder_, source);
  }
  absl::StatusOr<std::optional<std::string>> ReadNote(
      storage::Note note) const override {
    return storage::sqlite::ReadNote(folder_, note);
  }
  absl::Status PutNote(storage::Note note, const std::string& text) override {
    return storage::sqlite::PutNote(folder_, note, text);
  }
  absl::Status RemoveNote(storage::Note note) override {
    return storage::sqlite::RemoveNote(folder_, note);
  }
  std::unique_ptr<Medium> Another() const override {
    return std::make_unique<SqliteMedium>();
  }

  FileAnswer Before(const FileStep& step) override {
    switch (step.kind) {
      case FileStep::Kind::kWrite:
        return full_ ? FileAnswer::kNoSpace : FileAnswer::kPass;
      case FileStep::Kind::kSync:
        return syncs_left_ > 0 && --syncs_left_ == 0 ? FileAnswer::kFail
                                                     : FileAnswer::kPass;
      default:
        return FileAnswer::kPass;
    }
  }

 private:
  fs::path folder_;
  std::atomic<bool> full_ = false;
  std::atomic<int> syncs_left_ = 0;
};

std::unique_ptr<Medium> MakeSqlite() {
  return std::make_unique<SqliteMedium>();
}

WAYSTATION_CONFORMS(Sqlite, &MakeSqlite);

}  // namespace
}  // namespace waystation::conformance
