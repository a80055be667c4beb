// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/witness/memory.h"

#include <google/protobuf/util/json_util.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "waystation/report/v1/audit_report.pb.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSeen = "witness_seen ";
constexpr std::string_view kHeld = "witness_held ";
constexpr std::string_view kRuling = "witness_ruling ";
constexpr char kTimeFormat[] = "%Y-%m-%dT%H:%M:%E6SZ";

// Names what was found, not when: it is found again until somebody rules.
std::string NameOf(const report::v1::WitnessEvidence& evidence) {
  const auditlog::Hash hash = auditlog::Sha256(
      absl::StrCat(evidence.reason(), "\n", evidence.seen(), "\n",
                   evidence.shown(), "\n", evidence.answer()));
  return absl::StrCat(absl::AsciiStrToLower(evidence.reason()), "-",
                      auditlog::ToHex(hash).substr(0, 16), ".json");
}

}  // namespace

absl::StatusOr<std::string> WitnessMemory::LastSeen() {
  return state_.Setting(absl::StrCat(std::string(kSeen), log_));
}

absl::Status WitnessMemory::Advance(std::string_view last,
                                    std::string_view note) {
  const auto put = state_.ExchangeSetting(
      absl::StrCat(std::string(kSeen), log_), last, note);
  if (!put.ok()) return put.status();
  return *put ? absl::OkStatus() : errors::Error("CHANGED_MEANWHILE");
}

absl::StatusOr<std::string> WitnessMemory::Keep(
    const report::v1::WitnessEvidence& evidence) {
  std::error_code error;
  if (fs::create_directory(folder(), error)) {
    chmod(folder().c_str(), 0700);
    if (auto synced = runtime::SyncFolder(folder()); !synced.ok()) {
      return synced;
    }
  }
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  (void)google::protobuf::util::MessageToJsonString(evidence, &json, options);
  const std::string path = absl::StrCat(folder(), "/", NameOf(evidence));
  if (!fs::exists(path, error)) {
    // In one step: half of it would not be found to be missing the rest.
    if (auto written = runtime::ReplaceFile(path, json, 0600); !written.ok()) {
      return written;
    }
  }
  if (auto held = state_.PutSetting(absl::StrCat(std::string(kHeld), log_),
                                    evidence.reason());
      !held.ok()) {
    return held;
  }
  return path;
}

absl::StatusOr<std::string> WitnessMemory::HeldBecause() {
  return state_.Setting(absl::StrCat(std::string(kHeld), log_));
}

absl::Status WitnessMemory::Rule(std::string_view reason, absl::Time now) {
  const auto held = HeldBecause();
  if (!held.ok()) return held.status();
  if (held->empty()) return absl::OkStatus();
  // Noted first: nothing goes on without a word on why.
  const auto noted = state_.PutSetting(
      absl::StrCat(std::string(kRuling),
                   absl::FormatTime(kTimeFormat, now, absl::UTCTimeZone())),
      absl::StrCat(*held, " ", std::string(reason)));
  if (!noted.ok()) return noted;
  if (*held == "LOG_RESTORED") {
    // The next look begins with the epoch that it finds; what was seen of the
    // one before stands in the evidence.
    const auto begun =
        state_.PutSetting(absl::StrCat(std::string(kSeen), log_), "");
    if (!begun.ok()) return begun;
  }
  return state_.PutSetting(absl::StrCat(std::string(kHeld), log_), "");
}

absl::StatusOr<std::vector<WitnessMemory::Ruling>> WitnessMemory::Rulings() {
  const auto settings = state_.SettingsFrom(kRuling);
  if (!settings.ok()) return settings.status();
  std::vector<Ruling> rulings;
  for (const auto& [name, value] : *settings) {
    Ruling ruling;
    std::string error;
    if (!absl::ParseTime(kTimeFormat, name.substr(kRuling.size()), &ruling.time,
                         &error)) {
      continue;
    }
    const std::size_t space = std::min(value.size(), value.find(' '));
    ruling.held_because = value.substr(0, space);
    ruling.reason = value.substr(std::min(value.size(), space + 1));
    rulings.push_back(std::move(ruling));
  }
  return rulings;
}

std::vector<std::string> WitnessMemory::Evidence() const {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator at(folder(), error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".json") paths.push_back(at->path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace waystation::adapters
