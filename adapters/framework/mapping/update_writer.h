// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_UPDATE_WRITER_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_UPDATE_WRITER_H_

#include <cstdint>
#include <string>

#include "adapters/framework/mapping/row_reader.h"

namespace waystation::adapters {

// Attributes as bits, by their numbers.
using AttributeBits = std::uint64_t;
inline AttributeBits AttributeBit(int number) {
  return AttributeBits{1} << number;
}

// A serialised v1::Update that says of the record what the row says about
// `attributes`: those that it holds are claimed, the others taken back. A row
// that retracts its record takes everything back instead.
std::string WriteUpdate(const ReadRow& row, std::uint64_t revision,
                        AttributeBits attributes);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_UPDATE_WRITER_H_
