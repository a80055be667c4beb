// SPDX-License-Identifier: Apache-2.0
// CLI11 says in English what it could not parse, and only there which option it
// was; its sentences are taken apart here and said again. A sentence that is
// not known is passed on as it is.
#include "proto/language/command_line.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cwchar>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/language/language.h"
#include "proto/runtime/yaml_text.h"

namespace waystation::language {
namespace {

// How far the words of a command line led, and the first that led nowhere.
struct Way {
  const CLI::App* at;
  std::string lost = {};
};

Way Follow(const CLI::App& app) {
  Way way{.at = &app};
  while (!way.at->get_subcommands().empty()) {
    way.at = way.at->get_subcommands().front();
  }
  if (way.at->get_subcommands([](const CLI::App*) { return true; }).empty()) {
    return way;
  }
  for (const std::string& word : app.remaining(/*recurse=*/true)) {
    if (word.starts_with('-')) continue;
    way.lost = word;
    break;
  }
  return way;
}

std::vector<std::string> NamesIn(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* child :
       app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(child->get_name());
  }
  return names;
}

std::vector<std::string> OptionsOf(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        // Each level has a --help.
        if (std::ranges::find(names, "--" + name) == names.end()) {
          names.push_back("--" + name);
        }
      }
    }
  }
  return names;
}

std::string NoSuch(const std::string& word,
                   const std::vector<std::string>& known) {
  const std::string_view near = runtime::Nearest(word, known);
  return near.empty() ? Say("There is no `$0`; there is: $1", word,
                            absl::StrJoin(known, ", "))
                      : Say("There is no `$0`; did you mean `$1`?", word,
                            std::string(near));
}

// What stands before and behind `between`; nullopt where it does not stand.
std::optional<std::pair<std::string, std::string>> Split(
    const std::string& text, std::string_view between) {
  const std::size_t at = text.find(between);
  if (at == std::string::npos) return std::nullopt;
  return std::pair(text.substr(0, at), text.substr(at + between.size()));
}

std::string Missing(const Way& way, const std::string& what) {
  if (const auto named = Split(what, " is required")) {
    if (named->first != "A subcommand") {
      return Say("$0 is missing", named->first);
    }
  }
  return Say("Something is missing; there is: $0",
             absl::StrJoin(NamesIn(*way.at), ", "));
}

// An option that is none is what is wrong, and not the value behind it.
std::string TooMuch(const Way& way, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word.size() > 1 && word.starts_with('-')) {
      return NoSuch(word.substr(0, word.find('=')), OptionsOf(way.at));
    }
  }
  return Say("Too much was given: $0", absl::StrJoin(words, " "));
}

std::string BadValue(const std::string& what) {
  if (const auto named = Split(what, ": ")) {
    const auto& [option, why] = *named;
    if (const auto choice = Split(why, " not in {")) {
      std::string choices = choice->second.substr(0, choice->second.find('}'));
      return Say("$0 takes one of $1, and not `$2`", option, choices,
                 choice->first);
    }
    if (why.ends_with(" missing")) return Say("$0 needs a value", option);
  }
  if (const auto named = Split(what, "Could not convert: ")) {
    const std::string option = named->second.substr(0, named->second.find(' '));
    return Say("$0 takes a number", option);
  }
  if (const auto named = Split(what, "Value ")) {
    const std::string option = named->first.substr(0, named->first.find(':'));
    if (!option.empty()) return Say("$0 is out of range", option);
  }
  return Say("This is not understood: $0", what);
}

// Columns that the text takes on a terminal.
std::size_t Columns(const std::string& text) {
  std::size_t columns = 0;
  std::mbstate_t state = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    wchar_t character = 0;
    const std::size_t size = std::mbrtowc(
        &character, at, static_cast<std::size_t>(end - at), &state);
    if (size == 0 || size > static_cast<std::size_t>(end - at)) break;
    columns += static_cast<std::size_t>(std::max(wcwidth(character), 0));
    at += size;
  }
  return columns;
}

constexpr std::size_t kHelpColumn = 30;

// "ID" of the option "--id".
std::string Placeholder(const CLI::Option& option) {
  if (option.get_lnames().empty()) return {};
  std::string name = option.get_lnames().front();
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(c));
  });
  return name;
}

// CLI11 counts bytes; this counts the columns that Chinese takes. It also says
// what a value is for and not of which type it is.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text;
    const bool is_flag = option->get_type_name().empty();
    if (!is_flag && !option->get_positional()) {
      text += " " + Placeholder(*option);
    }
    if (!is_flag && option->get_required()) {
      text += " " + get_label("REQUIRED");
    }
    return text;
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    const std::string& text = option->get_description();
    std::string others;
    for (const CLI::Option* other : option->get_excludes()) {
      others += (others.empty() ? "" : ", ") + other->get_name();
    }
    return others.empty() ? text : Say("$0 (not with $1)", text, others);
  }

  std::string make_option(const CLI::Option* option,
                          bool is_positional) const override {
    const std::string name = "  " + make_option_name(option, is_positional) +
                             make_option_opts(option);
    const auto width = Columns(name);
    const std::string gap = width < kHelpColumn
                                ? std::string(kHelpColumn - width, ' ')
                                : "\n" + std::string(kHelpColumn, ' ');
    return name + gap + make_option_desc(option) + "\n";
  }
};

}  // namespace

std::string UsageText(const CLI::App& app, const CLI::ParseError& error) {
  const Way way = Follow(app);
  if (!way.lost.empty()) return NoSuch(way.lost, NamesIn(*way.at));
  const std::string what = error.what();
  switch (static_cast<CLI::ExitCodes>(error.get_exit_code())) {
    case CLI::ExitCodes::RequiredError:
      return Missing(way, what);
    case CLI::ExitCodes::ExtrasError:
      return TooMuch(way, app.remaining(/*recurse=*/true));
    case CLI::ExitCodes::ExcludesError:
      if (const auto both = Split(what, " excludes ")) {
        return Say("$0 and $1 do not go together", both->first, both->second);
      }
      return Say("This is not understood: $0", what);
    default:
      return BadValue(what);
  }
}

std::shared_ptr<CLI::Formatter> MakeFormatter(const std::string& next) {
  auto formatter = std::make_shared<HelpFormatter>();
  formatter->column_width(kHelpColumn);
  formatter->label("Usage", Say("Usage"));
  formatter->label("SUBCOMMAND", next);
  formatter->label("OPTIONS", Say("OPTIONS"));
  formatter->label("Positionals", Say("Arguments"));
  formatter->label("REQUIRED", Say("(required)"));
  return formatter;
}

void SpeakIn(CLI::App& app, const std::string& next) {
  app.formatter(MakeFormatter(next));
  app.group(Say("Commands"));
  app.option_defaults()->group(Say("Options"));
  app.set_help_flag("-h,--help", Say("Show this help"));
  app.get_help_ptr()->group(Say("Options"));
}

CLI::Option& AddLanguage(CLI::App& app) {
  return *app.add_option_function<std::string>(
                 "--lang", [](const std::string&) {},
                 Say("zh or en; the locale's unless given"))
              ->take_last()
              ->check(CLI::IsMember({"zh", "en"}));
}

int ReportUsage(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  const std::string text =
      absl::StrCat(Say("error: "), UsageText(app, error), "\n",
                   Say("`$0 --help` shows how.", Understood(app)), "\n");
  std::fwrite(text.data(), 1, text.size(), stderr);
  return static_cast<int>(errors::Exit::kUsage);
}

std::string Understood(const CLI::App& app) {
  std::string text = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    text += " " + at->get_name();
  }
  return text;
}

}  // namespace waystation::language
