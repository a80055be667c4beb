// SPDX-License-Identifier: Apache-2.0
#include "server/hub/sample_desk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "server/domain/apply.h"
#include "server/domain/linkage_sample.h"
#include "server/hub/act_work.h"
#include "server/hub/given_reason.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/pair_survey.h"
#include "server/hub/ruling_subject.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::OpenItem;
using storage::OpenItemKey;
using storage::Uid;

constexpr int kUsualPairs = 200;
constexpr int kMostPairs = 2'000;
constexpr int kUsualRecords = 10'000;
constexpr int kMostRecords = 100'000;
constexpr double kUsualWidth = 6;
// Records that are looked at together.
constexpr size_t kChunk = 100;

absl::Status CheckRequest(const v1::DrawReviewSampleRequest& request) {
  const auto refuse = [](const char* field, const char* rule) {
    return errors::Error("INVALID_REQUEST", {.field = field, .rule = rule});
  };
  if (request.pairs() < 0 || request.pairs() > kMostPairs) {
    return refuse("pairs", "1 to 2000");
  }
  if (request.records() < 0 || request.records() > kMostRecords) {
    return refuse("records", "1 to 100000");
  }
  // Also what is no number.
  if (request.width() != 0 &&
      !(request.width() >= 1 && request.width() <= 30)) {
    return refuse("width", "1 to 30");
  }
  return CheckRequestId(request.request_id());
}

// The largest uid that a record has; 0 where there is none.
absl::StatusOr<Uid> LargestUid(const Core& core) {
  Uid largest = 0;
  for (const auto& [id, agency] : core.registry.Get()->agencies()) {
    const storage::AgencyNumber number = agency.number;
    const auto is_beyond = [&](Uid uid) -> absl::StatusOr<bool> {
      const auto rows = core.store.ListRecords(number, uid, 1);
      if (!rows.ok()) return StoreError(rows.status());
      return !rows->empty();
    };
    // `largest` is passed by a record of this agency, `over` is not.
    Uid step = 1;
    for (;; step *= 2) {
      const auto more = is_beyond(largest + step);
      if (!more.ok()) return more.status();
      if (!*more) break;
      largest += step;
    }
    const auto more = is_beyond(largest);
    if (!more.ok()) return more.status();
    if (!*more) continue;
    Uid over = largest + step;
    while (over - largest > 1) {
      const Uid middle = largest + (over - largest) / 2;
      const auto beyond = is_beyond(middle);
      if (!beyond.ok()) return beyond.status();
      (*beyond ? largest : over) = middle;
    }
    largest = over;
  }
  return largest;
}

}  // namespace

absl::StatusOr<v1::DrawReviewSampleResponse> SampleDesk::Draw(
    const Caller& caller, const v1::DrawReviewSampleRequest& request) {
  if (auto status = CheckRequest(request); !status.ok()) return status;
  const std::lock_guard lock(mutex_);
  auto sample = FindRepeat(caller, request);
  if (!sample.ok()) return sample.status();
  if (!sample->has_value()) {
    auto drawn = Survey(caller, request);
    if (!drawn.ok()) return drawn.status();
    *sample = *std::move(drawn);
    const auto act = [&](Planning& planning,
                         v1::AuditEvent& event) -> absl::Status {
      if (auto status = Keep(planning, **sample); !status.ok()) return status;
      size_t pairs = 0;
      for (const StoredSample::Stratum& stratum : (*sample)->strata()) {
        pairs += static_cast<size_t>(stratum.pairs_size());
      }
      event.set_kind(v1::AuditEvent::KIND_REVIEW);
      event.set_actor(caller.path);
      event.set_purpose(v1::PURPOSE_RECONCILIATION);
      event.set_act("review.sample");
      event.set_object(absl::StrCat("sample ", (*sample)->number(), " seed ",
                                    (*sample)->seed()));
      event.set_count(static_cast<uint32_t>(pairs));
      return absl::OkStatus();
    };
    if (auto status = DoAct(committer_, act); !status.ok()) return status;
  }
  auto shown = ShowSample(core_, **sample);
  if (!shown.ok()) return shown.status();
  v1::DrawReviewSampleResponse response;
  *response.mutable_sample() = *std::move(shown);
  return response;
}

absl::StatusOr<std::optional<StoredSample>> SampleDesk::FindRepeat(
    const Caller& caller, const v1::DrawReviewSampleRequest& request) const {
  if (request.request_id().empty()) return std::nullopt;
  const storage::KeyHash hash =
      core_.hashes.Request(caller.path, request.request_id());
  auto samples = LoadSamples(core_.store);
  if (!samples.ok()) return samples.status();
  for (StoredSample& sample : *samples) {
    if (sample.request() != AsBytes(hash)) continue;
    const double width = request.width() == 0 ? kUsualWidth : request.width();
    if (sample.asked_pairs() != request.pairs() ||
        sample.asked_records() != request.records() ||
        sample.width() != width ||
        (request.seed() != 0 && sample.seed() != request.seed())) {
      return errors::Error("REQUEST_ID_REUSED", {.field = "request_id"});
    }
    return std::move(sample);
  }
  return std::nullopt;
}

absl::StatusOr<StoredSample> SampleDesk::Survey(
    const Caller& caller, const v1::DrawReviewSampleRequest& request) const {
  const domain::RuleBook& rules = core_.rules();
  StoredSample sample;
  sample.set_drawn_by(caller.path);
  sample.set_seed(request.seed() != 0
                      ? request.seed()
                      : std::bit_cast<uint64_t>(core_.random.Draw<8>()));
  sample.set_rules_version(rules.version());
  sample.set_width(request.width() == 0 ? kUsualWidth : request.width());
  sample.set_asked_pairs(request.pairs());
  sample.set_asked_records(request.records());
  if (!request.request_id().empty()) {
    sample.set_request(std::string(
        AsBytes(core_.hashes.Request(caller.path, request.request_id()))));
  }
  const auto largest = LargestUid(core_);
  if (!largest.ok()) return largest.status();
  const size_t wanted = static_cast<size_t>(
      request.records() == 0 ? kUsualRecords : request.records());
  PairSurvey survey(core_, rules.linking(), sample.width());
  domain::PairSample pairs(
      sample.seed(), static_cast<size_t>(
                         request.pairs() == 0 ? kUsualPairs : request.pairs()));
  domain::Lottery lottery(sample.seed(), *largest);
  size_t live = 0;
  for (bool more = true; more && live < wanted;) {
    std::vector<Uid> uids;
    while (uids.size() < std::min(kChunk, wanted - live)) {
      const auto uid = lottery.Draw();
      more = uid.has_value();
      if (!more) break;
      uids.push_back(*uid);
    }
    const auto found = survey.LookAt(uids);
    if (!found.ok()) return found.status();
    for (const auto& one : *found) {
      if (one.has_value()) ++live;
      pairs.Look(one.has_value() ? *one : PairSurvey::Pairs());
    }
  }
  sample.set_records_looked_at(live);
  const auto counts = core_.store.Count();
  if (!counts.ok()) return StoreError(counts.status());
  sample.set_records(counts->records);
  const auto drawn = pairs.Draw();
  for (size_t i = 0; i < domain::kBands; ++i) {
    StoredSample::Stratum& stratum = *sample.add_strata();
    stratum.set_band(static_cast<uint32_t>(i + 1));
    const domain::BandSize size =
        pairs.SizeOf(static_cast<domain::Band>(i + 1), *largest);
    stratum.set_size(size.pairs);
    stratum.set_size_error(size.error);
    for (const domain::Pair& pair : drawn[i]) {
      StoredSample::Pair& stored = *stratum.add_pairs();
      stored.set_a(pair.a);
      stored.set_b(pair.b);
    }
  }
  return sample;
}

absl::Status SampleDesk::Keep(Planning& planning, StoredSample& sample) const {
  const auto before = NewestSample(core_.store);
  if (!before.ok()) return before.status();
  sample.set_number(before->has_value() ? (*before)->number() + 1 : 1);
  sample.set_drawn_time(planning.now);
  std::vector<Uid> uids;
  const auto add_uids = [&](const StoredSample& one) {
    for (const StoredSample::Stratum& stratum : one.strata()) {
      for (const StoredSample::Pair& pair : stratum.pairs()) {
        uids.push_back(pair.a());
        uids.push_back(pair.b());
      }
    }
  };
  add_uids(sample);
  if (before->has_value()) add_uids(**before);
  std::ranges::sort(uids);
  uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
  if (auto status = LoadForRuling(planning, uids); !status.ok()) return status;
  for (const auto& [key, item] : planning.state.items()) {
    if (key.kind == OpenItem::Kind::kSample) {
      planning.change.items[key] = std::nullopt;
    }
  }
  const PairRulings rulings(planning.DecisionsBefore());
  const auto is_live = [&](const RecordPtr& record) {
    return record != nullptr && domain::HasClaims(record->stored);
  };
  for (const StoredSample::Stratum& stratum : sample.strata()) {
    for (const StoredSample::Pair& pair : stratum.pairs()) {
      const RecordPtr a = planning.state.Find(pair.a());
      const RecordPtr b = planning.state.Find(pair.b());
      // Taken back, or ruled on, since it was found.
      if (!is_live(a) || !is_live(b) ||
          rulings.by_pair().contains({pair.a(), pair.b()})) {
        continue;
      }
      OpenItem item = SampleItem(planning, *a, *b, rulings);
      planning.change.items[KeyOf(item)] = std::move(item);
    }
  }
  planning.batch.objects.push_back(SampleRow(sample));
  return absl::OkStatus();
}

}  // namespace waystation::hub
