// SPDX-License-Identifier: Apache-2.0
// What anybody would do by hand with a file of each format and one library:
// every value touched, nothing checked, decoded twice or mapped.
#ifndef TESTS_BENCH_BARE_READERS_H_
#define TESTS_BENCH_BARE_READERS_H_

#include <cstdint>
#include <string>

namespace waystation::bench {

struct ReadResult {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // of what came out
};

// ICU's own converter over the file, then a split at every delimiter and line
// end.
ReadResult ReadWithIcu(const std::string& path, char16_t delimiter);

// shapelib's strings of every field of every record.
ReadResult ReadWithShapelib(const std::string& path);

// RapidJSON's reader over a stream of the file; Patients are counted.
ReadResult ReadWithRapidJson(const std::string& path);

}  // namespace waystation::bench

#endif  // TESTS_BENCH_BARE_READERS_H_
