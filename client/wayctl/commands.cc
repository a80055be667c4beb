// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/commands.h"

#include <utility>

#include "client/wayctl/language.h"
#include "client/wayctl/render_table.h"

namespace waystation::wayctl {

namespace {

constexpr std::size_t kHelpColumn = 30;

// CLI11 counts bytes; this counts the columns that Chinese takes.
class HelpFormatter final : public CLI::Formatter {
 public:
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
  formatter->label("Excludes", Say("Not with"));
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
                         const std::string& description, Needs needs, Act act) {
  CLI::App& verb = *noun.add_subcommand(name, description);
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
  AddMailbox(commands);
  AddAgreement(commands);
  AddAgency(commands);
  AddCert(commands);
  AddAudit(commands);
  AddHub(commands);
  AddConfig(commands);
  AddCompletion(commands);
}

void AddListOptions(CLI::App& verb, ListOptions& options) {
  verb.add_option("--limit", options.limit,
                  Say("Show at most this many; 0 means all"))
      ->check(CLI::NonNegativeNumber);
}

void AddDryRun(CLI::App& verb, bool& dry_run) {
  verb.add_flag("--dry-run", dry_run,
                Say("Run the hub's own path and write nothing"));
}

}  // namespace waystation::wayctl
