// SPDX-License-Identifier: Apache-2.0
// wayctl hub: how the hub is.
#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
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
}

}  // namespace waystation::wayctl
