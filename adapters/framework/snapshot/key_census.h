// SPDX-License-Identifier: Apache-2.0
// Finds the record keys that stand more than once in a file of any size, in
// memory that does not grow with it. The file is read once before anything of
// it is sent, since a row cannot be called the second of two when it may be the
// one that is meant.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SNAPSHOT_KEY_CENSUS_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SNAPSHOT_KEY_CENSUS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adapters/framework/snapshot/keyed_hash.h"

namespace waystation::adapters {

// Of the keys that stand more than once: says which rows come later.
class RepeatedKeys {
 public:
  explicit RepeatedKeys(std::unordered_set<std::uint64_t> hashes = {})
      : hashes_(std::move(hashes)) {}

  // Whether the key, whose hash is given too, stood in an earlier row of the
  // file. Call it once for each row, in file order.
  bool IsRepetition(std::uint64_t hash, std::string_view key);

 private:
  std::unordered_set<std::uint64_t> hashes_;
  // Those of `hashes_` that were met; two keys of one hash are two keys.
  std::unordered_set<std::string> met_;
};

// Not thread-safe.
class KeyCensus {
 public:
  // More repeated keys than this are no slip: the column is no key.
  static constexpr std::size_t kMostRepeated = std::size_t{1} << 16;

  // Spills over into files without names in `folder`, each key as a hash.
  // `in_memory` is the number of keys up to which none is made.
  explicit KeyCensus(std::string folder,
                     std::size_t in_memory = std::size_t{1} << 20);
  ~KeyCensus();
  KeyCensus(const KeyCensus&) = delete;
  KeyCensus& operator=(const KeyCensus&) = delete;

  // LOCAL_DISK_FULL, FILE_NOT_WRITTEN.
  absl::Status Add(std::uint64_t hash);

  // KEYS_NOT_UNIQUE past kMostRepeated. Ends the census.
  absl::StatusOr<RepeatedKeys> Finish();

 private:
  static constexpr std::size_t kParts = 64;
  absl::Status Spill();
  absl::Status WritePart(std::size_t part);

  std::string folder_;
  std::size_t in_memory_;
  std::vector<std::uint64_t> hashes_;
  // By the hash's top bits, once there are too many.
  std::vector<int> files_;
  std::vector<std::vector<std::uint64_t>> parts_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SNAPSHOT_KEY_CENSUS_H_
