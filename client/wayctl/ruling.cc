// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/ruling.h"

#include <iterator>
#include <utility>
#include <vector>

#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {
namespace {

// A value with how it came to stand.
Cell Standing(const v1::Person& value, const std::string& attribute,
              v1::Status status) {
  Cell cell = AttributeCell(value, attribute);
  const Cell how = EnumOf(status);
  if (how.raw.empty()) return cell;
  return {Say("$0 ($1)", cell.shown, how.shown),
          cell.raw + " (" + how.raw + ")"};
}

void NoteUndo(Session& session, const v1::Decision& decision) {
  if (IsProposed(decision)) {
    session.out().Note(NoteOnProposal(decision.number()));
    return;
  }
  session.out().Note(
      Say("Decision $0 was recorded. To take it back: "
          "wayctl decision undo $0",
          decision.number()));
}

}  // namespace

namespace {

bool IsProposal(const v1::Decision& decision) {
  return decision.state() == v1::Decision::STATE_PROPOSED;
}

std::string SettledLabel(v1::Decision::State state) {
  switch (state) {
    case v1::Decision::STATE_REFUSED:
      return Say("Refused by");
    case v1::Decision::STATE_WITHDRAWN:
      return Say("Withdrawn by");
    default:
      return Say("Approved by");
  }
}

}  // namespace

bool IsProposed(const v1::Decision& decision) {
  return decision.state() == v1::Decision::STATE_PROPOSED ||
         decision.undo_proposal().state() == v1::Decision::STATE_PROPOSED;
}

std::string NoteOnProposal(std::uint64_t number) {
  return Say(
      "It waits for another clerk: wayctl decision approve $0, or refuse $0",
      number);
}

Sheet DecisionSheet(const v1::Decision& decision,
                    const Surroundings& surroundings) {
  Sheet sheet{.facts = {{"number", Say("Decision"), Number(decision.number())},
                        {"kind", Say("Ruling"), EnumOf(decision.kind())},
                        {"state", Say("State"), EnumOf(decision.state())},
                        {"subject", Say("On"), decision.subject()}}};
  const auto add = [&](const char* id, const std::string& label, Cell value) {
    if (!value.raw.empty()) {
      sheet.facts.push_back({id, label, std::move(value)});
    }
  };
  if (!decision.attribute().empty()) {
    add("attribute", Say("Attribute"),
        Cell(SayName(decision.attribute()), decision.attribute()));
  }
  add("claim", Say("Claim that stands"), decision.claim());
  add("reason", Say("Reason"), decision.reason());
  const bool was_proposed =
      IsProposal(decision) || !decision.settled_by().empty();
  add("decided_by", was_proposed ? Say("Proposed by") : Say("Decided by"),
      decision.decided_by());
  add("decided_time", was_proposed ? Say("Proposed") : Say("Decided"),
      TimeCell(decision.decided_time(), surroundings));
  add("settled_by", SettledLabel(decision.state()), decision.settled_by());
  add("settled_time", Say("Settled"),
      TimeCell(decision.settled_time(), surroundings));
  add("settled_reason", Say("Why settled so"), decision.settled_reason());
  if (decision.has_undo_proposal()) {
    const auto& undo = decision.undo_proposal();
    add("undo_proposal", Say("Undo"), EnumOf(undo.state()));
    add("undo_proposed_by", Say("Undo proposed by"), undo.proposed_by());
    add("undo_proposed_reason", Say("Why to be undone"), undo.reason());
    add("undo_settled_by", SettledLabel(undo.state()), undo.settled_by());
    add("undo_settled_reason", Say("Why settled so"), undo.settled_reason());
  }
  add("undone_by", Say("Undone by"), decision.undone_by());
  add("undone_time", Say("Undone"),
      TimeCell(decision.undone_time(), surroundings));
  add("undo_reason", Say("Why undone"), decision.undo_reason());
  if (decision.has_leaf()) {
    add("audit_entry", Say("Audit entry"), Number(decision.leaf().index()));
  }
  return sheet;
}

namespace {

std::vector<Fact> BeforeAndAfter(const v1::Decision& decision,
                                 const v1::DecisionEffect& effect) {
  const std::string& attribute = decision.attribute();
  if (attribute.empty()) return {};
  return {{"attribute", Say("Attribute"), Cell(SayName(attribute), attribute)},
          {"before", Say("Stands now"),
           Standing(effect.before(), attribute, effect.status_before())},
          {"after", Say("Will stand"),
           Standing(effect.after(), attribute, effect.status_after())}};
}

// An agency's own clerk does not learn who else knows the person.
void AddTold(const v1::Decision& decision, const v1::DecisionEffect& effect,
             Sheet& sheet) {
  if (decision.decided_by().starts_with("agency/") &&
      effect.recipients().empty()) {
    return;
  }
  sheet.facts.push_back({"recipients", Say("Will be told"),
                         effect.recipients().empty()
                             ? Cell(Say("nobody"), "")
                             : JoinedCell(effect.recipients())});
}

}  // namespace

void AddEffect(const v1::Decision& decision, const v1::DecisionEffect& effect,
               Sheet& sheet) {
  for (Fact& fact : BeforeAndAfter(decision, effect)) {
    sheet.facts.push_back(std::move(fact));
  }
  AddTold(decision, effect, sheet);
}

namespace {

// Nothing of what was shown happens at once.
void AddApproval(bool waits, Sheet& sheet) {
  if (!waits) return;
  sheet.facts.push_back(
      {"approval", Say("Only when"), Say("another clerk has approved it")});
}

// What is about to be written, and who is about to be told.
Sheet DecidePreview(const v1::DecideResponse& response) {
  const v1::Decision& decision = response.decision();
  Sheet sheet{.facts = {{"kind", Say("Ruling"), EnumOf(decision.kind())}}};
  for (Fact& fact : BeforeAndAfter(decision, response.effect())) {
    sheet.facts.push_back(std::move(fact));
  }
  sheet.facts.push_back({"reason", Say("Reason"), decision.reason()});
  sheet.facts.push_back(
      {"decided_by", Say("Decided by"), decision.decided_by()});
  AddTold(decision, response.effect(), sheet);
  AddApproval(IsProposed(decision), sheet);
  return sheet;
}

Sheet UndoPreview(const v1::UndoDecisionResponse& response) {
  const v1::Decision& decision = response.decision();
  Sheet sheet{.facts = {{"number", Say("Decision"), Number(decision.number())},
                        {"kind", Say("Ruling"), EnumOf(decision.kind())}}};
  for (Fact& fact : BeforeAndAfter(decision, response.effect())) {
    sheet.facts.push_back(std::move(fact));
  }
  const Fact facts[] = {
      {"reason", Say("Reason"), decision.reason()},
      {"decided_by", Say("Decided by"), decision.decided_by()},
      {"undo_reason", Say("Why undone"), decision.undo_reason()},
      {"undone_by", Say("Undone by"), decision.undone_by()}};
  sheet.facts.insert(sheet.facts.end(), std::begin(facts), std::end(facts));
  AddTold(decision, response.effect(), sheet);
  AddApproval(IsProposed(decision), sheet);
  return sheet;
}

Sheet SettlePreview(const v1::SettleProposalResponse& response) {
  const v1::Decision& decision = response.decision();
  Sheet sheet{.facts = {{"number", Say("Decision"), Number(decision.number())},
                        {"kind", Say("Ruling"), EnumOf(decision.kind())},
                        {"state", Say("State"), EnumOf(decision.state())}}};
  for (Fact& fact : BeforeAndAfter(decision, response.effect())) {
    sheet.facts.push_back(std::move(fact));
  }
  const bool is_undo =
      decision.undo_proposal().state() == v1::Decision::STATE_UNDONE;
  sheet.facts.push_back({"decided_by", Say("Proposed by"),
                         is_undo ? decision.undo_proposal().proposed_by()
                                 : decision.decided_by()});
  sheet.facts.push_back(
      {"reason", Say("Reason"),
       is_undo ? decision.undo_proposal().reason() : decision.reason()});
  AddTold(decision, response.effect(), sheet);
  return sheet;
}

}  // namespace

absl::Status Rule(Session& session, v1::DecideRequest request, bool dry_run) {
  if (dry_run || !session.options().yes) {
    request.set_validate_only(true);
    const auto preview = session.reconciliation().Decide(request);
    if (!preview.ok()) return preview.status();
    const Sheet sheet = DecidePreview(*preview);
    if (dry_run) {
      session.out().Show(*preview, sheet);
      return absl::OkStatus();
    }
    session.out().Preview(sheet);
    const auto yes = session.Confirm(IsProposed(preview->decision())
                                         ? Say("Propose this decision?")
                                         : Say("Record this decision?"));
    if (!yes.ok()) return yes;
    request.set_validate_only(false);
  }
  const auto response = session.reconciliation().Decide(request);
  if (!response.ok()) return response.status();
  session.out().Show(
      *response, DecisionSheet(response->decision(), session.surroundings()));
  NoteUndo(session, response->decision());
  return absl::OkStatus();
}

absl::Status Undo(Session& session, v1::UndoDecisionRequest request,
                  bool dry_run) {
  if (dry_run || !session.options().yes) {
    request.set_validate_only(true);
    const auto preview = session.reconciliation().UndoDecision(request);
    if (!preview.ok()) return preview.status();
    const Sheet sheet = UndoPreview(*preview);
    if (dry_run) {
      session.out().Show(*preview, sheet);
      return absl::OkStatus();
    }
    session.out().Preview(sheet);
    const auto yes =
        session.Confirm(IsProposed(preview->decision())
                            ? Say("Propose to take this decision back?")
                            : Say("Take this decision back?"));
    if (!yes.ok()) return yes;
    request.set_validate_only(false);
  }
  const auto response = session.reconciliation().UndoDecision(request);
  if (!response.ok()) return response.status();
  session.out().Show(
      *response, DecisionSheet(response->decision(), session.surroundings()));
  if (IsProposed(response->decision())) NoteUndo(session, response->decision());
  return absl::OkStatus();
}

absl::Status Settle(Session& session, v1::SettleProposalRequest request,
                    bool dry_run) {
  const bool asks =
      request.answer() == v1::SettleProposalRequest::ANSWER_APPROVE &&
      !session.options().yes;
  if (dry_run || asks) {
    request.set_validate_only(true);
    const auto preview = session.reconciliation().SettleProposal(request);
    if (!preview.ok()) return preview.status();
    const Sheet sheet = SettlePreview(*preview);
    if (dry_run) {
      session.out().Show(*preview, sheet);
      return absl::OkStatus();
    }
    session.out().Preview(sheet);
    const auto yes = session.Confirm(Say("Approve this?"));
    if (!yes.ok()) return yes;
    request.set_validate_only(false);
  }
  const auto response = session.reconciliation().SettleProposal(request);
  if (!response.ok()) return response.status();
  session.out().Show(
      *response, DecisionSheet(response->decision(), session.surroundings()));
  return absl::OkStatus();
}

}  // namespace waystation::wayctl
