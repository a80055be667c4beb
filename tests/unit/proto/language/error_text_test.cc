// SPDX-License-Identifier: Apache-2.0
#include "proto/language/error_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/language/language.h"

namespace waystation::language {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kLocale[] = WAYSTATION_BIN_DIR "/../share/locale";

class ErrorText : public ::testing::Test {
 protected:
  ErrorText() { Use(errors::Language::kEnglish, kLocale); }
  ~ErrorText() override { Use(errors::Language::kEnglish, kLocale); }

  static void InChinese() { Use(errors::Language::kChinese, kLocale); }
};

TEST_F(ErrorText, NamesFieldAndRule) {
  const absl::Status status = errors::Error(
      "INVALID_REQUEST", {.field = "reason", .rule = "at most 2,000 bytes"});
  EXPECT_EQ(Describe(status),
            "The request is not valid (reason: at most 2,000 bytes)");
  InChinese();
  EXPECT_EQ(Describe(status), "请求无效（reason：至多 2,000 字节）");
}

TEST_F(ErrorText, GivesEachViolationALine) {
  const absl::Status status = errors::Error(
      "INVALID_REQUEST",
      {.violations = {{.field = "id", .rule = "<sector>.<division>"},
                      {.field = "sector", .rule = "the id begins with it"}}});
  EXPECT_EQ(Describe(status),
            "The request is not valid\n"
            "  id: <sector>.<division>\n"
            "  sector: the id begins with it");
  InChinese();
  EXPECT_EQ(Describe(status),
            "请求无效\n"
            "  id：<部门>.<行政区划>\n"
            "  sector：编号以其开头");
}

TEST_F(ErrorText, ShowsWhatTheTransportSays) {
  const absl::Status status =
      absl::UnavailableError("failed to connect to all addresses");
  EXPECT_THAT(Describe(status),
              EndsWith("(failed to connect to all addresses)"));
  InChinese();
  EXPECT_THAT(Describe(status), EndsWith("（所有地址均无法连接）"));
}

TEST_F(ErrorText, SaysWhenToComeAgain) {
  const absl::Status spent = errors::Error(
      "BUDGET_SPENT", {.retry_after = absl::Hours(7) + absl::Minutes(12)});
  EXPECT_THAT(Advice(spent), HasSubstr("Try again in 7 h 12 min."));
  EXPECT_THAT(Advice(errors::Error("BUDGET_SPENT")), Not(HasSubstr(" h ")));
  InChinese();
  EXPECT_THAT(Advice(spent), HasSubstr("请在 7 小时 12 分钟后重试。"));
}

TEST_F(ErrorText, RoundsUpWhatIsToBeWaited) {
  const struct {
    absl::Duration duration;
    const char* want;
  } cases[] = {
      {absl::Milliseconds(1), "1 s"},
      {absl::Seconds(59), "59 s"},
      {absl::Seconds(61), "2 min"},
      {absl::Minutes(59) + absl::Seconds(59), "1 h"},
      {absl::Hours(3) + absl::Seconds(1), "3 h 1 min"},
      {absl::Hours(24) - absl::Seconds(1), "24 h"},
      {absl::Hours(49), "2 days 1 h"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(SayDuration(c.duration), c.want);
  }
}

}  // namespace
}  // namespace waystation::language
