// SPDX-License-Identifier: Apache-2.0
#include "adapters/help_words.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace waystation::adapters {
namespace {

constexpr std::string_view kOption = "--lang";

// What --lang says; empty if nothing does.
std::string_view Asked(int argc, const char* const* argv) {
  std::string_view asked;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == kOption && i + 1 < argc) {
      asked = argv[i + 1];
    } else if (argument.starts_with(kOption) &&
               argument.substr(kOption.size()).starts_with('=')) {
      asked = argument.substr(kOption.size() + 1);
    }
  }
  return asked;
}

}  // namespace

errors::Language ChooseLanguage(int argc, const char* const* argv) {
  std::string_view name = Asked(argc, argv);
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(variable);
    if (name.empty() && value != nullptr) name = value;
  }
  return name.starts_with("zh") ? errors::Language::kChinese
                                : errors::Language::kEnglish;
}

void HelpWords::Use(CLI::App& app) const {
  const HelpWords& say = *this;
  auto formatter = app.get_formatter();
  formatter->label("Usage", say("Usage", "用法"));
  formatter->label("OPTIONS", say("OPTIONS", "选项"));
  formatter->label("SUBCOMMAND", say("COMMAND", "命令"));
  formatter->label("REQUIRED", say("(required)", "（必填）"));
  app.group(say("Commands", "命令"));
  app.option_defaults()->group(say("Options", "选项"));
  app.set_help_flag("-h,--help", say("Print this help", "显示本帮助"));
}

}  // namespace waystation::adapters
