// SPDX-License-Identifier: Apache-2.0
// wayctl record: what the calling agency has told the hub.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <optional>
#include <set>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "waystation/frame_signer.h"
#include "waystation/submit_stream.h"
#include "waystation/v1/claim.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 1'000;

Table RecordRows(const v1::ListRecordsResponse& page,
                 const Surroundings& surroundings) {
  Table table{.columns = {{"record_key", Say("RECORD")},
                          {"handle", Say("HANDLE")},
                          {"revision", Say("REVISION"), true},
                          {"received_time", Say("RECEIVED")},
                          {"retracted", Say("RETRACTED")}}};
  for (const v1::RecordSummary& record : page.records()) {
    table.rows.push_back({record.record_key(), record.handle(),
                          Number(record.revision()),
                          TimeCell(record.received_time(), surroundings),
                          record.retracted() ? Cell(Say("yes"), "true")
                                             : Cell(Say("no"), "false")});
  }
  return table;
}

absl::Status List(Session& session, const ListOptions& options) {
  return ShowPages(
      session, options, kMostPerPage, v1::ListRecordsRequest(),
      [&](const auto& request) {
        return session.registry().ListRecords(request);
      },
      [&](const auto& page) {
        return RecordRows(page, session.surroundings());
      });
}

absl::Status Show(Session& session, const std::string& record_key,
                  const std::vector<std::string>& reveal) {
  for (const std::string& attribute : reveal) {
    if (auto known = CheckAttribute(attribute); !known.ok()) return known;
  }
  v1::GetRecordRequest request;
  request.set_record_key(record_key);
  auto response = session.registry().GetRecord(request);
  if (!response.ok()) return response.status();
  const Surroundings& surroundings = session.surroundings();

  Table table{.columns = {{"attribute", Say("ATTRIBUTE")},
                          {"value", Say("VALUE"), false, true},
                          {"grade", Say("GRADE")},
                          {"evidence", Say("EVIDENCE")},
                          {"revision", Say("REVISION"), true},
                          {"valid_from", Say("VALID FROM")},
                          {"recorded_time", Say("RECORDED")},
                          {"received_time", Say("RECEIVED")}}};
  for (v1::HeldClaim& claim : *response->mutable_claims()) {
    Mask({reveal.begin(), reveal.end()}, *claim.mutable_value());
    table.rows.push_back({Cell(SayName(claim.attribute()), claim.attribute()),
                          AttributeCell(claim.value(), claim.attribute()),
                          EnumOf(claim.grade()), EnumOf(claim.evidence()),
                          Number(claim.revision()),
                          DateCell(claim.times().valid_from()),
                          TimeCell(claim.times().recorded_time(), surroundings),
                          TimeCell(claim.received_time(), surroundings)});
  }
  const v1::RecordSummary& record = response->record();
  session.out().Show(
      *response,
      {.facts = {{"record_key", Say("Record"), record.record_key()},
                 {"handle", Say("Handle"), record.handle()},
                 {"revision", Say("Revision"), Number(record.revision())},
                 {"received_time", Say("Received"),
                  TimeCell(record.received_time(), surroundings)}},
       .sections = {{Say("Claims"), std::move(table)}}});
  return absl::OkStatus();
}

// --- submit ---

absl::Status NotJson(std::string_view where, std::string rule) {
  return errors::Error("INVALID_REQUEST",
                       {.field = std::string(where), .rule = std::move(rule)});
}

absl::Status ReadOne(const std::string& json, std::string_view where,
                     std::vector<v1::Update>& updates) {
  v1::Update update;
  const auto status =
      google::protobuf::util::JsonStringToMessage(json, &update);
  // The parser's own words may quote a value.
  if (!status.ok()) return NotJson(where, "the JSON of a waystation.v1.Update");
  // What is claimed is what is there, unless the mask says otherwise.
  if (update.mask().paths().empty() && !update.has_retraction()) {
    for (const std::string& attribute : SetAttributes(update.claims())) {
      update.mutable_mask()->add_paths(attribute);
    }
  }
  updates.push_back(std::move(update));
  return absl::OkStatus();
}

// One object, an array of them, or one object a line.
absl::StatusOr<std::vector<v1::Update>> ReadUpdates(const std::string& text,
                                                    std::string_view name) {
  std::vector<v1::Update> updates;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return NotJson(name, "it is empty");
  if (text[first] == '[') {
    google::protobuf::ListValue list;
    if (!google::protobuf::util::JsonStringToMessage(text, &list).ok()) {
      return NotJson(name, "not JSON");
    }
    for (int i = 0; i < list.values_size(); ++i) {
      std::string json;
      if (!google::protobuf::util::MessageToJsonString(list.values(i), &json)
               .ok()) {
        return NotJson(name, "not JSON");
      }
      const std::string where =
          std::string(name) + "[" + std::to_string(i) + "]";
      if (auto read = ReadOne(json, where, updates); !read.ok()) return read;
    }
    return updates;
  }
  const absl::Status whole = ReadOne(text, name, updates);
  if (whole.ok()) return updates;
  int line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string json = text.substr(at, end - at);
    at = end + 1;
    ++line;
    if (json.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = std::string(name) + ":" + std::to_string(line);
    if (auto read = ReadOne(json, where, updates); !read.ok()) {
      return updates.empty() ? whole : read;
    }
  }
  return updates;
}

absl::StatusOr<std::optional<client::FrameSigner>> Signer(Session& session) {
  const auto context = session.Context();
  if (!context.ok()) return context.status();
  if (!context->has_submission_key()) return std::nullopt;
  auto signer = client::FrameSigner::Load(session.connection().agency(),
                                          context->submission_key().key_id(),
                                          context->submission_key().key());
  if (!signer.ok()) return signer.status();
  return std::optional(*std::move(signer));
}

// A single update goes by itself, since an agency's policy may let it go
// unsigned; several go in frames.
absl::StatusOr<v1::SubmitRecordsResponse> Send(
    Session& session, const std::vector<v1::Update>& updates,
    const std::optional<client::FrameSigner>& signer, bool validate_only) {
  v1::SubmitRecordsResponse all;
  if (updates.size() == 1) {
    v1::SubmitRecordRequest request;
    request.set_update(updates.front().SerializeAsString());
    request.set_validate_only(validate_only);
    if (signer) {
      if (auto made = signer->Sign(request); !made.ok()) return made;
    }
    auto response = session.registry().SubmitRecord(request);
    if (!response.ok()) return response.status();
    *all.add_results() = std::move(*response->mutable_result());
    if (response->has_leaf()) *all.mutable_leaf() = response->leaf();
    return all;
  }
  client::SubmitStream stream(
      session.connection(),
      {.signer = signer,
       .validate_only = validate_only,
       .patience = session.patience()},
      [&](const client::Acknowledged& acknowledged) {
        all.mutable_results()->MergeFrom(acknowledged.response.results());
        if (acknowledged.response.has_leaf()) {
          *all.mutable_leaf() = acknowledged.response.leaf();
        }
        return absl::OkStatus();
      });
  for (std::size_t i = 0; i < updates.size(); ++i) {
    if (auto added = stream.Add(i, updates[i].SerializeAsString());
        !added.ok()) {
      return added;
    }
  }
  if (auto finished = stream.Finish(); !finished.ok()) return finished;
  return all;
}

Sheet ResultSheet(const std::vector<v1::Update>& updates,
                  const v1::SubmitRecordsResponse& response) {
  Table table{.columns = {{"record_key", Say("RECORD")},
                          {"outcome", Say("OUTCOME")},
                          {"handle", Say("HANDLE")},
                          {"remarks", Say("REMARKS"), false, true}}};
  for (int i = 0; i < response.results_size(); ++i) {
    const v1::UpdateResult& result = response.results(i);
    std::string shown, raw;
    const auto remark = [&](const std::string& field, const Cell& cell,
                            const Cell& rule) {
      if (!raw.empty()) {
        shown += Say("; ");
        raw += "; ";
      }
      shown += field + ": " + cell.shown +
               (rule.raw.empty() ? "" : Say(" ($0)", rule.shown));
      raw +=
          field + ": " + cell.raw + (rule.raw.empty() ? "" : ", " + rule.raw);
    };
    for (const v1::Violation& violation : result.violations()) {
      remark(violation.field(),
             Cell(SayReason(violation.reason()), violation.reason()),
             Cell(language::SayRule(violation.rule()), violation.rule()));
    }
    for (const v1::GradedField& graded : result.grades()) {
      remark(graded.field(), EnumOf(graded.grade()), "");
    }
    table.rows.push_back({updates[static_cast<std::size_t>(i)].record_key(),
                          EnumOf(result.outcome()), result.handle(),
                          Cell(shown, raw)});
  }
  return {.sections = {{"", std::move(table)}}};
}

bool AnyRejected(const v1::SubmitRecordsResponse& response) {
  for (const v1::UpdateResult& result : response.results()) {
    if (result.outcome() == v1::UpdateResult::OUTCOME_REJECTED) return true;
  }
  return false;
}

absl::Status Submit(Session& session, const std::string& file, bool dry_run) {
  const auto text = session.ReadInput(file);
  if (!text.ok()) return text.status();
  const auto updates = ReadUpdates(*text, file == "-" ? "stdin" : file);
  if (!updates.ok()) return updates.status();
  const auto signer = Signer(session);
  if (!signer.ok()) return signer.status();

  if (dry_run || !session.options().yes) {
    const auto preview = Send(session, *updates, *signer, true);
    if (!preview.ok()) return preview.status();
    const Sheet sheet = ResultSheet(*updates, *preview);
    if (dry_run) {
      session.out().Show(*preview, sheet);
      if (AnyRejected(*preview)) session.Found();
      return absl::OkStatus();
    }
    session.out().Preview(sheet);
    if (auto yes = session.Confirm(Say("Send this to the hub?")); !yes.ok()) {
      return yes;
    }
  }
  const auto response = Send(session, *updates, *signer, false);
  if (!response.ok()) return response.status();
  session.out().Show(*response, ResultSheet(*updates, *response));
  if (AnyRejected(*response)) session.Found();
  return absl::OkStatus();
}

}  // namespace

void AddRecord(Commands& commands) {
  CLI::App& noun =
      commands.Noun("record", Say("What your agency has told the hub"));

  const auto list = std::make_shared<ListOptions>();
  CLI::App& list_verb = commands.Verb(
      noun, "list",
      Say("Your records with their handles; an equal handle is one person"),
      "wayctl record list -o csv", Needs::kHub,
      [list](Session& session) { return List(session, *list); });
  AddListOptions(list_verb, *list);

  struct ShowOptions {
    std::string record_key;
    std::vector<std::string> reveal;
  };
  const auto show = std::make_shared<ShowOptions>();
  CLI::App& show_verb =
      commands.Verb(noun, "show", Say("One record as the hub holds it"),
                    "wayctl record show LD-0001 --reveal name", Needs::kHub,
                    [show](Session& session) {
                      return Show(session, show->record_key, show->reveal);
                    });
  show_verb.add_option("RECORD", show->record_key, Say("Record key"))
      ->required();
  AddRepeated(show_verb, "--reveal", show->reveal,
              Say("Attribute to show unmasked; may be repeated"));

  struct SubmitOptions {
    std::string file = "-";
    bool dry_run = false;
  };
  const auto submit = std::make_shared<SubmitOptions>();
  CLI::App& submit_verb =
      commands.Verb(noun, "submit", Say("Send updates to the hub"),
                    "wayctl record submit updates.json --dry-run", Needs::kHub,
                    [submit](Session& session) {
                      return Submit(session, submit->file, submit->dry_run);
                    });
  submit_verb.add_option(
      "FILE", submit->file,
      Say("JSON of one waystation.v1.Update, an array of them, or one a line; "
          "- is standard input"));
  AddDryRun(submit_verb, submit->dry_run);
}

}  // namespace waystation::wayctl
