// SPDX-License-Identifier: Apache-2.0
#include "server/hub/edge.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"

namespace waystation::hub {
namespace {

Place PlaceOf(storage::Uid a, storage::Uid b) {
  return {.table = Place::Table::kEdge, .first = a, .second = b};
}

}  // namespace

store::v1::StoredEdge StoredEdgeOf(const domain::Weighed& weighed,
                                   std::string_view rules_version) {
  store::v1::StoredEdge edge;
  edge.set_score(weighed.score);
  edge.set_rules_version(std::string(rules_version));
  for (const domain::Contribution& one : weighed.contributions) {
    v1::Contribution& stored = *edge.add_contributions();
    stored.set_field(std::string(domain::NameOf(one.field)));
    stored.set_level(std::string(domain::NameOf(one.level)));
    stored.set_weight(one.bits);
    stored.set_share(one.share);
  }
  return edge;
}

storage::EdgeRow SealEdge(Sealer& sealer, const storage::EdgeKey& key,
                          const DataKey& data_key,
                          const store::v1::StoredEdge& edge) {
  return {.a = key.a,
          .b = key.b,
          .bytes = sealer.Seal(data_key, PlaceOf(key.a, key.b),
                               edge.SerializeAsString())};
}

absl::StatusOr<store::v1::StoredEdge> OpenEdge(const storage::EdgeRow& row,
                                               const DataKey& data_key) {
  const absl::StatusOr<std::string> bytes =
      Sealer::Open(data_key, PlaceOf(row.a, row.b), row.bytes);
  if (!bytes.ok()) return bytes.status();
  store::v1::StoredEdge edge;
  if (!edge.ParseFromString(*bytes)) {
    return errors::Error(
        "STORE_DAMAGED",
        {.metadata = {{"table", "edge"}, {"row", absl::StrCat(row.b)}}});
  }
  return edge;
}

}  // namespace waystation::hub
