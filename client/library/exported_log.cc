// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "client/library/export_layout.h"
#include "client/library/files.h"
#include "client/library/proof_fails.h"
#include "proto/auditlog/note.h"
#include "proto/auditlog/tiles.h"
#include "proto/errors/error.h"
#include "waystation/audit_log.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::client {
namespace {

using auditlog::kTileWidth;

// Bundles read at a time: enough work for a thread, little memory.
constexpr std::uint64_t kBundlesAtOnce = 16;

class ExportedFolder final : public LogSource {
 public:
  ExportedFolder(std::filesystem::path folder, std::string checkpoints,
                 std::uint64_t size)
      : folder_(std::move(folder)),
        checkpoints_(std::move(checkpoints)),
        rest_(checkpoints_),
        size_(size) {}

  absl::StatusOr<std::string> VerifierKey() override {
    absl::StatusOr<std::string> text = Read(std::string(kKeyFile));
    if (text.ok()) text->resize(std::min(text->size(), text->find('\n')));
    return text;
  }

  absl::StatusOr<std::vector<v1::Agency>> Agencies() override {
    const absl::StatusOr<std::string> json = Read(std::string(kAgenciesFile));
    if (absl::IsNotFound(json.status())) return std::vector<v1::Agency>();
    if (!json.ok()) return json.status();
    v1::ListAgenciesResponse list;
    if (!google::protobuf::util::JsonStringToMessage(*json, &list).ok()) {
      return ProofFails(std::string(kAgenciesFile) +
                        ": not the JSON of a list of agencies");
    }
    std::vector<v1::Agency> agencies;
    for (v1::AgencyStatus& status : *list.mutable_agencies()) {
      agencies.push_back(std::move(*status.mutable_agency()));
    }
    return agencies;
  }

  absl::StatusOr<std::optional<std::string>> NextCheckpoint() override {
    if (rest_.empty()) return std::nullopt;
    // Text, empty line, signatures; the next empty line ends the note.
    const std::size_t text = rest_.find("\n\n");
    std::size_t end = text == std::string_view::npos
                          ? std::string_view::npos
                          : rest_.find("\n\n", text + 2);
    end = end == std::string_view::npos ? rest_.size() : end + 1;
    std::string note(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return note;
  }

  void StartAt(std::uint64_t index) override { next_ = index; }

  absl::StatusOr<std::optional<LogSpan>> Next() override {
    if (next_ >= size_ || damaged_) return std::nullopt;
    LogSpan span;
    span.first = next_;
    for (std::uint64_t i = 0; i < kBundlesAtOnce && next_ < size_; ++i) {
      if (!AppendBundle(span)) {
        damaged_ = true;
        break;
      }
    }
    return span;
  }

 private:
  absl::StatusOr<std::string> Read(const std::string& name) const {
    return ReadWholeFile(folder_ / name);
  }

  // A part of 256 ("005.p/20") may have grown whole ("005") since.
  absl::StatusOr<std::string> ReadOrWhole(const std::string& name) const {
    absl::StatusOr<std::string> bytes = Read(name);
    const std::size_t part = name.find(".p/");
    if (bytes.ok() || part == std::string::npos) return bytes;
    return Read(name.substr(0, part));
  }

  // Adds the bundle in which next_ stands; false when it is damaged.
  bool AppendBundle(LogSpan& span) {
    const std::uint64_t index = next_ / kTileWidth;
    const auto width = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(size_ - index * kTileWidth, kTileWidth));
    const std::string entries_path = BundlePath("entries", index, width);
    const std::string details_path = BundlePath("details", index, width);
    const std::string tile_path = auditlog::TilePath(0, index, width);
    const auto entries = ReadOrWhole(entries_path);
    const auto details = ReadOrWhole(details_path);
    const auto tile = ReadOrWhole(tile_path);
    std::vector<std::string> leaves, hashes;
    if (entries.ok()) leaves = ParseEntries(*entries, width);
    if (details.ok()) hashes = ParseDetails(*details, width);
    absl::StatusOr<std::vector<auditlog::Hash>> stated =
        tile.ok() ? auditlog::ParseTile(*tile) : tile.status();
    const std::size_t count = std::min(
        {leaves.size(), hashes.size(),
         stated.ok() ? stated->size() : std::size_t{0}, std::size_t{width}});
    const auto from = static_cast<std::ptrdiff_t>(next_ % kTileWidth);
    const auto until = std::max(static_cast<std::ptrdiff_t>(count), from);
    if (count > 0) {
      std::move(leaves.begin() + from, leaves.begin() + until,
                std::back_inserter(span.leaves));
      std::move(hashes.begin() + from, hashes.begin() + until,
                std::back_inserter(span.details));
      span.hashes.insert(span.hashes.end(), stated->begin() + from,
                         stated->begin() + until);
    }
    next_ = index * kTileWidth + static_cast<std::uint64_t>(until);
    if (count == width) return true;
    span.defect = leaves.size() < width   ? entries_path
                  : hashes.size() < width ? details_path
                                          : tile_path;
    return false;
  }

  const std::filesystem::path folder_;
  const std::string checkpoints_;
  std::string_view rest_;  // Of checkpoints_.
  const std::uint64_t size_;
  std::uint64_t next_ = 0;
  bool damaged_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LogSource>> ExportedLog(
    const std::string& folder) {
  const std::filesystem::path path(folder);
  const auto newest = ReadWholeFile(path / kCheckpointFile);
  if (!newest.ok()) return newest.status();
  auto all = ReadWholeFile(path / kCheckpointsFile);
  if (!all.ok()) return all.status();

  // How much to read; whether that is what was signed is for VerifyLog to see.
  const auto note = auditlog::ParseNote(*newest);
  const auto checkpoint =
      note.ok() ? auditlog::ParseCheckpoint(note->text)
                : absl::StatusOr<auditlog::Checkpoint>(note.status());
  if (!checkpoint.ok()) {
    return ProofFails(std::string(kCheckpointFile) + ": " +
                      std::string(checkpoint.status().message()));
  }
  return std::make_unique<ExportedFolder>(path, *std::move(all),
                                          checkpoint->size);
}

}  // namespace waystation::client
