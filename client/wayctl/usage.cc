// SPDX-License-Identifier: Apache-2.0
// CLI11 says in English what it could not parse, and only there which option it
// was; its sentences are taken apart here and said again. A sentence that is
// not known is passed on as it is.
#include "client/wayctl/usage.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/runtime/yaml_text.h"

namespace waystation::wayctl {
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
        names.push_back("--" + name);
      }
    }
  }
  return names;
}

std::string NoSuch(const std::string& word,
                   const std::vector<std::string>& known) {
  const std::string_view near = runtime::Nearest(word, known);
  return near.empty()
             ? Say("There is no `$0`; there is: $1", word, Joined(known))
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
  return Say("Something is missing; there is: $0", Joined(NamesIn(*way.at)));
}

std::string TooMuch(const Way& way, const std::string& what) {
  const auto named = Split(what, "not expected: ");
  if (!named) return Say("Too much was given: $0", what);
  // An option that is none stands among what else could not be placed.
  const std::string& words = named->second;
  const std::size_t begin = words.find("--");
  if (begin == 0 || (begin != std::string::npos && words[begin - 1] == ' ')) {
    const std::string option =
        words.substr(begin, words.find_first_of(" =", begin) - begin);
    const auto known = OptionsOf(way.at);
    if (!runtime::Nearest(option, known).empty()) return NoSuch(option, known);
  }
  return Say("Too much was given: $0", named->second);
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

}  // namespace

std::string UsageText(const CLI::App& app, const CLI::ParseError& error) {
  const Way way = Follow(app);
  if (!way.lost.empty()) return NoSuch(way.lost, NamesIn(*way.at));
  const std::string what = error.what();
  switch (static_cast<CLI::ExitCodes>(error.get_exit_code())) {
    case CLI::ExitCodes::RequiredError:
      return Missing(way, what);
    case CLI::ExitCodes::ExtrasError:
      return TooMuch(way, what);
    case CLI::ExitCodes::ExcludesError:
      if (const auto both = Split(what, " excludes ")) {
        return Say("$0 and $1 do not go together", both->first, both->second);
      }
      return Say("This is not understood: $0", what);
    default:
      return BadValue(what);
  }
}

}  // namespace waystation::wayctl
