// SPDX-License-Identifier: Apache-2.0
// wayctl person: what an agreement lets the calling agency know of a person,
// and why two records are one person or two.
#include <cmath>
#include <set>
#include <string>

#include "absl/strings/str_format.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/pair_view.h"
#include "client/wayctl/person_view.h"
#include "client/wayctl/typed_value.h"
#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "waystation/v1/reconciliation_service.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::wayctl {
namespace {

struct Subject {
  std::string handle;
  std::string record_key;
  std::string purpose;
};

// Exactly one of the two names a person.
template <typename Request>
absl::Status SetSubject(const Subject& subject, Request& request) {
  if (subject.handle.empty() == subject.record_key.empty()) {
    return errors::Error("USAGE",
                         {.rule = "either HANDLE or --record, and not both"});
  }
  const auto purpose = EnumFrom<v1::Purpose>("--purpose", subject.purpose);
  if (!purpose.ok()) return purpose.status();
  if (subject.handle.empty()) {
    request.set_record_key(subject.record_key);
  } else {
    request.set_handle(subject.handle);
  }
  request.set_purpose(*purpose);
  return absl::OkStatus();
}

void AddPurpose(CLI::App& verb, std::string& purpose) {
  verb.add_option("--purpose", purpose, Say("Why: $0", Choices<v1::Purpose>()))
      ->required();
}

void AddSubject(CLI::App& verb, Subject& subject) {
  verb.add_option("HANDLE", subject.handle, Say("Handle of the person"));
  verb.add_option("--record", subject.record_key,
                  Say("Your own record of the person, instead of a handle"));
  AddPurpose(verb, subject.purpose);
}

absl::Status Show(Session& session, const Subject& subject,
                  const std::vector<std::string>& reveal) {
  v1::GetPersonRequest request;
  if (auto set = SetSubject(subject, request); !set.ok()) return set;
  for (const std::string& attribute : reveal) {
    if (auto known = CheckAttribute(attribute); !known.ok()) return known;
  }
  auto response = session.registry().GetPerson(request);
  if (!response.ok()) return response.status();
  Mask({reveal.begin(), reveal.end()},
       *response->mutable_view()->mutable_person());
  Sheet sheet = PersonSheet(response->view(), session.surroundings());
  sheet.facts.push_back(
      {"as_of_time", Say("As of"),
       TimeCell(response->as_of_time(), session.surroundings())});
  session.out().Show(*response, sheet);
  return absl::OkStatus();
}

Cell AnswerCell(v1::MatchClaimResponse::Answer answer) {
  return answer == v1::MatchClaimResponse::ANSWER_UNSPECIFIED
             ? Cell(Say("unknown"), "unknown")
             : EnumOf(answer);
}

absl::Status Match(Session& session, const Subject& subject,
                   const std::string& attribute) {
  v1::MatchClaimRequest request;
  if (auto set = SetSubject(subject, request); !set.ok()) return set;
  if (auto known = CheckAttribute(attribute); !known.ok()) return known;
  const auto text =
      session.Ask(Say("$0 to compare: ", SayName(attribute)),
                  /*secret=*/attribute == "identifiers", /*from_pipe=*/true);
  if (!text.ok()) return text.status();
  auto offered = TypedValue(attribute, *text);
  if (!offered.ok()) return offered.status();
  request.set_attribute(attribute);
  *request.mutable_offered() = *std::move(offered);

  const auto response = session.registry().MatchClaim(request);
  if (!response.ok()) return response.status();
  session.out().Show(
      *response,
      {.facts = {
           {"attribute", Say("Attribute"), Cell(SayName(attribute), attribute)},
           {"answer", Say("Answer"), AnswerCell(response->answer())},
           {"as_of_time", Say("As of"),
            TimeCell(response->as_of_time(), session.surroundings())}}});
  if (response->answer() == v1::MatchClaimResponse::ANSWER_DIFFERS) {
    session.Found();
  }
  return absl::OkStatus();
}

struct LookUp {
  std::string purpose;
  std::vector<std::string> attributes;
};

// Asks for what was presented and said, attribute by attribute.
absl::Status AskWhatWasSaid(Session& session, const LookUp& look_up,
                            v1::Person& said) {
  std::vector<std::string> attributes = {"identifiers", "name", "birth_date"};
  attributes.insert(attributes.end(), look_up.attributes.begin(),
                    look_up.attributes.end());
  for (const std::string& attribute : attributes) {
    if (auto known = CheckAttribute(attribute); !known.ok()) return known;
    const auto text =
        session.Ask(Say("$0 as presented: ", SayName(attribute)),
                    /*secret=*/attribute == "identifiers", /*from_pipe=*/true);
    if (!text.ok()) return text.status();
    const auto offered = TypedValue(attribute, *text);
    if (!offered.ok()) return offered.status();
    said.MergeFrom(*offered);
  }
  return absl::OkStatus();
}

absl::Status LookUpPerson(Session& session, const LookUp& look_up) {
  v1::LookUpPersonRequest request;
  const auto purpose = EnumFrom<v1::Purpose>("--purpose", look_up.purpose);
  if (!purpose.ok()) return purpose.status();
  request.set_purpose(*purpose);
  if (auto asked = AskWhatWasSaid(session, look_up, *request.mutable_offered());
      !asked.ok()) {
    return asked;
  }
  const auto response = session.registry().LookUpPerson(request);
  if (!response.ok()) return response.status();
  Table answers{
      .columns = {{"attribute", Say("ATTRIBUTE")}, {"answer", Say("ANSWER")}}};
  bool differs = false;
  for (const v1::AttributeAnswer& one : response->answers()) {
    answers.rows.push_back({Cell(SayName(one.attribute()), one.attribute()),
                            AnswerCell(one.answer())});
    differs |= one.answer() == v1::MatchClaimResponse::ANSWER_DIFFERS;
  }
  session.out().Show(
      *response,
      {.facts = {{"record_key", Say("Your record"), response->record_key()},
                 {"handle", Say("Handle"), response->handle()},
                 {"as_of_time", Say("As of"),
                  TimeCell(response->as_of_time(), session.surroundings())}},
       .sections = {{Say("What others hold, as far as you may know"),
                     std::move(answers)}}});
  if (response->record_key().empty()) {
    session.out().Note(Say("You hold no record by this number."));
  }
  if (differs) session.Found();
  return absl::OkStatus();
}

struct Why {
  std::string record_a;
  std::string record_b;
  std::string reason;
};

// "labor.320500/LD-0001": ids of agencies hold no stroke, keys may.
absl::Status SetReference(const std::string& typed,
                          v1::RecordReference& reference) {
  const size_t stroke = typed.find('/');
  if (stroke == std::string::npos || stroke == 0 ||
      stroke + 1 == typed.size()) {
    return errors::Error("USAGE", {.rule = "a record is AGENCY/RECORD-KEY"});
  }
  reference.set_agency(typed.substr(0, stroke));
  reference.set_record_key(typed.substr(stroke + 1));
  return absl::OkStatus();
}

Cell BitsCell(double bits) {
  return Cell(std::isinf(bits) ? std::string("-")
                               : absl::StrFormat("%.1f", bits));
}

absl::Status Explain(Session& session, const Why& why) {
  v1::ExplainPairRequest request;
  if (auto set = SetReference(why.record_a, *request.mutable_record_a());
      !set.ok()) {
    return set;
  }
  if (auto set = SetReference(why.record_b, *request.mutable_record_b());
      !set.ok()) {
    return set;
  }
  request.set_reason(why.reason);
  const auto response = session.reconciliation().ExplainPair(request);
  if (!response.ok()) return response.status();
  const auto yes_or_no = [](bool is) {
    return is ? Cell(Say("yes"), "true") : Cell(Say("no"), "false");
  };
  Sheet sheet{
      .facts = {{"joined", Say("One person"), yes_or_no(response->joined())},
                {"shares_number", Say("Share a number"),
                 yes_or_no(response->shares_number())}},
      .sections = {{Say("What speaks for one person, and what against"),
                    ContributionRows(response->contributions())}}};
  if (response->decision() != 0) {
    sheet.facts.push_back({"decision", Say("Decision"),
                           Cell(std::to_string(response->decision()))});
  }
  if (!response->candidate().empty()) {
    sheet.facts.push_back(
        {"candidate", Say("Candidate"), Cell(response->candidate())});
    sheet.facts.push_back({"why", Say("Why it is open"),
                           Cell(SayReason(response->why()), response->why())});
  }
  sheet.facts.insert(
      sheet.facts.end(),
      {{"score", Say("Evidence, in bits"), WeightCell(response->score())},
       {"upper", Say("Joined from"), BitsCell(response->upper())},
       {"lower", Say("Put before a clerk from"), BitsCell(response->lower())},
       {"rules_version", Say("By the rules"),
        Cell(response->rules_version())}});
  session.out().Show(*response, sheet);
  return absl::OkStatus();
}

struct How {
  std::string person;
  std::string record;
  std::string reason;
};

// "p-" and what a handle is: keys of records seldom look so, and --record is
// for those that do.
bool LooksLikeHandle(std::string_view text) {
  constexpr std::size_t kSize = 28;
  return text.size() == kSize && text.starts_with("p-");
}

absl::StatusOr<v1::ExplainPersonRequest> RequestOf(const How& how) {
  if (how.person.empty() == how.record.empty()) {
    return errors::Error("USAGE", {.rule = "either a person or --record"});
  }
  v1::RecordReference reference;
  if (auto set =
          SetReference(how.record.empty() ? how.person : how.record, reference);
      !set.ok()) {
    return set;
  }
  v1::ExplainPersonRequest request;
  request.set_agency(reference.agency());
  if (how.record.empty() && LooksLikeHandle(reference.record_key())) {
    request.set_handle(reference.record_key());
  } else {
    request.set_record_key(reference.record_key());
  }
  request.set_reason(how.reason);
  return request;
}

std::string ReferenceText(const v1::RecordReference& record) {
  return record.agency() + "/" + record.record_key();
}

// What the two have in common that joined them, or might have.
Cell BasisCell(const v1::LinkStep& step) {
  switch (step.basis()) {
    case v1::LINK_BASIS_DECISION:
      return {Say("decision $0", step.decision()),
              "decision " + std::to_string(step.decision())};
    case v1::LINK_BASIS_NUMBER:
      return {Say("one number, and $0", step.agreement() == "birth_date"
                                            ? SayName("birth_date")
                                            : Say("$0: $1", SayName("name"),
                                                  SayName(step.agreement()))),
              "number " + step.agreement()};
    default:
      return {Say("$0 bits", absl::StrFormat("%.1f", step.score())),
              absl::StrFormat("score %.1f", step.score())};
  }
}

Cell BasisCell(const v1::LinkAside& aside) {
  switch (aside.basis()) {
    case v1::LINK_BASIS_DECISION:
      return {Say("a decision"), "decision"};
    case v1::LINK_BASIS_NUMBER:
      return {Say("one number"), "number"};
    default:
      return {Say("$0 bits", absl::StrFormat("%.1f", aside.score())),
              absl::StrFormat("score %.1f", aside.score())};
  }
}

// What stands in the way, beside the reason.
std::string ObstacleText(const v1::LinkAside& aside) {
  if (aside.has_rival_a()) {
    return Say("$0 and $1 are as close", ReferenceText(aside.rival_a()),
               ReferenceText(aside.rival_b()));
  }
  if (aside.apart() == "DECISION") {
    return Say("decision $0", aside.decision());
  }
  if (aside.apart() == "NAMES") return Say("two names on one number");
  if (aside.apart() == "NUMBERS") return Say("two numbers of one kind");
  if (aside.apart() == "UNIQUE_KEYS") {
    return Say("two records of an agency where each person has one");
  }
  return "";
}

absl::Status ExplainHow(Session& session, const How& how) {
  const auto request = RequestOf(how);
  if (!request.ok()) return request.status();
  const auto response = session.reconciliation().ExplainPerson(*request);
  if (!response.ok()) return response.status();
  Table steps{.columns = {{"step", Say("STEP"), true},
                          {"record_a", Say("RECORD"), false, true},
                          {"record_b", Say("OTHER RECORD"), false, true},
                          {"basis", Say("JOINED BY")},
                          {"size", Say("RECORDS"), true}}};
  std::uint64_t number = 0;
  for (const v1::LinkStep& step : response->steps()) {
    steps.rows.push_back({Number(++number), ReferenceText(step.record_a()),
                          ReferenceText(step.record_b()), BasisCell(step),
                          Number(step.size())});
  }
  Table asides{
      .columns = {{"record_a", Say("RECORD"), false, true},
                  {"record_b", Say("OTHER RECORD"), false, true},
                  {"basis", Say("SPEAKS FOR IT")},
                  {"why", Say("WHY NOT"), false, true},
                  {"obstacle", Say("WHAT STANDS BETWEEN"), false, true},
                  {"candidate", Say("CANDIDATE")}}};
  for (const v1::LinkAside& aside : response->asides()) {
    asides.rows.push_back(
        {ReferenceText(aside.record_a()), ReferenceText(aside.record_b()),
         BasisCell(aside), Cell(SayReason(aside.why()), aside.why()),
         Cell(ObstacleText(aside), aside.apart()), aside.candidate()});
  }
  std::vector<std::string> records;
  for (const v1::RecordReference& record : response->records()) {
    records.push_back(ReferenceText(record));
  }
  Sheet sheet{
      .facts = {{"records", Say("Records"), JoinedCell(records)},
                {"neighbourhood", Say("Records that hang together"),
                 Number(response->neighbourhood())},
                {"upper", Say("Joined from"), BitsCell(response->upper())},
                {"lower", Say("Put before a clerk from"),
                 BitsCell(response->lower())},
                {"margin", Say("Rivals if as close as"),
                 BitsCell(response->margin())},
                {"rules_version", Say("By the rules"),
                 Cell(response->rules_version())}},
      .sections = {{Say("How they came together"), std::move(steps)},
                   {Say("What was left aside"), std::move(asides)}}};
  if (response->over_limit()) {
    sheet.facts.push_back({"over_limit",
                           Say("Too many hang together to be joined by score"),
                           Cell(Say("yes"), "true")});
  }
  session.out().Show(*response, sheet);
  return absl::OkStatus();
}

}  // namespace

void AddPerson(Commands& commands) {
  CLI::App& noun = commands.Noun(
      "person", Say("What your agreements let you know of a person"));

  struct ShowOptions {
    Subject subject;
    std::vector<std::string> reveal;
  };
  const auto show = std::make_shared<ShowOptions>();
  CLI::App& show_verb = commands.Verb(
      noun, "show", Say("One person, masked; the reading is audited"),
      "wayctl person show --record LD-0001 --purpose employment_service",
      Needs::kHub, [show](Session& session) {
        return Show(session, show->subject, show->reveal);
      });
  AddSubject(show_verb, show->subject);
  AddRepeated(show_verb, "--reveal", show->reveal,
              Say("Attribute to show unmasked; may be repeated"));

  struct MatchOptions {
    Subject subject;
    std::string attribute;
  };
  const auto match = std::make_shared<MatchOptions>();
  CLI::App& match_verb = commands.Verb(
      noun, "match",
      Say("Whether a value agrees; it is asked for, or piped in"),
      "wayctl person match --record LD-0001 --purpose employment_service "
      "--attribute birth_date",
      Needs::kHub, [match](Session& session) {
        return Match(session, match->subject, match->attribute);
      });
  AddSubject(match_verb, match->subject);
  match_verb
      .add_option("--attribute", match->attribute,
                  Say("What to compare, such as identifiers or birth_date"))
      ->required();

  const auto look_up = std::make_shared<LookUp>();
  CLI::App& look_up_verb = commands.Verb(
      noun, "ask",
      Say("Ask before you make a record: number, name and birth date are "
          "asked for, or piped in"),
      "wayctl person ask --purpose employment_service", Needs::kHub,
      [look_up](Session& session) { return LookUpPerson(session, *look_up); });
  AddPurpose(look_up_verb, look_up->purpose);
  AddRepeated(look_up_verb, "--attribute", look_up->attributes,
              Say("What else was said, such as sex; may be repeated"));

  const auto why = std::make_shared<Why>();
  CLI::App& why_verb = commands.Verb(
      noun, "why",
      Say("Why two records are one person, or two (reconciliation office; "
          "an agency's clerk, of its own records)"),
      "wayctl person why public_security.320500/A-1 labor.320500/LD-0001",
      Needs::kHub, [why](Session& session) { return Explain(session, *why); });
  why_verb
      .add_option("A", why->record_a, Say("One record, as AGENCY/RECORD-KEY"))
      ->required();
  why_verb
      .add_option("B", why->record_b,
                  Say("The other record, as AGENCY/RECORD-KEY"))
      ->required();
  why_verb.add_option("--reason", why->reason,
                      Say("Why you ask, for the audit log"));

  const auto how = std::make_shared<How>();
  CLI::App& how_verb = commands.Verb(
      noun, "how",
      Say("How the records of a person came together, step by step "
          "(reconciliation office)"),
      "wayctl person how labor.320500/LD-0001", Needs::kHub,
      [how](Session& session) { return ExplainHow(session, *how); });
  how_verb.add_option("PERSON", how->person,
                      Say("A record or handle of the person, as "
                          "AGENCY/RECORD-KEY or AGENCY/HANDLE"));
  how_verb.add_option("--record", how->record,
                      Say("A record, as AGENCY/RECORD-KEY, where its key looks "
                          "like a handle"));
  how_verb.add_option("--reason", how->reason,
                      Say("Why you ask, for the audit log"));
}

}  // namespace waystation::wayctl
