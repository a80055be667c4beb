// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/holder_code.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "waystation/v1/verify_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 1000;

// --- showing ---

// "benefit statement: maternity".
Cell KindCell(v1::Certificate::Kind kind, v1::SocialInsurance::Scheme scheme) {
  Cell cell = EnumOf(kind);
  if (scheme != v1::SocialInsurance::SCHEME_UNSPECIFIED) {
    const Cell of = EnumOf(scheme);
    cell.shown = Say("$0: $1", cell.shown, of.shown);
    cell.raw += ": " + of.raw;
  }
  return cell;
}

Sheet CodeSheet(const v1::IssueCodeResponse& issued,
                const Surroundings& surroundings) {
  Sheet sheet;
  if (!issued.code().empty()) {
    sheet.facts.push_back({"code", Say("Code"), issued.code()});
  }
  sheet.facts.insert(
      sheet.facts.end(),
      {{"kind", Say("Kind"), KindCell(issued.kind(), issued.scheme())},
       {"issuer", Say("Issued by"),
        Cell(AgencyText(issued.issuer()), issued.issuer())},
       {"purpose", Say("Purpose"), EnumOf(issued.purpose())},
       {"expire_time", Say("Works until"),
        TimeCell(issued.expire_time(), surroundings)}});
  if (issued.replaces()) {
    sheet.facts.push_back(
        {"replaces", Say("Ends"),
         Cell(Say("the code that is open for this certificate"), "true")});
  }
  return sheet;
}

Sheet AnswerSheet(const v1::VerifyRequest& asked,
                  const v1::VerifyResponse& response,
                  const Surroundings& surroundings) {
  Sheet sheet{.facts = {{"kind", Say("Certificate"),
                         KindCell(asked.kind(), asked.scheme())},
                        {"answer", Say("Answer"), EnumOf(response.answer())},
                        {"as_of_time", Say("As of"),
                         TimeCell(response.as_of_time(), surroundings)}}};
  const std::string language = IsChinese() ? "zh" : "en";
  for (const v1::LocalText& notice : response.notice()) {
    if (notice.language() != language) continue;
    sheet.facts.push_back({"notice", Say("Mind"), notice.text()});
  }
  return sheet;
}

Cell UnusualCell(const v1::VerificationDay& day) {
  std::string shown;
  std::string raw;
  for (const int unusual : day.unusual()) {
    const Cell cell =
        EnumOf(static_cast<v1::VerificationDay::Unusual>(unusual));
    shown += (shown.empty() ? "" : Say(", ")) + cell.shown;
    raw += (raw.empty() ? "" : ", ") + cell.raw;
  }
  return {shown, raw};
}

Table DayRows(
    const google::protobuf::RepeatedPtrField<v1::VerificationDay>& days) {
  Table table{.columns = {{"day", Say("DAY")},
                          {"agency", Say("AGENCY"), false, true},
                          {"valid", Say("VALID"), true},
                          {"not_valid", Say("NOT VALID"), true},
                          {"unknown", Say("UNKNOWN"), true},
                          {"wrong_codes", Say("WRONG CODES"), true},
                          {"unusual", Say("UNUSUAL"), false, true}}};
  for (const v1::VerificationDay& day : days) {
    table.rows.push_back(
        {DateCell(day.day()), Cell(AgencyText(day.agency()), day.agency()),
         std::to_string(day.valid()), std::to_string(day.not_valid()),
         std::to_string(day.unknown()), std::to_string(day.wrong_codes()),
         UnusualCell(day)});
  }
  return table;
}

// --- asking ---

// Which certificates a verb is about.
struct Subject {
  std::string kind;
  std::string scheme;

  // Sets kind and scheme of a request.
  template <typename Request>
  absl::Status Put(Request& request) const {
    const auto parsed = EnumFrom<v1::Certificate::Kind>("KIND", kind);
    if (!parsed.ok()) return parsed.status();
    request.set_kind(*parsed);
    if (scheme.empty()) return absl::OkStatus();
    const auto of = EnumFrom<v1::SocialInsurance::Scheme>("--scheme", scheme);
    if (!of.ok()) return of.status();
    request.set_scheme(*of);
    return absl::OkStatus();
  }
};

struct Issued {
  Subject subject;
  std::string record_key;
  std::string agency;
  int entry = 0;
  bool number = false;
  std::string asked;
  std::string purpose;
  std::string life;
  bool dry_run = false;
};

absl::Status SetLife(const std::string& given, v1::IssueCodeRequest& request) {
  if (given.empty()) return absl::OkStatus();
  absl::Duration life;
  if (!absl::ParseDuration(given, &life)) {
    return errors::Error(
        "USAGE", {.field = "--for", .rule = "a time such as 15m or 24h"});
  }
  request.mutable_lifetime()->set_seconds(absl::ToInt64Seconds(life));
  return absl::OkStatus();
}

absl::StatusOr<v1::IssueCodeRequest> RequestOf(Session& session,
                                               const Issued& options) {
  v1::IssueCodeRequest request;
  request.mutable_record()->set_record_key(options.record_key);
  request.mutable_record()->set_agency(options.agency);
  if (options.entry != 0) request.set_entry(options.entry);
  if (auto put = options.subject.Put(request); !put.ok()) return put;
  const auto asked =
      EnumFrom<v1::IssueCodeRequest::Asked>("--asked", options.asked);
  if (!asked.ok()) return asked.status();
  request.set_asked(*asked);
  const auto purpose = EnumFrom<v1::Purpose>("--purpose", options.purpose);
  if (!purpose.ok()) return purpose.status();
  request.set_purpose(*purpose);
  if (auto set = SetLife(options.life, request); !set.ok()) return set;
  if (options.number) {
    auto number = session.Ask(Say("Number on the certificate: "),
                              /*secret=*/false, /*from_pipe=*/true);
    if (!number.ok()) return number.status();
    request.set_number(*std::move(number));
  }
  return request;
}

absl::Status Issue(Session& session, const Issued& options) {
  auto request = RequestOf(session, options);
  if (!request.ok()) return request.status();
  if (options.dry_run || !session.options().yes) {
    request->set_validate_only(true);
    const auto preview = session.verify().IssueCode(*request);
    if (!preview.ok()) return preview.status();
    const Sheet sheet = CodeSheet(*preview, session.surroundings());
    if (options.dry_run) {
      session.out().Show(*preview, sheet);
      return absl::OkStatus();
    }
    session.out().Preview(sheet);
    if (auto yes = session.Confirm(
            Say("Has the holder asked for it, and shall a code be given out?"));
        !yes.ok()) {
      return yes;
    }
    request->set_validate_only(false);
  }
  const auto issued = session.verify().IssueCode(*request);
  if (!issued.ok()) return issued.status();
  session.out().Show(*issued, CodeSheet(*issued, session.surroundings()));
  return absl::OkStatus();
}

struct Checked {
  Subject subject;
  std::string purpose;
  bool number = false;
};

absl::Status Check(Session& session, const Checked& options) {
  v1::VerifyRequest request;
  if (auto put = options.subject.Put(request); !put.ok()) return put;
  const auto purpose = EnumFrom<v1::Purpose>("--purpose", options.purpose);
  if (!purpose.ok()) return purpose.status();
  request.set_purpose(*purpose);
  auto code = session.Ask(Say("Code that the holder shows: "),
                          /*secret=*/false, /*from_pipe=*/true);
  if (!code.ok()) return code.status();
  request.set_code(*std::move(code));
  if (options.number) {
    auto number = session.Ask(Say("Number on the certificate: "),
                              /*secret=*/false, /*from_pipe=*/true);
    if (!number.ok()) return number.status();
    request.set_number(*std::move(number));
  }
  const auto response = session.verify().Ask(request);
  if (!response.ok()) return response.status();
  session.out().Show(*response,
                     AnswerSheet(request, *response, session.surroundings()));
  return absl::OkStatus();
}

struct Withdrawn {
  std::string record_key;
  std::string agency;
  std::string kind;
  bool dry_run = false;
};

absl::Status Withdraw(Session& session, const Withdrawn& options) {
  v1::WithdrawCodesRequest request;
  request.mutable_record()->set_record_key(options.record_key);
  request.mutable_record()->set_agency(options.agency);
  if (!options.kind.empty()) {
    const auto kind = EnumFrom<v1::Certificate::Kind>("--kind", options.kind);
    if (!kind.ok()) return kind.status();
    request.set_kind(*kind);
  }
  const auto sheet_of = [](const v1::WithdrawCodesResponse& response) {
    return Sheet{.facts = {{"codes", Say("Codes that end"),
                            std::to_string(response.codes())}}};
  };
  if (options.dry_run || !session.options().yes) {
    request.set_validate_only(true);
    const auto preview = session.verify().WithdrawCodes(request);
    if (!preview.ok()) return preview.status();
    if (options.dry_run) {
      session.out().Show(*preview, sheet_of(*preview));
      return absl::OkStatus();
    }
    session.out().Preview(sheet_of(*preview));
    if (auto yes = session.Confirm(Say("End them?")); !yes.ok()) return yes;
    request.set_validate_only(false);
  }
  const auto response = session.verify().WithdrawCodes(request);
  if (!response.ok()) return response.status();
  session.out().Show(*response, sheet_of(*response));
  return absl::OkStatus();
}

struct Reported {
  ListOptions list;
  int days = 0;
  std::string agency;
  bool unusual = false;
};

absl::Status Report(Session& session, const Reported& options) {
  v1::ReportVerificationsRequest request;
  request.set_days(options.days);
  request.set_agency(options.agency);
  request.set_unusual_only(options.unusual);
  return ShowPages(
      session, options.list, kMostPerPage, request,
      [&](const auto& page) {
        return session.verify().ReportVerifications(page);
      },
      [](const auto& page) { return DayRows(page.days()); });
}

// --- the verbs ---

void AddSubject(CLI::App& verb, Subject& subject) {
  verb.add_option(
          "KIND", subject.kind,
          Say("Kind of certificate: $0", Choices<v1::Certificate::Kind>()))
      ->required();
  verb.add_option("--scheme", subject.scheme,
                  Say("For a statement that somebody is insured, in what: $0",
                      Choices<v1::SocialInsurance::Scheme>()));
}

void AddRecord(CLI::App& verb, std::string& record_key, std::string& agency) {
  verb.add_option("--record", record_key,
                  Say("The record that claims the certificate"))
      ->required();
  verb.add_option("--agency", agency,
                  Say("Whose record it is, for the office"));
}

void AddPurpose(CLI::App& verb, std::string& purpose) {
  verb.add_option("--purpose", purpose, Say("Why: $0", Choices<v1::Purpose>()))
      ->required();
}

}  // namespace

void AddHolderCodeVerbs(Commands& commands, CLI::App& noun) {
  const auto issued = std::make_shared<Issued>();
  CLI::App& issue = commands.Verb(
      noun, "issue", Say("Give the holder of a certificate a one-time code"),
      "wayctl verify issue training --record LD-0001 --asked in_person "
      "--purpose employment_service",
      Needs::kHub,
      [issued](Session& session) { return Issue(session, *issued); });
  AddSubject(issue, issued->subject);
  AddRecord(issue, issued->record_key, issued->agency);
  issue.add_option("--entry", issued->entry,
                   Say("Which of several certificates, from 1"));
  issue.add_flag(
      "--number", issued->number,
      Say("Which of several, by the number on it, which is asked for"));
  issue
      .add_option("--asked", issued->asked,
                  Say("How the holder asked for it: $0",
                      Choices<v1::IssueCodeRequest::Asked>()))
      ->required();
  AddPurpose(issue, issued->purpose);
  issue.add_option("--for", issued->life,
                   Say("How long it works: 1m to 72h; 15m unless given"));
  AddDryRun(issue, issued->dry_run);

  const auto checked = std::make_shared<Checked>();
  CLI::App& check = commands.Verb(
      noun, "check",
      Say("Ask about a certificate; the code is asked for, and works once"),
      "wayctl verify check training --purpose employment_service", Needs::kHub,
      [checked](Session& session) { return Check(session, *checked); });
  AddSubject(check, checked->subject);
  AddPurpose(check, checked->purpose);
  check.add_flag("--number", checked->number,
                 Say("Ask for the number on the paper too, and compare it"));

  const auto withdrawn = std::make_shared<Withdrawn>();
  CLI::App& withdraw = commands.Verb(
      noun, "withdraw", Say("End the open codes of a record"),
      "wayctl verify withdraw --record LD-0001", Needs::kHub,
      [withdrawn](Session& session) { return Withdraw(session, *withdrawn); });
  AddRecord(withdraw, withdrawn->record_key, withdrawn->agency);
  withdraw.add_option(
      "--kind", withdrawn->kind,
      Say("Only those for this kind: $0", Choices<v1::Certificate::Kind>()));
  AddDryRun(withdraw, withdrawn->dry_run);

  const auto reported = std::make_shared<Reported>();
  CLI::App& report = commands.Verb(
      noun, "report",
      Say("How often each agency asked on each day, and what is unusual"),
      "wayctl verify report --unusual", Needs::kHub,
      [reported](Session& session) { return Report(session, *reported); });
  report.add_option("--days", reported->days,
                    Say("So many days, 1 to 92; 30 unless given"));
  report.add_option("--agency", reported->agency, Say("This agency alone"));
  report.add_flag("--unusual", reported->unusual, Say("Only what is unusual"));
  AddListOptions(report, reported->list);
}

}  // namespace waystation::wayctl
