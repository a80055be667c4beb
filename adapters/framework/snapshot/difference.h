// SPDX-License-Identifier: Apache-2.0
// What changed since a row was last sent. Files are mostly whole snapshots, so
// most rows say what they said yesterday; and of a row that changed, mostly one
// attribute did. Only that is sent, since a claim that is repeated would look
// as if it had been made again. Pure.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SNAPSHOT_DIFFERENCE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SNAPSHOT_DIFFERENCE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/framework/mapping/row_reader.h"
#include "adapters/framework/mapping/update_writer.h"
#include "adapters/framework/snapshot/keyed_hash.h"
#include "adapters/framework/sources/source.h"

namespace waystation::adapters {

// Hash of what was last said of one attribute.
struct HeldAttribute {
  int number = 0;  // 0 stands for the record's retraction
  // 0: the hub refused it, so it is said again when there is a new row.
  std::uint64_t hash = 0;

  bool operator==(const HeldAttribute&) const = default;
};

// What is remembered of a row.
struct HeldRow {
  // Of the wanted columns' bytes, under the mapping's fingerprint.
  std::uint64_t row = 0;
  // The row's own recorded time, microseconds since 1970; 0 if it had none.
  std::int64_t recorded_time = 0;
  std::vector<HeldAttribute> attributes;

  bool operator==(const HeldRow&) const = default;
};

// As stored: number, hash (little endian) for each attribute.
std::string EncodeAttributes(const std::vector<HeldAttribute>& attributes);
std::vector<HeldAttribute> DecodeAttributes(std::string_view bytes);

// Hash of a row before it is decoded: equal for the same bytes in all wanted
// columns under the same mapping.
std::uint64_t HashRow(const Row& row, std::uint64_t mapping_fingerprint,
                      KeyedHash& hash, std::string& scratch);

struct Difference {
  // A later entry of the row was sent before: nothing is sent, nothing changes.
  bool older = false;
  // What must be said anew; nothing if empty and not `retract`.
  AttributeBits attributes = 0;
  bool retract = false;
  // What is remembered from now on.
  HeldRow held;

  bool sends() const { return attributes != 0 || retract; }
};

// `before` is nullopt for a row that was never sent.
Difference Compare(const ReadRow& row, std::uint64_t row_hash,
                   const std::optional<HeldRow>& before, KeyedHash& hash);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SNAPSHOT_DIFFERENCE_H_
