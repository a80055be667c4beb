// SPDX-License-Identifier: Apache-2.0
// What each command shows, in each format, against a file that is reviewed like
// code: testdata/golden/<case>.<format>.golden. `--update-golden` rewrites
// them.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "tests/unit/client/support/certificates.h"
#include "tests/unit/client/wayctl/harness.h"

namespace waystation::wayctl {
namespace {

bool update_golden = false;

struct Case {
  const char* name;
  std::vector<std::string> arguments;
  int code = 0;
};

const Case kCases[] = {
    {"record_list", {"record", "list"}},
    {"record_show", {"record", "show", "LD-0001"}},
    {"record_show_revealed",
     {"record", "show", "LD-0001", "--reveal", "name", "--reveal",
      "identifiers"}},
    {"record_submit",
     {"record", "submit", Testdata("update.json"), "--dry-run"}},
    {"person_show",
     {"person", "show", "hq7c2mzx4k", "--purpose", "employment_service"}},
    {"verify_business",
     {"verify", "business", "91350100M000100Y43", "--purpose",
      "social_insurance_transfer"}},
    {"conflict_list", {"conflict", "list"}},
    {"conflict_show", {"conflict", "show", "cf-7k2m"}},
    {"conflict_decide",
     {"conflict", "decide", "cf-7k2m", "--take", "A", "--reason",
      "card read again", "--dry-run"}},
    {"review_list", {"review", "list"}},
    {"review_sample", {"review", "sample", "--yes"}},
    {"candidate_list", {"candidate", "list"}},
    {"candidate_show", {"candidate", "show", "cd-2"}},
    {"decision_list", {"decision", "list"}},
    {"decision_show", {"decision", "show", "4"}},
    {"mailbox_pull",
     {"mailbox", "pull", "--purpose", "residence_registration"}},
    {"mailbox_status", {"mailbox", "status"}},
    {"notice_inbox", {"notice", "inbox"}},
    {"notice_overdue", {"notice", "overdue"}},
    {"notice_show",
     {"notice", "show", "n-cjp3hgkfxcq4ve7r66ios7vfmq", "--reveal", "name"}},
    {"notice_close",
     {"notice", "close", "n-cjp3hgkfxcq4ve7r66ios7vfmq", "--dry-run"}},
    {"agreement_list", {"agreement", "list"}},
    {"agreement_show", {"agreement", "show", "police-residence"}},
    {"calendar_check",
     {"calendar", "check", Testdata("calendar.yaml"), "--from", "2024-12-30",
      "--to", "2025-02-10"}},
    {"calendar_show", {"calendar", "show", Testdata("calendar.yaml")}},
    {"calendar_deadlines",
     {"calendar", "deadlines", Testdata("deadlines.yaml")}},
    {"calendar_due",
     {"calendar", "due", "--calendar", Testdata("calendar.yaml"), "--start",
      "2025-09-26", "--to", "2025-10-01", "--deadlines",
      Testdata("deadlines.yaml"), "--profile", "answer"}},
    {"agency_list", {"agency", "list"}},
    {"agency_show", {"agency", "show", "labor.320500"}},
    {"cert_list", {"cert", "list"}},
    {"audit_list", {"audit", "list"}},
    {"person_how", {"person", "how", "labor.320500/LD-0001"}},
    {"rules_show", {"rules", "show"}},
    {"rules_train", {"rules", "train"}},
    {"rules_try", {"rules", "try", Testdata("rules.yaml")}, 3},
    {"report_linkage", {"report", "linkage"}},
    {"report_linkage_truth",
     {"report", "linkage", "--truth", Testdata("truth.csv")},
     3},
    {"report_quality", {"report", "quality", "--by", "agency"}},
    {"report_coverage", {"report", "coverage", "--by", "agency"}},
    {"report_rates", {"report", "rates", "--by", "recipient,kind"}},
    {"report_timeliness",
     {"report", "timeliness", "--from", "2026-11-01", "--to", "2026-11-30",
      "--by", "recipient", "--by", "kind"}},
    {"service_points", {"service", "points", "--division", "3201"}},
    {"service_next_to",
     {"service", "points", "--next-to", "320102002002", "--service",
      "health.vaccination"}},
    {"service_offers", {"service", "offers", "--division", "320505"}},
    {"service_offer",
     {"service", "offer", "welding", "--service", "training.vocational_course",
      "--division", "320505", "--division", "320508", "--until", "2026-12-31",
      "--point", "sz_huqiu_centre"}},
    {"service_withdraw", {"service", "withdraw", "welding", "--dry-run"}},
    {"service_count", {"service", "count", Testdata("month.yaml")}},
    {"service_report", {"service", "report", "--by", "service,county"}},
    {"report_fairness",
     {"report", "fairness", "--by", "service", "--residents",
      Testdata("residents.yaml")}},
    {"report_cards",
     {"report", "cards", "--residents", Testdata("residents.yaml")}},
    {"rules_apply", {"rules", "apply", Testdata("rules.yaml"), "--yes"}},
    {"hub_status", {"hub", "status"}},
    {"hub_check", {"hub", "check"}, 3},
};

// Compares, or rewrites.
void ExpectGolden(const std::string& file, const std::string& shown) {
  const std::string path = Testdata("golden/" + file + ".golden");
  if (update_golden) {
    testing::WriteFile(path, shown, 0644);
    return;
  }
  EXPECT_EQ(shown, testing::ReadFile(path)) << file;
}

TEST(Golden, EveryFormat) {
  Wayctl wayctl;
  for (const Case& c : kCases) {
    for (const char* format : {"table", "json", "yaml", "csv"}) {
      SCOPED_TRACE(std::string(c.name) + " " + format);
      std::vector<std::string> arguments = c.arguments;
      arguments.insert(arguments.end(), {"-o", format});
      const Outcome outcome = wayctl.Run(arguments);
      EXPECT_EQ(outcome.code, c.code) << outcome.err;
      ExpectGolden(std::string(c.name) + "." + format, outcome.out);
    }
  }
}

TEST(Golden, ChineseTables) {
  Wayctl wayctl;
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const Outcome outcome = wayctl.Run(c.arguments, {.language = "zh"});
    EXPECT_EQ(outcome.code, c.code) << outcome.err;
    ExpectGolden(std::string(c.name) + ".zh.table", outcome.out);
  }
}

// A narrow terminal: long cells are wrapped, nothing is lost.
TEST(Golden, NarrowTerminal) {
  Wayctl wayctl;
  for (const char* language : {"en", "zh"}) {
    const Outcome outcome = wayctl.Run(
        {"conflict", "show", "cf-7k2m"},
        {.out_is_terminal = true, .width = 72, .language = language});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    ExpectGolden(std::string("conflict_show.narrow.") + language, outcome.out);
  }
}

TEST(Golden, HelpInBothLanguages) {
  Wayctl wayctl;
  const struct {
    const char* name;
    std::vector<std::string> arguments;
  } cases[] = {{"help", {"--help"}},
               {"help_conflict", {"conflict", "--help"}},
               {"help_conflict_decide", {"conflict", "decide", "--help"}},
               {"help_calendar_due", {"calendar", "due", "--help"}},
               {"help_review_next", {"review", "next", "--help"}}};
  for (const auto& c : cases) {
    for (const char* language : {"en", "zh"}) {
      const Outcome outcome = wayctl.Run(c.arguments, {.language = language});
      EXPECT_EQ(outcome.code, 0);
      ExpectGolden(std::string(c.name) + "." + language, outcome.out);
    }
  }
}

}  // namespace
}  // namespace waystation::wayctl

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--update-golden") == 0) {
      waystation::wayctl::update_golden = true;
    }
  }
  return RUN_ALL_TESTS();
}
