// SPDX-License-Identifier: Apache-2.0
// wayctl config: contexts, which say what hub is called as whom.
#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"

namespace waystation::wayctl {
namespace {

absl::Status List(Session& session) {
  const auto contexts = session.contexts();
  if (!contexts.ok()) return contexts.status();
  const config::v1::ClientConfig& config = (*contexts)->config;
  Table table{.columns = {{"current", Say("CURRENT")},
                          {"name", Say("CONTEXT"), false, true},
                          {"hubs", Say("HUB")},
                          {"cert", Say("CERTIFICATE")}}};
  for (const config::v1::ClientContext& context : config.contexts()) {
    const bool current = context.name() == config.current_context();
    table.rows.push_back(
        {current ? Cell("*", "true") : Cell("", "false"), context.name(),
         JoinedCell(context.connection().hubs()), context.connection().cert()});
  }
  session.out().Page(config, table);
  session.out().EndList();
  return absl::OkStatus();
}

absl::Status Show(Session& session) {
  const auto context = session.Context();
  if (!context.ok()) return context.status();
  const config::v1::HubConnection& connection = context->connection();
  session.out().Show(
      *context,
      {.facts = {
           {"name", Say("Context"), context->name()},
           {"file", Say("Contexts file"), (*session.contexts())->path},
           {"hubs", Say("Hub"), JoinedCell(connection.hubs())},
           {"ca", Say("Authority"), connection.ca()},
           {"cert", Say("Certificate"), connection.cert()},
           {"key", Say("Key"), connection.key()},
           {"server_name", Say("Name in the hub's certificate"),
            connection.server_name()},
           {"submission_key", Say("Key for submissions"),
            context->submission_key().key_id()},
           {"log_key", Say("Key of the audit log"), context->log_key()}}});
  return absl::OkStatus();
}

absl::Status Use(Session& session, const std::string& name) {
  const auto contexts = session.contexts();
  if (!contexts.ok()) return contexts.status();
  const absl::Status used = UseContext(**contexts, name);
  if (!used.ok()) return used;
  session.out().Note(Say("Calls now go by context $0.", name));
  return absl::OkStatus();
}

}  // namespace

void AddConfig(Commands& commands) {
  CLI::App& noun =
      commands.Noun("config", Say("Contexts: which hub is called as whom"));
  commands.Verb(noun, "list", Say("Contexts of the file"), "wayctl config list",
                Needs::kNothing, List);
  commands.Verb(noun, "show", Say("The context of this call, flags included"),
                "wayctl config show --context office", Needs::kNothing, Show);
  const auto name = std::make_shared<std::string>();
  CLI::App& use_verb =
      commands.Verb(noun, "use", Say("Make a context the current one"),
                    "wayctl config use office", Needs::kNothing,
                    [name](Session& session) { return Use(session, *name); });
  use_verb.add_option("NAME", *name, Say("The context"))->required();
}

}  // namespace waystation::wayctl
