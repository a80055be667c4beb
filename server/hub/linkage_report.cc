// SPDX-License-Identifier: Apache-2.0
#include "server/hub/linkage_report.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/quality/share.h"
#include "server/domain/linkage_sample.h"
#include "server/hub/pair_item.h"
#include "server/hub/record.h"
#include "server/hub/review_sample.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

constexpr size_t kChunk = 500;

void SetShare(const quality::Share& share, v1::LinkageShare& shown) {
  shown.set_hits(share.hits);
  shown.set_all(share.all);
  if (share.all == 0) return;
  shown.set_value(share.value());
  const quality::Interval interval = share.interval();
  shown.set_low(interval.low);
  shown.set_high(interval.high);
}

// Whether the pair was one person by the rules when it was drawn.
bool WasLinked(const std::vector<StoredSample>& samples,
               const storage::OpenItemKey& pair) {
  bool linked = false;
  for (const StoredSample& sample : samples) {
    for (const StoredSample::Stratum& stratum : sample.strata()) {
      for (const StoredSample::Pair& one : stratum.pairs()) {
        // The newest that holds it says.
        if (one.a() == pair.a && one.b() == pair.b) {
          linked = domain::IsLinked(static_cast<domain::Band>(stratum.band()));
        }
      }
    }
  }
  return linked;
}

// A ruling that was proposed and never stood is none.
void Count(const v1::Decision& decision, v1::LinkageRulings& rulings) {
  switch (decision.state()) {
    case v1::Decision::STATE_UNDONE:
      return rulings.set_undone(rulings.undone() + 1);
    case v1::Decision::STATE_WITHDRAWN:
      return rulings.set_withdrawn(rulings.withdrawn() + 1);
    case v1::Decision::STATE_REFUSED:
      return rulings.set_refused(rulings.refused() + 1);
    case v1::Decision::STATE_PROPOSED:
      return rulings.set_proposed(rulings.proposed() + 1);
    default:
      break;
  }
  switch (decision.kind()) {
    case v1::Decision::KIND_SAME:
      return rulings.set_same(rulings.same() + 1);
    case v1::Decision::KIND_DIFFERENT:
      return rulings.set_different(rulings.different() + 1);
    default:
      return rulings.set_unsure(rulings.unsure() + 1);
  }
}

}  // namespace

absl::StatusOr<v1::GetLinkageReportResponse> ReportLinkage(Core& core) {
  v1::GetLinkageReportResponse response;
  *response.mutable_as_of_time() =
      TimeUtil::MicrosecondsToTimestamp(core.clock.Now());
  const domain::RuleBook& rules = core.rules();
  response.set_rules_version(rules.version());
  response.set_upper(rules.linking().thresholds.upper);
  response.set_lower(rules.linking().thresholds.lower);
  const auto counts = core.store.Count();
  if (!counts.ok()) return StoreError(counts.status());
  response.set_records(counts->records);
  response.set_persons(counts->persons);
  response.set_candidates_open(counts->open_candidates);

  const auto samples = LoadSamples(core.store);
  if (!samples.ok()) return samples.status();
  v1::LinkageRulings& rulings = *response.mutable_rulings();
  // Rulings SAME by which two persons became one.
  uint64_t joins_by_decision = 0;
  for (uint64_t after = 0;;) {
    const auto rows = core.store.ListDecisions(after, kChunk);
    if (!rows.ok()) return StoreError(rows.status());
    for (const storage::DecisionRow& row : *rows) {
      after = row.number;
      const auto decision = OpenDecision(core.sealer, row);
      if (!decision.ok()) return StoreError(decision.status());
      const v1::Decision& ruling = (*decision)->stored.decision();
      const auto pair = core.subjects.DecodePair(ruling.subject());
      if (!pair.has_value()) continue;
      const bool is_candidate = IsCandidate(pair->kind);
      if (is_candidate) Count(ruling, rulings);
      if (row.active && ruling.kind() == v1::Decision::KIND_SAME &&
          (is_candidate || !WasLinked(*samples, *pair))) {
        ++joins_by_decision;
      }
    }
    if (rows->size() < kChunk) break;
  }
  // Records came while decisions were read, or two rulings say one thing.
  const uint64_t joins = counts->records - counts->persons;
  response.set_joins_by_decision(std::min(joins_by_decision, joins));
  response.set_joins_by_rules(joins - response.joins_by_decision());
  SetShare(
      {.hits = rulings.same(), .all = rulings.same() + rulings.different()},
      *response.mutable_candidates_same());
  const StoredSample* const newest =
      samples->empty() ? nullptr : &samples->back();
  if (newest != nullptr) {
    auto sample = ShowSample(core, *newest);
    if (!sample.ok()) return sample.status();
    *response.mutable_sample() = *std::move(sample);
  }
  AddEstimates(newest, response);
  return response;
}

}  // namespace waystation::hub
