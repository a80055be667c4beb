// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_VALUE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_VALUE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "adapters/framework/sources/fhir_path.h"
#include "adapters/framework/sources/json_value.h"

namespace waystation::adapters {

// Whether a value is text by itself. Numbers are read as such.
inline bool IsScalar(const json::Value& value) {
  return value.IsString() || value.IsBool();
}
std::string_view ScalarText(const json::Value& value);

// Whether `object` is as the step's brackets say.
bool Fits(const json::Value& object, const FhirStep& step);

// The first text that is not empty behind the path's steps from `step` on; in
// `scratch` where it is put together.
std::string_view FindText(const json::Value& object, const FhirPath& path,
                          std::size_t step, std::string& scratch);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_VALUE_H_
