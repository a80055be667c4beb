// SPDX-License-Identifier: Apache-2.0
// A column of FHIR: where in a Patient a value stands.
//
//     path   := (step ".")* leaf ("+" leaf)*
//     step   := element ("[" element "=" text "]")*
//     leaf   := element
//
// Of elements that repeat, the first counts that has a value and is as its
// brackets say: `identifier[system=urn:oid:2.16.156.10011.1.3].value`. Leaves
// are put together, as in `name.family+given`; so are those that repeat.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_PATH_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_PATH_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waystation::adapters {

struct FhirCondition {
  std::string element;
  std::string value;

  bool operator==(const FhirCondition&) const = default;
};

struct FhirStep {
  std::string element;
  std::vector<FhirCondition> conditions;

  bool operator==(const FhirStep&) const = default;
};

struct FhirPath {
  std::vector<FhirStep> steps;
  std::vector<std::string> leaves;

  // The element of the Patient at which it begins.
  const std::string& root() const {
    return steps.empty() ? leaves.front() : steps.front().element;
  }

  bool operator==(const FhirPath&) const = default;
};

// nullopt for what is no path. Whether the root is an element of a Patient is
// another question.
std::optional<FhirPath> ParseFhirPath(std::string_view text);

// Whether it is spelled as the name of an element: birthDate, _birthDate.
bool IsFhirElement(std::string_view text);

// The elements of a Patient in R4.
std::span<const std::string_view> PatientElements();

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_PATH_H_
