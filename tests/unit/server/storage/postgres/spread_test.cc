// SPDX-License-Identifier: Apache-2.0
// docs/scale-out.md against the code: which tables are spread by which key, and
// which of the store's statements reach them without it.
#include "tests/harness/postgres/spread.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/storage/postgres/clerk_tables.h"
#include "server/storage/postgres/group_tables.h"
#include "server/storage/postgres/log_tables.h"
#include "server/storage/postgres/postgres_store.h"
#include "server/storage/postgres/record_tables.h"
#include "server/storage/rows/tables.h"
#include "tests/harness/postgres/server.h"

namespace waystation::storage::postgres {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using test::PostgresServer;
using testing::ElementsAreArray;
using testing::IsEmpty;

// What one statement does with the tables of a store.
struct Use {
  std::set<std::string> tables;
  // Those that it reaches without their key.
  std::set<std::string> without_key;
};

class Spread : public testing::Test {
 protected:
  void SetUp() override {
    database_ = server().MakeDatabase();
    ASSERT_TRUE(OpenPostgres({.target = server().TargetOf(database_)}).ok());
    ASSERT_TRUE(test::SpreadTables(server(), database_));
    for (const TableShape& table : AllTables()) {
      const std::string key = server().Ask(
          database_,
          absl::StrCat("SELECT attname FROM pg_partitioned_table JOIN "
                       "pg_attribute ON attrelid = partrelid AND "
                       "attnum = partattrs[0] WHERE partrelid = '",
                       table.name, "'::regclass"));
      if (!key.empty()) keys_[table.name] = key;
    }
    ASSERT_EQ(keys_.size(), 4U);
  }
  void TearDown() override { server().DropDatabase(database_); }

  static PostgresServer& server() { return PostgresServer::Get(); }

  static std::vector<const Statement*> All() {
    std::vector<const Statement*> all;
    for (const auto statements :
         {RecordTables::Statements(), ClerkTables::Statements(),
          LogTables::Statements(), GroupTables::Statements()}) {
      all.insert(all.end(), statements.begin(), statements.end());
    }
    return all;
  }

  // As the server would go about it where it may look rows up but not read
  // tables from end to end: what it then has of a key, it uses.
  Use UseOf(const Statement& statement) const {
    const std::string sql = statement.sql;
    int parameters = 0;
    static const std::regex parameter(R"(\$(\d+))");
    for (std::sregex_iterator it(sql.begin(), sql.end(), parameter), end;
         it != end; ++it) {
      parameters = std::max(parameters, std::stoi((*it)[1]));
    }
    std::string values;
    for (int i = 0; i < parameters; ++i) {
      absl::StrAppend(&values, i == 0 ? "(NULL" : ", NULL");
    }
    if (parameters > 0) values += ")";
    const std::string plan = server().Ask(
        database_,
        absl::StrCat("SET plan_cache_mode = force_generic_plan;"
                     "SET enable_seqscan = off; SET enable_bitmapscan = off;"
                     "SET enable_hashjoin = off; SET enable_mergejoin = off;",
                     "PREPARE it AS ", sql, "; EXPLAIN (FORMAT JSON) EXECUTE ",
                     "it", values));
    Value parsed;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(plan, &parsed).ok())
        << statement.name << ": " << plan;
    Use use;
    for (const Value& one : parsed.list_value().values()) {
      Walk(one.struct_value().fields().at("Plan").struct_value(), use);
    }
    return use;
  }

  void Walk(const Struct& node, Use& use) const {
    const auto text = [&](const char* name) -> std::string {
      const auto found = node.fields().find(name);
      return found == node.fields().end() ? "" : found->second.string_value();
    };
    std::string table = text("Relation Name");
    static const std::regex partition(R"(_\d+$)");
    table = std::regex_replace(table, partition, "");
    if (!table.empty()) {
      use.tables.insert(table);
      // A row that is new has its key, which is never null.
      if (const auto key = keys_.find(table);
          key != keys_.end() && text("Node Type") != "ModifyTable") {
        const std::string conditions =
            text("Index Cond") + text("Recheck Cond") + text("Filter");
        if (!std::regex_search(conditions,
                               std::regex("\\b" + key->second + " = "))) {
          use.without_key.insert(table);
        }
      }
    }
    const auto plans = node.fields().find("Plans");
    if (plans == node.fields().end()) return;
    for (const Value& child : plans->second.list_value().values()) {
      Walk(child.struct_value(), use);
    }
  }

  // Lines of the page's tables with a name and what is said of it.
  static std::map<std::string, std::string> Told(const std::string& section) {
    const std::string page = test::ScaleOutPage();
    const size_t begin = page.find("## " + section + "\n");
    EXPECT_NE(begin, std::string::npos) << section;
    const std::string text =
        page.substr(begin, page.find("\n## ", begin + 1) - begin);
    std::map<std::string, std::string> told;
    static const std::regex row(R"(\n\| `(\w+)` \| ([^|\n]+) \|)");
    for (std::sregex_iterator it(text.begin(), text.end(), row), end; it != end;
         ++it) {
      told[(*it)[1]] = (*it)[2];
    }
    return told;
  }

  std::string database_;
  // Of the tables that are spread.
  std::map<std::string, std::string> keys_;
};

TEST_F(Spread, ThePageTellsOfEachTableWhereItIs) {
  std::map<std::string, std::string> is;
  for (const TableShape& table : AllTables()) {
    const auto key = keys_.find(table.name);
    is[table.name] =
        key == keys_.end() ? "in one place" : "by `" + key->second + "`";
  }
  EXPECT_THAT(Told("What is spread"), ElementsAreArray(is));
}

TEST_F(Spread, EveryStatementCarriesTheKeyOrStandsOnThePage) {
  std::set<std::string> without;
  size_t with = 0;
  for (const Statement* statement : All()) {
    const Use use = UseOf(*statement);
    EXPECT_THAT(use.tables, testing::Not(IsEmpty())) << statement->name;
    if (!use.without_key.empty()) {
      without.insert(statement->name);
    } else if (keys_.contains(*use.tables.begin())) {
      ++with;
    }
  }
  std::set<std::string> told;
  for (const auto& [name, why] : Told("What asks every worker")) {
    EXPECT_GT(why.size(), 20U) << name;
    told.insert(name);
  }
  EXPECT_EQ(told, without);
  EXPECT_GE(with, 14U);
}

TEST_F(Spread, NoStatementJoinsWhatIsSpreadToWhatIsNot) {
  for (const Statement* statement : All()) {
    const Use use = UseOf(*statement);
    const auto spread = static_cast<size_t>(std::ranges::count_if(
        use.tables,
        [&](const std::string& table) { return keys_.contains(table); }));
    EXPECT_TRUE(spread == 0 || spread == use.tables.size()) << statement->name;
  }
}

}  // namespace
}  // namespace waystation::storage::postgres
