// SPDX-License-Identifier: Apache-2.0
#include "server/hub/person_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "proto/errors/error.h"
#include "server/hub/own_groups.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::PersonId;
using storage::Uid;

// Between two reads a commit may move records from one person to another; the
// reading begins again then.
constexpr int kAttempts = 8;

struct Members {
  std::vector<std::optional<PersonId>> persons;  // Of the uids asked for.
  std::vector<PersonId> distinct;
  std::vector<std::vector<Uid>> members;  // Of `distinct`.
  bool operator==(const Members&) const = default;
};

absl::StatusOr<Members> ReadMembers(const storage::Store& store,
                                    std::span<const Uid> uids) {
  Members result;
  auto persons = store.PersonsOf(uids);
  if (!persons.ok()) return persons.status();
  result.persons = *std::move(persons);
  for (const std::optional<PersonId>& person : result.persons) {
    if (person.has_value()) result.distinct.push_back(*person);
  }
  std::ranges::sort(result.distinct);
  result.distinct.erase(
      std::unique(result.distinct.begin(), result.distinct.end()),
      result.distinct.end());
  auto members = store.MembersOf(result.distinct);
  if (!members.ok()) return members.status();
  result.members = *std::move(members);
  return result;
}

struct Read {
  Members members;
  absl::flat_hash_map<Uid, RecordPtr> records;
  std::vector<DecisionPtr> decisions;
};

absl::StatusOr<std::vector<storage::RecordRow>> ReadRows(
    const storage::Store& store, std::span<const Uid> uids) {
  auto rows = store.LoadByUid(uids);
  if (!rows.ok()) return rows.status();
  std::vector<storage::RecordRow> held;
  held.reserve(rows->size());
  for (std::optional<storage::RecordRow>& row : *rows) {
    if (row.has_value()) held.push_back(*std::move(row));
  }
  return held;
}

absl::StatusOr<Read> ReadAll(Core& core, std::span<const Uid> uids) {
  Read read;
  std::vector<storage::RecordRow> rows;
  std::vector<storage::DecisionRow> decisions;
  for (int attempt = 0;; ++attempt) {
    if (attempt == kAttempts) return errors::Error("CHANGED_MEANWHILE");
    const uint64_t group = core.store.NewestGroup();
    absl::StatusOr<Members> members = ReadMembers(core.store, uids);
    if (!members.ok()) return members.status();
    std::vector<Uid> all;
    for (const std::vector<Uid>& of_person : members->members) {
      all.insert(all.end(), of_person.begin(), of_person.end());
    }
    auto held = ReadRows(core.store, all);
    if (!held.ok()) return held.status();
    auto found = core.store.DecisionsOf(all);
    if (!found.ok()) return found.status();
    if (core.store.NewestGroup() != group) {
      const absl::StatusOr<Members> again = ReadMembers(core.store, uids);
      if (!again.ok()) return again.status();
      if (*again != *members) continue;
    }
    read.members = *std::move(members);
    rows = *std::move(held);
    decisions = *std::move(found);
    break;
  }
  for (storage::RecordRow& row : rows) {
    auto record = OpenRecord(core.sealer, std::move(row));
    if (!record.ok()) return record.status();
    read.records.emplace((*record)->uid, *record);
  }
  for (const storage::DecisionRow& row : decisions) {
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
  std::map<PersonId, std::shared_ptr<const Person>> persons;
  for (size_t i = 0; i < read->members.distinct.size(); ++i) {
    std::vector<RecordPtr> records;
    for (const Uid uid : read->members.members[i]) {
      const auto found = read->records.find(uid);
      if (found != read->records.end()) records.push_back(found->second);
    }
    auto person = std::make_shared<Person>();
    person->registry = registry;
    person->decisions = read->decisions;
    person->rulings = PairRulings(read->decisions);
    person->side = MakeSide(*registry, std::move(records), read->decisions);
    persons.emplace(read->members.distinct[i], std::move(person));
  }
  std::vector<std::shared_ptr<const Person>> result;
  result.reserve(uids.size());
  for (const std::optional<PersonId>& person : read->members.persons) {
    result.push_back(person.has_value() ? persons.at(*person) : nullptr);
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
