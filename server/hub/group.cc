// SPDX-License-Identifier: Apache-2.0
#include "server/hub/group.h"

#include <algorithm>
#include <utility>

#include "server/hub/affair.h"
#include "server/hub/business_index.h"
#include "server/hub/open_conflicts.h"
#include "server/hub/relink.h"
#include "server/hub/tell.h"

namespace waystation::hub {
namespace {

using storage::Uid;

std::vector<storage::KeyHash> KeysOf(
    const std::vector<std::unique_ptr<Work>>& works) {
  std::vector<storage::KeyHash> keys;
  for (const std::unique_ptr<Work>& work : works) work->AddKeys(keys);
  return keys;
}

absl::Status BeginAll(Planning& planning,
                      std::vector<std::unique_ptr<Work>>& works) {
  if (auto status = planning.state.LoadKeys(KeysOf(works)); !status.ok()) {
    return status;
  }
  for (std::unique_ptr<Work>& work : works) {
    if (const auto status = work->Begin(planning); !status.ok()) {
      work->Fail(status);
      work.reset();
    }
  }
  std::erase(works, nullptr);
  planning.DropUnwritten();
  return absl::OkStatus();
}

// Records whose persons are not, or not quite, what they were.
std::vector<Uid> TouchedBy(const Planning& planning) {
  std::vector<Uid> touched = planning.change.order;
  touched.insert(touched.end(), planning.touched.begin(),
                 planning.touched.end());
  for (const auto& moved : planning.batch.memberships) {
    touched.push_back(moved.uid);
  }
  for (const auto& [number, decision] : planning.change.decisions) {
    touched.insert(touched.end(), decision.after->stored.uids().begin(),
                   decision.after->stored.uids().end());
  }
  return touched;
}

absl::Status LoadAround(Planning& planning, const std::vector<Uid>& touched) {
  if (auto status = planning.LoadPersons(touched); !status.ok()) return status;
  std::vector<Uid> members;
  for (const Uid uid : touched) {
    if (const auto person = planning.state.PersonOf(uid); person != 0) {
      const auto found = planning.state.Members(person);
      members.insert(members.end(), found.begin(), found.end());
    }
    const auto after = planning.Members(planning.PersonOf(uid));
    members.insert(members.end(), after.begin(), after.end());
  }
  if (auto status = planning.state.LoadDecisions(members); !status.ok()) {
    return status;
  }
  // Those of a person are under its name, an agency's under its own record.
  return planning.state.LoadItems(members);
}

void SealDecisions(Planning& planning) {
  for (const auto& [number, changed] : planning.change.decisions) {
    planning.batch.decisions.push_back(
        SealDecision(planning.core.sealer, *changed.after));
  }
}

void PutNotices(Planning& planning) {
  for (const auto& [number, changed] : planning.change.notices) {
    planning.batch.notices.push_back(changed.after);
    planning.batch.notices.back().version = changed.version;
  }
}

void PutCodes(Planning& planning) {
  for (const auto& [hash, changed] : planning.change.codes) {
    // One that came and went within the group was never there.
    if (changed.is_new && changed.after.spent) continue;
    planning.batch.codes.push_back(changed.after);
  }
}

void PutItems(Group& group, const State& state) {
  for (auto& [key, item] : group.change.items) {
    const auto open = state.items().find(key);
    if (open != state.items().end()) group.items_before.insert(*open);
    if (item.has_value()) {
      if (open == state.items().end() || open->second != *item) {
        group.batch.items_put.push_back(*item);
      }
    } else if (open != state.items().end()) {
      group.batch.items_removed.push_back(key);
    }
  }
}

void NoteTold(Planning& planning) {
  std::vector<storage::AgencyNumber>& told = planning.change.told;
  for (const storage::MailboxRow& row : planning.batch.mailbox) {
    if (std::ranges::find(told, row.agency) == told.end()) {
      told.push_back(row.agency);
    }
  }
}

// Records in the order of the table, so that neighbours meet the same page.
void SealRecords(Planning& planning) {
  Change& change = planning.change;
  std::ranges::sort(change.order);
  planning.batch.records.reserve(change.order.size());
  for (const Uid uid : change.order) {
    ChangedRecord& changed = change.records.at(uid);
    // What is planned next finds the record as it will be stored.
    ++changed.after->version;
    planning.batch.records.push_back(SealRecord(
        planning.core.sealer, *changed.after, changed.received_time));
  }
}

}  // namespace

State ReadAhead(Core& core, const Memory& memory,
                const std::vector<std::unique_ptr<Work>>& works) {
  State ahead(core, memory.hints);
  if (!ahead.ReadAhead(KeysOf(works)).ok()) return {core, memory.hints};
  return ahead;
}

absl::StatusOr<Group> PlanGroup(Core& core, Memory& memory, State ahead,
                                const Change* in_flight,
                                std::vector<std::unique_ptr<Work>>& works) {
  Planning planning(core, memory, std::move(ahead), in_flight);
  if (auto status = BeginAll(planning, works); !status.ok()) return status;
  // Whatever a work had set out to change before it failed does not come about:
  // nor may memory hold that it did.
  if (works.empty()) {
    Group nothing;
    nothing.change.log_size = planning.first_leaf;
    return nothing;
  }
  if (!planning.relinked.done) {
    if (auto status = Relink(planning); !status.ok()) return status;
  }
  IndexBusinesses(planning);
  const std::vector<Uid> touched = TouchedBy(planning);
  if (auto status = LoadAround(planning, touched); !status.ok()) return status;

  const std::vector<Affair> affairs = AffairsOf(planning, touched);
  const Outlook outlook{.rules = planning.rules, .as_of = planning.today};
  if (planning.outlooks_before.empty()) {
    planning.outlooks_before.push_back(outlook);
  }
  Teller teller(planning);
  for (const Affair& affair : affairs) {
    teller.Tell(affair, planning.outlooks_before, outlook);
    UpdateConflicts(planning, affair, outlook);
  }
  for (const std::unique_ptr<Work>& work : works) {
    const Outcome outcome{planning, affairs, teller};
    if (auto status = work->Conclude(outcome); !status.ok()) return status;
  }
  Group group;
  if (planning.dry_run) {
    group.works = std::exchange(works, {});
    group.change.log_size = planning.first_leaf;
    return group;
  }
  if (auto status = memory.due.Note(planning); !status.ok()) return status;
  NoteTold(planning);
  group.pages = PreparePromptPages(planning, in_flight, affairs);
  if (!planning.batch.leaves.empty()) {
    for (storage::ObjectRow& row : core.activity.TakeStale()) {
      planning.batch.objects.push_back(std::move(row));
    }
    for (storage::ObjectRow& row : core.verifications.TakeStale()) {
      planning.batch.objects.push_back(std::move(row));
    }
    for (storage::ObjectRow& row : core.access_places.TakeStale()) {
      planning.batch.objects.push_back(std::move(row));
    }
  }
  SealDecisions(planning);
  PutNotices(planning);
  PutCodes(planning);
  SealRecords(planning);
  group.batch = std::move(planning.batch);
  group.change = std::move(planning.change);
  PutItems(group, planning.state);
  group.batch.reads = planning.state.TakeReads();
  // What others wrote meanwhile, memory does not know (in_step.h).
  if (planning.names_leaves || core.store.is_shared()) {
    group.batch.reads.log_size = planning.first_leaf;
  }
  group.change.log_size = planning.first_leaf + group.batch.leaves.size();
  group.works = std::exchange(works, {});
  return group;
}

}  // namespace waystation::hub
