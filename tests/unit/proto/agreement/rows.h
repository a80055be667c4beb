// SPDX-License-Identifier: Apache-2.0
// Rows for sectors beyond the four, from YAML.
#ifndef WAYSTATION_TESTS_UNIT_PROTO_AGREEMENT_ROWS_H_
#define WAYSTATION_TESTS_UNIT_PROTO_AGREEMENT_ROWS_H_

#include <gtest/gtest.h>

#include <string_view>

#include "proto/agreement/ceiling.h"
#include "proto/runtime/yaml.h"
#include "waystation/config/v1/ceiling.pb.h"

namespace waystation::agreement {

inline config::v1::SectorCeiling RowsOf(std::string_view yaml) {
  config::v1::SectorCeiling rows;
  const auto places = runtime::ReadYaml(yaml, "rows.yaml", rows);
  EXPECT_TRUE(places.ok()) << places.status();
  return rows;
}

// As it is without a file in the configuration.
inline Ceiling ShippedCeiling() { return Ceiling(RowsOf(kDefaultSectorRows)); }

}  // namespace waystation::agreement

#endif  // WAYSTATION_TESTS_UNIT_PROTO_AGREEMENT_ROWS_H_
