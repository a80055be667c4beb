// SPDX-License-Identifier: Apache-2.0
// Guarantee 2: the same revisions and decisions, in any order and with any
// repetition, leave the same persons, canonical records, conflicts and
// candidates; and what was computed step by step is what is computed at once.
// A decision comes after what it saw, so order is changed between decisions.
// Agreements come and go between them; what agencies are asked then is what
// their views say.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "tests/unit/server/hub/fixtures.h"
#include "tests/unit/server/hub/stock.h"

namespace waystation::hub {
namespace {

struct Step {
  std::string agency;
  v1::Update update;
};

// A clerk takes the open item with this number, counted from the first by name,
// and rules by choosing the claim with this number, by setting a value or by
// leaving it open; or undoes a decision.
struct Act {
  enum class Kind { kChoose, kSet, kKeepOpen, kSame, kDifferent, kUndo };
  Kind kind = Kind::kChoose;
  size_t item = 0;
  size_t claim = 0;
};

struct Segment {
  std::vector<Step> steps;
  std::vector<Act> acts;
  // Whose agreement ends, or begins again if it has ended; empty: nobody's.
  std::string agreement_of;
};
using Story = std::vector<Segment>;

const std::vector<std::string> kAgencies = {
    std::string(kPoliceFuyang), std::string(kPoliceSuzhou),
    std::string(kLaborFuyang), std::string(kLaborSuzhou),
    std::string(kHealthSuzhou)};
const std::vector<std::string> kNames = {"王芳", "王方", "赵铁柱", "欧阳建国",
                                         "▀芳"};

const std::vector<std::string> kPhones = {"13805580001", "13805580002",
                                          "13805580003"};

// Few may share a key, little is enough to link, and a neighbourhood is soon
// too large: each now and then.
rc::Gen<config::v1::Rules> AnyRules() {
  return rc::gen::exec([] {
    config::v1::Rules rules;
    if (*rc::gen::inRange(0, 3) == 0) return rules;
    rules.set_version("drawn");
    config::v1::Linking& linking = *rules.mutable_linking();
    linking.set_block_cap(*rc::gen::element(2, 3, 5, 64));
    linking.mutable_thresholds()->set_upper(*rc::gen::element(16, 24, 30));
    linking.mutable_thresholds()->set_lower(*rc::gen::element(4, 12));
    linking.mutable_thresholds()->set_neighbourhood_limit(
        *rc::gen::element(4, 6, 512));
    linking.set_automatic(*rc::gen::inRange(0, 4) != 0);
    return rules;
  });
}

std::string NumberOf(int person) {
  return DemoNumber("341202", "19900307", 41 + 2 * person);
}

// Few people, few keys and few values, so that they meet.
rc::Gen<Step> AnyStep() {
  return rc::gen::exec([] {
    const std::string agency = *rc::gen::elementOf(kAgencies);
    Say say("K" + std::to_string(*rc::gen::inRange(0, 3)),
            static_cast<uint64_t>(*rc::gen::inRange(1, 6)));
    switch (*rc::gen::weightedElement<int>(
        {{5, 0}, {2, 1}, {2, 2}, {1, 3}, {1, 4}, {2, 5}, {5, 6}, {1, 7}})) {
      case 0:
        say.Number(NumberOf(*rc::gen::inRange(0, 3)))
            .Name(*rc::gen::elementOf(kNames))
            .Born(1990, *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 4));
        break;
      case 1:
        say.Name(*rc::gen::elementOf(kNames));
        break;
      case 2:
        say.Number(NumberOf(*rc::gen::inRange(0, 3)));
        break;
      case 3:
        say.TakeBack(*rc::gen::element<std::string>("name", "birth_date",
                                                    "identifiers"));
        break;
      case 4:
        say.Retract(v1::RecordRetraction::REASON_MOVED_OUT);
        break;
      case 6:
        say.Name(*rc::gen::elementOf(kNames))
            .Born(1990, *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 4))
            .Phone(*rc::gen::elementOf(kPhones));
        break;
      case 7:
        say.Phone(*rc::gen::elementOf(kPhones));
        break;
      default:
        say.Lives(
               *rc::gen::element<std::string>("320505", "320506", "320505010"))
            .ValidFrom(2020 + *rc::gen::inRange(0, 3), 1, 1);
    }
    return Step{.agency = agency, .update = say.update()};
  });
}

rc::Gen<Act> AnyAct() {
  return rc::gen::exec([] {
    return Act{.kind = *rc::gen::weightedElement<Act::Kind>(
                   {{4, Act::Kind::kChoose},
                    {2, Act::Kind::kSet},
                    {1, Act::Kind::kKeepOpen},
                    {2, Act::Kind::kSame},
                    {2, Act::Kind::kDifferent},
                    {1, Act::Kind::kUndo}}),
               .item = *rc::gen::inRange<size_t>(0, 4),
               .claim = *rc::gen::inRange<size_t>(0, 4)};
  });
}

rc::Gen<Story> AnyStory() {
  return rc::gen::exec([] {
    Story story(static_cast<size_t>(*rc::gen::inRange(1, 4)));
    for (Segment& segment : story) {
      segment.steps = *rc::gen::container<std::vector<Step>>(
          static_cast<size_t>(*rc::gen::inRange(1, 14)), AnyStep());
      segment.acts = *rc::gen::container<std::vector<Act>>(
          static_cast<size_t>(*rc::gen::inRange(0, 3)), AnyAct());
      segment.agreement_of = *rc::gen::weightedElement<std::string>(
          {{4, ""}, {1, "public_security"}, {1, "labor"}, {1, "health"}});
    }
    // One (record, revision) has one content: the first one stands for all.
    std::map<std::tuple<std::string, std::string, uint64_t>, v1::Update> first;
    for (Segment& segment : story) {
      for (Step& step : segment.steps) {
        step.update = first
                          .try_emplace({step.agency, step.update.record_key(),
                                        step.update.revision()},
                                       step.update)
                          .first->second;
      }
    }
    return story;
  });
}

// Ends a sector's agreement, or applies it again under another name.
class Agreements {
 public:
  void Turn(TestHub& test, const std::string& sector) {
    const auto held = ids_.find(sector);
    if (held == ids_.end() || !held->second.empty()) {
      RC_ASSERT(test.Revoke(held == ids_.end() ? DefaultAgreement(sector).id()
                                               : held->second)
                    .ok());
      ids_[sector].clear();
      return;
    }
    v1::Agreement agreement = DefaultAgreement(sector);
    ids_[sector] = agreement.id() + "-" + std::to_string(++applied_);
    agreement.set_id(ids_[sector]);
    RC_ASSERT(test.Apply(agreement).ok());
  }

 private:
  // Of those that were turned; empty: ended.
  std::map<std::string, std::string> ids_;
  int applied_ = 0;
};

// The hub's own review goes through records while nobody waits for it.
void AwaitReview(TestHub& test) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (StockOf(test).own_conflicts != ComputedAtOnce(test).own_conflicts) {
    RC_ASSERT(std::chrono::steady_clock::now() < end);
    std::this_thread::yield();
  }
}

enum class Way { kOneByOne, kInFrames, kAllAtOnce, kFramesAtOnce };

void Send(TestHub& test, const std::vector<Step>& steps, Way way) {
  std::vector<std::future<absl::StatusOr<v1::SubmitRecordsResponse>>> answers;
  const bool in_frames = way == Way::kInFrames || way == Way::kFramesAtOnce;
  const bool waits = way == Way::kOneByOne || way == Way::kInFrames;
  // Neighbours of one agency travel in one frame, or each step by itself.
  for (size_t i = 0; i < steps.size();) {
    v1::SubmitRecordsRequest request;
    const std::string& agency = steps[i].agency;
    do {
      request.mutable_frame()->add_updates(steps[i].update.SerializeAsString());
      ++i;
    } while (in_frames && i < steps.size() && steps[i].agency == agency);
    auto promise = std::make_shared<
        std::promise<absl::StatusOr<v1::SubmitRecordsResponse>>>();
    answers.push_back(promise->get_future());
    test.hub().SubmitFrame(
        AgencyCaller(agency), request,
        [promise](auto answer) { promise->set_value(std::move(answer)); });
    if (waits) answers.back().wait();
  }
  for (auto& answer : answers) RC_ASSERT(answer.get().ok());
}

// Names for open items that do not depend on uids.
std::string NameOf(const v1::GetConflictResponse& conflict) {
  std::string name = conflict.conflict().attribute();
  std::vector<std::string> claims;
  for (const v1::ValueGroup& group : conflict.groups()) {
    for (const v1::ClaimView& claim : group.claims()) {
      claims.push_back(claim.agency() + claim.value().ShortDebugString() +
                       std::to_string(claim.revision()));
    }
  }
  std::ranges::sort(claims);
  for (const std::string& claim : claims) name += claim;
  return name;
}

std::vector<v1::GetConflictResponse> Conflicts(TestHub& test) {
  std::vector<v1::GetConflictResponse> shown;
  const auto list = test.hub().ListConflicts(OfficeCaller(), {});
  RC_ASSERT(list.ok());
  for (const v1::Conflict& conflict : list->conflicts()) {
    v1::GetConflictRequest request;
    request.set_id(conflict.id());
    request.add_reveal("identifiers");
    request.add_reveal("name");
    request.set_reason("test");
    const auto one = Await<v1::GetConflictResponse>([&](auto done) {
      test.hub().GetConflict(OfficeCaller(), request, std::move(done));
    });
    RC_ASSERT(one.ok());
    shown.push_back(*one);
  }
  std::ranges::stable_sort(shown, {}, [](const auto& conflict) {
    return NameOf(conflict) + conflict.person().ShortDebugString();
  });
  return shown;
}

std::vector<v1::GetCandidateResponse> Candidates(TestHub& test) {
  std::vector<v1::GetCandidateResponse> shown;
  const auto list = test.hub().ListCandidates(OfficeCaller(), {});
  RC_ASSERT(list.ok());
  for (const v1::Candidate& candidate : list->candidates()) {
    // Which there are depends on what had been one person.
    if (candidate.why() == "WITHDRAWN") continue;
    v1::GetCandidateRequest request;
    request.set_id(candidate.id());
    request.add_reveal("identifiers");
    request.set_reason("test");
    const auto one = Await<v1::GetCandidateResponse>([&](auto done) {
      test.hub().GetCandidate(OfficeCaller(), request, std::move(done));
    });
    RC_ASSERT(one.ok());
    shown.push_back(*one);
  }
  return shown;
}

// Which pair of records a candidate names cannot be told from outside where
// two records of an agency say the same; acts then leave it alone.
std::string NameOf(const v1::GetCandidateResponse& candidate) {
  std::string a = candidate.candidate().agency_a() +
                  candidate.record_a().ShortDebugString();
  std::string b = candidate.candidate().agency_b() +
                  candidate.record_b().ShortDebugString();
  if (b < a) std::swap(a, b);
  return a + " | " + b;
}

template <typename Shown>
const Shown* Pick(const std::vector<Shown>& all, size_t item) {
  std::map<std::string, std::vector<const Shown*>> by_name;
  for (const Shown& shown : all) by_name[NameOf(shown)].push_back(&shown);
  std::erase_if(by_name,
                [](const auto& entry) { return entry.second.size() > 1; });
  if (by_name.empty()) return nullptr;
  return std::next(by_name.begin(),
                   static_cast<ptrdiff_t>(item % by_name.size()))
      ->second.front();
}

void Choose(TestHub& test, const Act& act) {
  const auto all = Conflicts(test);
  const v1::GetConflictResponse* conflict = Pick(all, act.item);
  if (conflict == nullptr) return;
  std::map<std::string, std::string> claims;
  for (const v1::ValueGroup& group : conflict->groups()) {
    for (const v1::ClaimView& claim : group.claims()) {
      const std::string name = claim.value().ShortDebugString() +
                               claim.agency() +
                               std::to_string(claim.revision());
      // Two records of one agency may say the same; either names the value,
      // but a decision follows the record that it chose.
      if (!claims.emplace(name, claim.id()).second) claims[name].clear();
    }
  }
  std::erase_if(claims, [](const auto& claim) { return claim.second.empty(); });
  if (claims.empty()) return;
  v1::DecideRequest request;
  request.set_subject(conflict->conflict().id());
  request.set_etag(conflict->conflict().etag());
  request.set_kind(v1::Decision::KIND_CHOOSE_CLAIM);
  request.set_claim(std::next(claims.begin(),
                              static_cast<ptrdiff_t>(act.claim % claims.size()))
                        ->second);
  request.set_reason("test");
  const auto decided = test.Decide(request);
  RC_ASSERT(decided.ok());
}

// A value that agencies claim now and then as well.
v1::Person ValueFor(const std::string& attribute, size_t which) {
  v1::Person value;
  if (attribute == "name") {
    value.mutable_name()->set_full(kNames[which % kNames.size()]);
  } else if (attribute == "birth_date") {
    auto& date = *value.mutable_birth_date()->mutable_date();
    date.set_year(1990);
    date.set_month(1 + static_cast<int>(which % 4));
    date.set_day(2);
  } else if (attribute == "residence") {
    value.mutable_residence()->set_division(which % 2 == 0 ? "320507"
                                                           : "320505");
  }
  return value;
}

// Of others than these it is left open.
void SetOrKeepOpen(TestHub& test, const Act& act) {
  const auto all = Conflicts(test);
  const v1::GetConflictResponse* conflict = Pick(all, act.item);
  if (conflict == nullptr) return;
  v1::DecideRequest request;
  request.set_subject(conflict->conflict().id());
  request.set_etag(conflict->conflict().etag());
  request.set_kind(v1::Decision::KIND_KEEP_OPEN);
  request.set_reason("test");
  const v1::Person value =
      ValueFor(conflict->conflict().attribute(), act.claim);
  if (act.kind == Act::Kind::kSet && value.ByteSizeLong() > 0) {
    request.set_kind(v1::Decision::KIND_SET_VALUE);
    *request.mutable_value() = value;
  }
  // One that settles nothing is refused, in each order alike.
  (void)test.Decide(request);
}

void Rule(TestHub& test, const Act& act) {
  const auto all = Candidates(test);
  const v1::GetCandidateResponse* candidate = Pick(all, act.item);
  if (candidate == nullptr) return;
  v1::DecideRequest request;
  request.set_subject(candidate->candidate().id());
  request.set_etag(candidate->candidate().etag());
  request.set_kind(act.kind == Act::Kind::kSame ? v1::Decision::KIND_SAME
                                                : v1::Decision::KIND_DIFFERENT);
  request.set_reason("test");
  // One that contradicts is refused, in each order alike.
  (void)test.Decide(request);
}

void Perform(TestHub& test, const Act& act) {
  switch (act.kind) {
    case Act::Kind::kChoose:
      return Choose(test, act);
    case Act::Kind::kSet:
    case Act::Kind::kKeepOpen:
      return SetOrKeepOpen(test, act);
    case Act::Kind::kSame:
    case Act::Kind::kDifferent:
      return Rule(test, act);
    case Act::Kind::kUndo:
      (void)test.Undo(act.item + 1);
      return;
  }
}

RC_GTEST_PROP(Order, OfUpdatesDoesNotMatter, ()) {
  const Story story = *AnyStory();
  const config::v1::Rules rules = *AnyRules();
  TestHub first({.rules = rules});
  TestHub second({.rules = rules,
                  .shared_group = *rc::gen::element<size_t>(1, 3, 256),
                  .group_updates = *rc::gen::element(0, 2, 4)});
  Agreements of_first;
  Agreements of_second;
  std::vector<Step> sent;
  size_t edges = 0;
  bool between = false;
  bool too_many = false;
  bool own_conflict = false;
  for (const Segment& segment : story) {
    Send(first, segment.steps, Way::kInFrames);
    sent.insert(sent.end(), segment.steps.begin(), segment.steps.end());

    std::vector<Step> shuffled = segment.steps;
    const auto repeats = *rc::gen::container<std::vector<size_t>>(
        static_cast<size_t>(*rc::gen::inRange(0, 5)),
        rc::gen::inRange<size_t>(0, sent.size()));
    for (const size_t i : repeats) shuffled.push_back(sent[i]);
    const auto keys = *rc::gen::container<std::vector<uint32_t>>(
        shuffled.size(), rc::gen::arbitrary<uint32_t>());
    std::vector<size_t> order(shuffled.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, {}, [&](size_t i) { return keys[i]; });
    std::vector<Step> permuted;
    for (const size_t i : order) permuted.push_back(shuffled[i]);
    Send(second, permuted,
         *rc::gen::element(Way::kOneByOne, Way::kInFrames, Way::kAllAtOnce,
                           Way::kFramesAtOnce));

    for (const Act& act : segment.acts) {
      Perform(first, act);
      Perform(second, act);
    }
    if (!segment.agreement_of.empty()) {
      of_first.Turn(first, segment.agreement_of);
      of_second.Turn(second, segment.agreement_of);
      AwaitReview(first);
      AwaitReview(second);
    }
    const Stock one = StockOf(first);
    const Stock two = StockOf(second);
    RC_LOG() << "orders:\n" << Difference(one, two);
    RC_ASSERT(one == two);
    const Stock at_once = ComputedAtOnce(first);
    RC_LOG() << "at once:\n" << Difference(one, at_once);
    RC_ASSERT(one == at_once);
    edges += one.edges.size();
    const auto candidate_for = [&](std::string_view reason) {
      return std::ranges::any_of(one.candidates, [&](const std::string& words) {
        return words.find(reason) != std::string::npos;
      });
    };
    between = between || candidate_for("SCORE_BETWEEN_THRESHOLDS");
    own_conflict = own_conflict || !one.own_conflicts.empty();
    too_many = too_many || candidate_for("TOO_MANY_CANDIDATES");
  }
  RC_CLASSIFY(edges > 0, "scored");
  RC_CLASSIFY(between, "between thresholds");
  RC_CLASSIFY(too_many, "over its limit");
  RC_CLASSIFY(own_conflict, "in conflict for an agency");
  RC_ASSERT(first.hub().CheckStore()->findings_size() == 0);
  const auto decisions = first.hub().ListDecisions(OfficeCaller(), {});
  RC_CLASSIFY(decisions->decisions_size() > 0, "decided");
  RC_CLASSIFY(std::ranges::any_of(decisions->decisions(),
                                  [](const v1::Decision& decision) {
                                    return decision.state() ==
                                           v1::Decision::STATE_REOPENED;
                                  }),
              "reopened");
}

}  // namespace
}  // namespace waystation::hub
