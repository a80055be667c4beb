// SPDX-License-Identifier: Apache-2.0
// Text with a delimiter between fields, under a line of headings; lines end in
// CR LF.
#ifndef TESTS_POPULATION_DELIMITED_H_
#define TESTS_POPULATION_DELIMITED_H_

#include <string>
#include <vector>

#include "tests/population/encoding.h"
#include "tests/population/layout.h"

namespace waystation::population {

class Delimited final : public Layout {
 public:
  struct Options {
    Charset charset = Charset::kUtf8;
    bool byte_order_mark = false;
    char delimiter = ',';
    bool quotes = false;  // around values that hold the delimiter
    std::vector<std::string> columns;
    Fields fields = nullptr;
  };
  explicit Delimited(Options options);

  std::string Head(const Agency& agency, int batch,
                   std::uint64_t rows) const override;
  std::vector<std::string> Rows(const Row& row, bool first) const override;

 private:
  std::string Line(const std::vector<std::string>& fields) const;
  std::string BrokenLine(std::vector<std::string> fields, const Row& row) const;

  Options options_;
  Encoder encoder_;
};

}  // namespace waystation::population

#endif  // TESTS_POPULATION_DELIMITED_H_
