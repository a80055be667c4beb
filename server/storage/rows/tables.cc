// SPDX-License-Identifier: Apache-2.0
#include "server/storage/rows/tables.h"

#include "absl/strings/str_join.h"

namespace waystation::storage {
namespace {

constexpr Column N(const char* name) { return {name, Column::Kind::kNumber}; }
constexpr Column B(const char* name) { return {name, Column::Kind::kBytes}; }

constexpr Column kStore[] = {N("id"), N("key_check"), N("next_uid"), N("sum")};
constexpr Column kRecord[] = {N("uid"),     N("agency"),        B("key"),
                              N("version"), N("received_time"), N("retracted"),
                              N("sum"),     B("wrapped_key"),   B("sealed"),
                              B("vector")};
constexpr Column kMembership[] = {N("uid"), N("person"), N("sum")};
constexpr Column kIdentifier[] = {B("hash"), N("uid"), N("epoch"), N("sum")};
constexpr Column kEdge[] = {N("a"), N("b"), B("bytes"), N("sum")};
constexpr Column kOpenItem[] = {N("kind"),      N("a"),        N("b"),
                                N("attribute"), B("entry"),    N("opened_time"),
                                N("reopened"),  B("agencies"), B("etag"),
                                N("reason"),    N("sum")};
constexpr Column kDecision[] = {N("number"), N("active"), B("request"),
                                N("sum"),    B("uids"),   B("wrapped_key"),
                                B("sealed")};
constexpr Column kDecisionUid[] = {N("uid"), N("number")};
constexpr Column kObject[] = {B("kind"), B("id"), B("bytes"), N("sum")};
constexpr Column kNotice[] = {N("number"),    N("version"),   N("sender"),
                              N("recipient"), N("waits_for"), N("uid"),
                              N("due_time"),  B("request"),   N("sum"),
                              B("bytes"),     B("sealed")};
constexpr Column kHolderCode[] = {B("hash"),  N("uid"), N("expire_time"),
                                  N("spent"), N("sum"), B("sealed")};
constexpr Column kAgency[] = {N("agency"), N("records"), N("sum")};
constexpr Column kMailbox[] = {N("agency"), N("first"), B("entries"), N("sum")};
constexpr Column kMailboxReader[] = {N("agency"), N("position"), N("time"),
                                     N("sum")};
constexpr Column kLeaf[] = {N("number"), N("event_sum"), N("details_sum"),
                            B("event"), B("details")};
constexpr Column kTile[] = {N("level"), N("number"), B("hashes"), N("sum")};
constexpr Column kCheckpoint[] = {N("size"), N("time"), B("note"), N("sum")};
constexpr Column kCosignature[] = {N("size"), B("witness"), N("key"),
                                   B("signature"), N("sum")};
constexpr Column kCommitGroup[] = {
    N("slot"),        N("number"),    B("batch"),     N("first_leaf"),
    N("log_size"),    B("frontier"),  B("mailboxes"), N("decided"),
    N("records"),     N("persons"),   N("conflicts"), N("candidates"),
    N("identifiers"), N("decisions"), N("objects"),   N("edges"),
    N("notices"),     N("codes"),     N("sum")};

constexpr TableShape kTables[] = {{"store", kStore},
                                  {"record", kRecord},
                                  {"membership", kMembership},
                                  {"identifier", kIdentifier, 2},
                                  {"edge", kEdge, 2},
                                  {"open_item", kOpenItem, 5},
                                  {"decision", kDecision},
                                  {"decision_uid", kDecisionUid, 2},
                                  {"object", kObject, 2},
                                  {"notice", kNotice},
                                  {"holder_code", kHolderCode},
                                  {"agency", kAgency},
                                  {"mailbox", kMailbox, 2},
                                  {"mailbox_reader", kMailboxReader},
                                  {"leaf", kLeaf},
                                  {"tile", kTile, 2},
                                  {"checkpoint", kCheckpoint},
                                  {"cosignature", kCosignature, 3},
                                  {"commit_group", kCommitGroup}};

std::string Names(std::span<const Column> columns) {
  return absl::StrJoin(
      columns, ", ",
      [](std::string* out, const Column& column) { out->append(column.name); });
}

}  // namespace

std::span<const TableShape> AllTables() { return kTables; }

std::string ColumnList(const TableShape& table) { return Names(table.columns); }

std::string KeyList(const TableShape& table) {
  return Names(table.columns.first(table.key));
}

}  // namespace waystation::storage
