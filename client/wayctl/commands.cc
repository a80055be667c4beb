// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/commands.h"

#include <utility>

#include "client/wayctl/language.h"
#include "proto/errors/error.h"
#include "proto/language/command_line.h"

namespace waystation::wayctl {

CLI::App& Commands::Noun(const std::string& name,
                         const std::string& description) {
  CLI::App& noun = *root_.add_subcommand(name, description);
  noun.require_subcommand(1);
  noun.fallthrough();
  noun.group(Say("Nouns"));
  noun.formatter(language::MakeFormatter(Say("VERB")));
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
  AddReview(commands);
  AddNotice(commands);
  AddVerify(commands);
  AddService(commands);
  AddMailbox(commands);
  AddAgreement(commands);
  AddCalendar(commands);
  AddAgency(commands);
  AddCert(commands);
  AddKeyNoun(commands);
  AddAudit(commands);
  AddRules(commands);
  AddReport(commands);
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
