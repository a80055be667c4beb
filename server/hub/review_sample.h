// SPDX-License-Identifier: Apache-2.0
// Samples of pairs that clerks rule on, so that a site without truth knows how
// well its records are linked. Each stands in the store as an object,
// "review_sample", with what it was drawn from; what was answered is no part of
// it, but the rulings on its pairs as they stand when somebody asks.
#ifndef WAYSTATION_SERVER_HUB_REVIEW_SAMPLE_H_
#define WAYSTATION_SERVER_HUB_REVIEW_SAMPLE_H_

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/hub/core.h"
#include "server/hub/pair_ruling.h"
#include "server/hub/planning.h"
#include "server/storage/store.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::hub {

inline constexpr std::string_view kReviewSampleObject = "review_sample";

using StoredSample = store::v1::StoredReviewSample;

// By rising number.
absl::StatusOr<std::vector<StoredSample>> LoadSamples(
    const storage::Store& store);
absl::StatusOr<std::optional<StoredSample>> NewestSample(
    const storage::Store& store);
storage::ObjectRow SampleRow(const StoredSample& sample);

bool HoldsPair(const StoredSample& sample, const storage::OpenItemKey& pair);

// The pair as an item of the queue, opened now.
storage::OpenItem SampleItem(const Planning& planning, const Record& a,
                             const Record& b, const PairRulings& rulings);

// The sample with what was answered so far.
absl::StatusOr<v1::LinkageSample> ShowSample(const Core& core,
                                             const StoredSample& sample);

// What follows from the answers, into `report.precision` and `.recall`.
void AddEstimates(const StoredSample* sample,
                  v1::GetLinkageReportResponse& report);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_REVIEW_SAMPLE_H_
