// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_WANTED_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_WANTED_H_

#include <string>
#include <vector>

#include "adapters/framework/sources/fhir_path.h"
#include "adapters/framework/sources/json_value.h"

namespace waystation::adapters {

// The Patient with nothing but what the paths read and by what they choose, on
// one line. The paths find in it what they find in the Patient.
std::string WantedJson(const json::Value& patient,
                       const std::vector<FhirPath>& paths);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_WANTED_H_
