// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/commands.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "client/wayctl/language.h"
#include "client/wayctl/render_table.h"
#include "proto/errors/error.h"

namespace waystation::wayctl {

namespace {

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
    const auto width = static_cast<std::size_t>(Width(name));
    const std::string gap = width < kHelpColumn
                                ? std::string(kHelpColumn - width, ' ')
                                : "\n" + std::string(kHelpColumn, ' ');
    return name + gap + make_option_desc(option) + "\n";
  }
};

}  // namespace

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

CLI::App& Commands::Noun(const std::string& name,
                         const std::string& description) {
  CLI::App& noun = *root_.add_subcommand(name, description);
  noun.require_subcommand(1);
  noun.fallthrough();
  noun.group(Say("Nouns"));
  noun.formatter(MakeFormatter(Say("VERB")));
  return noun;
}

CLI::App& Commands::Verb(CLI::App& noun, const std::string& name,
                         const std::string& description,
                         std::string_view example, Needs needs, Act act) {
  CLI::App& verb = *noun.add_subcommand(name, description);
  verb.footer(Say("Example") + ":\n  " + std::string(example) + "\n\n" +
              Say("Options of every command: wayctl --help"));
  verb.fallthrough();
  verb.group(Say("Verbs"));
  verb.option_defaults()->group(Say("Options"));
  verb.get_help_ptr()->group(Say("Options"));
  verb.callback([this, needs, act = std::move(act)] {
    needs_ = needs;
    act_ = act;
  });
  return verb;
}

void AddNouns(Commands& commands) {
  AddRecord(commands);
  AddPerson(commands);
  AddConflict(commands);
  AddCandidate(commands);
  AddDecision(commands);
  AddVerify(commands);
  AddMailbox(commands);
  AddAgreement(commands);
  AddAgency(commands);
  AddCert(commands);
  AddKeyNoun(commands);
  AddAudit(commands);
  AddBackup(commands);
  AddHub(commands);
  AddConfig(commands);
  AddCompletion(commands);
}

CLI::Option& AddRepeated(CLI::App& verb, const std::string& name,
                         std::vector<std::string>& values,
                         const std::string& description) {
  return *verb.add_option(name, values, description)
              ->expected(1)
              ->take_all()
              ->allow_extra_args(false);
}

void AddListOptions(CLI::App& verb, ListOptions& options) {
  verb.add_option("--limit", options.limit,
                  Say("Show at most this many; 0 means all"))
      ->check(CLI::NonNegativeNumber);
}

absl::Status AmbiguousId(const std::string& id) {
  return errors::Error(
      "USAGE", {.field = id, .rule = Say("several begin so; give more of it")});
}

void AddDryRun(CLI::App& verb, bool& dry_run) {
  verb.add_flag("--dry-run", dry_run,
                Say("Run the hub's own path and write nothing"));
}

}  // namespace waystation::wayctl
