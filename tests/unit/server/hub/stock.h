// SPDX-License-Identifier: Apache-2.0
// All that a store holds, in words that do not depend on the order in which it
// came: what a property compares, and what is computed at once to compare with.
#ifndef WAYSTATION_TESTS_UNIT_SERVER_HUB_STOCK_H_
#define WAYSTATION_TESTS_UNIT_SERVER_HUB_STOCK_H_

#include <map>
#include <ostream>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {

// "agency/key"
using RecordName = std::string;

struct Stock {
  // What each record claims.
  std::map<RecordName, std::string> records;
  std::set<std::set<RecordName>> persons;
  // The standing value and status of each attribute and entry of each person,
  // by the person's first record.
  std::map<std::tuple<RecordName, std::string, std::string>, std::string>
      canonical;
  // The person's first record, attribute, agencies, reason, reopened.
  std::multiset<std::string> conflicts;
  // The two records, reason, reopened. Those that say what had been one person
  // are left aside: they alone tell of the order in which things came.
  std::multiset<std::string> candidates;
  // Those that agencies' own clerks are asked about, likewise.
  std::multiset<std::string> own_candidates;
  // Conflicts of agencies' views, by the first record of the agency's group:
  // attribute, reason.
  std::multiset<std::string> own_conflicts;
  // What pairs of records score that may be one person's.
  std::map<std::pair<RecordName, RecordName>, double> edges;

  bool operator==(const Stock&) const = default;
};

// Where the two differ, in words.
std::string Difference(const Stock& a, const Stock& b);

// As the hub keeps it.
Stock StockOf(TestHub& test);

// What each agency's mailbox tells, in its order: record, attributes, kind.
std::map<std::string, std::vector<std::string>> MailboxesOf(TestHub& test);

// The same, with persons, edges, conflicts and candidates computed at once from
// the records and the active decisions, by domain::Partition, domain::Resolve
// and, for the conflicts of agencies' own clerks, domain::View.
Stock ComputedAtOnce(TestHub& test);

}  // namespace waystation::hub

#endif  // WAYSTATION_TESTS_UNIT_SERVER_HUB_STOCK_H_
