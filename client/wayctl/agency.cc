// SPDX-License-Identifier: Apache-2.0
// wayctl agency: the agencies that take part, and how fresh their data is.
#include "absl/strings/escaping.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/input_file.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/auditlog/note.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "proto/sealed/sealing_key.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 500;

std::string NameOf(const v1::Agency& agency) {
  const bool chinese = IsChinese();
  const std::string& wanted = chinese ? agency.name_zh() : agency.name_en();
  const std::string& other = chinese ? agency.name_en() : agency.name_zh();
  return wanted.empty() ? other : wanted;
}

// How long ago, in the largest unit that says enough; seconds for scripts.
Cell AgeCell(const google::protobuf::Timestamp& time,
             const Surroundings& surroundings) {
  if (time.seconds() == 0) return Cell("");
  const std::int64_t seconds = std::max<std::int64_t>(
      0, absl::ToUnixSeconds(surroundings.now()) - time.seconds());
  const std::string raw = std::to_string(seconds);
  if (seconds < 60) return {Say("$0 s", seconds), raw};
  if (seconds < 3'600) return {Say("$0 min", seconds / 60), raw};
  if (seconds < 172'800) return {Say("$0 h", seconds / 3'600), raw};
  return {Say("$0 days", seconds / 86'400), raw};
}

Table AgencyRows(const v1::ListAgenciesResponse& page,
                 const Surroundings& surroundings) {
  Table table{.columns = {{"id", Say("AGENCY")},
                          {"name", Say("NAME"), false, true},
                          {"records", Say("RECORDS"), true},
                          {"last_seen_time", Say("LAST SEEN")},
                          {"data_age_seconds", Say("AGE OF DATA"), true},
                          {"mailbox_waiting", Say("WAITING"), true}}};
  for (const v1::AgencyStatus& status : page.agencies()) {
    table.rows.push_back({status.agency().id(), NameOf(status.agency()),
                          Number(status.records()),
                          TimeCell(status.last_seen_time(), surroundings),
                          AgeCell(status.last_update_time(), surroundings),
                          Number(status.mailbox_waiting())});
  }
  return table;
}

absl::Status List(Session& session, const ListOptions& options) {
  return ShowPages(
      session, options, kMostPerPage, v1::ListAgenciesRequest(),
      [&](const auto& request) {
        return session.admin().ListAgencies(request);
      },
      [&](const auto& page) {
        return AgencyRows(page, session.surroundings());
      });
}

Table KeyRows(const google::protobuf::RepeatedPtrField<v1::SigningKey>& keys,
              const Surroundings& surroundings) {
  Table table{.columns = {{"key_id", Say("KEY")},
                          {"public_key", Say("PUBLIC KEY")},
                          {"valid_from", Say("VALID FROM")},
                          {"valid_until", Say("VALID UNTIL")}}};
  for (const v1::SigningKey& key : keys) {
    table.rows.push_back({key.key_id(), absl::Base64Escape(key.public_key()),
                          TimeCell(key.valid_from(), surroundings),
                          TimeCell(key.valid_until(), surroundings)});
  }
  return table;
}

// As readers of checkpoints take them.
Table WitnessRows(const v1::Agency& agency, const Surroundings& surroundings) {
  Table table = KeyRows(agency.witness_keys(), surroundings);
  table.columns[1] = {"verifier_key", Say("VERIFIER KEY")};
  for (int i = 0; i < agency.witness_keys_size(); ++i) {
    const auto key = auditlog::Ed25519PublicKey::FromRaw(
        agency.witness_keys(i).public_key());
    if (!key.ok()) continue;
    const auto verifier = auditlog::NoteVerifier::Create(
        agency.id(), *key, auditlog::NoteAlgorithm::kCosignatureV1);
    if (verifier.ok()) {
      table.rows[static_cast<std::size_t>(i)][1] = verifier->ToString();
    }
  }
  return table;
}

Sheet AgencySheet(const v1::Agency& agency, const Surroundings& surroundings) {
  const auto yes_no = [](bool value) {
    return value ? Cell(Say("yes"), "true") : Cell(Say("no"), "false");
  };
  Sheet sheet{
      .facts = {{"id", Say("Agency"), agency.id()},
                {"name_zh", Say("Name in Chinese"), agency.name_zh()},
                {"name_en", Say("Name in English"), agency.name_en()},
                {"sector", Say("Sector"),
                 Cell(SayName(agency.sector()), agency.sector())},
                {"jurisdiction", Say("Jurisdiction"), agency.jurisdiction()},
                {"unsigned_unary", Say("Single calls go unsigned"),
                 yes_no(agency.unsigned_unary())},
                {"unsigned_frames", Say("Frames go unsigned"),
                 yes_no(agency.unsigned_frames())}},
      .sections = {
          {Say("Signing keys"), KeyRows(agency.signing_keys(), surroundings)}}};
  if (!agency.witness_keys().empty()) {
    sheet.sections.push_back(
        {Say("Witness keys"), WitnessRows(agency, surroundings)});
  }
  if (agency.care_provider()) {
    sheet.facts.push_back(
        {"care_provider", Say("Cares for persons itself"), yes_no(true)});
  }
  if (!agency.sealing_certificates().empty()) {
    Table table{.columns = {{"fingerprint", Say("FINGERPRINT")}}};
    for (const std::string& certificate : agency.sealing_certificates()) {
      table.rows.push_back({sealed::FingerprintOf(certificate)});
    }
    sheet.sections.push_back({Say("Sealing certificates"), std::move(table)});
  }
  return sheet;
}

absl::StatusOr<v1::AgencyStatus> Find(Session& session, const std::string& id) {
  v1::ListAgenciesRequest request;
  do {
    const auto page = session.admin().ListAgencies(request);
    if (!page.ok()) return page.status();
    for (const v1::AgencyStatus& status : page->agencies()) {
      if (status.agency().id() == id) return status;
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return errors::Error("NOT_AVAILABLE");
}

absl::Status Show(Session& session, const std::string& id) {
  const auto status = Find(session, id);
  if (!status.ok()) return status.status();
  const Surroundings& surroundings = session.surroundings();
  Sheet sheet = AgencySheet(status->agency(), surroundings);
  const Fact facts[] = {{"records", Say("Records"), Number(status->records())},
                        {"last_seen_time", Say("Last seen"),
                         TimeCell(status->last_seen_time(), surroundings)},
                        {"last_update_time", Say("Newest update"),
                         TimeCell(status->last_update_time(), surroundings)},
                        {"data_age_seconds", Say("Age of data"),
                         AgeCell(status->last_update_time(), surroundings)},
                        {"mailbox_waiting", Say("Changes that wait"),
                         Number(status->mailbox_waiting())}};
  sheet.facts.insert(sheet.facts.end(), std::begin(facts), std::end(facts));
  session.out().Show(*status, sheet);
  return absl::OkStatus();
}

// Whether the agency's adapter reaches the hub: it watches its mailbox now, or
// was seen within so many minutes.
absl::Status Ping(Session& session, const std::string& id, int minutes) {
  const auto status = Find(session, id);
  if (!status.ok()) return status.status();
  const Surroundings& surroundings = session.surroundings();
  const absl::Time seen =
      absl::FromUnixSeconds(status->last_seen_time().seconds());
  const bool reached = status->watching() > 0 ||
                       surroundings.now() - seen <= absl::Minutes(minutes);
  session.out().Show(
      *status,
      {.facts = {
           {"id", Say("Agency"), status->agency().id()},
           {"reached", Say("Reaches the hub"),
            reached ? Cell(Say("yes"), "true") : Cell(Say("no"), "false")},
           {"watching", Say("Watches its mailbox on streams"),
            Number(status->watching())},
           {"last_seen_time", Say("Last seen"),
            TimeCell(status->last_seen_time(), surroundings)},
           {"last_update_time", Say("Newest update"),
            TimeCell(status->last_update_time(), surroundings)},
           {"mailbox_waiting", Say("Changes that wait"),
            Number(status->mailbox_waiting())},
           {"certificate_expire_time", Say("Certificate ends"),
            TimeCell(status->certificate_expire_time(), surroundings)}}});
  if (!reached) session.Found();
  return absl::OkStatus();
}

absl::Status Put(Session& session, const std::string& file, bool dry_run) {
  const auto text = session.ReadInput(file);
  if (!text.ok()) return text.status();
  v1::PutAgencyRequest request;
  const auto places = runtime::ReadYaml(*text, file == "-" ? "stdin" : file,
                                        *request.mutable_agency());
  if (!places.ok()) return As("AGENCY_INVALID", places.status());
  request.set_validate_only(dry_run);
  const auto response = session.admin().PutAgency(request);
  if (!response.ok()) return InFile(response.status(), *places, "agency.");
  session.out().Show(*response,
                     AgencySheet(response->agency(), session.surroundings()));
  return absl::OkStatus();
}

}  // namespace

void AddAgency(Commands& commands) {
  CLI::App& noun = commands.Noun("agency", Say("The agencies that take part"));

  const auto list = std::make_shared<ListOptions>();
  CLI::App& list_verb = commands.Verb(
      noun, "list", Say("Agencies, when they were seen, how old their data is"),
      "wayctl agency list", Needs::kHub,
      [list](Session& session) { return List(session, *list); });
  AddListOptions(list_verb, *list);

  struct Options {
    std::string id;
    std::string file;
    bool dry_run = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App& show_verb = commands.Verb(
      noun, "show", Say("One agency with its signing keys"),
      "wayctl agency show labor.320500", Needs::kHub,
      [options](Session& session) { return Show(session, options->id); });
  show_verb.add_option("ID", options->id, Say("The agency"))->required();

  struct PingOptions {
    std::string id;
    int minutes = 10;
  };
  const auto ping = std::make_shared<PingOptions>();
  CLI::App& ping_verb = commands.Verb(
      noun, "ping",
      Say("Whether an agency's adapter reaches the hub; exit code 3 if not"),
      "wayctl agency ping labor.320500", Needs::kHub, [ping](Session& session) {
        return Ping(session, ping->id, ping->minutes);
      });
  ping_verb.add_option("ID", ping->id, Say("The agency"))->required();
  ping_verb
      .add_option(
          "--within", ping->minutes,
          Say("Minutes since when it must have called; 10 if not given"))
      ->check(CLI::NonNegativeNumber);

  CLI::App& put_verb =
      commands.Verb(noun, "put", Say("Add an agency, or replace its entry"),
                    "wayctl agency put agency.yaml --dry-run", Needs::kHub,
                    [options](Session& session) {
                      return Put(session, options->file, options->dry_run);
                    });
  put_verb.add_option("FILE", options->file, Say("YAML; - is standard input"))
      ->required();
  AddDryRun(put_verb, options->dry_run);
}

}  // namespace waystation::wayctl
