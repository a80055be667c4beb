// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/delivery.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "adapters/framework/progress.h"
#include "proto/errors/error.h"
#include "waystation/report/v1/adapter_report.pb.h"
#include "waystation/services.h"
#include "waystation/store/v1/adapter_state.pb.h"
#include "waystation/submit_stream.h"
#include "waystation/v1/claim.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::adapters {
namespace {

using report::v1::DeliveryReport;
using report::v1::RowFinding;
using store::v1::OutboxFrame;
using store::v1::OutboxUpdate;

constexpr std::uint64_t kFrameUpdates = 256;
constexpr int kMostFindings = 100;
constexpr std::string_view kRevisionReused = "REVISION_REUSED";

// A frame's updates are told apart by number and position in one tag.
std::uint64_t Tag(std::int64_t frame, int update) {
  return static_cast<std::uint64_t>(frame) * kFrameUpdates +
         static_cast<std::uint64_t>(update);
}

AttributeBits MaskedAttributes(const v1::Update& update) {
  AttributeBits bits = update.has_retraction() ? AttributeBit(0) : 0;
  for (const std::string& name : update.mask().paths()) {
    const auto* field = v1::Person::descriptor()->FindFieldByName(name);
    if (field != nullptr) bits |= AttributeBit(field->number());
  }
  return bits;
}

// The source of a frame. One that is no longer configured is taken for another
// of its kind under its own name: what the hub refuses must stay somewhere.
std::optional<SourceSetup> FindSource(const Setup& setup,
                                      const std::string& name) {
  if (setup.sources.empty()) return std::nullopt;
  const auto found =
      std::find_if(setup.sources.begin(), setup.sources.end(),
                   [&](const auto& source) { return source.name == name; });
  if (found != setup.sources.end()) return *found;
  SourceSetup source = setup.sources.front();
  source.name = name;
  return source;
}

// A frame that was sent, and what came back so far.
struct InFlight {
  OutboxFrame frame;
  std::vector<v1::UpdateResult> results;
};

class Sender {
 public:
  Sender(State& state, const Setup& setup,
         const OpenQuarantine& open_quarantine, client::Connection& connection,
         const DeliveryOptions& options, DeliveryReport& report)
      : state_(state),
        setup_(setup),
        open_quarantine_(open_quarantine),
        registry_(connection),
        options_(options),
        report_(report) {
    client::SubmitOptions submit;
    submit.signer = options.signer;
    submit.patience = options.patience;
    stream_ = std::make_unique<client::SubmitStream>(
        connection, std::move(submit),
        [this](const client::Acknowledged& acknowledged) {
          return Take(acknowledged);
        });
  }

  absl::Status Run() {
    const auto waiting = state_.CountOutbox();
    if (!waiting.ok()) return waiting.status();
    Progress progress("sending", options_.progress);
    std::int64_t last = 0;
    for (;;) {
      const auto paused = state_.Setting(kPausedSetting);
      if (!paused.ok()) return paused.status();
      if (!paused->empty()) {
        const absl::Status finished = stream_->Finish();
        return finished.ok() ? errors::Error("OUTBOX_PAUSED") : finished;
      }
      const auto entry = state_.FrameAfter(last);
      if (!entry.ok()) return entry.status();
      if (!entry->has_value()) {
        if (auto finished = stream_->Finish(); !finished.ok()) return finished;
        // Something may have come in meanwhile.
        const auto more = state_.FrameAfter(last);
        if (!more.ok() || !more->has_value()) return more.status();
        continue;
      }
      last = (*entry)->number;
      progress.Show(sent_, waiting->updates, absl::StrCat(sent_, " updates"));
      if (auto sent = Send(last); !sent.ok()) return sent;
    }
  }

 private:
  absl::Status Send(std::int64_t number) {
    auto frame = state_.LoadFrame(number);
    // Another process may have been quicker.
    if (absl::IsNotFound(frame.status())) return absl::OkStatus();
    if (!frame.ok()) return frame.status();
    const OutboxFrame* held = nullptr;
    {
      const std::lock_guard lock(mutex_);
      held = &in_flight_.emplace(number, InFlight{*std::move(frame), {}})
                  .first->second.frame;
    }
    const int size = held->updates_size();
    for (int i = 0; i < size; ++i) {
      std::string update;
      {
        const std::lock_guard lock(mutex_);
        update = held->updates(i).update();
      }
      if (auto added = stream_->Add(Tag(number, i), std::move(update));
          !added.ok()) {
        return added;
      }
    }
    sent_ += static_cast<std::uint64_t>(size);
    return stream_->Flush();
  }

  // On the stream's own thread.
  absl::Status Take(const client::Acknowledged& acknowledged) {
    const std::lock_guard lock(mutex_);
    const std::string& origin = acknowledged.response.leaf().origin();
    if (origin != log_origin_) {
      const auto restored = NoteLog(state_, origin);
      if (!restored.ok()) return restored.status();
      if (*restored) report_.set_hub_restored(true);
      log_origin_ = origin;
    }
    const auto& results = acknowledged.response.results();
    for (std::size_t i = 0; i < acknowledged.tags.size(); ++i) {
      const auto number =
          static_cast<std::int64_t>(acknowledged.tags[i] / kFrameUpdates);
      const auto found = in_flight_.find(number);
      if (found == in_flight_.end()) continue;
      InFlight& frame = found->second;
      frame.results.push_back(results.Get(static_cast<int>(i)));
      if (static_cast<int>(frame.results.size()) < frame.frame.updates_size()) {
        continue;
      }
      if (auto settled = Settle(number, frame); !settled.ok()) return settled;
      in_flight_.erase(found);
    }
    return absl::OkStatus();
  }

  absl::Status Settle(std::int64_t number, const InFlight& frame) {
    const auto source = FindSource(setup_, frame.frame.source());
    const auto source_number = state_.SourceNumber(frame.frame.source());
    if (!source_number.ok()) return source_number.status();
    std::vector<int> behind;
    std::vector<int> refused;
    for (int i = 0; i < frame.frame.updates_size(); ++i) {
      switch (const auto& result = frame.results[static_cast<std::size_t>(i)];
              result.outcome()) {
        case v1::UpdateResult::OUTCOME_APPLIED:
          report_.set_applied(report_.applied() + 1);
          break;
        case v1::UpdateResult::OUTCOME_UNCHANGED:
          report_.set_unchanged(report_.unchanged() + 1);
          break;
        case v1::UpdateResult::OUTCOME_STALE:
          report_.set_stale(report_.stale() + 1);
          behind.push_back(i);
          break;
        default:
          report_.set_rejected(report_.rejected() + 1);
          if (std::any_of(result.violations().begin(),
                          result.violations().end(), [](const auto& v) {
                            return v.reason() == kRevisionReused;
                          })) {
            behind.push_back(i);
          } else {
            refused.push_back(i);
          }
      }
    }
    // The hub's own revisions are asked for before the state is locked.
    std::vector<std::pair<v1::Update, std::uint64_t>> held;
    for (const int i : behind) {
      auto revision = HeldRevision(frame.frame.updates(i));
      if (!revision.ok()) return revision.status();
      held.push_back(*std::move(revision));
    }
    if (source && !refused.empty()) {
      if (auto kept = Quarantined(*source, frame, refused); !kept.ok()) {
        return kept;
      }
    }
    auto transaction = state_.Begin();
    if (!transaction.ok()) return transaction.status();
    for (const int i : refused) {
      v1::Update update;
      (void)update.ParseFromString(frame.frame.updates(i).update());
      if (auto forgot = transaction->ForgetClaims(
              *source_number, update.record_key(), MaskedAttributes(update),
              /*read_again=*/false);
          !forgot.ok()) {
        return forgot;
      }
    }
    for (std::size_t k = 0; k < held.size(); ++k) {
      if (auto caught = CatchUp(*transaction, *source_number, frame, behind[k],
                                held[k].first, held[k].second);
          !caught.ok()) {
        return caught;
      }
    }
    if (auto removed = transaction->RemoveFrame(number); !removed.ok()) {
      return removed;
    }
    return transaction->Commit();
  }

  // The update, and the highest revision that the hub holds of its record.
  absl::StatusOr<std::pair<v1::Update, std::uint64_t>> HeldRevision(
      const OutboxUpdate& sent) const {
    v1::Update update;
    (void)update.ParseFromString(sent.update());
    v1::GetRecordRequest request;
    request.set_record_key(update.record_key());
    const auto response = registry_.GetRecord(request);
    if (!response.ok()) return response.status();
    const std::uint64_t revision = response->record().revision();
    return std::make_pair(std::move(update), revision);
  }

  // An update may be older than what the hub holds because its acknowledgement
  // was lost and a later one was taken since: that is no matter. If the hub
  // holds a revision that this folder never gave, the folder is behind: it
  // counts on from there and reads the exports again.
  absl::Status CatchUp(State::Transaction& transaction, std::int64_t source,
                       const InFlight& frame, int index,
                       const v1::Update& update, std::uint64_t revision) {
    const auto& result = frame.results[static_cast<std::size_t>(index)];
    const auto raised =
        transaction.RaiseRevision(update.record_key(), revision);
    if (!raised.ok()) return raised.status();
    const bool reused = result.outcome() == v1::UpdateResult::OUTCOME_REJECTED;
    if (!*raised && !reused) return absl::OkStatus();
    AddFinding(frame.frame, frame.frame.updates(index), "", "STATE_BEHIND", "");
    if (auto forgot = transaction.ForgetClaims(source, update.record_key(),
                                               MaskedAttributes(update),
                                               /*read_again=*/true);
        !forgot.ok()) {
      return forgot;
    }
    return transaction.ForgetFiles(source);
  }

  absl::Status Quarantined(const SourceSetup& source, const InFlight& frame,
                           const std::vector<int>& refused) {
    const auto quarantine = open_quarantine_(source);
    for (const int i : refused) {
      const OutboxUpdate& update = frame.frame.updates(i);
      std::vector<RowFinding> findings;
      for (const v1::Violation& violation :
           frame.results[static_cast<std::size_t>(i)].violations()) {
        findings.push_back(AddFinding(
            frame.frame, update, source.mapping->ColumnOf(violation.field()),
            violation.reason(), violation.rule()));
      }
      quarantine->Add(frame.frame.header(), update.row(), findings,
                      options_.clock());
    }
    return quarantine->Flush();
  }

  RowFinding AddFinding(const OutboxFrame& frame, const OutboxUpdate& update,
                        std::string_view column, std::string_view reason,
                        std::string_view rule) {
    RowFinding finding;
    finding.set_file(frame.file());
    finding.set_line(update.line());
    finding.set_column(std::string(column));
    finding.set_reason(std::string(reason));
    finding.set_rule(std::string(rule));
    finding.set_row_rejected(true);
    if (report_.findings_size() < kMostFindings) {
      *report_.add_findings() = finding;
    }
    return finding;
  }

  State& state_;
  const Setup& setup_;
  const OpenQuarantine& open_quarantine_;
  const client::Registry registry_;
  const DeliveryOptions& options_;
  DeliveryReport& report_;
  std::uint64_t sent_ = 0;
  std::mutex mutex_;
  // As the last acknowledgement named it.
  std::string log_origin_;
  std::map<std::int64_t, InFlight> in_flight_;
  std::unique_ptr<client::SubmitStream> stream_;  // Last: it calls back.
};

}  // namespace

absl::Status Deliver(State& state, const Setup& setup,
                     const OpenQuarantine& open_quarantine,
                     client::Connection& connection,
                     const DeliveryOptions& options, DeliveryReport& report) {
  const auto first = state.FrameAfter(0);
  if (!first.ok()) return first.status();
  if (!first->has_value()) return absl::OkStatus();
  const absl::Status status =
      Sender(state, setup, open_quarantine, connection, options, report).Run();
  if (!status.ok()) {
    report.set_waits_because(std::string(errors::ReasonRowOf(status).name));
  }
  return status;
}

absl::StatusOr<bool> NoteLog(State& state, const std::string& origin) {
  const auto held = state.Setting(kLogSetting);
  if (!held.ok()) return held.status();
  if (origin.empty() || *held == origin) return false;
  if (!held->empty()) {
    auto transaction = state.Begin();
    if (!transaction.ok()) return transaction.status();
    if (auto again = transaction->SayAllAgain(); !again.ok()) return again;
    if (auto done = transaction->Commit(); !done.ok()) return done;
  }
  if (auto put = state.PutSetting(kLogSetting, origin); !put.ok()) return put;
  return !held->empty();
}

absl::StatusOr<std::uint64_t> DropOutbox(State& state) {
  std::uint64_t dropped = 0;
  for (;;) {
    const auto entry = state.FrameAfter(0);
    if (!entry.ok()) return entry.status();
    if (!entry->has_value()) return dropped;
    const auto frame = state.LoadFrame((*entry)->number);
    if (!frame.ok()) return frame.status();
    const auto source = state.SourceNumber(frame->source());
    if (!source.ok()) return source.status();
    auto transaction = state.Begin();
    if (!transaction.ok()) return transaction.status();
    for (const OutboxUpdate& waiting : frame->updates()) {
      v1::Update update;
      (void)update.ParseFromString(waiting.update());
      if (auto forgot = transaction->ForgetClaims(*source, update.record_key(),
                                                  MaskedAttributes(update),
                                                  /*read_again=*/true);
          !forgot.ok()) {
        return forgot;
      }
    }
    if (auto forgot = transaction->ForgetFiles(*source); !forgot.ok()) {
      return forgot;
    }
    if (auto gone = transaction->RemoveFrame((*entry)->number); !gone.ok()) {
      return gone;
    }
    if (auto done = transaction->Commit(); !done.ok()) return done;
    dropped += static_cast<std::uint64_t>(frame->updates_size());
  }
}

}  // namespace waystation::adapters
