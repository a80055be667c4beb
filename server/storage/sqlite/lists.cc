// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/lists.h"

#include <cstddef>
#include <span>

namespace waystation::storage::sqlite {
namespace {

enum Column { kValue = 0, kList = 1 };

void Show(sqlite3_context* context, const KeyHash& hash) {
  sqlite3_result_blob(context, hash.data(), static_cast<int>(hash.size()),
                      SQLITE_STATIC);
}

void Show(sqlite3_context* context, Uid uid) {
  sqlite3_result_int64(context, static_cast<int64_t>(uid));
}

// A read-only table of the elements of one span (sqlite.org/vtab.html). Its
// second column is hidden: the argument.
template <typename Element>
struct ListTable {
  struct Cursor : sqlite3_vtab_cursor {
    std::span<const Element> list;
    size_t at = 0;
  };
  static Cursor& Of(sqlite3_vtab_cursor* cursor) {
    return *static_cast<Cursor*>(cursor);
  }

  static int Connect(sqlite3* database, void*, int, const char* const*,
                     sqlite3_vtab** table, char**) {
    const int code = sqlite3_declare_vtab(
        database, "CREATE TABLE list (value, list HIDDEN)");
    if (code == SQLITE_OK) *table = new sqlite3_vtab{};
    return code;
  }
  static int Disconnect(sqlite3_vtab* table) {
    delete table;
    return SQLITE_OK;
  }
  // Only ever read whole, by its argument.
  static int BestIndex(sqlite3_vtab*, sqlite3_index_info* info) {
    for (int i = 0; i < info->nConstraint; ++i) {
      const auto& constraint = info->aConstraint[i];
      if (constraint.iColumn != kList || constraint.usable == 0 ||
          constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) {
        continue;
      }
      info->aConstraintUsage[i].argvIndex = 1;
      info->aConstraintUsage[i].omit = 1;
      info->estimatedCost = 1;
      info->estimatedRows = 512;
      return SQLITE_OK;
    }
    return SQLITE_CONSTRAINT;
  }
  static int Open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
    *cursor = new Cursor{};
    return SQLITE_OK;
  }
  static int Close(sqlite3_vtab_cursor* cursor) {
    delete &Of(cursor);
    return SQLITE_OK;
  }
  static int Filter(sqlite3_vtab_cursor* cursor, int, const char*, int,
                    sqlite3_value** arguments) {
    const auto* list = static_cast<const std::span<const Element>*>(
        sqlite3_value_pointer(arguments[0], kPointerType<Element>));
    if (list == nullptr) return SQLITE_MISUSE;
    Of(cursor).list = *list;
    Of(cursor).at = 0;
    return SQLITE_OK;
  }
  static int Next(sqlite3_vtab_cursor* cursor) {
    ++Of(cursor).at;
    return SQLITE_OK;
  }
  static int Eof(sqlite3_vtab_cursor* cursor) {
    return Of(cursor).at >= Of(cursor).list.size() ? 1 : 0;
  }
  static int ShowColumn(sqlite3_vtab_cursor* cursor, sqlite3_context* context,
                        int column) {
    if (column == kValue) Show(context, Of(cursor).list[Of(cursor).at]);
    return SQLITE_OK;
  }
  static int ShowRowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* rowid) {
    *rowid = static_cast<sqlite3_int64>(Of(cursor).at);
    return SQLITE_OK;
  }

  static const sqlite3_module* Module() {
    static constexpr sqlite3_module kModule = [] {
      sqlite3_module module{};
      module.xConnect = Connect;
      module.xBestIndex = BestIndex;
      module.xDisconnect = Disconnect;
      module.xOpen = Open;
      module.xClose = Close;
      module.xFilter = Filter;
      module.xNext = Next;
      module.xEof = Eof;
      module.xColumn = ShowColumn;
      module.xRowid = ShowRowid;
      return module;
    }();
    return &kModule;
  }
};

}  // namespace

absl::Status AddLists(Connection& connection) {
  sqlite3* const handle = connection.handle();
  if (sqlite3_create_module(handle, "hash_list", ListTable<KeyHash>::Module(),
                            nullptr) != SQLITE_OK ||
      sqlite3_create_module(handle, "uid_list", ListTable<Uid>::Module(),
                            nullptr) != SQLITE_OK) {
    return StatusOf(handle, "adding lists");
  }
  return absl::OkStatus();
}

}  // namespace waystation::storage::sqlite
