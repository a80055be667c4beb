// SPDX-License-Identifier: Apache-2.0
// How the systems of one sector export. A sector is one file that defines a
// Format, and a row in the table of format.cc.
#ifndef TESTS_POPULATION_FORMAT_H_
#define TESTS_POPULATION_FORMAT_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/population/encoding.h"
#include "tests/population/record.h"

namespace waystation::population {

struct Format {
  std::string_view sector;
  std::string_view file;
  Charset charset = Charset::kUtf8;
  char delimiter = ',';
  bool quotes = false;         // values that hold the delimiter
  bool spreadsheet = false;    // numbers go through one now and then
  bool compact_dates = false;  // 19800209 rather than 1980-02-09
  std::vector<std::string> columns;
  // Fields in the order of `columns`, in UTF-8.
  std::vector<std::string> (*fields)(const Record& record,
                                     const Content& content,
                                     const std::string& key) = nullptr;
  // A record key out of a counter: of the agency's making, nothing personal.
  std::string (*key)(const Agency& agency, std::uint64_t serial) = nullptr;
};

const Format& PublicSecurity();
const Format& Labor();

// Of all sectors, in the order in which people are told about.
const std::vector<const Format*>& Formats();

// nullptr when no sector has this name.
const Format* FindFormat(std::string_view sector);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_FORMAT_H_
