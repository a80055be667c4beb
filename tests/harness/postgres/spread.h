// SPDX-License-Identifier: Apache-2.0
// Record tables that are spread as docs/scale-out.md says, on a plain server:
// what Citus puts on its workers is here a partition, by the same key and with
// the same rule that a unique index has the key in it.
#ifndef WAYSTATION_TESTS_HARNESS_POSTGRES_SPREAD_H_
#define WAYSTATION_TESTS_HARNESS_POSTGRES_SPREAD_H_

#include <fstream>
#include <sstream>
#include <string>

#include "tests/harness/postgres/server.h"

namespace waystation::test {

inline std::string ScaleOutPage() {
  std::ifstream file(WAYSTATION_SOURCE_DIR "/docs/scale-out.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The statements of the page.
inline std::string ScaleOutStatements() {
  const std::string page = ScaleOutPage();
  std::string statements;
  constexpr char kBegin[] = "```sql\n";
  for (size_t at = page.find(kBegin); at != std::string::npos;
       at = page.find(kBegin, at)) {
    at += sizeof(kBegin) - 1;
    statements += page.substr(at, page.find("```", at) - at);
  }
  return statements;
}

// Runs them on a database with the tables of a store.
inline bool SpreadTables(const PostgresServer& server,
                         const std::string& database) {
  constexpr char kStandIn[] = R"sql(
CREATE FUNCTION create_distributed_table(
    name text, key text, colocate_with text DEFAULT 'default')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE whole text := name || '_whole';
BEGIN
  EXECUTE format('ALTER TABLE %I RENAME TO %I', name, whole);
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) '
                 'PARTITION BY HASH (%I)', name, whole, key);
  FOR i IN 0..3 LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF %I '
                   'FOR VALUES WITH (MODULUS 4, REMAINDER %s)',
                   name || '_' || i, name, i);
  END LOOP;
  EXECUTE format('INSERT INTO %I SELECT * FROM %I', name, whole);
  EXECUTE format('DROP TABLE %I', whole);
END $$;
)sql";
  return server.Run(database, kStandIn + ScaleOutStatements());
}

}  // namespace waystation::test

#endif  // WAYSTATION_TESTS_HARNESS_POSTGRES_SPREAD_H_
