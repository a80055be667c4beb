// SPDX-License-Identifier: Apache-2.0
#include "server/hub/pair_ruling.h"

#include "absl/strings/str_cat.h"
#include "server/domain/apply.h"
#include "server/domain/attributes.h"

namespace waystation::hub {
namespace {

constexpr domain::AttributeNumber kCompared[] = {
    domain::kIdentifiers, domain::kName, domain::kSex, domain::kBirthDate};

bool IsSame(const LoadedDecision& ruling) {
  return ruling.stored.decision().kind() == v1::Decision::KIND_SAME;
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
  for (const domain::AttributeNumber attribute : kCompared) {
    const store::v1::StoredClaim* claim = domain::FindClaim(record, attribute);
    if (claim != nullptr) pin.MergeFrom(claim->value());
  }
  return pin;
}

bool Holds(const LoadedDecision& ruling, const Record& a, const Record& b,
           const domain::LinkFeatures& features_a,
           const domain::LinkFeatures& features_b) {
  if (ruling.stored.seen_size() == 2 &&
      ruling.stored.seen(0).SerializeAsString() ==
          PinOf(a.stored).SerializeAsString() &&
      ruling.stored.seen(1).SerializeAsString() ==
          PinOf(b.stored).SerializeAsString()) {
    return true;
  }
  const domain::LinkFeatures both[] = {features_a, features_b};
  const domain::Strong strong = domain::StrongEdges(both, {});
  if (IsSame(ruling)) return !strong.edges.empty();
  return strong.edges.empty() && strong.doubts.empty();
}

storage::KeyHash CandidateEtag(const Hashes& hashes, const Record& a,
                               const Record& b, const PairRulings& rulings) {
  const auto ruling = rulings.by_pair().find(domain::Pair::Of(a.uid, b.uid));
  const uint64_t number =
      ruling == rulings.by_pair().end() ? 0 : ruling->second->number;
  return hashes.Etag(absl::StrCat(PinOf(a.stored).SerializeAsString(), "\n",
                                  PinOf(b.stored).SerializeAsString(), "\n",
                                  a.uid, " ", b.uid, " ", number));
}

}  // namespace waystation::hub
