// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/clerk_tables.h"

#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/postgres/limits.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::postgres {
namespace {

#define WAYSTATION_ITEM_COLUMNS                                           \
  "kind, a, b, attribute, entry, opened_time, reopened, agencies, etag, " \
  "reason, sum FROM open_item "
#define WAYSTATION_DECISION_COLUMNS \
  "number, active, request, sum, uids, wrapped_key, sealed FROM decision "

constexpr Statement kListItems{
    "item_list",
    "SELECT " WAYSTATION_ITEM_COLUMNS
    "WHERE kind = $1::bigint AND (opened_time, a, b, attribute, entry) > "
    "($2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::bytea) "
    "ORDER BY opened_time, a, b, attribute, entry LIMIT $7::bigint"};
constexpr Statement kItem{
    "item", "SELECT " WAYSTATION_ITEM_COLUMNS
            "WHERE kind = $1::bigint AND a = $2::bigint AND b = $3::bigint AND "
            "attribute = $4::bigint AND entry = $5::bytea"};
constexpr Statement kItemsOf{"item_by_uid",
                             "SELECT " WAYSTATION_ITEM_COLUMNS
                             "WHERE a = ANY ($1::bigint[]) UNION "
                             "SELECT " WAYSTATION_ITEM_COLUMNS
                             "WHERE b = ANY ($1::bigint[]) AND b != 0 "
                             "ORDER BY kind, a, b, attribute, entry"};
constexpr Statement kRemoveItems{
    "item_remove",
    "WITH removed AS (DELETE FROM open_item USING unnest($1::bigint[], "
    "$2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[]) AS gone (kind, a, "
    "b, attribute, entry) WHERE open_item.kind = gone.kind AND "
    "open_item.a = gone.a AND open_item.b = gone.b AND "
    "open_item.attribute = gone.attribute AND open_item.entry = gone.entry "
    "RETURNING open_item.kind) "
    "SELECT count(*) FILTER (WHERE kind = 1), count(*) FILTER (WHERE kind = 2) "
    "FROM removed"};
constexpr Statement kPutItems{
    "item_put",
    "WITH put AS (INSERT INTO open_item (kind, a, b, attribute, entry, "
    "opened_time, reopened, agencies, etag, reason, sum) "
    "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], "
    "$4::bigint[], $5::bytea[], $6::bigint[], $7::bigint[], $8::bytea[], "
    "$9::bytea[], $10::bigint[], $11::bigint[]) "
    "ON CONFLICT (a, b, kind, attribute, entry) DO UPDATE SET "
    "opened_time = excluded.opened_time, reopened = excluded.reopened, "
    "agencies = excluded.agencies, etag = excluded.etag, "
    "reason = excluded.reason, sum = excluded.sum "
    "RETURNING kind, xmax = 0 AS is_new) "
    "SELECT count(*) FILTER (WHERE kind = 1), count(*) FILTER (WHERE kind = 2) "
    "FROM put WHERE is_new"};
constexpr Statement kDecision{"decision", "SELECT " WAYSTATION_DECISION_COLUMNS
                                          "WHERE number = $1::bigint"};
constexpr Statement kDecisionByRequest{"decision_by_request",
                                       "SELECT " WAYSTATION_DECISION_COLUMNS
                                       "WHERE request = $1::bytea"};
constexpr Statement kListDecisions{
    "decision_list",
    "SELECT " WAYSTATION_DECISION_COLUMNS
    "WHERE number > $1::bigint ORDER BY number LIMIT $2::bigint"};
constexpr Statement kDecisionsOf{
    "decision_by_uid", "SELECT " WAYSTATION_DECISION_COLUMNS
                       "WHERE number IN (SELECT number FROM decision_uid "
                       "WHERE uid = ANY ($1::bigint[])) ORDER BY number"};
// Numbers that the index names and no decision has.
constexpr Statement kLostDecisions{
    "decision_lost",
    "SELECT number FROM decision_uid WHERE uid = ANY ($1::bigint[]) AND "
    "NOT EXISTS (SELECT FROM decision WHERE decision.number = "
    "decision_uid.number) ORDER BY number LIMIT 1"};
constexpr Statement kInsertDecision{
    "decision_insert",
    "INSERT INTO decision (number, active, request, sum, uids, wrapped_key, "
    "sealed) VALUES ($1::bigint, $2::bigint, $3::bytea, $4::bigint, $5::bytea, "
    "$6::bytea, $7::bytea)"};
constexpr Statement kUpdateDecision{
    "decision_update",
    "UPDATE decision SET active = $2::bigint, request = $3::bytea, "
    "sum = $4::bigint, uids = $5::bytea, wrapped_key = $6::bytea, "
    "sealed = $7::bytea WHERE number = $1::bigint"};
constexpr Statement kForgetUids{
    "decision_uid_remove",
    "DELETE FROM decision_uid WHERE number = $1::bigint"};
constexpr Statement kPutUids{
    "decision_uid_put",
    "INSERT INTO decision_uid (uid, number) SELECT uid, $2::bigint "
    "FROM unnest($1::bigint[]) AS named (uid) ON CONFLICT DO NOTHING"};
constexpr Statement kTakenRequests{
    "decision_taken_requests",
    "SELECT count(*) FROM decision JOIN unnest($1::bytea[], $2::bigint[]) "
    "AS new (request, number) ON decision.request = new.request "
    "WHERE decision.number != new.number"};
constexpr Statement kListObjects{
    "object_list",
    "SELECT kind, id, bytes, sum FROM object WHERE kind = $1::bytea "
    "ORDER BY id"};
constexpr Statement kPutObjects{
    "object_put",
    "WITH put AS (INSERT INTO object (kind, id, bytes, sum) "
    "SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], "
    "$4::bigint[]) ON CONFLICT (kind, id) DO UPDATE "
    "SET bytes = excluded.bytes, sum = excluded.sum RETURNING xmax = 0 AS "
    "is_new) SELECT count(*) FROM put WHERE is_new"};

constexpr const Statement* kStatements[] = {
    &kListItems,   &kItem,          &kItemsOf,           &kRemoveItems,
    &kPutItems,    &kDecision,      &kDecisionByRequest, &kListDecisions,
    &kDecisionsOf, &kLostDecisions, &kInsertDecision,    &kUpdateDecision,
    &kForgetUids,  &kPutUids,       &kTakenRequests,     &kListObjects,
    &kPutObjects};

OpenItem ItemOf(const Result& result, int row) {
  return {.kind = static_cast<OpenItem::Kind>(result.As<uint8_t>(row, 0)),
          .a = result.Uint(row, 1),
          .b = result.Uint(row, 2),
          .attribute = result.As(row, 3),
          .entry = result.Array<16>(row, 4),
          .opened_time = result.Int(row, 5),
          .reopened = result.Uint(row, 6) != 0,
          .agencies = UnpackNumbers<AgencyNumber>(result.Bytes(row, 7)),
          .etag = result.Array<16>(row, 8),
          .reason = result.As(row, 9)};
}
constexpr int kItemSum = 10;

DecisionRow DecisionOf(const Result& result, int row) {
  return {.number = result.Uint(row, 0),
          .uids = UnpackNumbers<Uid>(result.Bytes(row, 4)),
          .active = result.Uint(row, 1) != 0,
          .wrapped_key = std::string(result.Bytes(row, 5)),
          .sealed = std::string(result.Bytes(row, 6)),
          .request = result.Array<16>(row, 2)};
}
constexpr int kDecisionSum = 3;

ObjectRow ObjectOf(const Result& result, int row) {
  return {std::string(result.Bytes(row, 0)), std::string(result.Bytes(row, 1)),
          std::string(result.Bytes(row, 2))};
}
constexpr int kObjectSum = 3;

}  // namespace

std::span<const Statement* const> ClerkTables::Statements() {
  return kStatements;
}

// --- reading ---

absl::StatusOr<std::vector<OpenItem>> ClerkTables::ItemsIn(
    const absl::StatusOr<Result>& result) const {
  if (!result.ok()) return result.status();
  std::vector<OpenItem> items;
  for (int row = 0; row < result->rows(); ++row) {
    items.push_back(ItemOf(*result, row));
    if (result->Int(row, kItemSum) != SumOf(key_, items.back())) {
      return Damaged(PlaceOf(items.back()));
    }
  }
  return items;
}

absl::StatusOr<std::vector<OpenItem>> ClerkTables::ListOpenItems(
    OpenItem::Kind kind, const std::optional<OpenItem>& after,
    size_t limit) const {
  OpenItem start;
  start.opened_time = std::numeric_limits<int64_t>::min();
  const OpenItem& from = after.has_value() ? *after : start;
  return ItemsIn(connection_.Run(
      kListItems, Parameters(NumberOf(kind), from.opened_time, from.a, from.b,
                             from.attribute, from.entry, Within(limit))));
}

absl::StatusOr<std::optional<OpenItem>> ClerkTables::GetOpenItem(
    const OpenItemKey& key) const {
  return FirstOf(ItemsIn(connection_.Run(
      kItem,
      Parameters(NumberOf(key.kind), key.a, key.b, key.attribute, key.entry))));
}

absl::StatusOr<std::vector<OpenItem>> ClerkTables::OpenItemsOf(
    std::span<const Uid> uids) const {
  return ItemsIn(connection_.Run(kItemsOf, Parameters().AddNumbers(uids)));
}

absl::StatusOr<std::vector<DecisionRow>> ClerkTables::DecisionsIn(
    const absl::StatusOr<Result>& result) const {
  if (!result.ok()) return result.status();
  std::vector<DecisionRow> decisions;
  for (int row = 0; row < result->rows(); ++row) {
    decisions.push_back(DecisionOf(*result, row));
    if (result->Int(row, kDecisionSum) != SumOf(key_, decisions.back())) {
      return Damaged(PlaceOf(decisions.back()));
    }
  }
  return decisions;
}

absl::StatusOr<std::vector<DecisionRow>> ClerkTables::DecisionsOf(
    std::span<const Uid> uids) const {
  const Parameters parameters = Parameters().AddNumbers(uids);
  Pipeline pipeline;
  pipeline.Add(kLostDecisions, parameters,
               [](const Result& result) -> absl::Status {
                 if (result.rows() == 0) return absl::OkStatus();
                 return Damaged(absl::StrCat("decision ", result.Uint(0, 0)),
                                "it is missing");
               });
  absl::StatusOr<std::vector<DecisionRow>> decisions;
  pipeline.Add(kDecisionsOf, parameters, [&](const Result& result) {
    decisions = DecisionsIn(result);
    return decisions.status();
  });
  if (absl::Status status = pipeline.Run(connection_); !status.ok()) {
    return status;
  }
  return decisions;
}

absl::StatusOr<std::optional<DecisionRow>> ClerkTables::GetDecision(
    uint64_t number) const {
  return FirstOf(
      DecisionsIn(connection_.Run(kDecision, Parameters(Within(number)))));
}

absl::StatusOr<std::optional<DecisionRow>> ClerkTables::FindDecisionByRequest(
    const KeyHash& request) const {
  return FirstOf(
      DecisionsIn(connection_.Run(kDecisionByRequest, Parameters(request))));
}

absl::StatusOr<std::vector<DecisionRow>> ClerkTables::ListDecisions(
    uint64_t after, size_t limit) const {
  return DecisionsIn(connection_.Run(kListDecisions,
                                     Parameters(Within(after), Within(limit))));
}

absl::StatusOr<std::vector<ObjectRow>> ClerkTables::ListObjects(
    std::string_view kind) const {
  const auto result = connection_.Run(kListObjects, Parameters(kind));
  if (!result.ok()) return result.status();
  std::vector<ObjectRow> objects;
  for (int row = 0; row < result->rows(); ++row) {
    objects.push_back(ObjectOf(*result, row));
    if (result->Int(row, kObjectSum) != SumOf(key_, objects.back())) {
      return Damaged(PlaceOf(objects.back()));
    }
  }
  return objects;
}

// --- writing ---

absl::Status ClerkTables::Put(const Batch& batch, uint64_t held, Change& change,
                              Pipeline& pipeline) const {
  PutItems(batch, change, pipeline);
  if (absl::Status status = PutDecisions(batch, held, change, pipeline);
      !status.ok()) {
    return status;
  }
  PutObjects(batch, change, pipeline);
  return absl::OkStatus();
}

void ClerkTables::PutItems(const Batch& batch, Change& change,
                           Pipeline& pipeline) const {
  const auto kind = [](const auto& item) { return NumberOf(item.kind); };
  if (!batch.items_removed.empty()) {
    const std::vector<OpenItemKey>& gone = batch.items_removed;
    pipeline.Add(kRemoveItems,
                 Parameters()
                     .AddNumbers(gone, kind)
                     .AddNumbers(gone, &OpenItemKey::a)
                     .AddNumbers(gone, &OpenItemKey::b)
                     .AddNumbers(gone, &OpenItemKey::attribute)
                     .AddBytes(gone, &OpenItemKey::entry),
                 [&change](const Result& result) {
                   change.conflicts -= result.Int(0, 0);
                   change.candidates -= result.Int(0, 1);
                   return absl::OkStatus();
                 });
  }
  // Of several with one key the last stays.
  std::map<OpenItemKey, OpenItem> last;
  for (const OpenItem& item : batch.items_put) last[KeyOf(item)] = item;
  if (last.empty()) return;
  std::vector<OpenItem> items;
  for (auto& [unused, item] : last) items.push_back(std::move(item));
  pipeline.Add(
      kPutItems,
      Parameters()
          .AddNumbers(items, kind)
          .AddNumbers(items, &OpenItem::a)
          .AddNumbers(items, &OpenItem::b)
          .AddNumbers(items, &OpenItem::attribute)
          .AddBytes(items, &OpenItem::entry)
          .AddNumbers(items, &OpenItem::opened_time)
          .AddNumbers(items, &OpenItem::reopened)
          .AddBytes(
              items,
              [](const OpenItem& item) { return PackNumbers(item.agencies); })
          .AddBytes(items, &OpenItem::etag)
          .AddNumbers(items, &OpenItem::reason)
          .AddNumbers(items,
                      [&](const OpenItem& item) { return SumOf(key_, item); }),
      [&change](const Result& result) {
        change.conflicts += result.Int(0, 0);
        change.candidates += result.Int(0, 1);
        return absl::OkStatus();
      });
}

absl::Status ClerkTables::PutDecisions(const Batch& batch, uint64_t held,
                                       Change& change,
                                       Pipeline& pipeline) const {
  const KeyHash none{};
  const absl::Status taken =
      absl::AbortedError("a decision of this request has been made");
  std::vector<const DecisionRow*> with_request;
  std::map<KeyHash, uint64_t> requests;
  for (const DecisionRow& decision : batch.decisions) {
    if (decision.request == none) continue;
    with_request.push_back(&decision);
    const auto [first, is_first] =
        requests.try_emplace(decision.request, decision.number);
    if (!is_first && first->second != decision.number) return taken;
  }
  // Before the unique index finds it, which would end the transaction.
  if (!with_request.empty()) {
    pipeline.Add(
        kTakenRequests,
        Parameters()
            .AddBytes(with_request, &DecisionRow::request)
            .AddNumbers(with_request, &DecisionRow::number),
        [](const Result& result) -> absl::Status {
          if (result.Int(0, 0) == 0) return absl::OkStatus();
          return absl::AbortedError("a decision of this request has been made");
        });
  }
  uint64_t newest = held;
  for (const DecisionRow& decision : batch.decisions) {
    if (decision.number == 0 || decision.number > newest + 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("decision ", decision.number, " is not the next"));
    }
    const bool is_new = decision.number == newest + 1;
    Parameters parameters(decision.number, decision.active);
    if (decision.request == none) {
      parameters.Add(nullptr);
    } else {
      parameters.Add(decision.request);
    }
    parameters.Add(SumOf(key_, decision))
        .Add(PackNumbers(decision.uids))
        .Add(decision.wrapped_key)
        .Add(decision.sealed);
    if (!is_new) pipeline.Add(kForgetUids, Parameters(decision.number));
    pipeline.Add(is_new ? kInsertDecision : kUpdateDecision,
                 std::move(parameters),
                 [&decision](const Result& result) -> absl::Status {
                   return result.written() == 1
                              ? absl::OkStatus()
                              : Damaged(PlaceOf(decision), "it is missing");
                 });
    pipeline.Add(kPutUids,
                 Parameters().AddNumbers(decision.uids).Add(decision.number));
    if (is_new) ++newest;
  }
  change.decisions = static_cast<int64_t>(newest - held);
  return absl::OkStatus();
}

void ClerkTables::PutObjects(const Batch& batch, Change& change,
                             Pipeline& pipeline) const {
  std::map<std::pair<std::string_view, std::string_view>, const ObjectRow*>
      last;
  for (const ObjectRow& object : batch.objects) {
    last[{object.kind, object.id}] = &object;
  }
  if (last.empty()) return;
  std::vector<const ObjectRow*> objects;
  for (const auto& [unused, object] : last) objects.push_back(object);
  pipeline.Add(kPutObjects,
               Parameters()
                   .AddBytes(objects, &ObjectRow::kind)
                   .AddBytes(objects, &ObjectRow::id)
                   .AddBytes(objects, &ObjectRow::bytes)
                   .AddNumbers(objects,
                               [&](const ObjectRow* object) {
                                 return SumOf(key_, *object);
                               }),
               [&change](const Result& result) {
                 change.objects += result.Int(0, 0);
                 return absl::OkStatus();
               });
}

// --- checking ---

ClerkTables::Tally ClerkTables::Check(Findings& findings) const {
  Tally tally;
  findings.Add("open_item",
               connection_.Walk(
                   "SELECT " WAYSTATION_ITEM_COLUMNS
                   "ORDER BY kind, a, b, attribute, entry",
                   [&](const Result& result, int row) {
                     const OpenItem item = ItemOf(result, row);
                     // Others are not counted.
                     if (item.kind == OpenItem::Kind::kConflict) {
                       ++tally.conflicts;
                     } else if (item.kind == OpenItem::Kind::kCandidate) {
                       ++tally.candidates;
                     }
                     if (result.Int(row, kItemSum) != SumOf(key_, item)) {
                       findings.Add("open_item", PlaceOf(item), kBadChecksum);
                     }
                   }));
  CheckDecisions(findings, tally);
  findings.Add("object",
               connection_.Walk(
                   "SELECT kind, id, bytes, sum FROM object "
                   "ORDER BY kind, id",
                   [&](const Result& result, int row) {
                     const ObjectRow object = ObjectOf(result, row);
                     ++tally.objects;
                     if (result.Int(row, kObjectSum) != SumOf(key_, object)) {
                       findings.Add("object", PlaceOf(object), kBadChecksum);
                     }
                   }));
  return tally;
}

void ClerkTables::CheckDecisions(Findings& findings, Tally& tally) const {
  std::set<std::pair<Uid, uint64_t>> named;
  findings.Add(
      "decision",
      connection_.Walk(
          "SELECT " WAYSTATION_DECISION_COLUMNS "ORDER BY number",
          [&](const Result& result, int row) {
            const DecisionRow decision = DecisionOf(result, row);
            ++tally.decisions;
            for (const Uid uid : decision.uids) {
              named.insert({uid, decision.number});
            }
            if (result.Int(row, kDecisionSum) != SumOf(key_, decision)) {
              findings.Add("decision", PlaceOf(decision), kBadChecksum);
            } else if (decision.number != tally.decisions) {
              findings.Add("decision", PlaceOf(decision),
                           "one before it is missing");
            }
          }));
  const auto place = [](Uid uid, uint64_t number) {
    return absl::StrCat("decision_uid ", uid, "/", number);
  };
  findings.Add("decision_uid",
               connection_.Walk(
                   "SELECT uid, number FROM decision_uid ORDER BY uid, number",
                   [&](const Result& result, int row) {
                     const Uid uid = result.Uint(row, 0);
                     const uint64_t number = result.Uint(row, 1);
                     if (named.erase({uid, number}) == 0) {
                       findings.Add("decision_uid", place(uid, number),
                                    "the decision does not name the record");
                     }
                   }));
  for (const auto& [uid, number] : named) {
    findings.Add("decision_uid", place(uid, number), "it is missing");
  }
}

#undef WAYSTATION_ITEM_COLUMNS
#undef WAYSTATION_DECISION_COLUMNS

}  // namespace waystation::storage::postgres
