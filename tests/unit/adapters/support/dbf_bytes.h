// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_UNIT_ADAPTERS_SUPPORT_DBF_BYTES_H_
#define TESTS_UNIT_ADAPTERS_SUPPORT_DBF_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace waystation::adapters {

struct DbfColumn {
  std::string name;
  std::size_t width = 10;
  char type = 'C';
};

// The bytes of a dBase III table, made by hand so that it can lie.
class DbfBytes {
 public:
  explicit DbfBytes(std::vector<DbfColumn> columns);

  // Values are cut to their width.
  DbfBytes& Add(const std::vector<std::string>& values, char mark = ' ');

  // With the end mark.
  std::string Bytes() const;

  std::size_t header_size() const { return 32 + 32 * columns_.size() + 1; }
  std::size_t record_size() const { return record_size_; }

 private:
  std::vector<DbfColumn> columns_;
  std::size_t record_size_ = 1;
  std::uint32_t count_ = 0;
  std::string records_;
};

// `bytes` with a little-endian number of `size` bytes written over `at`.
std::string WithNumber(std::string bytes, std::size_t at, std::size_t size,
                       std::uint64_t number);

}  // namespace waystation::adapters

#endif  // TESTS_UNIT_ADAPTERS_SUPPORT_DBF_BYTES_H_
