// SPDX-License-Identifier: Apache-2.0
#include "server/hub/person_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "server/hub/own_groups.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::Uid;

struct Found {
  // Of the keys asked for.
  std::vector<std::optional<Uid>> holders;
  // By each of their records.
  absl::flat_hash_map<Uid, std::shared_ptr<const Person>> persons;
};

absl::StatusOr<Found> LookAround(Core& core,
                                 std::span<const storage::KeyHash> keys,
                                 std::span<const Uid> uids) {
  auto around = core.store.LookAround(keys, uids, /*with_decisions=*/true);
  if (!around.ok()) return StoreError(around.status());
  absl::flat_hash_map<Uid, RecordPtr> records;
  for (storage::RecordRow& row : around->records) {
    auto record = OpenRecord(core.sealer, std::move(row));
    if (!record.ok()) return StoreError(record.status());
    records.emplace((*record)->uid, *record);
  }
  std::vector<DecisionPtr> decisions;
  for (const storage::DecisionRow& row : around->decisions) {
    if (!row.active) continue;
    auto decision = OpenDecision(core.sealer, row);
    if (!decision.ok()) return StoreError(decision.status());
    decisions.push_back(*std::move(decision));
  }
  const std::shared_ptr<const Snapshot> registry = core.registry.Get();
  Found found;
  found.holders = std::move(around->holders);
  for (const storage::Surroundings::Person& members : around->persons) {
    std::vector<RecordPtr> of_person;
    for (const Uid uid : members.uids) {
      const auto record = records.find(uid);
      if (record != records.end()) of_person.push_back(record->second);
    }
    auto person = std::make_shared<Person>();
    person->registry = registry;
    person->rules = &core.rules();
    person->decisions = decisions;
    person->rulings = PairRulings(decisions);
    person->side = MakeSide(*registry, std::move(of_person), decisions);
    for (const Uid uid : members.uids) found.persons.emplace(uid, person);
  }
  return found;
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
  const absl::StatusOr<Found> found = LookAround(core, {}, uids);
  if (!found.ok()) return found.status();
  std::vector<std::shared_ptr<const Person>> result;
  result.reserve(uids.size());
  for (const Uid uid : uids) {
    const auto person = found->persons.find(uid);
    result.push_back(person == found->persons.end() ? nullptr : person->second);
  }
  return result;
}

absl::StatusOr<std::shared_ptr<const Person>> ReadPerson(Core& core, Uid uid) {
  auto persons = ReadPersons(core, {&uid, 1});
  if (!persons.ok()) return persons.status();
  return persons->front();
}

absl::StatusOr<HeldRecord> ReadHeldRecord(Core& core, std::string_view agency,
                                          std::string_view record_key) {
  const storage::KeyHash key = core.hashes.RecordKey(agency, record_key);
  const absl::StatusOr<Found> found = LookAround(core, {&key, 1}, {});
  if (!found.ok()) return found.status();
  if (!found->holders.front().has_value()) return HeldRecord();
  const Uid uid = *found->holders.front();
  const auto person = found->persons.find(uid);
  if (person == found->persons.end()) return HeldRecord();
  return HeldRecord{.person = person->second,
                    .record = person->second->Find(uid)};
}

Look LookOf(const Person& person, const AgencyEntry& agency,
            const domain::Permissions& permissions, std::span<const Uid> own,
            codes::Date as_of) {
  return {.viewer = {.recipient = &agency.recipient,
                     .permissions = &permissions,
                     .own = own},
          .context = {.rules = person.rules,
                      .decisions = person.side->decisions,
                      .as_of = as_of}};
}

}  // namespace waystation::hub
