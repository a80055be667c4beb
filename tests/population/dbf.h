// SPDX-License-Identifier: Apache-2.0
// A dBase III table without memo file:
//
//     table  := head column* 0D row* 1A      all columns of all rows in place
//     head   := 03 date[3] rows[4] head_size[2] row_size[2] 0[17] language 0[2]
//     column := name[11] type 0[4] width 0[15]
//     row    := (' ' | '*') field*           '*': deleted, still lying about
//
// Numbers are little-endian; text is cut to its column between two characters
// and padded with spaces.
#ifndef TESTS_POPULATION_DBF_H_
#define TESTS_POPULATION_DBF_H_

#include <string>
#include <vector>

#include "tests/population/encoding.h"
#include "tests/population/layout.h"

namespace waystation::population {

class Dbf final : public Layout {
 public:
  struct Column {
    std::string name;  // 10 bytes at most
    char type = 'C';
    std::size_t width = 0;
  };
  struct Options {
    Charset charset = Charset::kGbk;
    std::vector<Column> columns;  // the record key first
    Fields fields = nullptr;
    // Of the row that was deleted when this one was entered, for records that
    // have the defect "row_deleted".
    Fields deleted_fields = nullptr;
  };
  explicit Dbf(Options options);

  std::string Head(const Agency& agency, int batch,
                   std::uint64_t rows) const override;
  std::vector<std::string> Rows(const Row& row, bool first) const override;
  std::string Tail() const override;

 private:
  std::string Field(const std::string& text, const Column& column,
                    const Row& row) const;
  std::string Line(const std::vector<std::string>& fields, char flag,
                   const Row& row) const;

  Options options_;
  Encoder encoder_;
};

}  // namespace waystation::population

#endif  // TESTS_POPULATION_DBF_H_
