// SPDX-License-Identifier: Apache-2.0
#include "server/hub/record_groups.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::OpenItem;
using storage::PersonId;
using storage::Uid;

constexpr int kMostRecords = 1'000;

absl::Status CheckRequest(const v1::GroupRecordsRequest& request) {
  const std::string& id = request.grouping_id();
  const bool is_plain = std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c == '-';
  });
  if (!is_plain || id.size() < 16 || id.size() > 64) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "grouping_id",
                          .rule = "16 to 64 letters, digits and hyphens"});
  }
  if (request.records().empty() || request.records_size() > kMostRecords) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "records", .rule = "1 to 1000 records"});
  }
  for (int i = 0; i < request.records_size(); ++i) {
    const v1::RecordReference& record = request.records(i);
    const char* missing = record.agency().empty()       ? "agency"
                          : record.record_key().empty() ? "record_key"
                                                        : nullptr;
    if (missing != nullptr) {
      return errors::Error(
          "FIELD_MISSING",
          {.field = absl::StrCat("records[", i, "].", missing)});
    }
  }
  return absl::OkStatus();
}

// Persons of records that are live, and with whom they are a candidate.
class Groups {
 public:
  explicit Groups(Core& core) : core_(core) {}

  absl::Status Load(const v1::GroupRecordsRequest& request) {
    std::vector<storage::KeyHash> keys;
    for (const v1::RecordReference& record : request.records()) {
      keys.push_back(
          core_.hashes.RecordKey(record.agency(), record.record_key()));
    }
    const auto rows = core_.store.LoadByKey(keys);
    if (!rows.ok()) return rows.status();
    std::set<Uid> live;
    for (const auto& row : *rows) {
      const bool is_live =
          row.has_value() && !row->retracted && !row->wrapped_key.empty();
      uids_.push_back(is_live ? row->uid : 0);
      if (is_live) live.insert(row->uid);
    }
    if (auto status = LoadPersons({live.begin(), live.end()}); !status.ok()) {
      return status;
    }
    return LoadCandidates();
  }

  // 0: the record in that place of the request is not live.
  PersonId PersonAt(int place) const {
    const auto person = person_of_.find(uids_[static_cast<size_t>(place)]);
    return person == person_of_.end() ? 0 : person->second;
  }
  const std::set<PersonId>& CandidatesOf(PersonId person) const {
    static const std::set<PersonId> kNone;
    const auto found = candidates_.find(person);
    return found == candidates_.end() ? kNone : found->second;
  }

 private:
  absl::Status LoadPersons(const std::vector<Uid>& uids) {
    const auto persons = core_.store.PersonsOf(uids);
    if (!persons.ok()) return persons.status();
    for (size_t i = 0; i < uids.size(); ++i) {
      if ((*persons)[i].has_value()) person_of_[uids[i]] = *(*persons)[i];
    }
    return absl::OkStatus();
  }

  absl::Status LoadCandidates() {
    std::set<PersonId> asked;
    for (const auto& [uid, person] : person_of_) asked.insert(person);
    const std::vector<PersonId> persons(asked.begin(), asked.end());
    const auto members = core_.store.MembersOf(persons);
    if (!members.ok()) return members.status();
    std::vector<Uid> uids;
    for (const std::vector<Uid>& some : *members) {
      uids.insert(uids.end(), some.begin(), some.end());
    }
    const auto items = core_.store.OpenItemsOf(uids);
    if (!items.ok()) return items.status();
    std::set<Uid> others;
    for (const OpenItem& item : *items) {
      if (item.kind != OpenItem::Kind::kCandidate) continue;
      others.insert({item.a, item.b});
    }
    if (auto status = LoadPersons({others.begin(), others.end()});
        !status.ok()) {
      return status;
    }
    for (const OpenItem& item : *items) {
      if (item.kind != OpenItem::Kind::kCandidate) continue;
      const auto a = person_of_.find(item.a);
      const auto b = person_of_.find(item.b);
      if (a == person_of_.end() || b == person_of_.end() ||
          a->second == b->second) {
        continue;
      }
      candidates_[a->second].insert(b->second);
      candidates_[b->second].insert(a->second);
    }
    return absl::OkStatus();
  }

  Core& core_;
  // By place in the request; 0 where the record is not live.
  std::vector<Uid> uids_;
  std::map<Uid, PersonId> person_of_;
  std::map<PersonId, std::set<PersonId>> candidates_;
};

}  // namespace

absl::StatusOr<GroupedRecords> GroupRecords(
    Core& core, const Caller& caller, const v1::GroupRecordsRequest& request) {
  if (auto status = CheckRequest(request); !status.ok()) return status;
  Groups groups(core);
  if (auto status = groups.Load(request); !status.ok()) {
    return StoreError(status);
  }
  const auto number_of = [&](PersonId person) {
    return core.hashes.Grouped(caller.path, request.grouping_id(), person);
  };
  GroupedRecords grouped;
  for (int i = 0; i < request.records_size(); ++i) {
    v1::GroupRecordsResponse::Group& group = *grouped.response.add_groups();
    const PersonId person = groups.PersonAt(i);
    if (person == 0) continue;
    group.set_number(number_of(person));
    for (const PersonId other : groups.CandidatesOf(person)) {
      group.add_candidates(number_of(other));
    }
    std::ranges::sort(*group.mutable_candidates());
  }
  grouped.response.set_rules_version(core.rules().version());
  v1::AuditEvent& event = grouped.event;
  event.set_kind(v1::AuditEvent::KIND_OFFICE_READ);
  event.set_actor(caller.path);
  event.set_purpose(v1::PURPOSE_RECONCILIATION);
  event.set_act("record.group");
  event.set_object(absl::StrCat(request.records_size(), " records"));
  event.set_count(static_cast<uint32_t>(request.records_size()));
  return grouped;
}

}  // namespace waystation::hub
