// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/clerk_tables.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::sqlite {
namespace {

constexpr char kSelectItems[] =
    "SELECT kind, a, b, attribute, entry, opened_time, reopened, agencies, "
    "etag, reason, sum FROM open_item ";
constexpr char kWhereItem[] =
    "WHERE kind = ? AND a = ? AND b = ? AND attribute = ? AND entry = ?";
constexpr char kSelectDecisions[] =
    "SELECT number, active, request, sum, uids, wrapped_key, sealed "
    "FROM decision ";

OpenItem ItemOf(const Rows& rows) {
  return {.kind = static_cast<OpenItem::Kind>(rows.Uint(0)),
          .a = rows.Uint(1),
          .b = rows.Uint(2),
          .attribute = static_cast<uint32_t>(rows.Uint(3)),
          .entry = rows.Array<16>(4),
          .opened_time = rows.Int(5),
          .reopened = rows.Uint(6) != 0,
          .agencies = UnpackNumbers<AgencyNumber>(rows.Bytes(7)),
          .etag = rows.Array<16>(8),
          .reason = static_cast<uint32_t>(rows.Uint(9))};
}

// Others are not counted.
template <typename Counts>
void Count(OpenItem::Kind kind, int number, Counts& counts) {
  const auto more = static_cast<decltype(counts.conflicts)>(number);
  if (kind == OpenItem::Kind::kConflict) counts.conflicts += more;
  if (kind == OpenItem::Kind::kCandidate) counts.candidates += more;
}

DecisionRow DecisionOf(const Rows& rows) {
  return {.number = rows.Uint(0),
          .uids = UnpackNumbers<Uid>(rows.Bytes(4)),
          .active = rows.Uint(1) != 0,
          .wrapped_key = std::string(rows.Bytes(5)),
          .sealed = std::string(rows.Bytes(6)),
          .request = rows.Array<16>(2)};
}

ObjectRow ObjectOf(const Rows& rows) {
  return {std::string(rows.Bytes(0)), std::string(rows.Bytes(1)),
          std::string(rows.Bytes(2))};
}

}  // namespace

ClerkTables::ClerkTables(Connection& connection, const ChecksumKey& key)
    : connection_(connection),
      key_(key),
      list_items_(connection,
                  absl::StrCat(kSelectItems,
                               "WHERE kind = ? AND (opened_time, a, b, "
                               "attribute, entry) > (?, ?, ?, ?, ?) ORDER BY "
                               "opened_time, a, b, attribute, entry LIMIT ?")),
      item_(connection, absl::StrCat(kSelectItems, kWhereItem)),
      items_by_a_(
          connection,
          absl::StrCat(kSelectItems, "WHERE kind IN (1, 2, 5, 6) AND a = ?")),
      items_by_b_(connection,
                  absl::StrCat(kSelectItems, "WHERE b = ? AND b != 0")),
      insert_item_(connection,
                   "INSERT OR IGNORE INTO open_item (kind, a, b, attribute, "
                   "entry, opened_time, reopened, agencies, etag, reason, sum) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_item_(connection,
                   absl::StrCat("UPDATE open_item SET opened_time = ?, "
                                "reopened = ?, agencies = ?, etag = ?, "
                                "reason = ?, sum = ? ",
                                kWhereItem)),
      remove_item_(connection,
                   absl::StrCat("DELETE FROM open_item ", kWhereItem)),
      decision_(connection, absl::StrCat(kSelectDecisions, "WHERE number = ?")),
      decision_by_request_(connection,
                           absl::StrCat(kSelectDecisions, "WHERE request = ?")),
      list_decisions_(connection,
                      absl::StrCat(kSelectDecisions,
                                   "WHERE number > ? ORDER BY number LIMIT ?")),
      numbers_of_uid_(connection,
                      "SELECT number FROM decision_uid WHERE uid = ?"),
      insert_decision_(connection,
                       "INSERT INTO decision (number, active, request, sum, "
                       "uids, wrapped_key, sealed) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?)"),
      update_decision_(connection,
                       "UPDATE decision SET active = ?, request = ?, sum = ?, "
                       "uids = ?, wrapped_key = ?, sealed = ? "
                       "WHERE number = ?"),
      forget_uids_(connection,
                   "DELETE FROM decision_uid WHERE uid = ? AND number = ?"),
      insert_uid_(connection,
                  "INSERT OR IGNORE INTO decision_uid (uid, number) "
                  "VALUES (?, ?)"),
      list_objects_(connection,
                    "SELECT kind, id, bytes, sum FROM object WHERE kind = ? "
                    "ORDER BY id"),
      insert_object_(connection,
                     "INSERT OR IGNORE INTO object (kind, id, bytes, sum) "
                     "VALUES (?, ?, ?, ?)"),
      update_object_(connection,
                     "UPDATE object SET bytes = ?, sum = ? "
                     "WHERE kind = ? AND id = ?") {}

// --- reading ---

absl::StatusOr<std::vector<OpenItem>> ClerkTables::ItemsOf(Rows& rows) const {
  std::vector<OpenItem> items;
  while (rows.Next()) {
    OpenItem item = ItemOf(rows);
    if (rows.Int(10) != SumOf(key_, item)) return Damaged(PlaceOf(item));
    items.push_back(std::move(item));
  }
  if (!rows.status().ok()) return rows.status();
  return items;
}

absl::StatusOr<std::vector<OpenItem>> ClerkTables::ListOpenItems(
    OpenItem::Kind kind, const std::optional<OpenItem>& after, size_t limit) {
  OpenItem start;
  start.opened_time = std::numeric_limits<int64_t>::min();
  const OpenItem& from = after.has_value() ? *after : start;
  Rows rows(list_items_, NumberOf(kind), from.opened_time, from.a, from.b,
            from.attribute, from.entry, limit);
  return ItemsOf(rows);
}

absl::StatusOr<std::optional<OpenItem>> ClerkTables::GetOpenItem(
    const OpenItemKey& key) {
  Rows rows(item_, NumberOf(key.kind), key.a, key.b, key.attribute, key.entry);
  return FirstOf(ItemsOf(rows));
}

absl::StatusOr<std::vector<OpenItem>> ClerkTables::OpenItemsOf(
    std::span<const Uid> uids) {
  std::vector<OpenItem> all;
  std::set<OpenItemKey> seen;
  for (const Uid uid : uids) {
    for (Statement* statement : {&items_by_a_, &items_by_b_}) {
      Rows rows(*statement, uid);
      absl::StatusOr<std::vector<OpenItem>> items = ItemsOf(rows);
      if (!items.ok()) return items.status();
      for (OpenItem& item : *items) {
        if (seen.insert(KeyOf(item)).second) all.push_back(std::move(item));
      }
    }
  }
  return all;
}

absl::StatusOr<std::vector<DecisionRow>> ClerkTables::DecisionsIn(
    Rows& rows) const {
  std::vector<DecisionRow> decisions;
  while (rows.Next()) {
    DecisionRow decision = DecisionOf(rows);
    if (rows.Int(3) != SumOf(key_, decision)) return Damaged(PlaceOf(decision));
    decisions.push_back(std::move(decision));
  }
  if (!rows.status().ok()) return rows.status();
  return decisions;
}

absl::StatusOr<std::vector<uint64_t>> ClerkTables::NumbersOf(Uid uid) {
  std::vector<uint64_t> numbers;
  Rows rows(numbers_of_uid_, uid);
  while (rows.Next()) numbers.push_back(rows.Uint(0));
  if (!rows.status().ok()) return rows.status();
  return numbers;
}

absl::StatusOr<std::vector<DecisionRow>> ClerkTables::DecisionsOf(
    std::span<const Uid> uids) {
  std::set<uint64_t> numbers;
  for (const Uid uid : uids) {
    const absl::StatusOr<std::vector<uint64_t>> found = NumbersOf(uid);
    if (!found.ok()) return found.status();
    numbers.insert(found->begin(), found->end());
  }
  std::vector<DecisionRow> decisions;
  for (const uint64_t number : numbers) {
    absl::StatusOr<std::optional<DecisionRow>> decision = GetDecision(number);
    if (!decision.ok()) return decision.status();
    if (!decision->has_value()) {
      return Damaged(absl::StrCat("decision ", number), "it is missing");
    }
    decisions.push_back(**std::move(decision));
  }
  return decisions;
}

absl::StatusOr<std::optional<DecisionRow>> ClerkTables::GetDecision(
    uint64_t number) {
  Rows rows(decision_, number);
  return FirstOf(DecisionsIn(rows));
}

absl::StatusOr<std::optional<DecisionRow>> ClerkTables::FindDecisionByRequest(
    const KeyHash& request) {
  Rows rows(decision_by_request_, request);
  return FirstOf(DecisionsIn(rows));
}

absl::StatusOr<std::vector<DecisionRow>> ClerkTables::ListDecisions(
    uint64_t after, size_t limit) {
  Rows rows(list_decisions_, after, limit);
  return DecisionsIn(rows);
}

absl::StatusOr<std::vector<ObjectRow>> ClerkTables::ListObjects(
    std::string_view kind) {
  std::vector<ObjectRow> objects;
  Rows rows(list_objects_, kind);
  while (rows.Next()) {
    ObjectRow object = ObjectOf(rows);
    if (rows.Int(3) != SumOf(key_, object)) return Damaged(PlaceOf(object));
    objects.push_back(std::move(object));
  }
  if (!rows.status().ok()) return rows.status();
  return objects;
}

// --- writing ---

absl::Status ClerkTables::Remove(const OpenItemKey& item, Change& change) {
  if (absl::Status status = remove_item_.Run(
          NumberOf(item.kind), item.a, item.b, item.attribute, item.entry);
      !status.ok()) {
    return status;
  }
  Count(item.kind, -sqlite3_changes(connection_.handle()), change);
  return absl::OkStatus();
}

absl::Status ClerkTables::Put(const OpenItem& item, Change& change) {
  const std::string agencies = PackNumbers(item.agencies);
  const int64_t sum = SumOf(key_, item);
  if (absl::Status status =
          insert_item_.Run(NumberOf(item.kind), item.a, item.b, item.attribute,
                           item.entry, item.opened_time, item.reopened,
                           agencies, item.etag, item.reason, sum);
      !status.ok()) {
    return status;
  }
  if (sqlite3_changes(connection_.handle()) == 1) {
    Count(item.kind, 1, change);
    return absl::OkStatus();
  }
  return update_item_.Run(item.opened_time, item.reopened, agencies, item.etag,
                          item.reason, sum, NumberOf(item.kind), item.a, item.b,
                          item.attribute, item.entry);
}

absl::Status ClerkTables::Put(const DecisionRow& decision, bool is_new) {
  const std::string uids = PackNumbers(decision.uids);
  const int64_t sum = SumOf(key_, decision);
  const KeyHash none{};
  const auto run = [&](const auto& request) {
    return is_new ? insert_decision_.Run(decision.number, decision.active,
                                         request, sum, uids,
                                         decision.wrapped_key, decision.sealed)
                  : update_decision_.Run(decision.active, request, sum, uids,
                                         decision.wrapped_key, decision.sealed,
                                         decision.number);
  };
  if (!is_new) {
    absl::StatusOr<std::optional<DecisionRow>> held =
        GetDecision(decision.number);
    if (!held.ok()) return held.status();
    if (!held->has_value()) {
      return Damaged(PlaceOf(decision), "it is missing");
    }
    for (const Uid uid : (*held)->uids) {
      if (absl::Status status = forget_uids_.Run(uid, decision.number);
          !status.ok()) {
        return status;
      }
    }
  }
  absl::Status status =
      decision.request == none ? run(nullptr) : run(decision.request);
  if (absl::IsAlreadyExists(status)) {
    return absl::AbortedError("a decision of this request has been made");
  }
  for (const Uid uid : decision.uids) {
    if (!status.ok()) break;
    status = insert_uid_.Run(uid, decision.number);
  }
  return status;
}

absl::Status ClerkTables::Put(const ObjectRow& object, Change& change) {
  const int64_t sum = SumOf(key_, object);
  const std::string_view kind = object.kind;
  const std::string_view id = object.id;
  if (absl::Status status = insert_object_.Run(kind, id, object.bytes, sum);
      !status.ok()) {
    return status;
  }
  if (sqlite3_changes(connection_.handle()) == 1) {
    ++change.objects;
    return absl::OkStatus();
  }
  return update_object_.Run(object.bytes, sum, kind, id);
}

// --- checking ---

ClerkTables::Tally ClerkTables::Check(Findings& findings) {
  Tally tally;
  CheckItems(findings, tally);
  CheckDecisions(findings, tally);
  CheckObjects(findings, tally);
  return tally;
}

void ClerkTables::CheckItems(Findings& findings, Tally& tally) {
  Statement all(connection_, kSelectItems);
  Rows rows(all);
  while (rows.Next()) {
    const OpenItem item = ItemOf(rows);
    Count(item.kind, 1, tally);
    if (rows.Int(10) != SumOf(key_, item)) {
      findings.Add("open_item", PlaceOf(item), kBadChecksum);
    }
  }
  findings.Add("open_item", rows.status());
}

void ClerkTables::CheckDecisions(Findings& findings, Tally& tally) {
  Statement all(connection_, absl::StrCat(kSelectDecisions, "ORDER BY number"));
  std::set<std::pair<Uid, uint64_t>> named;
  Rows rows(all);
  while (rows.Next()) {
    const DecisionRow decision = DecisionOf(rows);
    ++tally.decisions;
    for (const Uid uid : decision.uids) named.insert({uid, decision.number});
    if (rows.Int(3) != SumOf(key_, decision)) {
      findings.Add("decision", PlaceOf(decision), kBadChecksum);
    } else if (decision.number != tally.decisions) {
      findings.Add("decision", PlaceOf(decision), "one before it is missing");
    }
  }
  findings.Add("decision", rows.status());

  Statement index(connection_, "SELECT uid, number FROM decision_uid");
  Rows entries(index);
  while (entries.Next()) {
    if (named.erase({entries.Uint(0), entries.Uint(1)}) == 0) {
      findings.Add(
          "decision_uid",
          absl::StrCat("decision_uid ", entries.Uint(0), "/", entries.Uint(1)),
          "the decision does not name the record");
    }
  }
  findings.Add("decision_uid", entries.status());
  for (const auto& [uid, number] : named) {
    findings.Add("decision_uid",
                 absl::StrCat("decision_uid ", uid, "/", number),
                 "it is missing");
  }
}

void ClerkTables::CheckObjects(Findings& findings, Tally& tally) {
  Statement all(connection_, "SELECT kind, id, bytes, sum FROM object");
  Rows rows(all);
  while (rows.Next()) {
    const ObjectRow object = ObjectOf(rows);
    ++tally.objects;
    if (rows.Int(3) != SumOf(key_, object)) {
      findings.Add("object", PlaceOf(object), kBadChecksum);
    }
  }
  findings.Add("object", rows.status());
}

}  // namespace waystation::storage::sqlite
