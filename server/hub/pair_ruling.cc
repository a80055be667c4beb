// SPDX-License-Identifier: Apache-2.0
#include "server/hub/pair_ruling.h"

#include "absl/strings/str_cat.h"
#include "server/domain/apply.h"
#include "server/domain/attributes.h"
#include "server/domain/score.h"

namespace waystation::hub {
namespace {

constexpr domain::AttributeSet kPinned =
    domain::BitOf(domain::kIdentifiers) | domain::BitOf(domain::kName) |
    domain::BitOf(domain::kSex) | domain::BitOf(domain::kBirthDate);

bool IsSame(const LoadedDecision& ruling) {
  return ruling.stored.decision().kind() == v1::Decision::KIND_SAME;
}

// `at`: which of the two it is to the ruling.
bool IsAsSeen(const Hashes& hashes, const store::v1::StoredDecision& ruling,
              int at, const Record& record) {
  if (ruling.seen_size() != 2 || ruling.seen(at).SerializeAsString() !=
                                     PinOf(record.stored).SerializeAsString()) {
    return false;
  }
  // Rulings of before there were scores have none.
  if (ruling.seen_hashes_size() != 2) return true;
  const storage::KeyHash rest = HashOfRest(hashes, record.stored);
  return ruling.seen_hashes(at) == std::string(rest.begin(), rest.end());
}

// The sector plays no part between two records.
domain::LinkFeatures FeaturesOf(const domain::Linking& linking,
                                const Record& record) {
  return domain::FeaturesOf({.uid = record.uid,
                             .sector = {},
                             .record = &record.stored,
                             .unique_keys = false},
                            linking.block_list);
}

}  // namespace

PairRulings::PairRulings(std::span<const DecisionPtr> decisions) {
  for (const DecisionPtr& decision : decisions) {
    if (decision->IsValueDecision() || decision->stored.uids_size() != 2) {
      continue;
    }
    DecisionPtr& latest = by_pair_[domain::Pair::Of(decision->stored.uids(0),
                                                    decision->stored.uids(1))];
    if (latest == nullptr || latest->number < decision->number) {
      latest = decision;
    }
  }
  for (const auto& [pair, ruling] : by_pair_) {
    (IsSame(*ruling) ? must_ : cannot_).push_back(pair);
  }
}

waystation::v1::Person PinOf(const store::v1::StoredRecord& record) {
  waystation::v1::Person pin;
  domain::ForEachAttribute(kPinned, [&](domain::AttributeNumber attribute) {
    const auto* claim = domain::FindClaim(record, attribute);
    if (claim != nullptr) pin.MergeFrom(claim->value());
  });
  return pin;
}

storage::KeyHash HashOfRest(const Hashes& hashes,
                            const store::v1::StoredRecord& record) {
  // Of these attributes, what is compared and no more.
  std::string rest;
  if (const auto* claim = domain::FindClaim(record, domain::kContact)) {
    for (const std::string& phone : claim->value().contact().phones()) {
      absl::StrAppend(&rest, phone, " ");
    }
  }
  rest += '\n';
  if (const auto* claim =
          domain::FindClaim(record, domain::kHouseholdRegistration)) {
    rest += claim->value().household_registration().division();
  }
  rest += '\n';
  if (const auto* claim = domain::FindClaim(record, domain::kResidence)) {
    rest += claim->value().residence().address();
  }
  return hashes.Etag(rest);
}

domain::Weighed WeighPair(const domain::Linking& linking, const Record& a,
                          const Record& b) {
  return domain::Weigh(domain::MatchVectorOf(a.stored, linking.block_list),
                       domain::MatchVectorOf(b.stored, linking.block_list),
                       linking.weights);
}

bool Holds(const Hashes& hashes, const domain::Linking& linking,
           const LoadedDecision& ruling, const Record& a, const Record& b) {
  if (IsAsSeen(hashes, ruling.stored, 0, a) &&
      IsAsSeen(hashes, ruling.stored, 1, b)) {
    return true;
  }
  // What the two say of each other, whatever stands between them.
  const domain::LinkFeatures both[] = {FeaturesOf(linking, a),
                                       FeaturesOf(linking, b)};
  const domain::Strong strong = domain::StrongEdges(both, {});
  const domain::Weighed weighed = WeighPair(linking, a, b);
  const bool is_near =
      !weighed.shares_number() && weighed.score >= linking.thresholds.lower;
  const bool agree = !strong.edges.empty() || is_near;
  return IsSame(ruling) ? agree : !agree && strong.doubts.empty();
}

storage::KeyHash CandidateEtag(const Hashes& hashes, const Record& a,
                               const Record& b, const PairRulings& rulings) {
  const auto ruling = rulings.by_pair().find(domain::Pair::Of(a.uid, b.uid));
  const uint64_t number =
      ruling == rulings.by_pair().end() ? 0 : ruling->second->number;
  std::string state = absl::StrCat(a.uid, " ", b.uid, " ", number);
  for (const Record* record : {&a, &b}) {
    const storage::KeyHash rest = HashOfRest(hashes, record->stored);
    state.append("\n").append(rest.begin(), rest.end());
    state.append(PinOf(record->stored).SerializeAsString());
  }
  return hashes.Etag(state);
}

}  // namespace waystation::hub
