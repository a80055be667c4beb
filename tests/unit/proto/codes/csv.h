// SPDX-License-Identifier: Apache-2.0
// The cases of testdata/*.csv: RFC 4180, a header line, LF.

#ifndef WAYSTATION_TESTS_UNIT_PROTO_CODES_CSV_H_
#define WAYSTATION_TESTS_UNIT_PROTO_CODES_CSV_H_

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace waystation::codes {

using Case = std::map<std::string, std::string, std::less<>>;

// The rows of a file under testdata/, by the names of the header.
inline std::vector<Case> Cases(std::string_view file) {
  std::ifstream in(std::string(WAYSTATION_SOURCE_DIR) +
                   "/tests/unit/proto/codes/testdata/" + std::string(file));
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& cell = rows.back().back();
    if (text[i] == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
        cell.push_back(text[i++]);
      } else {
        quoted = !quoted;
      }
    } else if (text[i] == ',' && !quoted) {
      rows.back().emplace_back();
    } else if (text[i] == '\n' && !quoted) {
      rows.push_back({""});
    } else {
      cell.push_back(text[i]);
    }
  }
  rows.pop_back();
  std::vector<Case> cases;
  for (std::size_t row = 1; row < rows.size(); ++row) {
    Case entry;
    EXPECT_EQ(rows[row].size(), rows[0].size()) << file << " row " << row;
    for (std::size_t i = 0; i < rows[0].size(); ++i) {
      entry[rows[0][i]] = rows[row].at(i);
    }
    cases.push_back(std::move(entry));
  }
  EXPECT_FALSE(cases.empty()) << file;
  return cases;
}

}  // namespace waystation::codes

#endif  // WAYSTATION_TESTS_UNIT_PROTO_CODES_CSV_H_
