// SPDX-License-Identifier: Apache-2.0
// The partition of link.h: three passes over one neighbourhood at a time.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <string_view>
#include <tuple>

#include "server/domain/disjoint_sets.h"
#include "server/domain/link.h"
#include "server/domain/score.h"

namespace waystation::domain {
namespace {

// An edge between positions, the first by (agency, record key) first.
struct Link {
  std::size_t a = 0;
  std::size_t b = 0;
  double score = 0;
};

struct Question {
  std::size_t a = 0;
  std::size_t b = 0;
  Doubt doubt = Doubt::kNameContradicts;
};

// What sort of number it is, by its first digit: one person may hold a number
// of each sort, and two of one sort contradict each other.
char SortOf(std::string_view number) {
  const char first = number.empty() ? '\0' : number.front();
  return first == '8' || first == '9' ? first : '1';
}

// The records with all that bears on them.
class Passes {
 public:
  Passes(const LinkInput& input, PartitionTrace* trace)
      : thresholds_(input.thresholds), trace_(trace) {
    for (const LinkFeatures& record : input.records) {
      records_.push_back(&record);
      only_records_ += record.is_only ? 1 : 0;
    }
    std::ranges::sort(records_, {}, [](const LinkFeatures* record) {
      return std::tuple<std::string_view, std::string_view>(record->agency,
                                                            record->record_key);
    });
    const std::size_t n = records_.size();
    const UidIndex by_uid(
        records_, [](const LinkFeatures* record) { return record->uid; });
    const auto links_of = [&](std::span<const Edge> edges) {
      std::vector<Link> links;
      for (const Edge& edge : edges) {
        const auto pair = PositionsOf(by_uid, edge.a, edge.b);
        if (pair) links.push_back({pair->a, pair->b, edge.score});
      }
      std::ranges::sort(links, {}, [](const Link& link) {
        return std::tuple(-link.score, link.a, link.b);
      });
      return links;
    };
    for (const Pair& pair : input.must) {
      if (const auto at = PositionsOf(by_uid, pair.a, pair.b)) {
        must_.push_back(*at);
      }
    }
    for (const Pair& pair : input.cannot) {
      if (const auto at = PositionsOf(by_uid, pair.a, pair.b)) {
        different_.push_back(*at);
      }
    }
    SortPairs(must_);
    SortPairs(different_);

    const Strong strong = StrongEdges(input.records, input.must);
    strong_ = links_of(strong.edges);
    scored_ = links_of(input.scored);
    std::erase_if(scored_, [&](const Link& link) {
      return link.score < thresholds_.lower;
    });
    CapWhatContradicts();
    for (const Candidate& doubt : strong.doubts) {
      const auto at = PositionsOf(by_uid, doubt.pair.a, doubt.pair.b);
      Ask(*at, doubt.doubt, Basis::kNumber);
    }
    sets_ = DisjointSets(n);
    members_.resize(n);
    for (std::size_t i = 0; i < n; ++i) members_[i] = {i};
    ClassifyNumbers();
    for (const Question& question : questions_) {
      if (question.doubt == Doubt::kNameContradicts) {
        apart_.push_back({question.a, question.b, 0});
      }
    }
    SortPairs(apart_);
    FindNeighbourhoods();
    for (const Uid uid : input.cut) {
      if (const auto place = by_uid.Find(uid)) {
        is_over_limit_[neighbourhoods_.Find(*place)] = true;
      }
    }
  }

  Partitioned Run() {
    MakeCores();
    JoinCores();
    return Result();
  }

 private:
  using Basis = PartitionTrace::Basis;
  using Apart = PartitionTrace::Apart;

  // --- preparation ---

  static std::optional<Link> PositionsOf(const UidIndex& by_uid, Uid x, Uid y) {
    const auto a = by_uid.Find(x);
    const auto b = by_uid.Find(y);
    if (!a || !b || *a == *b) return std::nullopt;
    return Link{std::min(*a, *b), std::max(*a, *b), 0};
  }

  // However much else agrees, an edge whose names or birth dates contradict
  // each other is one to ask about.
  void CapWhatContradicts() {
    const double most = std::nextafter(
        thresholds_.upper, -std::numeric_limits<double>::infinity());
    for (Link& link : scored_) {
      // By falling score.
      if (link.score < thresholds_.upper) break;
      const LinkFeatures& a = *records_[link.a];
      const LinkFeatures& b = *records_[link.b];
      if (Contradict(a.birth_date, b.birth_date) ||
          Contradict(codes::ComparableName(a.name),
                     codes::ComparableName(b.name))) {
        link.score = most;
      }
    }
  }

  static void SortPairs(std::vector<Link>& pairs) {
    std::ranges::sort(
        pairs, {}, [](const Link& pair) { return std::pair(pair.a, pair.b); });
  }

  static bool Holds(const std::vector<Link>& pairs, std::size_t a,
                    std::size_t b) {
    if (a > b) std::swap(a, b);
    return std::ranges::binary_search(
        pairs, std::pair(a, b), {},
        [](const Link& pair) { return std::pair(pair.a, pair.b); });
  }

  // Numbers that a clerk's ruling gives to one person are one number from here
  // on.
  void ClassifyNumbers() {
    std::vector<std::string_view> numbers;
    for (const LinkFeatures* record : records_) {
      numbers.insert(numbers.end(), record->identifiers.begin(),
                     record->identifiers.end());
    }
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    const auto place_of = [&](std::string_view number) {
      return static_cast<std::size_t>(
          std::ranges::lower_bound(numbers, number) - numbers.begin());
    };

    DisjointSets ruled(records_.size());
    for (const Link& pair : must_) ruled.Join(pair.a, pair.b);
    std::vector<std::size_t> ruled_size(records_.size(), 0);
    for (std::size_t i = 0; i < records_.size(); ++i) {
      ++ruled_size[ruled.Find(i)];
    }
    DisjointSets same(numbers.size());
    // Of each ruled set and sort, one of the numbers.
    std::map<std::pair<std::size_t, char>, std::size_t> of_set;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      const std::size_t set = ruled.Find(i);
      if (ruled_size[set] == 1) continue;
      for (const std::string& number : records_[i]->identifiers) {
        const auto [place, is_first] = of_set.try_emplace(
            std::pair(set, SortOf(number)), place_of(number));
        if (!is_first) same.Join(place->second, place_of(number));
      }
    }
    numbers_.resize(records_.size());
    for (std::size_t i = 0; i < records_.size(); ++i) {
      for (const std::string& number : records_[i]->identifiers) {
        numbers_[i].emplace_back(SortOf(number), same.Find(place_of(number)));
      }
    }
    several_numbers_ = numbers.size() > 1;
  }

  void FindNeighbourhoods() {
    neighbourhoods_ = DisjointSets(records_.size());
    for (const auto* links : {&must_, &strong_, &scored_}) {
      for (const Link& link : *links) neighbourhoods_.Join(link.a, link.b);
    }
    for (const Question& question : questions_) {
      neighbourhoods_.Join(question.a, question.b);
    }
    std::vector<std::size_t> sizes(records_.size(), 0);
    for (std::size_t i = 0; i < records_.size(); ++i) {
      ++sizes[neighbourhoods_.Find(i)];
    }
    is_over_limit_.resize(records_.size());
    for (std::size_t i = 0; i < records_.size(); ++i) {
      is_over_limit_[i] = sizes[i] > thresholds_.neighbourhood_limit;
    }
  }

  bool IsOverLimit(std::size_t i) {
    return is_over_limit_[neighbourhoods_.Find(i)];
  }

  // --- what keeps sets apart ---

  // Whether the two hold different numbers of one sort, and share none.
  bool NumbersContradict(std::size_t i, std::size_t j) const {
    bool contradict = false;
    for (const auto& mine : numbers_[i]) {
      for (const auto& theirs : numbers_[j]) {
        if (mine == theirs) return false;
        contradict = contradict || mine.first == theirs.first;
      }
    }
    return contradict;
  }

  // Whether one of the pairs stands between the two sets.
  bool StandsBetween(const std::vector<Link>& pairs, std::size_t a,
                     std::size_t b) {
    const auto& left = members_[a];
    const auto& right = members_[b];
    if (pairs.size() <= left.size() * right.size()) {
      return std::ranges::any_of(pairs, [&](const Link& pair) {
        const std::size_t x = sets_.Find(pair.a);
        const std::size_t y = sets_.Find(pair.b);
        return (x == a && y == b) || (x == b && y == a);
      });
    }
    return std::ranges::any_of(left, [&](std::size_t i) {
      return std::ranges::any_of(
          right, [&](std::size_t j) { return Holds(pairs, i, j); });
    });
  }

  // Whether a clerk ruled a record of one set different from one of the other.
  bool AreRuledDifferent(std::size_t a, std::size_t b) {
    return StandsBetween(different_, sets_.Find(a), sets_.Find(b));
  }

  // Whether each holds the only record that an agency has of a person.
  bool HoldOnlyRecordsOfOneAgency(std::size_t a, std::size_t b) const {
    if (only_records_ < 2) return false;
    return std::ranges::any_of(members_[a], [&](std::size_t i) {
      return records_[i]->is_only &&
             std::ranges::any_of(members_[b], [&](std::size_t j) {
               return records_[j]->is_only &&
                      records_[i]->agency == records_[j]->agency;
             });
    });
  }

  bool SetsAreApart(std::size_t a, std::size_t b) {
    return WhatIsBetween(a, b) != Apart::kNothing;
  }

  Apart WhatIsBetween(std::size_t a, std::size_t b) {
    a = sets_.Find(a);
    b = sets_.Find(b);
    if (StandsBetween(different_, a, b)) return Apart::kRuling;
    if (StandsBetween(apart_, a, b)) return Apart::kNames;
    if (HoldOnlyRecordsOfOneAgency(a, b)) return Apart::kUniqueKeys;
    const bool contradict =
        several_numbers_ &&
        std::ranges::any_of(members_[a], [&](std::size_t i) {
          return std::ranges::any_of(members_[b], [&](std::size_t j) {
            return NumbersContradict(i, j);
          });
        });
    return contradict ? Apart::kNumbers : Apart::kNothing;
  }

  Pair PairOf(const Link& link) const {
    return Pair::Of(records_[link.a]->uid, records_[link.b]->uid);
  }

  void Join(const Link& link, Basis basis) {
    const std::size_t a = sets_.Find(link.a);
    const std::size_t b = sets_.Find(link.b);
    if (a == b) return;
    sets_.Join(a, b);
    auto& into = members_[sets_.Find(a)];
    auto& from = members_[sets_.Find(a) == a ? b : a];
    into.insert(into.end(), from.begin(), from.end());
    from.clear();
    if (trace_ != nullptr) {
      trace_->steps.push_back({.pair = PairOf(link),
                               .basis = basis,
                               .score = link.score,
                               .size = into.size()});
    }
  }

  // Leaves the pair to a clerk.
  void Ask(const Link& link, Doubt doubt, Basis basis,
           const Link* rival = nullptr) {
    questions_.push_back({link.a, link.b, doubt});
    if (trace_ == nullptr) return;
    trace_->asides.push_back(
        {.pair = PairOf(link),
         .basis = basis,
         .doubt = doubt,
         .score = link.score,
         .apart = doubt == Doubt::kKeptApart ? WhatIsBetween(link.a, link.b)
                                             : Apart::kNothing,
         .rival = rival == nullptr ? std::nullopt
                                   : std::optional<Pair>(PairOf(*rival))});
  }

  bool AreOne(std::size_t a, std::size_t b) {
    return sets_.Find(a) == sets_.Find(b);
  }

  // --- pass 1: must-links and strong edges make cores ---

  void MakeCores() {
    for (const Link& pair : must_) {
      if (AreOne(pair.a, pair.b)) continue;
      if (!AreRuledDifferent(pair.a, pair.b)) {
        Join(pair, Basis::kRuling);
      } else if (trace_ != nullptr) {
        // No question: both were answered.
        trace_->asides.push_back({.pair = PairOf(pair),
                                  .doubt = Doubt::kKeptApart,
                                  .apart = Apart::kRuling,
                                  .rival = {}});
      }
    }
    for (const Link& edge : strong_) {
      if (AreOne(edge.a, edge.b)) continue;
      if (SetsAreApart(edge.a, edge.b)) {
        Ask(edge, Doubt::kKeptApart, Basis::kNumber);
      } else {
        Join(edge, Basis::kNumber);
      }
    }
  }

  // --- passes 2 and 3: scored edges join cores ---

  void JoinCores() {
    std::vector<std::size_t> core(records_.size());
    for (std::size_t i = 0; i < core.size(); ++i) core[i] = sets_.Find(i);

    std::vector<Link> accepted;
    for (const Link& edge : scored_) {
      if (core[edge.a] == core[edge.b]) continue;
      if (IsOverLimit(edge.a)) {
        Ask(edge, Doubt::kTooMany, Basis::kScore);
      } else if (edge.score < thresholds_.upper) {
        Ask(edge, Doubt::kBetweenThresholds, Basis::kScore);
      } else if (SetsAreApart(edge.a, edge.b)) {
        Ask(edge, Doubt::kKeptApart, Basis::kScore);
      } else if (const Link* const rival = FindRival(edge, core)) {
        Ask(edge, Doubt::kRival, Basis::kScore, rival);
      } else {
        accepted.push_back(edge);
      }
    }
    for (const Link& edge : accepted) {
      if (AreOne(edge.a, edge.b)) continue;
      if (SetsAreApart(edge.a, edge.b)) {
        Ask(edge, Doubt::kKeptApart, Basis::kScore);
      } else if (IsBridge(edge, accepted)) {
        Ask(edge, Doubt::kBridge, Basis::kScore);
      } else {
        Join(edge, Basis::kScore);
      }
    }
  }

  // What joins a third core that is as close to one end of the edge while it
  // cannot be the other's, or has nothing to do with it; nullptr if none is.
  const Link* FindRival(const Link& edge,
                        const std::vector<std::size_t>& core) {
    const std::size_t ends[] = {core[edge.a], core[edge.b]};
    const double close =
        std::min(thresholds_.upper, edge.score - thresholds_.margin);
    const auto rival = std::ranges::find_if(scored_, [&](const Link& other) {
      if (other.score < close) return false;
      const std::size_t cores[] = {core[other.a], core[other.b]};
      for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 2; ++j) {
          const std::size_t third = cores[1 - j];
          if (cores[j] != ends[i] || third == ends[0] || third == ends[1]) {
            continue;
          }
          if (SetsAreApart(third, ends[1 - i]) ||
              !AreConnected(third, ends[1 - i], core)) {
            return true;
          }
        }
      }
      return false;
    });
    return rival == scored_.end() ? nullptr : &*rival;
  }

  bool AreConnected(std::size_t a, std::size_t b,
                    const std::vector<std::size_t>& core) const {
    return std::ranges::any_of(scored_, [&](const Link& link) {
      return (core[link.a] == a && core[link.b] == b) ||
             (core[link.a] == b && core[link.b] == a);
    });
  }

  bool IsBridge(const Link& edge, const std::vector<Link>& accepted) {
    const std::size_t a = sets_.Find(edge.a);
    const std::size_t b = sets_.Find(edge.b);
    if (members_[a].size() < thresholds_.large_set ||
        members_[b].size() < thresholds_.large_set) {
      return false;
    }
    return std::ranges::count_if(accepted, [&](const Link& other) {
             const std::size_t x = sets_.Find(other.a);
             const std::size_t y = sets_.Find(other.b);
             return (x == a && y == b) || (x == b && y == a);
           }) == 1;
  }

  // --- the outcome ---

  Partitioned Result() {
    Partitioned result;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      if (sets_.Find(i) != i) continue;
      auto& person = result.persons.emplace_back();
      for (const std::size_t member : members_[i]) {
        person.push_back(records_[member]->uid);
      }
      std::ranges::sort(person);
    }
    std::ranges::sort(result.persons);
    result.candidates = Candidates();
    for (std::size_t i = 0; i < records_.size(); ++i) {
      if (IsOverLimit(i)) result.over_limit.push_back(records_[i]->uid);
    }
    std::ranges::sort(result.over_limit);
    return result;
  }

  // The gravest question between each two persons.
  std::vector<Candidate> Candidates() {
    struct Open {
      std::size_t low, high;
      Question question;
    };
    std::vector<Open> open;
    for (const Question& question : questions_) {
      const std::size_t a = sets_.Find(question.a);
      const std::size_t b = sets_.Find(question.b);
      if (a == b) continue;
      open.push_back({std::min(a, b), std::max(a, b), question});
    }
    std::ranges::sort(open, {}, [](const Open& one) {
      return std::tuple(one.low, one.high, one.question.doubt, one.question.a,
                        one.question.b);
    });
    const auto same_persons = [](const Open& one, const Open& other) {
      return one.low == other.low && one.high == other.high;
    };
    open.erase(std::unique(open.begin(), open.end(), same_persons), open.end());
    std::vector<Candidate> candidates;
    candidates.reserve(open.size());
    for (const Open& one : open) {
      if (AreRuledDifferent(one.low, one.high)) continue;
      candidates.push_back({Pair::Of(records_[one.question.a]->uid,
                                     records_[one.question.b]->uid),
                            one.question.doubt});
    }
    return candidates;
  }

  const Thresholds thresholds_;
  PartitionTrace* const trace_;
  // In the order by which ties break.
  std::vector<const LinkFeatures*> records_;
  std::vector<Link> must_;
  // Ruled different by a clerk.
  std::vector<Link> different_;
  // One number, two names.
  std::vector<Link> apart_;
  // By falling score, then by position.
  std::vector<Link> strong_;
  std::vector<Link> scored_;
  std::vector<Question> questions_;
  // Sort and class of each record's numbers.
  std::vector<std::vector<std::pair<char, std::size_t>>> numbers_;
  bool several_numbers_ = false;
  std::size_t only_records_ = 0;
  DisjointSets neighbourhoods_;
  // At the record that stands for the neighbourhood.
  std::vector<bool> is_over_limit_;
  DisjointSets sets_;
  // Of each set, at the element that stands for it.
  std::vector<std::vector<std::size_t>> members_;
};

}  // namespace

Partitioned Partition(const LinkInput& input, PartitionTrace* trace) {
  if (input.records.size() == 1) {
    Partitioned alone;
    alone.persons.push_back({input.records.front().uid});
    return alone;
  }
  return Passes(input, trace).Run();
}

std::vector<std::vector<Uid>> OwnGroups(std::span<const LinkFeatures> records,
                                        std::span<const Edge> scored,
                                        std::span<const Pair> must,
                                        std::span<const Pair> cannot,
                                        const Thresholds& thresholds) {
  if (records.size() == 1) return {{records.front().uid}};
  return Partition({.records = records,
                    .scored = scored,
                    .must = must,
                    .cannot = cannot,
                    .thresholds = thresholds})
      .persons;
}

}  // namespace waystation::domain
