// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/json_scanner.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace waystation::adapters {
namespace {

using State = JsonScanner::State;

TEST(JsonScanner, FindsWhereAValueEnds) {
  const struct {
    std::string_view text;
    State state;
    std::size_t size;
  } cases[] = {
      {"{}", State::kDone, 2},
      {"  {} ,{}", State::kDone, 4},
      {R"({"a":[1,{"b":"}]"}]},)", State::kDone, 20},
      {R"("a\"b",)", State::kDone, 6},
      {R"("a\\",)", State::kDone, 5},
      {"-12.5e3,", State::kDone, 7},
      {"true}", State::kDone, 4},
      {"null", State::kInside, 4},
      {R"({"a":1 "b" 2})", State::kDone, 13},  // for others to judge
      {"", State::kBefore, 0},
      {" \n\t", State::kBefore, 3},
      {"[1,2", State::kInside, 4},
      {"[1,2}", State::kBroken, 4},
      {"{]", State::kBroken, 1},
      {"]", State::kBroken, 0},
      {",", State::kBroken, 0},
      {"[\"a\nb\"]", State::kBroken, 3},
  };
  for (const auto& [text, state, size] : cases) {
    SCOPED_TRACE(text);
    JsonScanner scanner;
    EXPECT_EQ(scanner.Read(text), size);
    EXPECT_EQ(scanner.state(), state);
  }
}

// However the text is cut into parts.
RC_GTEST_PROP(JsonScanner, PartsSayWhatTheWholeSays, ()) {
  const std::string text = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("{}[]\",:\\ \na1")));
  JsonScanner whole;
  const std::size_t size = whole.Read(text);
  JsonScanner parts;
  std::size_t read = 0;
  while (read < text.size() && parts.state() != State::kDone &&
         parts.state() != State::kBroken) {
    read += parts.Read(std::string_view(text).substr(read, 1));
  }
  RC_ASSERT(parts.state() == whole.state());
  RC_ASSERT(read == size);
}

TEST(JsonScanner, CountsDepthInMemoryThatDoesNotGrow) {
  const auto depth = [](std::size_t levels) {
    JsonScanner scanner;
    const std::string text =
        std::string(levels, '[') + std::string(levels, ']');
    EXPECT_EQ(scanner.Read(text), text.size());
    EXPECT_EQ(scanner.state(), State::kDone);
    return scanner.depth();
  };
  EXPECT_EQ(depth(1), 1U);
  EXPECT_EQ(depth(kMaxJsonDepth), kMaxJsonDepth);
  EXPECT_EQ(depth(kMaxJsonDepth + 1), kMaxJsonDepth + 1);
  EXPECT_EQ(depth(1'000'000), kMaxJsonDepth + 1);
}

TEST(JsonMembers, AreFoundWhereTheyStand) {
  const struct {
    std::string_view text;
    std::string_view first;
    std::size_t count;
  } cases[] = {
      {R"({"k":1})", "1", 1},
      {R"( { "a" : {"k":0} , "k" : [1, 2] } )", "[1, 2]", 1},
      {R"({"k":1,"k":2})", "1", 2},
      {R"({"a":"\"k\":3"})", "", 0},
      {R"({"a":{"k":3}})", "", 0},
      {R"({"\u006b":1})", "", 0},
      {R"([{"k":1}])", "", 0},
      {R"({"k":{"a":1)", R"({"a":1)", 1},  // cut
      {R"({"k":"Pat)", R"("Pat)", 1},
      {R"({"a" 1,"k":2})", "", 0},
      {R"({"a":1 "k":2})", "", 0},
      {"", "", 0},
  };
  for (const auto& [text, first, count] : cases) {
    SCOPED_TRACE(text);
    const JsonMembers found = FindJsonMembers(text, "k", false);
    EXPECT_EQ(found.first, first);
    EXPECT_EQ(found.count, count);
  }
  EXPECT_EQ(FindJsonMembers(R"({"k":1,"k":2})", "k", true).count, 1U);
}

TEST(JsonScanner, TellsPlainStrings) {
  EXPECT_EQ(PlainJsonString(R"("Patient")"), "Patient");
  for (const std::string_view other :
       {R"("Pat\u0069ent")", R"("Patient)", "Patient", "12", "", "\""}) {
    EXPECT_EQ(PlainJsonString(other), "") << other;
  }
}

TEST(JsonScanner, TellsHalvesOfSurrogatePairs) {
  for (const std::string_view whole :
       {R"("\ud87e\udc00")", R"("\uD83D\uDE00")", R"("\u4e2d")", R"("\\ud87e")",
        R"("\n")", "\"\"", R"(")", "\\"}) {
    EXPECT_TRUE(SurrogatesArePaired(whole)) << whole;
  }
  for (const std::string_view half :
       {R"("\ud87e")", R"("\udc00")", R"("\udc00\ud87e")", R"("\ud87ex\udc00")",
        R"("\ud87e\ud87e\udc00")", R"("\\\ud87e")", R"("\uDBFF)"}) {
    EXPECT_FALSE(SurrogatesArePaired(half)) << half;
  }
}

}  // namespace
}  // namespace waystation::adapters
