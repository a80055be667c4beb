// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/review_loop.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "client/wayctl/language.h"
#include "client/wayctl/own_conflict.h"
#include "client/wayctl/review_screen.h"
#include "client/wayctl/ruling.h"
#include "client/wayctl/typed_value.h"
#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "proto/language/error_text.h"

namespace waystation::wayctl {
namespace {

class Loop {
 public:
  Loop(Session& session, const v1::ReviewFilter& filter, bool blind)
      : session_(session), filter_(filter), blind_(blind) {}

  absl::Status Run() {
    session_.out().Note(Say(
        "= the same, ! different, ? one says nothing. ? explains the keys."));
    if (auto status = Fetch(/*behind=*/false); !status.ok()) return status;
    while (!quit_) {
      auto status = !item_.has_value() ? AskAtTheEnd()
                    : shown_           ? AskForKey()
                                       : ShowItem();
      if (!status.ok()) status = Recover(status);
      if (!status.ok()) return status;
    }
    session_.out().Note(
        Say("$0 answered in this sitting.", answers_.size() + settled_));
    return absl::OkStatus();
  }

 private:
  struct Given {
    std::uint64_t decision = 0;
    std::string item;
    // It waits for a second person.
    bool proposed = false;
  };

  // --- which item ---

  void Take(v1::ReviewItem item) {
    item_ = std::move(item);
    pair_.reset();
    values_.reset();
    shown_ = false;
  }

  // The next one; with `behind`, what stands behind the one before.
  absl::Status Fetch(bool behind) {
    v1::NextReviewItemRequest request;
    *request.mutable_filter() = filter_;
    if (behind) request.set_page_token(token_);
    auto next = session_.reconciliation().NextReviewItem(request);
    if (next.ok() && behind && !next->has_item()) {
      session_.out().Note(Say("That was the last one: from the start again."));
      request.clear_page_token();
      next = session_.reconciliation().NextReviewItem(request);
    }
    if (!next.ok()) return next.status();
    if (!next->has_item()) {
      item_.reset();
      return absl::OkStatus();
    }
    token_ = next->page_token();
    Take(std::move(*next->mutable_item()));
    return absl::OkStatus();
  }

  absl::Status Release() {
    v1::ReleaseReviewItemRequest request;
    request.set_id(item_->id());
    return session_.reconciliation().ReleaseReviewItem(request).status();
  }

  absl::Status Claim(const std::string& id) {
    v1::ClaimReviewItemRequest request;
    request.set_id(id);
    auto claimed = session_.reconciliation().ClaimReviewItem(request);
    if (!claimed.ok()) return claimed.status();
    Take(std::move(*claimed->mutable_item()));
    return absl::OkStatus();
  }

  absl::Status GoOn() {
    passed_.push_back(item_->id());
    if (auto status = Release(); !status.ok()) return status;
    return Fetch(/*behind=*/true);
  }

  absl::Status GoBack() {
    if (passed_.empty()) {
      session_.out().Note(Say("There is nothing before this one."));
      return absl::OkStatus();
    }
    const std::string before = passed_.back();
    passed_.pop_back();
    const std::string here = item_->id();
    if (auto status = Claim(before); !status.ok()) {
      if (errors::ReasonOf(status) != "NOT_AVAILABLE") return status;
      session_.out().Note(
          Say("$0 is settled; z takes your last answer back.", before));
      return absl::OkStatus();
    }
    v1::ReleaseReviewItemRequest request;
    request.set_id(here);
    return session_.reconciliation().ReleaseReviewItem(request).status();
  }

  // --- what is shown ---

  bool is_proposal() const {
    return item_->kind() == v1::ReviewItem::KIND_PROPOSAL;
  }
  // What is shown: the item, or what a proposal rules on.
  const std::string& subject() const {
    return is_proposal() ? item_->subject() : item_->id();
  }
  // A conflict at an agency: it is looked at there, and not decided.
  bool is_own_conflict() const { return values_.has_value() && values_->own(); }
  bool is_drawn() const { return subject().starts_with("s-"); }
  bool is_pair() const { return subject().starts_with("k-") || is_drawn(); }
  bool is_blind() const { return blind_ || is_drawn(); }

  absl::Status Read(const std::vector<std::string>& reveal,
                    const std::string& reason,
                    const std::string& purpose = {}) {
    const auto fill = [&](auto request) {
      request.set_id(subject());
      request.mutable_reveal()->Assign(reveal.begin(), reveal.end());
      request.set_reason(reason);
      return request;
    };
    if (is_pair()) {
      auto read = session_.reconciliation().GetCandidate(
          fill(v1::GetCandidateRequest()));
      if (!read.ok()) return read.status();
      pair_ = *std::move(read);
    } else {
      v1::GetConflictRequest request = fill(v1::GetConflictRequest());
      if (auto set = SetRevealPurpose(purpose, request); !set.ok()) return set;
      auto read = session_.reconciliation().GetConflict(request);
      if (!read.ok()) return read.status();
      values_ = *std::move(read);
    }
    proposed_.Clear();
    if (!is_proposal()) return absl::OkStatus();
    v1::GetDecisionRequest request;
    request.set_number(item_->proposed());
    auto read = session_.reconciliation().GetDecision(request);
    if (!read.ok()) return read.status();
    proposed_ = std::move(*read->mutable_decision());
    // What it would change; where that cannot be, the clerk is told why.
    v1::SettleProposalRequest preview;
    preview.set_number(item_->proposed());
    preview.set_answer(v1::SettleProposalRequest::ANSWER_APPROVE);
    preview.set_validate_only(true);
    effect_.Clear();
    const auto approved = session_.reconciliation().SettleProposal(preview);
    if (approved.ok()) effect_ = approved->effect();
    problem_ = approved.status();
    return absl::OkStatus();
  }

  absl::Status ShowItem() {
    if (!pair_.has_value() && !values_.has_value()) {
      if (auto status = Read({}, ""); !status.ok()) return status;
    }
    shown_ = true;
    session_.out().Note("");
    const Surroundings& surroundings = session_.surroundings();
    session_.out().Preview(
        is_pair() ? PairScreen(*item_, *pair_, is_blind(), surroundings)
                  : ValuesScreen(*item_, *values_, surroundings));
    if (!is_proposal()) return absl::OkStatus();
    session_.out().Preview(ProposalScreen(proposed_, effect_));
    if (!problem_.ok()) session_.out().Warn(language::Describe(problem_));
    return absl::OkStatus();
  }

  absl::Status Reveal() {
    const auto attribute = session_.Ask(Say("Which attribute is to be seen? "));
    if (!attribute.ok() || attribute->empty()) return attribute.status();
    if (auto known = CheckAttribute(*attribute); !known.ok()) return known;
    const auto reason =
        session_.Ask(Say("Why must it be seen? (no personal values) "));
    if (!reason.ok() || reason->empty()) return reason.status();
    std::string purpose;
    if (is_own_conflict() && *attribute == values_->conflict().attribute() &&
        WhyNotDecided(*values_) != "CORRECT_OWN_RECORD") {
      auto given = session_.Ask(Say("For which purpose? "));
      if (!given.ok() || given->empty()) return given.status();
      purpose = *std::move(given);
    }
    auto status = Read({*attribute}, *reason, purpose);
    shown_ = !status.ok();
    return status;
  }

  absl::Status History() {
    if (is_own_conflict()) {
      session_.out().Note(
          Say("The reconciliation office rules on conflicts; what it ruled is "
              "not shown here."));
      return absl::OkStatus();
    }
    v1::ListDecisionsRequest request;
    request.set_subject(subject());
    Table table{.columns = {{"number", Say("DECISION"), true},
                            {"kind", Say("RULING")},
                            {"state", Say("STATE")},
                            {"decided_by", Say("BY"), false, true},
                            {"reason", Say("REASON"), false, true}}};
    do {
      const auto page = session_.reconciliation().ListDecisions(request);
      if (!page.ok()) return page.status();
      for (const v1::Decision& decision : page->decisions()) {
        table.rows.push_back({Number(decision.number()),
                              EnumOf(decision.kind()), EnumOf(decision.state()),
                              decision.decided_by(), decision.reason()});
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    if (table.rows.empty()) {
      session_.out().Note(Say("Nothing has been ruled on it yet."));
    } else {
      session_.out().Preview({.sections = {{"", std::move(table)}}});
    }
    return absl::OkStatus();
  }

  absl::Status Why() {
    if (is_pair() && is_drawn()) {
      session_.out().Note(
          Say("Not of a pair that was drawn: it is ruled on blind."));
      return absl::OkStatus();
    }
    if (is_pair() && blind_) {
      session_.out().Note(Say("Not before the answer: you work blind."));
      return absl::OkStatus();
    }
    session_.out().Preview(is_pair() ? PairWhy(*pair_) : ValuesWhy(*values_));
    return absl::OkStatus();
  }

  // --- what is answered ---

  // Asked for once; then Enter says the same again. Empty: the clerk thinks
  // again.
  absl::StatusOr<std::string> Reason() {
    auto reason = session_.Ask(
        reason_.empty()
            ? Say("Reason (no personal values; - to think again): ")
            : Say("Reason (Enter: $0; - to think again): ", reason_));
    if (!reason.ok()) return reason;
    if (*reason == "-") return std::string();
    if (reason->empty()) return reason_;
    return reason;
  }

  absl::Status Answer(v1::Decision::Kind kind, const std::string& claim = {},
                      const v1::Person* value = nullptr) {
    const auto reason = Reason();
    if (!reason.ok()) return reason.status();
    if (reason->empty()) {
      session_.out().Note(Say("Nothing was recorded."));
      return absl::OkStatus();
    }
    v1::DecideRequest request;
    request.set_subject(item_->id());
    request.set_kind(kind);
    request.set_claim(claim);
    if (value != nullptr) *request.mutable_value() = *value;
    request.set_reason(*reason);
    request.set_etag(is_pair() ? pair_->candidate().etag()
                               : values_->conflict().etag());
    const auto decided = session_.reconciliation().Decide(request);
    if (!decided.ok()) return decided.status();
    reason_ = *reason;
    const v1::Decision& decision = decided->decision();
    session_.out().Note(
        IsProposed(decision)
            ? Say("Decision $0: $1, proposed: another clerk is asked. z takes "
                  "it back.",
                  decision.number(), EnumOf(kind).shown)
            : Say("Decision $0: $1. z takes it back.", decision.number(),
                  EnumOf(kind).shown));
    if (is_pair() && blind_ && !is_drawn()) {
      session_.out().Note(
          Say("Evidence for one person: $0 bits", SignedScore()));
    }
    answers_.push_back({decision.number(), item_->id(), IsProposed(decision)});
    passed_.push_back(item_->id());
    return Fetch(/*behind=*/false);
  }

  std::string SignedScore() const {
    for (const Fact& fact : PairWhy(*pair_).facts) {
      if (fact.id == "score") return fact.value.shown;
    }
    return {};
  }

  absl::Status TakeValue(int place) {
    if (is_pair() || place < 1 || place > values_->groups_size() ||
        values_->groups(place - 1).claims().empty()) {
      return Explain();
    }
    return Answer(v1::Decision::KIND_CHOOSE_CLAIM,
                  values_->groups(place - 1).claims(0).id());
  }

  // A value that nobody claims.
  absl::Status TypeValue() {
    const std::string& attribute = values_->conflict().attribute();
    const auto text =
        session_.Ask(Say("$0 as it shall stand: ", SayName(attribute)),
                     /*secret=*/attribute == "identifiers");
    if (!text.ok() || text->empty()) return text.status();
    const auto value = TypedValue(attribute, *text);
    if (!value.ok()) return value.status();
    return Answer(v1::Decision::KIND_SET_VALUE, {}, &*value);
  }

  absl::Status Settle(v1::SettleProposalRequest::Answer answer) {
    const auto reason = Reason();
    if (!reason.ok()) return reason.status();
    if (reason->empty()) {
      session_.out().Note(Say("Nothing was recorded."));
      return absl::OkStatus();
    }
    v1::SettleProposalRequest request;
    request.set_number(item_->proposed());
    request.set_answer(answer);
    request.set_reason(*reason);
    const auto settled = session_.reconciliation().SettleProposal(request);
    if (!settled.ok()) return settled.status();
    reason_ = *reason;
    session_.out().Note(
        answer == v1::SettleProposalRequest::ANSWER_APPROVE
            ? Say("Decision $0 was approved.", item_->proposed())
            : Say("Decision $0 was refused.", item_->proposed()));
    ++settled_;
    passed_.push_back(item_->id());
    return Fetch(/*behind=*/false);
  }

  // What waits is withdrawn; what stands is undone.
  absl::StatusOr<v1::Decision> TakeBack(const Given& given,
                                        const std::string& reason) {
    if (given.proposed) {
      v1::SettleProposalRequest request;
      request.set_number(given.decision);
      request.set_answer(v1::SettleProposalRequest::ANSWER_WITHDRAW);
      request.set_reason(reason);
      auto settled = session_.reconciliation().SettleProposal(request);
      if (!settled.ok()) return settled.status();
      return std::move(*settled->mutable_decision());
    }
    v1::UndoDecisionRequest request;
    request.set_number(given.decision);
    request.set_reason(reason);
    auto undone = session_.reconciliation().UndoDecision(request);
    if (!undone.ok()) return undone.status();
    return std::move(*undone->mutable_decision());
  }

  absl::Status TakeBack() {
    if (answers_.empty()) {
      session_.out().Note(
          Say("You have answered nothing in this sitting. Of earlier ones: "
              "wayctl decision undo NUMBER"));
      return absl::OkStatus();
    }
    const auto reason = Reason();
    if (!reason.ok()) return reason.status();
    if (reason->empty()) {
      session_.out().Note(Say("Nothing was recorded."));
      return absl::OkStatus();
    }
    const Given last = answers_.back();
    const auto taken_back = TakeBack(last, *reason);
    if (!taken_back.ok()) return taken_back.status();
    answers_.pop_back();
    if (IsProposed(*taken_back)) {
      session_.out().Note(NoteOnProposal(last.decision));
      return absl::OkStatus();
    }
    session_.out().Note(Say("Decision $0 was taken back.", last.decision));
    const std::string& again = last.item;
    if (item_.has_value() && item_->id() != again) {
      if (auto status = Release(); !status.ok()) return status;
    }
    return Claim(again);
  }

  // --- keys ---

  absl::Status Explain() {
    session_.out().Note(
        is_own_conflict() ? SayReason(WhyNotDecided(*values_))
        : is_proposal() ? Say("a approve, r refuse what another clerk proposed")
        : is_pair()
            ? Say("s same person, d different persons, u unsure: another clerk "
                  "is asked")
            : Say("1, 2, ... take that value, t type another, o leave it open, "
                  "u unsure: another clerk is asked"));
    session_.out().Note(
        Say("w why, h history of rulings, v reveal what is masked, l look "
            "again"));
    if (is_own_conflict()) {
      session_.out().Note(
          Say("n leaves it to others, q keeps it yours while you correct your "
              "record"));
    }
    session_.out().Note(
        Say("z take my last answer back, n next, b back, q quit"));
    return absl::OkStatus();
  }

  // The last answer can be the wrong one, too.
  absl::Status AskAtTheEnd() {
    session_.out().Note(Say("Nothing is left for you in the queue."));
    quit_ = answers_.empty();
    if (quit_) return absl::OkStatus();
    const auto key = session_.Ask(Say("z q > "));
    if (key.ok() && *key == "z") return TakeBack();
    quit_ = true;
    return absl::OkStatus();
  }

  absl::Status AskForKey() {
    const auto key =
        session_.Ask(is_own_conflict() ? Say("w h v l | z n b q ? > ")
                     : is_proposal()   ? Say("a r | w h v l | z n b q ? > ")
                     : is_pair()       ? Say("s d u | w h v l | z n b q ? > ")
                                 : Say("1 2 t o u | w h v l | z n b q ? > "));
    if (key.ok()) return Act(*key);
    // The end of what is typed.
    if (errors::ReasonOf(key.status()) == "DECLINED") return Act("q");
    return key.status();
  }

  // nullopt for a key that answers nothing of this kind of item.
  std::optional<absl::Status> ActOnItem(const std::string& key) {
    if (is_own_conflict()) return std::nullopt;
    if (is_proposal()) {
      if (key == "a") return Settle(v1::SettleProposalRequest::ANSWER_APPROVE);
      if (key == "r") return Settle(v1::SettleProposalRequest::ANSWER_REFUSE);
      return std::nullopt;
    }
    if (key == "u") return Answer(v1::Decision::KIND_UNSURE);
    if (is_pair()) {
      if (key == "s") return Answer(v1::Decision::KIND_SAME);
      if (key == "d") return Answer(v1::Decision::KIND_DIFFERENT);
      return std::nullopt;
    }
    if (int place = 0; absl::SimpleAtoi(key, &place)) return TakeValue(place);
    if (key == "t") return TypeValue();
    if (key == "o") return Answer(v1::Decision::KIND_KEEP_OPEN);
    return std::nullopt;
  }

  absl::Status Act(const std::string& key) {
    if (const auto answered = ActOnItem(key)) return *answered;
    if (key == "w") return Why();
    if (key == "h") return History();
    if (key == "v") return Reveal();
    if (key == "z") return TakeBack();
    if (key == "n") return GoOn();
    if (key == "b") return GoBack();
    if (key == "l") {
      shown_ = false;
      return absl::OkStatus();
    }
    if (key == "q") {
      quit_ = true;
      session_.out().Note(
          Say("$0 stays yours until $1.", item_->id(),
              TimeCell(item_->claimed_until(), session_.surroundings()).shown));
      session_.out().Note(Say("The next run begins with it."));
      return absl::OkStatus();
    }
    return Explain();
  }

  // What one answer met does not end the sitting, unless nothing more can be
  // done: the hub is away, or lets the clerk do nothing.
  absl::Status Recover(const absl::Status& status) {
    const errors::Reason& reason = errors::ReasonRowOf(status);
    if (reason.exit == errors::Exit::kUnreachable ||
        reason.exit == errors::Exit::kNotAllowed ||
        reason.name == "NO_TERMINAL") {
      return status;
    }
    if (reason.name == "DECLINED") {
      quit_ = true;
      return absl::OkStatus();
    }
    // What cannot be shown would not be shown the next time either.
    if (item_.has_value() && !shown_) return status;
    session_.out().Warn(language::Describe(status));
    if (item_.has_value() && reason.name == "CHANGED_MEANWHILE") {
      if (Claim(item_->id()).ok()) return absl::OkStatus();
    } else if (reason.exit != errors::Exit::kChanged &&
               reason.exit != errors::Exit::kNotFound) {
      // Something that was typed: the item stands, and is asked about again.
      return absl::OkStatus();
    }
    // It is somebody else's, or settled.
    return Fetch(/*behind=*/false);
  }

  Session& session_;
  const v1::ReviewFilter filter_;
  const bool blind_;
  std::optional<v1::ReviewItem> item_;
  // What of it was read last.
  std::optional<v1::GetCandidateResponse> pair_;
  std::optional<v1::GetConflictResponse> values_;
  // Of a proposal.
  v1::Decision proposed_;
  v1::DecisionEffect effect_;
  absl::Status problem_;
  bool shown_ = false;
  bool quit_ = false;
  // Where the item stands in the queue.
  std::string token_;
  std::string reason_;
  std::vector<Given> answers_;
  // Proposals of others that were approved or refused.
  std::size_t settled_ = 0;
  // Items that were left, the last one last.
  std::vector<std::string> passed_;
};

}  // namespace

absl::Status WorkThroughQueue(Session& session, const v1::ReviewFilter& filter,
                              bool blind) {
  if (!session.surroundings().in_is_terminal) {
    session.out().Note(
        Say("Without a terminal: wayctl review list -o csv > FILE, fill in "
            "answers and reasons, then wayctl review decide FILE"));
    return errors::Error("NO_TERMINAL");
  }
  return Loop(session, filter, blind).Run();
}

}  // namespace waystation::wayctl
