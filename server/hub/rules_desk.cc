// SPDX-License-Identifier: Apache-2.0
#include "server/hub/rules_desk.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/apply.h"
#include "server/domain/pair_counts.h"
#include "server/domain/train.h"
#include "server/hub/act_work.h"
#include "server/hub/record.h"
#include "server/hub/review.h"
#include "server/hub/rules_trial.h"
#include "server/hub/rules_watch.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

constexpr size_t kPage = 1000;
constexpr uint64_t kMostRecords = 1'000'000;
constexpr int kLongestVersion = 64;
// So many rules may each have told something to somebody.
constexpr int kMostGivenUp = 8;

v1::RulesStatus StatusOf(const RulesVersion& rules) {
  v1::RulesStatus status;
  status.set_version(rules.book.version());
  status.set_etag(rules.etag);
  if (rules.stored.applied_time() != 0) {
    *status.mutable_applied_time() =
        TimeUtil::MicrosecondsToTimestamp(rules.stored.applied_time());
    status.set_applied_by(rules.stored.applied_by());
  }
  return status;
}

v1::AuditEvent EventOf(const Caller& caller, std::string_view act,
                       std::string_view version, uint64_t count) {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_ADMINISTRATION);
  event.set_actor(caller.path);
  event.set_act(std::string(act));
  event.set_object(std::string(version));
  event.set_count(static_cast<uint32_t>(std::min<uint64_t>(count, UINT32_MAX)));
  return event;
}

absl::Status Busy() {
  return errors::Error("LIMIT_REACHED",
                       {.rule = "one training or trial at a time"});
}

// --- learning ---

// Each of the `held` records with the chance to be among `most`, the same ones
// each time: pairs of these are then drawn from all pairs alike.
class Draw {
 public:
  Draw(uint64_t held, uint64_t most) : held_(held), most_(most) {}
  bool Takes(storage::Uid uid) const {
    if (held_ <= most_) return true;
    // SplitMix64's finish.
    uint64_t z = uid + 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return (z ^ z >> 31) % held_ < most_;
  }

 private:
  const uint64_t held_;
  const uint64_t most_;
};

absl::StatusOr<std::vector<domain::MatchVector>> ReadVectors(
    Core& core, const domain::BlockList& block_list, const Draw& draw,
    Watched& watched) {
  std::vector<domain::MatchVector> vectors;
  uint64_t read = 0;
  const std::shared_ptr<const Snapshot> registry = core.registry.Get();
  for (const auto& [id, agency] : registry->agencies()) {
    for (storage::Uid after = 0;;) {
      auto rows = core.store.ListRecords(agency.number, after, kPage);
      if (!rows.ok()) return StoreError(rows.status());
      if (rows->empty()) break;
      after = rows->back().uid;
      for (storage::RecordRow& row : *rows) {
        ++read;
        if (!draw.Takes(row.uid)) continue;
        const auto record = OpenRecord(core.sealer, std::move(row));
        if (!record.ok()) return StoreError(record.status());
        if (!domain::HasClaims((*record)->stored)) continue;
        vectors.push_back(domain::MatchVectorOf((*record)->stored, block_list));
      }
      if (auto status = watched.Done(read); !status.ok()) return status;
    }
  }
  return vectors;
}

v1::TrainedRules Report(const domain::PairCounts& counts,
                        const domain::Trained& trained) {
  v1::TrainedRules report;
  report.set_random_pairs(counts.random.pairs());
  report.set_candidate_pairs(counts.candidates.pairs());
  report.set_match_share(trained.match_share);
  report.set_false_links(trained.false_links);
  report.set_found(trained.found);
  for (const domain::SessionFit& fit : trained.sessions) {
    if (fit.pairs == 0) continue;
    v1::TrainingSession& session = *report.add_sessions();
    for (size_t i = 0; i < domain::kFields; ++i) {
      const auto field = static_cast<domain::Field>(i);
      if ((fit.given & domain::BitOf(field)) != 0) {
        session.add_given(std::string(domain::NameOf(field)));
      }
    }
    session.set_pairs(fit.pairs);
    session.set_matches(fit.matches);
    session.set_certainty(fit.certainty);
    session.set_rounds(fit.rounds);
    session.set_converged(fit.converged);
    session.set_used(fit.used);
  }
  for (size_t i = 0; i < domain::kLevels; ++i) {
    if (trained.levels[i].learned) continue;
    const domain::LevelInfo& info = domain::Levels()[i];
    report.add_kept_levels(std::string(domain::NameOf(info.field)) + "." +
                           std::string(info.name));
  }
  return report;
}

// --- putting in force ---

// The same for rules that mean the same, whatever they leave to defaults.
std::string MeaningOf(const config::v1::Rules& rules) {
  return HashOf(domain::WrittenOut(rules));
}

// Whether other rules had that version.
absl::StatusOr<bool> IsVersionUsed(const storage::Store& store,
                                   const config::v1::Rules& rules) {
  const auto rows = store.ListObjects(kRulesVersionObject);
  if (!rows.ok()) return StoreError(rows.status());
  for (const storage::ObjectRow& row : *rows) {
    if (row.id != rules.version()) continue;
    store::v1::StoredRulesVersion used;
    return !used.ParseFromString(row.bytes) || used.hash() != MeaningOf(rules);
  }
  return false;
}

storage::ObjectRow VersionRow(const config::v1::Rules& rules,
                              std::string_view version) {
  store::v1::StoredRulesVersion used;
  used.set_hash(MeaningOf(rules));
  return {.kind = std::string(kRulesVersionObject),
          .id = std::string(version),
          .bytes = used.SerializeAsString()};
}

absl::Status PutInForce(Core& core, const Caller& caller,
                        const v1::ApplyRulesRequest& request,
                        Planning& planning, v1::AuditEvent& event,
                        v1::ApplyRulesResponse& response) {
  planning.dry_run = request.validate_only();
  const config::v1::Rules& rules = request.rules();
  if (auto status = CheckGivenRules(rules); !status.ok()) return status;
  const RulesVersion& now = core.rules_in_force.Get();
  if (request.etag().empty()) {
    return errors::Error("ETAG_MISSING", {.field = "etag"});
  }
  if (request.etag() != now.etag) return errors::Error("CHANGED_MEANWHILE");
  const bool same = MeaningOf(now.stored.rules()) == MeaningOf(rules);
  const auto used = IsVersionUsed(core.store, rules);
  if (!used.ok()) return used.status();
  if (*used || (!same && rules.version() == now.book.version())) {
    return errors::Error("RULES_VERSION_USED", {.field = "rules.version"});
  }
  const auto identity = core.store.ListObjects(kHubObject);
  if (!identity.ok()) return StoreError(identity.status());
  store::v1::StoredIdentity held;
  if (identity->empty() || !held.ParseFromString(identity->front().bytes)) {
    return errors::Error("STORE_DAMAGED", {.metadata = {{"table", "object"}}});
  }
  const auto review = ReviewTowards(core, rules, held);
  if (!review.ok()) return StoreError(review.status());
  if (review->has_value() && (*review)->given_up_size() > kMostGivenUp) {
    return errors::Error("RULES_UNDER_REVIEW");
  }
  store::v1::StoredRules stored;
  *stored.mutable_rules() = rules;
  stored.set_applied_time(planning.now);
  stored.set_applied_by(caller.path);
  *response.mutable_status() = StatusOf(RulesVersion(stored));
  auto& objects = planning.batch.objects;
  objects.push_back({.kind = std::string(kRulesObject),
                     .id = std::string(kAppliedRulesId),
                     .bytes = stored.SerializeAsString()});
  objects.push_back(VersionRow(now.stored.rules(), now.book.version()));
  if (!same) objects.push_back(VersionRow(rules, rules.version()));
  if (review->has_value()) objects.push_back(PlaceRow(**review));
  event = EventOf(caller, "rules.apply", rules.version(), 1);
  event.set_object_hash(HashOf(rules));
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckGivenRules(const config::v1::Rules& rules) {
  errors::Details details;
  for (const v1::Violation& violation : domain::CheckRules(rules)) {
    details.violations.push_back(
        {.field = "rules." + violation.field(), .rule = violation.rule()});
  }
  if (rules.version().size() > kLongestVersion) {
    details.violations.push_back(
        {.field = "rules.version", .rule = "at most 64 bytes"});
  } else if (rules.version() == domain::RuleBook().version() &&
             MeaningOf(rules) != MeaningOf({})) {
    details.violations.push_back(
        {.field = "rules.version",
         .rule = "another than \"default\", which the defaults have"});
  }
  if (details.violations.empty()) return absl::OkStatus();
  return errors::Error("RULES_INVALID", details);
}

v1::GetRulesResponse RulesDesk::Get() const {
  const RulesVersion& rules = core_.rules_in_force.Get();
  v1::GetRulesResponse response;
  *response.mutable_status() = StatusOf(rules);
  if (core_.rules_in_force.PassesConfiguredOver()) {
    response.mutable_status()->set_passed_over_version(
        core_.rules_in_force.configured().version());
  }
  *response.mutable_rules() = domain::WrittenOut(rules.stored.rules());
  return response;
}

void RulesDesk::Apply(const Caller& caller, v1::ApplyRulesRequest request,
                      Hub::Callback<v1::ApplyRulesResponse> done) {
  auto response = std::make_shared<v1::ApplyRulesResponse>();
  committer_.Submit(std::make_unique<ActWork>(
      [&core = core_, caller, request = std::move(request), response](
          Planning& planning, v1::AuditEvent& event) {
        return PutInForce(core, caller, request, planning, event, *response);
      },
      [response, done = std::move(done)](const absl::Status& status) {
        if (!status.ok()) return done(status);
        done(*response);
      }));
}

absl::StatusOr<v1::TrainedRules> RulesDesk::Train(
    const Caller& caller, const v1::TrainRulesRequest& request,
    const Hub::Watch& watch) {
  domain::TrainOptions options;
  if (request.false_links() != 0) options.false_links = request.false_links();
  if (!(options.false_links > 0 && options.false_links < 1)) {
    return errors::Error("INVALID_REQUEST", {.field = "false_links",
                                             .rule = "over 0 and under 1"});
  }
  if (busy_.exchange(true)) return Busy();
  const absl::Cleanup free = [this] { busy_ = false; };

  const RulesVersion& now = core_.rules_in_force.Get();
  const domain::Linking& linking = now.book.linking();
  const auto held = core_.store.Count();
  if (!held.ok()) return StoreError(held.status());
  Watched watched(watch, draining_);
  watched.Enter(v1::RulesProgress::PHASE_READING, held->records);
  const Draw draw(held->records, request.most_records() == 0
                                     ? kMostRecords
                                     : request.most_records());
  auto vectors = ReadVectors(core_, linking.block_list, draw, watched);
  if (!vectors.ok()) return vectors.status();
  const uint64_t records = vectors->size();
  watched.Enter(v1::RulesProgress::PHASE_COMPARING, records);
  absl::Status goes_on = watched.GoesOn();
  const domain::PairCounts counts = domain::CountPairs(
      *vectors, {.block_cap = linking.block_cap, .stop = [&] {
                   if (goes_on.ok()) goes_on = watched.GoesOn();
                   return !goes_on.ok();
                 }});
  if (!goes_on.ok()) return goes_on;
  vectors->clear();
  vectors->shrink_to_fit();
  watched.Enter(v1::RulesProgress::PHASE_FITTING, records);
  if (auto status = watched.GoesOn(); !status.ok()) return status;
  const domain::Trained trained = domain::Train(counts, options);
  if (trained.match_share == 0 ||
      std::ranges::none_of(trained.sessions, &domain::SessionFit::used)) {
    return errors::Error("TOO_LITTLE_TO_LEARN",
                         {.metadata = {{"records", std::to_string(records)}}});
  }

  v1::TrainedRules result = Report(counts, trained);
  result.set_records(records);
  result.set_records_held(held->records);
  config::v1::Rules& rules = *result.mutable_rules();
  rules = now.stored.rules();
  rules.set_version(request.version().empty()
                        ? "trained-" + codes::FormatDate(codes::PartialDate::Of(
                                           core_.Today()))
                        : request.version());
  rules.mutable_linking()->clear_levels();
  domain::WriteTrained(trained, *rules.mutable_linking());
  rules = domain::WrittenOut(rules);
  if (auto status =
          write_leaf_(EventOf(caller, "rules.train", rules.version(), records));
      !status.ok()) {
    return status;
  }
  return result;
}

absl::StatusOr<v1::RulesEffect> RulesDesk::Try(
    const Caller& caller, const v1::TryRulesRequest& request,
    const Hub::Watch& watch) {
  if (auto status = CheckGivenRules(request.rules()); !status.ok()) {
    return status;
  }
  if (request.examples() < 0 || request.examples() > 100) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "examples", .rule = "0 to 100"});
  }
  if (busy_.exchange(true)) return Busy();
  const absl::Cleanup free = [this] { busy_ = false; };
  Watched watched(watch, draining_);
  auto effect = TryRules(core_, committer_, request, watched);
  if (!effect.ok()) return effect;
  if (auto status = write_leaf_(EventOf(
          caller, "rules.try", request.rules().version(), effect->records()));
      !status.ok()) {
    return status;
  }
  return effect;
}

}  // namespace waystation::hub
