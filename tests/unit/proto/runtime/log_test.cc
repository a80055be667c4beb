// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace waystation::runtime {
namespace {

using testing::MatchesRegex;

struct Lines {
  std::vector<std::string> all;
  Log::Options Into(Log::Options options = {}) {
    options.sink = [this](std::string_view line) { all.emplace_back(line); };
    return options;
  }
};

TEST(Log, WritesPlainLines) {
  Lines lines;
  const Log log(lines.Into());
  log.info("mailbox of {} is behind by {}", "labor.320500", 12);
  log.debug("not written at level info");
  log.error("gone");
  ASSERT_EQ(lines.all.size(), 2U);
  EXPECT_THAT(lines.all[0],
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z "
                           "info  mailbox of labor.320500 is behind by 12\n"));
  EXPECT_THAT(lines.all[1], MatchesRegex(".*Z error gone\n"));
}

TEST(Log, WritesJsonLines) {
  Lines lines;
  const Log log(lines.Into({.json = true}));
  log.warn("a \"quoted\" \\ 苏州\n{}", "second line");
  ASSERT_EQ(lines.all.size(), 1U);
  EXPECT_THAT(
      lines.all[0],
      MatchesRegex("\\{\"time\":\"[-0-9T:.]+Z\",\"level\":\"warn\","
                   "\"message\":\"a \\\\\"quoted\\\\\" \\\\\\\\ 苏州\\\\u000a"
                   "second line\"\\}\n"));
}

TEST(Log, NobodyForgesALine) {
  Lines lines;
  const Log log(lines.Into());
  log.info("agency {}", "x\n2026-01-01T00:00:00.000Z error all is lost\x1b[2J");
  ASSERT_EQ(lines.all.size(), 1U);
  EXPECT_EQ(lines.all[0].find('\n'), lines.all[0].size() - 1);
  EXPECT_EQ(lines.all[0].find('\x1b'), std::string::npos);
}

TEST(Log, NothingMovesOrTurnsWhatIsShown) {
  Lines lines;
  const Log log(lines.Into());
  log.info(
      "a\u202eb\u2066c\u009b1A\x9b"
      "d\u061c\U000e0041 苏州");
  ASSERT_EQ(lines.all.size(), 1U);
  EXPECT_THAT(lines.all[0],
              testing::EndsWith("a\\u202eb\\u2066c\\u009b1A\uFFFDd\\u061c"
                                "\\udb40\\udc41 苏州\n"));
}

TEST(Log, LevelChangesWhileRunning) {
  Lines lines;
  Log log(lines.Into({.level = LogLevel::kError}));
  log.warn("no");
  log.SetLevel(LogLevel::kDebug);
  log.debug("yes");
  EXPECT_EQ(lines.all.size(), 1U);
  EXPECT_EQ(LogLevelFromName("warn"), LogLevel::kWarn);
  EXPECT_EQ(LogLevelFromName("loud"), std::nullopt);
}

TEST(Log, LinesOfManyThreadsStayWhole) {
  Lines lines;
  const Log log(lines.Into());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 100; ++j) log.info("0123456789");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines.all.size(), 400U);
  EXPECT_THAT(lines.all,
              testing::Each(testing::EndsWith("info  0123456789\n")));
}

}  // namespace
}  // namespace waystation::runtime
