// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/run.h"

#include <google/rpc/status.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <ostream>

#include "client/wayctl/commands.h"
#include "client/wayctl/completion.h"
#include "client/wayctl/language.h"
#include "client/wayctl/session.h"
#include "proto/codes/citizen_number.h"
#include "proto/errors/error.h"
#include "proto/errors/wire.h"
#include "proto/language/command_line.h"
#include "proto/language/error_text.h"

namespace waystation::wayctl {
namespace {

using errors::Exit;

// The value of an option before the command line is parsed: language and format
// are needed to say that it cannot be.
std::string Asked(const std::vector<std::string>& arguments,
                  std::string_view name, std::string_view letter = {}) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == name || (!letter.empty() && argument == letter)) {
      return i + 1 < arguments.size() ? arguments[i + 1] : std::string();
    }
    for (const std::string_view start : {name, letter}) {
      if (start.empty() || !argument.starts_with(start)) continue;
      const std::string_view value = argument.substr(start.size());
      if (value.starts_with('=')) return std::string(value.substr(1));
      if (start == letter) return std::string(value);
    }
  }
  return {};
}

// Where a division is asked for, 15 digits are the unit of a grid, whose digits
// may spell a birth date.
bool StandsForDivision(const std::vector<std::string>& arguments,
                       std::size_t i) {
  constexpr std::string_view kOption = "--division";
  constexpr std::string_view kVerb = "nearest";  // of service, DIVISION alone
  if (arguments[i].starts_with('-')) {
    return arguments[i].starts_with(kOption) &&
           arguments[i].substr(kOption.size()).starts_with('=');
  }
  return i > 0 && (arguments[i - 1] == kOption || arguments[i - 1] == kVerb);
}

// A command line is seen by everybody on the machine and kept in histories.
bool HoldCitizenNumber(const std::vector<std::string>& arguments) {
  const codes::Date today(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (codes::HoldsCitizenNumber(argument, today)) return true;
    // As a whole it may have 15 digits, spaces or hyphens.
    const std::string_view value = argument.substr(argument.find('=') + 1);
    if (value.size() < 15 || value.size() > 24) continue;
    if (value.size() == 15 && StandsForDivision(arguments, i)) continue;
    if (codes::IsStrong(codes::ReadCitizenNumber(
                            value, today, codes::CitizenNumberProfile::kDemo)
                            .grade)) {
      return true;
    }
  }
  return false;
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
      ->allow_extra_args(false)
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

int Report(const absl::Status& status, Output& out) {
  const errors::Reason& reason = errors::ReasonRowOf(status);
  if (reason.name == "DECLINED") {
    // An answer, not an error.
    out.Note(reason.text.In(language::Current()));
  } else if (out.format() == Format::kJson || out.format() == Format::kYaml) {
    google::rpc::Status message;
    const errors::WireError wire = errors::ToWire(status);
    message.ParseFromString(wire.details);
    out.ErrorMessage(message);
  } else {
    out.Error(language::Describe(status), language::Advice(status));
  }
  return static_cast<int>(reason.exit);
}

int ReportUsage(const CLI::ParseError& error, const CLI::App& app,
                Surroundings& surroundings, Output& out) {
  if (error.get_exit_code() == 0) {
    app.exit(error, surroundings.out, surroundings.err);
    return static_cast<int>(Exit::kDone);
  }
  const std::string text = language::UsageText(app, error);
  if (out.format() == Format::kJson || out.format() == Format::kYaml) {
    return Report(errors::Error("USAGE", {.rule = text}), out);
  }
  out.Error(text, Say("`$0 --help` shows how.", language::Understood(app)));
  return static_cast<int>(Exit::kUsage);
}

}  // namespace

int Run(const std::vector<std::string>& arguments, Surroundings& surroundings) {
  language::Use(language::Choose(Asked(arguments, "--lang"), surroundings.env),
                surroundings.locale_folder);
  CLI::App app(Say("Looks into a hub and works on it: for clerks, operators "
                   "and auditors."),
               "wayctl");
  app.option_defaults()->group(Say("Options"));
  app.set_version_flag("--version", "wayctl " WAYSTATION_VERSION,
                       Say("Show the version"));
  app.set_help_flag("-h,--help", Say("Show this help"));
  app.require_subcommand(1);
  app.formatter(language::MakeFormatter(Say("NOUN VERB")));
  GlobalOptions options;
  AddGlobalOptions(app, options);
  Commands commands(app);
  AddNouns(commands);

  if (!arguments.empty() && arguments.front() == kCompleteWord) {
    Complete(app, {arguments.begin() + 1, arguments.end()}, surroundings);
    return static_cast<int>(Exit::kDone);
  }
  Output early(surroundings, FormatByName(Asked(arguments, "--output", "-o")),
               WantsColor(surroundings));
  if (HoldCitizenNumber(arguments)) {
    return Report(errors::Error("NUMBER_ON_COMMAND_LINE"), early);
  }
  try {
    // CLI11 takes them last one first.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return ReportUsage(error, app, surroundings, early);
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

void ReportLostOutput(Surroundings& surroundings) {
  Output out(surroundings, Format::kTable, WantsColor(surroundings));
  Report(errors::Error("FILE_NOT_WRITTEN", {.rule = Say("standard output")}),
         out);
}

}  // namespace waystation::wayctl
