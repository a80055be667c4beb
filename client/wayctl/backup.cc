// SPDX-License-Identifier: Apache-2.0
// wayctl backup: copies of the hub's store. They are restored on the hub's
// machine, while no hub runs: waystationd backup restore.
#include "absl/strings/escaping.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 500;

std::vector<Fact> FactsOf(const v1::Backup& backup, const std::string& hash,
                          std::uint64_t log_size,
                          const Surroundings& surroundings) {
  return {{"name", Say("Backup"), backup.name()},
          {"create_time", Say("Made"),
           TimeCell(backup.create_time(), surroundings)},
          {"expire_time", Say("Readable until"),
           TimeCell(backup.expire_time(), surroundings)},
          {"bytes", Say("Bytes"), Number(backup.bytes())},
          {"log_origin", Say("Audit log"), backup.log_origin()},
          {"log_size", Say("Entries in the log"), Number(log_size)},
          {"hash", "SHA-256", absl::BytesToHexString(hash)}};
}

absl::Status Create(Session& session) {
  const auto response = session.admin().CreateBackup({});
  if (!response.ok()) return response.status();
  session.out().Show(
      *response,
      {.facts = FactsOf(response->backup(), response->hash(),
                        response->log_size(), session.surroundings())});
  return absl::OkStatus();
}

Table BackupRows(const v1::ListBackupsResponse& page,
                 const Surroundings& surroundings) {
  Table table{.columns = {{"name", Say("BACKUP")},
                          {"create_time", Say("MADE")},
                          {"bytes", Say("BYTES"), true},
                          {"expire_time", Say("READABLE UNTIL")},
                          {"readable", Say("KEY")},
                          {"version", Say("VERSION")}}};
  for (const v1::Backup& backup : page.backups()) {
    table.rows.push_back(
        {backup.name(), TimeCell(backup.create_time(), surroundings),
         Number(backup.bytes()), TimeCell(backup.expire_time(), surroundings),
         backup.readable() ? Cell(Say("there"), "true")
                           : Cell(Say("missing"), "false"),
         backup.version()});
  }
  return table;
}

absl::Status List(Session& session, const ListOptions& options) {
  return ShowPages(
      session, options, kMostPerPage, v1::ListBackupsRequest(),
      [&](const auto& request) { return session.admin().ListBackups(request); },
      [&](const auto& page) {
        return BackupRows(page, session.surroundings());
      });
}

absl::Status Verify(Session& session, const std::string& name) {
  v1::VerifyBackupRequest request;
  request.set_name(name);
  const auto response = session.admin().VerifyBackup(request);
  if (!response.ok()) return response.status();
  Sheet sheet{.facts = FactsOf(response->backup(), response->hash(),
                               response->log_size(), session.surroundings())};
  sheet.facts.push_back({"rows_checked", Say("Sealed rows opened"),
                         Number(response->rows_checked())});
  sheet.facts.push_back({"result", Say("Result"),
                         response->findings().empty()
                             ? Cell(Say("intact"), "intact")
                             : Cell(Say("damaged"), "damaged")});
  sheet.sections.push_back(
      {Say("Findings"), FindingRows(response->findings())});
  session.out().Show(*response, sheet);
  if (!response->findings().empty()) session.Found();
  return absl::OkStatus();
}

}  // namespace

void AddBackup(Commands& commands) {
  CLI::App& noun =
      commands.Noun("backup", Say("Copies of the hub's store, to restore with "
                                  "waystationd backup restore"));
  commands.Verb(noun, "create", Say("Make one now, beside everything else"),
                "wayctl backup create", Needs::kHubForLong, Create);

  const auto list = std::make_shared<ListOptions>();
  CLI::App& list_verb = commands.Verb(
      noun, "list", Say("Which there are, newest first"), "wayctl backup list",
      Needs::kHub, [list](Session& session) { return List(session, *list); });
  AddListOptions(list_verb, *list);

  const auto name = std::make_shared<std::string>();
  CLI::App& verify_verb = commands.Verb(
      noun, "verify",
      Say("Read one from end to end, make a store of it and check that"),
      "wayctl backup verify 20261126T220501Z", Needs::kHubForLong,
      [name](Session& session) { return Verify(session, *name); });
  verify_verb.add_option("NAME", *name, Say("As backup list shows it"))
      ->required();
}

}  // namespace waystation::wayctl
