// SPDX-License-Identifier: Apache-2.0
// wayctl completion: a script for the shell, which asks wayctl itself.
#include "client/wayctl/completion.h"

#include <ostream>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"

namespace waystation::wayctl {
namespace {

constexpr std::string_view kBash = R"(# bash completion for wayctl
# To use it: source <(wayctl completion bash)
_wayctl() {
  mapfile -t COMPREPLY < <(
    "${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _wayctl wayctl
)";

void Offer(const std::string& word, const std::string& typed,
           std::ostream& out) {
  if (word.starts_with(typed)) out << word << "\n";
}

// The few options whose values are a closed list.
std::vector<std::string> Choices(const std::string& option) {
  if (option == "-o" || option == "--output") {
    return {"table", "json", "yaml", "csv"};
  }
  if (option == "--lang") return {"zh", "en"};
  return {};
}

}  // namespace

void Complete(CLI::App& app, const std::vector<std::string>& words,
              std::ostream& out) {
  CLI::App* at = &app;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    for (CLI::App* next : at->get_subcommands({})) {
      if (!next->check_name(words[i])) continue;
      at = next;
      break;
    }
  }
  const std::string typed = words.empty() ? "" : words.back();
  if (words.size() > 1) {
    const auto choices = Choices(words[words.size() - 2]);
    for (const std::string& choice : choices) Offer(choice, typed, out);
    if (!choices.empty()) return;
  }
  if (!typed.starts_with('-')) {
    for (CLI::App* next : at->get_subcommands({})) {
      Offer(next->get_name(), typed, out);
    }
    return;
  }
  for (const CLI::App* level = at; level != nullptr;
       level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        Offer("--" + name, typed, out);
      }
    }
  }
}

void AddCompletion(Commands& commands) {
  CLI::App& noun =
      commands.Noun("completion", Say("Scripts that complete command lines"));
  commands.Verb(noun, "bash", Say("For bash: source <(wayctl completion bash)"),
                Needs::kNothing, [](Session& session) {
                  session.surroundings().out << kBash;
                  return absl::OkStatus();
                });
}

}  // namespace waystation::wayctl
