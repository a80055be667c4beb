// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_SOURCE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_SOURCE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/framework/sources/bundle_reader.h"
#include "adapters/framework/sources/fhir_resource.h"
#include "adapters/framework/sources/source.h"

namespace waystation::adapters {

// The Patients of a FHIR R4 Bundle, or of lines of resources (NDJSON), in file
// order, in memory that does not depend on the file's size. Columns are paths
// (fhir_path.h). Resources of other types are passed over unread
// (RESOURCE_NOT_READ), as are entries without one. Defects: JSON_SYNTAX,
// JSON_DEPTH, JSON_SURROGATE, JSON_KEY_TWICE, FHIR_RESOURCE (no type by which
// to know it), ROW_NUL, ROW_TOO_LONG.
//
// As text, for the quarantine, a Patient is a line of NDJSON: its own bytes,
// with spaces for line ends.
class FhirSource final : public Source {
 public:
  enum class Form : std::uint8_t { kBundle, kLines };

  // As ByteReader::Open; FILE_EMPTY. Next gives what BundleReader says of a
  // Bundle that breaks.
  static absl::StatusOr<std::unique_ptr<FhirSource>> Open(
      const std::string& path, Form form,
      const std::vector<std::string>& wanted);

  // Lines where the file's name ends in .ndjson.
  static Form FormOf(const std::string& path);

  const std::vector<std::string>& columns() const override { return columns_; }
  absl::StatusOr<const Row*> Next() override;
  Charset charset() const override { return Charset::kUtf8; }
  std::string WantedBytes(const Row& row) const override;
  std::string OriginalBytes(std::string_view raw) const override;
  std::string_view header() const override { return ""; }
  std::map<Kind, std::uint64_t> passed_over() const override {
    return passed_over_;
  }
  std::uint64_t bytes_read() const override;
  std::uint64_t file_size() const override;

 private:
  using Parts = std::variant<BundleReader, ResourceLines>;

  FhirSource(Parts parts, const std::vector<std::string>& wanted);
  absl::StatusOr<std::optional<JsonPart>> NextPart();
  // Whether the part is a row.
  bool Take(const JsonPart& part);
  std::optional<Defect> Read(const JsonPart& part);
  void PassOver(std::string_view type);

  Parts parts_;
  FhirResource resource_;
  std::vector<std::string> columns_;
  std::map<Kind, std::uint64_t> passed_over_;
  Row row_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FHIR_SOURCE_H_
