// SPDX-License-Identifier: Apache-2.0
// wayctl completion: a script for the shell, which asks wayctl itself.
#include "client/wayctl/completion.h"

#include <google/protobuf/descriptor.h>

#include <ostream>
#include <string_view>

#include "client/wayctl/commands.h"
#include "client/wayctl/contexts.h"
#include "client/wayctl/language.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/v1/agreement.pb.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/person.pb.h"

namespace waystation::wayctl {
namespace {

// Bash takes "=" and ":" for words of their own; wayctl puts them together.
constexpr std::string_view kBash = R"(# bash completion for wayctl
# To use it: source <(wayctl completion bash)
_wayctl() {
  mapfile -t COMPREPLY < <(
    "${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _wayctl wayctl
)";

using Words = std::vector<std::string>;

Words NamesOf(const google::protobuf::EnumDescriptor& type) {
  Words names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == 0) continue;
    names.push_back(runtime::ShortEnumName(*type.value(i)));
  }
  return names;
}

Words Attributes() {
  Words names;
  const auto& person = *v1::Person::descriptor();
  for (int i = 0; i < person.field_count(); ++i) {
    names.push_back(person.field(i)->name());
  }
  return names;
}

Words ContextNames(const Words& words, const Surroundings& surroundings) {
  std::string file;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "--config") file = words[i + 1];
  }
  const auto contexts = LoadContexts(file, surroundings);
  Words names;
  if (!contexts.ok()) return names;
  for (const auto& context : contexts->config.contexts()) {
    names.push_back(context.name());
  }
  return names;
}

// The values of an option that are a closed list; empty for any other.
Words Choices(const std::string& option, const Words& words,
              const Surroundings& surroundings) {
  if (option == "-o" || option == "--output") {
    return {"table", "json", "yaml", "csv"};
  }
  if (option == "--lang") return {"zh", "en"};
  if (option == "--unit") return {"working", "calendar"};
  if (option == "--purpose") return NamesOf(*v1::Purpose_descriptor());
  if (option == "--kind") return NamesOf(*v1::AuditEvent::Kind_descriptor());
  if (option == "--attribute" || option == "--reveal") return Attributes();
  if (option == "--context") return ContextNames(words, surroundings);
  return {};
}

const CLI::App* Child(const CLI::App& app, const std::string& name) {
  for (const CLI::App* child :
       app.get_subcommands([](const CLI::App*) { return true; })) {
    if (child->check_name(name)) return child;
  }
  return nullptr;
}

class Offers {
 public:
  Offers(std::string typed, std::ostream& out)
      : typed_(std::move(typed)), out_(out) {}
  void Add(const std::string& word) const {
    if (word.starts_with(typed_)) out_ << word << "\n";
  }

 private:
  const std::string typed_;
  std::ostream& out_;
};

}  // namespace

void Complete(const CLI::App& app, const std::vector<std::string>& words,
              const Surroundings& surroundings) {
  Words typed = words;
  // "--output", "=", "js" is "--output", "js".
  if (!typed.empty() && typed.back() == "=") typed.back().clear();
  if (typed.size() > 2 && typed[typed.size() - 2] == "=") {
    typed.erase(typed.end() - 2);
  }
  const Offers offers(typed.empty() ? "" : typed.back(), surroundings.out);
  if (typed.size() > 1) {
    const Words choices = Choices(typed[typed.size() - 2], typed, surroundings);
    for (const std::string& choice : choices) offers.Add(choice);
    if (!choices.empty()) return;
  }
  const CLI::App* at = &app;
  for (std::size_t i = 0; i + 1 < typed.size(); ++i) {
    const CLI::App* next = Child(*at, typed[i]);
    if (next != nullptr) at = next;
  }
  if (typed.empty() || !typed.back().starts_with('-')) {
    for (const CLI::App* next :
         at->get_subcommands([](const CLI::App*) { return true; })) {
      offers.Add(next->get_name());
    }
    if (at->get_name() == "use") {
      for (const auto& name : ContextNames(typed, surroundings)) {
        offers.Add(name);
      }
    }
    return;
  }
  for (const CLI::App* level = at; level != nullptr;
       level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        // Each level has --help; once is enough.
        if (name == "help" && level != at) continue;
        offers.Add("--" + name);
      }
    }
  }
}

void AddCompletion(Commands& commands) {
  CLI::App& noun =
      commands.Noun("completion", Say("Scripts that complete command lines"));
  commands.Verb(noun, "bash", Say("For bash: source <(wayctl completion bash)"),
                "source <(wayctl completion bash)", Needs::kNothing,
                [](Session& session) {
                  session.surroundings().out << kBash;
                  return absl::OkStatus();
                });
}

}  // namespace waystation::wayctl
