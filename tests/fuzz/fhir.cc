// SPDX-License-Identifier: Apache-2.0
// FHIR R4: Bundles and lines of resources, however deep, with names that stand
// twice and halves of surrogates, through the mapping of care providers.
#include "adapters/framework/sources/fhir_source.h"
#include "adapters/health/sector.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/sources.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace waystation::fuzz;
  using waystation::adapters::FhirSource;
  static const auto& mapping =
      *LoadMapping(waystation::adapters::Health(), "mapping.yaml").release();
  const Chosen input = TakeChoice(data, size);
  // 'L' as the last byte is lines; a Bundle's own last brace may be its choice.
  const auto form = input.choice == 'L' ? FhirSource::Form::kLines
                                        : FhirSource::Form::kBundle;
  CheckMapped(
      input.bytes, mapping,
      [form](const std::string& path, const std::vector<std::string>& wanted)
          -> absl::StatusOr<std::unique_ptr<waystation::adapters::Source>> {
        return FhirSource::Open(path, form, wanted);
      });
  return 0;
}
