// SPDX-License-Identifier: Apache-2.0
// wayctl audit: what the log says, and whether to believe it.
#include <cstdint>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/audit_checks.h"
#include "waystation/audit_log.h"
#include "waystation/report/v1/audit_report.pb.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 1'000;

// --- list ---

struct Filter {
  ListOptions list;
  std::string kind;
  std::string agency;
  std::string actor;
  std::string act;
  std::string object;
  std::string from;
  std::string until;
  std::uint64_t from_index = 0;
  bool newest_first = false;
};

// What an event is about, on one line.
Cell AboutCell(const v1::AuditEvent& event) {
  std::string shown, raw;
  const auto add = [&](const std::string& shown_part,
                       const std::string& raw_part) {
    if (raw_part.empty()) return;
    shown += (shown.empty() ? "" : Say("; ")) + shown_part;
    raw += (raw.empty() ? "" : "; ") + raw_part;
  };
  add(event.act(), event.act());
  add(event.object(), event.object());
  const Cell purpose = EnumOf(event.purpose());
  add(purpose.shown, purpose.raw);
  add(event.agreement(), event.agreement());
  std::vector<std::string> attributes;
  for (const std::string& name : event.attributes()) {
    attributes.push_back(SayName(name));
  }
  add(Joined(attributes, Say(", ")), Joined(event.attributes()));
  add(SayReason(event.reason()), event.reason());
  return {shown, raw};
}

Table EventRows(const v1::ListEventsResponse& page,
                const Surroundings& surroundings) {
  Table table{.columns = {{"index", Say("ENTRY"), true},
                          {"time", Say("TIME")},
                          {"kind", Say("KIND")},
                          {"actor", Say("WHO")},
                          {"agency", Say("AGENCY")},
                          {"count", Say("COUNT"), true},
                          {"about", Say("ABOUT"), false, true}}};
  for (const v1::LoggedEvent& logged : page.events()) {
    const v1::AuditEvent& event = logged.event();
    table.rows.push_back({Number(logged.index()),
                          TimeCell(event.time(), surroundings),
                          EnumOf(event.kind()), event.actor(), event.agency(),
                          Number(event.count()), AboutCell(event)});
  }
  return table;
}

// "2026-11-24", with or without a time of day, in the reader's zone.
absl::Status SetTime(Session& session, std::string_view option,
                     const std::string& text,
                     google::protobuf::Timestamp& time) {
  absl::Time parsed;
  std::string error;
  for (const char* format : {"%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d %H:%M:%E*S",
                             "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    if (!absl::ParseTime(format, text, session.surroundings().zone, &parsed,
                         &error)) {
      continue;
    }
    const timespec parts = absl::ToTimespec(parsed);
    time.set_seconds(parts.tv_sec);
    time.set_nanos(static_cast<std::int32_t>(parts.tv_nsec));
    return absl::OkStatus();
  }
  return errors::Error("USAGE", {.field = std::string(option),
                                 .rule = "such as 2026-11-24 or "
                                         "\"2026-11-24 08:30\""});
}

absl::Status List(Session& session, const Filter& filter) {
  v1::ListEventsRequest request;
  if (!filter.kind.empty()) {
    const auto kind = EnumFrom<v1::AuditEvent::Kind>("--kind", filter.kind);
    if (!kind.ok()) return kind.status();
    request.set_kind(*kind);
  }
  request.set_agency(filter.agency);
  request.set_actor(filter.actor);
  request.set_act(filter.act);
  request.set_object(filter.object);
  request.set_from_index(filter.from_index);
  request.set_descending(filter.newest_first);
  if (!filter.from.empty()) {
    const auto set =
        SetTime(session, "--from", filter.from, *request.mutable_from_time());
    if (!set.ok()) return set;
  }
  if (!filter.until.empty()) {
    const auto set = SetTime(session, "--until", filter.until,
                             *request.mutable_until_time());
    if (!set.ok()) return set;
  }
  return ShowPages(
      session, filter.list, kMostPerPage, request,
      [&](const auto& page_request) {
        return session.audit().ListEvents(page_request);
      },
      [&](const auto& page) {
        return EventRows(page, session.surroundings());
      });
}

// --- verify ---

struct VerifyArguments {
  std::string folder;
  std::string key;
  std::vector<std::string> checkpoints;
  bool no_signatures = false;
};

// The key that was given, or that the context names; nullopt when there is
// none.
absl::StatusOr<std::optional<auditlog::NoteVerifier>> LogKey(
    Session& session, const std::string& given) {
  std::string text = given;
  if (text.empty()) {
    const auto context = session.Context();
    if (!context.ok()) return context.status();
    text = context->log_key();
    // A path beside the contexts file; a key has a plus sign in it.
    if (!text.empty() && text.find('+') == std::string::npos) {
      text = runtime::ResolvePath((*session.contexts())->path, text);
    }
  }
  if (text.empty()) return std::nullopt;
  auto key = client::ReadLogKey(text);
  if (key.ok()) return std::optional(*std::move(key));
  const auto violations = errors::ViolationsOf(key.status());
  if (given.empty() || violations.empty()) return key.status();
  return errors::Error("USAGE",
                       {.field = "--key", .rule = violations.front().rule});
}

Sheet ReportSheet(const report::v1::AuditReport& report) {
  Table findings{.columns = {{"reason", Say("FINDING"), false, true},
                             {"place", Say("PLACE"), false, true},
                             {"index", Say("ENTRY"), true}}};
  for (const report::v1::AuditFinding& finding : report.findings()) {
    findings.rows.push_back(
        {Cell(SayReason(finding.reason()), finding.reason()), finding.place(),
         Number(finding.index())});
  }
  return {
      .facts = {{"origin", Say("Audit log"), report.origin()},
                {"entries", Say("Entries read"), Number(report.entries())},
                {"entries_covered", Say("Covered by a checkpoint"),
                 Number(report.entries_covered())},
                {"checkpoints", Say("Checkpoints"),
                 Number(report.checkpoints())},
                {"details", Say("Details' hashes"), Number(report.details())},
                {"signatures", Say("Agencies' signatures"),
                 Number(report.signatures())},
                {"root", Say("Root"), report.root()},
                {"result", Say("Result"),
                 report.findings().empty()
                     ? Cell(Say("intact"), "intact")
                     : Cell(Say("NOT INTACT"), "not_intact")}},
      .sections = {{Say("Findings"), std::move(findings)}}};
}

absl::Status Verify(Session& session, const VerifyArguments& arguments) {
  client::VerifyOptions options;
  auto key = LogKey(session, arguments.key);
  if (!key.ok()) return key.status();
  options.key = *std::move(key);
  options.signatures = !arguments.no_signatures;
  for (const std::string& file : arguments.checkpoints) {
    auto note = runtime::ReadFile(file);
    if (!note.ok()) return note.status();
    options.known_checkpoints.push_back(*std::move(note));
  }
  options.on_progress = [&](std::uint64_t entries) {
    session.Progress([&] { return Say("$0 entries verified", entries); });
  };

  std::unique_ptr<client::LogSource> log;
  if (arguments.folder.empty()) {
    if (auto connected = session.Connect(); !connected.ok()) return connected;
    log = client::HubLog(session.connection());
  } else {
    auto opened = client::ExportedLog(arguments.folder);
    if (!opened.ok()) return opened.status();
    log = *std::move(opened);
  }
  const auto report = client::VerifyLog(*log, options);
  session.EndProgress();
  if (!report.ok()) return report.status();
  session.out().Show(*report, ReportSheet(*report));
  if (report->key_from_log()) {
    session.out().Warn(
        Say("The key came with the log. Give the one you trust with --key, or "
            "a log that was signed anew would pass. It is: $0",
            report->verifier_key()));
  }
  if (!report->findings().empty()) session.Found();
  return absl::OkStatus();
}

// --- export, checkpoint, prove ---

absl::Status Export(Session& session, const std::string& folder) {
  const auto log = client::HubLog(session.connection());
  const auto report =
      client::ExportLog(*log, folder, [&](std::uint64_t entries) {
        session.Progress([&] { return Say("$0 entries written", entries); });
      });
  session.EndProgress();
  if (!report.ok()) return report.status();
  session.out().Show(
      *report,
      {.facts = {
           {"folder", Say("Folder"), report->folder()},
           {"origin", Say("Audit log"), report->origin()},
           {"entries", Say("Entries"), Number(report->entries())},
           {"new_entries", Say("New entries"), Number(report->new_entries())},
           {"checkpoints", Say("Checkpoints"),
            Number(report->checkpoints())}}});
  session.out().Note(Say("To verify it: wayctl audit verify $0", folder));
  if (!report->adds_up()) {
    session.out().Warn(
        Say("The entries do not have the root that was signed."));
    session.Found();
  }
  return absl::OkStatus();
}

absl::Status Checkpoint(Session& session, std::uint64_t at_least,
                        const std::string& given_key) {
  const auto key = LogKey(session, given_key);
  if (!key.ok()) return key.status();
  v1::GetCheckpointRequest request;
  request.set_at_least(at_least);
  const auto response = session.audit().GetCheckpoint(request);
  if (!response.ok()) return response.status();
  auto verifier = auditlog::NoteVerifier::Parse(response->verifier_key());
  if (key->has_value()) verifier = **key;
  const auto checkpoint =
      verifier.ok()
          ? auditlog::OpenCheckpoint(response->checkpoint(), *verifier)
          : absl::StatusOr<auditlog::Checkpoint>(verifier.status());
  if (!checkpoint.ok()) {
    return errors::Error("PROOF_FAILS",
                         {.rule = std::string(checkpoint.status().message())});
  }
  if (session.out().format() == Format::kTable) {
    // The note as it is: something to keep, to print, to hand to others.
    session.surroundings().out << response->checkpoint();
    session.out().Note(
        Say("Keep it: wayctl audit verify --checkpoint FILE "
            "holds the log against it later."));
    return absl::OkStatus();
  }
  session.out().Show(
      *response, {.facts = {{"origin", "", checkpoint->origin},
                            {"size", "", Number(checkpoint->size)},
                            {"root", "", auditlog::ToHex(checkpoint->root)}}});
  return absl::OkStatus();
}

absl::Status Prove(Session& session, std::uint64_t index,
                   const std::string& given_key) {
  const auto key = LogKey(session, given_key);
  if (!key.ok()) return key.status();
  v1::GetInclusionProofRequest request;
  request.set_index(index);
  const auto proof = session.audit().GetInclusionProof(request);
  if (!proof.ok()) return proof.status();
  auto verifier = *key;
  if (!verifier) {
    const auto newest = session.audit().GetCheckpoint({});
    if (!newest.ok()) return newest.status();
    auto parsed = auditlog::NoteVerifier::Parse(newest->verifier_key());
    if (!parsed.ok()) {
      return errors::Error("PROOF_FAILS",
                           {.rule = std::string(parsed.status().message())});
    }
    verifier = *std::move(parsed);
  }
  const auto checkpoint = client::CheckInclusion(*proof, *verifier);
  if (!checkpoint.ok()) return checkpoint.status();
  v1::AuditEvent event;
  event.ParseFromString(proof->leaf());
  session.out().Show(
      *proof,
      {.facts = {
           {"index", Say("Entry"), Number(proof->index())},
           {"time", Say("Time"),
            TimeCell(event.time(), session.surroundings())},
           {"kind", Say("Kind"), EnumOf(event.kind())},
           {"actor", Say("Who"), event.actor()},
           {"agency", Say("Agency"), event.agency()},
           {"about", Say("About"), AboutCell(event)},
           {"details", Say("Details' hashes"),
            Number(static_cast<std::uint64_t>(proof->details_size()))},
           {"tree_size", Say("Entries in the log"), Number(proof->tree_size())},
           {"result", Say("Result"),
            Cell(Say("it is in the log"), "proven")}}});
  return absl::OkStatus();
}

void AddKey(CLI::App& verb, std::string& key) {
  verb.add_option("--key", key,
                  Say("Verifier key of the log, or a file with it, as you "
                      "learnt it elsewhere"));
}

}  // namespace

void AddAudit(Commands& commands) {
  CLI::App& noun = commands.Noun(
      "audit", Say("The log of all writes, readings and decisions"));

  const auto filter = std::make_shared<Filter>();
  CLI::App& list_verb = commands.Verb(
      noun, "list", Say("Entries of the log"),
      "wayctl audit list --kind read --agency labor.320500 --newest-first",
      Needs::kHub,
      [filter](Session& session) { return List(session, *filter); });
  list_verb.add_option(
      "--kind", filter->kind,
      Say("Only of this kind: $0",
          runtime::EnumChoices(*v1::AuditEvent::Kind_descriptor())));
  list_verb.add_option("--agency", filter->agency,
                       Say("Only about this agency"));
  list_verb.add_option("--actor", filter->actor,
                       Say("Only by this caller, such as operator/li"));
  list_verb.add_option("--act", filter->act,
                       Say("Only this act, such as agreement.apply"));
  list_verb.add_option("--object", filter->object,
                       Say("Only on this object, such as the id of an "
                           "agreement or the number of a decision"));
  list_verb.add_option("--from", filter->from, Say("Not before this time"));
  list_verb.add_option("--until", filter->until, Say("Only before this time"));
  list_verb.add_option("--from-index", filter->from_index,
                       Say("Not before this entry"));
  list_verb.add_flag("--newest-first", filter->newest_first,
                     Say("The newest entries first"));
  AddListOptions(list_verb, filter->list);

  const auto verify = std::make_shared<VerifyArguments>();
  CLI::App& verify_verb = commands.Verb(
      noun, "verify", Say("Read the whole log and name what was changed in it"),
      "wayctl audit verify log-copy --key log.key", Needs::kNothing,
      [verify](Session& session) { return Verify(session, *verify); });
  verify_verb.add_option("DIR", verify->folder,
                         Say("An exported log; else that of the hub"));
  AddKey(verify_verb, verify->key);
  AddRepeated(verify_verb, "--checkpoint", verify->checkpoints,
              Say("File with a checkpoint that was kept; may be "
                  "repeated"));
  verify_verb.add_flag("--no-signatures", verify->no_signatures,
                       Say("Leave out the agencies' signatures: faster"));

  const auto folder = std::make_shared<std::string>();
  CLI::App& export_verb = commands.Verb(
      noun, "export", Say("Write the log to a folder, for others to verify"),
      "wayctl audit export log-copy", Needs::kHub,
      [folder](Session& session) { return Export(session, *folder); });
  export_verb
      .add_option("DIR", *folder,
                  Say("New, or with an earlier export, which is continued"))
      ->required();

  struct OneOptions {
    std::uint64_t number = 0;
    std::string key;
  };
  const auto one = std::make_shared<OneOptions>();
  CLI::App& checkpoint_verb = commands.Verb(
      noun, "checkpoint", Say("The newest signed head of the log"),
      "wayctl audit checkpoint > checkpoint.txt", Needs::kHub,
      [one](Session& session) {
        return Checkpoint(session, one->number, one->key);
      });
  checkpoint_verb.add_option("--at-least", one->number,
                             Say("Covering at least so many entries"));
  AddKey(checkpoint_verb, one->key);

  const auto prove = std::make_shared<OneOptions>();
  CLI::App& prove_verb = commands.Verb(
      noun, "prove", Say("Show that an entry is in the log"),
      "wayctl audit prove 0", Needs::kHub, [prove](Session& session) {
        return Prove(session, prove->number, prove->key);
      });
  prove_verb.add_option("ENTRY", prove->number, Say("Index of the entry"))
      ->required();
  AddKey(prove_verb, prove->key);
}

}  // namespace waystation::wayctl
