// SPDX-License-Identifier: Apache-2.0
#include "server/domain/resolve.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <limits>
#include <tuple>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "google/protobuf/message.h"
#include "server/domain/dates.h"
#include "server/domain/grades.h"
#include "server/domain/meaning.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::domain {
namespace {

namespace store = ::waystation::store::v1;
using google::protobuf::Message;

constexpr std::int64_t kMicrosecondsPerDay = 86'400'000'000;

// --- claims that count ---

std::optional<std::chrono::sys_days> FirstDay(const Claim& claim) {
  if (claim.valid_from == nullptr) return std::nullopt;
  const auto days = DaysOf(ToPartial(*claim.valid_from));
  if (!days) return std::nullopt;
  return days->first;
}

bool Waits(const Claim& claim, codes::Date as_of) {
  const auto first = FirstDay(claim);
  return first && *first > std::chrono::sys_days{as_of};
}

auto OrderOf(const Claim& claim) {
  return std::tuple(claim.agency, claim.record_key, claim.entry);
}

// The claims that count on that day, in order and named once.
std::vector<Claim> Counting(std::span<const Claim> claims, codes::Date as_of) {
  std::vector<Claim> counting;
  counting.reserve(claims.size());
  for (const Claim& claim : claims) {
    if (!Waits(claim, as_of)) counting.push_back(claim);
  }
  const auto in_order = [](const Claim& a, const Claim& b) {
    return OrderOf(a) < OrderOf(b);
  };
  const auto out_of_order = [&](const Claim& a, const Claim& b) {
    return !in_order(a, b);
  };
  if (std::ranges::adjacent_find(counting, out_of_order) != counting.end()) {
    std::ranges::sort(counting, in_order);
    const auto same_place = [](const Claim& a, const Claim& b) {
      return OrderOf(a) == OrderOf(b);
    };
    counting.erase(std::unique(counting.begin(), counting.end(), same_place),
                   counting.end());
  }
  return counting;
}

// --- groups ---

// A placeholder says nothing: it makes a group only where there is nothing
// else, and supports none.
bool SaysSomething(const Claim& claim) {
  return claim.grade != v1::GRADE_PLACEHOLDER;
}

// Claims of one meaning.
struct Class {
  ClaimList members;
  // Another class says more.
  bool is_maximal = true;
  // Classes that this one refines.
  absl::InlinedVector<std::size_t, 4> coarser;

  std::uint32_t first() const { return members.front(); }
};
using Classes = absl::InlinedVector<Class, 4>;

// How the values of an entry's claims stand to each other, each pair looked at
// once: comparing is most of what resolving costs.
class Relations {
 public:
  Relations(const AttributeInfo& attribute, std::span<const Claim> claims)
      : attribute_(attribute), claims_(claims) {
    if (claims.size() <= kMostKept)
      known_.resize(claims.size() * claims.size());
  }

  // `a` and `b` are indexes of claims.
  Relation Of(std::size_t a, std::size_t b) {
    if (a == b) return {};
    if (a > b) return Of(b, a).Turned();
    if (known_.empty()) return Look(a, b);
    std::optional<Relation>& known = known_[a * claims_.size() + b];
    if (!known) known = Look(a, b);
    return *known;
  }

 private:
  // Of more claims, memory for all pairs would be too much.
  static constexpr std::size_t kMostKept = 32;

  Relation Look(std::size_t a, std::size_t b) const {
    return Relate(attribute_, *claims_[a].value, *claims_[b].value);
  }

  const AttributeInfo& attribute_;
  const std::span<const Claim> claims_;
  absl::InlinedVector<std::optional<Relation>, 16> known_;
};

Classes ClassesOf(Relations& relations, std::span<const Claim> claims) {
  const bool only_placeholders = std::ranges::none_of(claims, SaysSomething);
  Classes classes;
  for (std::uint32_t i = 0; i < claims.size(); ++i) {
    if (!only_placeholders && !SaysSomething(claims[i])) continue;
    const auto same = std::ranges::find_if(classes, [&](const Class& known) {
      return relations.Of(known.first(), i).same_meaning();
    });
    if (same != classes.end()) {
      same->members.push_back(i);
    } else {
      classes.emplace_back().members.push_back(i);
    }
  }
  if (classes.size() == 1) return classes;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    for (std::size_t j = 0; j < classes.size(); ++j) {
      if (i == j ||
          !relations.Of(classes[i].first(), classes[j].first()).refines) {
        continue;
      }
      classes[i].coarser.push_back(j);
      classes[j].is_maximal = false;
    }
  }
  return classes;
}

// The maximal values, each with all claims that it says at least as much as.
std::vector<Group> GroupByMeaning(Relations& relations,
                                  std::span<const Claim> claims) {
  const Classes classes = ClassesOf(relations, claims);
  std::vector<Group> groups;
  groups.reserve(classes.size());
  for (const Class& maximal : classes) {
    if (!maximal.is_maximal) continue;
    Group& group = groups.emplace_back();
    group.shows = maximal.first();
    group.members = maximal.members;
    group.supporters = maximal.members;
    for (const std::size_t j : maximal.coarser) {
      group.supporters.insert(group.supporters.end(),
                              classes[j].members.begin(),
                              classes[j].members.end());
    }
  }
  return groups;
}

// --- criteria ---

// What one criterion sees of a group or of one claim.
struct Score {
  // Better evidence, authority or number of sources is greater.
  std::int64_t rank = 0;
  // Times: the latest known, as the span in which it may lie.
  bool has_time = false;
  std::int64_t first = std::numeric_limits<std::int64_t>::min();
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
};

// Smaller is better.
std::int64_t EvidenceRank(const Claim& claim) {
  const int evidence = claim.evidence == v1::EVIDENCE_UNSPECIFIED
                           ? v1::Evidence_ARRAYSIZE
                           : static_cast<int>(claim.evidence);
  return static_cast<std::int64_t>(FromMessage(claim.grade)) * 64 + evidence;
}

void AddTime(std::int64_t first, std::int64_t last, Score& score) {
  score.has_time = true;
  score.first = std::max(score.first, first);
  score.last = std::max(score.last, last);
}

class Ranking {
 public:
  Ranking(const Rule& rule, std::span<const Claim> claims)
      : rule_(rule), claims_(claims) {}

  Score Of(v1::Criterion criterion,
           std::span<const std::uint32_t> supporters) const {
    Score score;
    switch (criterion) {
      case v1::CRITERION_EVIDENCE_GRADE:
        score.rank = std::numeric_limits<std::int64_t>::min();
        for (const auto i : supporters) {
          score.rank = std::max(score.rank, -EvidenceRank(claims_[i]));
        }
        break;
      case v1::CRITERION_AUTHORITY:
        score.rank = std::numeric_limits<std::int64_t>::min();
        for (const auto i : supporters) {
          const auto place = rule_.AuthorityOf(claims_[i].sector);
          score.rank = std::max(score.rank, -static_cast<std::int64_t>(place));
        }
        break;
      case v1::CRITERION_LATER_VALID_TIME:
        for (const auto i : supporters) AddValidTime(claims_[i], score);
        break;
      case v1::CRITERION_LATER_RECORDED_TIME:
        for (const auto i : supporters) {
          const std::int64_t time = claims_[i].recorded;
          if (time != 0) AddTime(time, time, score);
        }
        break;
      case v1::CRITERION_MORE_SOURCES:
        score.rank = CountAgencies(supporters);
        break;
      default:
        break;
    }
    return score;
  }

  // Whether `better` beats `other`. Unknown times beat nothing and are beaten
  // by nothing; nor do times that may be the same.
  static bool Beats(v1::Criterion criterion, const Score& better,
                    const Score& other) {
    if (criterion == v1::CRITERION_LATER_VALID_TIME ||
        criterion == v1::CRITERION_LATER_RECORDED_TIME) {
      return better.has_time && other.has_time && better.first > other.last;
    }
    return better.rank > other.rank;
  }

 private:
  static void AddValidTime(const Claim& claim, Score& score) {
    if (claim.valid_from == nullptr) return;
    const auto days = DaysOf(ToPartial(*claim.valid_from));
    if (!days) return;
    AddTime(days->first.time_since_epoch().count() * kMicrosecondsPerDay,
            days->last.time_since_epoch().count() * kMicrosecondsPerDay, score);
  }

  std::int64_t CountAgencies(std::span<const std::uint32_t> supporters) const {
    std::vector<std::string_view> agencies;
    for (const auto i : supporters) agencies.push_back(claims_[i].agency);
    std::ranges::sort(agencies);
    return std::distance(agencies.begin(),
                         std::unique(agencies.begin(), agencies.end()));
  }

  const Rule& rule_;
  std::span<const Claim> claims_;
};

// Keeps what no other beats by the criterion. `supporters_of(x)` are the claims
// behind an element.
template <typename List, typename SupportersOf>
void KeepBest(const Ranking& ranking, v1::Criterion criterion, List& choices,
              SupportersOf supporters_of) {
  if (choices.size() < 2) return;
  absl::InlinedVector<Score, 4> scores;
  for (const auto& choice : choices) {
    scores.push_back(ranking.Of(criterion, supporters_of(choice)));
  }
  const auto is_beaten = [&](const Score& score) {
    return std::ranges::any_of(scores, [&](const Score& other) {
      return Ranking::Beats(criterion, other, score);
    });
  };
  std::size_t kept = 0;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (!is_beaten(scores[i])) choices[kept++] = choices[i];
  }
  choices.resize(kept);
}

// --- one entry ---

Why WhyOf(v1::Criterion criterion) {
  switch (criterion) {
    case v1::CRITERION_EVIDENCE_GRADE:
      return Why::kBetterEvidence;
    case v1::CRITERION_AUTHORITY:
      return Why::kHigherAuthority;
    case v1::CRITERION_LATER_VALID_TIME:
      return Why::kLaterValidTime;
    case v1::CRITERION_LATER_RECORDED_TIME:
      return Why::kLaterRecordedTime;
    case v1::CRITERION_MORE_SOURCES:
      return Why::kMoreSources;
    default:
      return Why::kRulesExhausted;
  }
}

// Indexes into the groups of the entry.
using Choices = absl::InlinedVector<std::size_t, 4>;

class Entry {
 public:
  Entry(const Rule& rule, Resolution& resolution)
      : rule_(rule),
        attribute_(*rule.attribute),
        resolution_(resolution),
        relations_(attribute_, resolution.claims),
        ranking_(rule, resolution.claims) {}

  void Resolve(Decisions decisions, Ruling ruling) {
    resolution_.groups = GroupByMeaning(relations_, resolution_.claims);
    for (Group& group : resolution_.groups) group.shows = Best(group.members);
    Choices all(resolution_.groups.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;

    if (AllCompatible(all)) {
      Settle(
          BestOf(std::move(all)), v1::STATUS_AGREED,
          resolution_.claims.size() == 1 ? Why::kOnlyClaim : Why::kClaimsAgree);
      return;
    }
    if (RuleByDecision(decisions, ruling)) return;
    RankByRule(std::move(all));
  }

 private:
  const Message& ValueOf(std::size_t group) const {
    return *resolution_.claims[resolution_.groups[group].shows].value;
  }

  bool AreCompatible(std::size_t a, std::size_t b) {
    const auto& groups = resolution_.groups;
    return relations_.Of(groups[a].shows, groups[b].shows).compatible;
  }

  bool AllCompatible(const Choices& groups) {
    for (std::size_t i = 0; i < groups.size(); ++i) {
      for (std::size_t j = i + 1; j < groups.size(); ++j) {
        if (!AreCompatible(groups[i], groups[j])) return false;
      }
    }
    return true;
  }

  // Of claims that mean the same, the one that the rule prefers; then the one
  // that says more; then the first.
  std::uint32_t Best(ClaimList members) const {
    for (const v1::Criterion criterion : rule_.criteria) {
      if (members.size() < 2) break;
      KeepBest(ranking_, criterion, members, [](const std::uint32_t& member) {
        return std::span(&member, 1);
      });
    }
    if (members.size() == 1) return members.front();
    return *std::ranges::max_element(members, {}, [&](std::uint32_t member) {
      return Weight(attribute_, *resolution_.claims[member].value);
    });
  }

  // Of groups, the one that the rule prefers; then as above.
  std::size_t BestOf(Choices groups, std::size_t from = 0) const {
    for (std::size_t i = from; i < rule_.criteria.size(); ++i) {
      if (groups.size() < 2) break;
      Narrow(rule_.criteria[i], groups);
    }
    if (groups.size() == 1) return groups.front();
    return *std::ranges::max_element(groups, {}, [&](std::size_t group) {
      return Weight(attribute_, ValueOf(group));
    });
  }

  void Narrow(v1::Criterion criterion, Choices& groups) const {
    KeepBest(ranking_, criterion, groups, [&](std::size_t group) {
      return std::span(std::as_const(resolution_.groups[group].supporters));
    });
  }

  // Puts the standing group first and keeps the others in their order.
  void Settle(std::size_t standing, v1::Status status, Why why) {
    auto& groups = resolution_.groups;
    const auto first = groups.begin();
    std::rotate(first, first + static_cast<std::ptrdiff_t>(standing),
                first + static_cast<std::ptrdiff_t>(standing) + 1);
    resolution_.status = status;
    resolution_.why = why;
  }

  void RankByRule(Choices choices) {
    for (std::size_t i = 0; i < rule_.criteria.size(); ++i) {
      Narrow(rule_.criteria[i], choices);
      if (!AllCompatible(choices)) continue;
      const bool contested = IsContested(choices, i);
      Settle(BestOf(choices, i + 1),
             contested ? v1::STATUS_CONFLICT : v1::STATUS_RESOLVED,
             contested ? Why::kResultContested : WhyOf(rule_.criteria[i]));
      return;
    }
    Settle(BestOf(std::move(choices)), v1::STATUS_CONFLICT,
           Why::kRulesExhausted);
  }

  // Whether a criterion of time further down than `settled` prefers one of the
  // losing values by as much as its window.
  bool IsContested(const Choices& winners, std::size_t settled) {
    return std::ranges::any_of(rule_.contests, [&](const Contest& contest) {
      const auto place = std::ranges::find(rule_.criteria, contest.criterion);
      if (place - rule_.criteria.begin() <=
          static_cast<std::ptrdiff_t>(settled)) {
        return false;
      }
      for (std::size_t loser = 0; loser < resolution_.groups.size(); ++loser) {
        if (std::ranges::find(winners, loser) != winners.end()) continue;
        const bool later =
            std::ranges::all_of(winners, [&](std::size_t winner) {
              return !AreCompatible(loser, winner) &&
                     IsLaterBy(contest, loser, winner);
            });
        if (later) return true;
      }
      return false;
    });
  }

  bool IsLaterBy(const Contest& contest, std::size_t loser,
                 std::size_t winner) const {
    const auto& groups = resolution_.groups;
    const Score a = ranking_.Of(contest.criterion, groups[loser].supporters);
    const Score b = ranking_.Of(contest.criterion, groups[winner].supporters);
    return Ranking::Beats(contest.criterion, a, b) &&
           a.first - b.last >= contest.days * kMicrosecondsPerDay;
  }

  // --- decisions ---

  static bool KeepsOpen(const store::StoredDecision& decision) {
    return decision.decision().kind() == v1::Decision::KIND_KEEP_OPEN;
  }

  bool RulesOn(const store::StoredDecision& decision, Ruling ruling) const {
    return decision.attribute() ==
               static_cast<std::uint32_t>(attribute_.number) &&
           decision.entry_key() == resolution_.entry_key &&
           (decision.has_choice() ||
            (KeepsOpen(decision) && ruling == Ruling::kWhole));
  }

  bool HasSeenAll(const store::StoredDecision& decision) const {
    for (std::size_t i = 0; i < resolution_.groups.size(); ++i) {
      if (!WasSeen(decision, i)) return false;
    }
    return true;
  }

  // The groups that say what was chosen, judged by what the records hold.
  Choices ChosenBy(const Message& choice) const {
    Choices chosen;
    for (std::size_t i = 0; i < resolution_.groups.size(); ++i) {
      const auto says_choice = [&](std::uint32_t member) {
        return Refines(attribute_, *resolution_.claims[member].full, choice);
      };
      if (std::ranges::any_of(resolution_.groups[i].members, says_choice)) {
        chosen.push_back(i);
      }
    }
    return chosen;
  }

  // A group was seen if it says the same as a value that was, more or less
  // finely.
  bool WasSeen(const store::StoredDecision& decision, std::size_t group) const {
    const auto is_seen = [&](const v1::Person& person, std::uint32_t member) {
      const Message* seen = domain::ValueOf(attribute_, person);
      const Message& full = *resolution_.claims[member].full;
      return seen != nullptr && (Refines(attribute_, full, *seen) ||
                                 Refines(attribute_, *seen, full));
    };
    for (const v1::Person& seen : decision.seen()) {
      for (const std::uint32_t member : resolution_.groups[group].members) {
        if (is_seen(seen, member)) return true;
      }
    }
    return false;
  }

  // The newest decision that holds rules. One that does not reopens the
  // conflict, whatever the rules say now, since somebody has looked at it
  // before and something new has come. One that left it open settles nothing:
  // it counts while it is the last word, and as long as the rules settle
  // nothing either. False if no decision bears on it.
  bool RuleByDecision(Decisions decisions, Ruling ruling) {
    std::vector<const store::StoredDecision*> bearing;
    for (const store::StoredDecision* decision : decisions) {
      if (RulesOn(*decision, ruling)) bearing.push_back(decision);
    }
    if (bearing.empty()) return false;
    const auto number = [](const store::StoredDecision* decision) {
      return decision->decision().number();
    };
    std::ranges::sort(bearing, {}, number);
    const auto same_number = [&](const store::StoredDecision* a,
                                 const store::StoredDecision* b) {
      return number(a) == number(b);
    };
    bearing.erase(std::unique(bearing.begin(), bearing.end(), same_number),
                  bearing.end());

    std::optional<std::pair<std::size_t, std::uint64_t>> standing;
    const store::StoredDecision* newest_reopened = nullptr;
    bool was_decided = false;
    std::uint64_t kept_open = 0;
    const auto reopen = [&](const store::StoredDecision* decision) {
      resolution_.reopened.push_back(number(decision));
      newest_reopened = decision;
      was_decided = was_decided || !KeepsOpen(*decision);
    };
    for (const store::StoredDecision* decision : bearing) {
      if (KeepsOpen(*decision)) {
        if (!HasSeenAll(*decision)) {
          reopen(decision);
        } else if (decision == bearing.back()) {
          kept_open = number(decision);
        }
        continue;
      }
      const Message* choice = domain::ValueOf(attribute_, decision->choice());
      if (choice == nullptr) continue;
      Choices chosen = ChosenBy(*choice);
      if (chosen.empty() && ruling == Ruling::kCovered) continue;
      if (!chosen.empty() && AllCompatible(chosen) && HasSeenAll(*decision)) {
        standing.emplace(BestOf(std::move(chosen)), number(decision));
      } else {
        reopen(decision);
      }
    }
    if (standing && kept_open == 0) {
      resolution_.ruled_by = standing->second;
      Settle(standing->first, v1::STATUS_DECIDED, Why::kDecided);
      return true;
    }
    if (newest_reopened == nullptr && kept_open == 0) return false;
    const bool is_decided = was_decided || standing.has_value();
    for (std::size_t i = 0; i < resolution_.groups.size(); ++i) {
      resolution_.groups[i].is_new =
          kept_open == 0 && !WasSeen(*newest_reopened, i);
    }
    Choices all(resolution_.groups.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    RankByRule(std::move(all));
    if (!is_decided && resolution_.status != v1::STATUS_CONFLICT) return true;
    resolution_.status = v1::STATUS_CONFLICT;
    resolution_.why = kept_open == 0 ? Why::kReopened : Why::kKeptOpen;
    resolution_.kept_open = kept_open;
    return true;
  }

  const Rule& rule_;
  const AttributeInfo& attribute_;
  Resolution& resolution_;
  Relations relations_;
  Ranking ranking_;
};

Resolution ResolveEntry(const Rule& rule, std::string entry_key,
                        std::vector<Claim> claims, Decisions decisions,
                        Ruling ruling) {
  Resolution resolution;
  resolution.entry_key = std::move(entry_key);
  resolution.claims = std::move(claims);
  if (resolution.claims.size() == 1) {
    resolution.groups.push_back(
        {.shows = 0, .members = {0}, .supporters = {0}});
    resolution.status = v1::STATUS_AGREED;
    resolution.why = Why::kOnlyClaim;
    return resolution;
  }
  Entry(rule, resolution).Resolve(decisions, ruling);
  return resolution;
}

// The record that a decision on this claim goes with; one that the office's
// claim stands beside, where it is that.
Uid AnchorOf(const Resolution& resolution, const Claim& claim) {
  if (!claim.is_office()) return claim.uid;
  const auto agencys =
      std::ranges::find_if_not(resolution.claims, &Claim::is_office);
  return agencys == resolution.claims.end() ? 0 : agencys->uid;
}

}  // namespace

std::string_view ReasonOf(Why why) {
  switch (why) {
    case Why::kOnlyClaim:
      return "ONLY_CLAIM";
    case Why::kClaimsAgree:
      return "CLAIMS_AGREE";
    case Why::kBetterEvidence:
      return "BETTER_EVIDENCE";
    case Why::kHigherAuthority:
      return "HIGHER_AUTHORITY";
    case Why::kLaterValidTime:
      return "LATER_VALID_TIME";
    case Why::kLaterRecordedTime:
      return "LATER_RECORDED_TIME";
    case Why::kMoreSources:
      return "MORE_SOURCES";
    case Why::kDecided:
      return "DECIDED";
    case Why::kRulesExhausted:
      return "RULES_EXHAUSTED";
    case Why::kResultContested:
      return "RESULT_CONTESTED";
    case Why::kReopened:
      return "DECISION_REOPENED";
    case Why::kKeptOpen:
      return "KEPT_OPEN";
  }
  return "";
}

std::vector<Resolution> Resolve(const Rule& rule, std::span<const Claim> claims,
                                Decisions decisions, codes::Date as_of,
                                Ruling ruling) {
  std::vector<Resolution> resolutions;
  std::vector<Claim> counting = Counting(claims, as_of);
  if (counting.empty()) return resolutions;
  const AttributeInfo& attribute = *rule.attribute;
  if (!attribute.is_set) {
    resolutions.push_back(
        ResolveEntry(rule, {}, std::move(counting), decisions, ruling));
    return resolutions;
  }

  std::vector<std::pair<std::string, std::vector<Claim>>> entries;
  for (const Claim& claim : counting) {
    std::string key = EntryKey(attribute, *claim.value);
    const auto place = std::ranges::lower_bound(
        entries, key, {}, [](const auto& entry) { return entry.first; });
    if (place != entries.end() && place->first == key) {
      place->second.push_back(claim);
    } else {
      entries.emplace(place, std::move(key), std::vector<Claim>{claim});
    }
  }
  resolutions.reserve(entries.size());
  for (auto& [key, of_entry] : entries) {
    resolutions.push_back(ResolveEntry(rule, std::move(key),
                                       std::move(of_entry), decisions, ruling));
  }
  return resolutions;
}

std::optional<codes::Date> NextChange(std::span<const Claim> claims,
                                      codes::Date as_of) {
  std::optional<std::chrono::sys_days> next;
  for (const Claim& claim : claims) {
    if (!Waits(claim, as_of)) continue;
    const auto first = FirstDay(claim);
    if (!next || *first < *next) next = first;
  }
  if (!next) return std::nullopt;
  return codes::Date{*next};
}

void PinKeptOpen(const AttributeInfo& attribute, const Resolution& resolution,
                 store::StoredDecision* decision) {
  decision->set_attribute(static_cast<std::uint32_t>(attribute.number));
  decision->set_entry_key(resolution.entry_key);
  decision->clear_uids();
  decision->add_uids(AnchorOf(resolution, resolution.standing()));
  decision->clear_seen();
  for (const Group& group : resolution.groups) {
    SetValue(attribute, *resolution.claims[group.shows].full,
             decision->add_seen());
  }
}

void PinDecision(const AttributeInfo& attribute, const Resolution& resolution,
                 std::uint32_t chosen, store::StoredDecision* decision) {
  assert(chosen < resolution.claims.size());
  PinKeptOpen(attribute, resolution, decision);
  decision->set_uids(0, AnchorOf(resolution, resolution.claims[chosen]));
  SetValue(attribute, *resolution.claims[chosen].full,
           decision->mutable_choice());
}

void PinValue(const AttributeInfo& attribute, const Resolution& resolution,
              const store::StoredClaim& claim,
              store::StoredDecision* decision) {
  PinKeptOpen(attribute, resolution, decision);
  *decision->mutable_choice() = claim.value();
  *decision->add_seen() = claim.value();
  decision->mutable_office()->set_agency(std::string(kOfficeAgency));
  *decision->mutable_office()->add_claims() = claim;
  // What an earlier value was set over was seen through it.
  decision->clear_over();
  const auto add = [&](const store::RuledOver& over) {
    const bool is_known = std::ranges::any_of(
        decision->over(),
        [&](const auto& known) { return known.uid() == over.uid(); });
    if (!is_known) *decision->add_over() = over;
  };
  for (const Claim& held : resolution.claims) {
    if (held.is_office()) {
      for (const store::RuledOver& over : held.ruling->over()) add(over);
      continue;
    }
    store::RuledOver over;
    over.set_uid(held.uid);
    over.set_agency(std::string(held.agency));
    over.set_sector(std::string(held.sector));
    add(over);
  }
}

Claim OfficeClaim(const AttributeInfo& attribute,
                  const store::StoredDecision& decision) {
  RecordView office;
  office.record = &decision.office();
  office.ruling = &decision;
  return ClaimOf(office, 0, attribute, decision.office().claims(0), 0);
}

bool Settles(const Rule& rule, const Resolution& conflict, const Claim& claim,
             const store::StoredDecision& decision, codes::Date as_of) {
  std::vector<Claim> claims = conflict.claims;
  std::erase_if(claims, [](const Claim& held) { return held.is_office(); });
  claims.push_back(claim);
  const store::StoredDecision* const decisions[] = {&decision};
  const auto settled = Resolve(rule, claims, decisions, as_of);
  return settled.size() == 1 && settled.front().status == v1::STATUS_DECIDED;
}

}  // namespace waystation::domain
