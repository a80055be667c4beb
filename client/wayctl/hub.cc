// SPDX-License-Identifier: Apache-2.0
// wayctl hub: how the hub is, and where its store is.
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "proto/language/language.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::wayctl {
namespace {

absl::Status ShowStatus(Session& session) {
  const auto response = session.admin().GetHubStatus({});
  if (!response.ok()) return response.status();
  const Surroundings& surroundings = session.surroundings();
  std::vector<std::string> reasons;
  for (const std::string& reason : response->not_ready_reasons()) {
    reasons.push_back(SayReason(reason));
  }
  Sheet sheet{
      .facts = {
          {"ready", Say("Ready"),
           response->ready() ? Cell(Say("yes"), "true")
                             : Cell(Say("no"), "false")},
          {"version", Say("Version"), response->version()},
          {"start_time", Say("Running since"),
           TimeCell(response->start_time(), surroundings)},
          {"store", Say("Store"), response->store()},
          {"records", Say("Records"), Number(response->records())},
          {"persons", Say("Persons"), Number(response->persons())},
          {"open_conflicts", Say("Open conflicts"),
           Number(response->open_conflicts())},
          {"open_candidates", Say("Open candidates"),
           Number(response->open_candidates())},
          {"queued_updates", Say("Updates that wait"),
           Number(response->queued_updates())},
          {"rules_version", Say("Rules"), response->rules_version()},
          {"log_origin", Say("Audit log"), response->log_origin()},
          {"log_size", Say("Entries in the log"), Number(response->log_size())},
          {"last_checkpoint_time", Say("Last checkpoint"),
           TimeCell(response->last_checkpoint_time(), surroundings)},
          {"last_backup_time", Say("Last backup"),
           TimeCell(response->last_backup_time(), surroundings)}}};
  if (!response->passed_over_rules_version().empty()) {
    sheet.facts.push_back({"passed_over_rules_version",
                           Say("Passed over, of the configuration"),
                           response->passed_over_rules_version()});
  }
  if (response->records_to_review() != 0) {
    sheet.facts.push_back({"records_to_review", Say("Records still to review"),
                           Number(response->records_to_review())});
  }
  if (!reasons.empty()) {
    sheet.facts.push_back({"not_ready_reasons", Say("Why it is not ready"),
                           Cell(Joined(reasons, Say(", ")),
                                Joined(response->not_ready_reasons()))});
  }
  session.out().Show(*response, sheet);
  if (!response->ready()) session.Found();
  return absl::OkStatus();
}

absl::Status Check(Session& session) {
  const auto response = session.admin().CheckStore({});
  if (!response.ok()) return response.status();
  session.out().Show(
      *response,
      {.facts = {{"rows_checked", Say("Sealed rows opened"),
                  Number(response->rows_checked())},
                 {"result", Say("Result"),
                  response->findings().empty()
                      ? Cell(Say("intact"), "intact")
                      : Cell(Say("damaged"), "damaged")}},
       .sections = {{Say("Findings"), FindingRows(response->findings())}}});
  if (!response->findings().empty()) session.Found();
  return absl::OkStatus();
}

struct MigrateOptions {
  std::string from;
  std::string to;
  std::string config;
};

// waystationd beside this program, else where programs are looked for.
std::string Daemon() {
  constexpr char kName[] = "waystationd";
  std::error_code error;
  const std::filesystem::path beside =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path() /
      kName;
  return ::access(beside.c_str(), X_OK) == 0 ? beside.string() : kName;
}

// hub.yaml beside the folder of one of the stores, as init lays it out.
std::string ConfigBeside(const MigrateOptions& options) {
  constexpr std::string_view kSqlite = "sqlite:";
  for (const std::string_view place :
       {std::string_view(options.from), std::string_view(options.to)}) {
    if (!place.starts_with(kSqlite)) continue;
    const std::filesystem::path folder = place.substr(kSqlite.size());
    return (folder / ".." / "hub.yaml").lexically_normal().string();
  }
  return {};
}

// The store is the hub's, and what opens it is the hub's program: this one
// becomes that.
absl::Status Migrate(const MigrateOptions& options) {
  const std::string config =
      options.config.empty() ? ConfigBeside(options) : options.config;
  if (config.empty()) {
    return errors::Error(
        "USAGE", {.field = "--hub-config", .rule = Say("the hub's hub.yaml")});
  }
  const std::string program = Daemon();
  std::vector<std::string> words = {
      program,   "--lang",   IsChinese() ? "zh" : "en",
      "migrate", "--config", config,
      "--to",    options.to};
  if (!options.from.empty()) {
    words.insert(words.end(), {"--from", options.from});
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(program.c_str(), arguments.data());
  return errors::Error("FILE_MISSING", {.rule = program});
}

void AddMigrate(Commands& commands, CLI::App& noun) {
  const auto options = std::make_shared<MigrateOptions>();
  CLI::App& verb = commands.Verb(
      noun, "migrate",
      Say("Move the hub's store to another place, such as a database: on the "
          "hub's machine, where no hub runs"),
      "wayctl hub migrate --from sqlite:/var/lib/waystation/hub/store --to "
      "postgresql://waystation@db1/waystation",
      Needs::kNothing, [options](Session&) { return Migrate(*options); });
  verb.add_option("--from", options->from,
                  Say("Where it is; what the hub's file says if not given"));
  verb.add_option("--to", options->to,
                  Say("Where it goes, to what is empty: sqlite:<folder>, or "
                      "postgresql://user@host/database"))
      ->required();
  verb.add_option("--hub-config", options->config,
                  Say("The hub's file; hub.yaml beside the store's folder if "
                      "not given"));
}

}  // namespace

Table FindingRows(
    const google::protobuf::RepeatedPtrField<v1::StoreFinding>& findings) {
  Table table{.columns = {{"place", Say("PLACE"), false, true},
                          {"reason", Say("FINDING"), false, true},
                          {"detail", Say("DETAIL"), false, true},
                          {"more", Say("MORE ALIKE"), true}}};
  for (const v1::StoreFinding& finding : findings) {
    table.rows.push_back({finding.place(),
                          Cell(SayReason(finding.reason()), finding.reason()),
                          finding.detail(), Number(finding.more())});
  }
  return table;
}

void AddHub(Commands& commands) {
  CLI::App& noun = commands.Noun("hub", Say("How the hub is"));
  commands.Verb(noun, "status", Say("What it holds and whether it is ready"),
                "wayctl hub status", Needs::kHub, ShowStatus);
  commands.Verb(noun, "check",
                Say("Read and check all that is stored; may take minutes"),
                "wayctl hub check", Needs::kHubForLong, Check);
  AddMigrate(commands, noun);
}

}  // namespace waystation::wayctl
