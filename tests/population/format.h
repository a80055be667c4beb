// SPDX-License-Identifier: Apache-2.0
// How the systems of one sector export. A sector is one file that defines a
// Format, or two where places of origin and cities have different systems, and
// rows in the table of format.cc.
#ifndef TESTS_POPULATION_FORMAT_H_
#define TESTS_POPULATION_FORMAT_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/population/encoding.h"
#include "tests/population/layout.h"
#include "tests/population/record.h"

namespace waystation::population {

struct DamageRate {
  Damage damage = Damage::kNone;
  std::string_view defect;
  unsigned per_ten_thousand = 0;
};

struct Format {
  std::string_view sector;
  bool at_origins = true;
  bool in_cities = true;
  std::string_view file;
  const Layout* layout = nullptr;
  Charset charset = Charset::kUtf8;

  // What its fields have room for: names of so many bytes (0: any), numbers
  // that are written in a longer way, other styles of dates, year and month.
  std::size_t name_bytes = 0;
  bool long_numbers = true;
  bool date_styles = true;
  bool months_alone = false;
  bool compact_dates = false;  // 19800209 rather than 1980-02-09
  bool spreadsheet = false;    // numbers go through one now and then

  std::vector<DamageRate> damages;
  // Adds the defects that only this format has. They change nothing of what
  // follows for persons and conflicts.
  void (*spoil)(Record& record, Random& random) = nullptr;
  // A record key out of a counter: of the agency's making, nothing personal.
  std::string (*key)(const Agency& agency, std::uint64_t serial) = nullptr;
};

const Format& PublicSecurity();
const Format& Labor();
const Format& HealthAtOrigin();
const Format& HealthInCity();
const Format& Commerce();

// In the order in which people are told about. Agencies of these sectors only.
const std::vector<std::string_view>& Sectors();
const Format& FormatOf(const Agency& agency);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_FORMAT_H_
