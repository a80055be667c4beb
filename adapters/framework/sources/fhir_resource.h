// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_RESOURCE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_RESOURCE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/framework/sources/fhir_path.h"
#include "adapters/framework/sources/source.h"

namespace waystation::adapters {

// Reads one Patient after the other. Not thread-safe.
class FhirResource {
 public:
  // Columns that are no path have no value.
  explicit FhirResource(const std::vector<std::string>& columns);
  ~FhirResource();
  FhirResource(const FhirResource&) = delete;
  FhirResource& operator=(const FhirResource&) = delete;

  // Reads the JSON of one Patient that is not nested deeper than kMaxJsonDepth.
  // Defects: JSON_SYNTAX, JSON_SURROGATE (half of a pair), JSON_KEY_TWICE, and
  // ROW_NUL for a value that is wanted.
  std::optional<Defect> Read(std::string_view json);

  // One for each column, empty where the Patient says nothing. They live until
  // the next Read.
  const std::vector<std::string_view>& values() const { return values_; }

  // The same Patient with nothing but what the columns name.
  std::string WantedJson() const;

  // The elements that all the Patients had, in the order in which they came: a
  // column, where one reads it; else its path, and of elements that no column
  // begins at, these alone. An extension is told by its url, what has a system
  // by that.
  std::vector<std::string> SeenColumns() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  std::vector<std::string_view> values_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_RESOURCE_H_
