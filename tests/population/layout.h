// SPDX-License-Identifier: Apache-2.0
// How a file of rows is laid out: text with delimiters, a dBase table, a FHIR
// Bundle. Bytes are in the charset of the system that exports.
#ifndef TESTS_POPULATION_LAYOUT_H_
#define TESTS_POPULATION_LAYOUT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/population/record.h"

namespace waystation::population {

// One state of one record, as it is written.
struct Row {
  const Record& record;
  const Content& content;
  const std::string& key;
  Damage damage = Damage::kNone;
};

class Layout {
 public:
  virtual ~Layout() = default;

  // What stands before the rows, of which there are `rows`; of one size for any
  // number of them, since it is written again when they have been counted.
  virtual std::string Head(const Agency& agency, int batch,
                           std::uint64_t rows) const = 0;

  // The rows that tell `row`: more than one where dead ones lie about. `first`
  // is whether none came before.
  virtual std::vector<std::string> Rows(const Row& row, bool first) const = 0;

  virtual std::string Tail() const { return {}; }
};

// Values of a row in the order of the columns, in UTF-8.
using Fields = std::vector<std::string> (*)(const Record& record,
                                            const Content& content,
                                            const std::string& key);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_LAYOUT_H_
