// SPDX-License-Identifier: Apache-2.0
// wayctl audit: what the log says, and whether to believe it.
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/auditlog/hash.h"
#include "proto/codes/text.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "proto/runtime/file.h"
#include "waystation/audit_checks.h"
#include "waystation/audit_log.h"
#include "waystation/audit_proof.h"
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

// Whom the reader trusts besides the log's key.
struct WitnessOptions {
  std::vector<std::string> keys;
  std::uint32_t quorum = 1;
};

struct VerifyArguments {
  std::string folder;
  std::string key;
  std::vector<std::string> checkpoints;
  WitnessOptions witnesses;
  bool no_signatures = false;
};

absl::StatusOr<client::Quorum> ReadQuorum(const WitnessOptions& options) {
  client::Quorum quorum{.witnesses = {}, .least = options.quorum};
  for (const std::string& given : options.keys) {
    auto key = client::ReadWitnessKey(given);
    if (!key.ok()) {
      return errors::Error(
          "USAGE", {.field = "--witness-key",
                    .rule = errors::ViolationsOf(key.status()).front().rule});
    }
    quorum.witnesses.push_back(*std::move(key));
  }
  if (quorum.least > 1 && quorum.witnesses.empty()) {
    return errors::Error("USAGE",
                         {.field = "--quorum", .rule = "needs --witness-key"});
  }
  return quorum;
}

Section CosignerSection(
    const google::protobuf::RepeatedPtrField<report::v1::Cosigner>& cosigners,
    const Surroundings& surroundings) {
  Table table{.columns = {{"witness", Say("WITNESS")},
                          {"time", Say("TIME")},
                          {"size", Say("ENTRIES"), true}}};
  for (const report::v1::Cosigner& cosigner : cosigners) {
    table.rows.push_back({cosigner.witness(),
                          TimeCell(cosigner.time(), surroundings),
                          Number(cosigner.size())});
  }
  return {Say("Witnesses"), std::move(table)};
}

Section FindingSection(
    const google::protobuf::RepeatedPtrField<report::v1::AuditFinding>& all) {
  Table findings{.columns = {{"reason", Say("FINDING"), false, true},
                             {"place", Say("PLACE"), false, true},
                             {"index", Say("ENTRY"), true}}};
  for (const report::v1::AuditFinding& finding : all) {
    findings.rows.push_back(
        {Cell(SayReason(finding.reason()), finding.reason()),
         Cell(language::SayRule(finding.place()), finding.place()),
         Number(finding.index())});
  }
  return {Say("Findings"), std::move(findings)};
}

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

Sheet ReportSheet(const report::v1::AuditReport& report, bool witnessed,
                  const Surroundings& surroundings) {
  Sheet sheet{
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
      .sections = {FindingSection(report.findings())}};
  if (witnessed) {
    // Behind what the log itself says.
    sheet.facts.insert(sheet.facts.begin() + 4,
                       {"entries_witnessed", Say("Covered by witnesses"),
                        Number(report.entries_witnessed())});
    sheet.sections.push_back(CosignerSection(report.cosigners(), surroundings));
  }
  return sheet;
}

absl::Status Verify(Session& session, const VerifyArguments& arguments) {
  client::VerifyOptions options;
  auto key = LogKey(session, arguments.key);
  if (!key.ok()) return key.status();
  options.key = *std::move(key);
  options.signatures = !arguments.no_signatures;
  auto quorum = ReadQuorum(arguments.witnesses);
  if (!quorum.ok()) return quorum.status();
  options.quorum = *std::move(quorum);
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
  session.out().Show(*report, ReportSheet(*report, options.quorum.asked_for(),
                                          session.surroundings()));
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

struct CheckpointArguments {
  std::uint64_t at_least = 0;
  std::string key;
  WitnessOptions witnesses;
};

absl::Status Checkpoint(Session& session,
                        const CheckpointArguments& arguments) {
  const auto key = LogKey(session, arguments.key);
  if (!key.ok()) return key.status();
  const auto quorum = ReadQuorum(arguments.witnesses);
  if (!quorum.ok()) return quorum.status();
  v1::GetCheckpointRequest request;
  request.set_at_least(arguments.at_least);
  if (quorum->asked_for()) request.set_witnesses(quorum->least);
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
  const client::Cosigned cosigned = client::WhoCosigned(
      *auditlog::ParseNote(response->checkpoint()), *quorum);
  // Those that the reader knows, and not those whom the hub has registered.
  if (quorum->asked_for() && cosigned.by.size() < quorum->least) {
    return errors::Error("COSIGNATURES_MISSING", {.field = "--witness-key"});
  }
  if (session.out().format() == Format::kTable) {
    // The note as it is: something to keep, to print, to hand to others.
    // A terminal is shown what it shall not obey.
    Surroundings& surroundings = session.surroundings();
    for (absl::string_view note = response->checkpoint(); !note.empty();) {
      const std::size_t size = std::min(note.find('\n'), note.size());
      const std::string line(note.substr(0, size));
      surroundings.out << (surroundings.out_is_terminal
                               ? codes::DisplaySafe(line)
                               : line)
                       << "\n";
      note.remove_prefix(std::min(size + 1, note.size()));
    }
    for (const client::Cosigned::By& by : cosigned.by) {
      session.out().Note(Say("Cosigned by $0", by.witness));
    }
    session.out().Note(
        Say("Keep it: wayctl audit verify --checkpoint FILE "
            "holds the log against it later."));
    return absl::OkStatus();
  }
  Sheet sheet{.facts = {{"origin", "", checkpoint->origin},
                        {"size", "", Number(checkpoint->size)},
                        {"root", "", auditlog::ToHex(checkpoint->root)}}};
  if (quorum->asked_for()) {
    std::vector<std::string> names;
    for (const client::Cosigned::By& by : cosigned.by) {
      names.push_back(by.witness);
    }
    sheet.facts.push_back({"cosigned_by", "", Joined(names)});
  }
  session.out().Show(*response, sheet);
  return absl::OkStatus();
}

// --- an update, for others ---

template <typename Message>
absl::StatusOr<Message> ReadJson(Session& session, const std::string& path) {
  const auto text = session.ReadInput(path);
  if (!text.ok()) return text.status();
  Message message;
  if (!google::protobuf::util::JsonStringToMessage(*text, &message).ok()) {
    return errors::Error("CONFIG_INVALID",
                         {.field = path, .rule = Say("not such a file")});
  }
  return message;
}

Cell AttributeNames(const report::v1::UpdateProofReport& report) {
  std::vector<std::string> names;
  for (const std::string& name : report.attributes()) {
    names.push_back(SayName(name));
  }
  return {Joined(names, Say(", ")), Joined(report.attributes())};
}

Sheet UpdateProofSheet(const report::v1::UpdateProofReport& report,
                       const Surroundings& surroundings) {
  Sheet sheet{
      .facts = {{"origin", Say("Audit log"), report.origin()},
                {"index", Say("Entry"), Number(report.index())},
                {"tree_size", Say("Entries in the log"),
                 Number(report.tree_size())},
                {"agency", Say("Agency"), report.agency()},
                {"time", Say("Time"), TimeCell(report.time(), surroundings)},
                {"updates", Say("Updates in the frame"),
                 Number(report.updates())},
                {"key_id", Say("Signed with key"),
                 report.key_id().empty() ? Cell(Say("unsigned"), "")
                                         : Cell(report.key_id())}},
      .sections = {}};
  if (!report.record_key().empty()) {
    sheet.facts.insert(
        sheet.facts.end(),
        {{"record_key", Say("Record"), report.record_key()},
         {"revision", Say("Revision"), Number(report.revision())},
         {"attributes", Say("Attributes"), AttributeNames(report)}});
  }
  sheet.facts.push_back({"result", Say("Result"),
                         report.findings().empty()
                             ? Cell(Say("it is in the log"), "proven")
                             : Cell(Say("IT DOES NOT HOLD"), "does_not_hold")});
  sheet.sections.push_back(FindingSection(report.findings()));
  if (!report.cosigners().empty()) {
    sheet.sections.push_back(CosignerSection(report.cosigners(), surroundings));
  }
  return sheet;
}

absl::Status ShowUpdateProof(Session& session,
                             const report::v1::UpdateProof& proof,
                             const client::UpdateProofOptions& options) {
  const auto report = client::CheckUpdateProof(proof, options);
  if (!report.ok()) return report.status();
  session.out().Show(*report,
                     UpdateProofSheet(*report, session.surroundings()));
  if (report->key_from_proof()) {
    session.out().Warn(
        Say("A key came with the proof. Give the ones you trust with --key and "
            "--agency-key."));
  }
  if (!report->findings().empty()) session.Found();
  return absl::OkStatus();
}

struct VerifyProofArguments {
  std::string file;
  std::string key;
  std::string agency_key;
  WitnessOptions witnesses;
};

// 32 bytes in base64, or a PEM file with a public key.
absl::StatusOr<auditlog::Ed25519PublicKey> AgencyKey(const std::string& given) {
  if (const auto raw = auditlog::FromBase64(given); raw.ok()) {
    if (auto key = auditlog::Ed25519PublicKey::FromRaw(*raw); key.ok()) {
      return key;
    }
  }
  if (const auto pem = runtime::ReadFile(given); pem.ok()) {
    if (auto key = auditlog::Ed25519PublicKey::FromPem(*pem); key.ok()) {
      return key;
    }
  }
  return errors::Error("USAGE",
                       {.field = "--agency-key",
                        .rule = Say("an Ed25519 key: 32 bytes in base64, or a "
                                    "PEM file")});
}

absl::Status VerifyProof(Session& session,
                         const VerifyProofArguments& arguments) {
  client::UpdateProofOptions options;
  auto key = LogKey(session, arguments.key);
  if (!key.ok()) return key.status();
  options.log_key = *std::move(key);
  auto quorum = ReadQuorum(arguments.witnesses);
  if (!quorum.ok()) return quorum.status();
  options.quorum = *std::move(quorum);
  if (!arguments.agency_key.empty()) {
    auto agency_key = AgencyKey(arguments.agency_key);
    if (!agency_key.ok()) return agency_key.status();
    options.agency_key = *std::move(agency_key);
  }
  const auto proof = ReadJson<report::v1::UpdateProof>(session, arguments.file);
  if (!proof.ok()) return proof.status();
  return ShowUpdateProof(session, *proof, options);
}

absl::Status VerifyEvidence(Session& session, const std::string& file,
                            const std::string& given_key) {
  const auto key = LogKey(session, given_key);
  if (!key.ok()) return key.status();
  const auto evidence = ReadJson<report::v1::WitnessEvidence>(session, file);
  if (!evidence.ok()) return evidence.status();
  const auto report = client::CheckEvidence(*evidence, *key);
  if (!report.ok()) return report.status();
  session.out().Show(
      *report,
      {.facts = {{"origin", Say("Audit log"), report->origin()},
                 {"witness", Say("Witness"), report->witness()},
                 {"time", Say("Time"),
                  TimeCell(report->time(), session.surroundings())},
                 {"seen_size", Say("Seen before"), Number(report->seen_size())},
                 {"seen_root", Say("Its root"), report->seen_root()},
                 {"shown_size", Say("Shown then"),
                  Number(report->shown_size())},
                 {"shown_root", Say("Its root"), report->shown_root()},
                 {"result", Say("Result"),
                  report->findings().empty()
                      ? Cell(Say("one history"), "one_history")
                      : Cell(SayReason(report->findings(0).reason()),
                             report->findings(0).reason())}},
       .sections = {FindingSection(report->findings())}});
  if (report->key_from_evidence()) {
    session.out().Warn(
        Say("The key came with the evidence. Give the one you trust with "
            "--key."));
  }
  if (!report->findings().empty()) session.Found();
  return absl::OkStatus();
}

struct ProveArguments {
  std::optional<std::uint64_t> index;
  std::uint32_t detail = 0;
  std::string record;
  std::uint64_t revision = 0;
  std::string save;
  std::string key;
  WitnessOptions witnesses;
};

// The key that was given, or the hub's own word.
absl::StatusOr<auditlog::NoteVerifier> LogKeyOrHubs(
    Session& session, const std::string& given_key) {
  const auto key = LogKey(session, given_key);
  if (!key.ok()) return key.status();
  if (key->has_value()) return **key;
  const auto newest = session.audit().GetCheckpoint({});
  if (!newest.ok()) return newest.status();
  auto parsed = auditlog::NoteVerifier::Parse(newest->verifier_key());
  if (parsed.ok()) return parsed;
  return errors::Error("PROOF_FAILS",
                       {.rule = std::string(parsed.status().message())});
}

absl::Status ProveUpdate(Session& session, const ProveArguments& arguments) {
  const auto verifier = LogKeyOrHubs(session, arguments.key);
  if (!verifier.ok()) return verifier.status();
  const auto quorum = ReadQuorum(arguments.witnesses);
  if (!quorum.ok()) return quorum.status();
  v1::GetUpdateProofRequest request;
  request.set_record_key(arguments.record);
  request.set_revision(arguments.revision);
  request.set_index(arguments.index.value_or(0));
  request.set_detail(arguments.detail);
  if (quorum->asked_for()) request.set_witnesses(quorum->least);
  const auto answer = session.audit().GetUpdateProof(request);
  if (!answer.ok()) return answer.status();
  const report::v1::UpdateProof proof =
      client::ToUpdateProof(*answer, verifier->ToString());
  if (!arguments.save.empty()) {
    std::string json;
    google::protobuf::util::JsonPrintOptions options;
    options.add_whitespace = true;
    (void)google::protobuf::util::MessageToJsonString(proof, &json, options);
    // It holds what the agency said of a person.
    const auto written = runtime::WriteNewFile(
        arguments.save, json,
        answer->update().empty() ? mode_t{0644} : mode_t{0600});
    if (!written.ok()) return written;
    session.out().Note(
        Say("Written: $0. To check it without the hub: wayctl "
            "audit verify-proof $0 --key LOG_KEY",
            arguments.save));
  }
  // What is given away has been checked here.
  return ShowUpdateProof(
      session, proof,
      {.log_key = *verifier, .agency_key = {}, .quorum = *quorum});
}

absl::Status Prove(Session& session, const ProveArguments& arguments) {
  if (arguments.record.empty() == !arguments.index.has_value()) {
    return errors::Error(
        "USAGE", {.field = "ENTRY", .rule = Say("an entry, or --record KEY")});
  }
  if (!arguments.record.empty() || !arguments.save.empty()) {
    return ProveUpdate(session, arguments);
  }
  v1::GetInclusionProofRequest request;
  request.set_index(*arguments.index);
  const auto proof = session.audit().GetInclusionProof(request);
  if (!proof.ok()) return proof.status();
  const auto verifier = LogKeyOrHubs(session, arguments.key);
  if (!verifier.ok()) return verifier.status();
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

void AddWitnesses(CLI::App& verb, WitnessOptions& witnesses) {
  AddRepeated(verb, "--witness-key", witnesses.keys,
              Say("Verifier key of a witness, or a file with it; may be "
                  "repeated"));
  verb.add_option("--quorum", witnesses.quorum,
                  Say("So many of these witnesses must have cosigned (1)"))
      ->check(CLI::Range(1U, 100U));
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
      Say("Only of this kind: $0", Choices<v1::AuditEvent::Kind>()));
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
  AddWitnesses(verify_verb, verify->witnesses);
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

  const auto one = std::make_shared<CheckpointArguments>();
  CLI::App& checkpoint_verb = commands.Verb(
      noun, "checkpoint", Say("The newest signed head of the log"),
      "wayctl audit checkpoint > checkpoint.txt", Needs::kHub,
      [one](Session& session) { return Checkpoint(session, *one); });
  checkpoint_verb.add_option("--at-least", one->at_least,
                             Say("Covering at least so many entries"));
  AddKey(checkpoint_verb, one->key);
  AddWitnesses(checkpoint_verb, one->witnesses);

  const auto prove = std::make_shared<ProveArguments>();
  CLI::App& prove_verb = commands.Verb(
      noun, "prove",
      Say("Show that an entry, or an update of a record, is in the log"),
      "wayctl audit prove 0\n"
      "  wayctl audit prove --record 3205000000000001 --save proof.json",
      Needs::kHub,
      [prove](Session& session) { return Prove(session, *prove); });
  prove_verb.add_option("ENTRY", prove->index, Say("Index of the entry"));
  prove_verb.add_option("--detail", prove->detail,
                        Say("Place of the update in the entry, from 0"));
  prove_verb.add_option("--record", prove->record,
                        Say("Instead of an entry: key of a record of your own "
                            "agency's"));
  prove_verb.add_option("--revision", prove->revision,
                        Say("Of that record; else the newest one kept"));
  prove_verb.add_option("--save", prove->save,
                        Say("Write a file with which anybody can check it"));
  AddKey(prove_verb, prove->key);
  AddWitnesses(prove_verb, prove->witnesses);

  const auto proof = std::make_shared<VerifyProofArguments>();
  CLI::App& verify_proof_verb = commands.Verb(
      noun, "verify-proof",
      Say("Check a file of `audit prove --save`, without a hub"),
      "wayctl audit verify-proof proof.json --key log.key", Needs::kNothing,
      [proof](Session& session) { return VerifyProof(session, *proof); });
  verify_proof_verb
      .add_option("FILE", proof->file, Say("The file; - is standard input"))
      ->required();
  AddKey(verify_proof_verb, proof->key);
  verify_proof_verb.add_option("--agency-key", proof->agency_key,
                               Say("The agency's signing key, as you learnt it "
                                   "elsewhere"));
  AddWitnesses(verify_proof_verb, proof->witnesses);

  struct EvidenceArguments {
    std::string file;
    std::string key;
  };
  const auto evidence = std::make_shared<EvidenceArguments>();
  CLI::App& evidence_verb = commands.Verb(
      noun, "verify-evidence",
      Say("Check what a witness found: whether the log has two histories"),
      "wayctl audit verify-evidence state/evidence/log_forked-0123.json --key "
      "log.key",
      Needs::kNothing, [evidence](Session& session) {
        return VerifyEvidence(session, evidence->file, evidence->key);
      });
  evidence_verb
      .add_option("FILE", evidence->file, Say("The file; - is standard input"))
      ->required();
  AddKey(evidence_verb, evidence->key);
}

}  // namespace waystation::wayctl
