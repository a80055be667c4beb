// SPDX-License-Identifier: Apache-2.0
#include "server/domain/link.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <tuple>

#include "proto/codes/name.h"
#include "server/domain/apply.h"
#include "server/domain/dates.h"
#include "server/domain/disjoint_sets.h"
#include "server/domain/grades.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::domain {
namespace {

namespace store = ::waystation::store::v1;

// Names that one number may have before its holders are compared only for
// being equal.
constexpr std::size_t kMaxNames = 64;
// Up to so many holders of one name every pair is an edge; beyond, each is
// joined to the first.
constexpr std::size_t kAllPairs = 16;

// --- what identifies ---

bool IsLinkingKind(v1::Identifier::Kind kind) {
  return kind == v1::Identifier::KIND_CITIZEN_NUMBER ||
         kind == v1::Identifier::KIND_HMT_RESIDENCE_PERMIT ||
         kind == v1::Identifier::KIND_FOREIGN_PERMANENT_RESIDENCE;
}

// --- holders of one number ---

// Order by which ties break.
auto OrderOf(const LinkFeatures& record) {
  return std::tuple<std::string_view, std::string_view>(record.agency,
                                                        record.record_key);
}

// Holders of one number with the same name; or without one, with the same birth
// date.
struct Class {
  std::vector<std::size_t> holders;
};

// How well the name agrees, as the score of an edge.
enum Level : int {
  kApart = -1,  // two names
  kUnknown = 0,
  kByBirthDate = 1,
  kOneEdit = 2,
  kSameSound = 3,
  kVariant = 4,
  kExact = 5,
};

Level LevelOf(codes::NameAgreement agreement) {
  switch (agreement) {
    case codes::NameAgreement::kExact:
      return kExact;
    case codes::NameAgreement::kVariant:
      return kVariant;
    case codes::NameAgreement::kSameSound:
      return kSameSound;
    case codes::NameAgreement::kOneEdit:
      return kOneEdit;
    case codes::NameAgreement::kContradicts:
      return kApart;
    case codes::NameAgreement::kMissing:
      return kUnknown;
  }
  return kUnknown;
}

// Finds the edges and doubts among the holders of one number.
class Holders {
 public:
  Holders(std::span<const LinkFeatures> records, DisjointSets& ruled_same,
          Strong& strong)
      : records_(records), ruled_same_(ruled_same), strong_(strong) {}

  void Add(std::vector<std::size_t> holders) {
    std::ranges::sort(holders, {},
                      [&](std::size_t i) { return OrderOf(records_[i]); });
    MakeClasses(holders);
    for (const Class& one : classes_) {
      // Of two that nothing is known of but the number, nothing is known.
      if (IsBlank(one)) {
        ForEachPairWithin(one, [&](std::size_t i, std::size_t j) {
          AddDoubt(i, j, Doubt::kNameMissing);
        });
      } else {
        const Level level = IsNamed(one) ? kExact : kByBirthDate;
        ForEachPairWithin(
            one, [&](std::size_t i, std::size_t j) { AddEdge(i, j, level); });
      }
    }
    if (classes_.size() > kMaxNames) {
      AddDoubt(classes_[0].holders[0], classes_[1].holders[0], Doubt::kTooMany);
      return;
    }
    CompareClasses();
    for (const Level level : {kVariant, kSameSound, kOneEdit, kByBirthDate}) {
      JoinLevel(level);
    }
    DoubtTheRest();
  }

 private:
  const LinkFeatures& First(const Class& one) const {
    return records_[one.holders.front()];
  }
  bool IsNamed(const Class& one) const { return !First(one).name.empty(); }
  bool IsBlank(const Class& one) const {
    return !IsNamed(one) && !First(one).birth_date;
  }

  void MakeClasses(const std::vector<std::size_t>& holders) {
    classes_.clear();
    for (const std::size_t i : holders) {
      const auto same = std::ranges::find_if(classes_, [&](const Class& one) {
        const LinkFeatures& first = First(one);
        return first.name == records_[i].name &&
               (!first.name.empty() ||
                first.birth_date == records_[i].birth_date);
      });
      if (same != classes_.end()) {
        same->holders.push_back(i);
      } else {
        classes_.push_back({{i}});
      }
    }
  }

  // Whether a clerk ruled that records of the two classes are one person: the
  // two names are then one person's.
  bool RuledSame(const Class& a, const Class& b) {
    for (const std::size_t i : a.holders) {
      for (const std::size_t j : b.holders) {
        if (ruled_same_.Find(i) == ruled_same_.Find(j)) return true;
      }
    }
    return false;
  }

  bool BirthDatesAgree(std::size_t i, std::size_t j) const {
    return codes::Agrees(
        codes::CompareDates(records_[i].birth_date, records_[j].birth_date));
  }

  Level Compare(const Class& a, const Class& b) const {
    if (IsNamed(a) && IsNamed(b)) {
      return LevelOf(codes::CompareNames(First(a).name, First(b).name));
    }
    for (const std::size_t i : a.holders) {
      for (const std::size_t j : b.holders) {
        if (BirthDatesAgree(i, j)) return kByBirthDate;
      }
    }
    return kUnknown;
  }

  void CompareClasses() {
    const std::size_t n = classes_.size();
    levels_.assign(n * n, kUnknown);
    joined_ = DisjointSets(n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i + 1; j < n; ++j) {
        const bool ruled = RuledSame(classes_[i], classes_[j]);
        if (ruled) joined_.Join(i, j);
        Level level = Compare(classes_[i], classes_[j]);
        if (ruled && level == kApart) level = kUnknown;
        levels_[i * n + j] = level;
      }
    }
  }

  // Joins all classes that agree on this level, unless that would join two
  // names that contradict each other: then all of these agreements are left to
  // a clerk, since picking one of them would be a guess.
  void JoinLevel(Level level) {
    const std::size_t n = classes_.size();
    DisjointSets tried = joined_;
    ForEachClassPair([&](std::size_t i, std::size_t j) {
      if (levels_[i * n + j] == level) tried.Join(i, j);
    });
    std::vector<bool> contradicts(n, false);
    ForEachClassPair([&](std::size_t i, std::size_t j) {
      if (levels_[i * n + j] == kApart && tried.Find(i) == tried.Find(j)) {
        contradicts[tried.Find(i)] = true;
      }
    });
    ForEachClassPair([&](std::size_t i, std::size_t j) {
      if (levels_[i * n + j] != level) return;
      const bool rivals = contradicts[tried.Find(i)];
      if (!rivals) joined_.Join(i, j);
      ForEachPairBetween(classes_[i], classes_[j],
                         [&](std::size_t a, std::size_t b) {
                           if (level == kByBirthDate && !BirthDatesAgree(a, b))
                             return;
                           if (rivals) {
                             AddDoubt(a, b, Doubt::kRival);
                           } else {
                             AddEdge(a, b, level);
                           }
                         });
    });
  }

  void DoubtTheRest() {
    const std::size_t n = classes_.size();
    ForEachClassPair([&](std::size_t i, std::size_t j) {
      const Level level = levels_[i * n + j];
      if (level != kApart && level != kUnknown) return;
      const Doubt doubt =
          level == kApart ? Doubt::kNameContradicts : Doubt::kNameMissing;
      // Names that a ruling joins are no doubt.
      if (level == kUnknown && joined_.Find(i) == joined_.Find(j)) return;
      ForEachPairBetween(
          classes_[i], classes_[j],
          [&](std::size_t a, std::size_t b) { AddDoubt(a, b, doubt); });
    });
  }

  template <typename Visit>
  void ForEachClassPair(Visit visit) const {
    for (std::size_t i = 0; i < classes_.size(); ++i) {
      for (std::size_t j = i + 1; j < classes_.size(); ++j) visit(i, j);
    }
  }

  template <typename Visit>
  static void ForEachPairWithin(const Class& one, Visit visit) {
    const auto& holders = one.holders;
    const std::size_t from = holders.size() <= kAllPairs ? holders.size() : 1;
    for (std::size_t i = 0; i < from; ++i) {
      for (std::size_t j = i + 1; j < holders.size(); ++j) {
        visit(holders[i], holders[j]);
      }
    }
  }

  template <typename Visit>
  static void ForEachPairBetween(const Class& a, const Class& b, Visit visit) {
    const bool all =
        a.holders.size() <= kAllPairs && b.holders.size() <= kAllPairs;
    for (std::size_t i = 0; i < a.holders.size(); ++i) {
      for (std::size_t j = 0; j < b.holders.size(); ++j) {
        if (all || i == 0 || j == 0) visit(a.holders[i], b.holders[j]);
      }
    }
  }

  void AddEdge(std::size_t i, std::size_t j, Level level) {
    strong_.edges.push_back({.a = records_[i].uid,
                             .b = records_[j].uid,
                             .score = static_cast<double>(level),
                             .kind = Edge::Kind::kStrong});
  }
  void AddDoubt(std::size_t i, std::size_t j, Doubt doubt) {
    strong_.doubts.push_back(
        {Pair::Of(records_[i].uid, records_[j].uid), doubt});
  }

  std::span<const LinkFeatures> records_;
  DisjointSets& ruled_same_;
  Strong& strong_;
  std::vector<Class> classes_;
  // Of class i against class j > i, at i * n + j.
  std::vector<Level> levels_;
  DisjointSets joined_;
};

}  // namespace

std::string_view ReasonOf(Doubt doubt) {
  switch (doubt) {
    case Doubt::kNameContradicts:
      return "NAME_CONTRADICTS";
    case Doubt::kNameMissing:
      return "NAME_MISSING";
    case Doubt::kRival:
      return "AGREES_WITH_SEVERAL";
    case Doubt::kKeptApart:
      return "KEPT_APART";
    case Doubt::kBetweenThresholds:
      return "SCORE_BETWEEN_THRESHOLDS";
    case Doubt::kBridge:
      return "BRIDGES_LARGE_SETS";
    case Doubt::kTooMany:
      return "TOO_MANY_CANDIDATES";
  }
  return "";
}

std::vector<std::string> LinkingIdentifiers(const store::StoredRecord& record,
                                            const BlockList& block_list) {
  std::vector<std::string> numbers;
  const store::StoredClaim* claim = FindClaim(record, kIdentifiers);
  if (claim == nullptr) return numbers;
  for (int i = 0; i < claim->value().identifiers_size(); ++i) {
    const v1::Identifier& identifier = claim->value().identifiers(i);
    // Foreigners' cards of before 2023-12-01 have no check character.
    if (IsLinkingKind(identifier.kind()) && identifier.number().size() == 18 &&
        i < claim->entry_grades_size() &&
        codes::IsStrong(FromMessage(claim->entry_grades(i))) &&
        !block_list.Blocks(ValueKind::kNumber, identifier.number(),
                           claim->recorded_time())) {
      numbers.push_back(identifier.number());
    }
  }
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

LinkFeatures FeaturesOf(const RecordView& view, const BlockList& block_list) {
  const store::StoredRecord& record = *view.record;
  LinkFeatures features;
  features.uid = view.uid;
  features.agency = record.agency();
  features.record_key = record.record_key();
  features.identifiers = LinkingIdentifiers(record, block_list);
  features.is_only = view.unique_keys && HasClaims(record);
  if (const auto* name = FindSound(record, kName)) {
    const std::string& full = name->value().name().full();
    if (!block_list.Blocks(ValueKind::kName, full, name->recorded_time())) {
      features.name = full;
    }
  }
  if (const auto* birth_date = FindSound(record, kBirthDate)) {
    features.birth_date = ToPartial(birth_date->value().birth_date().date());
  }
  if (const auto* sex = FindSound(record, kSex)) {
    features.sex = static_cast<codes::Sex>(sex->value().sex().value());
  }
  return features;
}

Strong StrongEdges(std::span<const LinkFeatures> records,
                   std::span<const Pair> must) {
  Strong strong;
  std::vector<std::pair<std::string_view, std::size_t>> holders;
  for (std::size_t i = 0; i < records.size(); ++i) {
    for (const std::string& number : records[i].identifiers) {
      holders.emplace_back(number, i);
    }
  }
  if (holders.size() < 2) return strong;
  std::ranges::sort(holders);

  DisjointSets ruled_same(records.size());
  if (!must.empty()) {
    const UidIndex index(records,
                         [](const LinkFeatures& record) { return record.uid; });
    for (const Pair& pair : must) {
      const auto a = index.Find(pair.a);
      const auto b = index.Find(pair.b);
      if (a && b) ruled_same.Join(*a, *b);
    }
  }
  Holders one_number(records, ruled_same, strong);
  for (std::size_t begin = 0; begin < holders.size();) {
    std::size_t end = begin;
    std::vector<std::size_t> of_number;
    while (end < holders.size() && holders[end].first == holders[begin].first) {
      of_number.push_back(holders[end++].second);
    }
    if (of_number.size() > 1) one_number.Add(std::move(of_number));
    begin = end;
  }
  return strong;
}

}  // namespace waystation::domain
