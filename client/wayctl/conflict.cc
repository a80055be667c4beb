// SPDX-License-Identifier: Apache-2.0
// wayctl conflict: the reconciliation office's work on values that disagree.
#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/own_conflict.h"
#include "client/wayctl/ruling.h"
#include "client/wayctl/typed_value.h"
#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 500;

// --- list ---

struct ConflictFilter {
  ListOptions list;
  std::string attribute;
  std::string agency;
};

Table ConflictRows(const v1::ListConflictsResponse& page,
                   const Surroundings& surroundings) {
  Table table{.columns = {{"id", Say("CONFLICT")},
                          {"attribute", Say("ATTRIBUTE")},
                          {"opened_time", Say("OPEN SINCE")},
                          {"reopened", Say("REOPENED")},
                          {"agencies", Say("AGENCIES"), false, true}}};
  for (const v1::Conflict& conflict : page.conflicts()) {
    table.rows.push_back(
        {conflict.id(),
         Cell(SayName(conflict.attribute()), conflict.attribute()),
         TimeCell(conflict.opened_time(), surroundings),
         conflict.reopened() ? Cell(Say("yes"), "true")
                             : Cell(Say("no"), "false"),
         JoinedCell(conflict.agencies())});
  }
  return table;
}

absl::Status List(Session& session, const ConflictFilter& filter) {
  if (!filter.attribute.empty()) {
    if (auto known = CheckAttribute(filter.attribute); !known.ok()) {
      return known;
    }
  }
  v1::ListConflictsRequest request;
  request.set_attribute(filter.attribute);
  request.set_agency(filter.agency);
  std::uint64_t total = 0;
  const absl::Status shown = ShowPages(
      session, filter.list, kMostPerPage, request,
      [&](const auto& page_request) {
        auto page = session.reconciliation().ListConflicts(page_request);
        if (page.ok()) total = page->total_size();
        return page;
      },
      [&](const auto& page) {
        return ConflictRows(page, session.surroundings());
      });
  if (shown.ok() && total > 0) {
    session.out().Note(
        Say("$0 open. To see one, and how it is settled: "
            "wayctl conflict show ID",
            total));
  }
  return shown;
}

// --- show ---

// A, B, C: how a clerk names a value.
std::string Letter(int group) {
  return group < 26 ? std::string(1, static_cast<char>('A' + group))
                    : std::to_string(group + 1);
}

// One column a claim, values side by side.
Table SideBySide(const v1::GetConflictResponse& response,
                 const Surroundings& surroundings) {
  const std::string& attribute = response.conflict().attribute();
  Table table{.columns = {{"", ""}}};
  table.rows = {{Say("value")},      {Say("source")},     {Say("agency")},
                {Say("record key")}, {Say("evidence")},   {Say("grade")},
                {Say("recorded")},   {Say("valid from")}, {Say("received")},
                {Say("remarks")}};
  for (int i = 0; i < response.groups_size(); ++i) {
    const v1::ValueGroup& group = response.groups(i);
    for (const v1::ClaimView& claim : ClaimsOf(group)) {
      table.columns.push_back({"", Letter(i), false, true});
      const bool is_others = IsOthers(response, claim);
      const Cell cells[] = {group.hidden() && is_others
                                ? Cell(Say("differs, not shown"), "")
                                : AttributeCell(claim.value(), attribute),
                            is_others && claim.agency().empty()
                                ? Say("others")
                                : Cell(AgencyText(claim.agency())),
                            claim.agency(),
                            claim.record_key(),
                            EnumOf(claim.evidence()),
                            EnumOf(claim.grade()),
                            TimeCell(claim.recorded_time(), surroundings),
                            DateCell(claim.valid_from()),
                            TimeCell(claim.received_time(), surroundings),
                            Joined(RemarksOn(group), Say(", "))};
      for (std::size_t row = 0; row < table.rows.size(); ++row) {
        table.rows[row].push_back(cells[row]);
      }
    }
  }
  // Only an agency's own clerk is told of keys.
  if (!response.own()) table.rows.erase(table.rows.begin() + 3);
  return table;
}

// One row a claim, for scripts.
Table ClaimRows(const v1::GetConflictResponse& response,
                const Surroundings& surroundings) {
  const std::string& attribute = response.conflict().attribute();
  Table table{.columns = {{"group", ""},
                          {"claim", ""},
                          {"value", ""},
                          {"agency", ""},
                          {"evidence", ""},
                          {"grade", ""},
                          {"recorded_time", ""},
                          {"valid_from", ""},
                          {"received_time", ""},
                          {"provisional", ""},
                          {"is_new", ""},
                          {"record_key", ""},
                          {"hidden", ""}}};
  for (int i = 0; i < response.groups_size(); ++i) {
    const v1::ValueGroup& group = response.groups(i);
    for (const v1::ClaimView& claim : ClaimsOf(group)) {
      table.rows.push_back(
          {Letter(i), claim.id(), AttributeCell(claim.value(), attribute),
           claim.agency(), EnumOf(claim.evidence()), EnumOf(claim.grade()),
           TimeCell(claim.recorded_time(), surroundings),
           DateCell(claim.valid_from()),
           TimeCell(claim.received_time(), surroundings),
           group.provisional() ? "true" : "false",
           group.is_new() ? "true" : "false", claim.record_key(),
           group.hidden() ? "true" : "false"});
    }
  }
  return table;
}

// What who would be told sees of it by its agreements.
Table ViewRows(const v1::GetConflictResponse& response) {
  const std::string& attribute = response.conflict().attribute();
  Table table{.columns = {{"agency", Say("AGENCY")},
                          {"value", Say("VALUE"), false, true},
                          {"form", Say("FORM")},
                          {"status", Say("STATUS")}}};
  for (const v1::RecipientView& view : response.views()) {
    table.rows.push_back({view.agency(),
                          view.has_value()
                              ? AttributeCell(view.value(), attribute)
                              : Cell(Say("nothing"), ""),
                          EnumOf(view.form()), EnumOf(view.status())});
  }
  return table;
}

std::string PersonText(const v1::Person& person) {
  std::string text;
  for (const std::string& attribute : SetAttributes(person)) {
    if (!text.empty()) text += Say("; ");
    text += SayName(attribute) + " " + AttributeCell(person, attribute).shown;
  }
  return text;
}

std::string RuleText(const v1::GetConflictResponse& response) {
  std::vector<std::string> criteria;
  for (const int criterion : response.rule()) {
    criteria.push_back(EnumOf(static_cast<v1::Criterion>(criterion)).shown);
  }
  return Joined(criteria, Say(", "));
}

// A conflict that was decided, or whose claims agree by now, can be looked at
// still.
bool IsOpen(const v1::GetConflictResponse& response) {
  return std::ranges::any_of(response.groups(), &v1::ValueGroup::provisional);
}

Cell DecisionNumbers(const v1::GetConflictResponse& response) {
  std::vector<std::string> numbers;
  for (const std::uint64_t number : response.earlier_decisions()) {
    numbers.push_back(std::to_string(number));
  }
  return JoinedCell(numbers);
}

Sheet ConflictSheet(const v1::GetConflictResponse& response,
                    const Surroundings& surroundings) {
  const v1::Conflict& conflict = response.conflict();
  const bool open = IsOpen(response);
  Sheet sheet{
      .facts = {{"id", Say("Conflict"), conflict.id()},
                {"attribute", Say("Attribute"),
                 Cell(SayName(conflict.attribute()), conflict.attribute())},
                {"why", open ? Say("Why it is open") : Say("Why it is settled"),
                 Cell(SayReason(response.why()), response.why())},
                {"rule", Say("Rule, in order"), RuleText(response)},
                {"opened_time", Say("Open since"),
                 TimeCell(conflict.opened_time(), surroundings)},
                {"person", Say("Person"), PersonText(response.person())},
                response.own() ? Fact{"record_keys", Say("Own records"),
                                      JoinedCell(response.record_keys())}
                               : Fact{"recipients", Say("Would be told"),
                                      response.recipients().empty()
                                          ? Cell(Say("nobody"), "")
                                          : JoinedCell(response.recipients())}},
      .sections = {{Say("Values"), SideBySide(response, surroundings)}},
      .csv = ClaimRows(response, surroundings)};
  if (!response.views().empty()) {
    sheet.sections.push_back({Say("What they see now"), ViewRows(response)});
  }
  if (response.kept_open() != 0) {
    sheet.facts.push_back({"kept_open", Say("Left open by decision"),
                           Number(response.kept_open())});
  }
  if (response.proposed() != 0) {
    sheet.facts.push_back({"proposed", Say("Waits for approval: decision"),
                           Number(response.proposed())});
  }
  if (!response.earlier_decisions().empty()) {
    sheet.facts.push_back({"earlier_decisions",
                           open ? Say("Decided before, no longer enough")
                                : Say("Decided by decision"),
                           DecisionNumbers(response)});
  }
  return sheet;
}

// The first letters of an id are enough where only one open conflict has them.
absl::StatusOr<std::string> FullId(Session& session, const std::string& id) {
  return OnlyOneBeginning(
      id, v1::ListConflictsRequest(),
      [&](const auto& request) {
        return session.reconciliation().ListConflicts(request);
      },
      [](const auto& page) -> const auto& { return page.conflicts(); });
}

struct Reveal {
  std::vector<std::string> attributes;
  std::string reason;
  // Of an agency's own clerk.
  std::string purpose;
};

absl::StatusOr<v1::GetConflictResponse> Read(Session& session,
                                             const std::string& id,
                                             const Reveal& reveal) {
  auto full_id = FullId(session, id);
  if (!full_id.ok()) return full_id.status();
  v1::GetConflictRequest request;
  request.set_id(*std::move(full_id));
  for (const std::string& attribute : reveal.attributes) {
    if (auto known = CheckAttribute(attribute); !known.ok()) return known;
    request.add_reveal(attribute);
  }
  if (!reveal.attributes.empty()) {
    auto reason = session.GivenOrAsk(
        reveal.reason, Say("Why must it be seen? (no personal values) "));
    if (!reason.ok()) return reason.status();
    request.set_reason(*std::move(reason));
  }
  if (auto set = SetRevealPurpose(reveal.purpose, request); !set.ok()) {
    return set;
  }
  return session.reconciliation().GetConflict(request);
}

void NoteOnOwn(Session& session, const v1::GetConflictResponse& response) {
  session.out().Note(SayReason(WhyNotDecided(response)));
  if (std::ranges::any_of(response.groups(), &v1::ValueGroup::hidden)) {
    session.out().Note(
        Say("To see what others say: wayctl conflict show $0 --reveal $1 "
            "--purpose PURPOSE --reason TEXT",
            response.conflict().id(), response.conflict().attribute()));
  }
}

absl::Status Show(Session& session, const std::string& id,
                  const Reveal& reveal) {
  const auto response = Read(session, id, reveal);
  if (!response.ok()) return response.status();
  session.out().Show(*response,
                     ConflictSheet(*response, session.surroundings()));
  if (response->own()) {
    NoteOnOwn(session, *response);
  } else if (response->proposed() != 0) {
    session.out().Note(NoteOnProposal(response->proposed()));
  } else if (IsOpen(*response)) {
    session.out().Note(Say("To settle it: wayctl conflict decide $0",
                           response->conflict().id()));
  } else if (response->why() == "DECIDED") {
    session.out().Note(Say("To take the decision back: wayctl decision undo $0",
                           DecisionNumbers(*response).raw));
  }
  return absl::OkStatus();
}

// --- decide ---

struct Choice {
  std::string id;
  // An agency, or the letter of a value as shown.
  std::string take;
  std::string claim;
  // As typed; "-" asks for it.
  std::string value;
  std::string evidence;
  bool keep_open = false;
  std::string reason;
  std::string etag;
  bool dry_run = false;
};

// The claim that speaks for the value with this letter, or that this agency
// makes.
absl::StatusOr<std::string> ClaimOf(const v1::GetConflictResponse& response,
                                    const std::string& taken) {
  std::string letter = taken;
  if (letter.size() == 1 && letter[0] >= 'a' && letter[0] <= 'z') {
    letter[0] = static_cast<char>(letter[0] - 'a' + 'A');
  }
  std::vector<std::string> choices;
  // Of the agency's claims, and the values that they speak for.
  std::string claim_of_agency;
  std::vector<std::string> letters_of_agency;
  std::set<std::string> agencies;
  for (int i = 0; i < response.groups_size(); ++i) {
    const v1::ValueGroup& group = response.groups(i);
    if (Letter(i) == letter && !group.claims().empty()) {
      return group.claims(0).id();
    }
    choices.push_back(Letter(i));
    for (const v1::ClaimView& claim : group.claims()) {
      agencies.insert(claim.agency());
      if (claim.agency() != taken) continue;
      claim_of_agency = claim.id();
      if (letters_of_agency.empty() || letters_of_agency.back() != Letter(i)) {
        letters_of_agency.push_back(Letter(i));
      }
    }
  }
  if (letters_of_agency.size() == 1) return claim_of_agency;
  if (letters_of_agency.empty()) {
    choices.insert(choices.end(), agencies.begin(), agencies.end());
  } else {
    // It has several records, or one that is as coarse as two others.
    choices = letters_of_agency;
  }
  return errors::Error("USAGE",
                       {.field = "--take",
                        .rule = Say("one of $0", Joined(choices, Say(", ")))});
}

// By letter or agency, as given or as asked for; who types a wrong one is asked
// again.
absl::StatusOr<std::string> ChosenClaim(Session& session,
                                        const v1::GetConflictResponse& response,
                                        const Choice& choice) {
  if (!choice.claim.empty()) return choice.claim;
  if (!choice.take.empty()) return ClaimOf(response, choice.take);
  if (session.surroundings().in_is_terminal) {
    session.out().Preview(ConflictSheet(response, session.surroundings()));
  }
  for (;;) {
    const auto letter =
        session.Ask(Say("Which value shall stand (its letter)? "));
    if (!letter.ok()) return letter.status();
    auto claim = ClaimOf(response, *letter);
    if (claim.ok()) return claim;
    session.out().Note(
        language::SayRule(errors::ViolationsOf(claim.status()).front().rule));
  }
}

// The value that the clerk sets. Numbers of persons are not for the command
// line, which others can see.
absl::Status SetTyped(Session& session, const v1::GetConflictResponse& response,
                      const Choice& choice, v1::DecideRequest& request) {
  const std::string& attribute = response.conflict().attribute();
  std::string text = choice.value;
  if (text == "-") {
    auto typed =
        session.Ask(Say("$0 as it shall stand: ", SayName(attribute)),
                    /*secret=*/attribute == "identifiers", /*from_pipe=*/true);
    if (!typed.ok()) return typed.status();
    text = *std::move(typed);
  } else if (attribute == "identifiers") {
    return errors::Error("NUMBER_ON_COMMAND_LINE");
  }
  if (text.size() == 1 && ClaimOf(response, text).ok()) {
    return errors::Error(
        "USAGE",
        {.field = "--value",
         .rule = Say("a value itself; --take $0 takes that one", text)});
  }
  auto value = TypedValue(attribute, text);
  if (!value.ok()) return value.status();
  *request.mutable_value() = *std::move(value);
  if (choice.evidence.empty()) return absl::OkStatus();
  const auto evidence = EnumFrom<v1::Evidence>("--evidence", choice.evidence);
  if (!evidence.ok()) return evidence.status();
  request.set_evidence(*evidence);
  return absl::OkStatus();
}

// Whether `request` asks for what can still be decided.
absl::Status CheckOpen(const v1::GetConflictResponse& response,
                       const Choice& choice) {
  if (!choice.etag.empty() && choice.etag != response.conflict().etag()) {
    return errors::Error("CHANGED_MEANWHILE", {.field = "--etag"});
  }
  if (response.why() == "DECIDED") {
    return errors::Error(
        "DECISION_STANDS",
        {.metadata = {{"decision", DecisionNumbers(response).raw}}});
  }
  if (!IsOpen(response)) return errors::Error("NOTHING_TO_DECIDE");
  if (response.proposed() != 0) {
    return errors::Error(
        "DECISION_PROPOSED",
        {.metadata = {{"decision", std::to_string(response.proposed())}}});
  }
  return absl::OkStatus();
}

absl::Status Decide(Session& session, const Choice& choice) {
  const bool takes = !choice.take.empty() || !choice.claim.empty();
  if (takes && (!choice.value.empty() || choice.keep_open)) {
    return errors::Error(
        "USAGE",
        {.rule = Say("one of --take, --claim, --value and --keep-open")});
  }
  const auto response = Read(session, choice.id, {});
  if (!response.ok()) return response.status();
  if (response->own()) return errors::Error(WhyNotDecided(*response));
  if (auto open = CheckOpen(*response, choice); !open.ok()) return open;
  v1::DecideRequest request;
  request.set_subject(response->conflict().id());
  request.set_etag(response->conflict().etag());
  if (choice.keep_open) {
    request.set_kind(v1::Decision::KIND_KEEP_OPEN);
  } else if (!choice.value.empty()) {
    request.set_kind(v1::Decision::KIND_SET_VALUE);
    auto set = SetTyped(session, *response, choice, request);
    if (!set.ok()) return set;
  } else {
    request.set_kind(v1::Decision::KIND_CHOOSE_CLAIM);
    auto claim = ChosenClaim(session, *response, choice);
    if (!claim.ok()) return claim.status();
    request.set_claim(*std::move(claim));
  }
  auto reason =
      session.GivenOrAsk(choice.reason, Say("Reason (no personal values): "));
  if (!reason.ok()) return reason.status();
  request.set_reason(*std::move(reason));
  return Rule(session, std::move(request), choice.dry_run);
}

}  // namespace

void AddConflict(Commands& commands) {
  CLI::App& noun = commands.Noun(
      "conflict", Say("Values that disagree and that no rule settles"));

  const auto filter = std::make_shared<ConflictFilter>();
  CLI::App& list_verb = commands.Verb(
      noun, "list", Say("Open conflicts, oldest first"),
      "wayctl conflict list --attribute birth_date", Needs::kHub,
      [filter](Session& session) { return List(session, *filter); });
  list_verb.add_option("--attribute", filter->attribute,
                       Say("Only of this attribute"));
  list_verb.add_option("--agency", filter->agency,
                       Say("Only those in which this agency has a claim"));
  AddListOptions(list_verb, filter->list);

  struct ShowOptions {
    std::string id;
    Reveal reveal;
  };
  const auto show = std::make_shared<ShowOptions>();
  CLI::App& show_verb = commands.Verb(
      noun, "show", Say("One conflict, its values side by side"),
      "wayctl conflict show c-k3p7w2", Needs::kHub, [show](Session& session) {
        return Show(session, show->id, show->reveal);
      });
  show_verb
      .add_option("ID", show->id,
                  Say("The conflict; its first letters are enough"))
      ->required();
  AddRepeated(
      show_verb, "--reveal", show->reveal.attributes,
      Say("Further attribute of the person to show; audited; may be repeated"));
  show_verb.add_option("--reason", show->reveal.reason,
                       Say("Why it must be seen"));
  AddRevealPurpose(show_verb, show->reveal.purpose);

  const auto choice = std::make_shared<Choice>();
  CLI::App& decide_verb = commands.Verb(
      noun, "decide",
      Say("Rule which value stands, or that none can be told yet; can be "
          "undone"),
      "wayctl conflict decide c-k3p7w2 --take A", Needs::kHub,
      [choice](Session& session) { return Decide(session, *choice); });
  decide_verb
      .add_option("ID", choice->id,
                  Say("The conflict; its first letters are enough"))
      ->required();
  CLI::Option* take = decide_verb.add_option(
      "--take", choice->take,
      Say("Agency whose value stands, or the value's letter"));
  CLI::Option* claim = decide_verb.add_option(
      "--claim", choice->claim,
      Say("Id of the claim that stands, instead of a letter"));
  CLI::Option* value = decide_verb.add_option(
      "--value", choice->value,
      Say("A value that no agency claims: it becomes a claim of the office. A "
          "name, a date, a sex, or the JSON of its message; - asks for it"));
  decide_verb
      .add_option("--evidence", choice->evidence,
                  Say("What that value rests on, such as document_seen"))
      ->needs(value);
  CLI::Option* keep_open = decide_verb.add_flag(
      "--keep-open", choice->keep_open,
      Say("Nothing can be decided now: it leaves the queue until something new "
          "is claimed"));
  // Of more than one at an option, help would name them in any order.
  take->excludes(claim);
  value->excludes(keep_open);
  decide_verb.add_option("--reason", choice->reason,
                         Say("Why, without personal values"));
  decide_verb.add_option("--etag", choice->etag,
                         Say("Only if it is as it was shown: its etag in "
                             "`-o json`"));
  AddDryRun(decide_verb, choice->dry_run);
}

}  // namespace waystation::wayctl
