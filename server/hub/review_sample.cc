// SPDX-License-Identifier: Apache-2.0
#include "server/hub/review_sample.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "server/domain/linkage_estimate.h"
#include "server/hub/pair_item.h"
#include "server/hub/record.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using storage::OpenItem;
using storage::OpenItemKey;
using storage::Uid;

OpenItemKey KeyOf(const StoredSample::Pair& pair) {
  return {.kind = OpenItem::Kind::kSample, .a = pair.a(), .b = pair.b()};
}

// What clerks said of the pairs of a sample.
struct Answers {
  // The ruling that stands on each; and those that only somebody was unsure of.
  std::map<domain::Pair, v1::Decision::Kind> rulings;
  std::map<domain::Pair, bool> unsure;
};

absl::StatusOr<Answers> LoadAnswers(const Core& core,
                                    const StoredSample& sample) {
  std::vector<Uid> uids;
  for (const StoredSample::Stratum& stratum : sample.strata()) {
    for (const StoredSample::Pair& pair : stratum.pairs()) {
      uids.push_back(pair.a());
      uids.push_back(pair.b());
    }
  }
  std::ranges::sort(uids);
  uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
  const auto rows = core.store.DecisionsOf(uids);
  if (!rows.ok()) return StoreError(rows.status());
  Answers answers;
  // By rising number: of two rulings that stand the later one counts.
  for (const storage::DecisionRow& row : *rows) {
    const auto decision = OpenDecision(core.sealer, row);
    if (!decision.ok()) return StoreError(decision.status());
    const store::v1::StoredDecision& stored = (*decision)->stored;
    if ((*decision)->IsValueDecision() || stored.uids_size() != 2) continue;
    const auto pair = domain::Pair::Of(stored.uids(0), stored.uids(1));
    const v1::Decision& ruling = stored.decision();
    if (row.active) {
      answers.rulings[pair] = ruling.kind();
    } else if (ruling.kind() == v1::Decision::KIND_UNSURE &&
               ruling.state() == v1::Decision::STATE_STANDING &&
               core.subjects.Encode(OpenItemKey{.kind = OpenItem::Kind::kSample,
                                                .a = pair.a,
                                                .b = pair.b}) ==
                   ruling.subject()) {
      // Of the pair as it was drawn, not as a candidate.
      answers.unsure[pair] = true;
    }
  }
  return answers;
}

domain::Stratum StratumOf(const v1::LinkageStratum& shown,
                          const StoredSample::Stratum& stored) {
  return {.band = static_cast<domain::Band>(stored.band()),
          .size = {.pairs = stored.size(), .error = stored.size_error()},
          .drawn = shown.drawn() - shown.gone(),
          .same = shown.same(),
          .different = shown.different()};
}

void SetEstimate(const std::optional<domain::Estimate>& estimate,
                 v1::LinkageEstimate& shown) {
  if (!estimate.has_value()) {
    shown.set_why("TOO_FEW_ANSWERS");
    return;
  }
  shown.set_value(estimate->value);
  shown.set_low(estimate->interval.low);
  shown.set_high(estimate->interval.high);
}

}  // namespace

absl::StatusOr<std::vector<StoredSample>> LoadSamples(
    const storage::Store& store) {
  const auto rows = store.ListObjects(kReviewSampleObject);
  if (!rows.ok()) return StoreError(rows.status());
  std::vector<StoredSample> samples;
  for (const storage::ObjectRow& row : *rows) {
    if (!samples.emplace_back().ParseFromString(row.bytes)) {
      return errors::Error("STORE_DAMAGED",
                           {.metadata = {{"table", "object"},
                                         {"row", row.kind + " " + row.id}}});
    }
  }
  return samples;
}

absl::StatusOr<std::optional<StoredSample>> NewestSample(
    const storage::Store& store) {
  auto samples = LoadSamples(store);
  if (!samples.ok()) return samples.status();
  if (samples->empty()) return std::nullopt;
  return std::move(samples->back());
}

// Ids rise as numbers do.
storage::ObjectRow SampleRow(const StoredSample& sample) {
  return {.kind = std::string(kReviewSampleObject),
          .id = absl::StrFormat("%012d", sample.number()),
          .bytes = sample.SerializeAsString()};
}

bool HoldsPair(const StoredSample& sample, const OpenItemKey& pair) {
  return std::ranges::any_of(
      sample.strata(), [&](const StoredSample::Stratum& stratum) {
        return std::ranges::any_of(
            stratum.pairs(),
            [&](const StoredSample::Pair& one) { return KeyOf(one) == pair; });
      });
}

OpenItem SampleItem(const Planning& planning, const Record& a, const Record& b,
                    const PairRulings& rulings) {
  return {.kind = OpenItem::Kind::kSample,
          .a = a.uid,
          .b = b.uid,
          .opened_time = planning.now,
          .agencies = AgenciesOfPair(a.agency, b.agency),
          .etag = CandidateEtag(planning.core.hashes, a, b, rulings),
          .reason = errors::FindReason("DRAWN_AT_RANDOM")->number};
}

absl::StatusOr<v1::LinkageSample> ShowSample(const Core& core,
                                             const StoredSample& sample) {
  const auto answers = LoadAnswers(core, sample);
  if (!answers.ok()) return answers.status();
  v1::LinkageSample shown;
  shown.set_number(sample.number());
  *shown.mutable_drawn_time() =
      TimeUtil::MicrosecondsToTimestamp(sample.drawn_time());
  shown.set_drawn_by(sample.drawn_by());
  shown.set_seed(sample.seed());
  shown.set_rules_version(sample.rules_version());
  shown.set_width(sample.width());
  shown.set_records_looked_at(sample.records_looked_at());
  shown.set_records(sample.records());
  for (const StoredSample::Stratum& stored : sample.strata()) {
    v1::LinkageStratum& stratum = *shown.add_strata();
    stratum.set_band(static_cast<v1::LinkageBand>(stored.band()));
    stratum.set_pairs(stored.size());
    const double doubt = quality::kNormal95 * stored.size_error();
    stratum.set_pairs_low(
        std::max<double>(stored.pairs_size(), stored.size() - doubt));
    stratum.set_pairs_high(stored.size() + doubt);
    stratum.set_drawn(static_cast<uint64_t>(stored.pairs_size()));
    for (const StoredSample::Pair& one : stored.pairs()) {
      const domain::Pair pair{one.a(), one.b()};
      const auto ruling = answers->rulings.find(pair);
      if (ruling != answers->rulings.end()) {
        ruling->second == v1::Decision::KIND_SAME
            ? stratum.set_same(stratum.same() + 1)
            : stratum.set_different(stratum.different() + 1);
        continue;
      }
      const auto open = core.store.GetOpenItem(KeyOf(one));
      if (!open.ok()) return StoreError(open.status());
      if (!open->has_value()) {
        stratum.set_gone(stratum.gone() + 1);
      } else if (answers->unsure.contains(pair)) {
        stratum.set_unsure(stratum.unsure() + 1);
      } else {
        stratum.set_waiting(stratum.waiting() + 1);
      }
    }
    SetEstimate(domain::ShareOfSame(StratumOf(stratum, stored)),
                *stratum.mutable_share());
  }
  return shown;
}

void AddEstimates(const StoredSample* sample,
                  v1::GetLinkageReportResponse& report) {
  v1::LinkageEstimate& precision = *report.mutable_precision();
  v1::LinkageEstimate& recall = *report.mutable_recall();
  const char* why = sample == nullptr ? "NO_SAMPLE"
                    : sample->rules_version() != report.rules_version()
                        ? "RULES_CHANGED"
                        : nullptr;
  if (why != nullptr) {
    precision.set_why(why);
    recall.set_why(why);
    return;
  }
  std::vector<domain::Stratum> strata;
  for (int i = 0; i < sample->strata_size(); ++i) {
    strata.push_back(StratumOf(report.sample().strata(i), sample->strata(i)));
  }
  SetEstimate(domain::EstimatePrecision(strata), precision);
  SetEstimate(domain::EstimateRecall(strata), recall);
}

}  // namespace waystation::hub
