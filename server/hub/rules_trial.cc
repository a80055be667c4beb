// SPDX-License-Identifier: Apache-2.0
#include "server/hub/rules_trial.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "server/domain/resolve.h"
#include "server/hub/affair.h"
#include "server/hub/pair_item.h"
#include "server/hub/relink.h"
#include "server/hub/store_error.h"
#include "server/hub/work.h"

namespace waystation::hub {
namespace {

using storage::OpenItem;
using storage::OpenItemKey;
using storage::Uid;
using Effect = v1::RulesEffect;

// Updates wait for no more than the planning of so many records and of what
// hangs together with them.
constexpr size_t kPage = 64;
// Beyond, what hangs together is over any limit, and scores join nobody.
constexpr size_t kMostAtOnce = 16384;
constexpr size_t kRows = 1000;
constexpr int kExamples = 5;

using Sectors = std::pair<std::string, std::string>;

// What pages add up to.
class Tally {
 public:
  Tally(const Snapshot& registry, int examples)
      : registry_(registry), examples_(examples == 0 ? kExamples : examples) {}

  void Add(const Outcome& outcome) {
    const Planning& planning = outcome.planning;
    CountPersons(planning);
    for (const Affair& affair : outcome.affairs) {
      if (affair.moved) AddLinks(affair);
      AddValues(planning, affair);
    }
    for (const auto& [key, after] : planning.change.items) {
      if (IsAgencysOwn(key.kind)) continue;
      const auto found = planning.state.items().find(key);
      AddItem(planning, key,
              found == planning.state.items().end() ? nullptr : &found->second,
              after.has_value() ? &*after : nullptr);
    }
    effect_.set_over_limit(effect_.over_limit() + planning.relinked.over_limit);
  }

  Effect Take() {
    for (const auto& [sectors, links] : links_) {
      Effect::Links& shown = *effect_.add_links();
      shown.set_sector_a(sectors.first);
      shown.set_sector_b(sectors.second);
      shown.set_joined(links.joined);
      shown.set_parted(links.parted);
    }
    for (const auto& [what, count] : candidates_) {
      Effect::Candidates& shown = *effect_.add_candidates();
      shown.set_why(std::get<0>(what));
      shown.set_sector_a(std::get<1>(what));
      shown.set_sector_b(std::get<2>(what));
      shown.set_opened(count.opened);
      shown.set_closed(count.closed);
    }
    for (const auto& [number, count] : values_) {
      Effect::Values& shown = *effect_.add_values();
      shown.set_attribute(domain::GetAttribute(number).name);
      shown.set_changed(count.changed);
      shown.set_opened(count.opened);
      shown.set_closed(count.closed);
    }
    return std::move(effect_);
  }

 private:
  struct LinkCount {
    uint64_t joined = 0;
    uint64_t parted = 0;
  };
  struct ItemCount {
    uint64_t opened = 0;
    uint64_t closed = 0;
  };
  struct ValueCount {
    uint64_t changed = 0;
    uint64_t opened = 0;
    uint64_t closed = 0;
  };

  std::string SectorOf(const Record& record) const {
    const AgencyEntry* agency = registry_.Find(record.agency);
    return agency == nullptr ? std::string() : agency->sector();
  }
  Sectors SectorsOf(const Record& a, const Record& b) const {
    Sectors sectors(SectorOf(a), SectorOf(b));
    if (sectors.second < sectors.first)
      std::swap(sectors.first, sectors.second);
    return sectors;
  }

  static void SetReference(const Record& record, v1::RecordReference& shown) {
    shown.set_agency(record.stored.agency());
    shown.set_record_key(record.stored.record_key());
  }

  // nullptr once there are enough of the kind.
  Effect::Example* AddExample(Effect::Example::Kind kind, const Record& a,
                              const Record* b) {
    if (++shown_[kind] > examples_) return nullptr;
    Effect::Example& example = *effect_.add_examples();
    example.set_kind(kind);
    SetReference(a, *example.mutable_record_a());
    if (b != nullptr) SetReference(*b, *example.mutable_record_b());
    return &example;
  }

  void CountPersons(const Planning& planning) {
    effect_.set_records(effect_.records() + planning.touched.size());
    for (const Uid uid : planning.touched) {
      // A person is named by its smallest record.
      if (planning.state.PersonOf(uid) == uid) {
        effect_.set_persons(effect_.persons() + 1);
      }
      if (planning.PersonOf(uid) == uid) {
        effect_.set_persons_after(effect_.persons_after() + 1);
      }
    }
    for (const auto& [key, item] : planning.state.items()) {
      if (!std::ranges::binary_search(planning.touched, key.a)) continue;
      if (IsAgencysOwn(key.kind)) continue;
      if (key.kind == OpenItem::Kind::kCandidate) {
        effect_.set_candidates_open(effect_.candidates_open() + 1);
        effect_.set_candidates_open_after(effect_.candidates_open_after() + 1);
      } else if (key.kind == OpenItem::Kind::kConflict) {
        effect_.set_conflicts_open(effect_.conflicts_open() + 1);
        effect_.set_conflicts_open_after(effect_.conflicts_open_after() + 1);
      }
    }
  }

  // Which person each record belongs to, as a place in `sides`.
  static absl::flat_hash_map<Uid, size_t> PlacesIn(
      const std::vector<std::unique_ptr<PersonSide>>& sides) {
    absl::flat_hash_map<Uid, size_t> places;
    for (size_t i = 0; i < sides.size(); ++i) {
      for (const Uid uid : sides[i]->members) places[uid] = i;
    }
    return places;
  }

  // Pairs of one person on one of the two sides, and not on the other.
  void AddLinks(const Affair& affair) {
    const auto before = PlacesIn(affair.before);
    const auto after = PlacesIn(affair.after);
    const auto count = [&](const auto& sides, const auto& others, bool joined) {
      for (const std::unique_ptr<PersonSide>& side : sides) {
        for (size_t i = 0; i < side->records.size(); ++i) {
          for (size_t j = 0; j < i; ++j) {
            const Record& a = *side->records[j];
            const Record& b = *side->records[i];
            if (others.at(a.uid) == others.at(b.uid)) continue;
            LinkCount& links = links_[SectorsOf(a, b)];
            ++(joined ? links.joined : links.parted);
            AddExample(joined ? Effect::Example::KIND_JOINED
                              : Effect::Example::KIND_PARTED,
                       a, &b);
          }
        }
      }
    };
    count(affair.after, before, true);
    count(affair.before, after, false);
  }

  using Standing = std::vector<std::pair<std::string, std::string>>;
  static Standing StandingOf(const PersonSide& side, const Outlook& outlook,
                             domain::AttributeNumber number) {
    Standing standing;
    for (const domain::Resolution& resolution :
         domain::Resolve(outlook.rules->Of(number), side.claims.Of(number),
                         side.decisions, outlook.as_of)) {
      standing.emplace_back(resolution.entry_key,
                            resolution.standing().full->SerializeAsString());
    }
    return standing;
  }

  void AddValues(const Planning& planning, const Affair& affair) {
    const Outlook before = planning.outlooks_before.front();
    const Outlook now{.rules = planning.rules, .as_of = planning.today};
    for (const std::unique_ptr<PersonSide>& side : affair.after) {
      domain::ForEachAttribute(
          side->claims.attributes(), [&](domain::AttributeNumber number) {
            const Standing standing = StandingOf(*side, now, number);
            for (const std::unique_ptr<PersonSide>& was : affair.before) {
              const Record* const shared = SharedBy(*side, *was);
              if (shared == nullptr ||
                  StandingOf(*was, before, number) == standing) {
                continue;
              }
              ++values_[number].changed;
              if (auto* example = AddExample(
                      Effect::Example::KIND_VALUE_CHANGED, *shared, nullptr)) {
                example->set_attribute(domain::GetAttribute(number).name);
              }
              break;
            }
          });
    }
  }

  static const Record* SharedBy(const PersonSide& a, const PersonSide& b) {
    for (const RecordPtr& record : a.records) {
      if (std::ranges::binary_search(b.members, record->uid)) {
        return record.get();
      }
    }
    return nullptr;
  }

  void AddItem(const Planning& planning, const OpenItemKey& key,
               const OpenItem* before, const OpenItem* after) {
    if (key.kind == OpenItem::Kind::kConflict) {
      if ((before == nullptr) == (after == nullptr)) return;
      const auto number = static_cast<domain::AttributeNumber>(key.attribute);
      AddConflict(*planning.Find(key.a), number, after != nullptr);
      return;
    }
    if (key.kind != OpenItem::Kind::kCandidate) return;
    if (before != nullptr && after != nullptr &&
        before->reason == after->reason) {
      return;
    }
    const Record& a = *planning.Find(key.a);
    const Record& b = *planning.Find(key.b);
    if (before != nullptr) AddCandidate(a, b, before->reason, false);
    if (after != nullptr) AddCandidate(a, b, after->reason, true);
  }

  void AddConflict(const Record& record, domain::AttributeNumber number,
                   bool opened) {
    ++(opened ? values_[number].opened : values_[number].closed);
    effect_.set_conflicts_open_after(effect_.conflicts_open_after() +
                                     (opened ? 1 : ~uint64_t{0}));
    auto* const example =
        AddExample(opened ? Effect::Example::KIND_CONFLICT_OPENED
                          : Effect::Example::KIND_CONFLICT_CLOSED,
                   record, nullptr);
    if (example != nullptr) {
      example->set_attribute(domain::GetAttribute(number).name);
    }
  }

  void AddCandidate(const Record& a, const Record& b, uint32_t reason,
                    bool opened) {
    const errors::Reason* const known = errors::FindReason(reason);
    const std::string why(known == nullptr ? "" : known->name);
    const Sectors sectors = SectorsOf(a, b);
    ItemCount& count = candidates_[{why, sectors.first, sectors.second}];
    ++(opened ? count.opened : count.closed);
    effect_.set_candidates_open_after(effect_.candidates_open_after() +
                                      (opened ? 1 : ~uint64_t{0}));
    auto* const example =
        AddExample(opened ? Effect::Example::KIND_CANDIDATE_OPENED
                          : Effect::Example::KIND_CANDIDATE_CLOSED,
                   a, &b);
    if (example != nullptr) example->set_why(why);
  }

  const Snapshot& registry_;
  const int examples_;
  Effect effect_;
  std::map<Sectors, LinkCount> links_;
  std::map<std::tuple<std::string, std::string, std::string>, ItemCount>
      candidates_;
  std::map<domain::AttributeNumber, ValueCount> values_;
  std::map<Effect::Example::Kind, int> shown_;
};

// One page: the records given, and all that hangs together with them.
class TrialWork final : public Work {
 public:
  using Done = std::function<void(absl::Status)>;

  // All are borrowed until `done` has been called.
  TrialWork(const domain::RuleBook& tried, const RulesVersion& in_force,
            std::vector<Uid> page, absl::flat_hash_set<Uid>& seen, Tally& tally,
            Done done)
      : tried_(tried),
        in_force_(in_force),
        page_(std::move(page)),
        seen_(seen),
        tally_(tally),
        done_(std::move(done)) {}

  bool alone() const override { return true; }

  absl::Status Begin(Planning& planning) override {
    if (&planning.core.rules_in_force.Get() != &in_force_) {
      return errors::Error("CHANGED_MEANWHILE");
    }
    planning.dry_run = true;
    planning.rules = &tried_;
    planning.vectors_stand =
        tried_.linking().block_list == in_force_.book.linking().block_list;
    planning.outlooks_before = {
        {.rules = &in_force_.book, .as_of = planning.today}};
    // Scores change who hangs together, and whoever does is scored anew.
    std::vector<Uid> all = page_;
    std::ranges::sort(all);
    for (;;) {
      planning.rescored = all;
      if (auto status = Relink(planning); !status.ok()) return status;
      std::vector<Uid> grown;
      std::ranges::set_union(all, planning.relinked.records,
                             std::back_inserter(grown));
      if (grown.size() == all.size() || all.size() > kMostAtOnce) break;
      all = std::move(grown);
      // Nothing of it has been written.
      planning.change = {};
      planning.batch = {.id = planning.batch.id};
      if (!planning.vectors_stand) {
        // What leaves a block decides how much of it has to be known.
        planning.state = State(planning.core, planning.memory.hints);
      }
    }
    planning.touched = all;
    return absl::OkStatus();
  }

  absl::Status Conclude(const Outcome& outcome) override {
    for (const Uid uid : outcome.planning.touched) seen_.insert(uid);
    tally_.Add(outcome);
    return absl::OkStatus();
  }
  void Answer(const storage::Committed* /*committed*/) override {
    done_(absl::OkStatus());
  }
  void Fail(const absl::Status& status) override { done_(StoreError(status)); }

 private:
  const domain::RuleBook& tried_;
  const RulesVersion& in_force_;
  const std::vector<Uid> page_;
  absl::flat_hash_set<Uid>& seen_;
  Tally& tally_;
  const Done done_;
};

}  // namespace

absl::StatusOr<Effect> TryRules(Core& core, Committer& committer,
                                const v1::TryRulesRequest& request,
                                Watched& watched) {
  const RulesVersion& in_force = core.rules_in_force.Get();
  const domain::RuleBook tried(request.rules());
  const std::shared_ptr<const Snapshot> registry = core.registry.Get();
  const auto held = core.store.Count();
  if (!held.ok()) return StoreError(held.status());
  const uint64_t most = request.most_records() == 0
                            ? held->records
                            : std::min(held->records, request.most_records());
  watched.Enter(v1::RulesProgress::PHASE_COMPARING, most);

  Tally tally(*registry, request.examples());
  absl::flat_hash_set<Uid> seen;
  std::vector<Uid> page;
  const auto look = [&]() -> absl::Status {
    if (page.empty()) return absl::OkStatus();
    std::promise<absl::Status> looked;
    committer.Submit(std::make_unique<TrialWork>(
        tried, in_force, std::exchange(page, {}), seen, tally,
        [&](absl::Status status) { looked.set_value(std::move(status)); }));
    return looked.get_future().get();
  };
  uint64_t passed = 0;
  for (const auto& [id, agency] : registry->agencies()) {
    for (Uid after = 0; passed < most;) {
      const auto rows = core.store.ListRecords(agency.number, after, kRows);
      if (!rows.ok()) return StoreError(rows.status());
      if (rows->empty()) break;
      after = rows->back().uid;
      for (const storage::RecordRow& row : *rows) {
        if (passed == most) break;
        ++passed;
        if (!seen.contains(row.uid)) page.push_back(row.uid);
        if (page.size() < kPage) continue;
        if (auto status = look(); !status.ok()) return status;
        if (auto status = watched.Done(passed); !status.ok()) return status;
      }
    }
  }
  if (auto status = look(); !status.ok()) return status;
  Effect effect = tally.Take();
  effect.set_version(tried.version());
  effect.set_version_in_force(in_force.book.version());
  effect.set_etag(in_force.etag);
  effect.set_records_held(held->records);
  return effect;
}

}  // namespace waystation::hub
