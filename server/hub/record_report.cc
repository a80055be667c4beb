// SPDX-License-Identifier: Apache-2.0
#include "server/hub/record_report.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/record_rates.h"
#include "server/hub/record.h"
#include "server/hub/report_rows.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using domain::RecordTally;
using domain::Sides;
using google::protobuf::util::TimeUtil;
using storage::RecordRow;
using storage::Uid;
using Request = v1::GetRecordRatesRequest;

constexpr size_t kChunk = 500;
constexpr int64_t kFresh = int64_t{365} * 24 * 60 * 60 * 1'000'000;

std::string ValueOf(int group, const AgencyEntry& agency) {
  const std::string& division = agency.agency.jurisdiction();
  switch (group) {
    case Request::GROUP_AGENCY:
      return agency.id();
    case Request::GROUP_SECTOR:
      return agency.sector();
    case Request::GROUP_PROVINCE:
      return division.substr(0, 2);
    case Request::GROUP_CITY:
      return division.substr(0, 4);
    default:
      return division.substr(0, 6);
  }
}

// Reads the records of agencies and counts them.
class Walk {
 public:
  Walk(const Core& core, const Snapshot& registry, const Request& request,
       int64_t now)
      : core_(core),
        registry_(registry),
        request_(request),
        now_(now),
        agencies_(AgenciesOf(registry)),
        others_(agencies_) {}

  absl::Status Of(const AgencyEntry& agency) {
    std::vector<std::string> values;
    for (const int group : request_.groups()) {
      values.push_back(ValueOf(group, agency));
    }
    // What is not there has no row.
    RecordTally tally;
    for (Uid after = 0;;) {
      auto rows = core_.store.ListRecords(agency.number, after, kChunk);
      if (!rows.ok()) return StoreError(rows.status());
      if (rows->empty()) break;
      after = rows->back().uid;
      const bool is_last = rows->size() < kChunk;
      if (auto counted = CountRows(agency, *rows, tally); !counted.ok()) {
        return counted;
      }
      if (is_last) break;
    }
    if (tally.records == 0) return absl::OkStatus();
    tallies_.total.Merge(tally);
    if (values.empty()) return absl::OkStatus();
    tallies_.rows[std::move(values)].Merge(tally);
    if (tallies_.rows.size() <= kMostReportRows) return absl::OkStatus();
    return errors::Error(
        "INVALID_REQUEST",
        {.field = "groups", .rule = "2,000 rows at most: fewer groups"});
  }

  const ReportRows<RecordTally>& tallies() const { return tallies_; }

 private:
  // One record whose person may be known on another side.
  struct Moved {
    size_t place = 0;
    const v1::Agency* other = nullptr;
  };

  static std::vector<const v1::Agency*> AgenciesOf(const Snapshot& registry) {
    std::vector<const v1::Agency*> agencies;
    for (const auto& [id, entry] : registry.agencies()) {
      agencies.push_back(&entry.agency);
    }
    return agencies;
  }

  absl::Status CountRows(const AgencyEntry& agency,
                         std::vector<RecordRow>& rows, RecordTally& tally) {
    std::vector<std::shared_ptr<Record>> records;
    std::vector<domain::PersonClaims> claims;
    std::vector<Sides> sides;
    std::vector<Moved> moved;
    for (RecordRow& row : rows) {
      if (row.retracted || row.wrapped_key.empty()) continue;
      auto record = OpenRecord(core_.sealer, std::move(row));
      if (!record.ok()) return StoreError(record.status());
      const domain::RecordView view = ViewOf(registry_, **record);
      records.push_back(*std::move(record));
      claims.emplace_back(std::span(&view, 1));
      sides.push_back(Sides::kNone);
      if (!request_.with_sides()) continue;
      const auto move = domain::MoveOf(claims.back());
      if (!move.has_value()) continue;
      sides.back() = Sides::kMoved;
      if (const v1::Agency* other = others_.Of(agency.agency, *move)) {
        sides.back() = Sides::kHasOtherSide;
        moved.push_back({.place = records.size() - 1, .other = other});
      }
    }
    if (auto looked = LookAcross(records, moved, sides); !looked.ok()) {
      return looked;
    }
    for (size_t i = 0; i < records.size(); ++i) {
      const int64_t received =
          TimeUtil::TimestampToMicroseconds(records[i]->stored.received_time());
      tally.Add(claims[i], received > now_ - kFresh, sides[i]);
    }
    return absl::OkStatus();
  }

  // Whether the other side has a record of the same person.
  absl::Status LookAcross(const std::vector<std::shared_ptr<Record>>& records,
                          const std::vector<Moved>& moved,
                          std::vector<Sides>& sides) {
    if (moved.empty()) return absl::OkStatus();
    std::vector<Uid> uids;
    uids.reserve(moved.size());
    for (const Moved& one : moved) uids.push_back(records[one.place]->uid);
    const auto around = core_.store.LookAround({}, uids, false);
    if (!around.ok()) return StoreError(around.status());
    std::unordered_map<Uid, const RecordRow*> rows;
    for (const RecordRow& row : around->records) rows.emplace(row.uid, &row);
    std::unordered_map<Uid, const storage::Surroundings::Person*> persons;
    for (const auto& person : around->persons) {
      for (const Uid uid : person.uids) persons.emplace(uid, &person);
    }
    for (const Moved& one : moved) {
      const auto person = persons.find(records[one.place]->uid);
      if (person == persons.end()) continue;
      const AgencyEntry* other = registry_.Find(one.other->id());
      for (const Uid uid : person->second->uids) {
        const auto row = rows.find(uid);
        if (row != rows.end() && row->second->agency == other->number &&
            !row->second->retracted && !row->second->wrapped_key.empty()) {
          sides[one.place] = Sides::kOnBothSides;
        }
      }
    }
    return absl::OkStatus();
  }

  const Core& core_;
  const Snapshot& registry_;
  const Request& request_;
  const int64_t now_;
  const std::vector<const v1::Agency*> agencies_;
  domain::OtherSides others_;
  ReportRows<RecordTally> tallies_;
};

// What was asked, in words that hold no person.
v1::AuditEvent EventOf(const Caller& caller, const Request& request) {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_READ);
  event.set_actor(caller.path);
  event.set_agency(caller.agency);
  event.set_act("RegistryService.GetRecordRates");
  event.set_object(absl::StrCat(
      request.with_sides() ? "records,sides" : "records", ByGroups(request)));
  return event;
}

}  // namespace

absl::StatusOr<RecordReport::Counted> RecordReport::Count(
    const Caller& caller, const Request& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const bool is_own = !caller.agency.empty();
  const AgencyEntry* own = is_own ? registry->Find(caller.agency) : nullptr;
  if (is_own && own == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  if (auto checked =
          CheckReportGroups(request.groups(), Request::Group_IsValid);
      !checked.ok()) {
    return checked;
  }
  if (is_own && request.with_sides()) {
    // A count that moves with one record of its own would tell who is known on
    // the other side, past every agreement.
    return errors::Error(
        "INVALID_REQUEST",
        {.field = "with_sides",
         .rule = "not for agencies: counts of few would tell of a person"});
  }
  const std::unique_lock lock(counting_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return errors::Error("LIMIT_REACHED", {.retry_after = absl::Seconds(1)});
  }

  const int64_t now = core_.clock.Now();
  Walk walk(core_, *registry, request, now);
  if (is_own) {
    if (auto walked = walk.Of(*own); !walked.ok()) return walked;
  } else {
    for (const auto& [id, agency] : registry->agencies()) {
      if (auto walked = walk.Of(agency); !walked.ok()) return walked;
    }
  }

  Counted counted{.response = {}, .event = EventOf(caller, request)};
  v1::GetRecordRatesResponse& response = counted.response;
  *response.mutable_as_of_time() = TimeUtil::MicrosecondsToTimestamp(now);
  *response.mutable_groups() = request.groups();
  response.set_with_sides(request.with_sides());
  response.set_extent(is_own ? v1::GetRecordRatesResponse::EXTENT_OWN
                             : v1::GetRecordRatesResponse::EXTENT_ALL);
  response.set_least_shown(is_own ? 0 : core_.options.notice_terms.least_shown);
  walk.tallies().Show(response.least_shown(), &RecordTally::records, response);
  const auto conventions = domain::RecordConventions();
  response.mutable_conventions()->Assign(conventions.begin(),
                                         conventions.end());
  return counted;
}

}  // namespace waystation::hub
