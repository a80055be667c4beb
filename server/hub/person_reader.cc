// SPDX-License-Identifier: Apache-2.0
#include "server/hub/person_reader.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "server/hub/own_groups.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::Uid;

struct Read {
  std::vector<storage::Surroundings::Person> persons;
  absl::flat_hash_map<Uid, RecordPtr> records;
  std::vector<DecisionPtr> decisions;
};

absl::StatusOr<Read> ReadAll(Core& core, std::span<const Uid> uids) {
  auto around = core.store.LookAround({}, uids, /*with_decisions=*/true);
  if (!around.ok()) return around.status();
  Read read;
  read.persons = std::move(around->persons);
  for (storage::RecordRow& row : around->records) {
    auto record = OpenRecord(core.sealer, std::move(row));
    if (!record.ok()) return record.status();
    read.records.emplace((*record)->uid, *record);
  }
  for (const storage::DecisionRow& row : around->decisions) {
    if (!row.active) continue;
    auto decision = OpenDecision(core.sealer, row);
    if (!decision.ok()) return decision.status();
    read.decisions.push_back(*std::move(decision));
  }
  return read;
}

}  // namespace

std::vector<Uid> Person::OwnGroup(storage::AgencyNumber agency, Uid uid) const {
  const AgencyEntry* entry = registry->Find(agency);
  if (entry == nullptr) return {};
  return OwnGroupWith(uid, *entry, side->records, rulings);
}

RecordPtr Person::Find(Uid uid) const {
  const auto found = std::ranges::find(side->records, uid, &Record::uid);
  return found == side->records.end() ? nullptr : *found;
}

absl::StatusOr<std::vector<std::shared_ptr<const Person>>> ReadPersons(
    Core& core, std::span<const Uid> uids) {
  absl::StatusOr<Read> read = ReadAll(core, uids);
  if (!read.ok()) return StoreError(read.status());
  const std::shared_ptr<const Snapshot> registry = core.registry.Get();
  absl::flat_hash_map<Uid, std::shared_ptr<const Person>> persons;
  for (const storage::Surroundings::Person& group : read->persons) {
    std::vector<RecordPtr> records;
    for (const Uid uid : group.uids) {
      const auto found = read->records.find(uid);
      if (found != read->records.end()) records.push_back(found->second);
    }
    auto person = std::make_shared<Person>();
    person->registry = registry;
    person->decisions = read->decisions;
    person->rulings = PairRulings(read->decisions);
    person->side = MakeSide(*registry, std::move(records), read->decisions);
    for (const Uid uid : group.uids) persons.emplace(uid, person);
  }
  std::vector<std::shared_ptr<const Person>> result;
  result.reserve(uids.size());
  for (const Uid uid : uids) {
    const auto person = persons.find(uid);
    result.push_back(person == persons.end() ? nullptr : person->second);
  }
  return result;
}

absl::StatusOr<std::shared_ptr<const Person>> ReadPerson(Core& core, Uid uid) {
  auto persons = ReadPersons(core, {&uid, 1});
  if (!persons.ok()) return persons.status();
  return persons->front();
}

Look LookOf(Core& core, const Person& person, const AgencyEntry& agency,
            const domain::Permissions& permissions, std::span<const Uid> own,
            codes::Date as_of) {
  return {.viewer = {.recipient = &agency.recipient,
                     .permissions = &permissions,
                     .own = own},
          .context = {.rules = &core.rules,
                      .decisions = person.side->decisions,
                      .as_of = as_of}};
}

}  // namespace waystation::hub
