// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <future>
#include <utility>

#include "client/library/proof_fails.h"
#include "proto/errors/error.h"
#include "waystation/audit_checks.h"
#include "waystation/audit_log.h"
#include "waystation/services.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::client {
namespace {

constexpr int kPageSize = 1'000;

// What the log signed of a note.
std::string_view TextOf(std::string_view note) {
  return note.substr(0, note.find("\n\n"));
}

// Ends at the newest checkpoint at the time of the first call, so that what
// comes meanwhile does not move the end.
class LogOfHub final : public LogSource {
 public:
  explicit LogOfHub(Connection& connection)
      : audit_(connection), admin_(connection) {}

  absl::StatusOr<std::string> VerifierKey() override {
    if (const absl::Status begun = Begin(); !begun.ok()) return begun;
    return newest_.verifier_key();
  }

  absl::StatusOr<std::vector<v1::Agency>> Agencies() override {
    std::vector<v1::Agency> agencies;
    v1::ListAgenciesRequest request;
    do {
      auto response = admin_.ListAgencies(request);
      if (!response.ok()) return response.status();
      for (v1::AgencyStatus& status : *response->mutable_agencies()) {
        agencies.push_back(std::move(*status.mutable_agency()));
      }
      request.set_page_token(response->next_page_token());
    } while (!request.page_token().empty());
    return agencies;
  }

  absl::StatusOr<std::optional<std::string>> NextCheckpoint() override {
    if (const absl::Status begun = Begin(); !begun.ok()) return begun;
    while (checkpoints_.empty() && !listed_) {
      auto response = audit_.ListCheckpoints(list_);
      if (!response.ok()) return response.status();
      for (std::string& note : *response->mutable_checkpoints()) {
        // Cosignatures may have come to it meanwhile.
        const bool last = TextOf(note) == TextOf(newest_.checkpoint());
        checkpoints_.push_back(std::move(note));
        if (last) listed_ = true;
        if (last) break;
      }
      list_.set_page_token(response->next_page_token());
      if (list_.page_token().empty() && !listed_) {
        checkpoints_.push_back(newest_.checkpoint());
        listed_ = true;
      }
    }
    if (checkpoints_.empty()) return std::nullopt;
    std::string note = std::move(checkpoints_.front());
    checkpoints_.pop_front();
    return note;
  }

  void StartAt(std::uint64_t index) override { next_ = index; }

  absl::StatusOr<std::optional<LogSpan>> Next() override {
    if (const absl::Status begun = Begin(); !begun.ok()) return begun;
    if (next_ >= size_) return std::nullopt;
    // The next page is on its way while the caller works on this one.
    if (!ahead_.valid()) ahead_ = Fetch(next_);
    auto response = ahead_.get();
    if (!response.ok()) return response.status();
    LogSpan span;
    span.first = next_;
    for (v1::LoggedEvent& event : *response->mutable_events()) {
      if (next_ == size_) break;
      if (event.index() != next_) {
        return errors::Error("WRONG_ROLE",
                             {.rule = "auditors alone may read the whole log"});
      }
      span.leaves.push_back(std::move(*event.mutable_leaf()));
      std::string details;
      for (const std::string& hash : event.details()) details += hash;
      span.details.push_back(std::move(details));
      ++next_;
    }
    if (span.leaves.empty()) {
      span.defect = "the hub gives no entry here";
      size_ = next_;
    }
    if (next_ < size_) ahead_ = Fetch(next_);
    return span;
  }

  std::optional<std::uint64_t> FindBad(std::uint64_t begin,
                                       std::uint64_t end) override;

 private:
  absl::Status Begin() {
    if (begun_) return absl::OkStatus();
    v1::ListEventsRequest one;
    one.set_page_size(1);
    const auto events = audit_.ListEvents(one);
    if (!events.ok()) return events.status();
    v1::GetCheckpointRequest request;
    request.set_at_least(events->tree_size());
    auto newest = audit_.GetCheckpoint(request);
    if (!newest.ok()) return newest.status();
    newest_ = *std::move(newest);
    const auto note = auditlog::ParseNote(newest_.checkpoint());
    if (!note.ok()) return ProofFails("the checkpoint is no note");
    const auto checkpoint = auditlog::ParseCheckpoint(note->text);
    if (!checkpoint.ok()) return checkpoint.status();
    size_ = checkpoint->size;
    begun_ = true;
    return absl::OkStatus();
  }

  std::future<absl::StatusOr<v1::ListEventsResponse>> Fetch(
      std::uint64_t index) {
    return std::async(std::launch::async, [this, index] {
      v1::ListEventsRequest request;
      request.set_page_size(kPageSize);
      request.set_from_index(index);
      request.set_with_bytes(true);
      return audit_.ListEvents(request);
    });
  }

  const Audit audit_;
  const Admin admin_;
  bool begun_ = false;
  v1::GetCheckpointResponse newest_;
  std::uint64_t size_ = 0;
  v1::ListCheckpointsRequest list_;
  bool listed_ = false;
  std::deque<std::string> checkpoints_;
  std::uint64_t next_ = 0;
  std::future<absl::StatusOr<v1::ListEventsResponse>> ahead_;
};

// Asks for a proof of each entry: a changed one has none. Where none at all has
// one, it is not the entry that is to blame.
std::optional<std::uint64_t> LogOfHub::FindBad(std::uint64_t begin,
                                               std::uint64_t end) {
  const auto key = auditlog::NoteVerifier::Parse(newest_.verifier_key());
  if (!key.ok()) return std::nullopt;
  std::optional<std::uint64_t> bad;
  bool proven = false;
  for (std::uint64_t index = begin; index < end && !(bad && proven); ++index) {
    v1::GetInclusionProofRequest request;
    request.set_index(index);
    const auto proof = audit_.GetInclusionProof(request);
    if (!proof.ok() && !absl::IsDataLoss(proof.status())) return std::nullopt;
    if (proof.ok() && CheckInclusion(*proof, *key).ok()) {
      proven = true;
    } else if (!bad) {
      bad = index;
    }
  }
  return proven ? bad : std::nullopt;
}

}  // namespace

std::unique_ptr<LogSource> HubLog(Connection& connection) {
  return std::make_unique<LogOfHub>(connection);
}

}  // namespace waystation::client
