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
  session.out().Note(
      Say("Decision $0 was recorded. To take it back: "
          "wayctl decision undo $0",
          decision.number()));
}

}  // namespace

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
  add("decided_by", Say("Decided by"), decision.decided_by());
  add("decided_time", Say("Decided"),
      TimeCell(decision.decided_time(), surroundings));
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

Fact Told(const v1::DecisionEffect& effect) {
  return {"recipients", Say("Will be told"),
          effect.recipients().empty() ? Cell(Say("nobody"), "")
                                      : JoinedCell(effect.recipients())};
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
  sheet.facts.push_back(Told(response.effect()));
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
      {"undone_by", Say("Undone by"), decision.undone_by()},
      Told(response.effect())};
  sheet.facts.insert(sheet.facts.end(), std::begin(facts), std::end(facts));
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
    const auto yes = session.Confirm(Say("Record this decision?"));
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
    const auto yes = session.Confirm(Say("Take this decision back?"));
    if (!yes.ok()) return yes;
    request.set_validate_only(false);
  }
  const auto response = session.reconciliation().UndoDecision(request);
  if (!response.ok()) return response.status();
  session.out().Show(
      *response, DecisionSheet(response->decision(), session.surroundings()));
  return absl::OkStatus();
}

}  // namespace waystation::wayctl
