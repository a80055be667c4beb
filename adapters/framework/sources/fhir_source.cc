// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/fhir_source.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "adapters/framework/sources/json_scanner.h"

namespace waystation::adapters {
namespace {

constexpr std::string_view kPatient = "Patient";
// Types of resources that are told by name; R4 has some 150.
constexpr std::size_t kMostTypes = 300;
constexpr std::string_view kOtherType = "?";
constexpr std::string_view kNotRead = "RESOURCE_NOT_READ";

// Whether it may be the name of a type rather than somebody's own text.
bool IsTypeName(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         absl::ascii_isupper(static_cast<unsigned char>(text.front())) &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isalpha(c); });
}

}  // namespace

absl::StatusOr<std::unique_ptr<FhirSource>> FhirSource::Open(
    const std::string& path, Form form,
    const std::vector<std::string>& wanted) {
  if (form == Form::kLines) {
    auto lines = ResourceLines::Open(path);
    if (!lines.ok()) return lines.status();
    return std::unique_ptr<FhirSource>(
        new FhirSource(*std::move(lines), wanted));
  }
  auto bundle = BundleReader::Open(path);
  if (!bundle.ok()) return bundle.status();
  return std::unique_ptr<FhirSource>(
      new FhirSource(*std::move(bundle), wanted));
}

FhirSource::Form FhirSource::FormOf(const std::string& path) {
  return path.ends_with(".ndjson") ? Form::kLines : Form::kBundle;
}

FhirSource::FhirSource(Parts parts, const std::vector<std::string>& wanted)
    : parts_(std::move(parts)), resource_(wanted) {}

absl::StatusOr<std::optional<JsonPart>> FhirSource::NextPart() {
  return std::visit([](auto& parts) { return parts.Next(); }, parts_);
}

absl::StatusOr<const Row*> FhirSource::Next() {
  for (;;) {
    const auto part = NextPart();
    if (!part.ok()) return part.status();
    if (!part->has_value()) break;
    if (Take(**part)) return &row_;
  }
  columns_ = resource_.SeenColumns();
  return nullptr;
}

bool FhirSource::Take(const JsonPart& part) {
  row_.line = part.number;
  row_.fields.clear();
  row_.defect.reset();
  row_.raw = part.bytes;
  if (std::holds_alternative<BundleReader>(parts_)) {
    const JsonMembers resource =
        FindJsonMembers(part.bytes, "resource", /*first_only=*/false);
    if (resource.count == 0 && part.defect.empty()) {
      PassOver("");
      return false;
    }
    // Of two nobody knows which is meant.
    if (resource.count > 1) {
      row_.defect = Defect{"JSON_KEY_TWICE", "resource"};
      return true;
    }
    if (resource.count == 1) row_.raw = resource.first;
  }
  const std::string_view type = PlainJsonString(
      FindJsonMembers(row_.raw, "resourceType", /*first_only=*/true).first);
  if (!type.empty() && type != kPatient) {
    PassOver(type);
    return false;
  }
  row_.defect = type.empty() && part.defect.empty()
                    ? Defect{"FHIR_RESOURCE", ""}
                    : Read(part);
  if (!row_.defect) row_.fields = resource_.values();
  return true;
}

std::optional<Defect> FhirSource::Read(const JsonPart& part) {
  if (!part.defect.empty()) return Defect{part.defect, ""};
  if (row_.raw.find('\0') != std::string_view::npos) {
    return Defect{"ROW_NUL", ""};
  }
  return resource_.Read(row_.raw);
}

void FhirSource::PassOver(std::string_view type) {
  const auto known = [&](std::string_view name) {
    return passed_over_.contains({kNotRead, std::string(name)});
  };
  const bool told = type.empty() || known(type) ||
                    (IsTypeName(type) && passed_over_.size() < kMostTypes);
  ++passed_over_[{kNotRead, std::string(told ? type : kOtherType)}];
}

std::string FhirSource::WantedBytes(const Row&) const {
  return resource_.WantedJson();
}

std::string FhirSource::OriginalBytes(std::string_view raw) const {
  std::string line(raw);
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::replace(line.begin(), line.end(), '\r', ' ');
  return line;
}

std::uint64_t FhirSource::bytes_read() const {
  return std::visit([](const auto& parts) { return parts.bytes_read(); },
                    parts_);
}

std::uint64_t FhirSource::file_size() const {
  return std::visit([](const auto& parts) { return parts.file_size(); },
                    parts_);
}

}  // namespace waystation::adapters
