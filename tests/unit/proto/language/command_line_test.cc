// SPDX-License-Identifier: Apache-2.0
#include "proto/language/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/language/language.h"

namespace waystation::language {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kLocale[] = WAYSTATION_BIN_DIR "/../share/locale";

// A program with a verb, an option that must be a number and one of a choice.
struct Program {
  Program() {
    SpeakIn(app, Say("COMMAND"));
    AddLanguage(app);
    app.require_subcommand(1);
    serve = app.add_subcommand("serve", "Serves");
    SpeakIn(*serve, Say("COMMAND"));
    serve->fallthrough();
    serve->add_option("--days", days, "Days")->check(CLI::Range(1, 9));
    serve->add_option("--count", count, "Count");
    serve->add_option("--file", file, "File")->required();
    serve->add_option("--kind", kind, "Kind")->check(CLI::IsMember({"a", "b"}));
  }

  // What is wrong with the arguments; empty if nothing is.
  std::string Complaint(std::vector<std::string> arguments) {
    std::ranges::reverse(arguments);
    try {
      app.parse(arguments);
    } catch (const CLI::ParseError& error) {
      return UsageText(app, error);
    }
    return {};
  }

  CLI::App app{"Tries things", "program"};
  CLI::App* serve = nullptr;
  int days = 0;
  int count = 0;
  std::string file;
  std::string kind;
};

struct Case {
  std::vector<std::string> arguments;
  const char* english;
  const char* chinese;
};

class CommandLine : public ::testing::Test {
 protected:
  ~CommandLine() override { Use(errors::Language::kEnglish, kLocale); }
};

TEST_F(CommandLine, SaysWhatIsWrongInBothLanguages) {
  const Case cases[] = {
      {{},
       "Something is missing; there is: serve",
       "命令不完整；可用的有：serve"},
      {{"sevre"}, "There is no `sevre`; did you mean `serve`?", "“serve”"},
      {{"serve"}, "--file is missing", "--file"},
      {{"serve", "--file", "x", "--day", "1"},
       "There is no `--day`; did you mean `--days`?",
       "“--days”"},
      {{"serve", "--file", "x", "--count", "ten"},
       "--count takes a number",
       "--count"},
      {{"serve", "--file", "x", "--days", "10"},
       "--days is out of range",
       "--days"},
      {{"serve", "--file", "x", "--kind", "c"},
       "--kind takes one of a,b, and not `c`",
       "“c”"},
      {{"--lang", "fr"}, "--lang takes one of zh,en, and not `fr`", "“fr”"},
      {{"serve", "--file"}, "--file needs a value", "--file"},
      {{"serve", "--file", "x", "y", "z"}, "Too much was given: y z", "y z"},
      {{"serve", "--file", "x", "--purpose", "p", "--why=q", "y"},
       "There is no `--purpose`; there is: --help, --days, --count, --file, "
       "--kind, --lang",
       "“--purpose”"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.english);
    Use(errors::Language::kEnglish, kLocale);
    const std::string english = Program().Complaint(c.arguments);
    Use(errors::Language::kChinese, kLocale);
    const std::string chinese = Program().Complaint(c.arguments);
    EXPECT_EQ(english, c.english);
    EXPECT_THAT(chinese, HasSubstr(c.chinese));
    EXPECT_THAT(chinese,
                Not(::testing::ContainsRegex("[a-z][a-z]+ [a-z][a-z]+")));
  }
}

TEST_F(CommandLine, HelpIsInTheReadersLanguage) {
  Use(errors::Language::kChinese, kLocale);
  Program program;
  const std::string help = program.app.help();
  EXPECT_THAT(help, HasSubstr("用法"));
  EXPECT_THAT(help, HasSubstr("显示本帮助"));
  EXPECT_THAT(help, Not(HasSubstr("Options")));
  EXPECT_THAT(help, Not(HasSubstr("Subcommands")));
}

}  // namespace
}  // namespace waystation::language
