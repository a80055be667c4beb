// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/commands.h"

#include <utility>

#include "client/wayctl/language.h"

namespace waystation::wayctl {

CLI::App& Commands::Noun(const std::string& name,
                         const std::string& description) {
  CLI::App& noun = *root_.add_subcommand(name, description);
  noun.require_subcommand(1);
  noun.fallthrough();
  noun.group(Say("Nouns"));
  return noun;
}

CLI::App& Commands::Verb(CLI::App& noun, const std::string& name,
                         const std::string& description, Needs needs, Act act) {
  CLI::App& verb = *noun.add_subcommand(name, description);
  verb.fallthrough();
  verb.group(Say("Verbs"));
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
