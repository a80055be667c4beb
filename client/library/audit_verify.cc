// SPDX-License-Identifier: Apache-2.0
// Reads a log once and holds it against its checkpoints. Hashing runs on all
// cores; what depends on order (the tree's edge, the checkpoints) on this one.
//
// Two trees grow side by side where entries and stated hashes differ: one over
// the entries as read, one over the hashes as stated. The first checkpoint
// behind the difference tells which of them was signed, and so whether the
// entry or the statement was changed.
#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "proto/auditlog/batch_signature.h"
#include "proto/auditlog/merkle.h"
#include "waystation/audit_checks.h"
#include "waystation/audit_log.h"
#include "waystation/report/v1/audit_report.pb.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::client {
namespace {

using auditlog::Hash;
using auditlog::kHashSize;
using report::v1::AuditFinding;
using report::v1::AuditReport;

// An agency's keys by agency and key id.
using SigningKeys =
    std::map<std::pair<std::string, std::string>, auditlog::Ed25519PublicKey>;

// What can be said of some entries by themselves.
struct CheckedSpan {
  LogSpan span;
  std::vector<Hash> hashes;
  std::uint64_t details = 0;
  std::uint64_t signatures = 0;
  // The first of the span, by index.
  std::optional<std::uint64_t> bad_details;
  std::optional<std::uint64_t> bad_signature;
};

bool DetailsHold(const v1::AuditEvent& event, const std::string& details) {
  std::vector<std::string_view> hashes;
  hashes.reserve(details.size() / kHashSize);
  for (std::size_t at = 0; at < details.size(); at += kHashSize) {
    hashes.push_back(std::string_view(details).substr(at, kHashSize));
  }
  return CheckDetails(event, hashes).ok();
}

bool SignatureHolds(const v1::AuditEvent& event, const std::string& details,
                    const SigningKeys& keys) {
  const auto key = keys.find({event.agency(), event.signature().key_id()});
  if (key == keys.end()) return false;
  std::vector<Hash> hashes(details.size() / kHashSize);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::copy_n(details.begin() + static_cast<std::ptrdiff_t>(i * kHashSize),
                kHashSize, hashes[i].begin());
  }
  return auditlog::VerifyFrame(event.agency(), event.signature().key_id(),
                               hashes, event.signature().signature(),
                               key->second)
      .ok();
}

CheckedSpan CheckSpan(LogSpan span, const SigningKeys* keys) {
  CheckedSpan checked;
  checked.hashes.reserve(span.leaves.size());
  v1::AuditEvent event;
  for (std::size_t i = 0; i < span.leaves.size(); ++i) {
    const std::uint64_t index = span.first + i;
    const std::string& leaf = span.leaves[i];
    const std::string& details = span.details[i];
    checked.hashes.push_back(auditlog::LeafHash(leaf));
    checked.details += details.size() / kHashSize;
    const bool holds =
        event.ParseFromString(leaf) && DetailsHold(event, details);
    if (!holds && !checked.bad_details) checked.bad_details = index;
    if (holds && keys != nullptr && event.has_signature()) {
      ++checked.signatures;
      if (!SignatureHolds(event, details, *keys) && !checked.bad_signature) {
        checked.bad_signature = index;
      }
    }
  }
  checked.span = std::move(span);
  return checked;
}

// A checkpoint that the log must come to.
struct Awaited {
  auditlog::Checkpoint checkpoint;
  std::string place;
};

class Verification {
 public:
  Verification(LogSource& log, const VerifyOptions& options)
      : log_(log), options_(options) {}

  absl::StatusOr<AuditReport> Run() {
    if (auto ready = Prepare(); !ready.ok()) return ready;
    const std::size_t most = std::max(2U, std::thread::hardware_concurrency());
    std::deque<std::future<CheckedSpan>> running;
    for (bool more = true; more || !running.empty();) {
      if (more && running.size() < most) {
        auto span = log_.Next();
        if (!span.ok()) return span.status();
        more = span->has_value();
        if (!more) continue;
        running.push_back(std::async(
            std::launch::async,
            [this](LogSpan&& taken) {
              return CheckSpan(std::move(taken),
                               options_.signatures ? &keys_ : nullptr);
            },
            **std::move(span)));
        continue;
      }
      const CheckedSpan checked = running.front().get();
      running.pop_front();
      if (auto taken = Take(checked); !taken.ok()) return taken;
    }
    if (auto ended = End(); !ended.ok()) return ended;
    return std::move(report_);
  }

 private:
  absl::Status Prepare() {
    report_.set_key_from_log(!options_.key.has_value());
    key_ = options_.key;
    if (!key_) {
      const auto text = log_.VerifierKey();
      if (!text.ok()) return text.status();
      auto parsed = auditlog::NoteVerifier::Parse(*text);
      if (!parsed.ok()) return parsed.status();
      key_ = *std::move(parsed);
    }
    report_.set_verifier_key(key_->ToString());
    report_.set_origin(key_->name());
    if (options_.signatures) {
      if (auto read = ReadSigningKeys(); !read.ok()) return read;
    }
    for (std::size_t i = 0; i < options_.known_checkpoints.size(); ++i) {
      const std::string place = "known checkpoint " + std::to_string(i + 1);
      if (auto opened = Opened(options_.known_checkpoints[i], place)) {
        known_.push_back({*std::move(opened), place});
      }
    }
    std::ranges::stable_sort(known_, {}, [](const Awaited& awaited) {
      return awaited.checkpoint.size;
    });
    return Advance();
  }

  absl::Status ReadSigningKeys() {
    const auto agencies = log_.Agencies();
    if (!agencies.ok()) return agencies.status();
    for (const v1::Agency& agency : *agencies) {
      for (const v1::SigningKey& key : agency.signing_keys()) {
        auto parsed = auditlog::Ed25519PublicKey::FromRaw(key.public_key());
        if (!parsed.ok()) return parsed.status();
        keys_.emplace(std::pair(agency.id(), key.key_id()), *std::move(parsed));
      }
    }
    return absl::OkStatus();
  }

  // The checkpoint in the note, or a finding.
  std::optional<auditlog::Checkpoint> Opened(const std::string& note,
                                             const std::string& place) {
    auto checkpoint = auditlog::OpenCheckpoint(note, *key_);
    if (checkpoint.ok()) {
      Count(note, *checkpoint, place);
      return *std::move(checkpoint);
    }
    Find("CHECKPOINT_NOT_SIGNED", place, tree_.size());
    return std::nullopt;
  }

  // Takes the cosignatures of a note that the log has signed. Whether its
  // entries are there is for Hold to see.
  void Count(const std::string& note, const auditlog::Checkpoint& checkpoint,
             const std::string& place) {
    if (!options_.quorum.asked_for()) return;
    const Cosigned cosigned =
        WhoCosigned(*auditlog::ParseNote(note), options_.quorum);
    if (!cosigned.wrong.empty()) {
      Find("COSIGNATURE_WRONG", place + ", " + cosigned.wrong.front(),
           checkpoint.size);
    }
    if (cosigned.by.size() >= options_.quorum.least) {
      witnessed_.insert(checkpoint.size);
    }
    if (cosigned.by.empty() || checkpoint.size < newest_cosigned_) return;
    newest_cosigned_ = checkpoint.size;
    report_.clear_cosigners();
    AddCosigners(cosigned, checkpoint.size, *report_.mutable_cosigners());
  }

  // Takes the next checkpoint that is signed.
  absl::Status Advance() {
    next_.reset();
    while (!next_) {
      auto note = log_.NextCheckpoint();
      if (!note.ok()) return note.status();
      if (!note->has_value()) return absl::OkStatus();
      report_.set_checkpoints(report_.checkpoints() + 1);
      auto opened =
          Opened(**note, "checkpoint " + std::to_string(report_.checkpoints()));
      if (!opened) continue;
      if (opened->size < tree_.size()) {
        Find("CHECKPOINT_ORDER", SizeOf(*opened), opened->size);
        continue;
      }
      next_ = *std::move(opened);
    }
    return absl::OkStatus();
  }

  static std::string SizeOf(const auditlog::Checkpoint& checkpoint) {
    return "checkpoint of size " + std::to_string(checkpoint.size);
  }

  // Compares what has been read with the checkpoints of this size.
  absl::Status Compare() {
    while (next_ && next_->size == tree_.size()) {
      Hold(*next_, SizeOf(*next_));
      if (auto advanced = Advance(); !advanced.ok()) return advanced;
    }
    while (known_at_ < known_.size() &&
           known_[known_at_].checkpoint.size == tree_.size()) {
      Hold(known_[known_at_].checkpoint, known_[known_at_].place);
      ++known_at_;
    }
    return absl::OkStatus();
  }

  void Hold(const auditlog::Checkpoint& checkpoint, const std::string& place) {
    if (tree_.Root() == checkpoint.root) {
      // What was stated otherwise was not signed.
      if (differs_) Find("LEAF_HASH_CHANGED", Entry(*differs_), *differs_);
      differs_.reset();
      if (!failed_) {
        report_.set_entries_covered(checkpoint.size);
        if (witnessed_.contains(checkpoint.size)) {
          report_.set_entries_witnessed(checkpoint.size);
        }
      }
      return;
    }
    if (failed_) return;
    failed_ = true;
    if (differs_ && stated_.Root() == checkpoint.root) {
      Find("LEAF_CHANGED", Entry(*differs_), *differs_);
    } else if (const auto bad =
                   log_.FindBad(report_.entries_covered(), checkpoint.size)) {
      Find("LEAF_CHANGED", Entry(*bad), *bad);
    } else {
      Find("CHECKPOINT_FAILS", place, checkpoint.size);
    }
    differs_.reset();
  }

  static std::string Entry(std::uint64_t index) {
    return "entry " + std::to_string(index);
  }

  absl::Status Take(const CheckedSpan& checked) {
    const LogSpan& span = checked.span;
    for (std::size_t i = 0; i < checked.hashes.size(); ++i) {
      if (Due()) {
        if (auto compared = Compare(); !compared.ok()) return compared;
      }
      Append(checked.hashes[i],
             span.hashes.empty() ? checked.hashes[i] : span.hashes[i]);
    }
    if (checked.bad_details) {
      Find("DETAILS_CHANGED", Entry(*checked.bad_details),
           *checked.bad_details);
    }
    if (checked.bad_signature) {
      Find("FRAME_SIGNATURE_WRONG", Entry(*checked.bad_signature),
           *checked.bad_signature);
    }
    report_.set_details(report_.details() + checked.details);
    report_.set_signatures(report_.signatures() + checked.signatures);
    if (!span.defect.empty()) {
      damaged_ = true;
      Find("EXPORT_DAMAGED", span.defect, tree_.size());
    }
    if (options_.on_progress) options_.on_progress(tree_.size());
    return absl::OkStatus();
  }

  bool Due() const {
    return (next_ && next_->size == tree_.size()) ||
           (known_at_ < known_.size() &&
            known_[known_at_].checkpoint.size == tree_.size());
  }

  void Append(const Hash& hash, const Hash& stated) {
    if (hash != stated && !differs_ && !failed_) {
      differs_ = tree_.size();
      stated_ = tree_;
    }
    if (differs_) stated_.Append(stated);
    tree_.Append(hash);
  }

  absl::Status End() {
    if (auto compared = Compare(); !compared.ok()) return compared;
    if (differs_) Find("LEAF_CHANGED", Entry(*differs_), *differs_);
    // Whatever is left covers entries that are not there.
    std::optional<std::uint64_t> missing;
    if (next_) missing = next_->size;
    if (known_at_ < known_.size()) {
      missing = std::min(missing.value_or(~std::uint64_t{0}),
                         known_[known_at_].checkpoint.size);
    }
    if (missing && !damaged_) {
      Find("LOG_TRUNCATED", "checkpoint of size " + std::to_string(*missing),
           *missing);
    }
    while (next_) {
      if (auto advanced = Advance(); !advanced.ok()) return advanced;
    }
    if (options_.quorum.asked_for() && report_.entries_witnessed() == 0) {
      Find("WITNESS_QUORUM",
           std::to_string(options_.quorum.least) + " witnesses", tree_.size());
    }
    SortFindings();
    report_.set_entries(tree_.size());
    report_.set_root(auditlog::ToHex(tree_.Root()));
    return absl::OkStatus();
  }

  // By entry, without what only follows from an entry that was changed.
  void SortFindings() {
    auto& findings = *report_.mutable_findings();
    std::set<std::uint64_t> changed;
    for (const AuditFinding& finding : findings) {
      if (finding.reason() == "LEAF_CHANGED") changed.insert(finding.index());
    }
    const auto follows = [&](const AuditFinding& finding) {
      return changed.contains(finding.index()) &&
             (finding.reason() == "DETAILS_CHANGED" ||
              finding.reason() == "FRAME_SIGNATURE_WRONG");
    };
    findings.erase(std::remove_if(findings.begin(), findings.end(), follows),
                   findings.end());
    std::ranges::stable_sort(findings, {}, &AuditFinding::index);
  }

  // The first of each kind is enough: what follows from it is no news.
  void Find(std::string_view reason, std::string place, std::uint64_t index) {
    for (const AuditFinding& finding : report_.findings()) {
      if (finding.reason() == reason) return;
    }
    AuditFinding& finding = *report_.add_findings();
    finding.set_reason(std::string(reason));
    finding.set_place(std::move(place));
    finding.set_index(index);
  }

  LogSource& log_;
  const VerifyOptions& options_;
  std::optional<auditlog::NoteVerifier> key_;
  SigningKeys keys_;
  AuditReport report_;

  auditlog::Frontier tree_;
  // The tree over stated hashes, from the first one that differs on.
  auditlog::Frontier stated_;
  std::optional<std::uint64_t> differs_;
  bool failed_ = false;
  bool damaged_ = false;

  std::optional<auditlog::Checkpoint> next_;
  std::vector<Awaited> known_;
  std::size_t known_at_ = 0;
  // Sizes of checkpoints with enough cosignatures, and the largest with any.
  std::set<std::uint64_t> witnessed_;
  std::uint64_t newest_cosigned_ = 0;
};

}  // namespace

absl::StatusOr<AuditReport> VerifyLog(LogSource& log,
                                      const VerifyOptions& options) {
  return Verification(log, options).Run();
}

}  // namespace waystation::client
