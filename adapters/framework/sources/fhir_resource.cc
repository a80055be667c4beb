// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/fhir_resource.h"

#include "adapters/framework/sources/fhir_value.h"
#include "adapters/framework/sources/fhir_wanted.h"
#include "adapters/framework/sources/json_value.h"
#include "adapters/framework/sources/seen_elements.h"

namespace waystation::adapters {
namespace {

using json::Value;

// As "name.text". A name that is none of FHIR may be anything, a person's too.
std::string PlaceOf(const std::vector<std::string_view>& way) {
  std::string place;
  for (const std::string_view name : way) {
    if (!place.empty()) place.push_back('.');
    place.append(IsFhirElement(name) ? name : "?");
  }
  return place;
}

}  // namespace

class FhirResource::Impl {
 public:
  explicit Impl(const std::vector<std::string>& columns)
      : columns_(columns),
        paths_(PathsOf(columns)),
        scratch_(columns.size()),
        seen_(columns_, paths_) {}

  std::optional<Defect> Read(std::string_view json,
                             std::vector<std::string_view>& values) {
    const std::string_view reason = reader_.Read(json);
    if (!reason.empty()) return Defect{reason, ""};
    const Value& patient = reader_.value();
    if (!patient.IsObject()) return Defect{"JSON_SYNTAX", ""};
    if (const auto way = json::FindRepeatedMember(patient); !way.empty()) {
      return Defect{"JSON_KEY_TWICE", PlaceOf(way)};
    }
    seen_.Note(patient);
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      values.push_back(FindText(patient, paths_[i], 0, scratch_[i]));
      if (values.back().find('\0') == std::string_view::npos) continue;
      return Defect{"ROW_NUL", columns_[i]};
    }
    return std::nullopt;
  }

  std::string WantedJson() const {
    return adapters::WantedJson(reader_.value(), paths_);
  }

  std::vector<std::string> SeenColumns() const { return seen_.Columns(); }

 private:
  static std::vector<FhirPath> PathsOf(
      const std::vector<std::string>& columns) {
    std::vector<FhirPath> paths;
    for (const std::string& column : columns) {
      paths.push_back(ParseFhirPath(column).value_or(FhirPath{{}, {column}}));
    }
    return paths;
  }

  const std::vector<std::string> columns_;
  const std::vector<FhirPath> paths_;
  std::vector<std::string> scratch_;
  SeenElements seen_;
  json::Reader reader_;
};

FhirResource::FhirResource(const std::vector<std::string>& columns)
    : impl_(std::make_unique<Impl>(columns)) {}

FhirResource::~FhirResource() = default;

std::optional<Defect> FhirResource::Read(std::string_view json) {
  values_.clear();
  return impl_->Read(json, values_);
}

std::string FhirResource::WantedJson() const { return impl_->WantedJson(); }

std::vector<std::string> FhirResource::SeenColumns() const {
  return impl_->SeenColumns();
}

}  // namespace waystation::adapters
