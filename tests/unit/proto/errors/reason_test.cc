// SPDX-License-Identifier: Apache-2.0
#include "proto/errors/reason.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace waystation::errors {
namespace {

namespace fs = std::filesystem;

bool IsUpperSnake(std::string_view name) {
  static const std::regex shape("[A-Z][A-Z0-9]*(_[A-Z0-9]+)*");
  return std::regex_match(name.begin(), name.end(), shape);
}

TEST(Reason, NamesAndNumbersAreUnique) {
  std::set<std::string_view> names;
  std::uint32_t last = 0;
  for (const Reason& reason : Reasons()) {
    SCOPED_TRACE(reason.name);
    EXPECT_TRUE(IsUpperSnake(reason.name));
    EXPECT_TRUE(names.insert(reason.name).second);
    EXPECT_GT(reason.number, last) << "rows stand by rising number";
    last = reason.number;
    EXPECT_EQ(FindReason(reason.name), &reason);
    EXPECT_EQ(FindReason(reason.number), &reason);
  }
  EXPECT_EQ(FindReason("NO_SUCH_REASON"), nullptr);
  EXPECT_EQ(FindReason(0), nullptr);
  EXPECT_EQ(FindReason(last + 1), nullptr);
}

TEST(Reason, SpeaksBothLanguages) {
  for (const Reason& reason : Reasons()) {
    SCOPED_TRACE(reason.name);
    EXPECT_FALSE(reason.text.english.empty());
    EXPECT_FALSE(reason.text.chinese.empty());
    EXPECT_EQ(reason.advice.english.empty(), reason.advice.chinese.empty());
    EXPECT_NE(reason.text.english.back(), '.') << "details may follow";
    EXPECT_FALSE(reason.text.chinese.ends_with("。"));
    if (!reason.advice.english.empty()) {
      EXPECT_TRUE(reason.advice.english.back() == '.');
      EXPECT_TRUE(reason.advice.chinese.ends_with("。"));
    }
  }
  const Reason& reason = *FindReason("NOT_AVAILABLE");
  EXPECT_EQ(reason.text.In(Language::kEnglish), reason.text.english);
  EXPECT_EQ(reason.text.In(Language::kChinese), reason.text.chinese);
}

TEST(Reason, RefusalsNeverExitAsDone) {
  for (const Reason& reason : Reasons()) {
    SCOPED_TRACE(reason.name);
    if (reason.code == absl::StatusCode::kOk) {
      EXPECT_TRUE(reason.exit == Exit::kDone || reason.exit == Exit::kFindings);
    } else {
      EXPECT_NE(reason.exit, Exit::kDone);
    }
  }
}

// Who is refused, or finds something, learns what to do about it; of what was
// ended on purpose there is nothing to say.
TEST(Reason, RefusalsAndFindingsComeWithAdvice) {
  const std::set<std::string_view> wanted_so = {"CANCELLED", "DECLINED"};
  for (const Reason& reason : Reasons()) {
    SCOPED_TRACE(reason.name);
    if (reason.exit == Exit::kDone) continue;
    EXPECT_EQ(reason.advice.english.empty(), wanted_so.contains(reason.name));
  }
}

// Design 13 and guarantee 5.
TEST(Reason, ExitCodesFollowTheDesign) {
  const struct {
    std::string_view name;
    int code;
    int exit;
  } cases[] = {
      {"NOT_AVAILABLE", 5, 6},      {"WRONG_ROLE", 7, 4},
      {"CHANGED_MEANWHILE", 10, 5}, {"DECISION_STANDS", 6, 5},
      {"OVER_CEILING", 9, 4},       {"REVISION_REUSED", 3, 3},
      {"DRAINING", 14, 7},          {"QUEUE_FULL", 8, 7},
      {"UNREACHABLE", 14, 7},       {"CONFIG_INVALID", 3, 2},
      {"STORE_DAMAGED", 15, 3},     {"INTERNAL", 13, 1},
  };
  for (const auto& [name, code, exit] : cases) {
    SCOPED_TRACE(name);
    const Reason* reason = FindReason(name);
    ASSERT_NE(reason, nullptr);
    EXPECT_EQ(static_cast<int>(reason->code), code);
    EXPECT_EQ(static_cast<int>(reason->exit), exit);
  }
}

TEST(Reason, EveryCodeHasAGeneralOne) {
  for (int code = 1; code <= 16; ++code) {
    SCOPED_TRACE(code);
    EXPECT_EQ(GeneralReason(static_cast<absl::StatusCode>(code)).code,
              static_cast<absl::StatusCode>(code));
  }
}

// A number or name that once stood in somebody's log must mean the same for
// ever: what this file lists may be added to, never changed.
TEST(Reason, NumbersNeverChange) {
  std::ifstream file(WAYSTATION_SOURCE_DIR
                     "/tests/unit/proto/errors/testdata/numbers.txt");
  ASSERT_TRUE(file) << "testdata/numbers.txt is missing";
  std::map<std::string, std::uint32_t, std::less<>> published;
  std::string name;
  for (std::uint32_t number = 0; file >> number >> name;) {
    published[name] = number;
  }
  EXPECT_FALSE(published.empty());
  for (const auto& [published_name, number] : published) {
    SCOPED_TRACE(published_name);
    const Reason* reason = FindReason(published_name);
    ASSERT_NE(reason, nullptr);
    EXPECT_EQ(reason->number, number);
  }
  for (const Reason& reason : Reasons()) {
    EXPECT_TRUE(published.contains(reason.name))
        << "add to testdata/numbers.txt: " << reason.number << " "
        << reason.name;
  }
}

// All .cc and .h files of the programs, but the table itself.
std::map<std::string, std::string> SourcesOfThePrograms() {
  std::map<std::string, std::string> sources;
  for (const std::string_view room :
       {"proto", "server", "client", "adapters"}) {
    const fs::path root = fs::path(WAYSTATION_SOURCE_DIR) / room;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const std::string extension = entry.path().extension();
      if (extension != ".cc" && extension != ".h") continue;
      if (entry.path().parent_path().filename() == "errors" &&
          entry.path().filename() == "reason.cc") {
        continue;
      }
      std::ifstream file(entry.path());
      sources[fs::relative(entry.path(), WAYSTATION_SOURCE_DIR)] =
          std::string((std::istreambuf_iterator<char>(file)), {});
    }
  }
  return sources;
}

// Every `Error("NAME"`, `Rejected("NAME"`, `Violation("NAME"` and
// `reason = "NAME"` of the programs names a row.
TEST(Reason, WhatTheTreeUsesIsInTheTable) {
  static const std::regex use(
      R"re((?:\b(?:Error|Rejected|Violate[sd]?|Violation|Refused?|Reason|FindReason|set_reason)\(|\breason\s*(?:=|==)\s*)\s*"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)")re");
  std::size_t uses = 0;
  for (const auto& [path, text] : SourcesOfThePrograms()) {
    for (std::sregex_iterator it(text.begin(), text.end(), use), end; it != end;
         ++it) {
      ++uses;
      EXPECT_NE(FindReason((*it)[1].str()), nullptr)
          << (*it)[1] << " in " << path;
    }
  }
  EXPECT_GT(uses, 0U);
}

// A row that no program gives is a promise that nobody keeps.
TEST(Reason, WhatIsInTheTableIsUsed) {
  std::set<std::string, std::less<>> named;
  static const std::regex quoted(R"re("([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)")re");
  for (const auto& [path, text] : SourcesOfThePrograms()) {
    for (std::sregex_iterator it(text.begin(), text.end(), quoted), end;
         it != end; ++it) {
      named.insert((*it)[1].str());
    }
  }
  for (int code = 1; code <= 16; ++code) {
    named.emplace(GeneralReason(static_cast<absl::StatusCode>(code)).name);
  }
  for (const Reason& reason : Reasons()) {
    EXPECT_TRUE(named.contains(reason.name)) << reason.name;
  }
}

}  // namespace
}  // namespace waystation::errors
