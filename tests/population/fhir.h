// SPDX-License-Identifier: Apache-2.0
// A FHIR R4 Bundle of Patients in JSON, an entry a line. What the exchange must
// not hold (maritalStatus, multipleBirth, extensions, contact persons) is
// filled so that a test can show that it is dropped.
#ifndef TESTS_POPULATION_FHIR_H_
#define TESTS_POPULATION_FHIR_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/population/layout.h"

namespace waystation::population {

class FhirBundle final : public Layout {
 public:
  std::string Head(const Agency& agency, int batch,
                   std::uint64_t rows) const override;
  std::vector<std::string> Rows(const Row& row, bool first) const override;
  std::string Tail() const override;
};

// A JSON string (RFC 8259) of UTF-8 text. What is no ASCII can be escaped, as
// pairs of surrogates above U+FFFF.
std::string JsonString(std::string_view text, bool escape);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_FHIR_H_
