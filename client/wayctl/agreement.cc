// SPDX-License-Identifier: Apache-2.0
// wayctl agreement: who may know what.
#include "client/wayctl/agreement_lint.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/input_file.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/agreement.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 500;

std::string Recipient(const v1::Agreement& agreement) {
  return agreement.recipient_agency().empty() ? agreement.recipient_sector()
                                              : agreement.recipient_agency();
}

Table AgreementRows(const v1::ListAgreementsResponse& page) {
  Table table{.columns = {{"id", Say("AGREEMENT")},
                          {"version", Say("VERSION"), true},
                          {"state", Say("STATE")},
                          {"recipient", Say("RECIPIENT"), false, true},
                          {"purpose", Say("PURPOSE")},
                          {"grants", Say("GRANTS"), true},
                          {"valid_from", Say("FROM")},
                          {"valid_until", Say("UNTIL")}}};
  for (const v1::AgreementStatus& status : page.agreements()) {
    const v1::Agreement& agreement = status.agreement();
    table.rows.push_back(
        {agreement.id(), Number(agreement.version()), EnumOf(status.state()),
         Recipient(agreement), EnumOf(agreement.purpose()),
         Number(static_cast<std::uint64_t>(agreement.grants_size())),
         DateCell(agreement.valid_from()), DateCell(agreement.valid_until())});
  }
  return table;
}

absl::Status List(Session& session, const ListOptions& options) {
  return ShowPages(
      session, options, kMostPerPage, v1::ListAgreementsRequest(),
      [&](const auto& request) {
        return session.admin().ListAgreements(request);
      },
      [](const auto& page) { return AgreementRows(page); });
}

// What a form leaves of a value: "partial, 6 digits", and "partial 6" for
// scripts.
Cell FormCell(const v1::Grant& grant) {
  Cell form = EnumOf(grant.form());
  if (grant.partial_digits() > 0) {
    form.shown += Say(", ") + Say("$0 digits", grant.partial_digits());
    form.raw += " " + std::to_string(grant.partial_digits());
  }
  if (!grant.predicate().empty()) {
    form.shown = Say("$0: $1", form.shown, SayName(grant.predicate()));
    form.raw += " " + grant.predicate();
  }
  return form;
}

Cell Bound(int most) {
  return most == 0 ? Cell(Say("no bound"), "")
                   : Number(static_cast<std::uint64_t>(most));
}

Sheet AgreementSheet(const v1::AgreementStatus& status,
                     const Surroundings& surroundings) {
  const v1::Agreement& agreement = status.agreement();
  const v1::Budget& budget = agreement.budget();
  Table grants{.columns = {{"source_sector", Say("FROM SECTOR")},
                           {"attribute", Say("ATTRIBUTE")},
                           {"form", Say("FORM")}}};
  for (const v1::Grant& grant : agreement.grants()) {
    grants.rows.push_back(
        {Cell(SayName(grant.source_sector()), grant.source_sector()),
         Cell(SayName(grant.attribute()), grant.attribute()), FormCell(grant)});
  }
  Sheet sheet{
      .facts =
          {{"id", Say("Agreement"), agreement.id()},
           {"version", Say("Version"), Number(agreement.version())},
           {"state", Say("State"), EnumOf(status.state())},
           {"recipient", Say("Recipient"), Recipient(agreement)},
           {"purpose", Say("Purpose"), EnumOf(agreement.purpose())},
           {"scope", Say("Scope"), EnumOf(agreement.scope())},
           {"legal_basis", Say("Legal basis"),
            agreement.legal_basis().statute() + " " +
                agreement.legal_basis().article()},
           {"impact_assessment", Say("Impact assessment"),
            agreement.impact_assessment()},
           {"valid_from", Say("Valid from"), DateCell(agreement.valid_from())},
           {"valid_until", Say("Valid until"),
            DateCell(agreement.valid_until())},
           {"retention_days", Say("Days the recipient may keep it"),
            Number(static_cast<std::uint64_t>(agreement.retention_days()))},
           {"page_size", Say("Changes in a page"), Bound(budget.page_size())},
           {"calls_per_minute", Say("Calls in a minute"),
            Bound(budget.calls_per_minute())},
           {"persons_per_day", Say("Persons in a day"),
            Bound(budget.persons_per_day())},
           {"applied_time", Say("Applied"),
            TimeCell(status.applied_time(), surroundings)},
           {"applied_by", Say("Applied by"), status.applied_by()}},
      .sections = {{Say("Grants"), std::move(grants)}}};
  if (status.state() == v1::AgreementStatus::STATE_REVOKED) {
    sheet.facts.push_back({"revoked_time", Say("Revoked"),
                           TimeCell(status.revoked_time(), surroundings)});
    sheet.facts.push_back(
        {"revoked_by", Say("Revoked by"), status.revoked_by()});
    sheet.facts.push_back(
        {"revocation_reason", Say("Why revoked"), status.revocation_reason()});
  }
  return sheet;
}

absl::StatusOr<v1::AgreementStatus> Find(Session& session,
                                         const std::string& id) {
  v1::ListAgreementsRequest request;
  do {
    const auto page = session.admin().ListAgreements(request);
    if (!page.ok()) return page.status();
    for (const v1::AgreementStatus& status : page->agreements()) {
      if (status.agreement().id() == id) return status;
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return errors::Error("NOT_AVAILABLE");
}

absl::Status Show(Session& session, const std::string& id) {
  const auto status = Find(session, id);
  if (!status.ok()) return status.status();
  session.out().Show(*status, AgreementSheet(*status, session.surroundings()));
  return absl::OkStatus();
}

// --- apply, check, revoke ---

// What the hub makes of the file; nothing is written.
absl::StatusOr<v1::ApplyAgreementRequest> Check(
    Session& session, const std::string& file,
    v1::ApplyAgreementResponse& checked) {
  v1::ApplyAgreementRequest request;
  const auto text = session.ReadInput(file);
  if (!text.ok()) return text.status();
  const auto places = runtime::ReadYaml(*text, file == "-" ? "stdin" : file,
                                        *request.mutable_agreement());
  if (!places.ok()) return As("AGREEMENT_INVALID", places.status());
  request.set_validate_only(true);
  auto response = session.admin().ApplyAgreement(request);
  if (!response.ok()) {
    return InFile(response.status(), *places, "agreement.");
  }
  checked = *std::move(response);
  request.set_validate_only(false);
  return request;
}

absl::Status CheckFile(Session& session, const std::string& file) {
  v1::ApplyAgreementResponse checked;
  const auto request = Check(session, file, checked);
  if (!request.ok()) return request.status();
  session.out().Show(
      checked, AgreementSheet(checked.agreement(), session.surroundings()));
  session.out().Note(Say("The hub would take it."));
  return absl::OkStatus();
}

absl::Status Apply(Session& session, const std::string& file, bool dry_run) {
  if (dry_run) return CheckFile(session, file);
  v1::ApplyAgreementResponse checked;
  const auto request = Check(session, file, checked);
  if (!request.ok()) return request.status();
  if (!session.options().yes) {
    session.out().Preview(
        AgreementSheet(checked.agreement(), session.surroundings()));
    const auto yes = session.Confirm(
        Say("Let $0 know this?", Recipient(request->agreement())));
    if (!yes.ok()) return yes;
  }
  const auto response = session.admin().ApplyAgreement(*request);
  if (!response.ok()) return response.status();
  session.out().Show(
      *response, AgreementSheet(response->agreement(), session.surroundings()));
  return absl::OkStatus();
}

absl::Status Revoke(Session& session, const std::string& id,
                    const std::string& given_reason, bool dry_run) {
  auto reason =
      session.GivenOrAsk(given_reason, Say("Reason (no personal values): "));
  if (!reason.ok()) return reason.status();
  v1::RevokeAgreementRequest request;
  request.set_id(id);
  request.set_reason(*std::move(reason));
  if (dry_run || !session.options().yes) {
    request.set_validate_only(true);
    const auto preview = session.admin().RevokeAgreement(request);
    if (!preview.ok()) return preview.status();
    const Sheet sheet =
        AgreementSheet(preview->agreement(), session.surroundings());
    if (dry_run) {
      session.out().Show(*preview, sheet);
      return absl::OkStatus();
    }
    session.out().Preview(sheet);
    const auto yes = session.Confirm(
        Say("End this agreement at once? It cannot be taken back."));
    if (!yes.ok()) return yes;
    request.set_validate_only(false);
  }
  const auto response = session.admin().RevokeAgreement(request);
  if (!response.ok()) return response.status();
  session.out().Show(
      *response, AgreementSheet(response->agreement(), session.surroundings()));
  return absl::OkStatus();
}

}  // namespace

void AddAgreement(Commands& commands) {
  CLI::App& noun = commands.Noun("agreement", Say("Who may know what"));

  const auto list = std::make_shared<ListOptions>();
  CLI::App& list_verb = commands.Verb(
      noun, "list", Say("Agreements with their state"), "wayctl agreement list",
      Needs::kHub, [list](Session& session) { return List(session, *list); });
  AddListOptions(list_verb, *list);

  struct Options {
    std::string id;
    std::string file;
    std::string reason;
    bool dry_run = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App& show_verb = commands.Verb(
      noun, "show", Say("One agreement with its grants"),
      "wayctl agreement show labor-trial", Needs::kHub,
      [options](Session& session) { return Show(session, options->id); });
  show_verb.add_option("ID", options->id, Say("The agreement"))->required();

  CLI::App& check_verb =
      commands.Verb(noun, "check", Say("Whether the hub would take a file"),
                    "wayctl agreement check agreement.yaml", Needs::kHub,
                    [options](Session& session) {
                      return CheckFile(session, options->file);
                    });
  check_verb
      .add_option("FILE", options->file, Say("YAML; - is standard input"))
      ->required();

  AddAgreementLint(commands, noun);

  CLI::App& apply_verb =
      commands.Verb(noun, "apply", Say("Put an agreement in force"),
                    "wayctl agreement apply agreement.yaml", Needs::kHub,
                    [options](Session& session) {
                      return Apply(session, options->file, options->dry_run);
                    });
  apply_verb
      .add_option("FILE", options->file, Say("YAML; - is standard input"))
      ->required();
  AddDryRun(apply_verb, options->dry_run);

  CLI::App& revoke_verb = commands.Verb(
      noun, "revoke", Say("End an agreement at once"),
      "wayctl agreement revoke labor-trial", Needs::kHub,
      [options](Session& session) {
        return Revoke(session, options->id, options->reason, options->dry_run);
      });
  revoke_verb.add_option("ID", options->id, Say("The agreement"))->required();
  revoke_verb.add_option("--reason", options->reason,
                         Say("Why, without personal values"));
  AddDryRun(revoke_verb, options->dry_run);
}

}  // namespace waystation::wayctl
