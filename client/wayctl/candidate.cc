// SPDX-License-Identifier: Apache-2.0
// wayctl candidate: pairs of records that may be one person.
#include <set>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/pair_view.h"
#include "client/wayctl/ruling.h"
#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 500;
// Of the bar that shows a weight: one sign a bit.

Table CandidateRows(const v1::ListCandidatesResponse& page,
                    const Surroundings& surroundings) {
  Table table{.columns = {{"id", Say("CANDIDATE")},
                          {"why", Say("WHY"), false, true},
                          {"opened_time", Say("OPEN SINCE")},
                          {"agency_a", Say("A RECORD OF")},
                          {"agency_b", Say("AND ONE OF")}}};
  for (const v1::Candidate& candidate : page.candidates()) {
    table.rows.push_back({candidate.id(),
                          Cell(SayReason(candidate.why()), candidate.why()),
                          TimeCell(candidate.opened_time(), surroundings),
                          candidate.agency_a(), candidate.agency_b()});
  }
  return table;
}

absl::Status List(Session& session, const ListOptions& options) {
  return ShowPages(
      session, options, kMostPerPage, v1::ListCandidatesRequest(),
      [&](const auto& request) {
        return session.reconciliation().ListCandidates(request);
      },
      [&](const auto& page) {
        return CandidateRows(page, session.surroundings());
      });
}

Sheet CandidateSheet(const v1::GetCandidateResponse& response,
                     const Surroundings& surroundings) {
  const v1::Candidate& candidate = response.candidate();
  Table table{.columns = {{"attribute", ""},
                          {"record_a", candidate.agency_a(), false, true},
                          {"record_b", candidate.agency_b(), false, true}}};
  if (!response.record_key_a().empty()) {
    table.rows.push_back({Cell(Say("record key"), "record_key"),
                          response.record_key_a(), response.record_key_b()});
  }
  std::set<std::string> seen;
  for (const v1::Person* record :
       {&response.record_a(), &response.record_b()}) {
    for (const std::string& attribute : SetAttributes(*record)) {
      if (!seen.insert(attribute).second) continue;
      table.rows.push_back({Cell(SayName(attribute), attribute),
                            AttributeCell(response.record_a(), attribute),
                            AttributeCell(response.record_b(), attribute)});
    }
  }
  return {.facts = {{"id", Say("Candidate"), candidate.id()},
                    {"why", Say("Why it is open"),
                     Cell(SayReason(candidate.why()), candidate.why())},
                    {"opened_time", Say("Open since"),
                     TimeCell(candidate.opened_time(), surroundings)},
                    {"score", Say("Evidence, in bits"),
                     WeightCell(response.score())},
                    {"rules_version", Say("By the rules"),
                     Cell(response.rules_version())}},
          .sections = {{Say("Records"), std::move(table)},
                       {Say("What speaks for one person, and what against"),
                        ContributionRows(response.contributions())}}};
}

absl::StatusOr<std::string> FullId(Session& session, const std::string& id) {
  return OnlyOneBeginning(
      id, v1::ListCandidatesRequest(),
      [&](const auto& request) {
        return session.reconciliation().ListCandidates(request);
      },
      [](const auto& page) -> const auto& { return page.candidates(); });
}

struct Reveal {
  std::vector<std::string> attributes;
  std::string reason;
};

absl::StatusOr<v1::GetCandidateResponse> Read(Session& session,
                                              const std::string& id,
                                              const Reveal& reveal) {
  auto full_id = FullId(session, id);
  if (!full_id.ok()) return full_id.status();
  v1::GetCandidateRequest request;
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
  return session.reconciliation().GetCandidate(request);
}

absl::Status Show(Session& session, const std::string& id,
                  const Reveal& reveal) {
  const auto response = Read(session, id, reveal);
  if (!response.ok()) return response.status();
  session.out().Show(*response,
                     CandidateSheet(*response, session.surroundings()));
  const v1::Candidate& candidate = response->candidate();
  // What is not open any more has no reason for it.
  if (candidate.why().empty()) {
    session.out().Note(
        Say("It is settled: wayctl decision list --on $0", candidate.id()));
  } else {
    session.out().Note(
        Say("To settle it: wayctl candidate decide $0", candidate.id()));
  }
  return absl::OkStatus();
}

struct Choice {
  std::string id;
  bool same = false;
  bool different = false;
  std::string reason;
  std::string etag;
  bool dry_run = false;
};

absl::StatusOr<v1::Decision::Kind> ChosenKind(Session& session,
                                              const Choice& choice) {
  if (choice.same) return v1::Decision::KIND_SAME;
  if (choice.different) return v1::Decision::KIND_DIFFERENT;
  for (;;) {
    const auto answer =
        session.Ask(Say("One person or two? [same/different] "));
    if (!answer.ok()) return answer.status();
    for (const auto kind :
         {v1::Decision::KIND_SAME, v1::Decision::KIND_DIFFERENT}) {
      const Cell cell = EnumOf(kind);
      if (*answer == cell.raw || *answer == cell.shown) return kind;
    }
  }
}

absl::Status Decide(Session& session, const Choice& choice) {
  const auto response = Read(session, choice.id, {});
  if (!response.ok()) return response.status();
  if (!choice.etag.empty() && choice.etag != response->candidate().etag()) {
    return errors::Error("CHANGED_MEANWHILE", {.field = "--etag"});
  }
  if (response->candidate().why().empty()) {
    return errors::Error("NOTHING_TO_DECIDE");
  }
  if (!choice.same && !choice.different &&
      session.surroundings().in_is_terminal) {
    session.out().Preview(CandidateSheet(*response, session.surroundings()));
  }
  const auto kind = ChosenKind(session, choice);
  if (!kind.ok()) return kind.status();
  auto reason =
      session.GivenOrAsk(choice.reason, Say("Reason (no personal values): "));
  if (!reason.ok()) return reason.status();

  v1::DecideRequest request;
  request.set_subject(response->candidate().id());
  request.set_kind(*kind);
  request.set_reason(*std::move(reason));
  request.set_etag(response->candidate().etag());
  return Rule(session, std::move(request), choice.dry_run);
}

}  // namespace

void AddCandidate(Commands& commands) {
  CLI::App& noun = commands.Noun(
      "candidate", Say("Pairs of records that may be one person"));

  const auto list = std::make_shared<ListOptions>();
  CLI::App& list_verb =
      commands.Verb(noun, "list", Say("Open pairs, oldest first"),
                    "wayctl candidate list --limit 20", Needs::kHub,
                    [list](Session& session) { return List(session, *list); });
  AddListOptions(list_verb, *list);

  struct ShowOptions {
    std::string id;
    Reveal reveal;
  };
  const auto show = std::make_shared<ShowOptions>();
  CLI::App& show_verb = commands.Verb(
      noun, "show", Say("One pair, side by side"),
      "wayctl candidate show k-m4q6z5", Needs::kHub, [show](Session& session) {
        return Show(session, show->id, show->reveal);
      });
  show_verb
      .add_option("ID", show->id, Say("The pair; its first letters are enough"))
      ->required();
  AddRepeated(show_verb, "--reveal", show->reveal.attributes,
              Say("Attribute to show unmasked; audited; may be "
                  "repeated"));
  show_verb.add_option("--reason", show->reveal.reason,
                       Say("Why it must be seen"));

  const auto choice = std::make_shared<Choice>();
  CLI::App& decide_verb = commands.Verb(
      noun, "decide", Say("Rule whether it is one person; can be undone"),
      "wayctl candidate decide k-m4q6z5", Needs::kHub,
      [choice](Session& session) { return Decide(session, *choice); });
  decide_verb
      .add_option("ID", choice->id,
                  Say("The pair; its first letters are enough"))
      ->required();
  decide_verb.add_flag("--same", choice->same, Say("It is one person"));
  decide_verb
      .add_flag("--different", choice->different, Say("They are two persons"))
      ->excludes("--same");
  decide_verb.add_option("--reason", choice->reason,
                         Say("Why, without personal values"));
  decide_verb.add_option("--etag", choice->etag,
                         Say("Only if it is as it was shown: its etag in "
                             "`-o json`"));
  AddDryRun(decide_verb, choice->dry_run);
}

}  // namespace waystation::wayctl
