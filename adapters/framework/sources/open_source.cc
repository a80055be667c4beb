// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/open_source.h"

#include "adapters/framework/sources/dbf_source.h"
#include "adapters/framework/sources/fhir_source.h"
#include "adapters/framework/sources/table_source.h"

namespace waystation::adapters {

absl::StatusOr<std::unique_ptr<Source>> OpenSource(
    const std::string& path, const TableFormat& format,
    const std::vector<std::string>& wanted) {
  switch (format.kind) {
    case FileKind::kDbf:
      return DbfSource::Open(path, format, wanted);
    case FileKind::kFhir:
      return FhirSource::Open(path, FhirSource::FormOf(path), wanted);
    case FileKind::kDelimited:
      break;
  }
  return TableSource::Open(path, format, wanted);
}

absl::StatusOr<std::unique_ptr<Source>> OpenSheet(
    const std::string& path, const TableFormat& format,
    const std::vector<std::string>& wanted) {
  if (format.kind == FileKind::kFhir) {
    return FhirSource::Open(path, FhirSource::Form::kLines, wanted);
  }
  return TableSource::Open(path, format, wanted);
}

}  // namespace waystation::adapters
