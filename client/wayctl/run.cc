// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/run.h"

#include <google/rpc/status.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "client/wayctl/commands.h"
#include "client/wayctl/completion.h"
#include "client/wayctl/language.h"
#include "client/wayctl/session.h"
#include "client/wayctl/values.h"
#include "proto/codes/citizen_number.h"
#include "proto/codes/text.h"
#include "proto/errors/error.h"
#include "proto/errors/wire.h"
#include "proto/runtime/yaml_text.h"

namespace waystation::wayctl {
namespace {

using errors::Exit;

// The language is needed before the command line can be described in it.
std::string AskedLanguage(const std::vector<std::string>& arguments) {
  constexpr std::string_view kOption = "--lang";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == kOption && i + 1 < arguments.size()) {
      return arguments[i + 1];
    }
    if (argument.starts_with("--lang=")) {
      return argument.substr(kOption.size() + 1);
    }
  }
  return {};
}

// A command line is seen by everybody on the machine and kept in histories.
bool HoldsCitizenNumber(const std::vector<std::string>& arguments) {
  return std::ranges::any_of(arguments, [](const std::string& argument) {
    return argument.size() >= 15 && argument.size() <= 24 &&
           codes::IsStrong(
               codes::ReadCitizenNumber(
                   argument,
                   codes::Date(std::chrono::floor<std::chrono::days>(
                       std::chrono::system_clock::now())),
                   codes::CitizenNumberProfile::kDemo)
                   .grade);
  });
}

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  const std::string output = Say("Output");
  const std::string hub = Say("Hub");
  app.add_option("-o,--output", options.output,
                 Say("table, json, yaml or csv; JSON is the API's message"))
      ->check(CLI::IsMember({"table", "json", "yaml", "csv"}))
      ->group(output);
  app.add_option("--lang", options.language,
                 Say("zh or en; by default that of the locale"))
      ->check(CLI::IsMember({"zh", "en"}))
      ->group(output);
  app.add_flag("-y,--yes", options.yes,
               Say("Answer yes to every question, for scripts"))
      ->group(output);
  app.add_option("--context", options.context,
                 Say("Context of the contexts file"))
      ->group(hub);
  app.add_option("--config", options.config,
                 Say("Contexts file; else $WAYSTATION_CONFIG, else "
                     "~/.config/waystation/config.yaml"))
      ->group(hub);
  app.add_option("--hub", options.hubs,
                 Say("host:port of the hub; several are tried in turn"))
      ->expected(1)
      ->take_all()
      ->group(hub);
  app.add_option("--ca", options.ca, Say("PEM file of the hub's authority"))
      ->group(hub);
  app.add_option("--cert", options.cert, Say("PEM file of your certificate"))
      ->group(hub);
  app.add_option("--key", options.key, Say("PEM file of your key"))->group(hub);
  app.add_option("--server-name", options.server_name,
                 Say("Name in the hub's certificate, if not its host's"))
      ->group(hub);
  app.add_option("--timeout", options.timeout,
                 Say("Seconds that one call may take; 30 if not given"))
      ->check(CLI::PositiveNumber)
      ->group(hub);
}

// The reason in the reader's language, then what the hub named: fields, rules,
// files.
std::string Describe(const absl::Status& status) {
  const errors::Reason& reason = errors::ReasonRowOf(status);
  std::string text(reason.text.In(CurrentLanguage()));
  std::vector<std::string> details;
  for (const errors::FieldViolation& violation : errors::ViolationsOf(status)) {
    details.push_back(violation.rule.empty()
                          ? violation.field
                          : violation.field + ": " + violation.rule);
  }
  if (details.empty()) {
    const auto metadata = errors::MetadataOf(status);
    const auto rule = metadata.find("rule");
    if (rule != metadata.end()) details.push_back(rule->second);
  }
  // What gRPC says of a hub that does not answer is worth showing.
  if (errors::ReasonOf(status).empty() && !status.message().empty()) {
    details.emplace_back(status.message());
  }
  for (std::size_t i = 0; i < details.size(); ++i) {
    text += (i == 0 ? " (" : "; ") + details[i];
  }
  return details.empty() ? text : text + ")";
}

int Report(const absl::Status& status, Output& out) {
  const errors::Reason& reason = errors::ReasonRowOf(status);
  if (out.format() == Format::kJson || out.format() == Format::kYaml) {
    google::rpc::Status message;
    const errors::WireError wire = errors::ToWire(status);
    message.ParseFromString(wire.details);
    out.ErrorMessage(message);
  } else {
    out.Error(Describe(status), reason.advice.In(CurrentLanguage()));
  }
  return static_cast<int>(reason.exit);
}

// What is wrong with the command line, as a sentence. CLI11 speaks English; its
// words follow where they say more than ours.
std::string UsageText(const CLI::ParseError& error) {
  const std::string details = error.what();
  switch (static_cast<CLI::ExitCodes>(error.get_exit_code())) {
    case CLI::ExitCodes::RequiredError:
      return Say("Something is missing: $0", details);
    case CLI::ExitCodes::ExtrasError:
      return Say("Too much was given: $0", details);
    case CLI::ExitCodes::ExcludesError:
      return Say("These do not go together: $0", details);
    default:
      return Say("This is not understood: $0", details);
  }
}

// The first word that should be a noun or a verb and is none, if that is what
// is wrong.
std::string UnknownWord(CLI::App& app,
                        const std::vector<std::string>& arguments) {
  CLI::App* at = &app;
  for (const std::string& word : arguments) {
    if (word.starts_with('-')) return {};
    const auto children = at->get_subcommands({});
    if (children.empty()) return {};
    const auto named = [&](const CLI::App* child) {
      return child->check_name(word);
    };
    const auto next = std::ranges::find_if(children, named);
    if (next == children.end()) {
      std::vector<std::string> names;
      for (const CLI::App* child : children) names.push_back(child->get_name());
      const std::string_view near = runtime::Nearest(word, names);
      return near.empty()
                 ? Say("There is no `$0`; there is: $1", word, Joined(names))
                 : Say("There is no `$0`; did you mean `$1`?", word,
                       std::string(near));
    }
    at = *next;
  }
  return {};
}

int ReportUsage(const CLI::ParseError& error, CLI::App& app,
                const std::vector<std::string>& arguments,
                Surroundings& surroundings) {
  if (error.get_exit_code() == 0) {
    app.exit(error, surroundings.out, surroundings.err);
    return static_cast<int>(Exit::kDone);
  }
  const std::string unknown = UnknownWord(app, arguments);
  surroundings.err << Say("error:") << " "
                   << codes::DisplaySafe(unknown.empty() ? UsageText(error)
                                                         : unknown)
                   << "\n"
                   << Say("`$0 --help` shows how.", "wayctl") << "\n";
  return static_cast<int>(Exit::kUsage);
}

}  // namespace

int Run(const std::vector<std::string>& arguments, Surroundings& surroundings) {
  UseLanguage(ChooseLanguage(AskedLanguage(arguments), surroundings),
              surroundings.locale_folder);
  CLI::App app(Say("Looks into a hub and works on it: for clerks, operators "
                   "and auditors."),
               "wayctl");
  app.option_defaults()->group(Say("Options"));
  app.set_version_flag("--version", "wayctl " WAYSTATION_VERSION,
                       Say("Show the version"));
  app.set_help_flag("-h,--help", Say("Show this help"));
  app.require_subcommand(1);
  app.formatter(MakeFormatter(Say("NOUN VERB")));
  GlobalOptions options;
  AddGlobalOptions(app, options);
  Commands commands(app);
  AddNouns(commands);

  if (!arguments.empty() && arguments.front() == kCompleteWord) {
    Complete(app, {arguments.begin() + 1, arguments.end()}, surroundings.out);
    return static_cast<int>(Exit::kDone);
  }
  if (HoldsCitizenNumber(arguments)) {
    surroundings.err << Say("error:") << " "
                     << Say("Citizen numbers are not taken from the command "
                            "line; type them when asked, or pipe them in.")
                     << "\n";
    return static_cast<int>(Exit::kUsage);
  }
  try {
    // CLI11 takes them last one first.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return ReportUsage(error, app, arguments, surroundings);
  }

  Session session(surroundings, options);
  absl::Status status;
  if (commands.needs() == Needs::kHub) status = session.Connect();
  if (commands.needs() == Needs::kHubForLong) {
    status = session.Connect(absl::Hours(1));
  }
  if (status.ok()) status = commands.act()(session);
  session.EndProgress();
  surroundings.out.flush();
  if (!status.ok()) return Report(status, session.out());
  return static_cast<int>(session.found() ? Exit::kFindings : Exit::kDone);
}

}  // namespace waystation::wayctl
