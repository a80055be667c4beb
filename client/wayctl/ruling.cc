// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/ruling.h"

#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {
namespace {

// A value with how it came to stand.
Cell Standing(const v1::Person& value, const std::string& attribute,
              v1::Status status) {
  const std::string text = AttributeText(value, attribute);
  const Cell how = EnumOf(status);
  if (how.raw.empty()) return Cell(text);
  return {text + " (" + how.shown + ")", text + " (" + how.raw + ")"};
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
    if (!value.raw.empty())
      sheet.facts.push_back({id, label, std::move(value)});
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

Sheet EffectSheet(const v1::Decision& decision,
                  const v1::DecisionEffect& effect) {
  Sheet sheet;
  if (!decision.attribute().empty()) {
    const std::string& attribute = decision.attribute();
    sheet.facts = {
        {"attribute", Say("Attribute"), Cell(SayName(attribute), attribute)},
        {"before", Say("Stands now"),
         Standing(effect.before(), attribute, effect.status_before())},
        {"after", Say("Will stand"),
         Standing(effect.after(), attribute, effect.status_after())}};
  } else {
    sheet.facts = {{"kind", Say("Ruling"), EnumOf(decision.kind())}};
  }
  sheet.facts.push_back({"recipients", Say("Will be told"),
                         effect.recipients().empty()
                             ? Cell(Say("nobody"), "")
                             : Cell(Joined(effect.recipients()))});
  return sheet;
}

absl::Status Rule(Session& session, v1::DecideRequest request, bool dry_run) {
  if (dry_run || !session.options().yes) {
    request.set_validate_only(true);
    const auto preview = session.reconciliation().Decide(request);
    if (!preview.ok()) return preview.status();
    const Sheet effect = EffectSheet(preview->decision(), preview->effect());
    if (dry_run) {
      session.out().Show(*preview, effect);
      return absl::OkStatus();
    }
    session.out().Preview(effect);
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
    const Sheet effect = EffectSheet(preview->decision(), preview->effect());
    if (dry_run) {
      session.out().Show(*preview, effect);
      return absl::OkStatus();
    }
    session.out().Preview(
        DecisionSheet(preview->decision(), session.surroundings()));
    session.out().Preview(effect);
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
