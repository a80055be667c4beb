// SPDX-License-Identifier: Apache-2.0
// Writes a log to a folder in the layout of C2SP tlog-tiles, with the details'
// hashes beside (docs/audit-export.md). The file `checkpoint` is written last
// and says how much of the rest counts, so that an export which was cut short
// leaves the earlier one as it was.
#include <google/protobuf/util/json_util.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "client/library/export_layout.h"
#include "client/library/files.h"
#include "client/library/proof_fails.h"
#include "proto/auditlog/tiles.h"
#include "proto/errors/error.h"
#include "waystation/audit_log.h"
#include "waystation/report/v1/audit_report.pb.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::client {
namespace {

namespace fs = std::filesystem;
using auditlog::kTileWidth;

constexpr std::string_view kReadme =
    R"(An audit log of Waystation, exported in the layout of C2SP tlog-tiles.

checkpoint        the newest signed head: origin, size, root (C2SP signed note)
checkpoints       all signed heads that were shown, oldest first
log.vkey          the key that signs them; compare it with one that you trust
tile/entries/     the entries: serialised waystation.v1.AuditEvent messages
tile/0/, 1/, ...  the hashes of the Merkle tree (RFC 6962, SHA-256)
tile/details/     the salted hashes to which each entry commits (details_root)
agencies.json     the keys with which agencies sign what they submit

Verify it with `wayctl audit verify FOLDER --key KEY`. How to do so without
wayctl is written in docs/audit-export.md of Waystation's sources.
)";

class FolderTiles final : public auditlog::TileReader {
 public:
  explicit FolderTiles(fs::path folder) : folder_(std::move(folder)) {}

  absl::StatusOr<std::vector<auditlog::Hash>> ReadTile(
      std::uint32_t level, std::uint64_t index,
      std::uint32_t width) const override {
    auto bytes =
        ReadWholeFile(folder_ / auditlog::TilePath(level, index, width));
    if (!bytes.ok() && width < kTileWidth) {
      bytes =
          ReadWholeFile(folder_ / auditlog::TilePath(level, index, kTileWidth));
    }
    if (!bytes.ok()) return bytes.status();
    return auditlog::ParseTile(*bytes);
  }

 private:
  fs::path folder_;
};

absl::StatusOr<auditlog::Checkpoint> HeadOf(const std::string& note) {
  const auto parsed = auditlog::ParseNote(note);
  if (!parsed.ok()) return parsed.status();
  return auditlog::ParseCheckpoint(parsed->text);
}

// A key and signatures over it differ by log; text differs by log, too.
absl::Status Foreign(const std::string& folder) {
  return errors::Error("FOLDER_NOT_EMPTY",
                       {.rule = folder + " holds something else"});
}

class Export {
 public:
  Export(LogSource& log, const std::string& folder,
         const std::function<void(std::uint64_t)>& on_progress)
      : log_(log), folder_(folder), on_progress_(on_progress) {}

  absl::StatusOr<report::v1::AuditExport> Run() {
    if (auto ready = Prepare(); !ready.ok()) return ready;
    if (auto read = ReadCheckpoints(); !read.ok()) return read;
    const auto head = HeadOf(newest_);
    if (!head.ok()) return head.status();
    if (head->size < old_size_) {
      return ProofFails("the log is shorter than the folder's");
    }
    if (head->size > start_) {
      if (auto written = WriteEntries(); !written.ok()) return written;
    }
    const bool adds_up =
        tree_.size() == head->size && tree_.Root() == head->root;
    if (!adds_up && old_size_ > 0) {
      return ProofFails("the log does not continue the folder's");
    }
    if (auto written = WriteHead(); !written.ok()) return written;

    report::v1::AuditExport report;
    report.set_folder(folder_.string());
    report.set_origin(head->origin);
    report.set_entries(tree_.size());
    report.set_new_entries(tree_.size() - old_size_);
    report.set_checkpoints(checkpoints_);
    report.set_checkpoint(newest_);
    report.set_adds_up(adds_up);
    return report;
  }

 private:
  // Finds where an earlier export of this log ended.
  absl::Status Prepare() {
    const auto key = log_.VerifierKey();
    if (!key.ok()) return key.status();
    key_ = *key + "\n";
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) return errors::Error("FILE_MISSING", {.rule = folder_.string()});
    const auto note = ReadWholeFile(folder_ / kCheckpointFile);
    if (absl::IsNotFound(note.status())) {
      // An export that was cut short has left its key, and nothing else of ours
      // is overwritten.
      const auto held = ReadWholeFile(folder_ / kKeyFile);
      if (held.ok() ? *held != key_ : !fs::is_empty(folder_, error)) {
        return Foreign(folder_.string());
      }
      return WriteWholeFile(folder_ / kKeyFile, key_);
    }
    const auto held = ReadWholeFile(folder_ / kKeyFile);
    if (!held.ok() || *held != key_) return Foreign(folder_.string());
    const auto head = HeadOf(*note);
    if (!head.ok()) return Foreign(folder_.string());
    old_size_ = head->size;
    start_ = old_size_ - old_size_ % kTileWidth;
    auto tree = auditlog::TreeAppender::Load(start_, FolderTiles(folder_));
    if (!tree.ok()) return tree.status();
    tree_ = *std::move(tree);
    return absl::OkStatus();
  }

  absl::Status ReadCheckpoints() {
    for (;;) {
      auto note = log_.NextCheckpoint();
      if (!note.ok()) return note.status();
      if (!note->has_value()) break;
      if (checkpoints_++ > 0) notes_ += "\n";
      notes_ += **note;
      newest_ = **std::move(note);
    }
    return absl::OkStatus();
  }

  absl::Status WriteEntries() {
    log_.StartAt(start_);
    for (;;) {
      auto span = log_.Next();
      if (!span.ok()) return span.status();
      if (!span->has_value()) break;
      if (!(*span)->defect.empty()) return ProofFails((*span)->defect);
      for (std::size_t i = 0; i < (*span)->leaves.size(); ++i) {
        leaves_.push_back(std::move((*span)->leaves[i]));
        details_.push_back(std::move((*span)->details[i]));
        if (leaves_.size() < kTileWidth) continue;
        if (auto written = WriteBundle(); !written.ok()) return written;
      }
      if (on_progress_) on_progress_(tree_.size());
    }
    if (!leaves_.empty()) {
      if (auto written = WriteBundle(); !written.ok()) return written;
    }
    for (const auditlog::Tile& tile : tree_.UnfinishedTiles()) {
      if (auto written = WriteTile(tile); !written.ok()) return written;
    }
    return absl::OkStatus();
  }

  absl::Status WriteBundle() {
    const std::uint64_t index = tree_.size() / kTileWidth;
    const auto width = static_cast<std::uint32_t>(leaves_.size());
    const auto entries = FormatEntries(leaves_);
    if (!entries.ok()) return entries.status();
    std::vector<auditlog::Hash> hashes;
    hashes.reserve(width);
    for (const std::string& leaf : leaves_) {
      hashes.push_back(auditlog::LeafHash(leaf));
    }
    for (const auditlog::Tile& tile : tree_.Append(hashes)) {
      // A tile that is not full yet comes again, or at the end.
      if (tile.hashes.size() < kTileWidth) continue;
      if (auto written = WriteTile(tile); !written.ok()) return written;
    }
    if (auto written = Write(BundlePath("entries", index, width), *entries);
        !written.ok()) {
      return written;
    }
    if (auto written =
            Write(BundlePath("details", index, width), FormatDetails(details_));
        !written.ok()) {
      return written;
    }
    leaves_.clear();
    details_.clear();
    return absl::OkStatus();
  }

  absl::Status WriteTile(const auditlog::Tile& tile) {
    return Write(
        auditlog::TilePath(tile.level, tile.index,
                           static_cast<std::uint32_t>(tile.hashes.size())),
        auditlog::TileBytes(tile.hashes));
  }

  absl::Status Write(const std::string& name, std::string_view bytes) {
    const fs::path path = folder_ / name;
    if (path.parent_path() != made_) {
      std::error_code error;
      fs::create_directories(path.parent_path(), error);
      if (error) return errors::Error("FILE_MISSING", {.rule = path.string()});
      made_ = path.parent_path();
    }
    return WriteNewFile(path, bytes);
  }

  // What stands beside the entries; the newest checkpoint last.
  absl::Status WriteHead() {
    const auto agencies = AgenciesJson();
    if (!agencies.ok()) return agencies.status();
    const std::pair<std::string_view, std::string_view> files[] = {
        {"README", kReadme},
        {kAgenciesFile, *agencies},
        {kCheckpointsFile, notes_},
        {kCheckpointFile, newest_}};
    SyncFolder(folder_);
    for (const auto& [name, bytes] : files) {
      if (bytes.empty()) continue;
      if (auto written = WriteWholeFile(folder_ / name, bytes); !written.ok()) {
        return written;
      }
    }
    return absl::OkStatus();
  }

  // Empty when the caller may not know the agencies.
  absl::StatusOr<std::string> AgenciesJson() {
    const auto agencies = log_.Agencies();
    if (absl::IsPermissionDenied(agencies.status())) return std::string();
    if (!agencies.ok()) return agencies.status();
    v1::ListAgenciesResponse list;
    for (const v1::Agency& agency : *agencies) {
      *list.add_agencies()->mutable_agency() = agency;
    }
    std::string json;
    google::protobuf::util::JsonPrintOptions options;
    options.add_whitespace = true;
    if (!google::protobuf::util::MessageToJsonString(list, &json, options)
             .ok()) {
      return errors::Error("INTERNAL", {.rule = "agencies as JSON"});
    }
    return json;
  }

  LogSource& log_;
  const fs::path folder_;
  const std::function<void(std::uint64_t)>& on_progress_;
  std::string key_;
  std::uint64_t old_size_ = 0;
  std::uint64_t start_ = 0;
  auditlog::TreeAppender tree_;
  std::string notes_;
  std::string newest_;
  std::uint64_t checkpoints_ = 0;
  std::vector<std::string> leaves_;
  std::vector<std::string> details_;
  fs::path made_;
};

}  // namespace

absl::StatusOr<report::v1::AuditExport> ExportLog(
    LogSource& log, const std::string& folder,
    const std::function<void(std::uint64_t entries)>& on_progress) {
  return Export(log, folder, on_progress).Run();
}

}  // namespace waystation::client
