// SPDX-License-Identifier: Apache-2.0
// wayctl decision: what the reconciliation office ruled.
#include <cstdint>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/ruling.h"
#include "client/wayctl/values.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 500;

Cell StateCell(const v1::Decision& decision) {
  Cell state = EnumOf(decision.state());
  if (decision.state() != v1::Decision::STATE_PROPOSED &&
      IsProposed(decision)) {
    state.shown = Say("$0; undo proposed", state.shown);
  }
  return state;
}

Table DecisionRows(const v1::ListDecisionsResponse& page,
                   const Surroundings& surroundings) {
  Table table{.columns = {{"number", Say("DECISION"), true},
                          {"kind", Say("RULING")},
                          {"attribute", Say("ATTRIBUTE")},
                          {"state", Say("STATE")},
                          {"decided_time", Say("DECIDED")},
                          {"decided_by", Say("BY")},
                          {"subject", Say("ON"), false, true},
                          {"reason", Say("REASON"), false, true}}};
  for (const v1::Decision& decision : page.decisions()) {
    table.rows.push_back(
        {Number(decision.number()), EnumOf(decision.kind()),
         decision.attribute().empty()
             ? Cell("")
             : Cell(SayName(decision.attribute()), decision.attribute()),
         StateCell(decision), TimeCell(decision.decided_time(), surroundings),
         decision.decided_by(), decision.subject(), decision.reason()});
  }
  return table;
}

absl::Status List(Session& session, const ListOptions& options,
                  const std::string& subject) {
  v1::ListDecisionsRequest request;
  request.set_subject(subject);
  return ShowPages(
      session, options, kMostPerPage, request,
      [&](const auto& page_request) {
        return session.reconciliation().ListDecisions(page_request);
      },
      [&](const auto& page) {
        return DecisionRows(page, session.surroundings());
      });
}

absl::Status Show(Session& session, std::uint64_t number) {
  v1::GetDecisionRequest request;
  request.set_number(number);
  const auto response = session.reconciliation().GetDecision(request);
  if (!response.ok()) return response.status();
  session.out().Show(
      *response, DecisionSheet(response->decision(), session.surroundings()));
  return absl::OkStatus();
}

absl::Status UndoOne(Session& session, std::uint64_t number,
                     const std::string& given_reason, bool dry_run) {
  auto reason =
      session.GivenOrAsk(given_reason, Say("Reason (no personal values): "));
  if (!reason.ok()) return reason.status();
  v1::UndoDecisionRequest request;
  request.set_number(number);
  request.set_reason(*std::move(reason));
  return Undo(session, std::move(request), dry_run);
}

using Answer = v1::SettleProposalRequest;

absl::Status SettleOne(Session& session, std::uint64_t number,
                       Answer::Answer answer, const std::string& given_reason,
                       bool dry_run) {
  Answer request;
  request.set_number(number);
  request.set_answer(answer);
  request.set_reason(given_reason);
  if (answer != Answer::ANSWER_APPROVE) {
    auto reason =
        session.GivenOrAsk(given_reason, Say("Reason (no personal values): "));
    if (!reason.ok()) return reason.status();
    request.set_reason(*std::move(reason));
  }
  return Settle(session, std::move(request), dry_run);
}

}  // namespace

void AddDecision(Commands& commands) {
  CLI::App& noun = commands.Noun("decision", Say("What the office ruled"));

  struct ListedOptions {
    ListOptions list;
    std::string subject;
  };
  const auto list = std::make_shared<ListedOptions>();
  CLI::App& list_verb = commands.Verb(
      noun, "list",
      Say("Decisions, those that wait and those taken back included"),
      "wayctl decision list --on c-k3p7w2", Needs::kHub,
      [list](Session& session) {
        return List(session, list->list, list->subject);
      });
  list_verb.add_option("--on", list->subject,
                       Say("Only on this conflict or candidate"));
  AddListOptions(list_verb, list->list);

  struct OneOptions {
    std::uint64_t number = 0;
    std::string reason;
    bool dry_run = false;
  };
  const auto one = std::make_shared<OneOptions>();
  CLI::App& show_verb = commands.Verb(
      noun, "show", Say("One decision"), "wayctl decision show 4", Needs::kHub,
      [one](Session& session) { return Show(session, one->number); });
  show_verb.add_option("NUMBER", one->number, Say("The decision"))->required();

  CLI::App& undo_verb = commands.Verb(
      noun, "undo", Say("Take a decision back; what stood before stands again"),
      "wayctl decision undo 4", Needs::kHub, [one](Session& session) {
        return UndoOne(session, one->number, one->reason, one->dry_run);
      });
  undo_verb.add_option("NUMBER", one->number, Say("The decision"))->required();
  undo_verb.add_option("--reason", one->reason,
                       Say("Why, without personal values"));
  AddDryRun(undo_verb, one->dry_run);

  struct Way {
    const char* verb;
    std::string help;
    const char* example;
    Answer::Answer answer;
  };
  const Way ways[] = {
      {"approve", Say("Let what another clerk proposed stand"),
       "wayctl decision approve 4", Answer::ANSWER_APPROVE},
      {"refuse", Say("Say no to what another clerk proposed"),
       "wayctl decision refuse 4 --reason 'the card was not seen'",
       Answer::ANSWER_REFUSE},
      {"withdraw", Say("Take back what you proposed, before it stands"),
       "wayctl decision withdraw 4 --reason 'the wrong one'",
       Answer::ANSWER_WITHDRAW}};
  for (const Way& way : ways) {
    CLI::App& verb =
        commands.Verb(noun, way.verb, way.help, way.example, Needs::kHub,
                      [one, answer = way.answer](Session& session) {
                        return SettleOne(session, one->number, answer,
                                         one->reason, one->dry_run);
                      });
    verb.add_option("NUMBER", one->number,
                    Say("The decision that waits, or whose undo does"))
        ->required();
    verb.add_option("--reason", one->reason,
                    Say("Why, without personal values"));
    AddDryRun(verb, one->dry_run);
  }
}

}  // namespace waystation::wayctl
