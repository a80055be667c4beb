// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "proto/codes/grade.h"
#include "proto/errors/error.h"
#include "proto/language/language.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace waystation::adapters {
namespace {

using errors::Exit;
using errors::Language;
using ::testing::HasSubstr;

constexpr char kLocale[] = WAYSTATION_BIN_DIR "/../share/locale";

// Chinese for as long as it lives.
struct Chinese {
  Chinese() { language::Use(Language::kChinese, kLocale); }
  ~Chinese() { language::Use(Language::kEnglish, kLocale); }
};

report::v1::CheckReport Check() {
  report::v1::CheckReport report;
  auto& file = *report.add_files();
  file.set_file("1.csv");
  file.set_rows(120);
  file.set_changed(119);
  file.set_rejected(1);
  auto* column = file.add_columns();
  column->set_column("RYBH");
  column->set_use("record key");
  column = file.add_columns();
  column->set_column("婚姻");
  column->set_reason("COLUMN_DENIED");
  column->set_dropped_because("marital state: art. 43 / 婚姻状况：第四十三条");
  column = file.add_columns();
  column->set_column("X");
  column->set_reason("COLUMN_NOT_MAPPED");
  auto* passed = file.add_passed_over();
  passed->set_name("Observation");
  passed->set_reason("RESOURCE_NOT_READ");
  passed->set_rows(2);
  auto* count = file.add_counts();
  count->set_column("SFZH");
  count->set_reason("CHECKSUM_FAIL");
  count->set_rows(7);
  count->set_graded(true);
  count = file.add_counts();
  count->set_reason("ROW_COLUMNS");
  count->set_rows(3);
  auto* finding = file.add_findings();
  finding->set_file("1.csv");
  finding->set_line(3);
  finding->set_reason("ROW_COLUMNS");
  return report;
}

TEST(ReportText, TellsAFile) {
  EXPECT_EQ(
      Text(Check()),
      "1.csv: columns\n"
      "  RYBH          record key\n"
      "  婚姻          dropped: denied: marital state: art. 43\n"
      "  X             dropped: No attribute of the mapping reads the "
      "column\n"
      "1.csv: 120 rows, 119 changed, 0 unchanged, 1 rejected, 0 "
      "incomplete, 0 older than sent\n"
      "  Observation   2 rows        RESOURCE_NOT_READ: Only Patients are "
      "read; what somebody was treated for stays with the provider\n"
      "  SFZH          7 rows        graded CHECKSUM_FAIL: the check "
      "digit does not fit\n"
      "                3 rows        ROW_COLUMNS: The row has more or "
      "fewer columns than the header\n"
      "  1.csv:3                     ROW_COLUMNS: The row has more or "
      "fewer columns than the header\n"
      "  ... and 2 more\n");
  const Chinese chinese;
  EXPECT_EQ(Text(Check()),
            "1.csv：各列\n"
            "  RYBH          记录主键\n"
            "  婚姻          丢弃：禁止发送：婚姻状况：第四十三条\n"
            "  X             丢弃：映射中没有属性读取该列\n"
            "1.csv: 120 行，119 有变化，0 无变化，1 被拒绝，0 不完整，0 "
            "早于已发送\n"
            "  Observation   2 行          RESOURCE_NOT_READ: "
            "仅读取患者资源，诊疗信息留在医疗机构\n"
            "  SFZH          7 行          评为 CHECKSUM_FAIL: "
            "校验位不符\n"
            "                3 行          ROW_COLUMNS: 该行列数与表头不一致\n"
            "  1.csv:3                     ROW_COLUMNS: 该行列数与表头不一致\n"
            "  ... 另有 2 处\n");
}

TEST(ReportText, AlignsTheColumnsOfAFile) {
  report::v1::CheckReport report;
  auto& file = *report.add_files();
  for (const char* name : {"id", "telecom[system=phone].value"}) {
    auto* column = file.add_columns();
    column->set_column(name);
    column->set_use("x");
  }
  const std::string text = Text(report);
  EXPECT_NE(text.find("  id                           x\n"
                      "  telecom[system=phone].value  x\n"),
            std::string::npos)
      << text;
}

// A header that would clear the screen, or turn what follows around.
TEST(ReportText, PassesNothingOnThatATerminalObeys) {
  report::v1::CheckReport report;
  auto& file = *report.add_files();
  const std::string evil = "X\x1B[2J\u202EY";
  file.add_columns()->set_column(evil);
  file.add_counts()->set_column(evil);
  auto* finding = file.add_findings();
  finding->set_column(evil);
  finding->set_reason("ROW_QUOTE");
  // So may names of files, and what errors say of them.
  finding->set_file("in\n" + evil);
  finding->set_rule(evil);
  file.set_file(evil);
  file.set_refused("FILE_MISSING");
  file.set_detail(evil);
  file.add_passed_over()->set_name(evil);
  report::v1::QuarantineReport waiting;
  *waiting.add_rows()->mutable_finding() = *finding;
  waiting.add_files(evil);
  report::v1::WitnessReport witness;
  witness.set_origin(evil);
  witness.set_checkpoint("log\n" + evil + "\n\nsigned\n");
  for (const std::string& text :
       {Text(report), Text(waiting), Text(witness),
        Text(errors::Error(
            "FILE_MISSING",
            {.field = evil, .rule = evil, .metadata = {{"file", evil}}}))}) {
    EXPECT_EQ(text.find('\x1B'), std::string::npos) << text;
    EXPECT_EQ(text.find("\u202E"), std::string::npos) << text;
    EXPECT_NE(text.find("X\uFFFD[2J\uFFFDY"), std::string::npos) << text;
  }
  EXPECT_EQ(Text(waiting).find("\nX"), std::string::npos);
}

TEST(ReportText, HasWordsForEveryGrade) {
  for (int i = 0; i < codes::kGradeCount; ++i) {
    report::v1::CheckReport report;
    auto* count = report.add_files()->add_counts();
    const std::string grade(codes::GradeName(static_cast<codes::Grade>(i)));
    count->set_reason(grade);
    count->set_graded(true);
    // English last, as it was.
    for (const Language language : {Language::kChinese, Language::kEnglish}) {
      language::Use(language, kLocale);
      const std::string text = Text(report);
      const std::size_t at = text.find(grade + ": ");
      ASSERT_NE(at, std::string::npos) << text;
      EXPECT_GT(text.size(), at + grade.size() + 4) << text;
    }
  }
}

TEST(ReportText, SaysWhyItWaitsAndWhatToDo) {
  report::v1::RunReport report;
  report.mutable_mailbox()->set_waits_because("LOCAL_DISK_FULL");
  report.mutable_mailbox()->set_detail("/imports/1.csv");
  EXPECT_EQ(Text(report),
            "the mailbox waits: LOCAL_DISK_FULL: No space is left on this "
            "machine's disk (/imports/1.csv)\n"
            "  Nothing is lost. Free space and try again; what runs goes on by "
            "itself.\n");
  EXPECT_EQ(ExitOf(report), Exit::kFailed);
  report.mutable_mailbox()->set_waits_because("BUDGET_SPENT");
  report.mutable_mailbox()->set_detail("persons_per_day");
  report.mutable_mailbox()->mutable_retry_after()->set_seconds(26000);
  EXPECT_THAT(Text(report), HasSubstr("\n  Try again in 7 h 14 min.\n"));
  {
    const Chinese chinese;
    EXPECT_THAT(Text(report), HasSubstr("\n  请在 7 小时 14 分钟后重试。\n"));
  }
  report.mutable_delivery()->set_waits_because("UNREACHABLE");
  EXPECT_EQ(ExitOf(report), Exit::kUnreachable);
}

TEST(ReportText, ExitCodesFollowTheDesign) {
  EXPECT_EQ(ExitOf(report::v1::CheckReport()), Exit::kDone);
  EXPECT_EQ(ExitOf(Check()), Exit::kFindings);
  report::v1::QuarantineReport quarantine;
  EXPECT_EQ(ExitOf(quarantine), Exit::kDone);
  quarantine.add_rows();
  EXPECT_EQ(ExitOf(quarantine), Exit::kFindings);
  report::v1::ReplayReport replay;
  EXPECT_EQ(ExitOf(replay), Exit::kDone);
  replay.add_files()->set_refused("FILE_CHARSET");
  EXPECT_EQ(ExitOf(replay), Exit::kFindings);
}

}  // namespace
}  // namespace waystation::adapters
