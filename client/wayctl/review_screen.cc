// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/review_screen.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/wayctl/language.h"
#include "client/wayctl/own_conflict.h"
#include "client/wayctl/pair_view.h"
#include "client/wayctl/ruling.h"
#include "client/wayctl/values.h"

namespace waystation::wayctl {
namespace {

// "=" where all say the same, "!" where two differ, "?" where one says nothing.
std::string SignOf(const std::vector<std::string>& said) {
  const bool missing = std::ranges::any_of(said, &std::string::empty);
  std::set<std::string> values(said.begin(), said.end());
  values.erase("");
  if (values.size() > 1) return "!";
  return missing ? "?" : "=";
}

Fact OpenSince(const v1::ReviewItem& item, const Surroundings& surroundings) {
  Cell since = TimeCell(item.opened_time(), surroundings);
  if (item.reopened()) since.shown += Say(", reopened");
  return {"opened_time", Say("Open since"), std::move(since)};
}

void AddUnsure(const v1::ReviewItem& item, Sheet& sheet) {
  if (item.unsure().empty()) return;
  std::vector<std::string> numbers;
  for (const std::uint64_t number : item.unsure()) {
    numbers.push_back(std::to_string(number));
  }
  sheet.facts.push_back(
      {"unsure", Say("Others were unsure, by decision"), JoinedCell(numbers)});
}

Fact Why(const v1::ReviewItem& item) {
  return {"why", Say("Why it is open"),
          Cell(SayReason(item.why()), item.why())};
}

}  // namespace

Sheet PairScreen(const v1::ReviewItem& item,
                 const v1::GetCandidateResponse& shown, bool blind,
                 const Surroundings& surroundings) {
  Table table{.columns = {{"attribute", ""},
                          {"sign", ""},
                          {"record_a", "A", false, true},
                          {"record_b", "B", false, true}}};
  table.rows.push_back({Say("agency"), "", shown.candidate().agency_a(),
                        shown.candidate().agency_b()});
  if (!shown.record_key_a().empty()) {
    table.rows.push_back(
        {Say("record key"), "", shown.record_key_a(), shown.record_key_b()});
  }
  std::vector<std::string> attributes = SetAttributes(shown.record_a());
  for (const std::string& attribute : SetAttributes(shown.record_b())) {
    if (std::ranges::find(attributes, attribute) == attributes.end()) {
      attributes.push_back(attribute);
    }
  }
  for (const std::string& attribute : attributes) {
    const Cell a = AttributeCell(shown.record_a(), attribute);
    const Cell b = AttributeCell(shown.record_b(), attribute);
    table.rows.push_back(
        {Cell(SayName(attribute), attribute), SignOf({a.raw, b.raw}), a, b});
  }
  const std::string& id = shown.candidate().id();
  Sheet sheet{
      .facts = {{"id",
                 id.starts_with("s-") ? Say("Drawn pair") : Say("Candidate"),
                 id},
                Why(item),
                OpenSince(item, surroundings)},
      .sections = {{Say("Records"), std::move(table)}}};
  if (!blind) {
    sheet.facts.push_back(
        {"score", Say("Evidence, in bits"), WeightCell(shown.score())});
  }
  AddUnsure(item, sheet);
  return sheet;
}

Sheet ValuesScreen(const v1::ReviewItem& item,
                   const v1::GetConflictResponse& shown,
                   const Surroundings& surroundings) {
  const std::string& attribute = shown.conflict().attribute();
  struct Line {
    std::string label;
    std::vector<std::string> said = {};
  };
  Line lines[] = {{SayName(attribute)}, {Say("agency")}, {Say("record key")},
                  {Say("evidence")},    {Say("grade")},  {Say("recorded")},
                  {Say("valid from")},  {Say("remarks")}};
  Table table{.columns = {{"", ""}, {"", ""}}};
  for (int i = 0; i < shown.groups_size(); ++i) {
    const v1::ValueGroup& group = shown.groups(i);
    table.columns.push_back({"", std::to_string(i + 1), false, true});
    // Who says it, what for, and since when; each once.
    std::vector<std::string> parts[6];
    const auto add = [&](std::size_t part, const Cell& cell) {
      if (!cell.shown.empty() &&
          std::ranges::find(parts[part], cell.shown) == parts[part].end()) {
        parts[part].push_back(cell.shown);
      }
    };
    for (const v1::ClaimView& claim : ClaimsOf(group)) {
      add(0, IsOthers(shown, claim) && claim.agency().empty() ? Say("others")
                                                              : claim.agency());
      add(1, claim.record_key());
      add(2, EnumOf(claim.evidence()));
      add(3, EnumOf(claim.grade()));
      add(4, TimeCell(claim.recorded_time(), surroundings));
      add(5, DateCell(claim.valid_from()));
    }
    lines[0].said.push_back(
        group.hidden() ? Say("differs, not shown")
                       : AttributeCell(group.value(), attribute).shown);
    for (std::size_t part = 0; part < std::size(parts); ++part) {
      lines[part + 1].said.push_back(Joined(parts[part], Say(", ")));
    }
    lines[7].said.push_back(Joined(RemarksOn(group), Say(", ")));
  }
  for (const Line& line : lines) {
    if (std::ranges::all_of(line.said, &std::string::empty)) continue;
    std::vector<Cell> row{line.label, SignOf(line.said)};
    row.insert(row.end(), line.said.begin(), line.said.end());
    table.rows.push_back(std::move(row));
  }
  std::vector<std::string> around;
  for (const std::string& name : SetAttributes(shown.person())) {
    around.push_back(SayName(name) + " " +
                     AttributeCell(shown.person(), name).shown);
  }
  Sheet sheet{.facts = {{"id", Say("Conflict"), shown.conflict().id()},
                        Why(item),
                        OpenSince(item, surroundings),
                        {"person", Say("Person"), Joined(around, Say("; "))}},
              .sections = {{Say("Values"), std::move(table)}}};
  AddUnsure(item, sheet);
  return sheet;
}

Sheet ProposalScreen(const v1::Decision& proposed,
                     const v1::DecisionEffect& effect) {
  const bool is_undo =
      proposed.undo_proposal().state() == v1::Decision::STATE_PROPOSED;
  Cell ruling = EnumOf(proposed.kind());
  if (is_undo) ruling.shown = Say("undo of $0", ruling.shown);
  Sheet sheet{
      .facts = {
          {"number", Say("Proposed: decision"), Number(proposed.number())},
          {"kind", Say("Ruling"), std::move(ruling)},
          {"proposed_by", Say("Proposed by"),
           is_undo ? proposed.undo_proposal().proposed_by()
                   : proposed.decided_by()},
          {"reason", Say("Reason"),
           is_undo ? proposed.undo_proposal().reason() : proposed.reason()}}};
  AddEffect(proposed, effect, sheet);
  return sheet;
}

Sheet PairWhy(const v1::GetCandidateResponse& shown) {
  return {
      .facts = {{"score", Say("Evidence, in bits"), WeightCell(shown.score())},
                {"rules_version", Say("By the rules"),
                 Cell(shown.rules_version())}},
      .sections = {{Say("What speaks for one person, and what against"),
                    ContributionRows(shown.contributions())}}};
}

Sheet ValuesWhy(const v1::GetConflictResponse& shown) {
  std::vector<std::string> criteria;
  for (const int criterion : shown.rule()) {
    criteria.push_back(EnumOf(static_cast<v1::Criterion>(criterion)).shown);
  }
  Sheet sheet{
      .facts = {{"why", Say("Why it is open"),
                 Cell(SayReason(shown.why()), shown.why())},
                {"rule", Say("Rule, in order"), Joined(criteria, Say(", "))}}};
  if (!shown.own()) {
    sheet.facts.push_back({"recipients", Say("Would be told"),
                           shown.recipients().empty()
                               ? Cell(Say("nobody"), "")
                               : JoinedCell(shown.recipients())});
  }
  return sheet;
}

}  // namespace waystation::wayctl
