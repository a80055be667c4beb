// SPDX-License-Identifier: Apache-2.0
// Files that say who is who, as people and programs write them.
#include "client/wayctl/truth_file.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"

namespace waystation::wayctl {
namespace {

// "agency key person", then "line:column name: rule" of each defect.
std::vector<std::string> Read(std::string_view text) {
  const auto truth = ReadTruth(text);
  if (!truth.ok()) return {std::string(errors::ReasonOf(truth.status()))};
  std::vector<std::string> lines;
  for (const TruthRow& row : truth->rows) {
    lines.push_back(
        absl::StrCat(row.agency, " ", row.record_key, " ", row.person));
  }
  for (const TruthDefect& defect : truth->defects) {
    lines.push_back(absl::StrCat(defect.line, ":", defect.column, " ",
                                 defect.name, ": ", defect.rule));
  }
  return lines;
}

TEST(TruthFile, ReadsWhatSaysWhoIsWho) {
  const struct {
    std::string_view name;
    std::string_view text;
    std::vector<std::string> want;
  } cases[] = {
      {"people are numbered as they come",
       "agency,record_key,person\na.1,K1,p9\na.2,K1,p3\na.1,K2,p9\n",
       {"a.1 K1 0", "a.2 K1 1", "a.1 K2 0"}},
      {"any order, other columns, a mark in front, both ends of line",
       "\xef\xbb\xbfperson,since,record_key,agency\r\n7,00,K1,a.1\r\n\r\n",
       {"a.1 K1 0"}},
      {"each wrong line by itself",
       "agency,record_key,person\n,K1,1\na.1,,1\na.1,K3, \na.1,K4\n"
       "a.1,K5,1,x\na.1,\"K6,1\na.1,K7,1\na.2,K7,1\na.1,K7,2\n",
       {"a.1 K7 0", "a.2 K7 0", "2:1 agency: is missing",
        "3:2 record_key: is missing", "4:3 person: is missing",
        "5:3 person: as many cells as the heading has",
        "6:4 : as many cells as the heading has",
        "7:2 record_key: quotes that are closed",
        "10:2 record_key: is named in line 8 already"}},
      {"a heading and no line", "agency,record_key,person\n", {}},
      {"nothing", "", {"USAGE"}},
      {"another file", "id,answer,reason,etag\n", {"USAGE"}},
      {"not UTF-8", "agency,record_key,person\na,b,\xff\n", {"USAGE"}},
  };
  for (const auto& [name, text, want] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(Read(text), want);
  }
}

// Each line of a long file has a quote that is never closed.
TEST(TruthFile, ForgottenQuotesTakeNoOtherLine) {
  std::string text = "agency,record_key,person\n";
  constexpr int kLines = 2'000;
  for (int i = 0; i < kLines; ++i) absl::StrAppend(&text, "a,\"K", i, ",1\n");
  const auto truth = ReadTruth(text);
  ASSERT_TRUE(truth.ok());
  EXPECT_EQ(truth->rows.size() + truth->defects.size(), kLines);
}

}  // namespace
}  // namespace waystation::wayctl
