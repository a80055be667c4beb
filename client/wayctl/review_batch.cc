// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/review_batch.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <vector>

#include "client/wayctl/answer_file.h"
#include "client/wayctl/language.h"
#include "client/wayctl/ruling.h"
#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "proto/language/error_text.h"

namespace waystation::wayctl {
namespace {

// No other row would fare better.
bool EndsAll(const absl::Status& status) {
  constexpr std::string_view kOfOneRow[] = {
      "OWN_PROPOSAL", "CONFLICT_IS_THE_OFFICES", "CORRECT_OWN_RECORD"};
  if (std::ranges::find(kOfOneRow, errors::ReasonOf(status)) !=
      std::end(kOfOneRow)) {
    return false;
  }
  const errors::Exit exit = errors::ReasonRowOf(status).exit;
  return exit == errors::Exit::kUnreachable ||
         exit == errors::Exit::kNotAllowed;
}

Table Rows(const std::vector<Answer>& answers,
           const std::vector<v1::Decision>& decisions) {
  Table table{.columns = {{"line", Say("LINE"), true},
                          {"id", Say("ITEM")},
                          {"answer", Say("ANSWER")},
                          {"decision", Say("DECISION"), true},
                          {"result", Say("RESULT"), false, true}}};
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    const bool done = answer.status.ok() && decisions[i].number() != 0;
    table.rows.push_back(
        {Number(answer.line), answer.id,
         answer.request.kind() == v1::Decision::KIND_UNSPECIFIED ||
                 answer.request.kind() == v1::Decision::KIND_CHOOSE_CLAIM
             ? Cell(answer.answer)
             : EnumOf(answer.request.kind()),
         done ? Number(decisions[i].number()) : Cell(""),
         !answer.status.ok()
             ? Cell(language::Describe(answer.status),
                    std::string(errors::ReasonRowOf(answer.status).name))
         : IsProposed(decisions[i])
             ? Cell(done ? Say("was proposed") : Say("can be proposed"),
                    done ? "proposed" : "can_be_proposed")
             : Cell(done ? Say("was recorded") : Say("can be recorded"),
                    done ? "recorded" : "can_be_recorded")});
  }
  return table;
}

// Sends what is sound, one by one; an answer that fails keeps the error.
absl::Status Send(Session& session, bool validate_only,
                  std::vector<Answer>& answers,
                  std::vector<v1::Decision>& decisions) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].status.ok()) continue;
    session.Progress(
        [&] { return Say("$0 of $1 answers", i, answers.size()); });
    if (answers[i].settle.number() != 0) {
      v1::SettleProposalRequest settle = answers[i].settle;
      settle.set_validate_only(validate_only);
      auto response = session.reconciliation().SettleProposal(settle);
      if (!response.ok() && EndsAll(response.status())) {
        return response.status();
      }
      answers[i].status = response.status();
      if (response.ok()) decisions[i] = response->decision();
      if (validate_only) decisions[i].clear_number();
      continue;
    }
    v1::DecideRequest request = answers[i].request;
    request.set_validate_only(validate_only);
    auto response = session.reconciliation().Decide(request);
    if (!response.ok() && EndsAll(response.status())) return response.status();
    answers[i].status = response.status();
    if (response.ok()) decisions[i] = response->decision();
  }
  session.EndProgress();
  return absl::OkStatus();
}

std::size_t Failed(const std::vector<Answer>& answers) {
  std::size_t failed = 0;
  for (const Answer& answer : answers) failed += answer.status.ok() ? 0 : 1;
  return failed;
}

void Show(Session& session, bool preview, const std::vector<Answer>& answers,
          const std::vector<v1::Decision>& decisions) {
  v1::ListDecisionsResponse recorded;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    // Where the hub went away, the rest has a preview and no number.
    if (answers[i].status.ok() && (preview || decisions[i].number() != 0)) {
      *recorded.add_decisions() = decisions[i];
    }
  }
  session.out().Page(recorded, Rows(answers, decisions));
  session.out().EndList();
  if (session.out().format() == Format::kJson ||
      session.out().format() == Format::kYaml) {
    for (const Answer& answer : answers) {
      if (answer.status.ok()) continue;
      session.out().Warn(
          Say("line $0: $1", answer.line, language::Describe(answer.status)));
    }
  }
}

}  // namespace

absl::Status DecideFile(Session& session, const std::string& path,
                        bool dry_run) {
  const auto text = session.ReadInput(path);
  if (!text.ok()) return text.status();
  auto answers = ReadAnswers(*text);
  if (!answers.ok()) return answers.status();
  std::vector<v1::Decision> decisions(answers->size());
  if (dry_run || !session.options().yes) {
    const auto sent =
        Send(session, /*validate_only=*/true, *answers, decisions);
    if (!sent.ok()) return sent;
    const std::size_t failed = Failed(*answers);
    if (dry_run || failed == answers->size()) {
      if (failed > 0) session.Found();
      Show(session, /*preview=*/true, *answers, decisions);
      return absl::OkStatus();
    }
    session.out().Preview({.sections = {{"", Rows(*answers, decisions)}}});
    const auto yes =
        session.Confirm(Say("Record $0 decisions, and leave $1 rows aside?",
                            answers->size() - failed, failed));
    if (!yes.ok()) return yes;
  }
  const auto sent = Send(session, /*validate_only=*/false, *answers, decisions);
  // What was recorded before the hub went away is shown all the same.
  Show(session, /*preview=*/false, *answers, decisions);
  if (!sent.ok()) return sent;
  if (const std::size_t failed = Failed(*answers); failed > 0) {
    session.Found();
    session.out().Note(
        Say("$0 recorded, $1 not", answers->size() - failed, failed));
  }
  return absl::OkStatus();
}

}  // namespace waystation::wayctl
