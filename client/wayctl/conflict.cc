// SPDX-License-Identifier: Apache-2.0
// wayctl conflict: the reconciliation office's work on values that disagree.
#include <algorithm>
#include <cstddef>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/ruling.h"
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
        Say("$0 open. To see one: wayctl conflict show ID; to "
            "settle it: wayctl conflict decide ID",
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
  table.rows = {{Say("value")},      {Say("source")},   {Say("agency")},
                {Say("evidence")},   {Say("grade")},    {Say("recorded")},
                {Say("valid from")}, {Say("received")}, {Say("remarks")}};
  for (int i = 0; i < response.groups_size(); ++i) {
    const v1::ValueGroup& group = response.groups(i);
    for (const v1::ClaimView& claim : group.claims()) {
      table.columns.push_back({"", Letter(i), false, true});
      std::vector<std::string> remarks;
      if (group.provisional()) remarks.push_back(Say("stands meanwhile"));
      if (group.is_new()) remarks.push_back(Say("new since the decision"));
      const Cell cells[] = {AttributeCell(claim.value(), attribute),
                            AgencyText(claim.agency()),
                            claim.agency(),
                            EnumOf(claim.evidence()),
                            EnumOf(claim.grade()),
                            TimeCell(claim.recorded_time(), surroundings),
                            DateCell(claim.valid_from()),
                            TimeCell(claim.received_time(), surroundings),
                            Joined(remarks, Say(", "))};
      for (std::size_t row = 0; row < table.rows.size(); ++row) {
        table.rows[row].push_back(cells[row]);
      }
    }
  }
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
                          {"is_new", ""}}};
  for (int i = 0; i < response.groups_size(); ++i) {
    const v1::ValueGroup& group = response.groups(i);
    for (const v1::ClaimView& claim : group.claims()) {
      table.rows.push_back(
          {Letter(i), claim.id(), AttributeCell(claim.value(), attribute),
           claim.agency(), EnumOf(claim.evidence()), EnumOf(claim.grade()),
           TimeCell(claim.recorded_time(), surroundings),
           DateCell(claim.valid_from()),
           TimeCell(claim.received_time(), surroundings),
           group.provisional() ? "true" : "false",
           group.is_new() ? "true" : "false"});
    }
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
                {"recipients", Say("Would be told"),
                 response.recipients().empty()
                     ? Cell(Say("nobody"), "")
                     : JoinedCell(response.recipients())}},
      .sections = {{Say("Values"), SideBySide(response, surroundings)}},
      .csv = ClaimRows(response, surroundings)};
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
  return session.reconciliation().GetConflict(request);
}

absl::Status Show(Session& session, const std::string& id,
                  const Reveal& reveal) {
  const auto response = Read(session, id, reveal);
  if (!response.ok()) return response.status();
  session.out().Show(*response,
                     ConflictSheet(*response, session.surroundings()));
  if (IsOpen(*response)) {
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
  std::string value;  // A letter, as shown.
  std::string claim;
  std::string reason;
  std::string etag;
  bool dry_run = false;
};

// The claim that speaks for the value with this letter.
absl::StatusOr<std::string> ClaimOf(const v1::GetConflictResponse& response,
                                    std::string letter) {
  if (letter.size() == 1 && letter[0] >= 'a' && letter[0] <= 'z') {
    letter[0] = static_cast<char>(letter[0] - 'a' + 'A');
  }
  std::vector<std::string> letters;
  for (int i = 0; i < response.groups_size(); ++i) {
    const v1::ValueGroup& group = response.groups(i);
    if (Letter(i) == letter && !group.claims().empty()) {
      return group.claims(0).id();
    }
    letters.push_back(Letter(i));
  }
  return errors::Error("USAGE",
                       {.field = "--value",
                        .rule = Say("one of $0", Joined(letters, Say(", ")))});
}

// By letter, as given or as asked for; who types a wrong one is asked again.
absl::StatusOr<std::string> ChosenClaim(Session& session,
                                        const v1::GetConflictResponse& response,
                                        const Choice& choice) {
  if (!choice.claim.empty()) return choice.claim;
  if (!choice.value.empty()) return ClaimOf(response, choice.value);
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

absl::Status Decide(Session& session, const Choice& choice) {
  const auto response = Read(session, choice.id, {});
  if (!response.ok()) return response.status();
  if (!choice.etag.empty() && choice.etag != response->conflict().etag()) {
    return errors::Error("CHANGED_MEANWHILE", {.field = "--etag"});
  }
  if (response->why() == "DECIDED") {
    return errors::Error(
        "DECISION_STANDS",
        {.metadata = {{"decision", DecisionNumbers(*response).raw}}});
  }
  if (!IsOpen(*response)) return errors::Error("NOTHING_TO_DECIDE");
  auto claim = ChosenClaim(session, *response, choice);
  if (!claim.ok()) return claim.status();
  auto reason =
      session.GivenOrAsk(choice.reason, Say("Reason (no personal values): "));
  if (!reason.ok()) return reason.status();

  v1::DecideRequest request;
  request.set_subject(response->conflict().id());
  request.set_kind(v1::Decision::KIND_CHOOSE_CLAIM);
  request.set_claim(*std::move(claim));
  request.set_reason(*std::move(reason));
  request.set_etag(response->conflict().etag());
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

  const auto choice = std::make_shared<Choice>();
  CLI::App& decide_verb = commands.Verb(
      noun, "decide", Say("Rule which value stands; can be undone"),
      "wayctl conflict decide c-k3p7w2", Needs::kHub,
      [choice](Session& session) { return Decide(session, *choice); });
  decide_verb
      .add_option("ID", choice->id,
                  Say("The conflict; its first letters are enough"))
      ->required();
  decide_verb.add_option("--value", choice->value,
                         Say("Letter of the value that stands"));
  decide_verb
      .add_option("--claim", choice->claim,
                  Say("Id of the claim that stands, instead of a letter"))
      ->excludes("--value");
  decide_verb.add_option("--reason", choice->reason,
                         Say("Why, without personal values"));
  decide_verb.add_option("--etag", choice->etag,
                         Say("Only if it is as it was shown: its etag in "
                             "`-o json`"));
  AddDryRun(decide_verb, choice->dry_run);
}

}  // namespace waystation::wayctl
